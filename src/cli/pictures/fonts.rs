//! Glyphs of text, with their real widths.
//!
//! In: text of any script. Out: glyphs with their places, in ems. Text is cut where its direction
//! changes (Unicode Standard Annex 9), then where another font is needed, and each piece is shaped
//! by HarfBuzz's rules, so that Arabic letters join and Indic marks stand where they belong.
//!
//! The first font is DejaVu Sans Condensed, which this program holds: pictures of Latin, Greek,
//! Cyrillic, Arabic, Hebrew, Armenian and Georgian text are the same on every system. Characters
//! that it lacks are taken from the fonts of the system, which is said.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;
use eigenlex::Error;
use harfrust::font::Font;
use harfrust::font::glyph::outline::{DrawMemory, DrawOptions, PathSink};
use harfrust::{Buffer, Direction, GlyphId, ShapeOptions, ShaperFont, shape};
use unicode_bidi::{BidiInfo, Level};
use unicode_segmentation::UnicodeSegmentation as _;

/// The bytes of a font, which a PDF takes its glyphs from.
pub(crate) type Bytes = Arc<dyn AsRef<[u8]> + Send + Sync>;

/// Longer texts are cut before they are measured; no label is wider than a page.
const LONGEST: usize = 300;

/// How heavy letters are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Weight {
    Regular,
    Bold,
}

/// The least weight of a bold font, from 1 to 1000.
const BOLD: u16 = 600;

/// A font of a file.
pub(crate) struct Face {
    font: Font,
    #[cfg_attr(not(feature = "pictures"), expect(dead_code, reason = "PDF alone needs it"))]
    pub(crate) bytes: Bytes,
    /// Its number in a collection.
    #[cfg_attr(not(feature = "pictures"), expect(dead_code, reason = "PDF alone needs it"))]
    pub(crate) index: u32,
    pub(crate) name: String,
    weight: Weight,
}

impl Face {
    fn new(bytes: Bytes, index: u32, name: String, weight: Weight) -> Option<Self> {
        let font = Font::new(bytes.clone(), index)?;
        Some(Self { font, bytes, index, name, weight })
    }

    fn has(&self, letter: char) -> bool {
        self.font.charmap().map_unicode(letter).is_some()
    }

    /// Units of its outlines in an em.
    pub(crate) fn units(&self) -> f32 {
        f32::from(self.font.units_per_em())
    }

    /// Draws the outline of a glyph, in its units, upwards.
    pub(crate) fn draw(&self, glyph: u32, sink: &mut dyn PathSink) {
        let outlines = self.font.outline_glyphs();
        if let Some(outline) = outlines.get(GlyphId::new(glyph)) {
            // A damaged glyph is left out.
            _ = outline.draw(&DrawOptions::new(), DrawMemory::Scratch, sink);
        }
    }

    /// The width of a glyph, in ems.
    #[cfg(feature = "pictures")]
    pub(crate) fn advance(&self, glyph: u32) -> f32 {
        self.font.glyph_metrics().h_advance(GlyphId::new(glyph)) / self.units()
    }

    /// The highest and the lowest point of a line, in ems.
    #[cfg(feature = "pictures")]
    pub(crate) fn line(&self) -> (f32, f32) {
        let line = self.font.metrics().hhea_line;
        let units = self.units();
        line.map_or((TOP, BOTTOM), |line| {
            (line.ascender.to_f32() / units, line.descender.to_f32() / units)
        })
    }

    /// The highest and the lowest point of a glyph, in ems above the line.
    fn reach(&self, glyph: u32) -> Option<(f32, f32)> {
        let extents = self.font.glyph_metrics().extents(GlyphId::new(glyph))?;
        let (top, height) = (extents.y_bearing, extents.height);
        Some((top / self.units(), (top + height) / self.units()))
    }
}

/// A glyph at its place.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Glyph {
    /// The number of its font.
    pub(crate) face: usize,
    pub(crate) id: u32,
    /// Where it is drawn, in ems right of the beginning and above the line.
    pub(crate) x: f32,
    pub(crate) y: f32,
    /// What it stands for; empty where the glyph before it stands for the same.
    pub(crate) text: String,
}

/// A line of text as glyphs, from left to right.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Run {
    pub(crate) glyphs: Vec<Glyph>,
    /// In ems.
    pub(crate) width: f32,
    /// The highest and the lowest ink, in ems above the line: at least those of `h` and `p`.
    pub(crate) top: f32,
    pub(crate) bottom: f32,
    pub(crate) text: String,
    pub(crate) weight: Weight,
}

/// Of most letters, in ems.
const TOP: f32 = 0.76;
const BOTTOM: f32 = -0.24;

/// The fonts of a picture.
pub(crate) struct Fonts {
    faces: Vec<Face>,
    /// How many are given, or held by the program. Those after them are of the system.
    n_own: usize,
    /// Files of the system that have not been opened yet, in the order in which they are tried;
    /// `None` before they are needed.
    system: Option<Vec<(PathBuf, u32, String)>>,
    known: BTreeMap<(String, Weight), Run>,
    missing: BTreeSet<char>,
    borrowed: BTreeSet<usize>,
}

impl Fonts {
    /// These fonts before the program's own.
    ///
    /// # Errors
    /// If a file cannot be read or is no font.
    pub(crate) fn open(given: &[PathBuf]) -> Result<Self> {
        let mut faces = Vec::new();
        for path in given {
            faces.extend(open(path)?);
        }
        let own = [
            (dejavu::sans_condensed::regular(), "DejaVu Sans Condensed", Weight::Regular),
            (dejavu::sans_condensed::bold(), "DejaVu Sans Condensed Bold", Weight::Bold),
        ];
        for (bytes, name, weight) in own {
            let face = Face::new(Arc::new(bytes), 0, name.to_owned(), weight);
            faces.push(face.expect("a font that the tests draw"));
        }
        let n_own = faces.len();
        let (known, missing, borrowed) = (BTreeMap::new(), BTreeSet::new(), BTreeSet::new());
        Ok(Self { faces, n_own, system: None, known, missing, borrowed })
    }

    pub(crate) fn face(&self, number: usize) -> &Face {
        &self.faces[number]
    }

    /// The family of the first font.
    pub(crate) fn family(&self) -> &str {
        &self.faces[0].name
    }

    /// What a person should know: which fonts are not the program's, which characters no font has.
    pub(crate) fn notices(&self) -> Vec<String> {
        let mut notices = Vec::new();
        if !self.borrowed.is_empty() {
            let names: Vec<String> =
                self.borrowed.iter().map(|&face| format!("`{}`", self.faces[face].name)).collect();
            notices.push(format!(
                "some characters are drawn with fonts of this system: {}; other systems may draw \
                 them differently\nhint: `--font FILE` gives a font",
                names.join(", ")
            ));
        }
        if !self.missing.is_empty() {
            let shown: Vec<String> =
                self.missing.iter().take(10).map(|it| format!("`{it}`")).collect();
            let more = if self.missing.len() > 10 { ", ..." } else { "" };
            notices.push(format!(
                "warning: no font has {}{more}, which are drawn as boxes\nhint: `--font FILE` \
                 gives a font with them",
                shown.join(", ")
            ));
        }
        notices
    }

    /// The glyphs of a text in one line.
    pub(crate) fn shape(&mut self, text: &str, weight: Weight) -> Run {
        let line = one_line(text);
        let key = (line.clone(), weight);
        if let Some(run) = self.known.get(&key) {
            return run.clone();
        }
        let run = self.shaped(line, weight);
        self.known.insert(key, run.clone());
        run
    }

    /// The same, cut with an ellipsis where it is wider than so many ems.
    pub(crate) fn shape_within(&mut self, text: &str, weight: Weight, widest: f32) -> Run {
        let whole = self.shape(text, weight);
        if whole.width <= widest {
            return whole;
        }
        let line = one_line(text);
        let letters: Vec<&str> = line.graphemes(true).collect();
        // The longest beginning that fits, by halving.
        let (mut fits, mut too_long) = (0, letters.len());
        let cut = |n: usize| format!("{}…", letters[..n].concat().trim_end_matches([' ', '…']));
        while fits + 1 < too_long {
            let middle = fits.midpoint(too_long);
            if self.shaped(cut(middle), weight).width <= widest {
                fits = middle;
            } else {
                too_long = middle;
            }
        }
        self.shape(&cut(fits), weight)
    }

    fn shaped(&mut self, line: String, weight: Weight) -> Run {
        let mut run = Run {
            glyphs: Vec::new(),
            width: 0.0,
            top: TOP,
            bottom: BOTTOM,
            text: String::new(),
            weight,
        };
        let bidi = BidiInfo::new(&line, None);
        for paragraph in &bidi.paragraphs {
            let (levels, pieces) = bidi.visual_runs(paragraph, paragraph.range.clone());
            for piece in pieces {
                let level: Level = levels[piece.start];
                let mut parts = self.parts(&line[piece], weight);
                if level.is_rtl() {
                    parts.reverse();
                }
                for (face, part) in parts {
                    self.add(&mut run, face, &part, level.is_rtl());
                }
            }
        }
        run.text = line;
        run
    }

    /// A text cut where another font is needed.
    fn parts(&mut self, text: &str, weight: Weight) -> Vec<(usize, String)> {
        let mut parts: Vec<(usize, String)> = Vec::new();
        for letter in text.graphemes(true) {
            let face = match parts.last() {
                // A space is of the font before it.
                Some(&(face, _)) if letter == " " => face,
                _ => self.face_of(letter, weight),
            };
            match parts.last_mut() {
                Some((last, part)) if *last == face => part.push_str(letter),
                _ => parts.push((face, letter.to_owned())),
            }
        }
        parts
    }

    /// The first font with all characters of a letter.
    fn face_of(&mut self, letter: &str, weight: Weight) -> usize {
        let seen: Vec<char> = letter.chars().filter(|it| !is_invisible(*it)).collect();
        let has_all = |face: &Face| seen.iter().all(|&it| face.has(it));
        // Given fonts come before the program's two, whatever their weight.
        let mut own: Vec<usize> = (0..self.n_own).collect();
        own.sort_by_key(|&face| (face + 2 >= self.n_own, self.faces[face].weight != weight));
        if let Some(&face) = own.iter().find(|&&face| has_all(&self.faces[face])) {
            return face;
        }
        let of_system = self.n_own..self.faces.len();
        if let Some(face) = of_system.clone().find(|&face| has_all(&self.faces[face])) {
            self.borrowed.insert(face);
            return face;
        }
        if let Some(face) = self.open_system(&seen) {
            self.borrowed.insert(face);
            return face;
        }
        // A letter with a mark that nothing has together: at least the letter.
        let first = seen.first().copied();
        if seen.len() > 1
            && let Some(first) = first
        {
            return self.face_of(first.encode_utf8(&mut [0; 4]), weight);
        }
        self.missing.extend(first);
        own[0]
    }

    /// Opens the first font of the system that has these characters.
    fn open_system(&mut self, letters: &[char]) -> Option<usize> {
        let system = self.system.get_or_insert_with(system_fonts);
        let mut place = 0;
        while place < system.len() {
            let (path, index, name) = &system[place];
            let face = std::fs::read(path).ok().and_then(|bytes| {
                Face::new(Arc::new(bytes), *index, name.clone(), Weight::Regular)
            });
            match face {
                Some(face) if letters.iter().all(|&it| face.has(it)) => {
                    system.remove(place);
                    self.faces.push(face);
                    return Some(self.faces.len() - 1);
                }
                Some(_) => place += 1,
                None => {
                    system.remove(place);
                }
            }
        }
        None
    }

    /// Adds the glyphs of a piece of one font and direction.
    fn add(&self, run: &mut Run, number: usize, text: &str, is_rtl: bool) {
        let face = &self.faces[number];
        let units = face.units();
        let mut buffer = Buffer::new();
        buffer.push_str(text);
        buffer.set_direction(if is_rtl { Direction::RightToLeft } else { Direction::LeftToRight });
        buffer.guess_segment_properties();
        // Only a plan that does not fit would be refused, and there is none.
        _ = shape(&ShaperFont::new(&face.font), &mut buffer, ShapeOptions::new());
        let infos = buffer.glyph_infos();
        let mut starts: Vec<usize> = infos.iter().map(|info| info.cluster as usize).collect();
        starts.push(text.len());
        starts.sort_unstable();
        starts.dedup();
        let mut told = BTreeSet::new();
        for (info, position) in infos.iter().zip(buffer.glyph_positions()) {
            let start = info.cluster as usize;
            let end = starts.iter().find(|&&it| it > start).copied().unwrap_or(text.len());
            let meaning = if told.insert(start) { text.get(start..end) } else { None };
            run.glyphs.push(Glyph {
                face: number,
                id: info.glyph_id,
                x: run.width + position.x_offset as f32 / units,
                y: position.y_offset as f32 / units,
                text: meaning.unwrap_or_default().to_owned(),
            });
            if let Some((top, bottom)) = face.reach(info.glyph_id) {
                let shift = position.y_offset as f32 / units;
                (run.top, run.bottom) = (run.top.max(top + shift), run.bottom.min(bottom + shift));
            }
            run.width += position.x_advance as f32 / units;
        }
    }
}

/// Characters that no font need have: joiners, marks of direction, variants.
fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ad}')
}

/// A text without ends of lines and other characters that control a terminal, cut where it is very
/// long.
fn one_line(text: &str) -> String {
    let visible =
        |it: char| if it.is_control() || matches!(it, '\u{2028}' | '\u{2029}') { ' ' } else { it };
    let mut line: String = text.chars().take(LONGEST).map(visible).collect();
    if text.chars().nth(LONGEST).is_some() {
        line.push('…');
    }
    line
}

/// The fonts of a file.
fn open(path: &Path) -> Result<Vec<Face>> {
    let bytes = std::fs::read(path).map_err(|source| Error::io("read", path, source))?;
    let mut database = fontdb::Database::new();
    database.load_font_data(bytes.clone());
    let bytes: Bytes = Arc::new(bytes);
    let faces: Vec<Face> = database
        .faces()
        .filter_map(|info| {
            let weight = if info.weight.0 >= BOLD { Weight::Bold } else { Weight::Regular };
            Face::new(bytes.clone(), info.index, name_of(info), weight)
        })
        .collect();
    if faces.is_empty() {
        let (found, expected) = ("no font".to_owned(), "a file .ttf, .otf or .ttc".to_owned());
        return Err(Error::Malformed { path: path.to_owned(), line: None, found, expected }.into());
    }
    Ok(faces)
}

fn name_of(info: &fontdb::FaceInfo) -> String {
    info.families.first().map_or_else(|| info.post_script_name.clone(), |(name, _)| name.clone())
}

/// The upright fonts of the system: those without serifs first, then by name and path, since
/// folders have no order.
fn system_fonts() -> Vec<(PathBuf, u32, String)> {
    let mut database = fontdb::Database::new();
    database.load_system_fonts();
    let mut fonts: Vec<_> = database
        .faces()
        .filter(|info| info.style == fontdb::Style::Normal && info.weight.0 < BOLD)
        .filter_map(|info| match &info.source {
            fontdb::Source::File(path) => {
                let name = name_of(info);
                let rank = (
                    !name.contains("Sans"),
                    info.monospaced,
                    info.weight.0.abs_diff(400),
                    info.stretch != fontdb::Stretch::Normal,
                );
                Some((rank, name, path.clone(), info.index))
            }
            _ => None,
        })
        .collect();
    fonts.sort();
    fonts.into_iter().map(|(_, name, path, index)| (path, index, name)).collect()
}
