//! `eigenlex info`: how a model came to be, and whether the decomposition can be relied on.

use std::fmt::Display;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Result;
use eigenlex::align::{AlignmentMap, CommonSpaces};
use eigenlex::corpus::CorpusOptions;
use eigenlex::encode::Codes;
use eigenlex::model::Provenance;
use eigenlex::network::Training;
use eigenlex::tokenize::{Phrase, Phrases, TokenizerConfig};
use eigenlex::{EmbedConfig, FileKind, Model, StageReport};
use serde::Serialize;

use super::card::{self, FileInfo};
use super::{map_info, model_text, network_info, reading_text};
use crate::cli::output;
use crate::cli::output::bars::Bars;
use crate::cli::output::{
    Decimals, Digits, FormatArg, KEY_AND_VALUE, OrEmpty, OutputFormat, Table, count,
};
use crate::cli::vector_files;

/// Show what a model, map, vector file or file of codes contains, and how it was made
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Model, vector file, map, hub, chain, or file of document codes
    #[arg(value_name = "FILE")]
    path: PathBuf,
    /// Print a model card in Markdown, for models and vector files
    #[arg(long, conflicts_with_all = ["format", "no_header"])]
    markdown: bool,
    #[command(flatten)]
    format: FormatArg,
}

/// Phrases shown, of what may be tens of thousands.
const EXAMPLES: usize = 8;

/// The JSON of a model.
#[derive(Serialize)]
struct ModelInfo<'a> {
    version: u32,
    program: &'a str,
    n_documents: u64,
    n_tokens: u64,
    n_kept_tokens: u64,
    n_distinct_words: u64,
    n_words: u64,
    n_phrases: usize,
    /// A few of them.
    phrases: Vec<&'a Phrase>,
    n_nonzeros: u64,
    dim: usize,
    digest: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    encoder_digest: Option<&'a str>,
    seed: u64,
    config: &'a EmbedConfig,
    /// How the texts were read.
    reading: &'a CorpusOptions,
    stages: &'a [StageReport],
    singular_values: &'a [f64],
    residuals: &'a [f64],
    squared_norm: f64,
    explained: f64,
    products: usize,
    converged: bool,
    /// How a network was trained, if there is one; then there are no singular values.
    #[serde(skip_serializing_if = "Option::is_none")]
    training: Option<&'a Training>,
}

/// The JSON of a file of codes.
#[derive(Serialize)]
struct CodesInfo<'a> {
    n_codes: usize,
    dim: usize,
    /// The digest of the model that made them, if the file has it.
    model: Option<&'a str>,
    /// Of the codes, if the file has it.
    digest: Option<&'a str>,
}

pub(crate) fn run(args: Args, bars: &Bars) -> Result<()> {
    let mut stdout = output::stdout();
    print(&mut stdout, &args.path, args.format, args.markdown, bars)?;
    Ok(stdout.flush()?)
}

/// The same as JSON in one line.
#[cfg(feature = "serve")]
pub(crate) fn json_of(path: &Path, bars: &Bars) -> Result<Vec<u8>> {
    let mut line = Vec::new();
    print(&mut line, path, FormatArg::json(), false, bars)?;
    Ok(line)
}

fn print(
    stdout: &mut impl Write,
    path: &Path,
    form: FormatArg,
    markdown: bool,
    bars: &Bars,
) -> Result<()> {
    // A file within an archive, or none, is for the reader of vectors to find.
    match FileKind::of(path).unwrap_or(FileKind::Other) {
        FileKind::Model => {
            let provenance = Model::open_provenance(path)?;
            let tokenizer = Model::open_tokenizer(path)?;
            if markdown {
                return Ok(card_of_model(stdout, path, &provenance)?);
            }
            let with_header = !form.is_without_header();
            show(stdout, form.resolve(), with_header, &provenance, tokenizer.phrases())?;
        }
        FileKind::Map | FileKind::Parallel => {
            map_info::of_map(stdout, form, &AlignmentMap::open(path)?)?
        }
        FileKind::Spaces => map_info::of_spaces(stdout, form, &CommonSpaces::open(path)?)?,
        FileKind::Codes => of_codes(stdout, form, &Codes::open(path)?)?,
        _ => {
            let file = vector_files::open(path, bars)?;
            let info = FileInfo::of(&file, path)?;
            match markdown {
                true => info.markdown(stdout, path)?,
                false => info.print(stdout, form)?,
            }
        }
    }
    Ok(())
}

fn of_codes(output: &mut impl Write, form: FormatArg, codes: &Codes) -> io::Result<()> {
    let (model, digest) = (codes.origin().model.as_deref(), codes.origin().digest.as_deref());
    let info = CodesInfo { n_codes: codes.len(), dim: codes.dim(), model, digest };
    match form.resolve() {
        OutputFormat::Json => output::json_line(output, &info),
        OutputFormat::Tsv => {
            let table = form.table(output, KEY_AND_VALUE)?;
            table.row(output, [&"n_codes", &info.n_codes])?;
            table.row(output, [&"dim", &info.dim])?;
            table.row(output, [&"model", &OrEmpty(model)])?;
            table.row(output, [&"digest", &OrEmpty(digest)])
        }
        OutputFormat::Text => {
            let (n_codes, dim) = (count(info.n_codes as u64), info.dim);
            writeln!(output, "codes     of {n_codes} documents, {dim} dimensions")?;
            let mut line = |name: &str, value: Option<&str>| {
                value.map_or(Ok(()), |value| writeln!(output, "{name:<9} {value}"))
            };
            line("model", model.map(|model| format!("digest {model}")).as_deref())?;
            line("digest", digest)
        }
    }
}

/// A model as a model card in Markdown.
fn card_of_model(output: &mut impl Write, path: &Path, it: &Provenance) -> io::Result<()> {
    let words = format!("{} words, {} dimensions", count(it.n_words), it.dim);
    let (documents, tokens) = (count(it.n_documents), count(it.n_tokens));
    let corpus = format!("{documents} documents, {tokens} tokens");
    let explained = format!("{:.4}", it.spectrum.explained);
    let seed = it.seed.to_string();
    let mut rows = vec![
        ("vectors", words.as_str()),
        ("corpus", corpus.as_str()),
        ("program", it.program.as_str()),
        ("seed", seed.as_str()),
    ];
    if it.training.is_none() {
        rows.push(("share of the weights explained", explained.as_str()));
    }
    rows.push(("digest", it.digest.as_str()));
    let what = "Word vectors of a corpus, made with eigenlex.";
    card::markdown(output, path, what, rows.into_iter())
}

/// Prints how a model came to be.
pub(crate) fn show(
    output: &mut impl Write,
    format: OutputFormat,
    with_header: bool,
    provenance: &Provenance,
    phrases: &Phrases,
) -> io::Result<()> {
    match format {
        OutputFormat::Json => json(output, provenance, phrases),
        OutputFormat::Tsv => {
            let table = Table::begin(output, with_header, KEY_AND_VALUE)?;
            tsv(output, &table, provenance, phrases)
        }
        OutputFormat::Text => {
            let examples = examples(phrases);
            output::visibly(output, |it| {
                model_text::print(it, provenance, &examples, phrases.len())
            })
        }
    }
}

fn json(output: &mut impl Write, it: &Provenance, phrases: &Phrases) -> io::Result<()> {
    let info = ModelInfo {
        version: it.format_version,
        program: &it.program,
        n_documents: it.n_documents,
        n_tokens: it.n_tokens,
        n_kept_tokens: it.n_kept_tokens,
        n_distinct_words: it.n_distinct_words,
        n_words: it.n_words,
        n_phrases: phrases.len(),
        phrases: examples(phrases),
        n_nonzeros: it.n_nonzeros,
        dim: it.dim,
        digest: &it.digest,
        encoder_digest: it.encoder_digest.as_deref(),
        seed: it.seed,
        config: &it.config,
        reading: &it.reading,
        stages: &it.stages,
        singular_values: &it.spectrum.singular_values,
        residuals: &it.spectrum.residuals,
        squared_norm: it.spectrum.squared_norm,
        explained: it.spectrum.explained,
        products: it.spectrum.products,
        converged: it.spectrum.converged,
        training: it.training.as_ref(),
    };
    output::json_line(output, &info)
}

/// A key and a value per line; stages and singular values have numbered keys.
fn tsv(
    output: &mut impl Write,
    table: &Table<2>,
    it: &Provenance,
    phrases: &Phrases,
) -> io::Result<()> {
    let mut put = |key: &str, value: &dyn Display| table.row(output, [&key, value]);
    put("version", &it.format_version)?;
    put("program", &it.program)?;
    put("n_documents", &it.n_documents)?;
    put("n_tokens", &it.n_tokens)?;
    put("n_kept_tokens", &it.n_kept_tokens)?;
    put("n_distinct_words", &it.n_distinct_words)?;
    put("n_words", &it.n_words)?;
    put("n_nonzeros", &it.n_nonzeros)?;
    put("n_phrases", &phrases.len())?;
    for (number, phrase) in (1..).zip(examples(phrases)) {
        put(&format!("phrase.{number}"), &phrase.phrase)?;
    }
    put("dim", &it.dim)?;
    put("digest", &it.digest)?;
    put("encoder_digest", &OrEmpty(it.encoder_digest.as_deref()))?;
    put("seed", &it.seed)?;
    if let TokenizerConfig::Command { command, .. } = &it.config.tokenizer {
        put("tokenizer_command", command)?;
    }
    if let Some(reading) = reading_text::of_reading(&it.reading) {
        put("reading", &reading)?;
    }
    for stage in &it.stages {
        put(&format!("seconds.{}", stage.name), &Decimals::<3>(stage.seconds))?;
        if let Some(peak) = stage.peak_memory_bytes {
            put(&format!("peak_memory_bytes.{}", stage.name), &peak)?;
        }
    }
    if let Some(training) = &it.training {
        return network_info::tsv(output, table, training);
    }
    for (number, &value) in (1..).zip(&it.spectrum.singular_values) {
        put(&format!("singular_value.{number}"), &Digits::<7>(value))?;
    }
    put("explained", &Digits::<7>(it.spectrum.explained))?;
    put("products", &it.spectrum.products)?;
    put("converged", &it.spectrum.converged)
}

/// A few phrases: of the better half by their scores the most frequent, of equal ones the first.
fn examples(phrases: &Phrases) -> Vec<&Phrase> {
    let mut scores: Vec<f64> = phrases.iter().map(|phrase| phrase.score).collect();
    scores.sort_unstable_by(f64::total_cmp);
    let mut list: Vec<&Phrase> =
        phrases.iter().filter(|phrase| phrase.score >= scores[scores.len() / 2]).collect();
    list.sort_by_key(|phrase| std::cmp::Reverse(phrase.count));
    list.truncate(EXAMPLES);
    list
}
