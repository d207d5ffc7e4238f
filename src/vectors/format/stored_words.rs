//! Words that stay in a mapped file: nothing is copied, and processes that open the same file share
//! its pages.
//!
//! In: the places of the tensors `words`, `word_offsets` and `word_index` in a mapped safetensors
//! file. Out: [`Words`] that read there, looked at once: that the offsets cut the spellings, and
//! that these are UTF-8.

use std::fmt;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use super::little_endian::u64_of;
use super::refuse_duplicates;
use crate::base::error::{Error, Result};
use crate::base::words::{StoredFault, StoredWords, Words};
use crate::storage::mmap::{MappedFile, MappedNumbers};

/// The tensors of the words, in a mapped file.
struct MappedWords {
    spellings: MappedNumbers<u8>,
    offsets: MappedNumbers<usize>,
    index: Option<MappedNumbers<u32>>,
}

impl fmt::Debug for MappedWords {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n_words = self.offsets().len() - 1;
        formatter.debug_struct("MappedWords").field("n_words", &n_words).finish_non_exhaustive()
    }
}

impl StoredWords for MappedWords {
    fn spellings(&self) -> &[u8] {
        self.spellings.as_ref()
    }

    fn offsets(&self) -> &[usize] {
        self.offsets.as_ref()
    }

    fn index(&self) -> &[u32] {
        self.index.as_ref().map_or(&[], AsRef::as_ref)
    }
}

/// Where the tensors lie.
pub(super) struct Places {
    pub(super) spellings: Range<usize>,
    pub(super) offsets: Range<usize>,
    pub(super) index: Option<Range<usize>>,
}

/// The words of a mapped file, and whether they have an index; `None` if they cannot be read in
/// place, or there is none.
///
/// # Errors
/// [`Error::Malformed`]: the offsets do not cut the spellings, or these are not UTF-8.
pub(super) fn in_place(
    file: &MappedFile,
    places: &Places,
    path: &Path,
) -> Result<Option<(Words, bool)>> {
    // The offsets are stored as 64 bits.
    let has_size = size_of::<usize>() == size_of::<u64>();
    let offsets = file.numbers(places.offsets.clone()).filter(|_| has_size);
    let (Some(offsets), Some(spellings)) = (offsets, file.numbers(places.spellings.clone())) else {
        return Ok(None);
    };
    let index: Option<MappedNumbers<u32>> =
        places.index.clone().and_then(|range| file.numbers(range));
    let index = index.filter(|index| !index.as_ref().is_empty());
    let words = MappedWords { spellings, offsets, index };
    if words.offsets().is_empty() || u32::try_from(words.offsets().len() - 1).is_err() {
        return Ok(None);
    }
    let (n_bytes, has_index) = (words.spellings().len(), words.index.is_some());
    let words = Words::stored(Arc::new(words)).map_err(|fault| malformed(fault, n_bytes, path))?;
    Ok(Some((words, has_index)))
}

fn malformed(fault: StoredFault, n_bytes: usize, path: &Path) -> Error {
    let (found, expected) = match fault {
        StoredFault::NotUtf8(byte) => {
            (format!("words that are not UTF-8 at byte {byte}"), "UTF-8".to_owned())
        }
        StoredFault::Offset(number, value) => (
            format!("word offset {number} at {value}"),
            "offsets that rise from 0 and cut UTF-8".to_owned(),
        ),
        StoredFault::End(end) => (format!("words of {end} bytes"), format!("{n_bytes} bytes")),
    };
    Error::malformed(path, None, found, expected)
}

/// Refuses another number of offsets than `n_words` words have.
pub(super) fn check_offsets(n_offsets: usize, n_words: usize, path: &Path) -> Result<()> {
    if n_offsets == n_words + 1 {
        return Ok(());
    }
    let expected = format!("{} for {n_words} words", n_words + 1);
    Err(Error::malformed(path, None, format!("{n_offsets} word offsets"), expected))
}

/// Cuts the spellings, all in one, at their offsets.
pub(super) fn cut_words(
    spellings: &[u8],
    offsets: &[u8],
    n_words: usize,
    path: &Path,
) -> Result<Words> {
    check_offsets(offsets.len() / 8, n_words, path)?;
    if u32::try_from(n_words).is_err() {
        return Err(Error::malformed(path, None, format!("{n_words} words"), "at most 4294967295"));
    }
    let text = std::str::from_utf8(spellings).map_err(|reason| {
        Error::malformed(
            path,
            None,
            format!("words that are not UTF-8 at byte {}", reason.valid_up_to()),
            "UTF-8",
        )
    })?;
    let mut words = Words::new();
    let mut begin = 0u64;
    for (index, offset) in offsets.chunks_exact(8).map(u64_of).enumerate() {
        if index == 0 && offset == 0 {
            continue;
        }
        let word = usize::try_from(begin)
            .ok()
            .zip(usize::try_from(offset).ok())
            .and_then(|(begin, end)| text.get(begin..end));
        match word {
            Some(word) if index > 0 => words.push(word),
            _ => {
                return Err(Error::malformed(
                    path,
                    None,
                    format!("word offset {index} at {offset}"),
                    "offsets that rise from 0 and cut UTF-8",
                ));
            }
        };
        begin = offset;
    }
    if begin != text.len() as u64 {
        return Err(Error::malformed(
            path,
            None,
            format!("words of {begin} bytes"),
            format!("{} bytes", text.len()),
        ));
    }
    refuse_duplicates(&words, path, |_| None)?;
    Ok(words)
}
