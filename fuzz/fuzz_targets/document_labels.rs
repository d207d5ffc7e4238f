//! Any bytes read as labels of documents: an error or labels whose classes are listed, never a
//! panic.

#![no_main]

use std::path::Path;

use eigenlex::evaluate::DocumentLabels;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(labels) = DocumentLabels::read(bytes, Path::new("labels.tsv")) {
        assert!(labels.documents.iter().all(|(_, class)| (*class as usize) < labels.classes.len()));
    }
});
