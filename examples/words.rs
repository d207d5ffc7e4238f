//! Word math from a text: `cargo run --release --example words`.

use std::io::Write;

use eigenlex::{Corpus, EmbedConfig, Result};

fn main() -> Result<()> {
    // The sample of this repository: one document a line.
    let corpus = Corpus::open("corpora/english.txt")?;
    let model = eigenlex::embed(&corpus, &EmbedConfig::window().dim(100), &())?;

    let mut output = std::io::stdout().lock();
    for question in ["king - man + woman", "paris - france + italy", "2*rome - italy"] {
        let answers: Vec<String> = model
            .math(question)?
            .iter()
            .take(3)
            .map(|answer| format!("{} {:.3}", answer.word, answer.similarity))
            .collect();
        // A closed pipe is no reason to fail.
        let _ = writeln!(output, "{question}: {}", answers.join(", "));
    }
    for neighbor in model.neighbors("queen", 3)? {
        let _ = writeln!(output, "near queen: {} {:.3}", neighbor.word, neighbor.similarity);
    }
    let _ = writeln!(output, "king and queen: {:.3}", model.similarity("king", "queen")?);
    let _ =
        writeln!(output, "odd one out: {}", model.odd_one_out(&["paris", "rome", "king"])?[0].word);
    let _ = writeln!(output, "digest {}", model.provenance.digest);
    Ok(())
}
