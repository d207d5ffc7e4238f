//! The score of analogy questions "a is to b as c is to ?", by 3CosAdd and 3CosMul over a whole
//! vocabulary (`analogy_answers.rs`).
//!
//! In: word vectors and questions in sections. Out: per section, how many of the best candidates
//! are a right answer. The pairs of a relation, as in BATS, are asked in each order, as Gladkova,
//! Drozd & Matsuoka (2016) ask them: their 40 relations of 50 pairs make 98,000 questions.

use std::rc::Rc;

use serde::Serialize;

use super::analogy_answers::answer;
use super::questions::{Questions, RelatedPair, Section, SectionItems};
use super::score::{Score, SectionScore};
use crate::base::error::{Error, Result};
use crate::base::progress::{Progress, Stage};
use crate::base::words::WordId;
use crate::query::Method;
use crate::vectors::WordVectors;

/// The scores of one file by one method.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AnalogyScores {
    /// The file of questions.
    pub file: String,
    /// The method.
    pub method: Method,
    /// The number of first words that questions and answers were limited to; `None` for all.
    pub max_words: Option<usize>,
    /// The scores of each section, in the order of the file.
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
/// With `max_words`, only questions whose words are among the first `max_words` of the vocabulary
/// are answered, and only those words are searched. The three words of a question are never its
/// answer. Of several right answers one must be known, and any counts. A question with a word whose
/// vector is zero is not answered.
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
    let mut asked =
        Asked { known: &known, words: Vec::new(), right: Vec::new(), is_asked: Vec::new() };
    questions.sections.iter().for_each(|section| asked.add(section));
    let Asked { words, right, is_asked, .. } = asked;

    progress.start(Stage::Evaluate, Some(words.len() as u64));
    let answers = answer(vectors, &lengths[..n_candidates], &words, progress)?;
    progress.finish();

    Ok([Method::Add, Method::Mul].map(|method| {
        let mut is_right = right.iter().zip(&answers).map(|(right, answer)| {
            let best = if method == Method::Add { answer.add } else { answer.mul };
            right.contains(&WordId(best.id))
        });
        // None for a question that could not be answered.
        let mut outcomes =
            is_asked.iter().map(|&is_asked| if is_asked { is_right.next() } else { None });
        tally(questions, method, max_words, &mut outcomes)
    }))
}

/// The questions of which all words are known.
struct Asked<'a> {
    known: &'a dyn Fn(&String) -> Option<WordId>,
    /// a, b and c of each.
    words: Vec<[WordId; 3]>,
    /// The right answers of each that are known, at least one; shared by the questions of a pair.
    right: Vec<Rc<[WordId]>>,
    /// Of all questions.
    is_asked: Vec<bool>,
}

impl Asked<'_> {
    fn add(&mut self, section: &Section) {
        match &section.items {
            SectionItems::Questions(questions) => {
                for question in questions {
                    let [a, b, c] = question.words.each_ref().map(self.known);
                    self.ask([a, b, c], &self.all_known(&question.answers));
                }
            }
            SectionItems::Pairs(pairs) => self.add_pairs(pairs),
        }
    }

    fn add_pairs(&mut self, pairs: &[RelatedPair]) {
        let ids: Vec<_> = pairs
            .iter()
            .map(|pair| {
                let first = pair.partners.first().and_then(self.known);
                ((self.known)(&pair.word), first, self.all_known(&pair.partners))
            })
            .collect();
        for (given, (a, b, _)) in ids.iter().enumerate() {
            for (asked, (c, _, right)) in ids.iter().enumerate() {
                if given != asked {
                    self.ask([*a, *b, *c], right);
                }
            }
        }
    }

    fn all_known(&self, answers: &[String]) -> Rc<[WordId]> {
        answers.iter().filter_map(self.known).collect()
    }

    fn ask(&mut self, words: [Option<WordId>; 3], right: &Rc<[WordId]>) {
        let is_asked = match words {
            [Some(a), Some(b), Some(c)] if !right.is_empty() => {
                self.words.push([a, b, c]);
                self.right.push(Rc::clone(right));
                true
            }
            _ => false,
        };
        self.is_asked.push(is_asked);
    }
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
        let mut score = Score { total: section.len(), ..Score::default() };
        for outcome in outcomes.take(section.len()).flatten() {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::words::Words;
    use crate::evaluate::Question;
    use crate::query::scattered;
    use crate::tables::TableReport;

    fn all(sections: Vec<Section>) -> Questions {
        let report = TableReport::default();
        Questions { file: "q.txt".to_owned(), sections, choices: Vec::new(), report }
    }

    fn questions(sections: &[(&str, Vec<[u32; 4]>)]) -> Questions {
        let question = |ids: &[u32; 4]| {
            let [a, b, c, d] = ids.map(|id| format!("w{id}"));
            Question { words: [a, b, c], answers: vec![d] }
        };
        let section = |(name, questions): &(&str, Vec<[u32; 4]>)| Section {
            name: (*name).to_owned(),
            items: SectionItems::Questions(questions.iter().map(question).collect()),
        };
        all(sections.iter().map(section).collect())
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
    fn pairs_are_asked_in_each_order_with_any_right_answer() {
        // East of `x` is `xe`: all on one plane, so that both methods find what the sum finds.
        let words: Words = ["a", "ae", "b", "be", "c", "ce", "far", "zero"].into_iter().collect();
        let rows = [
            [1.0, 0.0, 0.0],
            [1.0, 1.0, 0.0],
            [0.0, 0.0, 1.0],
            [0.0, 1.0, 1.0],
            [1.0, 0.0, 1.0],
            [1.0, 1.0, 1.0],
            [-1.0, -1.0, -1.0],
            [0.0, 0.0, 0.0],
        ];
        let vectors = WordVectors::new(words, 3, rows.concat());
        let pair = |word: &str, partners: &[&str]| RelatedPair {
            word: word.to_owned(),
            partners: partners.iter().map(|&partner| partner.to_owned()).collect(),
        };
        let score = |pairs: Vec<RelatedPair>| {
            let section = Section { name: "E01".into(), items: SectionItems::Pairs(pairs) };
            let [add, _] = analogies(&vectors, &all(vec![section]), None, &()).unwrap();
            (add.all.correct, add.all.answered, add.all.total)
        };
        assert_eq!(score(vec![pair("a", &["ae"]), pair("b", &["be"])]), (2, 2, 2));
        // One right answer among several is enough, known ones count, and the first stands for all.
        let second = pair("b", &["unknown", "be"]);
        assert_eq!(score(vec![pair("a", &["ae"]), second]), (1, 1, 2));
        assert_eq!(score(vec![pair("a", &["ae"]), pair("b", &["far", "be"])]).1, 2);
        // Words of the question are no answers, even if all right answers are.
        assert_eq!(score(vec![pair("a", &["ae"]), pair("b", &["ae"])]), (0, 2, 2));
        assert_eq!(score(vec![pair("zero", &["ae"]), pair("b", &["be"])]), (0, 0, 2));
        let three = vec![pair("a", &["ae"]), pair("b", &["be"]), pair("c", &["ce"])];
        assert_eq!(score(three).2, 6);
    }

    #[test]
    fn any_number_of_threads_gives_the_same_scores() {
        let vectors = scattered(5000, 3);
        let asked =
            questions(&[("x", (0..2000u32).map(|n| [n, n + 1, n + 2, n * 13 % 5000]).collect())]);
        let scores = [1, 2, 3, 8].map(|n_threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
            pool.install(|| {
                let ids: Vec<[WordId; 3]> = (0..4990)
                    .filter(|n| n % 7 < 3)
                    .map(|n| [n, n + 1, n + 2].map(WordId))
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
    fn the_report_has_the_shape_that_scripts_rely_on() {
        let vectors = scattered(100, 4);
        let [_, mul] =
            analogies(&vectors, &questions(&[("gram1", vec![[300, 1, 2, 3]])]), Some(30), &())
                .unwrap();
        let json = concat!(
            r#"{"file":"q.txt","method":"mul","max_words":30,"#,
            r#""sections":[{"name":"gram1","correct":0,"answered":0,"total":1}],"#,
            r#""semantic":{"correct":0,"answered":0,"total":0},"#,
            r#""syntactic":{"correct":0,"answered":0,"total":1},"#,
            r#""all":{"correct":0,"answered":0,"total":1}}"#
        );
        assert_eq!(serde_json::to_string(&mul).unwrap(), json);
    }
}
