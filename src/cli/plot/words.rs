//! `eigenlex plot words`: words alone on a plane.

use std::path::PathBuf;

use anyhow::Result;
use eigenlex::Error;
use eigenlex::encode::TopicalWords;

use super::layout::LayoutArgs;
use super::vectors::{asked, first_words, model_at, unit};
use crate::cli::documents::plane::places;
use crate::cli::documents::word_groups::{NamedWord, WordGroups};
use crate::cli::output;
use crate::cli::output::bars::Bars;
use crate::cli::pictures::PictureArgs;
use crate::cli::pictures::figure::{Around, Entry, Mark};
use crate::cli::pictures::plane::{Name, Of, Plane, Point};
use crate::cli::pictures::signs::Sign;
use crate::cli::queries::Opened;

const AFTER_HELP: &str = "\
Examples:
  The 100 words that say most about the documents:
    eigenlex plot words model -o words.pdf
  Words of your own, without groups:
    eigenlex plot words model king queen man woman --groups 0 -o royal.svg
  A file of vectors, 60 words, in a column:
    eigenlex plot words glove.txt --words 60 --width column -o words.png";

/// Draw words on a plane, so that similar ones are close
///
/// Groups are clusters (k-means), named by words near their mean.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    /// Model or vector file
    model: PathBuf,
    /// Words to draw [default: those that say most about the documents; the first of a vector file]
    #[arg(value_name = "WORD")]
    asked: Vec<String>,
    /// Without words: draw the N words that say most about the documents, or the first N of a
    /// vector file
    #[arg(
        long,
        default_value_t = 100,
        value_name = "N",
        value_parser = clap::value_parser!(u32).range(3..=5000),
    )]
    words: u32,
    /// Number of groups; 0 draws none [default: one for 12 words, at most 8]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=84))]
    groups: Option<u32>,
    #[command(flatten)]
    layout: LayoutArgs,
    #[command(flatten)]
    picture: PictureArgs,
}

pub(super) fn run(args: Args, bars: &Bars) -> Result<()> {
    let opened = Opened::open(&args.model)?;
    let mut canvas = args.picture.open(args.layout.seed)?;
    bars.keep_until_cleaned_up();
    bars.watch_interrupts()?;
    let model = model_at(&args.model)?;
    let topical = model.as_ref().map(TopicalWords::new);
    let vectors = &opened.vectors;
    let words = if args.asked.is_empty() {
        first_words(vectors, model.as_ref(), args.words as usize, vectors.len())?
    } else {
        asked(&opened, &args.asked, bars)?
    };
    let mut units = Vec::with_capacity(words.len() * vectors.dim());
    for &word in &words {
        units.extend(unit(vectors, word)?);
    }
    let near = args.layout.near();
    let places = places(&units, vectors.dim(), near, bars)?;
    let n_groups = args.groups.map_or((words.len() / 12).min(8), |n| n as usize);
    if n_groups > words.len() {
        let found = format!("{n_groups} for {} words", words.len());
        return Err(Error::Parameter { name: "groups", found, expected: "fewer".to_owned() }.into());
    }
    let spelling = |place: usize| vectors.words().spelling(words[place]);
    let named = |place: usize| NamedWord {
        spelling: spelling(place),
        rank: place,
        is_common: topical.is_some_and(|it| it.is_common(words[place])),
    };
    let groups = match n_groups {
        0 | 1 => None,
        n => {
            let named: Vec<NamedWord<'_>> = (0..words.len()).map(named).collect();
            Some(WordGroups::find(&named, &units, vectors.dim(), n, args.layout.seed, bars)?)
        }
    };
    let sign =
        |place: usize| groups.as_ref().map_or(Sign::of(0), |it| Sign::of(it.of_words[place]));
    let points = places.chunks_exact(2).enumerate().map(|(place, at)| Point {
        place: [at[0], at[1]],
        sign: sign(place),
        name: Some(spelling(place).to_owned()),
        is_one_of_many: false,
    });
    let names = (0..words.len()).map(|place| Name {
        text: spelling(place).to_owned(),
        of: Of::Point(place),
        weight: 1.0,
        is_bold: false,
    });
    let legend =
        groups.iter().flat_map(|it| it.members.iter().enumerate()).map(|(group, named)| {
            let first: Vec<&str> = named.naming.iter().map(|&place| spelling(place)).collect();
            Entry { mark: Mark::Sign(Sign::of(group)), name: first.join(" ") }
        });
    let plane = Plane {
        points: points.collect(),
        names: names.collect(),
        links: Vec::new(),
        around: Around {
            subject: format!("{} words on a plane", output::count(words.len() as u64)),
            legend: legend.collect(),
            notes: Vec::new(),
        },
    };
    let (scene, left_out) = plane.draw(&canvas.style, &mut canvas.fonts);
    canvas.write(scene, &left_out, bars)
}
