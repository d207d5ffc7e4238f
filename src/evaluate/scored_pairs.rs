//! Pairs of words with scores by people, as their authors hand them out.
//!
//! In: a table whose columns may be named and in any order: WordSim-353 (Finkelstein et al. 2002),
//! RG (Rubenstein & Goodenough 1965), YP (Yang & Powers 2006), MEN in both forms (Bruni, Tran &
//! Baroni 2014), MTurk (Radinsky et al. 2011), RW (Luong, Socher & Manning 2013), SCWS by its words
//! alone (Huang et al. 2012), SimLex-999 (Hill, Reichart & Korhonen 2015), SimVerb-3500 (Gerz et
//! al. 2016), SemEval-2017 task 2 (Camacho-Collados et al. 2017), Multi-SimLex (Vulić et al. 2020).
//! Out: two words and a score each, and which columns these are.
//!
//! The words are the columns named alike but for 1 and 2, else the first two that hold neither
//! numbers nor labels. The score is the column with the name of one; else the mean of columns that
//! each hold what one annotator said; else the first column of numbers behind the words, or the
//! last one before them.

use std::collections::BTreeSet;
use std::io::BufRead;
use std::path::{Path, PathBuf};

use crate::base::error::{Error, Result};
use crate::base::set_kind::SetKind;
use crate::input::{TextReader, TextSource};
use crate::tables::{
    ColumnKind, Columns, Comments, Delimiter, Row, Sheet, TableReport, heading_name, is_missing,
    looks_like, number, refuse_text, without_tag,
};

/// What a row should hold.
const EXPECTED: &str = "two words and a finite score";

/// What to do about a decimal comma in a table whose cells are separated by commas.
const DECIMAL_COMMAS: &str = "put quotes around numbers with decimal commas, or separate the cells \
                              by semicolons or tabs";

/// Names of the column with the score, without blanks, signs and capitals.
const SCORES: [&str; 28] = [
    "score",
    "scores",
    "mean",
    "meanscore",
    "average",
    "averagescore",
    "avg",
    "avgscore",
    "human",
    "humanmean",
    "humanscore",
    "humanrating",
    "rating",
    "ratings",
    "meanrating",
    "averagerating",
    "similarity",
    "sim",
    "relatedness",
    "gold",
    "goldscore",
    "goldstandard",
    "simlex999",
    "simlex",
    "simverb3500",
    "mittelwert",
    "gutachten",
    "bewertung",
];

/// What the names of the columns of single annotators begin with; a number follows.
const ANNOTATORS: [&str; 9] =
    ["annotator", "ann", "rater", "rating", "judge", "subject", "human", "score", "a"];

/// A file of word pairs with scores by people.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoredPairs {
    /// The file's name, for the report.
    pub file: String,
    /// Two words and their score, on any scale; finite. An item of several words has single spaces
    /// between them.
    pub pairs: Vec<(String, String, f64)>,
    /// What was taken from the file.
    pub report: TableReport,
}

impl ScoredPairs {
    /// Reads a file. Scores that stand in a file of their own are found beside it, as SemEval-2017
    /// task 2 hands them out: `data/en.test.data.txt` and `keys/en.test.gold.txt`.
    ///
    /// # Errors
    /// As [`ScoredPairs::read`] and [`TextSource::open`].
    pub fn open(source: impl Into<TextSource>, normalize: &dyn Fn(&str) -> String) -> Result<Self> {
        let source = source.into();
        let path = source.path();
        match gold_beside(path) {
            None => Self::read(source.open()?, path, normalize),
            Some(gold) => {
                let scores = TextSource::new(&gold).encoding(source.given_encoding());
                Self::with_scores(source.open()?, path, &scores, normalize)
            }
        }
    }

    /// Reads pairs; `normalize` spells a word as in the vocabulary, `path` names the stream.
    ///
    /// Cells are separated by tabs, semicolons, commas, colons or spaces. The first row may be a
    /// heading, and so may the comment above it; lines that begin with `#` are comments. Numbers
    /// may have a decimal comma. Parts of speech are cut off the words if all of them have one
    /// (`king-n`). Rows without a score or a word are left out, which the report says.
    ///
    /// ```
    /// use eigenlex::evaluate::ScoredPairs;
    /// let file = "word1;word2;POS;score\nTiger;cat;N;7,35\n";
    /// let lower = |word: &str| word.to_lowercase();
    /// let pairs = ScoredPairs::read(file.as_bytes(), "pairs.csv".as_ref(), &lower)?;
    /// assert_eq!(pairs.pairs, [("tiger".to_owned(), "cat".to_owned(), 7.35)]);
    /// assert_eq!(pairs.report.columns[2].heading.as_deref(), Some("score"));
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
            refuse_text(sheet, path, SetKind::ScoredPairs)?;
            PairLayout::of(sheet, &sheet.rows(path)?, path).map(drop)
        };
        let sheet = Sheet::read(input, path, Comments::Anywhere, &check)?;
        let rows = sheet.rows(path)?;
        let layout = PairLayout::of(&sheet, &rows, path)?;
        refuse_other_lines(&sheet, &rows, layout.first_is_heading, path)?;
        let mut report = sheet.report();
        let name = |place: usize| layout.heading.as_ref().map(|names| names[place].as_str());
        layout.words.iter().for_each(|&place| report.take("word", place, name(place)));
        layout.scores.iter().for_each(|&place| report.take("score", place, name(place)));
        if layout.scores.len() > 1 {
            let n = layout.scores.len();
            report.notes.push(format!("the score is the mean of what {n} annotators said"));
        }
        report.notes.extend(layout.maybe_decimal_commas(&sheet, &rows));
        let mut pairs: Vec<(String, String, f64)> = Vec::new();
        for row in &rows[usize::from(layout.first_is_heading)..] {
            match layout.pair(row) {
                Ok((left, right, score)) => pairs.push((left.to_owned(), right.to_owned(), score)),
                Err(PairFault::LeftOut(reason)) => report.leave_out(reason, row.number),
                Err(PairFault::Bad(found)) => {
                    return Err(Error::malformed(path, Some(row.number), found, EXPECTED));
                }
            }
        }
        Self::finish(path, pairs, report, normalize)
    }

    /// Two words a line, with their scores in another file, one a line.
    fn with_scores(
        input: TextReader<'static>,
        path: &Path,
        scores: &TextSource,
        normalize: &dyn Fn(&str) -> String,
    ) -> Result<Self> {
        let sheet = Sheet::read(input, path, Comments::Anywhere, &|_| Ok(()))?;
        let values = scores.read()?;
        let values: Vec<&str> = values.lines().filter(|line| !line.trim().is_empty()).collect();
        let rows = sheet.rows(path)?;
        if values.len() != rows.len() {
            let found = format!("{} scores", values.len());
            let expected = format!("{}, one for each pair of `{}`", rows.len(), path.display());
            return Err(Error::malformed(scores.path(), None, found, expected));
        }
        let mut report = sheet.report();
        report.take("word", 0, None);
        report.take("word", 1, None);
        report.notes.push(format!("the scores are those of `{}`", scores.path().display()));
        let mut pairs = Vec::new();
        for ((row, value), line) in rows.iter().zip(values).zip(1..) {
            let [left, right] = &row.cells[..] else {
                let found = format!("{} field(s)", row.cells.len());
                return Err(Error::malformed(path, Some(row.number), found, "two words"));
            };
            match number(value.trim()) {
                Some(score) if score.is_finite() => {
                    pairs.push((left.clone(), right.clone(), score));
                }
                _ => {
                    let found = format!("`{}`", value.trim());
                    return Err(Error::malformed(scores.path(), Some(line), found, "a score"));
                }
            }
        }
        Self::finish(path, pairs, report, normalize)
    }

    fn finish(
        path: &Path,
        mut pairs: Vec<(String, String, f64)>,
        mut report: TableReport,
        normalize: &dyn Fn(&str) -> String,
    ) -> Result<Self> {
        if pairs.is_empty() {
            return Err(Error::malformed(path, None, "no pair", "lines of two words and a score"));
        }
        let words = pairs.iter().flat_map(|(left, right, _)| [left.as_str(), right.as_str()]);
        if let Some(cut) = without_tag(words) {
            for word in pairs.iter_mut().flat_map(|(left, right, _)| [left, right]) {
                *word = cut(word).to_owned();
            }
            report.notes.push("parts of speech are cut off the words".to_owned());
        }
        for word in pairs.iter_mut().flat_map(|(left, right, _)| [left, right]) {
            let spaced = word.split_whitespace().collect::<Vec<_>>().join(" ");
            *word = normalize(&spaced);
        }
        let mut seen = BTreeSet::new();
        let in_order = |left, right| if left <= right { [left, right] } else { [right, left] };
        let n_repeated =
            pairs.iter().filter(|(left, right, _)| !seen.insert(in_order(left, right))).count();
        if n_repeated > 0 {
            let rows = if n_repeated == 1 { "row repeats" } else { "rows repeat" };
            report.notes.push(format!("{n_repeated} {rows} a pair, and all count"));
        }
        report.rows = pairs.len();
        Ok(Self { file: path.display().to_string(), pairs, report })
    }
}

/// Which columns hold the words and the score.
struct PairLayout {
    heading: Option<Vec<String>>,
    first_is_heading: bool,
    words: [usize; 2],
    /// One, or those of the annotators.
    scores: Vec<usize>,
}

/// Why a row is no pair.
enum PairFault {
    LeftOut(&'static str),
    Bad(String),
}

impl PairLayout {
    fn of(sheet: &Sheet, rows: &[Row], path: &Path) -> Result<Self> {
        let no_pair = || Error::malformed(path, None, "no pair", "lines of two words and a score");
        let first = rows.first().ok_or_else(no_pair)?;
        let kind = looks_like(sheet);
        let other = |found| {
            Err(Error::OtherSet { path: path.to_path_buf(), found, needed: SetKind::ScoredPairs })
        };
        if let Some(found @ (SetKind::WordVectors | SetKind::OddOneOut)) = kind {
            return other(found);
        }
        let width = first.cells.len();
        let columns = Columns::of(rows, width);
        let names: Vec<String> = first.cells.iter().map(|cell| heading_name(cell)).collect();
        let is_named = |place: &usize| SCORES.contains(&names[*place].as_str());
        if rows.len() == 1 && (0..width).any(|place| is_named(&place)) {
            return Err(no_pair());
        }
        let is_number_above =
            |place: usize| number(&first.cells[place]).is_some() || is_missing(&first.cells[place]);
        // Below a heading are numbers that it is not one of.
        let first_is_heading =
            columns.places(ColumnKind::Numbers).any(|place| !is_number_above(place));
        let above = sheet.heading_in_comment(width).filter(|_| !first_is_heading);
        if first_is_heading && is_too_long(rows) {
            let expected = format!("{}, as in the other lines", n_cells(&rows[1]));
            let found = format!("{} cells", n_cells(first));
            return Err(Error::malformed(path, Some(first.number), found, expected));
        }
        let heading = if first_is_heading { Some(first.cells.clone()) } else { above };
        let names: Vec<String> = heading.iter().flatten().map(|it| heading_name(it)).collect();
        let words = words_of(rows, &columns, &names);
        let scores = words.map(|words| scores_of(rows, &columns, &names, words));
        match (words, scores) {
            (Some(words), Some(scores)) if !scores.is_empty() => {
                Ok(Self { heading, first_is_heading, words, scores })
            }
            _ => match kind {
                Some(found) if found != SetKind::ScoredPairs => other(found),
                _ => {
                    let found = match width {
                        0..=2 => format!("{width} field(s)"),
                        _ => "no column of numbers behind two words".to_owned(),
                    };
                    Err(Error::malformed(path, Some(first.number), found, "two words and a score"))
                }
            },
        }
    }

    /// A note on two columns of whole numbers between commas, which may be one of numbers with
    /// decimal commas: what several people said looks the same.
    fn maybe_decimal_commas(&self, sheet: &Sheet, rows: &[Row]) -> Option<String> {
        let [whole] = self.scores[..] else { return None };
        let is_whole =
            |cell: &String| !cell.is_empty() && cell.bytes().all(|byte| byte.is_ascii_digit());
        let are_whole = |row: &Row| {
            n_cells(row) == whole + 2 && row.cells[whole..].iter().take(2).all(is_whole)
        };
        (sheet.delimiter == Delimiter::Comma
            && self.heading.is_none()
            && rows.iter().all(are_whole))
        .then(|| {
            let (left, right) = (whole + 1, whole + 2);
            format!("if columns {left} and {right} are one score, {DECIMAL_COMMAS}")
        })
    }

    fn pair<'a>(&self, row: &'a Row) -> std::result::Result<(&'a str, &'a str, f64), PairFault> {
        let bad_length = || PairFault::Bad(format!("{} field(s)", row.cells.len()));
        let cell = |place: usize| row.cells.get(place).map(String::as_str);
        let [left, right] = self.words.map(cell);
        let (left, right) = (left.ok_or_else(bad_length)?, right.ok_or_else(bad_length)?);
        let (mut sum, mut n_scores) = (0.0, 0);
        for &place in &self.scores {
            let score = cell(place).ok_or_else(bad_length)?;
            if is_missing(score) {
                continue;
            }
            match number(score) {
                Some(value) if value.is_finite() => (sum, n_scores) = (sum + value, n_scores + 1),
                _ => return Err(PairFault::Bad(format!("`{left}`, `{right}`, `{score}`"))),
            }
        }
        match () {
            () if left.is_empty() || right.is_empty() => Err(PairFault::LeftOut("no word")),
            () if n_scores == 0 => Err(PairFault::LeftOut("no score")),
            () => Ok((left, right, sum / f64::from(n_scores))),
        }
    }
}

/// Cells of a row without empty ones at its end.
fn n_cells(row: &Row) -> usize {
    row.cells.iter().rposition(|cell| !cell.is_empty()).map_or(0, |last| last + 1)
}

/// Whether the first of some rows is longer than all others, and ends with a number, which names
/// no column.
fn is_too_long(rows: &[Row]) -> bool {
    let (first, rest) = (&rows[0], &rows[1..]);
    let n_first = n_cells(first);
    let ends_with_number = n_first > 0 && number(&first.cells[n_first - 1]).is_some();
    ends_with_number && !rest.is_empty() && rest.iter().all(|row| n_cells(row) < n_first)
}

/// Refuses a row with more cells than the heading, or between commas than the first row: decimal
/// commas cut numbers; and a line without what separates the cells of nearly all others.
fn refuse_other_lines(
    sheet: &Sheet,
    rows: &[Row],
    first_is_heading: bool,
    path: &Path,
) -> Result<()> {
    let bad = |row: &Row, found: String, expected: String| {
        Err(Error::malformed(path, Some(row.number), found, expected))
    };
    let has_commas = sheet.delimiter == Delimiter::Comma;
    let width = rows[0].cells.len();
    let longer = rows.iter().find(|row| n_cells(row) > width);
    if let Some(row) = longer.filter(|_| first_is_heading || has_commas) {
        let first = if first_is_heading { "the heading" } else { "the first row" };
        let advice = if has_commas { format!("; {DECIMAL_COMMAS}") } else { String::new() };
        let expected = format!("{width}, as in {first}{advice}");
        return bad(row, format!("{} cells", n_cells(row)), expected);
    }
    let lacks = |place: &usize| !sheet.delimiter.is_in(&sheet.lines[*place].text);
    let n_lacking = (0..rows.len()).filter(lacks).count();
    let few = 4 * n_lacking <= rows.len();
    match (1..rows.len()).find(lacks).filter(|_| few) {
        None => Ok(()),
        Some(place) => {
            let text = sheet.lines[place].text.trim();
            let delimiter = match sheet.delimiter {
                Delimiter::Mixed => Delimiter::Tab,
                delimiter => delimiter,
            };
            let expected = format!("{EXPECTED}, separated by {delimiter}");
            bad(&rows[place], format!("`{text}`"), expected)
        }
    }
}

/// The columns of the words.
fn words_of(rows: &[Row], columns: &Columns, names: &[String]) -> Option<[usize; 2]> {
    for (left, name) in names.iter().enumerate() {
        let Some(stem) = name.strip_suffix('1').filter(|stem| !stem.starts_with("pos")) else {
            continue;
        };
        let right = names.iter().position(|name| name.strip_suffix('2') == Some(stem));
        if let Some(right) =
            right.filter(|&it| columns.is_of_words(it) && columns.is_of_words(left))
        {
            return Some([left, right]);
        }
    }
    let mut text: Vec<usize> = columns.places(ColumnKind::Text).collect();
    // A column before the words may have a name for each row.
    if text.len() > 2 && are_names_of_rows(rows, text[0]) {
        text.remove(0);
    }
    match text[..] {
        [left, right, ..] => Some([left, right]),
        // Words of one letter look like labels.
        _ => {
            let mut words = (0..columns.kinds.len()).filter(|&place| columns.is_of_words(place));
            Some([words.next()?, words.next()?])
        }
    }
}

/// Whether a column holds a different name for each row, all of which end with a number: `k1`,
/// `k2`.
fn are_names_of_rows(rows: &[Row], place: usize) -> bool {
    let cells = || rows.iter().filter_map(|row| row.cells.get(place)).map(String::as_str);
    let ends_with_digit = |cell: &str| cell.ends_with(|it: char| it.is_ascii_digit());
    // A heading has none.
    let names = || cells().enumerate().filter(|(row, cell)| *row > 0 || ends_with_digit(cell));
    let different: BTreeSet<&str> = names().map(|(_, cell)| cell).collect();
    different.len() == names().count() && different.iter().all(|cell| ends_with_digit(cell))
}

/// The columns of the scores; none if there are no numbers.
fn scores_of(rows: &[Row], columns: &Columns, names: &[String], words: [usize; 2]) -> Vec<usize> {
    let numbers: Vec<usize> = columns.places(ColumnKind::Numbers).collect();
    let name = |place: usize| names.get(place).map_or("", String::as_str);
    if let Some(named) = numbers.iter().find(|&&place| SCORES.contains(&name(place))) {
        return vec![*named];
    }
    let is_annotator = |place: &usize| {
        ANNOTATORS.iter().any(|stem| {
            let rest = name(*place).strip_prefix(stem).unwrap_or_default();
            !rest.is_empty() && rest.bytes().all(|it| it.is_ascii_digit())
        })
    };
    let annotators: Vec<usize> = numbers.iter().copied().filter(is_annotator).collect();
    if annotators.len() > 1 {
        return annotators;
    }
    let last_word = words[0].max(words[1]);
    let behind = numbers.iter().find(|&&place| place > last_word);
    // The numbers 1, 2, 3 before the words are those of the rows.
    let counts = |place: &&usize| {
        let values: Vec<f64> =
            rows.iter().filter_map(|row| number(row.cells.get(**place)?)).collect();
        values.len() > 1 && values.windows(2).all(|two| two[1] == two[0] + 1.0)
    };
    let before = numbers.iter().rev().filter(|&&place| place < last_word).find(|it| !counts(it));
    behind.or(before).into_iter().copied().collect()
}

/// The file with the scores of a file that has none, if there is one.
fn gold_beside(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?;
    let gold = name.contains(".data.").then(|| name.replace(".data.", ".gold."))?;
    let folder = path.parent()?;
    let beside = [folder.join(&gold), folder.join("../keys").join(&gold)];
    beside.into_iter().find(|path| path.is_file())
}

#[cfg(test)]
#[path = "scored_pairs_tests.rs"]
mod tests;
