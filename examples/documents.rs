//! Documents: search by words and meaning, codes of new texts: `cargo run --release --example
//! documents`.

use std::io::Write;

use eigenlex::encode::nearest_codes;
use eigenlex::{Corpus, EmbedConfig, Result};

fn main() -> Result<()> {
    let corpus = Corpus::open("corpora/english.txt")?;
    let model = eigenlex::embed(&corpus, &EmbedConfig::documents().dim(100), &())?;

    // A code for each document, with its words.
    let codes = model.encode_documents(&corpus, &())?;
    let mut output = std::io::stdout().lock();
    for query in ["the king and the queen", "a ship at sea"] {
        for answer in model.search(&codes, query, 3)? {
            let by = answer.found_by.name();
            // A closed pipe is no reason to fail.
            let _ = writeln!(
                output,
                "{query}: document {} ({:.2}, by {by})",
                answer.document, answer.score
            );
        }
    }

    // A text that the model has never seen has a code in the same space.
    let code = model.encode("the queen of the land wears a crown")?;
    for found in nearest_codes(&codes, &code, 3, |_| false)? {
        let (document, cosine) = (found.document, found.similarity);
        let _ = writeln!(output, "near a new text: document {document} ({cosine:.2})");
    }
    Ok(())
}
