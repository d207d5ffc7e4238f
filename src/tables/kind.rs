//! What kind of file some lines look like, for the message of a reader that needs another kind.

use std::collections::{BTreeMap, BTreeSet};

use super::columns::{is_missing, number};
use super::sheet::{Sheet, is_section};
use crate::base::set_kind::SetKind;

/// Lines that are looked at.
const LINES: usize = 200;

/// Rows from which on repeated words of a column show classes, or the lack of repetitions a
/// dictionary.
const ENOUGH_ROWS: usize = 30;

/// What the first lines of a file look like; `None` if they look like nothing in particular.
pub(crate) fn looks_like(sheet: &Sheet) -> Option<SetKind> {
    let lines = &sheet.lines[..sheet.lines.len().min(LINES)];
    let has_sections = lines.iter().any(|line| is_section(&line.text));
    let rows: Vec<Vec<String>> = lines
        .iter()
        .filter(|line| !is_section(&line.text))
        .map(|line| sheet.cells(line).ok())
        .collect::<Option<_>>()?;
    let first = rows.first()?;
    if are_vectors(&rows) {
        return Some(SetKind::WordVectors);
    }
    let is_headed = |name: &str| first.iter().any(|cell| cell.eq_ignore_ascii_case(name));
    if is_headed("outliers") && is_headed("words") {
        return Some(SetKind::OddOneOut);
    }
    // A row of another length is a heading, or damaged.
    let width = commonest_width(&rows);
    let like = |test: &dyn Fn(&Vec<String>) -> bool| {
        let n_like = rows.iter().filter(|row| row.len() == width && test(row)).count();
        10 * n_like >= 9 * rows.len().saturating_sub(1).max(1)
    };
    let is_text = |cell: &String| number(cell).is_none() && !cell.is_empty();
    let all_text = like(&|row| row.iter().all(is_text));
    let has_score = (2..width).any(|place| {
        like(&|row| number(&row[place]).is_some() || is_missing(&row[place]))
            && rows.iter().any(|row| row.get(place).is_some_and(|it| number(it).is_some()))
    });
    let has_words = like(&|row| row.iter().filter(|cell| is_text(cell)).count() >= 2);
    match width {
        1 if all_text => Some(SetKind::WordList),
        2 if all_text && !has_sections => Some(classes_or_dictionary(&rows)),
        4 if all_text => Some(SetKind::Analogies),
        3.. if has_score && has_words => Some(SetKind::ScoredPairs),
        3..=20 if all_text && has_sections && rows.len() > 1 => Some(SetKind::OddOneOut),
        _ => None,
    }
}

/// The length of most rows; the larger of two that are as common.
fn commonest_width(rows: &[Vec<String>]) -> usize {
    let mut n_rows: BTreeMap<usize, usize> = BTreeMap::new();
    rows.iter().for_each(|row| *n_rows.entry(row.len()).or_default() += 1);
    n_rows.into_iter().max_by_key(|&(_, n)| n).map_or(0, |(width, _)| width)
}

/// Whether rows are a word and at least two numbers, perhaps below a header of two counts.
fn are_vectors(rows: &[Vec<String>]) -> bool {
    let is_whole = |cell: &String| !cell.is_empty() && cell.bytes().all(|it| it.is_ascii_digit());
    let is_header = matches!(&rows[0][..], [words, dim] if is_whole(words) && is_whole(dim));
    let rows = &rows[usize::from(is_header)..];
    let is_vector = |row: &&Vec<String>| {
        row.len() > if is_header { 1 } else { 2 } && row[1..].iter().all(|it| number(it).is_some())
    };
    let n_vectors = rows.iter().filter(is_vector).count();
    n_vectors > 0 && 10 * n_vectors >= 9 * rows.len()
}

/// The mean number of rows for each different cell of the column that has fewer.
pub(crate) fn mean_class_size<'a>(pairs: impl Iterator<Item = [&'a str; 2]> + Clone) -> f64 {
    let n_different = |side: usize| pairs.clone().map(|it| it[side]).collect::<BTreeSet<_>>().len();
    let fewer = n_different(0).min(n_different(1)).max(1);
    pairs.clone().count() as f64 / fewer as f64
}

/// Whether pairs of words are a dictionary rather than words in classes: few of their words are
/// repeated.
pub(crate) fn are_translations<'a>(pairs: impl Iterator<Item = [&'a str; 2]> + Clone) -> bool {
    pairs.clone().count() >= ENOUGH_ROWS && mean_class_size(pairs) < 2.5
}

/// Whether pairs of words are words in classes rather than a dictionary.
pub(crate) fn are_classes<'a>(pairs: impl Iterator<Item = [&'a str; 2]> + Clone) -> bool {
    pairs.clone().count() >= ENOUGH_ROWS && mean_class_size(pairs) >= 8.0
}

fn classes_or_dictionary(rows: &[Vec<String>]) -> SetKind {
    let pairs = rows.iter().filter(|row| row.len() == 2).map(|row| [&*row[0], &*row[1]]);
    if mean_class_size(pairs) >= 3.0 { SetKind::Categories } else { SetKind::Dictionary }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::sheet::Comments;
    use super::*;

    fn of(text: &str) -> Option<SetKind> {
        let sheet =
            Sheet::read(text.as_bytes(), Path::new("s"), Comments::Anywhere, &|_| Ok(())).unwrap();
        looks_like(&sheet)
    }

    #[test]
    fn kinds_are_told_by_the_first_lines() {
        for (text, kind) in [
            ("king queen 8\ncat dog 6\n", SetKind::ScoredPairs),
            ("w1;w2;pos;mean\nking;queen;N;8,1\ncat;dog;N;6\n", SetKind::ScoredPairs),
            ("slow slowly calm calmly\n", SetKind::Analogies),
            (": s\na b c d\n: t\n", SetKind::Analogies),
            (": s\na b c\nd e f\n", SetKind::OddOneOut),
            ("category,outliers,words\n", SetKind::OddOneOut),
            ("king queen\ncat dog\n", SetKind::Dictionary),
            ("a x\na y\na z\nb q\nb r\nb s\n", SetKind::Categories),
            ("2 3\nking 1 2 3\nqueen 1 2 3\n", SetKind::WordVectors),
            ("king 1 2\nqueen 1 2\n", SetKind::WordVectors),
            ("3 1\nking 1\nqueen 2\nman 1\n", SetKind::WordVectors),
            ("king\nqueen\n", SetKind::WordList),
        ] {
            assert_eq!(of(text), Some(kind), "{text}");
        }
        // A line of another length says nothing about the kind.
        assert_eq!(of("cat dog car\ncat dog\n"), None);
        assert_eq!(of("a b c\nd e\nf g\n"), Some(SetKind::Dictionary));
        for text in ["", ": s\n", "it was a dark and stormy night\nand it rained\n", "a 1\nb 2\n"] {
            assert_eq!(of(text), None, "{text}");
        }
    }
}
