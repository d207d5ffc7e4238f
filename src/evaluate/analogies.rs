//! Analogy questions "a is to b as c is to ?", answered by 3CosAdd and 3CosMul over a whole
//! vocabulary.
//!
//! In: `n` candidate vectors of `dim` numbers and `Q` questions over `U` distinct words. Out: for
//! each question the best candidate by both methods, other than a, b and c; per section, how many
//! are the d that is asked for.
//!
//! 3CosAdd (Mikolov, Yih & Zweig 2013) takes the candidate with the greatest
//! `cos(x, b) - cos(x, a) + cos(x, c)`, 3CosMul (Levy & Goldberg 2014) with the greatest
//! `c_b c_c / (c_a + 0.001)`, where `c_i = (1 + cos(x, i)) / 2`. Both need only the cosines of all
//! candidates to the question words: one dense product, cut into blocks of candidates, each of
//! which every question then scans. The best of two blocks is the better under a total order (score
//! down, id up), so neither threads nor the order of blocks matter. Cost: `2 n U dim` operations
//! for the product and about `8 n Q` for the scan; memory beside the vectors: `8 BLOCK U` bytes a
//! thread.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use rayon::prelude::*;
use serde::Serialize;

use super::questions::Questions;
use super::score::{Score, SectionScore};
use crate::base::error::{Error, Result};
use crate::base::progress::{Progress, Stage};
use crate::base::words::WordId;
use crate::linalg::dot::write_unit;
use crate::query::{EPSILON, Method};
use crate::vectors::WordVectors;

/// Candidates in a block: a column of cosines is then 1 KiB, and those of some hundred words stay
/// in the second-level cache.
const BLOCK: usize = 256;

/// Distinct question words in one product: bounds the memory of a file with very many of them.
/// Google's file has 905.
const MOST_COLUMNS: usize = 4096;

/// Questions answered together: bounds what a thread keeps of them.
const MOST_QUESTIONS: usize = 1 << 18;

/// The scores of one file by one method.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AnalogyScores {
    /// The file of questions.
    pub file: String,
    /// The method.
    pub method: Method,
    /// Only the first so many words were asked about and searched; `None` for all.
    pub max_words: Option<usize>,
    /// In the order of the file.
    pub sections: Vec<SectionScore>,
    /// The sections that are not syntactic.
    pub semantic: Score,
    /// The sections whose name begins with `gram`.
    pub syntactic: Score,
    /// All sections.
    pub all: Score,
}

/// Answers questions by both methods: the scores by [`Method::Add`], then by [`Method::Mul`].
///
/// With `max_words`, only questions whose four words are among the first `max_words` of the
/// vocabulary are answered, and only those words are searched. The three words of a question are
/// never its answer. A question with a word whose vector is zero is not answered.
///
/// # Errors
/// [`Error::Parameter`] for `max_words` of 0; [`Error::NotFinite`] if a vector is not finite;
/// [`Error::Interrupted`].
pub fn analogies(
    vectors: &WordVectors,
    questions: &Questions,
    max_words: Option<usize>,
    progress: &dyn Progress,
) -> Result<[AnalogyScores; 2]> {
    if max_words == Some(0) {
        return Err(Error::Parameter {
            name: "max_words",
            found: "0".to_owned(),
            expected: "at least 1".to_owned(),
        });
    }
    let n_candidates = vectors.len().min(max_words.unwrap_or(usize::MAX));
    let lengths = vectors.lengths()?;
    let known = |word: &String| {
        vectors.id(word).filter(|id| id.index() < n_candidates && lengths[id.index()] > 0.0)
    };
    let asked: Vec<Option<[WordId; 4]>> = questions
        .sections
        .iter()
        .flat_map(|section| &section.questions)
        .map(|[a, b, c, d]| Some([known(a)?, known(b)?, known(c)?, known(d)?]))
        .collect();
    let answerable: Vec<[WordId; 4]> = asked.iter().copied().flatten().collect();

    progress.start(Stage::Evaluate, Some(answerable.len() as u64));
    let answers = answer(vectors, &lengths[..n_candidates], &answerable, progress)?;
    progress.finish();

    Ok([Method::Add, Method::Mul].map(|method| {
        let mut right = answerable.iter().zip(&answers).map(|(question, answer)| {
            let best = if method == Method::Add { answer.add } else { answer.mul };
            best.id == question[3].0
        });
        // None for a question that could not be answered.
        let mut outcomes = asked.iter().map(|question| question.and_then(|_| right.next()));
        tally(questions, method, max_words, &mut outcomes)
    }))
}

fn tally(
    questions: &Questions,
    method: Method,
    max_words: Option<usize>,
    outcomes: &mut dyn Iterator<Item = Option<bool>>,
) -> AnalogyScores {
    let file = questions.file.clone();
    let [semantic, syntactic, all] = [Score::default(); 3];
    let mut scores =
        AnalogyScores { file, method, max_words, sections: Vec::new(), semantic, syntactic, all };
    for section in &questions.sections {
        let mut score = Score { total: section.questions.len(), ..Score::default() };
        for outcome in outcomes.take(section.questions.len()).flatten() {
            score.answered += 1;
            score.correct += usize::from(outcome);
        }
        scores.all.add(score);
        if section.is_syntactic() { &mut scores.syntactic } else { &mut scores.semantic }
            .add(score);
        scores.sections.push(SectionScore { name: section.name.clone(), score });
    }
    scores
}

/// The best candidate so far; id `u32::MAX` for none.
#[derive(Debug, Clone, Copy)]
struct Best {
    score: f32,
    id: u32,
}

impl Best {
    const NONE: Self = Self { score: f32::NEG_INFINITY, id: u32::MAX };

    fn or(self, other: Self) -> Self {
        let is_better =
            other.score > self.score || (other.score == self.score && other.id < self.id);
        if is_better { other } else { self }
    }
}

/// The best candidates of one question.
#[derive(Debug, Clone, Copy)]
struct Answer {
    add: Best,
    mul: Best,
}

fn answer(
    vectors: &WordVectors,
    lengths: &[f32],
    questions: &[[WordId; 4]],
    progress: &dyn Progress,
) -> Result<Vec<Answer>> {
    let mut answers = Vec::with_capacity(questions.len());
    while answers.len() < questions.len() {
        let group = Group::gather(vectors, lengths, &questions[answers.len()..]);
        let n_before = answers.len();
        answers.extend(group.answer(progress, n_before)?);
    }
    Ok(answers)
}

/// Questions that are answered with one product.
struct Group<'a> {
    vectors: &'a WordVectors,
    /// Of the candidates.
    lengths: &'a [f32],
    questions: &'a [[WordId; 4]],
    /// The columns of a, b and c of each question.
    columns: Vec<[u32; 3]>,
    /// The unit vectors of the distinct question words, `U x dim`.
    units: Vec<f32>,
}

/// What a thread works with.
struct Scratch {
    /// The unit vectors of a block, `BLOCK x dim`.
    rows: Vec<f32>,
    /// `max(1 + cos, 0)`: a column of `BLOCK` candidates for each question word.
    above: Vec<f32>,
    /// `1 / (1 + cos + 2 EPSILON)`, laid out the same.
    below: Vec<f32>,
    answers: Vec<Answer>,
}

impl<'a> Group<'a> {
    /// The first questions, halved until they have at most `MOST_COLUMNS` distinct words; one
    /// question has three at most.
    fn gather(vectors: &'a WordVectors, lengths: &'a [f32], questions: &'a [[WordId; 4]]) -> Self {
        let mut n_questions = questions.len().min(MOST_QUESTIONS);
        let distinct = |n_questions: usize| {
            let mut words: Vec<WordId> = questions[..n_questions]
                .iter()
                .flat_map(|question| question[..3].iter().copied())
                .collect();
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
        let columns =
            questions.iter().map(|&[a, b, c, _]| [column(a), column(b), column(c)]).collect();
        let mut units = vec![0.0; words.len() * vectors.dim()];
        for (unit, &id) in units.chunks_exact_mut(vectors.dim()).zip(&words) {
            write_unit(vectors.vector(id), lengths[id.index()], unit);
        }
        Self { vectors, lengths, questions, columns, units }
    }

    fn answer(&self, progress: &dyn Progress, n_before: usize) -> Result<Vec<Answer>> {
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
                || vec![Answer { add: Best::NONE, mul: Best::NONE }; self.questions.len()],
                |mut left, right| {
                    for (left, right) in left.iter_mut().zip(right) {
                        *left = Answer { add: left.add.or(right.add), mul: left.mul.or(right.mul) };
                    }
                    Ok(left)
                },
            )
    }

    fn scratch(&self) -> Scratch {
        let dim = self.vectors.dim();
        let n_cells = BLOCK * (self.units.len() / dim);
        let answers = vec![Answer { add: Best::NONE, mul: Best::NONE }; self.questions.len()];
        Scratch {
            rows: vec![0.0; BLOCK * dim],
            above: vec![0.0; n_cells],
            below: vec![0.0; n_cells],
            answers,
        }
    }

    /// The product of one block with all question words, and what every question makes of it.
    fn scan(&self, block: usize, scratch: &mut Scratch) {
        let Scratch { rows, above, below, answers } = scratch;
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
        matmul(
            product,
            Accum::Replace,
            MatRef::from_row_major_slice(rows, BLOCK, dim),
            words.transpose(),
            1.0,
            Par::Seq,
        );
        pulp::Arch::new().dispatch(Scan {
            group: self,
            ids,
            without_direction,
            above,
            below,
            answers,
        });
    }
}

/// Lets every question of a group look at the candidates of one block.
struct Scan<'a> {
    group: &'a Group<'a>,
    /// The candidates.
    ids: Range<usize>,
    /// Rows of the block that are no candidates.
    without_direction: Vec<usize>,
    /// Cosines on entry.
    above: &'a mut [f32],
    below: &'a mut [f32],
    answers: &'a mut [Answer],
}

impl pulp::NullaryFnOnce for Scan<'_> {
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
                let asked = question[..3]
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
            answer.add = keep_best(answer.add, &scores, ids.start);
            mul_scores(&mut scores, &below[a], &above[b], &above[c]);
            hide(&mut scores);
            answer.mul = keep_best(answer.mul, &scores, ids.start);
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
fn keep_best(best: Best, scores: &[f32; BLOCK], first_id: usize) -> Best {
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
    best.or(Best { score: greatest, id: (first_id + row) as u32 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::words::Words;
    use crate::evaluate::Section;
    use crate::query::scattered;

    fn questions(sections: &[(&str, Vec<[u32; 4]>)]) -> Questions {
        let section = |(name, questions): &(&str, Vec<[u32; 4]>)| Section {
            name: (*name).to_owned(),
            questions: questions
                .iter()
                .map(|question| question.map(|id| format!("w{id}")))
                .collect(),
        };
        Questions { file: "q.txt".to_owned(), sections: sections.iter().map(section).collect() }
    }

    fn naive(vectors: &WordVectors, [a, b, c, _]: [u32; 4], n_candidates: u32) -> [u32; 2] {
        let cosine = |left: u32, right: u32| {
            f64::from(crate::query::similarity(vectors, WordId(left), WordId(right)).unwrap())
        };
        let add = |x: u32| cosine(x, b) - cosine(x, a) + cosine(x, c);
        let half = |x: u32, y: u32| (1.0 + cosine(x, y)) / 2.0;
        let mul = |x: u32| half(x, b) * half(x, c) / (half(x, a) + 0.001);
        let first = |score: &dyn Fn(u32) -> f64| {
            (0..n_candidates)
                .filter(|&x| x % 7 != 6 && ![a, b, c].contains(&x))
                .max_by(|&l, &r| score(l).total_cmp(&score(r)))
                .unwrap()
        };
        [first(&add), first(&mul)]
    }

    #[test]
    fn the_answers_are_those_of_a_plain_double_loop() {
        // 600 candidates: two whole blocks and a short one; zero vectors among them.
        let vectors = scattered(1000, 12);
        let mut asked: Vec<[u32; 4]> =
            (0..60u32).map(|n| [n * 7 % 600, (n * 31 + 1) % 600, (n * 57 + 2) % 600, 0]).collect();
        asked.retain(|question| question.iter().all(|id| id % 7 != 6));
        for n_candidates in [1000, 600] {
            let expected: Vec<[u32; 2]> =
                asked.iter().map(|&question| naive(&vectors, question, n_candidates)).collect();
            for method in [0, 1] {
                let right = asked
                    .iter()
                    .zip(&expected)
                    .map(|(&[a, b, c, _], best)| [a, b, c, best[method]])
                    .collect();
                let scores = analogies(
                    &vectors,
                    &questions(&[("x", right)]),
                    Some(n_candidates as usize),
                    &(),
                )
                .unwrap();
                assert_eq!(
                    scores[method].all,
                    Score { correct: asked.len(), answered: asked.len(), total: asked.len() }
                );
            }
        }
    }

    #[test]
    fn what_is_out_of_reach_is_counted_but_not_answered() {
        let vectors = scattered(100, 4);
        // w6 is a zero vector, w200 is unknown, w60 is not among the first 50.
        let asked = questions(&[
            ("capitals", vec![[0, 1, 2, 3], [0, 1, 2, 6], [200, 1, 2, 3]]),
            ("gram1", vec![[0, 1, 2, 60]]),
        ]);
        let [add, _] = analogies(&vectors, &asked, Some(50), &()).unwrap();
        assert_eq!((add.all.answered, add.all.total), (1, 4));
        assert_eq!((add.semantic.total, add.syntactic.total, add.syntactic.answered), (3, 1, 0));
        let [_, mul] = analogies(&vectors, &asked, None, &()).unwrap();
        assert_eq!((mul.all.answered, mul.max_words), (2, None));
        assert!(analogies(&vectors, &asked, Some(0), &()).is_err());
        let nothing_known = questions(&[("x", vec![[500, 501, 502, 503]])]);
        assert_eq!(
            analogies(&vectors, &nothing_known, None, &()).unwrap()[0].all,
            Score { correct: 0, answered: 0, total: 1 }
        );
    }

    #[test]
    fn the_words_of_a_question_are_never_its_answer() {
        // All candidates but d are words of the question; by either method b itself would be
        // nearest.
        let words: Words = ["w0", "w1", "w2", "w3"].into_iter().collect();
        let vectors = WordVectors::new(words, 2, vec![1.0, 0.0, 0.0, 1.0, 0.1, 1.0, -1.0, -1.0]);
        let scores =
            analogies(&vectors, &questions(&[("x", vec![[0, 1, 2, 3]])]), None, &()).unwrap();
        assert!(scores.iter().all(|score| score.all.correct == 1));
    }

    #[test]
    fn any_number_of_threads_gives_the_same_scores() {
        let vectors = scattered(5000, 3);
        let asked =
            questions(&[("x", (0..2000u32).map(|n| [n, n + 1, n + 2, n * 13 % 5000]).collect())]);
        let scores = [1, 2, 3, 8].map(|n_threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
            pool.install(|| {
                let ids: Vec<[WordId; 4]> = (0..4990)
                    .filter(|n| n % 7 < 3)
                    .map(|n| [n, n + 1, n + 2, n].map(WordId))
                    .collect();
                let lengths = vectors.lengths().unwrap();
                let best: Vec<(u32, u32)> = answer(&vectors, lengths, &ids, &())
                    .unwrap()
                    .iter()
                    .map(|answer| (answer.add.id, answer.mul.id))
                    .collect();
                (analogies(&vectors, &asked, None, &()).unwrap(), best)
            })
        });
        assert!(scores.iter().all(|score| *score == scores[0]));
    }

    #[test]
    fn more_words_than_one_product_takes_are_answered_in_groups() {
        let vectors = scattered(8000, 3);
        let ids: Vec<[WordId; 4]> =
            (0..7990u32).filter(|n| n % 7 < 3).map(|n| [n, n + 1, n + 2, n].map(WordId)).collect();
        let lengths = vectors.lengths().unwrap();
        assert!(Group::gather(&vectors, lengths, &ids).questions.len() < ids.len());
        let whole = answer(&vectors, lengths, &ids, &()).unwrap();
        assert_eq!(whole.len(), ids.len());
        let last = answer(&vectors, lengths, &ids[ids.len() - 1..], &()).unwrap();
        assert_eq!(whole[ids.len() - 1].mul.id, last[0].mul.id);
    }

    #[test]
    fn the_report_has_the_shape_that_scripts_rely_on() {
        let vectors = scattered(100, 4);
        let [_, mul] =
            analogies(&vectors, &questions(&[("gram1", vec![[300, 1, 2, 3]])]), Some(30), &())
                .unwrap();
        let json = r#"{"file":"q.txt","method":"mul","max_words":30,"sections":[{"name":"gram1","correct":0,"answered":0,"total":1}],"semantic":{"correct":0,"answered":0,"total":0},"syntactic":{"correct":0,"answered":0,"total":1},"all":{"correct":0,"answered":0,"total":1}}"#;
        assert_eq!(serde_json::to_string(&mul).unwrap(), json);
    }
}
