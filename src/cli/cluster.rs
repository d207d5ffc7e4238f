//! `eigenlex cluster`: documents in clusters, and the words that tell these apart.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Result;
use eigenlex::encode::Encoder;
use eigenlex::format::AtomicFile;
use eigenlex::{KMeans, Model, WordId};
use serde::Serialize;

use super::bars::Bars;
use super::documents::DocumentsArgs;
use super::output::{self, FormatArg, OutputFormat};

const AFTER_HELP: &str = "\
Examples:
  eigenlex cluster model -n 20 --in texts.txt
  eigenlex cluster model -n 20 --in codes.npy -o clusters.tsv    and the cluster of each document";

/// Cut documents into clusters by k-means on their codes, all of one length, and name the words that tell each cluster from the others.
///
/// Starts are drawn by k-means++ (Arthur & Vassilvitskii 2007); the same seed gives the same clusters. The largest cluster comes first. Its words are
/// those that the code of its mean, less the mean of all, stands for.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Args {
    /// A model
    model: PathBuf,
    /// Clusters
    #[arg(short = 'n', long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    clusters: u32,
    /// Words to name of each cluster
    #[arg(short = 'k', long, default_value_t = 10, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    top: u32,
    /// Starts, of which the best counts
    #[arg(long, default_value_t = 5, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    starts: u32,
    /// Seed of the starts
    #[arg(long, default_value_t = 42, value_name = "SEED")]
    seed: u64,
    /// Write the number of each document and its cluster, separated by a tab
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace the output if it exists
    #[arg(long, requires = "output")]
    force: bool,
    #[command(flatten)]
    documents: DocumentsArgs,
    #[command(flatten)]
    format: FormatArg,
}

#[derive(Serialize)]
struct Cluster<'a> {
    cluster: usize,
    size: usize,
    words: Vec<&'a str>,
}

#[derive(Serialize)]
struct Report<'a> {
    n_documents: usize,
    /// The sum of the squared distances of codes of length 1 to the means of their clusters.
    inertia: f64,
    iterations: usize,
    converged: bool,
    clusters: Vec<Cluster<'a>>,
}

pub(super) fn run(args: Args, bars: &Bars) -> Result<()> {
    let model = Model::open(&args.model)?;
    let encoder = Encoder::new(&model)?;
    let file = args.output.as_ref().map(|path| AtomicFile::create(path, args.force)).transpose()?;
    bars.keep_until_cleaned_up();
    bars.watch_interrupts()?;
    let documents = args.documents.open(&encoder, bars)?;
    let codes = &documents.codes;
    let dim = codes.dim();
    let units = codes.units();
    let means = KMeans { n_starts: args.starts as usize, seed: args.seed, ..KMeans::new(args.clusters as usize) };
    let found = means.cluster(&units, dim, bars)?;

    // The largest first, of equal ones the one with the first document.
    let mut sizes = vec![0usize; args.clusters as usize];
    found.clusters.iter().for_each(|&cluster| sizes[cluster as usize] += 1);
    let first = |cluster: usize| found.clusters.iter().position(|&other| other as usize == cluster);
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    order.sort_by_key(|&cluster| (std::cmp::Reverse(sizes[cluster]), first(cluster)));
    let mut numbers = vec![0; order.len()];
    order.iter().enumerate().for_each(|(number, &cluster)| numbers[cluster] = number + 1);

    let mut mean = vec![0.0f64; dim];
    units.chunks_exact(dim).for_each(|unit| mean.iter_mut().zip(unit).for_each(|(mean, &number)| *mean += f64::from(number)));
    mean.iter_mut().for_each(|sum| *sum /= codes.len() as f64);
    let clusters = order.iter().enumerate().map(|(number, &cluster)| {
        let own = &found.means[cluster * dim..][..dim];
        let difference: Vec<f32> = own.iter().zip(&mean).map(|(&of_cluster, &of_all)| of_cluster - of_all as f32).collect();
        Cluster { cluster: number + 1, size: sizes[cluster], words: top_words(&encoder, &difference, args.top as usize) }
    });
    let report = Report {
        n_documents: codes.len(),
        inertia: found.inertia,
        iterations: found.iterations,
        converged: found.converged,
        clusters: clusters.collect(),
    };
    if let Some(mut file) = file {
        for (document, &cluster) in codes.documents().iter().zip(&found.clusters) {
            file.put(format!("{document}\t{}\n", numbers[cluster as usize]).as_bytes())?;
        }
        file.commit()?;
    }
    let mut output = output::stdout();
    match args.format.resolve() {
        OutputFormat::Json => output::json_line(&mut output, &report)?,
        OutputFormat::Tsv => {
            for it in &report.clusters {
                writeln!(output, "{}\t{}\t{}", it.cluster, it.size, it.words.join(" "))?;
            }
        }
        OutputFormat::Text => {
            let state = if report.converged { "converged" } else { "stopped" };
            let count = output::count(report.n_documents as u64);
            writeln!(output, "{count} documents, inertia {:.3}, {state} after {} steps", report.inertia, report.iterations)?;
            for it in &report.clusters {
                writeln!(output, "{:>4}  {:>7} documents  {}", it.cluster, output::count(it.size as u64), it.words.join(" "))?;
            }
        }
    }
    Ok(output.flush()?)
}

/// The words that a difference of codes, of any components, makes weigh more.
pub(super) fn top_words<'a>(encoder: &Encoder<'a>, code: &[f32], top: usize) -> Vec<&'a str> {
    // A code without the dropped components says nothing of them.
    let mut z = vec![0.0; encoder.rank() - code.len()];
    z.extend_from_slice(code);
    let decoded = encoder.direction(&z);
    let mut order: Vec<u32> = (0..decoded.len() as u32).collect();
    order.sort_by(|&a, &b| decoded[b as usize].total_cmp(&decoded[a as usize]).then(a.cmp(&b)));
    let words = encoder.model().vectors.words();
    order.into_iter().take(top).map(|word| words.spelling(WordId(word))).collect()
}
