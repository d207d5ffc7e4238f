//! `eigenlex translate`: words of one language in the other, by a map.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::ValueEnum;
use eigenlex::align::{
    AlignmentMap, CommonSpaces, Language, MapForm, Retrieval, Translation, Translator, UnitRows,
};
use eigenlex::query;

use crate::cli::output;
use crate::cli::output::bars::Bars;
use crate::cli::output::{Cosine, FormatArg, OrEmpty, OutputFormat};
use crate::cli::refusal::Refusal;
use crate::cli::words::queries::{OnUnknownArg, Opened};

/// Translate words by a map that `align` has made.
///
/// Prints the cosine in the common space, and with CSLS the score that the answers are ordered by.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    map: MapArgs,
    /// Words; `-` reads one a line from standard input
    #[arg(required = true, value_name = "WORD")]
    words: Vec<String>,
    /// Answers to print
    #[arg(short = 'k', long, default_value_t = 10, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    top: u32,
    #[command(flatten)]
    on_unknown: OnUnknownArg,
    #[command(flatten)]
    format: FormatArg,
}

/// How candidates are scored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RetrievalName {
    /// By the cosine
    Nearest,
    /// By cross-domain similarity local scaling: against hubs
    Csls,
}

/// A map, the vectors that it is used on, and the direction.
#[derive(Debug, clap::Args)]
pub(crate) struct MapArgs {
    /// A map, a hub or a chain, made by `align`
    map: PathBuf,
    #[command(flatten)]
    between: Between,
    /// From the target language to the source
    #[arg(short, long)]
    reverse: bool,
    /// How candidates are scored
    #[arg(long, value_enum, default_value_t = RetrievalName::Csls, value_name = "HOW")]
    retrieval: RetrievalName,
    /// Map by the rotation alone, without whitening and re-weighting
    #[arg(long)]
    orthogonal: bool,
    /// Search among the N most frequent words of each side [default: as many as the map was learned
    /// on]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    max_words: Option<u32>,
    /// Other vectors of the source space, with new words say [default: those that the map was
    /// learned on]
    #[arg(long, value_name = "VECTORS")]
    source: Option<PathBuf>,
    /// Other vectors of the target space
    #[arg(long, value_name = "VECTORS")]
    target: Option<PathBuf>,
}

/// Two of the spaces of a hub or a chain.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Between {
    /// In a hub or a chain: the source, by its name
    #[arg(long, value_name = "NAME")]
    from: Option<String>,
    /// In a hub or a chain: the target [default: the hub, or the first slice]
    #[arg(long, value_name = "NAME")]
    to: Option<String>,
}

impl Between {
    /// The map at `path`, of two languages or between two of several.
    pub(crate) fn open(&self, path: &Path) -> Result<AlignmentMap> {
        if !CommonSpaces::is_at(path) {
            let map = AlignmentMap::open(path)?;
            self.refuse(
                "a map has two sides",
                "leave it out; --reverse goes from the target to the source",
            )?;
            return Ok(map);
        }
        let spaces = CommonSpaces::open(path)?;
        let Some(from) = &self.from else {
            return Err(Refusal::UnnamedSpace {
                path: path.to_path_buf(),
                option: "--from",
                names: spaces.names(),
            }
            .into());
        };
        let from = spaces.position(from, "from")?;
        let to = self.to.as_ref().map_or(Ok(0), |to| spaces.position(to, "to"))?;
        Ok(spaces.between(from, to))
    }

    /// Refuses names where there are no spaces to choose from.
    pub(crate) fn refuse(&self, reason: &'static str, hint: &'static str) -> Result<()> {
        match [("--from", &self.from), ("--to", &self.to)]
            .into_iter()
            .find_map(|(option, name)| Some((option, name.clone()?)))
        {
            Some((option, found)) => {
                Err(Refusal::Meaningless { option, found, reason, hint }.into())
            }
            None => Ok(()),
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

    /// Opens the vectors of a side and maps the first of them.
    pub(crate) fn side(&self, map: &AlignmentMap, language: Language) -> Result<Side> {
        let given = match language {
            Language::Source => self.source.as_deref(),
            Language::Target => self.target.as_deref(),
        };
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
    let expected = format!("{expected} dimensions, as the map takes them on this side");
    Err(eigenlex::Error::Malformed { path: path.to_path_buf(), line: None, found, expected }.into())
}

pub(crate) fn run(args: Args, bars: &Bars) -> Result<()> {
    let map = args.map.open()?;
    let (asking, answering) = args.map.direction();
    let (from, to) = (args.map.side(&map, asking)?, args.map.side(&map, answering)?);
    let dim = map.dim();
    let mut translator = Translator::new(
        UnitRows::new(&from.rows, dim),
        UnitRows::new(&to.rows, dim),
        to.opened.vectors.words(),
    );
    let format = args.format.resolve();
    let mut stdout = output::stdout();
    let table = args.format.table_of_answers(["query", "word", "similarity", "csls"]);
    let mut is_first = true;
    args.on_unknown.answer_each(&args.words, args.format, bars, |word| {
        let id = query::resolve(&from.opened.vectors, word, &|word| from.opened.normalize(word))?;
        let vector = map.apply(asking, args.map.form(), from.opened.vectors.vector(id)).data;
        let found = translator.translate(&vector, args.top as usize, args.map.retrieval());
        if found.is_empty() {
            let reason = "its vector has no direction".to_owned();
            return Err(eigenlex::Error::NothingFound { query: word.to_owned(), reason }.into());
        }
        match format {
            OutputFormat::Tsv => found.iter().try_for_each(|it| {
                table.row(
                    &mut stdout,
                    [
                        &word,
                        &it.word,
                        &Cosine::from(it.similarity),
                        &OrEmpty(it.csls.map(Cosine::from)),
                    ],
                )
            })?,
            OutputFormat::Json => output::json_line(&mut stdout, &found)?,
            OutputFormat::Text => text(&mut stdout, word, &found, std::mem::take(&mut is_first))?,
        }
        Ok(stdout.flush()?)
    })
}

fn text(
    output: &mut impl Write,
    query: &str,
    found: &[Translation],
    is_first: bool,
) -> io::Result<()> {
    let width = found.iter().map(|it| it.word.chars().count()).max().unwrap_or(0);
    writeln!(output, "{}{query}", if is_first { "" } else { "\n" })?;
    found.iter().try_for_each(|it| {
        let csls = it.csls.map_or_else(String::new, |score| format!("  (CSLS {score:.4})"));
        writeln!(output, "  {:<width$}  {:.4}{csls}", it.word, it.similarity)
    })
}
