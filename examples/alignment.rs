//! Two languages in one space, with a dictionary: `cargo run --release --example alignment`.

use std::io::Write;

use eigenlex::align::{self, AlignConfig, AlignInput, AlignMethod, Dictionary};
use eigenlex::{Corpus, EmbedConfig, Result, WordVectors};

fn vectors_of(path: &str) -> Result<WordVectors> {
    let config = EmbedConfig::window().dim(100);
    Ok(eigenlex::embed(&Corpus::open(path)?, &config, &())?.vectors)
}

fn main() -> Result<()> {
    let english = vectors_of("corpora/english.txt")?;
    let spanish = vectors_of("corpora/spanish.txt")?;

    let dictionary = Dictionary::open("corpora/english-spanish.dictionary.txt")?;
    let known = dictionary.look_up(&english, &spanish);
    let map = align::align(
        &AlignInput::new(&english, "english"),
        &AlignInput::new(&spanish, "spanish"),
        AlignMethod::Supervised(&known.pairs),
        &AlignConfig::default(),
        &(),
    )?;

    let mut output = std::io::stdout().lock();
    // A closed pipe is no reason to fail.
    let _ = writeln!(output, "learned from {} pairs", known.pairs.len());
    for word in ["king", "paris", "walking"] {
        for translation in map.translate(word, &english, &spanish, 2)? {
            let _ = writeln!(output, "{word}: {} {:.3}", translation.word, translation.similarity);
        }
    }
    Ok(())
}
