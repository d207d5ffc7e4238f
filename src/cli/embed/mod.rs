//! `eigenlex embed`: from texts to a model.

pub(crate) mod bilingual;
pub(crate) mod network;
pub(crate) mod phrases;
pub(crate) mod summary;
pub(crate) mod tokens;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Result;
use clap::ValueEnum;
use eigenlex::network::NetworkConfig;
use eigenlex::{
    ContextSides, Contexts, DistanceWeights, EmbedConfig, ErrorKind, MemoryBudget, Model,
    ModelWriter, Progress as _, Recipe, Stage, Subsampling, SubwordSmoothing, Weighting,
};

use self::network::NetworkArgs;
use crate::cli::Global;
use crate::cli::memory::parse_bytes;
use crate::cli::output;
use crate::cli::output::FormatArg;
use crate::cli::output::bars::Bars;
use crate::cli::reading::{CorpusArgs, PhraseArgs, conflict, parse_passes};
use crate::cli::words::info;

const AFTER_HELP: &str = "\
Examples:
  eigenlex embed novels/ -o novels.model                           every file below a folder, a document each
  eigenlex embed wiki.txt.zst --dim 300 -o wiki.model              a compressed file, a document a line
  eigenlex embed 'letters/*.txt' --document paragraph -o letters.model
  eigenlex embed wiki.txt.zst --phrases 2 -o phrases.model         with phrases of up to four words as words
  eigenlex embed wiki.txt --recipe lsa --dim 200 -o lsa.model      documents by words, 0 or 1, V_k
  eigenlex embed news.txt --encoder vae --epochs 40 -o news.vae    a network that learns to give documents back
  eigenlex embed --parallel en.txt es.txt -o en-es                 two languages in one space, from translated lines";

/// Length of the vectors where nothing else is asked for.
const DIM: usize = 300;

/// Turn texts into word vectors.
///
/// Reads files, folders (recursively), quoted glob patterns, or `-` for standard input; plain or
/// compressed with gzip, zstd, bzip2 or xz.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    #[command(flatten)]
    reading: CorpusArgs,
    /// Folder of the model to write
    #[arg(short, long, value_name = "MODEL")]
    output: PathBuf,
    /// Replace the model if it exists
    #[arg(long)]
    force: bool,
    /// Set of parameters to start from; the options below change single ones
    /// [default: window; with --parallel or --encoder passages]
    #[arg(long, value_enum, value_name = "NAME")]
    recipe: Option<RecipeName>,
    /// Two texts of which each line translates the other: one decomposition puts both languages
    /// into one space. MODEL becomes a folder with the models `source` and `target` and the map
    /// `map`, which `translate` and `dictionary` use
    #[arg(long)]
    parallel: bool,

    /// Join phrases such as `new_york`, going through the corpus so often [default without a
    /// number: 1]: they have up to 2^PASSES words
    #[arg(long, num_args = 0..=1, default_missing_value = "1", value_parser = parse_passes, value_name = "PASSES", help_heading = "Phrases")]
    phrases: Option<u32>,
    #[command(flatten)]
    phrase_options: PhraseArgs,

    /// Drop words that occur less often [default: 5]
    #[arg(long, value_name = "N", help_heading = "Counting")]
    min_count: Option<u64>,
    /// Keep at most so many words, the most frequent
    #[arg(long, visible_alias = "max-vocab", value_name = "N", help_heading = "Counting")]
    max_words: Option<usize>,
    /// Take words above the share T of the tokens down, say 1e-3: a token stays with the
    /// probability min(1, sqrt(T/f) + T/f), where f is the share of its word. The expected counts
    /// are taken, without a draw
    #[arg(long, value_name = "T", allow_negative_numbers = true, help_heading = "Counting")]
    subsample: Option<f64>,
    /// Drop tokens by a seeded draw before windows are formed, as word2vec does, instead of taking
    /// the expected counts
    #[arg(long, requires = "subsample", help_heading = "Counting")]
    subsample_random: bool,
    /// Cut documents into documents of N tokens [default: by the recipe]
    #[arg(long, value_name = "N", help_heading = "Counting")]
    document_tokens: Option<usize>,
    /// What the rows of the matrix are [default: by the recipe]
    #[arg(long, value_enum, value_name = "KIND", help_heading = "Counting")]
    contexts: Option<ContextsName>,
    /// Tokens on either side of a word [default: 15]
    #[arg(short, long, value_name = "N", help_heading = "Counting")]
    window: Option<usize>,
    /// Whether windows end where sentences end, or go on to the end of the document [default:
    /// sentence]
    #[arg(long, value_enum, value_name = "WHERE", help_heading = "Counting")]
    window_boundary: Option<BoundaryName>,
    /// How the distance within a window counts: 1/d, (w-d+1)/w, 1, or 1 up to a size drawn for each
    /// token [default: harmonic]
    #[arg(long, value_enum, value_name = "WEIGHTS", help_heading = "Counting")]
    distance_weights: Option<DistanceName>,
    /// Whether a context before a word is another one than the same context after it [default:
    /// apart]
    #[arg(long, value_enum, value_name = "HOW", help_heading = "Counting")]
    context_sides: Option<ContextSidesName>,
    /// Take only the N most frequent words as contexts (every word has a vector all the same); 0
    /// for all [default: 20000]
    #[arg(long, value_name = "N", help_heading = "Counting")]
    max_contexts: Option<usize>,

    /// How counts become entries [default: by the recipe]
    #[arg(long, value_enum, value_name = "WEIGHTING", help_heading = "Weighting")]
    weighting: Option<WeightingName>,
    /// Power of the counts in the square-root weighting [default: 0.5]
    #[arg(long, value_name = "A", help_heading = "Weighting")]
    power: Option<f64>,
    /// Power of the context counts in PPMI [default: 0.75]
    #[arg(long, value_name = "A", help_heading = "Weighting")]
    smoothing: Option<f64>,
    /// Number whose logarithm PPMI subtracts, at least 1 [default: 1]
    #[arg(long, value_name = "K", help_heading = "Weighting")]
    shift: Option<f64>,

    /// Let words of few texts, such as names, weigh less in the decomposition: a word in less than
    /// this share of the stretches of text that would hold it by chance weighs in proportion; 0 for
    /// not [default: 0.4 with windows]
    #[arg(long, allow_negative_numbers = true, value_name = "A", help_heading = "Weighting")]
    dispersion: Option<f64>,

    /// Length of the vectors [default: 300, or as many as a smaller matrix has]
    #[arg(short, long, visible_aliases = ["size", "vector-size"], value_name = "K", help_heading = "Decomposition")]
    dim: Option<usize>,
    /// Decompose the columns of the N most frequent words and fold the others in; 0 for all
    /// [default: 50000 with windows]
    #[arg(long, value_name = "N", help_heading = "Decomposition")]
    fit_words: Option<usize>,
    /// Leave the first N singular triplets out of the vectors [default: by the recipe]
    #[arg(long, value_name = "N", help_heading = "Decomposition")]
    drop_components: Option<usize>,
    /// Add the vector of each word as a context to its vector (w + c)
    #[arg(long, help_heading = "Decomposition")]
    add_contexts: bool,
    /// Take the mean of all vectors from each [default: true with windows]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", help_heading = "Decomposition")]
    center: Option<bool>,
    /// Let rare words lean on words that are spelled alike, so strongly; 0 for not [default: 0.3
    /// with windows]
    #[arg(long, allow_negative_numbers = true, value_name = "A", help_heading = "Decomposition")]
    subword_smoothing: Option<f64>,
    /// A word that occurs so often leans half as much [default: 1000]
    #[arg(long, allow_negative_numbers = true, value_name = "N", help_heading = "Decomposition")]
    subword_half_count: Option<f64>,
    /// Power p in the word vectors V S^p [default: by the recipe]
    #[arg(short = 'p', long, value_name = "P", help_heading = "Decomposition")]
    sigma_exponent: Option<f64>,
    /// Largest residual of a singular triplet, relative, at which the iteration stops
    #[arg(
        long,
        value_name = "R",
        conflicts_with = "power_iterations",
        help_heading = "Decomposition"
    )]
    tolerance: Option<f64>,
    /// Stop after so many products of the matrix with a vector
    #[arg(
        long,
        value_name = "N",
        conflicts_with = "power_iterations",
        help_heading = "Decomposition"
    )]
    max_products: Option<usize>,
    /// Use the plain randomized SVD with so many power iterations (Halko et al. 2011) instead of
    /// the Krylov method
    #[arg(long, visible_alias = "power-iters", value_name = "Q", help_heading = "Decomposition")]
    power_iterations: Option<usize>,
    /// Extra columns of the plain randomized SVD
    #[arg(long, value_name = "N", requires = "power_iterations", help_heading = "Decomposition")]
    oversampling: Option<usize>,
    /// Seed of the random start, and of what is drawn in counting
    #[arg(long, default_value_t = 42, value_name = "SEED", help_heading = "Decomposition")]
    seed: u64,
    /// Take no more memory than this, for instance 8GB. Tokens, counts, matrices and vectors that
    /// do not fit go to temporary files beside the model, with the same result; with --phrases or
    /// --parallel, tokens that do not fit are refused
    #[arg(long, value_parser = parse_bytes, value_name = "SIZE", help_heading = "Decomposition")]
    memory: Option<u64>,

    /// Keep the folder of unfinished work, `MODEL.checkpoints`, when all is well, so that the same
    /// corpus need not be read or counted again for other parameters
    #[arg(long, conflicts_with = "no_checkpoints", help_heading = "Checkpoints")]
    keep_checkpoints: bool,
    /// Keep no results of stages on the disk: who is stopped begins anew
    #[arg(long, help_heading = "Checkpoints")]
    no_checkpoints: bool,

    #[command(flatten)]
    network: NetworkArgs,

    #[command(flatten)]
    format: FormatArg,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum RecipeName {
    /// Windows of 15 tokens within sentences, square-root weighting, words of uneven texts weighing
    /// less, V S^0.15 without the first component and the mean, rare words leaning on their
    /// spelling: best for word math and similarity
    Window,
    /// Whole documents by words: best to search, compare, group and classify documents
    Documents,
    /// Documents by words, 0 or 1, V: latent semantic analysis in its plainest form
    Lsa,
    /// Documents in parts of 200 tokens: the default of --encoder and --parallel
    Passages,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ContextsName {
    Documents,
    Window,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum DistanceName {
    Harmonic,
    Linear,
    Flat,
    /// The size of the window is drawn for each token, as word2vec does: linear on average
    Random,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum BoundaryName {
    /// Marks of any script (Unicode Standard Annex 29), and empty lines; the end of a line is a
    /// blank
    Sentence,
    Document,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ContextSidesName {
    Joint,
    Separate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum WeightingName {
    Binary,
    Count,
    Log,
    TfIdf,
    LogEntropy,
    Ppmi,
    /// count^a / sqrt(row^a column^a), a = 0.5
    SquareRoot,
}

pub(crate) fn run(args: Args, global: &Global, bars: &Bars) -> Result<()> {
    let config = args.config()?;
    config.check()?;
    if args.parallel {
        if args.keep_checkpoints {
            let expected = "not given: --parallel keeps no results of stages".to_owned();
            return Err(eigenlex::Error::Parameter {
                name: "keep-checkpoints",
                found: "given".to_owned(),
                expected,
            }
            .into());
        }
        return bilingual::run(
            &args.reading.open_pair()?,
            &config,
            &args.output,
            args.force,
            global,
            bars,
        );
    }
    let begun = Instant::now();
    let corpus = args.reading.open()?;
    let mut writer = ModelWriter::create(&args.output, args.force)?;
    if let Some(work) = &config.checkpoint_folder {
        writer = writer.within(work);
    }
    bars.watch_interrupts()?;

    let embed = || -> eigenlex::Result<Model> {
        let mut model = eigenlex::embed(&corpus, &config, bars)?;
        model.provenance.stages = bars.take_reports();
        bars.start(Stage::Write, None);
        writer.write(&model)?;
        bars.finish();
        Ok(model)
    };
    let mut model = match (embed(), &config.checkpoint_folder) {
        (Ok(model), Some(work)) if !args.keep_checkpoints => {
            eigenlex::remove_checkpoints(work)?;
            model
        }
        (Err(error), Some(work)) => {
            leave_checkpoints(work, &error, bars)?;
            return Err(error.into());
        }
        (model, _) => model?,
    };

    // The model on the disk cannot tell how long writing it took; the summary can.
    model.provenance.stages.extend(bars.take_reports());
    if let Some(format) = args.format.given() {
        let mut stdout = output::stdout();
        info::show(
            &mut stdout,
            format,
            !args.format.is_without_header(),
            &model.provenance,
            model.tokenizer.phrases(),
        )?;
        stdout.flush()?;
    } else if !global.quiet {
        crate::cli::output::bars::rest();
        let mut stderr = std::io::stderr().lock();
        if global.verbose > 0 {
            info::show(
                &mut stderr,
                output::OutputFormat::Text,
                true,
                &model.provenance,
                model.tokenizer.phrases(),
            )?;
        }
        summary::print(
            &mut stderr,
            &model,
            &args.output,
            args.reading.paths(),
            begun.elapsed().as_secs_f64(),
        )?;
    }
    Ok(())
}

/// What was done so far stays for another try, unless the same command cannot but fail again.
fn leave_checkpoints(work: &Path, error: &eigenlex::Error, bars: &Bars) -> Result<()> {
    match error.kind() {
        ErrorKind::Usage | ErrorKind::Data | ErrorKind::NotFound => {
            eigenlex::remove_checkpoints(work)?
        }
        _ if matches!(error, eigenlex::Error::InUse { .. }) => {}
        _ if work.is_dir() => bars.tell(&format!(
            "the work so far is kept in `{}`: the same command goes on from there",
            work.display()
        )),
        _ => {}
    }
    Ok(())
}

impl Args {
    /// The recipe with the options laid over it.
    fn config(&self) -> Result<EmbedConfig> {
        let network = self.network.resolve()?;
        let default = if self.parallel || network.is_some() {
            RecipeName::Passages
        } else {
            RecipeName::Window
        };
        let mut config = EmbedConfig::recipe(match self.recipe.unwrap_or(default) {
            RecipeName::Window => Recipe::Window,
            RecipeName::Documents => Recipe::Documents,
            RecipeName::Lsa => Recipe::Lsa,
            RecipeName::Passages => Recipe::Passages,
        });
        config.tokenizer = self.reading.tokenizer()?;
        config.phrases = self.phrase_options.resolve(self.phrases)?;
        config.cutoff.min_count = self.min_count.unwrap_or(config.cutoff.min_count);
        config.cutoff.max_words = self.max_words.or(config.cutoff.max_words);
        config.subsample = self
            .subsample
            .map(|threshold| Subsampling { threshold, random: self.subsample_random });
        config.contexts = self.contexts(config.contexts)?;
        config.sentences = config.contexts != Contexts::Documents
            && self.window_boundary != Some(BoundaryName::Document);
        config.weighting = self.weighting(config.weighting)?;
        let weighs_evenly = config.contexts != Contexts::Documents
            && matches!(config.weighting, Weighting::SquareRoot { .. });
        config.dispersion =
            self.dispersion.unwrap_or(if weighs_evenly { config.dispersion } else { 0.0 });
        config.sigma_exponent = self.sigma_exponent.unwrap_or(config.sigma_exponent);
        // Fitting on frequent words is for windows, whoever asks for them.
        let of_kind = config
            .fit_words
            .or(EmbedConfig::default().fit_words)
            .filter(|_| config.contexts != Contexts::Documents);
        config.fit_words = self.fit_words.or(of_kind).filter(|&n_words| n_words > 0);
        config.drop_components = self.drop_components.unwrap_or(config.drop_components);
        // The documents of a recipe are for its own contexts.
        let of_recipe = config
            .document_tokens
            .filter(|_| config.contexts == Contexts::Documents && !self.parallel);
        config.document_tokens = self.document_tokens.or(of_recipe);
        config.add_contexts |= self.add_contexts;
        config.center =
            self.center.unwrap_or(config.center && config.contexts != Contexts::Documents);
        let of_kind = EmbedConfig::default()
            .subword_smoothing
            .filter(|_| config.contexts != Contexts::Documents);
        let strength = self
            .subword_smoothing
            .or(of_kind.map(|subword_smoothing| subword_smoothing.strength))
            .filter(|&strength| strength != 0.0);
        let count = self.subword_half_count.unwrap_or(1000.0);
        config.subword_smoothing =
            strength.map(|strength| SubwordSmoothing { strength, half_count: count });
        config.dim = self.dim.unwrap_or(DIM);
        config.lower_dim = self.dim.is_none();
        config.seed = self.seed;
        config.tolerance = self.tolerance.unwrap_or(config.tolerance);
        config.max_products = self.max_products;
        config.power_iterations = self.power_iterations;
        config.oversampling = self.oversampling.unwrap_or(config.oversampling);
        config.memory = MemoryBudget { bytes: self.memory };
        if !self.no_checkpoints && !self.parallel {
            let mut name = self.output.file_name().unwrap_or_default().to_owned();
            name.push(".checkpoints");
            config.checkpoint_folder = Some(self.output.with_file_name(name));
        }
        config.temporary_folder = Some(
            self.output
                .parent()
                .filter(|folder| !folder.as_os_str().is_empty())
                .unwrap_or(Path::new("."))
                .to_path_buf(),
        );
        if let Some(network) = network {
            self.train(&mut config, network)?;
        }
        Ok(config)
    }

    /// A network instead of the decomposition, whose options mean nothing then.
    fn train(&self, config: &mut EmbedConfig, network: NetworkConfig) -> Result<()> {
        for (name, is_given) in [
            ("tolerance", self.tolerance.is_some()),
            ("max-products", self.max_products.is_some()),
            ("power-iterations", self.power_iterations.is_some()),
        ] {
            if is_given {
                return conflict(name, "given", "--encoder svd");
            }
        }
        config.sigma_exponent = self.sigma_exponent.unwrap_or(0.0);
        config.drop_components = self.drop_components.unwrap_or(0);
        config.network = Some(network);
        Ok(())
    }

    fn contexts(&self, recipe: Contexts) -> Result<Contexts> {
        let wants_window = match self.contexts {
            Some(name) => name == ContextsName::Window,
            None => matches!(recipe, Contexts::Window { .. }),
        };
        if !wants_window {
            let of_windows = [
                ("window", self.window.map(|window| window.to_string())),
                ("window-boundary", self.window_boundary.map(|_| "given".to_owned())),
                ("distance-weights", self.distance_weights.map(|_| "given".to_owned())),
                ("context-sides", self.context_sides.map(|_| "given".to_owned())),
                ("max-contexts", self.max_contexts.map(|n_words| n_words.to_string())),
            ];
            return match of_windows.into_iter().find_map(|(name, given)| Some((name, given?))) {
                Some((name, given)) => conflict(name, given, "--contexts window"),
                None => Ok(Contexts::Documents),
            };
        }
        let windows =
            if matches!(recipe, Contexts::Window { .. }) { recipe } else { Contexts::default() };
        let Contexts::Window { size, distance_weights, context_sides, max_contexts } = windows
        else {
            unreachable!("the default contexts are windows")
        };
        let distance_weights = match self.distance_weights {
            None => distance_weights,
            Some(DistanceName::Harmonic) => DistanceWeights::Harmonic,
            Some(DistanceName::Linear) => DistanceWeights::Linear,
            Some(DistanceName::Flat) => DistanceWeights::Flat,
            Some(DistanceName::Random) => DistanceWeights::Random,
        };
        let context_sides = match self.context_sides {
            None => context_sides,
            Some(ContextSidesName::Joint) => ContextSides::Joint,
            Some(ContextSidesName::Separate) => ContextSides::Separate,
        };
        let max_contexts = match self.max_contexts {
            None => max_contexts,
            Some(0) => None,
            some => some,
        };
        Ok(Contexts::Window {
            size: self.window.unwrap_or(size),
            distance_weights,
            context_sides,
            max_contexts,
        })
    }

    fn weighting(&self, recipe: Weighting) -> Result<Weighting> {
        let mut weighting = match self.weighting {
            None => recipe,
            Some(WeightingName::Binary) => Weighting::Binary,
            Some(WeightingName::Count) => Weighting::Count,
            Some(WeightingName::Log) => Weighting::Log,
            Some(WeightingName::TfIdf) => Weighting::TfIdf,
            Some(WeightingName::LogEntropy) => Weighting::LogEntropy,
            Some(WeightingName::Ppmi) => Weighting::Ppmi { smoothing: 0.75, shift: 1.0 },
            Some(WeightingName::SquareRoot) => Weighting::SquareRoot { power: 0.5 },
        };
        let (mut power_used, mut ppmi_used) = (false, false);
        match &mut weighting {
            Weighting::SquareRoot { power } => {
                *power = self.power.unwrap_or(*power);
                power_used = true;
            }
            Weighting::Ppmi { smoothing, shift } => {
                *smoothing = self.smoothing.unwrap_or(*smoothing);
                *shift = self.shift.unwrap_or(*shift);
                ppmi_used = true;
            }
            _ => {}
        }
        match (self.power, self.smoothing, self.shift) {
            (Some(power), ..) if !power_used => conflict("power", power, "--weighting square-root"),
            (_, Some(smoothing), _) if !ppmi_used => {
                conflict("smoothing", smoothing, "--weighting ppmi")
            }
            (_, _, Some(shift)) if !ppmi_used => conflict("shift", shift, "--weighting ppmi"),
            _ => Ok(weighting),
        }
    }
}
