//! Questions about words.

use std::ffi::c_void;
use std::path::PathBuf;
use std::sync::Arc;

use eigenlex::format::{Format, WriteOptions};
use eigenlex::query::{
    self, Expression, Lookup, Method, Neighbor, Restriction, Search, WordVector,
};
use eigenlex::{WordId, WordVectors};
use numpy::{PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use rayon::prelude::*;

use crate::model::{Contents, Held};
use crate::{errors, run};

/// Rows of which one task computes the cosines.
const ROWS_PER_TASK: usize = 1024;

/// The vectors where they lie, for NumPy: an array over them keeps this alive.
#[pyclass(frozen, module = "eigenlex._eigenlex")]
pub(crate) struct Rows {
    contents: Arc<Contents>,
}

#[pymethods]
impl Rows {
    #[getter(__array_interface__)]
    fn array_interface<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let vectors = self.contents.vectors();
        let place = vectors.as_slice().as_ptr().cast::<c_void>().addr();
        let interface = PyDict::new(py);
        interface.set_item("version", 3)?;
        interface.set_item("shape", (vectors.len(), vectors.dim()))?;
        let little = cfg!(target_endian = "little");
        interface.set_item("typestr", if little { "<f4" } else { ">f4" })?;
        // Nobody may write into a mapped file.
        interface.set_item("data", (place, true))?;
        Ok(interface)
    }
}

/// Words with their similarity, best first.
type Answers = Vec<(String, f32)>;

fn answers(found: Vec<Neighbor>) -> Answers {
    found.into_iter().map(|it| (it.word, it.similarity)).collect()
}

fn search(top: usize, among: Option<Vec<u32>>) -> Search {
    let restriction = among.map(|ids| Restriction::new(ids.into_iter().map(WordId)));
    Search::new(top).restrict_to(restriction)
}

impl Contents {
    /// Looks up a word and answers a question; unknown words are guessed where that is asked for.
    fn ask<T>(
        &self,
        guesses: bool,
        question: impl FnOnce(&Lookup<'_, '_>) -> eigenlex::Result<T>,
    ) -> eigenlex::Result<T> {
        let normalize = |word: &str| self.normalize(word);
        let lookup = Lookup::new(self.vectors(), &normalize);
        let lookup = match self {
            Self::Model(model) if guesses => {
                let ngrams = model.ngrams.as_ref().ok_or(eigenlex::Error::NoNGrams)?;
                lookup.guessing(ngrams)
            }
            Self::Vectors(it) if guesses => {
                let ngrams = it.ngrams.as_ref().ok_or(eigenlex::Error::NoNGrams)?;
                lookup.with_fasttext(ngrams)
            }
            _ => lookup,
        };
        question(&lookup)
    }
}

#[pymethods]
impl Held {
    #[getter]
    fn n_words(&self) -> usize {
        self.contents.vectors().len()
    }

    #[getter]
    fn dim(&self) -> usize {
        self.contents.vectors().dim()
    }

    fn digest(&self, py: Python<'_>) -> PyResult<String> {
        run::short(py, || Ok(self.contents.vectors().digest()))
    }

    fn rows(&self) -> Rows {
        Rows { contents: Arc::clone(&self.contents) }
    }

    /// The Euclidean lengths of all vectors.
    fn lengths<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray1<f32>>> {
        let lengths = run::short(py, || Ok(self.contents.vectors().lengths()?.to_vec()))?;
        Ok(PyArray1::from_vec(py, lengths))
    }

    /// The position of a word in exactly this spelling.
    fn exact_id(&self, word: &str) -> Option<u32> {
        self.contents.vectors().id(word).map(|id| id.0)
    }

    /// The position of a word, looked up as it is and then as the tokenizer has it.
    fn id(&self, py: Python<'_>, word: &str) -> PyResult<u32> {
        let found = self.contents.ask(false, |lookup| Ok(lookup.find(word)?.id));
        let found = found.map_err(|error| errors::of_library(py, error))?;
        Ok(found.expect("nothing is guessed").0)
    }

    /// The word at a position, which is below the number of words.
    fn word(&self, id: u32) -> &str {
        self.contents.vectors().words().spelling(WordId(id))
    }

    /// The words from one position to another.
    fn words(&self, start: u32, stop: u32) -> Vec<&str> {
        let words = self.contents.vectors().words();
        (start..stop).map(|id| words.spelling(WordId(id))).collect()
    }

    /// The vector that the spelling of a word predicts, if the word is unknown.
    fn guessed<'py>(&self, py: Python<'py>, word: &str) -> PyResult<Bound<'py, PyArray1<f32>>> {
        let vector = run::short(py, || {
            self.contents.ask(true, |lookup| Ok(lookup.find(word)?.vector.into_owned()))
        })?;
        Ok(PyArray1::from_vec(py, vector))
    }

    /// The words nearest to a vector, without those of `excluded`; `among` limits the answers.
    fn nearest(
        &self,
        py: Python<'_>,
        vector: PyReadonlyArray1<'_, f32>,
        top: usize,
        excluded: Vec<u32>,
        among: Option<Vec<u32>>,
    ) -> PyResult<Answers> {
        let vector: Vec<f32> = vector.as_array().iter().copied().collect();
        let excluded: Vec<WordId> = excluded.into_iter().map(WordId).collect();
        let search = search(top, among);
        let vectors = self.contents.vectors();
        let found = run::short(py, || query::nearest(vectors, &vector, &excluded, &search))?;
        Ok(answers(found))
    }

    /// The cosine of a vector to each word; 0 for a word whose vector is zero.
    fn cosines<'py>(
        &self,
        py: Python<'py>,
        vector: PyReadonlyArray1<'_, f32>,
    ) -> PyResult<Bound<'py, PyArray1<f32>>> {
        let vector: Vec<f32> = vector.as_array().iter().copied().collect();
        let vectors = self.contents.vectors();
        let found = run::short(py, || cosines(vectors, &vector))?;
        Ok(PyArray1::from_vec(py, found))
    }

    /// The cosine of two words.
    fn similarity(&self, py: Python<'_>, left: &str, right: &str, guesses: bool) -> PyResult<f32> {
        run::short(py, || {
            self.contents.ask(guesses, |lookup| {
                query::cosine(lookup.vectors(), &lookup.find(left)?, &lookup.find(right)?)
            })
        })
    }

    /// The answers to an expression such as `king - man + woman`.
    fn math(
        &self,
        py: Python<'_>,
        expression: &str,
        top: usize,
        method: &str,
        among: Option<Vec<u32>>,
        guesses: bool,
    ) -> PyResult<Answers> {
        let found = run::short(py, || {
            let (method, search) = (method.parse::<Method>()?, search(top, among));
            self.contents.ask(guesses, |lookup| {
                let terms = expression.parse::<Expression>()?.resolve(lookup)?;
                query::math(lookup.vectors(), &terms, method, &search)
            })
        })?;
        Ok(answers(found))
    }

    /// The words most similar to one.
    fn neighbors(
        &self,
        py: Python<'_>,
        word: &str,
        top: usize,
        among: Option<Vec<u32>>,
        guesses: bool,
    ) -> PyResult<Answers> {
        let search = search(top, among);
        let found = run::short(py, || {
            self.contents.ask(guesses, |lookup| {
                query::neighbors_of(lookup.vectors(), &lookup.find(word)?, &search)
            })
        })?;
        Ok(answers(found))
    }

    /// The words of a set with their mean cosine to the others, the odd one first.
    fn odd_one_out(&self, py: Python<'_>, ids: Vec<u32>) -> PyResult<Answers> {
        let vectors = self.contents.vectors();
        let set: Vec<_> = ids.iter().map(|&id| WordVector::known(vectors, WordId(id))).collect();
        let found = run::short(py, || query::odd_one_out(vectors, &set))?;
        Ok(found.into_iter().map(|it| (it.word, it.similarity)).collect())
    }

    /// Writes the vectors in a format, by name or by the extension of the path.
    fn write(
        &self,
        py: Python<'_>,
        path: PathBuf,
        format: Option<&str>,
        force: bool,
    ) -> PyResult<()> {
        let chosen = match format {
            Some(name) => Format::ALL.into_iter().find(|it| it.name() == name),
            None => Format::from_extension(&path),
        };
        let Some(chosen) = chosen else {
            let known = Format::ALL.map(Format::name).join(", ");
            let found = match format {
                Some(name) => format!("`{name}`"),
                None => format!("not known by the extension of `{}`", path.display()),
            };
            let message = format!("format is {found}, expected one of {known}");
            return Err(errors::parameter(py, message));
        };
        let (counts, ngrams) = match &*self.contents {
            Contents::Model(model) => (Some(&*model.counts), model.ngrams.as_ref()),
            Contents::Vectors(_) => (None, None),
        };
        let options = WriteOptions::default().force(force).counts(counts).ngrams(ngrams);
        let vectors = self.contents.vectors();
        run::short(py, || chosen.write_with(&vectors.into(), &path, &options))
    }
}

fn cosines(vectors: &WordVectors, vector: &[f32]) -> eigenlex::Result<Vec<f32>> {
    let lengths = vectors.lengths()?;
    let length = dot(vector, vector).sqrt();
    let mut found = vec![0.0f32; vectors.len()];
    found.par_chunks_mut(ROWS_PER_TASK).enumerate().for_each(|(task, found)| {
        for (offset, cosine) in found.iter_mut().enumerate() {
            let id = task * ROWS_PER_TASK + offset;
            if lengths[id] > 0.0 && length > 0.0 {
                let product = dot(vector, vectors.vector(WordId(id as u32)));
                *cosine = (product / (length * f64::from(lengths[id]))) as f32;
            }
        }
    });
    Ok(found)
}

/// The product in `f64`, in eight sums that the processor adds side by side.
fn dot(left: &[f32], right: &[f32]) -> f64 {
    let mut sums = [0.0f64; 8];
    let (left_parts, right_parts) = (left.chunks_exact(8), right.chunks_exact(8));
    let rest = left_parts.remainder().iter().zip(right_parts.remainder());
    let rest: f64 = rest.map(|(&left, &right)| f64::from(left) * f64::from(right)).sum();
    for (left, right) in left_parts.zip(right_parts) {
        for ((sum, &left), &right) in sums.iter_mut().zip(left).zip(right) {
            *sum += f64::from(left) * f64::from(right);
        }
    }
    sums.iter().sum::<f64>() + rest
}
