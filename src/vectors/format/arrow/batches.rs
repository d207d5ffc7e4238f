//! The record batches of an Arrow file or stream, one after the other.
//!
//! In: the bytes. Out: the schema, then each batch with the columns that are asked for. A stream is
//! a row of messages: the schema, then dictionaries and batches. A file holds the same, and a
//! footer that lists where they begin. Nothing is copied that is neither compressed nor out of
//! line.
//!
//! The crate panics at some damaged files; such a panic is caught and becomes the error that the
//! file is damaged.

use std::collections::HashMap;
use std::ops::Range;
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_buffer::Buffer;
use arrow_ipc::convert::try_fb_to_schema;
use arrow_ipc::reader::{read_dictionary, read_footer_length, read_record_batch};
use arrow_ipc::{MessageHeader, root_as_footer, root_as_message};
use arrow_schema::{ArrowError, SchemaRef};
use bytes::Bytes;

use super::buffers;
use crate::base::error::{Error, Result};
use crate::base::panics::caught;
use crate::storage::file_bytes::FileBytes;

/// What a file begins and ends with.
const MAGIC: &[u8] = b"ARROW1";

/// Bytes at the end of a file: the length of the footer, and the magic.
const TRAILER_BYTES: usize = 10;

/// What stands before the length of a message; older writers have only the length.
const CONTINUATION: [u8; 4] = [0xFF; 4];

/// The batches of a file or a stream.
pub(super) struct Batches<'a> {
    path: &'a Path,
    bytes: Buffer,
    schema: SchemaRef,
    dictionaries: HashMap<i64, ArrayRef>,
    messages: Messages,
    n_batches: usize,
    /// Whether a stream ends without its mark.
    pub(super) is_open: bool,
}

/// Where the messages begin.
enum Messages {
    /// At these places: first those of the dictionaries.
    File(std::vec::IntoIter<usize>),
    /// The next one here, each behind the one before.
    Stream(usize),
}

/// A message: its metadata and what is behind them.
struct Message {
    metadata: Range<usize>,
    body: Range<usize>,
}

impl<'a> Batches<'a> {
    /// Opens a file or a stream.
    ///
    /// # Errors
    /// [`Error::Malformed`] if it is damaged.
    pub(super) fn open(bytes: FileBytes, path: &'a Path) -> Result<Self> {
        let bytes = Buffer::from(Bytes::from_owner(bytes));
        let failed = |reason: String| damaged(path, "that cannot be opened", &reason);
        let opened = match bytes.starts_with(MAGIC) {
            true => guarded(|| open_file(&bytes)),
            false => guarded(|| open_stream(&bytes)),
        };
        let (schema, messages) = opened.map_err(failed)?;
        let dictionaries = HashMap::new();
        Ok(Self { path, bytes, schema, dictionaries, messages, n_batches: 0, is_open: false })
    }

    /// The columns.
    pub(super) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The next batch with the columns at these positions; `None` behind the last.
    ///
    /// # Errors
    /// [`Error::Malformed`] if it is damaged.
    pub(super) fn next(&mut self, columns: &[usize]) -> Result<Option<RecordBatch>> {
        let batch = guarded(|| self.read_next(columns)).map_err(|reason: String| {
            damaged(self.path, &format!("in record batch {}", self.n_batches + 1), &reason)
        })?;
        self.n_batches += usize::from(batch.is_some());
        Ok(batch)
    }

    fn read_next(&mut self, columns: &[usize]) -> Answer<Option<RecordBatch>> {
        loop {
            let Some(Message { metadata, body }) = self.next_message()? else { return Ok(None) };
            let n_bytes = body.len();
            let body = self.bytes.slice_with_length(body.start, n_bytes);
            let message = root_as_message(&self.bytes[metadata]).map_err(|_| no_metadata())?;
            let version = message.version();
            match message.header_type() {
                MessageHeader::RecordBatch => {
                    let batch = message.header_as_record_batch().ok_or_else(no_metadata)?;
                    buffers::check(&batch, &body)?;
                    let (schema, dictionaries) = (self.schema.clone(), &self.dictionaries);
                    return read_record_batch(
                        &body,
                        batch,
                        schema,
                        dictionaries,
                        Some(columns),
                        &version,
                    )
                    .map(Some)
                    .map_err(reason_of);
                }
                MessageHeader::DictionaryBatch => {
                    let batch = message.header_as_dictionary_batch().ok_or_else(no_metadata)?;
                    buffers::check(&batch.data().ok_or_else(no_metadata)?, &body)?;
                    let (schema, dictionaries) = (&self.schema, &mut self.dictionaries);
                    read_dictionary(&body, batch, schema, dictionaries, &version)
                        .map_err(reason_of)?;
                }
                MessageHeader::Schema => return Err("it has a second schema".to_owned()),
                other => return Err(format!("it has a message of the kind {other:?}")),
            }
        }
    }

    /// The next message; `None` behind the last.
    fn next_message(&mut self) -> Answer<Option<Message>> {
        match &mut self.messages {
            Messages::File(places) => {
                let Some(place) = places.next() else { return Ok(None) };
                match message_at(&self.bytes, place)? {
                    Some(message) => Ok(Some(message)),
                    None => Err("a message is empty".to_owned()),
                }
            }
            Messages::Stream(place) => {
                if *place == self.bytes.len() {
                    self.is_open = true;
                    return Ok(None);
                }
                let message = message_at(&self.bytes, *place)?;
                if let Some(message) = &message {
                    *place = message.body.end;
                }
                Ok(message)
            }
        }
    }
}

type Answer<T> = std::result::Result<T, String>;

/// The schema of a file, and where its messages begin.
fn open_file(bytes: &Buffer) -> Answer<(SchemaRef, Messages)> {
    let cut = || "it ends before its footer".to_owned();
    let trailer = bytes.len().checked_sub(TRAILER_BYTES).ok_or_else(cut)?;
    let length = bytes[trailer..].try_into().map_err(|_| cut())?;
    let length = read_footer_length(length).map_err(|_| cut())?;
    let begin = trailer.checked_sub(length).ok_or_else(cut)?;
    let footer = root_as_footer(&bytes[begin..trailer])
        .map_err(|_| "its footer is damaged, or names about a million columns".to_owned())?;
    let schema = schema_of(footer.schema().ok_or_else(no_metadata)?)?;
    let dictionaries = footer.dictionaries().into_iter().flatten();
    let blocks = dictionaries.chain(footer.recordBatches().into_iter().flatten());
    let place = |offset: i64| usize::try_from(offset).map_err(|_| no_metadata());
    let places: Vec<usize> = blocks.map(|block| place(block.offset())).collect::<Answer<_>>()?;
    Ok((schema, Messages::File(places.into_iter())))
}

/// The schema of a stream, and where its next message begins.
fn open_stream(bytes: &Buffer) -> Answer<(SchemaRef, Messages)> {
    let no_schema = || "it does not begin with a schema".to_owned();
    let Message { metadata, body } = message_at(bytes, 0)?.ok_or_else(no_schema)?;
    let message = root_as_message(&bytes[metadata]).map_err(|_| no_metadata())?;
    let schema = schema_of(message.header_as_schema().ok_or_else(no_schema)?)?;
    Ok((schema, Messages::Stream(body.end)))
}

fn schema_of(schema: arrow_ipc::Schema<'_>) -> Answer<SchemaRef> {
    if !schema.endianness().equals_to_target_endianness() {
        return Err("its numbers have the order of bytes of another machine".to_owned());
    }
    try_fb_to_schema(schema).map(Arc::new).map_err(reason_of)
}

/// The message at a place; `None` if that is the mark of the end.
fn message_at(bytes: &Buffer, place: usize) -> Answer<Option<Message>> {
    let cut = || "it ends within a message".to_owned();
    let number_at = |place: usize| {
        let bytes = place.checked_add(4).and_then(|end| bytes.get(place..end));
        bytes.and_then(|bytes| <[u8; 4]>::try_from(bytes).ok()).ok_or_else(cut)
    };
    let mut begin = place;
    if number_at(begin)? == CONTINUATION {
        begin += 4;
    }
    let length = i32::from_le_bytes(number_at(begin)?);
    let length = usize::try_from(length).map_err(|_| no_metadata())?;
    if length == 0 {
        return Ok(None);
    }
    let metadata = begin + 4..(begin + 4).checked_add(length).ok_or_else(cut)?;
    let message = bytes.get(metadata.clone()).ok_or_else(cut)?;
    let message = root_as_message(message).map_err(|_| no_metadata())?;
    let n_bytes = usize::try_from(message.bodyLength()).map_err(|_| no_metadata())?;
    let end = metadata.end.checked_add(n_bytes).filter(|&end| end <= bytes.len());
    let body = metadata.end..end.ok_or_else(cut)?;
    Ok(Some(Message { metadata, body }))
}

fn no_metadata() -> String {
    "its metadata are damaged".to_owned()
}

fn reason_of(error: ArrowError) -> String {
    match error {
        ArrowError::IpcError(reason)
        | ArrowError::ParseError(reason)
        | ArrowError::SchemaError(reason)
        | ArrowError::InvalidArgumentError(reason)
        | ArrowError::NotYetImplemented(reason) => reason,
        other => other.to_string(),
    }
}

/// What a call into the crate answers, or that it panicked. Nothing of what it worked on is used
/// afterwards.
pub(super) fn guarded<T>(call: impl FnOnce() -> Answer<T>) -> Answer<T> {
    caught(AssertUnwindSafe(call)).unwrap_or_else(|_| Err("its decoder gave up".to_owned()))
}

/// The error of a file that does not keep to the format.
fn damaged(path: &Path, place: &str, reason: &str) -> Error {
    let found = format!("Arrow {place} ({reason})");
    Error::malformed(path, None, found, "a whole Arrow file or stream")
}
