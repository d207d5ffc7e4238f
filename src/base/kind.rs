//! What a path leads to, so that a message can say which kind of file or folder stands there and
//! which is needed.
//!
//! In: a path. Out: its kind, by the names in a folder and by the first bytes of a file; nothing is
//! checked beyond that.

use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use crate::base::foreign::ForeignFormat;

/// A kind of file or folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FileKind {
    /// A folder that `eigenlex embed` has made.
    Model,
    /// A folder that `eigenlex embed --parallel` has made: two models and the map between them.
    Parallel,
    /// Another folder.
    Folder,
    /// A map of two languages.
    Map,
    /// A hub of several languages, or a chain of time slices.
    Spaces,
    /// Codes of documents.
    Codes,
    /// A file of word vectors, in a format that tells so by its first bytes or by a file beside it.
    Vectors,
    /// A file without a byte.
    Empty,
    /// A file of another program's format.
    Foreign(ForeignFormat),
    /// Any other file: word vectors as text, a corpus, anything.
    Other,
}

/// Bytes of a file that are looked at: the header of a safetensors file of a few tensors.
const BYTES_LOOKED_AT: u64 = 1 << 16;

impl FileKind {
    /// Looks at what stands at `path`.
    ///
    /// # Errors
    /// Nothing stands there, or it cannot be read.
    pub fn of(path: impl AsRef<Path>) -> io::Result<Self> {
        let path = path.as_ref();
        if std::fs::metadata(path)?.is_dir() {
            return Ok(match (path.join("model.json").is_file(), path.join("map").is_file()) {
                (true, _) => Self::Model,
                (false, true) => Self::Parallel,
                (false, false) => Self::Folder,
            });
        }
        // A pipe can be read once, by whoever wants what it says.
        if !std::fs::metadata(path)?.is_file() {
            return Ok(Self::Other);
        }
        let mut start = Vec::new();
        File::open(path).and_then(|file| file.take(BYTES_LOOKED_AT).read_to_end(&mut start))?;
        if start.is_empty() {
            return Ok(Self::Empty);
        }
        if start.starts_with(b"\x93NUMPY") {
            // Earlier versions wrote `.documents.txt`.
            let is_of_documents = ["documents.tsv", "documents.txt"]
                .iter()
                .any(|extension| path.with_extension(extension).is_file());
            return Ok(if is_of_documents { Self::Codes } else { Self::Vectors });
        }
        if start.starts_with(b"{\"document\":")
            && start.windows(8).any(|window| window == b",\"code\":")
        {
            return Ok(Self::Codes);
        }
        // Eight bytes of length, then JSON.
        if start.len() < 9 || start[8] != b'{' || start[4..8] != [0; 4] {
            return Ok(match ForeignFormat::of(&start) {
                Some(format) => Self::Foreign(format),
                None if begins_like_vectors(&start) => Self::Vectors,
                None => Self::Other,
            });
        }
        let length = u32::from_le_bytes([start[0], start[1], start[2], start[3]]) as usize;
        let header = &start[8..start.len().min(8 + length)];
        let holds = |name: &str| header.windows(name.len()).any(|window| window == name.as_bytes());
        Ok(match () {
            () if holds("{\"eigenlex_map\"") => Self::Map,
            () if holds("{\"eigenlex_spaces\"") => Self::Spaces,
            () if holds("\"codes\":{") && holds("\"documents\":{") => Self::Codes,
            () if holds("\"embeddings\":{") => Self::Vectors,
            () => Self::Other,
        })
    }

    /// The kind as what is asked for.
    pub(crate) fn as_needed(self) -> &'static str {
        match self {
            Self::Model => "a model",
            Self::Spaces => "a chain of time slices",
            Self::Map => "a map of two languages",
            _ => "a model or a file of word vectors",
        }
    }
}

impl fmt::Display for FileKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Foreign(format) => return format.fmt(formatter),
            Self::Model => "a model",
            Self::Parallel => "a folder of two models and their map",
            Self::Folder => "a folder that is no model",
            Self::Map => "a map of two languages",
            Self::Spaces => "a hub or a chain",
            Self::Codes => "a file of document codes",
            Self::Vectors => "a file of word vectors",
            Self::Empty => "an empty file",
            Self::Other => "a file of another kind",
        })
    }
}

/// Whether the first line is the header of a word2vec file, or a word and at least two numbers.
fn begins_like_vectors(start: &[u8]) -> bool {
    let line = start.split(|&byte| byte == b'\n').next().unwrap_or(start);
    let fields: Vec<&[u8]> =
        line.split(u8::is_ascii_whitespace).filter(|field| !field.is_empty()).collect();
    let is_number =
        |field: &&[u8]| std::str::from_utf8(field).is_ok_and(|field| field.parse::<f64>().is_ok());
    let is_whole = |field: &&[u8]| field.iter().all(u8::is_ascii_digit);
    match fields.as_slice() {
        [words, dim] => is_whole(words) && is_whole(dim),
        // The last number may be cut off.
        [_, numbers @ .., _] => !numbers.is_empty() && numbers.iter().all(is_number),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn kinds_are_told_by_content_and_neighbours() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let safetensors =
            |json: &str| [&(json.len() as u64).to_le_bytes()[..], json.as_bytes()].concat();
        fs::create_dir(path("model")).unwrap();
        fs::write(path("model/model.json"), "{}").unwrap();
        fs::create_dir(path("pair")).unwrap();
        fs::write(path("pair/map"), "").unwrap();
        fs::create_dir(path("folder")).unwrap();
        fs::write(path("a.map"), safetensors("{\"__metadata__\":{\"eigenlex_map\":\"{}\"}}"))
            .unwrap();
        fs::write(path("hub"), safetensors("{\"__metadata__\":{\"eigenlex_spaces\":\"{}\"}}"))
            .unwrap();
        fs::write(path("c.safetensors"), safetensors("{\"codes\":{},\"documents\":{}}")).unwrap();
        fs::write(path("v.safetensors"), safetensors("{\"embeddings\":{}}")).unwrap();
        fs::write(path("v.npy"), b"\x93NUMPY\x01").unwrap();
        fs::write(path("c.npy"), b"\x93NUMPY\x01").unwrap();
        fs::write(path("c.documents.tsv"), "1\n").unwrap();
        fs::write(path("c.jsonl"), "{\"document\":1,\"code\":[0.5]}\n").unwrap();
        fs::write(path("old.npy"), b"\x93NUMPY\x01").unwrap();
        fs::write(path("old.documents.txt"), "1\n").unwrap();
        fs::write(path("empty"), "").unwrap();
        fs::write(path("v.vec"), "1 1\na 1\n").unwrap();
        fs::write(path("glove.txt"), "a 0.5 -1e-3\nb 1 2\n").unwrap();
        fs::write(path("saved"), b"\x80\x04\x95\x10").unwrap();
        fs::write(path("corpus.txt"), "It was 5 years ago.\n").unwrap();
        let expected = [
            ("model", FileKind::Model),
            ("pair", FileKind::Parallel),
            ("folder", FileKind::Folder),
            ("a.map", FileKind::Map),
            ("hub", FileKind::Spaces),
            ("c.safetensors", FileKind::Codes),
            ("v.safetensors", FileKind::Vectors),
            ("v.npy", FileKind::Vectors),
            ("c.npy", FileKind::Codes),
            ("old.npy", FileKind::Codes),
            ("c.jsonl", FileKind::Codes),
            ("empty", FileKind::Empty),
            ("v.vec", FileKind::Vectors),
            ("glove.txt", FileKind::Vectors),
            ("corpus.txt", FileKind::Other),
            ("saved", FileKind::Foreign(ForeignFormat::Pickle)),
        ];
        for (name, kind) in expected {
            assert_eq!(FileKind::of(path(name)).unwrap(), kind, "{name}");
        }
        assert!(FileKind::of(path("nothing")).is_err());
    }
}
