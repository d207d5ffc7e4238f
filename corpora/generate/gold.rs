//! Gold files, read off the world: what is true of the concepts must show in the vectors.
//!
//! In: the world and the word counts of both texts. Out: analogy questions, similarity pairs and
//! the dictionary. A word enters only if its text holds it [`MIN_COUNT`] times or more.

use std::collections::{BTreeMap, BTreeSet};

use crate::random::Random;
use crate::world::{Language, THINGS, World, decline};

/// The default cutoff of the vocabulary: rarer words get no vector.
pub(crate) const MIN_COUNT: usize = 5;

/// Questions asked of each analogy pair: it is followed by this many of its successors.
const QUESTIONS_PER_PAIR: usize = 8;

/// Similarity pairs drawn for each degree of kinship.
const PAIRS_PER_SCORE: usize = 60;

/// How often a lower-cased word stands in a text.
pub(crate) type Counts = BTreeMap<String, usize>;

/// Counts the maximal runs of letters and digits.
pub(crate) fn count_words<'a>(documents: impl Iterator<Item = &'a str>) -> Counts {
    let mut counts = Counts::new();
    for document in documents {
        for word in document.to_lowercase().split(|c: char| !c.is_alphanumeric()) {
            if !word.is_empty() {
                *counts.entry(word.to_owned()).or_insert(0) += 1;
            }
        }
    }
    counts
}

/// Lower-cases a form, drops its article, and refuses several words and rare ones.
fn known(form: &str, counts: &Counts) -> Option<String> {
    let lower = form.to_lowercase();
    let word = ["the_", "el_", "la_", "los_", "las_"]
        .iter()
        .find_map(|article| lower.strip_prefix(article))
        .unwrap_or(&lower);
    let frequent = counts.get(word).is_some_and(|&count| count >= MIN_COUNT);
    frequent.then(|| word.to_owned())
}

/// A relation between two words, and where the world holds it.
enum Relation {
    /// Two columns of the same entry.
    Columns(&'static str, &'static str),
    /// The same column of the two entries of a pair (king, queen; big, small).
    Partners(&'static str),
    /// A Spanish adjective and its feminine.
    Feminine,
}

type Section = (&'static str, &'static [&'static str], Relation);

const NOUNS: &[&str] = &[
    "food", "house", "town", "nature", "sea", "school", "music", "travel", "crop", "cloth",
    "animal",
];
/// Nouns with surroundings of their own, of which plurals can be asked.
const COUNTED: &[&str] = &["animal", "job", "royal", "family"];
const COUNTED_IN_SPANISH: &[&str] = &["animal", "royal", "family"];
const PEOPLE: &[&str] = &["royal", "family"];

fn sections(language: Language) -> Vec<Section> {
    use Relation::{Columns, Feminine, Partners};
    let mut sections: Vec<Section> = vec![
        ("capital-country", &["country"], Columns("capital", "name")),
        ("family-and-royalty", PEOPLE, Partners("sg")),
        ("animal-young", &["animal"], Columns("sg", "young")),
    ];
    match language {
        Language::English => sections.extend([
            ("country-nationality", &["country"] as &[&str], Columns("name", "adj")),
            ("gram1-opposite", &["adjective"], Partners("base")),
            ("gram2-comparative", &["adjective"], Columns("base", "cmp")),
            ("gram3-superlative", &["adjective"], Columns("base", "sup")),
            ("gram4-present-participle", &["verb"], Columns("base", "ing")),
            ("gram5-past-tense", &["verb"], Columns("ing", "past")),
            ("gram6-third-person", &["verb"], Columns("base", "third")),
            ("gram7-plural", COUNTED, Columns("sg", "pl")),
        ]),
        Language::Spanish => sections.extend([
            ("country-nationality", &["country"] as &[&str], Columns("name", "m")),
            ("job-woman", &["job"], Columns("m", "f")),
            ("gram1-opposite", &["adjective"], Partners("m")),
            ("gram2-feminine", &["adjective"], Feminine),
            ("gram3-superlative", &["adjective"], Columns("m", "sup")),
            ("gram4-gerund", &["verb"], Columns("base", "ing")),
            ("gram5-preterite", &["verb"], Columns("ing", "past")),
            ("gram6-third-person", &["verb"], Columns("base", "third")),
            ("gram7-plural", COUNTED_IN_SPANISH, Columns("sg", "pl")),
            ("gram8-plural-of-jobs", &["job"], Columns("m", "mpl")),
        ]),
    }
    sections
}

fn related(
    world: &World,
    language: Language,
    pools: &[&str],
    relation: &Relation,
) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    for pool in pools.iter().filter_map(|name| world.pool(name)) {
        let form =
            |entry: usize, column: &str| world.form(entry, language, column).map(str::to_owned);
        match relation {
            Relation::Columns(from, to) => {
                pairs.extend(
                    pool.entries
                        .iter()
                        .filter_map(|&entry| Some((form(entry, from)?, form(entry, to)?))),
                );
            }
            Relation::Partners(column) => pairs.extend(
                pool.entries
                    .chunks_exact(2)
                    .filter_map(|pair| Some((form(pair[0], column)?, form(pair[1], column)?))),
            ),
            Relation::Feminine => pairs.extend(pool.entries.iter().filter_map(|&entry| {
                let masculine = form(entry, "m")?;
                let feminine = decline(&masculine, true, false);
                Some((masculine, feminine))
            })),
        }
    }
    pairs
}

/// Writes the analogy questions: sections of `a b c d`, where b is to a as d is to c.
pub(crate) fn analogies(world: &World, language: Language, counts: &Counts) -> String {
    let mut text = String::new();
    for (name, pools, relation) in sections(language) {
        let pairs: Vec<(String, String)> = related(world, language, pools, &relation)
            .into_iter()
            .filter_map(|(a, b)| {
                let a = a.replace("El_", "");
                let (a, b) = (known(&a, counts)?, known(&b, counts)?);
                (a != b).then_some((a, b))
            })
            .collect();
        text.push_str(&format!(": {name}\n"));
        for (index, (a, b)) in pairs.iter().enumerate() {
            for step in 1..=QUESTIONS_PER_PAIR.min(pairs.len() - 1) {
                let (c, d) = &pairs[(index + step) % pairs.len()];
                if a != c && b != d && a != d && b != c {
                    text.push_str(&format!("{a} {b} {c} {d}\n"));
                }
            }
        }
    }
    text
}

/// Pools that share a part of life, for the similarity rule.
const KIN: &[&[&str]] = &[
    PEOPLE,
    &["food", "staple"],
    &["nature", "weather", "season"],
    &["house", "cloth"],
    &["sea", "travel"],
    &["animal", "crop"],
];

/// Writes word pairs with a score by rule: 9 singular and plural, 8 partners of either sex,
/// 6 the same pool, 3 kindred pools, 0 all else.
pub(crate) fn similarity(world: &World, language: Language, counts: &Counts, seed: u64) -> String {
    let mut nouns = Vec::new();
    for name in NOUNS.iter().chain(PEOPLE).chain(&["staple", "weather", "season", "colour"]) {
        let pool = world.pool(name).into_iter().flat_map(|pool| pool.entries.iter());
        nouns.extend(
            pool.filter_map(|&id| Some((id, *name, known(&world.forms(id, language)[0], counts)?))),
        );
    }
    let mut by_score: BTreeMap<usize, BTreeSet<(String, String)>> = BTreeMap::new();
    let mut add = |score: usize, a: &str, b: &str| {
        by_score.entry(score).or_default().insert((a.to_owned(), b.to_owned()));
    };
    for (a, b) in related(world, language, NOUNS, &Relation::Columns("sg", "pl")) {
        if let (Some(a), Some(b)) = (known(&a, counts), known(&b, counts))
            && a != b
        {
            add(9, &a, &b);
        }
    }
    let partners = related(world, language, PEOPLE, &Relation::Partners("sg"));
    for (a, b) in &partners {
        if let (Some(a), Some(b)) = (known(a, counts), known(b, counts)) {
            add(8, &a, &b);
        }
    }
    for (index, (_, pool, a)) in nouns.iter().enumerate() {
        for (_, other, b) in &nouns[index + 1..] {
            let kin = KIN.iter().any(|group| group.contains(pool) && group.contains(other));
            if partners.iter().any(|(m, f)| m == a && f == b) || a == b {
                continue;
            }
            add(
                if pool == other {
                    6
                } else if kin {
                    3
                } else {
                    0
                },
                a,
                b,
            );
        }
    }
    let mut random = Random::new(seed);
    let mut text = String::new();
    for (score, pairs) in by_score.into_iter().rev() {
        let mut pairs: Vec<_> = pairs.into_iter().collect();
        for _ in 0..PAIRS_PER_SCORE.min(pairs.len()) {
            let (a, b) = pairs.swap_remove(random.below(pairs.len()));
            text.push_str(&format!("{a}\t{b}\t{score}\n"));
        }
    }
    text
}

/// Spanish columns that translate an English column.
fn counterparts(column: &str) -> &[&str] {
    match column {
        "sg" => &["sg", "m", "f"],
        "pl" => &["pl", "mpl", "fpl"],
        "adj" => &["m", "f", "mpl"],
        "base" => &["base", "m"],
        "name" => &["name"],
        "capital" => &["capital"],
        "river" => &["river"],
        "food" => &["food"],
        "product" => &["product"],
        "place" => &["place"],
        "tool" => &["tool"],
        "own" => &["own"],
        "young" => &["young"],
        "sound" => &["sound"],
        "third" => &["third"],
        "past" => &["past"],
        "ing" => &["ing"],
        _ => &[],
    }
}

/// Pools of people and qualities whose entries have surroundings of their own, beside the
/// [`THINGS`]. Bread and milk stand in the same sentences, so nothing but chance could translate
/// them; they are not asked.
const TRANSLATED: &[&str] = &["royal", "family", "country", "job", "adjective", "verb"];

/// Writes the dictionary: source, tab, target; the pairs of a source follow each other.
pub(crate) fn dictionary(world: &World, english: &Counts, spanish: &Counts) -> String {
    let mut pairs = BTreeSet::new();
    for (id, entry) in world.entries.iter().enumerate() {
        let pool = &world.pools[entry.pool];
        let columns = pool.columns(Language::English);
        if !TRANSLATED.iter().chain(THINGS).any(|name| *name == pool.name) {
            continue;
        }
        for (column, source) in columns.iter().zip(world.forms(id, Language::English)) {
            // Alternatives of one list share their surroundings: no method could tell them apart.
            if source.contains(';') {
                continue;
            }
            for counterpart in counterparts(column) {
                let Some(target) = world.form(id, Language::Spanish, counterpart) else {
                    continue;
                };
                let mut targets = vec![target.to_owned()];
                if pool.name == "adjective" {
                    targets.extend(
                        [(true, false), (false, true), (true, true)]
                            .map(|(feminine, plural)| decline(target, feminine, plural)),
                    );
                }
                for target in &targets {
                    if let (Some(source), Some(target)) =
                        (known(source, english), known(target, spanish))
                    {
                        pairs.insert((source, target));
                    }
                }
            }
        }
    }
    pairs.into_iter().map(|(a, b)| format!("{a}\t{b}\n")).collect()
}
