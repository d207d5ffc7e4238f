//! Any bytes are vectors in any format, or one clear error.
#![no_main]

#[path = "../shared/vector_files.rs"]
mod vector_files;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    vector_files::read(&[], bytes);
});
