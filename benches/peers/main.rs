//! The Rust side of the comparison of truncated SVDs (`svd.py` beside this file runs it): writes
//! the matrices, and decomposes one with eigenlex, single-svdlib or faer, as a user of each would.
//! Linux only: processor time and memory are read from `/proc`.

#![expect(clippy::disallowed_methods, reason = "times, not bits, are compared")]

mod matrix;
mod npy;

use std::error::Error;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

use eigenlex::matrix::BlockMatrix;
use eigenlex::{LinearOperator, Precision, RandomizedSvd, Recipe};
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::matrix_free::eigen::{PartialEigenParams, partial_svd, partial_svd_scratch};
use faer::sparse::{SparseRowMat, SymbolicSparseRowMat};
use faer::{Col, Mat, Par};
use single_svdlib::irlba::{self, IrlbaConfig};
use single_svdlib::randomized::{self, RandomizedConfig};
use single_svdlib::{SvdMat, SvdRec};

use crate::matrix::Rows;

const USAGE: &str = "\
The Rust side of benches/peers/svd.py; `make bench-peers` runs the comparison.

  peers write-matrix zipf-small|zipf-medium|zipf-large FOLDER
  peers write-matrix window|window-apart|documents CORPUS FOLDER
  peers write-market DOCUMENTS WORDS TOKENS FILE.mtx
  peers products WIDTH MATRIX
  peers decompose METHOD PARAMETER RANK MATRIX RESULT

`products` measures how fast eigenlex multiplies a matrix with WIDTH columns, on one thread and on
all. METHOD and its PARAMETER:
  eigenlex, single-svdlib-irlba, faer           a tolerance, as that library defines it
  eigenlex-power, single-svdlib-randomized      a number of power iterations
  single-svdlib-krylov                          a number of blocks
RESULT is a folder for s.npy, u.npy (rows x rank) and v.npy (columns x rank).
";

fn main() -> Result<(), Box<dyn Error>> {
    // `cargo bench` adds `--bench`.
    let arguments: Vec<String> =
        std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["write-matrix", "zipf-small", folder] => {
            matrix::write_zipf(10_000, 10_000, 75, folder.as_ref())
        }
        ["write-matrix", "zipf-medium", folder] => {
            matrix::write_zipf(40_000, 30_000, 130, folder.as_ref())
        }
        ["write-matrix", "zipf-large", folder] => {
            matrix::write_zipf(100_000, 100_000, 175, folder.as_ref())
        }
        ["write-matrix", "window", corpus, folder] => {
            matrix::write_corpus(Recipe::Window, true, corpus, folder.as_ref())
        }
        ["write-matrix", "window-apart", corpus, folder] => {
            matrix::write_corpus(Recipe::Window, false, corpus, folder.as_ref())
        }
        ["write-matrix", "documents", corpus, folder] => {
            matrix::write_corpus(Recipe::Lsa, false, corpus, folder.as_ref())
        }
        ["write-market", documents, words, tokens, file] => {
            matrix::write_market(documents.parse()?, words.parse()?, tokens.parse()?, file.as_ref())
        }
        ["products", width, matrix] => products(width.parse()?, Rows::read(matrix.as_ref())?),
        ["decompose", method, parameter, rank, matrix, result] => {
            let (parameter, rank, rows) =
                (parameter.parse()?, rank.parse()?, Rows::read(matrix.as_ref())?);
            let (triplets, meter) = decompose(method, rows, parameter, rank)?;
            meter.report(triplets.products)?;
            triplets.write(result.as_ref())
        }
        [] => Ok(std::io::stdout().write_all(USAGE.as_bytes())?),
        _ => Err(format!("unexpected arguments {arguments:?}\n\n{USAGE}").into()),
    }
}

fn decompose(
    method: &str,
    rows: Rows,
    parameter: f64,
    rank: usize,
) -> Result<(Triplets, Meter), Box<dyn Error>> {
    match method {
        "eigenlex" => eigenlex(rows, RandomizedSvd::new(rank).tolerance(parameter)),
        "eigenlex-power" => {
            eigenlex(rows, RandomizedSvd::new(rank).power_iterations(parameter as usize))
        }
        "single-svdlib-irlba" => {
            // The default basis of rank + 7 is slower by far; the crate's documentation
            // advises rank + 30.
            let config =
                IrlbaConfig::new(rank).work(rank + 30).tol(parameter).seed(42).allow_unconverged();
            single_svdlib(rows, |a| irlba::svd_with(a, &config, None))
        }
        "single-svdlib-randomized" => {
            let config = RandomizedConfig::new(rank).power_iterations(parameter as usize).seed(42);
            single_svdlib(rows, |a| randomized::svd_with(a, &config, None))
        }
        "single-svdlib-krylov" => {
            let config = RandomizedConfig::new(rank).block_krylov(parameter as usize).seed(42);
            single_svdlib(rows, |a| randomized::svd_with(a, &config, None))
        }
        "faer" => faer(rows, parameter, rank),
        _ => Err(format!("no method `{method}`\n\n{USAGE}").into()),
    }
}

/// What a method found: `s` falling, `u` and `v` row after row.
struct Triplets {
    s: Vec<f64>,
    u: Vec<f32>,
    v: Vec<f32>,
    /// Products of the matrix or its transpose with one vector, where the library tells.
    products: Option<usize>,
}

impl Triplets {
    fn write(self, folder: &Path) -> Result<(), Box<dyn Error>> {
        fs::create_dir_all(folder)?;
        let rank = self.s.len();
        npy::write(&folder.join("s.npy"), &[rank], self.s)?;
        npy::write(&folder.join("u.npy"), &[self.u.len() / rank.max(1), rank], self.u)?;
        npy::write(&folder.join("v.npy"), &[self.v.len() / rank.max(1), rank], self.v)
    }
}

type Measured = Result<(Triplets, Meter), Box<dyn Error>>;

/// The matrix is in memory in one direction when the clock starts: the transposes that the products
/// want are part of the work.
fn eigenlex(rows: Rows, solver: RandomizedSvd) -> Measured {
    let (n_columns, symmetric) = (rows.n_columns, rows.symmetric);
    let blocks = rows.into_blocks();
    let solver = solver.left_vectors(true);
    let mut meter = Meter::start()?;
    let matrix = if symmetric {
        BlockMatrix::symmetric(blocks)
    } else {
        BlockMatrix::new(n_columns, blocks)
    };
    let svd = solver.decompose(&matrix, &())?;
    meter.stop()?;
    let u = svd.u.ok_or("the left vectors were asked for")?;
    Ok((Triplets { s: svd.singular_values, u, v: svd.v, products: Some(svd.products) }, meter))
}

/// Prints billions of operations a second, the best of a few products each.
fn products(width: usize, rows: Rows) -> Result<(), Box<dyn Error>> {
    let (n_rows, n_columns, symmetric, n_entries) =
        (rows.n_rows, rows.n_columns, rows.symmetric, rows.values.len());
    let blocks = rows.into_blocks();
    let matrix = if symmetric {
        BlockMatrix::symmetric(blocks)
    } else {
        BlockMatrix::new(n_columns, blocks)
    };
    let numbers =
        |n: usize| (0..n * width).map(|i| (i % 1000) as f32 / 500.0 - 1.0).collect::<Vec<f32>>();
    // Panels begin at the boundary of a cache line, as those of a decomposition do.
    let (mut q, mut y) = (numbers(n_columns + 16), numbers(n_rows + 16));
    let (q_start, y_start) =
        (q.as_ptr().align_offset(64).min(16), y.as_ptr().align_offset(64).min(16));
    let (q, y) = (&mut q[q_start..][..n_columns * width], &mut y[y_start..][..n_rows * width]);
    type Product = fn(&BlockMatrix, &mut [f32], &mut [f32], usize) -> eigenlex::Result<()>;
    let kinds: [(&str, Product); 4] = [
        ("A q", |a, q, y, width| a.apply(q, width, y, Precision::Full)),
        ("A^T y", |a, q, y, width| a.apply_transpose(y, width, q, Precision::Full)),
        ("A q, rounded to 16 bits", |a, q, y, width| a.apply(q, width, y, Precision::Half)),
        ("A^T y, rounded to 16 bits", |a, q, y, width| {
            a.apply_transpose(y, width, q, Precision::Half)
        }),
    ];
    for threads in [1, rayon::current_num_threads()] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
        for (name, product) in &kinds {
            let mut best = f64::INFINITY;
            for _ in 0..5 {
                let clock = Instant::now();
                pool.install(|| product(&matrix, q, y, width))?;
                best = best.min(clock.elapsed().as_secs_f64());
                // What has grown would overflow after some products.
                pool.install(|| {
                    q.iter_mut()
                        .chain(y.iter_mut())
                        .enumerate()
                        .for_each(|(i, x)| *x = (i % 1000) as f32 / 500.0 - 1.0)
                });
            }
            let rate = 2.0 * (n_entries * width) as f64 / best / 1e9;
            writeln!(
                std::io::stdout(),
                "{threads} threads, {width} columns, {name}: {rate:.1} GFLOP/s"
            )?;
        }
    }
    Ok(())
}

fn single_svdlib(
    rows: Rows,
    decompose: impl FnOnce(&SvdMat<f32>) -> single_svdlib::Result<SvdRec<f32>>,
) -> Measured {
    let offsets = rows.offsets.iter().map(|&offset| offset as u64).collect();
    let a = SvdMat::new((rows.n_rows, rows.n_columns), offsets, rows.columns, rows.values);
    let mut meter = Meter::start()?;
    let svd = decompose(&a)?;
    meter.stop()?;
    let s = svd.s.iter().map(|&s| f64::from(s)).collect();
    let (u, v) = (svd.u.iter().copied().collect(), svd.vt.t().iter().copied().collect());
    Ok((Triplets { s, u, v, products: Some(svd.diagnostics.matvecs) }, meter))
}

/// faer's tolerance is absolute: the length of a residual.
fn faer(rows: Rows, tolerance: f64, rank: usize) -> Measured {
    let offsets = rows.offsets.iter().map(|&offset| offset as u32).collect();
    let symbolic =
        SymbolicSparseRowMat::new_checked(rows.n_rows, rows.n_columns, offsets, None, rows.columns);
    let a = SparseRowMat::new(symbolic, rows.values);
    let a = a.as_ref();
    let mut meter = Meter::start()?;
    let (parallel, parameters) = (Par::rayon(0), PartialEigenParams::default());
    let (mut u, mut v) =
        (Mat::<f32>::zeros(rows.n_rows, rank), Mat::<f32>::zeros(rows.n_columns, rank));
    let mut s = vec![0.0; rank];
    let start = Col::from_fn(rows.n_columns, |i| ((i as f32 + 1.0) * 0.618_034).fract() - 0.5);
    let mut memory = MemBuffer::new(partial_svd_scratch(&a, rank, parallel, parameters));
    let (u_out, v_out, stack) = (u.as_mut(), v.as_mut(), MemStack::new(&mut memory));
    let info = partial_svd(
        u_out,
        v_out,
        &mut s,
        &a,
        start.as_ref(),
        tolerance as f32,
        parallel,
        stack,
        parameters,
    );
    meter.stop()?;
    let found = info.n_converged_eigen;
    let rows_of = |vectors: &Mat<f32>| {
        (0..vectors.nrows()).flat_map(|i| (0..found).map(move |j| vectors[(i, j)])).collect()
    };
    let s = s[..found].iter().map(|&s| f64::from(s)).collect();
    Ok((Triplets { s, u: rows_of(&u), v: rows_of(&v), products: None }, meter))
}

/// Wall time, processor time of all threads, and memory, of the decomposition alone.
struct Meter {
    clock: Instant,
    cpu_s: f64,
    wall_s: f64,
    loaded_mib: f64,
    peak_mib: f64,
}

impl Meter {
    /// Tells that the matrix is loaded, forgets the memory peak of loading, and starts the clock.
    fn start() -> Result<Self, Box<dyn Error>> {
        fs::write("/proc/self/clear_refs", "5")?;
        let (loaded_mib, cpu_s) = (status_mib("VmRSS:")?, cpu_seconds()?);
        writeln!(std::io::stdout(), "loaded")?;
        Ok(Self { clock: Instant::now(), cpu_s, wall_s: 0.0, loaded_mib, peak_mib: 0.0 })
    }

    fn stop(&mut self) -> Result<(), Box<dyn Error>> {
        self.wall_s = self.clock.elapsed().as_secs_f64();
        self.cpu_s = cpu_seconds()? - self.cpu_s;
        self.peak_mib = status_mib("VmHWM:")?;
        Ok(())
    }

    fn report(&self, products: Option<usize>) -> Result<(), Box<dyn Error>> {
        let Self { wall_s, cpu_s, loaded_mib, peak_mib, .. } = self;
        let report = serde_json::json!({
            "wall_s": wall_s,
            "cpu_s": cpu_s,
            "loaded_mib": loaded_mib,
            "peak_mib": peak_mib,
            "products": products,
        });
        Ok(writeln!(std::io::stdout(), "{report}")?)
    }
}

/// User and system time of all threads.
fn cpu_seconds() -> Result<f64, Box<dyn Error>> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    // The name of the program, in parentheses, may hold blanks; after it, fields 3 and on: utime
    // and stime are fields 14 and 15.
    let (_, fields) = stat.rsplit_once(')').ok_or("/proc/self/stat has no program name")?;
    let ticks: Vec<f64> =
        fields.split_whitespace().skip(11).take(2).map(str::parse).collect::<Result<_, _>>()?;
    // Linux shows ticks of 1/100 s on every architecture that Rust's standard library knows.
    Ok(ticks.iter().sum::<f64>() / 100.0)
}

fn status_mib(field: &str) -> Result<f64, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status
        .lines()
        .find(|line| line.starts_with(field))
        .ok_or_else(|| format!("/proc/self/status has no {field}"))?;
    let kib: f64 =
        line.split_whitespace().nth(1).ok_or("an empty field of /proc/self/status")?.parse()?;
    Ok(kib / 1024.0)
}
