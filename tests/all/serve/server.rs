//! A server as a test has it: a process that ends with the test, and requests in plain HTTP/1.1.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::time::Duration;

use serde_json::Value;

/// Longer than any answer takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server that runs.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    /// What it says on standard error.
    pub(crate) stderr: BufReader<ChildStderr>,
}

impl Drop for Server {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

impl Server {
    /// Starts `serve` with these arguments at a free port.
    #[track_caller]
    pub(crate) fn start(folder: &Path, arguments: &[&str]) -> Self {
        Self::start_with(folder, arguments, &[])
    }

    /// The same with variables of the environment.
    #[track_caller]
    pub(crate) fn start_with(
        folder: &Path,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_eigenlex"))
            .current_dir(folder)
            .args(["serve", "--port", "0"])
            .args(arguments)
            .env_remove("EIGENLEX_SERVE_TOKEN")
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut first = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let Some(rest) = first.trim().strip_prefix("http://") else {
            let mut said = String::new();
            _ = stderr.read_to_string(&mut said);
            panic!("the first line is `{first}`: {said}");
        };
        let address: SocketAddr = rest.trim_end_matches('/').parse().unwrap();
        // One that listens everywhere is reached at this machine.
        let address = match address.ip().is_unspecified() {
            true => SocketAddr::from(([127, 0, 0, 1], address.port())),
            false => address,
        };
        Self { child, address, stderr }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    #[track_caller]
    pub(crate) fn wait(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// Sends bytes and returns all that comes until the server closes the connection.
    pub(crate) fn send_raw(&self, bytes: &[u8]) -> Vec<u8> {
        let mut stream = self.connect();
        let mut all = Vec::new();
        // The server may close before it has read everything.
        if stream.write_all(bytes).is_ok() {
            _ = stream.read_to_end(&mut all);
        }
        all
    }

    /// A request with these lines of the header besides `Host`.
    #[track_caller]
    pub(crate) fn request(
        &self,
        method: &str,
        path: &str,
        header: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let has_host = header.iter().any(|(name, _)| name.eq_ignore_ascii_case("host"));
        let mut text = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n");
        if !has_host {
            text += &format!("Host: {}\r\n", self.address);
        }
        for (name, value) in header {
            text += &format!("{name}: {value}\r\n");
        }
        if !body.is_empty() {
            text += &format!("Content-Length: {}\r\n", body.len());
        }
        let all = self.send_raw(format!("{text}\r\n{body}").as_bytes());
        Answer::read(&all)
    }

    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> Answer {
        self.request("GET", path, &[], "")
    }

    /// The JSON of an answer with status 200.
    #[track_caller]
    pub(crate) fn json(&self, path: &str) -> Value {
        let answer = self.get(path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.json()
    }

    #[track_caller]
    pub(crate) fn post(&self, path: &str, body: &str) -> Answer {
        self.request("POST", path, &[("Content-Type", "application/json")], body)
    }

    /// The status, sentence and hint of a request that fails.
    #[track_caller]
    pub(crate) fn fails(&self, path: &str) -> (u16, String, String) {
        let answer = self.get(path);
        let json = answer.json();
        let error = &json["error"];
        assert_eq!(error["status"], answer.status, "{path}");
        let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
        assert!(!text("message").is_empty() && !text("message").ends_with('.'), "{json}");
        (answer.status, text("message"), text("hint"))
    }
}

/// An answer of a server.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    header: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Answer {
    #[track_caller]
    pub(crate) fn read(all: &[u8]) -> Self {
        let end = all.windows(4).position(|window| window == b"\r\n\r\n");
        let end = end.unwrap_or_else(|| panic!("no answer: {}", String::from_utf8_lossy(all)));
        let head = String::from_utf8(all[..end].to_vec()).unwrap();
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let header = lines
            .map(|line| line.split_once(": ").unwrap())
            .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
            .collect();
        Self { status, header, body: all[end + 4..].to_vec() }
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        let found = self.header.iter().find(|(it, _)| it == name);
        found.map_or("", |(_, value)| value)
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.header("content-type"), "application/json", "{}", self.text());
        serde_json::from_slice(&self.body).unwrap()
    }
}
