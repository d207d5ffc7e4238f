//! Numbers on their way out of a file that cannot be used where it lies: into memory, or into a
//! temporary file that is mapped.
//!
//! In: the numbers of one word after the other, as a reader comes upon them. Out: [`WordVectors`],
//! which own them or have them mapped. The temporary file has no name, and vanishes with the
//! vectors, however the process ends; while it is written no more than [`HELD_NUMBERS`] and what a
//! reader asks for at once are in memory.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::safetensors::{floats, write_floats};
use crate::base::error::{Error, Result};
use crate::base::words::Words;
use crate::storage::floats::Floats;
use crate::storage::mmap::MappedFile;
use crate::vectors::WordVectors;

/// Numbers gathered before they go to the file: 4 MiB.
const HELD_NUMBERS: usize = 1 << 20;

/// The numbers that were read so far.
pub(super) struct Numbers {
    /// All of them, or those that are not in the file yet.
    held: Vec<f32>,
    spilled: Option<Spilled>,
}

/// A temporary file, the folder that it is in for messages, and the bytes in it.
struct Spilled {
    file: File,
    folder: PathBuf,
    n_bytes: usize,
}

impl Numbers {
    /// Numbers that stay in memory.
    pub(super) fn in_memory() -> Self {
        Self { held: Vec::new(), spilled: None }
    }

    /// Numbers that go to a temporary file in a folder.
    pub(super) fn in_file(folder: &Path) -> Result<Self> {
        let file = tempfile::tempfile_in(folder)
            .map_err(|source| Error::io("create a temporary file in", folder, source))?;
        Ok(Self {
            held: Vec::new(),
            spilled: Some(Spilled { file, folder: folder.to_path_buf(), n_bytes: 0 }),
        })
    }

    /// Room for so many more numbers behind all others.
    pub(super) fn room(&mut self, n_numbers: usize) -> Result<&mut [f32]> {
        if let Some(spilled) = &mut self.spilled
            && self.held.len() >= HELD_NUMBERS
        {
            spilled.append(&self.held)?;
            self.held.clear();
        }
        let begin = self.held.len();
        self.held.resize(begin + n_numbers, 0.0);
        Ok(&mut self.held[begin..])
    }

    /// The numbers as the vectors of `words`.
    ///
    /// # Panics
    /// If they are not `words.len() * dim`, or none.
    pub(super) fn into_vectors(self, words: Words, dim: usize) -> Result<WordVectors> {
        let Some(mut spilled) = self.spilled else {
            return Ok(WordVectors::new(words, dim, self.held));
        };
        spilled.append(&self.held)?;
        let Spilled { file, folder, n_bytes } = spilled;
        let map = MappedFile::of_range(&file, 0, n_bytes)
            .map_err(|source| Error::io("map a temporary file in", &folder, source))?;
        if cfg!(target_endian = "big") {
            return Ok(WordVectors::new(words, dim, floats(map.bytes())));
        }
        let numbers = map.into_floats(0..n_bytes).expect("a map begins at a page");
        Ok(WordVectors::from_floats(words, dim, Floats::mapped(numbers)))
    }
}

impl Spilled {
    fn append(&mut self, numbers: &[f32]) -> Result<()> {
        write_floats(&mut self.file, numbers)
            .map_err(|source| Error::io("write a temporary file in", &self.folder, source))?;
        self.n_bytes += size_of_val(numbers);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_gives_the_numbers_that_memory_gives_and_holds_few() {
        let folder = tempfile::tempdir().unwrap();
        let (dim, n_words) = (3 * HELD_NUMBERS / 8, 7);
        let words: Words = ["a", "b", "c", "d", "e", "f", "g"].into_iter().collect();
        let read = |mut numbers: Numbers, most: usize| {
            for word in 0..n_words {
                let room = numbers.room(dim).unwrap();
                room.iter_mut()
                    .enumerate()
                    .for_each(|(at, number)| *number = (word * dim + at) as f32);
                assert!(numbers.held.len() <= most);
            }
            numbers.into_vectors(words.clone(), dim).unwrap()
        };
        let whole = read(Numbers::in_memory(), usize::MAX);
        let mapped = read(Numbers::in_file(folder.path()).unwrap(), HELD_NUMBERS + dim);
        assert_eq!(whole.digest(), mapped.digest());
        assert!(whole.is_owned() && !mapped.is_owned());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let message = Numbers::in_file(&folder.path().join("no")).err().unwrap().to_string();
        assert!(
            message.starts_with("cannot create a temporary file in `") && message.contains("no`"),
            "{message}"
        );
    }
}
