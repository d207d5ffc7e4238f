//! Headings of tables of questions about words, which must not be taken for questions; and the
//! tags that name sections.
//!
//! In: the cells of the first lines. Out: whether the first is a heading. Headings are words too,
//! so that only those are known which nobody asks for.

use crate::tables::heading_name;

/// Headings of four columns: a is to b as c is to d.
const OF_FOUR: [[&str; 4]; 4] = [
    ["a", "b", "c", "d"],
    ["word1", "word2", "word3", "word4"],
    ["w1", "w2", "w3", "w4"],
    ["worda", "wordb", "wordc", "wordd"],
];

/// Headings of the two columns of a relation.
const OF_PAIRS: [[&str; 2]; 3] = [["word1", "word2"], ["w1", "w2"], ["worda", "wordb"]];

/// Headings of the first column of a relation whose second has one of [`RELATED`].
const WORDS: [&str; 4] = ["word", "words", "lemma", "singular"];

/// Headings of the second column of a relation.
const RELATED: [&str; 15] = [
    "answer",
    "answers",
    "antonym",
    "comparative",
    "form",
    "hypernym",
    "hyponym",
    "meronym",
    "pasttense",
    "plural",
    "related",
    "relatedword",
    "superlative",
    "synonym",
    "target",
];

/// Headings of the column of the odd one.
const ODD: [&str; 8] =
    ["odd", "oddone", "oddoneout", "oddword", "outlier", "outliers", "intruder", "target"];

/// What the headings of the words that belong together begin with; a number may follow.
const BELONGING: [&str; 4] = ["word", "w", "item", "option"];

/// Parts of speech of the Penn treebank that MSR asks for, in small letters; those that are words
/// are left out.
const PENN_TAGS: [&str; 17] = [
    "jj", "jjr", "jjs", "nn", "nns", "nnp", "nnps", "nnpos", "rb", "rbr", "rbs", "vb", "vbd",
    "vbg", "vbn", "vbp", "vbz",
];

fn names(cells: &[String]) -> Vec<String> {
    cells.iter().map(|cell| heading_name(cell)).collect()
}

/// Whether the first of some lines is the heading of four columns; single letters are words where
/// the next line has some too.
pub(super) fn heads_four(first: &[String], second: &[String]) -> bool {
    let names = names(first);
    let is_letter = |cell: &String| cell.chars().count() == 1;
    OF_FOUR.iter().any(|known| names == known)
        && (names[0] != "a" || second.len() == 4 && !second.iter().any(is_letter))
}

/// Whether the first line of a relation is its heading.
pub(super) fn heads_pairs(first: &[String]) -> bool {
    let names = names(first);
    let [left, right] = &names[..] else { return false };
    OF_PAIRS.contains(&[left.as_str(), right.as_str()])
        || (WORDS.contains(&left.as_str()) && RELATED.contains(&right.as_str()))
}

/// The place of the odd one that a heading of a line of words names: its other columns are
/// `word1`, `word2` and so on.
pub(super) fn odd_place(first: &[String]) -> Option<usize> {
    let names = names(first);
    let is_odd = |name: &String| ODD.contains(&name.as_str());
    let odd = names.iter().position(is_odd)?;
    let is_word = |name: &String| {
        BELONGING.iter().any(|stem| {
            name.strip_prefix(stem).is_some_and(|rest| {
                !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit())
            })
        })
    };
    let mut others = (0..names.len()).filter(|&place| place != odd);
    (names.len() >= 3 && others.all(|place| is_word(&names[place]))).then_some(odd)
}

/// Whether a name is two parts of speech of the Penn treebank, such as `JJ_JJR`; in small letters
/// only those that are known, for `big_small` is none.
pub(super) fn is_tag(name: &str) -> bool {
    let is_part = |part: &str| {
        let is_capital = part.bytes().all(|byte| byte.is_ascii_uppercase());
        ((2..=5).contains(&part.len()) && is_capital) || PENN_TAGS.contains(&part)
    };
    name.split_once('_').is_some_and(|(left, right)| is_part(left) && is_part(right))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(line: &str) -> Vec<String> {
        line.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn only_headings_are_headings() {
        for (first, second, is_heading) in [
            ("a b c d", "king queen man woman", true),
            ("Word_1 word2 Word-3 word4", "a b c d", true),
            ("a b c d", "e f g h", false),
            ("a b c d", "", false),
            ("king queen man woman", "a b c d", false),
        ] {
            assert_eq!(heads_four(&cells(first), &cells(second)), is_heading, "{first}");
        }
        assert!(heads_pairs(&cells("Word plural")) && heads_pairs(&cells("w1 w2")));
        for no in ["singular plurals", "plural word", "king queen", "word", "word plural x"] {
            assert!(!heads_pairs(&cells(no)), "{no}");
        }
        assert_eq!(odd_place(&cells("odd word1 word2")), Some(0));
        assert_eq!(odd_place(&cells("Word_1 Word_2 Odd-One-Out item3")), Some(2));
        for no in ["odd even prime", "word1 word2 word3", "odd word1", "odd word wordy"] {
            assert_eq!(odd_place(&cells(no)), None, "{no}");
        }
    }
}
