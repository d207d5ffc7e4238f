//! The marks of points: a colour, a shape, full or hollow.
//!
//! The colours are those of the page of `explore`, which people with each kind of colour blindness
//! can tell apart (`web/README.md`, Colours). Shapes change with every group, so that a copy in
//! greys loses nothing: the first 12 groups differ without their colours, the first 84 with them.

use super::scene::{Colour, Item, Paint, Scene, Step, Stroke};

/// Text and axes.
pub(crate) const INK: Colour = Colour([0x1b, 0x1e, 0x23]);
/// Second to it: leader lines, notes, points without a group.
pub(crate) const PALE: Colour = Colour([0x6a, 0x70, 0x7a]);
/// Lines of a grid.
pub(crate) const GRID: Colour = Colour([0xdf, 0xe2, 0xe6]);

const PALETTE: [Colour; 7] = [
    Colour([0x00, 0x58, 0xb8]),
    Colour([0xe8, 0x70, 0x00]),
    Colour([0x40, 0xa0, 0x88]),
    Colour([0xb8, 0x20, 0x58]),
    Colour([0xb8, 0x70, 0xe8]),
    Colour([0x20, 0x40, 0x00]),
    Colour([0x58, 0x00, 0x70]),
];

/// Dashes of lines, which need no colour: full, dashed, dotted, both.
const DASHES: [&[f32]; 4] = [&[], &[4.0, 2.5], &[1.2, 1.8], &[6.0, 2.0, 1.2, 2.0]];

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Shape {
    Circle,
    Square,
    Triangle,
    Diamond,
    /// A triangle on its tip.
    Wedge,
    Cross,
}

const SHAPES: [Shape; 6] =
    [Shape::Circle, Shape::Square, Shape::Triangle, Shape::Diamond, Shape::Wedge, Shape::Cross];

/// The mark of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Sign {
    pub(crate) colour: Colour,
    shape: Shape,
    hollow: bool,
}

impl Sign {
    /// Of points in no group.
    pub(crate) const NONE: Self = Self { colour: PALE, shape: Shape::Circle, hollow: false };
    /// Of words among documents.
    pub(crate) const WORD: Self = Self { colour: INK, shape: Shape::Circle, hollow: true };

    /// The mark of the group of this number, from 0.
    pub(crate) fn of(group: usize) -> Self {
        Self {
            colour: PALETTE[group % PALETTE.len()],
            shape: SHAPES[group % SHAPES.len()],
            hollow: (group / SHAPES.len()) % 2 == 1,
        }
    }

    pub(crate) fn hollow(self) -> Self {
        Self { hollow: true, ..self }
    }

    pub(crate) fn full(self) -> Self {
        Self { hollow: false, ..self }
    }

    /// How the line of this number is drawn.
    pub(crate) fn line(number: usize) -> Paint {
        Paint::dashed(PALETTE[number % PALETTE.len()], 1.2, DASHES[number % DASHES.len()])
    }

    /// How far the mark reaches from its point.
    pub(crate) fn reach(radius: f32) -> f32 {
        1.25 * radius
    }

    /// Draws the mark at a place; `radius` is that of a circle as large.
    pub(crate) fn draw(
        self,
        scene: &mut Scene,
        [x, y]: [f32; 2],
        radius: f32,
        name: Option<&str>,
        opacity: f32,
    ) {
        let Self { colour, shape, hollow } = self;
        let stroke = Stroke { colour, width: (0.35 * radius).clamp(0.4, 1.0), dashes: &[] };
        let paint = if hollow {
            Paint { fill: Some(Colour::WHITE), stroke: Some(stroke), opacity }
        } else {
            Paint { fill: Some(colour), stroke: None, opacity }
        };
        let name = name.map(str::to_owned);
        // The areas are nearly equal.
        let corners: Vec<(f32, f32)> = match shape {
            Shape::Circle => {
                let radius = if hollow { radius - stroke.width / 2.0 } else { radius };
                scene.items.push(Item::Circle { x, y, radius, paint, name });
                return;
            }
            Shape::Square => vec![(-0.88, -0.88), (0.88, -0.88), (0.88, 0.88), (-0.88, 0.88)],
            Shape::Triangle => vec![(0.0, -1.2), (1.12, 0.8), (-1.12, 0.8)],
            Shape::Diamond => vec![(0.0, -1.25), (1.25, 0.0), (0.0, 1.25), (-1.25, 0.0)],
            Shape::Wedge => vec![(0.0, 1.2), (1.12, -0.8), (-1.12, -0.8)],
            Shape::Cross => {
                let (a, b) = (0.38, 1.15);
                vec![
                    (-a, -b),
                    (a, -b),
                    (a, -a),
                    (b, -a),
                    (b, a),
                    (a, a),
                    (a, b),
                    (-a, b),
                    (-a, a),
                    (-b, a),
                    (-b, -a),
                    (-a, -a),
                ]
            }
        };
        let mut steps: Vec<Step> =
            corners.iter().map(|&(a, b)| Step::Line(x + a * radius, y + b * radius)).collect();
        steps[0] = Step::Move(x + corners[0].0 * radius, y + corners[0].1 * radius);
        steps.push(Step::Close);
        scene.items.push(Item::Path { steps, paint, name });
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn groups_differ_without_colours_and_many_with_them() {
        let plain: BTreeSet<_> =
            (0..12).map(|group| Sign { colour: INK, ..Sign::of(group) }).collect();
        assert_eq!(plain.len(), 12);
        let all: BTreeSet<_> = (0..84).map(Sign::of).collect();
        assert_eq!(all.len(), 84);
    }
}
