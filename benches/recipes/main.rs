//! The search for a recipe, to be run again: each trial counts, weights and decomposes a corpus in its own way and scores the vectors.
//!
//!     cargo bench --bench recipes -- CORPUS EVALUATION_SETS OUTPUT.tsv [TRIAL...]
//!
//! EVALUATION_SETS is a folder with `questions-words.txt` and `*.tsv` of scored pairs. A TRIAL is a list of settings like
//! `window=5,rows=0.25,p=0.25/0.5`; without one, the trials of `docs/recipes.md` are run. Lines are added to OUTPUT as they come.
//!
//! Every score comes in two halves: questions and pairs of even number, on which the recipe is picked, and those of odd number, on which it
//! is reported.

mod score;
mod trial;

use std::error::Error;
use std::fs::OpenOptions;
use std::io::Write;
use std::time::Instant;

use eigenlex::{Corpus, EmbedConfig, OnBadUtf8, Tokenizer, Tokens, Vocab};

use crate::score::Sets;
use crate::trial::Trial;

/// The trials of `docs/recipes.md`, in its order.
const TRIALS: &[&str] = &[
    "sides=together",
    "",
    "window=5",
    "window=20",
    "weights=linear,window=5",
    "weights=flat,window=5",
    "power=0.4",
    "power=0.6",
    "rows=0.3,columns=0.2",
    "rows=0.2,columns=0.3",
    "rows=0.3",
    "columns=0.2",
    "columns=0.15",
    "contexts=30000",
    "contexts=10000",
    "fit=30000",
    "near=1",
    "near=2",
    "transform=ppmi,smoothing=0.75",
    "transform=log",
    "tolerance=1e-4",
    "rank=501,dim=100/200/300/500",
];

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let [corpus, sets, output, trials @ ..] = arguments.as_slice() else {
        // `cargo bench` runs every benchmark; this one needs a corpus.
        return Ok(std::io::stdout().write_all(b"usage: cargo bench --bench recipes -- CORPUS EVALUATION_SETS OUTPUT.tsv [TRIAL...]\n")?);
    };
    let trials: Vec<&str> = if trials.is_empty() { TRIALS.to_vec() } else { trials.iter().map(String::as_str).collect() };
    let trials: Vec<Trial> = trials.into_iter().map(str::parse).collect::<Result<_, _>>()?;

    let config = EmbedConfig::default();
    let tokenizer = Tokenizer::new(&config.tokenizer)?;
    let sets = Sets::read(sets.as_ref(), &tokenizer)?;
    let tokens = Tokens::read(&Corpus::open(&[corpus], None, OnBadUtf8::Error)?, &tokenizer, config.memory, &())?;
    let (vocab, sequences) = Vocab::count(tokens, config.cutoff, &())?;

    let is_new = !std::path::Path::new(output).exists();
    let mut output = OpenOptions::new().create(true).append(true).open(output)?;
    if is_new {
        writeln!(output, "{}\tseconds", sets.heading())?;
    }
    for trial in trials {
        let start = Instant::now();
        let spaces = trial.run(&sequences, &vocab.words)?;
        let seconds = start.elapsed().as_secs_f64();
        for (name, vectors) in spaces {
            writeln!(output, "{}\t{seconds:.0}", sets.row(&name, &vectors)?)?;
        }
    }
    Ok(())
}
