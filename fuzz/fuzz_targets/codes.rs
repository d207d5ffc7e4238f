//! Any bytes read as codes of documents, with and without a list of numbers beside them: an error
//! or codes whose parts fit, never a panic.

#![no_main]

use std::path::Path;

use eigenlex::encode::Codes;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&[u8], Option<&[u8]>)| {
    let (bytes, list) = input;
    if let Ok(codes) = Codes::read(bytes, list, Path::new("codes.npy")) {
        assert_eq!(codes.as_slice().len(), codes.len() * codes.dim());
        let _ = codes.row_of(1);
    }
});
