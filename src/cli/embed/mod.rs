//! `eigenlex embed`: from texts to a model.

pub(crate) mod bilingual;
pub(crate) mod counting;
pub(crate) mod decomposition;
pub(crate) mod network;
pub(crate) mod phrases;
pub(crate) mod summary;
pub(crate) mod tokens;
pub(crate) mod weighting;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Result;
use clap::ValueEnum;
use eigenlex::model::ModelWriter;
use eigenlex::{Corpus, EmbedConfig, ErrorKind, Model, Progress as _, Recipe, Stage};

use self::counting::CountingArgs;
use self::decomposition::DecompositionArgs;
use self::network::NetworkArgs;
use self::weighting::WeightingArgs;
use crate::cli::global::Global;
use crate::cli::models::info;
use crate::cli::output;
use crate::cli::output::bars::Bars;
use crate::cli::output::{FormatArg, OutputFormat};
use crate::cli::phrase_args::JoinPhrasesArgs;
use crate::cli::reading::{CorpusArgs, MetadataArgs};
use crate::cli::refusal::Refusal;

const AFTER_HELP: &str = "\
Examples:
  Every file below a folder, each a document:
    eigenlex embed novels/ -o novels.model
  A compressed file, each line a document:
    eigenlex embed wiki.txt.zst -o wiki.model
  Files that match a pattern, each paragraph a document:
    eigenlex embed 'letters/*.txt' --document paragraph -o letters.model
  Phrases of up to four words as words:
    eigenlex embed wiki.txt.zst --phrases 2 -o phrases.model
  A model for search, clusters and other questions about documents:
    eigenlex embed news.txt --recipe documents -o news.model
  A neural network in place of the decomposition:
    eigenlex embed news.txt --encoder vae --epochs 40 -o news.vae
  Two languages in one space, from translated lines:
    eigenlex embed --parallel en.txt es.txt -o en-es";

/// Turn texts into word vectors
///
/// Reads a corpus, counts words in their contexts, decomposes the matrix of counts, and writes a
/// model: a folder with the words, their vectors, and a record of how they were made.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) reading: CorpusArgs,
    #[command(flatten)]
    pub(crate) metadata: MetadataArgs,
    /// Folder of the model to write
    #[arg(short, long, value_name = "MODEL")]
    pub(crate) output: PathBuf,
    /// Replace the model if it exists
    #[arg(long)]
    pub(crate) force: bool,
    /// Settings to start from; other options change single ones [default: window, or passages with
    /// --parallel or --encoder]
    #[arg(long, value_enum, value_name = "NAME")]
    recipe: Option<RecipeName>,
    /// Embed two languages in one space, from two texts whose lines translate each other
    ///
    /// MODEL becomes a folder with the models `source` and `target` and the map `map`, which
    /// `translate` and `dictionary` use.
    #[arg(long)]
    pub(crate) parallel: bool,
    #[command(flatten)]
    phrases: JoinPhrasesArgs,
    #[command(flatten)]
    counting: CountingArgs,
    #[command(flatten)]
    weighting: WeightingArgs,
    #[command(flatten)]
    decomposition: DecompositionArgs,
    /// Keep the checkpoint folder, `MODEL.checkpoints`, after success
    ///
    /// Another run with other settings then need not read or count the same corpus again.
    #[arg(long, conflicts_with = "no_checkpoints", help_heading = "Checkpoints")]
    keep_checkpoints: bool,
    /// Write no checkpoints; an interrupted run then starts from the beginning
    #[arg(long, alias = "no-work", help_heading = "Checkpoints")]
    no_checkpoints: bool,
    #[command(flatten)]
    network: NetworkArgs,
    #[command(flatten)]
    format: FormatArg,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum RecipeName {
    /// Word vectors from nearby words: best for word math, similarity and translation
    Window,
    /// Words in whole documents: best to search, compare, group and classify documents
    Documents,
    /// Plain latent semantic analysis: which words occur in which documents, 0 or 1
    Lsa,
    /// Words in passages of 200 tokens: for --encoder and --parallel
    Passages,
}

pub(crate) fn run(mut args: Args, global: &Global, bars: &Bars) -> Result<()> {
    args.reading.keep(&args.metadata);
    let config = args.config()?;
    config.check()?;
    if args.parallel {
        return args.run_parallel(&config, global, bars);
    }
    let begun = Instant::now();
    let corpus = args.reading.open()?;
    let mut model = args.make(&corpus, &config, bars)?;
    // The model on the disk does not hold how long writing it took; the summary does.
    model.provenance.stages.extend(bars.take_reports());
    args.report(&model, begun, global)
}

/// Keeps what was done so far for another try, unless the same command can only fail again.
fn leave_checkpoints(folder: &Path, error: &eigenlex::Error, bars: &Bars) -> Result<()> {
    match error.kind() {
        ErrorKind::Usage | ErrorKind::Data | ErrorKind::NotFound => {
            eigenlex::storage::remove_checkpoints(folder)?
        }
        _ if matches!(error, eigenlex::Error::InUse { .. }) => {}
        _ if folder.is_dir() => bars.tell(&format!(
            "the checkpoints are kept in `{}`: the same command resumes from there",
            folder.display()
        )),
        _ => {}
    }
    Ok(())
}

impl Args {
    /// Makes the model and writes it; the checkpoints stay if it fails and can be resumed.
    pub(crate) fn make(&self, corpus: &Corpus, config: &EmbedConfig, bars: &Bars) -> Result<Model> {
        let mut writer = ModelWriter::create(&self.output, self.force)?;
        if let Some(folder) = &config.checkpoint_folder {
            writer = writer.within(folder);
        }
        bars.watch_interrupts()?;
        let embed = || -> eigenlex::Result<Model> {
            let mut model = eigenlex::embed(corpus, config, bars)?;
            model.provenance.stages = bars.take_reports();
            bars.start(Stage::Write, None);
            writer.write(&model)?;
            bars.finish();
            Ok(model)
        };
        match (embed(), &config.checkpoint_folder) {
            (Ok(model), Some(folder)) if !self.keep_checkpoints => {
                eigenlex::storage::remove_checkpoints(folder)?;
                Ok(model)
            }
            (Err(error), Some(folder)) => {
                leave_checkpoints(folder, &error, bars)?;
                Err(error.into())
            }
            (model, _) => Ok(model?),
        }
    }

    fn run_parallel(&self, config: &EmbedConfig, global: &Global, bars: &Bars) -> Result<()> {
        if self.keep_checkpoints {
            return Err(Refusal::new(
                "`--keep-checkpoints` has no effect: `--parallel` writes no checkpoints",
                "leave out `--keep-checkpoints`",
            )
            .into());
        }
        let corpora = self.reading.open_pair()?;
        bilingual::run(&corpora, config, &self.output, self.force, global, bars)
    }

    /// Prints how the model came to be: as it was asked for, or as a summary.
    fn report(&self, model: &Model, begun: Instant, global: &Global) -> Result<()> {
        let (provenance, phrases) = (&model.provenance, model.tokenizer.phrases());
        if let Some(format) = self.format.given() {
            let mut stdout = output::stdout();
            let with_header = !self.format.is_without_header();
            info::show(&mut stdout, format, with_header, provenance, phrases)?;
            return Ok(stdout.flush()?);
        }
        if global.quiet {
            return Ok(());
        }
        output::bars::rest();
        let mut stderr = std::io::stderr().lock();
        if global.verbose > 0 {
            info::show(&mut stderr, OutputFormat::Text, true, provenance, phrases)?;
        }
        let seconds = begun.elapsed().as_secs_f64();
        summary::print(&mut stderr, model, &self.output, self.reading.paths(), seconds)?;
        Ok(())
    }

    /// The recipe, changed by the other options.
    pub(crate) fn config(&self) -> Result<EmbedConfig> {
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
        config.phrases = self.phrases.resolve()?;
        self.counting.apply(&mut config, self.parallel)?;
        self.weighting.apply(&mut config)?;
        self.decomposition.apply(&mut config)?;
        if !self.no_checkpoints && !self.parallel {
            let mut name = self.output.file_name().unwrap_or_default().to_owned();
            name.push(".checkpoints");
            config.checkpoint_folder = Some(self.output.with_file_name(name));
        }
        config.temporary_folder = Some(output::folder_of(&self.output).to_path_buf());
        if network.is_some() {
            self.decomposition.apply_to_network(&mut config)?;
            config.network = network;
        }
        Ok(config)
    }
}
