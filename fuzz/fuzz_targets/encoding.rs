//! Any bytes read as the encoder of a model, of singular vectors or a network: an error or tensors
//! of the right shapes, never a panic.

#![no_main]

use std::path::Path;

use eigenlex::EmbedConfig;
use eigenlex::model::Encoding;
use eigenlex::network::{NetworkConfig, NetworkKind};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u8, bool, &[u8])| {
    let (n_words, bytes) = (usize::from(input.0) + 1, input.2);
    let mut config = EmbedConfig::passages();
    if input.1 {
        config = config.dim(2).network(
            NetworkConfig::new(NetworkKind::Vae { kl_weight: 1.0, kl_annealing_epochs: 0 })
                .hidden_size(3),
        );
    }
    if let Ok(encoding) = Encoding::read(bytes, Path::new("encoder.safetensors"), n_words, &config)
    {
        assert_eq!(encoding.statistics.terms.len(), n_words);
        match encoding.network {
            Some(network) => assert_eq!(
                (network.input.len(), network.mean.len(), network.decoder_bias.len()),
                (3 * n_words, 6, n_words)
            ),
            None => assert_eq!(encoding.right_vectors.len(), n_words),
        }
    }
});
