//! Tests of text files: whatever they are packed in, their text is the same; what is no text stops.

use std::fs;
use std::io::Write;

use proptest::prelude::*;

use super::*;

fn write(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, bytes).unwrap();
    path
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = ::tar::Builder::new(Vec::new());
    for (name, bytes) in members {
        let mut header = ::tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        archive.append_data(&mut header, name, *bytes).unwrap();
    }
    archive.into_inner().unwrap()
}

#[test]
fn a_text_is_the_same_however_it_is_packed() {
    let folder = tempfile::tempdir().unwrap();
    let text = "naïve café\nsecond\n";
    let utf16: Vec<u8> =
        std::iter::once(0xFEFF).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    for (name, bytes) in [
        ("plain", text.as_bytes().to_vec()),
        ("marked", [b"\xEF\xBB\xBF", text.as_bytes()].concat()),
        ("cr", text.replace('\n', "\r").into_bytes()),
        ("utf-16", utf16.clone()),
        ("gzip", gzip(&utf16)),
        ("tar", tar(&[("a.txt", text.as_bytes())])),
        ("tar.gz", gzip(&tar(&[("a.txt", &utf16)]))),
        ("gz within tar.gz", gzip(&tar(&[("a.txt.gz", &gzip(&utf16))]))),
    ] {
        let path = write(folder.path(), name, &bytes);
        assert_eq!(TextSource::from(&path).read().unwrap(), text, "{name}");
    }
    let path = write(folder.path(), "two.tar.gz", &gzip(&tar(&[("a", b"1"), ("b/c.txt", b"2")])));
    assert_eq!(TextSource::new(path.join("b/c.txt")).read().unwrap(), "2");
    let message = TextSource::new(path.join("b/d.txt")).read().unwrap_err().to_string();
    assert!(message.ends_with("two.tar.gz` holds no file `b/d.txt`; it holds `a`, `b/c.txt`"));
    let message = TextSource::new(folder.path().join("plain/x")).read().unwrap_err().to_string();
    assert!(message.contains("plain/x`: Not a directory"), "{message}");
    let path = write(folder.path(), "latin", b"caf\xE9");
    let latin: TextEncoding = "latin1".parse().unwrap();
    assert_eq!(TextSource::new(&path).encoding(latin).read().unwrap(), "café");
}

#[test]
fn what_is_no_text_stops_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let fails = |bytes: &[u8], encoding: Option<&str>| {
        let path = write(folder.path(), "t", bytes);
        let encoding: Option<TextEncoding> = encoding.map(|label| label.parse().unwrap());
        let message = TextSource::new(&path).encoding(encoding).read().unwrap_err().to_string();
        message.replace(&path.display().to_string(), "t")
    };
    assert_eq!(fails(b"a\nb\xE9 c", None), "`t`, line 2, byte 3: the byte 0xE9 is not valid UTF-8");
    assert_eq!(fails(b"a\nb\xC3", None), "`t`, line 2, byte 3: the byte 0xC3 is not valid UTF-8");
    let far = [&b"word\n".repeat(20_000)[..], b"\xFF"].concat();
    assert_eq!(fails(&far, None), "`t`, line 20001, byte 100000: the byte 0xFF is not valid UTF-8");
    assert_eq!(
        fails(b"a\nb\0c", None),
        "`t`, line 2, byte 3: the control character U+0000 is no text"
    );
    assert_eq!(
        fails(b"\x93\xFA\n\x82", Some("shift_jis")),
        "`t`, line 2: bytes that are not valid Shift_JIS"
    );
    assert_eq!(fails(b"%PDF-1.7", None), "`t` is a PDF, not text");
    assert_eq!(fails(b"<!DOCTYPE html><title>404", None), "`t` is a web page, not text");
    assert_eq!(
        fails(&gzip(b"PK\x03\x04"), None),
        "the zip archive `t` cannot be read from a pipe or from within another file"
    );
    assert_eq!(fails(b"a\0b\0", None), "`t` looks like UTF-16LE without a byte order mark");
}

#[test]
fn lines_have_numbers_and_no_ends() {
    let mut lines = Vec::new();
    each_line(&b"\xEF\xBB\xBFa\r\n\nb c\n"[..], Path::new("t"), |line, number| {
        lines.push((line.to_owned(), number));
        Ok(())
    })
    .unwrap();
    assert_eq!(lines, [("a".to_owned(), 1), (String::new(), 2), ("b c".to_owned(), 3)]);
}

/// Hands out one byte at a time.
struct Single<'a>(&'a [u8]);

impl Read for Single<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = 1.min(self.0.len()).min(buffer.len());
        buffer[..n].copy_from_slice(&self.0[..n]);
        self.0 = &self.0[n..];
        Ok(n)
    }
}

proptest! {
    #[test]
    fn any_text_is_read_whole_and_any_bytes_stop_where_they_are_bad(bytes: Vec<u8>, text: String) {
        let read = |bytes: &[u8]| {
            let mut text = String::new();
            TextReader::new(Single(bytes), Path::new("t"), Some(TextEncoding::UTF_8))
                .and_then(|mut it| {
                    it.read_to_string(&mut text).map_err(|error| Error::io("read", "t", error))
                })
                .map(|_| text)
        };
        let text = text.replace(['\0', '\r', '\u{FEFF}'], "");
        prop_assert_eq!(read(text.as_bytes()).unwrap(), text.clone());
        let all = [text.as_bytes(), &bytes].concat();
        match (std::str::from_utf8(&all), read(&all)) {
            (Err(reason), Err(Error::BadUtf8 { offset, .. })) => {
                prop_assert_eq!(offset, reason.valid_up_to() as u64);
            }
            (_, Err(Error::ControlCharacter { offset, .. })) => {
                prop_assert_eq!(all[offset as usize], 0);
            }
            (Ok(_), Ok(_)) | (_, Err(Error::OtherByteOrderMark { .. })) => {}
            (expected, found) => prop_assert!(false, "{:?} {:?}", expected, found),
        }
    }
}
