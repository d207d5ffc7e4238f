//! Any bytes are vectors in any format, or one clear error.
#![no_main]

use std::path::Path;

use eigenlex::format::{OnFault, ReadOptions, VectorFile};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let start: Vec<u8> = Vec::new();
    let file = [&start[..], bytes].concat();
    for on_fault in [OnFault::Report, OnFault::Repair, OnFault::Refuse] {
        let options = ReadOptions::default().on_fault(on_fault);
        let Ok(file) = VectorFile::from_bytes(file.clone(), Path::new("fuzz"), &options) else {
            continue;
        };
        assert!(!file.vectors.is_empty());
        assert!(file.vectors.as_slice().iter().all(|number| number.is_finite()));
        assert_eq!(file.vectors.words().first_duplicate(), None);
        assert!(on_fault != OnFault::Refuse || file.report.is_clean());
        if let Some(ngrams) = &file.ngrams {
            let _ = ngrams.predict("walking");
        }
    }
});
