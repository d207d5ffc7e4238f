//! A picture as SVG.
//!
//! Text is drawn as outlines: each glyph once, used wherever it occurs. Browsers, Inkscape and
//! LaTeX then show the same, whichever fonts they have; a font within an SVG would be seen by
//! browsers alone. On demand text stays text, to be edited.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use harfrust::font::glyph::outline::PathSink;

use super::fonts::{Fonts, Weight};
use super::scene::{Item, Paint, Scene, Step, Text};
use crate::cli::output::chart::escaped;

/// How text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum SvgText {
    /// Outlines, which look the same everywhere
    Paths,
    /// Text that can be edited and searched, in a font that the reader has
    Editable,
}

/// The picture as a file of SVG 1.1.
pub(crate) fn svg(scene: &Scene, fonts: &Fonts, as_text: SvgText) -> String {
    let Scene { width, height, title, items } = scene;
    let mm = |points: f32| number(points / super::scene::MM);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" \
         width=\"{}mm\" height=\"{}mm\" viewBox=\"0 0 {} {}\" role=\"img\">\n<title>{}</title>\n",
        mm(*width),
        mm(*height),
        number(*width),
        number(*height),
        in_xml(title)
    );
    let texts = items.iter().filter_map(|item| match item {
        Item::Text(text) => Some(text),
        _ => None,
    });
    let glyphs = if as_text == SvgText::Paths {
        Glyphs::define(texts, fonts, &mut svg)
    } else {
        Glyphs::default()
    };
    let _ = writeln!(
        svg,
        "<rect width=\"{}\" height=\"{}\" fill=\"#ffffff\"/>",
        number(*width),
        number(*height)
    );
    let mut open: Option<Paint> = None;
    for item in items {
        let paint = match item {
            Item::Circle { paint, .. } | Item::Path { paint, .. } => Some(*paint),
            Item::Text(_) => None,
        };
        if open != paint {
            if open.is_some() {
                svg.push_str("</g>\n");
            }
            if let Some(paint) = &paint {
                let _ = writeln!(svg, "<g{}>", attributes(paint));
            }
            open = paint;
        }
        match item {
            Item::Circle { x, y, radius, name, .. } => {
                let [x, y, radius] = [x, y, radius].map(|it| number(*it));
                let _ = write!(svg, "<circle cx=\"{x}\" cy=\"{y}\" r=\"{radius}\"");
                close(&mut svg, "circle", name.as_deref());
            }
            Item::Path { steps, name, .. } => {
                let _ = write!(svg, "<path d=\"{}\"", path(steps));
                close(&mut svg, "path", name.as_deref());
            }
            Item::Text(text) if as_text == SvgText::Paths => glyphs.draw(text, &mut svg),
            Item::Text(text) => editable(text, fonts, &mut svg),
        }
    }
    if open.is_some() {
        svg.push_str("</g>\n");
    }
    svg.push_str("</svg>\n");
    svg
}

/// Closes an element; a reader shows the name where the pointer is over it.
fn close(svg: &mut String, element: &str, name: Option<&str>) {
    match name {
        Some(name) => {
            let _ = writeln!(svg, "><title>{}</title></{element}>", in_xml(name));
        }
        None => svg.push_str("/>\n"),
    }
}

/// Text as XML has it; characters that XML cannot have are left out.
fn in_xml(text: &str) -> String {
    let is_allowed = |&it: &char| {
        matches!(it, '\t' | '\n' | '\r') || (it >= ' ' && !matches!(it, '\u{fffe}' | '\u{ffff}'))
    };
    escaped(&text.chars().filter(is_allowed).collect::<String>())
}

/// A number with at most two decimals, as short as it is.
pub(super) fn number(value: f32) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

fn attributes(paint: &Paint) -> String {
    let mut text = match paint.fill {
        Some(colour) => format!(" fill=\"{}\"", colour.hex()),
        None => " fill=\"none\"".to_owned(),
    };
    if let Some(stroke) = paint.stroke {
        let (colour, width) = (stroke.colour.hex(), number(stroke.width));
        let _ = write!(text, " stroke=\"{colour}\" stroke-width=\"{width}\"");
        if !stroke.dashes.is_empty() {
            let dashes: Vec<String> = stroke.dashes.iter().map(|&it| number(it)).collect();
            let _ = write!(text, " stroke-dasharray=\"{}\"", dashes.join(" "));
        }
        text.push_str(" stroke-linejoin=\"round\"");
    }
    if paint.opacity < 1.0 {
        let _ = write!(text, " opacity=\"{}\"", number(paint.opacity));
    }
    text
}

/// The data of a path.
fn path(steps: &[Step]) -> String {
    let mut data = String::new();
    for step in steps {
        let _ = match step {
            Step::Move(x, y) => write!(data, "M{} {}", number(*x), number(*y)),
            Step::Line(x, y) => write!(data, "L{} {}", number(*x), number(*y)),
            Step::Cubic(points) => {
                let points: Vec<String> = points.iter().map(|&it| number(it)).collect();
                write!(data, "C{}", points.join(" "))
            }
            Step::Close => write!(data, "Z"),
        };
    }
    data
}

/// The glyphs of a picture, by font and number, with the names of their definitions.
#[derive(Default)]
struct Glyphs {
    names: BTreeMap<(usize, u32), String>,
}

/// Units of an em in the definitions. Whole numbers of them are shorter than fractions, and finer
/// than any printer.
const UNITS: f32 = 1000.0;

impl Glyphs {
    fn define<'a>(texts: impl Iterator<Item = &'a Text>, fonts: &Fonts, svg: &mut String) -> Self {
        let mut names = BTreeMap::new();
        for glyph in texts.flat_map(|text| &text.run.glyphs) {
            names.entry((glyph.face, glyph.id)).or_default();
        }
        svg.push_str("<defs>\n");
        let mut n = 0;
        names.retain(|&(face, id), name: &mut String| {
            let face = fonts.face(face);
            let mut outline = Outline { data: String::new(), scale: UNITS / face.units() };
            face.draw(id, &mut outline);
            if outline.data.is_empty() {
                return false;
            }
            *name = format!("g{n}");
            n += 1;
            let _ = writeln!(svg, "<path id=\"{name}\" d=\"{}\"/>", outline.data);
            true
        });
        svg.push_str("</defs>\n");
        Self { names }
    }

    fn draw(&self, text: &Text, svg: &mut String) {
        let Text { x, y, size, run, colour, edge, upright } = text;
        let scale = size / UNITS;
        let turn = if *upright { " rotate(-90)" } else { "" };
        let _ = write!(
            svg,
            "<g transform=\"translate({} {}){turn} scale({scale:.5})\" aria-label=\"{}\"",
            number(*x),
            number(*y),
            in_xml(&run.text)
        );
        let mut uses = String::new();
        for glyph in &run.glyphs {
            if let Some(name) = self.names.get(&(glyph.face, glyph.id)) {
                let _ = write!(uses, "<use xlink:href=\"#{name}\" x=\"{:.0}\"", glyph.x * UNITS);
                if glyph.y != 0.0 {
                    let _ = write!(uses, " y=\"{:.0}\"", -glyph.y * UNITS);
                }
                uses.push_str("/>");
            }
        }
        if *edge {
            // A group of its own below the letters: not every reader knows `paint-order`.
            let width = number(2.0 * EDGE * UNITS);
            let _ = writeln!(
                svg,
                "><g stroke=\"#ffffff\" stroke-width=\"{width}\" stroke-linejoin=\"round\" \
                 fill=\"#ffffff\">{uses}</g><g fill=\"{}\">{uses}</g></g>",
                colour.hex()
            );
        } else {
            let _ = writeln!(svg, " fill=\"{}\">{uses}</g>", colour.hex());
        }
    }
}

/// How far the white edge of a letter reaches, in ems.
pub(super) const EDGE: f32 = 0.12;

/// Writes an outline as the data of a path.
struct Outline {
    data: String,
    scale: f32,
}

impl Outline {
    fn point(&mut self, letter: char, points: &[[f32; 2]]) {
        self.data.push(letter);
        for (place, [x, y]) in points.iter().enumerate() {
            let (x, y) = ((x * self.scale).round() as i32, (-y * self.scale).round() as i32);
            let space = if place > 0 && x >= 0 { " " } else { "" };
            let between = if y >= 0 { " " } else { "" };
            let _ = write!(self.data, "{space}{x}{between}{y}");
        }
    }
}

impl PathSink for Outline {
    fn move_to(&mut self, x: f32, y: f32) {
        self.point('M', &[[x, y]]);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.point('L', &[[x, y]]);
    }

    fn quad_to(&mut self, cx0: f32, cy0: f32, x: f32, y: f32) {
        self.point('Q', &[[cx0, cy0], [x, y]]);
    }

    fn curve_to(&mut self, cx0: f32, cy0: f32, cx1: f32, cy1: f32, x: f32, y: f32) {
        self.point('C', &[[cx0, cy0], [cx1, cy1], [x, y]]);
    }

    fn close(&mut self) {
        self.data.push('Z');
    }
}

/// Text that stays text.
fn editable(text: &Text, fonts: &Fonts, svg: &mut String) {
    let Text { x, y, size, run, colour, edge, upright } = text;
    let turn = if *upright {
        format!(" transform=\"rotate(-90 {} {})\"", number(*x), number(*y))
    } else {
        String::new()
    };
    let bold = if run.weight == Weight::Bold { " font-weight=\"bold\"" } else { "" };
    let edge = if *edge {
        format!(
            " stroke=\"#ffffff\" stroke-width=\"{}\" paint-order=\"stroke\"",
            number(2.0 * EDGE * size)
        )
    } else {
        String::new()
    };
    let _ = writeln!(
        svg,
        "<text x=\"{}\" y=\"{}\" font-family=\"'{}', 'DejaVu Sans', sans-serif\" font-size=\"{}\" \
         textLength=\"{}\" lengthAdjust=\"spacingAndGlyphs\"{bold} \
         fill=\"{}\"{edge}{turn}>{}</text>",
        number(*x),
        number(*y),
        escaped(fonts.family()),
        number(*size),
        number(run.width * size),
        colour.hex(),
        in_xml(&run.text)
    );
}
