//! Any text, cut at the first LF LF into words and numbers, are the projector's files, or one clear
//! error.
#![no_main]

use std::path::Path;

use eigenlex::format::projector;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let (metadata, vectors) = text.split_once("\n\n").unwrap_or(("", text));
    if let Ok(vectors) = projector::read(vectors, metadata, Path::new("fuzz")) {
        assert!(!vectors.is_empty());
        assert!(vectors.as_slice().iter().all(|number| number.is_finite()));
        let _ = vectors.lengths();
    }
});
