//! Any bytes are a bilingual dictionary, or one clear error.
#![no_main]

use std::path::Path;

use eigenlex::align::Dictionary;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(dictionary) = Dictionary::read(bytes, Path::new("fuzz")) {
        assert!(!dictionary.entries.is_empty());
    }
});
