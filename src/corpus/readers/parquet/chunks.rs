//! The bytes of a Parquet file, from any place: what the crate `parquet` reads from.
//!
//! In: a file, or bytes in memory. Out: stretches of them. A length is compared with that of the
//! file before memory is taken for it.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::sync::{Arc, Mutex, PoisonError};

use ::parquet::errors::{ParquetError, Result};
use ::parquet::file::reader::{ChunkReader, Length};
use bytes::Bytes;

/// A Parquet file.
#[derive(Clone)]
pub(super) struct Chunks {
    place: Place,
    length: u64,
}

#[derive(Clone)]
enum Place {
    /// Whoever reads moves the position of the file, so that one reads at a time.
    File(Arc<Mutex<File>>),
    Memory(Bytes),
}

impl Chunks {
    pub(super) fn of_file(file: File) -> io::Result<Self> {
        let length = file.metadata()?.len();
        Ok(Self { place: Place::File(Arc::new(Mutex::new(file))), length })
    }

    pub(super) fn of_bytes(bytes: Vec<u8>) -> Self {
        Self { length: bytes.len() as u64, place: Place::Memory(bytes.into()) }
    }

    /// Bytes from a place on, at most as many as the buffer has; 0 behind the end.
    fn read_at(&self, start: u64, buffer: &mut [u8]) -> io::Result<usize> {
        match &self.place {
            Place::File(file) => {
                let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
                file.seek(SeekFrom::Start(start))?;
                file.read(buffer)
            }
            Place::Memory(bytes) => {
                let start = usize::try_from(start).unwrap_or(usize::MAX).min(bytes.len());
                (&bytes[start..]).read(buffer)
            }
        }
    }
}

impl Length for Chunks {
    fn len(&self) -> u64 {
        self.length
    }
}

impl ChunkReader for Chunks {
    type T = BufReader<Onwards>;

    fn get_read(&self, start: u64) -> Result<Self::T> {
        // What begins at a place is the header of a page.
        const HEADER_BYTES: usize = 4096;
        Ok(BufReader::with_capacity(
            HEADER_BYTES,
            Onwards { chunks: self.clone(), position: start },
        ))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        let end = start.checked_add(length as u64).filter(|&end| end <= self.length);
        if end.is_none() {
            let file = self.length;
            return Err(ParquetError::EOF(format!(
                "{length} bytes at byte {start} of a file of {file} bytes"
            )));
        }
        if let Place::Memory(bytes) = &self.place {
            let start = start as usize;
            return Ok(bytes.slice(start..start + length));
        }
        let mut buffer = vec![0; length];
        Onwards { chunks: self.clone(), position: start }.read_exact(&mut buffer)?;
        Ok(buffer.into())
    }
}

/// Reads from a place on.
pub(super) struct Onwards {
    chunks: Chunks,
    position: u64,
}

impl Read for Onwards {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.chunks.read_at(self.position, buffer)?;
        self.position += n as u64;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn stretches_of_a_file_are_those_of_its_bytes() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"abcdefgh").unwrap();
        for chunks in [Chunks::of_file(file).unwrap(), Chunks::of_bytes(b"abcdefgh".to_vec())] {
            assert_eq!(chunks.len(), 8);
            assert_eq!(&chunks.get_bytes(2, 3).unwrap()[..], b"cde");
            // Two readers do not disturb each other.
            let (mut first, mut second) =
                (chunks.get_read(6).unwrap(), chunks.get_read(1).unwrap());
            let (mut a, mut b) = (String::new(), [0; 2]);
            second.read_exact(&mut b).unwrap();
            first.read_to_string(&mut a).unwrap();
            assert_eq!((a.as_str(), &b), ("gh", b"bc"));
            assert_eq!(chunks.get_read(99).unwrap().read(&mut b).unwrap(), 0);
            for (start, length) in [(6, 3), (9, 0), (u64::MAX, 2), (0, usize::MAX)] {
                let error = chunks.get_bytes(start, length).unwrap_err().to_string();
                assert!(error.ends_with("of a file of 8 bytes"), "{error}");
            }
        }
    }
}
