//! From text to tokens: Unicode words, space-separated tokens, or any `tokenizer.json` of the
//! Hugging Face tokenizers library.
//!
//! - **words** (default): the words of Unicode Standard Annex 29 over text in Normalization Form C,
//!   lower-cased, as [`WordsConfig`] says. A segment is a word if it holds a letter or a number;
//!   combining marks stay with their letters, so Hindi, Tamil or Yorùbá words are whole. Invisible
//!   characters without meaning are dropped, and apostrophes within words are all `'`. Chinese,
//!   Japanese, Thai, Lao, Khmer and Burmese are cut by built-in dictionaries.
//! - **whitespace**: what stands between blanks, untouched; for text that is tokenized already.
//! - **a command**: the answers of another program, a line for a line.
//! - **a `tokenizer.json`**: as the library applies it, without special tokens.
//!
//! [`Phrases`] then join words that belong together; a tokenizer that was given them does so in
//! every text.

mod abbreviations;
mod command;
mod export;
mod hugging_face;
mod interner;
mod line_breaks;
mod merged;
mod phrases;
mod piece;
mod reading;
mod segment;
mod sequences;
mod share;
mod stream;
mod tokens;
mod word_table;
mod words;

pub(crate) use export::{any_words_json, word_level_json};
pub(crate) use interner::Interner;
pub use phrases::{Phrase, PhraseConfig, PhraseScore, Phrases};
pub use reading::WordReading;
pub(crate) use sequences::{Run, Runs, Sequences};
pub(crate) use share::{KnownWords, ShareReport, TokenShare, joined_words};
pub use stream::{AbbreviationReport, CorpusReport, TokenEvent, stream};
pub(crate) use tokens::{EmptyDocuments, LEVERS, Reading};
pub use tokens::{TokenMemory, Tokens};
pub(crate) use word_table::WordTable;
pub use words::{
    ElisionLanguage, Hyphens, Lowercase, NormalForm, Numbers, StemLanguage, WordChanges,
    WordsConfig,
};

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use self::command::CommandTokenizer;
use self::hugging_face::HuggingFace;
use self::words::WordCutter;
use crate::base::error::Result;

/// Which tokenizer, with its parameters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum TokenizerConfig {
    /// Unicode words, cleaned, normalised and lower-cased.
    Words(WordsConfig),
    /// What stands between blanks.
    Whitespace,
    /// Another program: a shell command that reads a text a line and writes the tokens of each,
    /// with spaces between, on a line. It must flush its output after each line, and the answer to
    /// a line must depend on that line alone.
    ///
    /// A model keeps the command, and runs it for queries: open no such model that you do not
    /// trust.
    Command {
        /// The command, as `sh -c` takes it.
        command: String,
        /// Seconds after which a line without an answer is an error, at least 1; a line of more
        /// than 1000 bytes gets a second more for each 1000. Default: 60.
        #[serde(default = "TokenizerConfig::usual_seconds")]
        seconds: u64,
    },
    /// A `tokenizer.json` of the Hugging Face tokenizers library; an error without the feature
    /// `tokenizers`.
    HuggingFace {
        /// Its file; within a saved model, the copy that the model keeps.
        path: PathBuf,
    },
}

impl Default for TokenizerConfig {
    fn default() -> Self {
        Self::Words(WordsConfig::default())
    }
}

impl TokenizerConfig {
    /// Another program, with the usual time for the answer to a line.
    pub fn command(command: impl Into<String>) -> Self {
        Self::Command { command: command.into(), seconds: Self::usual_seconds() }
    }

    /// Programs that read a neural network before their first answer need some of it.
    const fn usual_seconds() -> u64 {
        60
    }
}

/// Cuts texts into tokens, and joins those of the phrases that it was given.
#[derive(Clone)]
pub struct Tokenizer {
    config: TokenizerConfig,
    words: Option<WordCutter>,
    hugging_face: Option<HuggingFace>,
    command: Option<CommandTokenizer>,
    phrases: Arc<Phrases>,
}

impl Tokenizer {
    /// Makes the tokenizer that `config` describes, reading its file if there is one.
    ///
    /// # Errors
    /// The file cannot be read, or is no `tokenizer.json`; the library was built without the
    /// feature `tokenizers` or `stem`, and `config` needs it.
    pub fn new(config: &TokenizerConfig) -> Result<Self> {
        let (mut words, mut hugging_face, mut command) = (None, None, None);
        match config {
            TokenizerConfig::Words(config) => words = Some(WordCutter::new(config)?),
            TokenizerConfig::Whitespace => {}
            TokenizerConfig::Command { command: it, seconds } => {
                command = Some(CommandTokenizer::new(it, Duration::from_secs(*seconds)));
            }
            TokenizerConfig::HuggingFace { path } => hugging_face = Some(HuggingFace::open(path)?),
        }
        Ok(Self { config: config.clone(), words, hugging_face, command, phrases: Arc::default() })
    }

    /// The same tokenizer, which from now on joins `phrases`, and no others.
    pub fn with_phrases(self, phrases: Phrases) -> Self {
        Self { phrases: Arc::new(phrases), ..self }
    }

    /// The phrases that this tokenizer joins: none unless it was given some.
    pub fn phrases(&self) -> &Phrases {
        &self.phrases
    }

    /// The description that this tokenizer was made from.
    pub fn config(&self) -> &TokenizerConfig {
        &self.config
    }

    /// Whether tokens may end without white space, so that sentences may end there too.
    fn cuts_unspaced_text(&self) -> bool {
        !matches!(self.config, TokenizerConfig::Whitespace)
    }

    /// Tries a command out, if this tokenizer is one, before the work begins.
    ///
    /// # Errors
    /// The command cannot be started, or does not answer each line with one.
    pub fn check(&self) -> Result<()> {
        self.command.as_ref().map_or(Ok(()), CommandTokenizer::check)
    }

    /// Whether a full stop is no part of the token before it.
    pub(crate) fn leaves_out_stops(&self) -> bool {
        matches!(self.config, TokenizerConfig::Words { .. })
    }

    /// Whether some words of a text become no token.
    fn drops_words(&self) -> bool {
        match &self.config {
            TokenizerConfig::Words(it) => it.numbers == Numbers::Drop || !it.stop_words.is_empty(),
            _ => false,
        }
    }

    /// The text of the `tokenizer.json`, if this tokenizer was made from one.
    pub(crate) fn json(&self) -> Option<&str> {
        self.hugging_face.as_ref().map(|it| it.json())
    }

    /// Calls `visit` with each token of `text`, a document or a query, in order; a phrase is one
    /// token.
    ///
    /// # Errors
    /// A `tokenizer.json` may refuse a text, for instance when it knows no token for unknown words.
    pub fn tokenize(&self, text: &str, mut visit: impl FnMut(&str)) -> Result<()> {
        let changes = &mut WordChanges::default();
        if self.phrases.is_empty() {
            return self.cut(text, changes, |token, _| visit(token));
        }
        let mut words = Vec::new();
        self.cut(text, changes, |word, _| words.push(word.to_owned()))?;
        self.phrases.join_words(words).iter().for_each(|token| visit(token));
        Ok(())
    }

    /// Calls `visit` with each token of `text`, which may be a part of a document, before phrases
    /// are joined, and with whether it begins with a capital letter in the text; adds to `changes`
    /// what the tokenizer `words` dropped and replaced.
    fn cut(
        &self,
        text: &str,
        changes: &mut WordChanges,
        mut visit: impl FnMut(&str, bool),
    ) -> Result<()> {
        let mut as_it_is = |token: &str| visit(token, begins_with_capital(token));
        if let Some(words) = &self.words {
            words.cut(text, changes, &mut visit);
        } else if let Some(command) = &self.command {
            return command.cut(text, as_it_is);
        } else if let Some(hugging_face) = &self.hugging_face {
            return hugging_face.cut(text, as_it_is);
        } else {
            between_spaces(text, &mut as_it_is);
        }
        Ok(())
    }

    /// A word of a query as it would stand in the vocabulary: the text itself unless it is exactly
    /// one token. A text of which letters, digits or signs would be lost, such as `C++`, is not cut
    /// but lower-cased, if words are.
    pub fn normalize(&self, word: &str) -> String {
        let mut tokens = Vec::new();
        match self.tokenize(word, |token| tokens.push(token.to_owned())) {
            Ok(()) if tokens.len() == 1 => {
                let token = tokens.swap_remove(0);
                let TokenizerConfig::Words(config) = &self.config else { return token };
                // What a stem leaves out is no loss.
                if config.stem.is_some() || WordReading::of(word, &token) != WordReading::Lossy {
                    token
                } else if config.lowercase == Lowercase::None {
                    word.to_owned()
                } else {
                    word.to_lowercase()
                }
            }
            _ => word.to_owned(),
        }
    }
}

/// Calls `visit` with what stands between white space, as [`str::split_whitespace`] does; faster,
/// since only characters are decoded that may be white space.
fn between_spaces(text: &str, visit: &mut impl FnMut(&str)) {
    let bytes = text.as_bytes();
    let (mut start, mut position) = (0, 0);
    while let Some(&byte) = bytes.get(position) {
        let length = match byte {
            b'\t'..=b'\r' | b' ' => 1,
            // The first bytes of all other white space.
            0xC2 | 0xE1 | 0xE2 | 0xE3 => {
                let character = text[position..].chars().next();
                character.filter(|it| it.is_whitespace()).map_or(0, char::len_utf8)
            }
            _ => 0,
        };
        if length == 0 {
            position += 1;
            continue;
        }
        if start < position {
            visit(&text[start..position]);
        }
        position += length;
        start = position;
    }
    if start < bytes.len() {
        visit(&text[start..]);
    }
}

#[inline]
fn begins_with_capital(token: &str) -> bool {
    token.chars().next().is_some_and(char::is_uppercase)
}

impl fmt::Debug for Tokenizer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Tokenizer").field("config", &self.config).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tokens(config: TokenizerConfig, text: &str) -> Vec<String> {
        let mut tokens = Vec::new();
        Tokenizer::new(&config)
            .unwrap()
            .tokenize(text, |token| tokens.push(token.to_owned()))
            .unwrap();
        tokens
    }

    #[test]
    fn words_are_lower_cased_and_numbers_kept() {
        let text = "The Queen's 3.14 horses, in 1990: ÉCOLE!";
        assert_eq!(
            tokens(TokenizerConfig::default(), text),
            ["the", "queen's", "3.14", "horses", "in", "1990", "école"]
        );
        assert_eq!(
            tokens(TokenizerConfig::Words(WordsConfig::default().numbers(Numbers::Drop)), text),
            ["the", "queen's", "horses", "in", "école"]
        );
        assert_eq!(
            tokens(TokenizerConfig::Whitespace, "The Queen's  3.14\n"),
            ["The", "Queen's", "3.14"]
        );
    }

    #[test]
    fn words_with_combining_marks_are_whole() {
        assert_eq!(tokens(TokenizerConfig::default(), "हिन्दी भाषा"), ["हिन्दी", "भाषा"]);
        assert_eq!(tokens(TokenizerConfig::default(), "தமிழ் மொழி"), ["தமிழ்", "மொழி"]);
        assert_eq!(tokens(TokenizerConfig::default(), "ọ̀rọ̀ Yorùbá"), ["ọ̀rọ̀", "yorùbá"]);
        assert_eq!(tokens(TokenizerConfig::default(), "ਪੰਜਾਬੀ বাংলা"), ["ਪੰਜਾਬੀ", "বাংলা"]);
    }

    #[test]
    fn a_mark_without_a_letter_takes_no_blank_with_it() {
        assert_eq!(tokens(TokenizerConfig::default(), "𞺋 \u{10eab}"), ["𞺋", "\u{10eab}"]);
    }

    #[test]
    fn composed_and_decomposed_letters_are_one_word() {
        assert_eq!(tokens(TokenizerConfig::default(), "cafe\u{301} café"), ["café", "café"]);
    }

    #[test]
    fn a_query_is_normalised_like_the_corpus() {
        let tokenizer = Tokenizer::new(&TokenizerConfig::default()).unwrap();
        assert_eq!(tokenizer.normalize("KING"), "king");
        assert_eq!(tokenizer.normalize("New York"), "New York");
        assert_eq!(tokenizer.normalize("!"), "!");
    }

    #[test]
    fn only_first_bytes_of_white_space_are_looked_at() {
        let firsts: std::collections::BTreeSet<u8> = ('\u{80}'..=char::MAX)
            .filter(|character| character.is_whitespace())
            .map(|character| character.to_string().as_bytes()[0])
            .collect();
        assert_eq!(firsts.into_iter().collect::<Vec<_>>(), [0xC2, 0xE1, 0xE2, 0xE3]);
    }

    proptest! {
        #[test]
        fn text_is_split_at_white_space(
            text in "([a\u{A0}\u{85}\u{2003}\u{3000}\u{1680} \n\tâ€é中]|.){0,40}",
        ) {
            let mut found = Vec::new();
            between_spaces(&text, &mut |token| found.push(token.to_owned()));
            prop_assert_eq!(found, text.split_whitespace().collect::<Vec<_>>());
        }
    }

    #[cfg(feature = "tokenizers")]
    #[test]
    fn a_missing_tokenizer_file_is_an_error() {
        let error = Tokenizer::new(&TokenizerConfig::HuggingFace { path: "absent.json".into() })
            .unwrap_err();
        assert!(error.to_string().starts_with("cannot read `absent.json`"), "{error}");
    }

    proptest! {
        #[test]
        fn tokens_of_tokens_are_themselves(text in "\\PC{0,40}") {
            // A token need not be a fixed point of case mapping alone, but joined by blanks the
            // tokens must come back.
            let once = tokens(TokenizerConfig::default(), &text);
            let twice = tokens(TokenizerConfig::default(), &once.join(" "));
            prop_assert_eq!(once, twice);
        }
    }
}
