//! How a server starts, changes its models, and stops.

use std::fs;
use std::io::BufRead as _;
use std::process::Command;

use super::server::Server;
use super::{FOLDER, english};
use crate::support::{eigenlex_in, fails, page_data};

/// Sends a signal to a server.
fn signal(server: &Server, name: &str) {
    let status = Command::new("kill").args([name, &server.id().to_string()]).status().unwrap();
    assert!(status.success());
}

/// Asks a server to stop; it ends without an error.
#[track_caller]
pub(crate) fn stop(server: &mut Server) {
    signal(server, "-TERM");
    assert_eq!(server.wait().code(), Some(0));
}

#[test]
fn signals_end_a_server_without_an_error() {
    for name in ["-TERM", "-INT"] {
        let mut server = Server::start(&FOLDER, &["small", "-q"]);
        assert_eq!(server.get("/api/v1/health").status, 200);
        // A connection that says nothing does not hold it up.
        let idle = server.connect();
        signal(&server, name);
        assert_eq!(server.wait().code(), Some(0));
        drop(idle);
    }
}

#[test]
fn what_runs_may_end_when_the_server_stops() {
    let mut server = Server::start(&FOLDER, &[english(), "--no-page", "-q"]);
    let name = std::path::Path::new(english()).file_name().unwrap().to_str().unwrap().to_owned();
    let path = format!("/api/v1/models/{name}/math");
    let expressions = vec!["king - man + woman"; 1000];
    let body = serde_json::json!({"expressions": expressions}).to_string();
    let answer = std::thread::scope(|scope| {
        let asked = scope.spawn(|| server.post(&path, &body));
        // The request is on its way once the server is busy with it.
        std::thread::sleep(std::time::Duration::from_millis(100));
        signal(&server, "-TERM");
        asked.join().unwrap()
    });
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()["answers"].as_array().unwrap().len(), 1000);
    assert_eq!(server.wait().code(), Some(0));
}

#[test]
fn a_model_that_is_replaced_is_opened_again_and_a_broken_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::copy(FOLDER.join("texts"), folder.join("texts")).unwrap();
    let embed = |dim: &str| {
        let line = ["embed", "texts", "-o", "m", "--dim", dim, "--min-count", "3", "-q", "--force"];
        eigenlex_in(folder).args(line).assert().success();
    };
    embed("20");
    let mut server = Server::start(folder, &["m", "--no-page", "--in", "texts"]);
    let dim = |server: &Server| server.json("/api/v1/models")["models"][0]["dim"].clone();
    assert_eq!(dim(&server), 20);
    let mut line = String::new();
    embed("12");
    server.stderr.read_line(&mut line).unwrap();
    assert_eq!((line.as_str(), dim(&server)), ("`m` was opened again\n", 12.into()));
    // A folder that is no model any more leaves the old one, and is named once.
    let file = folder.join("m/model.json");
    let whole = fs::read_to_string(&file).unwrap();
    fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    line.clear();
    server.stderr.read_line(&mut line).unwrap();
    assert!(line.starts_with("warning: `m` stays as it was: "), "{line}");
    assert_eq!(dim(&server), 12);
    let found = server.json("/api/v1/models/m/documents?q=bread");
    assert!(found["documents"][0]["document"].is_u64());
    // Whoever asks for it has it opened again, changed or not.
    fs::write(&file, &whole).unwrap();
    signal(&server, "-HUP");
    line.clear();
    while !line.contains("was opened again") {
        line.clear();
        server.stderr.read_line(&mut line).unwrap();
    }
    stop(&mut server);
}

#[test]
fn pages_are_made_beside_the_api() {
    let server = Server::start(&FOLDER, &["small", "v.vec", "--in", "texts", "-q"]);
    let list = server.get("/");
    assert_eq!(list.status, 200);
    assert!(list.text().contains("<a href=\"/m/small/\">small</a> (model)"), "{}", list.text());
    let mut page = server.get("/m/small/");
    while page.status == 503 {
        assert!(page.text().contains("The page is being made"));
        std::thread::sleep(std::time::Duration::from_millis(200));
        page = server.get("/m/small/");
    }
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    let policy = page.header("content-security-policy");
    assert!(policy.contains("script-src 'sha256-") && policy.contains("connect-src 'self'"));
    assert!(!policy.contains("unsafe"), "{policy}");
    let text = page.text();
    assert!(!text.contains("@DATA@") && text.contains("\\u003c/script>\\u003cb>"));
    assert_eq!(server.get("/m/small").header("location"), "/m/small/");
    assert_eq!(server.get("/m/nosuch/").status, 404);
    // The page has no vectors: it asks the API.
    let data = page_data(&text);
    assert_eq!(data["api"], "/api/v1/models/small/");
    assert!(data["words"]["spelling"].is_array() && data["words"].get("vectors").is_none());
    let without = Server::start(&FOLDER, &["small", "--no-page", "-q"]);
    let mut page = without.get("/");
    while page.status == 503 {
        page = without.get("/");
    }
    assert_eq!(page.status, 404);
    assert!(page.text().contains("the server was started with `--no-page`"), "{}", page.text());
}

#[test]
fn what_cannot_be_served_is_refused_at_the_start() {
    let folder = &FOLDER;
    for (line, code, says) in [
        (["nowhere"].as_slice(), 1, "cannot serve `nowhere`: cannot read `nowhere`"),
        (&["small", "small"], 2, "two models have the name `small`"),
        (&["small", "--name", "a", "b"], 2, "1 models are served, and `--name` gives 2 names"),
        (&["small", "--name", "a/b"], 2, "`a/b` is no name for a model in an address"),
        (&["v.vec", "--in", "texts"], 2, "`--in` has no effect: none of what is served is a model"),
        (&["small", "--labels", "labels"], 2, "`--labels` has no effect: no documents are served"),
        (
            &["small", "--token-file", "labels"],
            2,
            "bytes, expected at least 16 ASCII characters without spaces",
        ),
        (&["small", "--token-file", "nowhere"], 1, "cannot read the token in `nowhere`"),
        (&["small", "--host", "example.org"], 2, "invalid value 'example.org' for '--host"),
    ] {
        let message = fails(folder, &[&["serve", "--port", "0"], line].concat(), code);
        assert!(message.contains(says), "{message}");
    }
    let first = Server::start(folder, &["small", "--no-page", "-q"]);
    let port = first.address.port().to_string();
    let message = fails(folder, &["serve", "small", "--port", &port], 1);
    assert!(message.contains("cannot listen at 127.0.0.1:"), "{message}");
    assert!(message.contains("hint: give another `--port`"), "{message}");
}
