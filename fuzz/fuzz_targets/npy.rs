//! Any bytes, cut at the first LF LF into a list of words, which may be JSON, and an array, are
//! vectors, or one clear error.
#![no_main]

use std::path::Path;

use eigenlex::format::npy;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let cut = bytes.windows(2).position(|pair| pair == b"\n\n").unwrap_or(0);
    let (list, array) = bytes.split_at(cut);
    let array = array.strip_prefix(b"\n\n").unwrap_or(array);
    let name = if list.starts_with(b"{") { "words.json" } else { "words" };
    let _ = npy::read(array, Path::new("fuzz"), list, Path::new(name));
});
