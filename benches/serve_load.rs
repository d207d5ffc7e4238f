//! Clients for `eigenlex serve`: how long answers take under load, and what hostile requests do.
//!
//! ```sh
//! eigenlex serve vectors.vec --port 7878 --max-connections 2000 &
//! cargo bench --bench serve_load -- load ADDRESS MODEL --seconds 60
//! cargo bench --bench serve_load -- fuzz ADDRESS MODEL --requests 1000000
//! ```
//!
//! `load`: for each kind of question and 1, 8 and 64 clients a line with the number of answers, the
//! 50th and 99th percentile, the longest time and the errors; each client asks over one connection,
//! a question after the answer to the one before. `--kinds` chooses among `neighbors`, `math` and
//! `search` of words, and `documents` and `similar-documents` of a model that is served with its
//! texts. `fuzz`: requests from a seed, of a few kinds in turn; a line for each kind with what came
//! back. With `--pid` the resident memory of the server stands beside each line (Linux).

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Longer than any answer may take.
const PATIENCE: Duration = Duration::from_secs(40);

/// Words that are asked about.
const N_WORDS: usize = 5000;

/// Documents that are asked about, the first of the model.
const N_DOCUMENTS: usize = 1000;

/// Numbers of clients.
const CLIENTS: [usize; 3] = [1, 8, 64];

type Failed = Box<dyn std::error::Error + Send + Sync>;

/// A connection that is kept.
struct Client {
    stream: BufReader<TcpStream>,
    host: String,
}

impl Client {
    fn connect(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { stream: BufReader::new(stream), host: address.to_string() })
    }

    /// The status and the body of an answer.
    fn get(&mut self, path: &str) -> Result<(u16, Vec<u8>), Failed> {
        let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", self.host);
        self.stream.get_mut().write_all(request.as_bytes())?;
        read_answer(&mut self.stream)
    }
}

fn read_answer(stream: &mut impl BufRead) -> Result<(u16, Vec<u8>), Failed> {
    let mut line = String::new();
    stream.read_line(&mut line)?;
    let status = line.split(' ').nth(1).ok_or("no answer")?.parse()?;
    let mut length = 0usize;
    loop {
        line.clear();
        stream.read_line(&mut line)?;
        let text = line.trim_end();
        if text.is_empty() {
            break;
        }
        if let Some((name, value)) = text.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse()?;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    Ok((status, body))
}

/// Random numbers from a counter (splitmix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }

    fn of<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }
}

/// What the command line says.
struct Asked {
    what: String,
    address: SocketAddr,
    model: String,
    seconds: f64,
    kinds: Vec<String>,
    n_requests: u64,
    pid: Option<u32>,
    seed: u64,
}

fn arguments() -> Result<Asked, Failed> {
    // `cargo bench` adds a flag of its own.
    let mut given: Vec<String> = std::env::args().skip(1).filter(|it| it != "--bench").collect();
    let mut option = |name: &str| -> Option<String> {
        let at = given.iter().position(|it| it == name)?;
        let value = given.get(at + 1).cloned();
        given.drain(at..(at + 2).min(given.len()));
        value
    };
    let seconds = option("--seconds").map_or(Ok(10.0), |it| it.parse())?;
    let kinds = option("--kinds").unwrap_or_else(|| "neighbors,math,search".to_owned());
    let kinds = kinds.split(',').map(str::to_owned).collect();
    let n_requests = option("--requests").map_or(Ok(100_000), |it| it.parse())?;
    let pid = option("--pid").map(|it| it.parse()).transpose()?;
    let seed = option("--seed").map_or(Ok(42), |it| it.parse())?;
    let [what, address, model] = &given[..] else {
        return Err("usage: serve_load load|fuzz ADDRESS:PORT MODEL [--seconds N] \
                    [--kinds KIND,...] [--requests N] [--pid N] [--seed N]"
            .into());
    };
    let address = address.trim_start_matches("http://").trim_end_matches('/').parse()?;
    let (what, model) = (what.clone(), model.clone());
    Ok(Asked { what, address, model, seconds, kinds, n_requests, pid, seed })
}

/// The resident memory of a process, in MiB.
fn memory(pid: Option<u32>) -> String {
    let read = |pid: u32| {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
        line.split_whitespace().nth(1)?.parse::<u64>().ok()
    };
    pid.and_then(read).map_or_else(String::new, |kib| format!("  {:>6} MiB", kib / 1024))
}

#[expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
fn say(line: &str) {
    println!("{line}");
}

fn main() -> Result<(), Failed> {
    let asked = match arguments() {
        Ok(asked) => asked,
        // Without a server there is nothing to measure.
        Err(usage) => {
            say(&usage.to_string());
            return Ok(());
        }
    };
    match asked.what.as_str() {
        "load" => load(&asked),
        "fuzz" => fuzz(&asked),
        other => Err(format!("`{other}` is neither load nor fuzz").into()),
    }
}

/// The words of the model, the most frequent first, as they stand in an address.
fn words(asked: &Asked) -> Result<Vec<String>, Failed> {
    let mut client = Client::connect(asked.address)?;
    let mut words = Vec::new();
    while words.len() < N_WORDS {
        let (model, offset) = (&asked.model, words.len());
        let path = format!("/api/v1/models/{model}/words?top=1000&offset={offset}");
        let (status, body) = client.get(&path)?;
        let body = String::from_utf8(body)?;
        if status != 200 {
            return Err(body.into());
        }
        let before = words.len();
        let parts = body.split("\"word\":\"").skip(1);
        let found = parts.filter_map(|part| part.split_once('"').map(|(word, _)| word));
        words.extend(found.filter(|word| !word.contains('\\')).map(encoded));
        if words.len() == before {
            break;
        }
    }
    if words.is_empty() { Err("the model has no words".into()) } else { Ok(words) }
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// A question, from a client's random numbers.
fn question(kind: &str, model: &str, words: &[String], random: &mut Random) -> String {
    let begin = format!("/api/v1/models/{model}");
    let mut word = || random.of(words).clone();
    match kind {
        "neighbors" => format!("{begin}/neighbors?word={}&top=10", word()),
        "math" => {
            let (first, second, third) = (word(), word(), word());
            format!("{begin}/math?expression=%22{first}%22-%22{second}%22%2B%22{third}%22")
        }
        "documents" => {
            let (first, second) = (word(), word());
            format!("{begin}/documents?q={first}%20{second}&top=10")
        }
        "similar-documents" => {
            format!("{begin}/similar-documents?document={}&top=10", 1 + random.below(N_DOCUMENTS))
        }
        // The first letters of a word: two percent signs with digits each.
        _ => format!("{begin}/words?q={}&top=20", &word()[..6.min(word().len())]),
    }
}

fn load(asked: &Asked) -> Result<(), Failed> {
    const KNOWN: [&str; 5] = ["neighbors", "math", "search", "documents", "similar-documents"];
    if let Some(other) = asked.kinds.iter().find(|it| !KNOWN.contains(&it.as_str())) {
        return Err(format!("`{other}` is none of {}", KNOWN.join(", ")).into());
    }
    let words = words(asked)?;
    say("question           clients  answers  a second    p50 ms    p99 ms    max ms  errors");
    for kind in &asked.kinds {
        for n_clients in CLIENTS {
            let end = Instant::now() + Duration::from_secs_f64(asked.seconds);
            let (n_errors, words) = (AtomicU64::new(0), &words);
            let mut times: Vec<f64> = std::thread::scope(|scope| {
                let start = |number: usize| {
                    let n_errors = &n_errors;
                    scope.spawn(move || {
                        let mut random = Random(asked.seed + number as u64);
                        ask_until(asked, kind, words, end, &mut random, n_errors)
                    })
                };
                let running: Vec<_> = (0..n_clients).map(start).collect();
                running.into_iter().flat_map(|it| it.join().unwrap_or_default()).collect()
            });
            times.sort_unstable_by(f64::total_cmp);
            let at = |share: f64| {
                let place = (times.len().saturating_sub(1) as f64 * share) as usize;
                times.get(place).map_or(f64::NAN, |seconds| seconds * 1e3)
            };
            say(&format!(
                "{kind:<18} {n_clients:>7} {:>8} {:>9.0} {:>9.2} {:>9.2} {:>9.2} {:>7}{}",
                times.len(),
                times.len() as f64 / asked.seconds,
                at(0.5),
                at(0.99),
                at(1.0),
                n_errors.load(Ordering::Relaxed),
                memory(asked.pid)
            ));
        }
    }
    Ok(())
}

/// Asks until the time is over; how long each answer took, in seconds.
fn ask_until(
    asked: &Asked,
    kind: &str,
    words: &[String],
    end: Instant,
    random: &mut Random,
    n_errors: &AtomicU64,
) -> Vec<f64> {
    let mut times = Vec::new();
    let Ok(mut client) = Client::connect(asked.address) else {
        n_errors.fetch_add(1, Ordering::Relaxed);
        return times;
    };
    while Instant::now() < end {
        let path = question(kind, &asked.model, words, random);
        let begin = Instant::now();
        match client.get(&path) {
            Ok((200, _)) => times.push(begin.elapsed().as_secs_f64()),
            // Terms that cancel each other, or the same word twice.
            Ok((404, _)) if kind == "math" => {}
            _ => {
                n_errors.fetch_add(1, Ordering::Relaxed);
                match Client::connect(asked.address) {
                    Ok(again) => client = again,
                    Err(_) => return times,
                }
            }
        }
    }
    times
}

/// Kinds of hostile requests.
const KINDS: [&str; 10] =
    ["path", "query", "percent", "method", "header", "body", "nesting", "cut", "bytes", "slow"];

fn fuzz(asked: &Asked) -> Result<(), Failed> {
    let next = AtomicU64::new(0);
    let found: BTreeMap<(usize, String), u64> = std::thread::scope(|scope| {
        let start = |_| {
            let next = &next;
            scope.spawn(move || {
                let mut found = BTreeMap::new();
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= asked.n_requests {
                        return found;
                    }
                    let mut random = Random(asked.seed ^ number.wrapping_mul(0x2545_F491));
                    let kind = (number % KINDS.len() as u64) as usize;
                    let outcome = send(asked, kind, number, &mut random);
                    *found.entry((kind, outcome)).or_insert(0) += 1;
                    if number.is_multiple_of(100_000) {
                        say(&format!("{number:>9} requests{}", memory(asked.pid)));
                    }
                }
            })
        };
        let running: Vec<_> = (0..16).map(start).collect();
        let mut all = BTreeMap::new();
        for found in running.into_iter().flat_map(|it| it.join()) {
            found.into_iter().for_each(|(key, n)| *all.entry(key).or_insert(0) += n);
        }
        all
    });
    for (kind, name) in KINDS.iter().enumerate() {
        let of_kind = found.iter().filter(|((it, _), _)| *it == kind);
        let outcomes: Vec<String> =
            of_kind.map(|((_, outcome), n)| format!("{outcome}: {n}")).collect();
        say(&format!("{name:<8} {}", outcomes.join(", ")));
    }
    // It still answers as it should.
    let (status, _) = Client::connect(asked.address)?.get("/api/v1/health")?;
    let n_failed: u64 =
        found.iter().filter(|((_, outcome), _)| outcome == "500").map(|(_, n)| n).sum();
    if status != 200 || n_failed > 0 {
        return Err(format!("health has status {status}, and {n_failed} answers status 500").into());
    }
    Ok(())
}

/// Pieces of requests.
const PIECES: [&str; 28] = [
    "..",
    "/",
    "%2e%2e",
    "%2f",
    "%5c",
    "\\",
    "%00",
    "\0",
    "%",
    "%F",
    "%FF",
    "%C3%28",
    "?",
    "&",
    "=",
    "word=",
    "top=",
    "king",
    "-1",
    "999999999999999999999",
    "{",
    "}",
    "[",
    "\"",
    "é",
    "😀",
    "</script>",
    "'",
];

fn pieces(random: &mut Random, most: usize) -> String {
    (0..random.below(most)).map(|_| *random.of(&PIECES)).collect()
}

/// Sends one request; the status of its answer, or `closed`.
fn send(asked: &Asked, kind: usize, number: u64, random: &mut Random) -> String {
    let routes = ["neighbors", "math", "words", "similarity", "axis", "odd-one-out", "documents"];
    let model = format!("/api/v1/models/{}/", asked.model);
    let route = format!("{model}{}", random.of(&routes));
    let host = format!("Host: {}\r\nConnection: close\r\n", asked.address);
    let head = |line: &str, more: &str| format!("{line} HTTP/1.1\r\n{host}{more}\r\n").into_bytes();
    let json = |body: &str| {
        let more = format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len());
        [head(&format!("POST {route}"), &more), body.as_bytes().to_vec()].concat()
    };
    let mut is_slow = false;
    let bytes = match KINDS[kind] {
        "path" => head(&format!("GET /{}", pieces(random, 12)), ""),
        "query" => head(&format!("GET {route}?{}", pieces(random, 20)), ""),
        "percent" => {
            let random: String =
                (0..random.below(40)).map(|_| format!("%{:02X}", random.below(256))).collect();
            head(&format!("GET {model}words/{random}"), "")
        }
        "method" => {
            let method =
                *random.of(&["PUT", "DELETE", "TRACE", "CONNECT", "get", "G\0T", "", "PRI"]);
            head(&format!("{method} {route}"), "")
        }
        "header" => {
            let long = random.below(40_000);
            let many = format!("X-{}: {}\r\n", "a".repeat(random.below(300)), "b".repeat(long));
            let lines = random.below(120);
            let names = [
                "Host: evil\r\n",
                "Content-Length: -1\r\n",
                "Transfer-Encoding: chunked\r\n",
                "Cookie: eigenlex-1=x; ;;=\r\n",
                "Authorization: Bearer \u{1}\r\n",
                "X: y\r\n",
            ];
            let more: String = (0..lines).map(|_| *random.of(&names)).collect();
            head(&format!("GET {route}?word=king"), &(many + &more))
        }
        "body" => json(&pieces(random, 60)),
        "nesting" => {
            let depth = random.below(3000);
            json(&format!("{{\"words\":{}{}}}", "[".repeat(depth), "]".repeat(depth)))
        }
        "cut" => {
            let mut bytes = json("{\"words\": [\"king\", \"queen\"], \"top\": 5}");
            bytes.truncate(random.below(bytes.len()));
            bytes
        }
        "bytes" => (0..random.below(400)).map(|_| random.next() as u8).collect(),
        _ => {
            // Few, since each takes its time.
            is_slow = number % 5000 == 9;
            head(&format!("GET {route}?word=king"), "")
        }
    };
    // Who waits for the rest of a request would wait long; who has all of it answers.
    let is_ended = matches!(KINDS[kind], "cut" | "bytes" | "header" | "method");
    exchange(asked.address, &bytes, is_slow, is_ended).unwrap_or_else(|_| "closed".to_owned())
}

fn exchange(
    address: SocketAddr,
    bytes: &[u8],
    is_slow: bool,
    is_ended: bool,
) -> io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    if is_slow {
        for byte in bytes.iter().take(40) {
            stream.write_all(&[*byte])?;
            std::thread::sleep(Duration::from_millis(400));
        }
    } else {
        stream.write_all(bytes)?;
    }
    if is_ended {
        stream.shutdown(std::net::Shutdown::Write)?;
    }
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let status = answer.get(9..12).map(|it| String::from_utf8_lossy(it).into_owned());
    Ok(status.unwrap_or_else(|| "closed".to_owned()))
}
