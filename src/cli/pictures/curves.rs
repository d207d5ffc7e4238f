//! A chart of a few curves, such as the losses of `spectrum`.

use super::axes::{Axis, draw_x, draw_y, within};
use super::figure::{Around, Entry, Figure, Mark, Style};
use super::fonts::{Fonts, Weight};
use super::scene::{Item, Paint, Scene, Step};
use super::signs::{INK, Sign};
use crate::cli::output::chart::Chart;

/// Height of the data, of their width.
const HEIGHT: f32 = 0.62;

/// The chart as a picture, with notes below.
pub(crate) fn picture(
    chart: &Chart<'_>,
    notes: Vec<String>,
    style: &Style,
    fonts: &mut Fonts,
) -> Scene {
    let size = style.size;
    let mut legend: Vec<Entry> = chart
        .curves
        .iter()
        .enumerate()
        .map(|(number, curve)| Entry {
            mark: Mark::Line(Sign::line(number)),
            name: curve.name.to_owned(),
        })
        .collect();
    let marked = Paint::dashed(INK, 0.8, &[1.0, 2.0]);
    if let Some((at, name)) = chart.marked {
        legend.push(Entry { mark: Mark::Line(marked), name: format!("{name}: {at}") });
    }
    let around = Around { subject: chart.title.to_owned(), legend, notes };
    let Figure { mut scene, area } = Figure::new(style, fonts, &around, |_, width| width * HEIGHT);
    let points = || chart.curves.iter().flat_map(|curve| &curve.points);
    let is_narrow = area.width() < 300.0;
    let x = Axis::tight(points().map(|it| it.0), if is_narrow { 4 } else { 6 }, chart.x_name);
    // From zero, so that a share looks as large as it is.
    let y = Axis::round(points().map(|it| it.1).chain([0.0]), 5, "");
    // What y is stands above it: it is too long to be turned.
    let mut below = area;
    below.top += 1.5 * size;
    let room = within(fonts, &below, size, &x, Some(&y));
    let name = fonts.shape_within(chart.title, Weight::Regular, area.width() / size);
    scene.text(area.left, area.top + 0.9 * size, size, name, INK);
    draw_x(&mut scene, fonts, &room, &x, size);
    draw_y(&mut scene, fonts, &room, &y, size);
    if let Some((at, _)) = chart.marked {
        let at = x.at(at, room.left, room.right);
        scene.line([at, room.top], [at, room.bottom], marked);
    }
    for (number, curve) in chart.curves.iter().enumerate() {
        let finite = curve.points.iter().filter(|it| it.0.is_finite() && it.1.is_finite());
        let mut steps: Vec<Step> = finite
            .map(|it| {
                Step::Line(x.at(it.0, room.left, room.right), y.at(it.1, room.bottom, room.top))
            })
            .collect();
        if let Some(Step::Line(a, b)) = steps.first().copied() {
            steps[0] = Step::Move(a, b);
            scene.items.push(Item::Path { steps, paint: Sign::line(number), name: None });
        }
    }
    scene
}
