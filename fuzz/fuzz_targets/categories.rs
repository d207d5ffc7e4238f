//! Any bytes are words in classes, or one clear error; there are at least two classes.
#![no_main]

use std::path::Path;

use eigenlex::evaluate::Categories;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(categories) = Categories::read(bytes, Path::new("fuzz"), &str::to_lowercase) {
        let first = &categories.members[0].0;
        assert!(categories.members.iter().any(|(class, _)| class != first));
    }
});
