//! Any bytes are vectors in the text format of word2vec or GloVe, or one clear error.
#![no_main]

use std::path::Path;

use eigenlex::format::word2vec_text;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(vectors) = word2vec_text::read(bytes, Path::new("fuzz")) {
        assert!(!vectors.is_empty());
        assert!(vectors.as_slice().iter().all(|number| number.is_finite()));
        let _ = vectors.lengths();
    }
});
