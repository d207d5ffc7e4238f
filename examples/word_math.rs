//! From a text to word math with the library alone: `cargo run --release --example word_math`.

use std::io::Write;

use eigenlex::query::{self, Expression, Method, Search};
use eigenlex::{Corpus, EmbedConfig, OnBadUtf8, Result};

fn main() -> Result<()> {
    // The sample of this repository: one document a line.
    let corpus = Corpus::open(&["corpora/english.txt"], None, OnBadUtf8::Error)?;

    let mut config = EmbedConfig::default();
    config.svd.rank = 100 + config.drop_components;
    let model = eigenlex::embed(&corpus, &config, &())?;

    let mut output = std::io::stdout().lock();
    for question in ["king - man + woman", "paris - france + italy", "2*rome - italy"] {
        let expression: Expression = question.parse()?;
        // The words of a query go through the tokenizer that cut the corpus.
        let words = expression.resolve(&model.vectors, &|word| model.tokenizer.normalize(word))?;
        let answers = query::math(
            &model.vectors,
            &words,
            Method::Mul,
            &Search { top: 3, ..Search::default() },
        )?;
        let answers: Vec<String> = answers
            .iter()
            .map(|answer| format!("{} {:.3}", answer.word, answer.similarity))
            .collect();
        // A closed pipe is no reason to fail.
        let _ = writeln!(output, "{question}: {}", answers.join(", "));
    }
    let _ = writeln!(output, "digest {}", model.provenance.digest);
    Ok(())
}
