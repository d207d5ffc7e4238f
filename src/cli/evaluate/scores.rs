//! The scores of one model: reads the files of the tests, in the spelling of the model, and asks.

use std::path::{Path, PathBuf};

use anyhow::Result;
use eigenlex::encode::{Codes, Components, Encoder};
use eigenlex::evaluate::{
    self, AnalogyScores, Categories, CategoryScore, ChoiceScore, CompletionScore, DocumentLabels,
    DocumentScores, DrawnQueries, HeldOutScore, OddOneOutScores, OddSets, Questions, ScoredPairs,
    SearchQuestions, SearchScore, SimilarityScore,
};
use eigenlex::input::{TextReader, TextSource};
use eigenlex::tables::TableReport;
use eigenlex::{Corpus, Model, Progress as _, WordVectors};
use serde::Serialize;

use super::args::Args;
use crate::cli::documents::inputs::CutArgs;
use crate::cli::global::source;
use crate::cli::output::bars::Bars;
use crate::cli::queries::Opened;

/// Draws the words that are hidden, and the queries.
const SEED: u64 = 42;

/// The JSON of one model.
#[derive(Serialize)]
pub(super) struct Evaluation {
    pub(super) model: String,
    pub(super) analogies: Vec<AnalogyScores>,
    /// Multiple-choice analogies.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) choices: Vec<ChoiceScore>,
    pub(super) similarity: Vec<SimilarityScore>,
    /// The same with unknown words guessed, of the files in which there are some.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) similarity_guessed: Vec<SimilarityScore>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) categories: Vec<CategoryScore>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) odd_one_out: Vec<OddOneOutScores>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) documents: Vec<DocumentScores>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) completion: Vec<CompletionScore>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) held_out: Option<HeldOutScore>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) search: Vec<SearchScore>,
    /// What was taken from the files about words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) sets: Vec<ReadSet>,
    /// The texts of the tests that have texts.
    #[serde(skip)]
    pub(super) texts: TextFiles,
}

/// What was taken from a file.
#[derive(Serialize)]
pub(super) struct ReadSet {
    pub(super) test: &'static str,
    pub(super) file: String,
    #[serde(flatten)]
    pub(super) report: TableReport,
}

/// Says what was taken from the files, each sentence once: a table of scores has no place for it.
pub(super) fn tell_sets<'a>(sets: impl IntoIterator<Item = &'a ReadSet>, bars: &Bars) {
    let mut told = Vec::new();
    for set in sets {
        let sentence = format!("`{}`: {}", set.file, set.report);
        if !told.contains(&sentence) {
            bars.tell(&sentence);
            told.push(sentence);
        }
    }
}

/// The texts of a test as they were given, several separated by spaces.
pub(super) struct TextFiles {
    pub(super) completion: String,
    pub(super) held_out: String,
    pub(super) search: String,
}

impl Evaluation {
    /// Asks the model at `path` all that the options name.
    pub(super) fn of(path: &Path, args: &Args, bars: &Bars) -> Result<Self> {
        let words = WordScores::of(path, args, bars)?;
        let (documents, completion) = (documents(path, args, bars)?, completion(path, args, bars)?);
        Ok(Self {
            model: path.display().to_string(),
            analogies: words.analogies,
            choices: words.choices,
            similarity: words.similarity,
            similarity_guessed: words.similarity_guessed,
            categories: words.categories,
            odd_one_out: words.odd_one_out,
            documents,
            completion,
            held_out: held_out(path, args, bars)?,
            search: search(path, args, bars)?,
            sets: words.sets,
            texts: TextFiles {
                completion: args.completion.join(" "),
                held_out: args.held_out.join(" "),
                search: args.search.join(" "),
            },
        })
    }
}

/// The scores of the tests about words.
struct WordScores {
    analogies: Vec<AnalogyScores>,
    choices: Vec<ChoiceScore>,
    similarity: Vec<SimilarityScore>,
    similarity_guessed: Vec<SimilarityScore>,
    categories: Vec<CategoryScore>,
    odd_one_out: Vec<OddOneOutScores>,
    sets: Vec<ReadSet>,
}

impl WordScores {
    fn of(path: &Path, args: &Args, bars: &Bars) -> Result<Self> {
        let opened = Opened::open(path)?;
        let vectors: &WordVectors = &opened.vectors;
        let spelling = |word: &str| spelling(&opened, word);
        let files = WordFiles::read(args, &spelling)?;
        let sets = files.reports();
        let (mut analogies, mut choices) = (Vec::new(), Vec::new());
        for questions in &files.analogies {
            if !questions.sections.is_empty() {
                analogies.extend(evaluate::analogies(vectors, questions, args.max_words, bars)?);
            }
            choices.extend(evaluate::analogy_choices(vectors, questions)?);
        }
        let similarity: Vec<SimilarityScore> = files
            .similarity
            .iter()
            .map(|it| evaluate::word_similarity(vectors, it))
            .collect::<eigenlex::Result<_>>()?;
        let has_ngrams = !similarity.is_empty() && Model::is_at(path);
        let ngrams = if has_ngrams { Model::open_ngrams(path)? } else { None };
        let mut similarity_guessed = Vec::new();
        for (pairs, known) in files.similarity.iter().zip(&similarity) {
            if let Some(ngrams) = ngrams.as_ref().filter(|_| known.answered < known.total) {
                similarity_guessed.push(evaluate::word_similarity_guessed(vectors, ngrams, pairs)?);
            }
        }
        let categories =
            files.categories.iter().map(|it| evaluate::categorization(vectors, it, bars));
        let odd_one_out =
            files.odd_one_out.iter().map(|it| evaluate::odd_one_out(vectors, it, bars));
        Ok(Self {
            sets,
            analogies,
            choices,
            similarity,
            similarity_guessed,
            categories: categories.collect::<eigenlex::Result<_>>()?,
            odd_one_out: odd_one_out.collect::<eigenlex::Result<_>>()?,
        })
    }
}

/// A word as it is written, as the model's tokenizer has it, or in small letters, whichever is
/// known first; several words also joined by `_`, as phrases are, else each of them by itself.
fn spelling(opened: &Opened, word: &str) -> String {
    let known = |word: &str| {
        let spellings = [word.to_owned(), opened.normalize(word), word.to_lowercase()];
        spellings.into_iter().find(|spelling| opened.vectors.id(spelling).is_some())
    };
    if let Some(known) = known(word) {
        return known;
    }
    if !word.contains(' ') {
        return opened.normalize(word);
    }
    known(&word.replace(' ', "_")).unwrap_or_else(|| {
        let single = |word: &str| known(word).unwrap_or_else(|| opened.normalize(word));
        word.split(' ').map(single).collect::<Vec<_>>().join(" ")
    })
}

/// What the files about words contain, in the spelling of one vocabulary.
struct WordFiles {
    analogies: Vec<Questions>,
    similarity: Vec<ScoredPairs>,
    categories: Vec<Categories>,
    odd_one_out: Vec<OddSets>,
}

impl WordFiles {
    fn read(args: &Args, spelling: &dyn Fn(&str) -> String) -> Result<Self> {
        Ok(Self {
            analogies: opened(&args.analogies, |file| Questions::open(file, spelling))?,
            similarity: opened(&args.similarity, |file| ScoredPairs::open(file, spelling))?,
            categories: opened(&args.categories, |file| Categories::open(file, spelling))?,
            odd_one_out: opened(&args.odd_one_out, |file| OddSets::open(file, spelling))?,
        })
    }

    /// What was taken from each file.
    fn reports(&self) -> Vec<ReadSet> {
        let set = |test, file: &str, report: &TableReport| ReadSet {
            test,
            file: file.to_owned(),
            report: report.clone(),
        };
        let mut sets = Vec::new();
        sets.extend(self.analogies.iter().map(|it| set("analogies", &it.file, &it.report)));
        sets.extend(self.similarity.iter().map(|it| set("similarity", &it.file, &it.report)));
        sets.extend(self.categories.iter().map(|it| set("categories", &it.file, &it.report)));
        sets.extend(self.odd_one_out.iter().map(|it| set("odd-one-out", &it.file, &it.report)));
        sets
    }
}

fn opened<T>(
    paths: &[PathBuf],
    open: impl Fn(TextSource) -> eigenlex::Result<T>,
) -> Result<Vec<T>> {
    Ok(paths.iter().map(|path| open(source(path))).collect::<eigenlex::Result<_>>()?)
}

fn each<T>(
    paths: &[PathBuf],
    read: impl Fn(TextReader<'static>, &Path) -> eigenlex::Result<T>,
) -> Result<Vec<T>> {
    let open = |path: &PathBuf| read(source(path).open()?, path);
    Ok(paths.iter().map(open).collect::<eigenlex::Result<_>>()?)
}

fn completion(path: &Path, args: &Args, bars: &Bars) -> Result<Vec<CompletionScore>> {
    if args.completion.is_empty() {
        return Ok(Vec::new());
    }
    let corpus = Corpus::options().open(&args.completion)?;
    let model = Model::open(path)?;
    Ok(evaluate::completion(&Encoder::new(&model)?, &corpus, SEED, bars)?)
}

fn held_out(path: &Path, args: &Args, bars: &Bars) -> Result<Option<HeldOutScore>> {
    if args.held_out.is_empty() {
        return Ok(None);
    }
    let corpus = Corpus::options().open(&args.held_out)?;
    let model = Model::open(path)?;
    Ok(Some(evaluate::held_out(&Encoder::new(&model)?, &corpus, SEED, bars)?))
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
    let corpus = model.provenance.corpus_options().unit(unit).open(texts)?;
    let labels = each(&args.documents, DocumentLabels::read)?;
    let mut scores = Vec::new();
    for labels in &labels {
        scores.extend(evaluate::document_classes(&encoder, &corpus, labels, bars)?);
    }
    Ok(scores)
}
