//! `eigenlex verify`: whether a file still has the digest that is stored in it, and whether the
//! same texts make the same model again.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Result;
use eigenlex::align::{AlignmentMap, CommonSpaces};
use eigenlex::corpus::SourceReport;
use eigenlex::encode::Codes;
use eigenlex::format::svd_file;
use eigenlex::model::{Encoding, Provenance};
use eigenlex::tokenize::TokenizerConfig;
use eigenlex::{Digest, Error, FileKind, MemoryBudget, Model};
use serde::Serialize;

use crate::cli::memory::parse_bytes;
use crate::cli::output;
use crate::cli::output::bars::Bars;
use crate::cli::output::{FormatArg, OutputFormat};
use crate::cli::refusal::Refusal;

const AFTER_HELP: &str = "\
The exit code is 0 if all is the same, 3 if something differs.

Examples:
  Whether a model is as it was written:
    eigenlex verify model
  Whether the same texts make the same vectors on this machine:
    eigenlex verify model texts/";

/// Check that a file is as it was written, and that its texts make it again
///
/// Computes the digests of a model, map, hub, chain, file of codes or output of `svd` and compares
/// them with those stored in it. With TEXTS, embeds them with the settings of the model and
/// compares the vectors. If these differ, it says whether the texts, the version of the program or
/// the tokens do.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    /// Model, map, hub, chain, file of document codes, or output of `svd`
    #[arg(value_name = "FILE")]
    path: PathBuf,
    /// The texts of the model: files, folders, quoted patterns, or `-` for standard input
    #[arg(value_name = "TEXTS")]
    texts: Vec<String>,
    /// Use at most this much memory to embed, for instance 8GB [default: as the model was made]
    #[arg(long, requires = "texts", value_parser = parse_bytes, value_name = "SIZE")]
    memory: Option<u64>,
    /// Folder for temporary files [default: that of the system]
    #[arg(long, requires = "texts", value_name = "FOLDER")]
    temporary_folder: Option<PathBuf>,
    #[command(flatten)]
    format: FormatArg,
}

/// Something with a digest.
#[derive(Debug, Serialize)]
struct Part {
    part: String,
    stored: String,
    found: String,
    same: bool,
}

impl Part {
    fn new(part: impl Into<String>, stored: impl Into<String>, found: impl Into<String>) -> Self {
        let (part, stored, found) = (part.into(), stored.into(), found.into());
        Self { part, same: stored == found, stored, found }
    }
}

/// The JSON.
#[derive(Serialize)]
struct Report<'a> {
    same: bool,
    parts: &'a [Part],
}

pub(crate) fn run(args: Args, bars: &Bars) -> Result<()> {
    let path = &args.path;
    let unreadable = |source| Error::Io { action: "read", path: path.clone(), source };
    let kind = FileKind::of(path).map_err(unreadable)?;
    if !args.texts.is_empty() {
        if kind != FileKind::Model {
            let problem = format!("`{}` is not a model of one corpus", path.display());
            let hint = "leave out the texts to compare only the stored digests";
            return Err(Refusal::new(problem, hint).into());
        }
        return verify_texts(&args, bars);
    }
    let parts = match kind {
        FileKind::Model => parts_of_model(&Model::open(path)?, ""),
        FileKind::Parallel => {
            let mut parts = Vec::new();
            for side in ["source", "target"] {
                parts.extend(parts_of_model(&Model::open(path.join(side))?, &format!("{side} ")));
            }
            parts.push(part_of_map(path)?);
            parts
        }
        FileKind::Map => vec![part_of_map(path)?],
        FileKind::Spaces => {
            let spaces = CommonSpaces::open(path)?;
            vec![stored("maps", spaces.description.digest.clone(), spaces.digest(), path)?]
        }
        FileKind::Codes => {
            let codes = Codes::open(path)?;
            vec![stored("codes", codes.origin().digest.clone(), codes.digest(), path)?]
        }
        kind => vec![part_of_svd(kind, path)?],
    };
    print(&args, &parts)?;
    match parts.iter().find(|part| !part.same) {
        None => Ok(()),
        Some(part) => {
            let (name, path) = (&part.part, path.display());
            let problem = format!("`{path}` has changed since it was written: its {name} differ");
            Err(Refusal::faulty(problem, "take a copy that has not changed, or make it anew")
                .into())
        }
    }
}

fn part_of_map(path: &Path) -> Result<Part> {
    let map = AlignmentMap::open(path)?;
    stored("map", map.description.digest.clone(), map.digest(), path)
}

/// The part of a file of singular vectors, the only other file with a digest.
fn part_of_svd(kind: FileKind, path: &Path) -> Result<Part> {
    let begins_like_safetensors = kind == FileKind::Other
        && path.extension().is_some_and(|extension| extension == "safetensors");
    let digests = if begins_like_safetensors { svd_file::digests(path)? } else { None };
    let Some((stored, found)) = digests else {
        let problem = format!("`{}` has no stored digest", path.display());
        let hint = "give a model, a map, a hub, a chain, codes or the output of `svd`; `info` \
                    prints the digest of a vector file";
        return Err(Refusal::new(problem, hint).into());
    };
    self::stored("triplets", stored, found, path)
}

/// A part whose digest earlier versions did not store.
fn stored(name: &str, stored: Option<String>, found: String, path: &Path) -> Result<Part> {
    match stored {
        Some(stored) => Ok(Part::new(name, stored, found)),
        None => {
            let problem = format!("`{}` has no stored digest", path.display());
            Err(Refusal::faulty(problem, "an earlier version wrote it; make it anew").into())
        }
    }
}

/// The digests of a model, and those that are stored with it.
fn parts_of_model(model: &Model, prefix: &str) -> Vec<Part> {
    let it = &model.provenance;
    let mut parts = vec![Part::new(format!("{prefix}vectors"), &it.digest, model.vectors.digest())];
    if let (Some(stored), Some(encoding)) = (&it.encoder_digest, &model.encoding) {
        parts.push(Part::new(format!("{prefix}encoder"), stored, encoding.digest()));
    }
    parts
}

/// Embeds the texts as those of the model were, and compares.
fn verify_texts(args: &Args, bars: &Bars) -> Result<()> {
    let model = &args.path;
    let before = Model::open_provenance(model)?;
    if before.partner.is_some() {
        let problem = format!("`{}` was made from texts in two languages", model.display());
        let hint = "leave out the texts to compare only the stored digests";
        return Err(Refusal::new(problem, hint).into());
    }
    bars.keep_until_cleaned_up();
    bars.watch_interrupts()?;
    let folder = match &args.temporary_folder {
        Some(folder) => tempfile::tempdir_in(folder)?,
        None => tempfile::tempdir()?,
    };
    let mut config = before.config.clone();
    config.temporary_folder = Some(folder.path().to_path_buf());
    config.checkpoint_folder = None;
    if args.memory.is_some() {
        config.memory = MemoryBudget { bytes: args.memory };
    }
    if let TokenizerConfig::HuggingFace { path } = &mut config.tokenizer {
        // The model keeps its own copy.
        *path = model.join("tokenizer.json");
    }
    let corpus = before.corpus_options().open(&args.texts)?;
    let again = eigenlex::embed(&corpus, &config, bars)?;
    bars.take_reports();
    let after = &again.provenance;
    let mut parts = vec![
        Part::new("texts", texts_digest(&before), texts_digest(after)),
        Part::new("program", &before.program, &after.program),
        Part::new("tokens", before.n_tokens.to_string(), after.n_tokens.to_string()),
        Part::new("vectors", &before.digest, again.vectors.digest()),
    ];
    if let (Some(stored), Some(encoding)) = (&before.encoder_digest, &again.encoding) {
        parts.push(Part::new("encoder", stored, Encoding::digest(encoding)));
    }
    print(args, &parts)?;
    if parts.iter().filter(|part| is_result(part)).all(|part| part.same) {
        return Ok(());
    }
    Err(why(&before, after, model).into())
}

/// Whether a part is of the result, and no reason for it.
fn is_result(part: &Part) -> bool {
    !["texts", "program", "tokens"].contains(&part.part.as_str())
}

/// Of the bytes of all sources, whatever their names.
fn texts_digest(provenance: &Provenance) -> String {
    let sources = &provenance.corpus.sources;
    sources.iter().fold(Digest::new(), |digest, source| digest.text(&source.sha256)).to_hex()
}

/// Why the vectors of texts are not those of a model.
fn why(before: &Provenance, after: &Provenance, model: &Path) -> Refusal {
    let model = model.display();
    let [old, new] = [before, after].map(|it| &it.corpus.sources);
    let differ = |pair: &(&SourceReport, &SourceReport)| pair.0.sha256 != pair.1.sha256;
    if old.len() != new.len() {
        let (found, expected) = (output::count(new.len() as u64), output::count(old.len() as u64));
        let files = if old.len() == 1 { "file" } else { "files" };
        return Refusal::faulty(
            format!("the texts are not those of `{model}`: {found} given, {expected} {files} then"),
            "give the same files",
        );
    }
    if let Some((then, now)) = old.iter().zip(new).find(differ) {
        return Refusal::faulty(
            format!("the texts are not those of `{model}`: `{}` is not `{}`", now.path, then.path),
            "give the same files in the same order",
        );
    }
    if before.program != after.program {
        return Refusal::faulty(
            format!(
                "the texts are those of `{model}`, but `{}` made it, and `{}` makes other vectors",
                before.program, after.program
            ),
            "use that version; CHANGELOG.md says which versions change the vectors",
        );
    }
    if (before.n_tokens, before.n_words) != (after.n_tokens, after.n_words) {
        return Refusal::faulty(
            format!(
                "the texts are those of `{model}`, but they have {} tokens now and had {}",
                output::count(after.n_tokens),
                output::count(before.n_tokens)
            ),
            "what the tokenizer uses has changed, such as `--tokenizer-command`",
        );
    }
    Refusal::faulty(
        format!("the texts and the program are those of `{model}`, but the vectors differ"),
        "the model has changed (`eigenlex verify MODEL`), or the processors compute differently",
    )
}

fn print(args: &Args, parts: &[Part]) -> Result<()> {
    let mut stdout = output::stdout();
    match args.format.resolve() {
        OutputFormat::Json => {
            let same = parts.iter().filter(|part| is_result(part)).all(|part| part.same);
            output::json_line(&mut stdout, &Report { same, parts })?;
        }
        OutputFormat::Tsv => {
            let table = args.format.table(&mut stdout, ["part", "stored", "found", "same"])?;
            for it in parts {
                table.row(&mut stdout, [&it.part, &it.stored, &it.found, &it.same])?;
            }
        }
        OutputFormat::Text => parts.iter().try_for_each(|part| line(&mut stdout, part))?,
    }
    Ok(stdout.flush()?)
}

fn line(output: &mut impl Write, part: &Part) -> io::Result<()> {
    let Part { part, stored, found, same } = part;
    if *same {
        writeln!(output, "{part:<15} same       {found}")
    } else {
        writeln!(output, "{part:<15} different  {found}, stored {stored}")
    }
}
