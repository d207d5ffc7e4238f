//! gzip files of many members, as concatenated files and `bgzip` have them.
//!
//! In: raw bytes that begin with a member. Out: the decompressed bytes of all members. Zeros behind
//! the last, with which tapes and disk images fill their blocks, are passed, as `gzip -d` does.

use std::io::{self, BufRead, Read};

use flate2::bufread::GzDecoder;

/// Reads the decompressed bytes of members one after the other.
pub(super) struct GzipMembers<R> {
    /// None at the end.
    member: Option<GzDecoder<R>>,
}

impl<R: BufRead> GzipMembers<R> {
    pub(super) fn new(raw: R) -> Self {
        Self { member: Some(GzDecoder::new(raw)) }
    }

    /// Goes on to the next member, if there is one.
    fn advance(&mut self) -> io::Result<()> {
        let Some(member) = self.member.take() else { return Ok(()) };
        let mut raw = member.into_inner();
        loop {
            let bytes = match raw.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                other => other?,
            };
            let (n_zeros, n_bytes) = (bytes.iter().take_while(|&&it| it == 0).count(), bytes.len());
            raw.consume(n_zeros);
            if n_zeros < n_bytes {
                self.member = Some(GzDecoder::new(raw));
                return Ok(());
            }
            if n_bytes == 0 {
                return Ok(());
            }
        }
    }
}

impl<R: BufRead> Read for GzipMembers<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        while let Some(member) = &mut self.member {
            match member.read(buffer)? {
                0 => self.advance()?,
                n => return Ok(n),
            }
        }
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::bufread::MultiGzDecoder;
    use proptest::prelude::*;

    use super::*;

    fn pack(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn read(mut reader: impl Read) -> (Vec<u8>, Option<io::ErrorKind>) {
        let mut all = Vec::new();
        let error = reader.read_to_end(&mut all).err().map(|error| error.kind());
        (all, error)
    }

    /// A few raw bytes at a time.
    fn slow(bytes: &[u8], step: usize) -> io::BufReader<&[u8]> {
        io::BufReader::with_capacity(step, bytes)
    }

    #[test]
    fn zeros_fill_the_last_block_and_nothing_else_does() {
        for n_zeros in [1, 7, 512, 10_000] {
            let padded = [pack(b"king "), pack(b"queen"), vec![0; n_zeros]].concat();
            for step in [1, 100, 1 << 16] {
                assert_eq!(
                    read(GzipMembers::new(slow(&padded, step))),
                    (b"king queen".to_vec(), None)
                );
            }
            let (bytes, error) = read(GzipMembers::new(&[&padded[..], b"x"].concat()[..]));
            assert_eq!(bytes, b"king queen");
            assert!(error.is_some());
        }
    }

    proptest! {
        #[test]
        fn members_and_damage_are_those_of_the_crate(
            parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..600), 1..6),
            cut in prop::option::of(any::<prop::sample::Index>()),
            flipped in prop::option::of(any::<prop::sample::Index>()),
            step in 1usize..5000,
        ) {
            let mut packed: Vec<u8> = parts.iter().flat_map(|part| pack(part)).collect();
            if let Some(cut) = cut {
                packed.truncate(1 + cut.index(packed.len() - 1));
            }
            if let Some(flipped) = flipped {
                let place = flipped.index(packed.len());
                packed[place] ^= 0x10;
            }
            let expected = read(MultiGzDecoder::new(&packed[..]));
            let found = read(GzipMembers::new(slow(&packed, step)));
            prop_assert_eq!(found.1.is_some(), expected.1.is_some());
            // How much is handed out before damage depends on the bytes that are there at a time.
            let n = match found.1 {
                Some(_) => found.0.len().min(expected.0.len()),
                None => found.0.len().max(expected.0.len()),
            };
            let start = |bytes: &[u8]| bytes[..n.min(bytes.len())].to_vec();
            prop_assert_eq!(start(&found.0), start(&expected.0));
        }
    }
}
