//! Analogy questions: the format of word2vec's `questions-words.txt`.
//!
//! In: lines `: name` that begin a section, and lines of four words, "a is to b as c is to d". Out:
//! the questions of each section, with each word in the spelling of the caller's tokenizer.

use std::io::BufRead;
use std::path::Path;

use super::lines::each_line;
use crate::base::error::{Error, Result};

/// The section of the questions before the first `: name`.
pub(super) const UNNAMED: &str = "questions";

/// A file of analogy questions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Questions {
    /// The file's name, for the report.
    pub file: String,
    /// The sections in the order of the file; some may be empty.
    pub sections: Vec<Section>,
}

/// The questions under one heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// The heading; syntactic sections begin with `gram`.
    pub name: String,
    /// Questions `[a, b, c, d]`: a is to b as c is to d.
    pub questions: Vec<[String; 4]>,
}

impl Section {
    /// Whether the questions are about word forms: the name begins with `gram`, as in the Google
    /// file.
    pub fn is_syntactic(&self) -> bool {
        self.name.starts_with("gram")
    }
}

impl Questions {
    /// Reads questions; `normalize` spells a word as in the vocabulary (usually in lower case),
    /// `path` names the stream.
    ///
    /// ```
    /// use eigenlex::evaluate::Questions;
    /// let file = ": capitals\nAthens Greece Oslo Norway\n: gram1\nslow slowly calm calmly\n";
    /// let lower = |word: &str| word.to_lowercase();
    /// let questions = Questions::read(file.as_bytes(), "questions.txt".as_ref(), &lower)?;
    /// let expected = ["athens", "greece", "oslo", "norway"].map(String::from);
    /// assert_eq!(questions.sections[0].questions, [expected]);
    /// assert!(questions.sections[1].is_syntactic());
    /// # Ok::<(), eigenlex::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Malformed`](crate::Error::Malformed) with the line; [`Error::Io`](crate::Error::Io)
    /// if the stream fails.
    pub fn read(
        input: impl BufRead,
        path: &Path,
        normalize: &dyn Fn(&str) -> String,
    ) -> Result<Self> {
        let mut sections: Vec<Section> = Vec::new();
        each_line(input, path, |line, number| {
            if let Some(name) = line.strip_prefix(':') {
                sections.push(Section { name: name.trim().to_owned(), questions: Vec::new() });
                return Ok(());
            }
            let words: Vec<&str> = line.split_whitespace().collect();
            let Ok(words) = <[&str; 4]>::try_from(words.as_slice()) else {
                return Err(Error::malformed(
                    path,
                    Some(number),
                    format!("{} word(s)", words.len()),
                    "four words, or `: section`",
                ));
            };
            if sections.is_empty() {
                sections.push(Section { name: UNNAMED.to_owned(), questions: Vec::new() });
            }
            let section = sections.last_mut().expect("one was pushed if there was none");
            section.questions.push(words.map(normalize));
            Ok(())
        })?;
        if sections.iter().all(|section| section.questions.is_empty()) {
            return Err(Error::malformed(path, None, "no question", "lines of four words"));
        }
        Ok(Self { file: path.display().to_string(), sections })
    }

    /// Number of questions.
    pub fn len(&self) -> usize {
        self.sections.iter().map(|section| section.questions.len()).sum()
    }

    /// Whether there is no question.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<Questions> {
        Questions::read(bytes, Path::new("q.txt"), &|word: &str| word.to_lowercase())
    }

    #[test]
    fn sections_and_lines_of_four_words_are_read() {
        let questions =
            read(b"\xEF\xBB\xBFA b c d\r\n\r\n: first one \na b c d\n: gram2\n").unwrap();
        let names: Vec<&str> =
            questions.sections.iter().map(|section| section.name.as_str()).collect();
        assert_eq!(names, ["questions", "first one", "gram2"]);
        assert_eq!(questions.len(), 2);
        assert_eq!(questions.sections[0].questions[0], ["a", "b", "c", "d"].map(String::from));
    }

    #[test]
    fn other_lines_are_named() {
        let fails =
            |bytes: &[u8], message: &str| assert_eq!(read(bytes).unwrap_err().to_string(), message);
        fails(
            b": x\na b c\n",
            "`q.txt`, line 2: found 3 word(s), expected four words, or `: section`",
        );
        fails(
            b": x\na b c d e\n",
            "`q.txt`, line 2: found 5 word(s), expected four words, or `: section`",
        );
        fails(b"a b c d\n\xFF\n", "`q.txt`, line 2, byte 8: the byte 0xFF is not valid UTF-8");
        fails(b": x\n", "`q.txt`: found no question, expected lines of four words");
    }
}
