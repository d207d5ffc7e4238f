//! Text that was encoded as UTF-8, read as windows-1252 and encoded as UTF-8 again: `Ã©` for `é`.
//!
//! In: bytes of UTF-8. Out: how many characters look so, and the first of them.
//!
//! Each byte of the first encoding has become a character. So the first character of such a
//! sequence is one of `Â` to `ô`, and the others are those of windows-1252 (or the control
//! characters of ISO 8859-1) from 0x80 to 0xBF, most of which are signs that stand behind no
//! letter. Those that do, such as closing quotation marks, are not counted behind the first
//! character, so that `MANHÃ”` is no sign of anything; and of the first characters those are
//! counted that begin letters of Latin, Greek, Cyrillic and Arabic, punctuation, the scripts of
//! Asia, and emoji.

/// A sequence that looks as if it had been encoded twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sequence {
    /// Its place in the bytes.
    pub(super) place: usize,
    /// What stands there.
    pub(super) text: String,
    /// What was meant.
    pub(super) meant: char,
}

/// The number of such sequences, and the first.
pub(super) fn find(bytes: &[u8]) -> (u64, Option<Sequence>) {
    let (mut n, mut first, mut position) = (0, None, 0);
    // In UTF-8 all that may begin a sequence begin with this byte.
    while let Some(found) = memchr::memchr(0xC3, &bytes[position..]) {
        let place = position + found;
        position = place + 1;
        let Some((length, meant)) = sequence(&bytes[place..]) else { continue };
        n += 1;
        if first.is_none() {
            let text = String::from_utf8_lossy(&bytes[place..place + length]).into_owned();
            first = Some(Sequence { place, text, meant });
        }
        position = place + length;
    }
    (n, first)
}

/// The length of the sequence at the beginning of `bytes`, and what it means.
fn sequence(bytes: &[u8]) -> Option<(usize, char)> {
    let lead = match bytes {
        [0xC3, second @ 0x80..=0xBF, ..] => second + 0x40,
        _ => return None,
    };
    let n_more = match lead {
        0xC2..=0xC5 | 0xCE..=0xD1 | 0xD8..=0xD9 => 1,
        0xE0..=0xEF => 2,
        0xF0 => 3,
        _ => return None,
    };
    let mut meant = [lead, 0, 0, 0];
    let mut length = 2;
    for (number, byte) in meant[1..=n_more].iter_mut().enumerate() {
        let character = first_character(bytes.get(length..)?)?;
        *byte = byte_of(character).filter(|byte| number > 0 || !stands_behind_letters(*byte))?;
        length += character.len_utf8();
    }
    let meant = std::str::from_utf8(&meant[..=n_more]).ok()?;
    Some((length, meant.chars().next()?))
}

fn first_character(bytes: &[u8]) -> Option<char> {
    let width = match bytes.first()? {
        // Among the characters of windows-1252 from 0x80 to 0xBF are no others.
        0xC2..=0xDF => 2,
        0xE2 => 3,
        _ => return None,
    };
    std::str::from_utf8(bytes.get(..width)?).ok()?.chars().next()
}

/// The byte from 0x80 to 0xBF that is this character in windows-1252, or in ISO 8859-1.
fn byte_of(character: char) -> Option<u8> {
    /// What windows-1252 has from 0x80 to 0x9F; of the five that it leaves open, nothing.
    const SIGNS: [char; 32] = [
        '€', '\0', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\0', 'Ž', '\0', '\0',
        '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\0', 'ž', 'Ÿ',
    ];
    match character {
        '\u{80}'..='\u{BF}' => u8::try_from(u32::from(character)).ok(),
        _ => (0x80..=0x9F).zip(SIGNS).find(|&(_, sign)| sign == character).map(|(byte, _)| byte),
    }
}

/// Whether a byte of windows-1252 is a sign that stands behind letters in ordinary texts: spaces,
/// quotation marks, dashes, a trade mark.
fn stands_behind_letters(byte: u8) -> bool {
    matches!(
        byte,
        0x82 | 0x84 | 0x85 | 0x8B | 0x91
            ..=0x97 | 0x99 | 0x9B | 0xA0 | 0xAB | 0xAD | 0xAE | 0xB7 | 0xBB
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Encodes a text once more, as reading it as windows-1252 does.
    fn twice(text: &str) -> String {
        encoding_rs::WINDOWS_1252.decode_without_bom_handling(text.as_bytes()).0.into_owned()
    }

    #[test]
    fn texts_that_were_encoded_twice_are_seen() {
        for text in [
            "déjà vu à l’école : où êtes-vous, cœur français ?",
            "não, coração, amanhã é você",
            "für die schöne Straße müssen wir größer",
            "el niño comió piñas; ¿qué más?",
            "på ön är det så här",
            "zażółć gęślą jaźń",
            "příliš žluťoučký kůň",
            "Şimdi çağrıyı göğüsledi",
            "“Don’t”, she said — and left…",
            "Москва столица России",
            "η θάλασσα είναι μεγάλη",
            "العربية لغة جميلة",
            "日本語の文章です",
            "ภาษาไทยไม่มีช่องว่าง",
            "हिन्दी में लिखा है",
            "emoji 😀 🎉 🚀 here",
        ] {
            let (n, first) = find(twice(text).as_bytes());
            assert!(n >= 3, "{text}: {n}");
            let Sequence { place, text: seen, meant } = first.unwrap();
            assert!(text.contains(meant) && twice(text)[place..].starts_with(&seen), "{text}");
            assert_eq!(find(text.as_bytes()), (0, None), "{text}");
        }
        let (n, first) = find(twice("a café").as_bytes());
        let expected = Sequence { place: 5, text: "Ã©".to_owned(), meant: 'é' };
        assert_eq!((n, first), (1, Some(expected)));
    }

    #[test]
    fn letters_before_signs_are_none() {
        for text in [
            "AMANHÃ” “MANHÔ ‘IRMû SÃ\u{AD}O MAÇÃ… Ã\u{A0}! Ã–",
            "CAFÉ\u{A0}! « MENÜ » NESTLÉ® à\u{A0}«\u{A0}ça\u{A0}»",
            "HYVÄ” SMÅ… Ñ’ Ø–Å ESPAÑA DÉJÀ",
            "Ðức Âu Âm Ïle Îles àé èà ãõ ÃO âme ïambe",
            "5 à 6 €, 3 é€ ¿Qué? ¡Ñandú!",
            "Ã",
        ] {
            assert_eq!(find(text.as_bytes()), (0, None), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_can_be_looked_at(bytes in prop::collection::vec(any::<u8>(), 0..99)) {
            let (n, first) = find(&bytes);
            prop_assert_eq!(n > 0, first.is_some());
        }

        #[test]
        fn every_character_of_cyrillic_is_seen(text in "[Ѐ-ѿ]{1,9}") {
            // But those whose second byte is a sign that stands behind letters.
            let n_seen = text.chars().filter(|it| {
                let second = it.to_string().as_bytes()[1];
                !stands_behind_letters(second) && it.to_string().as_bytes()[0] <= 0xD1
            });
            prop_assert_eq!(find(twice(&text).as_bytes()).0, n_seen.count() as u64);
        }
    }
}
