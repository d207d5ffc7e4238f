//! What to do about an error: the library's errors are data and know no flag, the program's hints
//! name flags and commands.
//!
//! In: an error. Out: its message, and in a second line that begins with `hint:` a remedy, where
//! one is known.

mod foreign;
mod sets;

use std::io;
use std::path::Path;

use eigenlex::query::Expression;
use eigenlex::{ArchiveFault, EncodingGuess, Error, FileKind, Lever, Stage, Visible, shortened};

use super::refusal::Refusal;
use super::vector_files;

/// What went wrong, with its contexts and a hint; the library's errors name their cause themselves.
pub(crate) fn message(error: &anyhow::Error) -> String {
    let mut parts = Vec::new();
    let mut remedy = None;
    for cause in error.chain() {
        parts.push(Visible(cause.to_string()).to_string());
        if let Some(error) = cause.downcast_ref::<Error>() {
            remedy = hint(error);
            break;
        }
        if let Some(refusal) = cause.downcast_ref::<Refusal>() {
            remedy = refusal.hint();
            break;
        }
        let system = cause.downcast_ref::<io::Error>().map(io::Error::kind);
        if system == Some(io::ErrorKind::AddrInUse) {
            remedy = Some("give another `--port`; `--port 0` takes a free one".to_owned());
        }
    }
    let message = parts.join(": ");
    remedy.map_or(message.clone(), |remedy| format!("{message}\nhint: {}", Visible(remedy)))
}

/// What a person can do about an error.
fn hint(error: &Error) -> Option<String> {
    let fixed = match error {
        Error::MemoryBudget { levers, .. } => return Some(less_memory(levers)),
        Error::UnknownWord { word, suggestions } => {
            return word_math(word).or_else(|| of_unknown(suggestions));
        }
        Error::UnspacedExpression { spaced, .. } => {
            let spaced = shortened(spaced);
            return Some(format!("to compute with the words in it, put spaces: `{spaced}`"));
        }
        Error::RankTooLarge { n_rows, n_columns, .. } => {
            let largest = (*n_rows).min(*n_columns);
            let to = if largest == 0 { String::new() } else { format!(" to at most {largest}") };
            return Some(format!("lower --rank{to}"));
        }
        Error::DimTooLarge { dropped, n_rows, n_columns, .. } => {
            return Some(smaller_dim(*dropped, *n_rows, *n_columns));
        }
        Error::TooManyClusters { n_points, .. } => {
            return Some(format!("ask for at most {n_points}"));
        }
        Error::DifferentDimensions { source_dim, target_dim } => {
            let least = source_dim.min(target_dim);
            return Some(format!("pass --dim {least} to keep the first {least} of both"));
        }
        Error::UnequalDimensions { least, .. } => {
            return Some(format!("pass --dim {least} to keep the first {least} of all"));
        }
        Error::Io { source, .. } => return of_io(source).map(str::to_owned),
        Error::WrongKind { path, found: FileKind::Foreign(format), needed: FileKind::Vectors } => {
            return Some(foreign::vectors_from(*format, path));
        }
        Error::WrongKind { needed, found, .. } => way_to(*needed, *found),
        Error::OtherSet { path, found, needed } => {
            return Some(sets::reader_of(path, *found, *needed));
        }
        Error::WithoutFeature { path, format, feature, needed: FileKind::Vectors } => {
            return Some(foreign::vectors_with_feature(path, *format, feature));
        }
        Error::WithoutFeature { path, feature, .. } => {
            return Some(foreign::with_feature(path, feature));
        }
        Error::OtherFormat { format, .. } => foreign::text_from(*format)?,
        Error::BadUtf8 { guess, .. } => return Some(other_encoding(*guess)),
        Error::BadEncoding { .. } => {
            "give another --encoding, or leave it out if the file is UTF-8; if the file is \
             damaged, mend that line"
        }
        Error::OtherByteOrderMark { .. } => "leave out --encoding: the mark says what it is",
        Error::ControlCharacter { .. } => {
            "texts of a corpus can be read with --on-bad-text replace or skip"
        }
        Error::NoByteOrderMark { encoding, .. } => {
            return Some(format!("pass --encoding {}", encoding.to_lowercase()));
        }
        Error::Archive { path, fault, .. } => return of_archive(path, fault),
        Error::Malformed { expected, found, .. } if is_of_vectors(expected, found).is_some() => {
            is_of_vectors(expected, found)?
        }
        Error::Malformed { path, expected, .. } if is_of_a_row(expected) => {
            let path = path.display();
            return Some(format!(
                "`eigenlex doctor {path} --repair OUTPUT` leaves out what is broken"
            ));
        }
        Error::Malformed { expected, .. } => of_missing_text(expected)?,
        Error::NotOfEncoder { what, .. } => other_encoder(what)?,
        Error::ZeroMatrix { stage, .. } => of_zeros(*stage),
        Error::Tokenizer { reason, .. } if reason.starts_with("it has not answered within") => {
            "raise `--tokenizer-timeout` where the texts are read, if the command is only slow"
        }
        Error::NotFinite { stage: Stage::Train, .. } => "lower --learning-rate",
        Error::FewPairs { usable: 0, .. } => {
            "check that the dictionary's columns are source and target in this order, or align \
             with --unsupervised"
        }
        Error::FewPairs { .. } => {
            "pass --refine to grow the dictionary from these pairs, lower --dim, or align with \
             --unsupervised"
        }
        Error::FewSharedWords { shared: 0, .. } => "slices are models of one language",
        Error::FewSharedWords { .. } => "lower --dim, or raise --self-learning-words",
        other => of_kind(other)?,
    };
    Some(fixed.to_owned())
}

/// The hints that do not depend on the data of the error.
fn of_kind(error: &Error) -> Option<&'static str> {
    Some(match error {
        Error::DiskFull { .. } => "free some space, or choose another place with --output",
        Error::Glob { .. } => {
            "`*` matches within a folder, `**` across folders; quote the pattern so that the shell \
             leaves it alone"
        }
        Error::Decompress { .. } => "the file is truncated or damaged; fetch it again",
        Error::EmptyCorpus { .. } => "check the paths, and that the tokenizer suits the script",
        Error::NoWordPasses { .. } => "lower --min-count",
        Error::DifferentLines { .. } => "keep empty lines where a translation is missing",
        Error::OutputExists { .. } => "choose another name, or pass --force to replace it",
        Error::NotReplaceable { .. } => "choose another name, or remove it yourself",
        Error::InUse { .. } => "wait until it has ended, or choose another name with --output",
        Error::Expression { .. } => {
            "write it as `king - man + woman`, `2*(king - man)` or `king : man :: queen : ?`, with \
             spaces around + and -, and quotes around words that contain spaces or signs"
        }
        Error::NewerModel { .. } => "install a newer eigenlex",
        Error::NoEncoder => "it was made by an earlier version; embed its corpus again",
        Error::NoNGrams => "embed the texts again, as windows and without `--subwords 0`",
        Error::OtherTexts { .. } => "give the texts that were encoded, or encode these",
        Error::OtherModel { .. } => "encode the documents again with this model",
        _ => return None,
    })
}

/// `raise --memory, or lower --dim or --max-words, or raise --min-count`.
fn less_memory(levers: &[Lever]) -> String {
    let (mut lowered, mut others) = (Vec::new(), Vec::new());
    for lever in levers {
        match lever {
            Lever::Dim => lowered.push("--dim"),
            Lever::Rank => lowered.push("--rank"),
            Lever::MaxBasis => lowered.push("--max-basis"),
            Lever::WindowSize => lowered.push("--window"),
            Lever::MaxWords => lowered.push("--max-words"),
            Lever::FitWords => lowered.push("--fit-words"),
            Lever::HiddenSize => lowered.push("--hidden-size"),
            Lever::BatchSize => lowered.push("--batch-size"),
            Lever::SelfLearningWords => lowered.push("--self-learning-words"),
            Lever::CorpusSize => lowered.push("the size of the corpus"),
            Lever::MinCount => others.push("raise --min-count"),
            Lever::PhraseMinCount => others.push("raise --phrase-min-count"),
            Lever::Subwords => others.push("give --subwords 0"),
            _ => {}
        }
    }
    let mut hint = "raise --memory".to_owned();
    if let Some((last, first)) = lowered.split_last() {
        let first = first.join(", ");
        let or = if first.is_empty() { "" } else { " or " };
        hint += &format!(", or lower {first}{or}{last}");
    }
    others.iter().for_each(|other| hint += &format!(", or {other}"));
    hint
}

/// Where a word is an expression: the command that computes.
fn word_math(word: &str) -> Option<String> {
    let expression: Expression = word.parse().ok()?;
    let is_sum = expression.terms().len() > 1;
    is_sum.then(|| format!("word math is `eigenlex math MODEL '{}'`", shortened(word)))
}

/// What an unknown word may have meant, and that it may be in a row that was not read.
fn of_unknown(suggestions: &[String]) -> Option<String> {
    let limit = vector_files::limit();
    let limit = limit.map(|it| format!("only the first {it} rows were read (--limit)"));
    match (did_you_mean(suggestions), limit) {
        (Some(meant), Some(limit)) => Some(format!("{limit}; {meant}")),
        (meant, limit) => meant.or(limit),
    }
}

fn did_you_mean(suggestions: &[String]) -> Option<String> {
    let quoted: Vec<String> = suggestions.iter().map(|word| format!("`{word}`")).collect();
    (!quoted.is_empty()).then(|| format!("did you mean {}?", quoted.join(", ")))
}

fn smaller_dim(dropped: usize, n_rows: usize, n_columns: usize) -> String {
    let largest = n_rows.min(n_columns).saturating_sub(dropped);
    let more =
        if n_rows < n_columns { "cut the corpus into more documents" } else { "lower --min-count" };
    match (largest, dropped) {
        (0, 0 | 1) => format!("give more texts, or {more}"),
        (0, _) => format!("give more texts, or {more}, or lower --drop-components"),
        _ => format!("lower --dim to at most {largest}, or {more}"),
    }
}

/// What to do about the failures that a wrong name leads to.
fn of_io(source: &io::Error) -> Option<&'static str> {
    match source.kind() {
        io::ErrorKind::IsADirectory => Some("it is a folder, and a file is needed"),
        io::ErrorKind::NotADirectory => Some("a part of the path is a file, not a folder"),
        _ => None,
    }
}

/// What to do about bytes that are not UTF-8. For texts they can be replaced too.
fn other_encoding(guess: EncodingGuess) -> String {
    match guess {
        EncodingGuess::Other(guess) => format!(
            "the text looks like {guess}; if it is, use --encoding {}; texts of a corpus can also \
             be read with --on-bad-text replace or skip",
            guess.to_lowercase()
        ),
        EncodingGuess::MostlyUtf8 => "the rest is UTF-8: mend that line; texts of a corpus can \
                                      also be read with --on-bad-text replace or skip"
            .to_owned(),
        EncodingGuess::CutOff => "the last character is cut off: fetch the file again, or read a \
                                  corpus with --on-bad-text replace"
            .to_owned(),
        _ => "give its encoding with --encoding, such as windows-1252, windows-1251, gbk or \
                 shift_jis; texts of a corpus can also be read with --on-bad-text replace or skip"
            .to_owned(),
    }
}

fn of_archive(path: &Path, fault: &ArchiveFault) -> Option<String> {
    Some(match fault {
        ArchiveFault::Damaged(_) => {
            "the archive is truncated or damaged; fetch it again".to_owned()
        }
        ArchiveFault::NotSeekable => "unpack it first, or give the file itself".to_owned(),
        ArchiveFault::Encrypted { .. } | ArchiveFault::Method { .. } => {
            "unpack it first".to_owned()
        }
        ArchiveFault::Sparse { .. } => "pack it again without `tar --sparse`".to_owned(),
        ArchiveFault::Several { names, .. } | ArchiveFault::NoMember { names, .. } => {
            let name = names.first()?;
            format!("name the file wanted as ARCHIVE/FILE, such as `{}`", path.join(name).display())
        }
        _ => return None,
    })
}

/// What to do about a structured file that has no `text`.
fn of_missing_text(expected: &str) -> Option<&'static str> {
    if expected.starts_with("a column `text`, or ") {
        Some("name the column with --column; if the file is plain text, pass --reader text")
    } else if expected == "a field `text`" {
        Some("name the field that holds the text with --field, such as --field body.text")
    } else {
        None
    }
}

/// What to do about a file of vectors that no repair can mend.
fn is_of_vectors(expected: &str, found: &str) -> Option<&'static str> {
    let field = found.strip_prefix('`').and_then(|it| it.split('`').next()).unwrap_or_default();
    let with_point = field.replacen(',', ".", 1);
    let is_of_number = is_of_a_row(expected) || expected == "at least one good vector";
    if is_of_number && field.contains(',') && with_point.parse::<f64>().is_ok() {
        Some("write the numbers with a decimal point, not with a comma")
    } else if expected.starts_with("a header that says ") {
        Some("mend the first line of the file, or remove it")
    } else if expected.starts_with("a list of words beside it") {
        Some("name the list with --vocabulary FILE: a word a line, in the order of the rows")
    } else {
        None
    }
}

/// Whether a row of a file of vectors is broken.
fn is_of_a_row(expected: &str) -> bool {
    (expected.starts_with("a word and ") && expected.ends_with(" numbers"))
        || expected.ends_with(" finite numbers after the word")
        || expected.ends_with(" numbers for each word")
}

fn other_encoder(what: &str) -> Option<&'static str> {
    match what {
        "generate" => Some("make a model with --encoder vae, whose loss is multinomial"),
        "spectrum" => Some("`evaluate --held-out` measures its losses"),
        "held-out losses" => Some("`evaluate --held-out` measures those of any encoder"),
        "stability" => Some("embed the halves of the corpus yourself, and compare `neighbors`"),
        _ => None,
    }
}

fn of_zeros(stage: Stage) -> &'static str {
    match stage {
        Stage::Read => "a matrix of zeros has no singular vectors; check how the file was written",
        Stage::Subsample => "subsampling leaves nothing: raise --subsample",
        Stage::Weight => {
            "the weighting leaves nothing: the corpus is too small or too even for it; try \
             --weighting count"
        }
        _ => "lower --min-count, or try another --weighting",
    }
}

/// How to get a file of the kind that is needed, or what to do with the one that is given.
fn way_to(needed: FileKind, found: FileKind) -> &'static str {
    match (needed, found) {
        (FileKind::Model, FileKind::Parallel) => "name one of the two models in it",
        (FileKind::Model, _) => "make a model of your texts with `eigenlex embed TEXTS -o MODEL`",
        (FileKind::Spaces, _) => {
            "join models of time slices with `eigenlex align --chain MODEL MODEL -o CHAIN`"
        }
        (FileKind::Map, _) => {
            "align two models with `eigenlex align MODEL MODEL --unsupervised -o MAP`, or with a \
             dictionary"
        }
        (_, FileKind::Map | FileKind::Spaces) => {
            "name a model or vectors here; `translate`, `dictionary` and `drift` use what `align` \
             makes"
        }
        (_, FileKind::Codes) => {
            "codes of documents go to --in of `search`, `similar-documents`, `cluster` and `plot \
             documents`"
        }
        (_, FileKind::Parallel) => "name one of the two models in it",
        _ => "`eigenlex embed TEXTS -o MODEL` makes a model of your texts",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_levers_of_a_stage_become_flags() {
        let levers = &[Lever::Dim, Lever::WindowSize, Lever::MaxWords, Lever::MinCount];
        let error =
            Error::MemoryBudget { stage: Stage::Svd, needed: 2 << 30, budget: 1 << 30, levers };
        assert_eq!(
            message(&error.into()),
            "svd needs about 2.0 GiB of memory, the budget is 1.0 GiB\nhint: raise --memory, or \
             lower --dim, --window or --max-words, or raise --min-count"
        );
        assert_eq!(
            less_memory(&[Lever::CorpusSize, Lever::PhraseMinCount]),
            "raise --memory, or lower the size of the corpus, or raise --phrase-min-count"
        );
        assert_eq!(
            less_memory(&[Lever::MaxWords, Lever::Subwords]),
            "raise --memory, or lower --max-words, or give --subwords 0"
        );
    }

    #[test]
    fn an_error_below_its_contexts_has_its_hint() {
        let error = anyhow::Error::from(Error::NoEncoder).context("the first model");
        assert_eq!(
            message(&error),
            "the first model: the model has no `encoder.safetensors`, without which documents \
             cannot be encoded\nhint: it was made by an earlier version; embed its corpus again"
        );
    }

    #[test]
    fn bytes_that_are_not_utf_8_have_the_remedy_of_what_the_text_seems_to_be() {
        for (guess, remedy) in [
            (
                EncodingGuess::Other("KOI8-R"),
                "the text looks like KOI8-R; if it is, use --encoding",
            ),
            (EncodingGuess::MostlyUtf8, "the rest is UTF-8: mend that line; texts of a corpus"),
            (EncodingGuess::CutOff, "the last character is cut off: fetch the file again, or"),
            (EncodingGuess::Unclear, "give its encoding with --encoding, such as windows-1252"),
        ] {
            let path = "a.txt".into();
            let error = Error::BadUtf8 { path, line: 1, offset: 0, byte: 0xE9, guess };
            let found = hint(&error).unwrap();
            assert!(found.starts_with(remedy), "{found}");
        }
    }

    #[test]
    fn every_remedy_depends_on_the_data_of_its_error() {
        let stage = Stage::Train;
        for (error, remedy) in [
            (Error::NotFinite { stage, place: "the loss".into() }, Some("lower --learning-rate")),
            (Error::NotFinite { stage: Stage::Svd, place: "an entry".into() }, None),
            (
                Error::ZeroMatrix { n_rows: 2, n_columns: 2, stage: Stage::Subsample },
                Some("subsampling leaves nothing: raise --subsample"),
            ),
            (
                Error::FewSharedWords {
                    earlier: "1".into(),
                    later: "2".into(),
                    shared: 0,
                    needed: 7,
                },
                Some("slices are models of one language"),
            ),
            (
                Error::FewSharedWords {
                    earlier: "1".into(),
                    later: "2".into(),
                    shared: 3,
                    needed: 7,
                },
                Some("lower --dim, or raise --self-learning-words"),
            ),
            (
                Error::UnknownWord { word: "kingg".into(), suggestions: vec!["king".into()] },
                Some("did you mean `king`?"),
            ),
            (Error::UnknownWord { word: "xq".into(), suggestions: Vec::new() }, None),
            (Error::UnknownWord { word: "new york".into(), suggestions: Vec::new() }, None),
            (
                Error::UnknownWord { word: "king - man + woman".into(), suggestions: vec![] },
                Some("word math is `eigenlex math MODEL 'king - man + woman'`"),
            ),
        ] {
            assert_eq!(hint(&error).as_deref(), remedy, "{error}");
        }
    }
}
