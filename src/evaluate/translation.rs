//! Word translation: is a listed translation among the words found?
//!
//! In: a map's two languages as unit rows in one space, and a bilingual dictionary. Out: precision
//! at 1, 5 and 10 and the mean reciprocal rank, by nearest neighbour and by CSLS (Conneau et al.
//! 2018, section 3.1), over the source words that have a vector and at least one listed translation
//! that has one. A source counts once, and as correct if any of its translations is found.

use serde::Serialize;

use crate::align::{Best, DictionaryPairs, Hubness, Retrieval, UnitRows, best_both};

/// Number of answers that are ranked; beyond them the reciprocal rank counts as 0.
const DEPTH: usize = 100;

/// The scores of one dictionary.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TranslationScore {
    /// The dictionary.
    pub file: String,
    /// How candidates were scored.
    pub retrieval: Retrieval,
    /// Share of the answered sources whose best word is a listed translation, from 0 to 1; `None`
    /// if none is answered, here and below.
    pub p1: Option<f64>,
    /// The same among the best 5.
    pub p5: Option<f64>,
    /// The same among the best 10.
    pub p10: Option<f64>,
    /// Mean of 1 over the rank of the first listed translation; 0 beyond rank 100.
    pub mrr: Option<f64>,
    /// Sources with a vector and a translation that has one.
    pub answered: usize,
    /// Sources in the dictionary.
    pub total: usize,
}

/// Scores a dictionary by each [`Retrieval`]; `hubness` is that of all rows of both sides, see
/// [`Hubness::new`].
///
/// # Panics
/// If a pair has a row that does not exist.
pub fn translation(
    source: UnitRows<'_>,
    target: UnitRows<'_>,
    hubness: &Hubness,
    file: &str,
    pairs: &DictionaryPairs,
) -> Vec<TranslationScore> {
    let has_direction = |rows: UnitRows<'_>, row: usize| {
        rows.data[row * rows.dim..][..rows.dim].iter().any(|&number| number != 0.0)
    };
    // By rising source, as the pairs are.
    let mut sources: Vec<(usize, Vec<u32>)> = Vec::new();
    for &(from, to) in &pairs.pairs {
        if has_direction(source, from.index()) && has_direction(target, to.index()) {
            match sources.last_mut() {
                Some((last, targets)) if *last == from.index() => targets.push(to.0),
                _ => sources.push((from.index(), vec![to.0])),
            }
        }
    }
    let queries: Vec<f32> = sources
        .iter()
        .flat_map(|(row, _)| source.data[row * source.dim..][..source.dim].iter().copied())
        .collect();
    let asked = Hubness {
        a: sources.iter().map(|(row, _)| hubness.a[*row]).collect(),
        b: hubness.b.clone(),
    };
    Retrieval::ALL
        .into_iter()
        .map(|retrieval| {
            let hubness = match retrieval {
                Retrieval::Nearest => None,
                Retrieval::Csls => Some(&asked),
            };
            let (best, _) =
                best_both(UnitRows::new(&queries, source.dim), target, DEPTH, 0, hubness);
            score(&best, &sources, retrieval, file, pairs.coverage.sources)
        })
        .collect()
}

fn score(
    best: &Best,
    sources: &[(usize, Vec<u32>)],
    retrieval: Retrieval,
    file: &str,
    total: usize,
) -> TranslationScore {
    let ranks: Vec<Option<usize>> = sources
        .iter()
        .enumerate()
        .map(|(row, (_, targets))| best.row(row).position(|(id, _)| targets.contains(&id)))
        .collect();
    let share = |sum: f64| (!sources.is_empty()).then(|| sum / sources.len() as f64);
    let within =
        |places: usize| share(ranks.iter().flatten().filter(|&&rank| rank < places).count() as f64);
    // `sum` of no terms is -0.
    let mrr = share(ranks.iter().flatten().fold(0.0, |sum, &rank| sum + 1.0 / (rank + 1) as f64));
    TranslationScore {
        file: file.to_owned(),
        retrieval,
        p1: within(1),
        p5: within(5),
        p10: within(10),
        mrr,
        answered: sources.len(),
        total,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::align::Coverage;
    use crate::base::words::WordId;

    #[test]
    fn a_source_is_right_if_any_of_its_translations_is_found() {
        // Source 0 lies on target 1, source 1 nearer to target 2 than to target 0; source 2 has no
        // direction.
        let source = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0];
        let target = [0.6, 0.8, 1.0, 0.0, 0.0, 1.0];
        let pairs = [(0, 0), (0, 1), (1, 0), (2, 0)].map(|(s, t)| (WordId(s), WordId(t))).to_vec();
        let pairs = DictionaryPairs {
            pairs,
            coverage: Coverage { entries: 5, known_entries: 4, sources: 4, known_sources: 3 },
        };
        let (source, target) = (UnitRows::new(&source, 2), UnitRows::new(&target, 2));
        let scores = translation(source, target, &Hubness::new(source, target), "d", &pairs);
        let nearest = &scores[0];
        assert_eq!(
            (nearest.retrieval, nearest.answered, nearest.total),
            (Retrieval::Nearest, 2, 4)
        );
        let values = |it: &TranslationScore| [it.p1, it.p5, it.p10, it.mrr];
        assert_eq!(values(nearest), [0.5, 1.0, 1.0, 0.75].map(Some));
        assert_eq!(scores[1].retrieval, Retrieval::Csls);
        let none = DictionaryPairs { pairs: Vec::new(), ..pairs };
        let scores = translation(source, target, &Hubness::new(source, target), "d", &none);
        assert_eq!((values(&scores[0]), scores[0].answered, scores[0].total), ([None; 4], 0, 4));
    }

    #[test]
    fn what_is_not_found_has_a_rank_of_zero_without_a_sign() {
        // Of 102 targets, the translation is the worst.
        let target: Vec<f32> = (0..102).flat_map(|n| [102.0 - n as f32, n as f32]).collect();
        let pairs = DictionaryPairs {
            pairs: vec![(WordId(0), WordId(101))],
            coverage: Coverage { entries: 1, known_entries: 1, sources: 1, known_sources: 1 },
        };
        let (source, target) = (UnitRows::new(&[1.0, 0.0], 2), UnitRows::new(&target, 2));
        let scores = translation(source, target, &Hubness::new(source, target), "d", &pairs);
        let mrr = scores[0].mrr.unwrap();
        assert!(mrr == 0.0 && mrr.is_sign_positive(), "{scores:?}");
    }
}
