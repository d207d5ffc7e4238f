//! Any bytes read as a list or a table of classes: an error or a class for each document that is
//! listed, never a panic.

#![no_main]

use std::path::Path;

use eigenlex::corpus::{DocumentNames, DocumentUnit, SourceReport};
use eigenlex::evaluate::DocumentClasses;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let source = |path: &str, n: u64| SourceReport {
        path: path.to_owned(),
        bytes: 1,
        sha256: String::new(),
        n_documents: Some(n),
    };
    let names =
        DocumentNames::new(DocumentUnit::Line, vec![source("a.txt", 2), source("b/c.txt", 1)]);
    for path in ["labels.tsv", "labels.csv"] {
        if let Ok(read) = DocumentClasses::read(bytes, Path::new(path), &names, None) {
            assert_eq!(read.documents.len(), 3);
            assert!(
                read.documents.iter().flatten().all(|&class| (class as usize) < read.classes.len())
            );
        }
    }
});
