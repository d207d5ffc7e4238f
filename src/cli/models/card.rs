//! What `info` prints about a file of vectors, and model cards in Markdown.

use std::io::{self, Write};
use std::path::Path;

use eigenlex::format::{Format, Note, VectorFile};
use eigenlex::{Error, VisibleWord};
use serde::Serialize;

use crate::cli::output;
use crate::cli::output::{Digits, FormatArg, KEY_AND_VALUE, OutputFormat, bytes, count};

/// Words that are shown.
const EXAMPLES: usize = 10;

/// The JSON of a vector file.
#[derive(Serialize)]
pub(super) struct FileInfo<'a> {
    n_words: usize,
    dim: usize,
    digest: String,
    format: Format,
    /// Bytes on the disk, of a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    n_bytes: Option<u64>,
    number_type: &'a str,
    /// The shortest, the mean and the greatest length of the vectors that are not zero.
    lengths: [f64; 3],
    n_zero_vectors: usize,
    /// Whether unknown words get vectors from their n-grams.
    has_ngrams: bool,
    /// The list that the words stand in, if it is another file.
    #[serde(skip_serializing_if = "Option::is_none")]
    word_list: Option<&'a Path>,
    /// The first of them.
    words: Vec<&'a str>,
    faults: &'a [Note],
}

impl<'a> FileInfo<'a> {
    /// What is known of a file.
    ///
    /// # Errors
    /// A vector that is not finite, in a file that is mapped.
    pub(super) fn of(file: &'a VectorFile, path: &Path) -> Result<Self, Error> {
        let lengths = file.vectors.lengths()?;
        let (mut shortest, mut longest, mut sum, mut n) = (f64::INFINITY, 0.0f64, 0.0, 0usize);
        for length in lengths.iter().map(|&length| f64::from(length)).filter(|&it| it > 0.0) {
            (shortest, longest, sum, n) =
                (shortest.min(length), longest.max(length), sum + length, n + 1);
        }
        let mean = if n > 0 { sum / n as f64 } else { 0.0 };
        Ok(Self {
            n_words: file.vectors.len(),
            dim: file.vectors.dim(),
            digest: file.vectors.digest(),
            format: file.format,
            n_bytes: path.is_file().then(|| path.metadata().ok()).flatten().map(|it| it.len()),
            number_type: file.report.number_type.as_deref().unwrap_or("float32"),
            lengths: [if n > 0 { shortest } else { 0.0 }, mean, longest],
            n_zero_vectors: lengths.len() - n,
            has_ngrams: file.ngrams.is_some(),
            word_list: file.report.word_list.as_deref(),
            words: file.vectors.words().iter().take(EXAMPLES).collect(),
            faults: &file.report.notes,
        })
    }

    /// Prints it.
    pub(super) fn print(&self, output: &mut impl Write, form: FormatArg) -> io::Result<()> {
        match form.resolve() {
            OutputFormat::Json => output::json_line(output, self),
            OutputFormat::Tsv => {
                let table = form.table(output, KEY_AND_VALUE)?;
                let [shortest, mean, longest] = self.lengths.map(Digits::<7>);
                table.row(output, [&"n_words", &self.n_words])?;
                table.row(output, [&"dim", &self.dim])?;
                table.row(output, [&"digest", &self.digest])?;
                table.row(output, [&"format", &self.format])?;
                if let Some(n_bytes) = self.n_bytes {
                    table.row(output, [&"n_bytes", &n_bytes])?;
                }
                table.row(output, [&"number_type", &self.number_type])?;
                table.row(output, [&"shortest", &shortest])?;
                table.row(output, [&"mean_length", &mean])?;
                table.row(output, [&"longest", &longest])?;
                table.row(output, [&"n_zero_vectors", &self.n_zero_vectors])?;
                table.row(output, [&"has_ngrams", &self.has_ngrams])?;
                if let Some(list) = self.word_list {
                    table.row(output, [&"word_list", &list.display()])?;
                }
                for note in self.faults {
                    let key = format!("fault.{}", note.fault.name());
                    table.row(output, [&key, &note.count])?;
                }
                Ok(())
            }
            OutputFormat::Text => self
                .rows()
                .into_iter()
                .try_for_each(|(key, value)| writeln!(output, "{key:<8}  {}", VisibleWord(value))),
        }
    }

    /// Names and values, for people.
    fn rows(&self) -> Vec<(&'static str, String)> {
        let (n_words, dim) = (count(self.n_words as u64), self.dim);
        let size = self.n_bytes.map_or_else(String::new, |it| format!(", {}", bytes(it)));
        let [shortest, mean, longest] = self.lengths.map(|length| format!("{length:.4}"));
        let mut rows = vec![
            ("vectors", format!("{n_words} words, {dim} dimensions")),
            ("format", format!("{} ({}{size})", self.format, self.format.title())),
            ("numbers", self.number_type.to_owned()),
            ("lengths", format!("{shortest} to {longest}, mean {mean}")),
        ];
        if self.n_zero_vectors > 0 {
            rows.push(("zeros", format!("{} vectors", count(self.n_zero_vectors as u64))));
        }
        if self.has_ngrams {
            rows.push(("unknown", "words get vectors from their n-grams".to_owned()));
        }
        if let Some(list) = self.word_list {
            rows.push(("list", list.display().to_string()));
        }
        rows.push(("words", self.words.join(" ")));
        for note in self.faults {
            rows.push(("fault", format!("{note}")));
        }
        rows.push(("digest", self.digest.clone()));
        rows
    }

    /// Prints a model card in Markdown.
    pub(super) fn markdown(&self, output: &mut impl Write, path: &Path) -> io::Result<()> {
        let rows = self.rows();
        let rows = rows.iter().map(|(key, value)| (*key, value.as_str()));
        markdown(output, path, "Word vectors.", rows)
    }
}

/// A model card: what the file is, a table of what is known of it, and how to use it.
pub(super) fn markdown<'a>(
    output: &mut impl Write,
    path: &Path,
    what: &str,
    rows: impl Iterator<Item = (&'a str, &'a str)>,
) -> io::Result<()> {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    writeln!(output, "# {name}\n\n{what}\n\n| what | value |\n|---|---|")?;
    for (key, value) in rows {
        writeln!(output, "| {key} | {} |", as_written(&VisibleWord(value).to_string()))?;
    }
    writeln!(
        output,
        "\n## Use\n\n```console\n$ eigenlex neighbors {name} WORD\n$ eigenlex math {name} 'A - B + \
         C'\n$ eigenlex export {name} vectors.npz\n```"
    )
}

/// A text that Markdown shows as it is: `</s>` is a word, not HTML.
fn as_written(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' => escaped.push(' '),
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '&' | '~' | '$' => {
                escaped.extend(['\\', character]);
            }
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::as_written;

    #[test]
    fn words_are_no_markup() {
        assert_eq!(as_written("</s> a_b*|\nking"), "\\</s\\> a\\_b\\*\\| king");
    }
}
