//! More than two spaces in one: the file that holds the map of each of them, whether they are
//! languages around a hub or time slices in a chain.
//!
//! In: for each space its name and its [`SideMap`] into the common space. Out: a safetensors file
//! (`eigenlex_spaces`, tensors as `map_file.rs` describes, the spaces as `0`, `1`...), and for any
//! two of the spaces an [`AlignmentMap`], so that all that uses a map of two languages can use
//! this. The common space is that of one of them, the reference, whose rotation is the identity.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::names::repeated;
use crate::align::config::{Criterion, MethodName};
use crate::align::map::{AlignmentMap, MAP_VERSION, MapDescription};
use crate::align::map_file::{MapFile, digest_of};
use crate::align::normalize::NormalizationStep;
use crate::align::report::{AlignmentReport, Verdict};
use crate::align::side::{MappedSpace, SideMap};
use crate::base::error::{Error, Result};
use crate::base::kind::FileKind;
use crate::vectors::WordVectors;

/// The version of the file format that this program writes, and the latest that it reads.
pub const SPACES_VERSION: u32 = 1;

/// The kind of the file.
const FILE: MapFile = MapFile {
    key: "eigenlex_spaces",
    version_field: "spaces_version",
    version: SPACES_VERSION,
    expected: "a file written by `eigenlex align --hub` or `--chain`",
};

/// Several spaces, and the map of each into the common one.
#[derive(Debug, Clone, PartialEq)]
pub struct CommonSpaces {
    /// What they are and how they were joined.
    pub description: SpacesDescription,
    /// The matrices of each, in the order of the description.
    pub sides: Vec<SideMap>,
}

/// What the spaces are, apart from their matrices.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SpacesDescription {
    /// [`SPACES_VERSION`] of the program that wrote it.
    pub spaces_version: u32,
    /// Name and version of that program.
    pub program: String,
    /// Dimensions of the common space.
    pub dim: usize,
    /// The normalization of each vector before the map.
    pub normalization: Vec<NormalizationStep>,
    /// The seed of all random choices.
    pub seed: u64,
    /// SHA-256 over the matrices, see [`CommonSpaces::digest`]; earlier versions did not write it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// The spaces; the slices of a chain in the order of time.
    pub spaces: Vec<NamedSpace>,
    /// How they were joined.
    pub joined: Joined,
}

impl SpacesDescription {
    /// The description of some spaces that this program joins.
    pub(super) fn new(
        dim: usize,
        normalization: &[NormalizationStep],
        seed: u64,
        spaces: Vec<NamedSpace>,
        joined: Joined,
    ) -> Self {
        Self {
            spaces_version: SPACES_VERSION,
            program: concat!("eigenlex ", env!("CARGO_PKG_VERSION")).to_owned(),
            dim,
            normalization: normalization.to_vec(),
            seed,
            digest: None,
            spaces,
            joined,
        }
    }
}

/// One of the spaces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedSpace {
    /// A short name, different from the others'.
    pub name: String,
    /// The vectors.
    pub space: MappedSpace,
}

/// How several spaces were joined.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Joined {
    /// Languages around the first of the spaces.
    Hub {
        /// What the learning started from.
        method: MethodName,
        /// What the last step optimised.
        criterion: Criterion,
        /// The report on the map of each language but the hub, in their order.
        reports: Vec<AlignmentReport>,
    },
    /// Time slices, each rotated onto the one before it.
    Chain {
        /// The report on each step in time.
        links: Vec<ChainLink>,
    },
}

/// The report on the rotation of a slice onto the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ChainLink {
    /// Frequent words of both slices that have a direction.
    pub shared: usize,
    /// Those of them that the map was learned from: without the ones that moved most.
    pub kept: usize,
    /// Mean cosine of a kept word's two places, from -1 to 1.
    pub kept_similarity: f64,
    /// The same for all shared words.
    pub similarity: f64,
}

impl CommonSpaces {
    /// Spaces of these matrices, with their digest.
    pub(super) fn new(description: SpacesDescription, sides: Vec<SideMap>) -> Self {
        let mut spaces = Self { description, sides };
        spaces.description.digest = Some(spaces.digest());
        spaces
    }

    /// SHA-256, in hexadecimal, over the normalization and the matrices of all sides.
    pub fn digest(&self) -> String {
        digest_of(&self.sides)
    }

    /// The position of a space.
    ///
    /// # Errors
    /// [`Error::Parameter`], named `parameter`, that lists the names.
    pub fn position(&self, name: &str, parameter: &'static str) -> Result<usize> {
        let found = self.description.spaces.iter().position(|space| space.name == name);
        found.ok_or_else(|| Error::Parameter {
            name: parameter,
            found: format!("`{name}`"),
            expected: self.names(),
        })
    }

    /// The names, for messages.
    pub fn names(&self) -> String {
        let names: Vec<String> =
            self.description.spaces.iter().map(|space| format!("`{}`", space.name)).collect();
        format!("one of {}", names.join(", "))
    }

    /// Checks that vectors are those of one of the spaces; `path` is for the message.
    ///
    /// # Errors
    /// [`Error::Malformed`] if they are not.
    ///
    /// # Panics
    /// If the position is not below the number of spaces.
    pub fn check_vectors(&self, position: usize, vectors: &WordVectors, path: &Path) -> Result<()> {
        let NamedSpace { name, space } = &self.description.spaces[position];
        space.check(vectors, path, &format!("stand in the file as `{name}`"))
    }

    /// The map between two of the spaces, through the common one. Its report is the less favourable
    /// of the two; the report of a chain has no signs.
    ///
    /// # Panics
    /// If a position is not below the number of spaces.
    pub fn between(&self, source: usize, target: usize) -> AlignmentMap {
        let of = &self.description;
        let (method, criterion, report) = match &of.joined {
            Joined::Hub { method, criterion, reports } => {
                let report = [source, target]
                    .iter()
                    .filter_map(|&place| reports.get(place.checked_sub(1)?))
                    .min_by(|left, right| {
                        right
                            .verdict
                            .cmp(&left.verdict)
                            .then(left.held_out.total_cmp(&right.held_out))
                    });
                (*method, *criterion, report.cloned().unwrap_or_else(|| trusted(1.0, 0)))
            }
            Joined::Chain { links } => {
                let steps = &links[source.min(target)..source.max(target)];
                let worst = steps
                    .iter()
                    .min_by(|left, right| left.kept_similarity.total_cmp(&right.kept_similarity));
                (
                    MethodName::Identical,
                    Criterion::Procrustes,
                    worst.map_or(trusted(1.0, 0), |link| trusted(link.kept_similarity, link.kept)),
                )
            }
        };
        let description = MapDescription {
            map_version: MAP_VERSION,
            program: of.program.clone(),
            source: of.spaces[source].space.clone(),
            target: of.spaces[target].space.clone(),
            dim: of.dim,
            method,
            criterion,
            normalization: of.normalization.clone(),
            seed: of.seed,
            digest: None,
            report,
        };
        AlignmentMap {
            description,
            source: self.sides[source].clone(),
            target: self.sides[target].clone(),
        }
    }

    /// Writes the file; `force` replaces one that exists.
    ///
    /// # Errors
    /// [`Error::OutputExists`], [`Error::DiskFull`] or [`Error::Io`]; [`Error::NotFinite`] if a
    /// value of a map is not finite. Then there is no new file.
    pub fn write(&self, path: impl AsRef<Path>, force: bool) -> Result<()> {
        self.sides.iter().try_for_each(SideMap::check_finite)?;
        MapFile::save(&self.to_bytes(), path.as_ref(), force)
    }

    /// The bytes of the file.
    pub fn to_bytes(&self) -> Vec<u8> {
        FILE.write(
            &self.description,
            self.description.dim,
            self.sides.iter().enumerate().map(|(place, side)| (place.to_string(), side)),
        )
    }

    /// Opens a file.
    ///
    /// # Errors
    /// As [`CommonSpaces::read`], or [`Error::Io`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::read(&FILE.load(path.as_ref(), FileKind::Spaces)?, path.as_ref())
    }

    /// Reads the bytes of a file; `path` names them in messages.
    ///
    /// # Errors
    /// [`Error::Malformed`]; [`Error::NewerModel`] if a later version wrote it.
    pub fn read(bytes: &[u8], path: &Path) -> Result<Self> {
        let (description, reader) = FILE.read::<SpacesDescription>(bytes, path)?;
        let n_spaces = description.spaces.len();
        if n_spaces < 2 {
            return Err(reader.bad(format!("{n_spaces} space(s)"), "at least 2"));
        }
        let joins = match &description.joined {
            Joined::Hub { reports, .. } => reports.len(),
            Joined::Chain { links } => links.len(),
        };
        if joins != n_spaces - 1 {
            return Err(
                reader.bad(format!("{joins} join(s) of {n_spaces} spaces"), "one less than spaces")
            );
        }
        let names = description.spaces.iter().map(|space| space.name.as_str());
        if let Some(name) = repeated(&names.collect::<Vec<_>>()) {
            return Err(reader.bad(format!("the space `{name}` a second time"), "a name for each"));
        }
        let side = |(place, space): (usize, &NamedSpace)| {
            reader.side(
                &place.to_string(),
                description.dim,
                &space.space,
                &description.normalization,
            )
        };
        let sides = description.spaces.iter().enumerate().map(side).collect::<Result<_>>()?;
        Ok(Self { description, sides })
    }

    /// Whether the file at `path` is of this kind, by its first bytes.
    pub fn is_at(path: impl AsRef<Path>) -> bool {
        FILE.is_at(path.as_ref())
    }
}

/// The report of a map that needs no judgement, with the mean cosine of the words that it was
/// learned from.
fn trusted(similarity: f64, pairs: usize) -> AlignmentReport {
    AlignmentReport {
        coverage: None,
        pairs,
        judged: 0,
        mutual_share: 0.0,
        cycle: 0.0,
        margin: 0.0,
        agreement: None,
        held_out: 0.0,
        held_out_asked: 0,
        given: None,
        identical: None,
        zero_vectors: (0, 0),
        verdict: Verdict::Trust,
        sentence: format!("shared words lie at a mean cosine of {similarity:.2}"),
    }
}
