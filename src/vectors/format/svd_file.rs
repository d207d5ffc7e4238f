//! Decompositions as files, and whether they are as they were written.
//!
//! In and out: safetensors with the tensors of [`write()`], and the digest in the metadata.

use std::collections::BTreeMap;
use std::path::Path;

use safetensors::{Dtype, SafeTensors};

use super::safetensors::broken_header;
use super::safetensors_writer::{SafetensorsWriter, TensorType};
use crate::base::digest::Digest;
use crate::base::error::{Error, Result};
use crate::base::progress::Stage;
use crate::storage::mmap::MappedFile;
use crate::svd::{DoubleVectors, Svd};

/// Writes a decomposition: `singular_values` and `residuals` F64 `[rank]`, `right_vectors`
/// `[n_columns, rank]`, and `left_vectors` `[n_rows, rank]` if they were asked for, F64 of a
/// decomposition in double precision, else F32; `force` replaces a file that exists.
///
/// Row j of `right_vectors` belongs to column j of the matrix.
///
/// # Errors
/// [`Error::OutputExists`], [`Error::DiskFull`], [`Error::Io`]; [`Error::NotFinite`] if a number is
/// NaN or infinite. Then no new file is there.
pub fn write(svd: &Svd, path: impl AsRef<Path>, force: bool) -> Result<()> {
    let mut panels = [Some(&svd.v), svd.u.as_ref()].into_iter().flatten().flatten();
    if !(panels.all(|number| number.is_finite())
        && svd.singular_values.iter().chain(&svd.residuals).all(|number| number.is_finite()))
    {
        return Err(Error::NotFinite {
            stage: Stage::Write,
            place: "the singular triplets".to_owned(),
        });
    }
    let metadata = BTreeMap::from([
        ("digest".to_owned(), svd.digest()),
        ("program".to_owned(), concat!("eigenlex ", env!("CARGO_PKG_VERSION")).to_owned()),
    ]);
    let (rank, shape) = (svd.rank(), [svd.rank()]);
    let panel_type = if svd.double.is_some() { TensorType::F64 } else { TensorType::F32 };
    let shapes: Vec<(&str, [usize; 2])> =
        [("right_vectors", Some(&svd.v)), ("left_vectors", svd.u.as_ref())]
            .into_iter()
            .filter_map(|(name, panel)| panel.map(|panel| (name, [panel.len() / rank, rank])))
            .collect();
    let mut tensors: Vec<(&str, TensorType, &[usize])> =
        vec![("singular_values", TensorType::F64, &shape), ("residuals", TensorType::F64, &shape)];
    tensors.extend(shapes.iter().map(|(name, shape)| (*name, panel_type, &shape[..])));
    let mut file = SafetensorsWriter::create(path, force, &tensors, &metadata)?;
    file.put_doubles(&svd.singular_values)?;
    file.put_doubles(&svd.residuals)?;
    match &svd.double {
        None => [Some(&svd.v), svd.u.as_ref()]
            .into_iter()
            .flatten()
            .try_for_each(|panel| file.put_floats(panel))?,
        Some(DoubleVectors { v, u }) => [Some(v), u.as_ref()]
            .into_iter()
            .flatten()
            .try_for_each(|panel| file.put_doubles(panel))?,
    }
    file.commit()
}

/// The digest that is stored in a file of [`write()`], and that of its numbers now; `None` if the
/// file holds no decomposition.
///
/// # Errors
/// [`Error::Io`]; [`Error::Malformed`] if the file is no safetensors file, or its tensors are not
/// those of a decomposition.
pub fn digests(path: impl AsRef<Path>) -> Result<Option<(Option<String>, String)>> {
    let path = path.as_ref();
    let file = MappedFile::open(path)?;
    let broken = |reason| broken_header(path, &reason);
    let (_, header) = SafeTensors::read_metadata(file.bytes()).map_err(broken)?;
    let tensors = SafeTensors::deserialize(file.bytes()).map_err(broken)?;
    let (Ok(values), Ok(right)) =
        (tensors.tensor("singular_values"), tensors.tensor("right_vectors"))
    else {
        return Ok(None);
    };
    let stored = header.metadata().as_ref().and_then(|metadata| metadata.get("digest").cloned());
    let refuse = |found: String| {
        Error::malformed(path, None, found, "the tensors of a decomposition, of F64 or F32")
    };
    if values.dtype() != Dtype::F64 {
        return Err(refuse(format!("`singular_values` of type {:?}", values.dtype())));
    }
    let values = doubles(values.data());
    let mut digest = Digest::new().number(values.len() as u64).doubles(&values);
    for panel in [Some(right), tensors.tensor("left_vectors").ok()] {
        let data = panel.as_ref().map_or(&[][..], |panel| panel.data());
        digest = match panel.as_ref().map(|panel| panel.dtype()) {
            None => digest.number(0),
            Some(Dtype::F64) => {
                let panel = doubles(data);
                digest.number(panel.len() as u64).doubles(&panel)
            }
            Some(Dtype::F32) => {
                let (numbers, _) = data.as_chunks();
                let panel: Vec<f32> = numbers.iter().copied().map(f32::from_le_bytes).collect();
                digest.number(panel.len() as u64).floats(&panel)
            }
            Some(other) => return Err(refuse(format!("singular vectors of type {other:?}"))),
        };
    }
    Ok(Some((stored, digest.to_hex())))
}

fn doubles(bytes: &[u8]) -> Vec<f64> {
    let (numbers, _) = bytes.as_chunks();
    numbers.iter().copied().map(f64::from_le_bytes).collect()
}
