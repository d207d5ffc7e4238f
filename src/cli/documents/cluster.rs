//! `eigenlex cluster`: documents in clusters, and the words that tell these apart.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Result;
use eigenlex::AtomicFile;
use eigenlex::encode::{Codes, Encoder, cluster_words};
use eigenlex::evaluate::ClusterAgreement;
use eigenlex::{KMeans, Model, Progress as _, WordId};
use serde::Serialize;

use super::DocumentsArgs;
use super::labels::LabelsArgs;
use crate::cli::output;
use crate::cli::output::bars::Bars;
use crate::cli::output::{Digits, Escaped, FormatArg, OrEmpty, OutputFormat};

const AFTER_HELP: &str = "\
Examples:
  eigenlex cluster model -n 20 --in texts.txt
  eigenlex cluster model -n 20 --in codes.safetensors -o clusters.tsv    and the cluster of each document
  eigenlex cluster model -n 5 --in novels/ --labels metadata.csv --label-column author";

/// Group documents by k-means on their codes, which are brought to length 1, and name the words
/// that tell each cluster from the others.
///
/// Starts are drawn by k-means++ (Arthur & Vassilvitskii 2007); the same seed gives the same
/// clusters. The largest cluster comes first. Its words are those that stand in its documents and
/// in few others, by normalised mutual information. Codes in .npy know no words: give the texts
/// with them. With --labels the clusters are compared with classes that you know.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    /// A model
    model: PathBuf,
    /// How many clusters
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
    /// Write a table with the number, the name and the cluster of each document
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace the output if it exists
    #[arg(long, requires = "output")]
    force: bool,
    #[command(flatten)]
    labels: LabelsArgs,
    #[command(flatten)]
    documents: DocumentsArgs,
    #[command(flatten)]
    format: FormatArg,
}

#[derive(Serialize)]
struct Cluster {
    cluster: usize,
    size: usize,
    words: Vec<String>,
    /// The class that most of its documents have, and how many have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    class: Option<(String, usize)>,
}

#[derive(Serialize)]
struct Report {
    n_documents: usize,
    /// The sum of the squared distances of codes of length 1 to the means of their clusters.
    inertia: Digits<6>,
    iterations: usize,
    converged: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    agreement: Option<ClusterAgreement>,
    clusters: Vec<Cluster>,
}

pub(crate) fn run(args: Args, bars: &Bars) -> Result<()> {
    let model = Model::open(&args.model)?;
    let encoder = Encoder::new(&model)?;
    let file = args.output.as_ref().map(|path| AtomicFile::create(path, args.force)).transpose()?;
    bars.keep_until_cleaned_up();
    bars.watch_interrupts()?;
    let documents = args.documents.open(&encoder, bars)?;
    let codes = &documents.codes;
    let classes = args.labels.read(codes, bars)?;
    let means = KMeans {
        n_starts: args.starts as usize,
        seed: args.seed,
        ..KMeans::new(args.clusters as usize)
    };
    let found = NamedClusters::find(&encoder, codes, &means, args.top as usize, bars)?;
    let n_empty = args.clusters as usize - found.clusters.len();
    if n_empty > 0 {
        bars.tell(&format!("{n_empty} of {} clusters are empty and left out: there are no more different documents", args.clusters));
    }
    if !found.by_counts {
        bars.tell("the words of clusters are read off their codes, as the file of codes has no words: give --texts for better ones");
    }

    let agreement = classes.as_ref().and_then(|classes| {
        let pairs =
            codes.documents().iter().zip(&found.of_rows).filter_map(|(&document, &cluster)| {
                Some((classes.class_of(document)?, cluster as u32))
            });
        ClusterAgreement::from_pairs(pairs)
    });
    let class_of = |cluster: usize| {
        let classes = classes.as_ref()?;
        let own = codes
            .documents()
            .iter()
            .zip(&found.of_rows)
            .filter(|(_, it)| **it == cluster)
            .filter_map(|(&document, _)| classes.class_of(document));
        let mut sizes = vec![0usize; classes.classes.len()];
        own.for_each(|class| sizes[class as usize] += 1);
        let (class, &size) = sizes
            .iter()
            .enumerate()
            .max_by_key(|&(class, &size)| (size, std::cmp::Reverse(class)))?;
        (size > 0).then(|| (classes.classes[class].clone(), size))
    };
    let clusters = found.clusters.iter().enumerate().map(|(number, it)| Cluster {
        cluster: number + 1,
        size: it.size,
        words: it.words.clone(),
        class: class_of(number),
    });
    let report = Report {
        n_documents: codes.len(),
        inertia: Digits(found.inertia),
        iterations: found.iterations,
        converged: found.converged,
        agreement,
        clusters: clusters.collect(),
    };
    if let Some(mut file) = file {
        file.put(b"document\tname\tcluster\n")?;
        for (row, (&document, &cluster)) in codes.documents().iter().zip(&found.of_rows).enumerate()
        {
            file.put(
                format!("{document}\t{}\t{}\n", Escaped(codes.name_of_row(row)), cluster + 1)
                    .as_bytes(),
            )?;
        }
        file.commit()?;
    }
    let mut output = output::stdout();
    print(&report, args.format, &mut output)?;
    Ok(output.flush()?)
}

fn print(report: &Report, format: FormatArg, output: &mut impl Write) -> Result<()> {
    let table = format.table(output, ["cluster", "size", "words", "class", "class_size"])?;
    match format.resolve() {
        OutputFormat::Json => output::json_line(output, report)?,
        OutputFormat::Tsv => {
            for it in &report.clusters {
                let (class, size) = (
                    it.class.as_ref().map(|(class, _)| class),
                    it.class.as_ref().map(|(_, size)| size),
                );
                table.row(
                    output,
                    [&it.cluster, &it.size, &it.words.join(" "), &OrEmpty(class), &OrEmpty(size)],
                )?;
            }
        }
        OutputFormat::Text => {
            let state = if report.converged { "converged" } else { "stopped" };
            let count = output::count(report.n_documents as u64);
            writeln!(
                output,
                "{count} documents, inertia {:.1}, {state} after {} steps",
                report.inertia.0, report.iterations
            )?;
            if let Some(it) = &report.agreement {
                writeln!(
                    output,
                    "agreement with the labels of {} documents: purity {:.1} %, normalised mutual information {:.3}",
                    output::count(it.n_documents),
                    100.0 * it.purity,
                    it.nmi
                )?;
            }
            for it in &report.clusters {
                let class = it.class.as_ref().map_or_else(String::new, |(class, size)| {
                    format!("{class} ({})  ", output::count(*size as u64))
                });
                writeln!(
                    output,
                    "{:>4}  {:>7} documents  {class}{}",
                    it.cluster,
                    output::count(it.size as u64),
                    it.words.join(" ")
                )?;
            }
        }
    }
    Ok(())
}

/// Clusters of documents with the words that name them, the largest first, without empty ones.
pub(crate) struct NamedClusters {
    pub(crate) clusters: Vec<NamedCluster>,
    /// For each row of the codes the position of its cluster.
    pub(crate) of_rows: Vec<usize>,
    /// Whether the words were found by their counts; without these, by the codes of the clusters.
    by_counts: bool,
    inertia: f64,
    iterations: usize,
    converged: bool,
}

pub(crate) struct NamedCluster {
    pub(crate) size: usize,
    pub(crate) words: Vec<String>,
}

impl NamedClusters {
    pub(crate) fn find(
        encoder: &Encoder,
        codes: &Codes,
        means: &KMeans,
        top: usize,
        bars: &Bars,
    ) -> Result<Self> {
        let dim = codes.dim();
        let units = codes.units();
        let found = means.cluster(&units, dim, bars)?;
        // The largest first, of equal ones the one with the first document.
        let n_clusters = found.means.len() / dim;
        let (mut sizes, mut first) = (vec![0usize; n_clusters], vec![usize::MAX; n_clusters]);
        for (row, &cluster) in found.clusters.iter().enumerate() {
            sizes[cluster as usize] += 1;
            first[cluster as usize] = first[cluster as usize].min(row);
        }
        let mut order: Vec<usize> = (0..n_clusters).filter(|&cluster| sizes[cluster] > 0).collect();
        order.sort_by_key(|&cluster| (std::cmp::Reverse(sizes[cluster]), first[cluster]));
        let mut positions = vec![0; n_clusters];
        order.iter().enumerate().for_each(|(position, &cluster)| positions[cluster] = position);
        let mut words = match codes.words() {
            Some(words) => cluster_words(words, &found.clusters, n_clusters, top),
            None => by_codes(encoder, &units, &found.means, dim, top),
        };
        let clusters = order.iter().map(|&cluster| NamedCluster {
            size: sizes[cluster],
            words: std::mem::take(&mut words[cluster]),
        });
        Ok(Self {
            clusters: clusters.collect(),
            of_rows: found.clusters.iter().map(|&cluster| positions[cluster as usize]).collect(),
            by_counts: codes.words().is_some(),
            inertia: found.inertia,
            iterations: found.iterations,
            converged: found.converged,
        })
    }
}

/// The words that fit the code of each cluster's mean, less the mean of all, best.
fn by_codes(
    encoder: &Encoder,
    units: &[f32],
    means: &[f32],
    dim: usize,
    top: usize,
) -> Vec<Vec<String>> {
    let mut mean = vec![0.0f64; dim];
    units.chunks_exact(dim).for_each(|unit| {
        mean.iter_mut().zip(unit).for_each(|(mean, &number)| *mean += f64::from(number))
    });
    let n = (units.len() / dim) as f64;
    let name = |own: &[f32]| {
        let difference: Vec<f32> = own
            .iter()
            .zip(&mean)
            .map(|(&of_cluster, of_all)| of_cluster - (of_all / n) as f32)
            .collect();
        // A code without the dropped components says nothing of them.
        let mut z = vec![0.0; encoder.rank() - dim];
        z.extend_from_slice(&difference);
        let decoded = encoder.direction(&z);
        let mut order: Vec<u32> = (0..decoded.len() as u32).collect();
        order.sort_by(|&a, &b| decoded[b as usize].total_cmp(&decoded[a as usize]).then(a.cmp(&b)));
        let words = encoder.model().vectors.words();
        order.into_iter().take(top).map(|word| words.spelling(WordId(word)).to_owned()).collect()
    };
    means.chunks_exact(dim).map(name).collect()
}
