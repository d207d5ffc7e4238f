//! Any bytes are a file of text, compressed, in an archive or neither, or one clear error; and
//! streams of bzip2 are decoded in parallel as one after the other.
#![no_main]

use bzip2::read::MultiBzDecoder;
use eigenlex::input::TextSource;
use std::io::Read;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let path = std::env::temp_dir().join(format!("eigenlex-fuzz-text-{}", std::process::id()));
    std::fs::write(&path, bytes).expect("the folder for temporary files can be written");
    let text = TextSource::new(&path).read();
    let _ = TextSource::new(path.join("member")).read();
    let mut expected = Vec::new();
    if bytes.starts_with(b"BZh") && MultiBzDecoder::new(bytes).read_to_end(&mut expected).is_ok() {
        // What is within may be refused, but not for its compression.
        match text {
            Ok(text) if text.len() == expected.len() => {
                assert!(text.as_bytes() == expected || !text.contains('\r'));
            }
            Ok(_) => {}
            Err(error) => assert!(!matches!(error, eigenlex::Error::Decompress { .. })),
        }
    }
});
