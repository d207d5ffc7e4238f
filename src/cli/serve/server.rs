//! Connections: accepted, bounded in number and time, and ended when the server is asked to stop.
//!
//! One thread serves all connections; what computes runs on others (`limits.rs`). A connection that
//! sends its header slowly is closed, and so is one that says nothing for a while.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use axum::Router;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};

use super::limits::Limits;
use super::signals::Signals;

/// Time for the header of a request to arrive, the wait for its first byte included.
const HEADER_TIME: Duration = Duration::from_secs(10);

/// Bytes of a header, all lines together.
const HEADER_BYTES: usize = 16 << 10;

/// Lines of a header.
const HEADER_LINES: usize = 64;

/// Wait after a connection that could not be accepted, such as for want of open files.
const AFTER_FAILURE: Duration = Duration::from_millis(50);

/// Serves connections until a signal asks to stop, then lets those that are open end, for a while.
pub(super) async fn serve(
    listener: TcpListener,
    router: Router,
    limits: &Limits,
    mut signals: Signals<impl Fn()>,
) -> Result<()> {
    let (stopping, stopped) = watch::channel(false);
    let free = Arc::new(Semaphore::new(limits.connections));
    loop {
        let accepted = tokio::select! {
            () = signals.stop() => break,
            accepted = accept(&listener, &free) => accepted,
        };
        let Some((stream, peer, permit)) = accepted else {
            tokio::time::sleep(AFTER_FAILURE).await;
            continue;
        };
        let (router, stopped) = (router.clone(), stopped.clone());
        tokio::spawn(async move {
            connection(stream, peer, router, stopped).await;
            drop(permit);
        });
    }
    drop(listener);
    _ = stopping.send(true);
    let all = u32::try_from(limits.connections).context("too many connections")?;
    // All are free again once the last connection has ended. Whoever asks twice does not wait.
    tokio::select! {
        _ = tokio::time::timeout(limits.stop, free.acquire_many(all)) => {}
        () = signals.stop() => {}
    }
    Ok(())
}

/// The next connection, once there is room for one; `None` if it could not be accepted.
async fn accept(
    listener: &TcpListener,
    free: &Arc<Semaphore>,
) -> Option<(TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit)> {
    let permit = Arc::clone(free).acquire_owned().await.ok()?;
    let (stream, peer) = listener.accept().await.ok()?;
    // Answers are small and written at once.
    _ = stream.set_nodelay(true);
    Some((stream, peer, permit))
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    mut stopped: watch::Receiver<bool>,
) {
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(peer);
        router.call(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIME)
        .max_buf_size(HEADER_BYTES)
        .max_headers(HEADER_LINES)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    // What goes wrong with a connection is the client's: it went away, or sent no HTTP.
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = stopped.wait_for(|stopped| *stopped) => {}
    }
    connection.as_mut().graceful_shutdown();
    _ = connection.await;
}
