//! The compressed buffers of a record batch, looked at before memory is taken for them.
//!
//! In: what a message says of its buffers, and the bytes behind it. Out: whether each buffer lies
//! in these bytes and, if it is compressed, becomes as long as it says. The decoder takes memory
//! for that length at once, so a large one is first decompressed to nowhere.

use std::io::{self, Read};

use arrow_ipc::{CompressionType, RecordBatch};

/// Bytes that a buffer may ask for unseen: more than a batch of most writers has, and less than any
/// machine can give.
const UNSEEN_BYTES: u64 = 256 << 20;

/// Bytes before a compressed buffer: its length without compression, or -1 if it has none.
const PREFIX_BYTES: usize = 8;

/// Checks all buffers of a batch.
///
/// # Errors
/// What is wrong with the first that cannot be read.
pub(super) fn check(batch: &RecordBatch<'_>, body: &[u8]) -> Result<(), String> {
    let compression = batch.compression().map(|compression| compression.codec());
    for (number, buffer) in batch.buffers().into_iter().flatten().enumerate() {
        let place =
            usize::try_from(buffer.offset()).ok().zip(usize::try_from(buffer.length()).ok());
        let bytes = place
            .and_then(|(begin, length)| body.get(begin..begin.checked_add(length)?))
            .ok_or_else(|| format!("buffer {number} lies outside of its batch"))?;
        let Some(compression) = compression.filter(|_| !bytes.is_empty()) else { continue };
        let Some((length, packed)) = bytes.split_first_chunk::<PREFIX_BYTES>() else {
            return Err(format!("buffer {number} is too short for its length"));
        };
        // The decoder refuses other negative lengths than -1.
        let Ok(length) = u64::try_from(i64::from_le_bytes(*length)) else { continue };
        if length > UNSEEN_BYTES && unpacked_length(packed, compression, length) != Some(length) {
            return Err(format!("buffer {number} does not become {length} bytes"));
        }
    }
    Ok(())
}

/// How many bytes a buffer becomes, at most one more than `most`; `None` if it is damaged.
fn unpacked_length(packed: &[u8], compression: CompressionType, most: u64) -> Option<u64> {
    let most = most.checked_add(1)?;
    let count = |reader: &mut dyn Read| io::copy(&mut reader.take(most), &mut io::sink()).ok();
    match compression {
        CompressionType::ZSTD => count(&mut zstd::stream::read::Decoder::new(packed).ok()?),
        CompressionType::LZ4_FRAME => count(&mut lz4_flex::frame::FrameDecoder::new(packed)),
        _ => None,
    }
}
