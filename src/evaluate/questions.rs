//! Analogy questions, as their authors hand them out.
//!
//! In: a file, or a folder or archive of files, in one of these layouts:
//!
//! - word2vec's `questions-words.txt` (Mikolov et al. 2013): lines `: name` that begin a section,
//!   and lines of four words, "a is to b as c is to d"; d may be several right answers, `a/b`;
//! - the MSR questions (Mikolov, Yih & Zweig 2013): `a b c TAG d`, or `a b c` a line with `TAG d`
//!   in the file beside it whose extension is `answers`; a tag such as `JJ_JJR` is a section;
//! - BATS (Gladkova, Drozd & Matsuoka 2016): a file for each relation, with a word and its right
//!   answers, `a/b/c`, a line. Each ordered pair of lines makes a question: the first word and the
//!   first answer of one, and the word of the other, whose answers all are right;
//! - multiple-choice questions of the SAT (Turney et al. 2003), see [`ChoiceQuestion`].
//!
//! Out: the questions of each section, with each word in the spelling of the caller's tokenizer.

use std::io::BufRead;
use std::path::Path;

use super::choices::{self, ChoiceQuestion};
use super::headings::{heads_four, heads_pairs, is_tag};
use crate::base::error::{Error, Result};
use crate::base::set_kind::SetKind;
use crate::input::TextSource;
use crate::tables::{
    Comments, LineFault, Sheet, SheetLine, TableReport, are_translations, looks_like, members,
    number, stem,
};

/// The section of the questions before the first `: name`.
pub(super) const UNNAMED: &str = "questions";

/// Pairs of one relation beyond which a file is something else: they make a million questions.
const MOST_PAIRS: usize = 1000;

/// The same of a file by itself in which each word has one answer, as in a dictionary. A relation
/// of BATS has 50.
const MOST_SINGLE_PAIRS: usize = 200;

/// What a line should hold.
const EXPECTED: &str = "four words, or `: section`";

/// A set of analogy questions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Questions {
    /// The file's name, for the report.
    pub file: String,
    /// The sections in the order of the file; some may be empty.
    pub sections: Vec<Section>,
    /// Questions with a choice of answers; a file has either these or sections.
    pub choices: Vec<ChoiceQuestion>,
    /// What was taken from the file.
    pub report: TableReport,
}

/// The questions under one heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// The heading, or the name of the file.
    pub name: String,
    /// What is asked.
    pub items: SectionItems,
}

/// What a section asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SectionItems {
    /// Each question by itself.
    Questions(Vec<Question>),
    /// Each ordered pair of different pairs: `n (n - 1)` questions.
    Pairs(Vec<RelatedPair>),
}

/// A question: a is to b as c is to what?
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The words a, b and c.
    pub words: [String; 3],
    /// The right answers, at least one.
    pub answers: Vec<String>,
}

/// A word and the words that stand in one relation to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelatedPair {
    /// The word.
    pub word: String,
    /// At least one; the first stands for all where the pair is the example, and each is a right
    /// answer where it is asked for.
    pub partners: Vec<String>,
}

impl Section {
    /// Whether the questions are about word forms: the name begins with `gram`, as in the Google
    /// file; or with I or D and two digits, as BATS names inflection and derivation; or it is two
    /// parts of speech, such as `JJ_JJR`, as in the MSR questions.
    pub fn is_syntactic(&self) -> bool {
        let is_of_bats = match self.name.as_bytes() {
            [b'I' | b'D', tens, ones, rest @ ..] => {
                tens.is_ascii_digit()
                    && ones.is_ascii_digit()
                    && !rest.first().is_some_and(u8::is_ascii_alphanumeric)
            }
            _ => false,
        };
        self.name.starts_with("gram") || is_of_bats || is_tag(&self.name)
    }

    /// Number of questions.
    pub fn len(&self) -> usize {
        match &self.items {
            SectionItems::Questions(questions) => questions.len(),
            SectionItems::Pairs(pairs) => pairs.len() * pairs.len().saturating_sub(1),
        }
    }

    /// Whether there is no question.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Questions {
    /// Reads a file, or all files of a folder or an archive, in the order of their names.
    ///
    /// # Errors
    /// As [`Questions::read`] and [`TextSource::open`].
    pub fn open(source: impl Into<TextSource>, normalize: &dyn Fn(&str) -> String) -> Result<Self> {
        let source = source.into();
        let path = source.path();
        if let Some(members) = members(&source)? {
            let mut all: Option<Self> = None;
            for (path, text) in &members.files {
                let read = Self::read_one(text.as_bytes(), path, normalize, MOST_PAIRS)?;
                match &mut all {
                    None => all = Some(read),
                    Some(all) => all.add(read),
                }
            }
            let mut all = all.expect("there is a file");
            let n_files = members.files.len();
            all.report.notes.insert(0, format!("{n_files} files"));
            all.report.notes.extend(members.note());
            all.file = path.display().to_string();
            return Ok(all.with_note());
        }
        let answers = path.with_extension("answers");
        if path.extension().is_some_and(|it| it == "questions") && answers.is_file() {
            let answers = TextSource::new(&answers).encoding(source.given_encoding());
            let joined = with_answers(&source, &answers)?;
            let mut read = Self::read(joined.as_bytes(), path, normalize)?;
            let note = format!("the answers are those of `{}`", answers.path().display());
            read.report.notes.push(note);
            return Ok(read);
        }
        Self::read(source.open()?, path, normalize)
    }

    /// Reads questions; `normalize` spells a word as in the vocabulary (usually in lower case),
    /// `path` names the stream, and the section of a file of pairs.
    ///
    /// ```
    /// use eigenlex::evaluate::{Questions, SectionItems};
    /// let file = ": capitals\nAthens Greece Oslo Norway\n: gram1\nslow slowly calm calmly\n";
    /// let lower = |word: &str| word.to_lowercase();
    /// let questions = Questions::read(file.as_bytes(), "questions.txt".as_ref(), &lower)?;
    /// let SectionItems::Questions(capitals) = &questions.sections[0].items else { panic!() };
    /// assert_eq!(capitals[0].words, ["athens", "greece", "oslo"]);
    /// assert_eq!(capitals[0].answers, ["norway"]);
    /// assert!(questions.sections[1].is_syntactic());
    /// let pairs = "king\tman/male\nqueen\twoman/female\nboy\tmale\n";
    /// let pairs = Questions::read(pairs.as_bytes(), "L01.txt".as_ref(), &lower)?;
    /// assert_eq!(pairs.len(), 6);
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
        Ok(Self::read_one(input, path, normalize, MOST_SINGLE_PAIRS)?.with_note())
    }

    fn read_one(
        input: impl BufRead,
        path: &Path,
        normalize: &dyn Fn(&str) -> String,
        most_single_pairs: usize,
    ) -> Result<Self> {
        let check = |sheet: &Sheet| refuse_other(sheet, path);
        let sheet = Sheet::read(input, path, Comments::Anywhere, &check)?;
        let mut reading = Reading {
            path,
            normalize,
            sheet: &sheet,
            most_single_pairs,
            sections: Vec::new(),
            report: sheet.report(),
        };
        let choices = if choices::are_choices(&sheet) {
            let choices = choices::read(&sheet, path, normalize)?;
            reading.report.rows = choices.len();
            reading.report.notes.push("multiple-choice questions, a block each".to_owned());
            choices
        } else if are_pairs(&sheet) {
            reading.pairs()?;
            Vec::new()
        } else {
            reading.questions()?;
            Vec::new()
        };
        let Reading { sections, report, .. } = reading;
        let read = Self { file: path.display().to_string(), sections, choices, report };
        if read.is_empty() {
            let expected = "lines of four words, or at least two lines of a pair";
            return Err(Error::malformed(path, None, "no question", expected));
        }
        Ok(read)
    }

    /// Number of questions.
    pub fn len(&self) -> usize {
        self.sections.iter().map(Section::len).sum::<usize>() + self.choices.len()
    }

    /// Whether there is no question.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Notes how many questions nothing can answer.
    fn with_note(mut self) -> Self {
        let n: usize = self.sections.iter().map(n_impossible).sum();
        if n > 0 {
            let questions = if n == 1 { "question has" } else { "questions have" };
            self.report.notes.push(format!(
                "{n} {questions} no possible answer, for all right answers are words of the \
                 question"
            ));
        }
        self
    }

    fn add(&mut self, other: Self) {
        self.sections.extend(other.sections);
        self.choices.extend(other.choices);
        self.report.add(other.report);
    }
}

/// A file that is being read.
struct Reading<'a> {
    path: &'a Path,
    normalize: &'a dyn Fn(&str) -> String,
    sheet: &'a Sheet,
    /// Pairs that a file may have without a second answer to one of them.
    most_single_pairs: usize,
    sections: Vec<Section>,
    report: TableReport,
}

impl<'a> Reading<'a> {
    /// Sections, and lines of four words.
    fn questions(&mut self) -> Result<()> {
        for line in self.lines_of_four() {
            if let Some(name) = line.text.strip_prefix(':') {
                self.section(name.trim());
                continue;
            }
            let bad =
                |found: String| Error::malformed(self.path, Some(line.number), found, EXPECTED);
            let cells = four_or_more(self.sheet, line).map_err(|fault| bad(fault.found))?;
            let (words, tag) = match <[String; 4]>::try_from(cells) {
                Ok(words) => (words, None),
                Err(cells) => match <[String; 5]>::try_from(cells) {
                    Ok([a, b, c, tag, d]) if is_tag(&tag) => ([a, b, c, d], Some(tag)),
                    Ok(_) => return Err(bad("5 word(s)".to_owned())),
                    Err(cells) => return Err(bad(format!("{} word(s)", cells.len()))),
                },
            };
            if words.iter().any(String::is_empty) {
                return Err(bad("an empty word".to_owned()));
            }
            let [a, b, c, d] = words;
            let first = |word: &str| {
                let first = alternatives(word).next().unwrap_or(word);
                (self.normalize)(first)
            };
            let question = Question {
                words: [first(&a), first(&b), first(&c)],
                answers: alternatives(&d).map(self.normalize).collect(),
            };
            let place = match &tag {
                Some(tag) => self.sections.iter().position(|section| section.name == *tag),
                None => self.sections.len().checked_sub(1),
            };
            if place.is_none() {
                self.section(tag.as_deref().unwrap_or(UNNAMED));
            }
            let place = place.unwrap_or(self.sections.len() - 1);
            if let SectionItems::Questions(questions) = &mut self.sections[place].items {
                questions.push(question);
            }
            self.report.rows += 1;
        }
        Ok(())
    }

    /// The lines without a heading of four columns, which is reported.
    fn lines_of_four(&mut self) -> &'a [SheetLine] {
        let lines = self.sheet.lines.as_slice();
        let cells = |place: usize| {
            let line = lines.get(place).filter(|line| !line.text.starts_with(':'));
            line.and_then(|line| four_or_more(self.sheet, line).ok()).unwrap_or_default()
        };
        let first = cells(0);
        if !heads_four(&first, &cells(1)) {
            return lines;
        }
        for (place, name) in first.iter().enumerate() {
            self.report.take("word", place, Some(name));
        }
        &lines[1..]
    }

    /// Begins a section.
    fn section(&mut self, name: &str) {
        let items = SectionItems::Questions(Vec::new());
        self.sections.push(Section { name: name.to_owned(), items });
    }

    /// A word and its right answers a line: one section.
    fn pairs(&mut self) -> Result<()> {
        let mut pairs = Vec::new();
        let sheet = self.sheet;
        let first = sheet.lines.first().map(|line| pair_cells(sheet, line));
        let heading = first.and_then(std::result::Result::ok).filter(|first| heads_pairs(first));
        for line in &sheet.lines[usize::from(heading.is_some())..] {
            let bad = |found: String| {
                let expected = "a word and its right answers, such as `queen<tab>woman/female`";
                Error::malformed(self.path, Some(line.number), found, expected)
            };
            let cells = pair_cells(sheet, line).map_err(|fault| bad(fault.found))?;
            let [word, partners] = &cells[..] else {
                return Err(bad(format!("{} field(s)", cells.len())));
            };
            let partners: Vec<String> = alternatives(partners).map(self.normalize).collect();
            if word.is_empty() || partners.is_empty() {
                return Err(bad("an empty field".to_owned()));
            }
            pairs.push(RelatedPair { word: (self.normalize)(word), partners });
        }
        let has_alternatives = pairs.iter().any(|pair: &RelatedPair| pair.partners.len() > 1);
        let most = if has_alternatives { MOST_PAIRS } else { self.most_single_pairs };
        if pairs.len() > most {
            let (path, found) = (self.path.to_path_buf(), SetKind::Dictionary);
            return Err(Error::OtherSet { path, found, needed: SetKind::Analogies });
        }
        self.report.rows = pairs.len();
        for (place, role) in ["word", "right answers"].into_iter().enumerate() {
            self.report.take(role, place, heading.as_ref().map(|names| names[place].as_str()));
        }
        self.report.notes.push("each ordered pair of rows is a question".to_owned());
        self.sections.push(Section { name: stem(self.path), items: SectionItems::Pairs(pairs) });
        Ok(())
    }
}

/// The cells of a line: four between tabs or other delimiters, else all between blanks.
fn four_or_more(sheet: &Sheet, line: &SheetLine) -> std::result::Result<Vec<String>, LineFault> {
    let cells = without_empty_end(sheet.cells(line)?, 4);
    if matches!(cells.len(), 4 | 5) {
        return Ok(cells);
    }
    Ok(line.text.split_whitespace().map(str::to_owned).collect())
}

/// The cells of a line of a word and its answers.
fn pair_cells(sheet: &Sheet, line: &SheetLine) -> std::result::Result<Vec<String>, LineFault> {
    Ok(without_empty_end(sheet.cells(line)?, 2))
}

/// Cells without empty ones at the end beyond those that are needed.
fn without_empty_end(mut cells: Vec<String>, needed: usize) -> Vec<String> {
    while cells.len() > needed && cells.last().is_some_and(String::is_empty) {
        cells.pop();
    }
    cells
}

/// The right answers in a cell: `woman/female` has two.
fn alternatives(cell: &str) -> impl Iterator<Item = &str> {
    let is_one = cell.split('/').all(|part| part.trim().is_empty());
    let parts = cell.split('/').map(str::trim).filter(|part| !part.is_empty());
    parts.chain(is_one.then_some(cell).filter(|cell| !cell.is_empty()))
}

/// Questions of which each right answer is a word of the question: `blood` is to `red` as `apple`
/// is to what?
fn n_impossible(section: &Section) -> usize {
    let is_among = |answers: &[String], words: [&String; 3]| {
        answers.iter().all(|answer| words.contains(&answer))
    };
    match &section.items {
        SectionItems::Questions(questions) => {
            questions.iter().filter(|it| is_among(&it.answers, it.words.each_ref())).count()
        }
        SectionItems::Pairs(pairs) => {
            let of_pair = |(place, given): (usize, &RelatedPair)| {
                let others = pairs.iter().enumerate().filter(move |(other, _)| *other != place);
                others
                    .filter(|(_, asked)| {
                        let words = [&given.word, &given.partners[0], &asked.word];
                        is_among(&asked.partners, words)
                    })
                    .count()
            };
            pairs.iter().enumerate().map(of_pair).sum()
        }
    }
}

/// Whether the lines are a word and its answers: two cells, and no section.
fn are_pairs(sheet: &Sheet) -> bool {
    sheet.lines.iter().all(|line| !line.text.starts_with(':'))
        && sheet.lines.first().is_some_and(|it| pair_cells(sheet, it).is_ok_and(|it| it.len() == 2))
}

/// Refuses files that are no questions.
fn refuse_other(sheet: &Sheet, path: &Path) -> Result<()> {
    if choices::are_choices(sheet) {
        return Ok(());
    }
    let other = |found| {
        Err(Error::OtherSet { path: path.to_path_buf(), found, needed: SetKind::Analogies })
    };
    match looks_like(sheet) {
        Some(found @ (SetKind::WordVectors | SetKind::ScoredPairs | SetKind::OddOneOut)) => {
            return other(found);
        }
        Some(found @ (SetKind::WordList | SetKind::Categories)) => return other(found),
        _ => {}
    }
    if !are_pairs(sheet) {
        return Ok(());
    }
    let cells: Vec<Vec<String>> =
        sheet.lines.iter().filter_map(|line| pair_cells(sheet, line).ok()).collect();
    // A relation has each word once; a dictionary has several translations of many words.
    let mut words: Vec<&str> = cells.iter().map(|cells| cells[0].as_str()).collect();
    words.sort_unstable();
    words.dedup();
    let repeats = 5 * (cells.len() - words.len()) > cells.len();
    let pairs = cells.iter().filter(|it| it.len() == 2).map(|it| [it[0].as_str(), it[1].as_str()]);
    let has_number = pairs.clone().any(|[_, right]| number(right).is_some());
    if repeats && are_translations(pairs) && !has_number {
        return other(SetKind::Dictionary);
    }
    Ok(())
}

/// Lines `a b c` with the lines `TAG d`, or `d`, of another file.
fn with_answers(questions: &TextSource, answers: &TextSource) -> Result<String> {
    let lines = |text: String| -> Vec<String> {
        text.lines().map(str::trim).filter(|it| !it.is_empty()).map(str::to_owned).collect()
    };
    let asked = lines(questions.read()?);
    let answered = lines(answers.read()?);
    if asked.len() != answered.len() {
        let found = format!("{} answers", answered.len());
        let expected =
            format!("{}, one for each line of `{}`", asked.len(), questions.path().display());
        return Err(Error::malformed(answers.path(), None, found, expected));
    }
    let joined = asked.iter().zip(&answered).map(|(asked, answer)| format!("{asked} {answer}\n"));
    Ok(joined.collect())
}

#[cfg(test)]
#[path = "questions_tests.rs"]
mod tests;
