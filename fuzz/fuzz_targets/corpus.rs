//! Any bytes are a corpus, plain or compressed, or one clear error; and however a document is cut,
//! its tokens are well-formed.
#![no_main]

use eigenlex::corpus::{DocumentUnit, WrappedLines};
use eigenlex::input::OnBadText;
use eigenlex::tokenize::{Tokenizer, TokenizerConfig, Tokens};
use eigenlex::{Corpus, MemoryBudget};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let path = std::env::temp_dir().join(format!("eigenlex-fuzz-{}", std::process::id()));
    std::fs::write(&path, bytes).expect("the folder for temporary files can be written");
    let tokenizer = Tokenizer::new(&TokenizerConfig::default()).expect("no file is needed");
    for (unit, on_bad_text, wrapped_lines) in [
        (DocumentUnit::Line, None, WrappedLines::Keep),
        (DocumentUnit::Line, Some(OnBadText::Error), WrappedLines::Join),
        (DocumentUnit::Paragraph, Some(OnBadText::Replace), WrappedLines::Join),
        (DocumentUnit::Sentence, Some(OnBadText::Skip), WrappedLines::Join),
        (DocumentUnit::File, Some(OnBadText::Skip), WrappedLines::Auto),
    ] {
        let corpus = Corpus::options()
            .unit(unit)
            .on_bad_text(on_bad_text)
            .wrapped_lines(wrapped_lines)
            .open([&path]);
        // A damaged archive is refused when it is opened.
        let Ok(corpus) = corpus else { continue };
        let plain = Tokens::read(&corpus, &tokenizer, MemoryBudget::default(), &());
        let read = Tokens::read_sentences(&corpus, &tokenizer, MemoryBudget::default(), &());
        assert_eq!(plain.is_ok(), read.is_ok());
        if let (Ok(tokens), Ok(plain)) = (read, plain) {
            let in_memory = "the tokens are in memory";
            let document_ends = tokens.document_ends().expect(in_memory);
            assert_eq!(tokens.ids().expect(in_memory), plain.ids().expect(in_memory));
            assert_eq!(document_ends, plain.document_ends().expect(in_memory));
            let sentence_ends =
                tokens.sentence_ends().expect(in_memory).expect("they were asked for");
            for ends in [&sentence_ends, &document_ends] {
                assert!(ends.is_sorted_by(|a, b| a < b));
                assert_eq!(ends.last(), Some(&(tokens.n_tokens() as u64)));
            }
            assert!(
                tokens
                    .spellings
                    .iter()
                    .all(|word| !word.is_empty() && !word.contains(char::is_whitespace))
            );
        }
    }
});
