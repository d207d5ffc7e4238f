//! Questions about documents: codes, search, completions, clusters.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::ValueEnum as _;
use eigenlex::corpus::DocumentUnit;
use eigenlex::encode::{self, CompletionOrder, Components, Encoder, Query};
use eigenlex::query::KMeans;
use eigenlex::{Corpus, Model};
use numpy::{PyArray1, PyArray2, PyArrayMethods};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::cli::reading::UnitName;
use crate::model::Held;
use crate::texts::Texts;
use crate::{errors, run};

/// Codes of documents, with the words of these.
#[pyclass(frozen, module = "eigenlex._eigenlex")]
pub(crate) struct Codes {
    codes: Arc<encode::Codes>,
    /// How many documents there were, those without a code included.
    n_documents: usize,
}

/// The documents of a call.
pub(crate) fn corpus(
    model: &Model,
    paths: Vec<OsString>,
    texts: Option<PyRef<'_, Texts>>,
    unit: Option<DocumentUnit>,
) -> eigenlex::Result<Corpus> {
    let mut options = model.provenance.corpus_options();
    options.reader_options.metadata.clear();
    if unit.is_some() || texts.is_some() || options.unit == Some(DocumentUnit::Record) {
        // Texts in memory were records too, which says nothing of files of plain text; and what a
        // file was cut into says nothing of texts in memory.
        options.unit = unit;
    }
    match texts {
        Some(texts) => Ok(options.open_held(texts.name.clone(), Arc::clone(&texts.documents))),
        None => options.open(paths.iter().map(PathBuf::from)),
    }
}

/// What a document is, by its name on the command line.
fn unit(py: Python<'_>, name: Option<&str>) -> PyResult<Option<DocumentUnit>> {
    let Some(name) = name else { return Ok(None) };
    match UnitName::from_str(name, true) {
        Ok(unit) => Ok(Some(unit.unit())),
        Err(_) => {
            let names = "record, file, line, paragraph or sentence";
            Err(errors::parameter(py, format!("document is `{name}`, expected {names}")))
        }
    }
}

/// An array of rows of `dim` numbers.
fn array(py: Python<'_>, data: Vec<f32>, dim: usize) -> PyResult<Bound<'_, PyArray2<f32>>> {
    let n_rows = data.len() / dim.max(1);
    PyArray1::from_vec(py, data).reshape([n_rows, dim])
}

#[pymethods]
impl Held {
    /// The codes of all documents, a row each; a document without a word of the model has a row of
    /// zeros. The second part holds the numbers of those, from 0.
    fn encode<'py>(
        &self,
        py: Python<'py>,
        paths: Vec<OsString>,
        texts: Option<PyRef<'_, Texts>>,
        document: Option<&str>,
        listener: &Bound<'_, PyAny>,
    ) -> PyResult<(Bound<'py, PyArray2<f32>>, Vec<usize>)> {
        let model = self.model(py)?;
        let unit = unit(py, document)?;
        let corpus = corpus(model, paths, texts, unit).map_err(|it| errors::of_library(py, it))?;
        let (data, without) = run::watched(py, listener, None, |watch| {
            let encoder = Encoder::new(model)?;
            let (mut data, mut without) = (Vec::new(), Vec::new());
            encoder.for_each_batch(&corpus, None, &*watch, |batch| {
                let codes = batch.codes.chunks_exact(encoder.rank());
                for ((number, document), code) in
                    batch.numbers.iter().zip(&batch.documents).zip(codes)
                {
                    let start = data.len();
                    data.extend_from_slice(encoder.part(code, Components::Kept));
                    if document.words.is_empty() {
                        data[start..].fill(0.0);
                        without.push(*number as usize - 1);
                    }
                }
                Ok(())
            })?;
            Ok((data, without))
        })?;
        Ok((array(py, data, code_dim(py, model)?)?, without))
    }

    /// How many numbers a code has.
    fn code_dim(&self, py: Python<'_>) -> PyResult<usize> {
        code_dim(py, self.model(py)?)
    }

    /// The codes of all documents with their words, for searches and clusters.
    fn index(
        &self,
        py: Python<'_>,
        paths: Vec<OsString>,
        texts: Option<PyRef<'_, Texts>>,
        document: Option<&str>,
        listener: &Bound<'_, PyAny>,
    ) -> PyResult<Codes> {
        let model = self.model(py)?;
        let unit = unit(py, document)?;
        let corpus = corpus(model, paths, texts, unit).map_err(|it| errors::of_library(py, it))?;
        run::watched(py, listener, None, |watch| {
            let encoder = Encoder::new(model)?;
            let (codes, without) =
                encode::Codes::encode_with_words(&encoder, &corpus, Components::Kept, &*watch)?;
            let n_documents = codes.len() + without.len();
            Ok(Codes { codes: Arc::new(codes), n_documents })
        })
    }

    /// The documents that a query is about: number from 0, score, cosine, and what found it.
    #[expect(clippy::type_complexity, reason = "a row of a table")]
    fn search(
        &self,
        py: Python<'_>,
        codes: &Codes,
        query: &str,
        top: usize,
    ) -> PyResult<Vec<(u64, f64, Option<f32>, &'static str)>> {
        let model = self.model(py)?;
        if codes.codes.dim() != code_dim(py, model)? {
            let message = "the documents were indexed by another model";
            return Err(errors::exception(py, "DataError", message));
        }
        let found = run::short(py, || {
            let encoder = Encoder::new(model)?;
            let document = encoder.weigh_text(query)?;
            let z = encoder.encode(&document);
            let code = (!document.words.is_empty()).then(|| encoder.part(&z, Components::Kept));
            let query = Query { words: encoder.words_of(query)?, code };
            encode::search(&codes.codes, &query, top, |_| false)
        })?;
        let row = |it: encode::SearchAnswer| {
            (it.document - 1, it.score, it.similarity, it.found_by.name())
        };
        Ok(found.documents.into_iter().map(row).collect())
    }

    /// The words that fit a text and do not occur in it, with their scores.
    fn complete(
        &self,
        py: Python<'_>,
        text: &str,
        top: usize,
        order: &str,
    ) -> PyResult<Vec<(String, f64)>> {
        let order = match order {
            "fit" => CompletionOrder::Fit,
            "count" => CompletionOrder::Count,
            "weight" => CompletionOrder::Weight,
            other => {
                let message = format!("order is `{other}`, expected fit, count or weight");
                return Err(errors::parameter(py, message));
            }
        };
        let model = self.model(py)?;
        let found = run::short(py, || {
            let encoder = Encoder::new(model)?;
            encode::complete(&encoder, &encoder.weigh_text(text)?, order, top)
        })?;
        Ok(found.into_iter().map(|it| (it.word, it.score)).collect())
    }
}

fn code_dim(py: Python<'_>, model: &Model) -> PyResult<usize> {
    let encoder = Encoder::new(model).map_err(|error| errors::of_library(py, error))?;
    Ok(encoder.rank() - encoder.n_dropped())
}

#[pymethods]
impl Codes {
    fn __len__(&self) -> usize {
        self.n_documents
    }

    /// The codes as bytes, for [`Codes::of_bytes`]; there is at least one.
    fn to_bytes<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.codes.to_bytes())
    }

    #[staticmethod]
    fn of_bytes(py: Python<'_>, bytes: &[u8], n_documents: usize) -> PyResult<Self> {
        let codes = encode::Codes::read(bytes, None, Path::new("the pickled index"));
        let codes = Arc::new(codes.map_err(|error| errors::of_library(py, error))?);
        Ok(Self { codes, n_documents })
    }

    /// The numbers of the documents with a code, from 0.
    fn documents(&self) -> Vec<u64> {
        self.codes.documents().iter().map(|number| number - 1).collect()
    }

    /// The name of a document, from 0: its file, or its file and its place there.
    fn name(&self, document: u64) -> String {
        self.codes.name(document + 1)
    }

    /// The codes, a row for each document that has one.
    fn array<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray2<f32>>> {
        array(py, self.codes.as_slice().to_vec(), self.codes.dim())
    }

    /// Groups the codes by their directions: the cluster of each code, the words of each cluster,
    /// the sum of squares, and whether the iteration has converged.
    #[expect(clippy::type_complexity, reason = "the parts of a result")]
    fn cluster<'py>(
        &self,
        py: Python<'py>,
        n_clusters: usize,
        n_words: usize,
        seed: u64,
        listener: &Bound<'_, PyAny>,
    ) -> PyResult<(Bound<'py, PyArray1<u32>>, Vec<Vec<String>>, f64, bool)> {
        let codes = &self.codes;
        let (found, words) = run::watched(py, listener, None, |watch| {
            let mut means = KMeans::new(n_clusters);
            means.seed = seed;
            let found = means.cluster(&codes.units(), codes.dim(), &*watch)?;
            let words = codes
                .words()
                .map(|words| encode::cluster_words(words, &found.clusters, n_clusters, n_words));
            Ok((found, words.unwrap_or_default()))
        })?;
        Ok((PyArray1::from_vec(py, found.clusters), words, found.inertia, found.converged))
    }
}
