//! `eigenlex reconstruct`: which words of a text its code keeps.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Result;
use eigenlex::encode::{DocumentLoss, Encoder, WeightedWords};
use eigenlex::{Model, WordId};
use serde::Serialize;

use super::inputs::unknown;
use crate::cli::output;
use crate::cli::output::bars::Bars;
use crate::cli::output::{Decimals, Digits, FormatArg, OutputFormat};
use crate::cli::queries::{OnUnknownArg, UnknownArg, encoder_for, tell_guesses};

/// Show which words of a text its code keeps, and which it adds
///
/// Prints the weight of each word in the text (x) and in its reconstruction from the code (V V^T x,
/// or the output of a network), largest reconstruction first. Words that rarely occur with the
/// others lose weight; words that often do are added. The loss is the share of |x|^2 that is lost,
/// from 0 to 1.
///
/// With a network of multinomial loss, the values are counts of words, and the loss is relative to
/// word frequencies alone.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Model
    model: PathBuf,
    /// Texts; `-` reads one per line from standard input
    #[arg(required = true, value_name = "TEXT")]
    texts: Vec<String>,
    /// Number of words of the reconstruction
    #[arg(
        short = 'k',
        long,
        default_value_t = 20,
        value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..),
    )]
    top: u32,
    #[command(flatten)]
    unknown: UnknownArg,
    #[command(flatten)]
    format: FormatArg,
}

/// A word on both sides.
#[derive(Serialize)]
struct Word<'a> {
    word: &'a str,
    /// In the text.
    weight: Digits<6>,
    /// In the reconstruction.
    reconstructed: Digits<6>,
}

#[derive(Serialize)]
struct Reconstruction<'a> {
    n_tokens: usize,
    n_known: usize,
    /// The share that is lost, of `|x|^2` or of what frequencies lose.
    loss: Decimals<4>,
    words: Vec<Word<'a>>,
}

pub(crate) fn run(args: Args, bars: &Bars) -> Result<()> {
    let model = Model::open(&args.model)?;
    let encoder = encoder_for(&model, args.unknown)?;
    let format = args.format.resolve();
    let (mut output, mut first) = (output::stdout(), true);
    let table = args.format.table_of_answers(["query", "loss", "word", "weight", "reconstructed"]);
    OnUnknownArg::from(args.unknown).answer_each(&args.texts, args.format, bars, |text| {
        tell_guesses(&encoder, text, bars)?;
        let document = encoder.weigh_text(text)?;
        if document.words.is_empty() {
            return Err(unknown(text).into());
        }
        let it = reconstruct(&encoder, &document, args.top as usize);
        let first = std::mem::take(&mut first);
        match format {
            OutputFormat::Json => output::json_line(&mut output, &it)?,
            OutputFormat::Tsv => {
                for word in &it.words {
                    table.row(
                        &mut output,
                        [&text, &it.loss, &word.word, &word.weight, &word.reconstructed],
                    )?;
                }
            }
            OutputFormat::Text => {
                writeln!(output, "{}{}", if first { "" } else { "\n" }, output::shown(text))?;
                writeln!(
                    output,
                    "  {} of {} tokens known, {:.1} % lost",
                    it.n_known,
                    it.n_tokens,
                    100.0 * it.loss.0
                )?;
                let width = it.words.iter().map(|it| it.word.chars().count()).max().unwrap_or(0);
                writeln!(output, "  {:<width$}  {:>9}  {:>13}", "", "text", "reconstructed")?;
                for it in &it.words {
                    let weight = if it.weight.0 == 0.0 {
                        "-".to_owned()
                    } else {
                        format!("{:.4}", it.weight.0)
                    };
                    writeln!(
                        output,
                        "  {:<width$}  {weight:>9}  {:>13.4}",
                        output::shown(it.word),
                        it.reconstructed.0
                    )?;
                }
            }
        }
        Ok(output.flush()?)
    })
}

fn reconstruct<'a>(
    encoder: &Encoder<'a>,
    document: &WeightedWords,
    top: usize,
) -> Reconstruction<'a> {
    let z = encoder.encode(document);
    let decoded = encoder.reconstruct(document, &z);
    let given = encoder.given(document);
    let mut order: Vec<usize> = (0..decoded.len()).collect();
    order.sort_by(|&a, &b| decoded[b].total_cmp(&decoded[a]).then(a.cmp(&b)));
    let own: Vec<usize> = given.iter().map(|(word, _)| word.index()).collect();
    let taken = order.iter().skip(top).copied().filter(|word| own.binary_search(word).is_ok());
    let words = order.iter().take(top).copied().chain(taken).map(|word| Word {
        word: encoder.model().vectors.words().spelling(WordId(word as u32)),
        weight: Digits(own.binary_search(&word).map_or(0.0, |place| f64::from(given[place].1))),
        reconstructed: Digits(f64::from(decoded[word])),
    });
    let loss = Decimals(DocumentLoss::new(encoder, 1, document, &z).share());
    Reconstruction {
        n_tokens: document.n_tokens,
        n_known: document.n_known,
        loss,
        words: words.collect(),
    }
}
