//! The file of a model's phrases, `phrases.tsv`: a line for each phrase, in the order of the
//! passes.
//!
//! In `phrase`, `left` and `right` a backslash, a tab and line ends are written `\\`, `\t`, `\n`,
//! `\r`, as in `vocab.tsv`. The score is written with as many digits as make it the same number
//! again: of overlapping phrases the better one is joined, in a new text as in the first.

use std::fs;
use std::path::Path;

use foldhash::fast::FixedState;
use hashbrown::HashSet;

use super::{Phrase, Phrases};
use crate::base::error::{Error, Result};
use crate::base::words::{escaped, unescaped};

const HEADER: &str = "phrase\tcount\tscore\tpass\tleft\tright";

impl Phrases {
    /// The phrases as a table of tab-separated values with a header: what [`Phrases::read`] reads.
    pub fn to_table(&self) -> String {
        let mut table = format!("{HEADER}\n");
        for Phrase { phrase, count, score, pass, left, right } in self.iter() {
            table.push_str(&format!(
                "{}\t{count}\t{score}\t{pass}\t{}\t{}\n",
                escaped(phrase),
                escaped(left),
                escaped(right)
            ));
        }
        table
    }

    /// Reads the table at `path`.
    ///
    /// # Errors
    /// [`Error::Io`], or [`Error::Malformed`] with the line: not six fields, no numbers in their
    /// places, passes that go back, or a pair that is there twice in a pass.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let text = fs::read_to_string(path).map_err(|source| Error::io("read", path, source))?;
        Self::parse(&text, path)
    }

    /// As [`Phrases::read`], of a text that stood in the file at `path`.
    pub(crate) fn parse(text: &str, path: &Path) -> Result<Self> {
        let malformed = |line: u64, found: String, expected: &str| Error::Malformed {
            path: path.to_path_buf(),
            line: Some(line),
            found,
            expected: expected.to_owned(),
        };
        let mut lines = text.lines();
        match lines.next() {
            Some(HEADER) => {}
            other => {
                return Err(malformed(
                    1,
                    format!("`{}`", other.unwrap_or_default()),
                    &format!("`{HEADER}`"),
                ));
            }
        }
        let mut list: Vec<Phrase> = Vec::new();
        let mut pairs: HashSet<(u32, String, String), FixedState> = HashSet::default();
        for (number, line) in (2..).zip(lines) {
            let phrase = parse(line).ok_or_else(|| {
                malformed(
                    number,
                    format!("`{line}`"),
                    "a phrase, its count, its score, its pass, its left word and its right word",
                )
            })?;
            if list.last().is_some_and(|last| last.pass > phrase.pass) {
                return Err(malformed(
                    number,
                    format!("pass {}", phrase.pass),
                    "the passes in their order",
                ));
            }
            if !pairs.insert((phrase.pass, phrase.left.clone(), phrase.right.clone())) {
                return Err(malformed(
                    number,
                    format!("`{line}`"),
                    "no pair of words twice in a pass",
                ));
            }
            list.push(phrase);
        }
        Ok(Self::new(list))
    }
}

fn parse(line: &str) -> Option<Phrase> {
    let mut fields = line.split('\t');
    let phrase = Phrase {
        phrase: unescaped(fields.next()?)?,
        count: fields.next()?.parse().ok()?,
        score: fields.next()?.parse().ok().filter(|score: &f64| score.is_finite())?,
        pass: fields.next()?.parse().ok().filter(|&pass| pass > 0)?,
        left: unescaped(fields.next()?)?,
        right: unescaped(fields.next()?)?,
    };
    fields.next().is_none().then_some(phrase)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phrase(pass: u32, left: &str, right: &str, score: f64) -> Phrase {
        Phrase {
            phrase: format!("{left}_{right}"),
            count: 7,
            score,
            pass,
            left: left.to_owned(),
            right: right.to_owned(),
        }
    }

    fn read(table: &str) -> Result<Phrases> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("phrases.tsv");
        fs::write(&path, table).expect("room on the disk");
        Phrases::read(path)
    }

    #[test]
    fn a_table_is_read_back_to_the_bit() {
        let list = vec![
            phrase(1, "new", "york", 0.1 + 0.2),
            phrase(1, "tab\there", "back\\slash\r\n", 1e300),
            phrase(2, "new_york", "city", 1.0),
        ];
        let phrases = Phrases::new(list.clone());
        assert!(phrases.to_table().contains("\nnew_york\t7\t0.30000000000000004\t1\tnew\tyork\n"));
        let again = read(&phrases.to_table()).unwrap();
        assert_eq!(again.iter().collect::<Vec<_>>(), list.iter().collect::<Vec<_>>());
        assert_eq!(read(&Phrases::default().to_table()).unwrap().len(), 0);
    }

    #[test]
    fn a_damaged_table_is_named_by_its_line() {
        let good = "a_b\t7\t0.5\t2\ta\tb";
        for (lines, says) in [
            ("", "line 1: found ``, expected `phrase\tcount\t"),
            ("phrase\tcount", "line 1: found `phrase\tcount`, expected"),
            (
                &format!("{HEADER}\na_b\t7\t0.5\t1\ta"),
                "line 2: found `a_b\t7\t0.5\t1\ta`, expected a phrase, its count",
            ),
            (&format!("{HEADER}\n{good}\tmore"), "line 2: found `"),
            (&format!("{HEADER}\n{good}\na_b\t7\tnan\t2\ta\tb"), "line 3: found `"),
            (&format!("{HEADER}\na_b\t-7\t0.5\t1\ta\tb"), "line 2: found `"),
            (&format!("{HEADER}\na_b\t7\t0.5\t0\ta\tb"), "line 2: found `"),
            (&format!("{HEADER}\na_b\t7\t0.5\t1\ta\tb\\"), "line 2: found `"),
            (
                &format!("{HEADER}\n{good}\na_c\t7\t0.5\t1\ta\tc"),
                "line 3: found pass 1, expected the passes in their order",
            ),
            (
                &format!("{HEADER}\n{good}\n{good}"),
                "line 3: found `a_b\t7\t0.5\t2\ta\tb`, expected no pair of words twice in a pass",
            ),
        ] {
            let error = read(lines).unwrap_err();
            assert_eq!(error.kind(), crate::base::error::ErrorKind::Data);
            let message = error.to_string();
            assert!(
                message.split_once("phrases.tsv`, ").expect("the path").1.starts_with(says),
                "{message}"
            );
        }
    }
}
