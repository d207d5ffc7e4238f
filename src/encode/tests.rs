//! Tests of the encoder: each code against the matrix that the decomposition saw.

use super::batches::{EncodedDocuments, Parts};
use super::{Components, Encoder, WeightedWords};
use crate::base::random::bits_at;
use crate::config::{EmbedConfig, Recipe};
use crate::corpus::Corpus;
use crate::counts::{Contexts, CountSettings};
use crate::model::Model;
use crate::tokenize::Tokens;
use crate::vocab::Cutoff;
use crate::vocab::Vocab;
use crate::weighting::formulas::Weighting;
use crate::weighting::subsample::Subsampling;

/// Sixty documents of two subjects in words of their own, and of both.
pub(crate) fn text() -> String {
    let (sea, sky) = (
        ["ship", "sail", "wave", "harbour", "anchor"],
        ["star", "moon", "comet", "orbit", "planet"],
    );
    let mut text = String::new();
    for document in 0..60usize {
        for place in 0..(4 + document % 7) {
            let draw = bits_at(3, document as u64, place as u64) as usize;
            let subject = if document % 10 == 9 { (draw >> 20) & 1 } else { document & 1 };
            let word = if draw.is_multiple_of(5) {
                "the"
            } else if subject == 0 {
                sea[draw / 8 % 5]
            } else {
                sky[draw / 8 % 5]
            };
            text.push_str(word);
            text.push(' ');
        }
        text.push_str(if document % 20 == 0 { "rare" } else { "" });
        text.push('\n');
    }
    text
}

pub(crate) fn corpus_of(folder: &std::path::Path, text: &str) -> Corpus {
    let path = folder.join("text");
    std::fs::write(&path, text).unwrap();
    Corpus::open(&path).unwrap()
}

pub(crate) fn config(weighting: Weighting) -> EmbedConfig {
    EmbedConfig {
        cutoff: Cutoff { min_count: 2, max_words: None },
        weighting,
        dim: 4,
        tolerance: 1e-6,
        ..EmbedConfig::recipe(Recipe::Lsa)
    }
}

const WEIGHTINGS: [Weighting; 7] = [
    Weighting::Binary,
    Weighting::Count,
    Weighting::Log,
    Weighting::TfIdf,
    Weighting::LogEntropy,
    Weighting::Ppmi { smoothing: 0.75, shift: 1.0 },
    Weighting::SquareRoot { power: 0.5 },
];

/// The weighted matrix of the corpus by the stages of the pipeline, dense.
fn matrix(corpus: &Corpus, config: &EmbedConfig, model: &Model) -> Vec<Vec<f32>> {
    let mut tokens = Tokens::read(corpus, &model.tokenizer, config.memory, &()).unwrap();
    if let Some(n_tokens) = config.document_tokens {
        tokens.cut_documents(n_tokens).unwrap();
    }
    let (vocab, sequences) = Vocab::count(tokens, config.cutoff, &()).unwrap();
    let mut counts = config
        .contexts
        .count(&sequences, vocab.words.len(), CountSettings::default(), &())
        .unwrap();
    if let Some(subsampling) = config.subsample {
        Subsampling::scale(
            &mut counts,
            &config.contexts,
            &subsampling.kept_shares(&vocab.counts),
            &(),
        )
        .unwrap();
    }
    config.weighting.apply(&mut counts, &()).unwrap();
    let blocks = counts.to_csr_blocks().unwrap();
    let rows = blocks.iter().flat_map(|block| block.outer_iterator());
    let dense = |row: sprs::CsVecViewI<'_, f32, u32>| {
        let mut dense = vec![0.0; vocab.words.len()];
        row.iter().for_each(|(column, &value)| dense[column] = value);
        dense
    };
    rows.map(dense).collect()
}

pub(super) fn encoded(encoder: &Encoder, corpus: &Corpus, cut: Option<usize>) -> EncodedDocuments {
    let mut batches = Vec::new();
    encoder
        .for_each_batch(corpus, cut, &(), |batch| {
            batches.push(batch);
            Ok(())
        })
        .unwrap();
    assert_eq!(batches.len(), 1);
    batches.remove(0)
}

/// Every document of the corpus has the weights of its row, to the bit, and its code is the row's
/// product with `V`, whose columns are orthonormal and whose products with the rows have the
/// singular values for lengths.
#[track_caller]
fn agrees_with_the_matrix(config: &EmbedConfig) {
    let folder = tempfile::tempdir().unwrap();
    let corpus = corpus_of(folder.path(), &text());
    let model = crate::embed(&corpus, config, &()).unwrap();
    let encoder = Encoder::new(&model).unwrap();
    let batch = encoded(&encoder, &corpus, config.document_tokens);
    let rows = matrix(&corpus, config, &model);
    assert_eq!(batch.documents.len(), rows.len());
    let rank = encoder.rank();
    let mut squares = vec![0.0; rank];
    for ((document, z), row) in
        batch.documents.iter().zip(batch.codes.chunks_exact(rank)).zip(&rows)
    {
        let known: Vec<(u32, f32)> = row
            .iter()
            .enumerate()
            .filter(|(_, x)| **x != 0.0)
            .map(|(j, &x)| (j as u32, x))
            .collect();
        assert_eq!(
            document
                .words
                .iter()
                .map(|word| word.0)
                .zip(document.weights.iter().copied())
                .collect::<Vec<_>>(),
            known
        );
        squares.iter_mut().zip(z).for_each(|(sum, &z)| *sum += f64::from(z) * f64::from(z));
        // V z for a unit vector z is a column of V: its product with the row is that component.
        for (component, &z) in z.iter().enumerate() {
            let mut unit = vec![0.0; rank];
            unit[component] = 1.0;
            let product: f64 = encoder
                .decode(&unit)
                .iter()
                .zip(row)
                .map(|(&v, &x)| f64::from(v) * f64::from(x))
                .sum();
            assert!(
                (product - f64::from(z)).abs() < 1e-5 * document.squared_norm().sqrt().max(1.0),
                "{product} {z}"
            );
        }
    }
    for (square, value) in squares.iter().zip(&model.provenance.spectrum.singular_values) {
        assert!((square.sqrt() - value).abs() < 1e-4 * value, "{} {value}", square.sqrt());
    }
}

#[test]
fn a_document_of_the_corpus_has_the_code_of_its_row() {
    for weighting in WEIGHTINGS {
        agrees_with_the_matrix(&config(weighting));
        agrees_with_the_matrix(&EmbedConfig {
            sigma_exponent: 0.75,
            drop_components: 1,
            ..config(weighting)
        });
    }
    let square_root = config(Weighting::SquareRoot { power: 0.5 });
    agrees_with_the_matrix(&EmbedConfig {
        center: true,
        sigma_exponent: 1.0,
        ..square_root.clone()
    });
    agrees_with_the_matrix(&EmbedConfig { document_tokens: Some(3), ..square_root.clone() });
    agrees_with_the_matrix(&EmbedConfig {
        subsample: Some(Subsampling { threshold: 0.01, random: false }),
        ..square_root
    });
}

#[test]
fn a_model_of_windows_takes_a_document_for_one_more_context() {
    let folder = tempfile::tempdir().unwrap();
    let corpus = corpus_of(folder.path(), &text());
    let config = EmbedConfig {
        contexts: Contexts::default(),
        dim: 3,
        drop_components: 1,
        sigma_exponent: 0.5,
        ..config(Weighting::SquareRoot { power: 0.5 })
    };
    let model = crate::embed(&corpus, &config, &()).unwrap();
    let encoder = Encoder::new(&model).unwrap();
    let document = encoder.weigh_text("ship ship sail unknown").unwrap();
    assert_eq!((document.n_tokens, document.n_known, document.words.len()), (4, 3, 2));
    let z = encoder.encode(&document);
    assert_eq!((z.len(), encoder.part(&z, Components::Kept).len()), (4, 3));
    // The sum of the words' vectors, each times its weight, but for the power of the singular
    // values.
    let values = &model.provenance.spectrum.singular_values;
    for component in 0..3 {
        let sum: f32 = document
            .words
            .iter()
            .zip(&document.weights)
            .map(|(&word, weight)| weight * model.vectors.vector(word)[component])
            .sum();
        let expected = sum / values[component + 1].sqrt() as f32;
        assert!((z[component + 1] - expected).abs() < 1e-5, "{z:?} {expected}");
    }
}

#[test]
fn codes_have_the_same_bits_in_any_company_and_on_any_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    let corpus = corpus_of(folder.path(), &text());
    let model = crate::embed(&corpus, &config(Weighting::TfIdf), &()).unwrap();
    let encoder = Encoder::new(&model).unwrap();
    let expected = encoded(&encoder, &corpus, None);
    for n_threads in [1, 2, 3, 8] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
        assert_eq!(pool.install(|| encoded(&encoder, &corpus, None)).codes, expected.codes);
    }
    for (line, z) in text().lines().zip(expected.codes.chunks_exact(encoder.rank())) {
        assert_eq!(encoder.encode(&encoder.weigh_text(line).unwrap()), z);
    }
}

#[test]
fn documents_without_a_known_word_have_no_words() {
    let folder = tempfile::tempdir().unwrap();
    let model =
        crate::embed(&corpus_of(folder.path(), &text()), &config(Weighting::Count), &()).unwrap();
    let encoder = Encoder::new(&model).unwrap();
    let corpus = corpus_of(folder.path(), "ship\n\nunknown words\nstar star\n");
    let batch = encoded(&encoder, &corpus, None);
    assert_eq!(batch.numbers, [1, 2, 3, 4]);
    assert_eq!(
        batch.documents.iter().map(|document| document.words.len()).collect::<Vec<_>>(),
        [1, 0, 0, 1]
    );
    assert_eq!(batch.documents[2].n_tokens, 2);
    let old = Model { encoding: None, ..model };
    assert_eq!(
        Encoder::new(&old).unwrap_err().to_string(),
        "the model has no `encoder.safetensors`, without which documents cannot be encoded"
    );
}

#[test]
fn halves_are_parts_of_the_whole() {
    let folder = tempfile::tempdir().unwrap();
    let corpus = corpus_of(folder.path(), &text());
    let model = crate::embed(&corpus, &config(Weighting::Count), &()).unwrap();
    let encoder = Encoder::new(&model).unwrap();
    let mut n_first = 0;
    encoder
        .for_each_batch_of(&corpus, Parts::WholeAndHalves { seed: 1 }, None, &(), |batch| {
            for documents in batch.documents.chunks_exact(3) {
                let sum = |document: &WeightedWords| document.weights.iter().sum::<f32>();
                assert_eq!(sum(&documents[0]), sum(&documents[1]) + sum(&documents[2]));
                n_first += documents[1].n_known;
            }
            Ok(())
        })
        .unwrap();
    // Some 400 tokens.
    assert!((150..250).contains(&n_first), "{n_first}");
}
