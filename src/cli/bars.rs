//! Progress on standard error, and the times and memory of the stages: the one file that names indicatif.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use eigenlex::{Progress, Stage, StageReport};
use indicatif::{HumanBytes, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{Global, When, allocator, memory};

/// How often a line tells the advance where there is no terminal.
const LINE_INTERVAL: Duration = Duration::from_secs(2);

/// How often the memory is looked at.
const SAMPLE_INTERVAL: Duration = Duration::from_millis(50);

/// Draws a bar for each stage and remembers how long it took and what memory it needed.
pub(super) struct Bars {
    shown: Shown,
    quiet: bool,
    verbosity: u8,
    cancelled: Arc<AtomicBool>,
    /// Whether the process may end at once: it may be waiting for input that never comes, and nothing of it is on the disk.
    may_wait: Arc<AtomicBool>,
    /// Whether something of it is on the disk after all, which has to be cleaned up.
    must_clean_up: AtomicBool,
    state: Mutex<State>,
    sampler: Sampler,
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

#[derive(Default)]
struct State {
    running: Option<Running>,
    reports: Vec<StageReport>,
}

struct Running {
    stage: Stage,
    bar: ProgressBar,
    started: Instant,
    /// When the last line was written, or the stage began.
    last_line: Instant,
    /// The last remark on the stage.
    note: String,
    /// The process's peak when the stage began.
    peak_before: Option<u64>,
}

impl Bars {
    pub(super) fn new(global: &Global) -> Self {
        let shown = match (global.progress, io::stderr().is_terminal()) {
            _ if global.quiet => Shown::No,
            (When::Auto | When::Always, true) => Shown::Bar,
            (When::Always, false) => Shown::Lines,
            (When::Auto, false) | (When::Never, _) => Shown::No,
        };
        Self {
            shown,
            quiet: global.quiet,
            verbosity: global.verbose,
            cancelled: Arc::default(),
            may_wait: Arc::default(),
            must_clean_up: AtomicBool::new(false),
            state: Mutex::default(),
            sampler: Sampler::start(),
        }
    }

    /// From now on Ctrl-C asks the computation to stop and clean up; a second one ends the process at once, and so does the
    /// first while texts or a matrix are being read.
    pub(super) fn watch_interrupts(&self) -> Result<()> {
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

    /// From now on something unfinished is on the disk: the first Ctrl-C never ends the process at once.
    pub(super) fn keep_until_cleaned_up(&self) {
        self.must_clean_up.store(true, Ordering::SeqCst);
    }

    /// The stages that have ended, in order; they are forgotten here.
    pub(super) fn take_reports(&self) -> Vec<StageReport> {
        std::mem::take(&mut self.state().reports)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn say(&self, line: &str) {
        match &self.state().running {
            Some(running) if self.shown == Shown::Bar => running.bar.suspend(|| _ = writeln!(io::stderr(), "{line}")),
            // Where standard error is closed there is nobody to tell.
            _ => _ = writeln!(io::stderr(), "{line}"),
        }
    }
}

impl Progress for Bars {
    fn start(&self, stage: Stage, total: Option<u64>) {
        let target = if self.shown == Shown::Bar { ProgressDrawTarget::stderr_with_hz(8) } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(total, target).with_style(style(stage, total)).with_prefix(stage.to_string());
        if self.shown == Shown::Bar {
            bar.enable_steady_tick(Duration::from_millis(250));
        }
        self.sampler.reset();
        let must_clean_up = self.must_clean_up.load(Ordering::SeqCst);
        self.may_wait.store(!must_clean_up && matches!(stage, Stage::Tokenize | Stage::Read), Ordering::SeqCst);
        let now = Instant::now();
        self.state().running =
            Some(Running { stage, bar, started: now, last_line: now, note: String::new(), peak_before: memory::peak_bytes() });
    }

    fn advance(&self, amount: u64) {
        if let Some(running) = &mut self.state().running {
            running.bar.inc(amount);
            self.show(running);
        }
    }

    fn set_position(&self, position: u64) {
        if let Some(running) = &mut self.state().running {
            running.bar.set_position(position);
        }
    }

    fn note(&self, note: &str) {
        if let Some(running) = &mut self.state().running {
            note.clone_into(&mut running.note);
            self.show(running);
        }
        if self.verbosity >= 2 {
            self.say(&format!("  {note}"));
        }
    }

    fn tell(&self, sentence: &str) {
        if !self.quiet {
            self.say(sentence);
        }
    }

    fn finish(&self) {
        let Some(running) = self.state().running.take() else { return };
        running.bar.finish_and_clear();
        allocator::return_free_pieces();
        // If the process's peak has grown, it was reached in this stage; else the samples tell.
        let peak = match (running.peak_before, memory::peak_bytes()) {
            (Some(before), Some(after)) if after == before => Some(self.sampler.largest()),
            (_, after) => after,
        };
        let report = StageReport { name: running.stage, seconds: running.started.elapsed().as_secs_f64(), peak_memory_bytes: peak };
        if self.verbosity >= 1 {
            let memory = peak.map_or_else(String::new, |bytes| format!(", {}", HumanBytes(bytes)));
            self.say(&format!("{:<10} {:8.2} s{memory}", report.name.to_string(), report.seconds));
        }
        self.state().reports.push(report);
    }

    fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }
}

impl Bars {
    fn show(&self, running: &mut Running) {
        let memory = HumanBytes(self.sampler.latest());
        let message = if running.note.is_empty() { memory.to_string() } else { format!("{memory}, {}", running.note) };
        match self.shown {
            Shown::No => {}
            Shown::Bar => running.bar.set_message(message),
            Shown::Lines if running.last_line.elapsed() < LINE_INTERVAL => {}
            Shown::Lines => {
                running.last_line = Instant::now();
                let (position, unit) = (running.bar.position(), running.stage.unit());
                let done =
                    running.bar.length().map_or_else(|| format!("{position} {unit}"), |total| format!("{position} of {total} {unit}"));
                _ = writeln!(io::stderr(), "{:<10} {done}, {:.0?}, {message}", running.stage.to_string(), running.started.elapsed());
            }
        }
    }
}

fn style(stage: Stage, total: Option<u64>) -> ProgressStyle {
    let template = match (stage.unit(), total) {
        ("bytes", Some(_)) => "{prefix:>10} [{bar:24}] {bytes}/{total_bytes} {bytes_per_sec} ETA {eta} {wide_msg}",
        ("bytes", None) => "{prefix:>10} {spinner} {bytes} {bytes_per_sec} {wide_msg}",
        ("triplets", Some(_)) => "{prefix:>10} [{bar:24}] {pos}/{len} triplets {elapsed} ETA {eta} {wide_msg}",
        (_, Some(_)) => "{prefix:>10} [{bar:24}] {human_pos}/{human_len} {per_sec} ETA {eta} {wide_msg}",
        (_, None) => "{prefix:>10} {spinner} {human_pos} {per_sec} {wide_msg}",
    };
    ProgressStyle::with_template(template).expect("the templates are fixed and well-formed").progress_chars("=> ")
}

/// Looks at the resident memory from a thread of its own.
struct Sampler {
    shared: Arc<Samples>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Samples {
    latest: AtomicU64,
    largest: AtomicU64,
    stop: AtomicBool,
}

impl Samples {
    fn take(&self) {
        let bytes = memory::resident_bytes().unwrap_or(0);
        self.latest.store(bytes, Ordering::Relaxed);
        self.largest.fetch_max(bytes, Ordering::Relaxed);
    }
}

impl Sampler {
    fn start() -> Self {
        let shared = Arc::new(Samples::default());
        let samples = Arc::clone(&shared);
        let watch = move || {
            while !samples.stop.load(Ordering::Relaxed) {
                samples.take();
                std::thread::park_timeout(SAMPLE_INTERVAL);
            }
        };
        // Without the thread there are no samples, and nothing else is lost.
        let thread = std::thread::Builder::new().name("memory".to_owned()).spawn(watch).ok();
        Self { shared, thread }
    }

    fn reset(&self) {
        self.shared.largest.store(0, Ordering::Relaxed);
        self.shared.take();
    }

    fn latest(&self) -> u64 {
        self.shared.latest.load(Ordering::Relaxed)
    }

    fn largest(&self) -> u64 {
        self.shared.take();
        self.shared.largest.load(Ordering::Relaxed)
    }
}

impl Drop for Sampler {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // The thread cannot fail; it only reads a file.
            let _ = thread.join();
        }
    }
}
