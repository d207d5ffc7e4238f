//! `eigenlex doctor`: what is wrong with a file of vectors, and a file without that.

use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::Result;
use eigenlex::format::{Format, Note, OnFault, VectorFile, WriteOptions};
use eigenlex::{Progress as _, Stage, VisibleWord};
use serde::Serialize;

use crate::cli::global::source;
use crate::cli::output;
use crate::cli::output::bars::Bars;
use crate::cli::output::{FormatArg, OrEmpty, OutputFormat, count};
use crate::cli::refusal::Refusal;
use crate::cli::vector_files;

const AFTER_HELP: &str = "\
The exit code is 3 if the file has a fault and is not repaired, else 0. That 64-bit numbers are
rounded is said, but is no fault.

Examples:
  What is wrong with a file:
    eigenlex doctor cc.de.300.vec.gz
  The same file without that:
    eigenlex doctor cc.de.300.vec.gz --repair german.vec";

/// Name every fault of a vector file, with its place, and mend it
///
/// A fault is a line that is no word with its numbers, a word that stands there twice, a vector
/// without a word or with NaN, a header that promises another number of words, an end within a row.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    /// Vector file
    #[arg(value_name = "FILE")]
    path: PathBuf,
    /// Write a file without the faults; its name says which format
    #[arg(long, value_name = "OUTPUT")]
    repair: Option<PathBuf>,
    /// Replace the output if it exists
    #[arg(long, requires = "repair")]
    force: bool,
    #[command(flatten)]
    format: FormatArg,
}

/// Places that are shown of each fault.
const SHOWN: usize = 10;

/// The JSON of a file.
#[derive(Serialize)]
struct Diagnosis<'a> {
    format: Format,
    n_words: usize,
    dim: usize,
    number_type: &'a str,
    faults: Vec<FaultOf<'a>>,
}

#[derive(Serialize)]
struct FaultOf<'a> {
    #[serde(flatten)]
    note: &'a Note,
    meaning: &'static str,
    consequence: &'static str,
}

pub(crate) fn run(args: Args, bars: &Bars) -> Result<()> {
    let target = args.repair.as_deref().map(|path| {
        let format = Format::from_extension(path).filter(|format| !format.needs_ngrams());
        let format = format.ok_or_else(|| {
            let problem = format!("the name `{}` does not say which format", path.display());
            Refusal::new(problem, "end it in .vec, .bin, .npy, .npz, .safetensors or .fifu")
        })?;
        vector_files::refuse_left_out(format)?;
        for file in format.files(path) {
            eigenlex::storage::refuse_existing(&file, args.force)?;
        }
        anyhow::Ok((path, format))
    });
    let target = target.transpose()?;
    let options = vector_files::options().on_fault(OnFault::Repair);
    let file = VectorFile::open(source(&args.path), &options, bars)?;
    let mut stdout = output::stdout();
    vector_files::warn_of_list(&args.path, &file.report);
    print(&mut stdout, &args, &file)?;
    stdout.flush()?;
    if let Some((path, format)) = target {
        bars.start(Stage::Write, None);
        if file.ngrams.is_some() {
            bars.tell(&vector_files::ngrams_left_behind(&args.path, path));
        }
        let options = WriteOptions::default().force(args.force);
        let written = format.write_with(&(&file.vectors).into(), path, &options);
        bars.finish();
        written?;
        let n_words = file.vectors.len() as u64;
        let plural = if n_words == 1 { "" } else { "s" };
        bars.tell(&format!("`{}` has {} word{plural}", path.display(), count(n_words)));
        return Ok(());
    }
    let faults = file.report.notes.iter().filter(|note| !note.fault.is_remark());
    let n_faults: u64 = faults.map(|note| note.count).sum();
    if n_faults == 0 {
        return Ok(());
    }
    let plural = if n_faults == 1 { "" } else { "s" };
    let problem = format!("`{}` has {} fault{plural}", args.path.display(), count(n_faults));
    Err(Refusal::faulty(problem, "`--repair OUTPUT` writes a file without them").into())
}

fn print(output: &mut impl Write, args: &Args, file: &VectorFile) -> io::Result<()> {
    match args.format.resolve() {
        OutputFormat::Json => {
            let faults = file.report.notes.iter().map(|note| FaultOf {
                note,
                meaning: note.fault.meaning(),
                consequence: note.fault.repair(),
            });
            let diagnosis = Diagnosis {
                format: file.format,
                n_words: file.vectors.len(),
                dim: file.vectors.dim(),
                number_type: file.report.number_type.as_deref().unwrap_or("float32"),
                faults: faults.collect(),
            };
            output::json_line(output, &diagnosis)
        }
        OutputFormat::Tsv => {
            let columns = ["fault", "line", "row", "byte", "found", "meaning", "consequence"];
            let table = args.format.table(output, columns)?;
            for note in &file.report.notes {
                let (meaning, consequence) = (note.fault.meaning(), note.fault.repair());
                for place in &note.places {
                    let (line, row) = (OrEmpty(place.line), OrEmpty(place.row));
                    let byte = OrEmpty(place.byte);
                    let name = note.fault.name();
                    table.row(
                        output,
                        [&name, &line, &row, &byte, &place.found, &meaning, &consequence],
                    )?;
                }
            }
            Ok(())
        }
        OutputFormat::Text => text(output, file),
    }
}

fn text(output: &mut impl Write, file: &VectorFile) -> io::Result<()> {
    let (n_words, dim) = (count(file.vectors.len() as u64), file.vectors.dim());
    let format = file.format.title();
    writeln!(output, "vectors   {n_words} words, {dim} dimensions; {format}")?;
    if file.report.is_clean() {
        return writeln!(output, "faults    none");
    }
    for note in &file.report.notes {
        writeln!(output, "\n{} ({})", note.fault.name(), count(note.count))?;
        for place in note.places.iter().take(SHOWN) {
            let byte = place.byte.map_or_else(String::new, |byte| format!(" (byte {byte})"));
            writeln!(output, "  {}{byte}", VisibleWord(place.to_string()))?;
        }
        if note.count > SHOWN as u64 {
            writeln!(output, "  and {} more", count(note.count - SHOWN as u64))?;
        }
        writeln!(output, "  meaning   {}", note.fault.meaning())?;
        writeln!(output, "  repaired  {}", note.fault.repair())?;
    }
    Ok(())
}
