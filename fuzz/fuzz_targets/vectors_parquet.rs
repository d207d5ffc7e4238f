//! Any bytes, also behind the first of the format, are vectors in Parquet, or one clear error.
#![no_main]

use std::path::Path;

use eigenlex::format::{OnFault, ReadOptions, VectorFile};

libfuzzer_sys::fuzz_target!(init: {
    // Panics of the decoder are caught and become errors, but the fuzzer's own hook would end the
    // run before. One that is not caught still ends it.
    std::panic::set_hook(Box::new(|_| {}));
}, |bytes: &[u8]| {
    let start: &[u8] = b"PAR1";
    for start in [start, b""] {
        let file = [start, bytes].concat();
        for on_fault in [OnFault::Report, OnFault::Repair, OnFault::Refuse] {
            let options = ReadOptions::default().on_fault(on_fault);
            let Ok(file) = VectorFile::from_bytes(file.clone(), Path::new("fuzz"), &options) else {
                continue;
            };
            assert!(!file.vectors.is_empty());
            assert!(file.vectors.as_slice().iter().all(|number| number.is_finite()));
            assert_eq!(file.vectors.words().first_duplicate(), None);
            assert!(on_fault != OnFault::Refuse || file.report.is_clean());
        }
    }
});
