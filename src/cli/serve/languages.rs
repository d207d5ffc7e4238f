//! Maps, hubs and chains as a server has them: each with a desk that translates or measures drift.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use eigenlex::align::{
    AlignmentMap, CommonSpaces, Drift, Joined, Language, MapForm, Retrieval, SLICE_WORDS,
    Translator, UnitRows,
};
use eigenlex::{Error, WordVectors};
use rayon::ThreadPool;
use serde::Serialize;

use super::api::body;
use super::desk::Desk;
use super::failure::Failure;
use super::parameters::shown;
use crate::cli::output::Cosine;
use crate::cli::queries::Opened;
use crate::cli::vector_files;

/// The names of the two sides of a map.
const SIDES: [&str; 2] = ["source", "target"];

/// A word to translate, from one space to another.
pub(super) struct ToTranslate {
    pub(super) word: String,
    pub(super) from: Option<String>,
    pub(super) to: Option<String>,
    pub(super) top: usize,
    pub(super) retrieval: Retrieval,
}

/// What is asked of a chain.
pub(super) enum OfChain {
    MostMoved { top: usize },
    Word { word: String, top: usize },
}

/// Languages in one space.
pub(super) struct Languages {
    pub(super) names: Vec<String>,
    pub(super) desk: Desk<ToTranslate>,
}

/// Slices of time in one space.
pub(super) struct Slices {
    pub(super) names: Vec<String>,
    pub(super) desk: Desk<OfChain>,
}

#[derive(Serialize)]
struct Translated<'a> {
    query: &'a str,
    word: &'a str,
    from: &'a str,
    to: &'a str,
    translations: Vec<TranslatedWord>,
}

#[derive(Serialize)]
struct TranslatedWord {
    word: String,
    similarity: Cosine,
    #[serde(skip_serializing_if = "Option::is_none")]
    csls: Option<Cosine>,
}

/// The two sides of a map, or the languages of a hub.
enum Maps {
    Two(Box<AlignmentMap>),
    Several(CommonSpaces),
}

impl Maps {
    fn open(path: &Path) -> Result<Self> {
        Ok(match CommonSpaces::is_at(path) {
            true => Self::Several(CommonSpaces::open(path)?),
            false => Self::Two(Box::new(AlignmentMap::open(path)?)),
        })
    }

    fn names(&self) -> Vec<String> {
        match self {
            Self::Two(_) => SIDES.map(str::to_owned).to_vec(),
            Self::Several(spaces) => {
                spaces.description.spaces.iter().map(|space| space.name.clone()).collect()
            }
        }
    }

    /// The map from one to another, and which of its sides is asked.
    fn between(&self, from: usize, to: usize) -> (AlignmentMap, Language) {
        match self {
            Self::Two(map) => {
                let asked = if from == 0 { Language::Source } else { Language::Target };
                (AlignmentMap::clone(map), asked)
            }
            Self::Several(spaces) => (spaces.between(from, to), Language::Source),
        }
    }
}

/// The vectors of a language, and its first words in the common space.
struct Side {
    opened: Opened,
    rows: Vec<f32>,
}

impl Side {
    fn open(maps: &Maps, number: usize) -> Result<Self> {
        let (map, language) = maps.between(number, if number == 0 { 1 } else { 0 });
        let space = map.space(language);
        let opened = Opened::open(&space.path)?;
        map.check_vectors(language, &opened.vectors, &space.path)?;
        let n_words = space.max_words.min(opened.vectors.len());
        let first = &opened.vectors.as_slice()[..n_words * opened.vectors.dim()];
        let rows = map.apply(language, MapForm::Weighted, first).data;
        Ok(Self { opened, rows })
    }
}

impl Languages {
    pub(super) fn open(path: &Path, pool: &Arc<ThreadPool>) -> Result<Self> {
        let (path, pool) = (path.to_path_buf(), Arc::clone(pool));
        let (desk, names) = Desk::start(move |ready| {
            let maps = Maps::open(&path)?;
            let names = maps.names();
            let side = |number| Side::open(&maps, number);
            let sides = pool.install(|| (0..names.len()).map(side).collect::<Result<Vec<_>>>())?;
            let mut at_work = BTreeMap::new();
            ready(names.clone()).answer_each(|question: ToTranslate| {
                let number = |name: &str| {
                    names.iter().position(|it| it == name).ok_or_else(|| {
                        let (found, names) = (shown(name), names.join(", "));
                        Failure::bad(format!("there is no language `{found}`"))
                            .hint(format!("it has {names}"))
                    })
                };
                let from = question.from.as_deref().map_or(Ok(0), number)?;
                let usual = usize::from(from == 0);
                let to = question.to.as_deref().map_or(Ok(usual), number)?;
                if from == to {
                    let name = &names[from];
                    return Err(Failure::bad(format!("`from` and `to` are both `{name}`")));
                }
                let asked = sides[from].opened.look_up(&question.word)?;
                let dim = match &maps {
                    Maps::Two(map) => map.dim(),
                    Maps::Several(spaces) => spaces.description.dim,
                };
                let (map, language, translator) = at_work.entry((from, to)).or_insert_with(|| {
                    let (map, language) = maps.between(from, to);
                    let rows = |side: usize| UnitRows::new(&sides[side].rows, dim);
                    let words = sides[to].opened.vectors.words();
                    (map, language, Translator::new(rows(from), rows(to), words))
                });
                let found = pool.install(|| {
                    let vector = map.apply(*language, MapForm::Weighted, &asked.vector).data;
                    translator.translate(&vector, question.top, question.retrieval)
                });
                if found.is_empty() {
                    let reason = "its vector is zero".to_owned();
                    return Err(Error::NothingFound { query: question.word, reason }.into());
                }
                let word = |it: eigenlex::align::Translation| TranslatedWord {
                    word: it.word,
                    similarity: it.similarity.into(),
                    csls: it.csls.map(Cosine::from),
                };
                body(&Translated {
                    query: &question.word,
                    word: &asked.word,
                    from: &names[from],
                    to: &names[to],
                    translations: found.into_iter().map(word).collect(),
                })
            });
            Ok(())
        })?;
        Ok(Self { names, desk })
    }
}

impl Slices {
    pub(super) fn open(path: &Path, pool: &Arc<ThreadPool>) -> Result<Self> {
        let (path, pool) = (path.to_path_buf(), Arc::clone(pool));
        let (desk, names) = Desk::start(move |ready| {
            let chain = CommonSpaces::open(&path)?;
            let slices = &chain.description.spaces;
            let mut vectors: Vec<WordVectors> = Vec::with_capacity(slices.len());
            for (place, slice) in slices.iter().enumerate() {
                let it = vector_files::open(&slice.space.path, &())?.vectors;
                chain.check_vectors(place, &it, &slice.space.path)?;
                vectors.push(it);
            }
            let opened = slices.first().map(|slice| Opened::open(&slice.space.path)).transpose()?;
            let normalize = |word: &str| {
                opened.as_ref().map_or_else(|| word.to_owned(), |opened| opened.normalize(word))
            };
            let mut drift = pool.install(|| Drift::new(&chain, &vectors, SLICE_WORDS));
            let names = slices.iter().map(|slice| slice.name.clone()).collect();
            ready(names).answer_each(|question| match question {
                OfChain::MostMoved { top } => {
                    body(&MostMoved { moved: pool.install(|| drift.most_moved(top)) })
                }
                OfChain::Word { word, top } => {
                    // A thread of the pool may not have the closure that normalizes.
                    let normalized = normalize(&word);
                    let normalize = |_: &str| normalized.clone();
                    body(&pool.install(|| drift.word(&word, &normalize, top))?)
                }
            });
            Ok(())
        })?;
        Ok(Self { names, desk })
    }
}

#[derive(Serialize)]
struct MostMoved<T> {
    moved: Vec<T>,
}

/// Whether the file is a chain of time slices.
pub(super) fn is_chain(path: &Path) -> Result<bool> {
    let joined = CommonSpaces::open(path)?.description.joined;
    Ok(matches!(joined, Joined::Chain { .. }))
}
