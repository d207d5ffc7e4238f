//! Tests of the training: the linear network against the singular value decomposition, the bits,
//! checkpoints and parameters.

use super::gradient_tests::{VAE, config};
use super::train::Run;
use super::{Loss, NetworkConfig, NetworkKind, SparseRows};
use crate::base::error::Error;
use crate::base::progress::{Progress, Stage};
use crate::base::random::uniform;
use crate::operator::DenseMatrix;
use crate::storage::checkpoints::{CheckpointFolder, CheckpointKey, CheckpointSlot};
use crate::svd::RandomizedSvd;

/// Documents of two subjects, with some noise; `n_words` words.
fn documents(n: usize, n_words: usize) -> SparseRows {
    let mut rows = SparseRows::new();
    for row in 0..n {
        let entry = |j: usize| {
            let subject = usize::from(j < n_words / 2) == row % 2;
            let draw = uniform(11, row as u64, j as u64);
            (draw < if subject { 0.5 } else { 0.1 })
                .then_some((j as u32, 1.0 + (4.0 * draw) as f32))
        };
        rows.push((0..n_words).filter_map(entry));
    }
    rows
}

fn run(config: &NetworkConfig, rows: SparseRows, n_words: usize, dim: usize) -> Run<'_> {
    let counts = (config.loss == Loss::Multinomial).then(|| rows.clone());
    Run { weights: rows, counts, n_words, dim, config, seed: 42, kept: None }
}

#[test]
fn the_linear_network_comes_to_the_loss_of_the_svd() {
    let (n, n_words, dim) = (80, 30, 4);
    let rows = documents(n, n_words);
    let dense: Vec<Vec<f32>> = (0..n)
        .map(|row| {
            let mut dense = vec![0.0; n_words];
            rows.row(row)
                .0
                .iter()
                .zip(rows.row(row).1)
                .for_each(|(&column, &value)| dense[column as usize] = value);
            dense
        })
        .collect();
    let svd = RandomizedSvd { tolerance: 1e-6, ..RandomizedSvd::new(dim) }
        .decompose(&DenseMatrix::from_rows(&dense), &())
        .unwrap();
    let best = 1.0 - svd.explained();
    let config = NetworkConfig {
        epochs: 200,
        batch_size: 16,
        learning_rate: 0.01,
        ..NetworkConfig::new(NetworkKind::Linear)
    };
    let trained = run(&config, rows, n_words, dim).train(&()).unwrap();
    let loss = trained.training.loss;
    assert!(loss > best * 0.9999 && loss < best * 1.01, "{loss} {best}");
    assert!((0.1..0.9).contains(&best));
}

#[test]
fn networks_learn_and_variational_codes_come_near_to_normal_ones() {
    let (n, n_words, dim) = (200, 40, 6);
    let at_weight = |kl_weight: f64| {
        let encoder = NetworkKind::Vae { kl_weight, kl_annealing_epochs: 10 };
        let config = NetworkConfig {
            epochs: 60,
            batch_size: 20,
            hidden_size: 16,
            learning_rate: 0.01,
            ..NetworkConfig::new(encoder)
        };
        run(&config, documents(n, n_words), n_words, dim).train(&()).unwrap().training
    };
    let (free, bound, heavy) = (at_weight(0.0), at_weight(1.0), at_weight(50.0));
    let last = |training: &super::Training| *training.epochs.last().unwrap();
    assert!(last(&bound).reconstruction < bound.epochs[0].reconstruction - 1.0, "{bound:?}");
    assert_eq!((bound.epochs[0].kl_weight, last(&bound).kl_weight), (0.1, 1.0));
    // The trade-off: a greater weight, a smaller divergence, a worse reconstruction.
    assert!(
        last(&free).kl > last(&bound).kl && last(&bound).kl > last(&heavy).kl,
        "{free:?} {bound:?} {heavy:?}"
    );
    assert!(
        last(&free).reconstruction < last(&bound).reconstruction
            && last(&bound).reconstruction < last(&heavy).reconstruction
    );
    // One subject or the other: the bound needs at least a dimension for it; under a heavy weight
    // all collapse.
    let n_active =
        |training: &super::Training| training.latent.iter().filter(|it| it.is_active()).count();
    assert!(n_active(&bound) >= 1 && n_active(&heavy) == 0, "{bound:?} {heavy:?}");
    for it in &bound.latent {
        assert!(
            (it.variance + it.posterior_variance - 1.0).abs() < 0.35 && it.mean.abs() < 0.3,
            "{it:?}"
        );
    }
}

#[test]
fn the_bits_do_not_depend_on_the_threads() {
    // Three chunks of words, batches that do not divide the documents.
    let (n, n_words, dim) = (50, 1300, 5);
    for (encoder, loss) in [
        (VAE, Loss::Multinomial),
        (NetworkKind::Autoencoder, Loss::Squared),
        (NetworkKind::Linear, Loss::Squared),
    ] {
        let config = NetworkConfig { epochs: 2, batch_size: 16, ..config(encoder, loss, 8) };
        let trained = [1, 2, 3, 8].map(|n_threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
            pool.install(|| run(&config, documents(n, n_words), n_words, dim).train(&()).unwrap())
        });
        for other in &trained[1..] {
            assert_eq!(
                (&other.decoder, &other.network),
                (&trained[0].decoder, &trained[0].network)
            );
            assert_eq!(other.training, trained[0].training);
        }
    }
}

/// Stops a training after so many steps.
struct StopAfter(std::sync::atomic::AtomicU64);

impl Progress for StopAfter {
    fn advance(&self, _: u64) {
        let left = &self.0;
        left.store(
            left.load(std::sync::atomic::Ordering::SeqCst).saturating_sub(1),
            std::sync::atomic::Ordering::SeqCst,
        );
    }

    fn is_cancelled(&self) -> bool {
        self.0.load(std::sync::atomic::Ordering::SeqCst) == 0
    }
}

#[test]
fn a_stopped_training_resumes_to_the_same_bits() {
    let (n, n_words, dim) = (50, 60, 4);
    let config = NetworkConfig { epochs: 4, batch_size: 16, ..config(VAE, Loss::Multinomial, 8) };
    let expected = run(&config, documents(n, n_words), n_words, dim).train(&()).unwrap();
    let parent = tempfile::tempdir().unwrap();
    let folder = CheckpointFolder::open(&parent.path().join("work")).unwrap();
    let with = |key: &str, progress: &dyn Progress| {
        let kept = Some(CheckpointSlot { folder: &folder, key: CheckpointKey::of(&key) });
        Run { kept, ..run(&config, documents(n, n_words), n_words, dim) }.train(progress)
    };
    // Four steps an epoch: stopped in the third epoch, of which nothing is kept.
    assert!(matches!(with("a", &StopAfter(10.into())).unwrap_err(), Error::Interrupted));
    let kept = std::fs::read(folder.path().join("network")).unwrap();
    // Eight steps are left: fewer are not enough, and of the same state no more than these are
    // done.
    assert!(matches!(with("a", &StopAfter(7.into())).unwrap_err(), Error::Interrupted));
    std::fs::write(folder.path().join("network"), &kept).unwrap();
    let resumed = with("a", &StopAfter(8.into())).unwrap();
    assert_eq!(
        (&resumed.decoder, &resumed.network, &resumed.training),
        (&expected.decoder, &expected.network, &expected.training)
    );
    // Another run begins anew.
    assert!(matches!(with("b", &StopAfter(8.into())).unwrap_err(), Error::Interrupted));
    assert_eq!(with("c", &()).unwrap().decoder, expected.decoder);
}

#[test]
fn a_training_that_diverges_is_reported() {
    let config = NetworkConfig {
        learning_rate: 1e30,
        dropout: 0.0,
        ..config(NetworkKind::Linear, Loss::Squared, 0)
    };
    let error = run(&config, documents(40, 30), 30, 3).train(&()).unwrap_err();
    assert!(matches!(error, Error::NotFinite { stage: Stage::Train, .. }), "{error}");
    assert!(error.to_string().contains("at the loss of step "), "{error}");
}

#[test]
fn parameters_out_of_range_are_refused() {
    let good = NetworkConfig::new(VAE);
    let vae = |kl_weight| NetworkConfig {
        encoder: NetworkKind::Vae { kl_weight, kl_annealing_epochs: 0 },
        ..good.clone()
    };
    for (config, message) in [
        (NetworkConfig { hidden_size: 0, ..good.clone() }, "hidden_size is 0, expected at least 1"),
        (
            NetworkConfig { hidden_size: 3, ..NetworkConfig::new(NetworkKind::Linear) },
            "hidden_size is 3, expected none where the encoder is linear",
        ),
        (NetworkConfig { epochs: 0, ..good.clone() }, "epochs is 0, expected at least 1"),
        (NetworkConfig { batch_size: 0, ..good.clone() }, "batch_size is 0, expected at least 1"),
        (
            NetworkConfig { learning_rate: -1.0, ..good.clone() },
            "learning_rate is -1, expected a number above 0",
        ),
        (
            NetworkConfig { dropout: 1.0, ..good.clone() },
            "dropout is 1, expected a number from 0, below 1",
        ),
        (vae(f64::NAN), "kl_weight is NaN, expected a number of at least 0"),
    ] {
        assert_eq!(config.check().unwrap_err().to_string(), message);
    }
    good.check().unwrap();
}
