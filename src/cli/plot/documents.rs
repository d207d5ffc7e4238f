//! `eigenlex plot documents`: documents on a plane, and words among them.

use std::io::{self, Write as _};
use std::path::PathBuf;

use anyhow::Result;
use eigenlex::encode::{Codes, Encoder, TopicalWords};
use eigenlex::query::KMeans;
use eigenlex::{Model, WordId};

use super::layout::LayoutArgs;
use crate::cli::documents::inputs::{Documents, DocumentsArgs};
use crate::cli::documents::labels::LabelsArgs;
use crate::cli::documents::named_clusters::NamedClusters;
use crate::cli::documents::plane::{directions, places};
use crate::cli::global::Global;
use crate::cli::output;
use crate::cli::output::bars::Bars;
use crate::cli::pictures::PictureArgs;
use crate::cli::pictures::figure::{Around, Entry, Mark};
use crate::cli::pictures::plane::{Name, Of, Plane, Point};
use crate::cli::pictures::signs::Sign;

const AFTER_HELP: &str = "\
Examples:
  A picture with clusters, named by their words:
    eigenlex plot documents model --in texts.txt --clusters 20 -o plane.pdf
  One with known classes:
    eigenlex plot documents model --in codes.npy --labels labels.tsv -o plane.svg
  Words among the documents, as wide as a column:
    eigenlex plot documents model --in texts.txt --words 50 --width column -o plane.pdf";

/// Words that name a cluster: in the legend, and in the plane.
const NAMING_WORDS: usize = 4;
const SHORT_NAME: usize = 2;

/// More documents than this are small points, on which names may lie.
const FEW: usize = 150;

/// Draw documents on a plane, so that similar ones are close
///
/// A word is placed as a document of this word alone would be. In SVG the name of a document is
/// shown where the pointer is over it.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    /// Model
    model: PathBuf,
    #[command(flatten)]
    labels: LabelsArgs,
    /// Mark N clusters of documents (k-means), named by their words
    #[arg(
        long,
        conflicts_with = "labels",
        value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..),
    )]
    clusters: Option<u32>,
    /// Also draw the N words that say most about the documents
    #[arg(long, default_value_t = 0, value_name = "N")]
    words: u32,
    #[command(flatten)]
    layout: LayoutArgs,
    #[command(flatten)]
    documents: DocumentsArgs,
    #[command(flatten)]
    picture: PictureArgs,
}

pub(super) fn run(args: Args, global: &Global, bars: &Bars) -> Result<()> {
    let model = Model::open(&args.model)?;
    let encoder = Encoder::new(&model)?;
    let mut canvas = args.picture.open(args.layout.seed)?;
    bars.keep_until_cleaned_up();
    bars.watch_interrupts()?;
    let documents = args.documents.open_some(&encoder, bars)?;
    let groups = Groups::find(&args, &encoder, &documents.codes, bars)?;
    let words = TopicalWords::new(&model).first(args.words as usize, model.vectors.len());
    let units = directions(&encoder, &documents, &words);
    let near = args.layout.near();
    let places = places(&units, documents.codes.dim(), near, bars)?;
    let plane = plane(&model, &documents, &groups, &words, &places);
    let (scene, left_out) = plane.draw(&canvas.style, &mut canvas.fonts);
    canvas.write(scene, &left_out, bars)?;
    if !global.quiet {
        let points = output::count(plane.points.len() as u64);
        let n = groups.names.len();
        let s = if n == 1 { "" } else { "s" };
        writeln!(io::stderr(), "{points} points in {n} group{s}")?;
    }
    Ok(())
}

fn plane(
    model: &Model,
    documents: &Documents,
    groups: &Groups,
    words: &[WordId],
    places: &[f32],
) -> Plane {
    let codes = &documents.codes;
    let n_documents = codes.len();
    let at = |place: usize| [places[2 * place], places[2 * place + 1]];
    let mut points: Vec<Point> = (0..n_documents)
        .map(|row| Point {
            place: at(row),
            sign: groups.sign(groups.of_documents[row]),
            name: Some(codes.name_of_row(row)),
            is_one_of_many: n_documents > FEW,
        })
        .collect();
    let mut names = Vec::new();
    if groups.names.len() > 1 {
        for (group, name) in groups.short.iter().enumerate() {
            let rows = (0..n_documents).filter(|&row| groups.of_documents[row] == group);
            let places: Vec<[f32; 2]> = rows.map(at).collect();
            // The largest groups first where there is no room for all.
            let weight = 2.0 + places.len() as f64 / n_documents as f64;
            let of = Of::Region(middle(&places));
            names.push(Name { text: name.clone(), of, weight, is_bold: true });
        }
    }
    for (place, &word) in words.iter().enumerate() {
        let spelling = model.vectors.words().spelling(word);
        names.push(Name {
            text: spelling.to_owned(),
            of: Of::Point(points.len()),
            weight: 1.0,
            is_bold: false,
        });
        points.push(Point {
            place: at(n_documents + place),
            sign: Sign::WORD,
            name: Some(spelling.to_owned()),
            is_one_of_many: false,
        });
    }
    let size = |group: usize| groups.of_documents.iter().filter(|&&it| it == group).count();
    let entry = |sign: Sign, name: &str, n: usize| Entry {
        mark: Mark::Sign(sign),
        name: format!("{name} ({})", output::count(n as u64)),
    };
    let of_groups = groups.names.iter().enumerate();
    let mut legend: Vec<Entry> =
        of_groups.map(|(group, name)| entry(groups.sign(group), name, size(group))).collect();
    if !words.is_empty() {
        legend.push(entry(Sign::WORD, "words", words.len()));
    } else if groups.names.len() == 1 {
        legend.clear();
    }
    let subject = format!("{} documents on a plane", output::count(n_documents as u64));
    Plane {
        points,
        names,
        links: Vec::new(),
        around: Around { subject, legend, notes: Vec::new() },
    }
}

/// The median of each coordinate, which a few points far off do not move.
fn middle(places: &[[f32; 2]]) -> [f32; 2] {
    [0, 1].map(|axis| {
        let mut values: Vec<f32> = places.iter().map(|it| it[axis]).collect();
        values.sort_by(f32::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or(0.0)
    })
}

/// Documents in groups.
struct Groups {
    names: Vec<String>,
    /// What stands in the plane.
    short: Vec<String>,
    of_documents: Vec<usize>,
    /// The group of documents without a label.
    unlabelled: Option<usize>,
}

impl Groups {
    fn sign(&self, group: usize) -> Sign {
        if self.unlabelled == Some(group) { Sign::NONE } else { Sign::of(group) }
    }

    fn find(args: &Args, encoder: &Encoder, codes: &Codes, bars: &Bars) -> Result<Self> {
        if let Some(classes) = args.labels.read(codes, bars)? {
            let without = classes.classes.len();
            let class =
                |&number: &u64| classes.class_of(number).map_or(without, |class| class as usize);
            let of_documents: Vec<usize> = codes.documents().iter().map(class).collect();
            let mut names = classes.classes.clone();
            let unlabelled = of_documents.contains(&without).then_some(without);
            let short = names.clone();
            if unlabelled.is_some() {
                names.push("no label".to_owned());
            }
            return Ok(Self { names, short, of_documents, unlabelled });
        }
        let Some(n_clusters) = args.clusters else {
            let names = vec!["documents".to_owned()];
            let of_documents = vec![0; codes.len()];
            return Ok(Self { short: names.clone(), names, of_documents, unlabelled: None });
        };
        let mut means = KMeans::new(n_clusters as usize);
        (means.n_starts, means.seed) = (5, args.layout.seed);
        let found = NamedClusters::find(encoder, codes, &means, NAMING_WORDS, bars)?;
        let joined = |n: usize| {
            let clusters = found.clusters.iter();
            clusters.map(|it| it.words[..n.min(it.words.len())].join(" ")).collect()
        };
        Ok(Self {
            names: joined(NAMING_WORDS),
            short: joined(SHORT_NAME),
            of_documents: found.of_rows,
            unlabelled: None,
        })
    }
}
