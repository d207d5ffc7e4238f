//! What `spectrum` finds, and how it is printed.

use std::io::{self, Write};

use anyhow::Result;
use eigenlex::counts::Contexts;
use eigenlex::encode::{GAP, HeldOut, Stability, gap};
use eigenlex::{Digest, Model};
use serde::Serialize;

use crate::cli::output;
use crate::cli::output::chart::{Chart, Curve};
use crate::cli::output::{Decimals, Digits, OrEmpty, Table};

/// All that is found, as JSON has it.
#[derive(Serialize)]
pub(crate) struct Report {
    pub(super) model: String,
    pub(super) singular_values: Vec<f64>,
    pub(super) squared_norm: f64,
    /// Entry k, from 0.
    pub(super) reconstruction_loss: Vec<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) held_out: Option<HeldOut>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) stability: Vec<Stability>,
    /// `None` if the measures suggest none.
    pub(crate) suggested: Option<usize>,
    pub(crate) reason: String,
    /// Of the numbers above; filled in by [`Report::digest`].
    pub(super) digest: String,
}

impl Report {
    /// SHA-256 over the singular values and all losses and shares.
    pub(super) fn digest(&self) -> String {
        let lists = [&self.singular_values, &self.reconstruction_loss];
        let held_out = self.held_out.iter().flat_map(|it| [&it.reconstruction, &it.completion]);
        let add = |digest: Digest, list: &Vec<f64>| digest.number(list.len() as u64).doubles(list);
        let digest = lists.into_iter().chain(held_out).fold(Digest::new(), add);
        let add = |digest: Digest, it: &Stability| {
            digest.number(it.dim as u64).doubles(&[it.overlap]).number(it.n_words as u64)
        };
        self.stability.iter().fold(digest.doubles(&[self.squared_norm]), add).to_hex()
    }
}

/// 1, 2, 5, 10, 20, 50... up to the dimension, and it.
pub(super) fn dims(dim: usize) -> Vec<usize> {
    let mut dims: Vec<usize> = [1, 10, 100, 1000, 10_000]
        .into_iter()
        .flat_map(|ten| [ten, 2 * ten, 5 * ten])
        .filter(|&k| k < dim)
        .collect();
    dims.push(dim);
    dims
}

/// Share of the best agreement of two halves that is as good as the best. On 20 Newsgroups
/// agreement rises from 35.7 % (200 dimensions) to 39.0 % (500) and 40.3 % (1,000), and hardly
/// beyond.
const NEARLY: f64 = 0.95;

/// The number of components that the measures suggest, if they suggest one, and why.
pub(super) fn suggestion(
    model: &Model,
    held_out: Option<&HeldOut>,
    stability: &[Stability],
) -> (Option<usize>, String) {
    let values = &model.provenance.spectrum.singular_values;
    held_out
        .map(|held_out| by_held_out(held_out, values.len()))
        .or_else(|| by_stability(model, stability))
        .or_else(|| by_gap(values))
        .unwrap_or_else(|| {
            let measure = match model.provenance.config.contexts {
                Contexts::Documents => {
                    "--held-out TEXTS measures it on documents that the model has not seen"
                }
                _ => "--stability CORPUS measures it by halves of the corpus",
            };
            let reason = format!(
                "the singular values fall gradually, and none is {GAP} times the next\nhint: \
                 {measure}"
            );
            (None, reason)
        })
}

/// The k that predicts one half of the documents from the other best.
fn by_held_out(held_out: &HeldOut, rank: usize) -> (Option<usize>, String) {
    let best = held_out.best();
    let reason = match best {
        0 => "no component helps to predict one half of an unseen document from the other",
        _ if best == rank => {
            "every component helps to predict one half of an unseen document from the other; a \
             larger --dim may help too"
        }
        _ => {
            "more components make the prediction of one half of an unseen document from the other \
             worse"
        }
    };
    let near = held_out.near_best();
    let about = if near.start() < near.end() {
        format!("; from {} to {} the loss is nearly the same", near.start(), near.end())
    } else {
        String::new()
    };
    ((best > 0).then_some(best), reason.to_owned() + &about)
}

/// The first dimension that does nearly as well as the best, since more components always agree a
/// little better.
fn by_stability(model: &Model, stability: &[Stability]) -> Option<(Option<usize>, String)> {
    let best = stability.iter().max_by(|left, right| left.overlap.total_cmp(&right.overlap))?;
    let enough = stability.iter().find(|it| it.overlap >= NEARLY * best.overlap)?;
    let more = if best.dim == model.provenance.dim {
        "; the model has no more, so a larger --dim may do better"
    } else {
        ""
    };
    let [share, most] = [enough.overlap, best.overlap].map(|it| 100.0 * it);
    let reason = format!(
        "halves of the corpus agree on {share:.1} % of the nearest words with {} dimensions; the \
         best of those tried is {most:.1} % with {}{more}",
        enough.dim, best.dim
    );
    // The first components, which the vectors lack, are counted too.
    Some((Some(enough.dim + model.provenance.config.drop_components), reason))
}

/// The first k whose singular value is far above the next.
fn by_gap(values: &[f64]) -> Option<(Option<usize>, String)> {
    let k = gap(values)?;
    let ratio = values[k - 1] / values[k];
    let reason = if ratio.is_finite() {
        format!("singular value {k} is {ratio:.1} times the next")
    } else {
        format!("the rank is {k}")
    };
    Some((Some(k), reason))
}

/// `124 (--dim 123)`: how to embed with so many components.
fn suggested(report: &Report, drop_components: usize) -> String {
    match report.suggested {
        None => format!("suggested k: none; {}", report.reason),
        Some(k) if k > drop_components => {
            format!("suggested k: {k} (--dim {}); {}", k - drop_components, report.reason)
        }
        Some(k) => format!("suggested k: {k}; {}", report.reason),
    }
}

pub(crate) fn chart(report: &Report) -> Chart<'_> {
    let points =
        |losses: &[f64]| losses.iter().enumerate().map(|(k, &loss)| (k as f64, loss)).collect();
    let mut curves = vec![Curve {
        name: "reconstruction, corpus of the model",
        mark: '.',
        points: points(&report.reconstruction_loss),
    }];
    if let Some(held_out) = &report.held_out {
        curves.push(Curve {
            name: "reconstruction, held out",
            mark: 'o',
            points: points(&held_out.reconstruction),
        });
        curves.push(Curve {
            name: "one half from the other, held out",
            mark: '+',
            points: points(&held_out.completion),
        });
    }
    Chart {
        title: "share of |X|^2 lost after k components",
        x_name: "k",
        curves,
        marked: report.suggested.map(|k| (k as f64, "suggested k")),
    }
}

/// The columns of the table; the last two are empty without held-out documents.
pub(super) const COLUMNS: [&str; 5] = [
    "k",
    "singular_value",
    "reconstruction_loss",
    "held_out_reconstruction_loss",
    "held_out_completion_loss",
];

/// A record for each k, from 0.
pub(super) fn records(
    output: &mut impl Write,
    table: &Table<5>,
    report: &Report,
) -> io::Result<()> {
    for (k, &loss) in report.reconstruction_loss.iter().enumerate() {
        let value = k.checked_sub(1).map(|place| Digits::<7>(report.singular_values[place]));
        let held_out = |losses: fn(&HeldOut) -> &[f64]| {
            OrEmpty(report.held_out.as_ref().map(|it| Decimals::<6>(losses(it)[k])))
        };
        let (whole, half) = (held_out(|it| &it.reconstruction), held_out(|it| &it.completion));
        table.row(output, [&k, &OrEmpty(value), &Decimals::<6>(loss), &whole, &half])?;
    }
    Ok(())
}

pub(super) fn text(output: &mut impl Write, report: &Report, drop_components: usize) -> Result<()> {
    writeln!(output, "{}", chart(report).text())?;
    losses(output, report)?;
    if let Some(held_out) = &report.held_out {
        let (n, without) = (output::count(held_out.n_documents), output::count(held_out.n_without));
        writeln!(output, "held out: {n} documents, and {without} without a known word")?;
    }
    if !report.stability.is_empty() {
        writeln!(output, "\nten nearest words that both halves of the corpus find")?;
        for it in &report.stability {
            let (overlap, n_words) = (100.0 * it.overlap, it.n_words);
            writeln!(output, "{:>6}  {overlap:>6.2} % in common, {n_words} words", it.dim)?;
        }
    }
    writeln!(output, "\n{}", suggested(report, drop_components))?;
    writeln!(output, "digest {}", report.digest)?;
    Ok(())
}

/// The losses of a few k.
fn losses(output: &mut impl Write, report: &Report) -> io::Result<()> {
    write!(output, "{:>6}  {:>10}  {:>8}", "k", "s_k", "loss")?;
    if report.held_out.is_some() {
        write!(output, "  {:>8}  {:>10}", "held out", "completion")?;
    }
    writeln!(output)?;
    for k in dims(report.singular_values.len()) {
        let (value, loss) = (report.singular_values[k - 1], 100.0 * report.reconstruction_loss[k]);
        write!(output, "{k:>6}  {value:>10.4}  {loss:>6.2} %")?;
        if let Some(held_out) = &report.held_out {
            let [whole, half] =
                [held_out.reconstruction[k], held_out.completion[k]].map(|it| 100.0 * it);
            write!(output, "  {whole:>6.2} %  {half:>8.2} %")?;
        }
        writeln!(output)?;
    }
    Ok(())
}
