//! The options of the tokenizer `words`.

use std::path::PathBuf;

use anyhow::Result;
use clap::ValueEnum;
use clap::builder::PossibleValue;
use eigenlex::tokenize::{
    ElisionLanguage, Hyphens, Lowercase, NormalForm, Numbers, StemLanguage, WordsConfig,
};

use super::global::source;
use super::refusal::no_effect;

/// How text becomes words.
#[derive(Debug, clap::Args)]
pub(crate) struct WordsArgs {
    /// Lower-case letters by the rules of a language, or keep capitals [default: unicode]
    #[arg(long, value_enum, value_name = "LANGUAGE", help_heading = "Words")]
    lowercase: Option<LowercaseName>,
    /// Normal form of Unicode in which words are compared [default: nfc]
    #[arg(long, value_enum, value_name = "FORM", help_heading = "Words")]
    normalize: Option<FormName>,
    /// Split elided words of a language off, such as `l'` and `dell'` [default: off]
    ///
    /// `l'homme` becomes the tokens `l'` and `homme`. Only words on the list of the language are
    /// split off, so `aujourd'hui` stays one word.
    #[arg(long, value_enum, value_name = "LANGUAGE", help_heading = "Words")]
    split_elision: Option<ElisionName>,
    /// Whether hyphens end a word [default: split]
    #[arg(long, value_enum, value_name = "ACTION", help_heading = "Words")]
    hyphens: Option<HyphensName>,
    /// Keep emoji as tokens
    ///
    /// An emoji with its skin tone, a family, a flag and a keycap are one token each.
    #[arg(long, help_heading = "Words")]
    emoji: bool,
    /// What to do with tokens without a letter, such as 1990 and 3.14 [default: keep]
    #[arg(long, value_enum, value_name = "ACTION", help_heading = "Words")]
    numbers: Option<NumbersName>,
    /// Drop tokens without a letter: the same as --numbers drop
    #[arg(long, conflicts_with = "numbers", help_heading = "Words")]
    drop_numbers: bool,
    /// Words of scripts without spaces that are one token each, one word per line of this file
    ///
    /// For names and terms in Chinese, Japanese, Thai, Lao, Khmer or Burmese. What follows a space
    /// or tab in a line, such as a count, is ignored. They are stored in the model.
    #[arg(long, value_name = "FILE")]
    dictionary: Option<PathBuf>,
    /// Drop the words of this file, one word per line
    ///
    /// The words are cut and lower-cased like the corpus. They are stored in the model.
    #[arg(long, value_name = "FILE", help_heading = "Words")]
    stop_words: Option<PathBuf>,
    /// Reduce words to their stems by the rules of a language, such as `english` [default: off]
    ///
    /// `running` and `runs` become `run`. The rules are those of Snowball. Needs a program that was
    /// built with the feature `stem`.
    #[arg(
        long,
        value_enum,
        value_name = "LANGUAGE",
        hide_possible_values = true,
        help_heading = "Words"
    )]
    stem: Option<StemName>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LowercaseName {
    /// The default of Unicode, right for all languages but those below
    Unicode,
    /// Turkish: I becomes ı
    Tr,
    /// Azeri: I becomes ı
    Az,
    /// Lithuanian: i keeps its dot below an accent
    Lt,
    /// Keep capitals
    None,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FormName {
    /// A letter with a combining accent is the same as the composed letter
    Nfc,
    /// Also: ligatures, full-width letters and the long s are the same as usual letters
    Nfkc,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ElisionName {
    /// French
    Fr,
    /// Italian
    It,
    /// Catalan
    Ca,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum HyphensName {
    /// mother-in-law is three tokens
    Split,
    /// mother-in-law is one token; 1914-1918 is still two
    Keep,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum NumbersName {
    /// Keep them as they are
    Keep,
    /// Drop them
    Drop,
    /// Replace each digit by 0, so that 1990 and 2026 are the same token
    Mask,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct StemName(StemLanguage);

impl ValueEnum for StemName {
    fn value_variants<'a>() -> &'a [Self] {
        const N: usize = StemLanguage::ALL.len();
        const ALL: [StemName; N] = {
            let mut all = [StemName(StemLanguage::English); N];
            let mut number = 0;
            while number < N {
                all[number] = StemName(StemLanguage::ALL[number]);
                number += 1;
            }
            all
        };
        &ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.0.name()))
    }
}

impl WordsArgs {
    /// The settings, with the stop words read.
    pub(crate) fn resolve(&self) -> Result<WordsConfig> {
        let lines = |path: &Option<PathBuf>| -> Result<Vec<String>> {
            let Some(path) = path else { return Ok(Vec::new()) };
            let text = source(path).read()?;
            let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
            Ok(lines.map(str::to_owned).collect())
        };
        let stop_words = lines(&self.stop_words)?;
        let dictionary: Vec<String> = lines(&self.dictionary)?
            .iter()
            .filter_map(|line| line.split_whitespace().next().map(str::to_owned))
            .collect();
        let default = WordsConfig::default();
        Ok(WordsConfig::default()
            .lowercase(self.lowercase.map_or(default.lowercase, LowercaseName::lowercase))
            .normalization(match self.normalize {
                None => default.normalization,
                Some(FormName::Nfc) => NormalForm::Nfc,
                Some(FormName::Nfkc) => NormalForm::Nfkc,
            })
            .elision(self.split_elision.map(|language| match language {
                ElisionName::Fr => ElisionLanguage::French,
                ElisionName::It => ElisionLanguage::Italian,
                ElisionName::Ca => ElisionLanguage::Catalan,
            }))
            .hyphens(match self.hyphens {
                None => default.hyphens,
                Some(HyphensName::Split) => Hyphens::Split,
                Some(HyphensName::Keep) => Hyphens::Keep,
            })
            .emoji(self.emoji)
            .numbers(match self.numbers {
                None if self.drop_numbers => Numbers::Drop,
                None => default.numbers,
                Some(NumbersName::Keep) => Numbers::Keep,
                Some(NumbersName::Drop) => Numbers::Drop,
                Some(NumbersName::Mask) => Numbers::Mask,
            })
            .stop_words(stop_words)
            .dictionary(dictionary)
            .stem(self.stem.map(|language| language.0)))
    }

    /// Refuses the options for another tokenizer than `words`.
    pub(crate) fn refuse(&self) -> Result<()> {
        let given = [
            (self.drop_numbers, "--drop-numbers"),
            (self.numbers.is_some(), "--numbers"),
            (self.lowercase.is_some(), "--lowercase"),
            (self.normalize.is_some(), "--normalize"),
            (self.split_elision.is_some(), "--split-elision"),
            (self.hyphens.is_some(), "--hyphens"),
            (self.emoji, "--emoji"),
            (self.stop_words.is_some(), "--stop-words"),
            (self.dictionary.is_some(), "--dictionary"),
            (self.stem.is_some(), "--stem"),
        ];
        match given.iter().find(|(is_given, _)| *is_given) {
            None => Ok(()),
            Some((_, flag)) => {
                no_effect(flag, "it belongs to the tokenizer `words`", "use `--tokenizer words`")
            }
        }
    }
}

impl LowercaseName {
    fn lowercase(self) -> Lowercase {
        match self {
            Self::Unicode => Lowercase::Unicode,
            Self::Tr => Lowercase::Turkish,
            Self::Az => Lowercase::Azeri,
            Self::Lt => Lowercase::Lithuanian,
            Self::None => Lowercase::None,
        }
    }
}
