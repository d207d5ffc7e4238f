//! Any bytes are a `model.json`, or one clear error.
#![no_main]

use eigenlex::Model;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let folder = std::env::temp_dir().join(format!("eigenlex-fuzz-model-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("the folder for temporary files can be written");
    std::fs::write(folder.join("model.json"), bytes).expect("the folder can be written");
    if let Ok(provenance) = Model::open_provenance(&folder) {
        assert!(provenance.format_version <= eigenlex::model::FORMAT_VERSION);
    }
});
