//! The score of multiple-choice analogies: which pair stands in the same relation as the one given?
//!
//! In: word vectors and [`ChoiceQuestion`](super::choices::ChoiceQuestion)s. Out: of the questions
//! whose words are all known, how many are answered correctly. The choice is the pair whose
//! difference `d - c` has the greatest cosine with `b - a`, of vectors of unit length: the measure
//! of relational similarity of Mikolov, Yih & Zweig 2013, section 5.

use serde::Serialize;

use super::questions::Questions;
use super::score::Score;
use crate::base::error::Result;
use crate::linalg::dot::write_unit;
use crate::vectors::WordVectors;

/// The score of multiple-choice questions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChoiceScore {
    /// The file of questions.
    pub file: String,
    /// Questions answered correctly, answered, and asked.
    #[serde(flatten)]
    pub score: Score,
}

/// Chooses the pair whose difference of vectors of unit length is most like that of the given
/// pair; `None` if the file has no such questions.
///
/// A question is answered if all its words are known, so that all models that answer it answer the
/// same one. A pair of equal vectors has no direction and is never chosen; the first of equally
/// good choices is.
///
/// # Errors
/// [`Error::NotFinite`](crate::Error::NotFinite) if a vector is not finite.
pub fn analogy_choices(
    vectors: &WordVectors,
    questions: &Questions,
) -> Result<Option<ChoiceScore>> {
    if questions.choices.is_empty() {
        return Ok(None);
    }
    let lengths = vectors.lengths()?;
    let dim = vectors.dim();
    let difference = |[left, right]: &[String; 2]| {
        let unit = |word: &String| {
            let id = vectors.id(word).filter(|id| lengths[id.index()] > 0.0)?;
            let mut unit = vec![0.0f32; dim];
            write_unit(vectors.vector(id), lengths[id.index()], &mut unit);
            Some(unit)
        };
        let (left, right) = (unit(left)?, unit(right)?);
        let difference = right.iter().zip(&left).map(|(right, left)| f64::from(right - left));
        Some(difference.collect::<Vec<f64>>())
    };
    let mut score = Score { total: questions.choices.len(), ..Score::default() };
    for question in &questions.choices {
        let Some(stem) = difference(&question.stem) else { continue };
        let choices: Option<Vec<_>> = question.choices.iter().map(difference).collect();
        let Some(choices) = choices else { continue };
        score.answered += 1;
        let mut best: Option<(f64, usize)> = None;
        for (place, choice) in choices.iter().enumerate() {
            let cosine = cosine(&stem, choice);
            if cosine.is_some_and(|cosine| best.is_none_or(|(best, _)| cosine > best)) {
                best = cosine.map(|cosine| (cosine, place));
            }
        }
        score.correct += usize::from(best.is_some_and(|(_, place)| place == question.right));
    }
    Ok(Some(ChoiceScore { file: questions.file.clone(), score }))
}

/// The cosine of two differences; `None` if one is zero.
fn cosine(left: &[f64], right: &[f64]) -> Option<f64> {
    let product =
        |left: &[f64], right: &[f64]| left.iter().zip(right).map(|(a, b)| a * b).sum::<f64>();
    let scale = (product(left, left) * product(right, right)).sqrt();
    (scale > 0.0).then(|| product(left, right) / scale)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::words::Words;

    fn read(text: &str) -> Result<Questions> {
        Questions::read(text.as_bytes(), "sat.txt".as_ref(), &|word: &str| word.to_lowercase())
    }

    const BLOCK: &str = "MY TESTS 1\npup dog n:n\nchair sofa n:n\nkid goat n:n\nold new a:a\nb\n\n";

    #[test]
    fn the_choice_of_the_most_similar_difference_is_right() {
        let words: Words =
            ["pup", "dog", "kid", "goat", "chair", "sofa", "old", "new"].into_iter().collect();
        // Of unit length: `dog - pup` and `goat - kid` point up, the others down or aside.
        let rows = [
            [1.0, 0.0],
            [0.6, 0.8],
            [2.0, 0.0],
            [1.2, 1.6],
            [0.6, 0.8],
            [1.0, 0.0],
            [0.0, 1.0],
            [0.0, 3.0],
        ];
        let vectors = WordVectors::new(words, 2, rows.concat());
        let questions = read(&format!("{BLOCK}{}", BLOCK.replace("sofa", "unknown"))).unwrap();
        let score = analogy_choices(&vectors, &questions).unwrap().unwrap();
        assert_eq!(score.score, Score { correct: 1, answered: 1, total: 2 });
        let wrong = read(&BLOCK.replace("\nb\n", "\na\n")).unwrap();
        let score = analogy_choices(&vectors, &wrong).unwrap().unwrap();
        assert_eq!(score.score, Score { correct: 0, answered: 1, total: 1 });
        let none = read("a b c d\n").unwrap();
        assert_eq!(analogy_choices(&vectors, &none).unwrap(), None);
    }
}
