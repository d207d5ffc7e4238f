//! Any bytes are a corpus, plain or compressed, or one clear error; and however a document is cut,
//! its tokens are well-formed.
#![no_main]

use eigenlex::corpus::{DocumentUnit, OnBadUtf8};
use eigenlex::tokenize::{Tokenizer, TokenizerConfig, Tokens};
use eigenlex::{Corpus, MemoryBudget};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let path = std::env::temp_dir().join(format!("eigenlex-fuzz-{}", std::process::id()));
    std::fs::write(&path, bytes).expect("the folder for temporary files can be written");
    let tokenizer = Tokenizer::new(&TokenizerConfig::default()).expect("no file is needed");
    for (unit, on_bad_utf8) in [
        (DocumentUnit::Line, OnBadUtf8::Error),
        (DocumentUnit::Paragraph, OnBadUtf8::Replace),
        (DocumentUnit::Sentence, OnBadUtf8::Skip),
        (DocumentUnit::File, OnBadUtf8::Skip),
    ] {
        let corpus = Corpus::options()
            .unit(unit)
            .on_bad_utf8(on_bad_utf8)
            .open([&path])
            .expect("the file is there");
        let plain = Tokens::read(&corpus, &tokenizer, MemoryBudget::default(), &());
        let read = Tokens::read_sentences(&corpus, &tokenizer, MemoryBudget::default(), &());
        assert_eq!(plain.is_ok(), read.is_ok());
        if let (Ok(tokens), Ok(plain)) = (read, plain) {
            assert_eq!((&tokens.ids, &tokens.document_ends), (&plain.ids, &plain.document_ends));
            let sentence_ends = tokens.sentence_ends.expect("they were asked for");
            assert!(
                sentence_ends.is_sorted_by(|a, b| a < b)
                    && sentence_ends.last() == Some(&tokens.ids.len())
            );
            assert_eq!(tokens.document_ends.last(), Some(&tokens.ids.len()));
            assert!(tokens.document_ends.is_sorted_by(|a, b| a < b));
            assert!(
                tokens
                    .spellings
                    .iter()
                    .all(|word| !word.is_empty() && !word.contains(char::is_whitespace))
            );
        }
    }
});
