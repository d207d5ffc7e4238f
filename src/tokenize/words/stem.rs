//! Stems of words by the algorithms of Snowball (Porter 2001), from the crate `waken_snowball`.

use serde::{Deserialize, Serialize};

use crate::base::error::{Error, Result};

macro_rules! languages {
    ($($language:ident $name:literal,)*) => {
        /// A language with rules for stems.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        #[expect(missing_docs, reason = "the names of languages say what they are")]
        pub enum StemLanguage {
            $($language,)*
        }

        impl StemLanguage {
            /// All of them, by name.
            pub const ALL: &[Self] = &[$(Self::$language,)*];

            /// Its name in small letters.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$language => $name,)*
                }
            }
        }
    };
}

languages! {
    Arabic "arabic",
    Armenian "armenian",
    Basque "basque",
    Catalan "catalan",
    Danish "danish",
    Dutch "dutch",
    English "english",
    Esperanto "esperanto",
    Estonian "estonian",
    Finnish "finnish",
    French "french",
    German "german",
    Greek "greek",
    Hindi "hindi",
    Hungarian "hungarian",
    Indonesian "indonesian",
    Irish "irish",
    Italian "italian",
    Lithuanian "lithuanian",
    Nepali "nepali",
    Norwegian "norwegian",
    Portuguese "portuguese",
    Romanian "romanian",
    Russian "russian",
    Serbian "serbian",
    Spanish "spanish",
    Swedish "swedish",
    Tamil "tamil",
    Turkish "turkish",
    Yiddish "yiddish",
}

/// Reduces words of one language to stems.
#[cfg(feature = "stem")]
#[derive(Clone)]
pub(super) struct Stemmer(waken_snowball::Algorithm);

#[cfg(feature = "stem")]
impl Stemmer {
    /// The stemmer of a language.
    ///
    /// # Errors
    /// None with the feature `stem`.
    pub(super) fn new(language: StemLanguage) -> Result<Self> {
        let algorithm = waken_snowball::Algorithm::from_str(language.name());
        algorithm.map(Self).ok_or_else(|| Error::Tokenizer {
            place: "`words`".to_owned(),
            reason: format!("there are no stems for the language `{}`", language.name()),
        })
    }

    /// Calls `visit` with the stem of a word in lower case.
    pub(super) fn stem(&self, word: &str, visit: impl FnOnce(&str)) {
        visit(&waken_snowball::stem(self.0, word));
    }
}

/// There is none without the crate.
#[cfg(not(feature = "stem"))]
#[derive(Clone)]
pub(super) enum Stemmer {}

#[cfg(not(feature = "stem"))]
impl Stemmer {
    pub(super) fn new(_: StemLanguage) -> Result<Self> {
        Err(Error::Tokenizer {
            place: "`words`".to_owned(),
            reason: "stems need the feature `stem`, which is switched off here".to_owned(),
        })
    }

    pub(super) fn stem(&self, _: &str, _: impl FnOnce(&str)) {
        match *self {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(not(feature = "stem"))]
    #[test]
    fn without_the_feature_stems_are_an_error_that_names_it() {
        let error = Stemmer::new(StemLanguage::English).err();
        assert_eq!(
            error.map(|error| error.to_string()).unwrap_or_default(),
            "the tokenizer `words` fails: stems need the feature `stem`, which is switched off here"
        );
    }

    #[cfg(feature = "stem")]
    #[test]
    fn every_language_has_stems() {
        for &language in StemLanguage::ALL {
            // Among words of several scripts, none may end the program.
            for word in [
                "a",
                "running",
                "écoles",
                "книгами",
                "किताबें",
                "'s",
                "123",
                "ß",
                "ﬁ",
                "漢字",
                "ქართული",
            ] {
                Stemmer::new(language).unwrap().stem(word, |_| {});
            }
        }
        let mut stems = Vec::new();
        let english = Stemmer::new(StemLanguage::English).unwrap();
        for word in ["running", "runs", "run"] {
            english.stem(word, |stem| stems.push(stem.to_owned()));
        }
        assert_eq!(stems, ["run", "run", "run"]);
    }
}
