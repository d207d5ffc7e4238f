//! Queries as they come: arguments, or the lines of standard input.
//!
//! In: arguments, or bytes. Out: queries without the spaces around them, one by one or in groups. A
//! line that is no text is a query without an answer, and the lines after it are read on.

use std::io::{self, BufRead, BufReader, Read};

use anyhow::{Context as _, Result};
use eigenlex::Error;

/// Queries that are answered together at most.
const GROUP: usize = 1024;

/// Bytes of standard input that are read at a time.
const READ_AHEAD: usize = 64 << 10;

/// A query, or what stands in its place.
pub(crate) enum Query {
    Text(String),
    /// A line without a query.
    Blank,
    /// A line that cannot be read: what is shown of it, and what is wrong with it.
    Unreadable(String, Error),
}

/// Reads lines of queries.
pub(crate) struct QueryLines<R> {
    input: BufReader<R>,
    n_read: u64,
}

impl<R: Read> QueryLines<R> {
    pub(crate) fn new(input: R) -> Self {
        Self { input: BufReader::with_capacity(READ_AHEAD, input), n_read: 0 }
    }

    /// The next line; `None` at the end.
    pub(crate) fn read(&mut self) -> Result<Option<Query>> {
        let mut bytes = Vec::new();
        let n_bytes = self.input.read_until(b'\n', &mut bytes);
        if n_bytes.context("cannot read standard input")? == 0 {
            return Ok(None);
        }
        self.n_read += 1;
        let line = match bytes.strip_prefix("\u{FEFF}".as_bytes()) {
            Some(rest) if self.n_read == 1 => rest,
            _ => &bytes[..],
        };
        let unreadable = |found: String, expected: &str| {
            let shown = String::from_utf8_lossy(line).trim().to_owned();
            let (line, expected) = (Some(self.n_read), expected.to_owned());
            Query::Unreadable(shown, Error::Malformed { path: "-".into(), line, found, expected })
        };
        Ok(Some(match std::str::from_utf8(line) {
            Err(error) => {
                let place = error.valid_up_to();
                let found = format!("the byte 0x{:02X} in place {}", line[place], place + 1);
                unreadable(found, "a line of UTF-8")
            }
            Ok(text) if text.contains('\0') => {
                unreadable("a NUL character".to_owned(), "a line of text")
            }
            Ok(text) if text.trim().is_empty() => Query::Blank,
            Ok(text) => Query::Text(text.trim().to_owned()),
        }))
    }

    /// Whether another line is there already, without waiting for it.
    fn is_one_there(&self) -> bool {
        self.input.buffer().contains(&b'\n')
    }
}

/// Calls `answer` with each query: the arguments, or for `-` each line of standard input.
pub(crate) fn for_each_query(
    arguments: &[String],
    answer: impl FnMut(Query) -> Result<()>,
) -> Result<()> {
    let mut answer = answer;
    for_each_group(arguments, |group| group.into_iter().try_for_each(&mut answer))
}

/// The same for groups of queries: all arguments that follow each other, and of standard input the
/// lines that are there already, so that a program that asks line by line is answered line by line.
pub(crate) fn for_each_group(
    arguments: &[String],
    mut answer: impl FnMut(Vec<Query>) -> Result<()>,
) -> Result<()> {
    let mut group = Vec::new();
    for argument in arguments {
        if argument != "-" {
            group.push(Query::Text(argument.trim().to_owned()));
            continue;
        }
        if !group.is_empty() {
            answer(std::mem::take(&mut group))?;
        }
        let mut lines = QueryLines::new(io::stdin());
        loop {
            let read = lines.read();
            let is_end = !matches!(read, Ok(Some(_)));
            let failed = match read {
                Ok(query) => {
                    group.extend(query);
                    None
                }
                Err(error) => Some(error),
            };
            if !group.is_empty() && (is_end || !lines.is_one_there() || group.len() == GROUP) {
                answer(std::mem::take(&mut group))?;
            }
            if let Some(error) = failed {
                return Err(error);
            }
            if is_end {
                break;
            }
        }
    }
    if group.is_empty() { Ok(()) } else { answer(group) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The lines of an input: a text, nothing, or the message for it.
    fn lines(input: &[u8]) -> Vec<String> {
        let mut lines = QueryLines::new(input);
        let mut found = Vec::new();
        while let Some(query) = lines.read().unwrap() {
            found.push(match query {
                Query::Text(text) => text,
                Query::Blank => String::new(),
                Query::Unreadable(_, error) => error.to_string(),
            });
        }
        found
    }

    #[test]
    fn the_lines_are_texts_without_spaces_and_mark() {
        assert_eq!(lines(b"\xEF\xBB\xBFking \r\n \n\tqueen"), ["king", "", "queen"]);
        assert_eq!(lines(b""), [""; 0]);
    }

    #[test]
    fn a_line_that_is_no_text_leaves_the_others_alone() {
        assert_eq!(
            lines(b"king\ncaf\xE9 x\nqueen\0\nman\n"),
            [
                "king",
                "`-`, line 2: found the byte 0xE9 in place 4, expected a line of UTF-8",
                "`-`, line 3: found a NUL character, expected a line of text",
                "man",
            ]
        );
    }

    proptest! {
        #[test]
        fn any_bytes_have_as_many_queries_as_lines(
            bytes in prop::collection::vec(prop_oneof![Just(b'\n'), any::<u8>()], 0..60),
        ) {
            let n_lines = bytes.split_inclusive(|&byte| byte == b'\n').count();
            prop_assert_eq!(lines(&bytes).len(), n_lines);
        }
    }
}
