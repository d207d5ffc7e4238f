//! All bytes of a file: where they lie on the disk, or in memory.

use std::ops::Deref;

use crate::storage::mmap::MappedFile;

/// All bytes of a file.
pub(crate) enum FileBytes {
    /// Where they lie on the disk.
    Mapped(MappedFile),
    /// In memory.
    Owned(Vec<u8>),
}

impl AsRef<[u8]> for FileBytes {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl Deref for FileBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Mapped(file) => file.bytes(),
            Self::Owned(bytes) => bytes,
        }
    }
}
