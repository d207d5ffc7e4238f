//! The words of a line that is a list, not an expression.

use super::characters::closing_quotes;

/// The words of a line: between tabs, if it has any, else between spaces. A word in quotes may have
/// spaces in it.
///
/// ```
/// use eigenlex::query::words_of_line;
/// assert_eq!(words_of_line("king \"new york\" 'tis"), ["king", "new york", "'tis"]);
/// assert_eq!(words_of_line("new york\tking"), ["new york", "king"]);
/// ```
pub fn words_of_line(line: &str) -> Vec<&str> {
    if line.contains('\t') {
        let cells = line.split('\t').map(str::trim).filter(|cell| !cell.is_empty());
        return cells.map(without_quotes).collect();
    }
    let mut words = Vec::new();
    let mut rest = line.trim_start();
    while !rest.is_empty() {
        let blank = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let end = quoted_length(rest).unwrap_or(blank);
        words.push(without_quotes(&rest[..end]));
        rest = rest[end..].trim_start();
    }
    words
}

/// The bytes of a quoted word at the beginning of a text, up to the first closing quote with a
/// space or nothing behind it; `None` if there is no such word.
fn quoted_length(text: &str) -> Option<usize> {
    let opening = text.chars().next()?;
    let closing = closing_quotes(opening);
    let is_end = |&(offset, quote): &(usize, char)| {
        let after = text[offset + quote.len_utf8()..].chars().next();
        closing.contains(&quote) && after.is_none_or(char::is_whitespace)
    };
    let mut behind = text.char_indices().skip(1);
    let (offset, quote) = behind.find(is_end)?;
    // Between the quotes is something.
    (offset > opening.len_utf8()).then_some(offset + quote.len_utf8())
}

fn without_quotes(word: &str) -> &str {
    match quoted_length(word) {
        Some(length) if length == word.len() => {
            let mut inner = word.chars();
            inner.next();
            inner.next_back();
            inner.as_str()
        }
        _ => word,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn quotes_hold_words_with_spaces() {
        for (line, words) in [
            ("king queen", &["king", "queen"][..]),
            ("  \"on tuesday\"  king ", &["on tuesday", "king"]),
            ("\u{201E}new york\u{201C} \u{AB}a b\u{BB}", &["new york", "a b"]),
            ("'tis it's \"new york\"", &["'tis", "it's", "new york"]),
            ("\"king queen", &["\"king", "queen"]),
            ("\"\" \"a\"b\" c", &["\"\"", "a\"b", "c"]),
            ("\" \" a", &[" ", "a"]),
            ("on tuesday\tmonday", &["on tuesday", "monday"]),
            ("\"on tuesday\"\t monday \t", &["on tuesday", "monday"]),
            ("", &[]),
        ] {
            assert_eq!(words_of_line(line), words, "{line}");
        }
    }

    proptest! {
        #[test]
        fn lines_without_quotes_are_split_at_their_spaces(words in "[a-cé :)]{0,20}") {
            prop_assert_eq!(words_of_line(&words), words.split_whitespace().collect::<Vec<_>>());
        }

        #[test]
        fn no_line_makes_it_panic(line in any::<String>()) {
            let _ = words_of_line(&line);
        }
    }
}
