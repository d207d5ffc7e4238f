//! Neighbours for many who ask at once: one pass over the vectors answers all who wait for it.
//!
//! In: words with their vectors, from several threads. Out: for each its nearest words, the same,
//! bit for bit, as if it had been asked alone. Who comes while a pass is running waits for its end,
//! and the next pass answers all who have come (as databases commit in groups). Nobody waits for
//! company.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use eigenlex::query::{Neighbor, Search, WordVector, neighbors_of, neighbors_of_many};
use eigenlex::{Result, WordId, WordVectors};
use rayon::ThreadPool;

/// Questions that are answered together: below this a pass over rounded vectors for each is faster
/// than a common one over the exact ones.
const FEWEST_TOGETHER: usize = 24;

/// A question that waits.
struct Ticket {
    vector: Vec<f32>,
    id: Option<WordId>,
    top: usize,
    answer: Arc<Mutex<Option<Result<Vec<Neighbor>>>>>,
}

/// The questions that wait for a pass.
#[derive(Default)]
pub(super) struct Scan {
    waiting: Mutex<Vec<Ticket>>,
    /// Held by the thread that makes a pass. It is taken outside of the pool: a thread of the pool
    /// that waits for others may begin another question, and would wait for itself.
    turn: Mutex<()>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Scan {
    /// The `top` nearest words of each of these.
    pub(super) fn neighbors(
        &self,
        vectors: &WordVectors,
        words: &[WordVector],
        top: usize,
        pool: &ThreadPool,
    ) -> Vec<Result<Vec<Neighbor>>> {
        let tickets = words.iter().map(|word| Ticket {
            vector: word.vector.to_vec(),
            id: word.id,
            top,
            answer: Arc::default(),
        });
        let tickets: Vec<Ticket> = tickets.collect();
        let answers: Vec<_> = tickets.iter().map(|ticket| Arc::clone(&ticket.answer)).collect();
        locked(&self.waiting).extend(tickets);
        let turn = locked(&self.turn);
        if answers.iter().any(|answer| locked(answer).is_none()) {
            let waiting = std::mem::take(&mut *locked(&self.waiting));
            pool.install(|| answer_all(vectors, &waiting));
        }
        drop(turn);
        answers
            .iter()
            .map(|answer| locked(answer).take().expect("whoever took the ticket has answered it"))
            .collect()
    }
}

fn answer_all(vectors: &WordVectors, tickets: &[Ticket]) {
    let word = |ticket: &Ticket| WordVector {
        word: ticket.id.map_or("", |id| vectors.words().spelling(id)).to_owned().into(),
        id: ticket.id,
        vector: ticket.vector.clone().into(),
    };
    let top = tickets.iter().map(|ticket| ticket.top).max().unwrap_or(1);
    if tickets.len() >= FEWEST_TOGETHER {
        let words: Vec<WordVector> = tickets.iter().map(word).collect();
        if let Ok(found) = neighbors_of_many(vectors, &words, &Search::new(top)) {
            for (ticket, mut found) in tickets.iter().zip(found) {
                // The order is the same for any number of answers.
                found.truncate(ticket.top);
                *locked(&ticket.answer) = Some(Ok(found));
            }
            return;
        }
        // One that has no answer leaves the others without one too.
    }
    for ticket in tickets {
        let found = neighbors_of(vectors, &word(ticket), &Search::new(ticket.top));
        *locked(&ticket.answer) = Some(found);
    }
}

#[cfg(test)]
mod tests {
    use eigenlex::Words;

    use super::*;

    fn vectors() -> WordVectors {
        let names: Vec<String> = (0..3000).map(|id| format!("w{id}")).collect();
        let words: Words = names.iter().map(String::as_str).collect();
        let mut state = 7u64;
        let numbers = (0..3000 * 16).map(|place| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            if place / 16 == 5 { 0.0 } else { (state >> 40) as f32 / (1 << 23) as f32 - 1.0 }
        });
        WordVectors::new(words, 16, numbers.collect())
    }

    #[test]
    fn all_who_ask_at_once_have_the_answers_of_each_alone() {
        let vectors = vectors();
        let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
        let scan = Scan::default();
        std::thread::scope(|scope| {
            for id in 0..40u32 {
                let (scan, vectors, pool) = (&scan, &vectors, &pool);
                scope.spawn(move || {
                    for round in 0..5 {
                        // Word 5 has no direction, and spoils nobody's answer.
                        let word = WordVector::known(vectors, WordId((id + round) % 12));
                        let top = 3 + id as usize % 9;
                        let search = Search::new(top);
                        let mut found =
                            scan.neighbors(vectors, std::slice::from_ref(&word), top, pool);
                        match (found.remove(0), neighbors_of(vectors, &word, &search)) {
                            (Ok(found), Ok(alone)) => assert_eq!(found, alone),
                            (Err(found), Err(alone)) => {
                                assert_eq!(found.to_string(), alone.to_string());
                            }
                            _ => panic!("alone and together differ"),
                        }
                    }
                });
            }
        });
        let many: Vec<WordVector> =
            (0..30).map(|id| WordVector::known(&vectors, WordId(id))).collect();
        let found = scan.neighbors(&vectors, &many, 4, &pool);
        assert!(found.iter().enumerate().all(|(id, found)| found.is_ok() == (id != 5)));
    }
}
