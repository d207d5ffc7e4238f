//! Points with names on a plane that has no axes: only which points are near to each other counts.

use super::figure::{Around, Figure, Style};
use super::fonts::{Fonts, Run, Weight};
use super::labels::{self, Label, Obstacles, Rect};
use super::scene::{Item, Paint, Scene, Text};
use super::signs::{INK, PALE, Sign};

/// A point.
#[derive(Debug, Clone)]
pub(crate) struct Point {
    pub(crate) place: [f32; 2],
    pub(crate) sign: Sign,
    /// Shown where the pointer is over it.
    pub(crate) name: Option<String>,
    /// One of very many, which is small and on which names may lie.
    pub(crate) is_one_of_many: bool,
}

/// What a name names.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Of {
    /// The point of this number.
    Point(usize),
    /// The middle of a group.
    Region([f32; 2]),
}

/// A name.
#[derive(Debug, Clone)]
pub(crate) struct Name {
    pub(crate) text: String,
    pub(crate) of: Of,
    /// What it weighs if there is no room for all; the others are 1.
    pub(crate) weight: f64,
    pub(crate) is_bold: bool,
}

/// A line between two places.
#[derive(Debug, Clone)]
pub(crate) struct Link {
    pub(crate) from: [f32; 2],
    pub(crate) to: [f32; 2],
    pub(crate) paint: Paint,
    pub(crate) is_arrow: bool,
}

/// What is drawn.
#[derive(Debug, Default)]
pub(crate) struct Plane {
    pub(crate) points: Vec<Point>,
    pub(crate) names: Vec<Name>,
    pub(crate) links: Vec<Link>,
    pub(crate) around: Around,
}

/// A name that is left out weighs so much more than the worst place.
const LEFT_OUT: f64 = 40.0;

/// The widest name, in ems.
const WIDEST: f32 = 16.0;

/// A plane is not flatter than this, and not higher than wide.
const FLATTEST: f32 = 0.55;

impl Plane {
    /// The picture, and the names for which there is no room.
    pub(crate) fn draw(&self, style: &Style, fonts: &mut Fonts) -> (Scene, Vec<String>) {
        let size = style.size;
        let bounds = self.bounds();
        let (across, down) = (bounds.width(), bounds.height());
        let shape = if across > 0.0 { (down / across).clamp(FLATTEST, 1.0) } else { 1.0 };
        let Figure { mut scene, area } =
            Figure::new(style, fonts, &self.around, |_, width| width * shape);
        let inset = 1.3 * size;
        let room = Rect {
            left: area.left + inset,
            top: area.top + inset,
            right: area.right - inset,
            bottom: area.bottom - inset,
        };
        // Never zero: all points may be one.
        let scale = (room.width() / across.max(f32::MIN_POSITIVE))
            .min(room.height() / down.max(f32::MIN_POSITIVE));
        let scale = if scale.is_finite() && across.max(down) > 0.0 { scale } else { 0.0 };
        let middle = [(room.left + room.right) / 2.0, (room.top + room.bottom) / 2.0];
        let centre = [(bounds.left + bounds.right) / 2.0, (bounds.top + bounds.bottom) / 2.0];
        let at = |place: [f32; 2]| {
            [middle[0] + scale * (place[0] - centre[0]), middle[1] - scale * (place[1] - centre[1])]
        };
        let n_many = self.points.iter().filter(|it| it.is_one_of_many).count().max(1);
        let share = (area.width() * area.height() / n_many as f32).sqrt();
        let small = (0.22 * share).clamp(0.6, 0.2 * size);
        let large = 0.27 * size;
        let radius = |point: &Point| if point.is_one_of_many { small } else { large };
        for link in &self.links {
            let (from, to) = (at(link.from), at(link.to));
            if link.is_arrow {
                scene.arrow(from, to, Sign::reach(large) + 1.0, link.paint);
            } else {
                scene.line(from, to, link.paint);
            }
        }
        // Small ones below the others.
        for is_small in [true, false] {
            for point in self.points.iter().filter(|it| it.is_one_of_many == is_small) {
                let opacity = if is_small { 0.75 } else { 1.0 };
                let place = at(point.place);
                point.sign.draw(&mut scene, place, radius(point), point.name.as_deref(), opacity);
            }
        }
        let runs: Vec<Run> = self
            .names
            .iter()
            .map(|name| {
                let weight = if name.is_bold { Weight::Bold } else { Weight::Regular };
                let widest = WIDEST.min(0.8 * area.width() / size);
                fonts.shape_within(&name.text, weight, widest)
            })
            .collect();
        let labels: Vec<Label> = self
            .names
            .iter()
            .zip(&runs)
            .map(|(name, run)| {
                let (point, reach) = match name.of {
                    Of::Point(number) => {
                        let point = &self.points[number];
                        (at(point.place), Some(Sign::reach(radius(point))))
                    }
                    Of::Region(place) => (at(place), None),
                };
                let (width, height) = (run.width * size, (run.top - run.bottom) * size);
                Label { point, reach, width, height, weight: LEFT_OUT * name.weight }
            })
            .collect();
        let marks = self.points.iter().filter(|it| !it.is_one_of_many);
        let mut obstacles = Obstacles {
            marks: marks.map(|it| Rect::around(at(it.place), Sign::reach(large))).collect(),
            lines: self.links.iter().map(|link| [at(link.from), at(link.to)]).collect(),
        };
        // A named point is kept clear even if it is one of many.
        obstacles.marks.extend(self.names.iter().filter_map(|name| match name.of {
            Of::Point(number) if self.points[number].is_one_of_many => {
                Some(Rect::around(at(self.points[number].place), Sign::reach(small)))
            }
            _ => None,
        }));
        let frame = Rect {
            left: 1.0,
            top: area.top - 0.3 * size,
            right: area.right,
            bottom: area.bottom + 0.3 * size,
        };
        let places = labels::place(&labels, &obstacles, &frame, style.seed);
        let is_dense = self.points.iter().any(|it| it.is_one_of_many);
        let mut left_out = Vec::new();
        for ((name, run), place) in self.names.iter().zip(runs).zip(&places) {
            let Some(place) = place else {
                left_out.push(name.text.clone());
                continue;
            };
            if let Some([from, to]) = place.leader {
                scene.line(from, to, Paint::line(PALE, 0.4));
            }
            scene.items.push(Item::Text(Text {
                x: place.rect.left,
                y: place.rect.bottom + run.bottom * size,
                size,
                run,
                colour: INK,
                edge: is_dense || !self.links.is_empty(),
                upright: false,
            }));
        }
        (scene, left_out)
    }

    fn bounds(&self) -> Rect {
        let ends = self.links.iter().flat_map(|link| [link.from, link.to]);
        let places = self.points.iter().map(|point| point.place).chain(ends);
        let none = Rect {
            left: f32::INFINITY,
            top: f32::INFINITY,
            right: f32::NEG_INFINITY,
            bottom: f32::NEG_INFINITY,
        };
        let all = places.filter(|it| it[0].is_finite() && it[1].is_finite()).fold(
            none,
            |rect, [x, y]| Rect {
                left: rect.left.min(x),
                top: rect.top.min(y),
                right: rect.right.max(x),
                bottom: rect.bottom.max(y),
            },
        );
        if all.left <= all.right { all } else { Rect::around([0.0; 2], 0.0) }
    }
}
