//! A picture before it is written in a format: shapes and text at their places.
//!
//! Lengths are points, 72 in an inch, and y grows downwards, as in SVG.

use super::fonts::Run;

/// Points in a millimetre.
pub(crate) const MM: f32 = 72.0 / 25.4;

/// Red, green and blue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Colour(pub(crate) [u8; 3]);

impl Colour {
    pub(crate) const WHITE: Self = Self([255; 3]);

    /// The grey as light as it: the weights of ITU-R BT.709 on squares, which are near to the
    /// standard's curve of gamma 2.2.
    pub(crate) fn grey(self) -> Self {
        let sum: f32 = self
            .0
            .iter()
            .zip([0.2126, 0.7152, 0.0722])
            .map(|(&channel, weight)| weight * f32::from(channel) * f32::from(channel))
            .sum();
        Self([sum.sqrt().round() as u8; 3])
    }

    /// `#rrggbb`
    pub(crate) fn hex(self) -> String {
        let [red, green, blue] = self.0;
        format!("#{red:02x}{green:02x}{blue:02x}")
    }
}

/// How a shape is painted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Paint {
    pub(crate) fill: Option<Colour>,
    pub(crate) stroke: Option<Stroke>,
    /// From 0, unseen, to 1.
    pub(crate) opacity: f32,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Stroke {
    pub(crate) colour: Colour,
    pub(crate) width: f32,
    pub(crate) dashes: &'static [f32],
}

impl Paint {
    pub(crate) fn fill(colour: Colour) -> Self {
        Self { fill: Some(colour), stroke: None, opacity: 1.0 }
    }

    pub(crate) fn line(colour: Colour, width: f32) -> Self {
        Self::dashed(colour, width, &[])
    }

    pub(crate) fn dashed(colour: Colour, width: f32, dashes: &'static [f32]) -> Self {
        Self { fill: None, stroke: Some(Stroke { colour, width, dashes }), opacity: 1.0 }
    }

    fn mapped(self, colour: impl Fn(Colour) -> Colour) -> Self {
        let stroke = self.stroke.map(|it| Stroke { colour: colour(it.colour), ..it });
        Self { fill: self.fill.map(colour), stroke, ..self }
    }
}

/// A step of the pen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Step {
    Move(f32, f32),
    Line(f32, f32),
    #[cfg_attr(not(feature = "pictures"), expect(dead_code, reason = "PDF alone needs it"))]
    Cubic([f32; 6]),
    Close,
}

/// A part of a picture.
#[derive(Debug, Clone)]
pub(crate) enum Item {
    Circle { x: f32, y: f32, radius: f32, paint: Paint, name: Option<String> },
    Path { steps: Vec<Step>, paint: Paint, name: Option<String> },
    Text(Text),
}

/// A line of text.
#[derive(Debug, Clone)]
pub(crate) struct Text {
    /// Its left end, on the line on which letters stand.
    pub(crate) x: f32,
    pub(crate) y: f32,
    /// Points in an em.
    pub(crate) size: f32,
    pub(crate) run: Run,
    pub(crate) colour: Colour,
    /// Whether it has a white edge, so that it can be read over points.
    pub(crate) edge: bool,
    /// Whether it is turned by a quarter, to be read from below.
    pub(crate) upright: bool,
}

/// A picture.
#[derive(Debug, Clone)]
pub(crate) struct Scene {
    pub(crate) width: f32,
    pub(crate) height: f32,
    /// What it shows, for those who do not see it.
    pub(crate) title: String,
    pub(crate) items: Vec<Item>,
}

impl Scene {
    pub(crate) fn line(&mut self, from: [f32; 2], to: [f32; 2], paint: Paint) {
        let steps = vec![Step::Move(from[0], from[1]), Step::Line(to[0], to[1])];
        self.items.push(Item::Path { steps, paint, name: None });
    }

    /// A line with a head at its end, which stops short of both points.
    pub(crate) fn arrow(&mut self, from: [f32; 2], to: [f32; 2], gap: f32, paint: Paint) {
        let (dx, dy) = (to[0] - from[0], to[1] - from[1]);
        let length = (dx * dx + dy * dy).sqrt();
        let head = 5.0f32;
        if length < 2.0 * gap + head {
            return;
        }
        let (ux, uy) = (dx / length, dy / length);
        let at = |along: f32, aside: f32| {
            (from[0] + ux * along - uy * aside, from[1] + uy * along + ux * aside)
        };
        let tip = length - gap;
        let ((x0, y0), (x1, y1)) = (at(gap, 0.0), at(tip - head, 0.0));
        self.line([x0, y0], [x1, y1], paint);
        let corners = [at(tip, 0.0), at(tip - head, 0.4 * head), at(tip - head, -0.4 * head)];
        let colour = paint.stroke.map_or(Colour([0; 3]), |it| it.colour);
        let mut steps: Vec<Step> = corners.iter().map(|&(x, y)| Step::Line(x, y)).collect();
        steps[0] = Step::Move(corners[0].0, corners[0].1);
        steps.push(Step::Close);
        self.items.push(Item::Path { steps, paint: Paint::fill(colour), name: None });
    }

    pub(crate) fn text(&mut self, x: f32, y: f32, size: f32, run: Run, colour: Colour) {
        let text = Text { x, y, size, run, colour, edge: false, upright: false };
        self.items.push(Item::Text(text));
    }

    /// The same with a white edge.
    pub(crate) fn edged(&mut self, x: f32, y: f32, size: f32, run: Run, colour: Colour) {
        let text = Text { x, y, size, run, colour, edge: true, upright: false };
        self.items.push(Item::Text(text));
    }

    /// The same picture in greys.
    pub(crate) fn in_grey(mut self) -> Self {
        for item in &mut self.items {
            match item {
                Item::Circle { paint, .. } | Item::Path { paint, .. } => {
                    *paint = paint.mapped(Colour::grey);
                }
                Item::Text(text) => text.colour = text.colour.grey(),
            }
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn greys_are_as_light_as_their_colours() {
        assert_eq!(Colour([255; 3]).grey(), Colour([255; 3]));
        assert_eq!(Colour([0; 3]).grey(), Colour([0; 3]));
        assert_eq!(Colour([120; 3]).grey(), Colour([120; 3]));
        // 255 * sqrt(0.7152)
        assert_eq!(Colour([0, 255, 0]).grey(), Colour([216; 3]));
        assert_eq!(Colour([0, 88, 184]).hex(), "#0058b8");
    }
}
