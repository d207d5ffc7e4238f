//! `eigenlex align --hub` and `--chain`: several languages, or the time slices of one, in one
//! space.

use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::Result;
use eigenlex::WordVectors;
use eigenlex::align::{
    self, AlignConfig, AlignInput, AlignMethod, CommonSpaces, Dictionary, DictionaryPairs, Joined,
};
use serde::Serialize;

use super::inputs::{input, of_all_pairs, pairs_of, without_subwords};
use super::report::{COLUMNS, record, rows};
use crate::cli::global::source;
use crate::cli::output;
use crate::cli::output::bars::Bars;
use crate::cli::output::{Decimals, FormatArg, OrEmpty, OutputFormat};
use crate::cli::refusal::Refusal;
use crate::cli::vector_files;

/// Aligns each slice to the one before it.
pub(crate) fn chain(paths: &[PathBuf], config: &AlignConfig, bars: &Bars) -> Result<CommonSpaces> {
    let vectors = open(paths, bars)?;
    let slices = vectors
        .iter()
        .zip(paths)
        .map(|(vectors, path)| input(vectors, path))
        .collect::<Result<Vec<_>>>()?;
    Ok(align::chain(&slices, config, bars)?)
}

/// Aligns each language to the first, with a dictionary for each or with none at all.
/// `by_itself` says whether pairs are found that no dictionary has.
pub(crate) fn hub(
    paths: &[PathBuf],
    dictionaries: &[PathBuf],
    method: &dyn for<'a> Fn(Option<&'a DictionaryPairs>) -> AlignMethod<'a>,
    by_itself: bool,
    config: &AlignConfig,
    bars: &Bars,
) -> Result<CommonSpaces> {
    let n_others = paths.len() - 1;
    if !dictionaries.is_empty() && dictionaries.len() != n_others {
        return Err(Refusal::new(
            format!(
                "{n_others} languages besides the hub need {n_others} dictionaries, not {}",
                dictionaries.len()
            ),
            "give `--dictionary` once for each SOURCE, in their order",
        )
        .into());
    }
    let dictionaries = dictionaries
        .iter()
        .map(|file| Dictionary::open(source(file)))
        .collect::<eigenlex::Result<Vec<_>>>()?;
    let vectors = open(paths, bars)?;
    let plain = paths
        .iter()
        .map(|path| if by_itself { without_subwords(path) } else { Ok(None) })
        .collect::<Result<Vec<_>>>()?;
    let inputs = vectors
        .iter()
        .zip(paths)
        .zip(&plain)
        .map(|((vectors, path), plain)| {
            Ok(AlignInput { without_subwords: plain.as_ref(), ..input(vectors, path)? })
        })
        .collect::<Result<Vec<_>>>()?;
    let found: Vec<_> = dictionaries
        .iter()
        .zip(&vectors[1..])
        .map(|(dictionary, source)| {
            pairs_of(dictionary, [source.words(), vectors[0].words()], [config.max_words; 2], bars)
        })
        .collect();
    let others: Vec<_> = inputs[1..]
        .iter()
        .enumerate()
        .map(|(place, input)| (input.clone(), method(found.get(place))))
        .collect();
    let mut spaces = align::hub(&inputs[0], &others, config, bars)
        .map_err(|error| of_all_pairs(error, &found))?;
    if let Joined::Hub { reports, .. } = &mut spaces.description.joined {
        reports
            .iter_mut()
            .zip(&found)
            .for_each(|(report, found)| report.coverage = Some(found.coverage));
    }
    Ok(spaces)
}

fn open(paths: &[PathBuf], bars: &Bars) -> Result<Vec<WordVectors>> {
    Ok(paths
        .iter()
        .map(|path| Ok(vector_files::open(path, bars)?.vectors))
        .collect::<eigenlex::Result<_>>()?)
}

/// The JSON of a hub or a chain.
#[derive(Serialize)]
struct Printed<'a> {
    #[serde(flatten)]
    joined: &'a Joined,
    digest: Option<&'a str>,
}

/// Prints how each of the spaces was joined to the others.
pub(crate) fn print(spaces: &CommonSpaces, format: FormatArg) -> Result<()> {
    let names: Vec<&str> =
        spaces.description.spaces.iter().map(|space| space.name.as_str()).collect();
    let (names, joined) = (names.as_slice(), &spaces.description.joined);
    let digest = spaces.description.digest.as_deref();
    let mut stdout = output::stdout();
    match format.resolve() {
        OutputFormat::Json => output::json_line(&mut stdout, &Printed { joined, digest })?,
        OutputFormat::Tsv => records(&mut stdout, format, names, joined, digest)?,
        OutputFormat::Text => {
            text(&mut stdout, names, joined)?;
            if let Some(digest) = digest {
                writeln!(stdout, "\n{:<14} {digest}", "digest")?;
            }
        }
    }
    Ok(stdout.flush()?)
}

/// A record for each language but the hub, or for each step in time.
fn records(
    output: &mut impl Write,
    format: FormatArg,
    names: &[&str],
    joined: &Joined,
    digest: Option<&str>,
) -> io::Result<()> {
    match joined {
        Joined::Hub { reports, .. } => {
            let table = format.table(output, COLUMNS)?;
            reports.iter().zip(&names[1..]).try_for_each(|(report, name)| {
                record(output, &table, [name, names[0]], report, digest)
            })
        }
        Joined::Chain { links } => {
            let columns = ["from", "to", "shared", "kept", "kept_cosine", "cosine", "digest"];
            let table = format.table(output, columns)?;
            links.iter().zip(names.windows(2)).try_for_each(|(link, names)| {
                let [kept, all] = [link.kept_similarity, link.similarity].map(Decimals::<4>);
                let digest = &OrEmpty(digest);
                table.row(
                    output,
                    [&names[0], &names[1], &link.shared, &link.kept, &kept, &all, digest],
                )
            })
        }
    }
}

pub(crate) fn text(output: &mut impl Write, names: &[&str], joined: &Joined) -> io::Result<()> {
    let table: Vec<Vec<(&str, String)>> = match joined {
        Joined::Hub { reports, .. } => {
            let joins = reports.iter().zip(&names[1..]);
            joins
                .map(|(report, name)| {
                    [vec![("language", (*name).to_owned())], rows(report)].concat()
                })
                .collect()
        }
        Joined::Chain { links } => links
            .iter()
            .zip(names.windows(2))
            .map(|(link, names)| {
                vec![
                    ("slices", format!("{} to {}", names[0], names[1])),
                    ("shared", link.shared.to_string()),
                    ("kept", link.kept.to_string()),
                    ("kept cosine", format!("{:.4}", link.kept_similarity)),
                    ("cosine", format!("{:.4}", link.similarity)),
                ]
            })
            .collect(),
    };
    for (place, rows) in table.iter().enumerate() {
        if place > 0 {
            writeln!(output)?;
        }
        for (name, value) in rows {
            writeln!(output, "{name:<14} {value}")?;
        }
    }
    Ok(())
}
