//! What can go wrong, as data: one variant for each kind of failure, with the numbers, words and
//! paths that a person needs to mend it.
//!
//! Every message is one sentence without a full stop. What to do about it depends on who asked: the
//! program makes its hints of these data. Wrong calling code (shapes that do not match, ids out of
//! range) is not here: it panics with the numbers in the message.

mod archive;
mod constructors;
mod guess;
mod kind;
mod lever;
mod phrases;

pub use archive::ArchiveFault;
pub(crate) use archive::NAMED;
pub use guess::EncodingGuess;
pub use kind::ErrorKind;
pub use lever::Lever;

use std::io;
use std::path::PathBuf;

use self::phrases::{at_line, dim_too_large, no_token};
use crate::base::bytes::format_bytes;
use crate::base::foreign::ForeignFormat;
use crate::base::kind::FileKind;
use crate::base::progress::Stage;
use crate::base::set_kind::SetKind;
use crate::base::visible::shortened;

/// `Result` with [`enum@Error`] as its error.
pub type Result<T> = std::result::Result<T, Error>;

/// Everything that can fail in this library.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system refused a file operation.
    #[error("cannot {action} `{}`: {source}", path.display())]
    Io {
        /// What was tried: `read`, `create`, `write`, `rename`...
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The operating system's reason.
        source: io::Error,
    },
    /// The disk is full, or a quota is used up.
    #[error("no space left on the device to write `{}`", path.display())]
    DiskFull {
        /// The file that could not be written.
        path: PathBuf,
    },
    /// A glob pattern cannot be parsed, or matches no file.
    #[error("the pattern `{pattern}` {problem}")]
    Glob {
        /// The pattern as given.
        pattern: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A byte sequence in a text is not UTF-8.
    #[error(
        "`{}`, line {line}, byte {offset}: the byte 0x{byte:02X} is not valid UTF-8",
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
        /// What the text seems to be.
        guess: EncodingGuess,
    },
    /// A byte sequence in a text is not valid in the encoding that was given for it.
    #[error("`{}`, line {line}: bytes that are not valid {encoding}", path.display())]
    BadEncoding {
        /// The text.
        path: PathBuf,
        /// Line of the first bad byte, from 1.
        line: u64,
        /// The encoding.
        encoding: &'static str,
    },
    /// A text begins with the byte order mark of another encoding than was given for it.
    #[error(
        "`{}` begins with the byte order mark of {found}, but its encoding is given as {given}",
        path.display()
    )]
    OtherByteOrderMark {
        /// The text.
        path: PathBuf,
        /// The encoding that the mark means.
        found: &'static str,
        /// The encoding given.
        given: &'static str,
    },
    /// A text looks like UTF-16 or UTF-32, but does not say so by a byte order mark.
    #[error("`{}` looks like {encoding} without a byte order mark", path.display())]
    NoByteOrderMark {
        /// The text.
        path: PathBuf,
        /// The encoding that it seems to have.
        encoding: &'static str,
    },
    /// A text holds a control character that no text has, such as NUL.
    #[error(
        "`{}`, line {line}, byte {offset}: the control character U+{:04X} is no text",
        path.display(),
        u32::from(*character)
    )]
    ControlCharacter {
        /// The text.
        path: PathBuf,
        /// Line of the character, from 1.
        line: u64,
        /// Its offset in the text as UTF-8, from 0.
        offset: u64,
        /// The character.
        character: char,
    },
    /// A file that should be text begins like one of another format.
    #[error("`{}` is {format}, not text", path.display())]
    OtherFormat {
        /// The file.
        path: PathBuf,
        /// What its first bytes say it is.
        format: ForeignFormat,
    },
    /// A file needs a part of this library that was left out when it was built.
    #[error(
        "`{}` is {format}, and this program was built without the feature `{feature}`",
        path.display()
    )]
    WithoutFeature {
        /// The file.
        path: PathBuf,
        /// What it is.
        format: ForeignFormat,
        /// The feature that reads it.
        feature: &'static str,
        /// What is to be read of it: [`FileKind::Vectors`], or [`FileKind::Other`] for texts.
        needed: FileKind,
    },
    /// A compressed file ends early or is damaged.
    #[error("`{}` cannot be decompressed ({format}): {source}", path.display())]
    Decompress {
        /// The file.
        path: PathBuf,
        /// `gzip`, `zstd`, `bzip2` or `xz`.
        format: &'static str,
        /// The decoder's reason.
        source: io::Error,
    },
    /// A zip or tar archive cannot be used.
    #[error("the {format} archive `{}` {fault}", path.display())]
    Archive {
        /// The archive.
        path: PathBuf,
        /// `zip` or `tar`.
        format: &'static str,
        /// What is wrong with it.
        fault: ArchiveFault,
    },
    /// The corpus holds no document with a token.
    #[error("the corpus is empty: {}", no_token(*n_files, *n_bytes, *only_headings))]
    EmptyCorpus {
        /// How many files were read.
        n_files: usize,
        /// How many bytes of text they hold.
        n_bytes: u64,
        /// Whether they are tables of headings alone.
        only_headings: bool,
    },
    /// No word is frequent enough.
    #[error(
        "no word passes the cutoff: the most frequent of {n_words} words, `{}`, occurs {count} \
         time(s), below {min_count}",
        shortened(word)
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
    #[error("rank {rank} is above the smaller side of the {n_rows} x {n_columns} matrix")]
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
        "the source text has {source_lines} line(s), the target text {target_lines}: line i of one \
         must translate line i of the other"
    )]
    DifferentLines {
        /// Lines of the source text.
        source_lines: usize,
        /// Lines of the target text.
        target_lines: usize,
    },
    /// Something stands at a path, but of another kind than is needed.
    #[error("`{}` is {found}, but {} is needed here", path.display(), needed.as_needed())]
    WrongKind {
        /// The file or folder.
        path: PathBuf,
        /// What it is.
        found: FileKind,
        /// What it should be.
        needed: FileKind,
    },
    /// A file of words with answers is of another kind than is needed.
    #[error(
        "`{}` looks like {found}, but {needed} {} needed here",
        path.display(), needed.is_or_are()
    )]
    OtherSet {
        /// The file.
        path: PathBuf,
        /// What its lines look like.
        found: SetKind,
        /// What they should be.
        needed: SetKind,
    },
    /// A parameter has an impossible value.
    #[error("{name} is {found}, expected {expected}")]
    Parameter {
        /// The parameter, as its field and configuration key are called.
        name: &'static str,
        /// Its value.
        found: String,
        /// What would be accepted.
        expected: String,
    },
    /// An output exists already.
    #[error("`{}` exists already", path.display())]
    OutputExists {
        /// The output.
        path: PathBuf,
    },
    /// An output may be replaced, but what stands there is something else than what would replace
    /// it.
    #[error("`{}` is not {expected}, so it is not replaced", path.display())]
    NotReplaceable {
        /// The output.
        path: PathBuf,
        /// What may be replaced: `an eigenlex model`, `a file`.
        expected: &'static str,
    },
    /// Another process works in a folder of checkpoints.
    #[error("`{}` is in use by another process", path.display())]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// A word is not in the vocabulary.
    #[error("the word `{}` is not in the vocabulary", shortened(word))]
    UnknownWord {
        /// The word, as it was looked up.
        word: String,
        /// The nearest spellings in the vocabulary, best first.
        suggestions: Vec<String>,
    },
    /// A word is not in the vocabulary, but known words are with signs between them:
    /// `king-man+woman`.
    #[error("the word `{}` is not in the vocabulary", shortened(word))]
    UnspacedExpression {
        /// The word, as it was looked up.
        word: String,
        /// The same with spaces around its signs.
        spaced: String,
    },
    /// A query has no answer.
    #[error("nothing found for `{}`: {reason}", shortened(query))]
    NothingFound {
        /// The query.
        query: String,
        /// Why.
        reason: String,
    },
    /// More clusters are asked for than there are points.
    #[error(
        "{n_clusters} clusters cannot be made of {n_points} {}",
        if *n_points == 1 { "point" } else { "points (documents, or words)" }
    )]
    TooManyClusters {
        /// Clusters asked for.
        n_clusters: usize,
        /// Points that there are.
        n_points: usize,
    },
    /// An expression such as `king - man + woman` cannot be parsed.
    #[error(
        "cannot read the expression `{}` at character {position}: expected {expected}",
        shortened(expression)
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
    #[error(
        "`{}` is a model of format version {found}; this program reads versions up to {supported}",
        path.display()
    )]
    NewerModel {
        /// The model.
        path: PathBuf,
        /// Its format version.
        found: u32,
        /// The latest version that is understood.
        supported: u32,
    },
    /// A model was written before models kept what encoding documents needs.
    #[error("the model has no `encoder.safetensors`, without which documents cannot be encoded")]
    NoEncoder,
    /// A model has no vectors of n-grams: it was made without subwords, or by an earlier version.
    #[error("the model has no `subwords.safetensors`, without which words cannot be guessed")]
    NoNGrams,
    /// Texts are not those that codes were made from.
    #[error("the codes are of other texts: found {found}, expected {expected}")]
    OtherTexts {
        /// What the texts are.
        found: String,
        /// What the codes were made from.
        expected: String,
    },
    /// Codes are of another model.
    #[error("the codes are of another model: found {found}, expected {expected}")]
    OtherModel {
        /// What the codes are.
        found: String,
        /// What the model makes.
        expected: String,
    },
    /// Something is asked of a model that its encoder has not.
    #[error("{what}: the encoder of the model is {encoder}, and {reason}")]
    NotOfEncoder {
        /// What was asked for: `spectrum`.
        what: &'static str,
        /// The encoder: `svd`, `linear`, `autoencoder` or `vae`.
        encoder: &'static str,
        /// Why there is no answer.
        reason: &'static str,
    },
    /// A stage produced a number that is not finite, or was given one.
    #[error("{stage}: a value is not finite (NaN or infinity) at {}", shortened(place))]
    NotFinite {
        /// The stage.
        stage: Stage,
        /// Where: row and column, or what was computed.
        place: String,
    },
    /// The matrix holds nothing but zeros.
    #[error("the {n_rows} x {n_columns} matrix has no entry other than zero")]
    ZeroMatrix {
        /// Rows of the matrix.
        n_rows: usize,
        /// Columns of the matrix.
        n_columns: usize,
        /// The stage that left nothing, or found nothing.
        stage: Stage,
    },
    /// A stage needs more memory than the budget allows.
    #[error(
        "{stage} needs about {} of memory, the budget is {}",
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
        levers: &'static [Lever],
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
    #[error("the source has {source_dim} dimensions, the target {target_dim}")]
    DifferentDimensions {
        /// Dimensions of the source.
        source_dim: usize,
        /// Dimensions of the target.
        target_dim: usize,
    },
    /// Several sets of vectors that are to lie in one space have different dimensions.
    #[error(
        "`{}` has {first_dim} dimensions, `{}` {other_dim}",
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
        "`{}` and `{}` share {shared} of their frequent words (each with a vector that is not \
         zero), at least {needed} are needed",
        earlier.display(),
        later.display()
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
    #[error(
        "{usable} of {given} word pairs can be used (both words have a vector that is not zero), \
         at least {needed} are needed"
    )]
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
