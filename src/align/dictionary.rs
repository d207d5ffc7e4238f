//! Bilingual dictionaries: lines of a source word and one of its translations.
//!
//! In: text, a pair a line, separated by a tab, an arrow (`->`), a semicolon or a comma (then
//! entries may hold spaces), or by a space; the format of MUSE and of Wiktionary extracts. A source
//! with several translations has several lines. The first line may be a heading, which may name
//! other columns than the first two, see `dictionary_columns.rs`. Out: the entries, and
//! for two vocabularies the pairs of word ids with their coverage. An entry is looked up as it is
//! written, then lower-cased, then with its spaces as `_`, the delimiter of phrases.

use std::io::BufRead;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::dictionary_columns::{of_heading, of_rows};
use crate::base::error::{Error, Result};
use crate::base::set_kind::SetKind;
use crate::base::words::{WordId, Words, unescaped};
use crate::input::TextSource;
use crate::tables::{
    Comments, Delimiter, Sheet, TableReport, are_classes, heading_name, looks_like, number,
};

/// What a line should hold.
const EXPECTED: &str = "a source word and a target word, separated by a tab or by one space \
                        (entries of several words need the tab)";

/// A bilingual dictionary as it stands in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dictionary {
    /// The file's name, for the report.
    pub file: String,
    /// Source and target of each line, in order, each pair once.
    pub entries: Vec<(String, String)>,
    /// Lines that repeat an earlier pair.
    pub n_duplicates: usize,
    /// What was taken from the file; its rows are lines, repeated ones among them.
    pub report: TableReport,
}

/// How many pairs of a dictionary two vocabularies know.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// Distinct pairs in the dictionary.
    pub entries: usize,
    /// Pairs whose two words are known.
    pub known_entries: usize,
    /// Distinct source words in the dictionary.
    pub sources: usize,
    /// Source words that are known and have a known translation.
    pub known_sources: usize,
}

/// A dictionary as pairs of word ids of two vocabularies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DictionaryPairs {
    /// Source and target, each pair once, by rising source, then target.
    pub pairs: Vec<(WordId, WordId)>,
    /// How many of the entries were found.
    pub coverage: Coverage,
}

impl Dictionary {
    /// The header of the dictionaries that `eigenlex dictionary` writes; it is not a pair.
    pub const COLUMNS: [&'static str; 5] = ["source", "target", "similarity", "score", "mutual"];

    /// Reads a file.
    ///
    /// # Errors
    /// As [`Dictionary::read`] and [`TextSource::open`].
    pub fn open(source: impl Into<TextSource>) -> Result<Self> {
        let source = source.into();
        Self::read(source.open()?, source.path())
    }

    /// Reads a dictionary; `path` names the stream. The header that `eigenlex dictionary` writes is
    /// skipped, and so is the heading of another table. A byte order mark, `\r\n`, blank lines,
    /// comments above the first pair (`# `) and repeated pairs are accepted; further columns are
    /// ignored.
    ///
    /// ```
    /// use eigenlex::align::Dictionary;
    /// let read = |text: &str| Dictionary::read(text.as_bytes(), "en-es.txt".as_ref());
    /// let dictionary = read("House casa\nice cream\thelado\n")?;
    /// assert_eq!(dictionary.entries[1], ("ice cream".to_owned(), "helado".to_owned()));
    /// let message = read("house\n").unwrap_err().to_string();
    /// assert!(message.starts_with("`en-es.txt`, line 1: found one column, `house`, expected"));
    /// # Ok::<(), eigenlex::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Malformed`] with the line; [`Error::OtherSet`] if the file looks like one of
    /// another kind; [`Error::Io`] if the stream fails.
    pub fn read(input: impl BufRead, path: &Path) -> Result<Self> {
        let sheet = Sheet::read(input, path, Comments::Above, &|it| refuse_other(it, path))?;
        let first = sheet.lines.first();
        // The cells of the program's own files are escaped, and have no quotes.
        let is_escaped =
            first.is_some_and(|line| line.text.trim_end().split('\t').eq(Self::COLUMNS));
        let columns = match is_escaped {
            true => Some([0, 1]),
            false => {
                first.and_then(|line| sheet.cells(line).ok()).and_then(|it| of_heading(&it, path))
            }
        };
        let mut report = sheet.report();
        let heading = first.filter(|_| columns.is_some()).and_then(|line| sheet.cells(line).ok());
        let found = match columns {
            Some(_) => columns,
            None => of_rows(&sheet),
        };
        let places = found.unwrap_or([0, 1]);
        for (role, place) in ["source", "target"].into_iter().zip(places) {
            report.take(role, place, heading.as_ref().map(|it| it[place].as_str()));
        }
        let mut entries: Vec<(String, String)> = Vec::new();
        for line in &sheet.lines[usize::from(columns.is_some())..] {
            let bad = |found| Error::malformed(path, Some(line.number), found, EXPECTED);
            let (source, target) = if is_escaped {
                let cells: Vec<&str> = line.text.split('\t').map(str::trim).collect();
                pair(&cells, [0, 1], true).map_err(bad)?
            } else {
                let cells = sheet.cells(line).map_err(|fault| bad(fault.found))?;
                let is_plain = sheet.delimiter == Delimiter::Spaces && !line.text.contains('\t');
                // A third column of numbers is a weight.
                let weighted = is_plain && cells.get(2).is_some_and(|it| number(it).is_some());
                pair(&cells, places, !is_plain || weighted || found.is_some()).map_err(bad)?
            };
            let word = |cell: String| match unescaped(&cell) {
                Some(word) if is_escaped => word,
                _ => cell,
            };
            entries.push((word(source), word(target)));
        }
        report.rows = entries.len();
        if entries.is_empty() {
            return Err(Error::malformed(
                path,
                None,
                "no pair",
                "lines of a source word and a target word",
            ));
        }
        let n_lines = entries.len();
        let mut seen = hashbrown::HashSet::with_capacity_and_hasher(
            n_lines,
            foldhash::fast::FixedState::default(),
        );
        let is_new: Vec<bool> = entries.iter().map(|entry| seen.insert(entry.clone())).collect();
        let mut is_new = is_new.into_iter();
        entries.retain(|_| is_new.next().unwrap_or(false));
        Ok(Self {
            file: path.display().to_string(),
            n_duplicates: n_lines - entries.len(),
            entries,
            report,
        })
    }

    /// The same pairs, the other way round.
    pub fn turned(&self) -> Self {
        let entries =
            self.entries.iter().map(|(source, target)| (target.clone(), source.clone())).collect();
        Self { entries, ..self.clone() }
    }

    /// The pairs of which `source` and `target` give ids; see [`lookup`] for the usual way.
    pub fn pairs(
        &self,
        source: impl Fn(&str) -> Option<WordId>,
        target: impl Fn(&str) -> Option<WordId>,
    ) -> DictionaryPairs {
        let mut pairs: Vec<(WordId, WordId)> = self
            .entries
            .iter()
            .filter_map(|(from, to)| Some((source(from)?, target(to)?)))
            .collect();
        let known_entries = pairs.len();
        pairs.sort_unstable();
        pairs.dedup();
        // Spellings that differ in capitals alone are one source.
        let mut sources: Vec<&str> = self.entries.iter().map(|(from, _)| from.as_str()).collect();
        sources.sort_unstable();
        sources.dedup();
        let mut known: Vec<&str> = self
            .entries
            .iter()
            .filter(|(from, to)| source(from).is_some() && target(to).is_some())
            .map(|(from, _)| from.as_str())
            .collect();
        known.sort_unstable();
        known.dedup();
        let coverage = Coverage {
            entries: self.entries.len(),
            known_entries,
            sources: sources.len(),
            known_sources: known.len(),
        };
        DictionaryPairs { pairs, coverage }
    }
}

/// Looks up an entry of a dictionary: as written, else lower-cased, else with its spaces as `_`;
/// ids from `max_words` on count as unknown.
pub fn lookup(words: &Words, entry: &str, max_words: usize) -> Option<WordId> {
    let known = |spelling: &str| words.id(spelling).filter(|id| id.index() < max_words);
    let lower = || entry.to_lowercase();
    let joined = |entry: &str| entry.contains(' ').then(|| entry.replace(' ', "_"));
    known(entry)
        .or_else(|| known(&lower()))
        .or_else(|| known(&joined(entry)?))
        .or_else(|| known(&joined(&lower())?))
}

/// Source and target of the cells of a line, or what is wrong with them; `may_be_more` if cells
/// behind them are other columns.
fn pair<T: AsRef<str>>(
    cells: &[T],
    [source, target]: [usize; 2],
    may_be_more: bool,
) -> std::result::Result<(String, String), String> {
    let cell = |place: usize| cells.get(place).map(AsRef::as_ref);
    match (cell(source), cell(target)) {
        (Some(only), None) if cells.len() == 1 => Err(format!("one column, `{only}`")),
        _ if cells.len() > 2 && !may_be_more => Err(format!("{} words without a tab", cells.len())),
        (Some(source), Some(target)) if !source.is_empty() && !target.is_empty() => {
            Ok((source.to_owned(), target.to_owned()))
        }
        (Some(""), _) => Err("an empty source".to_owned()),
        _ => Err("an empty target".to_owned()),
    }
}

/// Refuses files that are no dictionary. Two words and a number may be one, with a weight.
fn refuse_other(sheet: &Sheet, path: &Path) -> Result<()> {
    let pairs: Vec<[String; 2]> = sheet
        .lines
        .iter()
        .filter_map(|line| <[String; 2]>::try_from(sheet.cells(line).ok()?).ok())
        .collect();
    let found = match looks_like(sheet) {
        Some(found @ (SetKind::WordVectors | SetKind::Analogies | SetKind::OddOneOut)) => found,
        _ if is_scored(sheet) => SetKind::ScoredPairs,
        _ if are_classes(pairs.iter().map(|[left, right]| [left.as_str(), right.as_str()])) => {
            SetKind::Categories
        }
        _ => return Ok(()),
    };
    Err(Error::OtherSet { path: path.to_path_buf(), found, needed: SetKind::Dictionary })
}

/// Whether the heading is that of pairs scored by people.
fn is_scored(sheet: &Sheet) -> bool {
    let heading = sheet.lines.first().and_then(|line| sheet.cells(line).ok()).unwrap_or_default();
    let names: Vec<String> = heading.iter().map(|cell| heading_name(cell)).collect();
    let has = |name: &str| names.iter().any(|it| it == name);
    let scores = ["score", "simlex999", "humanmean", "mean", "rating", "annotator1"];
    has("word1") && has("word2") && scores.iter().any(|name| has(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Result<Dictionary> {
        Dictionary::read(text.as_bytes(), Path::new("d.txt"))
    }

    #[test]
    fn what_the_program_wrote_is_read_back() {
        use crate::vectors::format::Cell;
        let words = ["\\", "a\\tb", "line\u{2028}end", "\u{85}", "plain"];
        let rows: String =
            words.iter().map(|word| format!("{0}\t{0}\t1\t1\tyes\n", Cell(word))).collect();
        let dictionary = read(&format!("{}\n{rows}", Dictionary::COLUMNS.join("\t"))).unwrap();
        assert!(
            dictionary.entries.iter().map(|(source, _)| source.as_str()).eq(words),
            "{:?}",
            dictionary.entries
        );
        // The dictionary of somebody else means what it says.
        assert_eq!(read("a\\tb\tc\n").unwrap().entries[0].0, "a\\tb");
    }

    #[test]
    fn tabs_spaces_marks_capitals_and_repetitions_are_accepted() {
        let dictionary =
            read("\u{FEFF}House casa\r\n\r\nice cream\thelado\textra\nHouse casa\nthe  el\n")
                .unwrap();
        let entries: Vec<(&str, &str)> =
            dictionary.entries.iter().map(|(s, t)| (s.as_str(), t.as_str())).collect();
        assert_eq!(entries, [("House", "casa"), ("ice cream", "helado"), ("the", "el")]);
        assert_eq!(dictionary.n_duplicates, 1);
        let source: Words = ["the", "ice_cream", "house", "rare"].into_iter().collect();
        let target: Words = ["el", "casa", "helado"].into_iter().collect();
        let found =
            dictionary.pairs(|word| lookup(&source, word, 4), |word| lookup(&target, word, 4));
        assert_eq!(found.pairs, [(0, 0), (1, 2), (2, 1)].map(|(s, t)| (WordId(s), WordId(t))));
        assert_eq!(
            found.coverage,
            Coverage { entries: 3, known_entries: 3, sources: 3, known_sources: 3 }
        );
        let cut =
            dictionary.pairs(|word| lookup(&source, word, 2), |word| lookup(&target, word, 2));
        assert_eq!(
            cut.coverage,
            Coverage { entries: 3, known_entries: 1, sources: 3, known_sources: 1 }
        );
    }

    fn entries(name: &str, text: &str) -> Vec<(String, String)> {
        Dictionary::read(text.as_bytes(), Path::new(name)).unwrap().entries
    }

    #[test]
    fn the_delimiters_and_headings_of_others_are_understood() {
        let expected = [("ice cream", "helado"), ("sea", "mar")]
            .map(|(source, target)| (source.to_owned(), target.to_owned()));
        for text in [
            "ice cream\thelado\nsea\tmar\n",
            "ice cream -> helado\nsea -> mar\n",
            "ice cream => helado\nsea => mar\n",
            "ice cream \u{2192} helado\nsea \u{2192} mar\n",
            "ice cream,helado\n\"sea\",mar\n",
            "ice cream;helado;2\nsea;mar;1\n",
            "# a note\nice cream\thelado\nsea\tmar\n",
            "English\tSpanish\nice cream\thelado\nsea\tmar\n",
            "source,target\nice cream,helado\nsea,mar\n",
            "target;note;source\nhelado;;ice cream\nmar;;sea\n",
            "en,es\nice cream,helado\nsea,mar\n",
            "es,en\nice cream,helado\nsea,mar\n",
            "id,english,spanish\n1,ice cream,helado\n2,sea,mar\n",
            "english;pos;spanish\nice cream;n;helado\nsea;n;mar\n",
            "\"source\"\t\"target\"\n\"1\"\t\"ice cream\"\t\"helado\"\n\"2\"\t\"sea\"\t\"mar\"\n",
            "ice cream: helado\nsea: mar\n",
        ] {
            assert_eq!(entries("en-es.csv", text), expected, "{text}");
        }
        // Without the name of the file they are words; so is `#`.
        assert_eq!(entries("d.csv", "en,es\n")[0].0, "en");
        assert_eq!(entries("d.txt", "#\t#\n# #\n").len(), 1);
        let numbered = "1\tice cream\thelado\n2\tsea\tmar\n3\tsea\tmar\n";
        assert_eq!(entries("d.tsv", numbered), expected);
        // A weight behind the words.
        assert_eq!(entries("d.txt", "sea mar 0.53\n"), expected[1..]);
        let report = read("word;translation;x\nsea;mar;1\nsea;mar;2\n").unwrap().report;
        assert_eq!(
            report.to_string(),
            "2 rows, separated by semicolons: source in column 1 (`word`), target in column 2 \
             (`translation`)"
        );
    }

    #[test]
    fn other_files_are_named() {
        let classes: String = (0..40).map(|n| format!("c{}\tw{n}\n", n / 10)).collect();
        for (text, kind) in [
            ("2 3\nking 1 2 3\nqueen 1 2 3\n", "a file of word vectors"),
            (": s\na b c d\n", "analogy questions"),
            ("word1\tword2\tSimLex999\na\tb\t1\n", "pairs of words with scores"),
            (&classes, "words in classes"),
        ] {
            assert_eq!(
                read(text).unwrap_err().to_string(),
                format!(
                    "`d.txt` looks like {kind}, but a dictionary (pairs of words) is needed here"
                )
            );
        }
    }

    #[test]
    fn bad_lines_are_named() {
        for (text, found) in [
            ("a b\nhouse\n", "line 2: found one column, `house`"),
            ("ice cream helado\n", "line 1: found 3 words without a tab"),
            ("a\t\n", "line 1: found an empty target"),
            ("\tb\n", "line 1: found an empty source"),
            ("a,\n", "line 1: found an empty target"),
            ("\n\n", ": found no pair"),
        ] {
            let message = read(text).unwrap_err().to_string();
            assert!(message.starts_with("`d.txt`") && message.contains(found), "{message}");
        }
        let message =
            Dictionary::read(&b"a \xFF\n"[..], Path::new("d.txt")).unwrap_err().to_string();
        assert_eq!(message, "`d.txt`, line 1, byte 2: the byte 0xFF is not valid UTF-8");
    }

    proptest! {
        #[test]
        fn any_text_is_a_dictionary_or_one_error(text in "([a-c \t\r\n\u{FEFF}ñ]{0,40})") {
            match read(&text) {
                Ok(dictionary) => {
                    let is_blank = |word: &String| word.trim().is_empty();
                    let has_blank = |it: &(String, String)| is_blank(&it.0) || is_blank(&it.1);
                    prop_assert!(!dictionary.entries.iter().any(has_blank));
                }
                Err(error) => prop_assert!(
                    matches!(error, Error::Malformed { .. } | Error::OtherSet { .. }),
                    "{}",
                    error
                ),
            }
        }
    }
}
