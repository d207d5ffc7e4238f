//! `eigenlex plot alignment`: words of two languages in their common space, and how far to trust
//! it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::Result;
use eigenlex::align::{
    AlignmentMap, Dictionary, DictionaryPairs, Hubness, Retrieval, Translator, UnitRows,
};
use eigenlex::{Error, WordId, evaluate};

use super::layout::LayoutArgs;
use super::vectors::{asked, first_words, model_at};
use crate::cli::documents::plane::places;
use crate::cli::global::source;
use crate::cli::languages::inputs::pairs_of;
use crate::cli::languages::names::names_of;
use crate::cli::languages::translate::{MapArgs, Side};
use crate::cli::output::bars::Bars;
use crate::cli::output::count;
use crate::cli::pictures::PictureArgs;
use crate::cli::pictures::figure::{Around, Entry, Mark};
use crate::cli::pictures::plane::{Link, Name, Of, Plane, Point};
use crate::cli::pictures::scene::Paint;
use crate::cli::pictures::signs::{INK, PALE, Sign};

const AFTER_HELP: &str = "\
Examples:
  Words of your own and their translations:
    eigenlex plot alignment en-es.map king queen house bread -o royal.pdf
  Pairs of a dictionary that the map was not learned from, and the share of it that is found:
    eigenlex plot alignment en-es.map --dictionary test.txt --pairs 30 -o test.pdf";

/// Draw words of two languages in their common space, joined to their translations
///
/// A note gives the verdict on the map and, with a dictionary, how many of its words are
/// translated correctly (P@1).
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    #[command(flatten)]
    map: MapArgs,
    /// Words to translate [default: words of the dictionary, or those that say most about the
    /// texts]
    #[arg(value_name = "WORD")]
    words: Vec<String>,
    /// Dictionary with correct translations: one pair per line, source word and target word
    #[arg(long, value_name = "FILE")]
    dictionary: Option<PathBuf>,
    /// Without words: draw N words of the dictionary, evenly spaced, or the N words that say most
    /// about the texts
    #[arg(
        long,
        default_value_t = 20,
        value_name = "N",
        value_parser = clap::value_parser!(u32).range(2..=500),
    )]
    pairs: u32,
    #[command(flatten)]
    layout: LayoutArgs,
    #[command(flatten)]
    picture: PictureArgs,
}

/// A word and its translation.
struct Pair {
    from: WordId,
    to: WordId,
    /// Whether the dictionary has it; `None` without one.
    is_right: Option<bool>,
}

pub(super) fn run(args: Args, bars: &Bars) -> Result<()> {
    let map = args.map.open()?;
    let (asking, answering) = args.map.direction();
    let (from, to) = (args.map.side(&map, asking)?, args.map.side(&map, answering)?);
    let gold = args.gold(&map, [&from, &to], bars)?;
    let mut canvas = args.picture.open(args.layout.seed)?;
    bars.keep_until_cleaned_up();
    bars.watch_interrupts()?;
    let dim = map.dim();
    let words = args.choose(&map, &from, gold.as_ref(), bars)?;
    let pairs = translated(&words, &from, &to, dim, args.map.retrieval(), gold.as_ref());
    if pairs.is_empty() {
        let reason = "the map has no translation of them".to_owned();
        return Err(Error::NothingFound { query: args.words.join(" "), reason }.into());
    }
    let mut notes = vec![verdict(&map)];
    if let (Some(gold), Some(path)) = (&gold, &args.dictionary) {
        notes.push(precision(gold, &from, &to, dim, args.map.retrieval(), path));
    }
    let names = names_of(&map);
    let names =
        if args.map.is_reversed() { [&names[1], &names[0]] } else { [&names[0], &names[1]] };
    let near = args.layout.near();
    let plane = plane(&pairs, [&from, &to], dim, near, names, notes, bars)?;
    let (scene, left_out) = plane.draw(&canvas.style, &mut canvas.fonts);
    canvas.write(scene, &left_out, bars)
}

impl Args {
    /// The pairs of the dictionary that both sides know.
    fn gold(
        &self,
        map: &AlignmentMap,
        sides: [&Side; 2],
        bars: &Bars,
    ) -> Result<Option<DictionaryPairs>> {
        let Some(path) = &self.dictionary else { return Ok(None) };
        let mut dictionary = Dictionary::open(source(path))?;
        if self.map.is_reversed() {
            dictionary = dictionary.turned();
        }
        let words = sides.map(|side| side.opened.vectors.words());
        let n_rows = sides.map(|side| side.rows.len() / map.dim());
        let pairs = pairs_of(&dictionary, words, n_rows, bars);
        if pairs.pairs.is_empty() {
            let reason = "the two sides know no pair of the dictionary".to_owned();
            return Err(Error::NothingFound { query: path.display().to_string(), reason }.into());
        }
        Ok(Some(pairs))
    }

    /// The words to translate.
    fn choose(
        &self,
        map: &AlignmentMap,
        from: &Side,
        gold: Option<&DictionaryPairs>,
        bars: &Bars,
    ) -> Result<Vec<WordId>> {
        if !self.words.is_empty() {
            return asked(&from.opened, &self.words, bars);
        }
        let n = self.pairs as usize;
        let Some(gold) = gold else {
            let model = model_at(&self.map.path(map, self.map.direction().0))?;
            return first_words(
                &from.opened.vectors,
                model.as_ref(),
                n,
                from.rows.len() / map.dim(),
            );
        };
        let all: BTreeSet<WordId> = gold.pairs.iter().map(|pair| pair.0).collect();
        let all: Vec<WordId> = all.into_iter().collect();
        let n = n.min(all.len());
        Ok((0..n).map(|k| all[k * all.len() / n]).collect())
    }
}

/// Each word with its best translation; words that are not searched have none.
fn translated(
    words: &[WordId],
    from: &Side,
    to: &Side,
    dim: usize,
    retrieval: Retrieval,
    gold: Option<&DictionaryPairs>,
) -> Vec<Pair> {
    let (a, b) = (UnitRows::new(&from.rows, dim), UnitRows::new(&to.rows, dim));
    let mut translator = Translator::new(a, b, to.opened.vectors.words());
    let listed: BTreeSet<(WordId, WordId)> =
        gold.into_iter().flat_map(|it| it.pairs.iter().copied()).collect();
    let mut pairs = Vec::new();
    for &word in words.iter().filter(|word| word.index() < a.len()) {
        let row = &from.rows[word.index() * dim..][..dim];
        let best = translator.translate(row, 1, retrieval).into_iter().next();
        let Some(to) = best.and_then(|best| to.opened.vectors.words().id(&best.word)) else {
            continue;
        };
        let is_right = gold.map(|_| listed.contains(&(word, to)));
        pairs.push(Pair { from: word, to, is_right });
    }
    pairs
}

/// What is known of the map.
fn verdict(map: &AlignmentMap) -> String {
    let report = &map.description.report;
    let sentence = report.sentence.trim_end_matches('.');
    if sentence.is_empty() {
        format!("Verdict: {}.", report.verdict)
    } else {
        format!("Verdict: {}; {sentence}.", report.verdict)
    }
}

/// The share of a dictionary that is found.
fn precision(
    gold: &DictionaryPairs,
    from: &Side,
    to: &Side,
    dim: usize,
    retrieval: Retrieval,
    path: &std::path::Path,
) -> String {
    let (a, b) = (UnitRows::new(&from.rows, dim), UnitRows::new(&to.rows, dim));
    let scores = evaluate::translation(a, b, &Hubness::new(a, b), "", gold);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let found = scores.iter().find(|it| it.retrieval == retrieval);
    found.map_or_else(String::new, |it| {
        let share = it.p1.map_or("-".to_owned(), |p1| format!("{:.1} %", 100.0 * p1));
        let right = (it.p1.unwrap_or(0.0) * it.answered as f64).round() as u64;
        format!(
            "P@1 {share}: {} of {} words of {name} that both sides know ({} words in it), by {}.",
            count(right),
            count(it.answered as u64),
            count(it.total as u64),
            if retrieval == Retrieval::Csls { "CSLS" } else { "cosine" }
        )
    })
}

fn plane(
    pairs: &[Pair],
    sides: [&Side; 2],
    dim: usize,
    near: Option<crate::cli::documents::plane::Near>,
    names: [&String; 2],
    notes: Vec<String>,
    bars: &Bars,
) -> Result<Plane> {
    // Words of either side, each once, in the order of the pairs.
    let mut drawn: Vec<(usize, WordId)> = Vec::new();
    let mut numbers: BTreeMap<(usize, WordId), usize> = BTreeMap::new();
    for pair in pairs {
        for word in [(0, pair.from), (1, pair.to)] {
            numbers.entry(word).or_insert_with(|| {
                drawn.push(word);
                drawn.len() - 1
            });
        }
    }
    let rows = |&(side, word): &(usize, WordId)| {
        sides[side].rows[word.index() * dim..][..dim].iter().copied()
    };
    let units: Vec<f32> = drawn.iter().flat_map(rows).collect();
    let places = places(&units, dim, near, bars)?;
    let at = |number: usize| [places[2 * number], places[2 * number + 1]];
    let signs = [Sign::of(0), Sign::of(1)];
    let spelling = |(side, word): (usize, WordId)| {
        sides[side].opened.vectors.words().spelling(word).to_owned()
    };
    let points = drawn.iter().enumerate().map(|(number, &word)| Point {
        place: at(number),
        sign: signs[word.0],
        name: Some(spelling(word)),
        is_one_of_many: false,
    });
    let labels = drawn.iter().enumerate().map(|(number, &word)| Name {
        text: spelling(word),
        of: Of::Point(number),
        weight: if word.0 == 0 { 2.0 } else { 1.0 },
        is_bold: word.0 == 0,
    });
    let right = Paint::line(INK, 0.6);
    let wrong = Paint::dashed(PALE, 0.6, &[2.0, 2.0]);
    let links = pairs.iter().map(|pair| Link {
        from: at(numbers[&(0, pair.from)]),
        to: at(numbers[&(1, pair.to)]),
        paint: if pair.is_right == Some(false) { wrong } else { right },
        is_arrow: false,
    });
    let entry = |mark: Mark, name: &str| Entry { mark, name: name.to_owned() };
    let [from, to] = names;
    let mut legend = vec![entry(Mark::Sign(signs[0]), from), entry(Mark::Sign(signs[1]), to)];
    if pairs.iter().any(|it| it.is_right.is_some()) {
        legend.push(entry(Mark::Line(right), "in the dictionary"));
        legend.push(entry(Mark::Line(wrong), "another word"));
    } else {
        legend.push(entry(Mark::Line(right), "best translation"));
    }
    let subject = format!("{} words of {from} and their translations in {to}", pairs.len());
    Ok(Plane {
        points: points.collect(),
        names: labels.collect(),
        links: links.collect(),
        around: Around { subject, legend, notes },
    })
}
