//! `eigenlex plot`: documents and words on a plane, as SVG.

use std::io::{self, Write as _};
use std::path::PathBuf;

use anyhow::Result;
use clap::ValueEnum;
use eigenlex::encode::{Codes, Encoder};
use eigenlex::query::KMeans;
use eigenlex::storage::AtomicFile;
use eigenlex::{Model, WordId};

use super::inputs::{Documents, DocumentsArgs};
use super::labels::LabelsArgs;
use super::named_clusters::NamedClusters;
use super::plane::{Near, directions, frequent_words, places};
use crate::cli::global::Global;
use crate::cli::output;
use crate::cli::output::bars::Bars;
use crate::cli::output::picture::{Group, Picture, Point};
use crate::cli::refusal::Refusal;

const AFTER_HELP: &str = "\
Examples:
  A picture coloured by clusters:
    eigenlex plot model --in texts.txt -o plane.svg --clusters 20
  One coloured by known classes:
    eigenlex plot model --in codes.npy -o plane.svg --labels labels.tsv
  Words among the documents:
    eigenlex plot model --in texts.txt --words 200 -o plane.svg";

/// Words that name a cluster.
const NAMING_WORDS: usize = 4;

/// Draw documents and words on a plane, so that similar ones are close
///
/// Writes a picture. `explore` writes a page with search, zoom and texts. A word is placed as a
/// document of this word alone would be.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    /// Model
    model: PathBuf,
    /// File to write: .svg
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Replace the output if it exists
    #[arg(long)]
    force: bool,
    /// How points are placed
    #[arg(long, value_enum, default_value_t = Layout::Neighbors, value_name = "LAYOUT")]
    layout: Layout,
    #[command(flatten)]
    labels: LabelsArgs,
    /// Colour documents by N clusters (k-means), named by their words
    #[arg(
        long,
        conflicts_with = "labels",
        value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..),
    )]
    clusters: Option<u32>,
    /// Also draw N words: the most frequent of those in at most 10 % of the documents
    #[arg(long, default_value_t = 0, value_name = "N")]
    words: u32,
    /// Number of neighbours that the layout keeps close to each point
    ///
    /// Fewer show small groups, more show the whole.
    #[arg(
        long,
        default_value_t = 15,
        value_name = "N",
        value_parser = clap::value_parser!(u32).range(2..),
    )]
    neighbors: u32,
    /// Seed of the layout and the clusters
    #[arg(long, default_value_t = 42, value_name = "SEED")]
    seed: u64,
    #[command(flatten)]
    documents: DocumentsArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Layout {
    /// Keep neighbours close (after UMAP, McInnes, Healy & Melville 2018)
    Neighbors,
    /// The two principal components: the plane of largest variance
    Pca,
}

pub(crate) fn run(args: Args, global: &Global, bars: &Bars) -> Result<()> {
    let extension = args.output.extension().and_then(|extension| extension.to_str());
    let hint = match extension {
        Some("svg") => None,
        Some("html" | "htm") => Some("`eigenlex explore` writes pages"),
        _ => Some("end it in .svg"),
    };
    if let Some(hint) = hint {
        let name = args.output.display();
        let found = format!("the name `{name}` is not that of a picture to write");
        return Err(Refusal::new(found, hint).into());
    }
    let model = Model::open(&args.model)?;
    let encoder = Encoder::new(&model)?;
    let mut file = AtomicFile::create(&args.output, args.force)?;
    bars.keep_until_cleaned_up();
    bars.watch_interrupts()?;
    let documents = args.documents.open_some(&encoder, bars)?;
    let (groups, of_documents) = groups(&args, &encoder, &documents.codes, bars)?;
    let words = frequent_words(&model, args.words as usize);
    let near = match args.layout {
        Layout::Neighbors => Some(Near { neighbors: args.neighbors, seed: args.seed }),
        Layout::Pca => None,
    };
    let units = directions(&encoder, &documents, &words);
    let places = places(&units, documents.codes.dim(), near, bars)?;
    let drawn = Drawn { documents: &documents, groups, of_documents, words };
    let picture = drawn.picture(&model, &places);
    file.put(picture.svg().as_bytes())?;
    file.commit()?;
    if !global.quiet {
        let (points, groups) = (picture.points.len() as u64, picture.groups.len());
        let s = if groups == 1 { "" } else { "s" };
        writeln!(io::stderr(), "{} points in {groups} group{s}", output::count(points))?;
    }
    Ok(())
}

/// What is drawn.
struct Drawn<'a> {
    documents: &'a Documents,
    /// The names of the groups of documents.
    groups: Vec<String>,
    of_documents: Vec<usize>,
    words: Vec<WordId>,
}

impl Drawn<'_> {
    fn picture(&self, model: &Model, places: &[f32]) -> Picture {
        let codes = &self.documents.codes;
        let mut groups: Vec<&str> = self.groups.iter().map(String::as_str).collect();
        if !self.words.is_empty() {
            groups.push("words");
        }
        let rows = self.of_documents.iter().enumerate();
        let of_documents = rows.map(|(row, &group)| (codes.name_of_row(row), group, false));
        let of_words = self
            .words
            .iter()
            .map(|&word| (model.vectors.words().spelling(word).to_owned(), groups.len() - 1, true));
        let points = of_documents.chain(of_words).zip(places.chunks_exact(2)).map(
            |((name, group, is_word), place)| Point {
                place: [place[0], place[1]],
                name,
                group,
                is_word,
            },
        );
        let points = points.collect();
        let title = format!("{} documents", output::count(codes.len() as u64));
        let groups = groups.into_iter().enumerate();
        let groups = groups.map(|(number, name)| Group::new(number, name)).collect();
        Picture { title, groups, points }
    }
}

/// The names of the groups, and the group of each document.
fn groups(
    args: &Args,
    encoder: &Encoder,
    codes: &Codes,
    bars: &Bars,
) -> Result<(Vec<String>, Vec<usize>)> {
    if let Some(classes) = args.labels.read(codes, bars)? {
        let without = classes.classes.len();
        let groups: Vec<usize> = codes
            .documents()
            .iter()
            .map(|&number| classes.class_of(number).map_or(without, |class| class as usize))
            .collect();
        let mut names = classes.classes;
        if groups.contains(&without) {
            names.push("no label".to_owned());
        }
        return Ok((names, groups));
    }
    let Some(n_clusters) = args.clusters else {
        return Ok((vec!["documents".to_owned()], vec![0; codes.len()]));
    };
    let mut means = KMeans::new(n_clusters as usize);
    (means.n_starts, means.seed) = (5, args.seed);
    let found = NamedClusters::find(encoder, codes, &means, NAMING_WORDS, bars)?;
    Ok((found.clusters.into_iter().map(|cluster| cluster.words.join(" ")).collect(), found.of_rows))
}
