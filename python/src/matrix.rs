//! The decomposition of matrices that Python holds.
//!
//! In: the arrays of a SciPy matrix in compressed rows, read where they lie, or an object with the
//! products of a matrix. Out: singular values and vectors as NumPy arrays.

use std::sync::{Mutex, PoisonError};

use eigenlex::matrix::{BlockMatrix, BlockWriter};
use eigenlex::{DoubleOperator, Error, LinearOperator, Precision, RandomizedSvd, Stage, Svd};
use numpy::{Element, PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use sprs::CsMatI;

use crate::{errors, run};

/// Entries of the rows that are laid out together.
const ENTRIES_PER_BLOCK: usize = 4 << 20;

/// A number of a matrix.
trait Number: Copy + Send + Sync {
    fn is_finite(self) -> bool;

    /// Appends rows to a matrix.
    fn push(writer: &mut BlockWriter, rows: &CsMatI<Self, u32, usize>) -> eigenlex::Result<()>;
}

impl Number for f32 {
    fn is_finite(self) -> bool {
        self.is_finite()
    }

    fn push(writer: &mut BlockWriter, rows: &CsMatI<Self, u32, usize>) -> eigenlex::Result<()> {
        writer.push(rows)
    }
}

impl Number for f64 {
    fn is_finite(self) -> bool {
        self.is_finite()
    }

    fn push(writer: &mut BlockWriter, rows: &CsMatI<Self, u32, usize>) -> eigenlex::Result<()> {
        writer.push_double(rows)
    }
}

/// A column, or a place in a list, of a matrix.
trait Index: Copy + Send + Sync {
    /// `None` if it is negative.
    fn to_usize(self) -> Option<usize>;
}

impl Index for i32 {
    fn to_usize(self) -> Option<usize> {
        self.try_into().ok()
    }
}

impl Index for i64 {
    fn to_usize(self) -> Option<usize> {
        self.try_into().ok()
    }
}

/// A matrix in compressed rows, as SciPy has it.
struct Rows<'a, I, N> {
    n_columns: usize,
    /// Where each row begins, and where the last ends.
    starts: &'a [I],
    columns: &'a [I],
    values: &'a [N],
}

impl<I: Index, N: Number> Rows<'_, I, N> {
    /// The matrix laid out for fast products. This is the only copy of it.
    fn laid_out(&self) -> eigenlex::Result<BlockMatrix> {
        let starts = self.checked_starts()?;
        let mut writer = BlockWriter::new(self.n_columns, false, None);
        let (mut row, n_rows) = (0, starts.len() - 1);
        while row < n_rows {
            let limit = starts[row] + ENTRIES_PER_BLOCK;
            let end = starts.partition_point(|&start| start <= limit).saturating_sub(1);
            let end = end.clamp(row + 1, n_rows);
            N::push(&mut writer, &self.block(row, &starts[row..=end])?)?;
            row = end;
        }
        Ok(writer.finish())
    }

    fn checked_starts(&self) -> eigenlex::Result<Vec<usize>> {
        let starts: Option<Vec<usize>> = self.starts.iter().map(|it| it.to_usize()).collect();
        let n_entries = self.values.len();
        let is_whole = |starts: &Vec<usize>| {
            starts.first() == Some(&0)
                && starts.last() == Some(&n_entries)
                && starts.is_sorted()
                && self.columns.len() == n_entries
        };
        starts.filter(is_whole).ok_or_else(|| broken("`indptr` does not fit `indices` and `data`"))
    }

    /// The rows from `row` on that begin and end at these places.
    fn block(&self, row: usize, starts: &[usize]) -> eigenlex::Result<CsMatI<N, u32, usize>> {
        let (first, n_rows) = (starts[0], starts.len() - 1);
        let mut columns = Vec::with_capacity(starts[n_rows] - first);
        let mut values = Vec::with_capacity(columns.capacity());
        for (row, bounds) in (row..).zip(starts.windows(2)) {
            for place in bounds[0]..bounds[1] {
                let column = self.columns[place].to_usize();
                let Some(column) = column.filter(|&column| column < self.n_columns) else {
                    return Err(broken("a column index is out of range"));
                };
                let value = self.values[place];
                if !value.is_finite() {
                    let place = format!("row {row}, column {column}");
                    return Err(Error::NotFinite { stage: Stage::Read, place });
                }
                // A column is below 2^32: SciPy would need 16 GB for the offsets of more.
                columns.push(column as u32);
                values.push(value);
            }
        }
        let starts = starts.iter().map(|start| start - first).collect();
        CsMatI::try_new((n_rows, self.n_columns), starts, columns, values)
            .map_err(|(.., reason)| broken(&reason.to_string()))
    }
}

fn broken(reason: &str) -> Error {
    Error::Parameter {
        name: "matrix",
        found: format!("damaged ({reason})"),
        expected: "compressed rows with sorted indices".to_owned(),
    }
}

/// The parameters of a call.
fn solver(py: Python<'_>, settings: &Bound<'_, PyDict>) -> PyResult<RandomizedSvd> {
    // Through JSON, so that the library checks the names and types.
    let text: String = py.import("json")?.call_method1("dumps", (settings,))?.extract()?;
    serde_json::from_str(&text).map_err(|error| errors::parameter(py, error.to_string()))
}

/// What a decomposition returns, as a dict.
fn result<'py>(py: Python<'py>, svd: Svd, shape: (usize, usize)) -> PyResult<Bound<'py, PyDict>> {
    let (rank, explained) = (svd.rank(), svd.explained());
    let found = PyDict::new(py);
    found.set_item("digest", svd.digest())?;
    found.set_item("singular_values", PyArray1::from_vec(py, svd.singular_values))?;
    found.set_item("residuals", PyArray1::from_vec(py, svd.residuals))?;
    found.set_item("precision", if svd.double.is_some() { "double" } else { "single" })?;
    match svd.double {
        Some(vectors) => set_vectors(&found, vectors.v, vectors.u, shape, rank)?,
        None => set_vectors(&found, svd.v, svd.u, shape, rank)?,
    }
    found.set_item("products", svd.products)?;
    found.set_item("squared_norm", svd.squared_norm)?;
    found.set_item("explained", explained)?;
    found.set_item("converged", svd.converged)?;
    Ok(found)
}

fn set_vectors<T: Element>(
    found: &Bound<'_, PyDict>,
    v: Vec<T>,
    u: Option<Vec<T>>,
    shape: (usize, usize),
    rank: usize,
) -> PyResult<()> {
    let py = found.py();
    found.set_item("v", PyArray1::from_vec(py, v).reshape([shape.1, rank])?)?;
    let u = u.map(|u| PyArray1::from_vec(py, u).reshape([shape.0, rank])).transpose()?;
    found.set_item("u", u)
}

/// Decomposes a matrix in compressed rows.
#[pyfunction]
pub(crate) fn decompose<'py>(
    py: Python<'py>,
    shape: (usize, usize),
    arrays: (Bound<'py, PyAny>, Bound<'py, PyAny>, Bound<'py, PyAny>),
    settings: &Bound<'py, PyDict>,
    listener: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyDict>> {
    let (starts, columns, values) = &arrays;
    let call = Call { shape, solver: solver(py, settings)?, listener };
    let is_wide = columns.extract::<PyReadonlyArray1<'_, i64>>().is_ok();
    let is_double = values.extract::<PyReadonlyArray1<'_, f64>>().is_ok();
    match (is_wide, is_double) {
        (false, false) => call.decompose::<i32, f32>(starts, columns, values),
        (false, true) => call.decompose::<i32, f64>(starts, columns, values),
        (true, false) => call.decompose::<i64, f32>(starts, columns, values),
        (true, true) => call.decompose::<i64, f64>(starts, columns, values),
    }
}

struct Call<'a, 'py> {
    shape: (usize, usize),
    solver: RandomizedSvd,
    listener: &'a Bound<'py, PyAny>,
}

impl<'py> Call<'_, 'py> {
    fn decompose<I: Index + Element, N: Number + Element>(
        self,
        starts: &Bound<'py, PyAny>,
        columns: &Bound<'py, PyAny>,
        values: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let (py, shape, solver) = (self.listener.py(), self.shape, self.solver);
        let starts: PyReadonlyArray1<'py, I> = starts.extract()?;
        let columns: PyReadonlyArray1<'py, I> = columns.extract()?;
        let values: PyReadonlyArray1<'py, N> = values.extract()?;
        let rows = Rows {
            n_columns: shape.1,
            starts: starts.as_slice()?,
            columns: columns.as_slice()?,
            values: values.as_slice()?,
        };
        if rows.starts.len() != shape.0 + 1 {
            let error = broken("`indptr` does not have an entry for each row");
            return Err(errors::of_library(py, error));
        }
        let svd = run::watched(py, self.listener, None, |watch| {
            solver.check_shape(shape.0, shape.1)?;
            Ok(solver.decompose(&rows.laid_out()?, &*watch)?)
        })?;
        result(py, svd, shape)
    }
}

/// Decomposes a matrix of which an object of Python has the products `multiply(panel)` and
/// `multiply_transposed(panel)`, from and to arrays of `f32` or `f64`.
#[pyfunction]
pub(crate) fn decompose_operator<'py>(
    py: Python<'py>,
    shape: (usize, usize),
    operator: Py<PyAny>,
    squared_norm: f64,
    settings: &Bound<'py, PyDict>,
    listener: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyDict>> {
    let operator = Operator { shape, operator, squared_norm, raised: Mutex::new(None) };
    let solver = solver(py, settings)?;
    let svd = run::watched(py, listener, None, |watch| Ok(solver.decompose(&operator, &*watch)?));
    let raised = operator.raised.into_inner().unwrap_or_else(PoisonError::into_inner);
    match raised {
        Some(error) => Err(error),
        None => result(py, svd?, shape),
    }
}

/// A matrix that Python multiplies with.
struct Operator {
    shape: (usize, usize),
    operator: Py<PyAny>,
    squared_norm: f64,
    /// The exception of a product.
    raised: Mutex<Option<PyErr>>,
}

impl Operator {
    fn multiply<T: Element + Copy>(
        &self,
        method: &str,
        panel: &[T],
        width: usize,
        result: &mut [T],
    ) -> eigenlex::Result<()> {
        let product = Python::attach(|py| -> PyResult<()> {
            let panel: Bound<'_, PyArray2<T>> =
                PyArray1::from_slice(py, panel).reshape([panel.len() / width.max(1), width])?;
            let product = self.operator.bind(py).call_method1(method, (panel,))?;
            let product: PyReadonlyArray2<'_, T> = product.extract()?;
            let product = product.as_slice()?;
            if product.len() != result.len() {
                let message = format!(
                    "a product of the operator has {} numbers, expected {}",
                    product.len(),
                    result.len()
                );
                return Err(errors::exception(py, "DataError", &message));
            }
            result.copy_from_slice(product);
            Ok(())
        });
        product.map_err(|error| {
            *self.raised.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
            Error::Interrupted
        })
    }
}

impl LinearOperator for Operator {
    fn n_rows(&self) -> usize {
        self.shape.0
    }

    fn n_columns(&self) -> usize {
        self.shape.1
    }

    fn apply(&self, q: &[f32], width: usize, y: &mut [f32], _: Precision) -> eigenlex::Result<()> {
        self.multiply("multiply", q, width, y)
    }

    fn apply_transpose(
        &self,
        y: &[f32],
        width: usize,
        x: &mut [f32],
        _: Precision,
    ) -> eigenlex::Result<()> {
        self.multiply("multiply_transposed", y, width, x)
    }

    fn squared_norm(&self) -> f64 {
        self.squared_norm
    }

    fn double(&self) -> Option<&dyn DoubleOperator> {
        Some(self)
    }
}

impl DoubleOperator for Operator {
    fn apply_double(&self, q: &[f64], width: usize, y: &mut [f64]) -> eigenlex::Result<()> {
        self.multiply("multiply", q, width, y)
    }

    fn apply_transpose_double(
        &self,
        y: &[f64],
        width: usize,
        x: &mut [f64],
    ) -> eigenlex::Result<()> {
        self.multiply("multiply_transposed", y, width, x)
    }
}
