//! Tests of one step: losses and gradients against another library, and against finite differences
//! of a plain double loop.

use std::collections::BTreeMap;

use super::adam::{Rule, Tensor};
use super::parameters::{MiniBatch, Parameters};
use super::{Loss, NetworkConfig, NetworkKind, SparseRows};
use crate::base::random::{bits_at, uniform};

pub(super) const VAE: NetworkKind = NetworkKind::Vae { kl_weight: 0.3, kl_annealing_epochs: 2 };

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
    let mut parameters = Parameters::new(config, n_words, dim, Vec::new(), 1);
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
    batch: &MiniBatch,
    loss: Loss,
) -> (BTreeMap<&'static str, Vec<f32>>, Vec<f64>, Vec<f64>) {
    let mut moved = parameters.clone();
    let losses = moved.step(batch, loss, 0.3, Rule::Plain, &mut Vec::new());
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

pub(super) fn config(encoder: NetworkKind, loss: Loss, hidden: usize) -> NetworkConfig {
    NetworkConfig {
        loss,
        hidden_size: if encoder == NetworkKind::Linear { 0 } else { hidden },
        ..NetworkConfig::new(encoder)
    }
}

/// Kind, loss, and for two documents the losses of reconstruction, the divergences, and the
/// gradients of all tensors by name.
type Expected = (NetworkKind, Loss, [f64; 2], [f64; 2], &'static [(&'static str, &'static [f32])]);

/// Computed by JAX 0.10.2 in double precision, `jax.value_and_grad` of the formulas in `mod.rs`
/// written with its `tanh`, `log_softmax` and matrix products, for the tensors of `filled` and the
/// batch below.
const JAX: [Expected; 3] = [
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

#[test]
fn losses_and_gradients_are_those_of_jax() {
    let x = [[0.6, 0.0, 0.0, 0.8, 0.0], [0.0, 0.48, 0.6, 0.0, 0.64]];
    let n = [[2.0, 0.0, 1.0, 0.0, 3.0], [0.0, 4.0, 0.0, 1.0, 0.0]];
    for (encoder, loss, reconstruction, kl, expected) in JAX {
        let noise = if encoder == VAE { vec![0.3, -1.2, 0.7, 0.1] } else { Vec::new() };
        let batch =
            MiniBatch { inputs: sparse(&[&x[0], &x[1]]), targets: sparse(&[&n[0], &n[1]]), noise };
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
    batch: &MiniBatch,
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

/// A batch of `n` documents of `dim` codes over [`N_WORDS`] words.
fn drawn_batch(encoder: NetworkKind, n: usize, dim: usize) -> MiniBatch {
    let draw = |table: u64, row: usize, scale: f64| -> Vec<(u32, f32)> {
        (0..N_WORDS)
            .filter(|&j| bits_at(table, row as u64, j as u64).is_multiple_of(40))
            .map(|j| (j as u32, (scale * (0.2 + uniform(table, j as u64, row as u64))) as f32))
            .collect()
    };
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
    MiniBatch { inputs, targets, noise }
}

/// Words in more than two chunks, the last not full.
const N_WORDS: usize = 1100;

#[test]
fn gradients_are_finite_differences_of_a_plain_loop() {
    let (dim, n) = (5, 3);
    for (encoder, loss) in [
        (VAE, Loss::Multinomial),
        (VAE, Loss::Squared),
        (NetworkKind::Autoencoder, Loss::Multinomial),
        (NetworkKind::Linear, Loss::Multinomial),
        (NetworkKind::Linear, Loss::Squared),
    ] {
        let config = config(encoder, loss, 7);
        let parameters = filled(&config, N_WORDS, dim);
        let batch = drawn_batch(encoder, n, dim);
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
        let expected = plain_loss(&tensors, &batch, &config, N_WORDS, dim);
        assert!(
            (total - expected).abs() < 1e-5 * expected,
            "{encoder:?} {loss:?}: {total} {expected}"
        );
        for (name, gradient) in found {
            let scale = gradient.iter().fold(0.0f32, |largest, g| largest.max(g.abs()));
            for number in 0..24 {
                let i = place_of(name, number, gradient.len(), &batch);
                let value = tensors[name][i];
                let mut at = |value: f64| {
                    tensors.get_mut(name).unwrap()[i] = value;
                    plain_loss(&tensors, &batch, &config, N_WORDS, dim)
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

/// One of the numbers of a tensor of `len`, and in the first layer one that belongs to a word of
/// the documents.
fn place_of(name: &str, number: usize, len: usize, batch: &MiniBatch) -> usize {
    match name {
        "input" => {
            batch.inputs.columns[number % batch.inputs.columns.len()] as usize * (len / N_WORDS)
                + number % 5
        }
        _ => bits_at(8, number as u64, 0) as usize % len,
    }
}
