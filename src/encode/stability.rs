//! Whether two halves of a corpus give the words the same neighbours, and with how many components
//! they agree best.
//!
//! In: a model, its corpus (or another) and some numbers of components. Out: for each the mean
//! share of the ten nearest words that the two halves have in common (Hellrich & Hahn 2016, "Bad
//! company: neighborhoods in neural embedding spaces considered harmful", measure the reliability
//! of neighbours so). The documents of odd and of even numbers are embedded separately, with the
//! parameters of the model, and each half gives the neighbours of the same words among the words
//! that both know.

use std::io::{BufWriter, Write as _};
use std::path::Path;

use rayon::prelude::*;
use serde::Serialize;
use tempfile::NamedTempFile;

use crate::base::error::{Error, Result};
use crate::base::progress::Progress;
use crate::base::words::WordId;
use crate::config::EmbedConfig;
use crate::corpus::{Corpus, DocumentUnit};
use crate::embed::pipeline::embed;
use crate::linalg::dot::{dot, length_of, write_unit};
use crate::linalg::instructions::arch;
use crate::model::Model;
use crate::query::keep_best;
use crate::tokenize::{TokenEvent, TokenizerConfig, stream};

/// Words whose neighbours are compared, and words that can be neighbours: the most frequent that
/// both halves know.
const QUERIES: usize = 500;
const CANDIDATES: usize = 20_000;

/// The compared words are every tenth of the first 5,000.
const QUERY_STEP: usize = 10;

/// Neighbours that are compared.
const NEIGHBORS: usize = 10;

/// How far two halves agree.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Stability {
    /// Components of the word vectors.
    pub dim: usize,
    /// The mean share of the ten nearest words that both halves find, from 0 to 1.
    pub overlap: f64,
    /// Number of words compared.
    pub n_words: usize,
}

/// Measures how far two halves of a corpus agree, for word vectors of the first `dims` components;
/// `folder` is for temporary files.
///
/// The halves are stored as tokens without ends of sentences, so windows extend to the ends of
/// documents.
///
/// # Errors
/// As [`embed`]; [`Error::Parameter`] for a model whose tokens may contain white space
/// (`tokenizer.json`); [`Error::NothingFound`] if the halves have no more words in common than
/// neighbours are compared.
pub fn stability(
    model: &Model,
    corpus: &Corpus,
    dims: &[usize],
    folder: &Path,
    progress: &dyn Progress,
) -> Result<Vec<Stability>> {
    if let Some(network) = &model.provenance.config.network {
        let reason = "its codes have no components in an order";
        return Err(Error::NotOfEncoder { what: "stability", encoder: network.name(), reason });
    }
    if matches!(model.tokenizer.config(), TokenizerConfig::HuggingFace { .. }) {
        let expected =
            "words or whitespace: the halves are stored as tokens between spaces".to_owned();
        return Err(Error::Parameter {
            name: "tokenizer",
            found: "a tokenizer.json".to_owned(),
            expected,
        });
    }
    let halves = write_halves(model, corpus, folder, progress)?;
    let config = EmbedConfig {
        tokenizer: TokenizerConfig::Whitespace,
        // They are joined already.
        phrases: None,
        temporary_folder: Some(folder.to_path_buf()),
        ..model.provenance.config.clone()
    };
    let embedded = |half: &NamedTempFile| {
        let path = half.path().to_string_lossy().into_owned();
        let corpus = Corpus::options().unit(DocumentUnit::Line).open([path])?;
        embed(&corpus, &config, progress)
    };
    agreement(&embedded(&halves[0])?, &embedded(&halves[1])?, dims)
}

/// Writes the tokens of the documents of odd and of even numbers to a file each.
fn write_halves(
    model: &Model,
    corpus: &Corpus,
    folder: &Path,
    progress: &dyn Progress,
) -> Result<[NamedTempFile; 2]> {
    let failed = |source| Error::io("write", folder, source);
    let create = || {
        tempfile::Builder::new()
            .prefix("half-")
            .suffix(".txt")
            .tempfile_in(folder)
            .map(BufWriter::new)
            .map_err(|source| Error::io("create", folder, source))
    };
    let mut halves = [create()?, create()?];
    let mut number = 0;
    stream(corpus, &model.tokenizer, progress, |event| -> Result<()> {
        let half = &mut halves[number % 2];
        match event {
            TokenEvent::Token(token) => {
                half.write_all(token.as_bytes()).and_then(|()| half.write_all(b" ")).map_err(failed)
            }
            TokenEvent::EndOfDocument => {
                number += 1;
                half.write_all(b"\n").map_err(failed)
            }
        }
    })?;
    let [first, second] =
        halves.map(|half| half.into_inner().map_err(|error| failed(error.into_error())));
    Ok([first?, second?])
}

fn agreement(first: &Model, second: &Model, dims: &[usize]) -> Result<Vec<Stability>> {
    let common: Vec<[WordId; 2]> = (0..first.vectors.len() as u32)
        .map(WordId)
        .filter_map(|id| {
            second.vectors.id(first.vectors.words().spelling(id)).map(|other| [id, other])
        })
        .take(CANDIDATES)
        .collect();
    if common.len() <= NEIGHBORS {
        let reason = format!(
            "they have {} word(s) in common, {NEIGHBORS} neighbours are compared",
            common.len()
        );
        return Err(Error::NothingFound { query: "two halves of the corpus".to_owned(), reason });
    }
    let queries: Vec<usize> = (0..common.len()).step_by(QUERY_STEP).take(QUERIES).collect();
    let largest = first.vectors.dim().min(second.vectors.dim());
    let of_dim = |&dim: &usize| {
        let neighbors = [(first, 0), (second, 1)].map(|(model, side)| {
            let ids: Vec<WordId> = common.iter().map(|pair| pair[side]).collect();
            nearest(model, &ids, &queries, dim)
        });
        let shared: usize = neighbors[0]
            .iter()
            .zip(&neighbors[1])
            .map(|(a, b)| a.iter().filter(|id| b.contains(id)).count())
            .sum();
        Stability {
            dim,
            overlap: shared as f64 / (NEIGHBORS * queries.len()) as f64,
            n_words: queries.len(),
        }
    };
    Ok(dims.iter().filter(|&&dim| (1..=largest).contains(&dim)).map(of_dim).collect())
}

/// For each query the positions of its nearest words among `ids`, by the first `dim` components.
fn nearest(model: &Model, ids: &[WordId], queries: &[usize], dim: usize) -> Vec<Vec<usize>> {
    let mut units = vec![0.0; ids.len() * dim];
    for (unit, &id) in units.chunks_exact_mut(dim).zip(ids) {
        let vector = &model.vectors.vector(id)[..dim];
        write_unit(vector, length_of(vector), unit);
    }
    let of_query = |&query: &usize| {
        let mut scored = arch().dispatch(|| {
            let asked = &units[query * dim..][..dim];
            let score = |(position, unit): (usize, &[f32])| (dot(asked, unit), position);
            units
                .chunks_exact(dim)
                .enumerate()
                .filter(|(position, _)| *position != query)
                .map(score)
                .collect::<Vec<(f32, usize)>>()
        });
        keep_best(&mut scored, NEIGHBORS);
        scored.into_iter().map(|(_, position)| position).collect()
    };
    queries.par_iter().map(of_query).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::random::bits_at;
    use crate::encode::tests::{config, corpus_of};
    use crate::weighting::formulas::Weighting;

    #[test]
    fn halves_of_a_corpus_with_subjects_agree_and_halves_of_noise_do_not() {
        // 400 documents: of words of one of four subjects, or of any words.
        let text = |is_noise: bool| {
            let mut text = String::new();
            for document in 0..400u64 {
                for place in 0..12 {
                    let draw = bits_at(11, document, place);
                    let subject = if is_noise { (draw >> 32) & 3 } else { (document / 2) & 3 };
                    text.push_str(&format!("s{subject}w{} ", draw % 11));
                }
                text.push('\n');
            }
            text
        };
        let folder = tempfile::tempdir().unwrap();
        let overlap = |is_noise: bool| {
            let corpus = corpus_of(folder.path(), &text(is_noise));
            let config = EmbedConfig { dim: 4, ..config(Weighting::TfIdf) };
            let model = embed(&corpus, &config, &()).unwrap();
            let found = stability(&model, &corpus, &[1, 4, 5], folder.path(), &()).unwrap();
            assert_eq!(
                found.iter().map(|it| (it.dim, it.n_words)).collect::<Vec<_>>(),
                [(1, 5), (4, 5)]
            );
            found[1].overlap
        };
        // The ten other words of each subject.
        assert!(overlap(false) > 0.9, "{}", overlap(false));
        assert!(overlap(true) < 0.6, "{}", overlap(true));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "the halves are gone");
    }
}
