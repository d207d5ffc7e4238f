//! Sets of words for odd-one-out questions, as they are read: the 8-8-8 data set (Camacho-Collados
//! & Navigli 2016) as a CSV table, or lines of words.
//!
//! The table has a heading that names its columns, in any order: `outliers` and `words`, each a
//! list such as `['lion', "tiger"]` (as Python and JSON write them), and, if present, `category`,
//! the name of the section; other columns are skipped, and empty words too. Each outlier makes a
//! question. The lines, otherwise, are `: section`, or at least three words, the last of which is
//! the odd one, or the one in the column that a heading such as `odd,word1,word2,word3` names so.
//! Or a file holds one set, an item a line, and behind a blank line its outliers; many
//! such files are a folder or an archive, as the authors of 8-8-8 hand it out.

use std::io::BufRead;
use std::path::Path;

use super::headings::odd_place;
use super::lines::fields;
use super::questions::UNNAMED;
use crate::base::error::{Error, Result};
use crate::base::set_kind::SetKind;
use crate::input::TextSource;
use crate::tables::{
    Comments, Delimiter, LineFault, Sheet, SheetLine, TableReport, are_analogies, looks_like,
    members, refuse_text, stem,
};

/// What a line of words should hold.
const A_LINE: &str = "at least three words, the last being the odd one, or `: section`, or a table \
                      headed `category,outliers,words`";

/// What a column of lists should hold.
const A_LIST: &str = "a list of words such as `['lion', 'tiger']`";

/// A file of odd-one-out questions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OddSets {
    /// The file's name, for the report.
    pub file: String,
    /// The sections in the order of the file; some may be empty.
    pub sections: Vec<OddSection>,
    /// What was taken from the file; its rows are sets.
    pub report: TableReport,
}

/// The sets under one heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OddSection {
    /// The heading, or the category of the table's row.
    pub name: String,
    /// Sets, each with at least one question.
    pub sets: Vec<OddSet>,
}

/// Words that belong together, and others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OddSet {
    /// At least two words that belong together.
    pub words: Vec<String>,
    /// Words that do not belong to them, at least one; each is asked for on its own.
    pub outliers: Vec<String>,
}

impl OddSets {
    /// Reads a file, or all files of a folder or an archive: a section each.
    ///
    /// # Errors
    /// As [`OddSets::read`] and [`TextSource::open`].
    pub fn open(source: impl Into<TextSource>, normalize: &dyn Fn(&str) -> String) -> Result<Self> {
        let source = source.into();
        let path = source.path();
        let Some(files) = members(&source)? else {
            return Self::read(source.open()?, path, normalize);
        };
        let mut all: Option<Self> = None;
        for (path, text) in &files.files {
            let read = Self::read(text.as_bytes(), path, normalize)?;
            match &mut all {
                None => all = Some(read),
                Some(all) => {
                    all.sections.extend(read.sections);
                    all.report.add(read.report);
                }
            }
        }
        let mut all = all.expect("there is a file");
        all.report.notes.insert(0, format!("{} files", files.files.len()));
        all.report.notes.extend(files.note());
        all.file = path.display().to_string();
        Ok(all)
    }

    /// Reads questions in any of the forms; `normalize` writes a word as the vocabulary does,
    /// `path` names the stream.
    ///
    /// ```
    /// use eigenlex::evaluate::OddSets;
    /// let table = "category,outliers,words\n\
    ///              Meals,\"['cereal', 'Spoon']\",\"['breakfast', 'lunch', 'dinner']\"\n";
    /// let lower = |word: &str| word.to_lowercase();
    /// let sets = OddSets::read(table.as_bytes(), "odd.csv".as_ref(), &lower)?;
    /// assert_eq!((sets.sections[0].name.as_str(), sets.len()), ("Meals", 2));
    /// let lines = ": Meals\nbreakfast lunch dinner cereal\nbreakfast lunch dinner spoon\n";
    /// assert_eq!(OddSets::read(lines.as_bytes(), "odd.txt".as_ref(), &lower)?.len(), 2);
    /// # Ok::<(), eigenlex::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Malformed`] with the line; [`Error::Io`] if the stream fails.
    pub fn read(
        input: impl BufRead,
        path: &Path,
        normalize: &dyn Fn(&str) -> String,
    ) -> Result<Self> {
        let sheet = Sheet::read(input, path, Comments::Anywhere, &|it| refuse_other(it, path))?;
        let mut report = sheet.report();
        let sections = match columns_of(&sheet) {
            Some(columns) => {
                report.take("words", columns.words, Some("words"));
                report.take("outliers", columns.outliers, Some("outliers"));
                of_table(&sheet, &columns, path)?
            }
            None if is_block(&sheet) => {
                report.notes.push("words, and behind a blank line the outliers".to_owned());
                vec![of_block(&sheet, path)]
            }
            None => of_lines(&sheet, path, &mut report)?,
        };
        if sections.iter().all(|section| section.sets.is_empty()) {
            let expected =
                "a table headed `category,outliers,words`, or lines of at least three words";
            return Err(Error::malformed(path, None, "no question", expected));
        }
        report.rows = sections.iter().map(|section| section.sets.len()).sum();
        let spelled = |section: OddSection| section.spelled(normalize);
        let sections = sections.into_iter().map(spelled).collect();
        Ok(Self { file: path.display().to_string(), sections, report })
    }

    /// Number of questions.
    pub fn len(&self) -> usize {
        self.sections.iter().map(OddSection::len).sum()
    }

    /// Whether there is no question.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl OddSection {
    fn named(name: &str) -> Self {
        Self { name: name.to_owned(), sets: Vec::new() }
    }

    fn spelled(self, normalize: &dyn Fn(&str) -> String) -> Self {
        let spelled = |words: Vec<String>| words.iter().map(|word| normalize(word)).collect();
        let sets = self.sets.into_iter().map(|OddSet { words, outliers }| OddSet {
            words: spelled(words),
            outliers: spelled(outliers),
        });
        Self { name: self.name, sets: sets.collect() }
    }

    pub(super) fn len(&self) -> usize {
        self.sets.iter().map(|set| set.outliers.len()).sum()
    }
}

/// Refuses files that are no questions.
fn refuse_other(sheet: &Sheet, path: &Path) -> Result<()> {
    refuse_text(sheet, path, SetKind::OddOneOut)?;
    let found = match looks_like(sheet) {
        Some(found @ SetKind::Analogies) if are_analogies(sheet) => found,
        Some(found @ (SetKind::WordVectors | SetKind::ScoredPairs)) => found,
        Some(found @ (SetKind::Dictionary | SetKind::Categories | SetKind::WordList))
            if !is_block(sheet) =>
        {
            found
        }
        _ => return Ok(()),
    };
    Err(Error::OtherSet { path: path.to_path_buf(), found, needed: SetKind::OddOneOut })
}

/// The columns of a table with a heading; `None` for lines of words.
fn columns_of(sheet: &Sheet) -> Option<Columns> {
    Columns::from_heading(&sheet.cells(sheet.lines.first()?).ok()?)
}

/// The rows of a table, a section each.
fn of_table(sheet: &Sheet, columns: &Columns, path: &Path) -> Result<Vec<OddSection>> {
    let mut sections = Vec::new();
    for line in &sheet.lines[1..] {
        let row = sheet.cells(line).and_then(|row| columns.row(&row));
        let (name, set) = row.map_err(|fault| {
            Error::malformed(path, Some(line.number), fault.found, fault.expected)
        })?;
        sections.push(OddSection { name, sets: vec![set] });
    }
    Ok(sections)
}

/// Sections and lines of words, of which the last is the odd one, or the one that a heading names.
fn of_lines(sheet: &Sheet, path: &Path, report: &mut TableReport) -> Result<Vec<OddSection>> {
    let heading = sheet.lines.first().and_then(|line| sheet.cells(line).ok());
    let heading = heading.and_then(|names| Some((odd_place(&names)?, names)));
    if let Some((odd, names)) = &heading {
        report.take("odd one", *odd, Some(&names[*odd]));
        let others = (0..names.len()).filter(|place| place != odd);
        others.for_each(|place| report.take("word", place, Some(&names[place])));
    }
    let n_empty = empty_columns(sheet);
    let mut sections: Vec<OddSection> = Vec::new();
    for line in &sheet.lines[usize::from(heading.is_some())..] {
        if let Some(name) = line.text.strip_prefix(':') {
            sections.push(OddSection::named(name.trim()));
            continue;
        }
        let bad = |found: String, expected: &str| {
            Error::malformed(path, Some(line.number), found, expected)
        };
        let cells = sheet.cells(line).map_err(|fault| bad(fault.found, &fault.expected))?;
        let mut words: Vec<String> = match cells.len() {
            0..=2 => fields(&line.text).into_iter().map(str::to_owned).collect(),
            n_cells => cells.into_iter().take((n_cells - n_empty.min(n_cells)).max(3)).collect(),
        };
        if let Some((_, names)) = heading.as_ref().filter(|(_, names)| names.len() != words.len()) {
            let found = format!("{} field(s)", words.len());
            return Err(bad(found, &format!("{}, as in the heading", names.len())));
        }
        if words.len() < 3 || words.iter().any(String::is_empty) {
            let n_words = words.iter().filter(|word| !word.is_empty()).count();
            return Err(bad(format!("{n_words} word(s) in {} field(s)", words.len()), A_LINE));
        }
        if sections.is_empty() {
            sections.push(OddSection::named(UNNAMED));
        }
        let odd = heading.as_ref().map_or(words.len() - 1, |(odd, _)| *odd);
        let outliers = vec![words.remove(odd)];
        let section = sections.last_mut().expect("one was pushed if there was none");
        section.sets.push(OddSet { words, outliers });
    }
    Ok(sections)
}

/// Columns at the end that are empty in all lines.
fn empty_columns(sheet: &Sheet) -> usize {
    let lines = sheet.lines.iter().filter(|line| !line.text.starts_with(':'));
    let n_empty = |line| {
        sheet.cells(line).map_or(0, |it| it.iter().rev().take_while(|it| it.is_empty()).count())
    };
    lines.map(n_empty).min().unwrap_or(0)
}

/// Whether the lines are items of one set, then a blank line and the outliers, as in the files of
/// the 8-8-8 data set.
fn is_block(sheet: &Sheet) -> bool {
    let mut gaps = (1..sheet.lines.len()).filter(|&place| sheet.lines[place].after_blank);
    let (first, second) = (gaps.next(), gaps.next());
    let is_plain = |line: &&SheetLine| !line.text.starts_with(':');
    let n_single = sheet.lines.iter().filter(|line| !line.text.trim().contains(' ')).count();
    first.is_some_and(|place| place >= 2)
        && second.is_none()
        && sheet.delimiter == Delimiter::Spaces
        && sheet.lines.iter().all(|line| is_plain(&line))
        && 2 * n_single > sheet.lines.len()
}

fn of_block(sheet: &Sheet, path: &Path) -> OddSection {
    let gap = (1..sheet.lines.len()).find(|&place| sheet.lines[place].after_blank);
    let (words, outliers) = sheet.lines.split_at(gap.unwrap_or(sheet.lines.len()));
    let items = |lines: &[SheetLine]| {
        lines.iter().map(|line| line.text.trim().to_owned()).collect::<Vec<String>>()
    };
    let set = OddSet { words: items(words), outliers: items(outliers) };
    OddSection { name: stem(path), sets: vec![set] }
}

/// The positions of the columns of a table.
struct Columns {
    n_columns: usize,
    words: usize,
    outliers: usize,
    category: Option<usize>,
}

impl Columns {
    /// `None` if the line does not name the two columns that are needed.
    fn from_heading(names: &[String]) -> Option<Self> {
        let column =
            |wanted: &str| names.iter().position(|name| name.trim().eq_ignore_ascii_case(wanted));
        Some(Self {
            n_columns: names.len(),
            words: column("words")?,
            outliers: column("outliers")?,
            category: column("category"),
        })
    }

    /// The name and the set of a row, as they are written.
    fn row(&self, row: &[String]) -> std::result::Result<(String, OddSet), LineFault> {
        if row.len() != self.n_columns {
            return Err(LineFault::new(
                format!("{} field(s)", row.len()),
                format!("{}, as in the heading", self.n_columns),
            ));
        }
        let words = list(&row[self.words])?;
        let outliers = list(&row[self.outliers])?;
        if words.len() < 2 || outliers.is_empty() {
            let found = format!("{} word(s) and {} outlier(s)", words.len(), outliers.len());
            return Err(LineFault::new(found, "at least two words and one outlier"));
        }
        let name = self.category.map_or(UNNAMED, |column| row[column].trim()).to_owned();
        Ok((name, OddSet { words, outliers }))
    }
}

/// The words of a list as Python or JSON write it, those that are empty left out.
fn list(text: &str) -> std::result::Result<Vec<String>, LineFault> {
    let bad = || LineFault::new(excerpt(text), A_LIST);
    let mut rest = text
        .trim()
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'))
        .ok_or_else(bad)?
        .trim();
    let mut words = Vec::new();
    while !rest.is_empty() {
        let quote =
            rest.chars().next().filter(|quote| ['\'', '"'].contains(quote)).ok_or_else(bad)?;
        let (word, after) = string(&rest[1..], quote).ok_or_else(bad)?;
        if !word.trim().is_empty() {
            words.push(word.trim().to_owned());
        }
        rest = after.trim_start();
        if !rest.is_empty() {
            rest = rest.strip_prefix(',').ok_or_else(bad)?.trim_start();
        }
    }
    Ok(words)
}

/// A string up to its closing quote, with its escapes undone, and what follows it.
fn string(text: &str, quote: char) -> Option<(String, &str)> {
    let mut word = String::new();
    let mut characters = text.char_indices();
    while let Some((position, character)) = characters.next() {
        if character == quote {
            return Some((word, &text[position + 1..]));
        }
        if character != '\\' {
            word.push(character);
            continue;
        }
        let (position, escape) = characters.next()?;
        let n_digits = match escape {
            '\\' | '\'' | '"' | '/' => {
                word.push(escape);
                continue;
            }
            'x' => 2,
            'u' => 4,
            _ => return None,
        };
        let digits = text
            .get(position + 1..position + 1 + n_digits)
            .filter(|digits| digits.bytes().all(|it| it.is_ascii_hexdigit()))?;
        word.push(char::from_u32(u32::from_str_radix(digits, 16).ok()?)?);
        characters.nth(n_digits - 1)?;
    }
    None
}

/// Text for a message, cut short.
fn excerpt(text: &str) -> String {
    /// Characters of a field that a message quotes.
    const LONGEST: usize = 40;
    match text.char_indices().nth(LONGEST) {
        None => format!("`{}`", text.escape_debug()),
        Some((end, _)) => format!("`{}...`", text[..end].escape_debug()),
    }
}

#[cfg(test)]
#[path = "odd_sets_tests.rs"]
mod tests;
