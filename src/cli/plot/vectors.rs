//! Words as unit vectors, for the kinds that draw them.

use anyhow::Result;
use eigenlex::encode::TopicalWords;
use eigenlex::{Error, Model, WordId, WordVectors};

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

/// Of the `among` first words those with a direction that say most about the documents of a model;
/// of vectors alone the first.
pub(super) fn first_words(
    vectors: &WordVectors,
    model: Option<&Model>,
    n: usize,
    among: usize,
) -> Result<Vec<WordId>> {
    let lengths = vectors.lengths()?;
    let among = among.min(vectors.len());
    let mut ids = match model {
        Some(model) => TopicalWords::new(model).first(among, among),
        None => (0..among as u32).map(WordId).collect(),
    };
    ids.retain(|id| lengths[id.index()] > 0.0);
    ids.truncate(n);
    Ok(ids)
}

/// The model at a path, if it is one and not a file of vectors.
pub(super) fn model_at(path: &std::path::Path) -> Result<Option<Model>> {
    Ok(if Model::is_at(path) { Some(Model::open(path)?) } else { None })
}
