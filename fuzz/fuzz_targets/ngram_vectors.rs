//! Any bytes read as the n-gram vectors of a model: an error, or vectors that predict any word
//! with finite values, never a panic.

#![no_main]

use std::path::Path;

use eigenlex::space::NGramVectors;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, &[u8])| {
    if let Ok(ngrams) = NGramVectors::read(input.1, Path::new("subwords.safetensors")) {
        let predicted = ngrams.predict(input.0).expect("all is in memory");
        assert!(predicted.is_none_or(|vector| {
            vector.len() == ngrams.dim() && vector.iter().all(|value| value.is_finite())
        }));
    }
});
