//! Windows against their definition, and slices of a corpus in files against a corpus in memory.

use super::*;
use crate::base::random::bits_at;
use crate::base::words::WordId;
use crate::counts::Contexts;
use crate::storage::value_list::ValueList;
use proptest::prelude::*;

/// The definition, pair by pair: the oracle.
fn co_occurrences_by_definition(
    sequences: &WordSequences,
    n_words: usize,
    weight: impl Fn(usize) -> f64,
    window: usize,
) -> Vec<f64> {
    let mut counts = vec![0.0; n_words * n_words];
    for document in 0..sequences.n_sequences() {
        let ids = sequences.sequence(document).unwrap();
        for (p, i) in ids.iter().enumerate() {
            for (q, j) in ids.iter().enumerate() {
                let distance = p.abs_diff(q);
                if (1..=window).contains(&distance) {
                    counts[i.index() * n_words + j.index()] += weight(distance);
                }
            }
        }
    }
    counts
}

fn dense(matrix: &CountMatrix) -> Vec<f64> {
    let mut dense = Vec::new();
    for block in matrix.to_csr_blocks().unwrap() {
        for row in block.outer_iterator() {
            let start = dense.len();
            dense.resize(start + matrix.n_columns(), 0.0);
            row.iter().for_each(|(column, &value)| dense[start + column] = f64::from(value));
        }
    }
    dense
}

fn count(
    sequences: &WordSequences,
    n_words: usize,
    size: usize,
    distance_weights: DistanceWeights,
    context_sides: ContextSides,
) -> CountMatrix {
    let contexts = Contexts::Window { size, distance_weights, context_sides, max_contexts: None };
    contexts.count(sequences, n_words, CountSettings::default(), &()).unwrap()
}

#[test]
fn a_hand_worked_window() {
    // Document 1: a b a; document 2: b b. Window 2, weights 1/d. a-b: positions (0,1), (1,2) in
    // both orders: 2. a-a: (0,2) at distance 2, both orders: 2 * 1/2 = 1. b-b: 2.
    let ids = [0, 1, 0, 1, 1].map(WordId).to_vec();
    let sequences = WordSequences::new(ids, vec![3, 5]);
    let counts = count(&sequences, 2, 2, DistanceWeights::Harmonic, ContextSides::Joint);
    assert_eq!(dense(&counts), [1.0, 2.0, 2.0, 2.0]);
    // After a: b at 1, a at 2 (1/2). After b: a at 1, and in document 2 b. Then before a: b, a
    // (1/2); before b: a, b.
    let counts = count(&sequences, 2, 2, DistanceWeights::Harmonic, ContextSides::Separate);
    assert_eq!(dense(&counts), [0.5, 1.0, 1.0, 1.0, 0.5, 1.0, 1.0, 1.0]);
}

fn count_drawn(
    sequences: &WordSequences,
    n_words: usize,
    size: usize,
    context_sides: ContextSides,
    seed: u64,
) -> Vec<f64> {
    let contexts = Contexts::Window {
        size,
        distance_weights: DistanceWeights::Random,
        context_sides,
        max_contexts: None,
    };
    let settings = CountSettings { seed, ..CountSettings::default() };
    let counts = contexts.count(sequences, n_words, settings, &()).unwrap();
    assert!(!counts.is_symmetric() && !contexts.n_rows(0, n_words).1);
    dense(&counts)
}

#[test]
fn drawn_windows_count_what_linear_weights_expect_on_average() {
    // 300 times `a b c d e`: with a window of 4, d has a at distance 3, in half of the draws
    // (sizes 3 and 4); each seed draws anew.
    let n_documents = 300;
    let ids = (0..n_documents).flat_map(|_| (0..5).map(WordId)).collect();
    let sequences =
        WordSequences::new(ids, (1..=n_documents).map(|document| 5 * document).collect());
    for context_sides in [ContextSides::Joint, ContextSides::Separate] {
        let expected = dense(&count(&sequences, 5, 4, DistanceWeights::Linear, context_sides));
        let drawn: Vec<Vec<f64>> =
            (0..40).map(|seed| count_drawn(&sequences, 5, 4, context_sides, seed)).collect();
        assert_ne!(drawn[0], drawn[1]);
        assert_eq!(drawn[7], count_drawn(&sequences, 5, 4, context_sides, 7));
        for (entry, &expected) in expected.iter().enumerate() {
            let mean = drawn.iter().map(|counts| counts[entry]).sum::<f64>() / 40.0;
            // Of 12,000 draws the mean lies within five standard deviations, at most 300 * 5 *
            // 0.5 / sqrt(12000).
            assert!((mean - expected).abs() <= 7.0, "entry {entry}: {mean}, expected {expected}");
        }
    }
}

#[test]
fn the_draw_belongs_to_the_counted_token() {
    // Each of 64 words occurs once, so whoever is drawn to reach far reaches all contexts
    // within, whatever their number of neighbours.
    let sequences = WordSequences::new((0..64).map(WordId).collect(), vec![64]);
    let window = 8;
    let together = count_drawn(&sequences, 64, window, ContextSides::Joint, 3);
    let apart = count_drawn(&sequences, 64, window, ContextSides::Separate, 3);
    let (after, before) = apart.split_at(64 * 64);
    for word in 0..64usize {
        let reach = (0..64usize)
            .filter(|&i| together[i * 64 + word] > 0.0)
            .map(|i| i.abs_diff(word))
            .max()
            .unwrap();
        assert!((1..=window).contains(&reach));
        for context in 0..64usize {
            let expected = f64::from(u8::from(context != word && context.abs_diff(word) <= reach));
            assert_eq!(together[context * 64 + word], expected, "word {word} at context {context}");
            assert_eq!(after[context * 64 + word], if word > context { expected } else { 0.0 });
            assert_eq!(before[context * 64 + word], if word < context { expected } else { 0.0 });
        }
    }
}

/// A matrix that fits without a budget, and one that is counted with so little room that what
/// stands before a word is counted as well.
#[test]
fn what_stands_before_is_the_same_counted_or_turned() {
    let ids: Vec<WordId> = (0..60_000u64)
        .map(|place| WordId((bits_at(1, 2, place) % 40 * (bits_at(3, 4, place) % 40)) as u32))
        .collect();
    let sequences = WordSequences::new(ids, (1..=60).map(|document| 1000 * document).collect());
    let folder = tempfile::tempdir().unwrap();
    for max_contexts in [None, Some(1), Some(100)] {
        let contexts = Contexts::Window {
            size: 5,
            distance_weights: DistanceWeights::Harmonic,
            context_sides: ContextSides::Separate,
            max_contexts,
        };
        let count = |n_threads, bytes| {
            let settings = CountSettings {
                budget: MemoryBudget { bytes },
                temporary_folder: Some(folder.path()),
                seed: 0,
                later: 0,
            };
            let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
            pool.install(|| contexts.count(&sequences, 1600, settings, &())).unwrap()
        };
        let turned = count(2, None);
        // A megabyte for the count and its parts: less than three times what they take.
        let counted = count(1, Some((32 << 20) + (14 << 20)));
        assert!(max_contexts.is_some() || counted.memory_bytes() < turned.memory_bytes());
        assert_eq!(turned.to_csr_blocks().unwrap(), counted.to_csr_blocks().unwrap());
        assert_eq!(turned.to_csr_blocks().unwrap(), count(8, None).to_csr_blocks().unwrap());
    }
}

proptest! {
    #[test]
    fn counts_agree_with_the_definition(
        documents in prop::collection::vec(prop::collection::vec(0u32..7, 0..30), 1..6),
        window in 1usize..12,
    ) {
        let ids: Vec<WordId> = documents.iter().flatten().map(|&id| WordId(id)).collect();
        let ends = documents
            .iter()
            .scan(0, |end, document| {
                *end += document.len();
                Some(*end)
            })
            .collect();
        let sequences = WordSequences::new(ids, ends);
        for weights in [DistanceWeights::Harmonic, DistanceWeights::Linear, DistanceWeights::Flat] {
            let weight = |d: usize| match weights {
                DistanceWeights::Harmonic => 1.0 / d as f64,
                DistanceWeights::Linear => (window - d + 1) as f64 / window as f64,
                DistanceWeights::Flat | DistanceWeights::Random => 1.0,
            };
            let expected = co_occurrences_by_definition(&sequences, 7, weight, window);
            let counted = dense(&count(&sequences, 7, window, weights, ContextSides::Joint));
            let apart = dense(&count(&sequences, 7, window, weights, ContextSides::Separate));
            // Fewer contexts are the first rows, on each side.
            for (context_sides, rows) in [
                (ContextSides::Joint, counted[..21].to_vec()),
                (ContextSides::Separate, [&apart[..21], &apart[49..70]].concat()),
            ] {
                let contexts = Contexts::Window {
                    size: window,
                    distance_weights: weights,
                    context_sides,
                    max_contexts: Some(3),
                };
                let fewer = contexts.count(&sequences, 7, CountSettings::default(), &()).unwrap();
                prop_assert_eq!((fewer.n_rows(), fewer.is_symmetric()), contexts.n_rows(0, 7));
                prop_assert_eq!(dense(&fewer), rows);
            }
            let sides = apart[..49].chunks(7).zip(apart[49..].chunks(7));
            for (row, (after, before)) in sides.enumerate() {
                for (column, (after, before)) in after.iter().zip(before).enumerate() {
                    prop_assert!(
                        (after + before - counted[row * 7 + column]).abs() <= 1e-5 * after.max(1.0)
                    );
                    // What stands after i, seen from j, has i before it.
                    prop_assert_eq!(*after, apart[49 + column * 7 + row]);
                }
            }
            for (counted, expected) in counted.iter().zip(&expected) {
                prop_assert!(
                    (counted - expected).abs() <= 1e-6 * expected.max(1.0),
                    "{} {}",
                    counted,
                    expected
                );
            }
        }
    }
}

/// The same sequences in files, and in memory.
fn sequences(documents: &[Vec<u32>], folder: &std::path::Path) -> [WordSequences; 2] {
    let mut end = 0;
    let mut ends = Vec::new();
    for document in documents {
        end += document.len() as u64;
        ends.push(end);
    }
    [Some(folder), None].map(|folder| {
        let ids = ValueList::from_vec(documents.concat(), folder).unwrap();
        WordSequences::from_lists(ids, ValueList::from_vec(ends.clone(), folder).unwrap())
    })
}

proptest! {
    #[test]
    fn slices_of_any_size_give_the_counts_of_the_whole(
        documents in prop::collection::vec(prop::collection::vec(0u32..7, 0..30), 1..6),
        window in 1usize..12,
        slice_tokens in 1usize..40,
        sum_bytes in 0u64..4000,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let [on_disk, in_memory] = sequences(&documents, folder.path());
        let shares = Shares { slice_tokens, sum_bytes };
        for distance_weights in [DistanceWeights::Harmonic, DistanceWeights::Random] {
            for (context_sides, max_contexts) in [
                (ContextSides::Joint, None),
                (ContextSides::Separate, None),
                (ContextSides::Separate, Some(3)),
                (ContextSides::Joint, Some(3)),
            ] {
                let contexts = Contexts::Window {
                    size: window,
                    distance_weights,
                    context_sides,
                    max_contexts,
                };
                let settings = CountSettings { seed: 5, ..CountSettings::default() };
                let expected = contexts.count(&in_memory, 7, settings, &()).unwrap();
                let store = PartStore::new(MemoryBudget::default(), 0, None).unwrap();
                let window = Window {
                    n_words: 7,
                    n_contexts: max_contexts.unwrap_or(7),
                    size: window,
                    distance_weights,
                    context_sides,
                };
                let found =
                    Counting::new(&on_disk, window, 5, &()).in_slices(&shares, &store).unwrap();
                prop_assert_eq!(found.is_symmetric(), expected.is_symmetric());
                prop_assert_eq!(found.to_csr_blocks().unwrap(), expected.to_csr_blocks().unwrap());
            }
        }
        let found = Contexts::Documents.count(&on_disk, 7, CountSettings::default(), &()).unwrap();
        let expected =
            Contexts::Documents.count(&in_memory, 7, CountSettings::default(), &()).unwrap();
        prop_assert_eq!(found.to_csr_blocks().unwrap(), expected.to_csr_blocks().unwrap());
    }
}

#[test]
fn a_budget_without_room_for_a_slice_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let [on_disk, _] = sequences(&[vec![0, 1, 0]], folder.path());
    let contexts = Contexts::Window {
        size: 2,
        distance_weights: DistanceWeights::Flat,
        context_sides: ContextSides::Separate,
        max_contexts: None,
    };
    let count = |bytes| {
        let settings = CountSettings {
            budget: MemoryBudget { bytes: Some(bytes) },
            temporary_folder: Some(folder.path()),
            seed: 0,
            later: 0,
        };
        contexts.count(&on_disk, 2, settings, &())
    };
    assert!(matches!(
        count(MemoryBudget::FIXED_BYTES + (1 << 20)),
        Err(Error::MemoryBudget { stage: Stage::Count, .. })
    ));
    assert_eq!(count(1 << 30).unwrap().n_nonzeros(), 6);
}
