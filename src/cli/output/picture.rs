//! Points with names in groups, as an SVG file.

use std::fmt::Write as _;

use super::chart::escaped;

/// Side of the picture in SVG and the room for the names of the groups, in pixels.
const SIDE: f32 = 900.0;
const MARGIN: f32 = 20.0;
const LEGEND: f32 = 280.0;

/// The width of a letter and the height of a line of names, in pixels, on average.
const LETTER: f32 = 7.0;
const LINE: f32 = 13.0;

/// A group of points.
#[derive(Debug)]
pub(crate) struct Group {
    name: String,
    colour: String,
}

impl Group {
    /// The group of this number; its hue is far from those before it (steps of the golden angle),
    /// its lightness alternates.
    pub(crate) fn new(number: usize, name: &str) -> Self {
        let hue = (number as f64 * 137.508 + 210.0) % 360.0;
        let lightness = [0.42, 0.58, 0.33][number % 3];
        Self { name: name.to_owned(), colour: hex_colour(hue.round(), 0.7, lightness) }
    }
}

/// `#rrggbb` of a hue in degrees, a saturation and a lightness from 0 to 1 (CSS Color 4, section
/// 7.1): the one notation that every reader of SVG knows.
fn hex_colour(hue: f64, saturation: f64, lightness: f64) -> String {
    let reach = saturation * lightness.min(1.0 - lightness);
    let channel = |offset: f64| {
        let step = (offset + hue / 30.0) % 12.0;
        let value = lightness - reach * (step - 3.0).min(9.0 - step).clamp(-1.0, 1.0);
        (255.0 * value).round() as u8
    };
    format!("#{:02x}{:02x}{:02x}", channel(0.0), channel(8.0), channel(4.0))
}

/// A document or a word.
#[derive(Debug)]
pub(crate) struct Point {
    pub(crate) place: [f32; 2],
    pub(crate) name: String,
    pub(crate) group: usize,
    pub(crate) is_word: bool,
}

/// What is drawn.
#[derive(Debug)]
pub(crate) struct Picture {
    pub(crate) title: String,
    pub(crate) groups: Vec<Group>,
    pub(crate) points: Vec<Point>,
}

impl Picture {
    /// The points as an SVG file; the name of a point is shown where the pointer is over it, and
    /// words are written at their places.
    pub(crate) fn svg(&self) -> String {
        let bound = |axis: usize, f: fn(f32, f32) -> f32, from: f32| {
            self.points.iter().map(|point| point.place[axis]).fold(from, f)
        };
        let low = [0, 1].map(|axis| bound(axis, f32::min, f32::INFINITY));
        let high = [0, 1].map(|axis| bound(axis, f32::max, f32::NEG_INFINITY));
        let scale = (SIDE - 2.0 * MARGIN) / (high[0] - low[0]).max(high[1] - low[1]).max(1e-12);
        let at = |place: [f32; 2]| {
            (MARGIN + scale * (place[0] - low[0]), SIDE - MARGIN - scale * (place[1] - low[1]))
        };
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {SIDE}\" \
             font-family=\"sans-serif\" font-size=\"12\">\n\
             <rect width=\"{0}\" height=\"{SIDE}\" fill=\"#ffffff\"/>\n<title>{1}</title>\n",
            SIDE + LEGEND,
            escaped(&self.title)
        );
        self.draw_documents(&mut svg, at);
        self.draw_words(&mut svg, at);
        self.draw_legend(&mut svg);
        svg.push_str("</svg>\n");
        svg
    }

    fn draw_documents(&self, svg: &mut String, at: impl Fn([f32; 2]) -> (f32, f32)) {
        for (number, group) in self.groups.iter().enumerate() {
            let _ = writeln!(svg, "<g fill=\"{}\" fill-opacity=\"0.7\">", group.colour);
            for point in self.points.iter().filter(|point| point.group == number && !point.is_word)
            {
                self.draw_dot(svg, at(point.place), &point.name);
            }
            svg.push_str("</g>\n");
        }
    }

    fn draw_dot(&self, svg: &mut String, (x, y): (f32, f32), name: &str) {
        let radius = (120.0 / (self.points.len() as f32).sqrt()).clamp(1.2, 5.0);
        let _ = writeln!(
            svg,
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius:.1}\"><title>{}</title></circle>",
            escaped(name)
        );
    }

    /// Draws the names of words; one that would lie on an earlier one is a dot.
    fn draw_words(&self, svg: &mut String, at: impl Fn([f32; 2]) -> (f32, f32)) {
        let mut names: Vec<(f32, f32, f32)> = Vec::new();
        for point in self.points.iter().filter(|point| point.is_word) {
            let (x, y) = at(point.place);
            let width = LETTER * point.name.chars().count() as f32;
            if names.iter().any(|&(middle, base, other)| {
                (base - y).abs() < LINE && (middle - x).abs() < (other + width) / 2.0
            }) {
                self.draw_dot(svg, (x, y), &point.name);
                continue;
            }
            names.push((x, y, width));
            let _ = writeln!(
                svg,
                "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"middle\" stroke=\"#ffffff\" \
                 stroke-width=\"3\" paint-order=\"stroke\">{}</text>",
                escaped(&point.name)
            );
        }
    }

    fn draw_legend(&self, svg: &mut String) {
        let _ = writeln!(
            svg,
            "<text x=\"{SIDE}\" y=\"24\" font-size=\"15\">{}</text>",
            escaped(&self.title)
        );
        for (number, group) in self.groups.iter().enumerate() {
            let y = 50.0 + 20.0 * number as f32;
            let size = self.points.iter().filter(|point| point.group == number).count();
            let _ = writeln!(
                svg,
                "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"5\" fill=\"{}\"/>\
                 <text x=\"{:.1}\" y=\"{y:.1}\">{} ({size})</text>",
                SIDE + 6.0,
                y - 4.0,
                group.colour,
                SIDE + 18.0,
                escaped(&group.name)
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_those_of_css() {
        assert_eq!(hex_colour(0.0, 1.0, 0.5), "#ff0000");
        assert_eq!(hex_colour(120.0, 1.0, 0.5), "#00ff00");
        assert_eq!(hex_colour(240.0, 1.0, 0.25), "#000080");
        // hsl(210 70% 42%) in a browser.
        assert_eq!(hex_colour(210.0, 0.7, 0.42), "#206bb6");
    }

    fn picture() -> Picture {
        let point = |x: f32, y: f32, name: &str, is_word: bool| Point {
            place: [x, y],
            name: name.to_owned(),
            group: usize::from(is_word),
            is_word,
        };
        Picture {
            title: "a & b".to_owned(),
            groups: vec![Group::new(0, "documents"), Group::new(1, "words")],
            points: vec![point(0.0, 0.0, "document 1", false), point(2.0, 1.0, "<king>", true)],
        }
    }

    #[test]
    fn svg_shows_every_point() {
        let svg = picture().svg();
        assert!(
            svg.contains("<circle cx=\"20.0\" cy=\"880.0\"")
                && svg.contains("<title>document 1</title>")
        );
        assert!(svg.contains(">&lt;king&gt;</text>") && svg.contains("words (1)"));
        // Of two names in one place the second is a dot.
        let mut crowded = picture();
        crowded.points.extend(
            ["queen", "far"]
                .map(|name| Point { name: name.to_owned(), ..picture().points.remove(1) }),
        );
        crowded.points[3].place = [0.5, 0.5];
        let svg = crowded.svg();
        assert!(
            svg.contains(">far</text>")
                && !svg.contains(">queen</text>")
                && svg.contains("<title>queen</title>")
        );
    }
}
