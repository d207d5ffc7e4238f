//! How long queries take: neighbours and word math over 100,000 words of 300 dimensions, spellings,
//! analogy questions, and documents by their codes.
//!
//! `cargo bench --bench query`. The vectors are drawn from a seed; each answer is checked once
//! before it is timed.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use eigenlex::encode::{Codes, nearest_codes};
use eigenlex::evaluate::{Question, Questions, Section, SectionItems, analogies};
use eigenlex::query::{Expression, Lookup, Method, Search, math, nearest_spellings, neighbors};
use eigenlex::tables::TableReport;
use eigenlex::{WordId, WordVectors, Words};

const DIM: usize = 300;

/// Numbers from -1 to 1 (a linear congruential generator, Knuth's MMIX constants).
fn vectors(n_words: usize) -> WordVectors {
    let names: Vec<String> = (0..n_words).map(|id| format!("word{id}")).collect();
    let words: Words = names.iter().map(String::as_str).collect();
    let mut state = 42u64;
    let mut next = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    };
    WordVectors::new(words, DIM, (0..n_words * DIM).map(|_| next()).collect())
}

/// `n_questions` about `n_distinct` words, as the Google file asks 19,544 about 905.
fn questions(n_questions: usize, n_distinct: usize) -> Questions {
    let word = |n: usize| format!("word{}", n % n_distinct * 31);
    let questions = (0..n_questions)
        .map(|n| Question {
            words: [word(n), word(n + 1), word(n * 7 + 2)],
            answers: vec![word(n * 7 + 3)],
        })
        .collect();
    let items = SectionItems::Questions(questions);
    Questions {
        file: "seeded".to_owned(),
        sections: vec![Section { name: "all".to_owned(), items }],
        choices: Vec::new(),
        report: TableReport::default(),
    }
}

fn queries(criterion: &mut Criterion) {
    let vectors = vectors(100_000);
    let search = Search::default();
    assert_eq!(neighbors(&vectors, WordId(5), &search).map(|found| found.len()).ok(), Some(10));
    criterion.bench_function("neighbors/100000x300", |bench| {
        bench.iter(|| black_box(neighbors(&vectors, WordId(5), &search)));
    });
    let expression: Expression = "word1 - word2 + word3".parse().expect("an expression");
    let terms = expression.resolve(&Lookup::new(&vectors, &str::to_owned)).expect("known words");
    for method in [Method::Add, Method::Mul] {
        criterion.bench_function(&format!("math-{method}/100000x300"), |bench| {
            bench.iter(|| black_box(math(&vectors, &terms, method, &search)));
        });
    }
    assert!(!nearest_spellings(vectors.words(), "wrod123", 5).is_empty());
    criterion.bench_function("nearest-spellings/100000", |bench| {
        bench.iter(|| black_box(nearest_spellings(vectors.words(), "wrod123", 5)));
    });
}

/// A search over codes at several sizes, beside the same by plain loops: products, then lengths,
/// then a sort.
fn documents(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("documents");
    group.sample_size(20);
    for n in [10_000, 100_000, 400_000] {
        let data = vectors(n).as_slice().to_vec();
        let codes = Codes::new(DIM, (1..=n as u64).collect(), data);
        let query: Vec<f32> = codes.code(7).to_vec();
        let plain = |top: usize| {
            let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
            let cosine = |row: usize| {
                dot(codes.code(row), &query) / dot(codes.code(row), codes.code(row)).sqrt()
            };
            let mut scored: Vec<(f32, usize)> = (0..n).map(|row| (cosine(row), row)).collect();
            scored.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
            scored.into_iter().take(top).map(|(_, row)| row as u64 + 1).collect::<Vec<u64>>()
        };
        let found = nearest_codes(&codes, &query, 10, |_| false).expect("finite codes");
        assert_eq!(found.iter().map(|it| it.document).collect::<Vec<_>>(), plain(10));
        group.bench_function(format!("search/{n}x300"), |bench| {
            bench.iter(|| black_box(nearest_codes(&codes, &query, 10, |_| false)));
        });
        if n == 100_000 {
            group.bench_function(format!("plain/{n}x300"), |bench| {
                bench.iter(|| black_box(plain(10)))
            });
        }
    }
    group.finish();
}

fn analogy_questions(criterion: &mut Criterion) {
    let vectors = vectors(80_000);
    let questions = questions(19_544, 905);
    let mut group = criterion.benchmark_group("analogies");
    group.sample_size(10);
    for max_words in [30_000, 80_000] {
        let scores = analogies(&vectors, &questions, Some(max_words), &()).expect("finite vectors");
        assert!(scores.iter().all(|score| score.all.answered == 19_544));
        group.bench_function(format!("19544 of {max_words}x300"), |bench| {
            bench.iter(|| black_box(analogies(&vectors, &questions, Some(max_words), &())));
        });
    }
    group.finish();
}

criterion_group!(benches, queries, documents, analogy_questions);
criterion_main!(benches);
