//! Any bytes read as the encoder of a model: an error or tensors of the right shapes, never a panic.

#![no_main]

use std::path::Path;

use eigenlex::{EmbedConfig, Encoding, Recipe};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u8, &[u8])| {
    let (n_words, bytes) = (usize::from(input.0) + 1, input.1);
    let config = EmbedConfig::recipe(Recipe::LsaTuned);
    if let Ok(encoding) = Encoding::read(bytes, Path::new("encoder.safetensors"), n_words, &config) {
        assert_eq!((encoding.statistics.terms.len(), encoding.right_vectors.len()), (n_words, n_words));
    }
});
