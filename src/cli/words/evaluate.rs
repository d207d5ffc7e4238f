//! `eigenlex evaluate`: scores on analogy questions, word similarity, categories, odd-one-out
//! questions and classes of documents, of one model or several.

use std::fs::{self, File};
use std::io::{BufReader, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Result;
use eigenlex::align::MapForm;
use eigenlex::encode::{Codes, Components, Encoder};
use eigenlex::evaluate::{
    self, AnalogyScores, Categories, CategoryScore, CompletionScore, DocumentLabels,
    DocumentScores, DrawnQueries, HeldOutScore, OddOneOutScores, OddSets, Questions, ScoredPairs,
    SearchQuestions, SearchScore, SimilarityScore,
};
use eigenlex::{Corpus, Error, Model, Progress as _};
use serde::Serialize;

use super::queries::Opened;
use super::scores;
use crate::cli::documents::CutArgs;
use crate::cli::documents::labels::LabelsArgs;
use crate::cli::languages::translate::Between;
use crate::cli::languages::translation;
use crate::cli::output;
use crate::cli::output::bars::Bars;
use crate::cli::output::{FormatArg, OutputFormat};

/// Score vectors on analogies, word similarity, categories and odd-one-out questions.
///
/// Analogies are answered by 3CosAdd and by 3CosMul. Every score is correct / answered / total: a
/// question is answered if all its words are known; the first percentage is of those answered, the
/// second, in brackets, of all, as if every unanswered one were wrong. Several models stand side by
/// side, a column each. Words of a file are looked up as they are, then as the model's tokenizer
/// writes them (lower-cased where there is none).
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("test").required(true).multiple(true).args(["analogies", "similarity", "categories", "odd_one_out", "documents", "completion", "held_out", "search", "translation"]))]
pub(crate) struct Args {
    /// Models, or any vector files
    #[arg(required = true, value_name = "MODEL")]
    models: Vec<PathBuf>,
    /// Questions in the format of questions-words: `: section` lines, then `a b c d`
    #[arg(short, long, value_name = "FILE")]
    analogies: Vec<PathBuf>,
    /// Scored pairs: word, word, score, separated by tabs
    #[arg(short, long, value_name = "FILE")]
    similarity: Vec<PathBuf>,
    /// Words in classes: class, word, separated by a tab; scored by the purity of a k-means
    /// clustering
    #[arg(short, long, value_name = "FILE")]
    categories: Vec<PathBuf>,
    /// Sets and words that do not belong to them: a CSV table with the columns `outliers` and
    /// `words`, or lines of words, the odd one last
    #[arg(long, value_name = "FILE")]
    odd_one_out: Vec<PathBuf>,
    /// Classes of documents: a line for each document of the texts, `train` or `test`, a tab, the
    /// class; scored by logistic regression and the nearest neighbours on the codes, with logistic
    /// regression on all words (tf-idf) beside them
    #[arg(long, value_name = "FILE")]
    documents: Vec<PathBuf>,
    /// The texts that the lines of --documents belong to [default: the corpus of the model, where
    /// it was]
    #[arg(long, num_args = 1.., value_name = "TEXTS", requires = "documents")]
    texts: Vec<String>,
    /// Documents, best such as the model has not seen: a word of each is hidden and looked for
    /// among those that its reconstruction adds
    #[arg(long, num_args = 1.., value_name = "TEXTS")]
    completion: Vec<String>,
    /// Documents that the model has not seen: how much of them its codes keep, as the share of
    /// |x|^2 that is lost and as perplexities, of their tokens and of one half of them under the
    /// code of the other
    #[arg(long, num_args = 1.., value_name = "TEXTS")]
    held_out: Vec<String>,
    /// Texts to search: sentences drawn from them are asked for the documents that they stand in;
    /// with --labels documents are asked for others of their class; with --questions those of a
    /// file are asked; by words alone, by meaning alone, and by both, as `search` does
    #[arg(long, num_args = 1.., value_name = "TEXTS")]
    search: Vec<String>,
    /// Questions for --search, one a line: a query, a tab, a class of the labels or the name of a
    /// document
    #[arg(long, value_name = "FILE", requires = "search")]
    questions: Option<PathBuf>,
    /// Queries of each task of --search that draws them from the texts
    #[arg(long, value_name = "N", default_value_t = 400, requires = "search", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    queries: u32,
    #[command(flatten)]
    labels: LabelsArgs,
    /// Bilingual dictionaries, a pair a line; the models are maps then, made by `align`
    #[arg(long, value_name = "FILE", conflicts_with_all = ["analogies", "similarity", "categories", "odd_one_out", "documents", "completion", "held_out", "search"])]
    translation: Vec<PathBuf>,
    #[command(flatten)]
    between: Between,
    /// Translate by the orthogonal map, without whitening and re-weighting
    #[arg(long, requires = "translation")]
    orthogonal: bool,
    /// In analogies and translation, ask about, and search among, the first N words of the
    /// vocabulary only
    #[arg(long, value_name = "N")]
    max_words: Option<usize>,
    #[command(flatten)]
    format: FormatArg,
}

/// Draws the words that are hidden.
const SEED: u64 = 42;

/// The JSON of one model.
#[derive(Serialize)]
pub(crate) struct Evaluation {
    pub(crate) model: String,
    pub(crate) analogies: Vec<AnalogyScores>,
    pub(crate) similarity: Vec<SimilarityScore>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) categories: Vec<CategoryScore>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) odd_one_out: Vec<OddOneOutScores>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) documents: Vec<DocumentScores>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) completion: Vec<CompletionScore>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) held_out: Option<HeldOutScore>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) search: Vec<SearchScore>,
    /// The files of the tests that are of texts.
    #[serde(skip)]
    pub(crate) texts: TextFiles,
}

/// The texts of a test as they were given, several separated by blanks.
pub(crate) struct TextFiles {
    pub(crate) completion: String,
    pub(crate) held_out: String,
    pub(crate) search: String,
}

/// What the files hold, in the spelling of one vocabulary.
struct Tests {
    analogies: Vec<Questions>,
    similarity: Vec<ScoredPairs>,
    categories: Vec<Categories>,
    odd_one_out: Vec<OddSets>,
}

impl Tests {
    fn read(args: &Args, normalize: &dyn Fn(&str) -> String) -> Result<Self> {
        Ok(Self {
            analogies: each(&args.analogies, |file, path| Questions::read(file, path, normalize))?,
            similarity: each(&args.similarity, |file, path| {
                ScoredPairs::read(file, path, normalize)
            })?,
            categories: each(&args.categories, |file, path| {
                Categories::read(file, path, normalize)
            })?,
            odd_one_out: each(&args.odd_one_out, |file, path| {
                OddSets::read(file, path, normalize)
            })?,
        })
    }
}

fn each<T>(
    paths: &[PathBuf],
    read: impl Fn(BufReader<File>, &Path) -> eigenlex::Result<T>,
) -> Result<Vec<T>> {
    let open = |path: &PathBuf| -> eigenlex::Result<T> {
        let file = File::open(path).map_err(|source| Error::io("read", path, source))?;
        read(BufReader::new(file), path)
    };
    Ok(paths.iter().map(open).collect::<eigenlex::Result<_>>()?)
}

pub(crate) fn run(args: Args, bars: &Bars) -> Result<()> {
    bars.watch_interrupts()?;
    if args.labels.is_given() && args.search.is_empty() {
        return crate::cli::reading::conflict(
            "labels",
            "given",
            "--search; the labels of --documents are its own",
        );
    }
    if args.search.iter().any(|path| path == "-") {
        return Err(Error::Parameter {
            name: "search",
            found: "`-`".to_owned(),
            expected: "files or folders: the texts are read several times".to_owned(),
        }
        .into());
    }
    for model in &args.models {
        fs::metadata(model).map_err(|source| Error::io("read", model, source))?;
    }
    if !args.translation.is_empty() {
        let form = if args.orthogonal { MapForm::Orthogonal } else { MapForm::Weighted };
        return translation::run(
            &args.models,
            &args.translation,
            args.max_words,
            &args.between,
            form,
            args.format,
        );
    }
    args.between.refuse(
        "models have no spaces to choose from",
        "it goes with --translation and a hub or a chain",
    )?;
    let evaluations = args
        .models
        .iter()
        .map(|model| evaluation(model, &args, bars))
        .collect::<Result<Vec<_>>>()?;
    for it in &evaluations {
        scores::unanswered(it).iter().for_each(|sentence| bars.tell(sentence));
    }
    let mut stdout = output::stdout();
    match (args.format.resolve(), evaluations.as_slice()) {
        (OutputFormat::Json, [single]) => output::json_line(&mut stdout, single)?,
        (OutputFormat::Json, several) => output::json_line(&mut stdout, &several)?,
        (OutputFormat::Tsv, several) => scores::tsv(&mut stdout, args.format, several)?,
        (OutputFormat::Text, [single]) => scores::text(&mut stdout, single)?,
        (OutputFormat::Text, several) => scores::text_side_by_side(&mut stdout, several)?,
    }
    Ok(stdout.flush()?)
}

fn evaluation(model: &Path, args: &Args, bars: &Bars) -> Result<Evaluation> {
    let opened = Opened::open(model)?;
    let vectors = &opened.vectors;
    // As written, as the model's tokenizer has it, or in small letters, whichever is known first.
    let spelling = |word: &str| {
        let spellings = [word.to_owned(), opened.normalize(word), word.to_lowercase()];
        spellings
            .into_iter()
            .find(|spelling| vectors.id(spelling).is_some())
            .unwrap_or_else(|| opened.normalize(word))
    };
    let tests = Tests::read(args, &spelling)?;
    let mut analogies = Vec::new();
    for questions in &tests.analogies {
        analogies.extend(evaluate::analogies(vectors, questions, args.max_words, bars)?);
    }
    let similarity = tests
        .similarity
        .iter()
        .map(|pairs| evaluate::word_similarity(vectors, pairs))
        .collect::<eigenlex::Result<_>>()?;
    let categories = tests
        .categories
        .iter()
        .map(|it| evaluate::categorization(vectors, it, bars))
        .collect::<eigenlex::Result<_>>()?;
    let odd_one_out = tests
        .odd_one_out
        .iter()
        .map(|sets| evaluate::odd_one_out(vectors, sets, bars))
        .collect::<eigenlex::Result<_>>()?;
    let documents = documents(model, args, bars)?;
    let completion = match args.completion.is_empty() {
        true => Vec::new(),
        false => {
            let corpus = Corpus::options().open(&args.completion)?;
            let model = Model::open(model)?;
            evaluate::completion(&Encoder::new(&model)?, &corpus, SEED, bars)?
        }
    };
    let held_out = match args.held_out.is_empty() {
        true => None,
        false => {
            let corpus = Corpus::options().open(&args.held_out)?;
            let model = Model::open(model)?;
            Some(evaluate::held_out(&Encoder::new(&model)?, &corpus, SEED, bars)?)
        }
    };
    let search = search(model, args, bars)?;
    let texts = TextFiles {
        completion: args.completion.join(" "),
        held_out: args.held_out.join(" "),
        search: args.search.join(" "),
    };
    let model = model.display().to_string();
    Ok(Evaluation {
        model,
        analogies,
        similarity,
        categories,
        odd_one_out,
        documents,
        completion,
        held_out,
        search,
        texts,
    })
}

/// The scores of search.
fn search(path: &Path, args: &Args, bars: &Bars) -> Result<Vec<SearchScore>> {
    if args.search.is_empty() {
        return Ok(Vec::new());
    }
    let model = Model::open(path)?;
    let encoder = Encoder::new(&model)?;
    let corpus = CutArgs::default().open(&args.search, &model)?;
    let (codes, _) = Codes::encode_with_words(&encoder, &corpus, Components::Kept, bars)?;
    let classes = args.labels.read(&codes, bars)?;
    let questions = args.questions.iter().cloned().collect::<Vec<_>>();
    let questions = each(&questions, SearchQuestions::read)?;
    let drawn = DrawnQueries { n: args.queries as usize, seed: SEED };
    Ok(evaluate::search_scores(
        &encoder,
        &codes,
        &corpus,
        classes.as_ref(),
        questions.first(),
        drawn,
        bars,
    )?)
}

/// The scores of each file of labels.
fn documents(path: &Path, args: &Args, bars: &Bars) -> Result<Vec<DocumentScores>> {
    if args.documents.is_empty() {
        return Ok(Vec::new());
    }
    let model = Model::open(path)?;
    let encoder = Encoder::new(&model)?;
    let recorded: Vec<String> =
        model.provenance.corpus.sources.iter().map(|source| source.path.clone()).collect();
    let (texts, unit) = match args.texts.is_empty() {
        true => (&recorded, Some(model.provenance.document_unit)),
        false => (&args.texts, None),
    };
    let on_bad_utf8 = model.provenance.on_bad_utf8;
    let corpus = Corpus::options().unit(unit).on_bad_utf8(on_bad_utf8).open(texts)?;
    let labels = each(&args.documents, DocumentLabels::read)?;
    let mut scores = Vec::new();
    for labels in &labels {
        scores.extend(evaluate::document_classes(&encoder, &corpus, labels, bars)?);
    }
    Ok(scores)
}
