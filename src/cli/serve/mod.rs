//! `eigenlex serve`: a page and a JSON API for models, vectors, maps and chains.

mod access;
mod api;
mod app;
mod desk;
mod failure;
mod headers;
mod languages;
mod limits;
mod log;
mod models;
mod openapi;
mod page;
mod parameters;
mod routes;
mod scan;
mod server;
mod signals;
mod texts;
mod vocabulary;
mod watch;

use std::io::{self, Write as _};
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use eigenlex::Progress as _;
use rayon::ThreadPool;

use self::access::{Access, Token};
use self::app::App;
use self::limits::{Limits, Rate, TOGETHER, Workshop};
use self::log::Log;
use self::models::{Beside, Place, name_of};
use self::signals::Signals;
use self::watch::{Tasks, Watcher};
use super::documents::inputs::MaybeDocumentsArgs;
use super::documents::labels::LabelsArgs;
use super::global::Global;
use super::memory::parse_bytes;
use super::output::bars::Bars;
use super::refusal::{Refusal, no_effect};

/// Bytes of a body, at most: lists of words are smaller.
const MOST_BODY: u64 = 16 << 20;

const AFTER_HELP: &str = "\
Ctrl-C and SIGTERM end the server; requests that run may end first, and the exit
code is 0. SIGHUP opens all models again.

Examples:
  A model for this machine alone:
    eigenlex serve model
    curl 'http://127.0.0.1:7878/api/v1/models/model/neighbors?word=king'
  With documents, and a map beside it:
    eigenlex serve model en-es.map --in texts.txt
  For others, with a token from a file:
    eigenlex serve model --host 0.0.0.0 --token-file token.txt";

/// Serve models over HTTP: the page of `explore`, and a JSON API
///
/// Models, vector files, maps, hubs and chains are served at once, each under a name. The first
/// line on standard output is the address. The API is described by /api/v1/openapi.json. A model
/// whose files are replaced is opened anew while requests go on.
///
/// The server is for this machine alone unless --host says otherwise; then it asks for a token. It
/// speaks HTTP without encryption: put a proxy with TLS before it where others can listen.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    /// Models, vector files, maps, hubs or chains
    #[arg(required = true, value_name = "MODEL")]
    models: Vec<PathBuf>,
    /// Names of the models in addresses, in their order [default: the names of the files, without
    /// extension]
    #[arg(long = "name", value_name = "NAME", num_args = 1.., help_heading = "Server")]
    names: Vec<String>,
    /// Address to listen at; another than of this machine needs a token
    #[arg(long, default_value = "127.0.0.1", value_name = "ADDRESS", help_heading = "Server")]
    host: IpAddr,
    /// Port to listen at; 0 takes a free one
    #[arg(long, default_value_t = 7878, value_name = "N", help_heading = "Server")]
    port: u16,
    /// More names by which browsers may address the server, such as that of a proxy
    #[arg(long = "allow-host", value_name = "NAME", num_args = 1.., help_heading = "Server")]
    allow_hosts: Vec<String>,
    /// File with the token that requests must know [default: EIGENLEX_SERVE_TOKEN, or a random one
    /// where one is needed]
    #[arg(long, value_name = "FILE", help_heading = "Server")]
    token_file: Option<PathBuf>,
    /// Print a line for each request on standard error
    #[arg(long, help_heading = "Server")]
    log: bool,
    /// Make no page, only the API
    #[arg(long, help_heading = "Server")]
    no_page: bool,
    /// Never open a model again when its files are replaced
    #[arg(long, help_heading = "Server")]
    no_reload: bool,
    /// Answers to a question, and entries of a list, at most
    #[arg(
        long,
        default_value_t = 1000,
        value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..=100_000),
        help_heading = "Limits",
    )]
    max_results: u32,
    /// Size of the body of a request, at most
    #[arg(
        long,
        default_value = "256KiB",
        value_name = "BYTES",
        value_parser = parse_bytes,
        help_heading = "Limits",
    )]
    max_body: u64,
    /// Seconds that a request may take
    #[arg(
        long,
        default_value_t = 30,
        value_name = "SECONDS",
        value_parser = clap::value_parser!(u32).range(1..=3600),
        help_heading = "Limits",
    )]
    timeout: u32,
    /// Requests that compute at once [default: as many as threads]
    #[arg(
        long,
        value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..=1024),
        help_heading = "Limits",
    )]
    max_requests: Option<u32>,
    /// Requests that wait for their turn; others get status 503
    #[arg(
        long,
        default_value_t = 256,
        value_name = "N",
        value_parser = clap::value_parser!(u32).range(0..=100_000),
        help_heading = "Limits",
    )]
    max_waiting: u32,
    /// Open connections
    #[arg(
        long,
        default_value_t = 512,
        value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..=100_000),
        help_heading = "Limits",
    )]
    max_connections: u32,
    /// Requests of an address in a second; others get status 429 [default: any number]
    #[arg(
        long,
        value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..),
        help_heading = "Limits",
    )]
    max_rate: Option<u32>,
    /// Seconds that requests have to end when the server is asked to stop
    #[arg(
        long,
        default_value_t = 10,
        value_name = "SECONDS",
        value_parser = clap::value_parser!(u32).range(0..=3600),
        help_heading = "Limits",
    )]
    stop_after: u32,
    #[command(flatten)]
    labels: LabelsArgs,
    #[command(flatten)]
    documents: MaybeDocumentsArgs,
}

impl Args {
    fn limits(&self, n_threads: usize) -> Limits {
        Limits {
            results: self.max_results as usize,
            body: self.max_body.min(MOST_BODY) as usize,
            time: Duration::from_secs(self.timeout.into()),
            at_once: self.max_requests.map_or(n_threads, |n| n as usize),
            waiting: self.max_waiting as usize,
            connections: self.max_connections as usize,
            rate: self.max_rate,
            stop: Duration::from_secs(self.stop_after.into()),
        }
    }

    /// A name for each model.
    fn names(&self) -> Result<Vec<String>> {
        let names = match self.names.len() {
            0 => self.models.iter().map(|path| name_of(path)).collect(),
            n if n == self.models.len() => self.names.clone(),
            n => {
                let models = self.models.len();
                let found = format!("{models} models are served, and `--name` gives {n} names");
                return Err(Refusal::new(found, "give a name for each model").into());
            }
        };
        let is_plain = |name: &String| {
            let is_part = |it: char| it.is_alphanumeric() || "-_.".contains(it);
            !name.is_empty() && name.chars().all(is_part) && name.chars().any(char::is_alphanumeric)
        };
        if let Some(name) = names.iter().find(|name| !is_plain(name)) {
            let found = format!("`{name}` is no name for a model in an address");
            return Err(Refusal::new(found, "use letters, digits, `-`, `_` and `.`").into());
        }
        let mut sorted = names.clone();
        sorted.sort_unstable();
        if let Some(twice) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
            let found = format!("two models have the name `{}`", twice[0]);
            return Err(Refusal::new(found, "give each a name with `--name`").into());
        }
        Ok(names)
    }
}

pub(crate) fn run(mut args: Args, global: &Global, bars: &Bars) -> Result<()> {
    let names = args.names()?;
    let is_for_others = !args.host.is_loopback();
    let token = Token::find(args.token_file.as_deref(), is_for_others)?;
    let address = SocketAddr::new(args.host, args.port);
    let listener =
        TcpListener::bind(address).with_context(|| format!("cannot listen at {address}"))?;
    let address = listener.local_addr().context("cannot tell the port")?;
    // The threads of the command wait for the server; these compute.
    let pool = Arc::new(global.pool()?);
    let limits = args.limits(pool.current_num_threads());
    let beside = Beside {
        documents: std::mem::take(&mut args.documents).given(),
        labels: std::mem::take(&mut args.labels),
    };
    if beside.labels.is_given() && beside.documents.is_none() {
        return no_effect("--labels", "no documents are served", "add them with `--in`");
    }
    let places = open(&args, names, &beside, &pool, bars)?;
    let app = Arc::new(App {
        description: openapi::description(&limits, token.is_some())
            .map_err(|failure| anyhow::anyhow!("{failure:?}"))?,
        access: Access::new(token, address.ip(), address.port(), &args.allow_hosts),
        rate: limits.rate.map(Rate::new),
        workshop: Workshop::new(&limits),
        log: Log { requests: args.log, events: !global.quiet },
        places,
        limits,
        pool,
    });
    let tasks = Tasks { pages: !args.no_page, reload: !args.no_reload };
    let watcher = Watcher::start(&app, beside, tasks, global)?;
    serve(listener, &app, watcher, || tell(&app, address, bars))
}

/// Opens all models, one after the other: each uses all threads.
fn open(
    args: &Args,
    names: Vec<String>,
    beside: &Beside,
    pool: &Arc<ThreadPool>,
    bars: &Bars,
) -> Result<Vec<Place>> {
    let open = |(name, path): (String, &PathBuf)| Place::open(name, path, beside, pool, bars);
    let places = names.into_iter().zip(&args.models).map(open).collect::<Result<Vec<_>>>()?;
    if beside.documents.is_some() && !places.iter().any(Place::has_documents) {
        let reason = "none of what is served is a model, which could encode documents";
        return no_effect("--in", reason, "add a model");
    }
    Ok(places)
}

/// Says where the server is, and who can reach it.
fn tell(app: &App, address: SocketAddr, bars: &Bars) -> Result<()> {
    if !address.ip().is_loopback() {
        bars.tell(
            "warning: everybody who can reach this address and knows the token can read the \
             models, their documents, and the token itself if they see the traffic: HTTP is not \
             encrypted",
        );
    }
    let host = access::literal(address.ip());
    let address = format!("http://{host}:{}/", address.port());
    if let Some(made) = app.access.token.as_ref().and_then(|token| token.made.as_deref()) {
        // Nobody could ask anything without it.
        writeln!(io::stderr(), "token: {made}\npage: {address}?token={made}")?;
    }
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{address}")?;
    Ok(stdout.flush()?)
}

fn serve(
    listener: TcpListener,
    app: &Arc<App>,
    watcher: Watcher,
    tell: impl FnOnce() -> Result<()>,
) -> Result<()> {
    listener.set_nonblocking(true).context("cannot prepare the connection")?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .max_blocking_threads(app.limits.at_once + TOGETHER + 1)
        .build()
        .context("cannot start the server")?;
    let watcher = Arc::new(watcher);
    let result = runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let reload = Arc::clone(&watcher);
        let signals = Signals::new(move || reload.reload())?;
        // Whoever reads the address may already ask to stop.
        tell()?;
        server::serve(listener, app::router(app), &app.limits, signals).await
    });
    // Work that does not end in time is left behind.
    watcher.stop();
    runtime.shutdown_background();
    result
}
