//! Any two members of a zip archive are arrays of vectors and words, or one clear error.
#![no_main]

use std::io::Write as _;

use eigenlex::format::{ReadOptions, VectorFile};

/// The header of a local file, its bytes without compression, and the list of the archive.
fn archive(members: [(&str, &[u8]); 2]) -> Vec<u8> {
    let (mut bytes, mut list) = (Vec::new(), Vec::new());
    for (name, data) in members {
        let offset = bytes.len() as u32;
        let mut crc = flate2::Crc::new();
        crc.update(data);
        let size = (data.len() as u32).to_le_bytes();
        let common = [
            &[0u8, 0, 0, 0, 0, 0, 0, 0][..],
            &crc.sum().to_le_bytes()[..],
            &size[..],
            &size[..],
            &(name.len() as u16).to_le_bytes()[..],
            &[0, 0][..],
        ]
        .concat();
        bytes.extend([&b"PK\x03\x04\x14\0"[..], &common[..], name.as_bytes(), data].concat());
        let tail = [&[0u8; 10][..], &offset.to_le_bytes()[..], name.as_bytes()].concat();
        list.extend([&b"PK\x01\x02\x14\0\x14\0"[..], &common[..], &tail[..]].concat());
    }
    let (at, size) = ((bytes.len() as u32).to_le_bytes(), (list.len() as u32).to_le_bytes());
    bytes.extend(list);
    bytes
        .extend([&b"PK\x05\x06\0\0\0\0\x02\0\x02\0"[..], &size[..], &at[..], &[0, 0][..]].concat());
    bytes
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let cut = bytes.windows(2).position(|pair| pair == b"\n\n").unwrap_or(bytes.len());
    let (vectors, words) = bytes.split_at(cut);
    let words = words.strip_prefix(b"\n\n").unwrap_or(words);
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(&archive([("vectors.npy", vectors), ("words.npy", words)])).expect("written");
    if let Ok(file) = VectorFile::open(file.path(), &ReadOptions::default(), &()) {
        assert!(file.vectors.as_slice().iter().all(|number| number.is_finite()));
    }
});
