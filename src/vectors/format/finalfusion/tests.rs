//! finalfusion's files: what is written, what is read, and what damage says.

use super::*;
use proptest::prelude::*;

fn written(vectors: &WordVectors) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v.fifu");
    write_stream(&RowStream::from(vectors), &path, false).unwrap();
    std::fs::read(&path).unwrap()
}

fn parse(bytes: &[u8]) -> Result<WordVectors> {
    let path = Path::new("v.fifu");
    Ok(read(FileBytes::Owned(bytes.to_vec()), path, &ReadOptions::default())?.0)
}

fn two() -> WordVectors {
    WordVectors::new(["a", "été"].into_iter().collect(), 2, vec![3.0, 4.0, 0.0, 0.0])
}

#[test]
fn rows_lie_at_length_1_with_their_lengths_behind() {
    let bytes = written(&two());
    let vectors = parse(&bytes).unwrap();
    assert!(vectors.words().iter().eq(["a", "été"]));
    assert_eq!(vectors.as_slice(), [3.0, 4.0, 0.0, 0.0]);
    let unit: Vec<u8> = [0.6f32, 0.8, 0.0, 0.0].into_iter().flat_map(f32::to_le_bytes).collect();
    let start = bytes.windows(16).position(|window| window == unit).unwrap();
    assert_eq!(start % 4, 0);
    let norms: Vec<u8> = [5.0f32, 0.0].into_iter().flat_map(f32::to_le_bytes).collect();
    assert!(bytes.ends_with(&norms));
}

#[test]
fn every_cut_of_a_file_is_refused_without_a_panic() {
    let bytes = written(&two());
    for length in 0..bytes.len() {
        let error = parse(&bytes[..length]).unwrap_err();
        assert!(matches!(error, Error::Malformed { .. }), "{length}: {error}");
    }
}

#[test]
fn damage_and_other_kinds_are_named() {
    let good = written(&two());
    let with = |at: usize, byte: u8| {
        let mut bytes = good.clone();
        bytes[at] = byte;
        parse(&bytes).unwrap_err().to_string()
    };
    assert!(with(0, b'X').contains("found other first bytes"));
    assert!(with(4, 7).contains("found version 7"));
    // The number of the first chunk, behind the list of chunks.
    assert!(with(24, 9).contains("a floret vocabulary"));
    assert!(with(24, 77).contains("a chunk of kind 77"));
    // The number of words: more than there can be, and no memory is taken for them.
    assert!(with(24 + 4 + 8 + 7, 0x7F).contains("the end of the file"));
}

/// A file of two words of four dimensions in two parts of two centroids, of which the rotation
/// exchanges the first and the last value.
fn quantized(rotation: bool, lengths: bool, codes: [u8; 4]) -> Vec<u8> {
    let mut bytes = b"FiFu\0\0\0\0\x02\0\0\0\x01\0\0\0\x04\0\0\0".to_vec();
    let chunk = |bytes: &mut Vec<u8>, number: u32, content: &[u8]| {
        bytes.extend(number.to_le_bytes());
        bytes.extend((content.len() as u64).to_le_bytes());
        bytes.extend(content);
    };
    let words = [&2u64.to_le_bytes()[..], b"\x01\0\0\0a\x01\0\0\0b"].concat();
    chunk(&mut bytes, SIMPLE_VOCABULARY, &words);
    let numbers = [u32::from(rotation), u32::from(lengths), 2, 4, 2];
    let mut content: Vec<u8> = numbers.into_iter().flat_map(u32::to_le_bytes).collect();
    content.extend(2u64.to_le_bytes());
    content.extend([1u32, F32].into_iter().flat_map(u32::to_le_bytes));
    content.extend(vec![0; padding(bytes.len() + 12 + content.len())]);
    let mut floats = |values: &[f32]| content.extend(values.iter().flat_map(|it| it.to_le_bytes()));
    if rotation {
        floats(&[0., 0., 0., 1., 0., 1., 0., 0., 0., 0., 1., 0., 1., 0., 0., 0.]);
    }
    floats(&[1., 2., 3., 4., 5., 6., 7., 8.]);
    if lengths {
        floats(&[2., 0.5]);
    }
    content.extend(codes);
    chunk(&mut bytes, QUANTIZED, &content);
    bytes
}

#[test]
fn rows_are_the_centroids_of_their_codes() {
    let plain = parse(&quantized(false, false, [0, 1, 1, 0])).unwrap();
    assert_eq!(plain.as_slice(), [1., 2., 7., 8., 3., 4., 5., 6.]);
    let long = parse(&quantized(false, true, [0, 1, 1, 0])).unwrap();
    assert_eq!(long.as_slice(), [2., 4., 14., 16., 1.5, 2., 2.5, 3.]);
    let turned = parse(&quantized(true, true, [0, 1, 1, 0])).unwrap();
    assert_eq!(turned.as_slice(), [16., 4., 14., 2., 3., 2., 2.5, 1.5]);
}

#[test]
fn damage_to_a_quantized_matrix_is_named() {
    let message = |bytes: &[u8]| parse(bytes).unwrap_err().to_string();
    let of_code = message(&quantized(false, false, [0, 1, 2, 0]));
    assert!(of_code.contains("found the code 2, expected codes below 2"), "{of_code}");
    let good = quantized(true, true, [0, 1, 1, 0]);
    for length in 0..good.len() {
        let found = message(&good[..length]);
        assert!(found.contains("the end of the file") || length < 20, "{length}: {found}");
    }
    for place in 20..good.len() {
        for byte in [0, 1, 0x7F, 0xFF] {
            let mut bytes = good.clone();
            bytes[place] = byte;
            // Vectors or one error, and no memory on the word of a count.
            let _ = parse(&bytes);
        }
    }
}

proptest! {
    #[test]
    fn vectors_come_back_within_the_rounding(
        values in proptest::collection::vec(-2.0f32..2.0, 12),
    ) {
        let words = ["a", "b", "c", "d"].into_iter().collect();
        let vectors = WordVectors::new(words, 3, values);
        let found = parse(&written(&vectors)).unwrap();
        prop_assert!(found.words().iter().eq(vectors.words().iter()));
        let rows = found.as_slice().chunks(vectors.dim());
        for (found, expected) in rows.zip(vectors.as_slice().chunks(vectors.dim())) {
            let most = length_of(expected) * 3e-7;
            prop_assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() <= most));
        }
    }
}
