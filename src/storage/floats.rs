//! Many numbers that are read as one slice: in memory, or in a mapped file.

use std::convert::Infallible;
use std::fmt;
use std::ops::{Deref, Range};
use std::sync::Arc;

use pulp::bytemuck::AnyBitPattern;

use crate::base::digest::Digest;
use crate::storage::mmap::MappedNumbers;

/// Numbers that are gone through at a time: 4 MiB of `f32`.
const AT_A_TIME: usize = 1 << 20;

/// A list of numbers, owned or in a mapped file. It reads as a slice.
#[derive(Clone)]
pub struct StoredNumbers<T>(Place<T>);

/// Numbers of 32 bits.
pub type Floats = StoredNumbers<f32>;

impl Floats {
    /// A digest with all numbers added.
    pub(crate) fn added_to(&self, mut digest: Digest) -> Digest {
        let added = self.try_for_each_part(|numbers| -> Result<(), Infallible> {
            digest = std::mem::take(&mut digest).floats(numbers);
            Ok(())
        });
        added.unwrap_or_else(|never| match never {});
        digest
    }
}

#[derive(Clone)]
enum Place<T> {
    Owned(Vec<T>),
    Mapped(Arc<MappedNumbers<T>>),
}

impl<T: AnyBitPattern> StoredNumbers<T> {
    /// Numbers in a mapped file.
    pub(crate) fn mapped(numbers: MappedNumbers<T>) -> Self {
        Self(Place::Mapped(Arc::new(numbers)))
    }

    /// Whether the numbers are in memory, and not in a mapped file.
    pub fn is_owned(&self) -> bool {
        matches!(self.0, Place::Owned(_))
    }

    /// The numbers in memory, copied if they are in a file.
    pub fn into_vec(self) -> Vec<T> {
        match self.0 {
            Place::Owned(numbers) => numbers,
            Place::Mapped(numbers) => (*numbers).as_ref().to_vec(),
        }
    }

    /// Lets the pages of some numbers leave memory, where these are in a file. They are read again
    /// when they are used.
    pub(crate) fn release(&self, range: Range<usize>) {
        if let Place::Mapped(numbers) = &self.0 {
            numbers.release(range);
        }
    }

    /// Calls `visit` with all numbers in order, a few megabytes at a time. Pages of a mapped file
    /// leave memory after their visit.
    pub(crate) fn try_for_each_part<E>(
        &self,
        mut visit: impl FnMut(&[T]) -> Result<(), E>,
    ) -> Result<(), E> {
        for start in (0..self.len()).step_by(AT_A_TIME) {
            let range = start..self.len().min(start + AT_A_TIME);
            visit(&self[range.clone()])?;
            self.release(range);
        }
        Ok(())
    }
}

impl<T: AnyBitPattern> Deref for StoredNumbers<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        match &self.0 {
            Place::Owned(numbers) => numbers,
            Place::Mapped(numbers) => (**numbers).as_ref(),
        }
    }
}

impl<T> From<Vec<T>> for StoredNumbers<T> {
    fn from(numbers: Vec<T>) -> Self {
        Self(Place::Owned(numbers))
    }
}

impl<T> Default for StoredNumbers<T> {
    fn default() -> Self {
        Vec::new().into()
    }
}

impl<T: AnyBitPattern + PartialEq> PartialEq for StoredNumbers<T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<T: AnyBitPattern> fmt::Debug for StoredNumbers<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("StoredNumbers")
            .field("len", &self.len())
            .field("is_owned", &self.is_owned())
            .finish_non_exhaustive()
    }
}
