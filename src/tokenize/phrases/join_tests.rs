//! Joining against its definition, in memory and in files.

use super::*;
use crate::base::error::Error;
use crate::base::words::WordId;
use crate::tokenize::TokenEvent;
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

/// Each document as its words.
fn text(tokens: &Tokens) -> Vec<String> {
    let mut documents = Vec::new();
    let mut document: Vec<String> = Vec::new();
    tokens
        .for_each_event(|event| {
            match event {
                TokenEvent::Token(token) => document.push(token.to_owned()),
                TokenEvent::EndOfDocument => {
                    documents.push(std::mem::take(&mut document).join(" "));
                }
            }
            Ok::<(), Error>(())
        })
        .unwrap();
    documents
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
    let folder = tempfile::tempdir().unwrap();
    for folder in [None, Some(folder.path())] {
        let spellings = ["a", "b", "c"].into_iter().collect();
        let mut tokens = Tokens::for_tests(spellings, vec![2, 0, 2], vec![3], None, folder);
        tokens.drop_unused().unwrap();
        assert_eq!(tokens.spellings.iter().collect::<Vec<_>>(), ["a", "c"]);
        assert_eq!(*tokens.ids().unwrap(), [1, 0, 1]);
    }
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
        let rules: Vec<Rule> = scores
            .iter()
            .map(|&score| Rule { left: 0, right: 0, joined: 0, score, number: 0 })
            .collect();
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
            .filter_map(|pair| {
                let (left, right) = (letters[pair / 5], letters[pair % 5]);
                scores[pair].map(|score| phrase(left, right, f64::from(score)))
            })
            .collect();
        let documents = vec![documents; segment_copies].concat();
        let document_ends: Vec<u64> = documents
            .iter()
            .scan(0, |end, document| {
                *end += document.len() as u64;
                Some(*end)
            })
            .collect();
        let sentence_ends: Vec<u64> = (1..=documents.concat().len())
            .filter(|&end| ends_sentence[end] || document_ends.contains(&(end as u64)))
            .map(|end| end as u64)
            .collect();
        let folder = tempfile::tempdir().unwrap();
        for folder in [None, Some(folder.path())] {
            let mut tokens = Tokens::for_tests(
                letters.into_iter().collect(),
                documents.concat(),
                document_ends.clone(),
                Some(sentence_ends.clone()),
                folder,
            );
            let rules = Rules::new(&phrases, &mut tokens.spellings);
            let counts = rules.join_tokens(&mut tokens, phrases.len()).unwrap();
            prop_assert_eq!(tokens.is_on_disk(), folder.is_some());
            let n_joined = documents.concat().len() - tokens.n_tokens();
            prop_assert_eq!(counts.iter().sum::<u64>(), n_joined as u64);
            let found = text(&tokens);
            let expected: Vec<String> = documents
                .iter()
                .map(|document| {
                    let words = document.iter().map(|&id| letters[id as usize]);
                    words.collect::<Vec<_>>().join(" ")
                })
                .map(|text| if text.is_empty() { text } else { joined(&text, &phrases) })
                .collect();
            prop_assert_eq!(&found, &expected);
            // A sentence holds the tokens that began in it.
            let starts: Vec<u64> = found
                .iter()
                .flat_map(|document| document.split(' ').filter(|token| !token.is_empty()))
                .scan(0, |end, token| {
                    let start = *end;
                    *end += token.split('_').count() as u64;
                    Some(start)
                })
                .collect();
            let expected: Vec<u64> = sentence_ends
                .iter()
                .map(|&end| starts.partition_point(|&start| start < end) as u64)
                .collect();
            prop_assert_eq!(tokens.sentence_ends().unwrap().unwrap().into_owned(), expected);
        }
    }

    #[test]
    fn batches_of_any_size_give_the_same(
        documents in prop::collection::vec(prop::collection::vec(0u32..4, 0..9), 0..9),
        scores in prop::collection::vec(prop::option::of(0u8..3), 16),
        n_at_once in 1usize..12,
    ) {
        let letters = ["a", "b", "c", "d"];
        let phrases: Vec<Phrase> = (0..16)
            .filter_map(|pair| {
                let (left, right) = (letters[pair / 4], letters[pair % 4]);
                scores[pair].map(|score| phrase(left, right, f64::from(score)))
            })
            .collect();
        let ends: Vec<u64> = documents
            .iter()
            .scan(0, |end, document| {
                *end += document.len() as u64;
                Some(*end)
            })
            .collect();
        let folder = tempfile::tempdir().unwrap();
        let tokens = |folder| {
            Tokens::for_tests(
                letters.into_iter().collect(),
                documents.concat(),
                ends.clone(),
                Some(ends.clone()),
                folder,
            )
        };
        let mut whole = tokens(None);
        let rules = Rules::new(&phrases, &mut whole.spellings);
        let expected = rules.join_tokens(&mut whole, phrases.len()).unwrap();
        let mut in_batches = tokens(Some(folder.path()));
        Rules::new(&phrases, &mut in_batches.spellings);
        let counts: Vec<AtomicU64> = phrases.iter().map(|_| AtomicU64::new(0)).collect();
        let mut batches = Batches::new(&mut in_batches).unwrap();
        let last_cut = |ids: &[_], end| rules.last_cut(ids, end);
        while let Some(mut batch) = batches.next(n_at_once, last_cut).unwrap() {
            rules.join_batch(&mut batch, &counts);
            batches.write(batch).unwrap();
        }
        batches.finish();
        prop_assert_eq!(
            counts.into_iter().map(AtomicU64::into_inner).collect::<Vec<_>>(),
            expected
        );
        prop_assert_eq!(text(&in_batches), text(&whole));
        prop_assert_eq!(in_batches.sentence_ends().unwrap(), whole.sentence_ends().unwrap());
    }
}

#[test]
fn a_long_document_is_joined_alike_in_segments() {
    // `a b a b ...` without an end of a document: all overlap, so no segment may be cut within.
    let n = 2 * SEGMENT_TOKENS + 3;
    let phrases = [phrase("a", "b", 1.0), phrase("b", "a", 1.0), phrase("c", "d", 1.0)];
    let tokens_of = |ids: Vec<u32>| {
        let (spellings, n) = (["a", "b", "c", "d"].into_iter().collect(), ids.len() as u64);
        let sentences = vec![SEGMENT_TOKENS as u64 / 2, n];
        Tokens::for_tests(spellings, ids, vec![n], Some(sentences), None)
    };
    // The second has a place to cut between `b` and `c`, and `c d` across every nominal border.
    for ids in
        [(0..n as u32).map(|i| i % 2).collect::<Vec<u32>>(), (1..n as u32).map(|i| i % 4).collect()]
    {
        let mut tokens = tokens_of(ids.clone());
        let rules = Rules::new(&phrases, &mut tokens.spellings);
        let mut expected = ids;
        let length = rules.join(&mut expected, |_, _| {});
        rules.join_tokens(&mut tokens, phrases.len()).unwrap();
        assert!(*tokens.ids().unwrap() == expected[..length]);
        assert_eq!(*tokens.document_ends().unwrap(), [length as u64]);
        assert_eq!(tokens.sentence_ends().unwrap().unwrap()[1], length as u64);
    }
}
