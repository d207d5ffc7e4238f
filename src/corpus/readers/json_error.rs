//! What is wrong with a line of JSON, in words; and lone surrogates, which are mended.

use serde_json::Value;

use super::{Place, list};
use crate::base::error::Error;

/// Names of fields that a message lists.
const MOST_NAMES: usize = 20;

/// What is wrong with a field.
pub(super) enum Trouble {
    /// It is not there.
    Missing,
    /// It holds something else.
    Kind {
        /// What it holds.
        kind: &'static str,
        /// What it may hold.
        expected: &'static str,
    },
}

/// The error of a line that does not begin with `{`.
pub(super) fn not_an_object(place: Place<'_>, line: &str) -> Error {
    let array = "an object on each line; `jq -c '.[]'` makes lines of an array";
    match line.as_bytes().first() {
        Some(b'[') => place.malformed(0, "a JSON array", array),
        _ => place.malformed(0, format!("`{line}`"), "a JSON object on each line"),
    }
}

/// The error of a line that is not JSON.
pub(super) fn of_syntax(place: Place<'_>, line: &str, error: &serde_json::Error) -> Error {
    let text = error.to_string();
    // Its place is said by ourselves: the line is that of the file.
    let reason = text.rsplit_once(" at line ").map_or(text.as_str(), |(reason, _)| reason);
    if error.is_eof() {
        let end: String =
            line.chars().rev().take(30).collect::<Vec<_>>().into_iter().rev().collect();
        return place.malformed(
            0,
            format!("JSON that ends too early, after `{end}`"),
            "a whole JSON object on each line; `jq -c .` makes lines of objects",
        );
    }
    place.malformed(
        0,
        format!("bad JSON at column {}: {reason}", error.column()),
        "a JSON object on each line",
    )
}

/// The error of a field. The line is parsed again, which is of no account once.
pub(super) fn of_field(place: Place<'_>, line: &str, path: &str, trouble: Trouble) -> Error {
    match trouble {
        Trouble::Kind { kind, expected } => {
            place.malformed(0, format!("{kind} in the field `{path}`"), expected)
        }
        Trouble::Missing => {
            let value = serde_json::from_str(line).unwrap_or(Value::Null);
            place.malformed(0, fields(&value, path), format!("a field `{path}`"))
        }
    }
}

/// The fields that stand where the path leads to as far as it goes.
fn fields(value: &Value, path: &str) -> String {
    let (mut value, mut reached) = (value, String::new());
    for name in path.split('.') {
        let next = match value {
            Value::Object(fields) => fields.get(name),
            Value::Array(elements) => name.parse().ok().and_then(|i: usize| elements.get(i)),
            _ => None,
        };
        let Some(next) = next else { break };
        value = next;
        reached = if reached.is_empty() { name.to_owned() } else { format!("{reached}.{name}") };
    }
    let within = if reached.is_empty() { String::new() } else { format!(" in `{reached}`") };
    match value {
        Value::Object(fields) if fields.is_empty() => format!("no fields{within}"),
        Value::Object(fields) => {
            let more = if fields.len() > MOST_NAMES { ", ..." } else { "" };
            format!("the fields {}{more}{within}", list(fields.keys().take(MOST_NAMES)))
        }
        Value::Array(elements) => format!("an array of {}{within}", elements.len()),
        Value::String(_) => format!("a string{within}"),
        Value::Number(_) => format!("a number{within}"),
        Value::Bool(_) => format!("true or false{within}"),
        Value::Null => format!("null{within}"),
    }
}

/// The line with U+FFFD for each half of a surrogate pair that stands alone; `None` if none does.
pub(super) fn without_lone_surrogates(line: &str) -> Option<String> {
    let bytes = line.as_bytes();
    let unit = |at: usize| {
        let digits = bytes.get(at..at + 6)?.strip_prefix(b"\\u")?;
        let digits = digits.iter().all(u8::is_ascii_hexdigit).then_some(digits)?;
        u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    };
    let (mut mended, mut copied, mut at) = (String::new(), 0, 0);
    while let Some(distance) = memchr::memchr(b'\\', &bytes[at..]) {
        at += distance;
        match unit(at) {
            Some(0xD800..=0xDBFF) if matches!(unit(at + 6), Some(0xDC00..=0xDFFF)) => at += 12,
            Some(0xD800..=0xDFFF) => {
                mended.push_str(&line[copied..at]);
                mended.push('\u{FFFD}');
                at += 6;
                copied = at;
            }
            Some(_) => at += 6,
            // `\\` is one sign, so that no `\u` begins with its second half.
            None => at = (at + 2).min(bytes.len()),
        }
    }
    (copied > 0).then(|| mended + &line[copied..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_halves_of_pairs_are_mended() {
        let mended = without_lone_surrogates;
        assert_eq!(mended(r"a \ud83d\ude00 \\ud83d \u00e9"), None);
        assert_eq!(mended(r"a \ud83d b").as_deref(), Some("a \u{FFFD} b"));
        assert_eq!(mended(r"\uDE00\ud83d\ud83d\ude00").as_deref(), Some("��\\ud83d\\ude00"));
        assert_eq!(mended(r"\"), None);
        assert_eq!(mended(r"é\é"), None);
        assert_eq!(mended(r"\\\ud83d").as_deref(), Some(r"\\�"));
    }
}
