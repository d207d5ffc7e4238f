//! `eigenlex align`: two languages laid over each other, or several, or the time slices of one.

use std::fmt::Display;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::ValueEnum;
use eigenlex::align::{
    self, AlignConfig, AlignInput, AlignMethod, AlignmentReport, Coverage, Criterion, Dictionary,
    DictionaryPairs, Language, NormalizationStep, lookup,
};
use eigenlex::{Error, MemoryBudget, Model, Progress as _, WordVectors, Words};

use super::join;
use crate::cli::memory::parse_bytes;
use crate::cli::output;
use crate::cli::output::bars::Bars;
use crate::cli::output::{Decimals, FormatArg, OrEmpty, OutputFormat, Table};

/// Lay two languages over each other: learn a map into one space, with a dictionary or without, and
/// say whether it can be trusted.
///
/// SOURCE and TARGET are models or any vector files, the most frequent words first. The map is a
/// small file; `translate`, `dictionary` and `evaluate --translation` use it. With --hub several
/// languages come into the space of one, with --chain the time slices of one language into the
/// space of the first, for `drift`.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("knowledge").required(true).multiple(false).args(["dictionary", "identical", "unsupervised", "chain"]))]
pub(crate) struct Args {
    /// A model, or any vector file
    #[arg(required_unless_present_any = ["hub", "chain"], conflicts_with_all = ["hub", "chain"])]
    source: Option<PathBuf>,
    /// Another one
    #[arg(required_unless_present_any = ["hub", "chain"])]
    target: Option<PathBuf>,
    /// Lay several languages over one, the first: TARGET SOURCE SOURCE...; --dictionary is given
    /// for each SOURCE, in their order
    #[arg(long, num_args = 2.., value_names = ["TARGET", "SOURCE"])]
    hub: Vec<PathBuf>,
    /// Lay time slices of one language over each other, in the order of time; the words that they
    /// share are the pairs
    #[arg(long, num_args = 2.., value_name = "SLICE", conflicts_with_all = ["hub", "criterion"])]
    chain: Vec<PathBuf>,
    /// The map to write
    #[arg(short, long, value_name = "MAP")]
    output: PathBuf,
    /// Replace the map if it exists
    #[arg(long)]
    force: bool,
    /// Pairs to learn from, one a line: source and target, between them a tab or a blank; capitals
    /// and several words are accepted
    #[arg(long, value_name = "FILE")]
    dictionary: Vec<PathBuf>,
    /// Go on learning from the pairs that the dictionary leads to: 25 pairs are enough to begin
    /// with
    #[arg(long, requires = "dictionary")]
    refine: bool,
    /// Begin with the words, and numerals, that are spelled the same in both languages
    #[arg(long)]
    identical: bool,
    /// Begin with nothing
    #[arg(long)]
    unsupervised: bool,
    /// What the last step optimises
    #[arg(long, value_enum, default_value_t = CriterionName::Procrustes, value_name = "CRITERION")]
    criterion: CriterionName,
    /// What is done to each vector first, in this order
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        default_value = "unit,center,unit",
        value_name = "STEPS"
    )]
    normalize: Vec<StepName>,
    /// Keep only the first N dimensions of both sides [default: all]
    #[arg(short = 'd', long, value_name = "N")]
    dim: Option<usize>,
    /// Weight the components of models by this power of their singular values [default: as the
    /// model has them]
    #[arg(short = 'p', long, value_name = "P", allow_negative_numbers = true)]
    sigma_exponent: Option<f64>,
    /// Learn on the N most frequent words of each side at most
    #[arg(long, alias = "max-vocab", default_value_t = 200_000, value_name = "N")]
    max_words: usize,
    /// Self-learning ends on the N most frequent words of each side
    #[arg(long, default_value_t = 20_000, value_name = "N")]
    self_learning_words: usize,
    /// Seed of what is random
    #[arg(long, default_value_t = 42)]
    seed: u64,
    /// Refuse to take more memory than this, for instance 2GB
    #[arg(long, value_parser = parse_bytes, value_name = "SIZE")]
    memory: Option<u64>,
    #[command(flatten)]
    format: FormatArg,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum CriterionName {
    /// The distance of the pairs
    Procrustes,
    /// The relaxed CSLS of the pairs (Joulin et al. 2018)
    Rcsls,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum StepName {
    Unit,
    Center,
    /// Nothing
    None,
}

impl Args {
    fn config(&self) -> Result<AlignConfig> {
        let positive = |name, value: usize| {
            if value > 0 {
                return Ok(());
            }
            Err(Error::Parameter { name, found: "0".to_owned(), expected: "at least 1".to_owned() })
        };
        positive("max-words", self.max_words)?;
        positive("self-learning-words", self.self_learning_words)?;
        let normalization = self.normalize.iter().filter_map(|step| match step {
            StepName::Unit => Some(NormalizationStep::Unit),
            StepName::Center => Some(NormalizationStep::Center),
            StepName::None => None,
        });
        Ok(AlignConfig {
            criterion: match self.criterion {
                CriterionName::Procrustes => Criterion::Procrustes,
                CriterionName::Rcsls => Criterion::Rcsls,
            },
            normalization: normalization.collect(),
            dim: self.dim,
            sigma_exponent: self.sigma_exponent,
            max_words: self.max_words,
            self_learning_words: self.self_learning_words,
            seed: self.seed,
            memory: MemoryBudget { bytes: self.memory },
            ..AlignConfig::default()
        })
    }
}

impl Args {
    /// What the learning starts from, with the pairs of a dictionary if there is one.
    fn method<'a>(&self, pairs: Option<&'a DictionaryPairs>) -> AlignMethod<'a> {
        match pairs {
            Some(found) if self.refine => AlignMethod::SemiSupervised(&found.pairs),
            Some(found) => AlignMethod::Supervised(&found.pairs),
            None if self.identical => AlignMethod::Identical,
            None => AlignMethod::Unsupervised,
        }
    }
}

pub(crate) fn run(args: Args, bars: &Bars) -> Result<()> {
    let config = args.config()?;
    eigenlex::refuse_existing(&args.output, args.force)?;
    bars.watch_interrupts()?;
    if !args.chain.is_empty() || !args.hub.is_empty() {
        let spaces = match args.chain.is_empty() {
            false => join::chain(&args.chain, &config, bars)?,
            true => {
                join::hub(&args.hub, &args.dictionary, &|pairs| args.method(pairs), &config, bars)?
            }
        };
        spaces.write(&args.output, args.force)?;
        return join::print(&spaces, args.format);
    }
    if args.dictionary.len() > 1 {
        let (found, expected) =
            (format!("given {} times", args.dictionary.len()), "one, for two languages".to_owned());
        return Err(Error::Parameter { name: "dictionary", found, expected }.into());
    }
    let (Some(source), Some(target)) = (&args.source, &args.target) else {
        unreachable!("clap demands them")
    };
    let dictionary = args.dictionary.first().map(Dictionary::open).transpose()?;
    let (source_vectors, target_vectors) =
        (WordVectors::open_with(source, bars)?, WordVectors::open_with(target, bars)?);
    let (source, target) = (input(&source_vectors, source)?, input(&target_vectors, target)?);
    let limits = [config.max_words; 2];
    let found = dictionary.map(|dictionary| {
        pairs_of(&dictionary, [source_vectors.words(), target_vectors.words()], limits, bars)
    });
    let mut map = align::align(&source, &target, args.method(found.as_ref()), &config, bars)?;
    map.description.report.coverage = found.map(|found| found.coverage);
    map.write(&args.output, args.force)?;
    let mut stdout = output::stdout();
    let report = &map.description.report;
    match args.format.resolve() {
        OutputFormat::Json => output::json_line(&mut stdout, report)?,
        OutputFormat::Tsv => {
            let table = args.format.table(&mut stdout, COLUMNS)?;
            let path = |language| map.space(language).path.display().to_string();
            record(
                &mut stdout,
                &table,
                [&path(Language::Source), &path(Language::Target)],
                report,
            )?;
        }
        OutputFormat::Text => rows(report)
            .iter()
            .try_for_each(|(name, value)| writeln!(stdout, "{name:<14} {value}"))?,
    }
    Ok(stdout.flush()?)
}

/// A dictionary in the words of two vocabularies, the first so many of each; a file whose columns
/// seem to be the wrong way round is told.
pub(crate) fn pairs_of(
    dictionary: &Dictionary,
    words: [&Words; 2],
    limits: [usize; 2],
    bars: &Bars,
) -> DictionaryPairs {
    let ids = |side: usize| move |word: &str| lookup(words[side], word, limits[side]);
    let found = dictionary.pairs(ids(0), ids(1));
    let turned = dictionary.turned().pairs(ids(0), ids(1)).coverage;
    if turned.known_entries >= 10 && turned.known_entries > 2 * found.coverage.known_entries {
        bars.tell(&format!(
            "{} of the {} pairs of `{}` are known, {} would be with its columns the other way round: does it stand in the order of the languages?",
            found.coverage.known_entries, turned.entries, dictionary.file, turned.known_entries
        ));
    }
    found
}

/// Vectors with their absolute path, and for a model its spectrum.
pub(crate) fn input<'a>(vectors: &'a WordVectors, path: &Path) -> Result<AlignInput<'a>> {
    let mut input =
        AlignInput::new(vectors, std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf()));
    if Model::is_at(path) {
        let provenance = Model::open_provenance(path)?;
        let values = provenance.spectrum.singular_values;
        let kept = values.get(provenance.config.drop_components..).unwrap_or_default().to_vec();
        // A network has no singular values.
        input.spectrum =
            provenance.config.network.is_none().then_some((kept, provenance.config.sigma_exponent));
    }
    Ok(input)
}

/// The columns of a report: those of a map of two languages, and of each map of a hub.
pub(crate) const COLUMNS: [&str; 16] = [
    "source",
    "target",
    "dictionary_pairs",
    "known_pairs",
    "dictionary_sources",
    "known_sources",
    "pairs",
    "judged",
    "mutual_share",
    "cycle",
    "margin",
    "held_out",
    "agreement",
    "zero_vectors",
    "verdict",
    "sentence",
];

/// A report as a record; what there is only with a dictionary, or only without, is empty else.
pub(crate) fn record(
    output: &mut impl Write,
    table: &Table<16>,
    names: [&str; 2],
    report: &AlignmentReport,
) -> io::Result<()> {
    let of_dictionary =
        |number: fn(&Coverage) -> usize| OrEmpty(report.coverage.as_ref().map(number));
    let zero_vectors = report.zero_vectors.0 + report.zero_vectors.1;
    let [mutual, cycle, margin, held_out] =
        [report.mutual_share, report.cycle, report.margin, report.held_out].map(Decimals::<4>);
    let cells: [&dyn Display; 16] = [
        &names[0],
        &names[1],
        &of_dictionary(|it| it.entries),
        &of_dictionary(|it| it.known_entries),
        &of_dictionary(|it| it.sources),
        &of_dictionary(|it| it.known_sources),
        &report.pairs,
        &report.judged,
        &mutual,
        &cycle,
        &margin,
        &held_out,
        &OrEmpty(report.agreement.map(Decimals::<4>)),
        &zero_vectors,
        &report.verdict,
        &report.sentence,
    ];
    table.row(output, cells)
}

/// The report as names and values.
pub(crate) fn rows(report: &AlignmentReport) -> Vec<(&'static str, String)> {
    let mut rows = Vec::new();
    if let Some(coverage) = report.coverage {
        let it = format!(
            "{} of {} pairs, {} of {} sources",
            coverage.known_entries, coverage.entries, coverage.known_sources, coverage.sources
        );
        rows.push(("dictionary", it));
    }
    rows.push(("pairs", report.pairs.to_string()));
    rows.push(("judged", report.judged.to_string()));
    rows.push(("mutual share", format!("{:.4}", report.mutual_share)));
    rows.push(("cycle", format!("{:.4}", report.cycle)));
    rows.push(("margin", format!("{:.4}", report.margin)));
    rows.push(("held out", format!("{:.4}", report.held_out)));
    if let Some(agreement) = report.agreement {
        rows.push(("agreement", format!("{agreement:.4}")));
    }
    if report.zero_vectors != (0, 0) {
        rows.push((
            "zero vectors",
            format!(
                "{} in the source, {} in the target, left out",
                report.zero_vectors.0, report.zero_vectors.1
            ),
        ));
    }
    rows.push(("verdict", report.verdict.to_string()));
    rows.push(("in words", report.sentence.clone()));
    rows
}
