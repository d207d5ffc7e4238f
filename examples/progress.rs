//! Progress and cancellation: a computation that reports its stages, and one that is stopped:
//! `cargo run --release --example progress`.

use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};

use eigenlex::{Corpus, EmbedConfig, Error, Progress, Result, Stage};

/// Prints the stages, and stops the computation once a certain one begins.
struct Stages {
    stop_at: Option<Stage>,
    is_stopped: AtomicBool,
}

impl Stages {
    fn new(stop_at: Option<Stage>) -> Self {
        Self { stop_at, is_stopped: AtomicBool::new(false) }
    }
}

impl Progress for Stages {
    fn start(&self, stage: Stage, total: Option<u64>) {
        let size = total.map_or(String::new(), |total| format!(" of {total} {}", stage.unit()));
        // A closed pipe is no reason to fail.
        let _ = writeln!(std::io::stdout(), "{stage}{size}");
        if self.stop_at == Some(stage) {
            // A person who presses a button would do this from another thread.
            self.is_stopped.store(true, Ordering::Relaxed);
        }
    }

    fn is_cancelled(&self) -> bool {
        self.is_stopped.load(Ordering::Relaxed)
    }
}

fn main() -> Result<()> {
    let corpus = Corpus::open("corpora/english.txt")?;
    let config = EmbedConfig::window().dim(20);

    let model = eigenlex::embed(&corpus, &config, &Stages::new(None))?;
    let _ = writeln!(std::io::stdout(), "done: {} words", model.vectors.len());

    match eigenlex::embed(&corpus, &config, &Stages::new(Some(Stage::Count))) {
        Err(Error::Interrupted) => {
            let _ = writeln!(std::io::stdout(), "stopped");
            Ok(())
        }
        other => other.map(|_| ()),
    }
}
