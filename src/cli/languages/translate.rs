//! `eigenlex translate`: words of one language in another, by a map.

use std::fmt::Display;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::ValueEnum;
use eigenlex::align::{
    AlignmentMap, CommonSpaces, Language, MapForm, Retrieval, Translation, Translator, UnitRows,
};
use eigenlex::query::Restriction;
use serde::Serialize;

use crate::cli::output;
use crate::cli::output::bars::Bars;
use crate::cli::output::{Cosine, FormatArg, Guesses, OrEmpty, OutputFormat, count};
use crate::cli::queries::{OnUnknownArg, Opened, UnknownArg, open_ngrams, refuse_expression};
use crate::cli::refusal::{Refusal, no_effect};
use crate::cli::search_args::SearchArgs;

const AFTER_HELP: &str = "\
Examples:
  From the source to the target:
    eigenlex translate en-es.map house garden
  And back:
    eigenlex translate en-es.map --reverse casa
  In a hub of several languages:
    eigenlex translate europe.hub --from es --to de casa
  Only with the words of a list:
    eigenlex translate en-es.map house --restrict-to nouns.txt";

/// Translate words with a map made by `align`
///
/// Prints the cosine in the common space and the CSLS score, by which the answers are ordered.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    #[command(flatten)]
    map: MapArgs,
    /// Words; `-` reads one per line from standard input
    #[arg(required = true, value_name = "WORD")]
    words: Vec<String>,
    #[command(flatten)]
    search: SearchArgs,
    #[command(flatten)]
    unknown: UnknownArg,
    #[command(flatten)]
    format: FormatArg,
}

/// How candidates are scored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RetrievalName {
    /// Cosine
    Nearest,
    /// Cross-domain similarity local scaling: corrects for words that are near everything
    Csls,
}

/// A map, the vectors that it is used on, and the direction.
#[derive(Debug, clap::Args)]
pub(crate) struct MapArgs {
    /// Map, hub or chain, made by `align`
    map: PathBuf,
    #[command(flatten)]
    between: Between,
    /// Translate from the target language to the source
    #[arg(short, long)]
    reverse: bool,
    /// How candidates are scored
    #[arg(long, value_enum, default_value_t = RetrievalName::Csls, value_name = "HOW")]
    retrieval: RetrievalName,
    /// Use the rotation alone, without whitening and re-weighting
    #[arg(long)]
    orthogonal: bool,
    /// Search only the N most frequent words of each side [default: as many as the map was learned
    /// from]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    max_words: Option<u32>,
    /// Use other source vectors, for instance with additional words [default: those that the map
    /// was learned from]
    #[arg(long, value_name = "VECTORS")]
    source: Option<PathBuf>,
    /// Use other target vectors
    #[arg(long, value_name = "VECTORS")]
    target: Option<PathBuf>,
}

/// Two of the spaces of a hub or a chain.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Between {
    /// In a hub or chain: name of the space to translate from
    #[arg(long, value_name = "NAME")]
    from: Option<String>,
    /// In a hub or chain: name of the space to translate to [default: the hub, or the first slice]
    #[arg(long, value_name = "NAME")]
    to: Option<String>,
}

impl Between {
    /// The map at `path`, of two languages or between two of several.
    pub(crate) fn open(&self, path: &Path) -> Result<AlignmentMap> {
        if !CommonSpaces::is_at(path) {
            let map = AlignmentMap::open(path)?;
            self.refuse(
                "a map of two languages has no named spaces",
                "use `--reverse` to translate from the target to the source",
            )?;
            return Ok(map);
        }
        let spaces = CommonSpaces::open(path)?;
        let Some(from) = &self.from else {
            return Err(Refusal::new(
                format!("`{}` has several spaces; say which to translate from", path.display()),
                format!("--from takes {}", spaces.names()),
            )
            .into());
        };
        let from = spaces.position(from, "from")?;
        let to = self.to.as_ref().map_or(Ok(0), |to| spaces.position(to, "to"))?;
        Ok(spaces.between(from, to))
    }

    /// Refuses names where there are no spaces to choose from.
    pub(crate) fn refuse(&self, reason: &str, needs: &str) -> Result<()> {
        match (&self.from, &self.to) {
            (Some(name), _) => no_effect(format!("--from {name}"), reason, needs),
            (_, Some(name)) => no_effect(format!("--to {name}"), reason, needs),
            (None, None) => Ok(()),
        }
    }
}

/// A side with its words, and the rows of its first words in the common space.
pub(crate) struct Side {
    pub(crate) opened: Opened,
    pub(crate) rows: Vec<f32>,
}

impl MapArgs {
    pub(crate) fn retrieval(&self) -> Retrieval {
        match self.retrieval {
            RetrievalName::Nearest => Retrieval::Nearest,
            RetrievalName::Csls => Retrieval::Csls,
        }
    }

    pub(crate) fn form(&self) -> MapForm {
        if self.orthogonal { MapForm::Orthogonal } else { MapForm::Weighted }
    }

    /// The asking and the answering language.
    pub(crate) fn direction(&self) -> (Language, Language) {
        let from = if self.reverse { Language::Target } else { Language::Source };
        (from, from.other())
    }

    pub(crate) fn open(&self) -> Result<AlignmentMap> {
        self.between.open(&self.map)
    }

    /// The vectors that are given for a side.
    fn given(&self, language: Language) -> Option<&Path> {
        match language {
            Language::Source => self.source.as_deref(),
            Language::Target => self.target.as_deref(),
        }
    }

    /// Whether the target language asks.
    pub(crate) fn is_reversed(&self) -> bool {
        self.reverse
    }

    /// The vectors of a side: those that are given, or those that the map was learned from.
    pub(crate) fn path(&self, map: &AlignmentMap, language: Language) -> PathBuf {
        self.given(language).unwrap_or(&map.space(language).path).to_path_buf()
    }

    /// Opens the vectors of a side and maps the first of them.
    pub(crate) fn side(&self, map: &AlignmentMap, language: Language) -> Result<Side> {
        let given = self.given(language);
        let opened = Opened::open(given.unwrap_or(&map.space(language).path))?;
        match given {
            // New vectors of the same space need not be those that the map was learned on, but must
            // have their dimensions.
            Some(path) => check_dim(map, language, &opened, path)?,
            None => map.check_vectors(language, &opened.vectors, &map.space(language).path)?,
        }
        let n_words = self
            .max_words
            .map_or(map.space(language).max_words, |n| n as usize)
            .min(opened.vectors.len());
        let n_words = if given.is_some() && self.max_words.is_none() {
            opened.vectors.len()
        } else {
            n_words
        };
        let rows = map
            .apply(
                language,
                self.form(),
                &opened.vectors.as_slice()[..n_words * opened.vectors.dim()],
            )
            .data;
        Ok(Side { opened, rows })
    }
}

fn check_dim(map: &AlignmentMap, language: Language, opened: &Opened, path: &Path) -> Result<()> {
    let expected = map.space(language).dim_in;
    if opened.vectors.dim() == expected {
        return Ok(());
    }
    let found = format!("vectors of {} dimensions", opened.vectors.dim());
    let expected = format!("{expected} dimensions, as on this side of the map");
    Err(eigenlex::Error::Malformed { path: path.to_path_buf(), line: None, found, expected }.into())
}

/// Refuses a choice of answers without one among the first words of a side, which are searched.
fn refuse_none(allowed: &Restriction, n_searched: usize) -> Result<()> {
    if allowed.ids().iter().any(|id| id.index() < n_searched) {
        return Ok(());
    }
    let n = count(n_searched as u64);
    let problem = format!("none of the words that may be answers is among the first {n}");
    Err(Refusal::new(problem, "raise `--max-words`, or choose other words").into())
}

pub(crate) fn run(args: Args, bars: &Bars) -> Result<()> {
    let map = args.map.open()?;
    let (asking, answering) = args.map.direction();
    let (from, to) = (args.map.side(&map, asking)?, args.map.side(&map, answering)?);
    let model = args.map.path(&map, asking);
    // `-` between words would read standard input.
    let is_known = |word: &str| word != "-" && from.opened.id(word).is_some();
    refuse_expression(&args.words, &model, is_known)?;
    let dim = map.dim();
    let allowed = args.search.restriction(&to.opened, bars)?;
    if let Some(allowed) = &allowed {
        refuse_none(allowed, to.rows.len() / dim)?;
    }
    let ngrams = args.unknown.is_spelling().then(|| open_ngrams(&args.map.path(&map, asking)));
    let from = Side { opened: from.opened.guessing(ngrams.transpose()?), ..from };
    let mut translator = Translator::new(
        UnitRows::new(&from.rows, dim),
        UnitRows::new(&to.rows, dim),
        to.opened.vectors.words(),
    );
    let format = args.format.resolve();
    let mut stdout = output::stdout();
    let table = args.format.table_of_answers(["query", "word", "similarity", "csls"]);
    let table = table.with(args.unknown.is_spelling().then_some("guessed"));
    let mut is_first = true;
    OnUnknownArg::from(args.unknown).answer_each(&args.words, args.format, bars, |word| {
        let asked = from.opened.find(word, bars)?;
        let guesses = Guesses::among([&asked]);
        let vector = map.apply(asking, args.map.form(), &asked.vector).data;
        let (top, retrieval) = (args.search.top(), args.map.retrieval());
        let found = translator.translate_among(&vector, top, retrieval, allowed.as_ref());
        if found.is_empty() {
            let reason = "its vector is zero".to_owned();
            return Err(eigenlex::Error::NothingFound { query: word.to_owned(), reason }.into());
        }
        match format {
            OutputFormat::Tsv => found.iter().try_for_each(|it| {
                let (cosine, csls) = (Cosine::from(it.similarity), it.csls.map(Cosine::from));
                let cells: [&dyn Display; 4] = [&word, &it.word, &cosine, &OrEmpty(csls)];
                table.row_with(&mut stdout, cells, &guesses.field())
            })?,
            OutputFormat::Json => {
                let answer = |translation| Answer { translation, guessed: guesses.words() };
                output::json_line(&mut stdout, &found.iter().map(answer).collect::<Vec<_>>())?;
            }
            OutputFormat::Text => {
                let heading = format!("{}{}", output::shown(word), guesses.remark());
                text(&mut stdout, &heading, &found, std::mem::take(&mut is_first))?;
            }
        }
        Ok(stdout.flush()?)
    })
}

/// The JSON of an answer.
#[derive(Serialize)]
struct Answer<'a> {
    #[serde(flatten)]
    translation: &'a Translation,
    /// The word of the query, if it was guessed.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    guessed: &'a [String],
}

fn text(
    output: &mut impl Write,
    heading: &str,
    found: &[Translation],
    is_first: bool,
) -> io::Result<()> {
    let width = found.iter().map(|it| it.word.chars().count()).max().unwrap_or(0);
    writeln!(output, "{}{heading}", if is_first { "" } else { "\n" })?;
    found.iter().try_for_each(|it| {
        let csls = it.csls.map_or_else(String::new, |score| format!("  (CSLS {score:.4})"));
        writeln!(output, "  {:<width$}  {:.4}{csls}", output::shown(&it.word), it.similarity)
    })
}
