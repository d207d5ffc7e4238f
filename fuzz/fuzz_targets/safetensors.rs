//! Any bytes are a safetensors file of vectors, or one clear error.
#![no_main]

use std::path::Path;

use eigenlex::format::safetensors;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(contents) = safetensors::read(bytes, Path::new("fuzz")) {
        assert!(!contents.vectors.is_empty());
        let _ = contents.vectors.lengths();
    }
});
