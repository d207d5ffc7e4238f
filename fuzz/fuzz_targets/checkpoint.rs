//! Any bytes read as the checkpoint of a training: an error or a state of it, never a panic.

#![no_main]

use std::path::Path;

use eigenlex::network::{Checkpoint, NetworkConfig, NetworkKind};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let config = NetworkConfig { hidden: 2, ..NetworkConfig::new(NetworkKind::Vae { kl_weight: 1.0, kl_anneal: 0 }) };
    if let Ok(checkpoint) = Checkpoint::read(bytes, Path::new("model.checkpoint"), &config, 3, 2) {
        assert!(checkpoint.epochs.len() <= config.epochs);
    }
});
