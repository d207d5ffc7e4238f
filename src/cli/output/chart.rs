//! Charts of a few falling curves, in characters for a terminal. `pictures/curves.rs` draws them.

use std::fmt::Write as _;

/// A curve of a chart.
pub(crate) struct Curve<'a> {
    pub(crate) name: &'a str,
    /// The character it is drawn with, which distinguishes curves without colour.
    pub(crate) mark: char,
    pub(crate) points: Vec<(f64, f64)>,
}

/// What a chart shows.
pub(crate) struct Chart<'a> {
    pub(crate) title: &'a str,
    pub(crate) x_name: &'a str,
    pub(crate) curves: Vec<Curve<'a>>,
    /// Where an upright line is, and its name.
    pub(crate) marked: Option<(f64, &'a str)>,
}

/// Columns and rows of a chart in characters, without its axes.
const COLUMNS: usize = 64;
const ROWS: usize = 16;

impl Chart<'_> {
    /// The least and greatest x and y; a curve that is level gets some room.
    fn bounds(&self) -> [f64; 4] {
        let points = || self.curves.iter().flat_map(|curve| &curve.points);
        let least = |values: &mut dyn Iterator<Item = f64>| values.fold(f64::INFINITY, f64::min);
        let greatest =
            |values: &mut dyn Iterator<Item = f64>| values.fold(f64::NEG_INFINITY, f64::max);
        let (left, right) =
            (least(&mut points().map(|p| p.0)), greatest(&mut points().map(|p| p.0)));
        let (low, high) = (least(&mut points().map(|p| p.1)), greatest(&mut points().map(|p| p.1)));
        let room = |low: f64, high: f64| if high > low { high } else { low + 1.0 };
        [left, room(left, right), low, room(low, high)]
    }

    /// The chart in characters; a later curve is drawn over an earlier one.
    pub(crate) fn text(&self) -> String {
        let [left, right, low, high] = self.bounds();
        let mut cells = vec![[' '; COLUMNS]; ROWS];
        let place = |value: f64, from: f64, to: f64, n: usize| {
            ((value - from) / (to - from) * (n - 1) as f64).round() as usize
        };
        if let Some((x, _)) = self.marked {
            let column = place(x, left, right, COLUMNS);
            cells.iter_mut().for_each(|row| row[column.min(COLUMNS - 1)] = '|');
        }
        for curve in &self.curves {
            for &(x, y) in &curve.points {
                cells[ROWS - 1 - place(y, low, high, ROWS)][place(x, left, right, COLUMNS)] =
                    curve.mark;
            }
        }
        let mut text = format!("{}\n", self.title);
        for (number, row) in cells.iter().enumerate() {
            let label = match number {
                0 => format!("{high:8.3}"),
                n if n == ROWS - 1 => format!("{low:8.3}"),
                _ => " ".repeat(8),
            };
            let row: String = row.iter().collect();
            let _ = writeln!(text, "{label} |{}", row.trim_end());
        }
        let (left, right) = (left.to_string(), right.to_string());
        let _ = writeln!(text, "{}+{}", " ".repeat(9), "-".repeat(COLUMNS));
        let spaces = COLUMNS.saturating_sub(left.len() + right.len());
        let middle = format!("{:^spaces$}", self.x_name);
        let _ = writeln!(text, "{}{left}{middle}{right}", " ".repeat(10));
        for curve in &self.curves {
            let _ = writeln!(text, "{}{} {}", " ".repeat(10), curve.mark, curve.name);
        }
        if let Some((_, name)) = self.marked {
            let _ = writeln!(text, "{}| {name}", " ".repeat(10));
        }
        text
    }
}

/// Text as XML has it.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart() -> Chart<'static> {
        let points = (0..=10).map(|k| (f64::from(k), 1.0 / f64::from(k + 1))).collect();
        Chart {
            title: "loss",
            x_name: "k",
            curves: vec![Curve { name: "a < b", mark: '*', points }],
            marked: Some((5.0, "here")),
        }
    }

    #[test]
    fn a_falling_curve_begins_at_the_upper_left() {
        let text = chart().text();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[1], format!("   1.000 |*{}|", " ".repeat(31)));
        assert!(lines[16].starts_with("   0.091 |") && lines[16].ends_with('*'), "{text}");
        assert!(text.contains("* a < b\n") && text.contains("| here\n"));
    }
}
