//! The words of an array that has none in itself: a list beside it.
//!
//! In: the path of the array. Out: its words, in the order of its rows. The list has a word a
//! line; in a file called a vocabulary perhaps with its count behind a tab or space (as GloVe and
//! word2vec write them). Or it is JSON: the `tokenizer.json` of Hugging Face's library, or its
//! older `vocab.json`.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::intake::ReadOptions;
use crate::base::error::{Error, Result};
use crate::base::words::Words;

/// What lists are called that belong to one array: its name without extension, and these.
const EXTENSIONS: [&str; 5] = ["words.txt", "vocab.txt", "vocab", "words", "tokenizer.json"];

/// What lists are called that belong to the only array of a folder.
const IN_FOLDER: [&str; 5] =
    ["tokenizer.json", "vocab.txt", "words.txt", "vocab.json", "vocabulary.txt"];

/// The byte order mark of UTF-8.
pub(super) const MARK: &[u8] = b"\xEF\xBB\xBF";

/// The words of the array at `path`, and where they stand: in the list that the options name, or
/// else in the first that is there.
///
/// # Errors
/// [`Error::Malformed`], also if there is none; [`Error::Io`].
pub(super) fn find(path: &Path, options: &ReadOptions) -> Result<(Words, PathBuf)> {
    let list = match &options.words {
        Some(list) => list.clone(),
        None => {
            candidates(path).into_iter().find(|list| list.is_file()).ok_or_else(|| none(path))?
        }
    };
    // A list in UTF-8 is taken as it is: a word may have any character in it. JSON is UTF-8.
    let raw = std::fs::read(&list).unwrap_or_default();
    let plain = raw.strip_prefix(MARK).unwrap_or(&raw);
    if (options.encoding.is_none() || is_json(&list))
        && !plain.is_empty()
        && std::str::from_utf8(plain).is_ok()
    {
        return Ok((parse(plain, &list)?, list));
    }
    let text = options.beside(&list).read()?;
    Ok((parse(text.as_bytes(), &list)?, list))
}

/// The error of an array that has no list of words: it names those that were looked for.
fn none(path: &Path) -> Error {
    let names: Vec<String> = candidates(path)
        .iter()
        .filter_map(|list| Some(format!("`{}`", list.file_name()?.to_string_lossy())))
        .collect();
    let expected = format!("a list of words beside it, one of {}", names.join(", "));
    Error::malformed(path, None, "an array without words", expected)
}

/// Where a list may be, the likeliest first.
fn candidates(path: &Path) -> Vec<PathBuf> {
    let mut long = path.as_os_str().to_owned();
    long.push(".words.txt");
    let mut all = vec![PathBuf::from(long)];
    all.extend(EXTENSIONS.iter().map(|extension| path.with_extension(extension)));
    all.extend(IN_FOLDER.iter().map(|name| path.with_file_name(name)));
    all
}

/// Whether there are as many words as rows.
///
/// # Errors
/// [`Error::Malformed`] if not.
pub(super) fn check(words: &Words, list: &Path, n_rows: usize, path: &Path) -> Result<()> {
    if words.len() == n_rows {
        return Ok(());
    }
    let expected = format!("{n_rows}, the rows of `{}`", path.display());
    Err(Error::malformed(list, None, format!("{} words", words.len()), expected))
}

/// The words of a list; `path` names it in messages.
///
/// # Errors
/// [`Error::Malformed`].
pub(super) fn parse(list: &[u8], path: &Path) -> Result<Words> {
    let text = std::str::from_utf8(list).map_err(|reason| {
        let line = memchr::memchr_iter(b'\n', &list[..reason.valid_up_to()]).count() as u64 + 1;
        Error::malformed(path, Some(line), "a word that is not UTF-8", "UTF-8")
    })?;
    if is_json(path) {
        return of_json(text, path);
    }
    let lines = text.strip_suffix('\n').unwrap_or(text).split('\n');
    let lines = lines.map(|line| line.strip_suffix('\r').unwrap_or(line));
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    // A list of words alone may have some that end like a count.
    if name.contains("vocab") {
        let with_counts: Option<Words> = lines.clone().map(before_count).collect();
        return Ok(with_counts.unwrap_or_else(|| lines.collect()));
    }
    Ok(lines.collect())
}

fn is_json(path: &Path) -> bool {
    path.extension().is_some_and(|it| it.eq_ignore_ascii_case("json"))
}

/// The word of a line that ends with a count.
fn before_count(line: &str) -> Option<&str> {
    let (word, count) = line.rsplit_once([' ', '\t'])?;
    let is_count = !count.is_empty() && count.bytes().all(|byte| byte.is_ascii_digit());
    (is_count && !word.is_empty()).then_some(word)
}

/// The vocabulary in JSON, in the order of its ids.
fn of_json(text: &str, path: &Path) -> Result<Words> {
    let bad = |found: &str| Error::malformed(path, None, found, "a vocabulary of words and ids");
    let json: Value = serde_json::from_str(text).map_err(|_| bad("text that is no JSON"))?;
    let vocabulary = json.pointer("/model/vocab").unwrap_or(&json);
    let mut entries: Vec<(u64, &str)> = Vec::new();
    match vocabulary {
        Value::Object(map) => {
            for (word, id) in map {
                entries.push((id.as_u64().ok_or_else(|| bad("an id that is no number"))?, word));
            }
        }
        Value::Array(list) => {
            for (id, entry) in (0..).zip(list) {
                // Unigram models have a score with each word.
                let word = entry.as_str().or_else(|| entry.get(0)?.as_str());
                entries.push((id, word.ok_or_else(|| bad("a word that is no text"))?));
            }
        }
        _ => return Err(bad("no vocabulary")),
    }
    let added = json.get("added_tokens").and_then(Value::as_array);
    for token in added.into_iter().flatten() {
        let word = token.get("content").and_then(Value::as_str);
        let id = token.get("id").and_then(Value::as_u64);
        entries.extend(id.zip(word));
    }
    entries.sort_unstable();
    entries.dedup();
    for (place, &(id, word)) in (0..).zip(&entries) {
        if id != place {
            return Err(bad(&format!("the id {id} of `{word}` in place {place}")));
        }
    }
    Ok(entries.into_iter().map(|(_, word)| word).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(list: &str, name: &str) -> std::result::Result<Vec<String>, String> {
        let words = parse(list.as_bytes(), Path::new(name)).map_err(|error| error.to_string())?;
        Ok(words.iter().map(str::to_owned).collect())
    }

    #[test]
    fn lists_of_words_and_of_words_with_counts_are_read() {
        for list in ["the\nof\n", "the\r\nof", "the 12\nof 3\n", "the\t12\nof\t3\n"] {
            assert_eq!(words(list, "vocab.txt").unwrap(), ["the", "of"], "{list:?}");
        }
        assert_eq!(words("the 12\nof 3\n", "v.words.txt").unwrap(), ["the 12", "of 3"]);
        // Not all lines end with a count.
        assert_eq!(words("in 1984\nof\n", "vocab.txt").unwrap(), ["in 1984", "of"]);
        assert_eq!(words("the\n\nof\n", "w.txt").unwrap(), ["the", "", "of"]);
    }

    #[test]
    fn vocabularies_in_json_are_read_in_the_order_of_their_ids() {
        let of = |list: &str| words(list, "tokenizer.json");
        assert_eq!(of(r#"{"the": 1, "of": 0}"#).unwrap(), ["of", "the"]);
        let tokenizer = r#"{"added_tokens": [{"id": 2, "content": "[PAD]"}],
            "model": {"vocab": {"the": 1, "of": 0}}}"#;
        assert_eq!(of(tokenizer).unwrap(), ["of", "the", "[PAD]"]);
        assert_eq!(of(r#"{"model": {"vocab": [["a", -1.5], ["b", -2]]}}"#).unwrap(), ["a", "b"]);
        assert_eq!(
            of(r#"{"the": 2, "of": 0}"#).unwrap_err(),
            "`tokenizer.json`: found the id 2 of `the` in place 1, expected a vocabulary of words \
             and ids"
        );
        assert!(of("[1]").unwrap_err().contains("a word that is no text"));
        assert!(of("3").unwrap_err().contains("no vocabulary"));
        assert!(of("{").unwrap_err().contains("text that is no JSON"));
    }

    #[test]
    fn the_encoding_of_a_list_may_be_given() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("v.npy");
        let of = |encoding: &str| {
            let source = crate::input::TextSource::new(&path)
                .encoding(encoding.parse::<crate::input::TextEncoding>().unwrap());
            find(&path, &ReadOptions::default().of_source(&source))
        };
        std::fs::write(folder.path().join("v.words.txt"), b"k\xF6nig\n").unwrap();
        assert!(find(&path, &ReadOptions::default()).is_err());
        assert!(of("latin1").unwrap().0.iter().eq(["könig"]));
        // JSON is UTF-8.
        std::fs::remove_file(folder.path().join("v.words.txt")).unwrap();
        std::fs::write(folder.path().join("v.tokenizer.json"), r#"{"könig": 0}"#).unwrap();
        assert!(of("latin1").unwrap().0.iter().eq(["könig"]));
    }

    #[test]
    fn the_likeliest_list_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("v.npy");
        let find = || find(&path, &ReadOptions::default());
        let message = find().unwrap_err().to_string();
        assert!(
            message.contains("found an array without words, expected a list of words beside it")
                && message.contains("one of `v.npy.words.txt`, `v.words.txt`, `v.vocab.txt`"),
            "{message}"
        );
        std::fs::write(folder.path().join("vocab.txt"), "a\n").unwrap();
        assert!(find().unwrap().1.ends_with("vocab.txt"));
        std::fs::write(folder.path().join("v.words.txt"), "b\n").unwrap();
        let (words, list) = find().unwrap();
        assert!(words.iter().eq(["b"]) && list.ends_with("v.words.txt"));
    }
}
