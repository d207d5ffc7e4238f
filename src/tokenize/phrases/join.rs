//! Putting the two words of a phrase together, wherever they stand side by side.
//!
//! In: token ids and the phrases of one pass. Out: the ids with each joined pair as one.
//!
//! Phrases overlap: in `toys r us` both `toys r` and `r us` may be one, and only one of them can
//! have the `r`. Of overlapping phrases that with the highest score is joined first, of equal ones
//! the leftmost, and so on with what is left. (Joining from left to right, as word2phrase and
//! gensim do, would take `toys r` whatever the scores.)

use foldhash::fast::FixedState;
use hashbrown::{HashMap, HashTable};
use rayon::prelude::*;
use std::hash::BuildHasher as _;
use std::sync::atomic::{AtomicU64, Ordering};

use super::Phrase;
use crate::base::words::{WordId, Words};
use crate::tokenize::Tokens;

/// Tokens joined by one task: so many that a task is worth starting, so few that all threads have
/// some.
const SEGMENT_TOKENS: usize = 1 << 18;

/// The phrases of one pass as ids of a list of words.
#[derive(Debug, Clone, Default)]
pub(super) struct Rules {
    /// Which words begin a phrase, and which end one: most pairs are told from these alone.
    begins: Vec<bool>,
    ends: Vec<bool>,
    table: HashTable<Rule>,
}

#[derive(Debug, Clone, Copy)]
struct Rule {
    left: u32,
    right: u32,
    joined: u32,
    score: f64,
    /// Which of the phrases.
    number: u32,
}

fn hash_pair(left: u32, right: u32) -> u64 {
    FixedState::default().hash_one((left, right))
}

impl Rules {
    /// The phrases whose two words are among `words`; what they become is appended to `words`
    /// unless it is there.
    pub(super) fn new(phrases: &[Phrase], words: &mut Words) -> Self {
        // Look up all before anything is appended, for that takes the index of the words apart.
        let id = |word: &str| words.id(word).map(|id| id.0);
        let known: Vec<(usize, &Phrase, u32, u32, Option<u32>)> = phrases
            .iter()
            .enumerate()
            .filter_map(|(number, phrase)| {
                Some((number, phrase, id(&phrase.left)?, id(&phrase.right)?, id(&phrase.phrase)))
            })
            .collect();
        let mut appended: HashMap<&str, u32, FixedState> = HashMap::default();
        let mut table = HashTable::with_capacity(known.len());
        for (number, phrase, left, right, joined) in known {
            let joined = joined.unwrap_or_else(|| {
                *appended.entry(&phrase.phrase).or_insert_with(|| words.push(&phrase.phrase).0)
            });
            let rule = Rule { left, right, joined, score: phrase.score, number: number as u32 };
            table.insert_unique(hash_pair(left, right), rule, |rule| {
                hash_pair(rule.left, rule.right)
            });
        }
        let (mut begins, mut ends) = (vec![false; words.len()], vec![false; words.len()]);
        for rule in &table {
            begins[rule.left as usize] = true;
            ends[rule.right as usize] = true;
        }
        Self { begins, ends, table }
    }

    fn find(&self, left: u32, right: u32) -> Option<&Rule> {
        let is_one = |words: &[bool], id: u32| words.get(id as usize).copied().unwrap_or(false);
        if !is_one(&self.begins, left) || !is_one(&self.ends, right) {
            return None;
        }
        self.table.find(hash_pair(left, right), |rule| rule.left == left && rule.right == right)
    }

    /// Joins the phrases within one document or a part of it; the result stands at its beginning,
    /// and its length comes back. `visit` is called with the number of each phrase that was joined,
    /// and where its left word stood.
    pub(super) fn join(&self, ids: &mut [u32], mut visit: impl FnMut(usize, usize)) -> usize {
        let mut overlapping = Vec::new();
        let (mut read, mut written) = (0, 0);
        while read < ids.len() {
            // Phrases that begin at one token after the other: each overlaps the next.
            overlapping.clear();
            let mut token = read;
            while let Some(&rule) =
                ids.get(token + 1).and_then(|&right| self.find(ids[token], right))
            {
                overlapping.push(rule);
                token += 1;
            }
            if overlapping.is_empty() {
                ids[written] = ids[read];
                (read, written) = (read + 1, written + 1);
                continue;
            }
            let is_joined = choose(&overlapping);
            let mut number = 0;
            while number <= overlapping.len() {
                if is_joined.get(number).copied().unwrap_or(false) {
                    ids[written] = overlapping[number].joined;
                    visit(overlapping[number].number as usize, read + number);
                    number += 2;
                } else {
                    ids[written] = ids[read + number];
                    number += 1;
                }
                written += 1;
            }
            read += overlapping.len() + 1;
        }
        written
    }

    /// Joins the phrases of all documents, on all threads; how often each of the `n_phrases` was
    /// joined comes back.
    ///
    /// In place: besides the tokens it takes no memory that grows with them. A sentence that ends
    /// within a phrase ends behind it from now on.
    pub(super) fn join_tokens(&self, tokens: &mut Tokens, n_phrases: usize) -> Vec<u64> {
        // Sums of whole numbers: the same in any order.
        let counts: Vec<AtomicU64> = (0..n_phrases).map(|_| AtomicU64::new(0)).collect();
        let cuts = self.cuts(tokens);
        let mut segments: Vec<Segment<'_>> = Vec::with_capacity(cuts.len());
        let (mut ids, mut start) = (tokens.ids.as_mut_slice(), 0);
        let mut ends = tokens.document_ends.as_mut_slice();
        let mut sentence_ends = tokens.sentence_ends.as_deref_mut().unwrap_or_default();
        for &cut in &cuts {
            let own_ids = ids.split_off_mut(..cut - start).expect("cuts ascend");
            let own_ends =
                ends.split_off_mut(..ends.partition_point(|&end| end <= cut)).expect("a part");
            let own_sentences = sentence_ends
                .split_off_mut(..sentence_ends.partition_point(|&end| end <= cut))
                .expect("a part");
            segments.push(Segment {
                start,
                ids: own_ids,
                ends: own_ends,
                sentence_ends: own_sentences,
            });
            start = cut;
        }
        let lengths: Vec<usize> =
            segments.par_iter_mut().map(|segment| self.join_segment(segment, &counts)).collect();
        let mut written = 0;
        for (segment, length) in segments.iter_mut().zip(&lengths) {
            segment
                .ends
                .iter_mut()
                .chain(segment.sentence_ends.iter_mut())
                .for_each(|end| *end += written);
            written += length;
        }
        drop(segments);

        let (mut start, mut written) = (0, 0);
        for (cut, length) in cuts.into_iter().zip(lengths) {
            tokens.ids.copy_within(start..start + length, written);
            (start, written) = (cut, written + length);
        }
        tokens.ids.truncate(written);
        counts.into_iter().map(AtomicU64::into_inner).collect()
    }

    /// Where segments of the tokens end: at the end of a document, or between two tokens that are
    /// no phrase.
    fn cuts(&self, tokens: &Tokens) -> Vec<usize> {
        let ids = &tokens.ids;
        let is_cut = |position: usize| {
            position == ids.len()
                || tokens.document_ends.binary_search(&position).is_ok()
                || self.find(ids[position - 1], ids[position]).is_none()
        };
        let mut cuts = Vec::new();
        let mut position = 0;
        while position < ids.len() {
            position = (position + SEGMENT_TOKENS).min(ids.len());
            while !is_cut(position) {
                position += 1;
            }
            cuts.push(position);
        }
        cuts
    }

    /// Joins the phrases of each document or part of one in a segment, moves them together, and
    /// returns their length. The ends of the documents and sentences are then counted from the
    /// beginning of the segment.
    fn join_segment(&self, segment: &mut Segment<'_>, counts: &[AtomicU64]) -> usize {
        let Segment { start, ids, ends, sentence_ends } = segment;
        let length = ids.len();
        let (mut read, mut written) = (0, 0);
        // Where the right words of joined phrases ended.
        let mut joined = Vec::new();
        let mut join_up_to = |end: usize| {
            let length = self.join(&mut ids[read..end], |number, left| {
                counts[number].fetch_add(1, Ordering::Relaxed);
                joined.push(read + left + 2);
            });
            ids.copy_within(read..read + length, written);
            (read, written) = (end, written + length);
            written
        };
        for end in ends.iter_mut() {
            *end = join_up_to(*end - *start);
        }
        let length = join_up_to(length);
        let mut n_joined = 0;
        for end in sentence_ends.iter_mut() {
            let place = *end - *start;
            n_joined += joined[n_joined..].iter().take_while(|&&joined| joined <= place).count();
            *end = place - n_joined;
        }
        length
    }
}

/// A part of the tokens that no phrase crosses the borders of, with the ends of documents and
/// sentences in it.
struct Segment<'a> {
    start: usize,
    ids: &'a mut [u32],
    ends: &'a mut [usize],
    sentence_ends: &'a mut [usize],
}

/// Which of a row of phrases are joined, where each overlaps the one before and the one after: the
/// best first.
///
/// Whether a phrase is joined depends on its better neighbours alone: it is, unless one of them is.
/// One that is better than the next can so be decided from left to right, and then one that is
/// worse than the next from right to left.
fn choose(phrases: &[Rule]) -> Vec<bool> {
    let yields_to_next = |number: usize| {
        phrases.get(number + 1).is_some_and(|next| next.score > phrases[number].score)
    };
    let mut is_joined = vec![false; phrases.len()];
    let previous_is_joined = |is_joined: &[bool], number: usize| {
        number > 0 && !yields_to_next(number - 1) && is_joined[number - 1]
    };
    for number in 0..phrases.len() {
        is_joined[number] = !yields_to_next(number) && !previous_is_joined(&is_joined, number);
    }
    for number in (0..phrases.len()).rev() {
        if yields_to_next(number) {
            is_joined[number] = !is_joined[number + 1] && !previous_is_joined(&is_joined, number);
        }
    }
    is_joined
}

/// Drops the spellings that no token has any more.
pub(super) fn drop_unused(tokens: &mut Tokens) {
    let mut is_used = vec![false; tokens.spellings.len()];
    tokens.ids.iter().for_each(|&id| is_used[id as usize] = true);
    if is_used.iter().all(|&it| it) {
        return;
    }
    let mut spellings = Words::new();
    let mut new_ids = vec![u32::MAX; is_used.len()];
    for (id, new_id) in new_ids.iter_mut().enumerate().filter(|(id, _)| is_used[*id]) {
        *new_id = spellings.push(tokens.spellings.spelling(WordId(id as u32))).0;
    }
    tokens.ids.par_iter_mut().for_each(|id| *id = new_ids[*id as usize]);
    tokens.spellings = spellings;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokenize::CorpusReport;
    use proptest::prelude::*;

    fn phrase(left: &str, right: &str, score: f64) -> Phrase {
        Phrase {
            phrase: format!("{left}_{right}"),
            count: 1,
            score,
            pass: 1,
            left: left.to_owned(),
            right: right.to_owned(),
        }
    }

    fn joined(text: &str, phrases: &[Phrase]) -> String {
        let mut words = Words::new();
        for word in text.split(' ') {
            if words.id(word).is_none() {
                words.push(word);
            }
        }
        let rules = Rules::new(phrases, &mut words);
        let mut ids: Vec<u32> =
            text.split(' ').map(|word| words.id(word).expect("it was pushed").0).collect();
        let length = rules.join(&mut ids, |_, _| {});
        ids[..length].iter().map(|&id| words.spelling(WordId(id))).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn of_overlapping_phrases_the_best_is_joined() {
        let toys = [phrase("toys", "r", 0.6), phrase("r", "us", 0.9)];
        assert_eq!(joined("the toys r us shop", &toys), "the toys r_us shop");
        assert_eq!(joined("toys r toys r us", &toys), "toys_r toys r_us");
        // Equal scores: the leftmost.
        assert_eq!(
            joined("toys r us", &[phrase("toys", "r", 0.6), phrase("r", "us", 0.6)]),
            "toys_r us"
        );
        // The best in the middle leaves both ends alone; the two ends, better together, do not
        // count.
        let chain = [phrase("a", "b", 0.8), phrase("b", "c", 0.9), phrase("c", "d", 0.8)];
        assert_eq!(joined("a b c d", &chain), "a b_c d");
    }

    #[test]
    fn a_repeated_word_is_joined_in_twos() {
        assert_eq!(joined("ha ha ha ha ha", &[phrase("ha", "ha", 1.0)]), "ha_ha ha_ha ha");
    }

    #[test]
    fn a_phrase_spelled_like_a_word_of_the_text_is_that_word() {
        let mut words: Words = ["new", "york", "new_york"].into_iter().collect();
        let rules = Rules::new(&[phrase("new", "york", 1.0)], &mut words);
        let mut ids = [0, 1, 2];
        assert_eq!((rules.join(&mut ids, |_, _| {}), &ids[..2], words.len()), (2, &[2, 2][..], 3));
    }

    #[test]
    fn spellings_without_a_token_are_dropped() {
        let mut tokens = Tokens {
            spellings: ["a", "b", "c"].into_iter().collect(),
            ids: vec![2, 0, 2],
            document_ends: vec![3],
            sentence_ends: None,
            report: CorpusReport::default(),
        };
        drop_unused(&mut tokens);
        assert_eq!(tokens.spellings.iter().collect::<Vec<_>>(), ["a", "c"]);
        assert_eq!(tokens.ids, [1, 0, 1]);
    }

    /// The definition, word for word: the best of all phrases that can still be joined, until none
    /// is left.
    fn naive_choice(scores: &[f64]) -> Vec<bool> {
        let mut is_joined = vec![false; scores.len()];
        let mut is_free = vec![true; scores.len()];
        while let Some(best) = (0..scores.len())
            .filter(|&number| is_free[number])
            .min_by(|&a, &b| scores[b].total_cmp(&scores[a]).then(a.cmp(&b)))
        {
            is_joined[best] = true;
            (best.saturating_sub(1)..(best + 2).min(scores.len()))
                .for_each(|number| is_free[number] = false);
        }
        is_joined
    }

    proptest! {
        #[test]
        fn the_choice_is_that_of_the_definition(scores in prop::collection::vec(0u8..6, 0..40)) {
            let scores: Vec<f64> = scores.into_iter().map(f64::from).collect();
            let rules: Vec<Rule> = scores.iter().map(|&score| Rule { left: 0, right: 0, joined: 0, score, number: 0 }).collect();
            prop_assert_eq!(choose(&rules), naive_choice(&scores));
        }

        #[test]
        fn documents_are_joined_one_by_one(
            documents in prop::collection::vec(prop::collection::vec(0u32..5, 0..9), 0..9),
            scores in prop::collection::vec(prop::option::of(0u8..3), 25),
            segment_copies in 1usize..4,
            ends_sentence in prop::collection::vec(prop::bool::ANY, 300),
        ) {
            let letters = ["a", "b", "c", "d", "e"];
            let phrases: Vec<Phrase> = (0..25)
                .filter_map(|pair| scores[pair].map(|score| phrase(letters[pair / 5], letters[pair % 5], f64::from(score))))
                .collect();
            let documents = vec![documents; segment_copies].concat();
            let document_ends: Vec<usize> = documents.iter().scan(0, |end, document| { *end += document.len(); Some(*end) }).collect();
            let sentence_ends: Vec<usize> =
                (1..=documents.concat().len()).filter(|end| ends_sentence[*end] || document_ends.contains(end)).collect();
            let mut tokens = Tokens {
                spellings: letters.into_iter().collect(),
                ids: documents.concat(),
                document_ends,
                sentence_ends: Some(sentence_ends.clone()),
                report: CorpusReport::default(),
            };
            let rules = Rules::new(&phrases, &mut tokens.spellings);
            let counts = rules.join_tokens(&mut tokens, phrases.len());
            let n_joined = documents.concat().len() - tokens.ids.len();
            prop_assert_eq!(counts.iter().sum::<u64>(), n_joined as u64);
            let text = |ids: &[u32]| ids.iter().map(|&id| tokens.spellings.spelling(WordId(id))).collect::<Vec<_>>().join(" ");
            let found: Vec<String> = tokens.documents().map(text).collect();
            let expected: Vec<String> = documents
                .iter()
                .map(|document| document.iter().map(|&id| letters[id as usize]).collect::<Vec<_>>().join(" "))
                .map(|text| if text.is_empty() { text } else { joined(&text, &phrases) })
                .collect();
            prop_assert_eq!(&found, &expected);
            // A sentence holds the tokens that began in it.
            let starts: Vec<usize> = found
                .iter()
                .flat_map(|document| document.split(' ').filter(|token| !token.is_empty()))
                .scan(0, |end, token| { let start = *end; *end += token.split('_').count(); Some(start) })
                .collect();
            let expected: Vec<usize> = sentence_ends.iter().map(|&end| starts.partition_point(|&start| start < end)).collect();
            prop_assert_eq!(tokens.sentence_ends, Some(expected));
        }
    }

    #[test]
    fn a_long_document_is_joined_alike_in_segments() {
        // `a b a b ...` without an end of a document: all overlap, so no segment may be cut within.
        let n = 2 * SEGMENT_TOKENS + 3;
        let phrases = [phrase("a", "b", 1.0), phrase("b", "a", 1.0), phrase("c", "d", 1.0)];
        let tokens_of = |ids: Vec<u32>| Tokens {
            spellings: ["a", "b", "c", "d"].into_iter().collect(),
            document_ends: vec![ids.len()],
            sentence_ends: Some(vec![SEGMENT_TOKENS / 2, ids.len()]),
            ids,
            report: CorpusReport::default(),
        };
        // The second has a place to cut between `b` and `c`, and `c d` across every nominal border.
        for ids in [
            (0..n as u32).map(|i| i % 2).collect::<Vec<u32>>(),
            (1..n as u32).map(|i| i % 4).collect(),
        ] {
            let mut tokens = tokens_of(ids.clone());
            let rules = Rules::new(&phrases, &mut tokens.spellings);
            let mut expected = ids;
            let length = rules.join(&mut expected, |_, _| {});
            rules.join_tokens(&mut tokens, phrases.len());
            assert!(tokens.ids == expected[..length]);
            assert_eq!(
                (tokens.document_ends, tokens.sentence_ends.map(|ends| ends[1])),
                (vec![length], Some(length))
            );
        }
    }
}
