//! How much a server does at once: bounds of work, of waiting and of time.
//!
//! In: work that computes. Out: its result, or a failure that says why there is none. Work runs on
//! threads of its own, never on the one that serves connections.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;
use tokio::time::timeout_at;

use super::failure::Failure;

/// Requests for neighbours that wait for a common pass over the vectors, at most.
pub(super) const TOGETHER: usize = 128;

/// Addresses that are remembered; the least recent are forgotten.
const ADDRESSES: usize = 10_000;

/// The bounds of a server.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Answers to a question.
    pub(super) results: usize,
    /// Bytes of a body.
    pub(super) body: usize,
    /// Time for a request.
    pub(super) time: Duration,
    /// Requests that compute at once.
    pub(super) at_once: usize,
    /// Requests that wait for that.
    pub(super) waiting: usize,
    /// Open connections.
    pub(super) connections: usize,
    /// Requests of an address in a second, if they are bounded.
    pub(super) rate: Option<u32>,
    /// Time that requests have to end when the server stops.
    pub(super) stop: Duration,
}

/// Which work waits for which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lane {
    /// As many at once as there are threads.
    Alone,
    /// Requests that one pass over the vectors answers together.
    Together,
}

/// The place where work is done.
pub(super) struct Workshop {
    alone: Arc<Semaphore>,
    together: Arc<Semaphore>,
    n_waiting: Arc<AtomicUsize>,
    most_waiting: usize,
    time: Duration,
}

/// One that waits.
struct Waiting(Arc<AtomicUsize>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Workshop {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            alone: Arc::new(Semaphore::new(limits.at_once)),
            together: Arc::new(Semaphore::new(TOGETHER)),
            n_waiting: Arc::default(),
            most_waiting: limits.waiting,
            time: limits.time,
        }
    }

    /// Does work; it gets the time by which it should have ended.
    ///
    /// # Errors
    /// Too many wait already, or the time is over. Work that has begun ends in any case, and counts
    /// until then.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        lane: Lane,
        work: impl FnOnce(Instant) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let end = Instant::now() + self.time;
        let permit = self.permit(lane, end).await?;
        let done = spawn_blocking(move || {
            let _permit = permit;
            work(end)
        });
        match timeout_at(end.into(), done).await {
            Ok(Ok(result)) => result,
            // The work panicked, which the program has reported on standard error.
            Ok(Err(_)) => Err(Failure::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "the server failed at this request; its log says how",
            )),
            Err(_) => Err(self.too_long()),
        }
    }

    async fn permit(&self, lane: Lane, end: Instant) -> Result<OwnedSemaphorePermit, Failure> {
        let lane = match lane {
            Lane::Alone => &self.alone,
            Lane::Together => &self.together,
        };
        if let Ok(permit) = Arc::clone(lane).try_acquire_owned() {
            return Ok(permit);
        }
        let n_before = self.n_waiting.fetch_add(1, Ordering::SeqCst);
        let _waiting = Waiting(Arc::clone(&self.n_waiting));
        if n_before >= self.most_waiting {
            let message = format!("{n_before} requests wait already");
            return Err(Failure::busy(message).hint("ask again in a second"));
        }
        match timeout_at(end.into(), Arc::clone(lane).acquire_owned()).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) => Err(Failure::busy("the server stops")),
            Err(_) => Err(self.too_long()),
        }
    }

    fn too_long(&self) -> Failure {
        let seconds = self.time.as_secs_f64();
        Failure::busy(format!("the request took longer than {seconds} seconds"))
            .hint("ask for less, or start the server with a larger `--timeout`")
    }
}

/// How many requests each address may make in a second: a bucket that fills by `rate` tokens a
/// second and holds as many.
pub(super) struct Rate {
    rate: f64,
    buckets: Mutex<BTreeMap<IpAddr, (f64, Instant)>>,
}

impl Rate {
    pub(super) fn new(rate: u32) -> Self {
        Self { rate: f64::from(rate), buckets: Mutex::default() }
    }

    /// Takes note of a request.
    ///
    /// # Errors
    /// The address has made too many.
    pub(super) fn note(&self, address: IpAddr, now: Instant) -> Result<(), Failure> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= ADDRESSES && !buckets.contains_key(&address) {
            // One that is full again has nothing to remember.
            let (rate, before) = (self.rate, buckets.len());
            buckets.retain(|_, (left, since)| {
                *left + rate * now.saturating_duration_since(*since).as_secs_f64() < rate
            });
            if buckets.len() == before {
                return Err(too_many());
            }
        }
        let (left, since) = buckets.entry(address).or_insert((self.rate, now));
        let gained = self.rate * now.saturating_duration_since(*since).as_secs_f64();
        (*left, *since) = ((*left + gained).min(self.rate), now);
        if *left < 1.0 {
            return Err(too_many());
        }
        *left -= 1.0;
        Ok(())
    }
}

fn too_many() -> Failure {
    Failure::new(StatusCode::TOO_MANY_REQUESTS, "too many requests come from this address")
        .retry_after(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_so_many_requests_a_second() {
        let rate = Rate::new(3);
        let (one, other) = (IpAddr::from([127, 0, 0, 1]), IpAddr::from([10, 0, 0, 1]));
        let begin = Instant::now();
        assert!((0..3).all(|_| rate.note(one, begin).is_ok()));
        let failure = rate.note(one, begin).unwrap_err();
        assert_eq!(failure.status, StatusCode::TOO_MANY_REQUESTS);
        assert!(rate.note(other, begin).is_ok());
        let later = begin + Duration::from_millis(400);
        assert!(rate.note(one, later).is_ok() && rate.note(one, later).is_err());
        // No more is saved than a second gives.
        let much_later = begin + Duration::from_secs(60);
        assert_eq!((0..9).filter(|_| rate.note(one, much_later).is_ok()).count(), 3);
    }

    #[test]
    fn only_so_many_wait() {
        let limits = Limits {
            results: 10,
            body: 10,
            time: Duration::from_secs(30),
            at_once: 1,
            waiting: 1,
            connections: 1,
            rate: None,
            stop: Duration::ZERO,
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let workshop = Arc::new(Workshop::new(&limits));
            let (release, held) = std::sync::mpsc::channel::<()>();
            let run = |held: Option<std::sync::mpsc::Receiver<()>>| {
                let workshop = Arc::clone(&workshop);
                tokio::spawn(async move {
                    let work = move |_| {
                        held.map(|held| held.recv());
                        Ok(())
                    };
                    workshop.run(Lane::Alone, work).await
                })
            };
            let first = run(Some(held));
            tokio::task::yield_now().await;
            let second = run(None);
            tokio::task::yield_now().await;
            let third = run(None).await.unwrap().unwrap_err();
            assert_eq!(third.status, StatusCode::SERVICE_UNAVAILABLE);
            release.send(()).unwrap();
            assert!(first.await.unwrap().is_ok() && second.await.unwrap().is_ok());
        });
    }
}
