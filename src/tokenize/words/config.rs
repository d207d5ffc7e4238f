//! The settings of the tokenizer `words`, each with its default.

use serde::{Deserialize, Deserializer, Serialize};

use super::stem::StemLanguage;

/// The settings of [`TokenizerConfig::Words`](crate::tokenize::TokenizerConfig::Words). The default
/// is right for most texts: Normalization Form C, the default lower case of Unicode, and nothing
/// left out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct WordsConfig {
    /// The normal form of the text.
    pub normalization: NormalForm,
    /// How letters are lower-cased.
    pub lowercase: Lowercase,
    /// Whether hyphens end a word.
    pub hyphens: Hyphens,
    /// The language whose elided words, such as `l'` and `dell'`, become tokens; `None` to leave
    /// them on the next word.
    pub elision: Option<ElisionLanguage>,
    /// What becomes of tokens without a letter.
    #[serde(alias = "drop_numbers", deserialize_with = "numbers_or_drop")]
    pub numbers: Numbers,
    /// Whether emoji are tokens.
    pub emoji: bool,
    /// Words of scripts without spaces (Chinese, Japanese, Thai and others) that are one token
    /// wherever they stand, such as names and terms.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dictionary: Vec<String>,
    /// Words that are left out. They are cut like the text, so their case does not matter.
    pub stop_words: Vec<String>,
    /// The language by whose rules words are reduced to stems; `None` for whole words. Needs the
    /// feature `stem`.
    pub stem: Option<StemLanguage>,
}

/// A normal form of Unicode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NormalForm {
    /// Form C: `e` with a combining acute accent is `é`.
    #[default]
    Nfc,
    /// Form KC: also, what differs in its shape alone is the same. Ligatures, full-width letters,
    /// the long s, superscripts and the presentation forms of Arabic become plain letters.
    Nfkc,
}

/// How letters are lower-cased.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lowercase {
    /// The default mapping of Unicode, right for all languages but those below. The Turkish capital
    /// `İ` becomes `i` without a second dot.
    #[default]
    Unicode,
    /// Turkish: `I` becomes `ı`, and `İ` becomes `i`.
    Turkish,
    /// Azeri: as Turkish.
    Azeri,
    /// Lithuanian: `i` and `j` keep their dot below accents.
    Lithuanian,
    /// Capitals stay.
    None,
}

/// Whether hyphens end a word: `-`, U+2010 and the non-breaking U+2011.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hyphens {
    /// `mother-in-law` is three tokens.
    #[default]
    Split,
    /// A hyphen between letters, or between a letter and a digit, is a part of the word:
    /// `mother-in-law` and `covid-19` are one token each, `1914-1918` is two.
    Keep,
}

/// A language whose elided words are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ElisionLanguage {
    /// `l'homme` becomes `l'` and `homme`; `aujourd'hui` stays.
    French,
    /// `dell'arte` becomes `dell'` and `arte`.
    Italian,
    /// `l'home` becomes `l'` and `home`. Pronouns after the verb, as in `porta'm`, stay.
    Catalan,
}

/// What becomes of tokens without a letter, such as `1990` and `3.14`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Numbers {
    /// They are tokens.
    #[default]
    Keep,
    /// They are left out.
    Drop,
    /// Each digit becomes `0`, so that numbers of one shape are one word: `1990` and `2026` become
    /// `0000`.
    Mask,
}

/// Earlier versions wrote whether numbers are dropped.
#[derive(Deserialize)]
#[serde(untagged)]
enum NumbersOrDrop {
    Drop(bool),
    Numbers(Numbers),
}

fn numbers_or_drop<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Numbers, D::Error> {
    Ok(match NumbersOrDrop::deserialize(deserializer)? {
        NumbersOrDrop::Drop(false) => Numbers::Keep,
        NumbersOrDrop::Drop(true) => Numbers::Drop,
        NumbersOrDrop::Numbers(numbers) => numbers,
    })
}

impl WordsConfig {
    /// Sets `normalization`: the normal form of the text.
    #[must_use]
    pub fn normalization(mut self, normalization: NormalForm) -> Self {
        self.normalization = normalization;
        self
    }

    /// Sets `lowercase`: how letters are lower-cased.
    #[must_use]
    pub fn lowercase(mut self, lowercase: Lowercase) -> Self {
        self.lowercase = lowercase;
        self
    }

    /// Sets `hyphens`: whether they end a word.
    #[must_use]
    pub fn hyphens(mut self, hyphens: Hyphens) -> Self {
        self.hyphens = hyphens;
        self
    }

    /// Sets `elision`: the language whose elided words become tokens.
    #[must_use]
    pub fn elision(mut self, language: impl Into<Option<ElisionLanguage>>) -> Self {
        self.elision = language.into();
        self
    }

    /// Sets `numbers`: what becomes of tokens without a letter.
    #[must_use]
    pub fn numbers(mut self, numbers: Numbers) -> Self {
        self.numbers = numbers;
        self
    }

    /// Sets `emoji`: whether they are tokens.
    #[must_use]
    pub fn emoji(mut self, emoji: bool) -> Self {
        self.emoji = emoji;
        self
    }

    /// Sets `dictionary`: words of scripts without spaces that are one token.
    #[must_use]
    pub fn dictionary<S: Into<String>>(mut self, words: impl IntoIterator<Item = S>) -> Self {
        self.dictionary = words.into_iter().map(Into::into).collect();
        self
    }

    /// Sets `stop_words`: words that are left out.
    #[must_use]
    pub fn stop_words(mut self, words: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.stop_words = words.into_iter().map(Into::into).collect();
        self
    }

    /// Sets `stem`: the language by whose rules words are reduced to stems.
    #[must_use]
    pub fn stem(mut self, language: impl Into<Option<StemLanguage>>) -> Self {
        self.stem = language.into();
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_of_earlier_versions_are_read() {
        let read = |json: &str| serde_json::from_str::<WordsConfig>(json).unwrap();
        assert_eq!(read(r#"{"drop_numbers": false}"#), WordsConfig::default());
        assert_eq!(
            read(r#"{"drop_numbers": true}"#),
            WordsConfig::default().numbers(Numbers::Drop)
        );
        assert_eq!(read("{}"), WordsConfig::default());
    }

    #[test]
    fn settings_come_back_as_they_were_written() {
        let config = WordsConfig::default()
            .normalization(NormalForm::Nfkc)
            .lowercase(Lowercase::Turkish)
            .hyphens(Hyphens::Keep)
            .elision(ElisionLanguage::French)
            .numbers(Numbers::Mask)
            .emoji(true)
            .stop_words(["the"])
            .stem(StemLanguage::English);
        let json = serde_json::to_string(&config).unwrap();
        assert!(json.contains(r#""numbers":"mask""#), "{json}");
        assert_eq!(serde_json::from_str::<WordsConfig>(&json).unwrap(), config);
        assert!(serde_json::from_str::<WordsConfig>(r#"{"absent": 1}"#).is_err());
    }
}
