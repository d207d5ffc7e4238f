//! `eigenlex tokens`: a corpus as its tokens, one document per line.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Result;
use eigenlex::storage::AtomicFile;
use eigenlex::tokenize::{
    PhraseConfig, Phrases, TokenEvent, TokenMemory, Tokenizer, TokenizerConfig, Tokens,
};
use eigenlex::{Corpus, Error, MemoryBudget};

use crate::cli::memory::parse_bytes;
use crate::cli::output;
use crate::cli::output::bars::Bars;
use crate::cli::phrase_args::JoinPhrasesArgs;
use crate::cli::reading::CorpusArgs;
use crate::cli::refusal::no_effect;

const AFTER_HELP: &str = "\
Examples:
  Each novel as one line of tokens:
    eigenlex tokens novels/ -o novels.txt
  Phrases as one token, compressed:
    eigenlex tokens wiki.txt.zst --phrases 2 | zstd > tokens.zst
  The same vectors as from the novels:
    eigenlex embed novels.txt --tokenizer whitespace -o novels.model";

/// Write a corpus as tokens, one document per line
///
/// Tokens are separated by spaces. Documents keep their order; one without a token is an empty
/// line. These are the tokens that `embed` counts, before it drops rare words. Without --phrases
/// the memory does not depend on the size of the corpus.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    #[command(flatten)]
    reading: CorpusArgs,
    /// File to write [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace the output if it exists
    #[arg(long, requires = "output")]
    force: bool,
    #[command(flatten)]
    phrases: JoinPhrasesArgs,
    /// Use at most this much memory to find phrases, for instance 8GB or 512MiB [default: no limit]
    #[arg(long, value_parser = parse_bytes, value_name = "SIZE", help_heading = "Phrases")]
    memory: Option<u64>,
    /// Folder for temporary files [default: the folder of the output, else the current one]
    #[arg(long, requires = "memory", value_name = "FOLDER", help_heading = "Phrases")]
    temporary_folder: Option<PathBuf>,
}

pub(crate) fn run(args: Args, bars: &Bars) -> Result<()> {
    let phrases = args.phrases.resolve()?;
    if phrases.is_none() && args.memory.is_some() {
        let reason = "without phrases only a few documents are in memory at a time";
        return no_effect("--memory", reason, "add `--phrases`");
    }
    let output = args.output.filter(|path| path.as_os_str() != "-");
    let beside_output =
        || output.as_deref().map_or(Path::new("."), output::folder_of).to_path_buf();
    let job = Job {
        tokenizer: Tokenizer::new(&args.reading.tokenizer()?)?,
        corpus: args.reading.open()?,
        phrases,
        budget: MemoryBudget { bytes: args.memory },
        temporary_folder: args.temporary_folder.unwrap_or_else(beside_output),
    };
    match output {
        Some(path) => {
            let mut file = AtomicFile::create(&path, args.force)?;
            bars.keep_until_cleaned_up();
            bars.watch_interrupts()?;
            let written = job.write(&mut file, bars).map_err(|error| {
                match error.downcast::<std::io::Error>() {
                    Ok(source) => file.failed(source).into(),
                    Err(error) => error,
                }
            });
            written?;
            Ok(file.commit()?)
        }
        None => {
            let mut stdout = output::stdout();
            job.write(&mut stdout, bars)?;
            Ok(stdout.flush()?)
        }
    }
}

/// Bytes of tokens that are written at a time.
const GATHERED_BYTES: usize = 64 << 10;

/// What is written.
struct Job {
    tokenizer: Tokenizer,
    corpus: Corpus,
    phrases: Option<PhraseConfig>,
    budget: MemoryBudget,
    temporary_folder: PathBuf,
}

impl Job {
    fn write(&self, output: &mut impl Write, bars: &Bars) -> Result<()> {
        let (mut is_first, mut gathered) = (true, Vec::with_capacity(2 * GATHERED_BYTES));
        let mut write = |event: TokenEvent<'_>| -> Result<()> {
            match event {
                TokenEvent::Token(token) => {
                    if !std::mem::take(&mut is_first) {
                        gathered.push(b' ');
                    }
                    self.refuse_white_space(token)?;
                    gathered.extend_from_slice(token.as_bytes());
                }
                TokenEvent::EndOfDocument => {
                    is_first = true;
                    gathered.push(b'\n');
                }
            }
            if gathered.len() >= GATHERED_BYTES {
                output.write_all(&gathered)?;
                gathered.clear();
            }
            Ok(())
        };
        let Some(config) = &self.phrases else {
            eigenlex::tokenize::stream(&self.corpus, &self.tokenizer, bars, &mut write)?;
            return Ok(output.write_all(&gathered)?);
        };
        let memory = TokenMemory { budget: self.budget, folder: Some(&self.temporary_folder) };
        let mut tokens = Tokens::read_all(&self.corpus, &self.tokenizer, memory, bars)?;
        Phrases::find(&mut tokens, config, self.budget, bars)?;
        tokens.for_each_event(&mut write)?;
        Ok(output.write_all(&gathered)?)
    }

    /// Only a `tokenizer.json` makes tokens that could not be read back from a line.
    fn refuse_white_space(&self, token: &str) -> Result<()> {
        let TokenizerConfig::HuggingFace { path } = self.tokenizer.config() else { return Ok(()) };
        if !token.is_empty() && !token.contains(char::is_whitespace) {
            return Ok(());
        }
        let reason = format!(
            "its token {token:?} is empty or contains white space, which separates the tokens of a \
             line"
        );
        Err(Error::Tokenizer { place: format!("`{}`", path.display()), reason }.into())
    }
}
