//! Sets of words for odd-one-out questions, as they are read: the 8-8-8 data set (Camacho-Collados
//! & Navigli 2016) as a CSV table, or lines of words.
//!
//! The table has a heading that names its columns, in any order: `outliers` and `words`, each a
//! list such as `['lion', "tiger"]` (as Python and JSON write them), and, if present, `category`,
//! the name of the section; other columns are skipped, and empty words too. Each outlier makes a
//! question. The lines, otherwise, are `: section`, or at least three words, the last of which is
//! the odd one.

use std::io::BufRead;
use std::path::Path;

use super::lines::{each_line, fields};
use super::questions::UNNAMED;
use crate::base::error::{Error, Result};

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
    /// Reads questions in either form; `normalize` writes a word as the vocabulary does, `path`
    /// names the stream.
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
        let mut sections: Vec<OddSection> = Vec::new();
        let mut columns: Option<Columns> = None;
        let mut is_first = true;
        each_line(input, path, |line, number| {
            if std::mem::take(&mut is_first) {
                columns = Columns::from_heading(line);
                if columns.is_some() {
                    return Ok(());
                }
            }
            let bad = |LineFault { found, expected }| {
                Error::malformed(path, Some(number), found, expected)
            };
            if let Some(columns) = &columns {
                let (name, OddSet { words, outliers }) = columns.row(line).map_err(bad)?;
                let [words, outliers] = [words, outliers]
                    .map(|words| words.iter().map(|word| normalize(word)).collect());
                sections.push(OddSection { name, sets: vec![OddSet { words, outliers }] });
            } else if let Some(name) = line.strip_prefix(':') {
                sections.push(OddSection { name: name.trim().to_owned(), sets: Vec::new() });
            } else {
                let found = fields(line);
                if found.len() < 3 || found.iter().any(|word| word.is_empty()) {
                    let n_words = found.iter().filter(|word| !word.is_empty()).count();
                    return Err(bad(LineFault::new(
                        format!("{n_words} word(s) in {} field(s)", found.len()),
                        A_LINE,
                    )));
                }
                if sections.is_empty() {
                    sections.push(OddSection { name: UNNAMED.to_owned(), sets: Vec::new() });
                }
                let mut words: Vec<String> = found.into_iter().map(normalize).collect();
                let outliers = words.pop().into_iter().collect();
                let section = sections.last_mut().expect("one was pushed if there was none");
                section.sets.push(OddSet { words, outliers });
            }
            Ok(())
        })?;
        if sections.iter().all(|section| section.sets.is_empty()) {
            return Err(Error::malformed(
                path,
                None,
                "no question",
                "a table headed `category,outliers,words`, or lines of at least three words",
            ));
        }
        Ok(Self { file: path.display().to_string(), sections })
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
    pub(super) fn len(&self) -> usize {
        self.sets.iter().map(|set| set.outliers.len()).sum()
    }
}

/// What a line holds, and what it should hold.
struct LineFault {
    found: String,
    expected: String,
}

impl LineFault {
    fn new(found: impl Into<String>, expected: impl Into<String>) -> Self {
        Self { found: found.into(), expected: expected.into() }
    }
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
    fn from_heading(line: &str) -> Option<Self> {
        let names = record(line).ok()?;
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
    fn row(&self, line: &str) -> std::result::Result<(String, OddSet), LineFault> {
        let row = record(line)?;
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

/// The fields of one line of CSV (RFC 4180): between commas; in quotes they may hold commas, and
/// quotes that are doubled.
fn record(line: &str) -> std::result::Result<Vec<String>, LineFault> {
    let mut row = vec![String::new()];
    let mut characters = line.chars().peekable();
    let mut is_quoted = false;
    while let Some(character) = characters.next() {
        let field = row.last_mut().expect("a row begins with a field");
        match character {
            '"' if is_quoted && characters.peek() == Some(&'"') => {
                characters.next();
                field.push('"');
            }
            '"' if is_quoted => {
                is_quoted = false;
                if characters.peek().is_some_and(|&next| next != ',') {
                    let found = format!("text behind the quotes of field {}", row.len());
                    return Err(LineFault::new(
                        found,
                        "a comma, or two quotes for one within a field",
                    ));
                }
            }
            '"' if field.is_empty() => is_quoted = true,
            ',' if !is_quoted => row.push(String::new()),
            _ => field.push(character),
        }
    }
    if is_quoted {
        return Err(LineFault::new(
            format!("quotes that are not closed in field {}", row.len()),
            "a row on one line",
        ));
    }
    Ok(row)
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
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &[u8]) -> Result<OddSets> {
        OddSets::read(text, Path::new("o.csv"), &|word: &str| word.to_lowercase())
    }

    fn set(words: &[&str], outliers: &[&str]) -> OddSet {
        let [words, outliers] =
            [words, outliers].map(|words| words.iter().map(|&word| word.to_owned()).collect());
        OddSet { words, outliers }
    }

    #[test]
    fn a_table_of_lists_is_read() {
        let table = r#",category,outliers,words
0,Cats,"['Dog', ""Cat's"", '']","['Tiger', 'lion', 'Bogot\u00e1\xe9', 'a\\b']"
1,"Big, small","[""oven"" , ]","['a' , 'b','']"
"#;
        let sets = read(table.as_bytes()).unwrap();
        let names: Vec<&str> = sets.sections.iter().map(|section| section.name.as_str()).collect();
        assert_eq!(names, ["Cats", "Big, small"]);
        assert_eq!(
            sets.sections[0].sets,
            [set(&["tiger", "lion", "bogotáé", "a\\b"], &["dog", "cat's"])]
        );
        assert_eq!(sets.sections[1].sets, [set(&["a", "b"], &["oven"])]);
        assert_eq!(sets.len(), 3);
        let plain = read(b"\xEF\xBB\xBFWords,Outliers\r\n\"['a', 'b']\",['c']\r\n").unwrap();
        assert_eq!(
            plain.sections,
            [OddSection { name: "questions".to_owned(), sets: vec![set(&["a", "b"], &["c"])] }]
        );
    }

    #[test]
    fn lines_of_words_are_read() {
        let sets = read(b"a b c\n: Two words\nNew York\tRome\toven\n\na,b,c,d\n: none\n").unwrap();
        assert_eq!(sets.len(), 3);
        assert_eq!(sets.sections[0].sets, [set(&["a", "b"], &["c"])]);
        assert_eq!(
            sets.sections[1].sets,
            [set(&["new york", "rome"], &["oven"]), set(&["a", "b", "c"], &["d"])]
        );
        assert_eq!((sets.sections[2].name.as_str(), sets.sections[2].sets.len()), ("none", 0));
    }

    #[test]
    fn other_lines_are_named() {
        let fails = |text: &str, message: &str| {
            assert_eq!(read(text.as_bytes()).unwrap_err().to_string(), message)
        };
        let lines = "at least three words, the last being the odd one, or `: section`, or a table \
                     headed `category,outliers,words`";
        let found = |line: u32, n_fields: u32| {
            format!(
                "`o.csv`, line {line}: found 2 word(s) in {n_fields} field(s), expected {lines}"
            )
        };
        fails(": x\na b\n", &found(2, 2));
        fails("a,b,\n", &found(1, 3));
        let no_question = "`o.csv`: found no question, expected a table headed \
                           `category,outliers,words`, or lines of at least three words";
        fails("", no_question);
        fails(": x\n", no_question);
    }

    #[test]
    fn other_rows_of_a_table_are_named() {
        let fails = |text: &str, message: &str| {
            assert_eq!(read(text.as_bytes()).unwrap_err().to_string(), message)
        };
        let in_table = |row: &str, message: &str| {
            fails(&format!("outliers,words\n{row}\n"), &format!("`o.csv`, line 2: found {message}"))
        };
        in_table("['a']", "1 field(s), expected 2, as in the heading");
        in_table("['a'],['b'],['c']", "3 field(s), expected 2, as in the heading");
        in_table(
            "\"['a'],['b']",
            "quotes that are not closed in field 1, expected a row on one line",
        );
        in_table(
            "\"['a']\"x,['b']",
            "text behind the quotes of field 1, expected a comma, or two quotes for one within a \
             field",
        );
        in_table(
            "['a'],['b']",
            "1 word(s) and 1 outlier(s), expected at least two words and one outlier",
        );
        in_table(
            "[''],\"['b', 'c']\"",
            "2 word(s) and 0 outlier(s), expected at least two words and one outlier",
        );
        let list = "expected a list of words such as `['lion', 'tiger']`";
        for bad in [
            "a b",
            "['a'",
            "['a]",
            "[a]",
            "['a' 'b']",
            "['\\q']",
            "['\\xg0']",
            "['\\u12']",
            "['\\ud800']",
            "['\\",
            "[]]",
            "[",
        ] {
            in_table(&format!("{bad},['b']"), &format!("`{}`, {list}", bad.escape_debug()));
        }
        in_table(&format!("{},['b']", "é".repeat(50)), &format!("`{}...`, {list}", "é".repeat(40)));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(
            heading in "(,category,outliers,words\n|words,outliers\n|)",
            rows in "([0-9a\\[\\]'\",\\\\xué \t:]{0,24}\n){0,5}",
        ) {
            if let Ok(sets) = read(format!("{heading}{rows}").as_bytes()) {
                prop_assert!(!sets.is_empty());
            }
        }

        #[test]
        fn what_was_written_is_read(
            words in proptest::collection::vec("[a-zé'\"\\\\, ]{0,5}[a-z]", 3..9),
        ) {
            let quoted =
                |word: &String| format!("'{}'", word.replace('\\', "\\\\").replace('\'', "\\'"));
            let written = |words: &[String]| {
                let list = words.iter().map(quoted).collect::<Vec<_>>().join(", ");
                format!("\"[{}]\"", list.replace('"', "\"\""))
            };
            let (outliers, belonging) = words.split_at(1);
            let table = format!("outliers,words\n{},{}\n", written(outliers), written(belonging));
            let sets = read(table.as_bytes()).unwrap();
            let trimmed =
                |words: &[String]| words.iter().map(|word| word.trim().to_owned()).collect();
            let expected = OddSet { words: trimmed(belonging), outliers: trimmed(outliers) };
            prop_assert_eq!(&sets.sections[0].sets[0], &expected);
        }
    }
}
