//! `eigenlex evaluate`: scores on analogy questions and word similarity.

use std::fs::File;
use std::io::{BufReader, Write};
use std::path::{Path, PathBuf};

use anyhow::Result;
use eigenlex::Error;
use eigenlex::evaluate::{self, AnalogyScores, Questions, Score, ScoredPairs, SimilarityScore};
use serde::Serialize;

use super::bars::Bars;
use super::output::{self, FormatArg, OutputFormat};
use super::queries::Opened;

/// Score vectors on analogy questions and word similarity.
///
/// Analogies are answered by 3CosAdd and by 3CosMul. `correct/answered/total`: a question is answered if its four words are known; the first
/// percentage is of those answered, the second of all, as if every unanswered one were wrong.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("test").required(true).multiple(true).args(["analogies", "similarity"]))]
pub(super) struct Args {
    /// Models, or any vector files
    #[arg(required = true, value_name = "MODEL")]
    models: Vec<PathBuf>,
    /// Questions in the format of questions-words: `: section` lines, then `a b c d`
    #[arg(short, long, value_name = "FILE")]
    analogies: Vec<PathBuf>,
    /// Scored pairs: word, word, score, separated by tabs
    #[arg(short, long, value_name = "FILE")]
    similarity: Vec<PathBuf>,
    /// Ask about, and search among, the first N words of the vocabulary only
    #[arg(long, value_name = "N")]
    max_words: Option<usize>,
    #[command(flatten)]
    format: FormatArg,
}

/// The JSON of one model.
#[derive(Serialize)]
struct Evaluation {
    model: String,
    analogies: Vec<AnalogyScores>,
    similarity: Vec<SimilarityScore>,
}

pub(super) fn run(args: Args, bars: &Bars) -> Result<()> {
    bars.watch_interrupts()?;
    let evaluations = args.models.iter().map(|model| evaluation(model, &args, bars)).collect::<Result<Vec<_>>>()?;
    let mut stdout = output::stdout();
    match (args.format.resolve(), evaluations.as_slice()) {
        (OutputFormat::Json, [single]) => output::json_line(&mut stdout, single)?,
        (OutputFormat::Json, several) => output::json_line(&mut stdout, &several)?,
        (OutputFormat::Tsv, several) => several.iter().try_for_each(|it| tsv(&mut stdout, it))?,
        (OutputFormat::Text, several) => several.iter().try_for_each(|it| text(&mut stdout, it))?,
    }
    Ok(stdout.flush()?)
}

fn evaluation(model: &Path, args: &Args, bars: &Bars) -> Result<Evaluation> {
    let opened = Opened::open(model)?;
    let normalize = |word: &str| opened.normalize(word);
    let open = |path: &Path| File::open(path).map(BufReader::new).map_err(|source| Error::io("read", path, source));
    let mut analogies = Vec::new();
    for path in &args.analogies {
        let questions = Questions::read(open(path)?, path, &normalize)?;
        analogies.extend(evaluate::analogies(&opened.vectors, &questions, args.max_words, bars)?);
    }
    let mut similarity = Vec::new();
    for path in &args.similarity {
        let pairs = ScoredPairs::read(open(path)?, path, &normalize)?;
        similarity.push(evaluate::word_similarity(&opened.vectors, &pairs)?);
    }
    Ok(Evaluation { model: model.display().to_string(), analogies, similarity })
}

fn tsv(output: &mut impl Write, it: &Evaluation) -> std::io::Result<()> {
    for scores in &it.analogies {
        let mut line = |section: &str, score: &Score| {
            let Score { correct, answered, total } = score;
            writeln!(output, "{}\tanalogies\t{}\t{}\t{section}\t{correct}\t{answered}\t{total}", it.model, scores.file, scores.method)
        };
        scores.sections.iter().try_for_each(|section| line(&section.name, &section.score))?;
        line("semantic", &scores.semantic)?;
        line("syntactic", &scores.syntactic)?;
        line("all", &scores.all)?;
    }
    it.similarity.iter().try_for_each(|score| {
        let rho = score.spearman.map_or_else(|| "NA".to_owned(), |rho| rho.to_string());
        writeln!(output, "{}\tsimilarity\t{}\tspearman\t{rho}\t{}\t{}", it.model, score.file, score.answered, score.total)
    })
}

fn text(output: &mut impl Write, it: &Evaluation) -> std::io::Result<()> {
    writeln!(output, "{}", it.model)?;
    for pair in it.analogies.chunks(2) {
        let [add, mul] = pair else { continue };
        let capped = add.max_words.map_or_else(String::new, |max_words| format!(", first {} words", output::count(max_words as u64)));
        writeln!(output, "  {}{capped}", add.file)?;
        writeln!(output, "    {:<30} {:>22} {:>22}   answered / total", "", "3CosAdd", "3CosMul")?;
        let mut line = |name: &str, add: &Score, mul: &Score| {
            writeln!(output, "    {name:<30} {:>22} {:>22}   {} / {}", shares(add), shares(mul), add.answered, add.total)
        };
        for (add, mul) in add.sections.iter().zip(&mul.sections) {
            line(&add.name, &add.score, &mul.score)?;
        }
        line("semantic", &add.semantic, &mul.semantic)?;
        line("syntactic", &add.syntactic, &mul.syntactic)?;
        line("all", &add.all, &mul.all)?;
    }
    for score in &it.similarity {
        let rho = score.spearman.map_or_else(|| "undefined".to_owned(), |rho| format!("{:.1}", 100.0 * rho));
        writeln!(output, "  {}   Spearman x 100: {rho}   {} / {}", score.file, score.answered, score.total)?;
    }
    Ok(())
}

/// Correct of answered, and of all.
fn shares(score: &Score) -> String {
    let share = |of: usize| if of == 0 { "-".to_owned() } else { format!("{:.1} %", 100.0 * score.correct as f64 / of as f64) };
    format!("{} ({})", share(score.answered), share(score.total))
}
