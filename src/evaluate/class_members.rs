//! Words in classes, as their authors hand them out.
//!
//! In: a table of words and classes, or a folder or archive with a file for each class: AP
//! (Almuhareb & Poesio 2005), Battig (Baroni et al. 2010), BLESS (Baroni & Lenci 2011), the sets of
//! the ESSLLI 2008 workshop. Out: each word with its class.
//!
//! Of a table without headings and with two columns, the one with fewer distinct values holds the
//! classes, or the first if both have as many. Of one with more, as ESSLLI's (word, class, coarser
//! classes), the words are the column in which nothing is repeated, and the classes the column with
//! most values among the others. BLESS has four: concept, class, relation, related word. Lines of a
//! class and all its words have a colon behind the class, or differ in length.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::BufRead;
use std::path::Path;

use crate::base::error::{Error, Result};
use crate::base::set_kind::SetKind;
use crate::input::TextSource;
use crate::tables::{
    Comments, Delimiter, Row, Sheet, SheetLine, TableReport, are_translations, heading_name,
    looks_like, members, number, refuse_text, stem, without_tag,
};

/// Headings of the column of classes.
const CLASS_HEADINGS: [&str; 6] = ["class", "category", "label", "cluster", "classes", "type"];

/// Headings of the column of words.
const WORD_HEADINGS: [&str; 10] = [
    "word", "words", "concept", "item", "noun", "verb", "target", "exemplar", "response", "member",
];

/// The relations of BLESS.
const BLESS_RELATIONS: [&str; 8] =
    ["attri", "coord", "event", "hyper", "mero", "random-j", "random-n", "random-v"];

/// Rows that show which columns of three or more hold what.
const FEWEST_ROWS: usize = 3;

/// A file of words in classes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Categories {
    /// The file's name, for the report.
    pub file: String,
    /// A class and a word in it, each pair once, in the order of the file; there are at least two
    /// classes.
    pub members: Vec<(String, String)>,
    /// What was taken from the file.
    pub report: TableReport,
}

impl Categories {
    /// Reads a table; or all files of a folder or an archive, each of which holds the words of the
    /// class it is named after, one a line (words in the first column).
    ///
    /// # Errors
    /// As [`Categories::read`] and [`TextSource::open`].
    pub fn open(source: impl Into<TextSource>, normalize: &dyn Fn(&str) -> String) -> Result<Self> {
        let source = source.into();
        let path = source.path();
        let Some(files) = members(&source)? else {
            return Self::read(source.open()?, path, normalize);
        };
        let mut all: Option<TableReport> = None;
        let mut found: Vec<(String, String)> = Vec::new();
        for (path, text) in &files.files {
            let sheet = Sheet::read(text.as_bytes(), path, Comments::Anywhere, &|_| Ok(()))?;
            let mut report = sheet.report();
            let class = stem(path);
            let mut rows = sheet.rows(path)?;
            let names: Vec<String> =
                rows.first().iter().flat_map(|it| &it.cells).map(|it| heading_name(it)).collect();
            let is_word = |name: &String| WORD_HEADINGS.contains(&name.as_str());
            let column = names.iter().position(is_word);
            if column.is_some() {
                rows.remove(0);
            }
            let column = column.unwrap_or(0);
            report.take("word", column, None);
            // A line without delimiters is one item, which may have several words.
            let is_item = sheet.delimiter == Delimiter::Spaces
                && column == 0
                && !rows
                    .iter()
                    .flat_map(|row| row.cells.iter().skip(1))
                    .any(|it| number(it).is_some());
            for row in &rows {
                let whole = row.cells.join(" ");
                let word = if is_item { Some(&whole) } else { row.cells.get(column) };
                match word.filter(|word| !word.is_empty()) {
                    Some(word) => {
                        report.rows += 1;
                        found.push((class.clone(), word.clone()));
                    }
                    None => report.leave_out("no word", row.number),
                }
            }
            match &mut all {
                None => all = Some(report),
                Some(all) => all.add(report),
            }
        }
        let mut report = all.expect("there is a file");
        report.notes.push(format!("{} files, a class each", files.files.len()));
        report.notes.extend(files.note());
        Self::finish(path, found, report, normalize)
    }

    /// Reads classes; `normalize` spells a word as in the vocabulary, `path` names the stream.
    ///
    /// Or a line has a class and all its words: `fruit: apple pear`, or without the colon if lines
    /// differ in length.
    ///
    /// Cells are separated by tabs, semicolons, commas or spaces. A heading (`class`, `category`...
    /// and `word`, `concept`...) says which columns are taken. Lines that begin with `#` are
    /// comments. A row without a word is left out, and so is one that repeats another. Parts of
    /// speech are cut off the words if all of them have one (`owl-n`).
    ///
    /// ```
    /// use eigenlex::evaluate::Categories;
    /// let file = "tree\tOak\ntree\tElm\npain\tHeadache\n";
    /// let lower = |word: &str| word.to_lowercase();
    /// let categories = Categories::read(file.as_bytes(), "classes.tsv".as_ref(), &lower)?;
    /// assert_eq!(categories.members[0], ("tree".to_owned(), "oak".to_owned()));
    /// # Ok::<(), eigenlex::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Malformed`] with the line; [`Error::OtherSet`] if the file looks like one of
    /// another kind; [`Error::Io`] if the stream fails.
    pub fn read(
        input: impl BufRead,
        path: &Path,
        normalize: &dyn Fn(&str) -> String,
    ) -> Result<Self> {
        let check = |sheet: &Sheet| {
            refuse_text(sheet, path, SetKind::Categories)?;
            match are_class_lines(sheet, &sheet.rows(path)?) {
                true => Ok(()),
                false => ClassLayout::of(sheet, &sheet.rows(path)?, path).map(drop),
            }
        };
        let sheet = Sheet::read(input, path, Comments::Anywhere, &check)?;
        let rows = sheet.rows(path)?;
        if are_class_lines(&sheet, &rows) {
            return Self::of_class_lines(&sheet, path, normalize);
        }
        let layout = ClassLayout::of(&sheet, &rows, path)?;
        let mut report = sheet.report();
        let name = |place: usize| {
            rows[0].cells.get(place).map(String::as_str).filter(|_| layout.first_is_heading)
        };
        report.take("class", layout.class, name(layout.class));
        report.take("word", layout.word, name(layout.word));
        let mut found = Vec::new();
        for row in &rows[usize::from(layout.first_is_heading)..] {
            if row.cells.len() != layout.width {
                return Err(bad_length(path, row));
            }
            let (class, word) = (&row.cells[layout.class], &row.cells[layout.word]);
            match (class.is_empty(), word.is_empty()) {
                (true, true) => {
                    let found = "two empty fields";
                    let expected = "a class and a word";
                    return Err(Error::malformed(path, Some(row.number), found, expected));
                }
                (true, false) => report.leave_out("no class", row.number),
                (false, true) => report.leave_out("no word", row.number),
                (false, false) => {
                    report.rows += 1;
                    found.push((class.clone(), word.clone()));
                }
            }
        }
        Self::finish(path, found, report, normalize)
    }

    /// A class a line, with its words behind it.
    fn of_class_lines(
        sheet: &Sheet,
        path: &Path,
        normalize: &dyn Fn(&str) -> String,
    ) -> Result<Self> {
        let mut report = sheet.report();
        let mut found = Vec::new();
        for line in &sheet.lines {
            let cells = class_and_words(sheet, line).unwrap_or_default();
            let mut cells = cells.into_iter().filter(|cell| !cell.is_empty());
            let Some(class) = cells.next() else { continue };
            let n_before = found.len();
            found.extend(cells.map(|word| (class.clone(), word)));
            if found.len() == n_before {
                report.leave_out("no word", line.number);
            }
        }
        report.rows = found.len();
        report.notes.push("a class a line, and behind it its words".to_owned());
        Self::finish(path, found, report, normalize)
    }

    fn finish(
        path: &Path,
        found: Vec<(String, String)>,
        mut report: TableReport,
        normalize: &dyn Fn(&str) -> String,
    ) -> Result<Self> {
        let Some((first, _)) = found.first() else {
            return Err(Error::malformed(path, None, "no word", "lines of a class and a word"));
        };
        if found.iter().all(|(class, _)| class == first) {
            let found = format!("one class, `{first}`");
            return Err(Error::malformed(path, None, found, "at least two classes"));
        }
        let cut = without_tag(found.iter().map(|(_, word)| word.as_str()));
        if cut.is_some() {
            report.notes.push("parts of speech are cut off the words".to_owned());
        }
        let mut seen = BTreeSet::new();
        let n_rows = found.len();
        let members: Vec<(String, String)> = found
            .into_iter()
            .map(|(class, word)| {
                let word = cut.map_or(word.as_str(), |cut| cut(&word));
                (class, normalize(word))
            })
            .filter(|member| seen.insert(member.clone()))
            .collect();
        let n_repeated = n_rows - members.len();
        if n_repeated > 0 {
            let rows = if n_repeated == 1 { "row repeats" } else { "rows repeat" };
            report.notes.push(format!("{n_repeated} {rows} a word of the same class"));
        }
        Ok(Self { file: path.display().to_string(), members, report })
    }
}

/// Which columns hold the classes and the words.
struct ClassLayout {
    width: usize,
    class: usize,
    word: usize,
    first_is_heading: bool,
}

impl ClassLayout {
    fn of(sheet: &Sheet, rows: &[Row], path: &Path) -> Result<Self> {
        let Some(first) = rows.first() else {
            return Err(Error::malformed(path, None, "no word", "lines of a class and a word"));
        };
        let needed = SetKind::Categories;
        let other = |found| Err(Error::OtherSet { path: path.to_path_buf(), found, needed });
        let kind = looks_like(sheet);
        if let Some(found @ (SetKind::WordVectors | SetKind::OddOneOut)) = kind {
            return other(found);
        }
        let has_sections = sheet.lines.iter().any(|line| line.text.starts_with(':'));
        if let Some(found @ SetKind::Analogies) = kind.filter(|_| has_sections) {
            return other(found);
        }
        let width = first.cells.len();
        let names: Vec<String> = first.cells.iter().map(|it| heading_name(it)).collect();
        let position = |headings: &[&str]| {
            headings.iter().find_map(|heading| names.iter().position(|name| name == heading))
        };
        if let (Some(class), Some(word)) = (position(&CLASS_HEADINGS), position(&WORD_HEADINGS)) {
            return Ok(Self { width, class, word, first_is_heading: true });
        }
        let found = match width {
            2 => Some(two_columns(rows)),
            3.. => bless(rows).or_else(|| nested(rows, width)),
            _ => None,
        };
        let translations = || {
            let two = rows.iter().filter(|row| row.cells.len() == 2);
            width == 2 && are_translations(two.map(|row| [&*row.cells[0], &*row.cells[1]]))
        };
        match (found, kind) {
            (Some(_), _) if translations() => other(SetKind::Dictionary),
            (Some((class, word)), _) => Ok(Self { width, class, word, first_is_heading: false }),
            (None, Some(found)) if found != needed => other(found),
            _ => Err(bad_length(path, first)),
        }
    }
}

/// The class of a line and its words, which stand behind a colon or behind the class.
fn class_and_words(sheet: &Sheet, line: &SheetLine) -> Option<Vec<String>> {
    let Some((class, words)) = line.text.split_once(':') else {
        return sheet.cells(line).ok();
    };
    let words = sheet.delimiter.cells(words.trim()).ok()?;
    let class = std::iter::once(class.trim().to_owned());
    Some(class.chain(words.into_iter().map(Cow::into_owned)).collect())
}

/// Whether each line holds a class and all its words: all have a colon behind the class; or there
/// are at least two words in every line, more in some than in others, and nowhere a number.
fn are_class_lines(sheet: &Sheet, rows: &[Row]) -> bool {
    let has_colon = |line: &SheetLine| {
        let (class, words) = line.text.split_once(':').unwrap_or_default();
        !class.trim().is_empty() && words.split_whitespace().count() > 1
    };
    let n_with_colon = sheet.lines.iter().filter(|line| has_colon(line)).count();
    if sheet.lines.len() > 1 && n_with_colon == sheet.lines.len() {
        return true;
    }
    let widths: BTreeSet<usize> = rows.iter().map(|row| row.cells.len()).collect();
    let classes: BTreeSet<&String> = rows.iter().filter_map(|row| row.cells.first()).collect();
    let cells = || rows.iter().flat_map(|row| &row.cells);
    n_with_colon == 0
        && widths.len() > 1
        && widths.first().is_some_and(|&least| least > 2)
        && classes.len() == rows.len()
        && cells().all(|cell| !cell.is_empty() && number(cell).is_none())
        && !is_prose(rows)
}

/// Whether rows are sentences: short words that text repeats stand in several lines.
fn is_prose(rows: &[Row]) -> bool {
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    rows.iter().any(|row| {
        let words: BTreeSet<&str> = row.cells.iter().map(String::as_str).collect();
        words.into_iter().filter(|word| !seen.insert(word)).count() > 0
    })
}

fn bad_length(path: &Path, row: &Row) -> Error {
    let found = format!("{} field(s)", row.cells.len());
    let expected = "a class and a word, separated by a tab";
    Error::malformed(path, Some(row.number), found, expected)
}

/// The cells of a column, of rows that have it.
fn different(rows: &[Row], column: usize) -> usize {
    let cells = rows.iter().filter_map(|row| row.cells.get(column));
    cells.collect::<BTreeSet<_>>().len()
}

/// The columns of the class and the word, of two.
fn two_columns(rows: &[Row]) -> (usize, usize) {
    let classes_first = different(rows, 0) <= different(rows, 1);
    if classes_first { (0, 1) } else { (1, 0) }
}

/// Concept, class, relation and related word.
fn bless(rows: &[Row]) -> Option<(usize, usize)> {
    let is_bless = |row: &Row| row.cells.len() == 4 && BLESS_RELATIONS.contains(&&*row.cells[2]);
    rows.iter().all(is_bless).then_some((1, 0))
}

/// Words that are not repeated, and classes that are, finer and coarser ones.
fn nested(rows: &[Row], width: usize) -> Option<(usize, usize)> {
    let is_whole = |row: &Row| row.cells.len() == width;
    let has_number = |row: &Row| row.cells.iter().any(|cell| number(cell).is_some());
    if rows.len() < FEWEST_ROWS || !rows.iter().all(is_whole) || rows.iter().any(has_number) {
        return None;
    }
    let sizes: Vec<usize> = (0..width).map(|column| different(rows, column)).collect();
    let word = sizes.iter().position(|&size| size == rows.len())?;
    let others = || (0..width).filter(|&column| column != word);
    // Each class has two words or more on average.
    if others().any(|column| 2 * sizes[column] > rows.len()) {
        return None;
    }
    let class = others().max_by_key(|&column| (sizes[column], width - column))?;
    (sizes[class] > 1).then_some((class, word))
}

#[cfg(test)]
#[path = "class_members_tests.rs"]
mod tests;
