//! Requests that no browser sends. Whatever comes, the server answers or closes, and goes on.
//! `benches/serve_load.rs` sends a million of them.

use std::io::Write as _;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::FOLDER;
use super::server::Server;

#[test]
fn random_requests_are_answered_or_closed() {
    let server =
        Server::start(&FOLDER, &["small", "map", "chain", "--no-page", "-q", "--in", "texts"]);
    let method = prop_oneof!["GET|POST|HEAD|PUT|DELETE|OPTIONS|TRACE", "[A-Z]{1,12}", "[ -~]{0,5}"];
    let route = prop::sample::select(
        &[
            "/",
            "/m/small/",
            "/api/v1/models",
            "/api/v1/openapi.json",
            "/api/v1/models/small/neighbors",
            "/api/v1/models/small/math",
            "/api/v1/models/small/documents",
            "/api/v1/models/small/words/",
            "/api/v1/models/map/translate",
            "/api/v1/models/chain/drift",
            "/api/v1/models/small/../../etc/passwd",
            "/..%2f..%2fetc",
        ][..],
    );
    let query =
        "(\\?|&|=|word=|top=|q=|expression=|king|-| |%|%00|%FF|%2e|\\+|\\(|[0-9]|\\PC){0,20}";
    let body = "(\\{|\\}|\\[|\\]|\"words\":|\"king\"|,|[0-9]|\\PC){0,30}";
    let header = "([A-Za-z-]{1,20}: [ -~]{0,60}\r\n){0,4}";
    let length = prop_oneof![Just(None), (0usize..200).prop_map(Some)];
    let mut runner =
        TestRunner::new(Config { cases: 600, failure_persistence: None, ..Config::default() });
    let cut = any::<u8>();
    let input = (method, route, query, header, body, length, cut);
    let result = runner.run(&input, |(method, route, query, header, body, length, cut)| {
        let n = length.unwrap_or(body.len());
        let mut request = format!(
            "{method} {route}{query} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {n}\r\n{header}\r\n{body}"
        )
        .into_bytes();
        if cut < 40 {
            request.truncate(request.len() * usize::from(cut) / 40);
        }
        let mut stream = server.connect();
        _ = stream.write_all(&request);
        // Whoever announces more than is sent would wait.
        if cut < 40 || n > body.len() || !method.chars().all(|it| it.is_ascii_uppercase()) {
            _ = stream.shutdown(std::net::Shutdown::Write);
        }
        let mut answer = Vec::new();
        _ = std::io::Read::read_to_end(&mut stream, &mut answer);
        if !answer.is_empty() {
            prop_assert!(answer.starts_with(b"HTTP/1.1 "), "{:?}", answer);
            let head = String::from_utf8_lossy(&answer[9..12]).into_owned();
            let status: u16 = head.parse().unwrap();
            // 500 would be a mistake of the server.
            prop_assert!(status != 500, "{}", String::from_utf8_lossy(&answer));
        }
        Ok(())
    });
    result.unwrap();
    assert_eq!(server.get("/api/v1/health").status, 200);
    let king = server.json("/api/v1/models/small/neighbors?word=king&top=3");
    assert_eq!(king["neighbors"].as_array().unwrap().len(), 3);
}
