//! `eigenlex plot analogy`: word math with its arrows.
//!
//! For `a - b + c` the plane is the one through the three words, so that the parallelogram is drawn
//! as it is; other words are projected onto it. For other expressions the plane has the two
//! principal components of the words and the answers.

use std::path::PathBuf;
use std::str::FromStr as _;

use anyhow::Result;
use eigenlex::Error;
use eigenlex::encode::principal_plane;
use eigenlex::query::{self, Expression, Method, Search};

use super::vectors::{cosine, unit};
use crate::cli::output::bars::Bars;
use crate::cli::pictures::PictureArgs;
use crate::cli::pictures::figure::{Around, Entry, Mark};
use crate::cli::pictures::plane::{Link, Name, Of, Plane, Point};
use crate::cli::pictures::scene::Paint;
use crate::cli::pictures::signs::{INK, PALE, Sign};
use crate::cli::queries::{Opened, tell_reading};

const AFTER_HELP: &str = "\
Examples:
  The parallelogram, and the five words nearest to its fourth corner:
    eigenlex plot analogy model 'king - man + woman' -o queen.pdf
  More answers, by the cosine with the sum:
    eigenlex plot analogy model 'paris - france + italy' --top 10 --method add -o rome.svg";

/// Draw word math such as `king - man + woman`: its words, the result and the answers
///
/// The words are drawn where they are on the plane through `king`, `man` and `woman`; the answers
/// are projected onto it, so one that looks near may be far.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    /// Model or vector file
    model: PathBuf,
    /// Expression in quotes, as `math` has it
    expression: String,
    /// How an answer is scored, as by `math`
    #[arg(short, long, default_value_t = Method::Mul, value_name = "add|mul")]
    method: Method,
    /// Number of answers to draw
    #[arg(
        short = 'k',
        long,
        default_value_t = 5,
        value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..=100),
    )]
    top: u32,
    /// Seed of the places of names
    #[arg(long, default_value_t = 42, value_name = "SEED")]
    seed: u64,
    #[command(flatten)]
    picture: PictureArgs,
}

pub(super) fn run(args: Args, bars: &Bars) -> Result<()> {
    let expression = Expression::from_str(args.expression.trim())?;
    let opened = Opened::open(&args.model)?;
    let vectors = &opened.vectors;
    let normalize = |word: &str| opened.normalize(word);
    let terms = expression.resolve(&opened.lookup(&normalize))?;
    for (asked, found) in expression.terms().iter().zip(&terms) {
        tell_reading(&asked.word, &found.word, bars);
    }
    let answers = query::math(vectors, &terms, args.method, &Search::new(args.top as usize))?;
    let mut canvas = args.picture.open(args.seed)?;
    // Each word once, with its weight; then the result; then the answers.
    let mut drawn: Vec<(String, f64, Vec<f32>)> = Vec::new();
    for term in &terms {
        let word = term.word.word.to_string();
        match drawn.iter_mut().find(|(it, ..)| *it == word) {
            Some((_, weight, _)) => *weight += term.weight,
            None => {
                let id = term.word.id.ok_or_else(|| Error::UnknownWord {
                    word: word.clone(),
                    suggestions: Vec::new(),
                })?;
                drawn.push((word, term.weight, unit(vectors, id)?));
            }
        }
    }
    let n_words = drawn.len();
    let dim = vectors.dim();
    let sum: Vec<f32> = (0..dim)
        .map(|at| {
            let part = |(_, weight, unit): &(String, f64, Vec<f32>)| weight * f64::from(unit[at]);
            drawn.iter().map(part).sum::<f64>() as f32
        })
        .collect();
    drawn.push((shown(&drawn), 0.0, sum));
    for answer in &answers {
        let id = opened.id(&answer.word);
        let id = id.ok_or_else(|| Error::UnknownWord {
            word: answer.word.clone(),
            suggestions: Vec::new(),
        })?;
        drawn.push((answer.word.clone(), 0.0, unit(vectors, id)?));
    }
    let corners = corners(&drawn[..n_words]);
    let places = match corners {
        Some([a, b, c]) => through(&drawn, [a, b, c]),
        None => {
            let rows: Vec<f32> = drawn.iter().flat_map(|(.., row)| row.iter().copied()).collect();
            let plane = principal_plane(&rows, dim, bars)?;
            plane.chunks_exact(2).map(|at| [at[0], at[1]]).collect()
        }
    };
    let plane = plane(&drawn, n_words, corners, &places);
    let (scene, left_out) = plane.draw(&canvas.style, &mut canvas.fonts);
    canvas.write(scene, &left_out, bars)
}

/// The expression as it is read, with signs as type has them.
fn shown(terms: &[(String, f64, Vec<f32>)]) -> String {
    let mut text = String::new();
    for (word, weight, _) in terms {
        let sign = match (text.is_empty(), *weight < 0.0) {
            (true, false) => "",
            (true, true) => "−",
            (false, false) => " + ",
            (false, true) => " − ",
        };
        text += sign;
        if weight.abs() != 1.0 {
            text += &format!("{} · ", weight.abs());
        }
        text += word;
    }
    text
}

/// The places of `a`, `b` and `c` in `a - b + c`, if it is one.
fn corners(terms: &[(String, f64, Vec<f32>)]) -> Option<[usize; 3]> {
    let weights: Vec<f64> = terms.iter().map(|it| it.1).collect();
    let minus = weights.iter().position(|&it| it == -1.0)?;
    let plus: Vec<usize> = (0..weights.len()).filter(|&it| weights[it] == 1.0).collect();
    match (weights.len(), &plus[..]) {
        (3, &[a, c]) => Some([a, minus, c]),
        _ => None,
    }
}

/// Coordinates on the plane through `a`, `b` and `c`, whose first axis is along the longer of the
/// sides from `b` to `a` and from `b` to `c` (Gram and Schmidt), so that the picture is wide.
fn through(rows: &[(String, f64, Vec<f32>)], [a, b, c]: [usize; 3]) -> Vec<[f32; 2]> {
    let from =
        |row: &[f32]| -> Vec<f32> { row.iter().zip(&rows[b].2).map(|(x, y)| x - y).collect() };
    let scaled = |row: Vec<f32>| {
        let length = cosine(&row, &row).sqrt();
        // Two words with one vector have no direction between them.
        let factor = if length > 1e-6 { 1.0 / length } else { 0.0 };
        row.into_iter().map(|value| (f64::from(value) * factor) as f32).collect::<Vec<f32>>()
    };
    let (up, side) = (from(&rows[a].2), from(&rows[c].2));
    let (long, short) =
        if cosine(&up, &up) > cosine(&side, &side) { (up, side) } else { (side, up) };
    let first = scaled(long);
    let along = cosine(&short, &first) as f32;
    let second = scaled(short.iter().zip(&first).map(|(x, y)| x - along * y).collect());
    rows.iter()
        .map(|(.., row)| {
            let row = from(row);
            [cosine(&row, &first) as f32, cosine(&row, &second) as f32]
        })
        .collect()
}

fn plane(
    drawn: &[(String, f64, Vec<f32>)],
    n_words: usize,
    corners: Option<[usize; 3]>,
    places: &[[f32; 2]],
) -> Plane {
    let [words, result, answers] = [Sign::of(0), Sign::of(3), Sign::of(1)];
    let sign = |place: usize| match place.cmp(&n_words) {
        std::cmp::Ordering::Less => words,
        std::cmp::Ordering::Equal => result.hollow(),
        std::cmp::Ordering::Greater => answers,
    };
    let points = drawn.iter().zip(places).enumerate().map(|(place, ((name, ..), &at))| Point {
        place: at,
        sign: sign(place),
        name: Some(name.clone()),
        is_one_of_many: false,
    });
    let names = drawn.iter().enumerate().map(|(place, (name, ..))| Name {
        text: name.clone(),
        of: Of::Point(place),
        // The words first, then the best answers.
        weight: if place <= n_words { 4.0 } else { 3.0 - place as f64 / drawn.len() as f64 },
        is_bold: place < n_words || place == n_words + 1,
    });
    let link = |from: usize, to: usize, paint: Paint, is_arrow: bool| Link {
        from: places[from],
        to: places[to],
        paint,
        is_arrow,
    };
    let links = match corners {
        Some([a, b, c]) => vec![
            link(b, c, Paint::dashed(PALE, 0.6, &[2.0, 2.0]), false),
            link(a, n_words, Paint::dashed(PALE, 0.6, &[2.0, 2.0]), false),
            link(b, a, Paint::line(INK, 0.9), true),
            link(c, n_words, Paint::line(INK, 0.9), true),
        ],
        None => Vec::new(),
    };
    let entry = |sign: Sign, name: &str| Entry { mark: Mark::Sign(sign), name: name.to_owned() };
    let legend = vec![
        entry(words, "words of the expression"),
        entry(result.hollow(), "its result"),
        entry(answers, "nearest words, the first in bold"),
    ];
    let subject = format!("word math: {}", drawn[n_words].0);
    let around = Around { subject, legend, notes: Vec::new() };
    Plane { points: points.collect(), names: names.collect(), links, around }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fourth_corner_is_that_of_a_parallelogram() {
        let row = |name: &str, weight: f64, row: [f32; 3]| (name.to_owned(), weight, row.to_vec());
        let mut rows = vec![
            row("a", 1.0, [0.6, 0.8, 0.0]),
            row("b", -1.0, [1.0, 0.0, 0.0]),
            row("c", 1.0, [0.0, 0.6, 0.8]),
        ];
        assert_eq!(corners(&rows), Some([0, 1, 2]));
        assert_eq!(shown(&rows), "a − b + c");
        rows.push(row("sum", 0.0, [-0.4, 1.4, 0.8]));
        let places = through(&rows, [0, 1, 2]);
        let [a, b, c, sum] = [places[0], places[1], places[2], places[3]];
        assert_eq!(b, [0.0, 0.0]);
        for axis in 0..2 {
            assert!((sum[axis] - (a[axis] + c[axis])).abs() < 1e-5, "{places:?}");
        }
        // The lengths are those of the vectors: |c - b|^2 = 1 + 0.36 + 0.64.
        assert!((c[0] - 2f32.sqrt()).abs() < 1e-5 && c[1].abs() < 1e-5);
        rows.truncate(2);
        assert_eq!(corners(&rows), None);
    }
}
