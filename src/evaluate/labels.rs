//! Labels of documents: to learn from or to ask about, and a class.

use std::collections::BTreeSet;
use std::io::BufRead;
use std::path::Path;

use super::lines::each_line;
use crate::base::error::{Error, Result};

/// What a line should hold.
const EXPECTED: &str = "`train` or `test`, then a tab and a class";

/// The role of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// To learn from.
    Train,
    /// To ask about.
    Test,
}

/// A file of labels: a line for each document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentLabels {
    /// The file's name, for the report.
    pub file: String,
    /// The classes, sorted by their bytes.
    pub classes: Vec<String>,
    /// For each document its role and the position of its class.
    pub documents: Vec<(Role, u32)>,
}

impl DocumentLabels {
    /// Reads labels: `train` or `test`, the class, and any other columns, separated by tabs; line i
    /// belongs to document i. `path` names the stream.
    ///
    /// ```
    /// use eigenlex::evaluate::DocumentLabels;
    /// let file = "train\tsea\t17\ntest\tsky\n";
    /// let labels = DocumentLabels::read(file.as_bytes(), "labels.tsv".as_ref())?;
    /// assert_eq!(labels.classes, ["sea", "sky"]);
    /// # Ok::<(), eigenlex::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Malformed`] with the line; also if there are fewer than two classes, or no document
    /// of a role. [`Error::Io`] if the stream fails.
    pub fn read(input: impl BufRead, path: &Path) -> Result<Self> {
        let mut rows: Vec<(Role, String)> = Vec::new();
        each_line(input, path, |line, number| {
            if number != rows.len() as u64 + 1 {
                let expected = "a line for each document, `train` or `test` and a class";
                return Err(Error::malformed(
                    path,
                    Some(rows.len() as u64 + 1),
                    "a blank line",
                    expected,
                ));
            }
            let bad = |found| Error::malformed(path, Some(number), found, EXPECTED);
            rows.push(role_and_class(line).map_err(bad)?);
            Ok(())
        })?;
        let classes: BTreeSet<String> = rows.iter().map(|(_, class)| class.clone()).collect();
        let classes: Vec<String> = classes.into_iter().collect();
        if classes.len() < 2 {
            let found = format!("{} class(es)", classes.len());
            return Err(Error::malformed(path, None, found, "at least two"));
        }
        for (role, name) in [(Role::Train, "train"), (Role::Test, "test")] {
            if rows.iter().all(|row| row.0 != role) {
                return Err(Error::malformed(
                    path,
                    None,
                    format!("no line that begins with `{name}`"),
                    "documents to learn from and documents to ask about",
                ));
            }
        }
        let position =
            |class: &String| classes.binary_search(class).expect("every class is listed") as u32;
        let documents = rows.iter().map(|(role, class)| (*role, position(class))).collect();
        Ok(Self { file: path.display().to_string(), classes, documents })
    }
}

/// The role and the class of a line, or what it has instead.
fn role_and_class(line: &str) -> std::result::Result<(Role, String), String> {
    let mut fields = line.split('\t').map(str::trim);
    let role = match fields.next() {
        Some("train") => Role::Train,
        Some("test") => Role::Test,
        other => return Err(format!("`{}`", other.unwrap_or_default())),
    };
    match fields.next() {
        Some(class) if !class.is_empty() => Ok((role, class.to_owned())),
        _ => Err("no class".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &[u8]) -> Result<DocumentLabels> {
        DocumentLabels::read(text, Path::new("l.tsv"))
    }

    #[test]
    fn labels_are_aligned_with_documents() {
        let labels =
            read("\u{FEFF}train\tsky\t7\r\ntest\tsea\ntrain\tsea\tx\ty\n".as_bytes()).unwrap();
        assert_eq!(labels.classes, ["sea", "sky"]);
        assert_eq!(labels.documents, [(Role::Train, 1), (Role::Test, 0), (Role::Train, 0)]);
        let fails =
            |text: &[u8], message: &str| assert_eq!(read(text).unwrap_err().to_string(), message);
        fails(
            b"train\ta\nTest\tb\n",
            "`l.tsv`, line 2: found `Test`, expected `train` or `test`, then a tab and a class",
        );
        fails(
            b"train\ta\ntest\n",
            "`l.tsv`, line 2: found no class, expected `train` or `test`, then a tab and a class",
        );
        fails(
            b"train\ta\n\ntest\tb\n",
            "`l.tsv`, line 2: found a blank line, expected a line for each document, `train` or \
             `test` and a class",
        );
        fails(b"train\ta\ntest\ta\n", "`l.tsv`: found 1 class(es), expected at least two");
        fails(
            b"train\ta\ntrain\tb\n",
            "`l.tsv`: found no line that begins with `test`, expected documents to learn from and \
             documents to ask about",
        );
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "((train|test|tr|)\t?(a|b|é|)\t?\r?\n){0,6}") {
            if let Ok(labels) = read(text.as_bytes()) {
                let n_classes = labels.classes.len();
                prop_assert!(labels.documents.iter().all(|it| (it.1 as usize) < n_classes));
            }
        }
    }
}
