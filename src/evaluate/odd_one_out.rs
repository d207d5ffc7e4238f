//! Odd-one-out questions: is the word that does not belong the one least like the others?
//!
//! In: sets of words, and words that do not belong to them ([`OddSets`]). Out: per section, how
//! often [`query::odd_one_out`] names the word that does not belong, among it and its set.

use serde::Serialize;

use super::odd_sets::OddSets;
use super::score::{Score, SectionScore};
use crate::base::error::{Error, Result};
use crate::base::progress::{Progress, Stage};
use crate::base::words::WordId;
use crate::query::{self, WordVector};
use crate::vectors::WordVectors;

/// The scores of one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OddOneOutScores {
    /// The file of questions.
    pub file: String,
    /// In the order of the file.
    pub sections: Vec<SectionScore>,
    /// All sections.
    pub all: Score,
}

/// Asks for each outlier among the words of its set. A question is answered if all its words are
/// known, so that all models that answer it answer the same one (gensim's `doesnt_match` leaves
/// unknown words out instead); one as odd as another word is not found.
///
/// # Errors
/// [`Error::NotFinite`] if a vector is not finite; [`Error::Interrupted`].
pub fn odd_one_out(
    vectors: &WordVectors,
    sets: &OddSets,
    progress: &dyn Progress,
) -> Result<OddOneOutScores> {
    let lengths = vectors.lengths()?;
    let known = |word: &String| vectors.id(word).filter(|id| lengths[id.index()] > 0.0);
    progress.start(Stage::Evaluate, Some(sets.len() as u64));
    let mut scores =
        OddOneOutScores { file: sets.file.clone(), sections: Vec::new(), all: Score::default() };
    for section in &sets.sections {
        let mut score = Score { total: section.len(), ..Score::default() };
        for set in &section.sets {
            let Some(words) = set.words.iter().map(known).collect::<Option<Vec<WordId>>>() else {
                continue;
            };
            for odd in set.outliers.iter().filter_map(known) {
                if progress.is_cancelled() {
                    return Err(Error::Interrupted);
                }
                // The outlier stands last, so that among equals it is not the first.
                let ids: Vec<WordId> = words.iter().copied().chain([odd]).collect();
                score.answered += 1;
                let set: Vec<WordVector> =
                    ids.iter().map(|&id| WordVector::known(vectors, id)).collect();
                let first = query::odd_one_out(vectors, &set)?[0].place;
                score.correct += usize::from(ids[first] == odd);
            }
        }
        progress.advance(score.total as u64);
        scores.all.add(score);
        scores.sections.push(SectionScore { name: section.name.clone(), score });
    }
    progress.finish();
    Ok(scores)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::words::Words;

    #[test]
    fn the_outlier_is_asked_for_among_its_set() {
        let words: Words =
            ["east", "easterly", "eastern", "north", "zero", "east-too"].into_iter().collect();
        let vectors = WordVectors::new(
            words,
            2,
            vec![1.0, 0.0, 1.0, 0.1, 1.0, -0.1, 0.2, 1.0, 0.0, 0.0, 2.0, 0.0],
        );
        let lines = ": right\neast easterly eastern north\n: wrong\neast easterly north eastern\n\
                     : equal\neast east east-too\n: unknown\neast unknown north eastern\n\
                     east easterly eastern west\neast zero eastern north\n";
        let sets =
            OddSets::read(lines.as_bytes(), "o.csv".as_ref(), &|word| word.to_lowercase()).unwrap();
        let scores = odd_one_out(&vectors, &sets, &()).unwrap();
        let expected =
            [("right", 1, 1, 1), ("wrong", 0, 1, 1), ("equal", 0, 1, 1), ("unknown", 0, 0, 3)];
        for (section, (name, correct, answered, total)) in scores.sections.iter().zip(expected) {
            assert_eq!(
                (section.name.as_str(), section.score),
                (name, Score { correct, answered, total })
            );
        }
        assert_eq!(scores.all, Score { correct: 1, answered: 3, total: 6 });
        let first = OddOneOutScores { sections: scores.sections[..1].to_vec(), ..scores };
        let json = concat!(
            r#"{"file":"o.csv","sections":[{"name":"right","correct":1,"answered":1,"total":1}],"#,
            r#""all":{"correct":1,"answered":3,"total":6}}"#
        );
        assert_eq!(serde_json::to_string(&first).unwrap(), json);
    }
}
