//! Charts of a few falling curves: in characters for a terminal, in SVG for a file.

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

/// Sides of a chart in SVG, and the room for its axes, in pixels.
const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 420.0;
const MARGIN: f64 = 56.0;

/// Colours that any eyes can distinguish (Okabe & Ito 2008), and dashes that need no colour.
const STROKES: [(&str, &str); 4] =
    [("#0072B2", ""), ("#D55E00", "7 4"), ("#009E73", "2 3"), ("#CC79A7", "10 3 2 3")];

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

    /// The chart as an SVG file.
    pub(crate) fn svg(&self) -> String {
        let [left, right, low, high] = self.bounds();
        let x = |value: f64| MARGIN + (value - left) / (right - left) * (WIDTH - 2.0 * MARGIN);
        let y =
            |value: f64| HEIGHT - MARGIN - (value - low) / (high - low) * (HEIGHT - 2.0 * MARGIN);
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
             font-family=\"sans-serif\" font-size=\"12\">\n\
             <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#ffffff\"/>\n\
             <text x=\"{MARGIN}\" y=\"28\" font-size=\"15\">{}</text>\n",
            escaped(self.title)
        );
        for step in 0..=5 {
            let share = f64::from(step) / 5.0;
            let (at_x, at_y) = (left + share * (right - left), low + share * (high - low));
            let _ = writeln!(
                svg,
                "<path d=\"M{MARGIN} {0:.1}H{1:.1}\" stroke=\"#e0e0e0\"/>\
                 <text x=\"{2:.1}\" y=\"{3:.1}\" text-anchor=\"end\">{at_y:.3}</text>\
                 <text x=\"{4:.1}\" y=\"{5:.1}\" text-anchor=\"middle\">{at_x:.0}</text>",
                y(at_y),
                WIDTH - MARGIN,
                MARGIN - 6.0,
                y(at_y) + 4.0,
                x(at_x),
                HEIGHT - MARGIN + 18.0
            );
        }
        let _ = writeln!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
            WIDTH / 2.0,
            HEIGHT - 12.0,
            escaped(self.x_name)
        );
        if let Some((value, name)) = self.marked {
            draw_mark(&mut svg, x(value), name);
        }
        for (number, (curve, stroke)) in self.curves.iter().zip(STROKES.iter().cycle()).enumerate()
        {
            let place = |&(at_x, at_y): &(f64, f64)| format!("{:.2} {:.2}", x(at_x), y(at_y));
            let path: Vec<String> = curve.points.iter().map(place).collect();
            draw_curve(&mut svg, number, curve.name, *stroke, &path.join("L"));
        }
        svg.push_str("</svg>\n");
        svg
    }
}

/// Draws an upright line with its name.
fn draw_mark(svg: &mut String, at: f64, name: &str) {
    let (anchor, beside) = if at > WIDTH / 2.0 { ("end", at - 5.0) } else { ("start", at + 5.0) };
    let _ = writeln!(
        svg,
        "<path d=\"M{at:.1} {MARGIN}V{:.1}\" stroke=\"#555555\" stroke-dasharray=\"1 3\"/>\
         <text x=\"{beside:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{}</text>",
        HEIGHT - MARGIN,
        HEIGHT - MARGIN - 8.0,
        escaped(name)
    );
}

/// Draws a curve, and its name in the legend.
fn draw_curve(
    svg: &mut String,
    number: usize,
    name: &str,
    (colour, dashes): (&str, &str),
    path: &str,
) {
    let (row, from) = (MARGIN + 16.0 * number as f64, WIDTH - MARGIN - 250.0);
    let stroke = format!(
        "stroke=\"{colour}\" stroke-width=\"2\" stroke-dasharray=\"{dashes}\" fill=\"none\""
    );
    let _ = writeln!(
        svg,
        "<path d=\"M{path}\" {stroke}/>\n<path d=\"M{from:.1} {row:.1}h28\" {stroke}/>\
         <text x=\"{:.1}\" y=\"{:.1}\">{}</text>",
        from + 34.0,
        row + 4.0,
        escaped(name)
    );
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

    #[test]
    fn svg_is_escaped_and_within_its_box() {
        let svg = chart().svg();
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n") && svg.contains("a &lt; b"));
        assert!(svg.contains("M56.00 56.00L"), "{svg}");
    }
}
