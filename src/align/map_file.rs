//! The safetensors files that hold maps.
//!
//! The description is JSON under a key of the `__metadata__`. Each side has four tensors of F32:
//! `NAME.scale` `[dim]` and `NAME.means` `[centrings, dim]`, which the normalization needs,
//! `NAME.rotation` `[dim, dim]`, orthogonal, and `NAME.weighted` `[dim, dim]`, with whitening and
//! re-weighting.
//!
//! In: sides and a description. Out: bytes; and back again, with every shape, type and value
//! checked.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use pulp::bytemuck;
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::normalize::{Normalization, NormalizationStep};
use super::side::{MappedSpace, SideMap};
use crate::base::digest::Digest;
use crate::base::error::{Error, Result};
use crate::base::kind::FileKind;
use crate::storage::atomic::AtomicFile;
use crate::vectors::format::safetensors::header_fault;

/// SHA-256, in hexadecimal, over the normalization and the matrices of each side.
pub(super) fn digest_of<'a>(sides: impl IntoIterator<Item = &'a SideMap>) -> String {
    let all = sides.into_iter().fold(Digest::new(), |digest, side| {
        let it = &side.normalization;
        [&it.scale, &it.means, &side.rotation, &side.weighted]
            .into_iter()
            .fold(digest, |digest, part| digest.number(part.len() as u64).floats(part))
    });
    all.to_hex()
}

/// A kind of file with maps.
pub(super) struct MapFile {
    /// The key of the description in the metadata.
    pub(super) key: &'static str,
    /// The field of the description that holds the version of the format.
    pub(super) version_field: &'static str,
    /// The latest version that this program reads.
    pub(super) version: u32,
    /// What the file should be, for messages.
    pub(super) expected: &'static str,
}

impl MapFile {
    /// The bytes of a file.
    pub(super) fn write<'a>(
        &self,
        description: &impl Serialize,
        dim: usize,
        sides: impl IntoIterator<Item = (String, &'a SideMap)>,
    ) -> Vec<u8> {
        let json =
            serde_json::to_string(description).expect("numbers, strings and lists can be written");
        let mut tensors: Vec<(String, Vec<usize>, Vec<u8>)> = Vec::new();
        for (name, side) in sides {
            let n_means = side.normalization.means.len() / dim;
            let mut push = |what: &str, shape: Vec<usize>, numbers: &[f32]| {
                tensors.push((
                    format!("{name}.{what}"),
                    shape,
                    numbers.iter().flat_map(|number| number.to_le_bytes()).collect(),
                ));
            };
            push("scale", vec![dim], &side.normalization.scale);
            push("means", vec![n_means, dim], &side.normalization.means);
            push("rotation", vec![dim, dim], &side.rotation);
            push("weighted", vec![dim, dim], &side.weighted);
        }
        let views = tensors.iter().map(|(name, shape, bytes)| {
            (
                name,
                TensorView::new(Dtype::F32, shape.clone(), bytes)
                    .expect("as many bytes as the shape says"),
            )
        });
        safetensors::serialize(views, Some(HashMap::from([(self.key.to_owned(), json)])))
            .expect("names differ and shapes fit")
    }

    /// The description in the bytes of a file, and a reader of their tensors; `path` names them in
    /// messages.
    pub(super) fn read<'a, D: DeserializeOwned>(
        &self,
        bytes: &'a [u8],
        path: &'a Path,
    ) -> Result<(D, SideReader<'a>)> {
        let bad = |found: String| Error::malformed(path, None, found, self.expected);
        let (_, header) =
            SafeTensors::read_metadata(bytes).map_err(|reason| bad(header_fault(&reason)))?;
        let Some(json) = header.metadata().as_ref().and_then(|metadata| metadata.get(self.key))
        else {
            return Err(bad("a safetensors file that is no map".to_owned()));
        };
        let not_json = |reason: serde_json::Error| {
            bad(format!("a description that cannot be read ({reason})"))
        };
        // Every version of the description has the version.
        let any: serde_json::Value = serde_json::from_str(json).map_err(not_json)?;
        let version = any.get(self.version_field).and_then(serde_json::Value::as_u64);
        let version = version
            .ok_or_else(|| bad(format!("a description without `{}`", self.version_field)))?;
        if version > u64::from(self.version) {
            let found = u32::try_from(version).unwrap_or(u32::MAX);
            return Err(Error::NewerModel {
                path: path.to_path_buf(),
                found,
                supported: self.version,
            });
        }
        let description: D = serde_json::from_str(json).map_err(not_json)?;
        let tensors =
            SafeTensors::deserialize(bytes).map_err(|reason| bad(header_fault(&reason)))?;
        Ok((description, SideReader { tensors, path, expected: self.expected }))
    }

    /// Writes a file whole or not at all; `force` replaces one that exists.
    ///
    /// # Errors
    /// [`Error::OutputExists`], [`Error::DiskFull`] or [`Error::Io`].
    pub(super) fn save(bytes: &[u8], path: &Path, force: bool) -> Result<()> {
        let mut file = AtomicFile::create(path, force)?;
        file.put(bytes)?;
        file.commit()
    }

    /// The bytes of the file at `path`.
    ///
    /// # Errors
    /// An error that names the kind of the file, if it is another one; [`Error::Io`].
    pub(super) fn load(&self, path: &Path, kind: FileKind) -> Result<Vec<u8>> {
        if !self.is_at(path)
            && let Some(error) = Error::wrong_kind(path, kind)
        {
            return Err(error);
        }
        fs::read(path).map_err(|source| Error::io("read", path, source))
    }

    /// Whether the file at `path` is of this kind, by its first bytes.
    pub(super) fn is_at(&self, path: &Path) -> bool {
        use std::io::Read as _;
        let mut start = Vec::new();
        let read = fs::File::open(path).and_then(|file| file.take(64).read_to_end(&mut start));
        let expected = format!("{{\"__metadata__\":{{\"{}\"", self.key);
        read.is_ok() && start.len() > 8 && start[8..].starts_with(expected.as_bytes())
    }
}

/// Reads the sides of a map from its tensors.
pub(super) struct SideReader<'a> {
    tensors: SafeTensors<'a>,
    path: &'a Path,
    expected: &'static str,
}

impl SideReader<'_> {
    /// An error of the file.
    pub(super) fn bad(&self, found: String, expected: &str) -> Error {
        Error::malformed(self.path, None, found, expected)
    }

    /// One side, of `dim` dimensions of the vectors of `space`.
    pub(super) fn side(
        &self,
        name: &str,
        dim: usize,
        space: &MappedSpace,
        steps: &[NormalizationStep],
    ) -> Result<SideMap> {
        if dim == 0 || dim > space.dim_in {
            return Err(self.bad(
                format!("{dim} dimensions of {}", space.dim_in),
                "at least one, and no more than the vectors have",
            ));
        }
        let n_means = steps.iter().filter(|&&step| step == NormalizationStep::Center).count();
        let numbers = |what: &str, shape: &[usize]| self.numbers(&format!("{name}.{what}"), shape);
        let (scale, means) = (numbers("scale", &[dim])?, numbers("means", &[n_means, dim])?);
        let normalization =
            Normalization { dim_in: space.dim_in, scale, steps: steps.to_vec(), means };
        Ok(SideMap {
            normalization,
            rotation: numbers("rotation", &[dim, dim])?,
            weighted: numbers("weighted", &[dim, dim])?,
        })
    }

    fn numbers(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let view = self
            .tensors
            .tensor(name)
            .map_err(|_| self.bad(format!("no tensor `{name}`"), self.expected))?;
        if view.dtype() != Dtype::F32 || view.shape() != shape {
            return Err(self.bad(
                format!("`{name}` of type {:?} and shape {:?}", view.dtype(), view.shape()),
                &format!("F32 {shape:?}"),
            ));
        }
        let numbers: Vec<f32> = view
            .data()
            .chunks_exact(4)
            .map(bytemuck::pod_read_unaligned::<f32>)
            .map(from_little_endian)
            .collect();
        match numbers.iter().find(|number| !number.is_finite()) {
            Some(number) => Err(self.bad(format!("{number} in `{name}`"), "finite numbers")),
            None => Ok(numbers),
        }
    }
}

fn from_little_endian(number: f32) -> f32 {
    f32::from_bits(u32::from_le(number.to_bits()))
}
