//! What the system and the terminal ask of a running server.

use std::io;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals that a server listens to.
pub(super) struct Signals<F> {
    #[cfg(unix)]
    interrupt: Signal,
    #[cfg(unix)]
    terminate: Signal,
    #[cfg(unix)]
    hangup: Signal,
    /// Called when all models are to be opened again.
    reload: F,
}

impl<F: Fn()> Signals<F> {
    /// Listens from now on; within a runtime.
    pub(super) fn new(reload: F) -> io::Result<Self> {
        Ok(Self {
            #[cfg(unix)]
            interrupt: signal(SignalKind::interrupt())?,
            #[cfg(unix)]
            terminate: signal(SignalKind::terminate())?,
            #[cfg(unix)]
            hangup: signal(SignalKind::hangup())?,
            reload,
        })
    }

    /// Ends when the server is asked to stop.
    #[cfg(unix)]
    pub(super) async fn stop(&mut self) {
        loop {
            tokio::select! {
                _ = self.interrupt.recv() => return,
                _ = self.terminate.recv() => return,
                _ = self.hangup.recv() => (self.reload)(),
            }
        }
    }

    /// Ends when the server is asked to stop.
    #[cfg(not(unix))]
    pub(super) async fn stop(&mut self) {
        _ = &self.reload;
        if tokio::signal::ctrl_c().await.is_err() {
            // Nobody can ask.
            std::future::pending().await
        }
    }
}
