//! Questions about words.

use std::str::FromStr as _;

use anyhow::Result;
use eigenlex::query::{
    Expression, Method, Neighbor, Restriction, Search, WordVector, cosine, math, nearest,
    nearest_spellings, neighbors_of, odd_one_out,
};
use eigenlex::{Error, WordId};
use serde::Serialize;

use super::{Asked, Failure, Parameters, Reply, body, together};
use crate::cli::output::{Cosine, Decimals, Guesses};
use crate::cli::serve::parameters::shown;
use crate::cli::serve::vocabulary::Vocabulary;

/// Words that are suggested for one that is not found.
const SUGGESTIONS: usize = 5;

#[derive(Serialize)]
struct Similar {
    word: String,
    similarity: Cosine,
}

impl From<Neighbor> for Similar {
    fn from(it: Neighbor) -> Self {
        Self { word: it.word, similarity: it.similarity.into() }
    }
}

fn similar(found: Vec<Neighbor>) -> Vec<Similar> {
    found.into_iter().map(Similar::from).collect()
}

/// A word of the vocabulary.
#[derive(Serialize)]
struct Known<'a> {
    word: &'a str,
    /// Its place in the order of frequency, from 1.
    rank: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    documents: Option<u64>,
}

fn known(words: &Vocabulary, id: WordId) -> Known<'_> {
    let [count, documents] = words.counts(id).map_or([None; 2], |counts| counts.map(Some));
    Known { word: words.vectors().words().spelling(id), rank: id.0 + 1, count, documents }
}

#[derive(Serialize)]
struct Words<'a> {
    query: &'a str,
    total: usize,
    offset: usize,
    words: Vec<Known<'a>>,
    suggestions: Vec<&'a str>,
}

/// `words`: those that begin with a text, a page at a time; spellings near it where there are none.
pub(crate) fn words(asked: &Asked) -> Reply {
    let words = asked.words()?;
    let query = asked.parameters.text("q").unwrap_or_default();
    let (top, offset) = (asked.parameters.number("top", 20), asked.parameters.number("offset", 0));
    let (total, found) = words.beginning_with(query, offset, top);
    let suggestions = if total == 0 || asked.parameters.flag("fuzzy") {
        let all = words.vectors().words();
        let near =
            asked.pool.install(|| nearest_spellings(all, &query.to_lowercase(), SUGGESTIONS));
        near.into_iter().map(|id| all.spelling(id)).collect()
    } else {
        Vec::new()
    };
    let known = |id| known(words, id);
    let words = found.into_iter().map(known).collect();
    body(&Words { query, total, offset, words, suggestions })
}

#[derive(Serialize)]
struct Card<'a> {
    query: &'a str,
    #[serde(flatten)]
    known: Known<'a>,
    neighbors: Vec<Similar>,
}

/// `words/{word}`: counts and the nearest words.
pub(crate) fn word(asked: &Asked) -> Reply {
    let words = asked.words()?;
    let query = asked.parameters.needed("word");
    let found = find(asked, words, query)?;
    let id = found.id.ok_or_else(|| Failure::not_found("the word is not in the vocabulary"))?;
    let near = near(asked, words, &[found])?.remove(0)?;
    body(&Card { query, known: known(words, id), neighbors: similar(near) })
}

#[derive(Serialize)]
struct Neighbors<'a> {
    query: &'a str,
    word: &'a str,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    guessed: &'a [String],
    neighbors: Vec<Similar>,
}

/// `neighbors`: the words most similar to a word.
pub(crate) fn neighbors(asked: &Asked) -> Reply {
    let words = asked.words()?;
    let query = asked.parameters.needed("word");
    let found = find(asked, words, query)?;
    let near = near(asked, words, std::slice::from_ref(&found))?.remove(0)?;
    answer(query, &found, near)
}

/// `neighbors` of many words, in one pass over the vectors.
pub(crate) fn neighbors_of_each(asked: &Asked, queries: &[Parameters]) -> Reply {
    let words = asked.words()?;
    let found = queries.iter().map(|query| find(asked, words, query.needed("word")));
    let found: Vec<Result<WordVector, Failure>> = found.collect();
    let known: Vec<WordVector> = found.iter().filter_map(|it| it.as_ref().ok()).cloned().collect();
    let mut near = near(asked, words, &known)?.into_iter();
    together(queries.iter().zip(found).map(|(query, found)| {
        let found = found?;
        let near = near.next().unwrap_or_else(|| Ok(Vec::new()))?;
        answer(query.needed("word"), &found, near)
    }))
}

fn answer(query: &str, found: &WordVector, near: Vec<Neighbor>) -> Reply {
    if near.is_empty() {
        let reason = "no other word may be an answer".to_owned();
        return Err(Error::NothingFound { query: query.to_owned(), reason }.into());
    }
    let guesses = Guesses::among([found]);
    body(&Neighbors {
        query,
        word: &found.word,
        guessed: guesses.words(),
        neighbors: similar(near),
    })
}

/// The word that a person means. For one that is not known, all spellings are looked at, or its
/// vector is guessed.
fn find<'a>(asked: &Asked, words: &'a Vocabulary, word: &str) -> Result<WordVector<'a>, Failure> {
    match words.id(word) {
        Some(id) => Ok(WordVector::known(words.vectors(), id)),
        None => {
            let guesses = asked.parameters.flag("guess");
            Ok(asked.pool.install(|| words.find(word, guesses))?)
        }
    }
}

/// The nearest words of each, with the answers that the request allows.
fn near(
    asked: &Asked,
    words: &Vocabulary,
    found: &[WordVector],
) -> Result<Vec<eigenlex::Result<Vec<Neighbor>>>, Failure> {
    let top = asked.parameters.number("top", 10);
    match restriction(asked, words)? {
        None => Ok(words.scan.neighbors(words.vectors(), found, top, asked.pool)),
        Some(restriction) => {
            let search = Search::new(top).restrict_to(restriction);
            let of = |word: &WordVector| neighbors_of(words.vectors(), word, &search);
            Ok(asked.pool.install(|| found.iter().map(of).collect()))
        }
    }
}

/// The words that may be answers, if not all.
fn restriction(asked: &Asked, words: &Vocabulary) -> Result<Option<Restriction>, Failure> {
    let ids = |name: &str| -> Result<Vec<WordId>, Failure> {
        let given = asked.parameters.texts(name);
        let found = |word: &String| words.id(word.trim());
        let ids: Vec<WordId> = given.iter().filter_map(found).collect();
        if ids.is_empty() && !given.is_empty() {
            let reason = format!("none of the words of `{name}` is in the vocabulary");
            return Err(Error::NothingFound { query: given.join(" "), reason }.into());
        }
        Ok(ids)
    };
    let (allowed, excluded) = (ids("restrict_to")?, ids("exclude")?);
    Ok(match (allowed.is_empty(), excluded.is_empty()) {
        (true, true) => None,
        (true, false) => Some(Restriction::all_but(words.vectors(), &excluded)),
        (false, _) => Some(Restriction::new(allowed).without(&excluded)),
    })
}

#[derive(Serialize)]
struct Pair<'a> {
    words: [&'a str; 2],
    similarity: Cosine,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    guessed: &'a [String],
}

/// `similarity`: the cosine of two words.
pub(crate) fn similarity(asked: &Asked) -> Reply {
    let words = asked.words()?;
    let [left, right] = two(asked)?;
    let found = [find(asked, words, left)?, find(asked, words, right)?];
    let similarity = cosine(words.vectors(), &found[0], &found[1])?.into();
    let guesses = Guesses::among(&found);
    body(&Pair { words: [left, right], similarity, guessed: guesses.words() })
}

fn two<'a>(asked: &'a Asked) -> Result<[&'a str; 2], Failure> {
    match asked.parameters.texts("word") {
        [left, right] => Ok([left.trim(), right.trim()]),
        words => {
            let n = words.len();
            let hint = "write `word=king&word=queen`";
            Err(Failure::bad(format!("`word` is given {n} times, expected 2")).hint(hint))
        }
    }
}

#[derive(Serialize)]
struct Solved<'a> {
    expression: &'a str,
    method: &'static str,
    words: Vec<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    guessed: &'a [String],
    answers: Vec<Similar>,
}

/// `math`: the words nearest to an expression.
pub(crate) fn solve(asked: &Asked) -> Reply {
    let words = asked.words()?;
    let text = asked.parameters.needed("expression");
    let method = asked.parameters.text("method").map_or(Ok(Method::default()), Method::from_str)?;
    let top = asked.parameters.number("top", 10);
    let search = Search::new(top).restrict_to(restriction(asked, words)?);
    let expression = Expression::from_str(text)?;
    let solve = || {
        words.look_up(asked.parameters.flag("guess"), |lookup| {
            let terms = expression.resolve(lookup)?;
            let found = math(words.vectors(), &terms, method, &search)?;
            let guesses = Guesses::among(terms.iter().map(|term| &term.word));
            Ok(body(&Solved {
                expression: text,
                method: method.name(),
                words: terms.iter().map(|term| &*term.word.word).collect(),
                guessed: guesses.words(),
                answers: similar(found),
            }))
        })
    };
    asked.pool.install(solve)?
}

#[derive(Serialize)]
struct Set<'a> {
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    guessed: &'a [String],
    words: Vec<Similar>,
}

/// `odd-one-out`: the words of a set, the one that does not belong to the others first.
pub(crate) fn odd(asked: &Asked) -> Reply {
    let words = asked.words()?;
    let given = asked.parameters.texts("word");
    if given.len() < 3 {
        let n = given.len();
        let hint = "write `word=king&word=queen&word=oven`";
        let message = format!("`word` is given {n} times, expected at least 3");
        return Err(Failure::bad(message).hint(hint));
    }
    let set: Result<Vec<WordVector>, Failure> =
        given.iter().map(|word| find(asked, words, word.trim())).collect();
    let set = set?;
    let found = asked.pool.install(|| odd_one_out(words.vectors(), &set))?;
    let similar =
        |it: eigenlex::query::SetWord| Similar { word: it.word, similarity: it.similarity.into() };
    let guesses = Guesses::among(&set);
    body(&Set { guessed: guesses.words(), words: found.into_iter().map(similar).collect() })
}

#[derive(Serialize)]
struct Axis<'a> {
    from: &'a str,
    to: &'a str,
    similarity: Cosine,
    words: Vec<OnAxis>,
}

#[derive(Serialize)]
struct OnAxis {
    word: String,
    /// From -1, at the first pole, to 1, at the second.
    place: Decimals<6>,
    similarity_to_from: Cosine,
    similarity_to_to: Cosine,
}

/// `axis`: the words nearest to either of two poles, each with its place between them: the
/// difference of its cosines to both, divided by that of the poles themselves.
pub(crate) fn axis(asked: &Asked) -> Reply {
    let words = asked.words()?;
    let vectors = words.vectors();
    let names = ["from", "to"].map(|name| asked.parameters.needed(name));
    let poles = [find(asked, words, names[0])?, find(asked, words, names[1])?];
    let between = cosine(vectors, &poles[0], &poles[1])?;
    if poles[0].id.is_some() && poles[0].id == poles[1].id {
        let word = shown(&poles[0].word);
        return Err(Failure::bad(format!("both poles are `{word}`, expected two words")));
    }
    let top = asked.parameters.number("top", 60);
    let excluded: Vec<WordId> = poles.iter().filter_map(|pole| pole.id).collect();
    let found = asked.pool.install(|| -> eigenlex::Result<_> {
        let mut found: Vec<(f32, WordId)> = Vec::new();
        for pole in &poles {
            let near = nearest(vectors, &pole.vector, &excluded, &Search::new(top))?;
            found.extend(near.iter().map(|it| (it.similarity, it.id)));
        }
        found.sort_by(|left, right| right.0.total_cmp(&left.0).then(left.1.cmp(&right.1)));
        let mut seen = std::collections::BTreeSet::new();
        found.retain(|(_, id)| seen.insert(*id));
        found.truncate(top);
        Ok(found)
    })?;
    let whole = if between < 1.0 { 1.0 - f64::from(between) } else { 1.0 };
    let on_axis = |(_, id): (f32, WordId)| -> eigenlex::Result<OnAxis> {
        let word = WordVector::known(vectors, id);
        let [first, second] =
            [cosine(vectors, &word, &poles[0])?, cosine(vectors, &word, &poles[1])?];
        let place = (f64::from(second) - f64::from(first)) / whole;
        Ok(OnAxis {
            word: word.word.into_owned(),
            place: Decimals(place.clamp(-1.0, 1.0)),
            similarity_to_from: first.into(),
            similarity_to_to: second.into(),
        })
    };
    let found = found.into_iter().map(on_axis).collect::<eigenlex::Result<Vec<_>>>()?;
    body(&Axis {
        from: &poles[0].word,
        to: &poles[1].word,
        similarity: between.into(),
        words: found,
    })
}
