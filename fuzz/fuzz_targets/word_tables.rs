//! Any bytes go through all readers of tables of words: each makes of them what its report says, or
//! one clear error.
#![no_main]

use std::path::Path;

use eigenlex::align::Dictionary;
use eigenlex::evaluate::{Categories, OddSets, Questions, ScoredPairs};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let path = Path::new("en-es.txt");
    if let Ok(pairs) = ScoredPairs::read(bytes, path, &str::to_lowercase) {
        assert_eq!(pairs.report.rows, pairs.pairs.len());
        assert!(pairs.pairs.iter().all(|pair| pair.2.is_finite()));
    }
    if let Ok(dictionary) = Dictionary::read(bytes, path) {
        assert_eq!(dictionary.report.rows, dictionary.entries.len() + dictionary.n_duplicates);
    }
    if let Ok(categories) = Categories::read(bytes, path, &str::to_lowercase) {
        assert!(categories.report.rows >= categories.members.len());
    }
    if let Ok(questions) = Questions::read(bytes, path, &str::to_lowercase) {
        assert!(!questions.is_empty() && !questions.report.to_string().is_empty());
    }
    if let Ok(sets) = OddSets::read(bytes, path, &str::to_lowercase) {
        let n_sets: usize = sets.sections.iter().map(|section| section.sets.len()).sum();
        assert_eq!(sets.report.rows, n_sets);
    }
});
