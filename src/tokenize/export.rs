//! The model's vocabulary as a `tokenizer.json` that the Hugging Face tokenizers library reads: a
//! `WordLevel` model whose ids are the rows of the vectors.
//!
//! For the words tokenizer the cleaning, the normal form and the lower case are given as
//! normalizers, and the segmentation as a regular expression that follows the rules of Unicode
//! Standard Annex 29 for scripts with spaces between words. The format cannot say everything: emoji
//! that are kept, masked numbers, stems and the words of scripts without spaces are not found by
//! other programs, the mapping of Lithuanian is the default one, and a final sigma in capitals
//! becomes `σ`. Stop words are unknown words. eigenlex itself does not read this file back: it
//! stores which tokenizer it used and applies that.

use serde::Serialize;
use serde_json::{Map, Value, json};
use unicode_normalization::char::is_combining_mark;
use unicode_normalization::is_nfc;

use super::{Hyphens, Lowercase, NormalForm, Numbers, TokenizerConfig, WordsConfig};
use crate::base::words::Words;

/// Unknown words get the id after the last row, so that looking them up in the vectors fails
/// instead of answering wrongly.
const UNKNOWN: &str = "[UNK]";

/// UAX-29 (WB5-WB13): letters, marks, numbers and connectors hold together; one of `' ’ . : ·`
/// joins two letters, one of `' ’ . , ;` two digits; a Hebrew letter keeps `'` behind it, and
/// `"` between it and another. Then comes what joins words besides.
const WORD_PATTERN: &str = concat!(
    r"(?:[\p{L}\p{M}\p{N}\p{Pc}\x{200C}\x{200D}]|(?<=[\p{L}\p{M}])[.:·'’‧](?=\p{L})|",
    r"(?<=\p{Nd})[.,;'’](?=\p{Nd})|",
    r"(?<=[\x{5D0}-\x{5EA}])(?:'|\x{22}(?=[\x{5D0}-\x{5EA}]))",
);

/// Hyphens that are kept: between letters, or between a letter and a digit.
const KEPT_HYPHENS: &str = r"|(?<=[\p{L}\p{M}])-(?=[\p{L}\p{Nd}])|(?<=\p{Nd})-(?=\p{L})";

/// Characters that are dropped wherever they stand.
const DROPPED: &str = concat!(
    r"[\x{AD}\x{34F}\x{55B}\x{55C}\x{55E}\x{61C}\x{640}\x{200E}\x{200F}",
    r"\x{202A}-\x{202E}\x{2060}-\x{206F}\x{FE00}-\x{FE0F}\x{FEFF}\x{FFF9}\x{FFFB}",
    r"\x{E0000}-\x{E007F}\x{E0100}-\x{E01EF}]",
);

/// Non-joiners but between Arabic letters and behind a virama.
const NON_JOINERS: &str = concat!(
    r"(?<![\x{610}-\x{8FF}\x{94D}\x{9CD}\x{A4D}\x{ACD}\x{B4D}\x{BCD}\x{C4D}\x{CCD}",
    r"\x{D4D}\x{DCA}])\x{200C}|\x{200C}(?![\p{L}\p{M}])",
);

/// Joiners but where they carry meaning.
const JOINERS: &str = concat!(
    r"(?<![\x{D4D}\x{DCA}])(?<!\x{930}\x{94D})(?<!\x{9A4}\x{9CD})\x{200D}(?![\x{94D}",
    r"\x{9CD}\x{CCD}\x{C4D}\x{DCA}])",
);

/// Apostrophes between letters or digits that become `'`.
const APOSTROPHES: &str = r"(?<=[\p{L}\p{M}])[‘’ʻʼꞌ`´‛＇](?=\p{L})|(?<=\p{Nd})[‘’＇](?=\p{Nd})";

/// Quotation marks between Hebrew letters that become `"`.
const HEBREW_QUOTES: &str = r"(?<=[\x{5D0}-\x{5EA}])[״”](?=[\x{5D0}-\x{5EA}])";

fn replace(pattern: &str, content: &str) -> Value {
    json!({"type": "Replace", "pattern": {"Regex": pattern}, "content": content})
}

/// What the words tokenizer does to a text, as normalizers.
fn normalizer(config: &WordsConfig) -> Value {
    let mut all = vec![
        replace(DROPPED, ""),
        replace(NON_JOINERS, ""),
        replace(JOINERS, ""),
        replace(r"\x{202F}", " "),
        replace(APOSTROPHES, "'"),
        replace(HEBREW_QUOTES, "\""),
    ];
    if config.hyphens == Hyphens::Keep {
        all.push(replace("[‐\u{2011}]", "-"));
    }
    all.push(match config.normalization {
        NormalForm::Nfc => json!({"type": "NFC"}),
        NormalForm::Nfkc => json!({"type": "NFKC"}),
    });
    if config.lowercase != Lowercase::None {
        if matches!(config.lowercase, Lowercase::Turkish | Lowercase::Azeri) {
            all.push(replace("I", "ı"));
        }
        all.push(replace("İ", "i"));
        all.push(json!({"type": "Lowercase"}));
    }
    json!({"type": "Sequence", "normalizers": all})
}

/// How the words tokenizer cuts a text.
fn pre_tokenizer(config: &WordsConfig) -> Value {
    let split = |pattern: &str, behavior: &str, invert: bool| {
        let pattern = json!({"Regex": pattern});
        json!({"type": "Split", "pattern": pattern, "behavior": behavior, "invert": invert})
    };
    let hyphens = if config.hyphens == Hyphens::Keep { KEPT_HYPHENS } else { "" };
    let mut all = vec![split(&format!("{WORD_PATTERN}{hyphens})+"), "Removed", true)];
    if let Some(language) = config.elision {
        let forms = language.forms().join("|");
        all.push(split(&format!("(?:^|(?<='))(?i:{forms})'(?=.)"), "Isolated", false));
    }
    if config.numbers == Numbers::Drop {
        all.push(split(r"^[^\p{L}\p{M}]+$", "Removed", false));
    }
    if all.len() == 1 {
        all.swap_remove(0)
    } else {
        json!({"type": "Sequence", "pretokenizers": all})
    }
}

/// The parts of a file, by rising names.
#[derive(Default, Serialize)]
struct Document<'a> {
    added_tokens: Vec<AddedToken<'a>>,
    decoder: Option<()>,
    model: Value,
    normalizer: Value,
    padding: Option<()>,
    post_processor: Option<()>,
    pre_tokenizer: Value,
    truncation: Option<()>,
    version: &'a str,
}

/// A token that is looked for in the text as it is, and stands between others.
#[derive(Default, Serialize)]
struct AddedToken<'a> {
    id: usize,
    content: &'a str,
    single_word: bool,
    lstrip: bool,
    rstrip: bool,
    normalized: bool,
    special: bool,
}

/// Of so many words one may have capitals, and texts are put into lower case all the same.
const CASED_SHARE: usize = 10;

/// A `tokenizer.json` for words that any program made: each is found as one token, wherever it
/// stands between others. Words are cut as by [`word_level_json`], in lower case unless a tenth of
/// the words have capitals; those that cannot come of that, such as `C++`, are tokens added to it,
/// which are looked for in the text as it is.
pub(crate) fn any_words_json(words: &Words) -> String {
    let n_cased = words.iter().filter(|word| !is_lowercase(word)).count();
    let is_cased = n_cased > words.len() / CASED_SHARE;
    let lowercase = if is_cased { Lowercase::None } else { Lowercase::default() };
    let config = TokenizerConfig::Words(WordsConfig::default().lowercase(lowercase));
    let added = words.iter().enumerate().filter(|(_, word)| !is_cut_out(word, is_cased));
    let added = added.map(|(id, word)| AddedToken {
        id,
        content: word,
        single_word: true,
        ..AddedToken::default()
    });
    to_json(&config, words, added.collect())
}

/// Whether lower case leaves a word as it is.
fn is_lowercase(word: &str) -> bool {
    word.chars().all(|it| it.to_lowercase().eq([it]))
}

/// Whether the exported words tokenizer certainly cuts a word out as it is: letters, marks and
/// digits in their normal form, with apostrophes between letters, points and commas between digits.
fn is_cut_out(word: &str, is_cased: bool) -> bool {
    let characters: Vec<char> = word.chars().collect();
    let is_of_word = |it: char| match it {
        // The tatweel and some marks are dropped, and letters in circles are signs.
        '\u{640}' | '\u{34F}' | '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}' => false,
        '\u{24B6}'..='\u{24E9}' | '\u{1F130}'..='\u{1F189}' => false,
        _ => it.is_alphanumeric() || is_combining_mark(it) || it == '_',
    };
    let joins = |at: usize| {
        let around = (at.checked_sub(1).map(|before| characters[before]), characters.get(at + 1));
        match (characters[at], around) {
            ('\'', (Some(before), Some(after))) => {
                before.is_ascii_alphabetic() && after.is_ascii_alphabetic()
            }
            ('.' | ',', (Some(before), Some(after))) => {
                before.is_ascii_digit() && after.is_ascii_digit()
            }
            _ => false,
        }
    };
    (0..characters.len()).all(|at| is_of_word(characters[at]) || joins(at))
        && is_nfc(word)
        && (is_cased || is_lowercase(word))
}

/// The `tokenizer.json` of a model, for other programs.
pub(crate) fn word_level_json(config: &TokenizerConfig, words: &Words) -> String {
    to_json(config, words, Vec::new())
}

fn to_json(config: &TokenizerConfig, words: &Words, added: Vec<AddedToken<'_>>) -> String {
    let mut vocabulary = Map::new();
    for (id, word) in words.iter().enumerate() {
        vocabulary.insert(word.to_owned(), Value::from(id));
    }
    vocabulary.entry(UNKNOWN).or_insert_with(|| Value::from(words.len()));
    let (normalizer, pre_tokenizer) = match config {
        TokenizerConfig::Words(config) => (normalizer(config), pre_tokenizer(config)),
        TokenizerConfig::Whitespace
        | TokenizerConfig::Command { .. }
        | TokenizerConfig::HuggingFace { .. } => (Value::Null, json!({"type": "WhitespaceSplit"})),
    };
    let document = Document {
        added_tokens: added,
        model: json!({"type": "WordLevel", "vocab": vocabulary, "unk_token": UNKNOWN}),
        normalizer,
        pre_tokenizer,
        version: "1.0",
        ..Document::default()
    };
    serde_json::to_string_pretty(&document).expect("a tree of strings and numbers can be written")
        + "\n"
}

#[cfg(all(test, feature = "tokenizers"))]
mod tests {
    use super::*;
    use crate::tokenize::{ElisionLanguage, Tokenizer};

    /// The tokens of our own tokenizer, and of the exported one.
    #[expect(clippy::unwrap_used, reason = "a test may panic")]
    fn both(config: WordsConfig, text: &str) -> [Vec<String>; 2] {
        let config = TokenizerConfig::Words(config);
        let mut ours = Vec::new();
        Tokenizer::new(&config)
            .unwrap()
            .tokenize(text, |token| ours.push(token.to_owned()))
            .unwrap();
        let mut words = Words::new();
        ours.iter().for_each(|word| _ = words.push(word));
        let json = word_level_json(&config, &words);
        let exported = tokenizers::Tokenizer::from_bytes(json.as_bytes()).unwrap();
        let encoding = exported.encode(text, false).unwrap();
        [ours, encoding.get_tokens().to_vec()]
    }

    const TEXT: &str = "The king's 3.14 (or 1,000) horses -- e.g. Élan's, in 1990; हिन्दी ọ̀rọ̀ \
                        foo_bar \
        don't U.S. said: \"so\" L’homme Hawaiʻi co\u{AD}op mother-in-law F-16 Quoi\u{202F}? İzmir \
        می\u{200C}خواهم स्\u{200D}थान ශ්\u{200D}රී ســلام צה״ל Ինչպե՞ս don`t aujourd'hui qu’il";

    #[test]
    fn the_exported_tokenizer_cuts_like_our_own() {
        for config in [
            WordsConfig::default(),
            WordsConfig::default().lowercase(Lowercase::Turkish).hyphens(Hyphens::Keep),
            WordsConfig::default().lowercase(Lowercase::None).normalization(NormalForm::Nfkc),
            WordsConfig::default().elision(ElisionLanguage::French).numbers(Numbers::Drop),
        ] {
            let [ours, exported] = both(config.clone(), TEXT);
            assert_eq!(exported, ours, "{config:?}");
        }
    }

    /// The words whose own id their tokens are not.
    #[expect(clippy::unwrap_used, reason = "a test may panic")]
    fn not_produced(words: &[&str]) -> Vec<String> {
        let words: Words = words.iter().copied().collect();
        let json = any_words_json(&words);
        let exported = tokenizers::Tokenizer::from_bytes(json.as_bytes()).unwrap();
        let is_other = |&(id, word): &(usize, &str)| {
            exported.encode(word, false).unwrap().get_ids() != [id as u32]
        };
        words.iter().enumerate().filter(is_other).map(|(_, word)| word.to_owned()).collect()
    }

    #[test]
    fn every_word_of_a_file_is_one_token() {
        let awkward = [
            "the",
            "King",
            "king",
            "C++",
            "c",
            "...",
            ". . .",
            ",",
            "'s",
            "don't",
            "New York",
            "new_york",
            "3.14",
            "1,000",
            "</s>",
            "<unk>",
            "e\u{301}",
            "é",
            "a\u{AD}b",
            "ab",
            "ⓐ",
            "हिन्दी",
            "می\u{200C}خواهم",
            "東京",
            "🙂",
            "\u{3000}",
            "L’homme",
            "İzmir",
            "ΣΑΣ",
            "-",
            "mother-in-law",
            "[UNK]",
            "@user",
            "#tag",
            "x²",
            "ســلام",
            "U.S.",
            "a'",
            "'a",
        ];
        assert_eq!(not_produced(&awkward), Vec::<String>::new());
        // Few of the words have capitals, or most have.
        let lower: Vec<String> = (0..200).map(|number| format!("word{number}")).collect();
        let many: Vec<&str> = lower.iter().map(String::as_str).chain(awkward).collect();
        assert_eq!(not_produced(&many), Vec::<String>::new());
    }

    #[test]
    fn texts_are_cut_as_usual_between_such_words() {
        let words: Words =
            ["king", "c++", "queen", "woman", "man", "day", "night", "time", "people", "way", "US"]
                .into_iter()
                .collect();
        let exported = tokenizers::Tokenizer::from_bytes(any_words_json(&words).as_bytes());
        let encoding = exported.unwrap().encode("The King, (queen) of c++; US us", false).unwrap();
        assert_eq!(encoding.get_ids(), [11, 0, 2, 11, 1, 10, 11]);
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
        #[test]
        fn any_words_are_one_token_each(
            words in proptest::collection::btree_set("\\PC{1,6}", 1..12),
        ) {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            proptest::prop_assert_eq!(not_produced(&words), Vec::<String>::new());
        }
    }

    #[test]
    fn an_unknown_word_gets_the_id_after_the_last() {
        let words: Words = ["king", "queen"].into_iter().collect();
        let json = word_level_json(&TokenizerConfig::default(), &words);
        let exported = tokenizers::Tokenizer::from_bytes(json.as_bytes()).unwrap();
        assert_eq!(exported.encode("queen Pawn king", false).unwrap().get_ids(), [1, 2, 0]);
    }
}
