//! Any bytes behind the first of the format are vectors in fastText's own format, or one clear
//! error.
#![no_main]

#[path = "../shared/vector_files.rs"]
mod vector_files;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let start = [793_712_314i32.to_le_bytes(), 12i32.to_le_bytes()].concat();
    vector_files::read(&start, bytes);
});
