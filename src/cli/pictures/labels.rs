//! Names beside points, without overlaps.
//!
//! In: marks, lines and names with their sizes, and the frame. Out: a place for each name, or none
//! if there is no room. No two names overlap, none covers a mark or crosses the frame.
//!
//! A name may stand at eight places around its mark, of which the upper right is the best (Imhof
//! 1975; Yoeli 1972), or farther off, joined to it by a line. Which of them it takes is found by
//! simulated annealing (Christensen, Marks & Shieber 1995, section 4.5): a name at a time moves to
//! another place, and a worse place is taken with the probability `exp(-dE / T)`. The energy E is
//! the sum of how bad the places are, of what left-out names weigh, and of overlaps. At the end the
//! lesser of two names that still overlap is left out, so that no overlap remains whatever the
//! annealing found.

use std::collections::BTreeMap;

/// A rectangle: left, top, right, bottom.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rect {
    pub(crate) left: f32,
    pub(crate) top: f32,
    pub(crate) right: f32,
    pub(crate) bottom: f32,
}

impl Rect {
    pub(crate) fn around([x, y]: [f32; 2], reach: f32) -> Self {
        Self { left: x - reach, top: y - reach, right: x + reach, bottom: y + reach }
    }

    pub(crate) fn width(&self) -> f32 {
        self.right - self.left
    }

    pub(crate) fn height(&self) -> f32 {
        self.bottom - self.top
    }

    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        self.left < other.right
            && other.left < self.right
            && self.top < other.bottom
            && other.top < self.bottom
    }

    pub(crate) fn holds(&self, other: &Self) -> bool {
        self.left <= other.left
            && self.top <= other.top
            && other.right <= self.right
            && other.bottom <= self.bottom
    }

    /// The same with so much more left and right.
    fn widened(&self, by: f32) -> Self {
        Self { left: self.left - by, right: self.right + by, ..*self }
    }

    /// Whether a line between two points passes through (Liang & Barsky 1984).
    fn is_crossed(&self, line: &Line) -> bool {
        let [from, to] = line;
        let (mut enters, mut leaves) = (0.0f32, 1.0f32);
        for (axis, low, high) in [(0, self.left, self.right), (1, self.top, self.bottom)] {
            let step = to[axis] - from[axis];
            if step == 0.0 {
                if from[axis] <= low || from[axis] >= high {
                    return false;
                }
                continue;
            }
            let (a, b) = ((low - from[axis]) / step, (high - from[axis]) / step);
            (enters, leaves) = (enters.max(a.min(b)), leaves.min(a.max(b)));
        }
        enters < leaves
    }
}

/// From a point to another.
pub(crate) type Line = [[f32; 2]; 2];

/// A name to be placed.
#[derive(Debug, Clone)]
pub(crate) struct Label {
    /// The point that it names.
    pub(crate) point: [f32; 2],
    /// How far the mark of the point reaches; `None` if the name stands for a region, in whose
    /// middle the point is: then the name may lie on it.
    pub(crate) reach: Option<f32>,
    pub(crate) width: f32,
    pub(crate) height: f32,
    /// What it weighs if it is left out; a place beside the mark costs at most 1.
    pub(crate) weight: f64,
}

/// What names must keep clear of.
#[derive(Debug, Default)]
pub(crate) struct Obstacles {
    pub(crate) marks: Vec<Rect>,
    /// Lines that names should not cross, though they may.
    pub(crate) lines: Vec<Line>,
}

/// Where a name stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Place {
    pub(crate) rect: Rect,
    /// From the mark to the name, if it is not beside it.
    pub(crate) leader: Option<Line>,
}

/// Place and badness.
#[derive(Debug, Clone)]
struct Candidate {
    place: Place,
    badness: f64,
}

/// Between a mark and its name, in points.
const GAP: f32 = 1.3;

/// Between two names in a line, in points.
const BETWEEN: f32 = 2.0;

/// What two overlapping names cost; more than any left-out name.
const OVERLAP: f64 = 1000.0;

/// What a name costs that lies on a line.
const ON_LINE: f64 = 2.5;

/// The schedule of Christensen, Marks & Shieber 1995, section 4.5: at first a change for the worse
/// by 1 is taken two times of three; then it grows colder by a tenth, at most 50 times; each
/// temperature ends after 20 moves a name, or 5 that were taken.
const FIRST_TEMPERATURE: f64 = 2.466;
const COOLING: f64 = 0.9;
const TEMPERATURES: usize = 50;
const MOVES: usize = 20;
const TAKEN: usize = 5;

/// More moves at a temperature gain nothing where thousands of names have no room.
const MOST_MOVES: usize = 40_000;

/// The places of names, in their order.
pub(crate) fn place(
    labels: &[Label],
    obstacles: &Obstacles,
    frame: &Rect,
    seed: u64,
) -> Vec<Option<Place>> {
    let marks = Grid::new(obstacles.marks.iter().copied(), frame);
    let candidates: Vec<Vec<Candidate>> =
        labels.iter().map(|label| candidates(label, &marks, obstacles, frame)).collect();
    let mut state = State::new(labels, candidates);
    state.anneal(seed);
    state.leave_out_overlaps();
    state.fill_in();
    let Chosen { candidates, of_labels, .. } = state.chosen;
    let chosen = of_labels.iter().enumerate();
    chosen.map(|(label, at)| at.map(|at| candidates[label][at].place)).collect()
}

/// The places that a name may have, the best first.
fn candidates(label: &Label, marks: &Grid, obstacles: &Obstacles, frame: &Rect) -> Vec<Candidate> {
    let places = match label.reach {
        Some(reach) => around_mark(label, reach),
        None => around_middle(label),
    };
    let is_free = |place: &Place| {
        frame.holds(&place.rect) && !marks.near(&place.rect).any(|mark| mark.overlaps(&place.rect))
    };
    let mut found: Vec<Candidate> = places
        .into_iter()
        .filter(|(place, _)| is_free(place))
        .map(|(place, badness)| {
            let crossed = obstacles.lines.iter().filter(|line| place.rect.is_crossed(line)).count();
            Candidate { place, badness: badness + ON_LINE * crossed as f64 }
        })
        .collect();
    found.sort_by(|left, right| left.badness.total_cmp(&right.badness));
    found
}

/// Eight places at a mark, then farther ones in all directions.
fn around_mark(label: &Label, reach: f32) -> Vec<(Place, f64)> {
    let Label { point: [x, y], width, height, .. } = *label;
    let near = reach + GAP;
    let slant = 0.7 * reach + GAP;
    let rect = |left: f32, top: f32| Rect { left, top, right: left + width, bottom: top + height };
    let beside = [
        rect(x + slant, y - 0.6 * reach - height),
        rect(x + slant, y + 0.6 * reach),
        rect(x - slant - width, y - 0.6 * reach - height),
        rect(x - slant - width, y + 0.6 * reach),
        rect(x + near, y - height / 2.0),
        rect(x - near - width, y - height / 2.0),
        rect(x - width / 2.0, y - near - height),
        rect(x - width / 2.0, y + near),
    ];
    // Imhof's order, evenly spaced.
    let order = [0.0, 0.3, 0.4, 0.5, 0.1, 0.45, 0.35, 0.55];
    let mut places: Vec<(Place, f64)> = beside
        .into_iter()
        .zip(order)
        .map(|(rect, badness)| (Place { rect, leader: None }, badness))
        .collect();
    for ring in 1..=4 {
        let far = reach + ring as f32 * height;
        for [dx, dy] in DIRECTIONS {
            let (cx, cy) = (x + dx * (far + width / 2.0), y + dy * (far + height / 2.0));
            let rect = rect(cx - width / 2.0, cy - height / 2.0);
            // The line ends at the point of the name that is nearest to the mark.
            let end = [x.clamp(rect.left, rect.right), y.clamp(rect.top, rect.bottom)];
            let (ex, ey) = (end[0] - x, end[1] - y);
            let length = (ex * ex + ey * ey).sqrt();
            if length <= reach + GAP {
                continue;
            }
            let start = [x + ex / length * reach, y + ey / length * reach];
            let leader = (length > reach + 0.6 * height).then_some([start, end]);
            places.push((Place { rect, leader }, 1.5 + f64::from(ring)));
        }
    }
    places
}

/// Sixteen directions, evenly around.
const DIRECTIONS: [[f32; 2]; 16] = {
    const A: f32 = 0.923_88;
    const B: f32 = std::f32::consts::FRAC_1_SQRT_2;
    const C: f32 = 0.382_68;
    [
        [1.0, 0.0],
        [A, -C],
        [B, -B],
        [C, -A],
        [0.0, -1.0],
        [-C, -A],
        [-B, -B],
        [-A, -C],
        [-1.0, 0.0],
        [-A, C],
        [-B, B],
        [-C, A],
        [0.0, 1.0],
        [C, A],
        [B, B],
        [A, C],
    ]
};

/// The middle of a region, then places around it.
fn around_middle(label: &Label) -> Vec<(Place, f64)> {
    let Label { point: [x, y], width, height, .. } = *label;
    let mut places = Vec::new();
    for row in -6i8..=6 {
        for column in -4i8..=4 {
            let (dx, dy) = (f32::from(column) * width / 6.0, f32::from(row) * 0.6 * height);
            let (left, top) = (x + dx - width / 2.0, y + dy - height / 2.0);
            let rect = Rect { left, top, right: left + width, bottom: top + height };
            let far = f64::from((dx * dx + dy * dy).sqrt() / height);
            places.push((Place { rect, leader: None }, 0.4 * far));
        }
    }
    places
}

/// Rectangles by where they are.
struct Grid {
    cells: BTreeMap<(i32, i32), Vec<Rect>>,
    side: f32,
}

impl Grid {
    fn new(rects: impl Iterator<Item = Rect>, frame: &Rect) -> Self {
        let side = (frame.width().max(frame.height()) / 40.0).max(1.0);
        let mut cells: BTreeMap<(i32, i32), Vec<Rect>> = BTreeMap::new();
        for rect in rects {
            for cell in cells_of(&rect, side) {
                cells.entry(cell).or_default().push(rect);
            }
        }
        Self { cells, side }
    }

    /// Those that may overlap another.
    fn near(&self, rect: &Rect) -> impl Iterator<Item = &Rect> {
        cells_of(rect, self.side).filter_map(|cell| self.cells.get(&cell)).flatten()
    }
}

fn cells_of(rect: &Rect, side: f32) -> impl Iterator<Item = (i32, i32)> + use<> {
    let cell = |value: f32| (value / side).floor() as i32;
    let (left, right) = (cell(rect.left), cell(rect.right));
    (cell(rect.top)..=cell(rect.bottom))
        .flat_map(move |row| (left..=right).map(move |column| (row, column)))
}

/// Which places names have.
struct Chosen {
    candidates: Vec<Vec<Candidate>>,
    of_labels: Vec<Option<usize>>,
    /// The names that a name can meet.
    others: Vec<Vec<usize>>,
}

impl Chosen {
    fn place(&self, label: usize) -> Option<&Place> {
        self.of_labels[label].map(|at| &self.candidates[label][at].place)
    }

    /// The names that overlap a place of another.
    fn conflicts(&self, label: usize, place: &Place) -> impl Iterator<Item = usize> {
        self.others[label]
            .iter()
            .copied()
            .filter(move |&other| self.place(other).is_some_and(|it| collide(it, place)))
    }
}

/// Whether two names overlap, or one lies on the other's line.
fn collide(one: &Place, other: &Place) -> bool {
    one.rect.widened(BETWEEN).overlaps(&other.rect)
        || one.leader.is_some_and(|line| other.rect.is_crossed(&line))
        || other.leader.is_some_and(|line| one.rect.is_crossed(&line))
}

struct State<'a> {
    labels: &'a [Label],
    chosen: Chosen,
    /// Names from the heaviest to the lightest.
    order: Vec<usize>,
}

impl<'a> State<'a> {
    fn new(labels: &'a [Label], candidates: Vec<Vec<Candidate>>) -> Self {
        let reach = |of: &Vec<Candidate>| {
            let mut all = of.iter().flat_map(|it| {
                let ends = it.place.leader.into_iter().flatten();
                ends.map(|point| Rect::around(point, 0.01)).chain([it.place.rect])
            });
            let first = all.next()?;
            Some(all.fold(first, |a, b| Rect {
                left: a.left.min(b.left),
                top: a.top.min(b.top),
                right: a.right.max(b.right),
                bottom: a.bottom.max(b.bottom),
            }))
        };
        let reaches: Vec<Option<Rect>> = candidates.iter().map(reach).collect();
        let others = (0..labels.len())
            .map(|label| {
                let Some(own) = &reaches[label] else { return Vec::new() };
                let meets = |&other: &usize| {
                    other != label && reaches[other].as_ref().is_some_and(|it| it.overlaps(own))
                };
                (0..labels.len()).filter(meets).collect()
            })
            .collect();
        let mut order: Vec<usize> = (0..labels.len()).collect();
        order.sort_by(|&a, &b| labels[b].weight.total_cmp(&labels[a].weight).then(a.cmp(&b)));
        let of_labels = vec![None; labels.len()];
        let mut state = Self { labels, chosen: Chosen { candidates, of_labels, others }, order };
        state.fill_in();
        state
    }

    /// What a name adds to the energy at a place, or where it is left out.
    fn energy(&self, label: usize, at: Option<usize>) -> f64 {
        let Some(at) = at else { return self.labels[label].weight };
        let candidate = &self.chosen.candidates[label][at];
        let n = self.chosen.conflicts(label, &candidate.place).count();
        candidate.badness + OVERLAP * n as f64
    }

    fn anneal(&mut self, seed: u64) {
        let movable: Vec<usize> = (0..self.labels.len())
            .filter(|&label| !self.chosen.candidates[label].is_empty())
            .collect();
        if movable.is_empty() {
            return;
        }
        let mut random = Random(seed);
        let mut temperature = FIRST_TEMPERATURE;
        let most = (MOVES * movable.len()).min(MOST_MOVES);
        for _ in 0..TEMPERATURES {
            let mut taken = 0;
            for _ in 0..most {
                let label = movable[random.below(movable.len())];
                let n = self.chosen.candidates[label].len();
                // One more than the places: to be left out.
                let to = Some(random.below(n + 1)).filter(|&at| at < n);
                let from = self.chosen.of_labels[label];
                if to == from {
                    continue;
                }
                let worse = self.energy(label, to) - self.energy(label, from);
                if worse <= 0.0 || random.share() < libm::exp(-worse / temperature) {
                    self.chosen.of_labels[label] = to;
                    taken += usize::from(worse != 0.0);
                }
                if taken >= TAKEN * movable.len() {
                    break;
                }
            }
            if taken == 0 {
                break;
            }
            temperature *= COOLING;
        }
    }

    /// Leaves out the lighter of two names that overlap.
    fn leave_out_overlaps(&mut self) {
        for &label in self.order.iter().rev() {
            let Some(place) = self.chosen.place(label).copied() else { continue };
            if self.chosen.conflicts(label, &place).next().is_some() {
                self.chosen.of_labels[label] = None;
            }
        }
    }

    /// Gives each name the best place that is free, if it is better than its own.
    fn fill_in(&mut self) {
        for &label in &self.order {
            let own = self.energy(label, self.chosen.of_labels[label]);
            let better = (0..self.chosen.candidates[label].len()).find(|&at| {
                let energy = self.energy(label, Some(at));
                energy < own && energy < OVERLAP
            });
            if better.is_some() {
                self.chosen.of_labels[label] = better;
            }
        }
    }
}

/// Random numbers: splitmix64 (Steele, Lea & Flood 2014).
struct Random(u64);

impl Random {
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// From 0 up to, but without, 1.
    fn share(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn below(&mut self, n: usize) -> usize {
        ((self.share() * n as f64) as usize).min(n - 1)
    }
}

#[cfg(test)]
#[path = "labels_tests.rs"]
mod tests;
