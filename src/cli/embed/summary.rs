//! The summary of `eigenlex embed`: what was read, what was made, where it is, and two commands to
//! try.

use std::io::{self, Write};
use std::path::Path;

use eigenlex::counts::Contexts;
use eigenlex::tokenize::{CorpusReport, WordChanges};
use eigenlex::{Model, WordId};

use crate::cli::output::{bytes, count};

/// Where a word to try is looked for, by rank: behind the most frequent words, most of which belong
/// to grammar.
const RANKS: std::ops::Range<usize> = 300..1500;

/// Fewest letters of a word to try; scripts with a sign for each syllable or word need fewer.
const LETTERS: usize = 6;

/// Prints the summary. `texts` are the corpus as it was given.
pub(crate) fn print(
    output: &mut impl Write,
    model: &Model,
    path: &Path,
    texts: &[String],
    seconds: f64,
) -> io::Result<()> {
    let it = &model.provenance;
    let peak = it.stages.iter().filter_map(|stage| stage.peak_memory_bytes).max();
    let memory = peak.map_or_else(String::new, |peak| format!(", peak memory {}", bytes(peak)));
    // A network learns from passages.
    let n_read: Option<u64> = it.corpus.sources.iter().map(|source| source.n_documents).sum();
    let read = match n_read.filter(|_| it.config.document_tokens.is_some()) {
        Some(n_read) => format!("{} in {} passages", documents(n_read), count(it.n_documents)),
        None => documents(it.n_documents),
    };
    writeln!(output, "read      {read}, {} tokens", count(it.n_tokens))?;
    if let Some(changes) = changes(&it.corpus.words) {
        writeln!(output, "text      {changes}")?;
    }
    if let Some(line) = full_stops(&it.corpus) {
        writeln!(output, "sentences {line}")?;
    }
    if it.corpus.joined_words > 0 {
        let n = it.corpus.joined_words;
        writeln!(output, "lines     {} words broken at the end of a line joined", count(n))?;
    }
    writeln!(
        output,
        "words     {} of {} kept, {} dimensions",
        count(it.n_words),
        count(it.n_distinct_words),
        it.dim
    )?;
    writeln!(output, "time      {seconds:.1} s{memory}")?;
    writeln!(output, "model     {}", path.display())?;
    writeln!(output, "digest    {}", it.digest)?;
    if it.config.network.is_none() && !it.spectrum.converged && it.config.power_iterations.is_none()
    {
        writeln!(
            output,
            "warning   the decomposition stopped before it reached --tolerance; raise \
             --max-products"
        )?;
    }
    for (number, command) in commands(model, path, texts).iter().enumerate() {
        writeln!(output, "{:<9} {command}", if number == 0 { "try" } else { "" })?;
    }
    Ok(())
}

/// What full stops were found to end no sentence, if any were.
fn full_stops(corpus: &CorpusReport) -> Option<String> {
    let it = corpus.abbreviations.filter(|it| it.n_stops > 0)?;
    let found = match it.n_found {
        0 => String::new(),
        1 => " (1 abbreviation learnt from the texts)".to_owned(),
        n => format!(" ({} abbreviations learnt from the texts)", count(n)),
    };
    let stops = if it.n_stops == 1 { "full stop ends" } else { "full stops end" };
    Some(format!("{} {stops} an abbreviation and no sentence{found}", count(it.n_stops)))
}

/// What the tokenizer dropped and replaced; `None` for nothing.
fn changes(it: &WordChanges) -> Option<String> {
    let one_or_more = |number: u64, noun: &str, done: &str| {
        let plural = if number == 1 { "" } else { "s" };
        (number > 0).then(|| format!("{} {noun}{plural} {done}", count(number)))
    };
    let all = [
        one_or_more(it.invisible, "invisible character", "dropped"),
        one_or_more(it.apostrophes, "apostrophe", "unified"),
        one_or_more(it.tatweel, "tatweel", "dropped"),
        one_or_more(it.intonation, "Armenian intonation mark", "dropped"),
        one_or_more(it.normalized, "word", "normalised"),
    ];
    let all: Vec<String> = all.into_iter().flatten().collect();
    (!all.is_empty()).then(|| all.join(", "))
}

fn documents(number: u64) -> String {
    format!("{} document{}", count(number), if number == 1 { "" } else { "s" })
}

/// Two commands that work when they are pasted into a shell.
fn commands(model: &Model, path: &Path, texts: &[String]) -> Vec<String> {
    let [word, other] = words_to_try(model);
    let (place, spelling) = (quoted_path(&path.to_string_lossy()), |id: WordId| {
        quoted(model.vectors.words().spelling(id))
    });
    let neighbors = format!("eigenlex neighbors {place} {}", spelling(word));
    let is_of_documents = model.provenance.config.contexts == Contexts::Documents;
    let known = |words: &[&str]| words.iter().all(|word| model.vectors.id(word).is_some());
    let second = if is_of_documents && !texts.iter().any(|text| text == "-") {
        let texts: Vec<String> = texts.iter().map(|text| quoted_path(text)).collect();
        format!("eigenlex search {place} {} --in {}", spelling(word), texts.join(" "))
    } else if known(&["king", "man", "woman"]) {
        format!("eigenlex math {place} 'king - man + woman'")
    } else {
        format!("eigenlex similarity {place} {} {}", spelling(word), spelling(other))
    };
    vec![neighbors, second]
}

/// Two words of letters that occur in few documents for how frequent they are, since such words
/// have a meaning of their own. The same for the same model.
fn words_to_try(model: &Model) -> [WordId; 2] {
    let n_words = model.vectors.len();
    let is_usual = |id: &WordId| {
        let word = model.vectors.words().spelling(*id);
        let least =
            if word.chars().all(|character| u32::from(character) < 0x2E80) { LETTERS } else { 2 };
        word.chars().all(char::is_alphabetic) && word.chars().count() >= least
    };
    let burst = |id: &WordId| {
        model.counts[id.index()] as f64 / model.document_frequencies[id.index()].max(1) as f64
    };
    let ids = |ranks: std::ops::Range<usize>| {
        (ranks.start.min(n_words)..ranks.end.min(n_words)).map(|rank| WordId(rank as u32))
    };
    let mut candidates: Vec<WordId> = ids(RANKS).filter(is_usual).collect();
    if candidates.len() < 2 {
        candidates = ids(0..RANKS.end).filter(is_usual).collect();
    }
    candidates.sort_by(|a, b| burst(b).total_cmp(&burst(a)).then(a.cmp(b)));
    let first = candidates.first().copied().unwrap_or(WordId(0));
    let second = candidates.get(1).copied().unwrap_or(WordId((n_words > 1) as u32));
    [first, second]
}

/// A path as a POSIX shell takes it, which no program mistakes for an option.
fn quoted_path(path: &str) -> String {
    if path.starts_with('-') { quoted(&format!("./{path}")) } else { quoted(path) }
}

/// An argument as a POSIX shell takes it.
fn quoted(argument: &str) -> String {
    let is_plain = |character: char| character.is_alphanumeric() || "/._-+,:@%".contains(character);
    if !argument.is_empty() && argument.chars().all(is_plain) {
        return argument.to_owned();
    }
    format!("'{}'", argument.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_named_if_there_are_any() {
        assert_eq!(changes(&WordChanges::default()), None);
        let all = WordChanges {
            invisible: 1304,
            apostrophes: 1,
            tatweel: 2,
            intonation: 3,
            normalized: 4,
        };
        assert_eq!(
            changes(&all).unwrap_or_default(),
            "1,304 invisible characters dropped, 1 apostrophe unified, 2 tatweels dropped, \
             3 Armenian intonation marks dropped, 4 words normalised"
        );
    }

    #[test]
    fn arguments_are_quoted_where_a_shell_would_read_them() {
        let given = ["model", "my model", "a'b", "-x", "straße/été.model", "", "$HOME"];
        assert_eq!(
            given.map(quoted_path),
            ["model", "'my model'", r"'a'\''b'", "./-x", "straße/été.model", "''", "'$HOME'"]
        );
    }
}
