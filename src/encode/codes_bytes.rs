//! Codes as the bytes of a safetensors file, in memory: for processes that hand them to each other.
//!
//! In: [`Codes`]. Out: bytes that [`Codes::read`] takes back. Files are written by
//! `codes_writer.rs`, which never has all codes in memory.

use pulp::bytemuck;
use safetensors::tensor::{Dtype, TensorView};

use super::codes::Codes;
use super::document_words::{DocumentWords, TENSORS};

impl Codes {
    /// The bytes of a safetensors file with these codes; [`Codes::read`] takes them back, if there
    /// is at least one code.
    pub fn to_bytes(&self) -> Vec<u8> {
        let origin = serde_json::to_vec(self.origin()).expect("strings and numbers can be written");
        let mut tensors: Vec<(&str, Dtype, Vec<usize>, Vec<u8>)> = vec![
            ("codes", Dtype::F32, vec![self.len(), self.dim()], le_bytes(self.as_slice())),
            ("documents", Dtype::U64, vec![self.len()], le_bytes(self.documents())),
            ("origin", Dtype::U8, vec![origin.len()], origin),
        ];
        if let Some(words) = self.words() {
            tensors.extend(of_words(words));
        }
        let views = tensors.iter().map(|(name, dtype, shape, bytes)| {
            let view = TensorView::new(*dtype, shape.clone(), bytes);
            (*name, view.expect("the shape has as many values as there are"))
        });
        safetensors::serialize(views, None).expect("the names are different")
    }
}

fn of_words(words: &DocumentWords) -> Vec<(&'static str, Dtype, Vec<usize>, Vec<u8>)> {
    let bytes = [
        le_bytes(words.offsets.as_slice()),
        le_bytes(words.spelling_offsets.as_slice()),
        le_bytes(words.ids.as_slice()),
        le_bytes(words.counts.as_slice()),
        le_bytes(words.lengths.as_slice()),
        words.spellings.as_slice().to_vec(),
    ];
    let tensor = |((name, dtype), bytes): ((&'static str, &str), Vec<u8>)| {
        let (dtype, size) = match dtype {
            "U64" => (Dtype::U64, 8),
            "U32" => (Dtype::U32, 4),
            _ => (Dtype::U8, 1),
        };
        (name, dtype, vec![bytes.len() / size], bytes)
    };
    TENSORS.into_iter().zip(bytes).map(tensor).collect()
}

/// The values as little-endian bytes.
fn le_bytes<T: bytemuck::Pod>(values: &[T]) -> Vec<u8> {
    let mut bytes = bytemuck::cast_slice::<T, u8>(values).to_vec();
    if cfg!(target_endian = "big") {
        bytes.chunks_exact_mut(size_of::<T>()).for_each(<[u8]>::reverse);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use super::*;
    use crate::encode::tests::{config, corpus_of, text};
    use crate::encode::{Components, Encoder};
    use crate::weighting::formulas::Weighting;

    #[test]
    fn bytes_of_codes_are_read_back_with_words_and_names() {
        let folder = tempfile::tempdir().unwrap();
        let corpus = corpus_of(folder.path(), &text());
        let model = crate::embed(&corpus, &config(Weighting::LogEntropy), &()).unwrap();
        let encoder = Encoder::new(&model).unwrap();
        let (codes, _) =
            Codes::encode_with_words(&encoder, &corpus, Components::Kept, &()).unwrap();
        let read = Codes::read(&codes.to_bytes(), None, Path::new("codes")).unwrap();
        assert_eq!((read.as_slice(), read.documents()), (codes.as_slice(), codes.documents()));
        assert_eq!((read.dim(), read.origin()), (codes.dim(), codes.origin()));
        assert_eq!(read.name(3), codes.name(3));
        let query = BTreeMap::from([("ship".to_owned(), 1), ("rare".to_owned(), 2)]);
        let found = codes.words().unwrap().search(&query);
        assert!(!found.is_empty());
        assert_eq!(read.words().unwrap().search(&query), found);
        let without = Codes::new(2, vec![1, 4], vec![0.5, 1.0, -1.0, 2.0]);
        let read = Codes::read(&without.to_bytes(), None, Path::new("codes")).unwrap();
        assert!(read.words().is_none() && read.documents() == [1, 4]);
        assert_eq!(read.as_slice(), without.as_slice());
    }
}
