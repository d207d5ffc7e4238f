//! `eigenlex export`: vectors in another program's format.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::ValueEnum;
use eigenlex::align::{AlignmentMap, CommonSpaces, Language, MapForm};
use eigenlex::format::{Format, RowStream};
use eigenlex::{Error, Model, Progress as _, Stage, WordVectors};

use super::bars::Bars;

/// Write the vectors of a model, or of any vector file, in another format.
///
/// word2vec (text), word2vec-binary, npy (with the words in FILE.words.txt, one a line), safetensors. With --map, the vectors go through a map that
/// `align` has made into the space that both languages share; also vectors of new words, if they are of the space that the map was made for. They
/// are written a few thousand words at a time, however many there are: a model and safetensors are mapped where they lie, other inputs are first read
/// into a temporary file beside the output, of 4 bytes a number.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A model, or any vector file
    input: PathBuf,
    /// The file to write
    #[arg(required_unless_present = "output_option", value_name = "OUTPUT")]
    output: Option<PathBuf>,
    /// The file to write, as an option
    #[arg(short = 'o', long = "output", value_name = "OUTPUT", conflicts_with = "output")]
    output_option: Option<PathBuf>,
    /// word2vec, word2vec-binary, npy or safetensors [default: by the extension of the output: .vec and .txt, .bin, .npy, .safetensors]
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,
    /// Take the vectors into the common space of this map, hub or chain
    #[arg(long, value_name = "MAP")]
    map: Option<PathBuf>,
    /// The language that the vectors are of [default: the side that has exactly these vectors]
    #[arg(long, value_enum, value_name = "SIDE", requires = "map")]
    side: Option<SideName>,
    /// In a hub or a chain: the name of the space that the vectors are of [default: the one that has exactly these vectors]
    #[arg(long, value_name = "NAME", requires = "map", conflicts_with = "side")]
    space: Option<String>,
    /// Map by the rotation alone, without whitening and re-weighting: cosines within the language, and word math, stay as they are
    #[arg(long, requires = "map")]
    orthogonal: bool,
    /// Replace the output if it exists
    #[arg(long)]
    force: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SideName {
    Source,
    Target,
}

/// The side that the vectors are of: as asked, else the one whose vectors they are.
fn side(map: &AlignmentMap, asked: Option<SideName>, vectors: &WordVectors, path: &Path) -> Result<Language> {
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
                    return Err(Error::Parameter { name: "side", found: "not given, and not clear".to_owned(), expected }.into());
                }
            }
        }
    };
    let dim = map.space(language).dim_in;
    if vectors.dim() != dim {
        let found = format!("vectors of {} dimensions", vectors.dim());
        let expected = format!("{dim} dimensions, as the map takes them on this side");
        return Err(Error::Malformed { path: path.to_path_buf(), line: None, found, expected }.into());
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
fn space(spaces: &CommonSpaces, asked: Option<&str>, vectors: &WordVectors, path: &Path) -> Result<usize> {
    if let Some(name) = asked {
        return Ok(spaces.position(name, "space")?);
    }
    let found = (0..spaces.sides.len()).find(|&place| spaces.check_vectors(place, vectors, path).is_ok());
    let unclear = || Error::Parameter { name: "space", found: "not given, and not clear".to_owned(), expected: spaces.names() };
    Ok(found.ok_or_else(unclear)?)
}

pub(super) fn run(args: Args, bars: &Bars) -> Result<()> {
    let output = args.output.or(args.output_option).expect("clap demands one of the two");
    if output.as_os_str() == "-" {
        let expected = "a file: vectors are not written to standard output".to_owned();
        return Err(Error::Parameter { name: "output", found: "`-`".to_owned(), expected }.into());
    }
    let format = args.format.or_else(|| Format::from_extension(&output)).ok_or_else(|| Error::Parameter {
        name: "format",
        found: format!("unknown from the name `{}`", output.display()),
        expected: "--format word2vec, word2vec-binary, npy or safetensors".to_owned(),
    })?;
    eigenlex::format::refuse_existing(&output, args.force)?;
    if Model::is_at(&args.input) {
        // A model of a later version is refused before its vectors are taken for what they may not be.
        Model::open_provenance(&args.input)?;
    }
    let map = args.map.as_ref().map(Mapping::open).transpose()?;
    let folder = output.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let vectors = WordVectors::open_mapped_with(&args.input, folder, bars)?;
    let (map, language) = match map {
        None => {
            bars.start(Stage::Write, None);
            let written = format.write(&vectors, &output, args.force);
            bars.finish();
            return Ok(written?);
        }
        Some(Mapping::Two(map)) => {
            if let Some(name) = args.space {
                let expected = "nothing: the map has two sides, see --side".to_owned();
                return Err(Error::Parameter { name: "space", found: format!("`{name}`"), expected }.into());
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
    let (numbers, dim_in) = (vectors.as_slice(), vectors.dim());
    let mapped = RowStream::new(vectors.words(), map.dim(), |rows| {
        Cow::Owned(map.apply(language, form, &numbers[rows.start * dim_in..rows.end * dim_in]).data)
    });
    bars.start(Stage::Write, None);
    let written = format.write_stream(&mapped, &output, args.force);
    bars.finish();
    Ok(written?)
}
