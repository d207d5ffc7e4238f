//! `eigenlex plot`: documents and words on a plane, as SVG or as a page.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, BufReader, Write as _};
use std::path::PathBuf;

use anyhow::Result;
use clap::ValueEnum;
use eigenlex::encode::{Encoder, NeighborLayout, WeightedWords, principal_plane};
use eigenlex::evaluate::DocumentLabels;
use eigenlex::format::AtomicFile;
use eigenlex::{Error, KMeans, Model, WordId};

use super::bars::Bars;
use super::documents::DocumentsArgs;
use super::picture::{Group, Picture, Point};
use super::{Global, output};

const AFTER_HELP: &str = "\
Examples:
  eigenlex plot model --in texts.txt -o plane.html --clusters 20        a page that works offline: hover, search, zoom
  eigenlex plot model --in codes.npy -o plane.svg --layout pca --labels labels.tsv
  eigenlex plot model --in texts.txt --words 200 -o plane.html          words among the documents";

/// Characters of a document in a page.
const SNIPPET: usize = 100;

/// Words that name a cluster.
const NAMING_WORDS: usize = 4;

/// Lay documents, and words, out on a plane by their codes, and write the picture: .svg, or .html with hover, search and zoom, in one file.
///
/// `neighbors` keeps near what is near (after UMAP, McInnes, Healy & Melville 2018); `pca` shows the plane of most scatter. A word lies where a document of
/// this word alone would.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Args {
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
    /// Colour documents by their class: a line for each document, `train` or `test`, a tab, the class
    #[arg(long, conflicts_with = "clusters", value_name = "FILE")]
    labels: Option<PathBuf>,
    /// Colour documents by so many clusters (k-means), named by their words
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    clusters: Option<u32>,
    /// The N most frequent words that are in no more than a tenth of the documents, too
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

pub(super) fn run(args: Args, global: &Global, bars: &Bars) -> Result<()> {
    let is_page = match args.output.extension().and_then(|extension| extension.to_str()) {
        Some("html" | "htm") => true,
        Some("svg") => false,
        _ => {
            let found = format!("`{}`", args.output.display());
            return Err(Error::Parameter { name: "output", found, expected: "a name that ends in .svg or .html".to_owned() }.into());
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
    let (mut groups, of_documents) = groups(&args, &encoder, codes.documents(), &units, dim, bars)?;

    let words = frequent_words(&model, args.words as usize);
    for &word in &words {
        let alone = WeightedWords { words: vec![word], weights: vec![1.0], n_tokens: 1, n_known: 1, counts: vec![(word, 1.0)] };
        let z = encoder.encode(&alone);
        let code = encoder.part(&z, documents.components);
        let length = code.iter().map(|number| number * number).sum::<f32>().sqrt();
        units.extend(code.iter().map(|number| if length > 0.0 { number / length } else { 0.0 }));
    }
    let plane = principal_plane(&units, dim, bars)?;
    let places = match args.layout {
        Layout::Pca => plane,
        Layout::Neighbors => {
            let layout = NeighborLayout { n_neighbors: args.neighbors as usize, seed: args.seed, ..NeighborLayout::default() };
            layout.lay_out(&units, dim, &plane, bars)?
        }
    };
    if !words.is_empty() {
        groups.push("words".to_owned());
    }
    let texts = if is_page { documents.texts(SNIPPET)? } else { BTreeMap::new() };
    let of_points =
        codes.documents().iter().zip(&of_documents).map(|(&number, &group)| {
            (format!("document {number}"), group, texts.get(&number).map(String::as_str).unwrap_or_default(), false)
        });
    let of_words = words.iter().map(|&word| (model.vectors.words().spelling(word).to_owned(), groups.len() - 1, "", true));
    let points = of_points.chain(of_words).zip(places.chunks_exact(2));
    let picture = Picture {
        title: format!("{} documents", output::count(codes.len() as u64)),
        groups: groups.iter().enumerate().map(|(number, name)| Group::new(number, name)).collect(),
        points: points
            .map(|((name, group, text, is_word), place)| Point { place: [place[0], place[1]], name, group, text, is_word })
            .collect(),
    };
    file.put(if is_page { picture.page() } else { picture.svg() }.as_bytes())?;
    file.commit()?;
    if !global.quiet {
        writeln!(io::stderr(), "{} points in {} group(s)", output::count(picture.points.len() as u64), picture.groups.len())?;
    }
    Ok(())
}

/// The names of the groups, and the group of each document.
fn groups(args: &Args, encoder: &Encoder, numbers: &[u64], units: &[f32], dim: usize, bars: &Bars) -> Result<(Vec<String>, Vec<usize>)> {
    if let Some(path) = &args.labels {
        let file = File::open(path).map_err(|source| Error::io("read", path, source))?;
        let labels = DocumentLabels::read(BufReader::new(file), path)?;
        let class_of = |&number: &u64| match labels.documents.get(number as usize - 1) {
            Some((_, class)) => Ok(*class as usize),
            None => Err(Error::Malformed {
                path: path.clone(),
                line: None,
                found: format!("{} lines", labels.documents.len()),
                expected: format!("a line for document {number}"),
            }),
        };
        let groups = numbers.iter().map(class_of).collect::<eigenlex::Result<_>>()?;
        return Ok((labels.classes, groups));
    }
    let Some(n_clusters) = args.clusters else { return Ok((vec!["documents".to_owned()], vec![0; numbers.len()])) };
    let means = KMeans { n_starts: 5, seed: args.seed, ..KMeans::new(n_clusters as usize) };
    let found = means.cluster(units, dim, bars)?;
    let mut mean = vec![0.0f64; dim];
    units.chunks_exact(dim).for_each(|unit| mean.iter_mut().zip(unit).for_each(|(sum, &number)| *sum += f64::from(number)));
    let n = numbers.len() as f64;
    let name = |of_cluster: &[f32]| {
        let difference: Vec<f32> = of_cluster.iter().zip(&mean).map(|(&number, sum)| number - (sum / n) as f32).collect();
        super::cluster::top_words(encoder, &difference, NAMING_WORDS).join(" ")
    };
    let names = found.means.chunks_exact(dim).map(name).collect();
    Ok((names, found.clusters.iter().map(|&cluster| cluster as usize).collect()))
}

/// The most frequent words that do not stand everywhere.
fn frequent_words(model: &Model, n: usize) -> Vec<WordId> {
    let most = model.provenance.n_documents / 10;
    let ids = (0..model.vectors.len() as u32).map(WordId);
    let chosen: Vec<WordId> = ids.filter(|id| model.document_frequencies[id.index()] <= most).take(n).collect();
    let distinct: BTreeSet<WordId> = chosen.iter().copied().collect();
    distinct.into_iter().collect()
}
