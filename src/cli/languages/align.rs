//! `eigenlex align`: a map between two languages, between several, or between the time slices of
//! one.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Result;
use clap::{ArgGroup, ValueEnum};
use eigenlex::MemoryBudget;
use eigenlex::align::{
    self, AlignConfig, AlignMethod, AlignmentReport, Criterion, Dictionary, DictionaryPairs,
    Language, NormalizationStep,
};
use serde::Serialize;

use super::inputs::{input, of_all_pairs, pairs_of, without_subwords};
use super::join;
use super::report::{COLUMNS, record, rows};
use crate::cli::global;
use crate::cli::memory::parse_bytes;
use crate::cli::output;
use crate::cli::output::bars::Bars;
use crate::cli::output::{FormatArg, OutputFormat};
use crate::cli::refusal::Refusal;
use crate::cli::vector_files;

const USAGE: &str = "\
eigenlex align [OPTIONS] -o <MAP> <SOURCE> <TARGET> --dictionary <FILE>
       eigenlex align [OPTIONS] -o <MAP> <SOURCE> <TARGET> --unsupervised
       eigenlex align [OPTIONS] -o <MAP> --hub <TARGET> <SOURCE>... --identical
       eigenlex align [OPTIONS] -o <MAP> --chain <SLICE> <SLICE>...";

const AFTER_HELP: &str = "\
Examples:
  With a dictionary, one pair per line:
    eigenlex align en.model es.model --dictionary en-es.txt -o en-es.map
  From a few pairs, more are found step by step:
    eigenlex align en.model es.model --dictionary few.txt --refine -o en-es.map
  Without a dictionary:
    eigenlex align en.model es.model --unsupervised -o en-es.map
  Several languages in the space of English:
    eigenlex align --hub en.vec es.vec de.vec --identical -o europe.hub
  Decades of one language, for `drift`:
    eigenlex align --chain 1950.model 1960.model 1970.model -o decades.chain";

/// Align two models, so that translations get similar vectors
///
/// Learns a map from both languages into one space, and reports whether the map can be trusted.
/// `translate`, `dictionary`, `export --map` and `evaluate --translation` use the map. With --hub,
/// several languages are mapped into the space of the first. With --chain, the time slices of one
/// language are mapped into the space of the first slice.
#[derive(Debug, clap::Args)]
#[command(
    after_help = AFTER_HELP,
    override_usage = USAGE,
    group = ArgGroup::new("knowledge")
        .required(true)
        .args(["dictionary", "identical", "similar_spelling", "unsupervised", "chain"]),
)]
pub(crate) struct Args {
    /// Model or vector file to translate from, most frequent words first
    #[arg(
        required_unless_present_any = ["hub", "chain"],
        conflicts_with_all = ["hub", "chain"],
    )]
    source: Option<PathBuf>,
    /// Model or vector file to translate to
    #[arg(required_unless_present_any = ["hub", "chain"])]
    target: Option<PathBuf>,
    /// Align several languages to the first: TARGET SOURCE SOURCE...
    ///
    /// Give --dictionary once for each SOURCE, in their order.
    #[arg(long, num_args = 2.., value_names = ["TARGET", "SOURCE"])]
    hub: Vec<PathBuf>,
    /// Align the time slices of one language, earliest first
    ///
    /// Learns from the words that the slices share. Embed them with `--subwords 0`: the spelling of
    /// a word does not change with its meaning.
    #[arg(
        long,
        num_args = 2..,
        value_name = "SLICE",
        conflicts_with_all = ["hub", "criterion"],
    )]
    chain: Vec<PathBuf>,
    /// File of the map to write
    #[arg(short, long, value_name = "MAP")]
    output: PathBuf,
    /// Replace the map if it exists
    #[arg(long)]
    force: bool,
    /// Learn from a bilingual dictionary
    ///
    /// One pair per line: source word, a tab or space, target word. Capital letters and words of
    /// several tokens are accepted.
    #[arg(long, value_name = "FILE", help_heading = "What to learn from")]
    dictionary: Vec<PathBuf>,
    /// Grow a small dictionary step by step; 25 pairs can be enough
    #[arg(long, requires = "dictionary", help_heading = "What to learn from")]
    refine: bool,
    /// Learn from words and numerals that are spelled the same in both languages
    #[arg(long, help_heading = "What to learn from")]
    identical: bool,
    /// Learn from words that both languages spell the same or alike, such as nation and nación
    #[arg(long, help_heading = "What to learn from")]
    similar_spelling: bool,
    /// Learn without any dictionary
    ///
    /// Works for similar languages and large corpora of the same kind; read the verdict.
    #[arg(long, help_heading = "What to learn from")]
    unsupervised: bool,
    /// How the final map is fitted
    #[arg(
        long,
        value_enum,
        default_value_t = CriterionName::Procrustes,
        value_name = "CRITERION",
        help_heading = "Learning",
    )]
    criterion: CriterionName,
    /// Steps applied to every vector first, in this order
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        default_value = "unit,center,unit",
        value_name = "STEPS",
        help_heading = "Learning"
    )]
    normalize: Vec<StepName>,
    /// Use only the first N dimensions of both sides [default: all]
    #[arg(short = 'd', long, value_name = "N", help_heading = "Learning")]
    dim: Option<usize>,
    /// Exponent of the singular values that weight the components of models [default: as in the
    /// model]
    #[arg(
        short = 'p',
        long,
        value_name = "P",
        allow_negative_numbers = true,
        help_heading = "Learning"
    )]
    sigma_exponent: Option<f64>,
    /// Learn from at most the N most frequent words of each side
    #[arg(
        long,
        alias = "max-vocab",
        default_value_t = 200_000,
        value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..),
        help_heading = "Learning",
    )]
    max_words: u32,
    /// Find new pairs among at most the N most frequent words of each side
    ///
    /// For --refine, --identical, --similar-spelling and --unsupervised. More takes longer and
    /// brings in rarer words.
    #[arg(
        long,
        default_value_t = 20_000,
        value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..),
        help_heading = "Learning",
    )]
    self_learning_words: u32,
    /// Seed of everything random
    #[arg(long, default_value_t = 42, value_name = "SEED", help_heading = "Learning")]
    seed: u64,
    /// Refuse to use more memory than this, for instance 2GB [default: no limit]
    #[arg(long, value_parser = parse_bytes, value_name = "SIZE", help_heading = "Memory")]
    memory: Option<u64>,
    #[command(flatten)]
    format: FormatArg,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum CriterionName {
    /// Least squared distance of the pairs
    Procrustes,
    /// Relaxed CSLS of the pairs (Joulin et al. 2018), for comparison
    Rcsls,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum StepName {
    /// Scale it to length 1
    Unit,
    /// Subtract the mean vector
    Center,
    /// Nothing
    None,
}

impl Args {
    fn config(&self) -> AlignConfig {
        let normalization = self.normalize.iter().filter_map(|step| match step {
            StepName::Unit => Some(NormalizationStep::Unit),
            StepName::Center => Some(NormalizationStep::Center),
            StepName::None => None,
        });
        let mut config = AlignConfig::default();
        config.criterion = match self.criterion {
            CriterionName::Procrustes => Criterion::Procrustes,
            CriterionName::Rcsls => Criterion::Rcsls,
        };
        config.normalization = normalization.collect();
        config.dim = self.dim;
        config.sigma_exponent = self.sigma_exponent;
        config.max_words = self.max_words as usize;
        config.self_learning_words = self.self_learning_words as usize;
        config.seed = self.seed;
        config.memory = MemoryBudget { bytes: self.memory };
        config
    }

    /// Whether pairs are found that no dictionary has.
    fn learns_by_itself(&self) -> bool {
        self.refine || self.identical || self.similar_spelling || self.unsupervised
    }

    /// What the learning starts from, with the pairs of a dictionary if there is one.
    fn method<'a>(&self, pairs: Option<&'a DictionaryPairs>) -> AlignMethod<'a> {
        match pairs {
            Some(found) if self.refine => AlignMethod::SemiSupervised(&found.pairs),
            Some(found) => AlignMethod::Supervised(&found.pairs),
            None if self.identical => AlignMethod::Identical,
            None if self.similar_spelling => AlignMethod::SimilarSpelling,
            None => AlignMethod::Unsupervised,
        }
    }
}

/// The JSON of a map.
#[derive(Serialize)]
struct Printed<'a> {
    #[serde(flatten)]
    report: &'a AlignmentReport,
    digest: Option<&'a str>,
}

pub(crate) fn run(args: Args, bars: &Bars) -> Result<()> {
    let config = args.config();
    eigenlex::storage::refuse_existing(&args.output, args.force)?;
    bars.watch_interrupts()?;
    if !args.chain.is_empty() || !args.hub.is_empty() {
        let spaces = match args.chain.is_empty() {
            false => join::chain(&args.chain, &config, bars)?,
            true => {
                let (paths, dictionaries) = (&args.hub, &args.dictionary);
                let by_itself = args.learns_by_itself();
                join::hub(paths, dictionaries, &|it| args.method(it), by_itself, &config, bars)?
            }
        };
        spaces.write(&args.output, args.force)?;
        return join::print(&spaces, args.format);
    }
    if args.dictionary.len() > 1 {
        return Err(Refusal::new(
            format!("`--dictionary` is given {} times for two languages", args.dictionary.len()),
            "give one dictionary, or align several languages with `--hub`",
        )
        .into());
    }
    let (Some(source), Some(target)) = (&args.source, &args.target) else {
        unreachable!("clap demands them")
    };
    let dictionary =
        args.dictionary.first().map(|file| Dictionary::open(global::source(file))).transpose()?;
    let (source_vectors, target_vectors) =
        [source, target].map(|path| vector_files::open(path, bars).map(|it| it.vectors)).into();
    let (source_vectors, target_vectors) = (source_vectors?, target_vectors?);
    let plain = match args.learns_by_itself() {
        true => [without_subwords(source)?, without_subwords(target)?],
        false => [None, None],
    };
    let (mut source, mut target) =
        (input(&source_vectors, source)?, input(&target_vectors, target)?);
    (source.without_subwords, target.without_subwords) = (plain[0].as_ref(), plain[1].as_ref());
    let limits = [config.max_words; 2];
    let found = dictionary.map(|dictionary| {
        pairs_of(&dictionary, [source_vectors.words(), target_vectors.words()], limits, bars)
    });
    let mut map = align::align(&source, &target, args.method(found.as_ref()), &config, bars)
        .map_err(|error| of_all_pairs(error, found.as_slice()))?;
    map.description.report.coverage = found.map(|found| found.coverage);
    map.write(&args.output, args.force)?;
    let mut stdout = output::stdout();
    let (report, digest) = (&map.description.report, map.description.digest.as_deref());
    match args.format.resolve() {
        OutputFormat::Json => output::json_line(&mut stdout, &Printed { report, digest })?,
        OutputFormat::Tsv => {
            let table = args.format.table(&mut stdout, COLUMNS)?;
            let path = |language| map.space(language).path.display().to_string();
            record(
                &mut stdout,
                &table,
                [&path(Language::Source), &path(Language::Target)],
                report,
                digest,
            )?;
        }
        OutputFormat::Text => rows(report)
            .into_iter()
            .chain(digest.map(|digest| ("digest", digest.to_owned())))
            .try_for_each(|(name, value)| writeln!(stdout, "{name:<14} {value}"))?,
    }
    Ok(stdout.flush()?)
}
