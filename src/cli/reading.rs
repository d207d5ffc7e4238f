//! The options of the commands that read a corpus: where it is, and how it is cut into documents
//! and tokens.

use std::path::Path;

use anyhow::Result;
use clap::ValueEnum;
use eigenlex::corpus::{DocumentUnit, OnBadUtf8};
use eigenlex::tokenize::TokenizerConfig;
use eigenlex::{Corpus, Error, FileKind};

use super::refusal::Refusal;
use super::words_args::WordsArgs;

/// The corpus, its documents and its tokens.
#[derive(Debug, clap::Args)]
pub(crate) struct CorpusArgs {
    /// Files, folders, quoted patterns such as 'texts/*.txt', or `-` for standard input
    ///
    /// Folders are read with all folders below them. Files may be compressed with gzip, zstd, bzip2
    /// or xz.
    #[arg(required = true, value_name = "CORPUS")]
    corpus: Vec<String>,
    /// What counts as one document [default: line for a single file, file for several]
    #[arg(long, value_enum, value_name = "UNIT", help_heading = "Reading")]
    document: Option<UnitName>,
    /// What to do with bytes that are not UTF-8
    #[arg(
        long,
        value_enum,
        default_value_t = BadUtf8Name::Error,
        value_name = "ACTION",
        help_heading = "Reading",
    )]
    on_bad_utf8: BadUtf8Name,
    /// How text becomes tokens: `words`, `whitespace`, or the path of a tokenizer.json
    ///
    /// `words` follows the word boundaries of Unicode and lower-cases. It drops invisible characters
    /// that carry no meaning, and takes all apostrophes within words for one. `whitespace` splits at
    /// white space and changes nothing else: for texts that are tokenized already. A tokenizer.json
    /// of Hugging Face gives the tokens of another model.
    #[arg(long, default_value = "words", value_name = "TOKENIZER", help_heading = "Reading")]
    tokenizer: String,
    #[command(flatten)]
    words: WordsArgs,
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

/// A corpus; its sources are looked up, not read.
pub(crate) fn open_corpus(
    paths: &[String],
    unit: Option<UnitName>,
    on_bad_utf8: BadUtf8Name,
) -> Result<Corpus> {
    refuse_own_files(paths)?;
    let on_bad_utf8 = match on_bad_utf8 {
        BadUtf8Name::Error => OnBadUtf8::Error,
        BadUtf8Name::Replace => OnBadUtf8::Replace,
        BadUtf8Name::Skip => OnBadUtf8::Skip,
    };
    Ok(Corpus::options().unit(unit.map(UnitName::unit)).on_bad_utf8(on_bad_utf8).open(paths)?)
}

impl CorpusArgs {
    /// The corpus as it was given.
    pub(crate) fn paths(&self) -> &[String] {
        &self.corpus
    }

    /// The corpus; its sources are looked up, not read.
    pub(crate) fn open(&self) -> Result<Corpus> {
        open_corpus(&self.corpus, self.document, self.on_bad_utf8)
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
        if self.document.is_some_and(|unit| unit != UnitName::Line) {
            return Err(Refusal::new(
                "`--parallel` pairs the lines of two texts, so a document is a line",
                "leave out `--document`",
            )
            .into());
        }
        if self.on_bad_utf8 == BadUtf8Name::Skip {
            return Err(Refusal::new(
                "`--on-bad-utf8 skip` drops lines, and `--parallel` needs every line for its pair",
                "use `--on-bad-utf8 replace`",
            )
            .into());
        }
        let open = |path: &String| {
            open_corpus(std::slice::from_ref(path), Some(UnitName::Line), self.on_bad_utf8)
        };
        Ok([open(source)?, open(target)?])
    }

    pub(crate) fn tokenizer(&self) -> Result<TokenizerConfig> {
        let config = match self.tokenizer.as_str() {
            "words" => return Ok(TokenizerConfig::Words(self.words.resolve()?)),
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
        self.words.refuse()?;
        Ok(config)
    }
}
