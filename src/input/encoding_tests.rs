//! Tests of the encodings: what was encoded by another library, or by hand, is read back.

use proptest::prelude::*;

use super::*;

/// Reads `bytes` as a text, a few bytes at a time.
fn decode(bytes: &[u8], given: Option<&str>, step: usize) -> Result<Vec<u8>> {
    struct Slow<'a>(&'a [u8], usize);
    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let n = self.1.min(self.0.len()).min(buffer.len());
            buffer[..n].copy_from_slice(&self.0[..n]);
            self.0 = &self.0[n..];
            Ok(n)
        }
    }
    let given = given.map(|label| label.parse().unwrap());
    let mut reader = Decoded::new(Slow(bytes, step), Path::new("t.txt"), given)?;
    let mut text = Vec::new();
    reader.read_to_end(&mut text).map_err(|error| Error::io("read", "t.txt", error))?;
    Ok(text)
}

fn utf16(text: &str, big: bool) -> Vec<u8> {
    let bytes = |unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() };
    text.encode_utf16().flat_map(bytes).collect()
}

fn utf32(text: &str, big: bool) -> Vec<u8> {
    let bytes =
        |it: char| if big { u32::from(it).to_be_bytes() } else { u32::from(it).to_le_bytes() };
    text.chars().flat_map(bytes).collect()
}

#[test]
fn a_byte_order_mark_decides() {
    let text = "the café 🦊\n";
    let marked = |mark: &[u8], bytes: Vec<u8>| [mark, &bytes].concat();
    for (bytes, labels) in [
        (marked(b"\xEF\xBB\xBF", text.as_bytes().to_vec()), ["utf-8", "utf8"]),
        (marked(b"\xFF\xFE", utf16(text, false)), ["utf-16", "utf-16le"]),
        (marked(b"\xFE\xFF", utf16(text, true)), ["utf-16", "utf-16be"]),
        (marked(b"\xFF\xFE\0\0", utf32(text, false)), ["utf-32", "utf-32le"]),
        (marked(b"\0\0\xFE\xFF", utf32(text, true)), ["utf-32", "utf-32be"]),
    ] {
        for given in [None, Some(labels[0]), Some(labels[1])] {
            assert_eq!(decode(&bytes, given, 3).unwrap(), text.as_bytes(), "{given:?}");
        }
        let message = decode(&bytes, Some("koi8-r"), 99).unwrap_err().to_string();
        assert!(
            message.starts_with("`t.txt` begins with the byte order mark of UTF-"),
            "{message}"
        );
        assert!(message.ends_with(", but its encoding is given as KOI8-R"), "{message}");
    }
    let message = decode(b"\xFE\xFF\0a", Some("utf-16le"), 99).unwrap_err().to_string();
    assert_eq!(
        message,
        "`t.txt` begins with the byte order mark of UTF-16BE, but its encoding is given as UTF-16LE"
    );
}

#[test]
fn without_a_mark_the_encoding_is_as_given_and_utf_8_passes() {
    for (bytes, given, text) in [
        (&b"caf\xE9 \x80"[..], "latin1", "café €"),
        (b"\xF0\xD2\xC9\xD7\xC5\xD4", "koi8-r", "Привет"),
        (b"\x93\xFA\x96{", "shift_jis", "日本"),
        (b"\xD6\xD0\xCE\xC4", "gb18030", "中文"),
        (b"\xE9", "iso-8859-2", "é"),
        (b"a\0\xE9\0", "utf-16", "aé"),
        (b"\0a\0\xE9", "utf-16be", "aé"),
        (b"\0\0\0a\0\x01\xF9\x8A", "utf-32be", "a🦊"),
        ("é\u{FFFD}".as_bytes(), "utf-8", "é\u{FFFD}"),
    ] {
        for step in 1..7 {
            let decoded = decode(bytes, Some(given), step).unwrap();
            assert_eq!(decoded, text.as_bytes(), "{given}");
        }
    }
    assert_eq!(decode(b"any \xC3\xA9 \xE9 \0", None, 99).unwrap(), b"any \xC3\xA9 \xE9 \0");
    assert_eq!(decode(b"", None, 99).unwrap(), b"");
}

#[test]
fn what_is_not_valid_becomes_a_byte_that_is_not() {
    for (bytes, given, text) in [
        // A lead byte before a space, and one at the end.
        (&b"\x93\xFA\x82 \x82"[..], "shift_jis", &b"\xE6\x97\xA5\xFF \xFF"[..]),
        // A lone surrogate, and half a character.
        (b"\x00\xD8a\0b", "utf-16le", b"\xFFa\xFF"),
        (b"\0\0\0a\0\x11\0\0\0\0\xD8\0\0", "utf-32be", b"a\xFF\xFF\xFF"),
    ] {
        for step in 1..6 {
            assert_eq!(decode(bytes, Some(given), step).unwrap(), text, "{given}");
        }
    }
}

#[test]
fn utf_16_and_utf_32_without_a_mark_are_named() {
    let russian = "привет мир это текст\n".repeat(20);
    for (bytes, encoding) in [
        (utf16("the cat\n", false), "UTF-16LE"),
        (utf16("the cat\n", true), "UTF-16BE"),
        (utf16(&russian, false), "UTF-16LE"),
        (utf16(&russian.repeat(999), true), "UTF-16BE"),
        (utf32("the 🦊\n", false), "UTF-32LE"),
        (utf32(&russian.repeat(999), true), "UTF-32BE"),
    ] {
        let message = decode(&bytes, None, 1 << 20).unwrap_err().to_string();
        assert_eq!(message, format!("`t.txt` looks like {encoding} without a byte order mark"));
    }
    // A NUL in a text, and numbers, are no such text.
    let numbers: Vec<u8> = (0..99u32).flat_map(u32::to_le_bytes).collect();
    for bytes in [&b"text\0more"[..], b"text\0mor", b"a\0", &numbers] {
        assert_eq!(decode(bytes, None, 99).unwrap(), bytes);
    }
}

#[test]
fn lines_that_end_with_cr_alone_end_with_lf() {
    assert_eq!(decode(b"a\rb\r", None, 1).unwrap(), b"a\nb\n");
    assert_eq!(decode(b"a\r\nb\r\n", None, 1).unwrap(), b"a\r\nb\r\n");
    let long = "word ".repeat(6000) + "\r";
    let text = decode(long.repeat(5).as_bytes(), None, 4097).unwrap();
    assert!(text == long.replace('\r', "\n").repeat(5).as_bytes());
    let bytes = utf16(&long.repeat(5), false);
    assert!(decode(&bytes, Some("utf-16"), 4097).unwrap() == text);
}

#[test]
fn a_guess_needs_bytes_that_fit() {
    for (label, text) in [
        ("windows-1252", "“quoted” — don’t, la façade du café est là où naît l’été\n"),
        ("windows-1251", "привет мир, это обычный текст на русском языке\n"),
        // KOI8-U has all letters of KOI8-R.
        ("koi8-u", "привет мир, это обычный текст на русском языке\n"),
        ("gbk", "中文词向量测试，这是一个普通的句子\n"),
        ("shift_jis", "日本語の文です。これは普通の文章です。\n"),
        ("euc-kr", "한국어 문장입니다. 이것은 보통 문장입니다.\n"),
    ] {
        let encoding = encoding_rs::Encoding::for_label(label.as_bytes()).unwrap();
        let (bytes, _, has_errors) = encoding.encode(text);
        assert!(!has_errors);
        let found = likely(&bytes.repeat(9)).map(str::to_ascii_lowercase);
        assert_eq!(found.as_deref(), Some(label));
    }
    assert_eq!(likely(b"\x81\x8D\x8F\x90\x9D\xFF\xFE\x81 \x81"), None);
}

#[test]
fn a_short_text_is_not_taken_for_latin_letters() {
    for (label, text) in [
        ("shift_jis", "これは短い文です。\n"),
        ("euc-jp", "日本語の文です。\n"),
        ("gbk", "这是一个普通的句子。\n"),
        ("big5", "這是一個普通的句子。\n"),
        ("euc-kr", "이것은 보통 문장입니다.\n"),
        ("koi8-r", "привет мир\n"),
        ("windows-1251", "привет мир\n"),
        ("windows-1253", "καλημέρα κόσμε\n"),
        ("windows-1255", "שלום עולם\n"),
    ] {
        let encoding = encoding_rs::Encoding::for_label(label.as_bytes()).unwrap();
        let (bytes, _, has_errors) = encoding.encode(text);
        assert!(!has_errors);
        let found = likely(&bytes).and_then(|it| encoding_rs::Encoding::for_label(it.as_bytes()));
        assert!(found.is_none_or(|it| !is_latin(it)), "{label}: {found:?}");
    }
    for text in ["café\n", "là où naît l’été…”\n", "für die schöne Straße\n"] {
        let (bytes, _, has_errors) = encoding_rs::WINDOWS_1252.encode(text);
        assert!(!has_errors && likely(&bytes).is_some(), "{text}");
    }
}

#[test]
fn a_few_bad_bytes_do_not_make_another_encoding() {
    let text = "für die schöne Straße\n";
    let bytes = text.repeat(9).into_bytes();
    let cut = &bytes[..bytes.len() - "ße\n".len() + 1];
    assert_eq!(guess(cut, true), EncodingGuess::CutOff);
    assert_eq!(guess(cut, false), EncodingGuess::MostlyUtf8);
    let one_bad = [&bytes[..], b"caf\xE9 au lait\n", &bytes].concat();
    assert_eq!(guess(&one_bad, true), EncodingGuess::MostlyUtf8);
    let (other, ..) = encoding_rs::WINDOWS_1252.encode(text);
    assert_eq!(guess(&other, true), EncodingGuess::Other("windows-1252"));
    // A letter of windows-1252 that begins a sequence, at the end.
    assert_eq!(guess(b"caf\xE9", true), EncodingGuess::Other("windows-1252"));
    assert_eq!(guess(b"\x81\x8D\x8F\x90\x9D\xFF\xFE\x81 \x81", true), EncodingGuess::Unclear);
}

#[test]
fn labels_are_read_back() {
    for label in ["utf-8", "utf-16", "utf-16be", "utf-32", "utf-32le", "windows-1252", "big5"] {
        let encoding: TextEncoding = label.parse().unwrap();
        assert_eq!(encoding.to_string(), label);
        let json = serde_json::to_string(&encoding).unwrap();
        assert_eq!(serde_json::from_str::<TextEncoding>(&json).unwrap(), encoding);
    }
    assert_eq!(
        "klingon".parse::<TextEncoding>().unwrap_err().to_string(),
        "encoding is `klingon`, expected a label of the WHATWG Encoding Standard, such as utf-8, \
         utf-16, windows-1252, iso-8859-2, windows-1251, koi8-r, gb18030, big5, shift_jis, euc-jp \
         or euc-kr"
    );
    assert!("iso-2022-kr".parse::<TextEncoding>().is_err(), "the standard does not decode it");
}

proptest! {
    #[test]
    fn any_text_comes_back(text: String, big: bool, step in 1usize..9) {
        let text = text.replace('\u{FEFF}', "");
        for (bytes, label) in [
            (utf16(&text, big), if big { "utf-16be" } else { "utf-16le" }),
            (utf32(&text, big), if big { "utf-32be" } else { "utf-32le" }),
            (encoding_rs::GB18030.encode(&text).0.into_owned(), "gb18030"),
        ] {
            let mut expected = text.clone().into_bytes();
            LineEnds::of(text.as_bytes()).unify(&mut expected);
            if label != "gb18030" || encoding_rs::GB18030.decode(&bytes).0 == text {
                prop_assert_eq!(decode(&bytes, Some(label), step).unwrap(), expected);
            }
        }
    }

    #[test]
    fn any_bytes_are_a_text_or_one_error(bytes: Vec<u8>, step in 1usize..9) {
        let labels = ["utf-8", "utf-16", "utf-32", "shift_jis", "gb18030", "iso-2022-jp", "euc-kr"];
        for label in labels {
            if let Ok(text) = decode(&bytes, Some(label), step) {
                // The bytes that are not valid apart, it is UTF-8 whatever the steps.
                prop_assert_eq!(&decode(&bytes, Some(label), 999).unwrap(), &text);
                if label != "utf-8" {
                    let parts = text.split(|&byte| byte == INVALID);
                    prop_assert!(parts.into_iter().all(|part| std::str::from_utf8(part).is_ok()));
                }
            }
        }
    }
}
