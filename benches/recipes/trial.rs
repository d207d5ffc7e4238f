//! One way from token ids to vectors.

use std::error::Error;
use std::str::FromStr;

use eigenlex::counts::{ContextSides, Contexts, CountMatrix, CountSettings, DistanceWeights};
use eigenlex::matrix::BlockMatrix;
use eigenlex::vocab::WordSequences;
use eigenlex::weighting::Weighting;
use eigenlex::{LinearOperator, Precision, RandomizedSvd, WordId, WordVectors, Words};
use sprs::CsMatI;

/// How counts become entries.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Transform {
    /// `c^power / (r^rows s^columns)` for row sums r and column sums s.
    Power,
    Ppmi,
    Log,
    TfIdf,
    LogEntropy,
}

/// The settings of a trial; what a text leaves out is as in the default recipe.
#[derive(Debug, Clone)]
pub(crate) struct Trial {
    name: String,
    window: usize,
    weights: DistanceWeights,
    context_sides: ContextSides,
    /// Documents of so many tokens are the contexts.
    documents: Option<usize>,
    /// A second matrix of counts within so many tokens is stacked on the first.
    near: Option<usize>,
    /// Only the rows of the first so many words are kept.
    contexts: usize,
    /// Powers of the dispersion of words that weigh them as contexts, and in the decomposition.
    dispersion_contexts: f64,
    dispersion_words: f64,
    /// The dispersion from which on nobody weighs more, if there is one.
    dispersion_from: Option<f64>,
    /// The decomposition sees the columns of the first so many words; the others are folded in.
    fit: usize,
    transform: Transform,
    power: f64,
    rows: f64,
    columns: f64,
    smoothing: f64,
    tolerance: f64,
    rank: usize,
    p: Vec<f64>,
    drop: Vec<usize>,
    dim: Vec<usize>,
}

impl Default for Trial {
    fn default() -> Self {
        Self {
            name: "default".to_owned(),
            window: 10,
            weights: DistanceWeights::Harmonic,
            context_sides: ContextSides::Separate,
            documents: None,
            near: None,
            contexts: usize::MAX,
            dispersion_contexts: 0.0,
            dispersion_words: 0.0,
            dispersion_from: None,
            fit: usize::MAX,
            transform: Transform::Power,
            power: 0.5,
            rows: 0.25,
            columns: 0.25,
            smoothing: 1.0,
            tolerance: 1e-2,
            rank: 301,
            p: vec![0.5],
            drop: vec![1],
            dim: vec![300],
        }
    }
}

impl FromStr for Trial {
    type Err = Box<dyn Error>;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut trial = Self::default();
        if !text.is_empty() {
            text.clone_into(&mut trial.name);
        }
        for setting in text.split(',').filter(|setting| !setting.is_empty()) {
            let (key, value) =
                setting.split_once('=').ok_or_else(|| format!("`{setting}` is not key=value"))?;
            trial.set(key, value)?;
        }
        Ok(trial)
    }
}

impl FromStr for Transform {
    type Err = Box<dyn Error>;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text {
            "power" => Self::Power,
            "ppmi" => Self::Ppmi,
            "log" => Self::Log,
            "tf-idf" => Self::TfIdf,
            "log-entropy" => Self::LogEntropy,
            _ => return Err(format!("no transform `{text}`").into()),
        })
    }
}

fn list<T: FromStr>(text: &str) -> Result<Vec<T>, T::Err> {
    text.split('/').map(str::parse).collect()
}

impl Trial {
    fn set(&mut self, key: &str, value: &str) -> Result<(), Box<dyn Error>> {
        match key {
            "window" => self.window = value.parse()?,
            "weights" => self.weights = serde_json::from_value(value.into())?,
            "context-sides" => self.context_sides = serde_json::from_value(value.into())?,
            "documents" => self.documents = Some(value.parse()?),
            "near" => self.near = Some(value.parse()?),
            "contexts" => self.contexts = value.parse()?,
            "dispersion-contexts" => self.dispersion_contexts = value.parse()?,
            "dispersion-words" => self.dispersion_words = value.parse()?,
            "dispersion-from" => self.dispersion_from = Some(value.parse()?),
            "fit" => self.fit = value.parse()?,
            "transform" => self.transform = value.parse()?,
            "power" => self.power = value.parse()?,
            "rows" => self.rows = value.parse()?,
            "columns" => self.columns = value.parse()?,
            "smoothing" => self.smoothing = value.parse()?,
            "tolerance" => self.tolerance = value.parse()?,
            "rank" => self.rank = value.parse()?,
            "p" => self.p = list(value)?,
            "drop" => self.drop = list(value)?,
            "dim" => self.dim = list(value)?,
            _ => return Err(format!("no setting `{key}`").into()),
        }
        Ok(())
    }

    /// The vectors of every combination of sigma exponent, dropped components and dimension, each
    /// with its name.
    pub(crate) fn run(
        &self,
        sequences: &WordSequences,
        words: &Words,
        dispersion: &[f64],
    ) -> Result<Vec<(String, WordVectors)>, Box<dyn Error>> {
        let cut = self.documents.map(|n_tokens| cut_documents(sequences, n_tokens)).transpose()?;
        let sequences = cut.as_ref().unwrap_or(sequences);
        let mut counts = self.count(sequences, words.len(), self.window)?;
        if let Some(near) = self.near {
            let mut blocks = counts.to_csr_blocks()?;
            blocks.extend(self.count(sequences, words.len(), near)?.to_csr_blocks()?);
            counts = CountMatrix::new(words.len(), blocks);
        }
        counts.forget_symmetry();
        self.weigh(&mut counts)?;
        self.weigh_by_dispersion(&mut counts, dispersion)?;
        let (s, v) = self.decompose(counts, words.len())?;
        Ok(self.spaces(&s, &v, words))
    }

    fn weigh_by_dispersion(
        &self,
        counts: &mut CountMatrix,
        dispersion: &[f64],
    ) -> Result<(), Box<dyn Error>> {
        if self.dispersion_contexts == 0.0 && self.dispersion_words == 0.0 {
            return Ok(());
        }
        let rows_per_context = if self.context_sides == ContextSides::Separate { 2 } else { 1 };
        let n_contexts = counts.n_rows() / rows_per_context;
        let factor = |word: usize, power: f64| {
            let share = |from: f64| (dispersion[word] / from).min(1.0);
            self.dispersion_from.map_or(dispersion[word], share).powf(power)
        };
        Ok(counts.map(|row, column, weight| {
            (f64::from(weight)
                * factor(row % n_contexts, self.dispersion_contexts)
                * factor(column, self.dispersion_words)) as f32
        })?)
    }

    /// The singular values, and V for all words.
    fn decompose(
        &self,
        counts: CountMatrix,
        n_words: usize,
    ) -> Result<(Vec<f64>, Vec<f32>), Box<dyn Error>> {
        let solver = RandomizedSvd::new(self.rank)
            .tolerance(self.tolerance)
            .left_vectors(self.fit < n_words);
        if self.fit >= n_words {
            let svd = solver.decompose(&BlockMatrix::from(counts), &())?;
            return Ok((svd.singular_values, svd.v));
        }
        let fitted = keep_columns(&counts, self.fit)?;
        let svd = solver.decompose(&BlockMatrix::from(fitted), &())?;
        // X^T u_i / s_i is v_i for the words that were seen, and where the others fall.
        let u = svd.u.ok_or("the left vectors were asked for")?;
        let mut v = vec![0.0; n_words * self.rank];
        BlockMatrix::from(counts).apply_transpose(&u, self.rank, &mut v, Precision::Full)?;
        v.chunks_exact_mut(self.rank).for_each(|row| {
            row.iter_mut().zip(&svd.singular_values).for_each(|(v, s)| *v /= *s as f32)
        });
        Ok((svd.singular_values, v))
    }

    fn spaces(&self, s: &[f64], v: &[f32], words: &Words) -> Vec<(String, WordVectors)> {
        let mut spaces = Vec::new();
        for &p in &self.p {
            for &drop in &self.drop {
                for &dim in &self.dim {
                    let kept = drop..(drop + dim).min(self.rank);
                    let scaled = v.chunks_exact(self.rank).flat_map(|row| {
                        let pairs = row[kept.clone()].iter().zip(&s[kept.clone()]);
                        pairs.map(|(v, s)| v * s.powf(p) as f32).collect::<Vec<f32>>()
                    });
                    let name = format!("{} | p {p}, drop {drop}, dim {dim}", self.name);
                    let words = words.iter().collect();
                    spaces.push((name, WordVectors::new(words, kept.len(), scaled.collect())));
                }
            }
        }
        spaces
    }

    fn count(
        &self,
        sequences: &WordSequences,
        n_words: usize,
        size: usize,
    ) -> eigenlex::Result<CountMatrix> {
        let contexts = match self.documents {
            Some(_) => Contexts::Documents,
            None => Contexts::Window {
                size,
                distance_weights: self.weights,
                context_sides: self.context_sides,
                max_contexts: (self.contexts < usize::MAX).then_some(self.contexts),
            },
        };
        contexts.count(sequences, n_words, CountSettings::default(), &())
    }

    fn weigh(&self, counts: &mut CountMatrix) -> eigenlex::Result<()> {
        match self.transform {
            Transform::Power => {
                let power = |sums: Vec<f64>, power: f64| {
                    sums.into_iter().map(|sum| sum.powf(-power)).collect::<Vec<f64>>()
                };
                let (rows, columns) = (
                    power(counts.row_sums()?, self.rows),
                    power(counts.column_sums()?, self.columns),
                );
                counts.map(|row, column, count| {
                    (f64::from(count).powf(self.power) * rows[row] * columns[column]) as f32
                })
            }
            Transform::Ppmi => Weighting::Ppmi { smoothing: self.smoothing, shift: 1.0 }
                .apply(counts, &())
                .map(drop),
            Transform::Log => Weighting::Log.apply(counts, &()).map(drop),
            Transform::TfIdf => Weighting::TfIdf.apply(counts, &()).map(drop),
            Transform::LogEntropy => Weighting::LogEntropy.apply(counts, &()).map(drop),
        }
    }
}

/// Documents of `n_tokens` tokens.
fn cut_documents(sequences: &WordSequences, n_tokens: usize) -> eigenlex::Result<WordSequences> {
    let (mut end, mut ends) = (0, Vec::new());
    for document in 0..sequences.n_sequences() {
        for part in sequences.sequence(document)?.chunks(n_tokens) {
            end += part.len();
            ends.push(end);
        }
    }
    let ids = sequences.ids()?.iter().map(|&id| WordId(id)).collect();
    Ok(WordSequences::new(ids, ends))
}

/// The first `n_kept` columns.
fn keep_columns(counts: &CountMatrix, n_kept: usize) -> eigenlex::Result<CountMatrix> {
    let blocks = counts.to_csr_blocks()?.into_iter().map(|block| {
        let (mut offsets, mut columns, mut values) = (vec![0], Vec::new(), Vec::new());
        for row in block.outer_iterator() {
            let end = row.indices().partition_point(|&column| (column as usize) < n_kept);
            columns.extend_from_slice(&row.indices()[..end]);
            values.extend_from_slice(&row.data()[..end]);
            offsets.push(columns.len());
        }
        CsMatI::new((block.rows(), n_kept), offsets, columns, values)
    });
    Ok(CountMatrix::new(n_kept, blocks.collect()))
}
