//! How fast texts become tokens, in MB/s a core: the tokenizer alone, and reading with a table of
//! all spellings (`Tokens::read` on one thread).
//!
//!     cargo bench --bench tokenize -- [FILE...]
//!
//! Without files the texts are drawn from a seed: words of syllables with frequencies after Zipf's
//! law, in scripts and with punctuation that take different ways through the code. The best of five
//! runs is printed, since other programs only make a run slower.

#![expect(clippy::disallowed_methods, reason = "times, not bits, are compared")]
#![expect(clippy::print_stdout, reason = "a benchmark prints its results")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use eigenlex::tokenize::{Tokenizer, TokenizerConfig, Tokens, WordsConfig};
use eigenlex::{Corpus, MemoryBudget};

const RUNS: usize = 5;
/// Bytes of each drawn text.
const BYTES: usize = 20_000_000;

/// A script: the syllables of its words, and what stands between words.
struct Script {
    name: &'static str,
    syllables: &'static [&'static str],
    between: &'static [&'static str],
}

const SCRIPTS: [Script; 6] = [
    Script {
        name: "English, typewriter",
        syllables: &["the", "ing", "re", "con", "ta", "mo", "st", "er", "an", "Li"],
        between: &[" ", " ", " ", " ", " ", " ", ", ", ". ", " \"", "'s "],
    },
    Script {
        name: "English, typographic",
        syllables: &["the", "ing", "re", "con", "ta", "mo", "st", "er", "an", "Li"],
        between: &[" ", " ", " ", " ", " ", " — ", ", ", ".” ", " “", "’s "],
    },
    Script {
        name: "French",
        syllables: &["le", "ment", "té", "con", "è", "que", "ou", "ê", "ra", "Ç"],
        between: &[" ", " ", " ", " ", " ", " ", ", ", "\u{202F}! ", " «\u{A0}", "’"],
    },
    Script {
        name: "Russian",
        syllables: &["по", "ра", "ние", "сто", "ко", "ль", "ва", "е", "ть", "Ма"],
        between: &[" ", " ", " ", " ", " ", " ", ", ", ". ", " — ", " «"],
    },
    Script {
        name: "Hindi",
        syllables: &["का", "में", "हि", "न्दी", "स्", "था", "ने", "ढ़", "र", "बा"],
        between: &[" ", " ", " ", " ", " ", " ", " ", ", ", "। ", " "],
    },
    Script {
        name: "Arabic with tatweel",
        syllables: &["ال", "كتا", "بة", "مد", "رس", "سـ", "لا", "م", "ين", "في"],
        between: &[" ", " ", " ", " ", " ", " ", " ", "، ", ". ", " "],
    },
];

/// Numbers from 0 to 1 (a linear congruential generator, Knuth's MMIX constants).
fn draws() -> impl FnMut() -> f64 {
    let mut state = 42u64;
    move || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// A text of the script: the word of rank r is drawn with a probability of about 1/r.
fn drawn(script: &Script) -> String {
    let mut draw = draws();
    let mut text = String::with_capacity(BYTES + 100);
    while text.len() < BYTES {
        let mut rank = (50_000f64.ln() * draw()).exp() as usize;
        while rank > 0 {
            text.push_str(script.syllables[rank % 10]);
            rank /= 10;
        }
        text.push_str(script.between[(draw() * 10.0) as usize]);
        if draw() < 0.01 {
            text.push('\n');
        }
    }
    text
}

/// Megabytes a second of the fastest run.
fn speed(n_bytes: usize, mut run: impl FnMut()) -> f64 {
    let times = (0..RUNS).map(|_| {
        let start = Instant::now();
        run();
        start.elapsed()
    });
    n_bytes as f64 / 1e6 / times.min().unwrap_or(Duration::MAX).as_secs_f64()
}

fn measure(name: &str, text: &str) {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    std::fs::write(file.path(), text).expect("a file that was just made");
    let corpus = Corpus::open(file.path()).expect("a file that is there");
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("one thread");
    let mut line = format!("{name:<24}");
    for config in [TokenizerConfig::Whitespace, TokenizerConfig::Words(WordsConfig::default())] {
        let tokenizer = Tokenizer::new(&config).expect("a tokenizer without files");
        let mut n_tokens = 0usize;
        let alone = speed(text.len(), || {
            n_tokens = 0;
            for line in text.split_inclusive('\n') {
                let count = |token: &str| n_tokens += usize::from(!black_box(token).is_empty());
                tokenizer.tokenize(line, count).expect("no file to fail");
            }
        });
        let read = speed(text.len(), || {
            let tokens =
                one.install(|| Tokens::read(&corpus, &tokenizer, MemoryBudget::default(), &()));
            assert_eq!(tokens.expect("a corpus with words").n_tokens(), n_tokens);
        });
        line += &format!(" {alone:>10.0} {read:>10.0}");
    }
    println!("{line}");
}

fn main() {
    println!("{:<24} {:>21} {:>21}", "MB/s a core", "whitespace", "words");
    println!("{:<24} {:>10} {:>10} {:>10} {:>10}", "", "alone", "read", "alone", "read");
    // Cargo adds `--bench`.
    let files: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    for path in &files {
        let text = std::fs::read_to_string(path).expect("a text in UTF-8");
        measure(path.rsplit('/').next().unwrap_or(path), &text);
    }
    if files.is_empty() {
        for script in &SCRIPTS {
            measure(script.name, &drawn(script));
        }
    }
}
