//! More than two spaces in one: the file that keeps where each of them lies, whether they are
//! languages around a hub or time slices in a chain.
//!
//! In: for each space its name and its [`SideMap`] into the common space. Out: a safetensors file
//! (`eigenlex_spaces`, tensors as `tensors.rs` describes, the spaces as `0`, `1`...), and for any
//! two of the spaces an [`AlignmentMap`], so that whatever uses a map of two languages can use
//! this. The common space is that of one of them, the reference, whose rotation is the identity.

mod chain;
mod drift;
mod hub;

pub use chain::{SLICE_CUTOFF, chain};
pub use drift::{Drift, DriftOf, DriftStep, Movement, PEERS, Place, WordDrift};
pub use hub::hub;

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::align::map::{AlignmentMap, MAP_VERSION, MapDescription, MappedSpace, SideMap};
use crate::align::normalize::NormalizationStep;
use crate::align::tensors::Layout;
use crate::align::verdict::{AlignmentReport, Verdict};
use crate::align::{AlignMethod, Criterion};
use crate::base::error::{Error, Result};
use crate::base::kind::FileKind;
use crate::storage::atomic::AtomicFile;
use crate::vectors::WordVectors;
use crate::vectors::format::malformed;

/// The version of the file's layout that this program writes, and the latest that it reads.
pub const SPACES_VERSION: u32 = 1;

/// How the file lies on the disk.
const LAYOUT: Layout = Layout {
    key: "eigenlex_spaces",
    version_field: "spaces_version",
    version: SPACES_VERSION,
    expected: "a file written by `eigenlex align --hub` or `--chain`",
};

/// Extensions that are left out of a space's name.
const EXTENSIONS: [&str; 6] = ["model", "vec", "bin", "npy", "safetensors", "txt"];

/// Several spaces, and where each lies in the common one.
#[derive(Debug, Clone, PartialEq)]
pub struct CommonSpaces {
    /// What they are and how they came together.
    pub description: SpacesDescription,
    /// The numbers of each, in the order of the description.
    pub sides: Vec<SideMap>,
}

/// What the spaces are, beside their numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SpacesDescription {
    /// [`SPACES_VERSION`] of the program that wrote it.
    pub spaces_version: u32,
    /// Name and version of that program.
    pub program: String,
    /// Dimensions of the common space.
    pub dim: usize,
    /// What is done to each vector first.
    pub normalization: Vec<NormalizationStep>,
    /// The seed of what was random.
    pub seed: u64,
    /// The spaces; the slices of a chain in the order of time.
    pub spaces: Vec<NamedSpace>,
    /// How they were joined.
    pub joined: Joined,
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
        /// What the learning began with.
        method: AlignMethod,
        /// What the last step optimised.
        criterion: Criterion,
        /// How the map of each language but the hub went, in their order.
        reports: Vec<AlignmentReport>,
    },
    /// Time slices, each laid over the one before it.
    Chain {
        /// For each step in time how it went.
        links: Vec<ChainLink>,
    },
}

/// How a slice was laid over the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ChainLink {
    /// Frequent words of both slices that have a direction.
    pub shared: usize,
    /// Those of them that the map was learned from: without the ones that moved most.
    pub kept: usize,
    /// Mean cosine of a kept word's two places, from -1 to 1.
    pub kept_similarity: f64,
    /// The same of all shared words.
    pub similarity: f64,
}

impl CommonSpaces {
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

    /// Whether vectors are those that one of the spaces was made of; `path` is for the message.
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
    /// of theirs, in a chain none that would judge.
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
                (*method, *criterion, report.cloned().unwrap_or_else(|| of_itself(1.0, 0)))
            }
            Joined::Chain { links } => {
                let steps = &links[source.min(target)..source.max(target)];
                let worst = steps
                    .iter()
                    .min_by(|left, right| left.kept_similarity.total_cmp(&right.kept_similarity));
                (
                    AlignMethod::Identical,
                    Criterion::Procrustes,
                    worst.map_or(of_itself(1.0, 0), |link| {
                        of_itself(link.kept_similarity, link.kept)
                    }),
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
    /// number of a map is not finite; then no new file is there.
    pub fn write(&self, path: impl AsRef<Path>, force: bool) -> Result<()> {
        self.sides.iter().try_for_each(SideMap::check_finite)?;
        let mut file = AtomicFile::create(path, force)?;
        file.put(&self.to_bytes())?;
        file.commit()
    }

    /// The bytes of the file.
    pub fn to_bytes(&self) -> Vec<u8> {
        LAYOUT.write(
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
        let path = path.as_ref();
        if !Self::is_at(path)
            && let Some(error) = Error::wrong_kind(path, FileKind::Spaces)
        {
            return Err(error);
        }
        Self::read(&fs::read(path).map_err(|source| Error::io("read", path, source))?, path)
    }

    /// Reads the bytes of a file; `path` names them in messages.
    ///
    /// # Errors
    /// [`Error::Malformed`]; [`Error::NewerModel`] if a later version wrote it.
    pub fn read(bytes: &[u8], path: &Path) -> Result<Self> {
        let (description, reader) = LAYOUT.read::<SpacesDescription>(bytes, path)?;
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
        if let Some(name) = twice(&names.collect::<Vec<_>>()) {
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
        LAYOUT.is_at(path.as_ref())
    }
}

/// The report of a map that nobody doubts, by how near the words lie that it was learned from.
fn of_itself(similarity: f64, pairs: usize) -> AlignmentReport {
    AlignmentReport {
        coverage: None,
        pairs,
        judged: 0,
        mutual_share: 0.0,
        cycle: 0.0,
        margin: 0.0,
        agreement: None,
        held_out: 0.0,
        zero_vectors: (0, 0),
        verdict: Verdict::Trust,
        sentence: format!("shared words lie at a mean cosine of {similarity:.2}"),
    }
}

/// The first name that is there already.
fn twice<'a>(names: &[&'a str]) -> Option<&'a str> {
    names
        .iter()
        .enumerate()
        .find(|&(place, name)| names[..place].contains(name))
        .map(|(_, name)| *name)
}

/// Short names for the spaces: those of their files without the extension, or where two would be
/// the same the paths themselves.
///
/// # Errors
/// [`Error::Malformed`] if a path stands there twice.
pub(super) fn names_of(paths: &[PathBuf]) -> Result<Vec<String>> {
    let short = |path: &PathBuf| {
        let is_known = path
            .extension()
            .is_some_and(|extension| EXTENSIONS.iter().any(|known| extension == *known));
        let name = if is_known { path.file_stem() } else { path.file_name() };
        name.map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
    };
    let names: Vec<String> = paths.iter().map(short).collect();
    if twice(&names.iter().map(String::as_str).collect::<Vec<_>>()).is_none() {
        return Ok(names);
    }
    let names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    match twice(&names.iter().map(String::as_str).collect::<Vec<_>>()) {
        Some(name) => Err(malformed(
            Path::new(name),
            None,
            "the same vectors a second time",
            "other vectors for each space",
        )),
        None => Ok(names),
    }
}

/// Whether all spaces have the same dimensions, or may be cut to `asked`.
///
/// # Errors
/// [`Error::UnequalDimensions`] with two that differ; [`Error::Parameter`] if `asked` is more than
/// one of them has.
pub(super) fn common_dim(spaces: &[(PathBuf, usize)], asked: Option<usize>) -> Result<usize> {
    let (first, least) = (&spaces[0], spaces.iter().map(|it| it.1).min().unwrap_or(0));
    match asked {
        Some(dim) if dim == 0 || dim > least => Err(Error::Parameter {
            name: "dim",
            found: dim.to_string(),
            expected: format!("from 1 to {least}, the dimensions that all have"),
        }),
        Some(dim) => Ok(dim),
        None => match spaces.iter().find(|it| it.1 != first.1) {
            None => Ok(first.1),
            Some(other) => Err(Error::UnequalDimensions {
                first: first.0.clone(),
                first_dim: first.1,
                other: other.0.clone(),
                other_dim: other.1,
                least,
            }),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_where_that_is_clear() {
        let names = |paths: &[&str]| names_of(&paths.iter().map(PathBuf::from).collect::<Vec<_>>());
        assert_eq!(names(&["/a/1850.model", "/a/1900.model"]).unwrap(), ["1850", "1900"]);
        assert_eq!(names(&["news.1", "news.2"]).unwrap(), ["news.1", "news.2"]);
        assert_eq!(names(&["a/en.vec", "b/en.vec"]).unwrap(), ["a/en.vec", "b/en.vec"]);
        let message = names(&["en.vec", "en.vec"]).unwrap_err().to_string();
        assert_eq!(
            message,
            "`en.vec`: found the same vectors a second time, expected other vectors for each space"
        );
    }

    #[test]
    fn unequal_dimensions_are_named_with_the_way_out() {
        let spaces = [("a".into(), 8), ("b".into(), 8), ("c".into(), 5), ("d".into(), 4)];
        let message = common_dim(&spaces, None).unwrap_err().to_string();
        assert_eq!(
            message,
            "`a` has 8 dimensions, `c` 5\nhint: pass --dim 4 to keep the first 4 of all"
        );
        assert_eq!(common_dim(&spaces, Some(4)).unwrap(), 4);
        let message = common_dim(&spaces, Some(5)).unwrap_err().to_string();
        assert_eq!(message, "dim is 5, expected from 1 to 4, the dimensions that all have");
    }
}
