//! Any bytes in any encoding are a text or one clear error, and no text holds a NUL.
#![no_main]

use eigenlex::input::{TextEncoding, TextReader};
use std::io::Read;

const LABELS: [&str; 9] = [
    "utf-8",
    "utf-16",
    "utf-16be",
    "utf-32",
    "shift_jis",
    "gb18030",
    "iso-2022-jp",
    "koi8-r",
    "big5",
];

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((&first, bytes)) = bytes.split_first() else { return };
    // No encoding is given for one of ten.
    let encoding: Option<TextEncoding> = LABELS
        .get(usize::from(first) % (LABELS.len() + 1))
        .map(|label| label.parse().expect("the label is in the standard"));
    let Ok(mut reader) = TextReader::new(bytes, "fuzz".as_ref(), encoding) else { return };
    let mut text = String::new();
    if reader.read_to_string(&mut text).is_ok() {
        assert!(!text.contains('\0'));
    }
});
