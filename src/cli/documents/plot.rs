//! `eigenlex plot`: documents and words on a plane, as SVG or as a page.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write as _};
use std::path::PathBuf;

use anyhow::Result;
use clap::ValueEnum;
use eigenlex::AtomicFile;
use eigenlex::encode::{Codes, Encoder, NeighborLayout, WeightedWords, principal_plane};
use eigenlex::{Error, KMeans, Model, WordId};

use super::DocumentsArgs;
use super::cluster::NamedClusters;
use super::labels::LabelsArgs;
use crate::cli::output::bars::Bars;
use crate::cli::output::picture::{Group, Picture, Point};
use crate::cli::{Global, output};

const AFTER_HELP: &str = "\
Examples:
  eigenlex plot model --in texts.txt -o plane.html --clusters 20        a page that works offline: hover, search, zoom
  eigenlex plot model --in codes.npy -o plane.svg --layout pca --labels labels.tsv
  eigenlex plot model --in texts.txt --words 200 -o plane.html          words among the documents";

/// Characters of a document in a page.
const SNIPPET: usize = 100;

/// Words that name a cluster.
const NAMING_WORDS: usize = 4;

/// Lay documents, and words, out on a plane by their codes, and write the picture: .svg, or .html
/// with hover, search and zoom, in one file.
///
/// `neighbors` keeps near what is near (after UMAP, McInnes, Healy & Melville 2018); `pca` shows
/// the plane of most scatter. A word lies where a document of this word alone would.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    /// A model
    model: PathBuf,
    /// The file to write: .svg or .html
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Replace the output if it exists
    #[arg(long)]
    force: bool,
    /// How points find their places
    #[arg(long, value_enum, default_value_t = Layout::Neighbors, value_name = "LAYOUT")]
    layout: Layout,
    #[command(flatten)]
    labels: LabelsArgs,
    /// Colour documents by N clusters (k-means), named by their words
    #[arg(long, conflicts_with = "labels", value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    clusters: Option<u32>,
    /// Also draw N words: the most frequent of those in at most 10 % of the documents
    #[arg(long, default_value_t = 0, value_name = "N")]
    words: u32,
    /// Neighbours of each point in the layout
    #[arg(long, default_value_t = 15, value_name = "N")]
    neighbors: u32,
    /// Seed of layout and clusters
    #[arg(long, default_value_t = 42, value_name = "SEED")]
    seed: u64,
    #[command(flatten)]
    documents: DocumentsArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Layout {
    Neighbors,
    Pca,
}

pub(crate) fn run(args: Args, global: &Global, bars: &Bars) -> Result<()> {
    let is_page = match args.output.extension().and_then(|extension| extension.to_str()) {
        Some("html" | "htm") => true,
        Some("svg") => false,
        _ => {
            let found = format!("`{}`", args.output.display());
            return Err(Error::Parameter {
                name: "output",
                found,
                expected: "a name that ends in .svg or .html".to_owned(),
            }
            .into());
        }
    };
    let model = Model::open(&args.model)?;
    let encoder = Encoder::new(&model)?;
    let mut file = AtomicFile::create(&args.output, args.force)?;
    bars.keep_until_cleaned_up();
    bars.watch_interrupts()?;
    let documents = args.documents.open(&encoder, bars)?;
    let (codes, dim) = (&documents.codes, documents.codes.dim());
    let mut units = codes.units();
    let (mut groups, of_documents) = groups(&args, &encoder, codes, bars)?;

    let words = frequent_words(&model, args.words as usize);
    for &word in &words {
        let alone = WeightedWords {
            words: vec![word],
            weights: vec![1.0],
            n_tokens: 1,
            n_known: 1,
            counts: vec![(word, 1.0)],
        };
        let z = encoder.encode(&alone);
        let code = encoder.part(&z, documents.components);
        let length = code.iter().map(|number| number * number).sum::<f32>().sqrt();
        units.extend(code.iter().map(|number| if length > 0.0 { number / length } else { 0.0 }));
    }
    let plane = principal_plane(&units, dim, bars)?;
    let places = match args.layout {
        Layout::Pca => plane,
        Layout::Neighbors => {
            let layout = NeighborLayout {
                n_neighbors: args.neighbors as usize,
                seed: args.seed,
                ..NeighborLayout::default()
            };
            layout.lay_out(&units, dim, &plane, bars)?
        }
    };
    if !words.is_empty() {
        groups.push("words".to_owned());
    }
    let texts = if is_page { documents.texts(SNIPPET)? } else { BTreeMap::new() };
    let of_points =
        codes.documents().iter().zip(&of_documents).enumerate().map(|(row, (&number, &group))| {
            (
                codes.name_of_row(row),
                group,
                texts.get(&number).map(String::as_str).unwrap_or_default(),
                false,
            )
        });
    let of_words = words
        .iter()
        .map(|&word| (model.vectors.words().spelling(word).to_owned(), groups.len() - 1, "", true));
    let points = of_points.chain(of_words).zip(places.chunks_exact(2));
    let picture = Picture {
        title: format!("{} documents", output::count(codes.len() as u64)),
        groups: groups.iter().enumerate().map(|(number, name)| Group::new(number, name)).collect(),
        points: points
            .map(|((name, group, text, is_word), place)| Point {
                place: [place[0], place[1]],
                name,
                group,
                text,
                is_word,
            })
            .collect(),
    };
    file.put(if is_page { picture.page() } else { picture.svg() }.as_bytes())?;
    file.commit()?;
    if !global.quiet {
        writeln!(
            io::stderr(),
            "{} points in {} group(s)",
            output::count(picture.points.len() as u64),
            picture.groups.len()
        )?;
    }
    Ok(())
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
    let means = KMeans { n_starts: 5, seed: args.seed, ..KMeans::new(n_clusters as usize) };
    let found = NamedClusters::find(encoder, codes, &means, NAMING_WORDS, bars)?;
    Ok((found.clusters.into_iter().map(|cluster| cluster.words.join(" ")).collect(), found.of_rows))
}

/// The most frequent words that do not stand everywhere.
fn frequent_words(model: &Model, n: usize) -> Vec<WordId> {
    let most = model.provenance.n_documents / 10;
    let ids = (0..model.vectors.len() as u32).map(WordId);
    let chosen: Vec<WordId> =
        ids.filter(|id| model.document_frequencies[id.index()] <= most).take(n).collect();
    let distinct: BTreeSet<WordId> = chosen.iter().copied().collect();
    distinct.into_iter().collect()
}
