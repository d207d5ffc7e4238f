//! `eigenlex svd`: the largest singular triplets of a sparse matrix in a MatrixMarket file.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Result;
use eigenlex::format::svd_file;
use eigenlex::matrix::{BlockMatrix, MarketReader, Symmetry};
use eigenlex::storage::AtomicFile;
use eigenlex::storage::Spill;
use eigenlex::{
    Error, Lever, LinearOperator as _, MemoryBudget, Progress as _, RandomizedSvd, Stage,
    StageReport, Svd, SvdPrecision,
};
use serde::Serialize;

use super::global::{Global, source};
use super::output;
use super::output::bars::Bars;
use super::output::{Digits, FormatArg, OutputFormat, count};
use crate::cli::memory::parse_bytes;

/// Triplets that a table for people shows at its beginning and at its end.
const SHOWN_FIRST: usize = 10;
const SHOWN_LAST: usize = 5;

/// Bytes of an entry of a matrix in double precision.
const BYTES_PER_ENTRY: u64 = 20;

const AFTER_HELP: &str = "\
A residual is the larger of |A v - s u| and |A^T u - s v|, divided by the
smallest singular value found.

Examples:
  The 100 largest singular values:
    eigenlex svd matrix.mtx -k 100
  Singular vectors too:
    eigenlex svd matrix.mtx.gz -k 20 --left-vectors -o triplets.safetensors
  A matrix from standard input:
    zstdcat matrix.mtx.zst | eigenlex svd - -k 10 --format json";

/// Compute the largest singular values and vectors of a sparse matrix
///
/// Prints the singular values with their residuals. Text shows the first and the last of many;
/// --format tsv prints all of them.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    /// MatrixMarket file, or `-` for standard input
    ///
    /// Coordinate or array; real, integer or pattern; general, symmetric or skew-symmetric. It may
    /// be compressed with gzip, zstd, bzip2 or xz.
    #[arg(value_name = "FILE")]
    matrix: PathBuf,
    /// How many of the largest singular values (and vectors) to compute
    #[arg(short = 'k', long, value_name = "K")]
    rank: usize,
    /// Safetensors file to write, with `singular_values`, `residuals` and `right_vectors` (columns
    /// x K)
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write `left_vectors` (rows x K) too
    #[arg(long, requires = "output")]
    left_vectors: bool,
    /// Replace the output if it exists
    #[arg(long, requires = "output")]
    force: bool,

    /// Stop when the relative residual of every singular triplet is at most R [default: 1e-3]
    ///
    /// Above 0, below 1. Lower it for more exact results.
    #[arg(
        long,
        value_name = "R",
        conflicts_with = "power_iterations",
        help_heading = "Decomposition"
    )]
    tolerance: Option<f64>,
    /// Stop after N matrix-vector products, converged or not [default: 100 K]
    #[arg(
        long,
        value_name = "N",
        conflicts_with = "power_iterations",
        help_heading = "Decomposition"
    )]
    max_products: Option<usize>,
    /// Block size: how many vectors are multiplied at a time [default: by the rank]
    #[arg(
        long,
        value_name = "N",
        conflicts_with = "power_iterations",
        help_heading = "Decomposition"
    )]
    block_width: Option<usize>,
    /// Vectors of the Krylov basis before a restart [default: 2 K and four blocks]
    ///
    /// Fewer need less memory and more products; at least K and three blocks.
    #[arg(
        long,
        value_name = "N",
        conflicts_with = "power_iterations",
        help_heading = "Decomposition"
    )]
    max_basis: Option<usize>,
    /// Use the plain randomized SVD with Q power iterations (Halko et al. 2011) instead of the
    /// Krylov method
    ///
    /// Its cost is known beforehand, but it usually does not reach the tolerance.
    #[arg(long, visible_alias = "power-iters", value_name = "Q", help_heading = "Decomposition")]
    power_iterations: Option<usize>,
    /// Extra columns of the plain randomized SVD [default: 10]
    #[arg(long, value_name = "N", requires = "power_iterations", help_heading = "Decomposition")]
    oversampling: Option<usize>,
    /// Numbers to compute with: f32, f64, or f64 where f32 does not reach the tolerance
    ///
    /// Single precision is exact to about 1e-6 of the largest singular value, double precision to
    /// about 1e-15 at several times the time and the memory. The file's values are kept as f64
    /// where f32 would round them, unless `single` is given.
    #[arg(
        long,
        value_enum,
        default_value_t = PrecisionArg::Auto,
        value_name = "PRECISION",
        help_heading = "Decomposition"
    )]
    precision: PrecisionArg,
    /// Seed of the random start
    #[arg(long, default_value_t = 42, value_name = "SEED", help_heading = "Decomposition")]
    seed: u64,
    /// Use at most this much memory, for instance 8GB or 512MiB [default: no limit]
    ///
    /// Parts of the matrix that do not fit are streamed from the disk, with the same result.
    #[arg(long, value_parser = parse_bytes, value_name = "SIZE", help_heading = "Memory")]
    memory: Option<u64>,
    /// Folder for temporary files [default: the folder of the output, else the current one]
    #[arg(long, requires = "memory", value_name = "FOLDER", help_heading = "Memory")]
    temporary_folder: Option<PathBuf>,

    #[command(flatten)]
    format: FormatArg,
}

/// The choices of `--precision`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum PrecisionArg {
    Auto,
    Single,
    Double,
}

impl From<PrecisionArg> for SvdPrecision {
    fn from(precision: PrecisionArg) -> Self {
        match precision {
            PrecisionArg::Auto => Self::Auto,
            PrecisionArg::Single => Self::Single,
            PrecisionArg::Double => Self::Double,
        }
    }
}

/// The JSON of a decomposition.
#[derive(Serialize)]
struct SvdInfo<'a> {
    n_rows: usize,
    n_columns: usize,
    n_nonzeros: usize,
    singular_values: &'a [f64],
    residuals: &'a [f64],
    explained: f64,
    products: usize,
    /// In which precision the result was made.
    precision: &'static str,
    converged: bool,
    digest: String,
    read_seconds: f64,
    /// Of the decomposition.
    seconds: f64,
    peak_memory_bytes: Option<u64>,
    /// Bytes of the matrix on the disk, and bytes read from there in all.
    spilled_bytes: u64,
    streamed_bytes: u64,
}

pub(crate) fn run(args: Args, global: &Global, bars: &Bars) -> Result<()> {
    let mut config = args.config();
    config.check()?;
    let budget = MemoryBudget { bytes: args.memory };
    if let Some(output) = &args.output {
        // Refused now, not after the work; nothing stays on the disk until there is something to
        // write.
        drop(AtomicFile::create(output, args.force)?);
    }
    bars.watch_interrupts()?;

    let reader = MarketReader::open(source(&args.matrix), bars)?;
    config.check_shape(reader.n_rows(), reader.n_columns())?;
    let is_symmetric = reader.symmetry() == Symmetry::Symmetric;
    let n_nonzeros = reader
        .n_announced()
        .saturating_mul(if reader.symmetry() == Symmetry::General { 1 } else { 2 });
    let (n_rows, n_columns) = (reader.n_rows(), reader.n_columns());
    let workspace = BlockMatrix::workspace_of(n_rows, n_columns, n_nonzeros, is_symmetric);
    let levers = &[Lever::Rank, Lever::MaxBasis];
    let panels_of =
        |config: &RandomizedSvd| config.memory_bytes(n_rows, n_columns, is_symmetric, &workspace);
    let whole = panels_of(&config).saturating_add(n_nonzeros.saturating_mul(BYTES_PER_ENTRY));
    if config.precision == SvdPrecision::Auto && budget.check(Stage::Svd, whole, levers).is_err() {
        // Double precision is for the case that single does not suffice: it shall not make the
        // matrix go to the disk. Where it is missed, the verdict says so.
        config.precision = SvdPrecision::Single;
    }
    let mut panels = panels_of(&config);
    let spill = Spill::within(budget, panels, &args.temporary_folder(), levers)?;
    let reader = match config.precision {
        SvdPrecision::Single => reader.in_single_precision(),
        _ => reader,
    };
    let matrix = reader.into_matrix(spill)?;
    let held = matrix.resident_bytes() + matrix.streaming_bytes();
    if config.precision == SvdPrecision::Auto
        && budget.check(Stage::Svd, panels + held, levers).is_err()
    {
        config.precision = SvdPrecision::Single;
        panels = panels_of(&config);
    }
    budget.check(Stage::Svd, panels + held, levers)?;
    if matrix.squared_norm() == 0.0 && matrix.n_nonzeros() > 0 {
        return Err(Error::Parameter {
            name: "matrix",
            found: "values whose squares are all 0".to_owned(),
            expected: "larger ones, whose squares f64 can hold; scale the matrix".to_owned(),
        }
        .into());
    }
    if matrix.squared_norm() == 0.0 {
        return Err(Error::ZeroMatrix {
            n_rows: matrix.n_rows(),
            n_columns: matrix.n_columns(),
            stage: Stage::Read,
        }
        .into());
    }
    let svd = config.decompose(&matrix, bars)?;
    if let Some(output) = &args.output {
        bars.start(Stage::Write, None);
        svd_file::write(&svd, output, args.force)?;
        bars.finish();
    }

    let stages = bars.take_reports();
    let format = args.format.resolve();
    let mut stdout = output::stdout();
    match format {
        OutputFormat::Json => json(&mut stdout, &matrix, &svd, &stages)?,
        OutputFormat::Tsv => tsv(&mut stdout, args.format, &svd)?,
        OutputFormat::Text => table(&mut stdout, &svd)?,
    }
    stdout.flush()?;
    if !global.quiet {
        let mut stderr = io::stderr().lock();
        // JSON holds all of the summary.
        if format != OutputFormat::Json {
            summary(&mut stderr, &matrix, &svd, &stages)?;
        }
        verdict(&mut stderr, format, &args, &config, &svd)?;
    }
    Ok(())
}

impl Args {
    /// The folder for temporary files.
    fn temporary_folder(&self) -> PathBuf {
        let beside_output = || self.output.as_deref().map(output::folder_of);
        let folder = self.temporary_folder.as_deref().or_else(beside_output);
        folder.unwrap_or(Path::new(".")).to_path_buf()
    }

    fn config(&self) -> RandomizedSvd {
        let default = RandomizedSvd::default();
        RandomizedSvd::new(self.rank)
            .tolerance(self.tolerance.unwrap_or(default.tolerance))
            .max_products(self.max_products)
            .power_iterations(self.power_iterations)
            .oversampling(self.oversampling.unwrap_or(default.oversampling))
            .block_width(self.block_width)
            .max_basis(self.max_basis)
            .seed(self.seed)
            .left_vectors(self.left_vectors)
            .precision(self.precision.into())
    }
}

fn json(
    output: &mut impl Write,
    matrix: &BlockMatrix,
    svd: &Svd,
    stages: &[StageReport],
) -> io::Result<()> {
    let info = SvdInfo {
        n_rows: matrix.n_rows(),
        n_columns: matrix.n_columns(),
        n_nonzeros: matrix.n_nonzeros(),
        singular_values: &svd.singular_values,
        residuals: &svd.residuals,
        explained: svd.explained(),
        products: svd.products,
        precision: precision(svd),
        converged: svd.converged,
        digest: svd.digest(),
        read_seconds: seconds(stages, Stage::Read),
        seconds: seconds(stages, Stage::Svd),
        peak_memory_bytes: stages.iter().filter_map(|report| report.peak_memory_bytes).max(),
        spilled_bytes: matrix.spilled_bytes(),
        streamed_bytes: matrix.streamed_bytes(),
    };
    match svd.double.is_some() {
        true => output::json_line_in_double(output, &info),
        false => output::json_line(output, &info),
    }
}

/// In which precision a result was made.
fn precision(svd: &Svd) -> &'static str {
    if svd.double.is_some() { "double" } else { "single" }
}

/// How long a stage took.
fn seconds(stages: &[StageReport], stage: Stage) -> f64 {
    stages.iter().filter(|report| report.name == stage).map(|report| report.seconds).sum()
}

fn tsv(output: &mut impl Write, format: FormatArg, svd: &Svd) -> io::Result<()> {
    let table = format.table(output, ["number", "singular_value", "residual"])?;
    let triplets = (1..).zip(svd.singular_values.iter().zip(&svd.residuals));
    triplets.into_iter().try_for_each(|(number, (&value, &residual))| {
        let residual = Digits::<3>(residual);
        match svd.double.is_some() {
            true => table.row(output, [&number, &Digits::<17>(value), &residual]),
            false => table.row(output, [&number, &Digits::<7>(value), &residual]),
        }
    })
}

/// The first and the last triplets, with the share of `|A|_F^2` that those up to each explain.
fn table(output: &mut impl Write, svd: &Svd) -> io::Result<()> {
    let rank = svd.rank();
    writeln!(
        output,
        "{:>6}  {:>14}  {:>9}  {:>9}",
        "number", "singular value", "residual", "explained"
    )?;
    let mut explained = 0.0;
    for (index, (value, residual)) in svd.singular_values.iter().zip(&svd.residuals).enumerate() {
        explained += 100.0 * value * value / svd.squared_norm;
        let number = index + 1;
        if rank <= SHOWN_FIRST + SHOWN_LAST + 1
            || number <= SHOWN_FIRST
            || number > rank - SHOWN_LAST
        {
            writeln!(output, "{number:>6}  {value:>14.7e}  {residual:>9.1e}  {explained:>7.2} %")?;
        } else if number == SHOWN_FIRST + 1 {
            writeln!(
                output,
                "   ...  {} more; --format tsv shows all",
                rank - SHOWN_FIRST - SHOWN_LAST
            )?;
        }
    }
    Ok(())
}

fn summary(
    output: &mut impl Write,
    matrix: &BlockMatrix,
    svd: &Svd,
    stages: &[StageReport],
) -> io::Result<()> {
    let kind = if matrix.is_symmetric() { ", symmetric" } else { "" };
    let [rows, columns, entries] = [matrix.n_rows(), matrix.n_columns(), matrix.n_nonzeros()]
        .map(|number| count(number as u64));
    writeln!(output, "matrix    {rows} x {columns}, {entries} entries{kind}")?;
    let (first, last) = (svd.singular_values[0], svd.singular_values[svd.rank() - 1]);
    let (rank, explained) = (count(svd.rank() as u64), 100.0 * svd.explained());
    writeln!(
        output,
        "spectrum  {rank} triplets, s from {first:.4e} to {last:.4e}; explains {explained:.1} % of \
         |A|_F^2"
    )?;
    writeln!(
        output,
        "residual  {:.1e} at most, {} products, {} precision",
        worst(svd),
        count(svd.products as u64),
        precision(svd)
    )?;
    if matrix.spilled_bytes() > 0 {
        let (resident, spilled, streamed) =
            (matrix.resident_bytes(), matrix.spilled_bytes(), matrix.streamed_bytes());
        let rate = streamed as f64 / seconds(stages, Stage::Svd) / 1e9;
        let [resident, spilled, streamed] = [resident, spilled, streamed].map(output::bytes);
        writeln!(
            output,
            "disk      {spilled} of the matrix, {resident} in memory; {streamed} streamed, \
             {rate:.2} GB/s"
        )?;
    }
    output::stages(output, stages)?;
    writeln!(output, "digest    {}", svd.digest())
}

/// Whether the result is within the tolerance. With JSON, only a warning: the field `converged`
/// says the rest.
fn verdict(
    output: &mut impl Write,
    format: OutputFormat,
    args: &Args,
    config: &RandomizedSvd,
    svd: &Svd,
) -> io::Result<()> {
    let (worst, tolerance) = (worst(svd), config.tolerance);
    let is_single = config.precision == SvdPrecision::Single && args.power_iterations.is_none();
    match config.power_iterations {
        _ if svd.converged && format == OutputFormat::Json => Ok(()),
        _ if worst <= tolerance => {
            writeln!(output, "converged: every residual is at most {tolerance:e}")
        }
        _ if svd.converged => {
            writeln!(output, "converged: every residual is at the rounding error of the products")?;
            match is_single {
                true => writeln!(output, "{}", hint_at_double(args)),
                false => Ok(()),
            }
        }
        Some(_) => writeln!(
            output,
            "warning: not exact: the largest residual is {worst:.1e}, as is usual for power \
             iterations\nhint: leave out `--power-iterations`"
        ),
        None => writeln!(
            output,
            "warning: not converged: the largest residual is {worst:.1e}, the tolerance is \
             {tolerance:e}\n{}",
            match is_single && svd.products < config.most_products() {
                true => hint_at_double(args),
                false => "hint: raise `--max-products` or `--tolerance`",
            }
        ),
    }
}

/// How double precision is had, which was not tried.
fn hint_at_double(args: &Args) -> &'static str {
    match args.precision {
        PrecisionArg::Single => "hint: leave out `--precision single`",
        _ => {
            "hint: double precision does not fit into `--memory`: raise it, or lower `--max-basis`"
        }
    }
}

fn worst(svd: &Svd) -> f64 {
    svd.residuals.iter().copied().fold(0.0, f64::max)
}
