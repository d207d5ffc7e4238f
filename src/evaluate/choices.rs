//! Multiple-choice analogies: the questions of the SAT college entrance test (Turney, Littman,
//! Bigham & Shnayder 2003).
//!
//! In: blocks of lines, as in `SAT-package-V3.txt`: a line that names the source, a pair of words
//! with their parts of speech (`oak tree n:n`), its choices in the same form, and the letter of the
//! right choice. Out: the questions; `choice_scores.rs` answers them.

use std::path::Path;

use crate::base::error::{Error, Result};
use crate::tables::Sheet;

/// Lines in which the form of the questions shows.
const LINES: usize = 40;

/// A pair of words, and others of which one stands in the same relation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChoiceQuestion {
    /// The pair that is given.
    pub stem: [String; 2],
    /// At least two pairs.
    pub choices: Vec<[String; 2]>,
    /// The place of the right one, from 0.
    pub right: usize,
}

/// Whether a file has such questions: a pair with its parts of speech, and the letter of a choice.
pub(super) fn are_choices(sheet: &Sheet) -> bool {
    let lines = || sheet.lines.iter().take(LINES).map(|line| line.text.as_str());
    lines().any(|line| pair(line).is_some()) && lines().any(|line| letter(line).is_some())
}

/// The questions of a file.
pub(super) fn read(
    sheet: &Sheet,
    path: &Path,
    normalize: &dyn Fn(&str) -> String,
) -> Result<Vec<ChoiceQuestion>> {
    let mut questions = Vec::new();
    let mut pairs: Vec<[String; 2]> = Vec::new();
    for line in &sheet.lines {
        let bad = |found: String, expected: &str| {
            Error::malformed(path, Some(line.number), found, expected)
        };
        if let Some(pair) = pair(&line.text) {
            pairs.push(pair.map(normalize));
        } else if let Some(right) = letter(&line.text) {
            let n_choices = pairs.len().saturating_sub(1);
            if n_choices < 2 || right >= n_choices {
                let found = format!("`{}` behind {n_choices} choice(s)", line.text.trim());
                return Err(bad(found, "the letter of one of at least two choices"));
            }
            let mut pairs = std::mem::take(&mut pairs).into_iter();
            let stem = pairs.next().expect("there are more than two");
            questions.push(ChoiceQuestion { stem, choices: pairs.collect(), right });
        } else if !pairs.is_empty() {
            let expected = "a pair with its parts of speech, such as `oak tree n:n`, or a letter";
            return Err(bad(format!("`{}`", line.text.trim()), expected));
        }
        // Any other line names the source of the next question.
    }
    if pairs.is_empty() {
        return Ok(questions);
    }
    let expected = "the letter of the right choice at the end";
    Err(Error::malformed(path, None, format!("{} pair(s)", pairs.len()), expected))
}

/// The words of a line such as `oak tree n:n`.
fn pair(line: &str) -> Option<[&str; 2]> {
    let mut cells = line.split_whitespace();
    let (left, right, tags) = (cells.next()?, cells.next()?, cells.next()?);
    let (first, second) = tags.split_once(':')?;
    let is_tag = |tag: &str| !tag.is_empty() && tag.bytes().all(|byte| byte.is_ascii_alphabetic());
    (cells.next().is_none() && is_tag(first) && is_tag(second)).then_some([left, right])
}

/// The place of a choice by its letter.
fn letter(line: &str) -> Option<usize> {
    match line.trim().as_bytes() {
        [letter @ b'a'..=b'j'] => Some(usize::from(letter - b'a')),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::Questions;

    fn read_all(text: &str) -> Result<Questions> {
        Questions::read(text.as_bytes(), Path::new("sat.txt"), &|word: &str| word.to_lowercase())
    }

    const BLOCK: &str = "# a note\nMY TESTS 1\nPup dog n:n\nchair sofa n:n\nkid goat n:n\n\
                         old new a:a\nb\n\n";

    #[test]
    fn blocks_of_choices_are_read() {
        let questions = read_all(&format!("{BLOCK}{BLOCK}")).unwrap();
        assert_eq!((questions.len(), questions.sections.len()), (2, 0));
        let first = &questions.choices[0];
        assert_eq!((first.stem.clone(), first.right), (["pup", "dog"].map(String::from), 1));
        assert_eq!(first.choices[2], ["old", "new"].map(String::from));
        let fails = |text: &str, message: &str| {
            assert_eq!(read_all(text).unwrap_err().to_string(), message);
        };
        fails(
            "pup dog n:n\nkid goat n:n\na\n",
            "`sat.txt`, line 3: found `a` behind 1 choice(s), expected the letter of one of at \
             least two choices",
        );
        fails(
            "pup dog n:n\nkid goat n:n\nold new a:a\nc\n",
            "`sat.txt`, line 4: found `c` behind 2 choice(s), expected the letter of one of at \
             least two choices",
        );
        fails(
            &format!("{BLOCK}pup dog n:n\n"),
            "`sat.txt`: found 1 pair(s), expected the letter of the right choice at the end",
        );
        fails(
            "pup dog n:n\nkid goat\na\n",
            "`sat.txt`, line 2: found `kid goat`, expected a pair with its parts of speech, such \
             as `oak tree n:n`, or a letter",
        );
    }
}
