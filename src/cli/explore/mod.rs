//! `eigenlex explore`: words and documents on one page that works offline.

mod data;
mod levels;

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::PathBuf;

use anyhow::Result;
use eigenlex::encode::Encoder;
use eigenlex::storage::AtomicFile;
use eigenlex::{Model, WordId};

use self::data::{Column, Facts, NONE, Page, Points, Texts, VERSION, Words, in_8_bits, packed};
use super::documents::inputs::{Documents, MaybeDocumentsArgs};
use super::documents::labels::LabelsArgs;
use super::documents::plane::{Near, directions, frequent_words, places};
use super::global::Global;
use super::output;
use super::output::bars::Bars;
use super::output::chart::escaped;
use super::refusal::Refusal;

/// The page without its title and its data, built from `web/src` by `web/build.mjs`.
const PAGE: &str = include_str!("../../../web/dist/page.html");

const AFTER_HELP: &str = "\
Examples:
  Documents and the words among them:
    eigenlex explore model --in texts.txt -o page.html
  Words alone:
    eigenlex explore model -o words.html
  Documents with known classes:
    eigenlex explore model --in texts/ --labels labels.tsv -o page.html";

/// Write a page to explore documents and words: search, neighbours, word math, groups
///
/// One file that works offline and asks no other machine for anything. Similar documents are close
/// on its plane, and so are words. Groups have names by the words that tell them apart.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    /// Model
    model: PathBuf,
    /// File to write: .html
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Replace the output if it exists
    #[arg(long)]
    force: bool,
    /// Words on the plane [default: 10,000 without documents, 300 among them]
    #[arg(long, value_name = "N")]
    words: Option<usize>,
    /// Words that can be searched and computed with, the most frequent ones
    #[arg(long, default_value_t = 10_000, value_name = "N")]
    vectors: usize,
    /// Characters of each text in the page
    #[arg(
        long,
        default_value_t = 2000,
        value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..),
    )]
    text_length: u32,
    /// Number of neighbours that the plane keeps close to each point
    #[arg(
        long,
        default_value_t = 15,
        value_name = "N",
        value_parser = clap::value_parser!(u32).range(2..),
    )]
    neighbors: u32,
    /// Seed of the plane and the groups
    #[arg(long, default_value_t = 42, value_name = "SEED")]
    seed: u64,
    #[command(flatten)]
    labels: LabelsArgs,
    #[command(flatten)]
    documents: MaybeDocumentsArgs,
}

impl Default for Args {
    /// The usual settings, without files.
    fn default() -> Self {
        Self {
            model: PathBuf::new(),
            output: PathBuf::new(),
            force: false,
            words: None,
            vectors: 10_000,
            text_length: 2000,
            neighbors: 15,
            seed: 42,
            labels: LabelsArgs::default(),
            documents: MaybeDocumentsArgs::default(),
        }
    }
}

impl Args {
    fn near(&self) -> Near {
        Near { neighbors: self.neighbors, seed: self.seed }
    }
}

pub(crate) fn run(mut args: Args, global: &Global, bars: &Bars) -> Result<()> {
    let extension = args.output.extension().and_then(|extension| extension.to_str());
    if !matches!(extension, Some("html" | "htm")) {
        return Err(Refusal::new(
            format!("the name `{}` is not that of a page", args.output.display()),
            "end it in .html; `plot` writes .svg",
        )
        .into());
    }
    let model = Model::open(&args.model)?;
    let mut file = AtomicFile::create(&args.output, args.force)?;
    bars.keep_until_cleaned_up();
    bars.watch_interrupts()?;
    let page = match std::mem::take(&mut args.documents).given() {
        Some(documents) => {
            let encoder = Encoder::new(&model)?;
            let documents = documents.open_some(&encoder, bars)?;
            with_documents(&args, &model, &encoder, &documents, bars)?
        }
        None => with_words(&args, &model, bars)?,
    };
    let text = filled(&page)?;
    file.put(text.as_bytes())?;
    file.commit()?;
    if !global.quiet {
        let count = |n: usize| output::count(n as u64);
        let (points, words) = (page.points.n, page.words.as_ref().map_or(0, |words| words.n));
        let (points, words) = (count(points), count(words));
        writeln!(
            io::stderr(),
            "{points} points, {words} words to search, {}",
            output::bytes(text.len() as u64)
        )?;
    }
    Ok(())
}

/// The page with its data.
fn filled(page: &Page) -> Result<String> {
    let json = serde_json::to_string(page)?;
    // Within a script `</script>` and `<!--` would end or hide it.
    let json = json.replace('<', "\\u003c");
    Ok(PAGE.replace("@TITLE@", &escaped(&page.title)).replace("@DATA@", &json))
}

/// The page that a server sends, with the usual settings; `api` is where it asks further.
#[cfg(feature = "serve")]
pub(crate) fn served_page(
    model: &Model,
    documents: Option<(&Encoder, &Documents)>,
    labels: LabelsArgs,
    api: &str,
    bars: &Bars,
) -> Result<String> {
    let args = Args { labels, ..Args::default() };
    let page = match documents {
        Some((encoder, documents)) => with_documents(&args, model, encoder, documents, bars)?,
        None => with_words(&args, model, bars)?,
    };
    _ = api;
    filled(&page)
}

/// Documents, and the words among them.
fn with_documents<'a>(
    args: &Args,
    model: &'a Model,
    encoder: &Encoder,
    documents: &Documents,
    bars: &Bars,
) -> Result<Page<'a>> {
    let codes = &documents.codes;
    let drawn = frequent_words(model, args.words.unwrap_or(300));
    let units = directions(encoder, documents, &drawn);
    let places = places(&units, codes.dim(), Some(args.near()), bars)?;
    let texts = documents.texts(args.text_length as usize)?;
    let levels = levels::of_documents(encoder, codes, drawn.len(), args.seed, bars)?;
    let mut columns = Vec::new();
    if let Some(classes) = args.labels.read(codes, bars)? {
        let n_classes = classes.classes.len();
        if n_classes > usize::from(NONE) {
            let found =
                format!("{} labels are too many for a page", output::count(n_classes as u64));
            return Err(Refusal::new(found, "--label-column names another column").into());
        }
        let of_documents = codes
            .documents()
            .iter()
            .map(|&number| classes.class_of(number).map_or(NONE, |class| class as u16));
        let of_points = packed(of_documents.chain(drawn.iter().map(|_| NONE)));
        columns.push(Column { name: "label".to_owned(), values: classes.classes, of_points });
    }
    let names = (0..codes.len()).map(|row| codes.name_of_row(row));
    let mut notes = Vec::new();
    let of_documents: Vec<Option<String>> =
        codes.documents().iter().map(|number| texts.get(number).cloned()).collect();
    let is_cut = |text: &Option<String>| {
        text.as_ref().is_some_and(|text| text.chars().count() >= args.text_length as usize)
    };
    let n_cut = of_documents.iter().filter(|text| is_cut(text)).count();
    if n_cut > 0 {
        notes.push(format!(
            "{} of {} texts are cut after {} characters. --text-length takes more.",
            output::count(n_cut as u64),
            output::count(codes.len() as u64),
            output::count(args.text_length.into())
        ));
    }
    let texts = (!texts.is_empty()).then(|| Texts {
        of_points: of_documents.into_iter().chain(drawn.iter().map(|_| None)).collect(),
        cut_at: (n_cut > 0).then_some(args.text_length),
    });
    let title = format!("{} documents", output::count(codes.len() as u64));
    Ok(Page {
        points: points(model, names.collect(), &drawn, &places),
        texts,
        levels,
        columns,
        ..page(args, model, title, notes, codes.len(), &drawn)
    })
}

/// Words alone.
fn with_words<'a>(args: &Args, model: &'a Model, bars: &Bars) -> Result<Page<'a>> {
    if args.labels.is_given() {
        let hint = "add the documents with `--in`";
        return Err(Refusal::new("--labels has no effect without documents", hint).into());
    }
    let vectors = &model.vectors;
    let n_drawn = args.words.unwrap_or(10_000).min(vectors.len());
    // A word without a direction has no place.
    let lengths = vectors.lengths()?;
    let drawn: Vec<WordId> =
        (0..n_drawn as u32).map(WordId).filter(|word| lengths[word.index()] > 0.0).collect();
    let unit = |&word: &WordId| {
        vectors.vector(word).iter().map(move |number| number / lengths[word.index()])
    };
    let units: Vec<f32> = drawn.iter().flat_map(unit).collect();
    let dim = vectors.dim();
    let places = places(&units, dim, Some(args.near()), bars)?;
    let levels = levels::of_words(model, &drawn, &units, args.seed, bars)?;
    let mut notes = Vec::new();
    if n_drawn < vectors.len() {
        notes.push(format!(
            "The plane has the {} most frequent of {} words. --words takes more.",
            output::count(n_drawn as u64),
            output::count(vectors.len() as u64)
        ));
    }
    let title = format!("{} words", output::count(drawn.len() as u64));
    Ok(Page {
        points: points(model, Vec::new(), &drawn, &places),
        levels,
        ..page(args, model, title, notes, 0, &drawn)
    })
}

/// Documents of these names, then words.
fn points(model: &Model, documents: Vec<String>, words: &[WordId], places: &[f32]) -> Points {
    let axis = |axis: usize| packed(places.chunks_exact(2).map(|place| place[axis]));
    let n_documents = documents.len();
    let spellings = words.iter().map(|&word| model.vectors.words().spelling(word).to_owned());
    Points {
        n: n_documents + words.len(),
        x: axis(0),
        y: axis(1),
        kinds: vec!["document", "word"],
        kind: packed((0..n_documents).map(|_| 0u8).chain(words.iter().map(|_| 1))),
        name: documents.into_iter().chain(spellings).collect(),
        word: packed((0..n_documents).map(|_| -1).chain(words.iter().map(|word| word.0 as i32))),
    }
}

/// A page without points: what is known of the model and its words.
fn page<'a>(
    args: &Args,
    model: &'a Model,
    title: String,
    mut notes: Vec<String>,
    n_documents: usize,
    drawn: &[WordId],
) -> Page<'a> {
    let vectors = &model.vectors;
    // Words on the plane can be searched.
    let least = drawn.iter().map(|word| word.index() + 1).max().unwrap_or(0);
    let n_words = args.vectors.max(least).min(vectors.len());
    if n_words < vectors.len() {
        notes.push(format!(
            "The {} most frequent of {} words can be searched. --vectors takes more.",
            output::count(n_words as u64),
            output::count(vectors.len() as u64)
        ));
    }
    let ids = || (0..n_words as u32).map(WordId);
    let places: BTreeMap<WordId, usize> =
        drawn.iter().enumerate().map(|(place, &word)| (word, n_documents + place)).collect();
    let most = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
    let words = Words {
        n: n_words,
        spelling: ids().map(|word| vectors.words().spelling(word).to_owned()).collect(),
        count: packed(ids().map(|word| most(model.counts[word.index()]))),
        documents: packed(ids().map(|word| most(model.document_frequencies[word.index()]))),
        dim: vectors.dim(),
        vectors: packed(ids().flat_map(|word| in_8_bits(vectors.vector(word)))),
        point: packed(ids().map(|word| places.get(&word).map_or(-1, |&place| place as i32))),
    };
    Page {
        version: VERSION,
        title,
        program: format!("eigenlex {}", env!("CARGO_PKG_VERSION")),
        model: Facts {
            digest: &model.provenance.digest,
            n_documents: model.provenance.n_documents,
            n_words: vectors.len(),
            dim: vectors.dim(),
        },
        notes,
        points: points(model, Vec::new(), &[], &[]),
        texts: None,
        levels: Vec::new(),
        columns: Vec::new(),
        words: Some(words),
    }
}
