//! Bilingual dictionaries: lines of a source word and one of its translations.
//!
//! In: text, a pair a line, separated by a tab (then entries may hold spaces) or by a space; the
//! format of MUSE and of Wiktionary extracts. A source with several translations has several lines.
//! Out: the entries, and for two vocabularies the pairs of word ids with their coverage. An entry
//! is looked up as it is written, then lower-cased, then with its spaces as `_`, the delimiter of
//! phrases.

use std::io::BufRead;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::base::error::{Error, Result};
use crate::base::words::{WordId, Words, unescaped};
use crate::input::{self, TextSource};

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
    /// skipped. A byte order mark, `\r\n`, blank lines and repeated pairs are accepted; columns
    /// after the second of a line with tabs are ignored.
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
    /// [`Error::Malformed`] with the line; [`Error::Io`] if the stream fails.
    pub fn read(input: impl BufRead, path: &Path) -> Result<Self> {
        let mut entries: Vec<(String, String)> = Vec::new();
        let mut is_escaped = false;
        input::each_line(input, path, |line, number| {
            let is_header = number == 1 && line.trim_end().split('\t').eq(Self::COLUMNS);
            // The cells of the program's own files are escaped.
            is_escaped |= is_header;
            if line.trim().is_empty() || is_header {
                return Ok(());
            }
            let (source, target) = pair(line)
                .map_err(|found| Error::malformed(path, Some(number), found, EXPECTED))?;
            let word = |cell: &str| match unescaped(cell) {
                Some(word) if is_escaped => word,
                _ => cell.to_owned(),
            };
            entries.push((word(source), word(target)));
            Ok(())
        })?;
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
        })
    }

    /// The same pairs, the other way round.
    pub fn turned(&self) -> Self {
        let entries =
            self.entries.iter().map(|(source, target)| (target.clone(), source.clone())).collect();
        Self { file: self.file.clone(), entries, n_duplicates: self.n_duplicates }
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

/// Source and target of a line, or what is wrong with it.
fn pair(line: &str) -> std::result::Result<(&str, &str), String> {
    if line.contains('\t') {
        let mut columns = line.split('\t').map(str::trim);
        return match (columns.next(), columns.next()) {
            (Some(source), Some(target)) if !source.is_empty() && !target.is_empty() => {
                Ok((source, target))
            }
            (Some(""), _) => Err("an empty first column".to_owned()),
            _ => Err("an empty second column".to_owned()),
        };
    }
    let mut columns = line.split_whitespace();
    match (columns.next(), columns.next(), columns.count()) {
        (Some(source), Some(target), 0) => Ok((source, target)),
        (Some(source), None, _) => Err(format!("one column, `{source}`")),
        (.., more) => Err(format!("{} words without a tab", more + 2)),
    }
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

    #[test]
    fn bad_lines_are_named() {
        for (text, found) in [
            ("a b\nhouse\n", "line 2: found one column, `house`"),
            ("ice cream helado\n", "line 1: found 3 words without a tab"),
            ("a\t\n", "line 1: found an empty second column"),
            ("\tb\n", "line 1: found an empty first column"),
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
                Err(error) => prop_assert!(matches!(error, Error::Malformed { .. }), "{}", error),
            }
        }
    }
}
