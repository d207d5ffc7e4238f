//! What kind of file some lines look like, for the message of a reader that needs another kind.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::columns::{is_missing, number};
use super::delimiter::Delimiter;
use super::sheet::{Sheet, is_section};
use crate::base::error::{Error, Result};
use crate::base::set_kind::SetKind;

/// Lines that are looked at.
const LINES: usize = 200;

/// Rows from which on repeated words of a column show classes, or the lack of repetitions a
/// dictionary.
const ENOUGH_ROWS: usize = 30;

/// Lines from which on sentences are running text.
const FEWEST_SENTENCES: usize = 5;

/// Words of a line of running text.
const WORDS_OF_A_SENTENCE: usize = 6;

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

/// Whether lines of four words are analogies rather than words with an odd one: the second pairs
/// of several lines are the first pairs of others.
pub(crate) fn are_analogies(sheet: &Sheet) -> bool {
    let lines = sheet.lines[..sheet.lines.len().min(LINES)].iter();
    let rows: Vec<[String; 4]> = lines
        .filter(|line| !is_section(&line.text))
        .filter_map(|line| <[String; 4]>::try_from(sheet.cells(line).ok()?).ok())
        .collect();
    let first: BTreeSet<[&String; 2]> = rows.iter().map(|[a, b, ..]| [a, b]).collect();
    let n_turned = rows.iter().filter(|[_, _, c, d]| first.contains(&[c, d])).count();
    n_turned > 2 && 10 * n_turned >= rows.len()
}

/// Refuses sentences, before their commas and quotes are taken for those of a table.
///
/// # Errors
/// [`Error::OtherSet`].
pub(crate) fn refuse_text(sheet: &Sheet, path: &Path, needed: SetKind) -> Result<()> {
    if !is_text(sheet) {
        return Ok(());
    }
    Err(Error::OtherSet { path: path.to_path_buf(), found: SetKind::RunningText, needed })
}

/// Whether lines are sentences: most are long, half of them have a word that ends a sentence, and
/// between commas or blanks they have no common number of cells.
fn is_text(sheet: &Sheet) -> bool {
    let lines = &sheet.lines[..sheet.lines.len().min(LINES)];
    let half = |test: &dyn Fn(&str) -> bool| {
        2 * lines.iter().filter(|line| test(&line.text)).count() >= lines.len()
    };
    let is_end = |word: &str| {
        let word = word.trim_end_matches(['"', '\'', '\u{201D}', '\u{2019}', '\u{BB}', ')']);
        let stem = word.trim_end_matches(['.', '!', '?', '\u{2026}']);
        stem.len() < word.len() && stem.ends_with(char::is_alphabetic)
    };
    let lengths: BTreeSet<usize> =
        lines.iter().map(|line| sheet.cells(line).map_or(0, |cells| cells.len())).collect();
    matches!(sheet.delimiter, Delimiter::Spaces | Delimiter::Comma)
        && lines.len() >= FEWEST_SENTENCES
        && lengths.len() > 2
        && half(&|line| line.split_whitespace().count() >= WORDS_OF_A_SENTENCE)
        && half(&|line| line.split_whitespace().any(is_end))
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

    #[test]
    fn sentences_are_no_table() {
        let is_text = |text: &str| {
            let sheet =
                Sheet::read(text.as_bytes(), Path::new("s"), Comments::Anywhere, &|_| Ok(()));
            super::is_text(&sheet.unwrap())
        };
        let text = "It was a dark night, and it rained.\n\"Who is it?\" she said, but nobody \
                    came.\nThe rain fell on the town; the king slept.\nA \"cat\" sat at the \
                    window, and then another cat.\nNo one, said he, would have let it in tonight!\n";
        assert!(is_text(text));
        // A wrapped text; lines of few words; as many cells in each; too few lines.
        let wrapped = "it rained all day long, and\nnobody came. Then, at\nlast, he came. Who was it, \
                       then?\nThat nobody knew except the king\n";
        assert!(is_text(&wrapped.repeat(4)));
        for no in [
            "king queen man woman cat dog horse\n".repeat(9),
            "a,b,c d e f. g h\n".repeat(9),
            "king: queen etc.\ncat: dog mouse etc.\n".repeat(5),
            text.lines().take(4).map(|line| format!("{line}\n")).collect(),
            text.replace(", ", "\t").replace(' ', "\t"),
        ] {
            assert!(!is_text(&no), "{no}");
        }
    }
}
