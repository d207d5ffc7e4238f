//! Any bytes behind the first of the format are vectors in finalfusion's format, or one clear
//! error.
#![no_main]

#[path = "../shared/vector_files.rs"]
mod vector_files;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    vector_files::read(b"FiFu\0\0\0\0", bytes);
});
