//! Any text is cut into words by any settings: no word is empty or holds white space, and a text of
//! words alone, cut by the default settings, comes back.
#![no_main]

use eigenlex::tokenize::{
    ElisionLanguage, Hyphens, Lowercase, NormalForm, Numbers, Tokenizer, TokenizerConfig,
    WordsConfig,
};

fn words(config: WordsConfig, text: &str) -> Vec<String> {
    let tokenizer = Tokenizer::new(&TokenizerConfig::Words(config)).expect("no file is needed");
    let mut words = Vec::new();
    tokenizer.tokenize(text, |word| words.push(word.to_owned())).expect("any text has words");
    words
}

libfuzzer_sys::fuzz_target!(|input: ([u8; 2], &str)| {
    let ([a, b], text) = input;
    let flag = |number: u8| a & (1 << number) != 0;
    let config = WordsConfig::default()
        .normalization(if flag(0) { NormalForm::Nfkc } else { NormalForm::Nfc })
        .hyphens(if flag(1) { Hyphens::Keep } else { Hyphens::Split })
        .emoji(flag(2))
        .elision(flag(3).then_some(ElisionLanguage::Italian))
        .stop_words(flag(4).then_some("the"))
        .numbers([Numbers::Keep, Numbers::Drop, Numbers::Mask][usize::from(b % 3)])
        .lowercase(
            [
                Lowercase::Unicode,
                Lowercase::Turkish,
                Lowercase::Azeri,
                Lowercase::Lithuanian,
                Lowercase::None,
            ][usize::from(b / 3 % 5)],
        );
    for word in words(config, text) {
        assert!(!word.is_empty() && !word.contains(char::is_whitespace), "{word:?}");
    }
    let once = words(WordsConfig::default(), text);
    assert_eq!(words(WordsConfig::default(), &once.join(" ")), once);
});
