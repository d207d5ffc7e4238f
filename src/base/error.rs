//! What can go wrong, as data: one variant for each kind of failure, with the numbers, words and
//! paths that a person needs to mend it.
//!
//! Every message is one sentence without a full stop; where a remedy is known, a second line begins
//! with `hint:`. Wrong calling code (shapes that do not match, ids out of range) is not here: it
//! panics with the numbers in the message.

use std::io;
use std::path::{Path, PathBuf};

use crate::base::bytes::format_bytes;
use crate::base::kind::FileKind;
use crate::base::progress::Stage;

/// `Result` with [`enum@Error`] as its error.
pub type Result<T> = std::result::Result<T, Error>;

/// Everything that can fail in this library.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system refused a file operation.
    #[error("cannot {action} `{}`: {source}{}", path.display(), io_hint(source))]
    Io {
        /// What was tried: `read`, `create`, `write`, `rename`...
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The operating system's reason.
        source: io::Error,
    },
    /// The disk is full, or a quota is used up.
    #[error("no space left on the device to write `{}`\nhint: free some space, or choose another place with --output", path.display())]
    DiskFull {
        /// The file that could not be written.
        path: PathBuf,
    },
    /// A glob pattern cannot be parsed, or matches no file.
    #[error(
        "the pattern `{pattern}` {problem}\nhint: `*` matches within a folder, `**` across folders; quote the pattern so that the shell leaves it alone"
    )]
    Glob {
        /// The pattern as given.
        pattern: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A byte sequence in a text is not UTF-8.
    #[error(
        "`{}`, line {line}, byte {offset}: the byte 0x{byte:02X} is not valid UTF-8\nhint: convert the file (for instance `iconv -f LATIN1 -t UTF-8`), or pass --on-bad-utf8 replace or skip",
        path.display()
    )]
    BadUtf8 {
        /// The text, after decompression.
        path: PathBuf,
        /// Line of the first bad byte, from 1.
        line: u64,
        /// Offset of the first bad byte in the decompressed text, from 0.
        offset: u64,
        /// The byte itself.
        byte: u8,
    },
    /// A file that should be text holds a NUL byte.
    #[error("`{}` is not text: NUL byte at offset {offset}", path.display())]
    BinaryFile {
        /// The file.
        path: PathBuf,
        /// Offset of the NUL byte in the decompressed file, from 0.
        offset: u64,
    },
    /// A file that should be text begins like one of another format.
    #[error("`{}` is not UTF-8 text: it begins like {format}\nhint: {hint}", path.display())]
    OtherFormat {
        /// The file.
        path: PathBuf,
        /// What its first bytes say it is.
        format: &'static str,
        /// How to make text of it.
        hint: &'static str,
    },
    /// A compressed file ends early or is damaged.
    #[error("`{}` cannot be decompressed ({format}): {source}\nhint: the file is truncated or damaged; fetch it again", path.display())]
    Decompress {
        /// The file.
        path: PathBuf,
        /// `gzip`, `zstd`, `bzip2` or `xz`.
        format: &'static str,
        /// The decoder's reason.
        source: io::Error,
    },
    /// The corpus holds no document with a token.
    #[error(
        "the corpus is empty: {n_files} file(s), {n_bytes} byte(s) and no token\nhint: check the paths, and that the tokenizer suits the script"
    )]
    EmptyCorpus {
        /// How many files were read.
        n_files: usize,
        /// How many bytes of text they hold.
        n_bytes: u64,
    },
    /// No word is frequent enough.
    #[error(
        "no word passes the cutoff: the most frequent of {n_words} words, `{word}`, occurs {count} time(s), below {min_count}\nhint: lower --min-count"
    )]
    NoWordPasses {
        /// Number of distinct words before the cutoff.
        n_words: usize,
        /// The most frequent word.
        word: String,
        /// Its number of occurrences.
        count: u64,
        /// The cutoff.
        min_count: u64,
    },
    /// More singular triplets are asked for than the matrix has rows or columns.
    #[error(
        "rank {rank} is above the smaller side of the {n_rows} x {n_columns} matrix\nhint: lower --rank{}",
        largest((*n_rows).min(*n_columns))
    )]
    RankTooLarge {
        /// The rank asked for.
        rank: usize,
        /// Rows of the matrix.
        n_rows: usize,
        /// Columns of the matrix.
        n_columns: usize,
    },
    /// The vectors are to have more components than the matrix has rows or columns.
    #[error("{}", dim_too_large(*dim, *dropped, *n_rows, *n_columns))]
    DimTooLarge {
        /// The dimension asked for.
        dim: usize,
        /// How many components are dropped before the first that is kept.
        dropped: usize,
        /// Rows of the matrix.
        n_rows: usize,
        /// Columns of the matrix.
        n_columns: usize,
    },
    /// Two texts are not line by line each other's translation.
    #[error(
        "the source text has {source_lines} line(s), the target text {target_lines}: line i of one must translate line i of the other\nhint: keep empty lines where a translation is missing"
    )]
    DifferentLines {
        /// Lines of the source text.
        source_lines: usize,
        /// Lines of the target text.
        target_lines: usize,
    },
    /// Something stands at a path, but of another kind than is needed.
    #[error("`{}` is {found}, but {} is needed here\nhint: {}", path.display(), needed.as_needed(), needed.way_to(*found))]
    WrongKind {
        /// The file or folder.
        path: PathBuf,
        /// What it is.
        found: FileKind,
        /// What it should be.
        needed: FileKind,
    },
    /// A parameter has an impossible value.
    #[error("{name} is {found}, expected {expected}")]
    Parameter {
        /// The parameter, as its flag and configuration key are called.
        name: &'static str,
        /// Its value.
        found: String,
        /// What would be accepted.
        expected: String,
    },
    /// An output exists already.
    #[error("`{}` exists already\nhint: choose another name, or pass --force to replace it", path.display())]
    OutputExists {
        /// The output.
        path: PathBuf,
    },
    /// `--force` was given, but what stands there is something else than what would replace it.
    #[error("`{}` is not {expected}, so it is not replaced\nhint: choose another name, or remove it yourself", path.display())]
    NotReplaceable {
        /// The output.
        path: PathBuf,
        /// What may be replaced: `an eigenlex model`, `a file`.
        expected: &'static str,
    },
    /// Another process works in a folder of unfinished work.
    #[error("`{}` is in use by another process\nhint: wait until it has ended, or choose another name with --output", path.display())]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// A word is not in the vocabulary.
    #[error("the word `{word}` is not in the vocabulary{}", did_you_mean(suggestions))]
    UnknownWord {
        /// The word, as it was looked up.
        word: String,
        /// The nearest spellings in the vocabulary, best first.
        suggestions: Vec<String>,
    },
    /// A query has no answer.
    #[error("nothing found for `{query}`: {reason}")]
    NothingFound {
        /// The query.
        query: String,
        /// Why.
        reason: String,
    },
    /// An expression was given in pieces, since its quotes were forgotten.
    #[error(
        "`{piece}` is no expression of its own\nhint: put quotes around an expression that holds spaces: '{}'",
        pieces.join(" ")
    )]
    Unquoted {
        /// The first piece that cannot stand alone.
        piece: String,
        /// All that was given.
        pieces: Vec<String>,
    },
    /// One of several spaces must be named, and is not.
    #[error("`{}` holds several spaces, and {option} does not say which\nhint: {option} takes {names}", path.display())]
    UnnamedSpace {
        /// The hub or chain.
        path: PathBuf,
        /// The option that names it: `--from`.
        option: &'static str,
        /// `one of ...`.
        names: String,
    },
    /// An option has no meaning beside what else was given.
    #[error("{option} `{found}` has no meaning here: {reason}\nhint: {hint}")]
    Meaningless {
        /// The option: `--to`.
        option: &'static str,
        /// Its value.
        found: String,
        /// Why it has no meaning.
        reason: &'static str,
        /// What to do instead.
        hint: &'static str,
    },
    /// More clusters are asked for than there are points.
    #[error("{n_clusters} clusters cannot be made of {n_points} {}\nhint: ask for at most {n_points}", if *n_points == 1 { "point" } else { "points (documents, or words)" })]
    TooManyClusters {
        /// Clusters asked for.
        n_clusters: usize,
        /// Points that there are.
        n_points: usize,
    },
    /// Words that are to be compared in pairs are an odd number.
    #[error(
        "similarity compares pairs of words, and {}\nhint: write `{example}`",
        if *words == 1 { "only one word is given".to_owned() } else { format!("{words} words are given: the last one has none to be compared with") }
    )]
    Unpaired {
        /// How many words there are.
        words: usize,
        /// The command with a place for the word that is missing.
        example: String,
    },
    /// Of several queries some have no answer; the others were answered.
    #[error("{} of {asked} queries {} no answer: {}", queries.len(), if queries.len() == 1 { "has" } else { "have" }, first_few(queries))]
    Unanswered {
        /// The queries without an answer.
        queries: Vec<String>,
        /// How many queries there were.
        asked: usize,
    },
    /// An expression such as `king - man + woman` cannot be parsed.
    #[error(
        "cannot read the expression `{expression}` at character {position}: expected {expected}\nhint: write it as `king - man + woman` or `2*king - man`, with blanks around + and -, and quotes around words that hold blanks"
    )]
    Expression {
        /// The expression.
        expression: String,
        /// Position of the first unexpected character, from 1.
        position: usize,
        /// What was expected there.
        expected: &'static str,
    },
    /// A file does not keep to its format.
    #[error("`{}`{}: found {found}, expected {expected}", path.display(), at_line(*line))]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The line, from 1; `None` for binary files.
        line: Option<u64>,
        /// What stands there.
        found: String,
        /// What should stand there.
        expected: String,
    },
    /// A model was written by a later version of the program.
    #[error("`{}` is a model of format version {found}; this program reads versions up to {supported}\nhint: install a newer eigenlex", path.display())]
    NewerModel {
        /// The model.
        path: PathBuf,
        /// Its format version.
        found: u32,
        /// The latest version that is understood.
        supported: u32,
    },
    /// A model was written before models kept what encoding documents needs.
    #[error(
        "the model has no `encoder.safetensors`, without which documents cannot be encoded\nhint: it was made by an earlier version; embed its corpus again"
    )]
    NoEncoder,
    /// Texts are not those that codes were made from.
    #[error(
        "the codes are of other texts: found {found}, expected {expected}\nhint: give the texts that were encoded, or encode these"
    )]
    OtherTexts {
        /// What the texts are.
        found: String,
        /// What the codes were made from.
        expected: String,
    },
    /// Codes are of another model.
    #[error(
        "the codes are of another model: found {found}, expected {expected}\nhint: encode the documents again with this model"
    )]
    OtherModel {
        /// What the codes are.
        found: String,
        /// What the model makes.
        expected: String,
    },
    /// Something is asked of a model that its encoder has not.
    #[error("{what}: the encoder of the model is {encoder}, and {reason}\nhint: {hint}")]
    NotOfEncoder {
        /// What was asked for: `spectrum`.
        what: &'static str,
        /// The encoder, as its flag has it: `vae`.
        encoder: &'static str,
        /// Why there is no answer.
        reason: &'static str,
        /// What to do instead.
        hint: &'static str,
    },
    /// A stage produced a number that is not finite, or was given one.
    #[error("{stage}: a value is not finite (NaN or infinity) at {place}")]
    NotFinite {
        /// The stage.
        stage: Stage,
        /// Where: row and column, or what was computed.
        place: String,
    },
    /// The matrix holds nothing but zeros.
    #[error("the {n_rows} x {n_columns} matrix has no entry other than zero\nhint: {hint}")]
    ZeroMatrix {
        /// Rows of the matrix.
        n_rows: usize,
        /// Columns of the matrix.
        n_columns: usize,
        /// What to change.
        hint: &'static str,
    },
    /// A stage needs more memory than the budget allows.
    #[error(
        "{stage} needs about {} of memory, the budget is {}\nhint: raise --memory, or lower {lever}",
        format_bytes(*needed),
        format_bytes(*budget)
    )]
    MemoryBudget {
        /// The stage.
        stage: Stage,
        /// Bytes needed by the whole process.
        needed: u64,
        /// Bytes allowed.
        budget: u64,
        /// The parameters that make it smaller.
        lever: &'static str,
    },
    /// A `tokenizer.json` cannot be used, or fails on a text.
    #[error("the tokenizer {place} fails: {reason}")]
    Tokenizer {
        /// The file, or what it was applied to.
        place: String,
        /// The tokenizers library's reason.
        reason: String,
    },
    /// Two sets of vectors that are to be aligned have different dimensions.
    #[error(
        "the source has {source_dim} dimensions, the target {target_dim}\nhint: pass --dim {} to keep the first {0} of both",
        (*source_dim).min(*target_dim)
    )]
    DifferentDimensions {
        /// Dimensions of the source.
        source_dim: usize,
        /// Dimensions of the target.
        target_dim: usize,
    },
    /// Several sets of vectors that are to lie in one space have different dimensions.
    #[error(
        "`{}` has {first_dim} dimensions, `{}` {other_dim}\nhint: pass --dim {least} to keep the first {least} of all",
        first.display(),
        other.display()
    )]
    UnequalDimensions {
        /// The first set.
        first: PathBuf,
        /// Its dimensions.
        first_dim: usize,
        /// The first set of other dimensions.
        other: PathBuf,
        /// Its dimensions.
        other_dim: usize,
        /// The least of all.
        least: usize,
    },
    /// Two time slices of one language share too few words.
    #[error(
        "`{}` and `{}` share {shared} of their frequent words (each with a vector that is not zero), at least {needed} are needed\nhint: {}",
        earlier.display(),
        later.display(),
        if *shared == 0 { "slices are models of one language" } else { "lower --dim, or raise --cutoff" }
    )]
    FewSharedWords {
        /// The earlier slice.
        earlier: PathBuf,
        /// The later slice.
        later: PathBuf,
        /// Words that both have.
        shared: usize,
        /// Words needed.
        needed: usize,
    },
    /// Too few word pairs to learn an alignment from.
    #[error("{usable} of {given} word pairs can be used (both words have a vector that is not zero), at least {needed} are needed\nhint: {}", few_pairs_hint(*usable))]
    FewPairs {
        /// Pairs whose two words have a direction.
        usable: usize,
        /// Pairs that were given, or found.
        given: usize,
        /// Pairs needed.
        needed: usize,
    },
    /// The person pressed Ctrl-C, or the process was asked to end.
    #[error("interrupted; no output was written")]
    Interrupted,
}

/// The class of an [`enum@Error`], from which a program chooses its exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The surroundings failed: a missing file, a refused permission.
    RunTime,
    /// The caller asked for something impossible.
    Usage,
    /// A file's content is bad.
    Data,
    /// A word is not known, or a query has no answer.
    NotFound,
    /// Disk or memory do not suffice.
    Resource,
    /// The person stopped it.
    Interrupted,
}

impl Error {
    /// Wraps an error of the operating system with what was tried on which path; a full disk
    /// becomes [`Error::DiskFull`].
    pub fn io(action: &'static str, path: impl AsRef<Path>, source: io::Error) -> Self {
        let path = path.as_ref().to_path_buf();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull { path },
            _ => Self::Io { action, path, source },
        }
    }

    /// [`Error::Malformed`]: what was found in a file, cut short where it is long, and what should
    /// stand there.
    pub(crate) fn malformed(
        path: &Path,
        line: Option<u64>,
        found: impl Into<String>,
        expected: impl Into<String>,
    ) -> Self {
        Self::Malformed {
            path: path.to_path_buf(),
            line,
            found: shortened(found.into()),
            expected: expected.into(),
        }
    }

    /// The error of a path where `needed` should stand, if something of another kind does; `None`
    /// if the kind is right or cannot be told.
    pub(crate) fn wrong_kind(path: &Path, needed: FileKind) -> Option<Self> {
        let found = FileKind::of(path).ok()?;
        (found != needed).then(|| Self::WrongKind { path: path.to_path_buf(), found, needed })
    }

    /// The class of this error.
    pub fn kind(&self) -> ErrorKind {
        match self {
            // Text that is not UTF-8, wherever it was read as a whole.
            Self::Io { source, .. } if source.kind() == io::ErrorKind::InvalidData => {
                ErrorKind::Data
            }
            Self::Io { .. }
            | Self::OutputExists { .. }
            | Self::NotReplaceable { .. }
            | Self::InUse { .. } => ErrorKind::RunTime,
            Self::Parameter { .. }
            | Self::RankTooLarge { .. }
            | Self::DimTooLarge { .. }
            | Self::Glob { .. }
            | Self::Expression { .. }
            | Self::Unpaired { .. }
            | Self::Unquoted { .. }
            | Self::UnnamedSpace { .. }
            | Self::Meaningless { .. }
            | Self::TooManyClusters { .. }
            | Self::NotOfEncoder { .. } => ErrorKind::Usage,
            Self::BadUtf8 { .. }
            | Self::BinaryFile { .. }
            | Self::OtherFormat { .. }
            | Self::Decompress { .. }
            | Self::EmptyCorpus { .. }
            | Self::NoWordPasses { .. }
            | Self::Malformed { .. }
            | Self::NewerModel { .. }
            | Self::WrongKind { .. }
            | Self::NoEncoder
            | Self::OtherTexts { .. }
            | Self::OtherModel { .. }
            | Self::NotFinite { .. }
            | Self::ZeroMatrix { .. }
            | Self::Tokenizer { .. }
            | Self::DifferentDimensions { .. }
            | Self::DifferentLines { .. }
            | Self::UnequalDimensions { .. }
            | Self::FewSharedWords { .. }
            | Self::FewPairs { .. } => ErrorKind::Data,
            Self::UnknownWord { .. } | Self::NothingFound { .. } | Self::Unanswered { .. } => {
                ErrorKind::NotFound
            }
            Self::DiskFull { .. } | Self::MemoryBudget { .. } => ErrorKind::Resource,
            Self::Interrupted => ErrorKind::Interrupted,
        }
    }
}

fn few_pairs_hint(usable: usize) -> &'static str {
    if usable == 0 {
        "check that the dictionary's columns are source and target in this order, or align with --unsupervised"
    } else {
        "pass --refine to grow the dictionary from these pairs, lower --dim, or align with --unsupervised"
    }
}

fn dropped_in_words(dropped: usize) -> String {
    if dropped == 0 { String::new() } else { format!(" and {dropped} dropped component(s)") }
}

fn largest(largest: usize) -> String {
    if largest == 0 { String::new() } else { format!(" to at most {largest}") }
}

fn dim_too_large(dim: usize, dropped: usize, n_rows: usize, n_columns: usize) -> String {
    let largest = n_rows.min(n_columns).saturating_sub(dropped);
    let more =
        if n_rows < n_columns { "cut the corpus into more documents" } else { "lower --min-count" };
    if largest == 0 {
        return format!(
            "the corpus is too small for vectors: its matrix is {n_rows} x {n_columns}{}\nhint: give more texts, or {more}{}",
            if dropped == 0 {
                String::new()
            } else {
                format!(", and {dropped} component(s) are dropped")
            },
            if dropped > 1 { ", or lower --drop-components" } else { "" }
        );
    }
    let dropped = dropped_in_words(dropped);
    format!(
        "dim {dim}{dropped} is above the smaller side of the {n_rows} x {n_columns} matrix\nhint: lower --dim to at most {largest}, or {more}"
    )
}

/// The beginning and the end of a text that may be a whole document.
fn shortened(text: String) -> String {
    /// Characters that a message has room for, and those of its end.
    const MOST: usize = 200;
    const END: usize = 60;
    let n_characters = text.chars().count();
    if n_characters <= MOST {
        return text;
    }
    let byte = |character: usize| {
        text.char_indices().nth(character).map_or(text.len(), |(start, _)| start)
    };
    format!("{} ... {}", &text[..byte(MOST - END)], &text[byte(n_characters - END)..])
}

fn at_line(line: Option<u64>) -> String {
    line.map_or_else(String::new, |line| format!(", line {line}"))
}

fn did_you_mean(words: &[String]) -> String {
    if words.is_empty() {
        return String::new();
    }
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    format!("\nhint: did you mean {}?", quoted.join(", "))
}

/// What to do about the failures that a wrong name leads to.
fn io_hint(source: &io::Error) -> &'static str {
    match source.kind() {
        io::ErrorKind::IsADirectory => "\nhint: it is a folder, and a file is needed",
        io::ErrorKind::NotADirectory => "\nhint: a part of the path is a file, not a folder",
        _ => "",
    }
}

/// The first of a list that may be long.
fn first_few(queries: &[String]) -> String {
    const SHOWN: usize = 5;
    let quoted: Vec<String> =
        queries.iter().take(SHOWN).map(|query| format!("`{query}`")).collect();
    let more = if queries.len() > SHOWN { ", ..." } else { "" };
    quoted.join(", ") + more
}
