//! Makes the sample corpora and their gold files, bit for bit the same each time.
//!
//! In: a folder, given as the only argument. Out: the seven files listed in `corpora/README.md`,
//! written there, and a line about each on standard error. Two texts in two languages speak about
//! one small invented world; they share its facts and frequencies, not their sentences.

mod gold;
mod random;
mod sentence;
mod world;

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use gold::Counts;
use sentence::{Topic, Writer};
use world::{Language, World};

const ENGLISH_SEED: u64 = 20_240_229;
const SPANISH_SEED: u64 = 19_360_807;
const SIMILARITY_SEED: u64 = 353;

/// Size at which a text ends, in bytes: two texts and the gold files stay below 3 MB.
const TEXT_BYTES: usize = 1_250_000;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(folder), None) = (arguments.next(), arguments.next()) else {
        report("usage: generate-corpora FOLDER");
        return ExitCode::from(2);
    };
    match generate(Path::new(&folder)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            report(&format!("error: {message}"));
            ExitCode::FAILURE
        }
    }
}

fn generate(folder: &Path) -> Result<(), String> {
    let world = World::parse(include_str!("world.txt"))?;
    let topics = sentence::parse_topics(include_str!("templates.txt"))?;
    let (english, english_counts) = text(&world, &topics, Language::English, ENGLISH_SEED)?;
    let (spanish, spanish_counts) = text(&world, &topics, Language::Spanish, SPANISH_SEED)?;
    let files = [
        ("english.txt", english),
        ("spanish.txt", spanish),
        ("english.analogies.txt", gold::analogies(&world, Language::English, &english_counts)),
        ("spanish.analogies.txt", gold::analogies(&world, Language::Spanish, &spanish_counts)),
        (
            "english.similarity.tsv",
            gold::similarity(&world, Language::English, &english_counts, SIMILARITY_SEED),
        ),
        (
            "spanish.similarity.tsv",
            gold::similarity(&world, Language::Spanish, &spanish_counts, SIMILARITY_SEED),
        ),
        (
            "english-spanish.dictionary.txt",
            gold::dictionary(&world, &english_counts, &spanish_counts),
        ),
    ];
    for (name, content) in files {
        let path = folder.join(name);
        fs::write(&path, &content)
            .map_err(|source| format!("cannot write `{}`: {source}", path.display()))?;
        report(&format!(
            "{}: {} lines, {} bytes",
            path.display(),
            content.lines().count(),
            content.len()
        ));
    }
    Ok(())
}

/// Writes one language's text, a document a line, and counts its words.
fn text(
    world: &World,
    topics: &[Topic],
    language: Language,
    seed: u64,
) -> Result<(String, Counts), String> {
    let mut writer = Writer::new(world, topics, language, seed);
    let mut text = String::with_capacity(TEXT_BYTES + 4096);
    while text.len() < TEXT_BYTES {
        text.push_str(&writer.document()?);
        text.push('\n');
    }
    let counts = gold::count_words(text.lines());
    Ok((text, counts))
}

/// Writes a line to standard error; there is nowhere to report that this failed.
fn report(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}
