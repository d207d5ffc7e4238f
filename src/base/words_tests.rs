//! Words in memory and elsewhere, found by position and by spelling.

use super::*;

#[test]
fn a_word_is_found_by_its_spelling_and_its_position() {
    let words: Words = ["the", "", "हिन्दी", "ọ̀rọ̀"].into_iter().collect();
    assert_eq!(words.len(), 4);
    for (position, word) in words.iter().enumerate() {
        assert_eq!(words.id(word), Some(WordId(position as u32)));
        assert_eq!(words.spelling(WordId(position as u32)), word);
    }
    assert_eq!(words.id("of"), None);
    assert_eq!(words.first_duplicate(), None);
}

#[test]
fn a_word_in_a_table_is_read_back() {
    for word in ["", "new_york", "tab\there", "back\\slash", "back\\tslash", "a\r\n"] {
        assert!(!escaped(word).contains(['\t', '\n', '\r']));
        assert_eq!(unescaped(&escaped(word)).as_deref(), Some(word));
    }
    assert_eq!((unescaped("a\\"), unescaped("\\a")), (None, None));
}

#[test]
fn a_repeated_word_is_named() {
    let words: Words = ["a", "b", "a"].into_iter().collect();
    assert_eq!(words.id("a"), Some(WordId(0)));
    assert_eq!(words.first_duplicate(), Some(WordId(2)));
}

/// Words as in a file.
#[derive(Debug)]
struct InMemory {
    bytes: Vec<u8>,
    offsets: Vec<usize>,
    index: Vec<u32>,
}

impl StoredWords for InMemory {
    fn spellings(&self) -> &[u8] {
        &self.bytes
    }

    fn offsets(&self) -> &[usize] {
        &self.offsets
    }

    fn index(&self) -> &[u32] {
        &self.index
    }
}

#[test]
fn stored_words_are_read_where_they_lie() {
    let names: Vec<String> = (0..40_000).map(|number| format!("wörd{number}")).collect();
    let words: Words = names.iter().map(String::as_str).collect();
    let (text, offsets) = words.parts();
    for index in [Vec::new(), words.stored_index()] {
        let (bytes, offsets) = (text.as_bytes().to_vec(), offsets.to_vec());
        let mut stored = Words::stored(Arc::new(InMemory { bytes, offsets, index })).unwrap();
        assert!(stored.iter().eq(words.iter()));
        for id in (0..40_000).step_by(17).map(WordId) {
            assert_eq!(stored.id(words.spelling(id)), Some(id));
        }
        assert_eq!(stored.id("wörd40000"), None);
        assert_eq!(stored.push("wörd40000"), WordId(40_000));
        assert_eq!(stored.id("wörd40000"), Some(WordId(40_000)));
    }
}

#[test]
fn words_are_found_beside_the_index_of_another_order() {
    let words: Words = ["king", "queen", "man", "woman", "a", "aa"].into_iter().collect();
    let index = words.stored_index();
    let turned: Words = ["woman", "man", "a", "aa", "queen", "king"].into_iter().collect();
    let (text, offsets) = turned.parts();
    let (bytes, offsets) = (text.as_bytes().to_vec(), offsets.to_vec());
    let open = |index| {
        let (bytes, offsets) = (bytes.clone(), offsets.clone());
        Words::stored(Arc::new(InMemory { bytes, offsets, index })).unwrap()
    };
    // Before and after the index is looked at as a whole.
    for n_misses in [0, 1, 200] {
        let stored = open(index.clone());
        for number in 0..n_misses {
            assert_eq!(stored.id(&format!("prince{number}")), None);
        }
        for (id, word) in (0..).zip(turned.iter()) {
            assert_eq!(stored.id(word), Some(WordId(id)));
        }
        // Parts of words, and several together, are none.
        for other in ["", "ngwo", "kingman", "womanman"] {
            assert_eq!(stored.id(other), None);
        }
    }
}

#[test]
fn faults_of_stored_words_are_found() {
    let stored = |bytes: &[u8], offsets: &[usize]| {
        let words = InMemory { bytes: bytes.into(), offsets: offsets.into(), index: vec![] };
        Words::stored(Arc::new(words)).map(|words| words.len())
    };
    let text = "aébc".as_bytes();
    assert_eq!(stored(text, &[0, 1, 3, 3, 5]), Ok(4));
    assert_eq!(stored(&[], &[0]), Ok(0));
    assert_eq!(stored(text, &[1, 5]), Err(StoredFault::Offset(0, 1)));
    assert_eq!(stored(text, &[0, 3, 1, 5]), Err(StoredFault::Offset(2, 1)));
    assert_eq!(stored(text, &[0, 2, 5]), Err(StoredFault::Offset(1, 2)));
    assert_eq!(stored(text, &[0, 6]), Err(StoredFault::Offset(1, 6)));
    assert_eq!(stored(text, &[0, 3]), Err(StoredFault::End(3)));
    assert_eq!(stored(&[b'a', 0xFF], &[0, 2]), Err(StoredFault::NotUtf8(1)));
}

#[test]
fn an_offset_within_a_character_is_found_anywhere() {
    let n_words = WORDS_PER_TASK + 2 * WORDS_PER_BLOCK + 3;
    for letter in ["a", "é"] {
        let words: Words = vec![letter; n_words].into_iter().collect();
        let (text, offsets) = words.parts();
        let stored = |offsets: Vec<usize>| {
            let words = InMemory { bytes: text.into(), offsets, index: Vec::new() };
            Words::stored(Arc::new(words)).map(|words| words.len())
        };
        assert_eq!(stored(offsets.to_vec()), Ok(n_words));
        let blocks = [1, WORDS_PER_BLOCK, 2 * WORDS_PER_BLOCK, WORDS_PER_TASK, n_words - 1];
        for number in blocks.into_iter().flat_map(|it| [it - 1, it, it + 1]) {
            if number == 0 || number == n_words {
                continue;
            }
            let mut moved = offsets.to_vec();
            moved[number] += 1;
            let expected = match letter.len() {
                1 => Ok(n_words),
                _ => Err(StoredFault::Offset(number, moved[number])),
            };
            assert_eq!(stored(moved.clone()), expected, "{number}");
            moved[number] = 3 * n_words;
            // The last of a block lies behind all text; behind another, the next one falls.
            let fault = match number % WORDS_PER_BLOCK {
                0 => StoredFault::Offset(number, moved[number]),
                _ => StoredFault::Offset(number + 1, offsets[number + 1]),
            };
            assert_eq!(stored(moved), Err(fault), "{number}");
        }
    }
}
