//! A few words out of documents that are known by their numbers.
//!
//! In: a corpus, numbers of documents, words to look for. Out: for each document its text around the first of the words that occurs in it,
//! or its beginning, on one line. Documents are numbered as [`stream`](fn@crate::tokenize::stream) meets them.

use std::collections::{BTreeMap, BTreeSet};

use unicode_segmentation::UnicodeSegmentation;

use crate::corpus::{Corpus, Event, Pieces};
use crate::error::Result;

/// Bytes of a document that are looked at.
const LOOKED_AT: usize = 1 << 20;

/// Characters before the word that was looked for.
const BEFORE: usize = 40;

/// Some `length` characters of each of the documents, as far as the corpus has them.
///
/// # Errors
/// Whatever the sources report.
pub fn snippets(corpus: &Corpus, documents: &BTreeSet<u64>, words: &BTreeSet<String>, length: usize) -> Result<BTreeMap<u64, String>> {
    let mut found = BTreeMap::new();
    let Some(&last) = documents.last() else { return Ok(found) };
    let mut pieces = Pieces::new(corpus);
    let (mut number, mut has_text, mut text) = (1u64, false, String::new());
    while number <= last {
        let Some((piece, _)) = pieces.next_piece()? else { break };
        let mut end = |text: &mut String, has_text: &mut bool| {
            if std::mem::take(has_text) {
                if documents.contains(&number) {
                    found.insert(number, snippet(text, words, length));
                }
                number += 1;
                text.clear();
            }
        };
        piece.walk(|event| {
            match event {
                Event::Text(part) => {
                    has_text = true;
                    let mut cut = LOOKED_AT.saturating_sub(text.len()).min(part.len());
                    while !part.is_char_boundary(cut) {
                        cut -= 1;
                    }
                    text.push_str(&part[..cut]);
                }
                Event::EndOfDocument => end(&mut text, &mut has_text),
            }
            Ok(())
        })?;
        if piece.ends_source {
            end(&mut text, &mut has_text);
        }
    }
    Ok(found)
}

fn snippet(text: &str, words: &BTreeSet<String>, length: usize) -> String {
    let place = text.unicode_word_indices().find(|(_, word)| words.contains(&word.to_lowercase())).map_or(0, |(place, _)| place);
    // Back over some characters, and on to the beginning of a word.
    let back = text[..place].char_indices().rev().take(BEFORE).last().map_or(place, |(start, _)| start);
    let start = match back {
        0 => 0,
        back => text[back..place].find(char::is_whitespace).map_or(place, |blank| back + blank),
    };
    let mut line = String::new();
    let mut n_characters = 0;
    for word in text[start..].split_whitespace() {
        n_characters += word.chars().count() + 1;
        if n_characters > length + 1 && !line.is_empty() {
            line.push_str(" ...");
            break;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        // A text without blanks is one word.
        line.extend(word.chars().filter(|character| !character.is_control()).take(length));
    }
    if start > 0 { format!("... {line}") } else { line }
}

#[cfg(test)]
mod tests {
    use super::super::tests::corpus_of;
    use super::*;

    #[test]
    fn documents_are_told_by_their_numbers_and_words() {
        let folder = tempfile::tempdir().unwrap();
        let corpus = corpus_of(folder.path(), "one\n\n  The third\thas  a Ship in it, and goes on for a while\nfour");
        let words = BTreeSet::from(["ship".to_owned()]);
        let found = snippets(&corpus, &BTreeSet::from([1, 2, 3, 4, 9]), &words, 20).unwrap();
        let expected = [(1, "one"), (2, ""), (3, "The third has a Ship ..."), (4, "four")];
        assert_eq!(found.iter().map(|(&number, text)| (number, text.as_str())).collect::<Vec<_>>(), expected);
        let long = format!("{} ship ahead", "before ".repeat(20));
        assert_eq!(snippet(&long, &words, 60), "... before before before before before ship ahead");
    }
}
