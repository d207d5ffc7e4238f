//! What the commands that read a corpus share: where it is, how it is cut into documents and
//! tokens, and how phrases are found in it.

use std::path::Path;

use anyhow::Result;
use clap::ValueEnum;
use eigenlex::{
    Corpus, DocumentUnit, Error, FileKind, OnBadUtf8, PhraseConfig, PhraseScore, TokenizerConfig,
};

/// The corpus, its documents and its tokens.
#[derive(Debug, clap::Args)]
pub(crate) struct CorpusArgs {
    /// Files, folders, patterns, or `-`
    #[arg(required = true, value_name = "CORPUS")]
    corpus: Vec<String>,
    /// What is a document [default: line for a single source, else file]
    #[arg(long, value_enum, value_name = "UNIT", help_heading = "Reading")]
    document: Option<UnitName>,
    /// What to do with bytes that are not UTF-8; `skip` leaves out their line
    #[arg(long, value_enum, default_value_t = BadUtf8Name::Error, value_name = "ACTION", help_heading = "Reading")]
    on_bad_utf8: BadUtf8Name,
    /// `words` (Unicode, lower-cased), `whitespace`, or the path of a tokenizer.json
    #[arg(long, default_value = "words", value_name = "TOKENIZER", help_heading = "Reading")]
    tokenizer: String,
    /// Leave out words without a letter
    #[arg(long, help_heading = "Reading")]
    drop_numbers: bool,
}

/// How phrases are found, where they are asked for.
#[derive(Debug, clap::Args)]
pub(crate) struct PhraseArgs {
    /// What makes two words a phrase [default: npmi]
    #[arg(long, value_enum, value_name = "SCORE", help_heading = "Phrases")]
    phrase_score: Option<ScoreName>,
    /// Least normalised PMI, or largest p-value corrected for the number of pairs [default: 0.5, or
    /// 0.01]
    #[arg(long, value_name = "X", allow_negative_numbers = true, help_heading = "Phrases")]
    phrase_threshold: Option<f64>,
    /// Words that stand side by side less often are no phrase [default: 10]
    #[arg(long, value_name = "N", help_heading = "Phrases")]
    phrase_min_count: Option<u64>,
    /// What stands between the words of a phrase [default: _]
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true, help_heading = "Phrases")]
    phrase_joiner: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum UnitName {
    File,
    Line,
    /// Lines between blank lines
    Paragraph,
    /// By the rules of Unicode; the end of a line ends a sentence too
    Sentence,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum BadUtf8Name {
    Error,
    Replace,
    Skip,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ScoreName {
    /// Normalised pointwise mutual information: words that are seen mostly together
    Npmi,
    /// Log-likelihood ratio: words that are seen together more often than chance explains, `of the`
    /// included
    GTest,
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

/// Refuses files of this program that would be read as texts: codes in lines of JSON, say.
fn refuse_own_files(paths: &[String]) -> Result<()> {
    for path in paths.iter().map(Path::new).filter(|path| path.is_file()) {
        let kind = FileKind::of(path).map_err(|source| Error::io("read", path, source))?;
        if matches!(kind, FileKind::Codes | FileKind::Map | FileKind::Spaces) {
            let expected = match kind {
                FileKind::Codes => {
                    "texts; where codes are taken, give them as one .npy or .safetensors file"
                }
                _ => "texts",
            };
            return Err(Error::Malformed {
                path: path.to_owned(),
                line: None,
                found: kind.to_string(),
                expected: expected.to_owned(),
            }
            .into());
        }
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
    let unit = unit.map(UnitName::unit);
    let on_bad_utf8 = match on_bad_utf8 {
        BadUtf8Name::Error => OnBadUtf8::Error,
        BadUtf8Name::Replace => OnBadUtf8::Replace,
        BadUtf8Name::Skip => OnBadUtf8::Skip,
    };
    Ok(Corpus::options().unit(unit).on_bad_utf8(on_bad_utf8).open(paths)?)
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

    /// The two texts of a pair of languages, a document a line.
    pub(crate) fn open_pair(&self) -> Result<[Corpus; 2]> {
        let [source, target] = self.corpus.as_slice() else {
            return conflict(
                "parallel",
                format!("given with {} text(s)", self.corpus.len()),
                "two texts: of the source and of the target language",
            );
        };
        if self.document.is_some_and(|unit| unit != UnitName::Line) {
            let expected = "line, as --parallel pairs lines".to_owned();
            return Err(Error::Parameter {
                name: "document",
                found: "another unit".to_owned(),
                expected,
            }
            .into());
        }
        let on_bad_utf8 = match self.on_bad_utf8 {
            BadUtf8Name::Error => OnBadUtf8::Error,
            BadUtf8Name::Replace => OnBadUtf8::Replace,
            BadUtf8Name::Skip => {
                return conflict(
                    "on-bad-utf8",
                    "skip",
                    "error or replace: --parallel pairs lines, and must not lose one",
                );
            }
        };
        let options = Corpus::options().unit(DocumentUnit::Line).on_bad_utf8(on_bad_utf8);
        let open = |path: &String| options.open([path]);
        Ok([open(source)?, open(target)?])
    }

    pub(crate) fn tokenizer(&self) -> Result<TokenizerConfig> {
        let config = match self.tokenizer.as_str() {
            "words" => return Ok(TokenizerConfig::Words { drop_numbers: self.drop_numbers }),
            "whitespace" => TokenizerConfig::Whitespace,
            path if std::path::Path::new(path).exists() => {
                TokenizerConfig::HuggingFace { path: path.into() }
            }
            other => {
                let expected = "words, whitespace, or the path of a tokenizer.json".to_owned();
                return Err(Error::Parameter {
                    name: "tokenizer",
                    found: format!("`{other}`, which is no file"),
                    expected,
                }
                .into());
            }
        };
        if self.drop_numbers {
            return conflict("drop-numbers", "given", "--tokenizer words");
        }
        Ok(config)
    }
}

impl PhraseArgs {
    /// How phrases are found in so many passes; `None` without passes.
    pub(crate) fn resolve(&self, passes: Option<u32>) -> Result<Option<PhraseConfig>> {
        let Some(passes) = passes else {
            return match (
                self.phrase_score,
                self.phrase_threshold,
                self.phrase_min_count,
                &self.phrase_joiner,
            ) {
                (None, None, None, None) => Ok(None),
                (Some(_), ..) => conflict("phrase-score", "given", "--phrases"),
                (_, Some(threshold), ..) => conflict("phrase-threshold", threshold, "--phrases"),
                (_, _, Some(count), _) => conflict("phrase-min-count", count, "--phrases"),
                (.., Some(joiner)) => conflict("phrase-joiner", format!("`{joiner}`"), "--phrases"),
            };
        };
        let score = match (self.phrase_score.unwrap_or(ScoreName::Npmi), self.phrase_threshold) {
            (ScoreName::Npmi, None) => PhraseScore::npmi(),
            (ScoreName::Npmi, Some(threshold)) => PhraseScore::Npmi { threshold },
            (ScoreName::GTest, None) => PhraseScore::g_test(),
            (ScoreName::GTest, Some(threshold)) => PhraseScore::GTest { threshold },
        };
        let default = PhraseConfig::default();
        let config = PhraseConfig {
            passes,
            score,
            min_count: self.phrase_min_count.unwrap_or(default.min_count),
            joiner: self.phrase_joiner.clone().unwrap_or(default.joiner),
        };
        config.check()?;
        Ok(Some(config))
    }
}

/// The value of `--phrases`, which may be left out, so that a path after it is easily taken for
/// one.
pub(crate) fn parse_passes(text: &str) -> std::result::Result<u32, String> {
    text.parse().map_err(|_| {
        "it is no number of passes; put the corpus before --phrases, or write --phrases=1"
            .to_owned()
    })
}

/// An option that would have no effect is refused: silence would mislead.
pub(crate) fn conflict<T>(name: &'static str, found: impl ToString, needs: &str) -> Result<T> {
    Err(Error::Parameter {
        name,
        found: found.to_string(),
        expected: format!("it only together with {needs}"),
    }
    .into())
}
