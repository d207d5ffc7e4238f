//! Any bytes as TEI, and as the body of a text: text or one clear error, never a panic.

#![no_main]

use eigenlex::corpus::{ReaderKind, ReaderOptions};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let options = ReaderOptions::default();
    let _ = ReaderKind::Tei.read(bytes, "f.xml", &options.clone().metadata(["title", "year"]));
    let body = [b"<TEI><text><body>", bytes, b"</body></text></TEI>"].concat();
    if let Ok(records) = ReaderKind::Tei.read(&body[..], "f.xml", &options) {
        assert!(records[0].text.is_empty() || records[0].text.ends_with("\n\n"));
    }
});
