//! A picture as PDF 1.7: one page of its size, with the glyphs that it uses of each font.
//!
//! Text can be searched and copied: a glyph knows what it stands for. The file has no date, so the
//! same picture is the same bytes.

use std::collections::{BTreeMap, BTreeSet};

use harfrust::font::glyph::outline::PathSink;
use pdf_writer::types::{
    CidFontType, FontFlags, LineCapStyle, LineJoinStyle, SystemInfo, TextRenderingMode, UnicodeCmap,
};
use pdf_writer::{Content, Filter, Finish as _, Name, Pdf, Rect, Ref, Str, TextStr};
use subsetter::GlyphRemapper;

use super::fonts::{Face, Fonts};
use super::scene::{Colour, Item, Paint, Scene, Step, Text};
use super::svg::EDGE;

const CATALOG: Ref = Ref::new(1);
const PAGES: Ref = Ref::new(2);
const PAGE: Ref = Ref::new(3);
const CONTENT: Ref = Ref::new(4);
const INFO: Ref = Ref::new(5);
/// The first of the objects of fonts and opacities.
const FIRST: i32 = 6;

/// The picture as a PDF.
pub(crate) fn pdf(scene: &Scene, fonts: &Fonts) -> Vec<u8> {
    let embedded = Embedded::of(scene, fonts);
    let opacities = opacities(scene);
    let mut content = Content::new();
    // y grows upwards in PDF.
    content.transform([1.0, 0.0, 0.0, -1.0, 0.0, scene.height]);
    content.set_line_join(LineJoinStyle::RoundJoin).set_line_cap(LineCapStyle::ButtCap);
    for item in &scene.items {
        match item {
            Item::Circle { x, y, radius, paint, .. } => {
                shape(&mut content, &circle(*x, *y, *radius), paint, &opacities);
            }
            Item::Path { steps, paint, .. } => shape(&mut content, steps, paint, &opacities),
            Item::Text(text) => draw_text(&mut content, text, fonts, &embedded),
        }
    }
    let content = content.finish();
    let mut pdf = Pdf::new();
    pdf.catalog(CATALOG).pages(PAGES);
    pdf.pages(PAGES).kids([PAGE]).count(1);
    pdf.document_info(INFO)
        .title(TextStr(&scene.title))
        .producer(TextStr(concat!("eigenlex ", env!("CARGO_PKG_VERSION"))));
    let mut page = pdf.page(PAGE);
    page.media_box(Rect::new(0.0, 0.0, scene.width, scene.height));
    page.parent(PAGES).contents(CONTENT);
    let mut resources = page.resources();
    let mut of_fonts = resources.fonts();
    for font in embedded.fonts.values() {
        of_fonts.pair(Name(font.name.as_bytes()), font.first);
    }
    of_fonts.finish();
    let mut states = resources.ext_g_states();
    for (number, opacity) in opacities.iter().enumerate() {
        let opacity = f32::from(*opacity) / 100.0;
        states
            .insert(Name(state_name(number).as_bytes()))
            .start::<pdf_writer::writers::ExtGraphicsState>()
            .non_stroking_alpha(opacity)
            .stroking_alpha(opacity);
    }
    states.finish();
    resources.finish();
    page.finish();
    let packed = packed(&content);
    pdf.stream(CONTENT, &packed).filter(Filter::FlateDecode);
    for (&face, font) in &embedded.fonts {
        font.write(&mut pdf, fonts.face(face));
    }
    pdf.finish()
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    written.expect("memory takes what is written")
}

/// The opacities of a picture, in hundredths.
fn opacities(scene: &Scene) -> Vec<u8> {
    let of = |item: &Item| match item {
        Item::Circle { paint, .. } | Item::Path { paint, .. } => Some(hundredths(paint)),
        Item::Text(_) => None,
    };
    let found: BTreeSet<u8> = scene.items.iter().filter_map(of).filter(|&it| it < 100).collect();
    found.into_iter().collect()
}

fn hundredths(paint: &Paint) -> u8 {
    (100.0 * paint.opacity).round().clamp(0.0, 100.0) as u8
}

fn state_name(number: usize) -> String {
    format!("O{number}")
}

/// Four curves that are a circle to 3 parts in 10,000.
fn circle(x: f32, y: f32, radius: f32) -> Vec<Step> {
    const K: f32 = 0.552_285;
    let at = |a: f32, b: f32| (x + a * radius, y + b * radius);
    let curve = |points: [(f32, f32); 3]| {
        let [(a, b), (c, d), (e, f)] = points.map(|(x, y)| at(x, y));
        Step::Cubic([a, b, c, d, e, f])
    };
    let (left, top) = at(1.0, 0.0);
    vec![
        Step::Move(left, top),
        curve([(1.0, K), (K, 1.0), (0.0, 1.0)]),
        curve([(-K, 1.0), (-1.0, K), (-1.0, 0.0)]),
        curve([(-1.0, -K), (-K, -1.0), (0.0, -1.0)]),
        curve([(K, -1.0), (1.0, -K), (1.0, 0.0)]),
        Step::Close,
    ]
}

fn trace(content: &mut Content, steps: &[Step]) {
    for step in steps {
        match *step {
            Step::Move(x, y) => content.move_to(x, y),
            Step::Line(x, y) => content.line_to(x, y),
            Step::Cubic([a, b, c, d, e, f]) => content.cubic_to(a, b, c, d, e, f),
            Step::Close => content.close_path(),
        };
    }
}

fn shape(content: &mut Content, steps: &[Step], paint: &Paint, opacities: &[u8]) {
    content.save_state();
    if let Ok(number) = opacities.binary_search(&hundredths(paint)) {
        content.set_parameters(Name(state_name(number).as_bytes()));
    }
    if let Some(colour) = paint.fill {
        fill(content, colour);
    }
    if let Some(stroke) = paint.stroke {
        let [red, green, blue] = channels(stroke.colour);
        content.set_stroke_rgb(red, green, blue).set_line_width(stroke.width);
        content.set_dash_pattern(stroke.dashes.iter().copied(), 0.0);
    }
    trace(content, steps);
    match (paint.fill, paint.stroke) {
        (Some(_), Some(_)) => content.fill_nonzero_and_stroke(),
        (Some(_), None) => content.fill_nonzero(),
        (None, Some(_)) => content.stroke(),
        (None, None) => content.end_path(),
    };
    content.restore_state();
}

fn channels(colour: Colour) -> [f32; 3] {
    colour.0.map(|channel| f32::from(channel) / 255.0)
}

fn fill(content: &mut Content, colour: Colour) {
    let [red, green, blue] = channels(colour);
    content.set_fill_rgb(red, green, blue);
}

fn draw_text(content: &mut Content, text: &Text, fonts: &Fonts, embedded: &Embedded) {
    let Text { x, y, size, run, colour, edge, upright } = text;
    // The direction of the line, and the one up from it.
    let (along, up) = if *upright { ([0.0, -1.0], [-1.0, 0.0]) } else { ([1.0, 0.0], [0.0, -1.0]) };
    let at = |gx: f32, gy: f32| {
        [
            along[0],
            along[1],
            up[0],
            up[1],
            x + size * (gx * along[0] + gy * up[0]),
            y + size * (gx * along[1] + gy * up[1]),
        ]
    };
    let layers: &[bool] = if *edge { &[true, false] } else { &[false] };
    for &is_edge in layers {
        content.save_state();
        fill(content, if is_edge { Colour::WHITE } else { *colour });
        if is_edge {
            content.set_stroke_rgb(1.0, 1.0, 1.0).set_line_width(2.0 * EDGE * size);
        }
        for glyph in &run.glyphs {
            let font = embedded.fonts.get(&glyph.face);
            let new = font.and_then(|font| font.remapper.get(u16::try_from(glyph.id).ok()?));
            if let (Some(font), Some(new)) = (font, new) {
                content.begin_text().set_font(Name(font.name.as_bytes()), *size);
                content.set_text_rendering_mode(if is_edge {
                    TextRenderingMode::FillStroke
                } else {
                    TextRenderingMode::Fill
                });
                content.set_text_matrix(at(glyph.x, glyph.y));
                content.show(Str(&new.to_be_bytes())).end_text();
            } else {
                let face = fonts.face(glyph.face);
                let scale = size / face.units();
                let mut outline = Outline { content, last: [0.0; 2] };
                outline.content.save_state();
                let [a, b, c, d, e, f] = at(glyph.x, glyph.y);
                outline.content.transform([a * scale, b * scale, c * scale, d * scale, e, f]);
                if is_edge {
                    outline.content.set_line_width(2.0 * EDGE * face.units());
                }
                face.draw(glyph.id, &mut outline);
                if is_edge {
                    content.fill_nonzero_and_stroke();
                } else {
                    content.fill_nonzero();
                }
                content.restore_state();
            }
        }
        content.restore_state();
    }
}

/// Writes an outline of a font that cannot be embedded.
struct Outline<'a> {
    content: &'a mut Content,
    last: [f32; 2],
}

impl PathSink for Outline<'_> {
    fn move_to(&mut self, x: f32, y: f32) {
        self.content.move_to(x, y);
        self.last = [x, y];
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.content.line_to(x, y);
        self.last = [x, y];
    }

    fn quad_to(&mut self, cx0: f32, cy0: f32, x: f32, y: f32) {
        // A curve of the second degree as one of the third.
        let toward = |from: f32, to: f32| from + 2.0 / 3.0 * (to - from);
        let [a, b] = self.last;
        self.curve_to(toward(a, cx0), toward(b, cy0), toward(x, cx0), toward(y, cy0), x, y);
    }

    fn curve_to(&mut self, cx0: f32, cy0: f32, cx1: f32, cy1: f32, x: f32, y: f32) {
        self.content.cubic_to(cx0, cy0, cx1, cy1, x, y);
        self.last = [x, y];
    }

    fn close(&mut self) {
        self.content.close_path();
    }
}

/// The fonts of a picture, by their numbers.
struct Embedded {
    fonts: BTreeMap<usize, EmbeddedFont>,
}

struct EmbeddedFont {
    name: String,
    /// The first of its five objects.
    first: Ref,
    remapper: GlyphRemapper,
    /// What each glyph stands for, by its new number.
    texts: BTreeMap<u16, String>,
    widths: BTreeMap<u16, f32>,
    data: Vec<u8>,
}

impl Embedded {
    fn of(scene: &Scene, fonts: &Fonts) -> Self {
        let mut used: BTreeMap<usize, BTreeMap<u16, String>> = BTreeMap::new();
        for item in &scene.items {
            let Item::Text(text) = item else { continue };
            for glyph in &text.run.glyphs {
                let Ok(id) = u16::try_from(glyph.id) else { continue };
                let meaning = used.entry(glyph.face).or_default().entry(id).or_default();
                if meaning.is_empty() {
                    meaning.clone_from(&glyph.text);
                }
            }
        }
        let mut next = FIRST;
        let mut embedded = BTreeMap::new();
        for (number, glyphs) in used {
            let face = fonts.face(number);
            let mut remapper = GlyphRemapper::new();
            let mut texts = BTreeMap::new();
            let mut widths = BTreeMap::new();
            for (&id, text) in &glyphs {
                let new = remapper.remap(id);
                texts.insert(new, text.clone());
                widths.insert(new, 1000.0 * face.advance(id.into()));
            }
            let bytes: &[u8] = (*face.bytes).as_ref();
            // A font that cannot be cut down is drawn as outlines.
            let Ok(data) = subsetter::subset(bytes, face.index, &remapper) else { continue };
            let (name, first) = (format!("F{number}"), Ref::new(next));
            next += 5;
            embedded.insert(number, EmbeddedFont { name, first, remapper, texts, widths, data });
        }
        Self { fonts: embedded }
    }
}

impl EmbeddedFont {
    fn write(&self, pdf: &mut Pdf, face: &Face) {
        let object = |place: i32| Ref::new(self.first.get() + place);
        let (cid, descriptor, file, to_unicode) = (object(1), object(2), object(3), object(4));
        let letters: String =
            face.name.chars().filter(char::is_ascii_alphanumeric).take(60).collect();
        // Six letters mark a subset; each font has others.
        let number = self.first.get();
        let tag: String = (0..6u32)
            .map(|place| {
                let digit = u8::try_from(number / 26i32.saturating_pow(place) % 26).unwrap_or(0);
                char::from(b'A' + digit)
            })
            .collect();
        let base = format!("{tag}+{letters}");
        let system =
            SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };
        let is_cff = self.data.starts_with(b"OTTO") || !self.data.starts_with(&[0, 1, 0, 0]);
        pdf.type0_font(self.first)
            .base_font(Name(base.as_bytes()))
            .encoding_predefined(Name(b"Identity-H"))
            .descendant_font(cid)
            .to_unicode(to_unicode);
        let mut font = pdf.cid_font(cid);
        font.subtype(if is_cff { CidFontType::Type0 } else { CidFontType::Type2 });
        font.base_font(Name(base.as_bytes())).system_info(system).font_descriptor(descriptor);
        font.default_width(0.0);
        if !is_cff {
            font.cid_to_gid_map_predefined(Name(b"Identity"));
        }
        let mut widths = font.widths();
        for (&glyph, &width) in &self.widths {
            widths.consecutive(glyph, [width]);
        }
        widths.finish();
        font.finish();
        let (top, bottom) = face.line();
        let mut described = pdf.font_descriptor(descriptor);
        described
            .name(Name(base.as_bytes()))
            .flags(FontFlags::SYMBOLIC)
            .bbox(Rect::new(-1000.0, 1000.0 * bottom, 2000.0, 1000.0 * top))
            .italic_angle(0.0)
            .ascent(1000.0 * top)
            .descent(1000.0 * bottom)
            .cap_height(1000.0 * top)
            .stem_v(80.0);
        if is_cff {
            described.font_file3(file);
        } else {
            described.font_file2(file);
        }
        described.finish();
        let data = packed(&self.data);
        let mut stream = pdf.stream(file, &data);
        stream.filter(Filter::FlateDecode);
        if is_cff {
            stream.pair(Name(b"Subtype"), Name(b"OpenType"));
        }
        stream.finish();
        let mut cmap = UnicodeCmap::new(Name(b"Adobe-Identity-UCS"), system);
        for (&glyph, text) in &self.texts {
            if !text.is_empty() {
                cmap.pair_with_multiple(glyph, text.chars());
            }
        }
        let cmap = packed(&cmap.finish());
        pdf.cmap(to_unicode, &cmap).filter(Filter::FlateDecode);
    }
}
