//! The report on a map: as a record of a table, and as names and values.

use std::fmt::Display;
use std::io::{self, Write};

use eigenlex::align::{AlignmentReport, Coverage};

use crate::cli::output::{Decimals, OrEmpty, Table};

/// The columns of a report: those of a map of two languages, and of each map of a hub.
pub(crate) const COLUMNS: [&str; 21] = [
    "source",
    "target",
    "dictionary_pairs",
    "known_pairs",
    "dictionary_sources",
    "known_sources",
    "pairs",
    "judged",
    "mutual_share",
    "cycle",
    "margin",
    "held_out",
    "agreement",
    "given_found",
    "given_asked",
    "identical_found",
    "identical_asked",
    "zero_vectors",
    "verdict",
    "sentence",
    "digest",
];

/// A report as a record; a cell is empty if its value needs a dictionary, the lack of one,
/// or words of equal spelling.
pub(crate) fn record(
    output: &mut impl Write,
    table: &Table<21>,
    names: [&str; 2],
    report: &AlignmentReport,
    digest: Option<&str>,
) -> io::Result<()> {
    let of_dictionary =
        |number: fn(&Coverage) -> usize| OrEmpty(report.coverage.as_ref().map(number));
    let zero_vectors = report.zero_vectors.0 + report.zero_vectors.1;
    let [mutual, cycle, margin, held_out] =
        [report.mutual_share, report.cycle, report.margin, report.held_out].map(Decimals::<4>);
    let cells: [&dyn Display; 21] = [
        &names[0],
        &names[1],
        &of_dictionary(|it| it.entries),
        &of_dictionary(|it| it.known_entries),
        &of_dictionary(|it| it.sources),
        &of_dictionary(|it| it.known_sources),
        &report.pairs,
        &report.judged,
        &mutual,
        &cycle,
        &margin,
        &held_out,
        &OrEmpty(report.agreement.map(Decimals::<4>)),
        &OrEmpty(report.given.map(|it| it.found)),
        &OrEmpty(report.given.map(|it| it.asked)),
        &OrEmpty(report.identical.map(|it| it.found)),
        &OrEmpty(report.identical.map(|it| it.asked)),
        &zero_vectors,
        &report.verdict,
        &report.sentence,
        &OrEmpty(digest),
    ];
    table.row(output, cells)
}

/// The report as names and values.
pub(crate) fn rows(report: &AlignmentReport) -> Vec<(&'static str, String)> {
    let mut rows = Vec::new();
    if let Some(coverage) = report.coverage {
        let it = format!(
            "{} of {} pairs, {} of {} sources",
            coverage.known_entries, coverage.entries, coverage.known_sources, coverage.sources
        );
        rows.push(("dictionary", it));
    }
    rows.push(("pairs", report.pairs.to_string()));
    rows.push(("judged", report.judged.to_string()));
    rows.push(("mutual share", format!("{:.4}", report.mutual_share)));
    rows.push(("cycle", format!("{:.4}", report.cycle)));
    rows.push(("margin", format!("{:.4}", report.margin)));
    rows.push(("held out", format!("{:.4}", report.held_out)));
    if let Some(agreement) = report.agreement {
        rows.push(("agreement", format!("{agreement:.4}")));
    }
    let signs = [("given found", report.given), ("same spelling", report.identical)];
    for (name, sign) in signs {
        rows.extend(sign.map(|it| (name, format!("{} of {}", it.found, it.asked))));
    }
    if report.zero_vectors != (0, 0) {
        rows.push((
            "zero vectors",
            format!(
                "{} in the source, {} in the target, ignored",
                report.zero_vectors.0, report.zero_vectors.1
            ),
        ));
    }
    rows.push(("verdict", report.verdict.to_string()));
    rows.push(("in words", report.sentence.clone()));
    rows
}
