//! Axes with round numbers.

use super::fonts::{Fonts, Run, Weight};
use super::labels::Rect;
use super::scene::{Paint, Scene, Text};
use super::signs::{GRID, INK};

/// A direction with numbers.
#[derive(Debug, Clone)]
pub(crate) struct Axis {
    pub(crate) low: f64,
    pub(crate) high: f64,
    step: f64,
    pub(crate) name: String,
}

impl Axis {
    /// An axis from the least to the greatest of some values, widened to round numbers, with about
    /// so many of them (Heckbert 1990, "Nice numbers for graph labels").
    pub(crate) fn round(values: impl Iterator<Item = f64>, about: usize, name: &str) -> Self {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values.filter(|it| it.is_finite()) {
            (low, high) = (low.min(value), high.max(value));
        }
        if low > high {
            (low, high) = (0.0, 1.0);
        }
        let tiny = 1e-9 * low.abs().max(high.abs()).max(1e-9);
        if high - low < tiny {
            let room = if low == 0.0 { 1.0 } else { 0.1 * low.abs() };
            (low, high) = (low - room, high + room);
        }
        let step = round_up((high - low) / about.max(1) as f64);
        let tolerance = 1e-6;
        let (first, last) = ((low / step + tolerance).floor(), (high / step - tolerance).ceil());
        Self { low: first * step, high: last * step, step, name: name.to_owned() }
    }

    /// The same, from the least value to the greatest without more.
    pub(crate) fn tight(
        values: impl Iterator<Item = f64> + Clone,
        about: usize,
        name: &str,
    ) -> Self {
        let round = Self::round(values.clone(), about, name);
        let finite = || values.clone().filter(|it| it.is_finite());
        let (low, high) =
            (finite().fold(f64::INFINITY, f64::min), finite().fold(f64::NEG_INFINITY, f64::max));
        if low < high { Self { low, high, ..round } } else { round }
    }

    /// The round numbers, with what is written at them.
    fn ticks(&self) -> Vec<(f64, String)> {
        let tolerance = 1e-6;
        let first = (self.low / self.step - tolerance).ceil();
        let last = (self.high / self.step + tolerance).floor();
        let n = (last - first).clamp(0.0, 1000.0) as usize;
        let decimals = (0..12)
            .find(|&places| {
                let scaled = self.step * POWERS[places];
                (scaled - scaled.round()).abs() < 1e-6 * scaled.abs().max(1e-12)
            })
            .unwrap_or(12);
        (0..=n)
            .map(|k| {
                let value = (first + k as f64) * self.step;
                let text = format!("{value:.decimals$}");
                // Minus signs as type has them; no negative zero.
                let is_zero = text.chars().all(|it| matches!(it, '-' | '0' | '.'));
                let text = if is_zero { text.replace('-', "") } else { text.replace('-', "−") };
                (value, text)
            })
            .collect()
    }

    /// Where a value is between two ends.
    pub(crate) fn at(&self, value: f64, from: f32, to: f32) -> f32 {
        let share = (value - self.low) / (self.high - self.low);
        from + (to - from) * share.clamp(-0.5, 1.5) as f32
    }
}

const POWERS: [f64; 12] = [1.0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11];

/// The least of 1, 2, 5, 10, 20... and 0.5, 0.2... that is not below a number.
fn round_up(number: f64) -> f64 {
    let mut ten = 1.0;
    while ten * 10.0 <= number && ten < 1e300 {
        ten *= 10.0;
    }
    let mut parts = 1.0;
    while number * parts < 1.0 && parts < 1e15 {
        parts *= 10.0;
    }
    let ten = ten / parts;
    [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|it| it * ten)
        .find(|&it| it >= number * 0.999)
        .unwrap_or(10.0 * ten)
}

/// The room of the data within an area, after that of the axes.
pub(crate) fn within(
    fonts: &mut Fonts,
    area: &Rect,
    size: f32,
    x: &Axis,
    y: Option<&Axis>,
) -> Rect {
    let mut room = *area;
    room.bottom -= 1.5 * size + if x.name.is_empty() { 0.0 } else { 1.5 * size };
    room.right -= end_of(fonts, x) * size;
    if let Some(y) = y {
        let widest = widest(fonts, y);
        room.left += (widest + 0.6) * size + if y.name.is_empty() { 0.0 } else { 1.5 * size };
        room.top += 0.4 * size;
    }
    room
}

/// Half of the last number of an axis stands out, in ems.
pub(crate) fn end_of(fonts: &mut Fonts, axis: &Axis) -> f32 {
    axis.ticks().last().map_or(0.0, |(_, text)| fonts.shape(text, Weight::Regular).width / 2.0)
}

fn widest(fonts: &mut Fonts, axis: &Axis) -> f32 {
    axis.ticks()
        .iter()
        .map(|(_, text)| fonts.shape(text, Weight::Regular).width)
        .fold(0.0, f32::max)
}

/// Draws an axis below the data, with lines through them.
pub(crate) fn draw_x(scene: &mut Scene, fonts: &mut Fonts, room: &Rect, axis: &Axis, size: f32) {
    let mut written = f32::NEG_INFINITY;
    for (value, text) in axis.ticks() {
        let x = axis.at(value, room.left, room.right);
        scene.line([x, room.top], [x, room.bottom], Paint::line(GRID, 0.5));
        let run = fonts.shape(&text, Weight::Regular);
        let left = x - run.width * size / 2.0;
        if left > written {
            written = x + (run.width / 2.0 + 0.5) * size;
            scene.text(left, room.bottom + 1.25 * size, size, run, INK);
        }
    }
    scene.line([room.left, room.bottom], [room.right, room.bottom], Paint::line(INK, 0.6));
    if !axis.name.is_empty() {
        let run =
            fonts.shape_within(&axis.name, Weight::Regular, room.width().max(8.0 * size) / size);
        let x = (room.left + room.right - run.width * size) / 2.0;
        scene.text(x, room.bottom + 2.75 * size, size, run, INK);
    }
}

/// Draws an axis left of the data.
pub(crate) fn draw_y(scene: &mut Scene, fonts: &mut Fonts, room: &Rect, axis: &Axis, size: f32) {
    for (value, text) in axis.ticks() {
        let y = axis.at(value, room.bottom, room.top);
        scene.line([room.left, y], [room.right, y], Paint::line(GRID, 0.5));
        let run = fonts.shape(&text, Weight::Regular);
        let x = room.left - (run.width + 0.4) * size;
        scene.text(x, y + 0.27 * size, size, run, INK);
    }
    scene.line([room.left, room.top], [room.left, room.bottom], Paint::line(INK, 0.6));
    if !axis.name.is_empty() {
        let run: Run = fonts.shape_within(&axis.name, Weight::Regular, room.height() / size);
        let left = room.left - (widest(fonts, axis) + 0.9) * size;
        let y = (room.top + room.bottom + run.width * size) / 2.0;
        scene.items.push(super::scene::Item::Text(Text {
            x: left,
            y,
            size,
            run,
            colour: INK,
            edge: false,
            upright: true,
        }));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(low: f64, high: f64, about: usize) -> Vec<String> {
        let axis = Axis::round([low, high].into_iter(), about, "");
        axis.ticks().into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn numbers_are_round() {
        assert_eq!(written(0.03, 0.97, 5), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(written(0.0, 300.0, 3), ["0", "100", "200", "300"]);
        assert_eq!(written(-1.0, 1.0, 4), ["−1.0", "−0.5", "0.0", "0.5", "1.0"]);
        assert_eq!(written(7.0, 7.0, 2), ["6", "7", "8"]);
        assert_eq!(written(0.0, 0.0, 2), ["−1", "0", "1"]);
        assert_eq!(written(f64::NAN, f64::NAN, 2), ["0.0", "0.5", "1.0"]);
    }

    proptest! {
        #[test]
        fn an_axis_holds_its_values(low in -1e9..1e9f64, span in 0.0..1e9f64, about in 1usize..12) {
            let axis = Axis::round([low, low + span].into_iter(), about, "");
            let near = 1e-5 * (axis.high - axis.low);
            prop_assert!(axis.low <= low + near && low + span <= axis.high + near);
            prop_assert!(axis.ticks().len() <= about + 4);
        }
    }
}
