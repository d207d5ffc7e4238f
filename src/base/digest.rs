//! A fingerprint of numbers and words, the same on every machine.

use sha2::{Digest as _, Sha256};

use pulp::bytemuck::{self, Pod};

/// A SHA-256 over numbers and words. Numbers are hashed as little-endian bytes, words as their
/// number of bytes and their UTF-8.
///
/// ```
/// use eigenlex::Digest;
///
/// let digest = |name| Digest::new().text(name).doubles(&[0.5, 2.0]).to_hex();
/// assert_eq!(digest("a").len(), 64);
/// assert_ne!(digest("a"), digest("b"));
/// ```
#[derive(Debug, Clone, Default)]
pub struct Digest(Sha256);

impl Digest {
    /// The digest of nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a whole number.
    #[must_use]
    pub fn number(mut self, number: u64) -> Self {
        self.0.update(number.to_le_bytes());
        self
    }

    /// Adds numbers of 32 bits.
    #[must_use]
    pub fn floats(mut self, numbers: &[f32]) -> Self {
        self.add(numbers, |number| number.to_le_bytes());
        self
    }

    /// Adds numbers of 64 bits.
    #[must_use]
    pub fn doubles(mut self, numbers: &[f64]) -> Self {
        self.add(numbers, |number| number.to_le_bytes());
        self
    }

    /// Adds a word.
    #[must_use]
    pub fn text(self, text: &str) -> Self {
        let mut with_length = self.number(text.len() as u64);
        with_length.0.update(text.as_bytes());
        with_length
    }

    /// The digest of all that was added, in hexadecimal.
    pub fn to_hex(self) -> String {
        self.0.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// In one piece where the machine has the order of the bytes.
    fn add<T: Pod, const N: usize>(&mut self, numbers: &[T], bytes_of: impl Fn(&T) -> [u8; N]) {
        if cfg!(target_endian = "little") {
            self.0.update(bytemuck::cast_slice::<T, u8>(numbers));
        } else {
            numbers.iter().for_each(|number| self.0.update(bytes_of(number)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_sha_256_over_little_endian_bytes() {
        let mut bytes = 3_u64.to_le_bytes().to_vec();
        bytes.extend([1.5_f32, -2.0].iter().flat_map(|number| number.to_le_bytes()));
        bytes.extend(0.1_f64.to_le_bytes());
        bytes.extend(5_u64.to_le_bytes());
        bytes.extend("müde".bytes());
        let expected: String =
            Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        let found = Digest::new().number(3).floats(&[1.5, -2.0]).doubles(&[0.1]).text("müde");
        assert_eq!(found.to_hex(), expected);
    }
}
