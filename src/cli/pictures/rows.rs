//! Names below each other, each with a few numbers on one axis: a dot chart (Cleveland 1984).

use super::axes::{Axis, draw_x, within};
use super::figure::{Around, Figure, LINE, Style};
use super::fonts::{Fonts, Run, Weight};
use super::labels::Rect;
use super::scene::{Paint, Scene};
use super::signs::{GRID, INK, Sign};

/// A name with its numbers.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) name: String,
    /// The ends of a bar.
    pub(crate) bar: Option<(f64, f64)>,
    pub(crate) marks: Vec<(f64, Sign)>,
}

/// What is drawn.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    pub(crate) rows: Vec<Row>,
    pub(crate) x_name: String,
    pub(crate) starts_at_zero: bool,
    pub(crate) around: Around,
}

/// The widest names, of the width.
const NAMES: f32 = 0.42;

impl Rows {
    /// The picture.
    pub(crate) fn draw(&self, style: &Style, fonts: &mut Fonts) -> Scene {
        let size = style.size;
        let natural = (self.rows.len().max(1) as f32 * LINE + 3.4) * size;
        let Figure { mut scene, area } = Figure::new(style, fonts, &self.around, |_, _| natural);
        let most = NAMES * area.width() / size;
        let names: Vec<Run> = self
            .rows
            .iter()
            .map(|row| fonts.shape_within(&row.name, Weight::Regular, most))
            .collect();
        let widest = names.iter().map(|run| run.width).fold(0.0, f32::max);
        let bars = self.rows.iter().filter_map(|row| row.bar).flat_map(|(low, high)| [low, high]);
        let marks = self.rows.iter().flat_map(|row| row.marks.iter().map(|it| it.0));
        let zero = self.starts_at_zero.then_some(0.0);
        let about = if area.width() < 300.0 { 4 } else { 6 };
        let x = Axis::round(bars.chain(marks).chain(zero), about, &self.x_name);
        let data = Rect { left: area.left + (widest + 0.8) * size, ..area };
        let room = within(fonts, &data, size, &x, None);
        draw_x(&mut scene, fonts, &room, &x, size);
        let step = room.height() / self.rows.len().max(1) as f32;
        for (place, (row, run)) in self.rows.iter().zip(names).enumerate() {
            let y = room.top + (place as f32 + 0.5) * step;
            scene.line([room.left, y], [room.right, y], Paint::line(GRID, 0.35));
            let left = room.left - 0.6 * size - run.width * size;
            scene.text(left, y + 0.27 * size, size, run, INK);
            let at = |value: f64| x.at(value, room.left, room.right);
            if let Some((low, high)) = row.bar {
                scene.line([at(low), y], [at(high), y], Paint::line(INK, 0.9));
            }
            for &(value, sign) in &row.marks {
                sign.draw(&mut scene, [at(value), y], 0.3 * size, Some(&row.name), 1.0);
            }
        }
        scene
    }
}
