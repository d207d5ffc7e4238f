//! What goes on beside the requests: pages are made, and models opened again that were replaced.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, Thread};
use std::time::Duration;

use anyhow::{Context as _, Result};
use eigenlex::encode::Encoder;
use eigenlex::{Progress, Stage};

use super::app::App;
use super::models::{Beside, Content, Last, Place};
use super::page::Page;
use crate::cli::explore::{Shown, served_page};
use crate::cli::global::Global;
use crate::cli::hints;
use crate::cli::output::bars::Bars;

/// Time between two looks at the files.
const INTERVAL: Duration = Duration::from_secs(2);

/// Whether the work is to stop, for what computes.
struct Stopping(Arc<AtomicBool>);

impl Progress for Stopping {
    fn start(&self, _: Stage, _: Option<u64>) {}

    fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// What is done beside the requests.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tasks {
    pub(super) pages: bool,
    pub(super) reload: bool,
}

/// The thread that does it.
pub(super) struct Watcher {
    stop: Arc<AtomicBool>,
    is_asked: Arc<AtomicBool>,
    thread: Thread,
}

impl Watcher {
    pub(super) fn start(
        app: &Arc<App>,
        beside: Beside,
        tasks: Tasks,
        global: &Global,
    ) -> Result<Self> {
        let (stop, is_asked) = (Arc::<AtomicBool>::default(), Arc::<AtomicBool>::default());
        let bars = Bars::new(global, Some(Arc::new(Stopping(Arc::clone(&stop)))));
        let work = Work {
            app: Arc::clone(app),
            beside,
            tasks,
            bars,
            stop: Arc::clone(&stop),
            is_asked: Arc::clone(&is_asked),
        };
        let thread = thread::Builder::new().name("watcher".to_owned()).spawn(move || work.run());
        let thread = thread.context("cannot start a thread")?.thread().clone();
        Ok(Self { stop, is_asked, thread })
    }

    /// Asks that all models be opened again.
    pub(super) fn reload(&self) {
        self.is_asked.store(true, Ordering::SeqCst);
        self.thread.unpark();
    }

    /// Asks to end, without waiting for it: what is being computed changes nothing that stays.
    pub(super) fn stop(&self) {
        self.stop.store(true, Ordering::SeqCst);
        self.thread.unpark();
    }
}

struct Work {
    app: Arc<App>,
    beside: Beside,
    tasks: Tasks,
    bars: Bars,
    stop: Arc<AtomicBool>,
    is_asked: Arc<AtomicBool>,
}

impl Work {
    fn run(&self) {
        let mut last: Vec<Option<Last>> = self.app.places.iter().map(|_| None).collect();
        while !self.stop.load(Ordering::SeqCst) {
            self.app.places.iter().for_each(|place| self.make_page(place));
            if !self.is_asked.load(Ordering::SeqCst) {
                thread::park_timeout(INTERVAL);
            }
            let is_asked = self.is_asked.swap(false, Ordering::SeqCst);
            if !self.tasks.reload && !is_asked {
                continue;
            }
            for (place, last) in self.app.places.iter().zip(&mut last) {
                if self.stop.load(Ordering::SeqCst) {
                    return;
                }
                self.reload(place, last, is_asked);
            }
        }
    }

    fn reload(&self, place: &Place, last: &mut Option<Last>, is_asked: bool) {
        let name = &place.name;
        match place.reload(last, is_asked, &self.beside, &self.app.pool, &self.bars) {
            Ok(false) => {}
            Ok(true) => self.app.log.event(&format!("`{name}` was opened again")),
            Err(_) if self.stop.load(Ordering::SeqCst) => {}
            Err(error) => {
                let message = hints::message(&error);
                self.app.log.event(&format!("warning: `{name}` stays as it was: {message}"));
            }
        }
    }

    /// Makes the page of a model that has none yet.
    fn make_page(&self, place: &Place) {
        let served = place.now();
        if served.page.get().is_some() || self.stop.load(Ordering::SeqCst) {
            return;
        }
        let made = if self.tasks.pages {
            self.page(place, &served.content)
        } else {
            Err("the server was started with `--no-page`".to_owned())
        };
        if !self.stop.load(Ordering::SeqCst) {
            _ = served.page.set(made.map(Page::new));
        }
    }

    fn page(&self, place: &Place, content: &Content) -> Result<String, String> {
        let api = format!("/api/v1/models/{}/", place.address());
        let make = || -> Result<String> {
            match content {
                Content::Words { words, documents: Some(documents) } => {
                    let model = words.model().context("documents have a model")?;
                    let (encoder, labels) = (Encoder::new(model)?, self.beside.labels.clone());
                    let (encoder, documents) = (&encoder, &documents.found);
                    let shown = Shown::Documents { encoder, documents, labels };
                    served_page(&shown, &api, &self.bars)
                }
                Content::Words { words, documents: None } => {
                    let shown = Shown::Words { vectors: words.vectors(), model: words.model() };
                    served_page(&shown, &api, &self.bars)
                }
                _ => served_page(&Shown::Joined(place.path()), &api, &self.bars),
            }
        };
        self.app.pool.install(make).map_err(|error| hints::message(&error))
    }
}
