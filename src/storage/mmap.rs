//! Files mapped into memory: the bytes are read from the disk when they are touched, and no copy is
//! made.
//!
//! The only file of the library with `unsafe` in it.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::Path;

use memmap2::{Mmap, MmapOptions};
use pulp::bytemuck;

use crate::base::error::{Error, Result};

/// A file, or a part of one, mapped for reading.
#[derive(Debug)]
pub(crate) struct MappedFile {
    map: Mmap,
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
        Ok(Self { map })
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.map
    }

    /// The little-endian `f32` numbers in a range of bytes; `None`, and nothing lost but the map,
    /// where they cannot be read in place.
    pub(crate) fn into_floats(self, range: Range<usize>) -> Option<MappedFloats> {
        let in_place = cfg!(target_endian = "little")
            && bytemuck::try_cast_slice::<u8, f32>(&self.map[range.clone()]).is_ok();
        in_place.then_some(MappedFloats { map: self.map, range })
    }
}

/// A part of a mapped file, seen as numbers.
pub(crate) struct MappedFloats {
    map: Mmap,
    range: Range<usize>,
}

impl MappedFloats {
    /// Lets the pages that lie within a range of numbers leave memory. Their next use reads them
    /// from the file again.
    pub(crate) fn release(&self, range: Range<usize>) {
        #[cfg(unix)]
        {
            /// A multiple of the size of a page of any usual machine.
            const PAGES: usize = 1 << 16;
            let first = (self.range.start + 4 * range.start).next_multiple_of(PAGES);
            let end = self.range.start + 4 * range.end;
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

impl AsRef<[f32]> for MappedFloats {
    fn as_ref(&self) -> &[f32] {
        bytemuck::cast_slice(&self.map[self.range.clone()])
    }
}
