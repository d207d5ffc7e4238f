//! `eigenlex plot drift`: the path of a word through time, or the words that moved most.
//!
//! The path is drawn as by Hamilton, Leskovec & Jurafsky 2016 (section 2 and figure 1): the nearest
//! words of all slices stand where the latest slice that knows them has them, and the word where
//! each slice has it. The plane has the two principal components of all these, where theirs is
//! of t-SNE: directions on it are those of the space.

use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::Result;
use eigenlex::align::{Drift, Language, MapForm, SLICE_WORDS, WordDrift};
use eigenlex::encode::principal_plane;
use eigenlex::query;

use crate::cli::languages::drift::{Slices, in_words, open_slices};
use crate::cli::output::bars::Bars;
use crate::cli::pictures::PictureArgs;
use crate::cli::pictures::figure::{Around, Entry, Mark};
use crate::cli::pictures::plane::{Link, Name, Of, Plane, Point};
use crate::cli::pictures::rows::{Row, Rows};
use crate::cli::pictures::scene::Paint;
use crate::cli::pictures::signs::{INK, Sign};
use crate::cli::queries::tell_read_as;

const AFTER_HELP: &str = "\
Examples:
  The path of a word through the slices:
    eigenlex plot drift decades.chain mouse -o mouse.pdf
  The 20 words that moved most from the first slice to the last:
    eigenlex plot drift decades.chain --top 20 -o moved.pdf";

/// Draw the path of a word through time, or the words that moved most
///
/// For a word: where each slice has it, joined by arrows, among its nearest words in every slice
/// (Hamilton, Leskovec & Jurafsky 2016). Without one: the words that moved farthest for their
/// frequency, as `drift` lists them.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    /// Chain of time slices, made by `align --chain`
    chain: PathBuf,
    /// Word [default: those that moved most]
    word: Option<String>,
    /// Number of words: the nearest in each slice [default: 8], or those that moved most
    /// [default: 20]
    #[arg(
        short = 'k',
        long,
        value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..=200)
    )]
    top: Option<u32>,
    /// Look only among the N most frequent words of each slice
    #[arg(
        long,
        default_value_t = SLICE_WORDS as u32,
        value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..),
    )]
    max_words: u32,
    /// Where the models of the slices are, if they have been moved, in their order
    #[arg(long, num_args = 1.., value_name = "MODEL")]
    slices: Vec<PathBuf>,
    /// Seed of the places of names
    #[arg(long, default_value_t = 42, value_name = "SEED")]
    seed: u64,
    #[command(flatten)]
    picture: PictureArgs,
}

pub(super) fn run(args: Args, bars: &Bars) -> Result<()> {
    let slices = open_slices(&args.chain, &args.slices)?;
    let mut drift = Drift::new(&slices.chain, &slices.vectors, args.max_words as usize);
    let Some(word) = &args.word else {
        let mut canvas = args.picture.open(args.seed)?;
        let rows = most_moved(&mut drift, args.top.unwrap_or(20) as usize);
        let scene = rows.draw(&canvas.style, &mut canvas.fonts);
        return canvas.write(scene, &[], bars);
    };
    let normalize = |word: &str| slices.normalize(word);
    let found = drift.word(word, &normalize, args.top.unwrap_or(8) as usize)?;
    tell_read_as(word, &found.word, bars);
    let mut canvas = args.picture.open(args.seed)?;
    let plane = path(&found, &slices, bars)?;
    let (scene, left_out) = plane.draw(&canvas.style, &mut canvas.fonts);
    canvas.write(scene, &left_out, bars)
}

/// The words that moved most, with the typical distance of words as frequent.
fn most_moved(drift: &mut Drift, top: usize) -> Rows {
    let found = drift.most_moved(top);
    let (moved, typical) = (Sign::of(0), Sign::of(1).hollow());
    let slices = found.first().map(|it| (it.step.from.clone(), it.step.to.clone()));
    let (from, to) = slices.unwrap_or_default();
    let rows = found.into_iter().map(|it| Row {
        name: it.word,
        bar: Some((it.step.typical, it.step.distance)),
        marks: vec![(it.step.typical, typical), (it.step.distance, moved)],
    });
    let entry = |sign: Sign, name: &str| Entry { mark: Mark::Sign(sign), name: name.to_owned() };
    Rows {
        rows: rows.collect(),
        x_name: format!("cosine distance from {from} to {to}"),
        starts_at_zero: true,
        around: Around {
            subject: format!("the words that moved most from {from} to {to}"),
            legend: vec![
                entry(moved, "distance of the word"),
                entry(typical, "typical distance of words as frequent"),
            ],
            notes: vec!["The word that moved most for its frequency stands first.".to_owned()],
        },
    }
}

/// The path of a word among its nearest words.
fn path(found: &WordDrift, slices: &Slices, bars: &Bars) -> Result<Plane> {
    let names: Vec<&str> =
        slices.chain.description.spaces.iter().map(|it| it.name.as_str()).collect();
    let number = |slice: &str| names.iter().position(|name| *name == slice);
    let row = |slice: usize, word: &str| -> Option<Vec<f32>> {
        let vectors = &slices.vectors[slice];
        let id = query::find(vectors, word, &str::to_owned)?;
        let map = slices.chain.between(slice, slice);
        let unit = map.apply(Language::Source, MapForm::Orthogonal, vectors.vector(id)).data;
        unit.iter().any(|&value| value != 0.0).then_some(unit)
    };
    // Each neighbour with the first slice in which it is one.
    let mut neighbors: Vec<(String, usize)> = Vec::new();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let mut path: Vec<(usize, Vec<f32>)> = Vec::new();
    for place in &found.places {
        let Some(slice) = number(&place.slice) else { continue };
        path.extend(row(slice, &found.word).map(|row| (slice, row)));
        for near in &place.neighbors {
            if seen.insert(&near.word) {
                neighbors.push((near.word.clone(), slice));
            }
        }
    }
    let latest = |word: &str| (0..names.len()).rev().find_map(|slice| row(slice, word));
    let around: Vec<(String, usize, Vec<f32>)> = neighbors
        .into_iter()
        .filter_map(|(word, slice)| latest(&word).map(|row| (word, slice, row)))
        .collect();
    let dim = slices.chain.description.dim;
    let rows = path.iter().map(|it| &it.1).chain(around.iter().map(|it| &it.2));
    let rows: Vec<f32> = rows.flatten().copied().collect();
    let plane = principal_plane(&rows, dim, bars)?;
    let at = |place: usize| [plane[2 * place], plane[2 * place + 1]];
    let mut points = Vec::new();
    let mut labels = Vec::new();
    for (place, (slice, _)) in path.iter().enumerate() {
        let text = format!("{} ({})", found.word, names[*slice]);
        labels.push(Name { text: text.clone(), of: Of::Point(place), weight: 4.0, is_bold: true });
        points.push(Point {
            place: at(place),
            sign: Sign::WORD.full(),
            name: Some(text),
            is_one_of_many: false,
        });
    }
    for (place, (word, slice, _)) in around.iter().enumerate() {
        let number = path.len() + place;
        labels.push(Name {
            text: word.clone(),
            of: Of::Point(number),
            weight: 1.0,
            is_bold: false,
        });
        points.push(Point {
            place: at(number),
            sign: Sign::of(*slice),
            name: Some(word.clone()),
            is_one_of_many: false,
        });
    }
    let links = (1..path.len()).map(|place| Link {
        from: at(place - 1),
        to: at(place),
        paint: Paint::line(INK, 0.9),
        is_arrow: true,
    });
    let entry = |mark: Mark, name: String| Entry { mark, name };
    let mut legend =
        vec![entry(Mark::Sign(Sign::WORD.full()), format!("{} in each slice", found.word))];
    let mut slices_of: Vec<usize> = around.iter().map(|it| it.1).collect();
    slices_of.sort_unstable();
    slices_of.dedup();
    for slice in slices_of {
        legend.push(entry(Mark::Sign(Sign::of(slice)), format!("near to it in {}", names[slice])));
    }
    let mut notes = vec![format!("{}: {}.", found.word, in_words(found))];
    if !found.unknown_in.is_empty() {
        notes.push(format!("Not in {}.", found.unknown_in.join(", ")));
    }
    notes.push("A word stands under the first slice in which it is near.".to_owned());
    let subject = format!("the path of {} through {} slices", found.word, path.len());
    Ok(Plane {
        points,
        names: labels,
        links: links.collect(),
        around: Around { subject, legend, notes },
    })
}
