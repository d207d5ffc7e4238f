//! `eigenlex plot axis`: words between two poles.

use std::path::PathBuf;

use anyhow::Result;
use eigenlex::query::{Search, neighbors};
use eigenlex::{Error, WordId};

use super::vectors::{asked, cosine, unit};
use crate::cli::output::bars::Bars;
use crate::cli::pictures::PictureArgs;
use crate::cli::pictures::axes::{Axis, draw_x, end_of};
use crate::cli::pictures::figure::{Around, Figure, Style};
use crate::cli::pictures::fonts::{Fonts, Run, Weight};
use crate::cli::pictures::labels::Rect;
use crate::cli::pictures::scene::{Paint, Scene};
use crate::cli::pictures::signs::{INK, PALE, Sign};
use crate::cli::queries::Opened;

const USAGE: &str = "\
eigenlex plot axis [OPTIONS] --from <WORD> --to <WORD> -o <FILE>
                          <MODEL> [WORD]...";

const AFTER_HELP: &str = "\
Examples:
  The words nearest to either pole:
    eigenlex plot axis model --from man --to woman -o axis.pdf
  Words of your own:
    eigenlex plot axis model nurse doctor baker miner --from man --to woman -o work.svg";

/// Draw words on an axis between two poles, such as `man` and `woman`
///
/// A word is at (cos(word, to) - cos(word, from)) / (1 - cos(from, to)): -1 is at the one pole, 1
/// at the other, 0 is as near to both. Only the place from left to right counts; words stand in
/// rows so that none lies on another.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP, override_usage = USAGE)]
pub(crate) struct Args {
    /// Model or vector file
    model: PathBuf,
    /// Words to draw [default: those nearest to the poles]
    #[arg(value_name = "WORD")]
    asked: Vec<String>,
    /// Pole on the left
    #[arg(long, value_name = "WORD")]
    from: String,
    /// Pole on the right
    #[arg(long, value_name = "WORD")]
    to: String,
    /// Without words: draw N of those nearest to the poles, half of them to each
    #[arg(
        long,
        default_value_t = 40,
        value_name = "N",
        value_parser = clap::value_parser!(u32).range(2..=500),
    )]
    words: u32,
    #[command(flatten)]
    picture: PictureArgs,
}

pub(super) fn run(args: Args, bars: &Bars) -> Result<()> {
    let opened = Opened::open(&args.model)?;
    let vectors = &opened.vectors;
    let poles = asked(&opened, &[args.from.clone(), args.to.clone()], bars)?;
    let same = || Error::NothingFound {
        query: format!("{} and {}", args.from, args.to),
        reason: "the poles have the same direction".to_owned(),
    };
    let [from, to] = poles[..] else { return Err(same().into()) };
    let (a, b) = (unit(vectors, from)?, unit(vectors, to)?);
    let apart = 1.0 - cosine(&a, &b);
    if apart < 1e-6 {
        return Err(same().into());
    }
    let words = if args.asked.is_empty() {
        let mut found: Vec<WordId> = Vec::new();
        for pole in [from, to] {
            let search = Search::new(args.words.div_ceil(2) as usize);
            for near in neighbors(vectors, pole, &search)? {
                found.extend(opened.id(&near.word).filter(|id| !found.contains(id)));
            }
        }
        found
    } else {
        asked(&opened, &args.asked, bars)?
    };
    let mut values = Vec::with_capacity(words.len());
    for &word in words.iter().filter(|word| !poles.contains(word)) {
        let row = unit(vectors, word)?;
        let value = (cosine(&row, &b) - cosine(&row, &a)) / apart;
        values.push((value, vectors.words().spelling(word).to_owned()));
    }
    // From left to right; equal ones in their order.
    values.sort_by(|left, right| left.0.total_cmp(&right.0));
    let mut canvas = args.picture.open(0)?;
    let names = poles.iter().map(|&pole| vectors.words().spelling(pole).to_owned()).collect();
    let chart = AxisChart { poles: names, values };
    let scene = chart.draw(&canvas.style, &mut canvas.fonts);
    canvas.write(scene, &[], bars)
}

struct AxisChart {
    poles: Vec<String>,
    /// From left to right.
    values: Vec<(f64, String)>,
}

/// Where a word stands.
#[derive(Debug, Clone)]
struct Placed {
    x: f32,
    /// From the axis upwards.
    row: usize,
    left: f32,
}

/// From one row to the next, in ems.
const ROW: f32 = 1.35;

/// The room of the names of the poles, in ems.
const POLES: f32 = 2.2;

impl AxisChart {
    fn draw(&self, style: &Style, fonts: &mut Fonts) -> Scene {
        let size = style.size;
        // The poles are on it.
        let values = self.values.iter().map(|it| it.0).chain([-1.0, 1.0]);
        let axis = Axis::round(values, if style.width < 300.0 { 4 } else { 8 }, "");
        let runs: Vec<Run> =
            self.values.iter().map(|it| fonts.shape_within(&it.1, Weight::Regular, 16.0)).collect();
        let end = end_of(fonts, &axis);
        let room = |area: &Rect| Rect {
            left: area.left + end * size,
            right: area.right - end * size,
            top: area.top + POLES * size,
            bottom: area.bottom - 1.6 * size,
        };
        let around = Around {
            subject: format!("{} words between {}", self.values.len(), self.poles.join(" and ")),
            legend: Vec::new(),
            notes: Vec::new(),
        };
        let probe = |width: f32| {
            let area = Rect { left: 0.0, right: width, top: 0.0, bottom: 0.0 };
            let room = room(&area);
            let mut all = self.spread(&axis, &room, &runs, size, [0.0, width]);
            all.drain(..).map(|it| it.row + 1).max().unwrap_or(1)
        };
        let figure = Figure::new(style, fonts, &around, |_, width| {
            (probe(width) as f32 * ROW + 0.4 + POLES + 1.6) * size
        });
        let Figure { mut scene, area } = figure;
        let room = room(&area);
        draw_x(&mut scene, fonts, &room, &axis, size);
        let at = |value: f64| axis.at(value, room.left, room.right);
        for (value, width) in [(-1.0, 0.9), (0.0, 0.5), (1.0, 0.9)] {
            let x = at(value);
            scene.line([x, room.top], [x, room.bottom], Paint::line(PALE, width));
        }
        let placed = self.spread(&axis, &room, &runs, size, [area.left, area.right]);
        let n_rows = placed.iter().map(|it| it.row + 1).max().unwrap_or(1) as f32;
        // Rows come nearer together in a height that is given.
        let step = ((room.height() - 0.4 * size) / n_rows).min(2.0 * ROW * size);
        for ((value, run), it) in self.values.iter().zip(&runs).zip(&placed) {
            let y = room.bottom - 0.2 * size - (it.row as f32 + 0.5) * step;
            let sign = Sign::of(usize::from(value.0 > 0.0));
            sign.draw(&mut scene, [it.x, y], RADIUS * size, Some(&value.1), 1.0);
            scene.edged(it.left, y + 0.27 * size, size, run.clone(), INK);
        }
        self.draw_poles(&mut scene, fonts, &area, [at(-1.0), at(1.0)], size);
        scene
    }

    /// Gives each word the lowest row with room for it: by rising left ends that takes as few rows
    /// as can be (Kleinberg & Tardos 2005, section 4.1).
    fn spread(
        &self,
        axis: &Axis,
        room: &Rect,
        runs: &[Run],
        size: f32,
        ends: [f32; 2],
    ) -> Vec<Placed> {
        let reach = Sign::reach(RADIUS * size) + 0.25 * size;
        let boxes = self.values.iter().zip(runs).map(|((value, _), run)| {
            let x = axis.at(*value, room.left, room.right);
            let width = run.width * size;
            let is_right = x + reach + width <= ends[1];
            let left = if is_right { x + reach } else { x - reach - width };
            (
                x,
                left,
                if is_right { x - reach } else { left },
                if is_right { left + width } else { x + reach },
            )
        });
        let boxes: Vec<(f32, f32, f32, f32)> = boxes.collect();
        let mut order: Vec<usize> = (0..boxes.len()).collect();
        order.sort_by(|&i, &j| boxes[i].2.total_cmp(&boxes[j].2).then(i.cmp(&j)));
        let mut rows: Vec<f32> = Vec::new();
        let mut placed = vec![Placed { x: 0.0, row: 0, left: 0.0 }; boxes.len()];
        for place in order {
            let (x, left, begin, end) = boxes[place];
            let row = rows.iter().position(|&taken| taken <= begin).unwrap_or(rows.len());
            if row == rows.len() {
                rows.push(0.0);
            }
            rows[row] = end + 0.3 * size;
            placed[place] = Placed { x, row, left };
        }
        placed
    }

    /// The names of the poles above their ends of the axis.
    fn draw_poles(
        &self,
        scene: &mut Scene,
        fonts: &mut Fonts,
        area: &Rect,
        at: [f32; 2],
        size: f32,
    ) {
        let widest = 0.42 * area.width() / size;
        for ((place, pole), x) in self.poles.iter().enumerate().zip(at) {
            let text = if place == 0 { format!("← {pole}") } else { format!("{pole} →") };
            let run = fonts.shape_within(&text, Weight::Bold, widest);
            let width = run.width * size;
            let left = (x - width / 2.0).clamp(area.left, (area.right - width).max(area.left));
            scene.text(left, area.top + 1.1 * size, size, run, INK);
        }
    }
}

/// The size of a mark, in ems.
const RADIUS: f32 = 0.27;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::cli::pictures::scene::MM;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn no_word_lies_on_another(
            values in prop::collection::vec((-1.2..1.2f64, "[a-z]{1,12}"), 0..40),
            is_wide: bool,
        ) {
            let mut values = values;
            values.sort_by(|left, right| left.0.total_cmp(&right.0));
            let chart = AxisChart { poles: vec!["a".into(), "b".into()], values };
            let mut fonts = Fonts::open(&[]).unwrap();
            let width = if is_wide { 175.0 } else { 85.0 } * MM;
            let style = Style { width, size: 8.0, ..Style::default() };
            let scene = chart.draw(&style, &mut fonts);
            crate::cli::pictures::tests::check(&scene);
        }
    }
}
