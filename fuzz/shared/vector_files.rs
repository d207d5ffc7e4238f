//! What every file of vectors must be, whatever is in it: vectors that can be used, or one clear
//! error.

use std::path::Path;

use eigenlex::format::{OnFault, ReadOptions, VectorFile};

/// Reads `bytes` behind the beginning of a format in each of the three ways.
pub fn read(start: &[u8], bytes: &[u8]) {
    let file = [start, bytes].concat();
    for on_fault in [OnFault::Report, OnFault::Repair, OnFault::Refuse] {
        let options = ReadOptions::default().on_fault(on_fault);
        let Ok(file) = VectorFile::from_bytes(file.clone(), Path::new("fuzz"), &options) else {
            continue;
        };
        assert!(!file.vectors.is_empty());
        assert!(file.vectors.as_slice().iter().all(|number| number.is_finite()));
        assert_eq!(file.vectors.words().first_duplicate(), None);
        let is_clean = file.report.notes.iter().all(|note| note.fault.is_remark());
        assert!(on_fault != OnFault::Refuse || is_clean);
        if let Some(ngrams) = &file.ngrams {
            let _ = ngrams.predict("walking");
        }
    }
}
