//! The options of the commands that read a corpus: where it is, and how it is cut into documents
//! and tokens.

use std::path::Path;

use anyhow::Result;
use clap::ValueEnum;
use eigenlex::corpus::{DocumentUnit, OnBadUtf8, WrappedLines};
use eigenlex::tokenize::TokenizerConfig;
use eigenlex::{Corpus, Error, FileKind};

use super::refusal::{Refusal, no_effect};

/// The corpus, its documents and its tokens.
#[derive(Debug, clap::Args)]
pub(crate) struct CorpusArgs {
    /// Files, folders, quoted patterns such as 'texts/*.txt', or `-` for standard input
    ///
    /// Folders are read with all folders below them. Files may be compressed with gzip, zstd, bzip2
    /// or xz.
    #[arg(required = true, value_name = "CORPUS")]
    corpus: Vec<String>,
    #[command(flatten)]
    texts: TextArgs,
    /// How text becomes tokens: `words`, `whitespace`, or the path of a tokenizer.json
    ///
    /// `words` follows the word boundaries of Unicode and lower-cases. `whitespace` splits at white
    /// space and changes nothing else: for texts that are tokenized already. A tokenizer.json of
    /// Hugging Face gives the tokens of another model.
    #[arg(long, default_value = "words", value_name = "TOKENIZER", help_heading = "Reading")]
    tokenizer: String,
    /// Drop tokens without a letter, such as numbers
    #[arg(long, help_heading = "Reading")]
    drop_numbers: bool,
}

/// How texts are read and cut into documents.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct TextArgs {
    /// What counts as one document [default: line for a single file, paragraph if its lines are
    /// wrapped, file for several]
    #[arg(long, value_enum, value_name = "UNIT", help_heading = "Reading")]
    pub(crate) document: Option<UnitName>,
    /// What to do with bytes that are not UTF-8
    #[arg(
        long,
        value_enum,
        default_value_t = BadUtf8Name::Error,
        value_name = "ACTION",
        help_heading = "Reading",
    )]
    on_bad_utf8: BadUtf8Name,
    /// Whether to join lines that were broken at a width
    #[arg(
        long,
        value_enum,
        default_value_t = WrappedName::Auto,
        value_name = "ACTION",
        help_heading = "Reading",
    )]
    wrapped_lines: WrappedName,
}

impl Default for TextArgs {
    /// As without the options.
    fn default() -> Self {
        Self { document: None, on_bad_utf8: BadUtf8Name::Error, wrapped_lines: WrappedName::Auto }
    }
}

impl TextArgs {
    /// A corpus; its sources are looked up, not read.
    pub(crate) fn open(&self, paths: &[String]) -> Result<Corpus> {
        refuse_own_files(paths)?;
        if self.wrapped_lines == WrappedName::Join && self.document == Some(UnitName::Line) {
            return Err(Refusal::new(
                "`--wrapped-lines join` joins lines, and `--document line` keeps them apart",
                "use `--document paragraph`",
            )
            .into());
        }
        let on_bad_utf8 = match self.on_bad_utf8 {
            BadUtf8Name::Error => OnBadUtf8::Error,
            BadUtf8Name::Replace => OnBadUtf8::Replace,
            BadUtf8Name::Skip => OnBadUtf8::Skip,
        };
        let options = Corpus::options()
            .unit(self.document.map(UnitName::unit))
            .on_bad_utf8(on_bad_utf8)
            .wrapped_lines(self.wrapped_lines.wrapped_lines());
        Ok(options.open(paths)?)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum UnitName {
    /// A whole file
    File,
    /// A line
    Line,
    /// The lines between two blank lines
    Paragraph,
    /// A sentence, by the rules of Unicode; the end of a line ends a sentence too
    Sentence,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum BadUtf8Name {
    /// Stop with an error that names the place
    Error,
    /// Replace each of them by U+FFFD
    Replace,
    /// Drop the whole line
    Skip,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum WrappedName {
    /// Join them in each file whose line lengths show a width; blank lines then separate the
    /// documents of a single file
    Auto,
    /// Join lines to paragraphs, and words that a hyphen breaks at the end of a line
    Join,
    /// Keep lines as they are
    Keep,
}

impl WrappedName {
    pub(crate) fn wrapped_lines(self) -> WrappedLines {
        match self {
            Self::Auto => WrappedLines::Auto,
            Self::Join => WrappedLines::Join,
            Self::Keep => WrappedLines::Keep,
        }
    }
}

impl UnitName {
    pub(crate) fn unit(self) -> DocumentUnit {
        match self {
            Self::File => DocumentUnit::File,
            Self::Line => DocumentUnit::Line,
            Self::Paragraph => DocumentUnit::Paragraph,
            Self::Sentence => DocumentUnit::Sentence,
        }
    }
}

/// Refuses files of this program that would be read as texts, such as codes in lines of JSON.
fn refuse_own_files(paths: &[String]) -> Result<()> {
    for path in paths.iter().map(Path::new).filter(|path| path.is_file()) {
        let kind = FileKind::of(path).map_err(|source| Error::io("read", path, source))?;
        let expected = match kind {
            FileKind::Codes => "texts; if codes are accepted, give one .npy or .safetensors file",
            FileKind::Map | FileKind::Spaces => "texts",
            _ => continue,
        };
        return Err(Error::Malformed {
            path: path.to_owned(),
            line: None,
            found: kind.to_string(),
            expected: expected.to_owned(),
        }
        .into());
    }
    Ok(())
}

impl CorpusArgs {
    /// The corpus as it was given.
    pub(crate) fn paths(&self) -> &[String] {
        &self.corpus
    }

    /// The corpus; its sources are looked up, not read.
    pub(crate) fn open(&self) -> Result<Corpus> {
        self.texts.open(&self.corpus)
    }

    /// The two texts of a pair of languages, one document per line.
    pub(crate) fn open_pair(&self) -> Result<[Corpus; 2]> {
        let [source, target] = self.corpus.as_slice() else {
            return Err(Refusal::new(
                format!("`--parallel` takes two texts, not {}", self.corpus.len()),
                "give the source text and the target text, as two files",
            )
            .into());
        };
        if self.texts.document.is_some_and(|unit| unit != UnitName::Line) {
            return Err(Refusal::new(
                "`--parallel` pairs the lines of two texts, so a document is a line",
                "leave out `--document`",
            )
            .into());
        }
        if self.texts.on_bad_utf8 == BadUtf8Name::Skip {
            return Err(Refusal::new(
                "`--on-bad-utf8 skip` drops lines, and `--parallel` needs every line for its pair",
                "use `--on-bad-utf8 replace`",
            )
            .into());
        }
        if self.texts.wrapped_lines == WrappedName::Join {
            return no_effect(
                "--wrapped-lines join",
                "`--parallel` pairs the lines of two texts",
                "leave it out",
            );
        }
        let texts = TextArgs { document: Some(UnitName::Line), ..self.texts.clone() };
        let open = |path: &String| texts.open(std::slice::from_ref(path));
        Ok([open(source)?, open(target)?])
    }

    pub(crate) fn tokenizer(&self) -> Result<TokenizerConfig> {
        let config = match self.tokenizer.as_str() {
            "words" => return Ok(TokenizerConfig::Words { drop_numbers: self.drop_numbers }),
            "whitespace" => TokenizerConfig::Whitespace,
            path if Path::new(path).exists() => TokenizerConfig::HuggingFace { path: path.into() },
            other => {
                return Err(Refusal::new(
                    format!("`--tokenizer {other}`: there is no such file"),
                    "give `words`, `whitespace`, or the path of a tokenizer.json",
                )
                .into());
            }
        };
        if self.drop_numbers {
            return no_effect(
                "--drop-numbers",
                "only the tokenizer `words` knows what a letter is",
                "use `--tokenizer words`",
            );
        }
        Ok(config)
    }
}
