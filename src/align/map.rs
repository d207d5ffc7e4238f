//! The map from two languages into one space, as it is kept: a small file that is applied to new
//! vectors of either space later.
//!
//! The file is a safetensors file. Its `__metadata__` holds one string, `eigenlex_map`: the
//! [`MapDescription`] as JSON. Its tensors are those that `tensors.rs` describes, for `source` and
//! for `target`. A vector `x` of the space becomes the row `normalize(x) M`. The file is written
//! beside its name, synced and renamed: whole or not at all.

use std::fs;
use std::path::{Path, PathBuf};

use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatMut, MatRef, Par};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::normalize::{Normalization, NormalizationStep, NormalizedRows};
use super::tensors::Layout;
use super::verdict::AlignmentReport;
use super::{AlignMethod, Criterion};
use crate::base::error::{Error, Result};
use crate::base::kind::FileKind;
use crate::base::progress::Stage;
use crate::linalg::dot::{length_of, write_unit};
use crate::storage::atomic::AtomicFile;
use crate::vectors::WordVectors;
use crate::vectors::format::malformed;

/// The version of the file's layout that this program writes, and the latest that it reads.
pub const MAP_VERSION: u32 = 1;

/// How the file lies on the disk.
const LAYOUT: Layout = Layout {
    key: "eigenlex_map",
    version_field: "map_version",
    version: MAP_VERSION,
    expected: "a map written by `eigenlex align`",
};

/// Rows mapped by one task; fixed, so that nothing depends on the number of threads.
const ROWS_PER_TASK: usize = 256;

/// One of the two sides of a map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Language {
    /// The side that was named first.
    Source,
    /// The side that was named second.
    Target,
}

impl Language {
    /// The other one.
    pub fn other(self) -> Self {
        match self {
            Self::Source => Self::Target,
            Self::Target => Self::Source,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Target => "target",
        }
    }
}

/// Which matrices a map is applied with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MapForm {
    /// Rotations: within a language every cosine of normalized vectors stays as it is, and so does
    /// word math.
    Orthogonal,
    /// Whitening, rotation and re-weighting: better for translation, but distances within a
    /// language change.
    Weighted,
}

/// What a map is, beside its numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MapDescription {
    /// [`MAP_VERSION`] of the program that wrote it.
    pub map_version: u32,
    /// Name and version of that program.
    pub program: String,
    /// The source vectors that it was learned from.
    pub source: MappedSpace,
    /// The target vectors that it was learned from.
    pub target: MappedSpace,
    /// Dimensions of the common space.
    pub dim: usize,
    /// What the learning began with.
    pub method: AlignMethod,
    /// What the last step optimised.
    pub criterion: Criterion,
    /// What is done to each vector first.
    pub normalization: Vec<NormalizationStep>,
    /// The seed of what was random.
    pub seed: u64,
    /// How well it went.
    pub report: AlignmentReport,
}

/// One of the two spaces that a map was learned on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MappedSpace {
    /// Where the vectors were.
    pub path: PathBuf,
    /// Their digest, see [`WordVectors::digest`].
    pub digest: String,
    /// Number of words.
    pub n_words: usize,
    /// Dimensions of a vector before the map.
    pub dim_in: usize,
    /// The words, from the first, that the map was learned and judged on.
    pub max_words: usize,
}

impl MappedSpace {
    /// Whether vectors are those that stood here; `path` and `role` are for the message.
    pub(super) fn check(&self, vectors: &WordVectors, path: &Path, role: &str) -> Result<()> {
        let shape = |n_words: usize, dim: usize| format!("{n_words} words of {dim} dimensions");
        if (vectors.len(), vectors.dim()) != (self.n_words, self.dim_in) {
            let expected = format!("the {} that {role}", shape(self.n_words, self.dim_in));
            return Err(malformed(path, None, shape(vectors.len(), vectors.dim()), expected));
        }
        let digest = vectors.digest();
        if digest != self.digest {
            let expected = format!("the vectors with digest {} that {role}", self.digest);
            return Err(malformed(path, None, format!("vectors with digest {digest}"), expected));
        }
        Ok(())
    }
}

/// One side's numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct SideMap {
    /// What comes before the matrix.
    pub normalization: Normalization,
    /// `dim x dim`, orthogonal, row after row: a row vector is multiplied from the left.
    pub rotation: Vec<f32>,
    /// `dim x dim`, of any kind, row after row.
    pub weighted: Vec<f32>,
}

/// A map from two languages into one space.
#[derive(Debug, Clone, PartialEq)]
pub struct AlignmentMap {
    /// What it is and how it came to be.
    pub description: MapDescription,
    /// The numbers for the source.
    pub source: SideMap,
    /// The numbers for the target.
    pub target: SideMap,
}

impl AlignmentMap {
    /// The numbers for one side.
    pub fn side(&self, language: Language) -> &SideMap {
        match language {
            Language::Source => &self.source,
            Language::Target => &self.target,
        }
    }

    /// What is known of the vectors of one side.
    pub fn space(&self, language: Language) -> &MappedSpace {
        match language {
            Language::Source => &self.description.source,
            Language::Target => &self.description.target,
        }
    }

    /// Dimensions of the common space.
    pub fn dim(&self) -> usize {
        self.description.dim
    }

    /// Takes any vectors of the source or target space, `n x dim_in` row after row, into the common
    /// space: unit rows of `n x dim`. Vectors without a direction become zeros and are counted.
    ///
    /// # Panics
    /// If the rows are not of `dim_in` numbers.
    pub fn apply(&self, language: Language, form: MapForm, vectors: &[f32]) -> NormalizedRows {
        let side = self.side(language);
        side.map(side.normalization.apply(vectors), form)
    }

    /// Opens the vectors that one side of the map was learned from: at `path` if given, else where
    /// they were then.
    ///
    /// # Errors
    /// They cannot be opened; or [`Error::Malformed`] if they are not the same, number by number.
    pub fn open_vectors(&self, language: Language, path: Option<&Path>) -> Result<WordVectors> {
        let space = self.space(language);
        let path = path.unwrap_or(&space.path);
        let vectors = WordVectors::open(path)?;
        self.check_vectors(language, &vectors, path)?;
        Ok(vectors)
    }

    /// Whether vectors are those that one side of the map was learned from; `path` is for the
    /// message.
    ///
    /// # Errors
    /// [`Error::Malformed`] if they are not.
    pub fn check_vectors(
        &self,
        language: Language,
        vectors: &WordVectors,
        path: &Path,
    ) -> Result<()> {
        self.space(language).check(
            vectors,
            path,
            &format!("the map was learned from as {}", language.name()),
        )
    }

    /// Writes the map; `force` replaces a file that exists.
    ///
    /// # Errors
    /// [`Error::OutputExists`], [`Error::DiskFull`] or [`Error::Io`]; [`Error::NotFinite`] if a
    /// number of the map is not finite; then no new file is there.
    pub fn write(&self, path: impl AsRef<Path>, force: bool) -> Result<()> {
        [&self.source, &self.target].into_iter().try_for_each(SideMap::check_finite)?;
        let mut file = AtomicFile::create(path, force)?;
        file.put(&self.to_bytes())?;
        file.commit()
    }

    /// The bytes of the file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let sides = [Language::Source, Language::Target]
            .map(|language| (language.name().to_owned(), self.side(language)));
        LAYOUT.write(&self.description, self.dim(), sides)
    }

    /// Opens a map, or the file `map` of a folder, which `eigenlex embed --parallel` writes.
    ///
    /// # Errors
    /// As [`AlignmentMap::read`], or [`Error::Io`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let within = path.as_ref().join("map");
        let path = if within.is_file() { &within } else { path.as_ref() };
        if !Self::is_at(path)
            && let Some(error) = Error::wrong_kind(path, FileKind::Map)
        {
            return Err(error);
        }
        Self::read(&fs::read(path).map_err(|source| Error::io("read", path, source))?, path)
    }

    /// Reads the bytes of a map; `path` names them in messages.
    ///
    /// # Errors
    /// [`Error::Malformed`]; [`Error::NewerModel`] if a later version wrote it.
    pub fn read(bytes: &[u8], path: &Path) -> Result<Self> {
        let (description, reader) = LAYOUT.read::<MapDescription>(bytes, path)?;
        let side = |language: Language, space| {
            reader.side(language.name(), description.dim, space, &description.normalization)
        };
        let source = side(Language::Source, &description.source)?;
        let target = side(Language::Target, &description.target)?;
        Ok(Self { source, target, description })
    }

    /// Whether the file at `path` is a map, by its first bytes.
    pub fn is_at(path: impl AsRef<Path>) -> bool {
        LAYOUT.is_at(path.as_ref())
    }
}

impl SideMap {
    /// Refuses a map with a number that is not finite, before it is written.
    pub(super) fn check_finite(&self) -> Result<()> {
        let tensors =
            [&self.normalization.scale, &self.normalization.means, &self.rotation, &self.weighted];
        match tensors.into_iter().flatten().all(|number| number.is_finite()) {
            true => Ok(()),
            false => Err(Error::NotFinite {
                stage: Stage::Write,
                place: "a matrix of the map".to_owned(),
            }),
        }
    }

    /// Multiplies normalized rows by the matrix and brings them to unit length.
    pub(crate) fn map(&self, mut rows: NormalizedRows, form: MapForm) -> NormalizedRows {
        let matrix = match form {
            MapForm::Orthogonal => &self.rotation,
            MapForm::Weighted => &self.weighted,
        };
        multiply(&mut rows.data, rows.dim, matrix);
        rows
    }
}

/// Multiplies each row by a `dim x dim` matrix and brings it to unit length, in place; zeros stay
/// zeros.
pub(crate) fn multiply(rows: &mut [f32], dim: usize, matrix: &[f32]) {
    let matrix = MatRef::from_row_major_slice(matrix, dim, dim);
    rows.par_chunks_mut(ROWS_PER_TASK * dim).for_each(|rows| {
        let before = rows.to_vec();
        let n = before.len() / dim;
        let (before, product) = (
            MatRef::from_row_major_slice(&before, n, dim),
            MatMut::from_row_major_slice_mut(rows, n, dim),
        );
        matmul(product, Accum::Replace, before, matrix, 1.0, Par::Seq);
        for row in rows.chunks_exact_mut(dim) {
            let vector = row.to_vec();
            write_unit(&vector, length_of(&vector), row);
        }
    });
}

/// A small matrix as `f32`, row after row.
pub(crate) fn row_major(matrix: &Mat<f64>) -> Vec<f32> {
    (0..matrix.nrows())
        .flat_map(|i| (0..matrix.ncols()).map(move |j| matrix[(i, j)] as f32))
        .collect()
}
