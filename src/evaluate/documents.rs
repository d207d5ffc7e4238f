//! How much the codes of documents tell of their classes: logistic regression and nearest
//! neighbours on the codes, and logistic regression on all words (tf-idf) beside them.
//!
//! In: a model, documents, and a file of labels that says of each document which class it belongs
//! to and whether it is to learn from or to be asked about. Out: accuracy and macro-F1 of each
//! classifier. Codes are taken to unit length, as is usual for latent semantic analysis. The
//! penalty of a regression is chosen from four by holding every fifth of the training documents
//! back. tf-idf is `count * (ln((1 + n) / (1 + df)) + 1)`, rows of unit length, `n` and `df` over
//! the training documents: the one of scikit-learn's `TfidfVectorizer`.

use std::collections::BTreeSet;
use std::io::BufRead;
use std::path::Path;

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use rayon::prelude::*;
use serde::Serialize;
use sprs::CsMatI;

use super::each_line;
use super::logistic::{Logistic, LogisticRegression};
use crate::base::error::{Error, Result};
use crate::base::progress::{Progress, Stage};
use crate::corpus::Corpus;
use crate::encode::{Codes, Components, DenseRows, Encoder};
use crate::matrix::BlockMatrix;
use crate::operator::LinearOperator;
use crate::vectors::format::malformed;

/// Inverses of the penalty that are tried.
const PENALTIES: [f64; 4] = [1.0, 10.0, 100.0, 1000.0];

/// Of the training documents every fifth is held back for choosing one.
const HELD_BACK: usize = 5;

/// Largest entry of the gradient of the mean loss, and most steps, of a regression; the first is
/// that of scikit-learn.
const TOLERANCE: f64 = 1e-4;
const STEPS: usize = 1000;

/// Neighbours that vote, each with its cosine.
const VOTERS: usize = 10;

/// Documents that are compared with all training documents in one product.
const ASKED_AT_A_TIME: usize = 64;

/// What a document is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// To learn from.
    Train,
    /// To be asked about.
    Test,
}

/// A file of labels: a line for each document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentLabels {
    /// The file's name, for the report.
    pub file: String,
    /// The classes, sorted by their bytes.
    pub classes: Vec<String>,
    /// For each document its role and the position of its class.
    pub documents: Vec<(Role, u32)>,
}

/// What a classifier is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Classifier {
    /// Multinomial logistic regression with an L2 penalty.
    Logistic,
    /// The ten nearest by cosine, each voting with its cosine.
    Knn,
}

/// What a classifier sees of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Features {
    /// Its code.
    Codes,
    /// All its words.
    TfIdf,
}

/// How often a classifier is right.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DocumentScores {
    /// The file of labels.
    pub file: String,
    /// The classifier.
    pub classifier: Classifier,
    /// What it sees.
    pub features: Features,
    /// Test documents that it puts into their class, of all test documents, from 0 to 1.
    pub accuracy: f64,
    /// The mean over the classes of the harmonic mean of precision and recall, from 0 to 1.
    pub macro_f1: f64,
    /// Documents learnt from.
    pub train: usize,
    /// Documents asked about.
    pub test: usize,
    /// Test documents put into their class.
    pub correct: usize,
    /// Test documents without a known word, which are taken for members of the commonest class.
    pub without_code: usize,
}

impl DocumentLabels {
    /// Reads labels: `train` or `test`, the class, and whatever else, separated by tabs; line i
    /// belongs to document i. `path` names the stream.
    ///
    /// ```
    /// use eigenlex::evaluate::DocumentLabels;
    /// let labels = DocumentLabels::read("train\tsea\t17\ntest\tsky\n".as_bytes(), "labels.tsv".as_ref())?;
    /// assert_eq!(labels.classes, ["sea", "sky"]);
    /// # Ok::<(), eigenlex::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Malformed`] with the line; also if there are fewer than two classes, or no document
    /// of a role. [`Error::Io`] if the stream fails.
    pub fn read(input: impl BufRead, path: &Path) -> Result<Self> {
        let mut rows: Vec<(Role, String)> = Vec::new();
        each_line(input, path, |line, number| {
            if number != rows.len() as u64 + 1 {
                let expected = "a line for each document, `train` or `test` and a class";
                return Err(malformed(path, Some(rows.len() as u64 + 1), "a blank line", expected));
            }
            let mut fields = line.split('\t').map(str::trim);
            let role = match fields.next() {
                Some("train") => Role::Train,
                Some("test") => Role::Test,
                other => {
                    let found = format!("`{}`", other.unwrap_or_default());
                    return Err(malformed(
                        path,
                        Some(number),
                        found,
                        "`train` or `test`, then a tab and a class",
                    ));
                }
            };
            match fields.next() {
                Some(class) if !class.is_empty() => rows.push((role, class.to_owned())),
                _ => {
                    return Err(malformed(
                        path,
                        Some(number),
                        "no class",
                        "`train` or `test`, then a tab and a class",
                    ));
                }
            }
            Ok(())
        })?;
        let classes: Vec<String> = rows
            .iter()
            .map(|(_, class)| class.clone())
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect();
        if classes.len() < 2 {
            return Err(malformed(
                path,
                None,
                format!("{} class(es)", classes.len()),
                "at least two",
            ));
        }
        for (role, name) in [(Role::Train, "train"), (Role::Test, "test")] {
            if rows.iter().all(|row| row.0 != role) {
                return Err(malformed(
                    path,
                    None,
                    format!("no line that begins with `{name}`"),
                    "documents to learn from and to be asked about",
                ));
            }
        }
        let position =
            |class: &String| classes.binary_search(class).expect("every class is listed") as u32;
        let documents = rows.iter().map(|(role, class)| (*role, position(class))).collect();
        Ok(Self { file: path.display().to_string(), classes, documents })
    }
}

/// Scores the codes of documents, and tf-idf beside them.
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
        return Err(malformed(
            labels.file.as_ref(),
            None,
            found,
            format!("{n_documents}, one for each document of the texts"),
        ));
    }
    let counted = Counted::read(encoder, corpus, progress)?;
    progress.start(Stage::Fit, Some(3));
    let (dim, units) = (codes.dim(), codes.units());
    let label_of = |document: u64| labels.documents[document as usize - 1];
    let mut train = Split::default();
    let mut test = Split::default();
    for (&document, unit) in codes.documents().iter().zip(units.chunks_exact(dim)) {
        let (role, class) = label_of(document);
        let split = if role == Role::Train { &mut train } else { &mut test };
        split.documents.push(document);
        split.labels.push(class);
        split.units.extend_from_slice(unit);
    }
    if train.labels.is_empty() || test.labels.is_empty() {
        let reason =
            "the model knows none of the words of its training or test documents".to_owned();
        return Err(Error::NothingFound { query: labels.file.clone(), reason });
    }
    let n_classes = labels.classes.len();
    let mut score = Scoring { labels, train: &train, test: &test, without: &without };
    let mut scores = Vec::new();

    let rows = |split: &Split, kept: &dyn Fn(usize) -> bool| Split::units_of(split, dim, kept);
    let dense = |numbers: &[f32], f: &mut dyn FnMut(&dyn LinearOperator) -> Result<()>| {
        f(&DenseRows { numbers, dim })
    };
    let fitted =
        fit(&train.labels, n_classes, progress, &mut |kept, f| dense(&rows(&train, kept), f))?;
    let predicted = fitted.predict(&DenseRows { numbers: &test.units, dim })?;
    scores.push(score.of(Classifier::Logistic, Features::Codes, &predicted));
    progress.advance(1);

    scores.push(score.of(Classifier::Knn, Features::Codes, &vote(&train, &test, dim, n_classes)));
    progress.advance(1);

    let idf = counted.idf(&train.documents);
    let fitted = fit(&train.labels, n_classes, progress, &mut |kept, f| {
        let documents: Vec<u64> = train
            .documents
            .iter()
            .enumerate()
            .filter(|(row, _)| kept(*row))
            .map(|(_, &document)| document)
            .collect();
        f(&counted.matrix(&documents, &idf))
    })?;
    let predicted = fitted.predict(&counted.matrix(&test.documents, &idf))?;
    scores.push(score.of(Classifier::Logistic, Features::TfIdf, &predicted));
    progress.advance(1);
    progress.finish();
    Ok(scores)
}

/// Calls a function with the features of the training documents for whose positions the first one
/// holds.
type WithFeatures<'a> = dyn FnMut(&dyn Fn(usize) -> bool, &mut dyn FnMut(&dyn LinearOperator) -> Result<()>) -> Result<()>
    + 'a;

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
                // The path begins with the strongest penalty, and each fit where the one before it
                // ended.
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

/// The class that the nearest training documents vote for, of each test document.
fn vote(train: &Split, test: &Split, dim: usize, n_classes: usize) -> Vec<u32> {
    let n_train = train.labels.len();
    let columns = MatRef::from_row_major_slice(&train.units, n_train, dim).transpose();
    let of_chunk = |asked: &[f32]| {
        let n = asked.len() / dim;
        let mut products = vec![0.0f32; n * n_train];
        let rows = MatRef::from_row_major_slice(asked, n, dim);
        matmul(
            MatMut::from_row_major_slice_mut(&mut products, n, n_train),
            Accum::Replace,
            rows,
            columns,
            1.0,
            Par::Seq,
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

/// The counts of the words of all documents.
struct Counted {
    n_words: usize,
    offsets: Vec<usize>,
    columns: Vec<u32>,
    counts: Vec<f32>,
}

impl Counted {
    fn read(encoder: &Encoder, corpus: &Corpus, progress: &dyn Progress) -> Result<Self> {
        let mut it = Self {
            n_words: encoder.model().vectors.len(),
            offsets: vec![0],
            columns: Vec::new(),
            counts: Vec::new(),
        };
        encoder.counting().for_each_batch(corpus, None, progress, |batch| {
            for document in batch.documents {
                it.columns.extend(document.words.iter().map(|word| word.0));
                it.counts.extend(document.weights);
                it.offsets.push(it.columns.len());
            }
            Ok(())
        })?;
        Ok(it)
    }

    fn entries(&self, document: u64) -> std::ops::Range<usize> {
        self.offsets[document as usize - 1]..self.offsets[document as usize]
    }

    /// `ln((1 + n) / (1 + df)) + 1` of each word over these documents.
    fn idf(&self, documents: &[u64]) -> Vec<f64> {
        let mut frequencies = vec![0u64; self.n_words];
        documents.iter().for_each(|&document| {
            self.columns[self.entries(document)]
                .iter()
                .for_each(|&word| frequencies[word as usize] += 1)
        });
        let n = documents.len() as f64;
        frequencies.iter().map(|&df| ((1.0 + n) / (1.0 + df as f64)).ln() + 1.0).collect()
    }

    /// The documents in rows of unit length.
    fn matrix(&self, documents: &[u64], idf: &[f64]) -> BlockMatrix {
        let (mut offsets, mut columns, mut values) = (vec![0], Vec::new(), Vec::new());
        for &document in documents {
            let entries = self.entries(document);
            let weights: Vec<f64> = entries
                .clone()
                .map(|entry| f64::from(self.counts[entry]) * idf[self.columns[entry] as usize])
                .collect();
            let length = weights.iter().map(|weight| weight * weight).sum::<f64>().sqrt();
            columns.extend_from_slice(&self.columns[entries]);
            values.extend(weights.iter().map(|weight| (weight / length) as f32));
            offsets.push(columns.len());
        }
        BlockMatrix::new(
            self.n_words,
            vec![CsMatI::new((documents.len(), self.n_words), offsets, columns, values)],
        )
    }
}

struct Scoring<'a> {
    labels: &'a DocumentLabels,
    train: &'a Split,
    test: &'a Split,
    without: &'a [u64],
}

impl Scoring<'_> {
    fn of(
        &mut self,
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
    use proptest::prelude::*;

    fn read(text: &[u8]) -> Result<DocumentLabels> {
        DocumentLabels::read(text, Path::new("l.tsv"))
    }

    #[test]
    fn labels_are_aligned_with_documents() {
        let labels =
            read("\u{FEFF}train\tsky\t7\r\ntest\tsea\ntrain\tsea\tx\ty\n".as_bytes()).unwrap();
        assert_eq!(labels.classes, ["sea", "sky"]);
        assert_eq!(labels.documents, [(Role::Train, 1), (Role::Test, 0), (Role::Train, 0)]);
        let fails =
            |text: &[u8], message: &str| assert_eq!(read(text).unwrap_err().to_string(), message);
        fails(
            b"train\ta\nTest\tb\n",
            "`l.tsv`, line 2: found `Test`, expected `train` or `test`, then a tab and a class",
        );
        fails(
            b"train\ta\ntest\n",
            "`l.tsv`, line 2: found no class, expected `train` or `test`, then a tab and a class",
        );
        fails(
            b"train\ta\n\ntest\tb\n",
            "`l.tsv`, line 2: found a blank line, expected a line for each document, `train` or `test` and a class",
        );
        fails(b"train\ta\ntest\ta\n", "`l.tsv`: found 1 class(es), expected at least two");
        fails(
            b"train\ta\ntrain\tb\n",
            "`l.tsv`: found no line that begins with `test`, expected documents to learn from and to be asked about",
        );
    }

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
        let labels = read(lines.as_bytes()).unwrap();
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

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "((train|test|tr|)\t?(a|b|é|)\t?\r?\n){0,6}") {
            if let Ok(labels) = read(text.as_bytes()) {
                prop_assert!(labels.documents.iter().all(|(_, class)| (*class as usize) < labels.classes.len()));
            }
        }
    }
}
