//! Rows of a table on their way in: words and vectors of which any may be missing.
//!
//! In: the cells of each row of a Parquet or Arrow file, in their order. Out: what
//! [`Intake`](super::intake::Intake) makes of them. The number of dimensions is that of the first
//! vector.

use std::borrow::Cow;
use std::path::Path;

use super::intake::{Intake, ReadOptions};
use super::numbers::NumberType;
use super::report::{Fault, Place, ReadReport};
use crate::base::error::{Error, Result};
use crate::vectors::WordVectors;

/// The vector of a row.
#[derive(Debug, Clone, Copy)]
pub(super) enum RowVector<'a> {
    /// A null in its place.
    Missing,
    /// One of which a number is a null.
    WithNull,
    /// All its numbers.
    Whole(&'a [f32]),
}

/// Gathers the rows of a table.
pub(super) struct TableIntake<'a> {
    path: &'a Path,
    options: &'a ReadOptions,
    number_type: NumberType,
    /// There is none before the first vector.
    intake: Option<Intake<'a>>,
    /// The faults before it.
    report: ReadReport,
    n_rows: u64,
    n_rounded: u64,
}

impl<'a> TableIntake<'a> {
    /// Nothing yet, of a table at `path` with numbers of a type.
    pub(super) fn new(path: &'a Path, number_type: NumberType, options: &'a ReadOptions) -> Self {
        let report = ReadReport::default();
        Self { path, options, number_type, intake: None, report, n_rows: 0, n_rounded: 0 }
    }

    /// Whether no row may be taken any more.
    pub(super) fn is_full(&self) -> bool {
        let room = self.intake.as_ref().map_or(self.options.most_rows(), Intake::room);
        room == 0
    }

    /// Notes that rows are left.
    pub(super) fn limit(&mut self) {
        self.report_now().is_limited = true;
    }

    /// Counts numbers that 32-bit floats do not hold.
    pub(super) fn add_rounded(&mut self, n_rounded: u64) {
        self.n_rounded += n_rounded;
    }

    /// Takes the next row. A word is meant to be UTF-8.
    ///
    /// # Errors
    /// A fault that is to be refused.
    pub(super) fn take(&mut self, word: Option<&[u8]>, vector: RowVector<'_>) -> Result<()> {
        let row = self.n_rows;
        self.n_rows += 1;
        let word = String::from_utf8_lossy(word.unwrap_or_default());
        let numbers = match vector {
            RowVector::Whole(numbers) => numbers,
            RowVector::Missing => {
                let found = format!("null in place of the vector of `{word}`");
                return self.note(Fault::NotFinite, Place::row(row, None, found));
            }
            RowVector::WithNull => {
                let found = format!("null in the vector of `{word}`");
                return self.note(Fault::NotFinite, Place::row(row, None, found));
            }
        };
        if self.intake.is_none() {
            self.begin(numbers.len(), row)?;
        }
        if numbers.len() != self.dim() {
            let (n, plural) = (numbers.len(), if numbers.len() == 1 { "" } else { "s" });
            let found = format!("{n} number{plural} in the vector of `{word}`");
            return self.note(Fault::BrokenLine, Place::row(row, None, found));
        }
        if let Cow::Owned(mended) = &word {
            let found = format!("a word that is not UTF-8, `{mended}`");
            self.note(Fault::BadUtf8, Place::row(row, None, found))?;
        }
        let intake = self.intake.as_mut().expect("begun above");
        intake.take_row(&word, numbers, row)
    }

    /// The vectors, each word once, and the report.
    ///
    /// # Errors
    /// As [`Intake::finish`].
    pub(super) fn finish(mut self) -> Result<(WordVectors, ReadReport)> {
        if self.n_rounded > 0 {
            let (n_rounded, number_type) = (self.n_rounded, self.number_type);
            let found = format!("{n_rounded} numbers of type {number_type}");
            let place = Place::whole(format!("{found} that 32-bit floats do not hold"));
            self.note(Fault::Rounded, place)?;
        }
        let Some(mut intake) = self.intake else {
            return Err(Error::malformed(self.path, None, "no vector", "at least one"));
        };
        if self.number_type != NumberType::F32 {
            intake.report().number_type = Some(self.number_type.to_string());
        }
        intake.finish()
    }

    /// Begins with the first vector.
    fn begin(&mut self, dim: usize, row: u64) -> Result<()> {
        if dim == 0 {
            let found = format!("a vector without a number (row {row})");
            return Err(Error::malformed(self.path, None, found, "at least one dimension"));
        }
        let mut intake = Intake::new(self.path, dim, self.options)?;
        *intake.report() = std::mem::take(&mut self.report);
        self.intake = Some(intake);
        Ok(())
    }

    fn dim(&self) -> usize {
        self.intake.as_ref().map_or(0, Intake::dim)
    }

    fn report_now(&mut self) -> &mut ReadReport {
        match &mut self.intake {
            Some(intake) => intake.report(),
            None => &mut self.report,
        }
    }

    /// Takes note of a fault.
    ///
    /// # Errors
    /// The fault as an error, where it is to be refused.
    pub(super) fn note(&mut self, fault: Fault, place: Place) -> Result<()> {
        let (on_fault, at) = (self.options.on_fault, (self.path, self.dim()));
        on_fault.note(self.report_now(), at, fault, place)
    }
}

/// A 64-bit float in 32 bits, and whether it was rounded.
pub(super) fn of_f64(value: f64) -> (f32, bool) {
    let rounded = value as f32;
    (rounded, f64::from(rounded) != value && value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors::format::OnFault;

    type Row<'a> = (Option<&'a [u8]>, RowVector<'a>);

    fn gathered(on_fault: OnFault, rows: &[Row<'_>]) -> Result<(WordVectors, ReadReport)> {
        let options = ReadOptions::default().on_fault(on_fault);
        let mut intake = TableIntake::new(Path::new("v"), NumberType::F64, &options);
        for &(word, vector) in rows {
            intake.take(word, vector)?;
        }
        intake.add_rounded(3);
        intake.finish()
    }

    const ROWS: [Row<'static>; 8] = [
        (Some(b"none"), RowVector::Missing),
        (Some(b"a"), RowVector::Whole(&[1.0, 2.0])),
        (None, RowVector::Whole(&[3.0, 4.0])),
        (Some(b"b"), RowVector::WithNull),
        (Some(b"a"), RowVector::Whole(&[5.0, 6.0])),
        (Some(b"c\xFF"), RowVector::Whole(&[7.0, 8.0])),
        (Some(b"d"), RowVector::Whole(&[f32::NAN, 8.0])),
        (Some(b" "), RowVector::Whole(&[9.0, 0.0])),
    ];

    #[test]
    fn what_makes_sense_is_taken_and_the_rest_reported() {
        let (vectors, report) = gathered(OnFault::Report, &ROWS).unwrap();
        assert!(vectors.words().iter().eq(["a", "c\u{FFFD}", " "]));
        assert_eq!(vectors.as_slice(), [1.0, 2.0, 7.0, 8.0, 9.0, 0.0]);
        let notes: Vec<String> = report.notes.iter().map(ToString::to_string).collect();
        assert_eq!(
            notes,
            [
                "row 0: null in place of the vector of `none` (and 2 more); left out",
                "row 2: a vector without a word; left out",
                "row 5: a word that is not UTF-8, `c\u{FFFD}`; the bytes that are not UTF-8 become \
                 U+FFFD",
                "row 7: a word of white space, \" \"; kept",
                "3 numbers of type float64 that 32-bit floats do not hold; rounded to 32-bit \
                 floats",
                "row 4: the word `a` a second time; the first stays, the others are left out",
            ]
        );
        assert_eq!(report.number_type.as_deref(), Some("float64"));
    }

    #[test]
    fn the_first_fault_is_refused_where_that_is_asked() {
        let message = |rows: &[Row<'_>]| gathered(OnFault::Refuse, rows).unwrap_err().to_string();
        assert_eq!(
            message(&ROWS),
            "`v`: found null in place of the vector of `none` (row 0), expected finite numbers"
        );
        assert_eq!(
            message(&ROWS[1..4]),
            "`v`: found a vector without a word (row 1), expected a word and 2 numbers"
        );
    }

    #[test]
    fn a_vector_of_another_length_is_an_error_but_in_a_repair() {
        let rows = [ROWS[1], (Some(&b"e"[..]), RowVector::Whole(&[1.0]))];
        let message = gathered(OnFault::Report, &rows).unwrap_err().to_string();
        assert_eq!(
            message,
            "`v`: found 1 number in the vector of `e` (row 1), expected a word and 2 numbers"
        );
        let (vectors, report) = gathered(OnFault::Repair, &rows).unwrap();
        assert_eq!((vectors.len(), report.count(Fault::BrokenLine)), (1, 1));
    }

    #[test]
    fn a_table_without_a_vector_is_refused() {
        let message = |rows: &[Row<'_>]| gathered(OnFault::Report, rows).unwrap_err().to_string();
        assert_eq!(message(&ROWS[..1]), "`v`: found no vector, expected at least one");
        assert_eq!(message(&[]), "`v`: found no vector, expected at least one");
        assert_eq!(
            message(&[(Some(&b"a"[..]), RowVector::Whole(&[]))]),
            "`v`: found a vector without a number (row 0), expected at least one dimension"
        );
    }
}
