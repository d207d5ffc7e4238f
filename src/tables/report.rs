//! What was taken from a table: its columns, how many rows, which were left out and why.

use std::fmt;

use serde::Serialize;

use super::delimiter::Delimiter;

/// Lines of a file that are named for each reason.
const LINES_NAMED: usize = 5;

/// What was taken from a file of words.
///
/// Its `Display` is one sentence for people: `999 rows: word in columns 1 (`word1`) and 2
/// (`word2`), score in column 4 (`SimLex999`)`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct TableReport {
    /// What separates the cells; of the first file, if there are several.
    pub delimiter: Delimiter,
    /// The columns that were taken, in the order of their use.
    pub columns: Vec<TakenColumn>,
    /// Rows that were taken.
    pub rows: usize,
    /// Rows that were not, by reason.
    pub left_out: Vec<LeftOutRows>,
    /// What else a reader should know, as sentences without a full stop.
    pub notes: Vec<String>,
}

/// A column that was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TakenColumn {
    /// What it holds: `word`, `score`, `class`, `source`, `target`.
    pub role: &'static str,
    /// Its place, from 1.
    pub column: usize,
    /// Its heading, if the table has one.
    pub heading: Option<String>,
}

/// Rows that were left out for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeftOutRows {
    /// The reason: `no score`, `no word`, `repeated`.
    pub reason: &'static str,
    /// How many rows.
    pub rows: usize,
    /// The lines of the first of them, from 1.
    pub lines: Vec<u64>,
}

impl TableReport {
    pub(crate) fn new(delimiter: Delimiter) -> Self {
        Self { delimiter, ..Self::default() }
    }

    /// Names a column that was taken; `place` is counted from 0.
    pub(crate) fn take(&mut self, role: &'static str, place: usize, heading: Option<&str>) {
        let heading = heading.filter(|heading| !heading.is_empty()).map(str::to_owned);
        self.columns.push(TakenColumn { role, column: place + 1, heading });
    }

    pub(crate) fn leave_out(&mut self, reason: &'static str, line: u64) {
        let known = self.left_out.iter().position(|it| it.reason == reason);
        let place = known.unwrap_or_else(|| {
            self.left_out.push(LeftOutRows { reason, rows: 0, lines: Vec::new() });
            self.left_out.len() - 1
        });
        let it = &mut self.left_out[place];
        it.rows += 1;
        if it.lines.len() < LINES_NAMED {
            it.lines.push(line);
        }
    }

    /// Adds what was taken from another file of the same set.
    pub(crate) fn add(&mut self, other: Self) {
        if self.rows == 0 {
            (self.delimiter, self.columns) = (other.delimiter, other.columns);
        }
        self.rows += other.rows;
        for left in other.left_out {
            match self.left_out.iter_mut().find(|it| it.reason == left.reason) {
                Some(it) => it.rows += left.rows,
                None => self.left_out.push(LeftOutRows { lines: Vec::new(), ..left }),
            }
        }
        for note in other.notes {
            if !self.notes.contains(&note) {
                self.notes.push(note);
            }
        }
    }
}

impl fmt::Display for TableReport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = if self.rows == 1 { "row" } else { "rows" };
        write!(formatter, "{} {rows}, separated by {}", self.rows, self.delimiter)?;
        let same_role = |left: &TakenColumn, right: &TakenColumn| left.role == right.role;
        for (place, columns) in self.columns.chunk_by(same_role).enumerate() {
            let separator = if place == 0 { ": " } else { ", " };
            write!(formatter, "{separator}{}", columns[0].role)?;
            let plural = if columns.len() == 1 { "column" } else { "columns" };
            write!(formatter, " in {plural} ")?;
            if let [first, .., last] = columns
                && columns.len() > 3
            {
                write!(formatter, "{} to {}", first.column, last.column)?;
                continue;
            }
            for (place, column) in columns.iter().enumerate() {
                formatter.write_str(match place {
                    0 => "",
                    _ if place + 1 == columns.len() => " and ",
                    _ => ", ",
                })?;
                write!(formatter, "{}", column.column)?;
                if let Some(heading) = &column.heading {
                    write!(formatter, " (`{heading}`)")?;
                }
            }
        }
        for it in &self.left_out {
            write!(formatter, "; {} left out: {}", it.rows, it.reason)?;
            let lines: Vec<String> = it.lines.iter().map(u64::to_string).collect();
            let more = if it.rows > lines.len() { ", ..." } else { "" };
            let line = if it.rows == 1 { "line" } else { "lines" };
            if !lines.is_empty() {
                write!(formatter, " ({line} {}{more})", lines.join(", "))?;
            }
        }
        self.notes.iter().try_for_each(|note| write!(formatter, "; {note}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_taken_is_one_sentence() {
        let mut report = TableReport::new(Delimiter::Tab);
        report.rows = 7;
        report.take("word", 0, Some("word1"));
        report.take("word", 1, Some("word2"));
        report.take("score", 3, None);
        (1..8).for_each(|line| report.leave_out("no score", line));
        report.leave_out("no word", 9);
        report.notes.push("a note".to_owned());
        assert_eq!(
            report.to_string(),
            "7 rows, separated by tabs: word in columns 1 (`word1`) and 2 (`word2`), score in \
             column 4; 7 left out: no score (lines 1, 2, 3, 4, 5, ...); 1 left out: no word (line \
             9); a note"
        );
        let mut several = TableReport::new(Delimiter::Comma);
        several.take("score", 4, None);
        (5..9).for_each(|place| several.take("score", place, None));
        several.rows = 1;
        assert_eq!(several.to_string(), "1 row, separated by commas: score in columns 5 to 9");
        report.add(several);
        assert_eq!((report.rows, report.columns.len(), report.delimiter), (8, 3, Delimiter::Tab));
    }
}
