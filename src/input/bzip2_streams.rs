//! bzip2 files that consist of many streams, decoded in parallel: dumps of MediaWiki
//! ("multistream"), and whatever pbzip2 writes.
//!
//! In: raw bytes, at least one: a file without any shows no compression, and is read as plain
//! bytes. Out: the same decompressed bytes, and the same kinds of errors, as from a decoder that
//! reads one stream after the other.
//!
//! A stream begins at a whole byte, with `BZh`, a digit, and the six bytes that open its first
//! block, so the beginnings are found without decoding. A batch of streams is decoded at once, each
//! as a whole, and handed out in order. The six bytes can also stand within a stream by chance;
//! then the decoder is not at the end of its stream at the cut, and that stream is decoded again,
//! from its beginning, as far as it goes. So is a stream that is large: its decoder hands out what
//! it has as it goes, so that memory stays bounded.

use std::io::{self, Read};

use bzip2::{Decompress, Status};
use memchr::memmem;
use rayon::prelude::*;

/// What a stream that is not empty begins with, after `BZh` and the size of its blocks.
const BLOCK: [u8; 6] = [0x31, 0x41, 0x59, 0x26, 0x53, 0x59];

/// Bytes before [`BLOCK`] in a stream.
const HEADER_BYTES: usize = 4;

/// Compressed size above which a stream is decoded while it is read: those of a MediaWiki dump have
/// a few hundred kilobytes, those of pbzip2 fewer.
const LARGE_COMPRESSED: usize = 2 << 20;

/// Decompressed size above which a stream is decoded piece by piece.
const LARGE: usize = 4 << 20;

/// Most streams of a batch, whatever the number of threads: they take up to [`LARGE`] each.
const MOST_STREAMS: usize = 32;

/// Bytes that are read, and decoded, at a time.
const STEP_BYTES: usize = 1 << 18;

/// Reads the decompressed bytes of a sequence of bzip2 streams.
pub(super) struct Bzip2Streams<R> {
    raw: R,
    at_end: bool,
    /// Compressed bytes from the beginning of a stream on, or from where `running` is.
    compressed: Vec<u8>,
    /// Bytes of `compressed` that are done with.
    done: usize,
    /// The decoder of a stream that is decoded as it is read.
    running: Option<Decompress>,
    /// Decoded, but not handed out: the last part first.
    decoded: Vec<Vec<u8>>,
    /// Bytes of the last of `decoded` that are handed out.
    handed_out: usize,
}

/// What comes of a stream that is decoded up to a cut.
enum Outcome {
    /// The stream ends at the cut.
    Whole(Vec<u8>),
    /// It is large, damaged, or ends elsewhere.
    Other,
}

impl<R: Read> Bzip2Streams<R> {
    pub(super) fn new(raw: R) -> Self {
        Self {
            raw,
            at_end: false,
            compressed: Vec::new(),
            done: 0,
            running: None,
            decoded: Vec::new(),
            handed_out: 0,
        }
    }

    /// Reads on until `wanted` compressed bytes are there that are not done with, or the end.
    fn fill(&mut self, wanted: usize) -> io::Result<()> {
        if self.compressed.len() - self.done >= wanted || self.at_end {
            return Ok(());
        }
        self.compressed.drain(..self.done);
        self.done = 0;
        while self.compressed.len() < wanted && !self.at_end {
            let filled = self.compressed.len();
            self.compressed.resize(filled + STEP_BYTES, 0);
            let read = loop {
                match self.raw.read(&mut self.compressed[filled..]) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    other => break other,
                }
            };
            self.compressed.truncate(filled + *read.as_ref().unwrap_or(&0));
            self.at_end = read? == 0;
        }
        Ok(())
    }

    /// Decodes something more; false at the end.
    fn decode(&mut self) -> io::Result<bool> {
        if self.running.is_some() {
            return self.decode_running().map(|()| true);
        }
        let n_streams = (2 * rayon::current_num_threads()).clamp(2, MOST_STREAMS);
        // Large enough for a batch of the streams that are not large, as they are met.
        self.fill(LARGE_COMPRESSED + n_streams * STEP_BYTES)?;
        let bytes = &self.compressed[self.done..];
        if bytes.is_empty() {
            return Ok(false);
        }
        let streams = whole_streams(bytes, n_streams, self.at_end);
        let outcomes: Vec<Outcome> =
            streams.par_iter().map(|stream| decode_whole(stream)).collect();
        let mut parts = Vec::with_capacity(outcomes.len());
        for (stream, outcome) in streams.iter().zip(outcomes) {
            match outcome {
                Outcome::Whole(bytes) => {
                    self.done += stream.len();
                    parts.push(bytes);
                }
                Outcome::Other => break,
            }
        }
        if parts.is_empty() {
            self.running = Some(Decompress::new(false));
        }
        parts.reverse();
        self.decoded = parts;
        self.handed_out = 0;
        Ok(true)
    }

    /// Decodes a part of the stream that is decoded as it is read.
    fn decode_running(&mut self) -> io::Result<()> {
        self.fill(STEP_BYTES)?;
        let Some(decoder) = &mut self.running else { return Ok(()) };
        let mut bytes = vec![0; STEP_BYTES];
        let (before_in, before_out) = (decoder.total_in(), decoder.total_out());
        let status = decoder.decompress(&self.compressed[self.done..], &mut bytes);
        let status = status.map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        let n_in = (decoder.total_in() - before_in) as usize;
        let n_out = (decoder.total_out() - before_out) as usize;
        self.done += n_in;
        if status == Status::StreamEnd {
            self.running = None;
        } else if n_in == 0 && n_out == 0 && (self.at_end || self.done < self.compressed.len()) {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "decompression not finished but EOF reached",
            ));
        }
        bytes.truncate(n_out);
        self.decoded = vec![bytes];
        self.handed_out = 0;
        Ok(())
    }
}

impl<R: Read> Read for Bzip2Streams<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            while let Some(part) = self.decoded.last() {
                let rest = &part[self.handed_out..];
                if !rest.is_empty() {
                    let n = rest.len().min(buffer.len());
                    buffer[..n].copy_from_slice(&rest[..n]);
                    self.handed_out += n;
                    return Ok(n);
                }
                self.decoded.pop();
                self.handed_out = 0;
            }
            if !self.decode()? {
                return Ok(0);
            }
        }
    }
}

/// The streams at the beginning of `bytes` that seem to be there as a whole and are not large, at
/// most `most` of them.
fn whole_streams(bytes: &[u8], most: usize, at_end: bool) -> Vec<&[u8]> {
    let mut streams = Vec::new();
    let mut start = 0;
    while streams.len() < most {
        let end = match next_stream(bytes, start + 1) {
            Some(end) => end,
            None if at_end && start < bytes.len() => bytes.len(),
            None => break,
        };
        if end - start > LARGE_COMPRESSED {
            break;
        }
        streams.push(&bytes[start..end]);
        start = end;
    }
    streams
}

/// Where the first stream begins that begins at `from` or later.
fn next_stream(bytes: &[u8], from: usize) -> Option<usize> {
    let mut place = from + HEADER_BYTES;
    loop {
        place += memmem::find(bytes.get(place..)?, &BLOCK)?;
        let start = place - HEADER_BYTES;
        if matches!(bytes[start..place], [b'B', b'Z', b'h', b'1'..=b'9']) {
            return Some(start);
        }
        place += 1;
    }
}

/// Decodes what seems to be a stream, from its beginning to its end.
fn decode_whole(stream: &[u8]) -> Outcome {
    let mut decoder = Decompress::new(false);
    let mut bytes = Vec::with_capacity((4 * stream.len()).clamp(STEP_BYTES, LARGE));
    loop {
        let before = (decoder.total_in(), decoder.total_out());
        let rest = &stream[decoder.total_in() as usize..];
        match decoder.decompress_vec(rest, &mut bytes) {
            Ok(Status::StreamEnd) if decoder.total_in() == stream.len() as u64 => {
                return Outcome::Whole(bytes);
            }
            Ok(Status::StreamEnd) | Err(_) => return Outcome::Other,
            Ok(_) if bytes.len() >= LARGE => return Outcome::Other,
            Ok(_) if bytes.len() == bytes.capacity() => bytes.reserve(STEP_BYTES),
            Ok(_) if before == (decoder.total_in(), decoder.total_out()) => return Outcome::Other,
            Ok(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use bzip2::Compression;
    use bzip2::read::MultiBzDecoder;
    use proptest::prelude::*;

    use super::*;

    fn pack(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    /// Hands out a few bytes at a time.
    struct Slow<'a>(&'a [u8], usize);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let n = self.1.min(buffer.len()).min(self.0.len());
            buffer[..n].copy_from_slice(&self.0[..n]);
            self.0 = &self.0[n..];
            Ok(n)
        }
    }

    /// Two readers agree: on all bytes, or on the kind of the error and on the bytes that both have
    /// handed out before it.
    fn agree(
        found: &(Vec<u8>, Option<io::ErrorKind>),
        expected: &(Vec<u8>, Option<io::ErrorKind>),
    ) -> bool {
        let n = if found.1.is_some() { found.0.len().min(expected.0.len()) } else { usize::MAX };
        let start = |bytes: &[u8]| bytes[..bytes.len().min(n)].to_vec();
        found.1 == expected.1 && start(&found.0) == start(&expected.0)
    }

    /// All that a reader gives, in reads of `step` bytes, and the kind of its error.
    fn read(mut reader: impl Read, step: usize) -> (Vec<u8>, Option<io::ErrorKind>) {
        let (mut all, mut buffer) = (Vec::new(), vec![0; step]);
        loop {
            match reader.read(&mut buffer) {
                Ok(0) => return (all, None),
                Ok(n) => all.extend(&buffer[..n]),
                Err(error) => return (all, Some(error.kind())),
            }
        }
    }

    /// Bytes that do not compress.
    fn noise(n: usize) -> Vec<u8> {
        let mut state = 1u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 56) as u8
        };
        (0..n).map(|_| next()).collect()
    }

    #[test]
    fn many_streams_are_those_of_the_sequential_decoder() {
        let text = "the king and the queen\n".repeat(4000);
        let mut packed = Vec::new();
        for (number, part) in text.as_bytes().chunks(701).enumerate() {
            packed.extend(pack(part));
            if number % 7 == 0 {
                packed.extend(pack(b""));
            }
        }
        assert_eq!(read(Bzip2Streams::new(&packed[..]), 10_007), (text.into_bytes(), None));
    }

    #[test]
    fn a_large_stream_between_small_ones_is_read_in_pieces() {
        // Five million equal bytes take a few dozen when compressed; noise takes as many as it has.
        let (zeros, noise) = (vec![0; 5 << 20], noise(3 << 20));
        let parts: [&[u8]; 5] = [b"first\n", &zeros, b"between\n", &noise, b"last\n"];
        let packed: Vec<u8> = parts.iter().flat_map(|part| pack(part)).collect();
        let (bytes, error) = read(Bzip2Streams::new(&packed[..]), 1 << 16);
        assert!(bytes == parts.concat() && error.is_none());
        // What is held never exceeds a batch.
        let mut reader = Bzip2Streams::new(&packed[..]);
        let mut buffer = [0; 1 << 16];
        while reader.read(&mut buffer).unwrap() > 0 {
            assert!(reader.decoded.iter().map(Vec::len).sum::<usize>() <= MOST_STREAMS * LARGE);
            assert!(reader.compressed.len() <= LARGE_COMPRESSED + (MOST_STREAMS + 1) * STEP_BYTES);
        }
    }

    #[test]
    fn a_beginning_that_is_none_does_not_cut_a_stream() {
        // The stream after the empty one begins with the ten bytes that are looked for, and the
        // first two are one part at the first look: the decoder is at its end before the cut.
        let packed = [pack(&noise(300_000)), pack(b""), pack(b"end")].concat();
        assert_eq!(whole_streams(&packed, 9, true).len(), 2);
        assert!(matches!(decode_whole(whole_streams(&packed, 9, true)[0]), Outcome::Other));
        let (bytes, error) = read(Bzip2Streams::new(&packed[..]), 4096);
        assert!(bytes == [&noise(300_000)[..], b"end"].concat() && error.is_none());
        // Ten such bytes in the middle of a block: two parts, of which neither is a stream. The
        // block is damaged by them, so both decoders refuse it.
        let mut false_start = pack(&noise(300_000));
        let middle = false_start.len() / 2;
        false_start[middle..middle + 4].copy_from_slice(b"BZh9");
        false_start[middle + 4..middle + 10].copy_from_slice(&BLOCK);
        assert_eq!(whole_streams(&false_start, 9, true).len(), 2);
        let found = read(Bzip2Streams::new(&false_start[..]), 4096);
        assert!(agree(&found, &read(MultiBzDecoder::new(&false_start[..]), 4096)));
        assert_eq!(found.1, Some(io::ErrorKind::InvalidInput));
    }

    proptest! {
        #[test]
        fn any_streams_and_any_damage_are_those_of_the_sequential_decoder(
            parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..600), 1..12),
            (raw_step, step) in (1usize..5000, 1usize..5000),
            cut in prop::option::of(any::<prop::sample::Index>()),
            garbage in prop::option::of(prop::collection::vec(any::<u8>(), 1..40)),
            flipped in prop::option::of(any::<prop::sample::Index>()),
        ) {
            let mut packed: Vec<u8> = parts.iter().flat_map(|part| pack(part)).collect();
            // Not to nothing: an empty file is not compressed, so its reader is another.
            if let Some(cut) = cut {
                packed.truncate(1 + cut.index(packed.len() - 1));
            }
            packed.extend(garbage.unwrap_or_default());
            if let Some(flipped) = flipped {
                let place = flipped.index(packed.len());
                packed[place] ^= 0x10;
            }
            let expected = read(MultiBzDecoder::new(&packed[..]), step);
            let found = read(Bzip2Streams::new(Slow(&packed, raw_step)), step);
            prop_assert!(agree(&found, &expected), "{:?} {:?}", found.1, expected.1);
        }
    }
}
