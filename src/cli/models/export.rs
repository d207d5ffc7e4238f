//! `eigenlex export`: vectors in another program's format.

use std::borrow::Cow;
use std::ops::Range;
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::ValueEnum;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use eigenlex::align::{AlignmentMap, CommonSpaces, Language, MapForm};
use eigenlex::evaluate::{self, Questions};
use eigenlex::format::{Format, Loss, RowStream, VectorPrecision, WriteOptions};
use eigenlex::{Error, Model, Progress as _, Stage, VisibleWord, WordVectors, Words, shortened};

use crate::cli::global::source;
use crate::cli::output::bars::Bars;
use crate::cli::output::{count, folder_of};
use crate::cli::refusal::{Refusal, no_effect};
use crate::cli::vector_files;

const AFTER_HELP: &str = "\
Examples:
  For gensim and most other programs:
    eigenlex export wiki.model wiki.vec
  For NumPy:
    eigenlex export wiki.model wiki.npy
  In half the space, with what that loses:
    eigenlex export wiki.model wiki.safetensors --precision f16
  For TensorBoard's Embedding Projector:
    eigenlex export wiki.model projector/ --format projector --max-words 10000
  For fastText, which then answers unknown words too:
    eigenlex export wiki.model wiki.ftz
  Spanish vectors in the space of an alignment:
    eigenlex export es.model es-aligned.vec --map en-es.map";

/// Write the vectors of a model or vector file in another format
///
/// With --map, the vectors are mapped into the space that the languages of the map share. Memory
/// does not depend on the number of words; vectors from other formats than a model or safetensors
/// first go to a temporary file beside the output, of 4 bytes per value.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    /// Model or vector file
    input: PathBuf,
    /// File to write
    #[arg(required_unless_present = "output_option", value_name = "OUTPUT")]
    output: Option<PathBuf>,
    /// File to write, as an option
    #[arg(short = 'o', long = "output", value_name = "OUTPUT", conflicts_with = "output")]
    output_option: Option<PathBuf>,
    /// Format of the output [default: by its extension]
    #[arg(long, value_name = "FORMAT", value_parser = formats())]
    format: Option<Format>,
    /// Type of the numbers; f16 and int8 are smaller, and what they lose is printed
    ///
    /// The loss is one less the cosine between a vector and what is read back of it.
    #[arg(long, value_name = "TYPE", default_value = "f32", value_parser = precisions())]
    precision: VectorPrecision,
    /// Analogies that are asked before and after, to show what --precision loses
    #[arg(long, value_name = "FILE", conflicts_with_all = ["map", "max_words"])]
    analogies: Option<PathBuf>,
    /// Write only the N most frequent words [default: all]
    ///
    /// The Embedding Projector is slow with more than about 10,000.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    max_words: Option<u32>,
    /// Map the vectors into the common space of this map, hub or chain
    #[arg(long, value_name = "MAP")]
    map: Option<PathBuf>,
    /// Which language of the map the vectors belong to [default: the one that was learned from
    /// them]
    #[arg(long, value_enum, value_name = "SIDE", requires = "map")]
    side: Option<SideName>,
    /// In a hub or chain: name of the space that the vectors belong to [default: the one that was
    /// learned from them]
    #[arg(long, value_name = "NAME", requires = "map", conflicts_with = "side")]
    space: Option<String>,
    /// Use the rotation alone, without whitening and re-weighting
    ///
    /// Cosines between words of one language, and word math, then stay as they are.
    #[arg(long, requires = "map")]
    orthogonal: bool,
    /// Replace the output if it exists
    #[arg(long)]
    force: bool,
}

/// The formats as values of an option, with what each is.
fn formats() -> impl TypedValueParser<Value = Format> {
    let value = |format: Format| PossibleValue::new(format.name()).help(described(format));
    PossibleValuesParser::new(Format::ALL.map(value)).try_map(|name| name.parse::<Format>())
}

/// What a format is, and how its files end: `NumPy arrays ...: .npz`.
fn described(format: Format) -> String {
    let endings: Vec<String> = format.extensions().iter().map(|it| format!(".{it}")).collect();
    let endings =
        if endings.is_empty() { String::new() } else { format!(": {}", endings.join(", ")) };
    let mut title = format.title().chars();
    let first: String = title.next().into_iter().flat_map(char::to_uppercase).collect();
    // A name that is written so.
    let first = if format.title().starts_with("fastText") { "f".to_owned() } else { first };
    let feature = format.feature().map_or_else(String::new, |feature| {
        format!(", if the program was built with the feature `{feature}`")
    });
    format!("{first}{}{feature}{endings}", title.as_str())
}

/// The precisions as values of an option.
fn precisions() -> impl TypedValueParser<Value = VectorPrecision> {
    let names = VectorPrecision::ALL.map(VectorPrecision::name);
    PossibleValuesParser::new(names).try_map(|name| name.parse::<VectorPrecision>())
}

/// The format as asked, else by the name of the output.
fn format_of(args: &Args, output: &Path) -> Result<Format> {
    let by_name = || {
        Format::from_extension(output).ok_or_else(|| {
            let formats = Format::ALL.iter().filter(|format| !format.is_left_out());
            let endings = formats.filter_map(|format| format.extensions().first());
            let mut endings: Vec<String> = endings.map(|ending| format!(".{ending}")).collect();
            endings.dedup();
            Refusal::new(
                format!("the name `{}` does not say which format to write", output.display()),
                format!("end it in {}, or add `--format`", endings.join(", ")),
            )
        })
    };
    let format = match args.format {
        Some(format) => format,
        None => by_name()?,
    };
    vector_files::refuse_left_out(format)?;
    Ok(format)
}

/// Vectors of n-grams are those of a model, and no map is learned for them.
fn refuse_input(format: Format, args: &Args) -> Result<()> {
    if !format.needs_ngrams() {
        return Ok(());
    }
    let (problem, hint) = if args.map.is_some() {
        ("fastText's format is not written through a map", "write another, such as .vec")
    } else if Model::is_at(&args.input) {
        return Ok(());
    } else {
        let problem = "fastText's format needs the vectors of n-grams, which models have";
        (problem, "give a model, or write another format, such as .vec")
    };
    Err(Refusal::new(problem, hint).into())
}

/// A precision that a format has.
fn refuse_precision(format: Format, precision: VectorPrecision) -> Result<()> {
    let precisions = format.precisions();
    if precisions.contains(&precision) {
        return Ok(());
    }
    let names: Vec<String> = precisions.iter().map(|it| format!("`{it}`")).collect();
    let problem = format!("the format `{format}` has no numbers of type `{precision}`");
    let hint = format!("give {}, or write safetensors, which has all", names.join(" or "));
    Err(Refusal::new(problem, hint).into())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SideName {
    Source,
    Target,
}

/// The side that the vectors belong to: as asked, else the one that was learned from them.
fn side(
    map: &AlignmentMap,
    asked: Option<SideName>,
    vectors: &WordVectors,
    path: &Path,
) -> Result<Language> {
    let language = match asked {
        Some(SideName::Source) => Language::Source,
        Some(SideName::Target) => Language::Target,
        None => {
            let is_of = |language| map.check_vectors(language, vectors, path).is_ok();
            match (is_of(Language::Source), is_of(Language::Target)) {
                (true, false) => Language::Source,
                (false, true) => Language::Target,
                _ => {
                    return Err(Refusal::new(
                        format!("the map was not learned from the vectors of `{}`", path.display()),
                        "say which of its languages they belong to: `--side source` or \
                         `--side target`",
                    )
                    .into());
                }
            }
        }
    };
    let dim = map.space(language).dim_in;
    if vectors.dim() != dim {
        let found = format!("vectors of {} dimensions", vectors.dim());
        let expected = format!("{dim} dimensions, as on this side of the map");
        return Err(
            Error::Malformed { path: path.to_path_buf(), line: None, found, expected }.into()
        );
    }
    Ok(language)
}

/// What maps vectors into a common space.
enum Mapping {
    Two(Box<AlignmentMap>),
    Several(Box<CommonSpaces>),
}

impl Mapping {
    fn open(path: &PathBuf) -> eigenlex::Result<Self> {
        Ok(match CommonSpaces::is_at(path) {
            true => Self::Several(Box::new(CommonSpaces::open(path)?)),
            false => Self::Two(Box::new(AlignmentMap::open(path)?)),
        })
    }

    /// The map of two languages that the vectors go through, and the side that they belong to.
    fn for_vectors(self, args: &Args, vectors: &WordVectors) -> Result<(AlignmentMap, Language)> {
        match self {
            Self::Two(map) => {
                if let Some(name) = &args.space {
                    let reason = "a map of two languages has no named spaces";
                    return no_effect(format!("--space {name}"), reason, "use `--side`");
                }
                let language = side(&map, args.side, vectors, &args.input)?;
                Ok((*map, language))
            }
            Self::Several(spaces) => {
                let place = space(&spaces, args.space.as_deref(), vectors, &args.input)?;
                let map = spaces.between(place, 0);
                let language = side(&map, Some(SideName::Source), vectors, &args.input)?;
                Ok((map, language))
            }
        }
    }
}

/// The space that the vectors belong to: as asked, else the one that was learned from them.
fn space(
    spaces: &CommonSpaces,
    asked: Option<&str>,
    vectors: &WordVectors,
    path: &Path,
) -> Result<usize> {
    if let Some(name) = asked {
        return Ok(spaces.position(name, "space")?);
    }
    let found =
        (0..spaces.sides.len()).find(|&place| spaces.check_vectors(place, vectors, path).is_ok());
    let unclear = || {
        Refusal::new(
            format!("no space was learned from the vectors of `{}`", path.display()),
            format!("say which they belong to: `--space` takes {}", spaces.names()),
        )
    };
    Ok(found.ok_or_else(unclear)?)
}

pub(crate) fn run(args: Args, bars: &Bars) -> Result<()> {
    let output = args.output.as_deref().or(args.output_option.as_deref());
    let output = output.expect("clap demands one of the two");
    if output.as_os_str() == "-" {
        let problem = "vectors are not written to standard output";
        return Err(Refusal::new(problem, "give the name of a file").into());
    }
    let format = format_of(&args, output)?;
    refuse_input(format, &args)?;
    refuse_precision(format, args.precision)?;
    if let Some(file) = &args.analogies
        && args.precision == VectorPrecision::Single
    {
        let (flag, reason) = (format!("--analogies {}", file.display()), "f32 loses nothing");
        return no_effect(flag, reason, "add `--precision f16` or `--precision int8`");
    }
    for file in format.files(output) {
        eigenlex::storage::refuse_existing(&file, args.force)?;
    }
    if Model::is_at(&args.input) {
        // A model of a later version is refused before its vectors are misread.
        Model::open_provenance(&args.input)?;
    }
    let map = args.map.as_ref().map(Mapping::open).transpose()?;
    let folder = folder_of(output);
    let options = vector_files::options().folder(folder.to_path_buf());
    let file = vector_files::open_with(&args.input, &options, bars)?;
    if file.ngrams.is_some() {
        bars.tell(&vector_files::ngrams_left_behind(&args.input, output));
    }
    let vectors = file.vectors;
    let n_words = args.max_words.map_or(vectors.len(), |n| vectors.len().min(n as usize));
    let first: Words;
    let words = if n_words < vectors.len() {
        first = vectors.words().iter().take(n_words).collect();
        &first
    } else {
        vectors.words()
    };
    let (values, dim_in) = (vectors.as_slice(), vectors.dim());
    let of_rows = |rows: Range<usize>| &values[rows.start * dim_in..rows.end * dim_in];
    let Some(map) = map else {
        let questions = match &args.analogies {
            Some(path) => Some(analogies(path, &vectors)?),
            None => None,
        };
        let rows = RowStream::new(words, dim_in, |rows| Cow::Borrowed(of_rows(rows)));
        write(format, &rows, &args, output, bars)?;
        return match &questions {
            Some(questions) => tell_analogies(questions, &vectors, output, bars),
            None => Ok(()),
        };
    };
    let (map, language) = map.for_vectors(&args, &vectors)?;
    let form = if args.orthogonal { MapForm::Orthogonal } else { MapForm::Weighted };
    let mapped = RowStream::new(words, map.dim(), |rows| {
        Cow::Owned(map.apply(language, form, of_rows(rows)).data)
    });
    write(format, &mapped, &args, output, bars)
}

/// Writes rows, shows the progress, and says what was lost.
fn write(
    format: Format,
    rows: &RowStream<'_>,
    args: &Args,
    output: &Path,
    bars: &Bars,
) -> Result<()> {
    // Counts and n-grams are those of a model.
    let is_wanted = matches!(format, Format::Projector) || format.needs_ngrams();
    let model =
        if is_wanted && Model::is_at(&args.input) { Some(Model::open(&args.input)?) } else { None };
    let counts = model.as_ref().map(|model| &model.counts[..rows.words().len()]);
    let ngrams = model.as_ref().and_then(|model| model.ngrams.as_ref());
    if format.needs_ngrams() && ngrams.is_none() {
        return Err(Error::NoNGrams.into());
    }
    let loss = match args.precision {
        VectorPrecision::Single => None,
        precision => Some(precision.loss(rows)?),
    };
    let options = WriteOptions::default()
        .force(args.force)
        .precision(args.precision)
        .counts(counts)
        .ngrams(ngrams);
    bars.start(Stage::Write, None);
    let written = format.write_with(rows, output, &options);
    bars.finish();
    written?;
    if let Some(Loss { mean, largest, word, n_zeros, zero, .. }) = loss {
        let of_word = if word.is_empty() {
            String::new()
        } else {
            format!(" (`{}`)", VisibleWord(shortened(&word)))
        };
        bars.tell(&format!(
            "{} numbers: 1 - cosine is {mean:.1e} on average, {largest:.1e} at most{of_word}",
            args.precision
        ));
        if n_zeros > 0 {
            let plural = if n_zeros == 1 { " becomes" } else { "s become" };
            bars.tell(&format!(
                "warning: {} vector{plural} zero, and nothing can be asked about {} (`{}`)",
                count(n_zeros),
                if n_zeros == 1 { "its word" } else { "their words" },
                VisibleWord(shortened(&zero))
            ));
        }
    }
    Ok(())
}

/// The questions of a file, with their words as the vectors have them, or else in small letters.
fn analogies(path: &Path, vectors: &WordVectors) -> Result<Questions> {
    let spelling = |word: &str| match vectors.id(word) {
        Some(_) => word.to_owned(),
        None => word.to_lowercase(),
    };
    Ok(Questions::open(source(path), &spelling)?)
}

/// Says how many analogies are right before and after.
fn tell_analogies(
    questions: &Questions,
    before: &WordVectors,
    output: &Path,
    bars: &Bars,
) -> Result<()> {
    let after = WordVectors::open(output)?;
    let right = |vectors: &WordVectors| -> Result<(usize, usize)> {
        let [add, _] = evaluate::analogies(vectors, questions, None, bars)?;
        Ok((add.all.correct, add.all.answered))
    };
    let ((correct, answered), (correct_after, _)) = (right(before)?, right(&after)?);
    bars.tell(&format!(
        "analogies: {} of {} right before, {} after",
        count(correct as u64),
        count(answered as u64),
        count(correct_after as u64)
    ));
    Ok(())
}
