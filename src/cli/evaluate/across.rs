//! `eigenlex evaluate MAP --similarity FILE`: pairs of words of two languages with scores by
//! people, as SemEval-2017 task 2 has them, against the cosines in the space of a map.

use std::io::{self, Write};
use std::path::Path;

use anyhow::Result;
use eigenlex::align::{CommonSpaces, Language, MapForm};
use eigenlex::evaluate::{self, ScoredPairs, SimilarityScore};
use eigenlex::{FileKind, Progress as _, WordVectors};
use serde::Serialize;

use super::args::Args;
use super::rows::none_answered;
use super::scores::{ReadSet, tell_sets};
use crate::cli::global::source;
use crate::cli::output;
use crate::cli::output::bars::Bars;
use crate::cli::output::{Decimals, FormatArg, OrEmpty, OutputFormat};
use crate::cli::refusal::Refusal;

/// The JSON of one map.
#[derive(Serialize)]
struct Evaluation {
    map: String,
    similarity: Vec<SimilarityScore>,
    /// What was taken from the files.
    sets: Vec<ReadSet>,
}

/// Whether a path is a map, a hub or a chain.
pub(super) fn is_map(path: &Path) -> bool {
    CommonSpaces::is_at(path)
        || matches!(FileKind::of(path), Ok(FileKind::Map | FileKind::Parallel | FileKind::Spaces))
}

/// Scores each map on each file of pairs.
pub(super) fn run(args: &Args, bars: &Bars) -> Result<()> {
    if !args.models.iter().all(|model| is_map(model)) {
        let problem = "maps and models cannot be scored on the same pairs";
        let hint = "give maps for pairs of two languages, and models for pairs of one";
        return Err(Refusal::new(problem, hint).into());
    }
    let as_written = |word: &str| word.to_owned();
    let files = args.similarity.iter().map(|file| ScoredPairs::open(source(file), &as_written));
    let files = files.collect::<eigenlex::Result<Vec<_>>>()?;
    let maps = args.models.iter().map(|map| evaluation(map, &files, args));
    let maps = maps.collect::<Result<Vec<_>>>()?;
    for it in &maps {
        it.similarity.iter().filter(|score| score.answered == 0).for_each(|score| {
            let needed = "a test in the two languages of the map";
            let lines = (score.total, "lines");
            bars.tell(&none_answered(&it.map, lines, &score.file, needed));
        });
    }
    let mut stdout = output::stdout();
    match (args.format.resolve(), maps.as_slice()) {
        (OutputFormat::Json, [single]) => output::json_line(&mut stdout, single)?,
        (OutputFormat::Json, several) => output::json_line(&mut stdout, &several)?,
        (OutputFormat::Tsv, several) => {
            tell_sets(several.iter().flat_map(|it| &it.sets), bars);
            tsv(&mut stdout, args.format, several)?;
        }
        (OutputFormat::Text, several) => {
            output::visibly(&mut stdout, |stdout| text(stdout, several))?;
        }
    }
    Ok(stdout.flush()?)
}

fn evaluation(path: &Path, files: &[ScoredPairs], args: &Args) -> Result<Evaluation> {
    let map = args.between.open(path)?;
    let side = |language| -> Result<WordVectors> {
        let vectors = map.open_vectors(language, None)?;
        let n_words = args.max_words.map_or(vectors.len(), |n| vectors.len().min(n));
        let rows = &vectors.as_slice()[..n_words * vectors.dim()];
        let words = vectors.words().iter().take(n_words).collect();
        Ok(WordVectors::new(words, map.dim(), map.apply(language, MapForm::Weighted, rows).data))
    };
    let (one, other) = (side(Language::Source)?, side(Language::Target)?);
    let (mut similarity, mut sets) = (Vec::new(), Vec::new());
    for pairs in files {
        let forward = evaluate::word_similarity_across(&one, &other, pairs)?;
        let backward = evaluate::word_similarity_across(&other, &one, pairs)?;
        let mut report = pairs.report.clone();
        // The file does not say which column is of which language.
        similarity.push(if backward.answered > forward.answered {
            report.notes.push("the first word of a pair is of the target language".to_owned());
            backward
        } else {
            forward
        });
        sets.push(ReadSet { test: "similarity", file: pairs.file.clone(), report });
    }
    Ok(Evaluation { map: path.display().to_string(), similarity, sets })
}

fn tsv(output: &mut impl Write, format: FormatArg, maps: &[Evaluation]) -> io::Result<()> {
    let table = format.table(output, ["map", "file", "spearman", "answered", "total"])?;
    for it in maps {
        for score in &it.similarity {
            let rho = OrEmpty(score.spearman.map(Decimals::<4>));
            table.row(output, [&it.map, &score.file, &rho, &score.answered, &score.total])?;
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
        for SimilarityScore { file, spearman, answered, total, .. } in &it.similarity {
            let rho = spearman.map_or("undefined".to_owned(), |rho| format!("{rho:.3}"));
            writeln!(output, "  {file}  spearman {rho}  answered {answered} / {total}")?;
        }
    }
    Ok(())
}
