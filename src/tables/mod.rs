//! Tables of words as people hand them out: test sets and dictionaries.
//!
//! In: text of any encoding, or a folder or an archive of such files. Out: rows of cells, what
//! separates them, which row is a heading, and a report of what was taken from the file. The
//! readers of test sets (`evaluate`) and of dictionaries (`align`) stand on this room.
//!
//! - [`Delimiter`]: found by the first lines, by what cuts them into as many cells;
//! - `sheet`: the lines of a file without comments, and a first look at its kind;
//! - `columns`: which columns hold numbers, labels or words, and what headings say;
//! - `members`: the files of a folder or an archive;
//! - [`TableReport`]: what was taken.

mod columns;
mod delimiter;
mod kind;
mod members;
mod report;
mod sheet;

pub(crate) use columns::{
    ColumnKind, Columns, heading_name, is_missing, is_part_of_speech, number, without_tag,
};
pub use delimiter::Delimiter;
pub(crate) use delimiter::LineFault;
pub(crate) use kind::{are_analogies, are_classes, are_translations, looks_like, refuse_text};
pub(crate) use members::{members, stem};
pub use report::{LeftOutRows, TableReport, TakenColumn};
pub(crate) use sheet::{Comments, Row, Sheet, SheetLine};
