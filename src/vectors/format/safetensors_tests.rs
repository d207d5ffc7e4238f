//! Tests of `safetensors`.

use super::*;
use crate::base::error::Error;
use crate::vectors::format::tests::{any_vectors, assert_same, same_bits, small};
use crate::vectors::format::{OnFault, ReadOptions, VectorFile};
use proptest::prelude::*;

fn bytes_of(vectors: &WordVectors) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v.safetensors");
    let metadata = [("b".to_owned(), "2".to_owned()), ("a".to_owned(), "ü \"quoted\"".to_owned())]
        .into_iter()
        .collect();
    write(vectors, &[2.5, 0.1], &metadata, &path, false).unwrap();
    let opened = open(&path).unwrap();
    assert_same(&opened.vectors, vectors);
    assert_eq!(opened.singular_values, [2.5, 0.1]);
    assert_eq!(opened.metadata, metadata);
    std::fs::read(&path).unwrap()
}

#[test]
fn a_file_comes_back_and_the_crate_reads_it_too() {
    let bytes = bytes_of(&small());
    let file = SafeTensors::deserialize(&bytes).unwrap();
    assert_eq!(file.tensor("embeddings").unwrap().shape(), [3, 2]);
    assert_eq!(file.tensor("words").unwrap().data(), "theofcafé".as_bytes());
    assert_eq!(bytes, bytes_of(&small()));
}

#[test]
fn every_cut_of_a_file_is_refused_without_a_panic() {
    let bytes = bytes_of(&small());
    for length in 0..bytes.len() {
        let error = read(&bytes[..length], Path::new("v.safetensors")).unwrap_err();
        assert!(matches!(error, Error::Malformed { .. }), "{error}");
    }
}

#[test]
fn embeddings_that_are_not_aligned_are_copied() {
    let mut bytes = bytes_of(&small());
    // One more space in the header moves everything by a byte.
    let length = u64_of(&bytes[..8]);
    bytes.insert(8 + length as usize, b' ');
    bytes[..8].copy_from_slice(&(length + 1).to_le_bytes());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v.safetensors");
    std::fs::write(&path, &bytes).unwrap();
    assert_same(&open(&path).unwrap().vectors, &small());
}

#[test]
fn damage_is_named() {
    let path = Path::new("v.safetensors");
    let good = bytes_of(&small());
    let says = |bytes: &[u8], part: &str| {
        let message = read(bytes, path).unwrap_err().to_string();
        assert!(message.contains(part), "{message}");
    };
    says(b"", "found the end of the file in the header");
    says(&good[..30], "found the end of the file in the header");
    for other_length in [&good[..good.len() - 1], &[&good[..], b"."].concat()] {
        says(other_length, "found a file that is shorter or longer than its header says");
    }
    says(&[0xFF; 64], "found a broken header");
    let text = |from: &str, to: &str| {
        assert_eq!(from.len(), to.len());
        let position =
            good.windows(from.len()).position(|window| window == from.as_bytes()).unwrap();
        let mut bytes = good.clone();
        bytes[position..position + to.len()].copy_from_slice(to.as_bytes());
        bytes
    };
    says(&text("embeddings", "embeddingz"), "no tensor `embeddings`");
    says(&text("[3, 2]", "[2, 3]"), "found 4 word offsets, expected 3 for 2 words");
    let mut bytes = good.clone();
    let spelling = bytes.windows(5).position(|window| window == b"theof").unwrap();
    bytes[spelling] = 0xFF;
    says(&bytes, "found words that are not UTF-8 at byte 0, expected UTF-8");
    let mut bytes = good.clone();
    // The offsets 0, 3, 5, 10 follow the header and two singular values.
    let offsets = 8 + u64_of(&good[..8]) as usize + 16;
    bytes[offsets + 8] = 200;
    says(&bytes, "found word offset 1 at 200, expected offsets that rise from 0 and cut UTF-8");
}

#[test]
fn words_lengths_and_counts_stay_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v.safetensors");
    let vectors = small();
    let counts: [&[u64]; 2] = [&[9, 7, 1], &[3, 3, 1]];
    write_counted(&vectors, &[], counts, &BTreeMap::new(), &path, false).unwrap();
    let opened = open(&path).unwrap();
    let kept = opened.counts.unwrap();
    assert_eq!([&kept.tokens[..], &kept.documents[..]], counts);
    assert!(!kept.tokens.is_owned() && !opened.vectors.is_owned());
    assert_eq!(opened.vectors.lengths().unwrap(), vectors.lengths().unwrap());
    for (id, word) in (0..).zip(vectors.words().iter()) {
        assert_eq!(opened.vectors.id(word), Some(WordId(id)));
    }
    assert_eq!(opened.vectors.id("cafe"), None);
    assert_eq!(opened.vectors.id(""), None);
    // The words are found too where the index leads nowhere.
    let mut bytes = std::fs::read(&path).unwrap();
    let (_, range) = Tensors::of(&bytes, &path).unwrap().find("word_index", &[Dtype::U32]).unwrap();
    for damage in [0, 1, 2, 77, u32::MAX] {
        bytes[range.clone()].as_chunks_mut::<4>().0.fill(damage.to_le_bytes());
        std::fs::write(&path, &bytes).unwrap();
        let opened = open(&path).unwrap();
        for (id, word) in (0..).zip(vectors.words().iter()) {
            assert_eq!(opened.vectors.id(word), Some(WordId(id)));
        }
        assert_eq!(opened.vectors.id("cafe"), None);
        let read =
            |on_fault| VectorFile::open(&path, &ReadOptions::default().on_fault(on_fault), &());
        assert_eq!(
            read(OnFault::Repair).unwrap().report.notes[0].to_string(),
            "`word_index`, which does not find each word; made anew"
        );
        let error = read(OnFault::Refuse).unwrap_err().to_string();
        assert!(error.contains("expected an index that finds each word"), "{error}");
    }
}

#[test]
fn a_number_that_is_not_finite_is_refused_in_both_directions() {
    let words: Words = ["a"].into_iter().collect();
    let vectors = WordVectors::new(words, 1, vec![f32::INFINITY]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v.safetensors");
    let error = write(&vectors, &[], &BTreeMap::new(), &path, false).unwrap_err();
    assert!(matches!(error, Error::NotFinite { .. }));
    assert!(!path.exists());
    let mut bytes = bytes_of(&WordVectors::new(["a"].into_iter().collect(), 1, vec![1.5]));
    let is_it = |window: &[u8]| window == 1.5f32.to_le_bytes();
    let position = bytes.windows(4).position(is_it).unwrap();
    bytes[position..position + 4].copy_from_slice(&f32::NAN.to_le_bytes());
    let message = read(&bytes, Path::new("v.safetensors")).unwrap_err().to_string();
    assert_eq!(message, "`v.safetensors`: found NaN in the vector of `a`, expected finite numbers");
    // Its length is a number, as it was.
    std::fs::write(&path, &bytes).unwrap();
    let damaged = open(&path).unwrap().vectors;
    assert!(matches!(damaged.length(WordId(0)), Err(Error::NotFinite { .. })));
    // Its length is no number either.
    let norm = bytes[position + 4..].windows(4).position(is_it).unwrap() + position + 4;
    bytes[norm..norm + 4].copy_from_slice(&f32::NAN.to_le_bytes());
    std::fs::write(&path, &bytes).unwrap();
    assert!(matches!(open(&path).unwrap().vectors.lengths(), Err(Error::NotFinite { .. })));
}

proptest! {
    #[test]
    fn any_vectors_come_back(vectors in any_vectors(".{0,8}")) {
        let bytes = bytes_of(&vectors);
        prop_assert!(same_bits(&read(&bytes, Path::new("v")).unwrap().vectors, &vectors));
    }

    #[test]
    fn any_damage_is_an_error_or_words_that_can_be_read(
        place in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut bytes = bytes_of(&small());
        let header = 8 + u64_of(&bytes[..8]) as usize;
        let place = header + place.index(bytes.len() - header);
        bytes[place] = byte;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("v.safetensors");
        std::fs::write(&path, &bytes).unwrap();
        let mapped = open(&path);
        let copied = read(&bytes, &path);
        if let Ok(opened) = &mapped {
            for word in opened.vectors.words().iter() {
                let _ = opened.vectors.id(word);
            }
            prop_assert_eq!(opened.vectors.id("absent"), None);
        }
        // The numbers are looked at later where they are mapped, and an index is believed.
        prop_assert!(copied.is_err() || mapped.is_ok());
    }
}
