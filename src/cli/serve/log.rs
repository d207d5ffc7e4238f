//! What a server says on standard error: a line for each request, if it is asked for, and what
//! happens to its models.

use std::io::{self, Write as _};
use std::net::IpAddr;
use std::time::Instant;

use axum::http::{Method, StatusCode, Uri};
use eigenlex::Visible;

/// Characters of an address that a line has.
const SHOWN: usize = 200;

/// Which lines are written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Log {
    pub(super) requests: bool,
    pub(super) events: bool,
}

impl Log {
    /// A request that has been answered.
    pub(super) fn request(
        self,
        peer: Option<IpAddr>,
        method: &Method,
        uri: &Uri,
        status: StatusCode,
        begin: Instant,
    ) {
        if self.requests {
            let peer = peer.map_or_else(|| "-".to_owned(), |peer| peer.to_string());
            let milliseconds = begin.elapsed().as_secs_f64() * 1000.0;
            let (method, address) = (method.as_str(), address(uri));
            line(&format!("{peer} {method} {address} {} {milliseconds:.1} ms", status.as_u16()));
        }
    }

    /// Something that happened.
    pub(super) fn event(self, sentence: &str) {
        if self.events {
            line(sentence);
        }
    }
}

/// The address of a request without a token that stands in it.
fn address(uri: &Uri) -> String {
    let has_token = uri.query().is_some_and(|query| query.contains("token"));
    let whole = uri.path_and_query().map_or_else(|| uri.to_string(), |it| it.as_str().to_owned());
    let shown = if has_token { format!("{}?...", uri.path()) } else { whole };
    shown.chars().take(SHOWN).collect()
}

/// One line, in which a request cannot begin another.
fn line(text: &str) {
    // Where standard error is closed nobody reads it.
    _ = writeln!(io::stderr(), "{}", Visible(text.replace(['\n', '\r'], " ")));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_not_logged() {
        let shown = |uri: &str| address(&uri.parse().unwrap());
        assert_eq!(shown("/?token=secret"), "/?...");
        assert_eq!(shown("/api?q=a%0Ab"), "/api?q=a%0Ab");
        assert_eq!(shown(&format!("/{}", "a".repeat(300))).len(), 200);
    }
}
