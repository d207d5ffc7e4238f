//! Any bytes are several spaces in one, or one clear error.
#![no_main]

use std::path::Path;

use eigenlex::align::{CommonSpaces, Language, MapForm};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(spaces) = CommonSpaces::read(bytes, Path::new("fuzz")) {
        let n_spaces = spaces.sides.len();
        for (source, target) in [(0, n_spaces - 1), (n_spaces - 1, 0), (1, 1)] {
            let map = spaces.between(source, target);
            let dim_in = map.space(Language::Source).dim_in;
            if dim_in < 1 << 16 {
                let _ = map.apply(Language::Source, MapForm::Weighted, &vec![1.0; dim_in]);
            }
        }
        assert!(CommonSpaces::read(&spaces.to_bytes(), Path::new("fuzz")).is_ok());
    }
});
