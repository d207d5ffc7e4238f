//! A page of words alone: of a model or a file of vectors, of two or more languages, of time.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use eigenlex::align::{CommonSpaces, Drift, Retrieval, UnitRows, induce};
use eigenlex::encode::{NearestPoints, NeighborLayout, nearest_points, principal_plane};
use eigenlex::{Model, WordVectors};

use super::data::{Facts, Links, Moved, Page, Points, Time, packed};
use super::levels::{self, Named};
use super::page::PageArgs;
use super::sides::{Join, Place, Side, Space, numbers, words};
use crate::cli::documents::plane::{self, Near, places_and_neighbors};
use crate::cli::output;
use crate::cli::output::bars::Bars;
use crate::cli::refusal::Refusal;

/// Words on the plane and words to search, of one space and of several together.
const DRAWN: usize = 10_000;
const SEARCHED: usize = 10_000;
const SEARCHED_TOGETHER: usize = 20_000;

/// Translations of each word that are connected with it.
const TRANSLATIONS: usize = 2;

/// Words that are listed as those that moved most.
const MOVED: usize = 50;

/// A page of one space.
pub(super) fn of_one(
    args: &PageArgs,
    vectors: &WordVectors,
    model: Option<&Model>,
    bars: &Bars,
) -> Result<Page> {
    let n_drawn = args.words.unwrap_or(DRAWN);
    let sides = [Side::alone(vectors, model, args.vectors.unwrap_or(SEARCHED).max(n_drawn))?];
    let drawn = first_words(&sides, n_drawn);
    let digest = model.map(|model| model.provenance.digest.clone());
    let facts = Facts {
        digest: digest.unwrap_or_else(|| vectors.digest()),
        n_documents: model.map_or(0, |model| model.provenance.n_documents),
        n_words: vectors.len(),
        dim: vectors.dim(),
    };
    let title = format!("{} words", output::count(drawn.len() as u64));
    page(args, &sides, &drawn, title, facts, bars)
}

/// A page of the languages of a map or a hub, or of the slices of a chain.
pub(super) fn of_several(args: &PageArgs, join: &Join, bars: &Bars) -> Result<Page> {
    let spaces = join.spaces()?;
    let n_drawn = args.words.unwrap_or((DRAWN / spaces.len()).max(500));
    let n_searched = args.vectors.unwrap_or((SEARCHED_TOGETHER / spaces.len()).max(1000));
    let sides = join.sides(&spaces, n_searched.max(n_drawn));
    let facts = join.facts(&spaces);
    let names: Vec<&str> = spaces.iter().map(|space| space.name.as_str()).collect();
    let mut page = match join {
        Join::Spaces(chain) if join.is_chain() => {
            let moved = moved(chain, &spaces, n_drawn);
            let drawn = words_of_slices(&sides, n_drawn, &moved);
            let title = format!("{}: {}", names.join(" → "), "words in time");
            let page = page(args, &sides, &drawn, title, facts, bars)?;
            Page { time: Some(Time { moved }), ..page }
        }
        _ => {
            let drawn = first_words(&sides, n_drawn);
            let links = links(&sides, &drawn, bars)?;
            let title = format!("{}: words and translations", names.join(" and "));
            Page { links: Some(links), ..page(args, &sides, &drawn, title, facts, bars)? }
        }
    };
    page.verdict = join.verdict(&spaces);
    Ok(page)
}

/// The most frequent words of each side that have a direction.
fn first_words(sides: &[Side<'_>], n: usize) -> Vec<Place> {
    let of_side = |(side, it): (usize, &Side<'_>)| -> Vec<Place> {
        let words = (0..it.n_words()).take(n).filter(|&word| it.has_direction(word));
        words.map(|word| Place { side, word }).collect()
    };
    sides.iter().enumerate().flat_map(of_side).collect()
}

/// The most frequent words of each slice and those that moved most, in every slice that knows them.
fn words_of_slices(sides: &[Side<'_>], n: usize, moved: &[Moved]) -> Vec<Place> {
    let mut spellings: BTreeSet<&str> = moved.iter().map(|it| it.word.as_str()).collect();
    for side in sides {
        spellings.extend((0..side.n_words()).take(n).map(|word| side.spelling(word)));
    }
    let of_side = |(side, it): (usize, &Side<'_>)| -> Vec<Place> {
        let mut words: Vec<usize> =
            spellings.iter().filter_map(|spelling| it.id(spelling)).collect();
        words.retain(|&word| it.has_direction(word));
        words.sort_unstable();
        words.into_iter().map(|word| Place { side, word }).collect()
    };
    sides.iter().enumerate().flat_map(of_side).collect()
}

/// The words that moved most from the first slice to the last.
fn moved(chain: &CommonSpaces, spaces: &[Space], n_words: usize) -> Vec<Moved> {
    let vectors: Vec<&WordVectors> = spaces.iter().map(|space| &space.vectors).collect();
    let mut drift = Drift::new(chain, &vectors, n_words);
    let moved = |it: eigenlex::align::DriftOf| Moved {
        word: it.word,
        distance: it.step.distance,
        score: it.step.score,
        movement: it.step.movement.name(),
    };
    drift.most_moved(MOVED).into_iter().map(moved).collect()
}

/// Pairs of drawn words of the first side and another that are among the best translations of each
/// other, in one direction or both.
fn links(sides: &[Side<'_>], drawn: &[Place], bars: &Bars) -> Result<Links> {
    let point = |place: Place| drawn.binary_search(&place).ok();
    let (mut from, mut to, mut score) = (Vec::new(), Vec::new(), Vec::new());
    let rows = |side: usize| UnitRows::new(&sides[side].rows, sides[side].dim());
    for other in 1..sides.len() {
        let mut pairs: BTreeMap<(usize, usize), f32> = BTreeMap::new();
        for (asking, answering) in [(0, other), (other, 0)] {
            let found = induce(rows(asking), rows(answering), TRANSLATIONS, Retrieval::Csls, bars)?;
            for pair in found {
                let asked = Place { side: asking, word: pair.source.index() };
                let answer = Place { side: answering, word: pair.target.index() };
                if let (Some(asked), Some(answer)) = (point(asked), point(answer)) {
                    let ends = (asked.min(answer), asked.max(answer));
                    pairs.insert(ends, pair.similarity);
                }
            }
        }
        for ((first, second), similarity) in pairs {
            from.push(first as u32);
            to.push(second as u32);
            score.push(similarity);
        }
    }
    Ok(Links { from: packed(from), to: packed(to), score: packed(score) })
}

/// A page of these points.
fn page(
    args: &PageArgs,
    sides: &[Side<'_>],
    drawn: &[Place],
    title: String,
    model: Facts,
    bars: &Bars,
) -> Result<Page> {
    if args.labels.is_given() {
        let hint = "add the documents with `--in`";
        return Err(Refusal::new("--labels has no effect without documents", hint).into());
    }
    let dim = sides[0].dim();
    let units: Vec<f32> =
        drawn.iter().flat_map(|it| sides[it.side].row(it.word)).copied().collect();
    let (places, near) = places(&units, dim, drawn, sides.len(), args.near(), bars)?;
    let named: Vec<Named<'_>> = drawn
        .iter()
        .map(|it| {
            let side = &sides[it.side];
            Named {
                spelling: side.spelling(it.word),
                rank: it.word,
                is_common: side.is_common(it.word),
            }
        })
        .collect();
    let levels = levels::of_words(&named, &units, dim, args.seed, bars)?;
    let several = sides.len() > 1;
    let mut notes = Vec::new();
    for (number, side) in sides.iter().enumerate() {
        let of = if several { format!(" of {}", side.name) } else { String::new() };
        let n_drawn = drawn.iter().filter(|it| it.side == number).count();
        let all = output::count(side.n_all() as u64);
        if n_drawn < side.n_all() {
            let n = output::count(n_drawn as u64);
            notes.push(format!(
                "The plane has {n} of the {all} words{of}, the most frequent. --words takes more."
            ));
        }
        if side.n_words() < side.n_all() {
            let n = output::count(side.n_words() as u64);
            notes.push(format!(
                "The {n} most frequent of the {all} words{of} can be searched. --vectors takes \
                 more."
            ));
        }
    }
    let axis = |axis: usize| packed(places.chunks_exact(2).map(|place| place[axis]));
    let points = Points {
        n: drawn.len(),
        x: axis(0),
        y: axis(1),
        kinds: vec!["word"],
        kind: packed(drawn.iter().map(|_| 0u8)),
        name: named.iter().map(|it| it.spelling.to_owned()).collect(),
        word: packed(numbers(sides, drawn)),
    };
    Ok(Page {
        notes,
        points,
        levels,
        words: Some(words(sides, drawn, 0)),
        near: Some(near),
        ..Page::new(title, model)
    })
}

/// Two coordinates for each word, and its neighbours. Each keeps neighbours of every side near, so
/// that the sides lie over each other.
fn places(
    units: &[f32],
    dim: usize,
    drawn: &[Place],
    n_sides: usize,
    near: Near,
    bars: &Bars,
) -> Result<(Vec<f32>, NearestPoints)> {
    if n_sides == 1 {
        return places_and_neighbors(units, dim, near, bars);
    }
    plane::check(units.len() / dim)?;
    let start = principal_plane(units, dim, bars)?;
    let n_near = (near.neighbors as usize / n_sides).max(3);
    let mut layout = NeighborLayout::default();
    (layout.n_neighbors, layout.seed) = (n_near, near.seed);
    let of_side = |side: usize| -> Result<NearestPoints> {
        let range =
            drawn.partition_point(|it| it.side < side)..drawn.partition_point(|it| it.side <= side);
        Ok(nearest_points(units, dim, range, n_near, bars)?)
    };
    let nearest = (0..n_sides).map(of_side).collect::<Result<Vec<_>>>()?;
    let places = layout.lay_out_near(&nearest, &start, bars)?;
    let of_point = |point: usize| {
        let mut all: Vec<(u32, f32)> =
            nearest.iter().flat_map(|side| &side.of_points[point]).copied().collect();
        all.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        all
    };
    Ok((places, NearestPoints { of_points: (0..drawn.len()).map(of_point).collect() }))
}
