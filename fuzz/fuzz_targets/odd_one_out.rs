//! Any bytes are odd-one-out questions, or one clear error; each set has two words and a question.
#![no_main]

use std::path::Path;

use eigenlex::evaluate::OddSets;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(sets) = OddSets::read(bytes, Path::new("fuzz"), &str::to_lowercase) {
        assert!(!sets.is_empty());
        assert!(
            sets.sections
                .iter()
                .flat_map(|section| &section.sets)
                .all(|set| set.words.len() >= 2 && !set.outliers.is_empty())
        );
    }
});
