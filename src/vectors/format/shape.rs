//! How many words a file has, and how many numbers each: what its header says, and what of that can
//! be.

use std::path::Path;

use crate::base::error::{Error, Result};

/// The header `n_words dim` that both word2vec formats begin with; `None` if the line is something
/// else.
pub(super) fn parse_header(line: &[u8]) -> Option<(usize, usize)> {
    let line = std::str::from_utf8(line).ok()?;
    let mut fields = line.split_ascii_whitespace().map(|field| field.parse::<usize>().ok());
    let header = (fields.next()??, fields.next()??);
    fields.next().is_none().then_some(header)
}

/// A header that promises nothing, or more than can be held, is refused before anything is read on
/// its word.
pub(super) fn check_shape(n_words: usize, dim: usize, path: &Path) -> Result<()> {
    if n_words == 0
        || dim == 0
        || u32::try_from(n_words).is_err()
        || n_words.checked_mul(dim).and_then(|n| n.checked_mul(4)).is_none()
    {
        let expected = "at least one word, one dimension, and no more than memory can address";
        return Err(Error::malformed(
            path,
            None,
            format!("{n_words} words of {dim} dimensions"),
            expected,
        ));
    }
    Ok(())
}

/// A header that promises no numbers, or more than can be held, is refused. Its number of words is
/// only a count: what is there is read.
pub(super) fn check_dim(dim: usize, path: &Path, line: Option<u64>) -> Result<()> {
    if dim > 0 && dim <= isize::MAX as usize / 4 {
        return Ok(());
    }
    let expected = "at least one, and no more than memory can address";
    Err(Error::malformed(path, line, format!("a header that says {dim} dimensions"), expected))
}
