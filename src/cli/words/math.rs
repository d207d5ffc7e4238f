//! `eigenlex math`: word math.

use std::path::PathBuf;
use std::str::FromStr as _;

use anyhow::Result;
use eigenlex::query::{self, Expression, Method, Neighbor, Search};

use crate::cli::output::bars::Bars;
use crate::cli::output::{FormatArg, Guesses};
use crate::cli::queries::{Opened, UnknownArg, print_answers, tell_reading};
use crate::cli::refusal::Refusal;
use crate::cli::search_args::SearchArgs;

/// Solve word math such as `king - man + woman`
///
/// Prints the words whose vectors are nearest to the result. An expression is a sum of words with
/// signs, factors and parentheses: `king - (man - woman)`, `2*(king - man)/3`, `paris - france +
/// 'new zealand'`. `king : man :: queen : ?` asks for the word that is to queen as man is to king.
/// Put a space before + and -, since `mother-in-law` is one word. The words of the expression are
/// never answers.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Model or vector file
    model: PathBuf,
    /// Expressions, each in quotes; `-` reads one per line from standard input
    #[arg(required = true, value_name = "EXPRESSION")]
    expressions: Vec<String>,
    /// How an answer is scored
    ///
    /// `mul` multiplies and divides similarities (3CosMul, Levy & Goldberg 2014); its score may be
    /// above 1. `add` takes the cosine with the sum of the vectors (3CosAdd, Mikolov et al. 2013).
    /// JSON calls the number `similarity` with both.
    #[arg(short, long, default_value_t = Method::Mul, value_name = "add|mul")]
    method: Method,
    #[command(flatten)]
    search: SearchArgs,
    #[command(flatten)]
    unknown: UnknownArg,
    #[command(flatten)]
    format: FormatArg,
}

pub(crate) fn run(args: Args, bars: &Bars) -> Result<()> {
    refuse_unquoted(&args.expressions)?;
    // A mistake in the last one is reported before the first is answered.
    for text in args.expressions.iter().map(|text| text.trim()).filter(|text| *text != "-") {
        Expression::from_str(text)?;
    }
    let opened = Opened::open_for(&args.model, args.unknown)?;
    let search = args.search.resolve(&opened, bars)?;
    // A product of cosines may be above 1.
    let score = if args.method == Method::Add { "similarity" } else { "score" };
    print_answers(&args.expressions, args.unknown, args.format, bars, score, &search, |text| {
        solve(text, &opened, args.method, &search, bars)
    })
}

/// The answers to an expression, and which of its words were guessed.
pub(super) fn solve(
    text: &str,
    opened: &Opened,
    method: Method,
    search: &Search,
    bars: &Bars,
) -> Result<(Guesses, Vec<Neighbor>)> {
    let normalize = |word: &str| opened.normalize(word);
    let expression = Expression::from_str(text)?;
    let words = expression.resolve(&opened.lookup(&normalize))?;
    for (asked, found) in expression.terms().iter().zip(&words) {
        tell_reading(&asked.word, &found.word, bars);
    }
    let found = query::math(&opened.vectors, &words, method, search)?;
    Ok((Guesses::among(words.iter().map(|term| &term.word)), found))
}

/// Refuses `king - man + woman` that comes in five pieces: one of them cannot be an expression, or
/// would mean standard input beside the others.
fn refuse_unquoted(expressions: &[String]) -> Result<()> {
    let is_piece = |(place, text): (usize, &String)| match text.trim() {
        "-" => expressions.len() > 1,
        "+" | "*" | "/" | ":" | "::" | "\u{2212}" | "\u{2013}" | "\u{2014}" => true,
        // After other words it belongs to them.
        other => {
            place > 0
                && other.starts_with(['+', '-', '\u{2212}', '\u{2013}'])
                && !other.contains(char::is_whitespace)
        }
    };
    match expressions.iter().enumerate().position(is_piece) {
        Some(place) => {
            let pieces: Vec<&str> = expressions.iter().map(|it| it.trim()).collect();
            let hint = match pieces[..] {
                [sign] => format!("a word that is a sign needs quotes of its own: '\"{sign}\"'"),
                _ => {
                    let whole = pieces.join(" ");
                    format!("put quotes around an expression that contains spaces: '{whole}'")
                }
            };
            Err(Refusal::new(format!("`{}` is not an expression", pieces[place]), hint).into())
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_an_expression_are_no_expressions() {
        let is_refused = |pieces: &[&str]| {
            refuse_unquoted(&pieces.iter().map(|&piece| piece.to_owned()).collect::<Vec<_>>())
                .is_err()
        };
        for pieces in [
            "king - man + woman",
            "king + man",
            "king +man",
            "king - man",
            "+ king",
            "2 * king",
            "king \u{2212} man",
            "-man + king",
            "king -man",
            "king / 2",
            "king : man :: queen : ?",
            "- man",
            "king -",
            "+",
        ] {
            assert!(is_refused(&pieces.split(' ').collect::<Vec<_>>()), "{pieces}");
        }
        for queries in [
            ["king - man", "queen"].as_slice(),
            &["-"],
            &["-man + king"],
            &["king - man", " -man + king"],
            &["king - man", "+man + king"],
            &["+king"],
            &["c++", "queen"],
        ] {
            assert!(!is_refused(queries), "{queries:?}");
        }
    }
}
