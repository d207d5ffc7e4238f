//! The tasks of a run on a cluster, and the process that decides (see `eigenlex::distributed`).
//!
//! Python moves the bytes between them; `eigenlex/spark/` does so by Apache Spark.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use eigenlex::Error;
use eigenlex::corpus::{CorpusShare, SourceReport, TextList};
use eigenlex::distributed::{
    self, BlockRows, MatrixPart, NodeBlocks, Plan, Product, Products, RowsFile,
};
use eigenlex::model::ModelWriter;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use crate::cli::Command;
use crate::embed::{OF_FILES, refuse};
use crate::model::Held;
use crate::texts::Texts;
use crate::{config, errors, program, run};

type Tokens<'py> = (Bound<'py, PyBytes>, String);

/// The parts of a block, each with its header, and the number of entries.
type Laid = (Vec<(String, PathBuf)>, u64);

/// A file of rows, and where those of each task begin and how many bytes they are.
type Rows = (PathBuf, Vec<(usize, usize)>);

fn bytes<'py>(py: Python<'py>, bytes: &[u8]) -> Bound<'py, PyBytes> {
    PyBytes::new(py, bytes)
}

fn parse<T: serde::de::DeserializeOwned>(py: Python<'_>, json: &str) -> PyResult<T> {
    serde_json::from_str(json).map_err(|error| errors::parameter(py, error.to_string()))
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("numbers, strings and lists can be written")
}

fn part_of(others: bool) -> MatrixPart {
    if others { MatrixPart::Others } else { MatrixPart::Fitted }
}

/// Options that say how the program itself runs, and which a cluster has in its own way.
const OF_PROGRAM: [&str; 2] = ["parallel", "threads"];

/// The plan of a run as JSON, and its shares: those of `paths`, of about so many bytes, or none
/// where the engine hands out the texts. Of the files in `whole` no part is read for itself. The
/// memory that a process may take, in bytes, if that is bounded.
#[pyfunction]
pub(crate) fn plan_run(
    py: Python<'_>,
    paths: Option<Vec<OsString>>,
    share_bytes: u64,
    whole: Vec<PathBuf>,
    options: &Bound<'_, PyDict>,
) -> PyResult<(String, Vec<String>, Option<u64>)> {
    refuse(py, options, &OF_PROGRAM, "spark.task.cpus sets threads, and a run makes one model")?;
    if paths.is_none() {
        refuse(py, options, &OF_FILES, "the texts are a table, not files")?;
    }
    let more = ["--output=model".into(), "--no-checkpoints".into()];
    let positional = paths.clone().unwrap_or_else(|| vec!["-".into()]);
    let arguments = config::command_line(py, "embed", options, &more, &positional)?;
    program::alone(py, || -> PyResult<_> {
        let parsed = config::parse(py, arguments)?;
        let (Command::Embed(args), global) = (parsed.command, parsed.global) else {
            unreachable!("the command is `embed`")
        };
        let mut args = *args;
        args.reading.keep(&args.metadata);
        global.set_encoding();
        let of_program = |error: anyhow::Error| errors::of_program(py, &error);
        let config = args.config().map_err(of_program)?;
        let memory = config.memory.bytes;
        let corpus = match &paths {
            Some(_) => py.detach(|| args.reading.open()).map_err(of_program)?,
            None => {
                let nothing = std::sync::Arc::new(TextList::default());
                args.reading.texts.options().open_held("texts", nothing)
            }
        };
        let is_held = paths.is_none();
        let made = py.detach(|| -> eigenlex::Result<_> {
            let plan = Plan::new(&corpus, config)?;
            let shares = match is_held {
                true => Vec::new(),
                false => corpus.shares(share_bytes, |path| whole.iter().any(|it| it == path))?,
            };
            Ok((plan.to_json(), shares.iter().map(json).collect()))
        });
        let (plan, shares) = made.map_err(|error| errors::of_library(py, error))?;
        Ok((plan, shares, memory))
    })
}

/// The fingerprint of the file of a share, as JSON.
#[pyfunction]
pub(crate) fn fingerprint_share(py: Python<'_>, share: &str) -> PyResult<String> {
    let share: CorpusShare = parse(py, share)?;
    let report = run::short(py, || share.sources[0].fingerprint())?;
    Ok(json(&report))
}

/// Two tables of words in one.
#[pyfunction]
pub(crate) fn merge_tables<'py>(
    py: Python<'py>,
    left: &[u8],
    right: &[u8],
) -> PyResult<Bound<'py, PyBytes>> {
    let merged = run::short(py, || distributed::Worker::merge_tables(left, right))?;
    Ok(bytes(py, &merged))
}

/// Two counts of stretches in one.
#[pyfunction]
pub(crate) fn merge_stretches<'py>(
    py: Python<'py>,
    left: &[u8],
    right: &[u8],
) -> PyResult<Bound<'py, PyBytes>> {
    let merged = run::short(py, || distributed::Worker::merge_stretches(left, right))?;
    Ok(bytes(py, &merged))
}

/// How many stretches hold each word, as far as a share knows.
#[pyfunction]
pub(crate) fn count_stretches<'py>(
    py: Python<'py>,
    kept: &[u8],
    first: u64,
    n_words: usize,
) -> PyResult<Bound<'py, PyBytes>> {
    let counted = run::short(py, || distributed::Worker::stretches(kept, first, n_words))?;
    Ok(bytes(py, &counted))
}

/// The sum of what neighbouring nodes return.
#[pyfunction]
pub(crate) fn add_nodes<'py>(
    py: Python<'py>,
    parts: Vec<Bound<'py, PyBytes>>,
) -> PyResult<Bound<'py, PyBytes>> {
    let parts: Vec<&[u8]> = parts.iter().map(|it| it.as_bytes()).collect();
    let sum = run::short(py, || NodeBlocks::add(&parts))?;
    Ok(bytes(py, &sum))
}

/// The shares whose files must not be cut, by their reports.
#[pyfunction]
pub(crate) fn shares_with_long_lines(py: Python<'_>, reports: Vec<String>) -> PyResult<Vec<usize>> {
    distributed::Driver::with_long_lines(&reports).map_err(|error| errors::of_library(py, error))
}

/// Runs tasks.
#[pyclass(frozen, module = "eigenlex._eigenlex")]
pub(crate) struct Worker(distributed::Worker);

#[pymethods]
impl Worker {
    #[new]
    fn new(py: Python<'_>, plan: &str) -> PyResult<Self> {
        run::short(py, || distributed::Worker::new(Plan::of_json(plan)?)).map(Self)
    }

    fn read_files<'py>(&self, py: Python<'py>, share: &str) -> PyResult<Tokens<'py>> {
        let share: CorpusShare = parse(py, share)?;
        let (tokens, report) = run::short(py, || self.0.read_files(&share))?;
        Ok((bytes(py, &tokens), report))
    }

    fn read_texts<'py>(&self, py: Python<'py>, texts: &Texts) -> PyResult<Tokens<'py>> {
        let (name, documents) = (Path::new(&texts.name), texts.documents.clone());
        let (tokens, report) = run::short(py, || self.0.read_texts(name, documents))?;
        Ok((bytes(py, &tokens), report))
    }

    fn table<'py>(
        &self,
        py: Python<'py>,
        tokens: &[u8],
        settled: Option<(Bound<'py, PyBytes>, String)>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let settled = settled.as_ref().map(|(known, joined)| (known.as_bytes(), joined.as_str()));
        Ok(bytes(py, &run::short(py, || self.0.table(tokens, settled))?))
    }

    fn ends_behind(&self, py: Python<'_>, tokens: &[u8], known: &[u8]) -> PyResult<Vec<u32>> {
        run::short(py, || self.0.ends_behind(tokens, known))
    }

    /// The kept words; numbers of tokens, documents and full stops that end no sentence.
    fn keep<'py>(
        &self,
        py: Python<'py>,
        tokens: &[u8],
        known: &[u8],
        joined: &str,
    ) -> PyResult<(Bound<'py, PyBytes>, (u64, u64, u64))> {
        let kept = run::short(py, || self.0.keep(tokens, known, joined))?;
        Ok((bytes(py, &kept.bytes), (kept.n_tokens, kept.n_documents, kept.n_stops)))
    }

    fn draw<'py>(
        &self,
        py: Python<'py>,
        kept: &[u8],
        first: u64,
        counts: Vec<u64>,
    ) -> PyResult<(Bound<'py, PyBytes>, Vec<u64>)> {
        let (drawn, occurrences) = run::short(py, || self.0.draw(kept, first, &counts))?;
        Ok((bytes(py, &drawn), occurrences))
    }

    fn count<'py>(
        &self,
        py: Python<'py>,
        kept: &[u8],
        first: u64,
        occurrences: Vec<u64>,
        some: (usize, usize),
    ) -> PyResult<Vec<(u64, Bound<'py, PyBytes>)>> {
        let some = some.0..some.1;
        let counted = run::short(py, || self.0.count(kept, first, &occurrences, some))?;
        Ok(counted.into_iter().map(|(task, it)| (task, bytes(py, &it))).collect())
    }

    /// The rows of a task; numbers of rows and entries.
    fn join<'py>(
        &self,
        py: Python<'py>,
        occurrences: Vec<u64>,
        parts: Vec<Bound<'py, PyBytes>>,
    ) -> PyResult<(Bound<'py, PyBytes>, u64, u64)> {
        let parts: Vec<&[u8]> = parts.iter().map(|it| it.as_bytes()).collect();
        let counted = run::short(py, || self.0.join(&occurrences, &parts))?;
        Ok((bytes(py, &counted.bytes), counted.n_rows, counted.n_entries))
    }

    /// The sums of a block; `place` is the number of its first row, and the rows of the matrix.
    fn sums<'py>(
        &self,
        py: Python<'py>,
        rows: Rows,
        place: (usize, usize),
        counts: Vec<u64>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let sums = run::short(py, || {
            let file = RowsFile::open(&rows.0)?;
            self.0.sums(&block_rows(&file, &rows.1, place)?, &counts)
        })?;
        Ok(bytes(py, &sums))
    }

    /// Weighs a block and writes its parts into files whose paths begin with `files`. Returns the
    /// header and the path of each, and the number of entries.
    fn weigh(
        &self,
        py: Python<'_>,
        rows: Rows,
        place: (usize, usize),
        counts: Vec<u64>,
        terms: &[u8],
        files: &str,
    ) -> PyResult<Laid> {
        let laid = run::short(py, || {
            let file = RowsFile::open(&rows.0)?;
            self.0.weigh(&block_rows(&file, &rows.1, place)?, &counts, terms, files)
        })?;
        Ok((laid.parts, laid.n_entries))
    }
}

fn block_rows<'f>(
    file: &'f RowsFile,
    of_tasks: &[(usize, usize)],
    place: (usize, usize),
) -> eigenlex::Result<BlockRows<'f>> {
    let rows = |&(start, length): &(usize, usize)| file.rows(start..start.saturating_add(length));
    let tasks = of_tasks.iter().map(rows).collect::<eigenlex::Result<_>>()?;
    Ok(BlockRows { tasks, first_row: place.0, n_rows: place.1 })
}

/// The blocks of a node, in files of this machine.
#[pyclass(frozen, module = "eigenlex._eigenlex")]
pub(crate) struct Node(NodeBlocks);

#[pymethods]
impl Node {
    #[new]
    fn new(
        py: Python<'_>,
        shape: (usize, bool),
        first_row: usize,
        resident_bytes: u64,
        blocks: Vec<(String, PathBuf)>,
    ) -> PyResult<Self> {
        let open = || NodeBlocks::open(shape.0, shape.1, first_row, resident_bytes, &blocks);
        run::short(py, open).map(Self)
    }

    /// Bytes that are mapped as long as this lives.
    #[getter]
    fn resident_bytes(&self) -> u64 {
        self.0.resident_bytes()
    }

    fn multiply<'py>(
        &self,
        py: Python<'py>,
        product: &[u8],
        piece: usize,
    ) -> PyResult<Bound<'py, PyBytes>> {
        Ok(bytes(py, &run::short(py, || self.0.multiply(product, piece))?))
    }
}

/// The process that decides.
#[pyclass(module = "eigenlex._eigenlex")]
pub(crate) struct Driver(distributed::Driver);

#[pymethods]
impl Driver {
    #[new]
    fn new(py: Python<'_>, plan: &str) -> PyResult<Self> {
        run::short(py, || distributed::Driver::new(Plan::of_json(plan)?)).map(Self)
    }

    fn learn(
        &mut self,
        py: Python<'_>,
        table: &[u8],
        reports: Vec<String>,
        held_bytes: u64,
    ) -> PyResult<bool> {
        run::short(py, || self.0.learn(table, &reports, held_bytes))
    }

    fn end_behind(&mut self, n_ends: Vec<u32>) {
        self.0.end_behind(&n_ends);
    }

    fn joined(&mut self) -> (Vec<String>, bool) {
        self.0.joined()
    }

    fn count_joined(&mut self, py: Python<'_>, table: &[u8]) -> PyResult<()> {
        run::short(py, || self.0.count_joined(table))
    }

    fn known_words<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        bytes(py, &self.0.known_words())
    }

    fn vocabulary(&mut self, py: Python<'_>) -> PyResult<usize> {
        run::short(py, || self.0.vocabulary())
    }

    fn keep(
        &mut self,
        py: Python<'_>,
        n_documents: u64,
        n_stops: u64,
        held_bytes: u64,
        listener: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        run::watched(py, listener, None, |watch| {
            Ok(self.0.keep(n_documents, n_stops, held_bytes, &*watch)?)
        })
    }

    #[getter]
    fn worker_panel_bytes(&self) -> u64 {
        self.0.worker_panel_bytes()
    }

    #[getter]
    fn counts_stretches(&self) -> bool {
        self.0.counts_stretches()
    }

    #[getter]
    fn draws(&self) -> bool {
        self.0.draws()
    }

    fn take_stretches(&mut self, py: Python<'_>, stretches: &[u8]) -> PyResult<()> {
        run::short(py, || self.0.take_stretches(stretches))
    }

    fn take_occurrences(&mut self, py: Python<'_>, occurrences: Vec<u64>) -> PyResult<()> {
        run::short(py, || self.0.take_occurrences(occurrences))
    }

    #[getter]
    fn occurrences(&self) -> Vec<u64> {
        self.0.occurrences().to_vec()
    }

    #[getter]
    fn counts(&self) -> Vec<u64> {
        self.0.counts().to_vec()
    }

    #[getter]
    fn n_tasks(&self, py: Python<'_>) -> PyResult<usize> {
        self.0.n_tasks().map_err(|error| errors::of_library(py, error))
    }

    #[getter]
    fn n_rows(&self) -> usize {
        self.0.n_rows()
    }

    /// The tasks of each block, and its first row.
    fn blocks(
        &mut self,
        py: Python<'_>,
        tasks: Vec<(u64, u64, u64)>,
    ) -> PyResult<Vec<(Vec<u64>, u64)>> {
        let blocks = self.0.blocks(&tasks).map_err(|error| errors::of_library(py, error))?;
        Ok(blocks.into_iter().map(|it| (it.tasks, it.first_row)).collect())
    }

    fn add_sums(&mut self, py: Python<'_>, sums: &[u8]) -> PyResult<()> {
        run::short(py, || self.0.add_sums(sums))
    }

    fn terms<'py>(&mut self, py: Python<'py>) -> Bound<'py, PyBytes> {
        bytes(py, &self.0.terms())
    }

    fn take_headers(
        &mut self,
        py: Python<'_>,
        headers: Vec<Vec<String>>,
        n_entries: u64,
    ) -> PyResult<()> {
        run::short(py, || self.0.take_headers(&headers, n_entries))
    }

    /// Columns, and whether the matrix is its own transpose.
    fn shape(&self, others: bool) -> (usize, bool) {
        self.0.shape(part_of(others))
    }

    /// The first block of each node, the one behind its last, and its first row.
    fn nodes(&self, others: bool, n_slots: usize) -> Vec<(usize, usize, usize)> {
        let nodes = self.0.nodes(part_of(others), n_slots);
        nodes.into_iter().map(|(blocks, row)| (blocks.start, blocks.end, row)).collect()
    }

    /// Decomposes, makes the model, and writes it. `of_run` is the number of tasks side by side,
    /// and the fingerprints of files that were read in parts. `multiply(others, kind, n_pieces,
    /// product)` returns a list of what the nodes return.
    fn decompose(
        &self,
        py: Python<'_>,
        multiply: Py<PyAny>,
        of_run: (usize, Vec<String>),
        kept: Option<(PathBuf, String)>,
        output: (PathBuf, bool),
        listener: &Bound<'_, PyAny>,
    ) -> PyResult<Held> {
        let (n_slots, fingerprints) = of_run;
        let fingerprints = fingerprints
            .iter()
            .map(|json| parse(py, json))
            .collect::<PyResult<Vec<SourceReport>>>()?;
        let engine = Engine { multiply, raised: Mutex::new(None) };
        let (path, force) = output;
        let model = run::watched(py, listener, None, |watch| {
            let writer = ModelWriter::create(&path, force)?;
            let kept = kept.as_ref().map(|(folder, key)| (folder.as_path(), key.as_str()));
            let model = self.0.decompose(&engine, n_slots, &fingerprints, kept, &*watch)?;
            writer.write(&model)?;
            Ok(model)
        });
        match engine.raised.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some(error) => Err(error),
            None => Ok(Held::of_model(model?, Some(path))),
        }
    }
}

/// Has Python multiply.
struct Engine {
    multiply: Py<PyAny>,
    /// The exception of a product.
    raised: Mutex<Option<PyErr>>,
}

impl Products for Engine {
    fn products(&self, part: MatrixPart, product: &Product) -> eigenlex::Result<Vec<Vec<u8>>> {
        let products = Python::attach(|py| -> PyResult<Vec<Vec<u8>>> {
            let kind = format!("{:?}", product.kind);
            let panel = bytes(py, &product.bytes);
            let is_others = part == MatrixPart::Others;
            let arguments = (is_others, kind, product.n_pieces, panel);
            let parts: Vec<Bound<'_, PyBytes>> =
                self.multiply.bind(py).call1(arguments)?.extract()?;
            Ok(parts.iter().map(|it| it.as_bytes().to_vec()).collect())
        });
        products.map_err(|error| {
            *self.raised.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
            Error::Interrupted
        })
    }
}
