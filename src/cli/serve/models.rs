//! What is served: models, vectors, maps and chains by their names, each replaced as a whole when
//! its files are.
//!
//! In: paths. Out: [`Served`], opened and ready. A request keeps what it began with; who comes
//! later has the new one. What cannot be opened leaves the old one where it is.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::SystemTime;

use anyhow::{Context as _, Result};
use eigenlex::FileKind;
use eigenlex::align::{AlignmentMap, CommonSpaces, Language};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rayon::ThreadPool;

use super::languages::{Languages, Slices, is_chain};
use super::page::Page;
use super::texts::Documents;
use super::vocabulary::Vocabulary;
use crate::cli::documents::inputs::DocumentsArgs;
use crate::cli::documents::labels::LabelsArgs;
use crate::cli::models::info;
use crate::cli::output::bars::Bars;

/// A name with what stands behind it now.
pub(super) struct Place {
    pub(super) name: String,
    path: PathBuf,
    now: RwLock<Arc<Served>>,
}

/// What is served under a name.
pub(super) struct Served {
    pub(super) content: Content,
    pub(super) digest: String,
    /// What `info` says, as JSON.
    pub(super) info: Vec<u8>,
    /// The page, once it is made; or why there is none.
    pub(super) page: OnceLock<Result<Page, String>>,
    stamp: Stamp,
}

pub(super) enum Content {
    Words { words: Box<Vocabulary>, documents: Option<Box<Documents>> },
    Languages(Languages),
    Slices(Slices),
}

/// How files looked when they were opened.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stamp(Vec<Option<(u64, SystemTime, u64)>>);

/// What is opened beside a model.
pub(super) struct Beside {
    pub(super) documents: Option<DocumentsArgs>,
    pub(super) labels: LabelsArgs,
}

impl Stamp {
    /// The files that what stands at a path consists of.
    fn of(path: &Path) -> Self {
        let mut files = vec![path.to_path_buf()];
        match FileKind::of(path).unwrap_or(FileKind::Other) {
            FileKind::Model => files.push(path.join("model.json")),
            FileKind::Map | FileKind::Parallel => {
                files.push(path.join("map"));
                if let Ok(map) = AlignmentMap::open(path) {
                    let sides = [Language::Source, Language::Target];
                    files.extend(sides.map(|side| map.space(side).path.clone()));
                }
            }
            FileKind::Spaces => {
                if let Ok(spaces) = CommonSpaces::open(path) {
                    let spaces = spaces.description.spaces.into_iter();
                    files.extend(spaces.map(|space| space.space.path));
                }
            }
            _ => {}
        }
        let look = |path: PathBuf| {
            let metadata = fs::metadata(path).ok()?;
            Some((metadata.len(), metadata.modified().ok()?, file_number(&metadata)))
        };
        Self(files.into_iter().map(look).collect())
    }
}

#[cfg(unix)]
fn file_number(metadata: &fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(metadata)
}

#[cfg(not(unix))]
fn file_number(_: &fs::Metadata) -> u64 {
    0
}

impl Served {
    /// Opens what stands at a path.
    ///
    /// # Errors
    /// Errors of opening; documents are given to what has none.
    fn open(path: &Path, beside: &Beside, pool: &Arc<ThreadPool>, bars: &Bars) -> Result<Self> {
        // Before the files are read: what changes while they are is seen later.
        let stamp = Stamp::of(path);
        let content = match FileKind::of(path).unwrap_or(FileKind::Other) {
            FileKind::Map | FileKind::Parallel => Content::Languages(Languages::open(path, pool)?),
            FileKind::Spaces if is_chain(path)? => Content::Slices(Slices::open(path, pool)?),
            FileKind::Spaces => Content::Languages(Languages::open(path, pool)?),
            _ => pool.install(|| -> Result<Content> {
                let words = Box::new(Vocabulary::open(path)?);
                let documents = match (&beside.documents, words.model()) {
                    (Some(args), Some(model)) => {
                        Some(Box::new(Documents::open(args, &beside.labels, model, bars)?))
                    }
                    _ => None,
                };
                Ok(Content::Words { words, documents })
            })?,
        };
        let mut info = info::json_of(path, bars)?;
        info.pop_if(|last| *last == b'\n');
        let digest = serde_json::from_slice::<serde_json::Value>(&info)?;
        let digest = digest["digest"].as_str().unwrap_or_default().to_owned();
        Ok(Self { content, digest, info, page: OnceLock::new(), stamp })
    }

    pub(super) fn kind(&self) -> &'static str {
        match &self.content {
            Content::Words { words, .. } if words.model().is_some() => "model",
            Content::Words { .. } => "vectors",
            Content::Languages(languages) if languages.names == ["source", "target"] => "map",
            Content::Languages(_) => "hub",
            Content::Slices(_) => "chain",
        }
    }
}

impl Place {
    pub(super) fn open(
        name: String,
        path: &Path,
        beside: &Beside,
        pool: &Arc<ThreadPool>,
        bars: &Bars,
    ) -> Result<Self> {
        let served = Served::open(path, beside, pool, bars)
            .with_context(|| format!("cannot serve `{name}`"))?;
        Ok(Self { name, path: path.to_path_buf(), now: RwLock::new(Arc::new(served)) })
    }

    /// The name as it stands in an address.
    pub(super) fn address(&self) -> String {
        utf8_percent_encode(&self.name, NON_ALPHANUMERIC).to_string()
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether documents are served.
    pub(super) fn has_documents(&self) -> bool {
        matches!(&self.now().content, Content::Words { documents: Some(_), .. })
    }

    /// What is served now.
    pub(super) fn now(&self) -> Arc<Served> {
        Arc::clone(&self.now.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Opens what stands there now, if it is another than before or `is_asked`; whether it was
    /// replaced. `last` is what the last look saw: what changes from look to look is being written.
    pub(super) fn reload(
        &self,
        last: &mut Option<Last>,
        is_asked: bool,
        beside: &Beside,
        pool: &Arc<ThreadPool>,
        bars: &Bars,
    ) -> Result<bool> {
        let found = Stamp::of(&self.path);
        if !is_asked {
            if found == self.now().stamp {
                *last = None;
                return Ok(false);
            }
            let before = last.replace(Last { stamp: found.clone(), has_failed: false });
            match before {
                Some(before) if before.stamp == found && before.has_failed => {
                    *last = Some(before);
                    return Ok(false);
                }
                Some(before) if before.stamp == found => {}
                _ => return Ok(false),
            }
        }
        // What cannot be opened is not tried again until it changes.
        *last = Some(Last { stamp: found, has_failed: true });
        let served = Served::open(&self.path, beside, pool, bars)?;
        *last = None;
        *self.now.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(served);
        Ok(true)
    }
}

/// What the last look at changed files saw.
pub(super) struct Last {
    stamp: Stamp,
    has_failed: bool,
}

/// A name for a path: the last part of it without its extension, in characters that an address
/// takes as they are.
pub(super) fn name_of(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy();
    let kept =
        stem.chars().map(|it| if it.is_alphanumeric() || "-_.".contains(it) { it } else { '-' });
    let name: String = kept.collect();
    let name = name.trim_matches(['-', '.']).to_owned();
    if name.is_empty() { "model".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_a_name_that_stands_in_an_address() {
        let name = |path: &str| name_of(Path::new(path));
        assert_eq!(name("models/english.model"), "english");
        assert_eq!(name("a b/ü?c.vec"), "ü-c");
        assert_eq!((name(".."), name("/")), ("model".to_owned(), "model".to_owned()));
    }
}
