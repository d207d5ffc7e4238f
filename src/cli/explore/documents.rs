//! A page of documents, and of the words among them.

use anyhow::Result;
use eigenlex::encode::{Encoder, NearestPoints, TopicalWords};
use eigenlex::{Model, WordId};

use super::args::PageArgs;
use super::columns;
use super::data::{Facts, NO_POINT, Page, Points, Similar, Texts, packed};
use super::dispersion::dispersion;
use super::levels;
use super::sides::{Place, Side, words};
use crate::cli::documents::inputs::Documents;
use crate::cli::documents::plane::{directions, places_and_neighbors};
use crate::cli::output;
use crate::cli::output::bars::Bars;

/// Words among the documents, and words to search.
const DRAWN: usize = 300;
const SEARCHED: usize = 10_000;

/// Documents that are listed as similar to a point, at most.
const SIMILAR: usize = 8;

pub(super) fn of_documents(
    args: &PageArgs,
    model: &Model,
    encoder: &Encoder,
    documents: &Documents,
    bars: &Bars,
) -> Result<Page> {
    let codes = &documents.codes;
    let n_documents = codes.len();
    // Words on the plane can be searched.
    let n_drawn = args.words.unwrap_or(DRAWN);
    let n_searched = args.vectors.unwrap_or(SEARCHED).max(n_drawn);
    let drawn = TopicalWords::new(model).first(n_drawn, n_searched);
    let units = directions(encoder, documents, &drawn);
    let (places, near) = places_and_neighbors(&units, codes.dim(), args.near(), bars)?;
    drop(units);
    let texts = documents.texts(args.text_length as usize)?;
    let levels = levels::of_documents(encoder, codes, drawn.len(), args.seed, bars)?;
    let columns = columns::of_documents(args, model, codes, drawn.len(), bars)?;
    let mut notes = columns.notes;
    let of_documents: Vec<Option<String>> =
        codes.documents().iter().map(|number| texts.get(number).cloned()).collect();
    let is_cut = |text: &Option<String>| {
        text.as_ref().is_some_and(|text| text.chars().count() >= args.text_length as usize)
    };
    let n_cut = of_documents.iter().filter(|text| is_cut(text)).count();
    if n_cut > 0 {
        notes.push(format!(
            "{} of {} texts are cut after {} characters. --text-length takes more.",
            output::count(n_cut as u64),
            output::count(n_documents as u64),
            output::count(args.text_length.into())
        ));
    }
    let texts = (!texts.is_empty()).then(|| Texts {
        of_points: of_documents.into_iter().chain(drawn.iter().map(|_| None)).collect(),
        cut_at: (n_cut > 0).then_some(args.text_length),
    });
    let sides = [Side::alone(&model.vectors, Some(model), n_searched)?];
    if sides[0].n_words() < sides[0].n_all() {
        notes.push(format!(
            "The {} most frequent of {} words can be searched. --vectors takes more.",
            output::count(sides[0].n_words() as u64),
            output::count(sides[0].n_all() as u64)
        ));
    }
    let of_sides: Vec<Place> =
        drawn.iter().map(|word| Place { side: 0, word: word.index() }).collect();
    let mut words = words(&sides, &of_sides, n_documents);
    words.dispersion = codes
        .words()
        .map(|rows| packed(dispersion(rows, sides[0].n_words(), &|word| model.vectors.id(word))));
    let facts = Facts {
        digest: model.provenance.digest.clone(),
        n_documents: model.provenance.n_documents,
        n_words: model.vectors.len(),
        dim: model.vectors.dim(),
    };
    let names = (0..n_documents).map(|row| codes.name_of_row(row)).collect();
    let title = format!("{} documents", output::count(n_documents as u64));
    Ok(Page {
        notes,
        points: points(model, names, &drawn, &places),
        texts,
        similar: Some(similar(&near, n_documents)),
        near: Some(near),
        levels,
        columns: columns.columns,
        words: Some(words),
        ..Page::new(title, facts)
    })
}

/// Documents of these names, then words.
fn points(model: &Model, documents: Vec<String>, words: &[WordId], places: &[f32]) -> Points {
    let axis = |axis: usize| packed(places.chunks_exact(2).map(|place| place[axis]));
    let n_documents = documents.len();
    let spellings = words.iter().map(|&word| model.vectors.words().spelling(word).to_owned());
    Points {
        n: n_documents + words.len(),
        x: axis(0),
        y: axis(1),
        kinds: vec!["document", "word"],
        kind: packed((0..n_documents).map(|_| 0u8).chain(words.iter().map(|_| 1))),
        name: documents.into_iter().chain(spellings).collect(),
        word: packed((0..n_documents).map(|_| -1).chain(words.iter().map(|word| word.0 as i32))),
    }
}

/// Of the neighbours of each point those that are documents.
fn similar(near: &NearestPoints, n_documents: usize) -> Similar {
    let of_point = |near: &Vec<(u32, f32)>| -> [(u32, f32); SIMILAR] {
        let mut list = [(NO_POINT, 0.0); SIMILAR];
        let documents = near.iter().filter(|(other, _)| (*other as usize) < n_documents);
        list.iter_mut().zip(documents).for_each(|(place, &found)| *place = found);
        list
    };
    let lists: Vec<[(u32, f32); SIMILAR]> = near.of_points.iter().map(of_point).collect();
    Similar {
        per_point: SIMILAR,
        of_points: packed(lists.iter().flatten().map(|found| found.0)),
        score: packed(lists.iter().flatten().map(|found| found.1)),
    }
}
