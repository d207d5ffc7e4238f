//! What the columns of a table hold: numbers, labels or words; and what their headings say.

use std::collections::BTreeSet;

use super::sheet::Row;

/// Marks of a value that is missing.
const MISSING: [&str; 10] = ["", "-", "--", "?", "na", "n/a", "nan", "#n/a", "null", "none"];

/// Parts of speech as test sets write them, in small letters.
const TAGS: [&str; 26] = [
    "n",
    "v",
    "a",
    "j",
    "r",
    "s",
    "nn",
    "nns",
    "np",
    "nnp",
    "vb",
    "vbd",
    "vbz",
    "jj",
    "rb",
    "adj",
    "adv",
    "noun",
    "verb",
    "adjective",
    "adverb",
    "pos",
    "propn",
    "num",
    "nom",
    "ver",
];

/// Characters between a word and its part of speech.
const TAG_SEPARATORS: [char; 5] = ['-', '_', '/', '#', '.'];

/// What a column holds in most of its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ColumnKind {
    /// Numbers; some may be missing.
    Numbers,
    /// Parts of speech, or other labels of one letter.
    Labels,
    /// Anything else.
    Text,
}

/// The kinds of the columns of a table.
#[derive(Debug)]
pub(crate) struct Columns {
    pub(crate) kinds: Vec<ColumnKind>,
}

impl Columns {
    /// Looks at the cells of the first `width` columns; a heading counts as a row like any other.
    pub(crate) fn of(rows: &[Row], width: usize) -> Self {
        Self { kinds: (0..width).map(|place| kind_of(rows, place)).collect() }
    }

    /// The places of the columns of a kind.
    pub(crate) fn places(&self, kind: ColumnKind) -> impl Iterator<Item = usize> + '_ {
        self.kinds.iter().enumerate().filter(move |(_, it)| **it == kind).map(|(place, _)| place)
    }

    /// Whether a column holds no numbers.
    pub(crate) fn is_of_words(&self, place: usize) -> bool {
        self.kinds.get(place).is_some_and(|kind| *kind != ColumnKind::Numbers)
    }
}

fn kind_of(rows: &[Row], place: usize) -> ColumnKind {
    let cells = || rows.iter().filter_map(|row| row.cells.get(place)).map(String::as_str);
    let n_given = cells().filter(|cell| !is_missing(cell)).count();
    let n_numbers = cells().filter(|cell| number(cell).is_some()).count();
    if n_numbers > 0 && 2 * n_numbers >= n_given {
        return ColumnKind::Numbers;
    }
    let n_labels = cells().filter(|cell| is_label(cell)).count();
    // The heading is none.
    if n_labels > 0 && n_labels + 1 >= n_given { ColumnKind::Labels } else { ColumnKind::Text }
}

fn is_label(cell: &str) -> bool {
    let lower = cell.to_lowercase();
    TAGS.contains(&lower.as_str()) || cell.chars().count() == 1
}

/// Whether a cell is a part of speech, as `n`, `Noun` and `adj.`.
pub(crate) fn is_part_of_speech(cell: &str) -> bool {
    TAGS.contains(&cell.trim_end_matches('.').to_lowercase().as_str())
}

/// Whether a cell says that its value is missing.
pub(crate) fn is_missing(cell: &str) -> bool {
    MISSING.iter().any(|mark| cell.eq_ignore_ascii_case(mark))
}

/// The number in a cell, with a decimal point or a decimal comma. `nan` and `inf` are words.
pub(crate) fn number(cell: &str) -> Option<f64> {
    if !cell.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    if !cell.contains(',') {
        return cell.parse().ok();
    }
    let (whole, fraction) = cell.split_once(',')?;
    let is_number = !fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { format!("{whole}.{fraction}").parse().ok() } else { None }
}

/// A heading in small letters without blanks and signs: `Human (mean)` is `humanmean`.
pub(crate) fn heading_name(heading: &str) -> String {
    heading.chars().filter(|it| it.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The words without their parts of speech, if all of at least two words have one: `king-n`,
/// `king_N`, `king#n`, `king/NN`.
pub(crate) fn without_tag<'a>(
    words: impl Iterator<Item = &'a str> + Clone,
) -> Option<fn(&str) -> &str> {
    let different: BTreeSet<&str> = words.collect();
    let has_all = different.len() > 1
        && different.iter().all(|word| word.is_empty() || untagged(word).is_some());
    has_all.then_some(|word| untagged(word).unwrap_or(word))
}

fn untagged(word: &str) -> Option<&str> {
    let (stem, tag) = word.rsplit_once(TAG_SEPARATORS)?;
    let is_tag = tag.len() <= 4 && TAGS.contains(&tag.to_lowercase().as_str());
    (is_tag && !stem.is_empty()).then_some(stem)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<Row> {
        let cells = |line: &str| line.split(' ').map(str::to_owned).collect();
        (1..).zip(text.lines()).map(|(number, line)| Row { number, cells: cells(line) }).collect()
    }

    #[test]
    fn columns_are_known_by_most_of_their_cells() {
        let rows = rows("word pos score note\nking n 8,1 x1\nbig j - y2\ngo v 7e-1 z3");
        let expected =
            [ColumnKind::Text, ColumnKind::Labels, ColumnKind::Numbers, ColumnKind::Text];
        assert_eq!(Columns::of(&rows, 4).kinds, expected);
    }

    #[test]
    fn numbers_may_have_a_decimal_comma() {
        assert_eq!(number("8,25"), Some(8.25));
        assert_eq!(number("-1,5"), Some(-1.5));
        assert_eq!(number("8.5"), Some(8.5));
        for no in ["", "a", "nan", "Infinity", "8,", ",", "1,2,3", "1.5,2", "8,-1"] {
            assert_eq!(number(no), None, "{no}");
        }
    }

    #[test]
    fn parts_of_speech_go_only_if_all_words_have_one() {
        let cut = without_tag(["king-n", "well-known-j", "go_V"].into_iter()).unwrap();
        assert_eq!(["king-n", "well-known-j", "go_V"].map(cut), ["king", "well-known", "go"]);
        assert!(without_tag(["king-n", "vis-a-vis"].into_iter()).is_none());
        assert!(without_tag(["x-n"].into_iter()).is_none());
        assert_eq!(heading_name("Human (mean)"), "humanmean");
    }
}
