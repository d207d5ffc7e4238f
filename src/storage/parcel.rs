//! Lists of numbers and words in one run of bytes, on their way to another process.
//!
//! A parcel begins with a mark of its form: 8 bytes that differ where the order of bytes or the
//! form of a parcel does, so that machines which do not understand each other say so. Lists follow
//! one another, each after the number of its items.

use std::path::Path;

use pulp::bytemuck::{self, Pod};

use crate::base::error::{Error, Result};
use crate::base::words::Words;

/// Read as a number: bytes in another order are another one.
const MARK: u64 = u64::from_be_bytes(*b"eigpar01");

/// Writes a parcel.
pub(crate) struct ParcelWriter(Vec<u8>);

impl ParcelWriter {
    pub(crate) fn new() -> Self {
        Self(MARK.to_ne_bytes().to_vec())
    }

    /// Adds the number of items, then the items.
    pub(crate) fn list<T: Pod>(&mut self, items: &[T]) {
        self.0.extend_from_slice(&(items.len() as u64).to_ne_bytes());
        self.0.extend_from_slice(bytemuck::cast_slice(items));
    }

    pub(crate) fn number(&mut self, number: u64) {
        self.0.extend_from_slice(&number.to_ne_bytes());
    }

    pub(crate) fn words(&mut self, words: &Words) {
        let (text, offsets) = words.parts();
        self.list(text.as_bytes());
        self.list(&offsets.iter().map(|&offset| offset as u64).collect::<Vec<_>>());
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        self.0
    }
}

/// Reads a parcel, in the order in which it was written.
pub(crate) struct ParcelReader<'a>(&'a [u8]);

impl<'a> ParcelReader<'a> {
    /// # Errors
    /// Bytes that are no parcel, or one of a machine with another order of bytes.
    pub(crate) fn new(bytes: &'a [u8]) -> Result<Self> {
        let mut reader = Self(bytes);
        match reader.number() {
            Ok(MARK) => Ok(reader),
            Ok(_) => Err(fault("bytes of another form", "those of this version and byte order")),
            Err(error) => Err(error),
        }
    }

    fn take(&mut self, n: usize) -> Result<&'a [u8]> {
        let Some((head, rest)) = self.0.split_at_checked(n) else {
            return Err(fault("an end after fewer bytes than it says", "all of them"));
        };
        self.0 = rest;
        Ok(head)
    }

    /// # Errors
    /// A parcel that ends before.
    pub(crate) fn number(&mut self) -> Result<u64> {
        let bytes = self.take(size_of::<u64>())?;
        Ok(u64::from_ne_bytes(bytes.try_into().expect("so many were taken")))
    }

    /// # Errors
    /// A parcel that ends before.
    pub(crate) fn list<T: Pod>(&mut self) -> Result<Vec<T>> {
        let bytes = self.raw::<T>()?;
        let mut items = vec![T::zeroed(); bytes.len() / size_of::<T>()];
        bytemuck::cast_slice_mut(&mut items).copy_from_slice(bytes);
        Ok(items)
    }

    /// The bytes of a list.
    fn raw<T: Pod>(&mut self) -> Result<&'a [u8]> {
        let n = self.number()?;
        self.take(usize::try_from(n).unwrap_or(usize::MAX).saturating_mul(size_of::<T>()))
    }

    /// The bytes of a list of bytes, where they lie.
    ///
    /// # Errors
    /// A parcel that ends before.
    pub(crate) fn bytes(&mut self) -> Result<&'a [u8]> {
        self.raw::<u8>()
    }

    /// # Errors
    /// A parcel that ends before, or offsets that are none of these words.
    pub(crate) fn words(&mut self) -> Result<Words> {
        let text = self.raw::<u8>()?;
        let offsets: Vec<u64> = self.list()?;
        let broken = || fault("a list of words with wrong offsets", "words of UTF-8");
        let text = std::str::from_utf8(text).map_err(|_| broken())?;
        let part = |pair: &[u64]| text.get(pair[0] as usize..pair[1] as usize);
        let words: Option<Vec<&str>> = offsets.windows(2).map(part).collect();
        Ok(words.ok_or_else(broken)?.into_iter().collect())
    }
}

fn fault(found: &str, expected: &str) -> Error {
    Error::malformed(Path::new("a record between processes"), None, found, expected)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_was_written_is_read(
            numbers in prop::collection::vec(any::<u32>(), 0..20),
            words in prop::collection::vec("\\PC{0,6}", 0..9),
            shift in 0usize..8,
        ) {
            let mut writer = ParcelWriter::new();
            writer.list(&numbers);
            writer.number(7);
            let list: Words = words.iter().map(String::as_str).collect();
            writer.words(&list);
            // From any place in memory.
            let bytes = [vec![0; shift], writer.finish()].concat();
            let mut reader = ParcelReader::new(&bytes[shift..]).unwrap();
            prop_assert_eq!(reader.list::<u32>().unwrap(), numbers);
            prop_assert_eq!(reader.number().unwrap(), 7);
            let read = reader.words().unwrap();
            prop_assert_eq!(read.iter().collect::<Vec<_>>(), words);
            prop_assert!(reader.number().is_err());
        }

        #[test]
        fn any_bytes_have_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            let mut bytes = bytes;
            if bytes.len() >= 8 && bytes[0] % 2 == 0 {
                bytes[..8].copy_from_slice(&ParcelWriter::new().finish());
            }
            if let Ok(mut reader) = ParcelReader::new(&bytes) {
                let _ = reader.words();
                let _ = reader.list::<u64>();
            }
        }
    }
}
