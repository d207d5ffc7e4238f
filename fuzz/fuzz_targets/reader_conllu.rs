//! Any bytes as a treebank: records or one clear error, never a panic; no token holds a space.

#![no_main]

use eigenlex::corpus::{ReaderKind, ReaderOptions, TokenColumn};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    for token in [TokenColumn::Form, TokenColumn::Lemma, TokenColumn::LemmaUpos] {
        let options = ReaderOptions::default().token(token).metadata(["id"]);
        if let Ok(records) = ReaderKind::Conllu.read(bytes, "f.conllu", &options) {
            assert!(records.iter().all(|record| record.text.ends_with('\n')));
        }
    }
});
