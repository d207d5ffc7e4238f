//! The model's vocabulary as a `tokenizer.json` that the Hugging Face tokenizers library reads: a
//! `WordLevel` model whose ids are the rows of the vectors.
//!
//! For the words tokenizer the segmentation is given as a regular expression that follows the rules
//! of Unicode Standard Annex 29 for scripts with blanks between words. eigenlex itself does not
//! read this file back: it stores which tokenizer it used and applies that.

use serde_json::{Map, Value, json};

use super::TokenizerConfig;
use crate::base::words::Words;

/// Unknown words get the id after the last row, so that looking them up in the vectors fails
/// instead of answering wrongly.
const UNKNOWN: &str = "[UNK]";

/// UAX-29 (WB5-WB13): letters, marks, numbers and connectors hold together; one of `' ’ . : ·`
/// joins two letters, one of `' ’ . , ;` two digits.
const WORD_PATTERN: &str =
    r"(?:[\p{L}\p{M}\p{N}\p{Pc}]|(?<=[\p{L}\p{M}])[.:·'’‧](?=\p{L})|(?<=\p{Nd})[.,;'’](?=\p{Nd}))+";

/// The `tokenizer.json` of a model, for other programs.
pub(crate) fn word_level_json(config: &TokenizerConfig, words: &Words) -> String {
    let mut vocabulary = Map::new();
    for (id, word) in words.iter().enumerate() {
        vocabulary.insert(word.to_owned(), Value::from(id));
    }
    vocabulary.entry(UNKNOWN).or_insert_with(|| Value::from(words.len()));
    let (normalizer, pre_tokenizer) = match config {
        TokenizerConfig::Words { .. } => (
            json!({"type": "Sequence", "normalizers": [{"type": "NFC"}, {"type": "Lowercase"}]}),
            json!({"type": "Split", "pattern": {"Regex": WORD_PATTERN}, "behavior": "Removed", "invert": true}),
        ),
        TokenizerConfig::Whitespace | TokenizerConfig::HuggingFace { .. } => {
            (Value::Null, json!({"type": "WhitespaceSplit"}))
        }
    };
    let document = json!({
        "version": "1.0",
        "truncation": null,
        "padding": null,
        "added_tokens": [],
        "normalizer": normalizer,
        "pre_tokenizer": pre_tokenizer,
        "post_processor": null,
        "decoder": null,
        "model": {"type": "WordLevel", "vocab": vocabulary, "unk_token": UNKNOWN},
    });
    serde_json::to_string_pretty(&document).expect("a tree of strings and numbers can be written")
        + "\n"
}

#[cfg(all(test, feature = "tokenizers"))]
mod tests {
    use super::*;
    use crate::tokenize::Tokenizer;

    #[test]
    fn the_exported_tokenizer_cuts_like_our_own() {
        let text = "The king's 3.14 (or 1,000) horses -- e.g. Élan's, in 1990; हिन्दी ọ̀rọ̀ foo_bar don't U.S. said: \"so\"";
        let config = TokenizerConfig::default();
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
        assert_eq!(encoding.get_tokens(), ours);
    }

    #[test]
    fn an_unknown_word_gets_the_id_after_the_last() {
        let words: Words = ["king", "queen"].into_iter().collect();
        let json = word_level_json(&TokenizerConfig::default(), &words);
        let exported = tokenizers::Tokenizer::from_bytes(json.as_bytes()).unwrap();
        assert_eq!(exported.encode("queen Pawn king", false).unwrap().get_ids(), [1, 2, 0]);
    }
}
