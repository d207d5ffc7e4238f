//! The options of `eigenlex evaluate`.

use std::path::PathBuf;

use clap::ArgGroup;

use crate::cli::documents::labels::LabelsArgs;
use crate::cli::languages::translate::Between;
use crate::cli::output::FormatArg;

const AFTER_HELP: &str = "\
Examples:
  Two models on the same analogies, side by side:
    eigenlex evaluate a.model b.model --analogies questions-words.txt
  Word similarity judged by people:
    eigenlex evaluate wiki.model --similarity simlex.tsv
  Classes of documents:
    eigenlex evaluate news.model --documents labels.tsv
  A map on a bilingual dictionary:
    eigenlex evaluate en-es.map --translation en-es.txt";

/// The options that each ask for a test.
const TESTS: [&str; 9] = [
    "analogies",
    "similarity",
    "categories",
    "odd_one_out",
    "documents",
    "completion",
    "held_out",
    "search",
    "translation",
];

/// Score word vectors, document codes and maps on questions with known answers
///
/// Every score is correct / answered / total. A question is answered if the model knows all its
/// words. The first percentage is of the answered questions; the second, in brackets, is of all, as
/// if every unanswered one were wrong. Several models are shown side by side. At least one test is
/// needed: --analogies, --similarity, --categories, --odd-one-out, --documents, --completion,
/// --held-out, --search or --translation.
///
/// Words of a file are looked up as they are written, then as the model's tokenizer writes them.
/// Files about words may have tabs, semicolons, commas or spaces between their cells, a heading,
/// and decimal commas. The report says which columns and how many rows were taken. A file of
/// another kind is refused.
#[derive(Debug, clap::Args)]
#[command(
    after_help = AFTER_HELP,
    override_usage = "eigenlex evaluate [OPTIONS] <MODEL>... --<TEST> <FILE>...",
    group = ArgGroup::new("test").required(true).multiple(true).args(TESTS),
)]
pub(crate) struct Args {
    /// Models or vector files; with --translation, maps; with --similarity, either
    #[arg(required = true, value_name = "MODEL")]
    pub(super) models: Vec<PathBuf>,
    /// Analogy questions: `: section` lines, then `a b c d` (questions-words, MSR); BATS; SAT
    ///
    /// BATS is a folder or an archive of files with a word and its right answers, `a/b`, a line;
    /// each ordered pair of lines is a question. The words of a question are no answers. Answered
    /// by 3CosAdd and by 3CosMul. The multiple-choice questions of the SAT are answered by the
    /// difference of vectors that is most like that of the given pair.
    #[arg(short, long, value_name = "FILE", help_heading = "Words")]
    pub(super) analogies: Vec<PathBuf>,
    /// Pairs of words with a score given by people, in a table as its authors hand it out
    ///
    /// The columns are found by their headings or by what they hold. An item of several words has
    /// the mean of their vectors, unless it is a word of the vocabulary, joined by `_`. The result
    /// is Spearman's rank correlation with the cosines. Given a map in place of a model, the words
    /// of a pair are of its two languages, as in SemEval-2017 task 2.
    #[arg(short, long, value_name = "FILE", help_heading = "Words")]
    pub(super) similarity: Vec<PathBuf>,
    /// Words in classes: a table of both, or a folder or archive with a file for each class
    ///
    /// The columns are found by their headings or by what they hold. The result is the purity of a
    /// k-means clustering.
    #[arg(short, long, value_name = "FILE", help_heading = "Words")]
    pub(super) categories: Vec<PathBuf>,
    /// Sets of words of which one does not belong
    ///
    /// A table with the columns `outliers` and `words`, or lines of words with the odd one last, or
    /// a file for each set: an item a line, a blank line, then the outliers.
    #[arg(long, value_name = "FILE", help_heading = "Words")]
    pub(super) odd_one_out: Vec<PathBuf>,
    /// Classes of documents: for each document of the texts one line: `train` or `test`, tab, class
    ///
    /// The result is the accuracy of logistic regression and of nearest neighbours on the codes,
    /// with logistic regression on all words (tf-idf) for comparison.
    #[arg(long, value_name = "FILE", help_heading = "Documents")]
    pub(super) documents: Vec<PathBuf>,
    /// Texts that the lines of --documents belong to [default: the corpus of the model]
    #[arg(
        long,
        num_args = 1..,
        value_name = "TEXTS",
        requires = "documents",
        help_heading = "Documents",
    )]
    pub(super) texts: Vec<String>,
    /// Documents in each of which a word is hidden and guessed; best if the model has not seen them
    #[arg(long, num_args = 1.., value_name = "TEXTS", help_heading = "Documents")]
    pub(super) completion: Vec<String>,
    /// Documents that the model has not seen, to measure how much of them their codes keep
    ///
    /// The results are the share of |x|^2 lost, and perplexities: of the tokens, and of one half of
    /// the tokens given the code of the other.
    #[arg(long, num_args = 1.., value_name = "TEXTS", help_heading = "Documents")]
    pub(super) held_out: Vec<String>,
    /// Texts to search, as `search` does: by words, by meaning, and by both
    ///
    /// Sentences drawn from the texts are queries for the documents they come from. With --labels,
    /// documents are queries for others of their class. With --questions, the queries are in a
    /// file.
    #[arg(long, num_args = 1.., value_name = "TEXTS", help_heading = "Documents")]
    pub(super) search: Vec<String>,
    /// Queries for --search: query, tab, a class of --labels or the name of a document
    #[arg(long, value_name = "FILE", requires = "search", help_heading = "Documents")]
    pub(super) questions: Option<PathBuf>,
    /// Number of queries that --search draws for each of its tests, from 1 to 1000000
    #[arg(
        long,
        value_name = "N",
        default_value_t = 400,
        requires = "search",
        value_parser = clap::value_parser!(u32).range(1..=1_000_000),
        help_heading = "Documents",
    )]
    pub(super) queries: u32,
    #[command(flatten)]
    pub(super) labels: LabelsArgs,
    /// Bilingual dictionaries, one pair per line; the models are maps made by `align`
    ///
    /// Between the words are tabs, spaces, commas, semicolons or arrows (`->`).
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = &TESTS[..8],
        help_heading = "Languages",
    )]
    pub(super) translation: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) between: Between,
    /// Translate by the rotation alone, without whitening and re-weighting
    #[arg(long, requires = "translation", help_heading = "Languages")]
    pub(super) orthogonal: bool,
    /// Use only the N most frequent words, in analogies and translation [default: all, or as many
    /// as the map was learned from]
    #[arg(long, value_name = "N")]
    pub(super) max_words: Option<usize>,
    #[command(flatten)]
    pub(super) format: FormatArg,
}
