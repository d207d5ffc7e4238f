//! Any bytes are scored pairs of words, or one clear error; their scores have a rank correlation
//! with themselves of 1, or none.
#![no_main]

use std::path::Path;

use eigenlex::evaluate::{ScoredPairs, spearman};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(pairs) = ScoredPairs::read(bytes, Path::new("fuzz"), &str::to_lowercase) {
        let scores: Vec<f64> = pairs.pairs.iter().map(|pair| pair.2).collect();
        assert!(spearman(&scores, &scores).is_none_or(|rho| (rho - 1.0).abs() < 1e-9));
    }
});
