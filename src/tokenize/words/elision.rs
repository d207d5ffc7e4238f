//! Words that lose their last vowel before another: `l'homme`, `dell'arte`.
//!
//! In: a word with `'` as its apostrophe. Out: the elided words at its beginning. A word is cut
//! only behind forms that are listed here, so `aujourd'hui` and `prud'homme` stay whole.

use super::config::ElisionLanguage;

/// French: articles, pronouns, `ne`, `de`, and conjunctions ending in `que`. `quelqu'un` and
/// `presqu'île` are words of the dictionary and stay whole.
const FRENCH: &[&str] = &[
    "c", "ç", "d", "j", "l", "m", "n", "s", "t", "qu", "jusqu", "lorsqu", "puisqu", "quoiqu",
    "tandisqu", "parcequ",
];

/// Italian: articles, the prepositions joined with them, pronouns, and what is commonly elided
/// before a vowel.
const ITALIAN: &[&str] = &[
    "l", "un", "gl", "d", "c", "m", "n", "s", "t", "v", "all", "coll", "dall", "dell", "nell",
    "sull", "pell", "quell", "quest", "bell", "buon", "sant", "grand", "tutt", "nessun", "ciascun",
    "qualcun", "alcun", "com", "cos", "dov", "quand", "quant", "anch", "neanch", "nemmen", "senz",
    "mezz", "ch", "poc", "perch", "finch", "bench", "gliel", "cert", "altr", "tant", "null",
    "degl", "dagl", "agl", "sugl", "negl", "quegl", "begl",
];

/// Catalan: articles, pronouns, `de`.
const CATALAN: &[&str] = &["l", "d", "m", "n", "s", "t"];

impl ElisionLanguage {
    /// The elided forms, without their apostrophe.
    pub(in crate::tokenize) fn forms(self) -> &'static [&'static str] {
        match self {
            Self::French => FRENCH,
            Self::Italian => ITALIAN,
            Self::Catalan => CATALAN,
        }
    }

    /// Whether a word stands before an apostrophe because its vowel is elided.
    pub(super) fn is_elided(self, word: &str) -> bool {
        // No form has capitals; those of a text may be kept.
        word.len() <= 8 && self.forms().contains(&word.to_lowercase().as_str())
    }

    /// Cuts a word behind its first apostrophe if an elided form stands before it.
    pub(super) fn split(self, word: &str) -> Option<(&str, &str)> {
        let end = word.find('\'')?;
        (self.is_elided(&word[..end]) && end + 1 < word.len()).then(|| word.split_at(end + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elided_words_are_cut_and_others_stay() {
        let french = ElisionLanguage::French;
        assert_eq!(french.split("l'homme"), Some(("l'", "homme")));
        assert_eq!(french.split("Qu'il"), Some(("Qu'", "il")));
        assert_eq!(french.split("d'aujourd'hui"), Some(("d'", "aujourd'hui")));
        assert_eq!(french.split("aujourd'hui"), None);
        assert_eq!(french.split("quelqu'un"), None);
        assert_eq!(french.split("don't"), None);
        let italian = ElisionLanguage::Italian;
        assert_eq!(italian.split("dell'arte"), Some(("dell'", "arte")));
        assert_eq!(italian.split("c'è"), Some(("c'", "è")));
        assert_eq!(italian.split("homme"), None);
        assert_eq!(ElisionLanguage::Catalan.split("porta'm"), None);
    }
}
