//! Any bytes are vectors in the binary format of word2vec, or one clear error.
#![no_main]

use std::path::Path;

use eigenlex::format::word2vec_binary;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(vectors) = word2vec_binary::read(bytes, Path::new("fuzz")) {
        assert!(!vectors.is_empty());
        assert!(vectors.as_slice().iter().all(|number| number.is_finite()));
        let _ = vectors.lengths();
    }
});
