//! `eigenlex evaluate MAP --translation FILE`: how many words of a dictionary a map translates
//! rightly.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Result;
use eigenlex::align::{Dictionary, Hubness, Language, MapForm, UnitRows, lookup};
use eigenlex::evaluate::{self, TranslationScore};
use serde::Serialize;

use super::translate::Between;
use crate::cli::output;
use crate::cli::output::{Decimals, FormatArg, OutputFormat};

/// The JSON of one map.
#[derive(Serialize)]
struct Evaluation {
    map: String,
    translation: Vec<TranslationScore>,
}

/// Scores each map on each dictionary, among the first `max_words` words of both sides.
pub(crate) fn run(
    maps: &[PathBuf],
    files: &[PathBuf],
    max_words: Option<usize>,
    between: &Between,
    form: MapForm,
    format: FormatArg,
) -> Result<()> {
    let dictionaries = files.iter().map(Dictionary::open).collect::<eigenlex::Result<Vec<_>>>()?;
    let evaluations = maps
        .iter()
        .map(|map| evaluation(map, &dictionaries, max_words, between, form))
        .collect::<Result<Vec<Evaluation>>>()?;
    let mut stdout = output::stdout();
    match (format.resolve(), evaluations.as_slice()) {
        (OutputFormat::Json, [single]) => output::json_line(&mut stdout, single)?,
        (OutputFormat::Json, several) => output::json_line(&mut stdout, &several)?,
        (OutputFormat::Tsv, several) => {
            let columns =
                ["map", "file", "retrieval", "p1", "p5", "p10", "mrr", "answered", "total"];
            let table = format.table(&mut stdout, columns)?;
            for (it, score) in
                several.iter().flat_map(|it| it.translation.iter().map(move |score| (it, score)))
            {
                let TranslationScore { file, retrieval, answered, total, .. } = score;
                let [p1, p5, p10, mrr] =
                    [score.p1, score.p5, score.p10, score.mrr].map(Decimals::<4>);
                table.row(
                    &mut stdout,
                    [&it.map, file, &retrieval.name(), &p1, &p5, &p10, &mrr, answered, total],
                )?;
            }
        }
        (OutputFormat::Text, several) => {
            for it in several {
                writeln!(stdout, "{}", it.map)?;
                for score in &it.translation {
                    let percent = |share: f64| format!("{:5.1} %", 100.0 * share);
                    let (p1, p5, p10, mrr) =
                        (percent(score.p1), percent(score.p5), percent(score.p10), score.mrr);
                    let name = score.retrieval.name();
                    let (file, answered, total) = (&score.file, score.answered, score.total);
                    writeln!(
                        stdout,
                        "  {file}  {name:<8} P@1 {p1}  P@5 {p5}  P@10 {p10}  MRR {mrr:.3}  answered {answered} / {total}"
                    )?;
                }
            }
        }
    }
    Ok(stdout.flush()?)
}

fn evaluation(
    path: &Path,
    dictionaries: &[Dictionary],
    max_words: Option<usize>,
    between: &Between,
    form: MapForm,
) -> Result<Evaluation> {
    let map = between.open(path)?;
    let (source, target) =
        (map.open_vectors(Language::Source, None)?, map.open_vectors(Language::Target, None)?);
    let limit = |language| max_words.unwrap_or(map.space(language).max_words);
    let (n_source, n_target) =
        (limit(Language::Source).min(source.len()), limit(Language::Target).min(target.len()));
    let a = map.apply(Language::Source, form, &source.as_slice()[..n_source * source.dim()]);
    let b = map.apply(Language::Target, form, &target.as_slice()[..n_target * target.dim()]);
    let (a, b) = (UnitRows::new(&a.data, a.dim), UnitRows::new(&b.data, b.dim));
    let hubness = Hubness::new(a, b);
    let mut translation = Vec::new();
    for dictionary in dictionaries {
        let pairs = dictionary.pairs(
            |word| lookup(source.words(), word, n_source),
            |word| lookup(target.words(), word, n_target),
        );
        translation.extend(evaluate::translation(a, b, &hubness, &dictionary.file, &pairs));
    }
    Ok(Evaluation { map: path.display().to_string(), translation })
}
