//! Files mapped into memory: the bytes are read from the disk when they are touched, and no copy is
//! made.
//!
//! The only file of the library with `unsafe` in it.

use std::fs::File;
use std::io;
use std::marker::PhantomData;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use memmap2::{Mmap, MmapOptions};
use pulp::bytemuck;

use crate::base::error::{Error, Result};

/// A file, or a part of one, mapped for reading. A clone is the same map.
#[derive(Debug, Clone)]
pub(crate) struct MappedFile {
    map: Arc<Mmap>,
}

impl MappedFile {
    /// A whole file.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let file = File::open(path).map_err(|source| Error::io("open", path, source))?;
        Self::map(&file, &MmapOptions::new()).map_err(|source| Error::io("map", path, source))
    }

    /// `n_bytes` of an open file.
    pub(crate) fn of_range(file: &File, offset: u64, n_bytes: usize) -> io::Result<Self> {
        Self::map(file, MmapOptions::new().offset(offset).len(n_bytes))
    }

    fn map(file: &File, options: &MmapOptions) -> io::Result<Self> {
        #[expect(unsafe_code, reason = "a memory map cannot be made without it")]
        // SAFETY: the map is only read. The bytes must not change while it lives: this program
        // never changes bytes of a file that it has mapped, it replaces files by renaming, which
        // leaves a mapped one intact. Another program that rewrites the file meanwhile breaks this
        // promise; every memory-mapped reader shares that limit.
        let map = unsafe { options.map(file) }?;
        Ok(Self { map: Arc::new(map) })
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.map
    }

    /// The little-endian numbers in a range of bytes; `None` where they cannot be read in place.
    pub(crate) fn numbers<T: bytemuck::AnyBitPattern>(
        &self,
        range: Range<usize>,
    ) -> Option<MappedNumbers<T>> {
        let in_place = cfg!(target_endian = "little")
            && bytemuck::try_cast_slice::<u8, T>(&self.map[range.clone()]).is_ok();
        in_place.then(|| MappedNumbers { map: self.map.clone(), range, kind: PhantomData })
    }
}

/// A part of a mapped file, seen as numbers.
pub(crate) struct MappedNumbers<T> {
    map: Arc<Mmap>,
    range: Range<usize>,
    kind: PhantomData<T>,
}

impl<T> MappedNumbers<T> {
    /// Lets the pages that lie within a range of numbers leave memory. Their next use reads them
    /// from the file again.
    pub(crate) fn release(&self, range: Range<usize>) {
        #[cfg(unix)]
        {
            /// A multiple of the size of a page of any usual machine.
            const PAGES: usize = 1 << 16;
            let first = (self.range.start + size_of::<T>() * range.start).next_multiple_of(PAGES);
            let end = self.range.start + size_of::<T>() * range.end;
            // Whole pages, but at the end of the file.
            let end = if end == self.map.len() { end } else { end / PAGES * PAGES };
            if first < end && end <= self.map.len() {
                #[expect(
                    unsafe_code,
                    reason = "the advice to drop pages is unsafe for maps whose pages can be lost"
                )]
                // SAFETY: the map is of a file and is only read, so a page that is dropped comes
                // back from the file with the same bytes. A refusal of the advice changes nothing.
                let _ = unsafe {
                    self.map.unchecked_advise_range(
                        memmap2::UncheckedAdvice::DontNeed,
                        first,
                        end - first,
                    )
                };
            }
        }
        #[cfg(not(unix))]
        let _ = range;
    }
}

impl<T: bytemuck::AnyBitPattern> AsRef<[T]> for MappedNumbers<T> {
    fn as_ref(&self) -> &[T] {
        bytemuck::cast_slice(&self.map[self.range.clone()])
    }
}
