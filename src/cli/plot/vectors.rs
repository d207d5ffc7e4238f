//! Words as unit vectors, for the kinds that draw them.

use anyhow::Result;
use eigenlex::{Error, Model, WordId, WordVectors};

use crate::cli::documents::plane::is_common;
use crate::cli::output::bars::Bars;
use crate::cli::queries::Opened;

/// The vector of a word at length 1.
///
/// # Errors
/// If it is zero.
pub(super) fn unit(vectors: &WordVectors, id: WordId) -> Result<Vec<f32>> {
    let length = vectors.lengths()?[id.index()];
    if length > 0.0 {
        return Ok(vectors.vector(id).iter().map(|value| value / length).collect());
    }
    let query = vectors.words().spelling(id).to_owned();
    Err(Error::NothingFound { query, reason: "its vector is zero".to_owned() }.into())
}

/// The cosine of two unit vectors, with a sum in double precision.
pub(super) fn cosine(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum()
}

/// The words that are asked for, each once.
pub(super) fn asked(opened: &Opened, words: &[String], bars: &Bars) -> Result<Vec<WordId>> {
    let mut ids = Vec::new();
    for word in words {
        let found = opened.find(word, bars)?.id;
        let id =
            found.ok_or_else(|| Error::UnknownWord { word: word.clone(), suggestions: vec![] })?;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Ok(ids)
}

/// The most frequent words with a direction, without those that most documents have if the model
/// knows which these are.
pub(super) fn frequent(
    vectors: &WordVectors,
    model: Option<&Model>,
    n: usize,
) -> Result<Vec<WordId>> {
    let lengths = vectors.lengths()?;
    let all = || (0..vectors.len() as u32).map(WordId).filter(|id| lengths[id.index()] > 0.0);
    let is_rare = |id: &WordId| model.is_none_or(|model| !is_common(model, *id));
    let mut ids: Vec<WordId> = all().filter(is_rare).take(n).collect();
    // Of a few long documents nearly all words are in most.
    if ids.len() < n {
        ids = all().take(n).collect();
    }
    Ok(ids)
}

/// The model at a path, if it is one and not a file of vectors.
pub(super) fn model_at(path: &std::path::Path) -> Result<Option<Model>> {
    Ok(if Model::is_at(path) { Some(Model::open(path)?) } else { None })
}
