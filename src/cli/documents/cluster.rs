//! `eigenlex cluster`: documents in clusters, named by words.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Result;
use eigenlex::encode::{Codes, Encoder};
use eigenlex::evaluate::{ClusterAgreement, DocumentClasses};
use eigenlex::query::KMeans;
use eigenlex::storage::AtomicFile;
use eigenlex::{Digest, Model, Progress as _};
use serde::Serialize;

use super::inputs::DocumentsArgs;
use super::labels::LabelsArgs;
use super::named_clusters::NamedClusters;
use crate::cli::output;
use crate::cli::output::bars::Bars;
use crate::cli::output::{Digits, Escaped, FormatArg, OrEmpty, OutputFormat};

const AFTER_HELP: &str = "\
Examples:
  Twenty clusters:
    eigenlex cluster model -n 20 --in texts.txt
  And a table with the cluster of each document:
    eigenlex cluster model -n 20 --in codes.safetensors -o clusters.tsv
  Compared with known classes:
    eigenlex cluster model -n 5 --in novels/ --labels metadata.csv";

/// Group documents by topic and name each group by its words
///
/// Clusters the length-normalised codes by k-means with k-means++ seeding (Arthur & Vassilvitskii
/// 2007). The largest cluster comes first, with the words that occur in its documents and in few
/// others (by normalised mutual information). With --labels, the clusters are compared with known
/// classes.
///
/// Codes in .npy have no words: add the texts with --texts.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    /// Model
    model: PathBuf,
    /// Number of clusters, at most that of the documents
    #[arg(short = 'n', long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    clusters: u32,
    /// Number of words to name each cluster
    #[arg(
        short = 'k',
        long,
        default_value_t = 10,
        value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..),
    )]
    top: u32,
    /// Number of random restarts, of which the best is kept
    ///
    /// More take longer and may find better clusters.
    #[arg(
        long,
        default_value_t = 5,
        value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..),
    )]
    restarts: u32,
    /// Seed of the random restarts
    #[arg(long, default_value_t = 42, value_name = "SEED")]
    seed: u64,
    /// Table to write, with the number, name and cluster of each document
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
    /// Of the document and the cluster of each code.
    digest: String,
    clusters: Vec<Cluster>,
}

pub(crate) fn run(args: Args, bars: &Bars) -> Result<()> {
    let model = Model::open(&args.model)?;
    let encoder = Encoder::new(&model)?;
    let file = args.output.as_ref().map(|path| AtomicFile::create(path, args.force)).transpose()?;
    bars.keep_until_cleaned_up();
    bars.watch_interrupts()?;
    let documents = args.documents.open_some(&encoder, bars)?;
    let codes = &documents.codes;
    let classes = args.labels.read(codes, bars)?;
    let mut means = KMeans::new(args.clusters as usize);
    (means.n_starts, means.seed) = (args.restarts as usize, args.seed);
    let found = NamedClusters::find(&encoder, codes, &means, args.top as usize, bars)?;
    args.warn(&found, bars);
    let report = Report::of(codes, &found, classes.as_ref());
    if let Some(file) = file {
        write_table(file, codes, &found)?;
    }
    let mut output = output::stdout();
    print(&report, args.format, &mut output)?;
    Ok(output.flush()?)
}

impl Args {
    fn warn(&self, found: &NamedClusters, bars: &Bars) {
        let n_empty = self.clusters as usize - found.clusters.len();
        if n_empty > 0 {
            bars.tell(&format!(
                "{n_empty} of {} clusters are empty and left out: there are too few different \
                 documents",
                self.clusters
            ));
        }
        if !found.by_counts {
            bars.tell(
                "the clusters are named by their codes, since the file of codes has no words; add \
                 --texts for better names",
            );
        }
    }
}

impl Report {
    fn of(codes: &Codes, found: &NamedClusters, classes: Option<&DocumentClasses>) -> Self {
        // The cluster of each document that has a class, and the class.
        let pairs: Vec<(u32, usize)> = classes.map_or_else(Vec::new, |classes| {
            let rows = codes.documents().iter().zip(&found.of_rows);
            rows.filter_map(|(&document, &cluster)| Some((classes.class_of(document)?, cluster)))
                .collect()
        });
        let class_of = |cluster: usize| {
            let classes = classes?;
            let mut sizes = vec![0usize; classes.classes.len()];
            let own = pairs.iter().filter(|(_, it)| *it == cluster);
            own.for_each(|&(class, _)| sizes[class as usize] += 1);
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
        let rows = codes.documents().iter().zip(&found.of_rows);
        let digest = rows.fold(Digest::new(), |digest, (&document, &cluster)| {
            digest.number(document).number(cluster as u64 + 1)
        });
        Self {
            digest: digest.to_hex(),
            n_documents: codes.len(),
            inertia: Digits(found.inertia),
            iterations: found.iterations,
            converged: found.converged,
            clusters: clusters.collect(),
            agreement: classes.and_then(|_| {
                ClusterAgreement::from_pairs(
                    pairs.iter().map(|&(class, cluster)| (class, cluster as u32)),
                )
            }),
        }
    }
}

/// Writes the number, the name and the cluster of each document.
fn write_table(mut file: AtomicFile, codes: &Codes, found: &NamedClusters) -> Result<()> {
    file.put(b"document\tname\tcluster\n")?;
    for (row, (document, cluster)) in codes.documents().iter().zip(&found.of_rows).enumerate() {
        let (name, number) = (codes.name_of_row(row), cluster + 1);
        file.put(format!("{document}\t{}\t{number}\n", Escaped(name)).as_bytes())?;
    }
    Ok(file.commit()?)
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
                "{count} documents, inertia {:.1}, {state} after {} iterations",
                report.inertia.0, report.iterations
            )?;
            writeln!(output, "digest {}", report.digest)?;
            if let Some(it) = &report.agreement {
                writeln!(
                    output,
                    "agreement with the labels of {} documents: purity {:.1} %, normalised mutual \
                     information {:.3}",
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
                    output::shown(&it.words.join(" "))
                )?;
            }
        }
    }
    Ok(())
}
