//! The options of the commands that read a corpus: where it is, and how it is cut into documents
//! and tokens.

use std::path::Path;

use anyhow::Result;
use clap::ValueEnum;
use eigenlex::corpus::{
    CorpusOptions, DocumentUnit, ReaderKind, ReaderOptions, TokenColumn, WrappedLines,
};
use eigenlex::input::OnBadText;
use eigenlex::tokenize::{Tokenizer, TokenizerConfig};
use eigenlex::{Corpus, Error, FileKind};

use super::global::encoding;
use super::refusal::{Refusal, no_effect};
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
    #[command(flatten)]
    pub(crate) texts: TextArgs,
    /// How text becomes tokens: `words`, `whitespace`, or the path of a tokenizer.json
    ///
    /// `words` follows the word boundaries of Unicode and lower-cases. It drops invisible
    /// characters that carry no meaning, and takes all apostrophes within words for one.
    /// `whitespace` splits at white space and changes nothing else: for texts that are tokenized
    /// already. A tokenizer.json of Hugging Face gives the tokens of another model.
    #[arg(long, default_value = "words", value_name = "TOKENIZER", help_heading = "Reading")]
    tokenizer: String,
    /// Cut texts into tokens by another program: a shell command
    ///
    /// The command reads a line of text and writes its tokens, with spaces between, on a line. It
    /// must flush its output after each line. The model keeps the command and runs it for queries.
    #[arg(long, value_name = "COMMAND", conflicts_with = "tokenizer", help_heading = "Reading")]
    tokenizer_command: Option<String>,
    /// Seconds to wait for the answer of the command to a line [default: 60]
    ///
    /// A line without an answer after this time is an error. A long line gets a second more for
    /// each 1000 bytes. Raise it if the command reads a large model before its first answer.
    #[arg(
        long,
        value_name = "SECONDS",
        requires = "tokenizer_command",
        value_parser = clap::value_parser!(u64).range(1..=86_400),
        help_heading = "Reading"
    )]
    tokenizer_timeout: Option<u64>,
    #[command(flatten)]
    words: WordsArgs,
    /// What `--metadata` of `embed` names; other commands do not have the option.
    #[arg(skip)]
    metadata: Vec<String>,
}

/// What is kept of each document.
#[derive(Debug, clap::Args)]
pub(crate) struct MetadataArgs {
    /// Values to keep of each document, for example party,year: columns of tables, fields of JSON,
    /// elements of a TEI header
    ///
    /// They are written to `documents.tsv` in the model.
    #[arg(long, value_delimiter = ',', value_name = "NAMES", help_heading = "Reading")]
    metadata: Vec<String>,
}

/// How texts are read and cut into documents.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct TextArgs {
    /// What counts as one document [default: record for files of records; else line for a single
    /// file, paragraph if its lines are wrapped, file for several]
    #[arg(long, value_enum, value_name = "UNIT", help_heading = "Reading")]
    pub(crate) document: Option<UnitName>,
    /// What to do with bytes that are not valid in the encoding, and with control characters
    /// [default: stop at such bytes and at NUL; other control characters become spaces]
    #[arg(
        long,
        value_enum,
        value_name = "ACTION",
        alias = "on-bad-utf8",
        help_heading = "Reading"
    )]
    on_bad_text: Option<BadTextName>,
    /// Whether to join lines that were broken at a width
    #[arg(
        long,
        value_enum,
        default_value_t = WrappedName::Auto,
        value_name = "ACTION",
        help_heading = "Reading",
    )]
    wrapped_lines: WrappedName,
    /// What the files hold [default: by their extensions, else text]
    ///
    /// One of text, json-lines (.jsonl), csv, tsv, mediawiki (dumps of Wikipedia), tei, conllu,
    /// subtitles (.srt, .vtt), html and parquet (if the program was built with this feature). What
    /// an .xml file holds is seen by its first lines.
    #[arg(long, value_name = "KIND", help_heading = "Reading")]
    reader: Option<ReaderKind>,
    /// Field of a JSON object that holds the text, with dots for fields within fields
    #[arg(long, default_value = "text", value_name = "NAME", help_heading = "Reading")]
    field: String,
    /// Column of a table that holds the text, by name or number from 1 [default: `text` or the
    /// like]
    #[arg(long, value_name = "NAME", help_heading = "Reading")]
    column: Option<String>,
    /// What a token of a treebank is: form, lemma or lemma_upos
    #[arg(
        long,
        default_value_t = TokenColumn::Form,
        value_name = "WHAT",
        help_heading = "Reading",
    )]
    token: TokenColumn,
}

impl Default for TextArgs {
    /// As without the options.
    fn default() -> Self {
        Self {
            document: None,
            on_bad_text: None,
            wrapped_lines: WrappedName::Auto,
            reader: None,
            field: ReaderOptions::default().field,
            column: None,
            token: TokenColumn::default(),
        }
    }
}

impl TextArgs {
    /// A corpus that is read as `usual` says, but for the options that are given.
    pub(crate) fn open_as(&self, paths: &[String], usual: CorpusOptions) -> Result<Corpus> {
        let (given, none) = (self.options(), CorpusOptions::default());
        let mut options = usual;
        options.unit = given.unit.or(options.unit);
        options.on_bad_text = given.on_bad_text.or(options.on_bad_text);
        options.encoding = given.encoding.or(options.encoding);
        options.reader = given.reader.or(options.reader);
        if given.wrapped_lines != none.wrapped_lines {
            options.wrapped_lines = given.wrapped_lines;
        }
        if given.reader_options != none.reader_options {
            options.reader_options = given.reader_options;
        }
        Ok(options.open(paths)?)
    }

    /// A corpus; its sources are looked up, not read.
    pub(crate) fn open(&self, paths: &[String]) -> Result<Corpus> {
        self.open_with(paths, &[])
    }

    /// The same, and of each document the values that `metadata` names are kept.
    fn open_with(&self, paths: &[String], metadata: &[String]) -> Result<Corpus> {
        refuse_own_files(paths)?;
        if self.wrapped_lines == WrappedName::Join && self.document == Some(UnitName::Line) {
            return Err(Refusal::new(
                "`--wrapped-lines join` joins lines, and `--document line` keeps them apart",
                "use `--document paragraph`",
            )
            .into());
        }
        let mut options = self.options();
        options.reader_options.metadata = metadata.iter().map(|it| it.trim().to_owned()).collect();
        let corpus = options.open(paths)?;
        let is_text = |path: &Path| {
            let kind = self.reader.or_else(|| ReaderKind::from_path(path));
            let is_xml = path.to_string_lossy().to_ascii_lowercase().contains(".xml");
            kind == Some(ReaderKind::Text) || (kind.is_none() && !is_xml)
        };
        if !metadata.is_empty() && corpus.sources().iter().all(|it| is_text(it.path())) {
            return no_effect(
                "--metadata",
                "plain texts have no metadata",
                "name what the files hold with `--reader`",
            );
        }
        Ok(corpus)
    }

    pub(crate) fn options(&self) -> CorpusOptions {
        let mut reader_options = ReaderOptions::default().field(&self.field).token(self.token);
        reader_options.column.clone_from(&self.column);
        Corpus::options()
            .unit(self.document.map(UnitName::unit))
            .on_bad_text(self.on_bad_text.map(BadTextName::on_bad_text))
            .wrapped_lines(self.wrapped_lines.wrapped_lines())
            .encoding(encoding())
            .reader(self.reader)
            .reader_options(reader_options)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum UnitName {
    /// A record: a JSON object, a row of a table, a page of a dump, a document of a treebank
    Record,
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
pub(crate) enum BadTextName {
    /// Stop with an error that names the place
    Error,
    /// Replace each of them by U+FFFD
    Replace,
    /// Drop the whole line
    Skip,
}

impl BadTextName {
    fn on_bad_text(self) -> OnBadText {
        match self {
            Self::Error => OnBadText::Error,
            Self::Replace => OnBadText::Replace,
            Self::Skip => OnBadText::Skip,
        }
    }
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
            Self::Record => DocumentUnit::Record,
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
        self.texts.open_with(&self.corpus, &self.metadata)
    }

    /// From now on these values of the documents are kept.
    pub(crate) fn keep(&mut self, kept: &MetadataArgs) {
        self.metadata.clone_from(&kept.metadata);
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
        if self.texts.on_bad_text == Some(BadTextName::Skip) {
            return Err(Refusal::new(
                "`--on-bad-text skip` drops lines, and `--parallel` needs every line for its pair",
                "use `--on-bad-text replace`",
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
        let open = |path: &String| texts.open_with(std::slice::from_ref(path), &self.metadata);
        Ok([open(source)?, open(target)?])
    }

    pub(crate) fn tokenizer(&self) -> Result<TokenizerConfig> {
        if let Some(command) = &self.tokenizer_command {
            self.words.refuse()?;
            let mut config = TokenizerConfig::command(command);
            if let (TokenizerConfig::Command { seconds, .. }, Some(given)) =
                (&mut config, self.tokenizer_timeout)
            {
                *seconds = given;
            }
            Tokenizer::new(&config)?.check()?;
            return Ok(config);
        }
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
