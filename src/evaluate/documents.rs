//! How well the codes of documents predict their classes: logistic regression and nearest
//! neighbours on the codes, and, for comparison, logistic regression on all words (tf-idf).
//!
//! In: a model, documents, and a file of labels with the class of each document and whether it is a
//! training or a test document. Out: accuracy and macro-F1 of each
//! classifier. Codes are scaled to unit length, as is usual for latent semantic analysis. The
//! penalty of a regression is chosen from four by holding every fifth of the training documents
//! back. The tf-idf weights are those of `document_counts.rs`.

use faer::{Accum, MatMut, MatRef};
use rayon::prelude::*;
use serde::Serialize;

use super::document_counts::DocumentCounts;
use super::labels::{DocumentLabels, Role};
use super::logistic::{Logistic, LogisticRegression};
use crate::base::error::{Error, Result};
use crate::base::progress::{Progress, Stage};
use crate::corpus::Corpus;
use crate::encode::{Codes, Components, DenseRows, Encoder};
use crate::linalg::product::multiply;
use crate::operator::LinearOperator;

/// Inverses of the penalty that are tried.
const PENALTIES: [f64; 4] = [1.0, 10.0, 100.0, 1000.0];

/// Every fifth training document is held back for choosing a penalty.
const HELD_BACK: usize = 5;

/// The tolerance and the largest number of steps of a regression; the first is the largest entry of
/// the gradient of the mean loss, as in scikit-learn.
const TOLERANCE: f64 = 1e-4;
const STEPS: usize = 1000;

/// Neighbours that vote, each with its cosine.
const VOTERS: usize = 10;

/// Documents that are compared with all training documents in one product.
const ASKED_AT_A_TIME: usize = 64;

/// The classifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Classifier {
    /// Multinomial logistic regression with an L2 penalty.
    Logistic,
    /// The ten nearest by cosine, each voting with its cosine.
    Knn,
}

/// The features of a document that a classifier uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Features {
    /// Its code.
    Codes,
    /// All its words.
    TfIdf,
}

/// How often a classifier is correct.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DocumentScores {
    /// The file of labels.
    pub file: String,
    /// The classifier.
    pub classifier: Classifier,
    /// The features it uses.
    pub features: Features,
    /// The share of the test documents that it classifies correctly, from 0 to 1.
    pub accuracy: f64,
    /// The mean over the classes of the harmonic mean of precision and recall, from 0 to 1.
    pub macro_f1: f64,
    /// Training documents.
    pub train: usize,
    /// Test documents.
    pub test: usize,
    /// Test documents that it classifies correctly.
    pub correct: usize,
    /// Test documents without a known word, which are classified as the most frequent class.
    pub without_code: usize,
}

/// Scores classifiers on the codes of documents, and on tf-idf.
///
/// # Errors
/// As [`Encoder::for_each_batch`]; [`Error::Malformed`] if there are not as many documents as
/// labels; [`Error::NothingFound`] if no training document has a code.
pub fn document_classes(
    encoder: &Encoder,
    corpus: &Corpus,
    labels: &DocumentLabels,
    progress: &dyn Progress,
) -> Result<Vec<DocumentScores>> {
    let (codes, without) = Codes::encode(encoder, corpus, Components::Kept, progress)?;
    let n_documents = codes.len() + without.len();
    if n_documents != labels.documents.len() {
        let found = format!("{} labels", labels.documents.len());
        return Err(Error::malformed(
            labels.file.as_ref(),
            None,
            found,
            format!("{n_documents}, one for each document of the texts"),
        ));
    }
    let counts = DocumentCounts::read(encoder, corpus, progress)?;
    progress.start(Stage::Fit, Some(3));
    let (train, test) = Split::train_and_test(&codes, labels);
    if train.labels.is_empty() || test.labels.is_empty() {
        let reason =
            "the model knows none of the words of its training or test documents".to_owned();
        return Err(Error::NothingFound { query: labels.file.clone(), reason });
    }
    let (n_classes, dim) = (labels.classes.len(), codes.dim());
    let scoring = Scoring { labels, train: &train, test: &test, without: &without };
    let mut scores = Vec::new();

    let fitted = fit(&train.labels, n_classes, progress, &mut |kept, f| {
        f(&DenseRows { numbers: &train.units_of(dim, kept), dim })
    })?;
    let predicted = fitted.predict(&DenseRows { numbers: &test.units, dim })?;
    scores.push(scoring.score(Classifier::Logistic, Features::Codes, &predicted));
    progress.advance(1);

    let predicted = vote(&train, &test, dim, n_classes);
    scores.push(scoring.score(Classifier::Knn, Features::Codes, &predicted));
    progress.advance(1);

    let idf = counts.idf(&train.documents);
    let fitted = fit(&train.labels, n_classes, progress, &mut |kept, f| {
        f(&counts.matrix(&train.documents_of(kept), &idf))
    })?;
    let predicted = fitted.predict(&counts.matrix(&test.documents, &idf))?;
    scores.push(scoring.score(Classifier::Logistic, Features::TfIdf, &predicted));
    progress.advance(1);
    progress.finish();
    Ok(scores)
}

/// Takes the features of some rows.
type TakeFeatures<'a> = dyn FnMut(&dyn LinearOperator) -> Result<()> + 'a;

/// Passes the features of the training documents at the positions that the first function accepts.
type WithFeatures<'a> = dyn FnMut(&dyn Fn(usize) -> bool, &mut TakeFeatures<'_>) -> Result<()> + 'a;

/// Chooses the penalty on the documents held back, then fits to all.
fn fit(
    labels: &[u32],
    n_classes: usize,
    progress: &dyn Progress,
    with: &mut WithFeatures<'_>,
) -> Result<Logistic> {
    let is_held_back = |row: usize| row % HELD_BACK == HELD_BACK - 1;
    let part = |held_back: bool| -> Vec<u32> {
        labels
            .iter()
            .enumerate()
            .filter(|(row, _)| is_held_back(*row) == held_back)
            .map(|(_, &label)| label)
            .collect()
    };
    let (known, asked) = (part(false), part(true));
    let regression = |c: f64| LogisticRegression { c, tolerance: TOLERANCE, max_iterations: STEPS };
    let mut fits: Vec<Logistic> = Vec::new();
    let mut best = PENALTIES[0];
    if !asked.is_empty() {
        with(&|row| !is_held_back(row), &mut |features| {
            for c in PENALTIES {
                // The path begins with the strongest penalty, and each fit starts from the one
                // before it.
                fits.push(regression(c).fit(features, &known, n_classes, fits.last(), progress)?);
            }
            Ok(())
        })?;
        with(&is_held_back, &mut |features| {
            let mut most = None;
            for (fit, c) in fits.iter().zip(PENALTIES) {
                let right = fit
                    .predict(features)?
                    .iter()
                    .zip(&asked)
                    .filter(|(found, asked)| found == asked)
                    .count();
                if most.is_none_or(|most| right > most) {
                    (most, best) = (Some(right), c);
                }
            }
            Ok(())
        })?;
    }
    let mut fitted = None;
    with(&|_| true, &mut |features| {
        fitted = Some(regression(best).fit(features, labels, n_classes, fits.first(), progress)?);
        Ok(())
    })?;
    Ok(fitted.expect("the features were given"))
}

/// Documents of one role that have a code.
#[derive(Default)]
struct Split {
    documents: Vec<u64>,
    labels: Vec<u32>,
    /// Codes of unit length.
    units: Vec<f32>,
}

impl Split {
    /// The training and the test documents that have a code.
    fn train_and_test(codes: &Codes, labels: &DocumentLabels) -> (Self, Self) {
        let (mut train, mut test) = (Self::default(), Self::default());
        let units = codes.units();
        for (&document, unit) in codes.documents().iter().zip(units.chunks_exact(codes.dim())) {
            let (role, class) = labels.documents[document as usize - 1];
            let split = if role == Role::Train { &mut train } else { &mut test };
            split.documents.push(document);
            split.labels.push(class);
            split.units.extend_from_slice(unit);
        }
        (train, test)
    }

    fn documents_of(&self, kept: &dyn Fn(usize) -> bool) -> Vec<u64> {
        let documents = self.documents.iter().enumerate();
        documents.filter(|(row, _)| kept(*row)).map(|(_, &document)| document).collect()
    }

    fn units_of(&self, dim: usize, kept: &dyn Fn(usize) -> bool) -> Vec<f32> {
        self.units
            .chunks_exact(dim)
            .enumerate()
            .filter(|(row, _)| kept(*row))
            .flat_map(|(_, unit)| unit)
            .copied()
            .collect()
    }
}

/// The class of each test document by the votes of the nearest training documents.
fn vote(train: &Split, test: &Split, dim: usize, n_classes: usize) -> Vec<u32> {
    let n_train = train.labels.len();
    let columns = MatRef::from_row_major_slice(&train.units, n_train, dim).transpose();
    let of_chunk = |asked: &[f32]| {
        let n = asked.len() / dim;
        let mut products = vec![0.0f32; n * n_train];
        let rows = MatRef::from_row_major_slice(asked, n, dim);
        multiply(
            MatMut::from_row_major_slice_mut(&mut products, n, n_train),
            Accum::Replace,
            rows,
            columns,
        );
        products
            .chunks_exact(n_train)
            .map(|cosines| class_of(cosines, &train.labels, n_classes))
            .collect::<Vec<u32>>()
    };
    test.units.par_chunks(ASKED_AT_A_TIME * dim).flat_map_iter(of_chunk).collect()
}

fn class_of(cosines: &[f32], labels: &[u32], n_classes: usize) -> u32 {
    let mut order: Vec<u32> = (0..cosines.len() as u32).collect();
    let nearer =
        |a: &u32, b: &u32| cosines[*b as usize].total_cmp(&cosines[*a as usize]).then(a.cmp(b));
    if order.len() > VOTERS {
        order.select_nth_unstable_by(VOTERS - 1, nearer);
        order.truncate(VOTERS);
    }
    order.sort_unstable_by(nearer);
    let mut votes = vec![0.0f64; n_classes];
    order
        .iter()
        .for_each(|&row| votes[labels[row as usize] as usize] += f64::from(cosines[row as usize]));
    let mut best = 0;
    (1..n_classes).for_each(|class| best = if votes[class] > votes[best] { class } else { best });
    best as u32
}

struct Scoring<'a> {
    labels: &'a DocumentLabels,
    train: &'a Split,
    test: &'a Split,
    without: &'a [u64],
}

impl Scoring<'_> {
    fn score(
        &self,
        classifier: Classifier,
        features: Features,
        predicted: &[u32],
    ) -> DocumentScores {
        let n_classes = self.labels.classes.len();
        let mut sizes = vec![0usize; n_classes];
        self.train.labels.iter().for_each(|&class| sizes[class as usize] += 1);
        let mut commonest = 0;
        (1..n_classes).for_each(|class| {
            commonest = if sizes[class] > sizes[commonest] { class } else { commonest }
        });
        let blind =
            self.without.iter().map(|&document| self.labels.documents[document as usize - 1]);
        let blind: Vec<u32> =
            blind.filter(|(role, _)| *role == Role::Test).map(|(_, class)| class).collect();
        let mut pairs: Vec<(u32, u32)> =
            self.test.labels.iter().copied().zip(predicted.iter().copied()).collect();
        pairs.extend(blind.iter().map(|&class| (class, commonest as u32)));
        let correct = pairs.iter().filter(|(class, found)| class == found).count();
        DocumentScores {
            file: self.labels.file.clone(),
            classifier,
            features,
            accuracy: correct as f64 / pairs.len() as f64,
            macro_f1: macro_f1(&pairs, n_classes),
            train: self.train.labels.len(),
            test: pairs.len(),
            correct,
            without_code: blind.len(),
        }
    }
}

/// The mean F1 of the classes that occur among true and predicted ones.
fn macro_f1(pairs: &[(u32, u32)], n_classes: usize) -> f64 {
    let (mut right, mut sizes, mut found) =
        (vec![0usize; n_classes], vec![0usize; n_classes], vec![0usize; n_classes]);
    for &(class, predicted) in pairs {
        sizes[class as usize] += 1;
        found[predicted as usize] += 1;
        right[class as usize] += usize::from(class == predicted);
    }
    let occurring: Vec<usize> =
        (0..n_classes).filter(|&class| sizes[class] + found[class] > 0).collect();
    occurring
        .iter()
        .map(|&class| 2.0 * right[class] as f64 / (sizes[class] + found[class]) as f64)
        .sum::<f64>()
        / occurring.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::tests::{config, corpus_of, text};
    use crate::weighting::formulas::Weighting;

    #[test]
    fn macro_f1_worked_by_hand() {
        // Class 0: 2 right of 3, 2 found; class 1: 1 right of 1, 2 found; class 2 does not occur:
        // (4/5 + 2/3) / 2.
        let pairs = [(0, 0), (0, 0), (0, 1), (1, 1)];
        assert!((macro_f1(&pairs, 3) - (0.8 + 2.0 / 3.0) / 2.0).abs() < 1e-12);
    }

    #[test]
    fn subjects_are_learnt_from_the_codes() {
        let folder = tempfile::tempdir().unwrap();
        let text = format!("{}unknown\n", text());
        let corpus = corpus_of(folder.path(), &text);
        let model = crate::embed(&corpus, &config(Weighting::TfIdf), &()).unwrap();
        let encoder = Encoder::new(&model).unwrap();
        let mut lines = String::new();
        for document in 0..61 {
            let role = if document % 3 == 0 { "test" } else { "train" };
            lines.push_str(&format!("{role}\t{}\n", if document % 2 == 0 { "sea" } else { "sky" }));
        }
        let labels = DocumentLabels::read(lines.as_bytes(), "l.tsv".as_ref()).unwrap();
        let run = |n_threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
            pool.install(|| document_classes(&encoder, &corpus, &labels, &()).unwrap())
        };
        let scores = run(1);
        assert_eq!(run(3), scores);
        assert_eq!(
            scores.iter().map(|it| (it.classifier, it.features)).collect::<Vec<_>>(),
            [
                (Classifier::Logistic, Features::Codes),
                (Classifier::Knn, Features::Codes),
                (Classifier::Logistic, Features::TfIdf),
            ]
        );
        for score in &scores {
            assert_eq!((score.train, score.test, score.without_code), (40, 21, 1));
            assert!(score.accuracy > 0.8, "{score:?}");
        }
        let short = DocumentLabels { documents: labels.documents[..60].to_vec(), ..labels };
        let message = document_classes(&encoder, &corpus, &short, &()).unwrap_err().to_string();
        assert_eq!(
            message,
            "`l.tsv`: found 60 labels, expected 61, one for each document of the texts"
        );
    }
}
