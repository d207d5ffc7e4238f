//! The search for a recipe, to be run again: each trial counts, weights and decomposes a corpus in
//! its own way and scores the vectors.
//!
//!     cargo bench --bench recipes -- [--sentences] CORPUS EVALUATION_SETS OUTPUT.tsv [TRIAL...]
//!
//! With `--sentences` windows end where sentences do, else with documents. EVALUATION_SETS is a
//! folder with `questions-words.txt` and `*.tsv` of scored pairs. A TRIAL is a list of settings
//! like `window=5,rows=0.25,p=0.25/0.5`; without one, the trials of `docs/benchmarks/recipes.md`
//! are run. Lines are added to OUTPUT as they come.
//!
//! Every score comes in two halves: questions and pairs of even number, on which the recipe is
//! picked, and those of odd number, on which it is reported.

#![expect(clippy::disallowed_methods, reason = "times, not bits, are compared")]

mod score;
mod trial;

use std::error::Error;
use std::fs::OpenOptions;
use std::io::Write;
use std::time::Instant;

use eigenlex::tokenize::{Tokenizer, Tokens};
use eigenlex::vocab::Vocab;
use eigenlex::weighting::dispersion;
use eigenlex::{Corpus, EmbedConfig};

use crate::score::Sets;
use crate::trial::Trial;

/// The trials of `docs/benchmarks/recipes.md`, in its order.
const TRIALS: &[&str] = &[
    "p=0.25/0.5/0.75,drop=0/1",
    "near=1",
    "columns=0.15",
    "rows=0.3,columns=0.2",
    "contexts=5000",
    "contexts=10000,rank=501,p=0.25/0.5,dim=300/500",
    "contexts=20000",
    "near=2,contexts=20000",
    "contexts=20000,columns=0.3",
    "contexts=20000,rows=0.2",
    "contexts=20000,power=0.6,rows=0.3,columns=0.3",
    "contexts=20000,power=0.4,rows=0.2,columns=0.2",
    "contexts=20000,window=5",
    "contexts=20000,window=15,p=0.4/0.5/0.6,drop=1/2",
    "contexts=20000,window=20",
    "contexts=25000,window=15",
    "contexts=30000,window=15",
    "contexts=20000,window=15,fit=30000",
    "contexts=20000,window=15,rows=0.3,p=0.25/0.5",
    "contexts=20000,window=15,rows=0.35",
    "contexts=20000,window=15,rank=601,p=0.25/0.5,dim=100/200/400/500/600",
    "documents=30,transform=log-entropy",
    "documents=30,transform=tf-idf",
    "documents=30,drop=0/1",
    "documents=100,transform=log-entropy,p=0.5/1,drop=0/1",
    "documents=100",
    "documents=150,rows=0.3",
    "documents=200,transform=log-entropy,p=0.75/1",
    "documents=200,p=0.5/0.75",
    "documents=400,p=0.5/0.75",
];

const USAGE: &str = "\
usage: cargo bench --bench recipes -- [--sentences] CORPUS EVALUATION_SETS OUTPUT.tsv [TRIAL...]
";

fn main() -> Result<(), Box<dyn Error>> {
    let (flags, arguments): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|argument| argument.starts_with("--"));
    let [corpus, sets, output, trials @ ..] = arguments.as_slice() else {
        // `cargo bench` runs every benchmark; this one needs a corpus.
        return Ok(std::io::stdout().write_all(USAGE.as_bytes())?);
    };
    let trials: Vec<&str> = if trials.is_empty() {
        TRIALS.to_vec()
    } else {
        trials.iter().map(String::as_str).collect()
    };
    let trials: Vec<Trial> = trials.into_iter().map(str::parse).collect::<Result<_, _>>()?;

    let config = EmbedConfig::default();
    let tokenizer = Tokenizer::new(&config.tokenizer)?;
    let sets = Sets::read(sets.as_ref(), &tokenizer)?;
    let read = if flags.iter().any(|flag| flag == "--sentences") {
        Tokens::read_sentences
    } else {
        Tokens::read
    };
    let tokens = read(&Corpus::open(corpus)?, &tokenizer, config.memory, &())?;
    let (vocab, sequences) = Vocab::count(tokens, config.cutoff, &())?;
    let dispersion = dispersion(&vocab.counts, &vocab.stretches);

    let is_new = !std::path::Path::new(output).exists();
    let mut output = OpenOptions::new().create(true).append(true).open(output)?;
    if is_new {
        writeln!(output, "{}\tseconds", sets.heading())?;
    }
    for trial in trials {
        let start = Instant::now();
        let spaces = trial.run(&sequences, &vocab.words, &dispersion)?;
        let seconds = start.elapsed().as_secs_f64();
        for (name, vectors) in spaces {
            writeln!(output, "{}\t{seconds:.0}", sets.row(&name, &vectors)?)?;
        }
    }
    Ok(())
}
