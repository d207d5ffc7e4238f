//! Standard output: text for a terminal, tab-separated values for a pipe, JSON for programs.

use std::io::{self, BufWriter, IsTerminal, StdoutLock, Write};

use clap::ValueEnum;
use eigenlex::StageReport;
use eigenlex::query::Neighbor;
use serde::Serialize;

/// The form of what a command prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum OutputFormat {
    /// Aligned, for people
    Text,
    /// Tab-separated values
    Tsv,
    /// JSON, one value a line
    Json,
}

/// The option `--format` of every command that prints results.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(super) struct FormatArg {
    /// Form of the output [default: text on a terminal, else tsv]
    #[arg(long, value_enum, value_name = "FORM")]
    format: Option<OutputFormat>,
}

impl FormatArg {
    /// What was asked for, if anything was.
    pub(super) fn given(self) -> Option<OutputFormat> {
        self.format
    }

    /// What was asked for, or what suits standard output.
    pub(super) fn resolve(self) -> OutputFormat {
        self.format.unwrap_or_else(|| if io::stdout().is_terminal() { OutputFormat::Text } else { OutputFormat::Tsv })
    }
}

/// Standard output, buffered. No bar is drawn between what is printed.
pub(super) fn stdout() -> BufWriter<StdoutLock<'static>> {
    super::bars::rest();
    BufWriter::new(io::stdout().lock())
}

/// A value as one line of JSON.
pub(super) fn json_line(output: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *output, value)?;
    writeln!(output)
}

/// The answers to one of several queries. `first` is false from the second query on.
pub(super) fn answers(output: &mut impl Write, format: OutputFormat, query: &str, answers: &[Neighbor], first: bool) -> io::Result<()> {
    match format {
        OutputFormat::Json => json_line(output, &answers),
        OutputFormat::Tsv => {
            if !first {
                writeln!(output)?;
            }
            answers.iter().try_for_each(|answer| writeln!(output, "{}\t{}", answer.word, answer.similarity))
        }
        OutputFormat::Text => {
            let width = answers.iter().map(|answer| answer.word.chars().count()).max().unwrap_or(0);
            writeln!(output, "{}{query}", if first { "" } else { "\n" })?;
            answers.iter().try_for_each(|answer| writeln!(output, "  {:<width$}  {:.4}", answer.word, answer.similarity))
        }
    }
}

/// How long each stage took and what memory it needed, and the sum.
pub(super) fn stages(output: &mut impl Write, stages: &[StageReport]) -> io::Result<()> {
    let mut total = 0.0;
    let mut peak = 0;
    for stage in stages {
        total += stage.seconds;
        peak = peak.max(stage.peak_memory_bytes.unwrap_or(0));
        let memory = stage.peak_memory_bytes.map_or_else(|| "?".to_owned(), bytes);
        writeln!(output, "stage     {:<10} {:>9.2} s   {memory:>10}", stage.name.to_string(), stage.seconds)?;
    }
    if !stages.is_empty() {
        writeln!(output, "total     {:<10} {total:>9.2} s   {:>10} peak memory", "", bytes(peak))?;
    }
    Ok(())
}

/// `1234567` as `1,234,567`.
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Bytes with a binary unit: `1.5 GiB`.
pub(super) fn bytes(number: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut unit = 0;
    let mut value = number as f64;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    if unit == 0 { format!("{number} B") } else { format!("{value:.1} {}", UNITS[unit]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        assert_eq!([0, 999, 1000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([512, 1536, 3 << 30].map(bytes), ["512 B", "1.5 KiB", "3.0 GiB"]);
    }
}
