//! Tests of the training: gradients against another library, against finite differences of a plain
//! double loop, and the linear network against the singular value decomposition.

use std::collections::BTreeMap;

use super::adam::{Rule, Tensor};
use super::parameters::{Batch, Parameters, Room};
use super::train::Run;
use super::{Loss, NetworkConfig, NetworkKind, SparseRows};
use crate::base::error::Error;
use crate::base::progress::{Progress, Stage};
use crate::base::random::{bits_at, uniform};
use crate::operator::DenseMatrix;
use crate::storage::checkpoints::{CheckpointFolder, Kept, Key};
use crate::svd::RandomizedSvd;

const VAE: NetworkKind = NetworkKind::Vae { kl_weight: 0.3, kl_annealing_epochs: 2 };

fn sparse(rows: &[&[f32]]) -> SparseRows {
    let mut sparse = SparseRows::new();
    for row in rows {
        sparse.push(
            row.iter()
                .enumerate()
                .filter(|(_, value)| **value != 0.0)
                .map(|(column, &value)| (column as u32, value)),
        );
    }
    sparse
}

/// All tensors of a network filled with `0.6 sin(1.7 i + number)`.
fn filled(config: &NetworkConfig, n_words: usize, dim: usize) -> Parameters {
    let mut parameters = Parameters::start(config, n_words, dim, Vec::new(), 1);
    let sizes = config.shapes(n_words, dim).map(|(_, [rows, columns])| rows * columns);
    for (number, ((_, tensor), size)) in parameters
        .tensors_mut()
        .into_iter()
        .zip(sizes.into_iter().chain([n_words * dim]))
        .enumerate()
    {
        *tensor = Tensor::new(
            (0..size).map(|i| (0.6 * (1.7 * i as f64 + number as f64).sin()) as f32).collect(),
        );
    }
    parameters
}

/// The gradients of all tensors: what a plain step takes away.
fn gradients(
    parameters: &Parameters,
    batch: &Batch,
    loss: Loss,
) -> (BTreeMap<&'static str, Vec<f32>>, Vec<f64>, Vec<f64>) {
    let mut moved = parameters.clone();
    let losses = moved.step(batch, loss, 0.3, Rule::Plain, &mut Room::default());
    let differences = parameters.tensors().into_iter().zip(moved.tensors()).map(
        |((name, before), (_, after))| {
            (
                name,
                before
                    .values
                    .iter()
                    .zip(&after.values)
                    .map(|(before, after)| before - after)
                    .collect::<Vec<f32>>(),
            )
        },
    );
    (
        differences.filter(|(_, gradient)| !gradient.is_empty()).collect(),
        losses.reconstruction,
        losses.kl,
    )
}

fn config(encoder: NetworkKind, loss: Loss, hidden: usize) -> NetworkConfig {
    NetworkConfig {
        loss,
        hidden_size: if encoder == NetworkKind::Linear { 0 } else { hidden },
        ..NetworkConfig::new(encoder)
    }
}

/// Computed by JAX 0.10.2 in double precision, `jax.value_and_grad` of the formulas in `mod.rs`
/// written with its `tanh`, `log_softmax` and matrix products, for the tensors of `filled` and the
/// batch below.
#[test]
fn losses_and_gradients_are_those_of_jax() {
    let x = [[0.6, 0.0, 0.0, 0.8, 0.0], [0.0, 0.48, 0.6, 0.0, 0.64]];
    let n = [[2.0, 0.0, 1.0, 0.0, 3.0], [0.0, 4.0, 0.0, 1.0, 0.0]];
    type Expected<'a> = (NetworkKind, Loss, [f64; 2], [f64; 2], &'a [(&'a str, &'a [f32])]);
    let cases: [Expected<'_>; 3] = [
        (
            VAE,
            Loss::Multinomial,
            [9.066568, 9.454009],
            [0.502673, 0.301209],
            &[
                (
                    "input",
                    &[
                        -0.192286, -0.005537, 0.184151, 0.488478, -0.296175, -0.409891, 0.610597,
                        -0.370219, -0.512364, -0.256381, -0.007383, 0.245535, 0.651304, -0.394900,
                        -0.546522,
                    ],
                ),
                ("hidden_bias", &[0.697186, -0.626259, -0.547022]),
                ("mean", &[0.226838, 0.148161, -0.267687, -0.059756, 0.006977, 0.054569]),
                ("mean_bias", &[1.213413, 0.101818]),
                ("log_variance", &[0.055859, 0.030800, -0.063947, 0.198202, 0.051960, -0.207031]),
                ("log_variance_bias", &[0.246725, 0.350291]),
                ("decoder_bias", &[-0.225703, -0.708740, 0.781049, -0.216479, 0.369873]),
                (
                    "decoder",
                    &[
                        -0.173339, 0.881056, -0.615126, -0.953383, 0.653504, -0.230033, -0.185608,
                        -0.171560, 0.320569, 0.473921,
                    ],
                ),
            ],
        ),
        (
            NetworkKind::Autoencoder,
            Loss::Squared,
            [11.150405, 16.326951],
            [0.0, 0.0],
            &[
                (
                    "input",
                    &[
                        -0.516450, 0.292527, 0.445289, 0.887830, -0.345876, -0.788037, 1.109787,
                        -0.432345, -0.985046, -0.688600, 0.390036, 0.593718, 1.183773, -0.461168,
                        -1.050716,
                    ],
                ),
                ("hidden_bias", &[0.988894, -0.233030, -0.899596]),
                ("mean", &[-0.118846, 0.114535, 0.073637, 0.006807, 0.038643, -0.019886]),
                ("mean_bias", &[1.124621, 0.349684]),
                ("decoder_bias", &[-1.973407, -3.304695, -0.383737, -2.837082, -2.06422]),
                (
                    "decoder",
                    &[
                        -1.272676, -0.071480, -1.304897, 0.707351, -0.305631, -0.072103, -1.411516,
                        0.315751, -1.45315, -0.196781,
                    ],
                ),
            ],
        ),
        (
            NetworkKind::Linear,
            Loss::Squared,
            [16.207914, 19.921226],
            [0.0, 0.0],
            &[
                (
                    "input",
                    &[
                        -2.154901, -0.260641, 1.558135, 0.575808, 1.947669, 0.719760, -2.873202,
                        -0.347521, 2.077514, 0.767744,
                    ],
                ),
                (
                    "decoder",
                    &[
                        0.812537, -0.085557, -1.901332, -0.729034, 0.513396, -0.025023, -0.612813,
                        -0.205011, 1.175723, -0.154582,
                    ],
                ),
            ],
        ),
    ];
    for (encoder, loss, reconstruction, kl, expected) in cases {
        let noise = if encoder == VAE { vec![0.3, -1.2, 0.7, 0.1] } else { Vec::new() };
        let batch =
            Batch { inputs: sparse(&[&x[0], &x[1]]), targets: sparse(&[&n[0], &n[1]]), noise };
        let (found, losses, divergences) =
            gradients(&filled(&config(encoder, loss, 3), 5, 2), &batch, loss);
        let near = |found: &[f64], expected: &[f64]| {
            found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-5)
        };
        assert!(
            near(&losses, &reconstruction) && near(&divergences, &kl),
            "{losses:?} {divergences:?}"
        );
        assert_eq!(found.len(), expected.len());
        for (name, expected) in expected {
            let found = &found[name];
            assert_eq!(found.len(), expected.len(), "{name}");
            assert!(
                found.iter().zip(*expected).all(|(a, b)| (a - b).abs() < 2e-6),
                "{encoder:?} {name}: {found:?} {expected:?}"
            );
        }
    }
}

/// The mean loss of a batch by the formulas, dense, in double precision.
fn plain_loss(
    tensors: &BTreeMap<&str, Vec<f64>>,
    batch: &Batch,
    config: &NetworkConfig,
    n_words: usize,
    dim: usize,
) -> f64 {
    let dense = |rows: &SparseRows, row: usize| {
        let mut dense = vec![0.0; n_words];
        let (columns, values) = rows.row(row);
        columns
            .iter()
            .zip(values)
            .for_each(|(&column, &value)| dense[column as usize] = f64::from(value));
        dense
    };
    // Row j of `weights`, of which there are `n`, gives number j.
    let affine = |x: &[f64], weights: &[f64], bias: Option<&Vec<f64>>, n: usize| -> Vec<f64> {
        let product = |j: usize| {
            x.iter().zip(&weights[j * weights.len() / n..]).map(|(x, w)| x * w).sum::<f64>()
        };
        (0..n).map(|j| product(j) + bias.map_or(0.0, |bias| bias[j])).collect()
    };
    let mut total = 0.0;
    for row in 0..batch.inputs.len() {
        let x = dense(&batch.inputs, row);
        let width = tensors["input"].len() / n_words;
        let gathered: Vec<f64> = (0..width)
            .map(|k| (0..n_words).map(|j| x[j] * tensors["input"][j * width + k]).sum())
            .collect();
        let (mut z, mut kl) = (gathered.clone(), 0.0);
        if config.hidden_size > 0 {
            let h: Vec<f64> = gathered
                .iter()
                .zip(&tensors["hidden_bias"])
                .map(|(h, bias)| (h + bias).tanh())
                .collect();
            z = affine(&h, &tensors["mean"], Some(&tensors["mean_bias"]), dim);
            if let Some(weights) = tensors.get("log_variance") {
                let v = affine(&h, weights, Some(&tensors["log_variance_bias"]), dim);
                kl = 0.5 * z.iter().zip(&v).map(|(mu, v)| mu * mu + v.exp() - v - 1.0).sum::<f64>();
                for (i, (z, v)) in z.iter_mut().zip(&v).enumerate() {
                    *z += (0.5 * v).exp() * f64::from(batch.noise[row * dim + i]);
                }
            }
        }
        let o = affine(&z, &tensors["decoder"], tensors.get("decoder_bias"), n_words);
        let t = dense(&batch.targets, row);
        total += 0.3 * kl
            + match config.loss {
                Loss::Squared => o.iter().zip(&t).map(|(o, t)| (o - t) * (o - t)).sum::<f64>(),
                Loss::Multinomial => {
                    let log_sum = o.iter().map(|o| o.exp()).sum::<f64>().ln();
                    o.iter().zip(&t).map(|(o, t)| t * (log_sum - o)).sum::<f64>()
                }
            };
    }
    total / batch.inputs.len() as f64
}

/// Words in more than two chunks, the last not full.
#[test]
fn gradients_are_finite_differences_of_a_plain_loop() {
    let (n_words, dim, n) = (1100, 5, 3);
    let draw = |table: u64, row: usize, scale: f64| -> Vec<(u32, f32)> {
        (0..n_words)
            .filter(|&j| bits_at(table, row as u64, j as u64).is_multiple_of(40))
            .map(|j| (j as u32, (scale * (0.2 + uniform(table, j as u64, row as u64))) as f32))
            .collect()
    };
    for (encoder, loss) in [
        (VAE, Loss::Multinomial),
        (VAE, Loss::Squared),
        (NetworkKind::Autoencoder, Loss::Multinomial),
        (NetworkKind::Linear, Loss::Multinomial),
        (NetworkKind::Linear, Loss::Squared),
    ] {
        let config = config(encoder, loss, 7);
        let parameters = filled(&config, n_words, dim);
        let (mut inputs, mut targets) = (SparseRows::new(), SparseRows::new());
        for row in 0..n {
            inputs.push(draw(5, row, 0.2).into_iter());
            targets.push(draw(6, row, 3.0).into_iter());
        }
        let noise = if encoder == VAE {
            (0..n * dim).map(|i| uniform(7, i as u64, 0) as f32 - 0.5).collect()
        } else {
            Vec::new()
        };
        let batch = Batch { inputs, targets, noise };
        let (found, losses, divergences) = gradients(&parameters, &batch, loss);
        let mut tensors: BTreeMap<&str, Vec<f64>> = parameters
            .tensors()
            .into_iter()
            .filter(|(_, tensor)| !tensor.values.is_empty())
            .map(|(name, tensor)| {
                (name, tensor.values.iter().map(|&value| f64::from(value)).collect())
            })
            .collect();
        let total = (losses.iter().sum::<f64>() + 0.3 * divergences.iter().sum::<f64>()) / n as f64;
        let expected = plain_loss(&tensors, &batch, &config, n_words, dim);
        assert!(
            (total - expected).abs() < 1e-5 * expected,
            "{encoder:?} {loss:?}: {total} {expected}"
        );
        for (name, gradient) in found {
            let scale = gradient.iter().fold(0.0f32, |largest, g| largest.max(g.abs()));
            for number in 0..24 {
                // Some of the numbers, and in the first layer those of words that the documents
                // have.
                let i = match name {
                    "input" => {
                        batch.inputs.columns[number % batch.inputs.columns.len()] as usize
                            * (gradient.len() / n_words)
                            + number % 5
                    }
                    _ => bits_at(8, number as u64, 0) as usize % gradient.len(),
                };
                let value = tensors[name][i];
                let mut at = |value: f64| {
                    tensors.get_mut(name).unwrap()[i] = value;
                    plain_loss(&tensors, &batch, &config, n_words, dim)
                };
                let expected = (at(value + 1e-5) - at(value - 1e-5)) / 2e-5;
                at(value);
                let error = (f64::from(gradient[i]) - expected).abs();
                assert!(
                    error < 1e-4 * f64::from(scale),
                    "{encoder:?} {loss:?} {name}[{i}]: {} {expected}",
                    gradient[i]
                );
            }
        }
    }
}

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
fn a_stopped_training_goes_on_to_the_same_bits() {
    let (n, n_words, dim) = (50, 60, 4);
    let config = NetworkConfig { epochs: 4, batch_size: 16, ..config(VAE, Loss::Multinomial, 8) };
    let expected = run(&config, documents(n, n_words), n_words, dim).train(&()).unwrap();
    let parent = tempfile::tempdir().unwrap();
    let folder = CheckpointFolder::open(&parent.path().join("work")).unwrap();
    let with = |key: &str, progress: &dyn Progress| {
        let kept = Some(Kept { folder: &folder, key: Key::of(&key) });
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
fn a_training_that_runs_away_says_so() {
    let config = NetworkConfig {
        learning_rate: 1e30,
        dropout: 0.0,
        ..config(NetworkKind::Linear, Loss::Squared, 0)
    };
    let error = run(&config, documents(40, 30), 30, 3).train(&()).unwrap_err();
    assert!(matches!(error, Error::NotFinite { stage: Stage::Train, .. }), "{error}");
    assert!(error.to_string().ends_with("hint: lower --learning-rate"), "{error}");
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
