//! Texts that Python holds, as documents of a corpus.
//!
//! In: an iterable of strings or of lists of strings, or a column of an Arrow table. Out: a
//! [`Texts`]. Strings of an iterable are copied once; a column is read where it lies.

use std::sync::Arc;

use eigenlex::corpus::{HeldDocuments, TextList};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use pyo3::types::{PyBytes, PyString};

use crate::arrow;
use crate::errors;

/// Strings after which signals are looked for.
const STRINGS_A_LOOK: usize = 10_000;

/// Documents in memory.
#[pyclass(frozen, module = "eigenlex._eigenlex")]
pub(crate) struct Texts {
    pub(crate) name: String,
    pub(crate) documents: Arc<dyn HeldDocuments>,
}

#[pymethods]
impl Texts {
    /// Takes each string, or each iterable of strings, as a document.
    #[staticmethod]
    fn from_iterable(iterable: &Bound<'_, PyAny>, name: String) -> PyResult<Self> {
        let mut texts = TextList::default();
        for (index, item) in iterable.try_iter()?.enumerate() {
            let item = item?;
            if index % STRINGS_A_LOOK == 0 {
                item.py().check_signals()?;
            }
            match item.cast::<PyString>() {
                Ok(text) => texts.push_text(&string(text, || format!("document {index}"))?),
                Err(_) => texts.push_tokens(tokens(&item, index)?),
            }
        }
        Ok(Self { name, documents: Arc::new(texts) })
    }

    /// Takes a column of strings by the Arrow C data interface, where it lies.
    #[staticmethod]
    fn from_arrow(column: &Bound<'_, PyAny>, name: String) -> PyResult<Self> {
        Ok(Self { name, documents: Arc::new(arrow::column(column)?) })
    }

    fn __len__(&self) -> usize {
        self.documents.n_documents()
    }
}

/// A string of Python; one with half of a surrogate pair has no UTF-8.
fn string(text: &Bound<'_, PyString>, place: impl Fn() -> String) -> PyResult<PyBackedStr> {
    PyBackedStr::try_from(text.clone()).map_err(|_| {
        let message = format!(
            "{}: found half of a surrogate pair, expected text that UTF-8 can hold",
            place()
        );
        errors::exception(text.py(), "DataError", &message)
    })
}

fn tokens(item: &Bound<'_, PyAny>, index: usize) -> PyResult<Vec<PyBackedStr>> {
    let wrong = |found: &Bound<'_, PyAny>, place: String, expected: &str| -> PyErr {
        let found = found.get_type().name().map_or_else(|_| "?".to_owned(), |it| it.to_string());
        PyTypeError::new_err(format!("{place}: found {found}, expected {expected}"))
    };
    let expected = "a string or a list of strings";
    // Bytes are iterable, and their items are numbers.
    if item.is_instance_of::<PyBytes>() {
        return Err(wrong(item, format!("document {index}"), expected));
    }
    let Ok(iterator) = item.try_iter() else {
        return Err(wrong(item, format!("document {index}"), expected));
    };
    let token = |(place, token): (usize, PyResult<Bound<'_, PyAny>>)| {
        let (token, place) = (token?, || format!("document {index}, token {place}"));
        match token.cast::<PyString>() {
            Ok(token) => string(token, place),
            Err(_) => Err(wrong(&token, place(), "a string")),
        }
    };
    iterator.enumerate().map(token).collect()
}
