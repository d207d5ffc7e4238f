//! Long work beside the interpreter: without its lock, on threads of our own, stopped by Ctrl-C.
//!
//! In: a closure that computes with a [`Progress`]. Out: its result. The calling thread looks every
//! few milliseconds for signals, and hands on to a Python callable what the computation reports; so
//! no Python code ever runs on a thread that computes.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use eigenlex::{Progress, Stage};
use pyo3::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::{errors, terms};

/// How often signals are looked for: a person who presses Ctrl-C does not notice it.
const INTERVAL: Duration = Duration::from_millis(50);

/// The threads that compute, and the process that they belong to.
struct Pool {
    process: u32,
    n_threads: usize,
    threads: Arc<ThreadPool>,
}

static POOL: Mutex<Option<Pool>> = Mutex::new(None);

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn new_pool(py: Python<'_>, n_threads: usize) -> PyResult<Arc<ThreadPool>> {
    let build = ThreadPoolBuilder::new()
        .num_threads(n_threads)
        .thread_name(|number| format!("eigenlex-{number}"))
        .build();
    match build {
        Ok(threads) => Ok(Arc::new(threads)),
        Err(error) => {
            let message = format!("cannot start the threads: {error}");
            Err(errors::exception(py, "ResourceError", &message))
        }
    }
}

/// The threads of this process. A forked process has none of its parent's.
fn pool(py: Python<'_>) -> PyResult<Arc<ThreadPool>> {
    let process = std::process::id();
    let mut pool = locked(&POOL);
    match &*pool {
        Some(it) if it.process == process => return Ok(Arc::clone(&it.threads)),
        _ => {}
    }
    let n_threads = pool.as_ref().map_or(0, |it| it.n_threads);
    let threads = new_pool(py, n_threads)?;
    let new = Pool { process, n_threads, threads: Arc::clone(&threads) };
    // Waiting for the threads of another process would never end.
    std::mem::forget(pool.replace(new));
    Ok(threads)
}

/// Sets the number of threads; 0 means one for each core.
#[pyfunction]
pub(crate) fn set_threads(py: Python<'_>, n_threads: usize) -> PyResult<()> {
    let threads = new_pool(py, n_threads)?;
    let old = locked(&POOL).replace(Pool { process: std::process::id(), n_threads, threads });
    match old {
        Some(old) if old.process != std::process::id() => std::mem::forget(old),
        old => py.detach(|| drop(old)),
    }
    Ok(())
}

/// Computes something short on the threads, without the lock of the interpreter.
pub(crate) fn short<T: Send>(
    py: Python<'_>,
    work: impl FnOnce() -> eigenlex::Result<T> + Send,
) -> PyResult<T> {
    let pool = pool(py)?;
    py.detach(|| pool.install(work)).map_err(|error| errors::of_library(py, error))
}

/// What a computation says to the person who waits.
enum Event {
    Start(Stage, Option<u64>),
    Note(String),
    Tell(String),
    Finish,
}

#[derive(Default)]
struct Heard {
    events: Vec<Event>,
    position: u64,
    has_moved: bool,
}

/// Hears of a computation, and stops it.
#[derive(Default)]
pub(crate) struct Watch {
    is_cancelled: AtomicBool,
    heard: Mutex<Heard>,
}

impl Progress for Watch {
    fn start(&self, stage: Stage, total: Option<u64>) {
        let mut heard = locked(&self.heard);
        heard.events.push(Event::Start(stage, total));
        (heard.position, heard.has_moved) = (0, false);
    }

    fn advance(&self, amount: u64) {
        let mut heard = locked(&self.heard);
        heard.position += amount;
        heard.has_moved = true;
    }

    fn set_position(&self, position: u64) {
        let mut heard = locked(&self.heard);
        (heard.position, heard.has_moved) = (position, true);
    }

    fn note(&self, note: &str) {
        locked(&self.heard).events.push(Event::Note(note.to_owned()));
    }

    fn tell(&self, sentence: &str) {
        locked(&self.heard).events.push(Event::Tell(sentence.to_owned()));
    }

    fn finish(&self) {
        let mut heard = locked(&self.heard);
        heard.events.push(Event::Finish);
        heard.has_moved = false;
    }

    fn is_cancelled(&self) -> bool {
        self.is_cancelled.load(Ordering::Relaxed)
    }
}

impl Watch {
    /// Hands on what was heard since the last time, by the methods of the listener.
    fn deliver(&self, listener: &Bound<'_, PyAny>) -> PyResult<()> {
        let (events, moved) = {
            let mut heard = locked(&self.heard);
            let moved = std::mem::take(&mut heard.has_moved).then_some(heard.position);
            (std::mem::take(&mut heard.events), moved)
        };
        for event in events {
            match event {
                Event::Start(stage, total) => {
                    listener.call_method1("start", (stage.to_string(), total, stage.unit()))?
                }
                Event::Note(note) => listener.call_method1("note", (note,))?,
                Event::Tell(sentence) => {
                    listener.call_method1("tell", (terms::in_python(&sentence),))?
                }
                Event::Finish => listener.call_method0("finish")?,
            };
        }
        if let Some(position) = moved {
            listener.call_method1("move", (position,))?;
        }
        Ok(())
    }
}

type Outcome<T> = Result<T, Box<dyn Any + Send>>;

/// Computes something long; `listener` has the methods `start`, `move`, `note`, `tell` and
/// `finish`. An exception of it, or of a signal, stops the work and is raised.
pub(crate) fn watched<T: Send>(
    py: Python<'_>,
    listener: &Bound<'_, PyAny>,
    n_threads: Option<usize>,
    work: impl FnOnce(Arc<Watch>) -> anyhow::Result<T> + Send,
) -> PyResult<T> {
    let pool = match n_threads {
        Some(n_threads) if n_threads > 0 => new_pool(py, n_threads)?,
        _ => pool(py)?,
    };
    let watch = Arc::new(Watch::default());
    let outcome: Mutex<Option<Outcome<anyhow::Result<T>>>> = Mutex::new(None);
    let is_done = Condvar::new();
    let (listener, mut raised) = (listener.clone().unbind(), None);
    py.detach(|| {
        pool.in_place_scope(|scope| {
            scope.spawn(|_| {
                let result = catch_unwind(AssertUnwindSafe(|| work(Arc::clone(&watch))));
                *locked(&outcome) = Some(result);
                is_done.notify_all();
            });
            loop {
                let waiting =
                    is_done.wait_timeout_while(locked(&outcome), INTERVAL, |it| it.is_none());
                if waiting.unwrap_or_else(PoisonError::into_inner).0.is_some() {
                    break;
                }
                if raised.is_none()
                    && let Err(error) = look(&watch, &listener)
                {
                    watch.is_cancelled.store(true, Ordering::Relaxed);
                    raised = Some(error);
                }
            }
        });
    });
    if raised.is_none() {
        raised = watch.deliver(listener.bind(py)).err();
    }
    let outcome = outcome.into_inner().unwrap_or_else(PoisonError::into_inner);
    let result = match outcome.expect("the loop ends with an outcome") {
        Ok(result) => result,
        Err(panic) => resume_unwind(panic),
    };
    match (raised, result) {
        (Some(raised), _) => Err(raised),
        (None, Ok(result)) => Ok(result),
        (None, Err(error)) => Err(errors::of_program(py, &error)),
    }
}

/// Looks for signals, and hands on what was heard.
fn look(watch: &Watch, listener: &Py<PyAny>) -> PyResult<()> {
    Python::attach(|py| {
        py.check_signals()?;
        watch.deliver(listener.bind(py))
    })
}
