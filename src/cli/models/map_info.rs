//! What `info` prints about maps, hubs and chains.

use std::io::{self, Write};

use eigenlex::VisibleWord;
use eigenlex::align::{
    AlignmentMap, CommonSpaces, Joined, Language, MapDescription, MappedSpace, SpacesDescription,
};
use serde::Serialize;

use crate::cli::languages::join;
use crate::cli::languages::report::rows;
use crate::cli::output;
use crate::cli::output::{FormatArg, KEY_AND_VALUE, OutputFormat, count};

/// The JSON of a map.
#[derive(Serialize)]
struct MapInfo<'a> {
    kind: &'a str,
    #[serde(flatten)]
    map: &'a MapDescription,
}

/// The JSON of a hub or a chain, which contains its kind.
#[derive(Serialize)]
struct SpacesInfo<'a> {
    #[serde(flatten)]
    spaces: &'a SpacesDescription,
}

pub(super) fn of_map(
    output: &mut impl Write,
    form: FormatArg,
    map: &AlignmentMap,
) -> io::Result<()> {
    let it = &map.description;
    let mut lines = vec![
        ("kind", "map".to_owned()),
        ("source", space(map.space(Language::Source))),
        ("target", space(map.space(Language::Target))),
        ("dim", it.dim.to_string()),
        ("method", name(&it.method)),
        ("criterion", name(&it.criterion)),
        ("program", it.program.clone()),
    ];
    match form.resolve() {
        OutputFormat::Json => output::json_line(output, &MapInfo { kind: "map", map: it }),
        OutputFormat::Tsv | OutputFormat::Text => {
            lines.extend(rows(&it.report));
            lines.extend(it.digest.clone().map(|digest| ("digest", digest)));
            print(output, form, &lines)
        }
    }
}

pub(super) fn of_spaces(
    output: &mut impl Write,
    form: FormatArg,
    spaces: &CommonSpaces,
) -> io::Result<()> {
    let it = &spaces.description;
    if form.resolve() == OutputFormat::Json {
        return output::json_line(output, &SpacesInfo { spaces: it });
    }
    let (kind, each) = match it.joined {
        Joined::Hub { .. } => ("hub", "language"),
        Joined::Chain { .. } => ("chain", "slice"),
    };
    let mut lines = vec![("kind", kind.to_owned())];
    lines.extend(
        it.spaces.iter().map(|named| (each, format!("{}: {}", named.name, space(&named.space)))),
    );
    lines.push(("dim", it.dim.to_string()));
    lines.push(("program", it.program.clone()));
    lines.extend(it.digest.clone().map(|digest| ("digest", digest)));
    print(output, form, &lines)?;
    if form.resolve() == OutputFormat::Text {
        writeln!(output)?;
        let names: Vec<&str> = it.spaces.iter().map(|space| space.name.as_str()).collect();
        join::text(output, &names, &it.joined)?;
    }
    Ok(())
}

fn print(
    output: &mut impl Write,
    form: FormatArg,
    lines: &[(&'static str, String)],
) -> io::Result<()> {
    match form.resolve() {
        OutputFormat::Text => lines
            .iter()
            .try_for_each(|(name, value)| writeln!(output, "{name:<14} {}", VisibleWord(value))),
        _ => {
            let table = form.table(output, KEY_AND_VALUE)?;
            lines
                .iter()
                .try_for_each(|(name, value)| table.row(output, [&name.replace(' ', "_"), value]))
        }
    }
}

fn space(it: &MappedSpace) -> String {
    let (n_words, used) = (count(it.n_words as u64), count(it.max_words as u64));
    let first = if it.max_words < it.n_words {
        format!(", the first {used} of them used")
    } else {
        String::new()
    };
    format!("{} ({n_words} words of {} dimensions{first})", it.path.display(), it.dim_in)
}

/// A choice as its file has it.
fn name(choice: &impl Serialize) -> String {
    serde_json::to_value(choice)
        .ok()
        .and_then(|it| it.as_str().map(str::to_owned))
        .unwrap_or_default()
}
