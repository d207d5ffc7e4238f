//! Any bytes are a map, or one clear error.
#![no_main]

use std::path::Path;

use eigenlex::align::{AlignmentMap, Language, MapForm};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(map) = AlignmentMap::read(bytes, Path::new("fuzz")) {
        let dim_in = map.space(Language::Source).dim_in;
        if dim_in < 1 << 16 {
            let _ = map.apply(Language::Source, MapForm::Weighted, &vec![1.0; dim_in]);
        }
        assert!(AlignmentMap::read(&map.to_bytes(), Path::new("fuzz")).is_ok());
    }
});
