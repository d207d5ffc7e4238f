//! `eigenlex evaluate MAP --translation FILE`: how many words of a dictionary a map translates
//! correctly.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Result;
use eigenlex::Progress as _;
use eigenlex::align::{Dictionary, Hubness, Language, MapForm, Retrieval, UnitRows, lookup};
use eigenlex::evaluate::{self, TranslationScore};
use serde::Serialize;

use super::scores::{ReadSet, tell_sets};
use crate::cli::global::source;
use crate::cli::languages::translate::Between;
use crate::cli::output;
use crate::cli::output::bars::Bars;
use crate::cli::output::{Decimals, FormatArg, OrEmpty, OutputFormat, count};

/// The JSON of one map.
#[derive(Serialize)]
struct Evaluation {
    map: String,
    translation: Vec<TranslationScore>,
    /// What was taken from the dictionaries.
    sets: Vec<ReadSet>,
}

/// Scores each map on each dictionary, among the first `max_words` words of both sides.
pub(crate) fn run(
    maps: &[PathBuf],
    files: &[PathBuf],
    max_words: Option<usize>,
    between: &Between,
    form: MapForm,
    format: FormatArg,
    bars: &Bars,
) -> Result<()> {
    let dictionaries = files
        .iter()
        .map(|file| Dictionary::open(source(file)))
        .collect::<eigenlex::Result<Vec<_>>>()?;
    let evaluations = maps
        .iter()
        .map(|map| evaluation(map, &dictionaries, max_words, between, form))
        .collect::<Result<Vec<Evaluation>>>()?;
    for it in &evaluations {
        // Each kind of retrieval answers the same.
        let nearest = it.translation.iter().filter(|it| it.retrieval == Retrieval::Nearest);
        for score in nearest.filter(|score| score.answered == 0) {
            bars.tell(&format!(
                "warning: `{}` answers none of the {} source words of `{}`: it knows both words of \
                 no pair; check that the columns are source and target in this order",
                it.map,
                count(score.total as u64),
                score.file
            ));
        }
    }
    let mut stdout = output::stdout();
    match (format.resolve(), evaluations.as_slice()) {
        (OutputFormat::Json, [single]) => output::json_line(&mut stdout, single)?,
        (OutputFormat::Json, several) => output::json_line(&mut stdout, &several)?,
        (OutputFormat::Tsv, several) => {
            tell_sets(several.iter().flat_map(|it| &it.sets), bars);
            tsv(&mut stdout, format, several)?;
        }
        (OutputFormat::Text, several) => text(&mut stdout, several)?,
    }
    Ok(stdout.flush()?)
}

fn tsv(output: &mut impl Write, format: FormatArg, maps: &[Evaluation]) -> io::Result<()> {
    let columns = ["map", "file", "retrieval", "p1", "p5", "p10", "mrr", "answered", "total"];
    let table = format.table(output, columns)?;
    for it in maps {
        for score in &it.translation {
            let TranslationScore { file, retrieval, answered, total, .. } = score;
            let [p1, p5, p10, mrr] =
                [score.p1, score.p5, score.p10, score.mrr].map(|it| OrEmpty(it.map(Decimals::<4>)));
            let name = retrieval.name();
            table.row(output, [&it.map, file, &name, &p1, &p5, &p10, &mrr, answered, total])?;
        }
    }
    Ok(())
}

fn text(output: &mut impl Write, maps: &[Evaluation]) -> io::Result<()> {
    for it in maps {
        writeln!(output, "{}", it.map)?;
        for set in &it.sets {
            writeln!(output, "  read from {}: {}", set.file, set.report)?;
        }
        for score in &it.translation {
            let percent = |share: Option<f64>| match share {
                Some(share) => format!("{:5.1} %", 100.0 * share),
                None => format!("{:>7}", "-"),
            };
            let (p1, p5, p10) = (percent(score.p1), percent(score.p5), percent(score.p10));
            let mrr = score.mrr.map_or("-".to_owned(), |mrr| format!("{mrr:.3}"));
            let name = score.retrieval.name();
            let (file, answered, total) = (&score.file, score.answered, score.total);
            writeln!(
                output,
                "  {file}  {name:<8} P@1 {p1}  P@5 {p5}  P@10 {p10}  MRR {mrr}  \
                 answered {answered} / {total}"
            )?;
        }
    }
    Ok(())
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
    let set = |it: &Dictionary| ReadSet {
        test: "translation",
        file: it.file.clone(),
        report: it.report.clone(),
    };
    let sets = dictionaries.iter().map(set).collect();
    Ok(Evaluation { map: path.display().to_string(), translation, sets })
}
