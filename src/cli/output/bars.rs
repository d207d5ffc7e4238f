//! Progress on standard error, and the times and memory of the stages: the one file that names
//! indicatif.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use console::Term;
use eigenlex::storage::format_bytes;
use eigenlex::{Progress, Stage, StageReport, Visible};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::progress_line::{ProgressLine, clock};
use crate::cli::allocator;
use crate::cli::global::{Global, When};
use crate::cli::memory;

/// How often a line shows the progress where there is no terminal.
const LINE_INTERVAL: Duration = Duration::from_millis(1900);

/// How often the memory is sampled.
const SAMPLE_INTERVAL: Duration = Duration::from_millis(50);

/// How often a bar is drawn.
const DRAW_INTERVAL: Duration = Duration::from_millis(200);

/// Silence between stages after which a line shows that the program is at work.
const SILENCE: Duration = Duration::from_millis(800);

/// What the bars of this process are drawn from; printing results clears them first.
static WATCHED: OnceLock<Arc<Watched>> = OnceLock::new();

/// A stage that ends sooner shows no bar: it would only flicker.
const SHORT: Duration = Duration::from_millis(400);

/// Columns if the terminal does not say.
const COLUMNS: usize = 80;

/// Draws a bar for each stage and remembers how long it took and what memory it needed.
pub(crate) struct Bars {
    quiet: bool,
    verbosity: u8,
    cancelled: Arc<AtomicBool>,
    /// Whether the process may end at once: it may be waiting for input that never comes, and
    /// nothing of it is on the disk.
    may_wait: Arc<AtomicBool>,
    /// Whether something of it is on the disk after all, which has to be cleaned up.
    must_clean_up: AtomicBool,
    watched: Arc<Watched>,
    watcher: Option<JoinHandle<()>>,
    /// Who hears of the progress and may stop it, in place of a terminal and Ctrl-C.
    listener: Option<Arc<dyn Progress + Send + Sync>>,
}

/// How the advance is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    No,
    /// A bar that is drawn over and over: standard error is a terminal.
    Bar,
    /// A line now and then: it is none, and progress was asked for.
    Lines,
}

/// What a thread of its own looks at: the memory, and the running stage, whose advance it shows
/// also while the stage itself is silent.
struct Watched {
    shown: Shown,
    state: Mutex<State>,
    memory: AtomicU64,
    largest_memory: AtomicU64,
    stop: AtomicBool,
}

struct State {
    running: Option<Running>,
    /// The time since the last stage, or the beginning.
    between: Between,
    reports: Vec<StageReport>,
}

/// The time between stages: opening files, and all else that is no stage.
struct Between {
    since: Instant,
    last_shown: Instant,
    bar: Option<ProgressBar>,
    name: &'static str,
    /// Whether results are being printed, or are waited for: nothing is to be drawn between them.
    is_at_rest: bool,
}

impl Between {
    fn new(name: &'static str) -> Self {
        let now = Instant::now();
        Self { since: now, last_shown: now, bar: None, name, is_at_rest: false }
    }

    fn clear(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

/// From now on nothing is drawn between stages, for results are printed.
pub(crate) fn rest() {
    if let Some(watched) = WATCHED.get() {
        let mut state = watched.state();
        state.between.clear();
        state.between.is_at_rest = true;
    }
}

struct Running {
    stage: Stage,
    total: Option<u64>,
    position: u64,
    /// There once the stage has taken [`SHORT`].
    bar: Option<ProgressBar>,
    started: Instant,
    /// When the last line was written, or the stage began.
    last_shown: Instant,
    /// The last remark on the stage.
    note: String,
    /// When the stage will probably have ended, from its beginning, if the stage itself has said
    /// so.
    expected: Option<Duration>,
    /// The process's peak when the stage began.
    peak_before: Option<u64>,
}

impl Watched {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sample(&self) {
        let bytes = memory::resident_bytes().unwrap_or(0);
        self.memory.store(bytes, Ordering::Relaxed);
        self.largest_memory.fetch_max(bytes, Ordering::Relaxed);
    }

    fn watch(&self) {
        while !self.stop.load(Ordering::Relaxed) {
            self.sample();
            self.show();
            std::thread::park_timeout(SAMPLE_INTERVAL);
        }
    }

    /// Draws the bar or writes the line of the running stage, if it is time.
    fn show(&self) {
        let mut state = self.state();
        let memory = self.memory.load(Ordering::Relaxed);
        let Some(running) = &mut state.running else {
            self.show_between(&mut state.between, memory);
            return;
        };
        let interval = running.last_shown.elapsed();
        match self.shown {
            Shown::Bar if interval >= DRAW_INTERVAL && running.started.elapsed() >= SHORT => {
                running.last_shown = Instant::now();
                let line = running.line(memory).with_bar(columns_of_bar());
                draw(running.bar.get_or_insert_with(new_bar), line);
            }
            Shown::Lines if interval >= LINE_INTERVAL => {
                running.last_shown = Instant::now();
                _ = writeln!(io::stderr(), "{}", running.line(memory).without_bar(COLUMNS));
            }
            _ => {}
        }
    }

    /// Shows that the program is at work between stages.
    fn show_between(&self, between: &mut Between, memory: u64) {
        let (since, interval) = (between.since.elapsed(), between.last_shown.elapsed());
        let line = || format!("{:>10} {}, {}", between.name, clock(since), format_bytes(memory));
        match self.shown {
            _ if between.is_at_rest => {}
            Shown::Bar if since >= SILENCE && interval >= DRAW_INTERVAL => {
                let line = line();
                between.last_shown = Instant::now();
                draw(between.bar.get_or_insert_with(new_bar), line);
            }
            Shown::Lines if interval >= LINE_INTERVAL => {
                _ = writeln!(
                    io::stderr(),
                    "{:<10} {}, {}",
                    between.name,
                    clock(since),
                    format_bytes(memory)
                );
                between.last_shown = Instant::now();
            }
            _ => {}
        }
    }
}

impl Running {
    fn line(&self, memory: u64) -> ProgressLine<'_> {
        ProgressLine {
            stage: self.stage,
            position: self.position,
            total: self.total,
            elapsed: self.started.elapsed(),
            expected: self.expected,
            memory,
            note: &self.note,
        }
    }
}

fn new_bar() -> ProgressBar {
    let style =
        ProgressStyle::with_template("{msg}").expect("the template is fixed and well-formed");
    ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(8)).with_style(style)
}

fn draw(bar: &ProgressBar, line: String) {
    bar.set_message(line);
    bar.tick();
}

/// The last column stays free: some terminals go to the next line when it is written.
fn columns_of_bar() -> usize {
    usize::from(Term::stderr().size_checked().map_or(COLUMNS as u16, |(_, columns)| columns))
        .saturating_sub(1)
}

impl Bars {
    pub(crate) fn new(global: &Global, listener: Option<Arc<dyn Progress + Send + Sync>>) -> Self {
        let shown = match (global.progress, io::stderr().is_terminal()) {
            _ if global.quiet || listener.is_some() => Shown::No,
            (When::Auto | When::Always, true) => Shown::Bar,
            (When::Always, false) => Shown::Lines,
            (When::Auto, false) | (When::Never, _) => Shown::No,
        };
        let watched = Arc::new(Watched {
            shown,
            state: Mutex::new(State {
                running: None,
                between: Between::new("loading"),
                reports: Vec::new(),
            }),
            memory: AtomicU64::default(),
            largest_memory: AtomicU64::default(),
            stop: AtomicBool::default(),
        });
        // There is one `Bars` in a process.
        _ = WATCHED.set(Arc::clone(&watched));
        let it = Arc::clone(&watched);
        // Without the thread there are no samples and no bars, and nothing else is lost.
        let watcher =
            std::thread::Builder::new().name("progress".to_owned()).spawn(move || it.watch()).ok();
        Self {
            quiet: global.quiet,
            verbosity: global.verbose,
            cancelled: Arc::default(),
            may_wait: Arc::default(),
            must_clean_up: AtomicBool::new(false),
            watched,
            watcher,
            listener,
        }
    }

    /// From now on Ctrl-C asks the computation to stop and clean up; a second one ends the process
    /// at once, and so does the first while texts or a matrix are being read.
    pub(crate) fn watch_interrupts(&self) -> Result<()> {
        if self.listener.is_some() {
            return Ok(());
        }
        let flag = Arc::clone(&self.cancelled);
        let may_wait = Arc::clone(&self.may_wait);
        ctrlc::set_handler(move || {
            let is_second = flag.swap(true, Ordering::SeqCst);
            if may_wait.load(Ordering::SeqCst) {
                _ = writeln!(io::stderr(), "error: {}", eigenlex::Error::Interrupted);
                std::process::exit(130);
            }
            if is_second {
                std::process::exit(130);
            }
        })
        .context("cannot watch for Ctrl-C")
    }

    /// From now on something unfinished is on the disk: the first Ctrl-C never ends the process at
    /// once.
    pub(crate) fn keep_until_cleaned_up(&self) {
        self.must_clean_up.store(true, Ordering::SeqCst);
    }

    /// The stages that have ended, in order, each once; they are forgotten here.
    pub(crate) fn take_reports(&self) -> Vec<StageReport> {
        let mut merged: Vec<StageReport> = Vec::new();
        for report in std::mem::take(&mut self.state().reports) {
            match merged.iter_mut().find(|it| it.name == report.name) {
                Some(it) => {
                    it.seconds += report.seconds;
                    it.peak_memory_bytes = it.peak_memory_bytes.max(report.peak_memory_bytes);
                }
                None => merged.push(report),
            }
        }
        merged
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.watched.state()
    }

    /// The listener, or the silent one.
    fn listener(&self) -> &dyn Progress {
        self.listener.as_deref().map_or(&(), |listener| listener as &dyn Progress)
    }

    fn say(&self, line: &str) {
        let state = self.state();
        match (&state.running, &state.between.bar) {
            (Some(Running { bar: Some(bar), .. }), _) | (None, Some(bar)) => {
                bar.suspend(|| _ = writeln!(io::stderr(), "{line}"))
            }
            // Where standard error is closed nobody reads it.
            _ => _ = writeln!(io::stderr(), "{line}"),
        }
    }
}

impl Progress for Bars {
    fn start(&self, stage: Stage, total: Option<u64>) {
        self.listener().start(stage, total);
        self.watched.sample();
        self.watched
            .largest_memory
            .store(self.watched.memory.load(Ordering::Relaxed), Ordering::Relaxed);
        let must_clean_up = self.must_clean_up.load(Ordering::SeqCst);
        self.may_wait.store(
            !must_clean_up && matches!(stage, Stage::Tokenize | Stage::Read),
            Ordering::SeqCst,
        );
        let now = Instant::now();
        let mut state = self.state();
        state.between.clear();
        state.running = Some(Running {
            stage,
            total,
            position: 0,
            bar: None,
            started: now,
            last_shown: now,
            note: String::new(),
            expected: None,
            peak_before: memory::peak_bytes(),
        });
    }

    fn advance(&self, amount: u64) {
        self.listener().advance(amount);
        if let Some(running) = &mut self.state().running {
            running.position += amount;
        }
    }

    fn set_position(&self, position: u64) {
        self.listener().set_position(position);
        if let Some(running) = &mut self.state().running {
            running.position = position;
        }
    }

    fn forecast(&self, share: f64) {
        self.listener().forecast(share);
        if let Some(running) = &mut self.state().running {
            let seconds = running.started.elapsed().as_secs_f64() / share;
            running.expected = Duration::try_from_secs_f64(seconds).ok();
        }
    }

    fn note(&self, note: &str) {
        self.listener().note(note);
        if let Some(running) = &mut self.state().running {
            note.clone_into(&mut running.note);
        }
        if self.verbosity >= 2 {
            self.say(&format!("  {note}"));
        }
    }

    fn tell(&self, sentence: &str) {
        if self.listener.is_some() {
            self.listener().tell(sentence);
        } else if !self.quiet {
            // A hint stands on a line of its own; any other character nobody can see is foreign.
            let lines = sentence.split('\n').map(|line| Visible(line).to_string());
            self.say(&lines.collect::<Vec<_>>().join("\n"));
        }
    }

    fn finish(&self) {
        self.listener().finish();
        let mut state = self.state();
        let Some(running) = state.running.take() else { return };
        if let Some(bar) = &running.bar {
            bar.finish_and_clear();
        }
        let is_at_rest = state.between.is_at_rest;
        state.between = Between { is_at_rest, ..Between::new("working") };
        drop(state);
        allocator::return_free_pieces();
        self.watched.sample();
        // If the process's peak has grown, it was reached in this stage; else the samples count.
        let peak = match (running.peak_before, memory::peak_bytes()) {
            (Some(before), Some(after)) if after == before => {
                Some(self.watched.largest_memory.load(Ordering::Relaxed))
            }
            (_, after) => after,
        };
        let report = StageReport {
            name: running.stage,
            seconds: running.started.elapsed().as_secs_f64(),
            peak_memory_bytes: peak,
        };
        if self.verbosity >= 1 {
            let memory =
                peak.map_or_else(String::new, |bytes| format!(", {}", format_bytes(bytes)));
            self.say(&format!("{:<10} {:8.2} s{memory}", report.name.to_string(), report.seconds));
        }
        self.state().reports.push(report);
    }

    fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed) || self.listener().is_cancelled()
    }
}

impl Drop for Bars {
    fn drop(&mut self) {
        rest();
        // A stage that failed leaves its bar.
        if let Some(bar) = self.state().running.take().and_then(|running| running.bar) {
            bar.finish_and_clear();
        }
        self.watched.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.watcher.take() {
            thread.thread().unpark();
            // The thread draws and reads a file; what it failed at is of no use to anyone.
            let _ = thread.join();
        }
    }
}
