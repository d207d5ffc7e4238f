//! The map from two languages into one space: a small file, which later takes new vectors of either
//! language into that space.
//!
//! The file is a safetensors file. Its `__metadata__` holds one string, `eigenlex_map`: the
//! [`MapDescription`] as JSON. Its tensors are those that `map_file.rs` describes, for `source` and
//! for `target`. A vector `x` of the space becomes the row `normalize(x) M`. The file is written
//! under another name, synced and renamed: whole or not at all.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::config::{AlignConfig, Criterion, MethodName};
use super::input::AlignInput;
use super::map_file::{MapFile, digest_of};
use super::normalize::{NormalizationStep, NormalizedRows};
use super::report::AlignmentReport;
use super::side::{Language, MapForm, MappedSpace, SideMap};
use crate::base::error::Result;
use crate::base::kind::FileKind;
use crate::vectors::WordVectors;

/// The version of the file format that this program writes, and the latest that it reads.
pub const MAP_VERSION: u32 = 1;

/// The kind of the file.
const FILE: MapFile = MapFile {
    key: "eigenlex_map",
    version_field: "map_version",
    version: MAP_VERSION,
    expected: "a map written by `eigenlex align`",
};

/// What a map is, apart from its matrices.
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
    /// What the learning started from.
    pub method: MethodName,
    /// What the last step optimised.
    pub criterion: Criterion,
    /// The normalization of each vector before the map.
    pub normalization: Vec<NormalizationStep>,
    /// The seed of all random choices.
    pub seed: u64,
    /// SHA-256 over the matrices, see [`AlignmentMap::digest`]; earlier versions did not write it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// The signs by which the map is judged.
    pub report: AlignmentReport,
}

impl MapDescription {
    pub(super) fn new(
        sides: [&AlignInput<'_>; 2],
        dim: usize,
        method: MethodName,
        config: &AlignConfig,
        report: AlignmentReport,
    ) -> Self {
        Self {
            map_version: MAP_VERSION,
            program: concat!("eigenlex ", env!("CARGO_PKG_VERSION")).to_owned(),
            source: sides[0].space(config.max_words),
            target: sides[1].space(config.max_words),
            dim,
            method,
            criterion: config.criterion,
            normalization: config.normalization.clone(),
            seed: config.seed,
            digest: None,
            report,
        }
    }
}

/// A map from two languages into one space.
#[derive(Debug, Clone, PartialEq)]
pub struct AlignmentMap {
    /// What it is and how it was made.
    pub description: MapDescription,
    /// The matrices of the source.
    pub source: SideMap,
    /// The matrices of the target.
    pub target: SideMap,
}

impl AlignmentMap {
    /// A map of these matrices, with their digest.
    pub(super) fn new(description: MapDescription, source: SideMap, target: SideMap) -> Self {
        let mut map = Self { description, source, target };
        map.description.digest = Some(map.digest());
        map
    }

    /// SHA-256, in hexadecimal, over the normalization and the matrices of both sides.
    pub fn digest(&self) -> String {
        digest_of([&self.source, &self.target])
    }

    /// The matrices of one side.
    pub fn side(&self, language: Language) -> &SideMap {
        match language {
            Language::Source => &self.source,
            Language::Target => &self.target,
        }
    }

    /// The vectors that one side was learned from.
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

    /// Maps any vectors of the source or target space, `n x dim_in` row after row, into the common
    /// space: unit rows of `n x dim`. Vectors without a direction become zeros and are counted.
    ///
    /// # Panics
    /// If the rows do not have `dim_in` values.
    pub fn apply(&self, language: Language, form: MapForm, vectors: &[f32]) -> NormalizedRows {
        let side = self.side(language);
        side.map(side.normalization.apply(vectors), form)
    }

    /// Opens the vectors that one side of the map was learned from, at `path` or, without one, at
    /// the recorded path.
    ///
    /// # Errors
    /// Errors of opening; [`Error::Malformed`](crate::Error::Malformed) if they are not exactly the
    /// same.
    pub fn open_vectors(&self, language: Language, path: Option<&Path>) -> Result<WordVectors> {
        let space = self.space(language);
        let path = path.unwrap_or(&space.path);
        let vectors = WordVectors::open(path)?;
        self.check_vectors(language, &vectors, path)?;
        Ok(vectors)
    }

    /// Checks that vectors are those that one side of the map was learned from; `path` is for the
    /// message.
    ///
    /// # Errors
    /// [`Error::Malformed`](crate::Error::Malformed) if they are not.
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
    /// [`Error::OutputExists`](crate::Error::OutputExists),
    /// [`Error::DiskFull`](crate::Error::DiskFull) or [`Error::Io`](crate::Error::Io);
    /// [`Error::NotFinite`](crate::Error::NotFinite) if a value of the map is not finite. Then
    /// there is no new file.
    pub fn write(&self, path: impl AsRef<Path>, force: bool) -> Result<()> {
        [&self.source, &self.target].into_iter().try_for_each(SideMap::check_finite)?;
        MapFile::save(&self.to_bytes(), path.as_ref(), force)
    }

    /// The bytes of the file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let sides = [Language::Source, Language::Target]
            .map(|language| (language.name().to_owned(), self.side(language)));
        FILE.write(&self.description, self.dim(), sides)
    }

    /// Opens a map, or the file `map` of a folder, which `eigenlex embed --parallel` writes.
    ///
    /// # Errors
    /// As [`AlignmentMap::read`], or [`Error::Io`](crate::Error::Io).
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let within = path.as_ref().join("map");
        let path = if within.is_file() { &within } else { path.as_ref() };
        Self::read(&FILE.load(path, FileKind::Map)?, path)
    }

    /// Reads the bytes of a map; `path` names them in messages.
    ///
    /// # Errors
    /// [`Error::Malformed`](crate::Error::Malformed);
    /// [`Error::NewerModel`](crate::Error::NewerModel) if a later version wrote it.
    pub fn read(bytes: &[u8], path: &Path) -> Result<Self> {
        let (description, reader) = FILE.read::<MapDescription>(bytes, path)?;
        let side = |language: Language, space| {
            reader.side(language.name(), description.dim, space, &description.normalization)
        };
        let source = side(Language::Source, &description.source)?;
        let target = side(Language::Target, &description.target)?;
        Ok(Self { source, target, description })
    }

    /// Whether the file at `path` is a map, by its first bytes.
    pub fn is_at(path: impl AsRef<Path>) -> bool {
        FILE.is_at(path.as_ref())
    }
}
