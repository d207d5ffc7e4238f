//! Standard output: text for a terminal, tab-separated values for a pipe, JSON for programs.
//!
//! Tab-separated values are one flat table per command: a header with the names of the columns,
//! then one record per line, always with as many cells as the header. A tab, a line end, a control
//! character or a backslash within a cell is escaped ([`Escaped`]).

mod answers;
pub(crate) mod bars;
pub(crate) mod chart;
pub(crate) mod progress_line;
pub(crate) mod units;

use std::cell::Cell;
use std::fmt::{self, Display};
use std::io::{self, BufWriter, IsTerminal, StdoutLock, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use clap::ValueEnum;
pub(crate) use eigenlex::format::Cell as Escaped;
use eigenlex::{StageReport, VisibleWord};
use serde::{Serialize, Serializer};
use serde_json::ser::{CompactFormatter, Formatter};

pub(crate) use answers::{Answers, Guesses};
pub(crate) use eigenlex::storage::format_bytes as bytes;
pub(crate) use units::count;

/// The format of what a command prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    /// Aligned columns, for people
    Text,
    /// Tab-separated values
    Tsv,
    /// JSON, one value per line
    Json,
}

/// The option `--format` of every command that prints results.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct FormatArg {
    /// Format of the output [default: text on a terminal, else tsv]
    #[arg(long, value_enum, value_name = "FORMAT", help_heading = "Output")]
    format: Option<OutputFormat>,
    /// Leave out the line of column names in tab-separated values
    #[arg(long, help_heading = "Output")]
    no_header: bool,
}

impl FormatArg {
    /// JSON, as if it had been asked for.
    #[cfg(feature = "serve")]
    pub(crate) fn json() -> Self {
        Self { format: Some(OutputFormat::Json), no_header: false }
    }

    /// What was asked for, if anything was.
    pub(crate) fn given(self) -> Option<OutputFormat> {
        self.format
    }

    /// What was asked for, or what suits standard output.
    pub(crate) fn resolve(self) -> OutputFormat {
        self.format.unwrap_or_else(|| {
            if io::stdout().is_terminal() { OutputFormat::Text } else { OutputFormat::Tsv }
        })
    }

    /// Whether tables are to begin with their first record.
    pub(crate) fn is_without_header(self) -> bool {
        self.no_header
    }

    /// Begins the table of a command: writes the names of its columns where tab-separated values
    /// are asked for, and a header is.
    pub(crate) fn table<const N: usize>(
        self,
        output: &mut impl Write,
        columns: [&'static str; N],
    ) -> io::Result<Table<N>> {
        Table::begin(output, self.has_header(), columns)
    }

    /// The same for the answers to queries: the header comes with the first of them, so that
    /// nothing is printed where there is none.
    pub(crate) fn table_of_answers<const N: usize>(self, columns: [&'static str; N]) -> Table<N> {
        Table { header: Cell::new(self.has_header().then_some(columns)), more: None }
    }

    fn has_header(self) -> bool {
        self.resolve() == OutputFormat::Tsv && !self.no_header
    }
}

/// The columns of a table of what is known of one thing.
pub(crate) const KEY_AND_VALUE: [&str; 2] = ["key", "value"];

/// Tab-separated values of N columns.
#[derive(Debug)]
pub(crate) struct Table<const N: usize> {
    /// The names of the columns, until they are written.
    header: Cell<Option<[&'static str; N]>>,
    /// The name of one more column, which not every run of a command has.
    more: Option<&'static str>,
}

impl<const N: usize> Table<N> {
    /// Begins a table, with the names of its columns or without.
    pub(crate) fn begin(
        output: &mut impl Write,
        with_header: bool,
        columns: [&'static str; N],
    ) -> io::Result<Self> {
        let table = Self { header: Cell::new(with_header.then_some(columns)), more: None };
        table.write_header(output)?;
        Ok(table)
    }

    /// The same table with one more column.
    pub(crate) fn with(self, more: Option<&'static str>) -> Self {
        Self { more, ..self }
    }

    fn write_header(&self, output: &mut impl Write) -> io::Result<()> {
        match self.header.take() {
            Some(columns) => write_row(output, columns.iter().chain(&self.more)),
            None => Ok(()),
        }
    }

    /// Writes a record, and the header above the first one. What is in the cells is escaped.
    pub(crate) fn row(&self, output: &mut impl Write, cells: [&dyn Display; N]) -> io::Result<()> {
        self.write_header(output)?;
        write_row(output, cells)
    }

    /// The same with the cell of the further column, if the table has one.
    pub(crate) fn row_with(
        &self,
        output: &mut impl Write,
        cells: [&dyn Display; N],
        more: &dyn Display,
    ) -> io::Result<()> {
        self.write_header(output)?;
        write_row(output, cells.into_iter().chain(self.more.map(|_| more)))
    }
}

fn write_row<T: Display>(
    output: &mut impl Write,
    cells: impl IntoIterator<Item = T>,
) -> io::Result<()> {
    for (column, cell) in cells.into_iter().enumerate() {
        write!(output, "{}{}", if column > 0 { "\t" } else { "" }, Escaped(cell))?;
    }
    writeln!(output)
}

/// Writes lines for people, with the characters made visible that nobody sees.
pub(crate) fn visibly<E: From<io::Error>>(
    output: &mut impl Write,
    write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
) -> Result<(), E> {
    let mut text = Vec::new();
    write(&mut text)?;
    for line in String::from_utf8_lossy(&text).split_terminator('\n') {
        writeln!(output, "{}", VisibleWord(line))?;
    }
    Ok(())
}

/// A number with `N` decimals; one that is not finite is an empty cell, and null in JSON.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Decimals<const N: usize>(pub(crate) f64);

/// A cosine, or another number of 32 bits from about -1 to 1: six decimals of it mean something.
pub(crate) type Cosine = Decimals<6>;

impl<const N: usize> Display for Decimals<N> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.rounded() {
            // What rounds to zero has no sign.
            Some(0.0) => write!(formatter, "{:.N$}", 0.0),
            Some(number) => write!(formatter, "{number:.N$}"),
            None => Ok(()),
        }
    }
}

impl<const N: usize> Decimals<N> {
    fn rounded(self) -> Option<f64> {
        let scale = 10_u64.pow(N as u32) as f64;
        let rounded = (self.0 * scale).round() / scale;
        self.0.is_finite().then_some(if rounded.is_finite() { rounded } else { self.0 })
    }
}

impl<const N: usize> From<f32> for Decimals<N> {
    fn from(number: f32) -> Self {
        Self(f64::from(number))
    }
}

impl<const N: usize> Serialize for Decimals<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Adding zero takes the sign off zero.
        self.rounded().map(|number| number + 0.0).serialize(serializer)
    }
}

/// A number with `N` significant digits, for what may be large or small; one that is not finite is
/// an empty cell, and null in JSON.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Digits<const N: usize>(pub(crate) f64);

impl<const N: usize> Digits<N> {
    fn rounded(self) -> Option<f64> {
        // Through decimal digits, since a division would bring back the digits that are cut off.
        self.0.is_finite().then(|| format!("{:.*e}", N - 1, self.0).parse().unwrap_or(self.0))
    }
}

impl<const N: usize> Display for Digits<N> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.rounded() {
            Some(0.0) => formatter.write_str("0"),
            Some(number) if (1e-4..1e15).contains(&number.abs()) => write!(formatter, "{number}"),
            Some(number) => write!(formatter, "{number:e}"),
            None => Ok(()),
        }
    }
}

impl<const N: usize> Serialize for Digits<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.rounded().map(|number| number + 0.0).serialize(serializer)
    }
}

/// The value, or an empty cell.
pub(crate) struct OrEmpty<T>(pub(crate) Option<T>);

impl<T: Display> Display for OrEmpty<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_ref().map_or(Ok(()), |value| value.fmt(formatter))
    }
}

/// A word, a name or a text as it is shown to people: what nobody can see is escaped.
pub(crate) fn shown(text: &str) -> String {
    VisibleWord(text).to_string()
}

/// The folder in which a file is, or will be: `.` for a bare name.
pub(crate) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// What the command that runs has printed so far, where somebody takes that instead of standard
/// output.
pub(crate) static TAKEN: Mutex<Option<Vec<u8>>> = Mutex::new(None);

/// Where results go.
pub(crate) enum Destination {
    Stdout(StdoutLock<'static>),
    Taken,
}

impl Write for Destination {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Stdout(stdout) => return stdout.write(bytes),
            Self::Taken => taken().get_or_insert_default().extend_from_slice(bytes),
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Stdout(stdout) => stdout.flush(),
            Self::Taken => Ok(()),
        }
    }
}

fn taken() -> std::sync::MutexGuard<'static, Option<Vec<u8>>> {
    TAKEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Standard output, or what is taken in its place, buffered. No bar is drawn between what is
/// printed.
pub(crate) fn stdout() -> BufWriter<Destination> {
    crate::cli::output::bars::rest();
    let is_taken = taken().is_some();
    BufWriter::new(match is_taken {
        true => Destination::Taken,
        false => Destination::Stdout(io::stdout().lock()),
    })
}

/// A value as one line of JSON; numbers that are not whole have seven significant digits (six if
/// they are of 32 bits), and what is not finite is null.
pub(crate) fn json_line(output: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    json_line_of::<7>(output, value)
}

/// As [`json_line`], with all significant digits of double precision.
pub(crate) fn json_line_in_double(
    output: &mut impl Write,
    value: &impl Serialize,
) -> io::Result<()> {
    json_line_of::<17>(output, value)
}

fn json_line_of<const N: usize>(output: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    value.serialize(&mut serde_json::Serializer::with_formatter(&mut *output, Rounding::<N>))?;
    writeln!(output)
}

/// Writes no digits that mean nothing: `N` for a number of 64 bits.
struct Rounding<const N: usize>;

impl<const N: usize> Formatter for Rounding<N> {
    fn write_f32<W: Write + ?Sized>(&mut self, writer: &mut W, value: f32) -> io::Result<()> {
        CompactFormatter.write_f64(writer, Digits::<6>(value.into()).rounded().unwrap_or_default())
    }

    fn write_f64<W: Write + ?Sized>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        CompactFormatter.write_f64(writer, Digits::<N>(value).rounded().unwrap_or_default())
    }
}

/// How long each stage took and what memory it needed, and the sum.
pub(crate) fn stages(output: &mut impl Write, stages: &[StageReport]) -> io::Result<()> {
    let mut total = 0.0;
    let mut peak = 0;
    for stage in stages {
        total += stage.seconds;
        peak = peak.max(stage.peak_memory_bytes.unwrap_or(0));
        let memory = stage.peak_memory_bytes.map_or_else(|| "?".to_owned(), bytes);
        writeln!(
            output,
            "stage     {:<10} {:>9.2} s   {memory:>10}",
            stage.name.to_string(),
            stage.seconds
        )?;
    }
    if !stages.is_empty() {
        writeln!(output, "total     {:<10} {total:>9.2} s   {:>10} peak memory", "", bytes(peak))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_have_the_digits_that_mean_something() {
        assert_eq!(
            [0.812_345_64, -0.5, -1e-9, f64::NAN].map(|it| Cosine::from(it as f32).to_string()),
            ["0.812346", "-0.500000", "0.000000", ""]
        );
        let digits = [1234.5678, 0.0, 1.0 / 3.0, 2.345_67e-8, f64::INFINITY]
            .map(|it| Digits::<5>(it).to_string());
        assert_eq!(digits, ["1234.6", "0", "0.33333", "2.3457e-8", ""]);
        assert_eq!(
            serde_json::to_string(&(Cosine::from(0.812_345_6_f32), Cosine::from(f32::NAN)))
                .unwrap(),
            "[0.812346,null]"
        );
        assert_eq!(
            serde_json::to_string(&(Digits::<3>(1e300), Digits::<3>(f64::NEG_INFINITY))).unwrap(),
            "[1e+300,null]"
        );
    }

    #[test]
    fn lines_for_people_show_what_nobody_sees() {
        let mut shown = Vec::new();
        let text = "a\u{1B}[31mb\n\nco\u{AD}op  می\u{200C}روم\n";
        visibly::<io::Error>(&mut shown, |it| it.write_all(text.as_bytes())).unwrap();
        let expected = "a<U+001B>[31mb\n\nco<U+00AD>op  می\u{200C}روم\n";
        assert_eq!(String::from_utf8(shown).unwrap(), expected);
    }

    /// What a cell stands for.
    fn unescaped(cell: &str) -> String {
        let mut text = String::new();
        let mut characters = cell.chars();
        while let Some(character) = characters.next() {
            if character != '\\' {
                text.push(character);
                continue;
            }
            match characters.next().unwrap() {
                't' => text.push('\t'),
                'n' => text.push('\n'),
                'r' => text.push('\r'),
                'u' => {
                    let number: String =
                        characters.by_ref().skip(1).take_while(|&it| it != '}').collect();
                    text.push(char::from_u32(u32::from_str_radix(&number, 16).unwrap()).unwrap());
                }
                other => text.push(other),
            }
        }
        text
    }

    /// Any text, with what needs an escape often enough.
    const CELL: &str = "(\\PC|[\t\r\n\\\\\u{0}\u{1b}\u{85}\u{2028}\u{2029}u{}])*";

    proptest! {
        #[test]
        fn no_cell_breaks_a_row_and_every_cell_can_be_read_back(
            cells in prop::array::uniform3(CELL),
        ) {
            let mut row = Vec::new();
            write_row(&mut row, cells.each_ref().map(|cell| cell as &dyn Display)).unwrap();
            let row = String::from_utf8(row).unwrap();
            let line = row.strip_suffix('\n').unwrap();
            let ends_a_line =
                |it: char| it != '\t' && (it.is_control() || matches!(it, '\u{2028}' | '\u{2029}'));
            prop_assert!(!line.chars().any(ends_a_line));
            prop_assert_eq!(line.split('\t').map(unescaped).collect::<Vec<_>>(), cells.to_vec());
        }
    }
}
