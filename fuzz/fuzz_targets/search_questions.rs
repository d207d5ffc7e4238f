//! Any bytes read as questions for a search: an error or questions with answers, never a panic.

#![no_main]

use std::path::Path;

use eigenlex::evaluate::SearchQuestions;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(read) = SearchQuestions::read(bytes, Path::new("questions.tsv")) {
        assert!(
            read.questions.iter().all(|(query, answer)| !query.is_empty() && !answer.is_empty())
        );
    }
});
