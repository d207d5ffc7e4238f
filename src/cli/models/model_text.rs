//! What `info` prints about a model, as text.

use std::io::{self, Write};

use eigenlex::EmbedConfig;
use eigenlex::counts::Contexts;
use eigenlex::model::Provenance;
use eigenlex::tokenize::{
    Hyphens, Lowercase, NormalForm, Numbers, Phrase, PhraseConfig, PhraseScore, TokenizerConfig,
    WordsConfig,
};
use eigenlex::weighting::Weighting;

use super::{network_info, reading_text};
use crate::cli::output;
use crate::cli::output::{bytes, count};

/// A model in words, with a few of its phrases.
pub(super) fn print(
    output: &mut impl Write,
    it: &Provenance,
    examples: &[&Phrase],
    n_phrases: usize,
) -> io::Result<()> {
    corpus(output, it)?;
    words(output, it)?;
    if let Some(config) = &it.config.phrases {
        phrases(output, config, examples, n_phrases)?;
    }
    matrix(output, it)?;
    match &it.config.network {
        Some(network) => network_info::text(output, network, it)?,
        None => {
            vectors(output, it)?;
            spectrum(output, it)?;
        }
    }
    output::stages(output, &it.stages)?;
    writeln!(output, "digest    {}", it.digest)
}

fn corpus(output: &mut impl Write, it: &Provenance) -> io::Result<()> {
    let report = &it.corpus;
    let n_sources = report.sources.len() as u64;
    writeln!(
        output,
        "corpus    {} documents, {} tokens, {} of text in {} source{}",
        count(it.n_documents),
        count(it.n_tokens),
        bytes(report.text_bytes),
        count(n_sources),
        if n_sources == 1 { "" } else { "s" }
    )?;
    if let Some(reading) = reading_text::of_reading(&it.reading) {
        writeln!(output, "reading   {reading}")?;
    }
    if report.replaced_lines + report.skipped_lines > 0 {
        let (replaced, skipped) = (count(report.replaced_lines), count(report.skipped_lines));
        writeln!(
            output,
            "          lines that are not UTF-8: {replaced} repaired, {skipped} dropped"
        )?;
    }
    Ok(())
}

fn words(output: &mut impl Write, it: &Provenance) -> io::Result<()> {
    let tokenizer = match &it.config.tokenizer {
        TokenizerConfig::Words(config) => unicode_words(config),
        TokenizerConfig::Whitespace => "split at white space".to_owned(),
        TokenizerConfig::Command { command, .. } => format!("the command `{command}`"),
        TokenizerConfig::HuggingFace { path } => format!("`{}`", path.display()),
        _ => "another tokenizer".to_owned(),
    };
    writeln!(
        output,
        "words     {} of {} kept ({tokenizer}; count >= {}), {:.1} % of the tokens",
        count(it.n_words),
        count(it.n_distinct_words),
        it.config.cutoff.min_count,
        100.0 * it.n_kept_tokens as f64 / it.n_tokens as f64
    )
}

/// The tokenizer `words` with those of its settings that are not the default.
fn unicode_words(config: &WordsConfig) -> String {
    let mut parts = vec![match config.numbers {
        Numbers::Drop => "Unicode words without numbers".to_owned(),
        Numbers::Mask => "Unicode words, numbers masked".to_owned(),
        Numbers::Keep => "Unicode words".to_owned(),
    }];
    if config.normalization == NormalForm::Nfkc {
        parts.push("normalised to NFKC".to_owned());
    }
    match config.lowercase {
        Lowercase::Unicode => {}
        Lowercase::None => parts.push("capitals kept".to_owned()),
        language => parts.push(format!("lower-cased as {language:?}")),
    }
    if config.hyphens == Hyphens::Keep {
        parts.push("hyphens kept".to_owned());
    }
    if let Some(language) = config.elision {
        parts.push(format!("{language:?} elision split"));
    }
    if config.emoji {
        parts.push("emoji kept".to_owned());
    }
    if !config.stop_words.is_empty() {
        parts.push(format!("{} stop word(s) dropped", count(config.stop_words.len() as u64)));
    }
    if let Some(language) = config.stem {
        parts.push(format!("{language:?} stems"));
    }
    parts.join(", ")
}

fn phrases(
    output: &mut impl Write,
    config: &PhraseConfig,
    examples: &[&Phrase],
    n_phrases: usize,
) -> io::Result<()> {
    let score = match config.score {
        PhraseScore::Npmi { threshold } => format!("NPMI >= {threshold}"),
        PhraseScore::GTest { threshold } => format!("G-test, corrected p <= {threshold}"),
        _ => "another score".to_owned(),
    };
    let shown: Vec<&str> = examples.iter().map(|it| it.phrase.as_str()).collect();
    writeln!(
        output,
        "phrases   {} in {} pass{} ({score}, count >= {}){}{}",
        count(n_phrases as u64),
        config.passes,
        if config.passes == 1 { "" } else { "es" },
        config.min_count,
        if shown.is_empty() { "" } else { ": " },
        shown.join(", ")
    )
}

fn matrix(output: &mut impl Write, it: &Provenance) -> io::Result<()> {
    let config = &it.config;
    let subsampled = config.subsample.map_or_else(String::new, |subsampling| {
        let how = if subsampling.random { "at random" } else { "in expectation" };
        format!("; downsampled above {}, {how}", subsampling.threshold)
    });
    let dispersion = match config.dispersion {
        0.0 => String::new(),
        bound => format!(", less weight below dispersion {bound}"),
    };
    let damping = match config.damping {
        0.0 => String::new(),
        frequency => format!(", less above frequency {frequency}"),
    };
    writeln!(
        output,
        "matrix    {} x {}, {} entries ({}{subsampled}; {}{dispersion}{damping})",
        count(it.spectrum.shape.0),
        count(it.n_words),
        count(it.n_nonzeros),
        contexts(config),
        weighting(config.weighting)
    )
}

fn contexts(config: &EmbedConfig) -> String {
    let Contexts::Window { size, distance_weights, context_sides, max_contexts } = config.contexts
    else {
        return "documents x words".to_owned();
    };
    let within = if config.sentences { " within sentences" } else { "" };
    let most = max_contexts.map_or_else(String::new, |n| {
        format!(", the {} most frequent words as contexts", count(n as u64))
    });
    format!(
        "window {size}{within}, {distance_weights:?} distance weights, {context_sides:?} context \
         sides{most}"
    )
    .to_lowercase()
}

fn vectors(output: &mut impl Write, it: &Provenance) -> io::Result<()> {
    let config = &it.config;
    let dropped = match config.drop_components {
        0 => String::new(),
        1 => " without the first component".to_owned(),
        n => format!(" without the first {n} components"),
    };
    let added = if config.add_contexts { " with contexts added" } else { "" };
    let centred = if config.center { ", centred" } else { "" };
    let smoothed =
        config.subwords.map_or_else(String::new, |it| format!(", subwords {}", it.strength));
    let fitted = it.spectrum.shape.1;
    let folded = match it.n_words - fitted {
        0 => String::new(),
        n => format!(", fitted on {} words, {} folded in", count(fitted), count(n)),
    };
    writeln!(
        output,
        "vectors   {} dimensions, V S^{}{dropped}{added}{centred}{folded}{smoothed}, seed {}",
        it.dim, config.sigma_exponent, it.seed
    )
}

fn spectrum(output: &mut impl Write, it: &Provenance) -> io::Result<()> {
    let spectrum = &it.spectrum;
    let values = &spectrum.singular_values;
    let shown: Vec<String> = [1, 2, 10, 30, 100, 300, 1000]
        .into_iter()
        .filter(|&number| number < values.len())
        .chain([values.len()])
        .filter_map(|number| values.get(number - 1).map(|value| format!("s{number} {value:.4}")))
        .collect();
    let explained = 100.0 * spectrum.explained;
    writeln!(output, "spectrum  {}; explains {explained:.1} % of |X|_F^2", shown.join(", "))?;
    let worst = spectrum.residuals.iter().copied().fold(0.0, f64::max);
    let verdict = match (spectrum.converged, it.config.power_iterations) {
        (true, _) => "converged: every singular triplet is within the tolerance".to_owned(),
        (false, Some(_)) => "not exact, as is usual for power iterations; leave out \
                             --power-iterations"
            .to_owned(),
        (false, None) => {
            format!(
                "NOT converged: the tolerance is {:.1e}; raise --max-products",
                it.config.tolerance
            )
        }
    };
    let products = count(spectrum.products as u64);
    writeln!(output, "residual  {worst:.1e} at most, {products} products; {verdict}")
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
        Weighting::SquareRoot { power } => {
            format!("count^{power} / sqrt(row sum^{power} * column sum^{power})")
        }
        _ => "another weighting".to_owned(),
    }
}
