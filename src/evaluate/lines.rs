//! The lines of files of questions, and their fields.

use std::io::{self, BufRead};
use std::path::Path;

use crate::base::error::{Error, Result};

/// Calls `line` with each line that is not blank, without its end, and its number from 1.
pub(super) fn each_line(
    mut input: impl BufRead,
    path: &Path,
    mut line: impl FnMut(&str, u64) -> Result<()>,
) -> Result<()> {
    let failed = |source: io::Error| Error::io("read", path, source);
    let mut bytes = Vec::new();
    let mut number = 0;
    while input.read_until(b'\n', &mut bytes).map_err(failed)? > 0 {
        number += 1;
        let Ok(text) = std::str::from_utf8(&bytes) else {
            return Err(Error::malformed(path, Some(number), "bytes that are not UTF-8", "UTF-8"));
        };
        // Some sets were saved with a byte order mark.
        let text = if number == 1 { text.strip_prefix('\u{FEFF}').unwrap_or(text) } else { text };
        let text = text.trim_end_matches(['\n', '\r']);
        if !text.trim().is_empty() {
            line(text, number)?;
        }
        bytes.clear();
    }
    Ok(())
}

/// The fields of a line: between tabs, else between commas or semicolons, else between spaces.
pub(super) fn fields(line: &str) -> Vec<&str> {
    match ['\t', ',', ';'].into_iter().find(|&separator| line.contains(separator)) {
        Some(separator) => line.split(separator).map(str::trim).collect(),
        None => line.split_whitespace().collect(),
    }
}
