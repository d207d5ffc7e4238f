//! The answers to analogy questions "a is to b as c is to ?" by 3CosAdd and 3CosMul.
//!
//! In: `n` candidate vectors of `dim` values and `Q` questions over `U` distinct words. Out: for
//! each question the best candidate by both methods, other than a, b and c.
//!
//! 3CosAdd (Mikolov, Yih & Zweig 2013) takes the candidate with the greatest
//! `cos(x, b) - cos(x, a) + cos(x, c)`, 3CosMul (Levy & Goldberg 2014) with the greatest
//! `c_b c_c / (c_a + 0.001)`, where `c_i = (1 + cos(x, i)) / 2`. Both need only the cosines of all
//! candidates to the question words: one dense product, cut into blocks of candidates, each of
//! which is scored for every question. The best of two blocks is the better under a total order
//! (score down, id up), so neither threads nor the order of blocks matter. Cost: `2 n U dim`
//! operations for the product and about `8 n Q` for the scores; memory beside the vectors:
//! `8 BLOCK U` bytes a thread.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use faer::{Accum, MatMut, MatRef};
use rayon::prelude::*;

use crate::base::error::{Error, Result};
use crate::base::progress::Progress;
use crate::base::words::WordId;
use crate::linalg::dot::write_unit;
use crate::linalg::instructions::arch;
use crate::linalg::product::multiply;
use crate::query::EPSILON;
use crate::vectors::WordVectors;

/// Candidates in a block: a column of cosines is then 1 KiB, and those of some hundred words stay
/// in the second-level cache.
const BLOCK: usize = 256;

/// Distinct question words in one product: bounds the memory of a file with very many of them.
/// Google's file has 905.
const MOST_COLUMNS: usize = 4096;

/// Questions answered together: bounds what a thread keeps of them.
const MOST_QUESTIONS: usize = 1 << 18;

/// The best candidate so far; id `u32::MAX` for none.
#[derive(Debug, Clone, Copy)]
pub(super) struct BestWord {
    pub(super) score: f32,
    pub(super) id: u32,
}

impl BestWord {
    const NONE: Self = Self { score: f32::NEG_INFINITY, id: u32::MAX };

    fn or(self, other: Self) -> Self {
        let is_better =
            other.score > self.score || (other.score == self.score && other.id < self.id);
        if is_better { other } else { self }
    }
}

/// The best candidates of one question.
#[derive(Debug, Clone, Copy)]
pub(super) struct BestWords {
    pub(super) add: BestWord,
    pub(super) mul: BestWord,
}

/// The best word of each question by both methods. `lengths` are those of the candidates, the first
/// words.
pub(super) fn answer(
    vectors: &WordVectors,
    lengths: &[f32],
    questions: &[[WordId; 3]],
    progress: &dyn Progress,
) -> Result<Vec<BestWords>> {
    let mut answers = Vec::with_capacity(questions.len());
    while answers.len() < questions.len() {
        let group = QuestionGroup::gather(vectors, lengths, &questions[answers.len()..]);
        let n_before = answers.len();
        answers.extend(group.answer(progress, n_before)?);
    }
    Ok(answers)
}

/// Questions that are answered with one product.
struct QuestionGroup<'a> {
    vectors: &'a WordVectors,
    /// Of the candidates.
    lengths: &'a [f32],
    questions: &'a [[WordId; 3]],
    /// The columns of a, b and c of each question.
    columns: Vec<[u32; 3]>,
    /// The unit vectors of the distinct question words, `U x dim`.
    units: Vec<f32>,
}

/// The workspace of a thread.
struct GroupScratch {
    /// The unit vectors of a block, `BLOCK x dim`.
    rows: Vec<f32>,
    /// `max(1 + cos, 0)`: a column of `BLOCK` candidates for each question word.
    above: Vec<f32>,
    /// `1 / (1 + cos + 2 EPSILON)`, in the same order.
    below: Vec<f32>,
    answers: Vec<BestWords>,
}

impl<'a> QuestionGroup<'a> {
    /// The first questions, halved until they have at most `MOST_COLUMNS` distinct words; one
    /// question has three at most.
    fn gather(vectors: &'a WordVectors, lengths: &'a [f32], questions: &'a [[WordId; 3]]) -> Self {
        let mut n_questions = questions.len().min(MOST_QUESTIONS);
        let distinct = |n_questions: usize| {
            let mut words: Vec<WordId> =
                questions[..n_questions].iter().flatten().copied().collect();
            words.sort_unstable();
            words.dedup();
            words
        };
        let mut words = distinct(n_questions);
        while words.len() > MOST_COLUMNS {
            n_questions /= 2;
            words = distinct(n_questions);
        }
        let questions = &questions[..n_questions];
        let column = |id: WordId| {
            words.binary_search(&id).expect("all words of the questions are listed") as u32
        };
        let columns = questions.iter().map(|question| question.map(column)).collect();
        let mut units = vec![0.0; words.len() * vectors.dim()];
        for (unit, &id) in units.chunks_exact_mut(vectors.dim()).zip(&words) {
            write_unit(vectors.vector(id), lengths[id.index()], unit);
        }
        Self { vectors, lengths, questions, columns, units }
    }

    fn answer(&self, progress: &dyn Progress, n_before: usize) -> Result<Vec<BestWords>> {
        let n_blocks = self.lengths.len().div_ceil(BLOCK);
        let n_done = AtomicUsize::new(0);
        (0..n_blocks)
            .into_par_iter()
            .try_fold(
                || self.scratch(),
                |mut scratch, block| {
                    if progress.is_cancelled() {
                        return Err(Error::Interrupted);
                    }
                    self.scan(block, &mut scratch);
                    let n_done = n_done.fetch_add(1, Ordering::Relaxed) + 1;
                    progress
                        .set_position((n_before + self.questions.len() * n_done / n_blocks) as u64);
                    Ok(scratch)
                },
            )
            .map(|scratch| scratch.map(|scratch| scratch.answers))
            .try_reduce(
                || {
                    vec![
                        BestWords { add: BestWord::NONE, mul: BestWord::NONE };
                        self.questions.len()
                    ]
                },
                |mut left, right| {
                    for (left, right) in left.iter_mut().zip(right) {
                        *left =
                            BestWords { add: left.add.or(right.add), mul: left.mul.or(right.mul) };
                    }
                    Ok(left)
                },
            )
    }

    fn scratch(&self) -> GroupScratch {
        let dim = self.vectors.dim();
        let n_cells = BLOCK * (self.units.len() / dim);
        let answers =
            vec![BestWords { add: BestWord::NONE, mul: BestWord::NONE }; self.questions.len()];
        GroupScratch {
            rows: vec![0.0; BLOCK * dim],
            above: vec![0.0; n_cells],
            below: vec![0.0; n_cells],
            answers,
        }
    }

    /// Multiplies one block with all question words, and scores it for every question.
    fn scan(&self, block: usize, scratch: &mut GroupScratch) {
        let GroupScratch { rows, above, below, answers } = scratch;
        let dim = self.vectors.dim();
        let n_columns = self.units.len() / dim;
        let ids = block * BLOCK..self.lengths.len().min((block + 1) * BLOCK);
        let mut without_direction = Vec::new();
        // The last block may be shorter: its other rows are zero, and are no candidates.
        for (row, unit) in rows.chunks_exact_mut(dim).enumerate() {
            let id = ids.start + row;
            let length = if id < ids.end { self.lengths[id] } else { 0.0 };
            if length > 0.0 {
                write_unit(self.vectors.vector(WordId(id as u32)), length, unit);
            } else {
                unit.fill(0.0);
                without_direction.push(row);
            }
        }
        let product = MatMut::from_column_major_slice_mut(above, BLOCK, n_columns);
        let words = MatRef::from_row_major_slice(&self.units, n_columns, dim);
        multiply(
            product,
            Accum::Replace,
            MatRef::from_row_major_slice(rows, BLOCK, dim),
            words.transpose(),
        );
        arch().dispatch(QuestionScan {
            group: self,
            ids,
            without_direction,
            above,
            below,
            answers,
        });
    }
}

/// Scores the candidates of one block for every question of a group.
struct QuestionScan<'a> {
    group: &'a QuestionGroup<'a>,
    /// The candidates.
    ids: Range<usize>,
    /// Rows of the block that are no candidates.
    without_direction: Vec<usize>,
    /// Cosines on entry.
    above: &'a mut [f32],
    below: &'a mut [f32],
    answers: &'a mut [BestWords],
}

impl pulp::NullaryFnOnce for QuestionScan<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { group, ids, without_direction, above, below, answers } = self;
        for (above, below) in above.iter_mut().zip(below.iter_mut()) {
            *above = (1.0 + *above).max(0.0);
            *below = 1.0 / (*above + 2.0 * EPSILON);
        }
        let mut scores = [0.0f32; BLOCK];
        for ((question, columns), answer) in group.questions.iter().zip(&group.columns).zip(answers)
        {
            let [a, b, c] =
                columns.map(|column| column as usize * BLOCK..(column as usize + 1) * BLOCK);
            let hide = |scores: &mut [f32; BLOCK]| {
                let asked = question
                    .iter()
                    .filter(|id| ids.contains(&id.index()))
                    .map(|id| id.index() - ids.start);
                without_direction
                    .iter()
                    .copied()
                    .chain(asked)
                    .for_each(|row| scores[row] = f32::NEG_INFINITY);
            };
            add_scores(&mut scores, &above[a.clone()], &above[b.clone()], &above[c.clone()]);
            hide(&mut scores);
            answer.add = improved(answer.add, &scores, ids.start);
            mul_scores(&mut scores, &below[a], &above[b], &above[c]);
            hide(&mut scores);
            answer.mul = improved(answer.mul, &scores, ids.start);
        }
    }
}

/// `cos_b - cos_a + cos_c`, less the constant 1.
#[inline(always)]
fn add_scores(scores: &mut [f32; BLOCK], a: &[f32], b: &[f32], c: &[f32]) {
    for (((score, a), b), c) in scores.iter_mut().zip(a).zip(b).zip(c) {
        *score = b - a + c;
    }
}

/// `c_b c_c / (c_a + EPSILON)`, times the constant 2.
#[inline(always)]
fn mul_scores(scores: &mut [f32; BLOCK], below_a: &[f32], b: &[f32], c: &[f32]) {
    for (((score, below_a), b), c) in scores.iter_mut().zip(below_a).zip(b).zip(c) {
        *score = b * c * below_a;
    }
}

/// Most blocks hold nothing better: the maximum alone, in 16 lanes, is found first, its place only
/// where it pays.
#[inline(always)]
fn improved(best: BestWord, scores: &[f32; BLOCK], first_id: usize) -> BestWord {
    let mut lanes = [f32::NEG_INFINITY; 16];
    for chunk in scores.as_chunks::<16>().0 {
        for lane in 0..16 {
            lanes[lane] = if chunk[lane] > lanes[lane] { chunk[lane] } else { lanes[lane] };
        }
    }
    let greatest = lanes.iter().fold(f32::NEG_INFINITY, |greatest, &lane| greatest.max(lane));
    if greatest < best.score || greatest == f32::NEG_INFINITY {
        return best;
    }
    let row = scores.iter().position(|&score| score == greatest).unwrap_or(0);
    best.or(BestWord { score: greatest, id: (first_id + row) as u32 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::scattered;

    #[test]
    fn more_words_than_one_product_takes_are_answered_in_groups() {
        let vectors = scattered(8000, 3);
        let ids: Vec<[WordId; 3]> =
            (0..7990u32).filter(|n| n % 7 < 3).map(|n| [n, n + 1, n + 2].map(WordId)).collect();
        let lengths = vectors.lengths().unwrap();
        assert!(QuestionGroup::gather(&vectors, lengths, &ids).questions.len() < ids.len());
        let whole = answer(&vectors, lengths, &ids, &()).unwrap();
        assert_eq!(whole.len(), ids.len());
        let last = answer(&vectors, lengths, &ids[ids.len() - 1..], &()).unwrap();
        assert_eq!(whole[ids.len() - 1].mul.id, last[0].mul.id);
    }
}
