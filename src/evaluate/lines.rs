//! The lines of files of questions, and their fields.

use std::io::BufRead;
use std::path::Path;

use crate::base::error::Result;
use crate::input;

/// Calls `line` with each line that is not blank, without its end, and its number from 1.
pub(super) fn each_line(
    input: impl BufRead,
    path: &Path,
    mut line: impl FnMut(&str, u64) -> Result<()>,
) -> Result<()> {
    input::each_line(
        input,
        path,
        |text, number| {
            if text.trim().is_empty() { Ok(()) } else { line(text, number) }
        },
    )
}

/// The fields of a line: between tabs, else between commas or semicolons, else between spaces.
pub(super) fn fields(line: &str) -> Vec<&str> {
    match ['\t', ',', ';'].into_iter().find(|&separator| line.contains(separator)) {
        Some(separator) => line.split(separator).map(str::trim).collect(),
        None => line.split_whitespace().collect(),
    }
}
