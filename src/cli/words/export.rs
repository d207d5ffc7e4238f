//! `eigenlex export`: vectors in another program's format.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::ValueEnum;
use eigenlex::align::{AlignmentMap, CommonSpaces, Language, MapForm};
use eigenlex::format::{Format, RowStream, projector};
use eigenlex::{Error, Model, Progress as _, Stage, WordVectors, Words};

use crate::cli::output::bars::Bars;
use crate::cli::refusal::Refusal;

/// Write the vectors of a model, or of any vector file, in another format.
///
/// word2vec (text), word2vec-binary, npy (with the words in FILE.words.txt, one a line),
/// safetensors, or projector: a folder with the files of TensorBoard's Embedding Projector
/// (vectors.tsv, metadata.tsv, projector_config.pbtxt). With --map, the vectors go through a map
/// that `align` has made into the space that both languages share; also vectors of new words, if
/// they are of the space that the map was made for. They are written a few thousand words at a
/// time, however many there are: a model and safetensors are mapped where they lie, other inputs
/// are first read into a temporary file beside the output, of 4 bytes a number.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A model, or any vector file
    input: PathBuf,
    /// The file to write
    #[arg(required_unless_present = "output_option", value_name = "OUTPUT")]
    output: Option<PathBuf>,
    /// The file to write, as an option
    #[arg(short = 'o', long = "output", value_name = "OUTPUT", conflicts_with = "output")]
    output_option: Option<PathBuf>,
    /// Format of the output [default: by its extension: .vec and .txt, .bin, .npy, .safetensors]
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<FormatName>,
    /// Write only the first N words, the most frequent; the projector is slow with more than some
    /// 10,000 [default: all]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    max_words: Option<u32>,
    /// Take the vectors into the common space of this map, hub or chain
    #[arg(long, value_name = "MAP")]
    map: Option<PathBuf>,
    /// The language that the vectors are of [default: the side that has exactly these vectors]
    #[arg(long, value_enum, value_name = "SIDE", requires = "map")]
    side: Option<SideName>,
    /// In a hub or a chain: the name of the space that the vectors are of [default: the one that
    /// has exactly these vectors]
    #[arg(long, value_name = "NAME", requires = "map", conflicts_with = "side")]
    space: Option<String>,
    /// Map by the rotation alone, without whitening and re-weighting: cosines within the language,
    /// and word math, stay as they are
    #[arg(long, requires = "map")]
    orthogonal: bool,
    /// Replace the output if it exists
    #[arg(long)]
    force: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FormatName {
    /// word2vec's text format
    Word2vec,
    /// word2vec's binary format
    Word2vecBinary,
    /// A NumPy array, with a list of words beside it
    Npy,
    Safetensors,
    /// A folder for TensorBoard's Embedding Projector
    Projector,
}

/// Where the vectors go.
enum Target {
    File(Format),
    Projector,
}

impl Target {
    /// As asked, else by the name of the output.
    fn of(asked: Option<FormatName>, output: &Path) -> Result<Self> {
        let by_name = || {
            Format::from_extension(output).ok_or_else(|| Error::Parameter {
                name: "format",
                found: format!("unknown from the name `{}`", output.display()),
                expected: "--format word2vec, word2vec-binary, npy, safetensors or projector"
                    .to_owned(),
            })
        };
        Ok(Self::File(match asked {
            Some(FormatName::Projector) => return Ok(Self::Projector),
            Some(FormatName::Word2vec) => Format::Word2vec,
            Some(FormatName::Word2vecBinary) => Format::Word2vecBinary,
            Some(FormatName::Npy) => Format::Npy,
            Some(FormatName::Safetensors) => Format::Safetensors,
            None => by_name()?,
        }))
    }

    /// Writes rows; `input` tells the counts of the words, where it is a model.
    fn write(&self, rows: &RowStream<'_>, input: &Path, output: &Path, force: bool) -> Result<()> {
        match self {
            Self::File(format) => format.write_stream(rows, output, force)?,
            Self::Projector => {
                let model = if Model::is_at(input) { Some(Model::open(input)?) } else { None };
                let counts = model.as_ref().map(|model| &model.counts[..rows.words().len()]);
                projector::write(rows, counts, output, force)?;
            }
        }
        Ok(())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SideName {
    Source,
    Target,
}

/// The side that the vectors are of: as asked, else the one whose vectors they are.
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
                    let expected = "source or target: `--side` says which of the map's languages these vectors are of".to_owned();
                    return Err(Error::Parameter {
                        name: "side",
                        found: "not given, and not clear".to_owned(),
                        expected,
                    }
                    .into());
                }
            }
        }
    };
    let dim = map.space(language).dim_in;
    if vectors.dim() != dim {
        let found = format!("vectors of {} dimensions", vectors.dim());
        let expected = format!("{dim} dimensions, as the map takes them on this side");
        return Err(
            Error::Malformed { path: path.to_path_buf(), line: None, found, expected }.into()
        );
    }
    Ok(language)
}

/// What takes vectors into a common space.
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
}

/// The space that the vectors are of: as asked, else the one whose vectors they are.
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
    let unclear = || Error::Parameter {
        name: "space",
        found: "not given, and not clear".to_owned(),
        expected: spaces.names(),
    };
    Ok(found.ok_or_else(unclear)?)
}

pub(crate) fn run(args: Args, bars: &Bars) -> Result<()> {
    let output = args.output.or(args.output_option).expect("clap demands one of the two");
    if output.as_os_str() == "-" {
        let expected = "a file: vectors are not written to standard output".to_owned();
        return Err(Error::Parameter { name: "output", found: "`-`".to_owned(), expected }.into());
    }
    let target = Target::of(args.format, &output)?;
    match target {
        Target::File(_) => eigenlex::refuse_existing(&output, args.force)?,
        Target::Projector => {
            let refuse = |name: &&str| eigenlex::refuse_existing(&output.join(name), args.force);
            eigenlex::format::projector::FILES.iter().try_for_each(refuse)?;
        }
    }
    if Model::is_at(&args.input) {
        // A model of a later version is refused before its vectors are taken for what they may not
        // be.
        Model::open_provenance(&args.input)?;
    }
    let map = args.map.as_ref().map(Mapping::open).transpose()?;
    let folder =
        output.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let vectors = WordVectors::open_mapped_with(&args.input, folder, bars)?;
    let n_words = args.max_words.map_or(vectors.len(), |n| vectors.len().min(n as usize));
    let first: Words;
    let words = if n_words < vectors.len() {
        first = vectors.words().iter().take(n_words).collect();
        &first
    } else {
        vectors.words()
    };
    let (numbers, dim_in) = (vectors.as_slice(), vectors.dim());
    let (map, language) = match map {
        None => {
            let rows = RowStream::new(words, dim_in, |rows| {
                Cow::Borrowed(&numbers[rows.start * dim_in..rows.end * dim_in])
            });
            return write(&target, &rows, [&args.input, &output], args.force, bars);
        }
        Some(Mapping::Two(map)) => {
            if let Some(name) = args.space {
                let (reason, hint) = ("a map has two sides", "use --side source or --side target");
                return Err(
                    Refusal::Meaningless { option: "--space", found: name, reason, hint }.into()
                );
            }
            let language = side(&map, args.side, &vectors, &args.input)?;
            (*map, language)
        }
        Some(Mapping::Several(spaces)) => {
            let place = space(&spaces, args.space.as_deref(), &vectors, &args.input)?;
            let map = spaces.between(place, 0);
            let language = side(&map, Some(SideName::Source), &vectors, &args.input)?;
            (map, language)
        }
    };
    let form = if args.orthogonal { MapForm::Orthogonal } else { MapForm::Weighted };
    let mapped = RowStream::new(words, map.dim(), |rows| {
        Cow::Owned(map.apply(language, form, &numbers[rows.start * dim_in..rows.end * dim_in]).data)
    });
    write(&target, &mapped, [&args.input, &output], args.force, bars)
}

/// Writes rows, and shows that it does.
fn write(
    target: &Target,
    rows: &RowStream<'_>,
    [input, output]: [&Path; 2],
    force: bool,
    bars: &Bars,
) -> Result<()> {
    bars.start(Stage::Write, None);
    let written = target.write(rows, input, output, force);
    bars.finish();
    written
}
