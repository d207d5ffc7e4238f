//! Models and files of vectors, opened or made.

use std::path::PathBuf;
use std::sync::Arc;

use eigenlex::format::{ReadOptions, VectorFile};
use eigenlex::model::ModelWriter;
use eigenlex::space::HashedNGrams;
use eigenlex::{Model, WordVectors, Words};
use numpy::{PyArray1, PyReadonlyArray2, PyUntypedArrayMethods as _};
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::{errors, run};

/// Words and vectors, with all else that a model has.
pub(crate) enum Contents {
    Model(Box<Model>),
    Vectors(Box<Vectors>),
}

/// Words and vectors alone.
pub(crate) struct Vectors {
    pub(crate) vectors: WordVectors,
    /// What gives unknown words their vectors, in files of fastText.
    pub(crate) ngrams: Option<HashedNGrams>,
}

/// A model, or a file of vectors.
#[pyclass(frozen, module = "eigenlex._eigenlex")]
pub(crate) struct Held {
    pub(crate) contents: Arc<Contents>,
    /// Where it was opened, or written.
    path: Option<PathBuf>,
    /// What is wrong with the file.
    faults: Vec<String>,
}

impl Contents {
    pub(crate) fn vectors(&self) -> &WordVectors {
        match self {
            Self::Model(model) => &model.vectors,
            Self::Vectors(it) => &it.vectors,
        }
    }

    /// A word as it may stand in the vocabulary: queries to a model go through its tokenizer, and
    /// the words of other files stay as they are.
    pub(crate) fn normalize(&self, word: &str) -> String {
        match self {
            Self::Model(model) => model.tokenizer.normalize(word),
            Self::Vectors(_) => word.to_owned(),
        }
    }
}

impl Held {
    pub(crate) fn of_model(model: Model, path: Option<PathBuf>) -> Self {
        let contents = Arc::new(Contents::Model(Box::new(model)));
        Self { contents, path, faults: Vec::new() }
    }

    pub(crate) fn model(&self, py: Python<'_>) -> PyResult<&Model> {
        match &*self.contents {
            Contents::Model(model) => Ok(model),
            Contents::Vectors(_) => {
                let message = "these are vectors of another program\nhint: documents need a model";
                Err(errors::exception(py, "DataError", message))
            }
        }
    }
}

/// Opens a model; its vectors stay on the disk until they are used.
#[pyfunction]
pub(crate) fn open_model(py: Python<'_>, path: PathBuf) -> PyResult<Held> {
    let model = run::short(py, || Model::open(&path))?;
    Ok(Held::of_model(model, Some(path)))
}

/// Opens a file of vectors in any format, or the vectors of a model; `limit` reads the first rows.
#[pyfunction]
pub(crate) fn open_vectors(
    py: Python<'_>,
    path: PathBuf,
    limit: Option<usize>,
    strict: bool,
    words: Option<PathBuf>,
    encoding: Option<String>,
    listener: &Bound<'_, PyAny>,
) -> PyResult<Held> {
    let encoding = encoding.map(|label| label.parse()).transpose();
    let encoding = encoding.map_err(|error| errors::of_library(py, error))?;
    let source = eigenlex::input::TextSource::new(&path).encoding(encoding);
    let on_fault = match strict {
        true => eigenlex::format::OnFault::Refuse,
        false => eigenlex::format::OnFault::Report,
    };
    let options = ReadOptions::default().on_fault(on_fault).limit(limit).words(words);
    let read = |watch: Arc<run::Watch>| Ok(VectorFile::open(source, &options, &*watch)?);
    let VectorFile { vectors, ngrams, report, .. } = run::watched(py, listener, None, read)?;
    let faults = report.notes.iter().map(ToString::to_string).collect();
    let contents = Arc::new(Contents::Vectors(Box::new(Vectors { vectors, ngrams })));
    Ok(Held { contents, path: Some(path), faults })
}

/// Word vectors of an array of Python.
#[pyfunction]
pub(crate) fn vectors_of_array(
    py: Python<'_>,
    words: Vec<Bound<'_, PyString>>,
    array: PyReadonlyArray2<'_, f32>,
) -> PyResult<Held> {
    let [n_rows, dim] = [array.shape()[0], array.shape()[1]];
    let refuse = |message: String| errors::exception(py, "DataError", &message);
    if n_rows != words.len() || dim == 0 {
        let n_words = words.len();
        return Err(refuse(format!(
            "found an array of {n_rows} x {dim} for {n_words} words, expected a row of at least \
             one number for each"
        )));
    }
    let mut list = Words::new();
    for word in &words {
        let word = word.to_str()?;
        if list.id(word).is_some() {
            return Err(refuse(format!("the word `{word}` stands there twice")));
        }
        list.push(word);
    }
    let data: Vec<f32> = array.as_array().iter().copied().collect();
    let vectors = WordVectors::new(list, dim, data);
    let contents = Arc::new(Contents::Vectors(Box::new(Vectors { vectors, ngrams: None })));
    Ok(Held { contents, path: None, faults: Vec::new() })
}

#[pymethods]
impl Held {
    #[getter]
    fn is_model(&self) -> bool {
        matches!(&*self.contents, Contents::Model(_))
    }

    #[getter]
    fn path(&self) -> Option<PathBuf> {
        self.path.clone()
    }

    #[getter]
    fn faults(&self) -> Vec<String> {
        self.faults.clone()
    }

    /// The same with the place where it lies now.
    fn at(&self, path: PathBuf) -> Self {
        Self { contents: Arc::clone(&self.contents), path: Some(path), faults: Vec::new() }
    }

    /// Writes a model as a folder.
    fn save(&self, py: Python<'_>, path: PathBuf, force: bool) -> PyResult<()> {
        let model = self.model(py)?;
        run::short(py, || ModelWriter::create(&path, force)?.write(model))
    }

    /// How a model came to be, as JSON.
    fn provenance(&self, py: Python<'_>) -> PyResult<String> {
        let text = serde_json::to_string(&self.model(py)?.provenance);
        Ok(text.expect("numbers, strings and lists can be written"))
    }

    /// For each word of a model its number of tokens.
    fn counts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray1<u64>>> {
        Ok(PyArray1::from_slice(py, &self.model(py)?.counts))
    }

    /// For each word of a model the number of documents that hold it.
    fn document_frequencies<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray1<u64>>> {
        Ok(PyArray1::from_slice(py, &self.model(py)?.document_frequencies))
    }

    /// The tokens of a text, as the model cuts it.
    fn tokenize(&self, py: Python<'_>, text: &str) -> PyResult<Vec<String>> {
        let model = self.model(py)?;
        let mut tokens = Vec::new();
        let cut = model.tokenizer.tokenize(text, |token| tokens.push(token.to_owned()));
        cut.map_err(|error| errors::of_library(py, error))?;
        Ok(tokens)
    }
}
