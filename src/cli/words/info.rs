//! `eigenlex info`: how a model came to be, and whether the decomposition can be relied on.

use std::fmt::Display;
use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::Result;
use eigenlex::align::{AlignmentMap, CommonSpaces};
use eigenlex::encode::Codes;
use eigenlex::network::Training;
use eigenlex::{
    Contexts, EmbedConfig, Error, FileKind, Model, Phrase, PhraseScore, Phrases, Provenance,
    StageReport, TokenizerConfig, Weighting, WordVectors,
};
use serde::Serialize;

use crate::cli::embed::network;
use crate::cli::languages::join_info;
use crate::cli::output;
use crate::cli::output::{
    Decimals, Digits, FormatArg, KEY_AND_VALUE, OrEmpty, OutputFormat, Table, bytes, count,
};

/// Tell what a model, a map, or a file of vectors or codes holds, and how it was made.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A model, any vector file, a map, a hub or a chain, or a file of document codes
    #[arg(value_name = "FILE")]
    path: PathBuf,
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
    seed: u64,
    config: &'a EmbedConfig,
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
    /// The digest of the model that made them, where the file tells.
    model: Option<&'a str>,
}

/// The JSON of a file that holds nothing but vectors.
#[derive(Serialize)]
struct FileInfo {
    n_words: usize,
    dim: usize,
    digest: String,
}

pub(crate) fn run(args: Args) -> Result<()> {
    let (path, form) = (&args.path, args.format);
    let mut stdout = output::stdout();
    match FileKind::of(path).map_err(|source| Error::io("open", path, source))? {
        FileKind::Model => {
            let (provenance, tokenizer) =
                (Model::open_provenance(path)?, Model::open_tokenizer(path)?);
            let with_header = !form.is_without_header();
            show(&mut stdout, form.resolve(), with_header, &provenance, tokenizer.phrases())?;
        }
        FileKind::Map | FileKind::Parallel => {
            join_info::of_map(&mut stdout, form, &AlignmentMap::open(path)?)?
        }
        FileKind::Spaces => join_info::of_spaces(&mut stdout, form, &CommonSpaces::open(path)?)?,
        FileKind::Codes => {
            let codes = Codes::open(path)?;
            let info = CodesInfo {
                n_codes: codes.len(),
                dim: codes.dim(),
                model: codes.origin().model.as_deref(),
            };
            match form.resolve() {
                OutputFormat::Json => output::json_line(&mut stdout, &info)?,
                OutputFormat::Tsv => {
                    let table = form.table(&mut stdout, KEY_AND_VALUE)?;
                    table.row(&mut stdout, [&"n_codes", &info.n_codes])?;
                    table.row(&mut stdout, [&"dim", &info.dim])?;
                    table.row(&mut stdout, [&"model", &OrEmpty(info.model)])?;
                }
                OutputFormat::Text => {
                    writeln!(
                        stdout,
                        "codes     of {} documents, {} dimensions",
                        count(info.n_codes as u64),
                        info.dim
                    )?;
                    if let Some(model) = info.model {
                        writeln!(stdout, "model     digest {model}")?;
                    }
                }
            }
        }
        _ => {
            let vectors = WordVectors::open(path)?;
            let info =
                FileInfo { n_words: vectors.len(), dim: vectors.dim(), digest: vectors.digest() };
            match form.resolve() {
                OutputFormat::Json => output::json_line(&mut stdout, &info)?,
                OutputFormat::Tsv => {
                    let table = form.table(&mut stdout, KEY_AND_VALUE)?;
                    table.row(&mut stdout, [&"n_words", &info.n_words])?;
                    table.row(&mut stdout, [&"dim", &info.dim])?;
                    table.row(&mut stdout, [&"digest", &info.digest])?;
                }
                OutputFormat::Text => {
                    writeln!(
                        stdout,
                        "vectors   {} words, {} dimensions\ndigest    {}",
                        count(info.n_words as u64),
                        info.dim,
                        info.digest
                    )?;
                }
            }
        }
    }
    Ok(stdout.flush()?)
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
        OutputFormat::Text => text(output, provenance, phrases),
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
        seed: it.seed,
        config: &it.config,
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

/// A key and a value a line; stages and singular values have numbered keys.
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
    put("seed", &it.seed)?;
    for stage in &it.stages {
        put(&format!("seconds.{}", stage.name), &Decimals::<3>(stage.seconds))?;
        if let Some(peak) = stage.peak_memory_bytes {
            put(&format!("peak_memory_bytes.{}", stage.name), &peak)?;
        }
    }
    if let Some(training) = &it.training {
        return network::tsv(output, table, training);
    }
    for (number, &value) in (1..).zip(&it.spectrum.singular_values) {
        put(&format!("singular_value.{number}"), &Digits::<7>(value))?;
    }
    put("explained", &Digits::<7>(it.spectrum.explained))?;
    put("products", &it.spectrum.products)?;
    put("converged", &it.spectrum.converged)
}

fn text(output: &mut impl Write, it: &Provenance, phrases: &Phrases) -> io::Result<()> {
    let report = &it.corpus;
    writeln!(
        output,
        "corpus    {} documents, {} tokens, {} of text in {} source(s)",
        count(it.n_documents),
        count(it.n_tokens),
        bytes(report.text_bytes),
        count(report.sources.len() as u64)
    )?;
    if report.replaced_lines + report.skipped_lines > 0 {
        let (replaced, skipped) = (count(report.replaced_lines), count(report.skipped_lines));
        writeln!(
            output,
            "          not UTF-8: {replaced} line(s) repaired, {skipped} line(s) left out"
        )?;
    }
    let tokenizer = match &it.config.tokenizer {
        TokenizerConfig::Words { drop_numbers: false } => "Unicode words".to_owned(),
        TokenizerConfig::Words { drop_numbers: true } => "Unicode words without numbers".to_owned(),
        TokenizerConfig::Whitespace => "what stands between blanks".to_owned(),
        TokenizerConfig::HuggingFace { path } => format!("`{}`", path.display()),
    };
    writeln!(
        output,
        "words     {} of {} distinct ({tokenizer}; count >= {}), {:.1} % of the tokens",
        count(it.n_words),
        count(it.n_distinct_words),
        it.config.cutoff.min_count,
        100.0 * it.n_kept_tokens as f64 / it.n_tokens as f64
    )?;
    if let Some(config) = &it.config.phrases {
        let score = match config.score {
            PhraseScore::Npmi { threshold } => format!("NPMI >= {threshold}"),
            PhraseScore::GTest { threshold } => format!("G-test, corrected p <= {threshold}"),
            _ => "another score".to_owned(),
        };
        let shown: Vec<&str> = examples(phrases).into_iter().map(|it| it.phrase.as_str()).collect();
        let colon = if shown.is_empty() { "" } else { ": " };
        writeln!(
            output,
            "phrases   {} in {} pass(es) ({score}, count >= {}){colon}{}",
            count(phrases.len() as u64),
            config.passes,
            config.min_count,
            shown.join(", ")
        )?;
    }
    let contexts = match it.config.contexts {
        Contexts::Documents => "documents x words".to_owned(),
        Contexts::Window { size, distance_weights, context_sides, max_contexts } => {
            let within = if it.config.sentences { " within sentences" } else { "" };
            let contexts = max_contexts.map_or_else(String::new, |n| {
                format!(", {} most frequent words as contexts", count(n as u64))
            });
            format!("window {size}{within}, {distance_weights:?} distance weights, context sides {context_sides:?}{contexts}").to_lowercase()
        }
    };
    let subsampled = it.config.subsample.map_or_else(String::new, |subsampling| {
        let how = if subsampling.random { "at random" } else { "in expectation" };
        format!("; subsampled at {}, {how}", subsampling.threshold)
    });
    let even = if it.config.dispersion > 0.0 {
        format!(", words below dispersion {} weigh less", it.config.dispersion)
    } else {
        String::new()
    };
    let (rows, columns) = it.spectrum.shape;
    writeln!(
        output,
        "matrix    {} x {}, {} entries ({contexts}{subsampled}; {}{even})",
        count(rows),
        count(it.n_words),
        count(it.n_nonzeros),
        weighting(it.config.weighting)
    )?;
    if let Some(network) = &it.config.network {
        network::text(output, network, it)?;
        output::stages(output, &it.stages)?;
        return writeln!(output, "digest    {}", it.digest);
    }
    let dropped = match it.config.drop_components {
        0 => String::new(),
        n => format!(" without the first {n} component(s)"),
    };
    let added = if it.config.add_contexts { " with contexts added" } else { "" };
    let centred = if it.config.center { ", centred" } else { "" };
    let leaning = it.config.subword_smoothing.map_or_else(String::new, |subword_smoothing| {
        format!(", subword smoothing {}", subword_smoothing.strength)
    });
    let folded = match it.n_words - columns {
        0 => String::new(),
        n => format!(", fitted on {} words, {} folded in", count(columns), count(n)),
    };
    writeln!(
        output,
        "vectors   {} dimensions, V S^{}{dropped}{added}{centred}{folded}{leaning}, seed {}",
        it.dim, it.config.sigma_exponent, it.seed
    )?;

    let spectrum = &it.spectrum;
    let shown: Vec<String> = [1, 2, 10, 30, 100, 300, 1000]
        .into_iter()
        .filter(|&number| number < spectrum.singular_values.len())
        .chain([spectrum.singular_values.len()])
        .filter_map(|number| {
            spectrum.singular_values.get(number - 1).map(|value| format!("s{number} {value:.4}"))
        })
        .collect();
    writeln!(
        output,
        "spectrum  {}; explains {:.1} % of |X|_F^2",
        shown.join(", "),
        100.0 * spectrum.explained
    )?;
    let worst = spectrum.residuals.iter().copied().fold(0.0, f64::max);
    let verdict = match (spectrum.converged, it.config.power_iterations) {
        (true, _) => "converged: every singular triplet is as exact as asked".to_owned(),
        (false, Some(_)) => {
            format!(
                "not exact: largest residual {worst:.1e}, as is usual for power iterations; leave --power-iterations out"
            )
        }
        (false, None) => {
            format!(
                "NOT converged: largest residual {worst:.1e}, asked {:.1e}; raise --max-products",
                it.config.tolerance
            )
        }
    };
    writeln!(
        output,
        "residual  {worst:.1e} at most, {} products; {verdict}",
        count(spectrum.products as u64)
    )?;

    output::stages(output, &it.stages)?;
    writeln!(output, "digest    {}", it.digest)
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

fn weighting(weighting: Weighting) -> String {
    match weighting {
        Weighting::Binary => "0 or 1".to_owned(),
        Weighting::Count => "counts".to_owned(),
        Weighting::Log => "ln(1 + count)".to_owned(),
        Weighting::TfIdf => "tf-idf".to_owned(),
        Weighting::LogEntropy => "log-entropy".to_owned(),
        Weighting::Ppmi { smoothing, shift } => {
            format!("PPMI, smoothing {smoothing}, shift ln {shift}")
        }
        Weighting::SquareRoot { power } => format!("count^{power} over the root of its margins"),
    }
}
