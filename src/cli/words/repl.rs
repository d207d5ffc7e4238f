//! `eigenlex repl`: questions to a model that stays open, one per line.

use std::io::{self, IsTerminal as _, Write as _};
use std::path::PathBuf;

use anyhow::Result;
use eigenlex::query::Method;

use super::session::{After, Session};
use super::terminal::Terminal;
use crate::cli::hints;
use crate::cli::output::bars::{self, Bars};
use crate::cli::output::{Answers, FormatArg};
use crate::cli::queries::{Batch, Opened, UnknownArg};
use crate::cli::query_lines::{Query, QueryLines};
use crate::cli::search_args::SearchArgs;

const AFTER_HELP: &str = "\
In a session:
  king                         the words most similar to king
  king - man + woman           word math
  :similarity king queen       how similar two words are
  :odd-one-out cat dog tax     the word that does not belong to the others
  :top 20                      the number of answers from now on
  :help                        all commands
  :quit                        the end

Tab completes words and commands. The arrow keys bring earlier lines back.";

/// Ask a model questions, one per line
///
/// The model is opened once. Where standard input is no terminal, its lines are answered one after
/// the other, and the exit code is 4 if one has no answer; `--unknown error` stops there. JSON then
/// has a line for each line: null where there is no answer, as for `:top 20`. JSON calls the number
/// beside each word `similarity`, whichever method made it.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    /// Model or vector file
    model: PathBuf,
    /// How word math is scored; see `math`
    #[arg(short, long, default_value_t = Method::Mul, value_name = "add|mul")]
    method: Method,
    /// Neither read nor write the history of earlier sessions
    #[arg(long)]
    no_history: bool,
    #[command(flatten)]
    search: SearchArgs,
    #[command(flatten)]
    unknown: UnknownArg,
    #[command(flatten)]
    format: FormatArg,
}

pub(crate) fn run(args: Args, progress: &Bars) -> Result<()> {
    let opened = Opened::open_for(&args.model, args.unknown)?;
    let search = args.search.resolve(&opened, progress)?;
    let answers = Answers::new(args.format, "score", args.unknown.is_spelling());
    let mut session = Session::new(opened, search, args.method, answers, progress);
    if !io::stdin().is_terminal() {
        let batch = Batch::new(args.unknown, false, args.format, progress);
        return answer_lines(&mut session, batch);
    }
    // The session is changed by its commands while the terminal reads the words.
    let words = session.opened.vectors.words().clone();
    // No bar is drawn over what is typed.
    bars::rest();
    let mut terminal = Terminal::open(&words, !args.no_history)?;
    while let Some(line) = terminal.line()? {
        match session.answer(&line) {
            Ok(After::Answer | After::Setting) => {}
            Ok(After::End) => break,
            Err(error) if is_broken(&error) => return Err(error),
            Err(error) => writeln!(io::stderr(), "error: {}", hints::message(&error))?,
        }
    }
    terminal.close();
    Ok(())
}

/// Answers the lines of standard input; the error says which have no answer.
fn answer_lines(session: &mut Session, mut batch: Batch) -> Result<()> {
    let mut lines = QueryLines::new(io::stdin());
    while let Some(query) = lines.read()? {
        let (line, answered) = match query {
            Query::Text(line) => {
                let answered = session.answer(&line);
                (line, answered)
            }
            Query::Blank => {
                batch.skip_blank()?;
                continue;
            }
            Query::Unreadable(shown, error) => (shown, Err(error.into())),
        };
        match answered {
            Ok(After::Answer) => batch.note(&line, Ok(()))?,
            Ok(After::Setting) => {
                batch.note(&line, Ok(()))?;
                batch.skip_blank()?;
            }
            Ok(After::End) => break,
            Err(error) if is_broken(&error) => return Err(error),
            Err(error) => batch.skip(&line, error)?,
        }
    }
    batch.end()
}

/// Whether the output, not the question, is what failed.
fn is_broken(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| cause.is::<io::Error>())
}
