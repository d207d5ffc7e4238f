//! Whether the lines of a text are wrapped: broken where they would have become wider than a page.
//!
//! In: the beginning of a text. Out: the width, if its lines are wrapped.
//!
//! A line is wrapped if it ends because the next word would not have fitted: its length, a space
//! and the first word of the next line are together more than the width. A text is wrapped if that
//! holds for nearly all of its lines that another follows. Verse, lists and one sentence a line
//! have lines that end for other reasons; where such lines are all of one length, most of them end
//! with the end of a sentence or begin with a capital letter.

use serde::{Deserialize, Serialize};

use super::DocumentUnit;

/// What the ends of lines are within a paragraph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WrappedLines {
    /// Decided for each file from the lengths of its first lines: those that were wrapped at a
    /// width are joined. A corpus of a single wrapped file is cut at blank lines unless it is said
    /// what a document is. Lines from standard input are kept.
    #[default]
    Auto,
    /// Lines are joined to paragraphs, which blank lines separate, and words that a hyphen breaks
    /// at the end of a line are joined too, where the corpus has the joined word, or has the second
    /// part nowhere else.
    Join,
    /// A line is as it is.
    Keep,
}

/// Bytes that are looked at.
pub(super) const LOOKED_AT: usize = 1 << 16;

/// Fewest lines that show whether they are wrapped.
const LEAST_LINES: usize = 8;

/// Widths, in characters, that pages and mails have.
const WIDTHS: std::ops::RangeInclusive<usize> = 30..=120;

/// The share of lines that must end because the next word would not have fitted.
const SHARE: f64 = 0.9;

/// Fewest words of most lines. In a script without spaces nothing shows which word would have
/// fitted.
const LEAST_WORDS: usize = 3;

/// Of so many lines one at least is blank: wrapped texts have paragraphs. Lines of made-up texts
/// may all be of one length.
const MOST_LINES_A_BLANK: usize = 100;

/// The share of lines that may end a sentence, and that of lines that may begin with a capital
/// letter (in German every third word has one).
const MOST_ENDS: f64 = 0.5;
const MOST_CAPITALS: f64 = 0.7;

/// Of a hundred lines, how many may be longer than the width, such as addresses in the web.
const LONGER: usize = 2;

impl WrappedLines {
    /// Whether the lines of a text that begins so are joined, where this counts as a document.
    pub(super) fn are_joined(self, unit: DocumentUnit, head: &[u8]) -> bool {
        match self {
            Self::Join => true,
            Self::Keep => false,
            // Lines that end documents stay so.
            Self::Auto => {
                !matches!(unit, DocumentUnit::Line | DocumentUnit::Sentence)
                    && width(head).is_some()
            }
        }
    }
}

/// The width at which the lines of a text are wrapped, in characters; `None` if they are not.
pub(super) fn width(text: &[u8]) -> Option<usize> {
    let head = &text[..text.len().min(LOOKED_AT)];
    let head = match std::str::from_utf8(head) {
        Ok(head) => head,
        Err(error) => std::str::from_utf8(&head[..error.valid_up_to()]).expect("valid up to there"),
    };
    // The last line may be cut off.
    let head = if text.len() > head.len() { head.rsplit_once('\n')?.0 } else { head };
    let lines: Vec<&str> = head.trim_end().split('\n').map(|line| line.trim_end()).collect();
    // A line and the next one.
    let followed: Vec<(&str, &str)> = lines
        .windows(2)
        .map(|pair| (pair[0], pair[1]))
        .filter(|(line, next)| !line.trim().is_empty() && !next.trim().is_empty())
        .collect();
    if followed.len() < LEAST_LINES {
        return None;
    }
    let length = |line: &str| line.chars().count();
    let mut lengths: Vec<usize> = followed.iter().map(|(line, _)| length(line)).collect();
    lengths.sort_unstable();
    let width = lengths[lengths.len() - 1 - lengths.len() * LONGER / 100];
    let share = |is_so: &dyn Fn(&str, &str) -> bool| {
        let n = followed.iter().filter(|(line, next)| is_so(line, next)).count();
        n as f64 / followed.len() as f64
    };
    let n_blank = lines.iter().filter(|line| line.trim().is_empty()).count();
    let is_wrapped = WIDTHS.contains(&width)
        && n_blank * MOST_LINES_A_BLANK >= lines.len()
        && share(&|line, next| length(line) + 1 + first_word(next) > width) >= SHARE
        && share(&|line, _| line.split_whitespace().count() >= LEAST_WORDS) >= SHARE
        && share(&|line, _| ends_sentence(line)) <= MOST_ENDS
        && share(&|_, next| begins_with_capital(next)) <= MOST_CAPITALS;
    is_wrapped.then_some(width)
}

fn ends_sentence(line: &str) -> bool {
    line.ends_with(['.', '!', '?', '…', '。', '।', '؟', '።'])
}

fn begins_with_capital(line: &str) -> bool {
    line.chars().find(|character| character.is_alphanumeric()).is_some_and(char::is_uppercase)
}

/// Characters of the first word of a line.
fn first_word(line: &str) -> usize {
    line.split_whitespace().next().map_or(0, |word| word.chars().count())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Words put on lines of a width.
    fn wrapped(words: &[String], width: usize) -> String {
        let (mut text, mut length) = (String::new(), 0);
        for word in words {
            let n = word.chars().count();
            if length > 0 && length + 1 + n > width {
                text.push('\n');
                length = 0;
            } else if length > 0 {
                text.push(' ');
                length += 1;
            }
            text.push_str(word);
            length += n;
        }
        text
    }

    #[test]
    fn lines_of_other_kinds_are_not_wrapped() {
        let verse = "Shall I compare thee to a summer's day?\nThou art more lovely and more \
                     temperate:\nRough winds do shake the darling buds of May,\nAnd summer's lease \
                     hath all too short a date;\n";
        assert_eq!(width(verse.repeat(5).as_bytes()), None);
        assert_eq!(
            width("the king sat\nthe queen wore a long crown\n".repeat(20).as_bytes()),
            None
        );
        // Sentences of one form, each on a line.
        let sentences = "Then Mr. Darcy walked with Mrs. Bennet at St. James.\n";
        assert_eq!(width(sentences.repeat(50).as_bytes()), None);
        assert_eq!(width(sentences.replace(".\n", ",\n").repeat(50).as_bytes()), None);
        assert_eq!(width("สวัสดีชาวโลกภาษาไทยไม่มีช่องว่างระหว่างคำ\n".repeat(30).as_bytes()), None);
        assert_eq!(width("word\n".repeat(100).as_bytes()), None);
        assert_eq!(width(b"one line\nand another\n"), None);
        assert_eq!(width(include_bytes!("../../corpora/english.txt")), None);
    }

    #[test]
    fn paragraphs_of_wrapped_lines_are_seen() {
        let words: Vec<String> =
            (0..200).map(|n| "abcdefghij"[..1 + n * 7 % 10].to_owned()).collect();
        let text = wrapped(&words, 60);
        // A single block may be anything.
        assert_eq!(width(text.as_bytes()), None);
        let paragraphs = format!("A HEADING\n\n{text}\n\n{text}\r\n");
        assert_eq!(
            width(paragraphs.as_bytes()).map(|width| (58..=60).contains(&width)),
            Some(true)
        );
    }

    proptest! {
        #[test]
        fn any_text_that_is_wrapped_is_seen(
            words in prop::collection::vec("[a-zé]{1,10}", 300..600),
            at in 40usize..100,
        ) {
            let paragraphs: Vec<String> =
                words.chunks(100).map(|words| wrapped(words, at)).collect();
            let text = paragraphs.join("\n\n");
            let found = width(text.as_bytes());
            prop_assert!(found.is_some_and(|found| found <= at && found + 6 > at), "{found:?}");
        }

        #[test]
        fn any_text_has_an_answer(text in "\\PC{0,50}(\n\\PC{0,50}){0,20}") {
            let _ = width(text.as_bytes());
        }
    }
}
