//! Who may ask, and how much.

use std::io::{Read as _, Write as _};
use std::time::Duration;

use super::server::{Answer, Server};
use super::{FOLDER, english};

const SECRET: &str = "0123456789abcdef";

#[test]
fn every_answer_is_protected() {
    let server = Server::start(&FOLDER, &["small", "--no-page", "-q"]);
    for path in ["/", "/api/v1/models", "/nowhere", "/api/v1/models/small/neighbors?word=%FF"] {
        let answer = server.get(path);
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cache-control", "no-store"),
            ("x-frame-options", "DENY"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), value, "{path}");
        }
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
        assert!(!policy.contains("unsafe"), "{policy}");
        // No other site may read an answer.
        assert_eq!(answer.header("access-control-allow-origin"), "");
    }
    let answer = server.request("DELETE", "/api/v1/models", &[], "");
    assert_eq!((answer.status, answer.header("allow")), (405, "GET,HEAD"));
    let head = server.request("HEAD", "/api/v1/models", &[], "");
    assert_eq!((head.status, head.text().as_str()), (200, ""));
}

#[test]
fn a_name_that_is_not_the_server_s_is_refused() {
    let server = Server::start(&FOLDER, &["small", "--no-page", "-q", "--allow-host", "w.example"]);
    let ask = |host: &str| server.request("GET", "/api/v1/models", &[("Host", host)], "").status;
    assert_eq!((ask("localhost"), ask("127.0.0.1:1"), ask("W.example:443")), (200, 200, 200));
    assert_eq!((ask("evil.example"), ask("localhost.evil.example"), ask("")), (421, 421, 421));
    // A request without any name, and one with the whole address of another server.
    let none = server.send_raw(b"GET / HTTP/1.0\r\n\r\n");
    assert_eq!(Answer::read(&none).status, 421);
    let whole =
        b"GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    assert_eq!(Answer::read(&server.send_raw(whole)).status, 421);
    let site = [("Sec-Fetch-Site", "cross-site")];
    assert_eq!(server.request("GET", "/api/v1/models", &site, "").status, 403);
}

#[test]
fn a_server_for_others_wants_its_token() {
    let start = |arguments: &[&str]| {
        let all = [&["small", "--no-page", "--host", "0.0.0.0"], arguments].concat();
        Server::start_with(&FOLDER, &all, &[("EIGENLEX_SERVE_TOKEN", SECRET)])
    };
    let mut server = start(&[]);
    let (status, message, hint) = server.fails("/api/v1/models");
    assert_eq!((status, message.as_str()), (401, "this server answers only with its token"));
    assert!(hint.contains("Authorization: Bearer"));
    assert_eq!(server.get("/api/v1/models").header("www-authenticate"), "Bearer");
    assert_eq!(server.get("/api/v1/health").status, 200);
    let ask = |value: &str| {
        server.request("GET", "/api/v1/models", &[("Authorization", value)], "").status
    };
    assert_eq!(ask(&format!("Bearer {SECRET}")), 200);
    assert_eq!((ask("Bearer 0123456789abcdeg"), ask("Bearer"), ask(SECRET)), (401, 401, 401));
    // A browser gets a cookie, and an address without the token.
    let page = server.get(&format!("/?token={SECRET}"));
    assert_eq!((page.status, page.header("location")), (303, "/"));
    let cookie = page.header("set-cookie");
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    let cookie = cookie.split(';').next().unwrap();
    assert_eq!(server.request("GET", "/api/v1/models", &[("Cookie", cookie)], "").status, 200);
    assert_eq!(server.get("//evil.example/?token=wrong").status, 401);
    let there = server.get(&format!("//evil.example/?token={SECRET}"));
    assert_eq!(there.header("location"), "/evil.example/");
    let mut said = String::new();
    super::life::stop(&mut server);
    server.stderr.read_to_string(&mut said).unwrap();
    assert!(said.starts_with("warning: everybody who can reach this address"), "{said}");
    assert!(!said.contains(SECRET), "{said}");
}

#[test]
fn a_token_is_made_and_said_once_where_none_is_given() {
    let mut server = Server::start(&FOLDER, &["small", "--no-page", "-q", "--host", "0.0.0.0"]);
    super::life::stop(&mut server);
    let mut said = String::new();
    server.stderr.read_to_string(&mut said).unwrap();
    let token = said.lines().next().unwrap().strip_prefix("token: ").unwrap();
    assert_eq!(token.len(), 32);
    assert_eq!(said.matches(token).count(), 2, "as it is, and in the address of the page");
}

#[test]
fn bounds_are_kept() {
    let limits = ["--max-results", "5", "--max-body", "300"];
    let server = Server::start(&FOLDER, &[&["small", "--no-page", "-q"], &limits[..]].concat());
    let path = "/api/v1/models/small/neighbors";
    assert_eq!(server.fails(&format!("{path}?word=king&top=6")).0, 400);
    let all = server.json(&format!("{path}?word=king"));
    assert_eq!(all["neighbors"].as_array().unwrap().len(), 5);
    let many = server.post(path, "{\"words\": [\"a\", \"b\", \"c\", \"d\", \"e\", \"f\"]}");
    assert_eq!(many.status, 400);
    let long = format!("{{\"words\": [\"{}\"]}}", "a".repeat(400));
    assert_eq!(server.post(path, &long).status, 413);
    let deep = format!("{{\"words\": {}1{}}}", "[".repeat(140), "]".repeat(140));
    let deep = server.post(path, &deep);
    assert_eq!(deep.status, 400);
    assert!(deep.json()["error"]["message"].as_str().unwrap().contains("recursion limit"));
    assert_eq!(server.request("POST", path, &[], "{\"words\": [\"a\"]}").status, 415);
    let address = format!("{path}?word={}", "a".repeat(9000));
    assert_eq!(server.get(&address).status, 414);
    let header = server.request("GET", "/", &[("X-Long", &"a".repeat(40_000))], "");
    assert_eq!(header.status, 431);
}

#[test]
fn an_address_has_so_many_requests_a_second() {
    let server = Server::start(&FOLDER, &["small", "--no-page", "-q", "--max-rate", "2"]);
    let answers: Vec<Answer> = (0..20).map(|_| server.get("/api/v1/health")).collect();
    let refused: Vec<&Answer> = answers.iter().filter(|it| it.status == 429).collect();
    assert!(refused.len() >= 5 && answers[0].status == 200);
    assert_eq!(refused[0].header("retry-after"), "1");
}

#[test]
fn too_many_at_once_are_told_to_come_again() {
    // Nobody may wait, and each request computes for a while.
    let limits = ["--max-requests", "1", "--max-waiting", "0", "--max-results", "100000"];
    let server = Server::start(&FOLDER, &[&[english(), "--no-page", "-q"], &limits[..]].concat());
    let name = std::path::Path::new(english()).file_name().unwrap().to_str().unwrap().to_owned();
    let path = format!("/api/v1/models/{name}/math");
    let expressions = vec!["king - man + woman"; 300];
    let body = serde_json::json!({"expressions": expressions, "top": 50}).to_string();
    let statuses: Vec<Answer> = std::thread::scope(|scope| {
        let ask = || scope.spawn(|| server.post(&path, &body));
        let all: Vec<_> = (0..8).map(|_| ask()).collect();
        all.into_iter().map(|it| it.join().unwrap()).collect()
    });
    let refused: Vec<&Answer> = statuses.iter().filter(|it| it.status == 503).collect();
    assert!(!refused.is_empty() && statuses.iter().any(|it| it.status == 200));
    assert_eq!(refused[0].header("retry-after"), "1");
}

#[test]
fn a_log_has_a_line_for_each_request() {
    let mut server = Server::start(&FOLDER, &["small", "--no-page", "--log"]);
    server.get("/api/v1/models/small/neighbors?word=k%0Aing");
    let mut stream = server.connect();
    stream.write_all(b"GET /\x1b[31m HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    _ = stream.read(&mut [0; 100]);
    drop(stream);
    super::life::stop(&mut server);
    let mut said = String::new();
    server.stderr.read_to_string(&mut said).unwrap();
    let lines: Vec<&str> = said.lines().collect();
    assert!(lines[0].starts_with("127.0.0.1 GET /api/v1/models/small/neighbors?word=k%0Aing 404 "));
    assert!(!said.contains('\u{1b}'), "{said}");
}
