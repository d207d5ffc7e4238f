//! Any bytes as a dump of MediaWiki, and as the wikitext of a page: records or one clear error,
//! never a panic.

#![no_main]

use eigenlex::corpus::{ReaderKind, ReaderOptions};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let options = ReaderOptions::default().metadata(["title", "id"]);
    let _ = ReaderKind::Mediawiki.read(bytes, "f.xml", &options);
    let mut dump = b"<mediawiki><page><ns>0</ns><revision><text>".to_vec();
    let escape = |&byte: &u8| match byte {
        b'<' => b"&lt;".to_vec(),
        b'&' => b"&amp;".to_vec(),
        byte => vec![byte],
    };
    dump.extend(bytes.iter().flat_map(escape));
    dump.extend_from_slice(b"</text></revision></page>");
    if let Ok(records) = ReaderKind::Mediawiki.read(&dump[..], "f.xml", &options) {
        assert!(records.len() <= 1);
        assert!(records.iter().all(|record| !record.text.contains("\n\n\n")));
    }
});
