//! A column of strings by the Arrow C data interface, read where pandas, Polars or pyarrow keep it.
//!
//! In: an object with `__arrow_c_stream__` or `__arrow_c_array__`. Out: a [`Column`] of the chunks,
//! which owns what it was handed and releases it when it is dropped. Missing values are documents
//! without a text.

#![expect(unsafe_code, reason = "the Arrow C data interface hands over pointers")]

use std::ffi::CStr;

use arrow_array::cast::AsArray;
use arrow_array::ffi::{self, FFI_ArrowArray, FFI_ArrowSchema};
use arrow_array::ffi_stream::{ArrayStreamReader, FFI_ArrowArrayStream};
use arrow_array::{Array, ArrayRef, LargeStringArray, StringArray, StringViewArray, make_array};
use eigenlex::corpus::{HeldDocument, HeldDocuments};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyTuple};

use crate::errors;

/// The chunks of a column of strings.
#[derive(Debug)]
pub(crate) struct Column {
    chunks: Vec<ArrayRef>,
    /// The number of the first document of each chunk, and the number of all.
    starts: Vec<usize>,
}

impl Column {
    fn new(py: Python<'_>, chunks: Vec<ArrayRef>) -> PyResult<Self> {
        let mut starts = vec![0];
        for chunk in &chunks {
            if !is_text(chunk) {
                let message =
                    format!("found a column of {}, expected one of strings", chunk.data_type());
                return Err(errors::exception(py, "DataError", &message));
            }
            starts.push(starts[starts.len() - 1] + chunk.len());
        }
        Ok(Self { chunks, starts })
    }

    fn text(&self, document: usize) -> &str {
        let chunk = self.starts.partition_point(|&start| start <= document) - 1;
        let (chunk, row) = (&self.chunks[chunk], document - self.starts[chunk]);
        text(chunk, row)
    }
}

impl HeldDocuments for Column {
    fn n_documents(&self) -> usize {
        self.starts[self.starts.len() - 1]
    }

    fn n_bytes(&self, document: usize) -> usize {
        self.text(document).len()
    }

    fn document(&self, document: usize) -> HeldDocument<'_> {
        HeldDocument::Text(self.text(document))
    }
}

fn is_text(array: &ArrayRef) -> bool {
    let it = array.as_any();
    it.is::<StringArray>() || it.is::<LargeStringArray>() || it.is::<StringViewArray>()
}

fn text(array: &ArrayRef, row: usize) -> &str {
    if array.is_null(row) {
        return "";
    }
    match (array.as_string_opt::<i32>(), array.as_string_opt::<i64>()) {
        (Some(array), _) => array.value(row),
        (_, Some(array)) => array.value(row),
        _ => array.as_string_view().value(row),
    }
}

/// Takes a column over.
pub(crate) fn column(object: &Bound<'_, PyAny>) -> PyResult<Column> {
    let py = object.py();
    let chunks = if object.hasattr("__arrow_c_stream__")? {
        let capsule = object.call_method0("__arrow_c_stream__")?;
        of_stream(py, capsule.cast::<PyCapsule>()?)?
    } else {
        let capsules = object.call_method0("__arrow_c_array__")?;
        let capsules = capsules.cast::<PyTuple>()?;
        let (schema, array) = (capsules.get_item(0)?, capsules.get_item(1)?);
        vec![of_array(py, schema.cast::<PyCapsule>()?, array.cast::<PyCapsule>()?)?]
    };
    Column::new(py, chunks)
}

/// The pointer in a capsule that has this name.
fn pointer<T>(capsule: &Bound<'_, PyCapsule>, name: &'static CStr) -> PyResult<*mut T> {
    let found = capsule.pointer_checked(Some(name));
    let refuse = |_| PyTypeError::new_err(format!("found a capsule that is no {name:?}"));
    Ok(found.map_err(refuse)?.as_ptr().cast())
}

fn unreadable(py: Python<'_>, reason: impl std::fmt::Display) -> PyErr {
    let message = format!("the Arrow column cannot be read: {reason}");
    errors::exception(py, "DataError", &message)
}

fn of_array(
    py: Python<'_>,
    schema: &Bound<'_, PyCapsule>,
    array: &Bound<'_, PyCapsule>,
) -> PyResult<ArrayRef> {
    let schema: *mut FFI_ArrowSchema = pointer(schema, c"arrow_schema")?;
    let array: *mut FFI_ArrowArray = pointer(array, c"arrow_array")?;
    // SAFETY: capsules of these names hold structures of these types, by the specification of the
    // interface; `from_raw` moves them out and leaves released ones behind, which their capsules
    // then do not release again.
    let (schema, array) =
        unsafe { (FFI_ArrowSchema::from_raw(schema), FFI_ArrowArray::from_raw(array)) };
    // SAFETY: both come from one call of `__arrow_c_array__`, which promises that they fit.
    let data = unsafe { ffi::from_ffi(array, &schema) };
    Ok(make_array(data.map_err(|reason| unreadable(py, reason))?))
}

fn of_stream(py: Python<'_>, capsule: &Bound<'_, PyCapsule>) -> PyResult<Vec<ArrayRef>> {
    let stream: *mut FFI_ArrowArrayStream = pointer(capsule, c"arrow_array_stream")?;
    // SAFETY: a capsule of this name holds a structure of this type, by the specification of the
    // interface; the stream is moved out, and its capsule does not release it again.
    let stream = unsafe { FFI_ArrowArrayStream::from_raw(stream) };
    let arrays = ArrayStreamReader::try_new(stream).and_then(Iterator::collect);
    arrays.map_err(|reason| unreadable(py, reason))
}
