//! What every picture has around its data: a title, a legend, notes.
//!
//! The legend stands right of the data where the picture is wide, and below them in a column, never
//! on them.

use super::fonts::{Fonts, Run, Weight};
use super::labels::Rect;
use super::scene::{MM, Paint, Scene};
use super::signs::{INK, PALE, Sign};

/// The sizes of a picture, in points.
#[derive(Debug, Clone, Default)]
pub(crate) struct Style {
    pub(crate) width: f32,
    /// Where none is given, that of the data.
    pub(crate) height: Option<f32>,
    /// An em of its text.
    pub(crate) size: f32,
    pub(crate) title: Option<String>,
    /// Of the places of names.
    pub(crate) seed: u64,
}

/// A line of the legend.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) mark: Mark,
    pub(crate) name: String,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Mark {
    Sign(Sign),
    Line(Paint),
}

/// A picture with its title, legend and notes, and room for the data.
pub(crate) struct Figure {
    pub(crate) scene: Scene,
    /// Where the data go.
    pub(crate) area: Rect,
}

/// What stands around the data.
#[derive(Debug, Default)]
pub(crate) struct Around {
    /// What the picture shows, in a sentence for those who do not see it.
    pub(crate) subject: String,
    pub(crate) legend: Vec<Entry>,
    pub(crate) notes: Vec<String>,
}

/// From this width on the legend is beside the data.
const WIDE: f32 = 110.0 * MM;

/// The widest legend beside the data, as a share of the width.
const LEGEND: f32 = 0.34;

/// Lines of text, in ems from one to the next.
pub(crate) const LINE: f32 = 1.45;

/// Room for the mark of an entry, in ems.
const MARK: f32 = 1.7;

impl Figure {
    /// Lays a picture out; `natural` is the height of the data for their width.
    pub(crate) fn new(
        style: &Style,
        fonts: &mut Fonts,
        around: &Around,
        natural: impl FnOnce(&mut Fonts, f32) -> f32,
    ) -> Self {
        let Style { width, size, .. } = *style;
        let margin = 0.6 * size;
        let (inner, line) = (width - 2.0 * margin, LINE * size);
        let title = style.title.as_ref().map(|it| wrapped(fonts, it, Weight::Bold, inner / size));
        let notes: Vec<Run> = around
            .notes
            .iter()
            .flat_map(|it| wrapped(fonts, it, Weight::Regular, inner / (NOTE * size)))
            .collect();
        let is_beside = width >= WIDE && !around.legend.is_empty();
        let most = if is_beside { LEGEND * inner } else { inner } / size - MARK;
        let entries: Vec<(Mark, Run)> = around
            .legend
            .iter()
            .map(|it| (it.mark, fonts.shape_within(&it.name, Weight::Regular, most)))
            .collect();
        let widest = entries.iter().map(|(_, run)| run.width).fold(0.0, f32::max);
        let column = (widest + MARK) * size;
        let mut area = Rect { left: margin, top: margin, right: width - margin, bottom: 0.0 };
        area.top += title.as_ref().map_or(0.0, |it| (it.len() as f32 + 0.3) * line);
        let gap = 1.5 * size;
        if is_beside {
            area.right -= column + gap;
        }
        // Columns of a legend below.
        let n_columns = if is_beside {
            1
        } else {
            (((inner + gap) / (column + gap)).floor() as usize).clamp(1, entries.len().max(1))
        };
        let n_rows = entries.len().div_ceil(n_columns);
        let below =
            if is_beside || entries.is_empty() { 0.0 } else { n_rows as f32 * line + 0.6 * size };
        let noted =
            if notes.is_empty() { 0.0 } else { (notes.len() as f32 * LINE * NOTE + 0.5) * size };
        let rest = area.top + below + noted + margin;
        let height = match style.height {
            Some(height) => (height - rest).max(4.0 * size),
            None => natural(fonts, area.width()),
        };
        area.bottom = area.top + height;
        let beside = if is_beside { area.top + n_rows as f32 * line } else { 0.0 };
        let bottom = area.bottom.max(if style.height.is_some() { 0.0 } else { beside });
        let mut scene = Scene {
            width,
            height: bottom + below + noted + margin,
            title: around.subject.clone(),
            items: Vec::new(),
        };
        for (row, run) in title.into_iter().flatten().enumerate() {
            let y = margin + (row as f32 + 0.85) * line;
            scene.text(margin, y, size, run, INK);
        }
        let (left, top) =
            if is_beside { (area.right + gap, area.top) } else { (margin, bottom + 0.6 * size) };
        let room = if is_beside { (scene.height - top - noted - margin) / line } else { f32::MAX };
        let room = (room.floor() as usize).max(1);
        for (number, (mark, run)) in entries.into_iter().enumerate() {
            let (x, row) = (left + (number / n_rows) as f32 * (column + gap), number % n_rows);
            if row + 1 >= room && n_rows > room {
                let more = format!("… and {} more", n_rows - row);
                scene.text(
                    x,
                    top + (row as f32 + 0.75) * line,
                    size,
                    fonts.shape(&more, Weight::Regular),
                    PALE,
                );
                break;
            }
            let y = top + (row as f32 + 0.5) * line;
            match mark {
                Mark::Sign(sign) => {
                    sign.draw(&mut scene, [x + 0.6 * size, y], 0.34 * size, None, 1.0)
                }
                Mark::Line(paint) => scene.line([x, y], [x + (MARK - 0.4) * size, y], paint),
            }
            scene.text(x + MARK * size, y + 0.27 * size, size, run, INK);
        }
        for (row, run) in notes.into_iter().enumerate() {
            let y = scene.height - margin - noted
                + 0.5 * size
                + (row as f32 + 0.75) * LINE * NOTE * size;
            scene.text(margin, y, NOTE * size, run, PALE);
        }
        Self { scene, area }
    }
}

/// The size of notes, of that of other text.
const NOTE: f32 = 0.9;

/// A text in lines of at most so many ems; a word that is longer is cut.
pub(crate) fn wrapped(fonts: &mut Fonts, text: &str, weight: Weight, widest: f32) -> Vec<Run> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let joined = lines.last().map(|line| format!("{line} {word}"));
        match joined {
            Some(joined) if fonts.shape(&joined, weight).width <= widest => {
                if let Some(last) = lines.last_mut() {
                    *last = joined;
                }
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.iter().map(|line| fonts.shape_within(line, weight, widest)).collect()
}
