//! Any bytes are analogy questions, or one clear error.
#![no_main]

use std::path::Path;

use eigenlex::evaluate::Questions;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(questions) = Questions::read(bytes, Path::new("fuzz"), &str::to_lowercase) {
        assert!(!questions.is_empty());
    }
});
