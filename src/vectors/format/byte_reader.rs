//! Numbers and texts one after the other in the bytes of a file, least byte first.
//!
//! In: bytes. Out: what is read, or `None` where they end: nothing is taken on the word of a count.

/// Reads bytes from the beginning to the end.
#[derive(Clone, Copy)]
pub(super) struct ByteReader<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> ByteReader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, position: 0 }
    }

    /// Bytes read.
    pub(super) fn position(&self) -> usize {
        self.position
    }

    /// The next bytes.
    pub(super) fn take(&mut self, n_bytes: usize) -> Option<&'a [u8]> {
        let end = self.position.checked_add(n_bytes)?;
        let bytes = self.bytes.get(self.position..end)?;
        self.position = end;
        Some(bytes)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N).and_then(|bytes| bytes.try_into().ok())
    }

    pub(super) fn u8(&mut self) -> Option<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn i32(&mut self) -> Option<i32> {
        self.array().map(i32::from_le_bytes)
    }

    pub(super) fn i64(&mut self) -> Option<i64> {
        self.array().map(i64::from_le_bytes)
    }

    /// A count of 64 bits.
    pub(super) fn count(&mut self) -> Option<usize> {
        self.array().map(u64::from_le_bytes).and_then(|count| count.try_into().ok())
    }

    /// The bytes up to the next zero, which is passed.
    pub(super) fn until_zero(&mut self) -> Option<&'a [u8]> {
        let rest = &self.bytes[self.position..];
        let end = memchr::memchr(0, rest)?;
        self.position += end + 1;
        Some(&rest[..end])
    }

    /// So many floats.
    pub(super) fn floats(&mut self, n: usize) -> Option<Vec<f32>> {
        self.take(n.checked_mul(4)?).map(super::little_endian::floats)
    }
}
