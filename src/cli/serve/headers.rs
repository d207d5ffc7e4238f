//! The headers that every answer has: what a browser may do with it.

use axum::http::header::{self, HeaderName};
use axum::http::{HeaderMap, HeaderValue};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

/// What an answer without a page may load: nothing.
const NOTHING: &str =
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; sandbox";

/// Adds what an answer does not have already.
pub(super) fn protect(headers: &mut HeaderMap) {
    let usual: [(HeaderName, &'static str); 7] = [
        (header::CONTENT_SECURITY_POLICY, NOTHING),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ];
    for (name, value) in usual {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
}

/// The policy of a page: its own scripts and styles, known by their digests, and this server.
pub(super) fn policy(page: &str) -> String {
    let sources = |tag: &str| -> String {
        let digests = contents(page, tag).map(|content| {
            format!(" 'sha256-{}'", STANDARD.encode(Sha256::digest(content.as_bytes())))
        });
        let digests: String = digests.collect();
        if digests.is_empty() { " 'none'".to_owned() } else { digests }
    };
    format!(
        "default-src 'none'; script-src{}; style-src{}; img-src data: blob:; connect-src 'self'; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        sources("script"),
        sources("style")
    )
}

/// What stands in elements without attributes: `<script>...</script>`.
fn contents<'a>(page: &'a str, tag: &str) -> impl Iterator<Item = &'a str> {
    let (open, close) = (format!("<{tag}>"), format!("</{tag}>"));
    let mut rest = page;
    std::iter::from_fn(move || {
        let (_, from) = rest.split_once(&open)?;
        let (content, after) = from.split_once(&close)?;
        rest = after;
        Some(content)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_may_run_its_own_scripts_alone() {
        let policy = policy("<style>a{}</style><script type=\"x\">1</script><script>f()</script>");
        // printf 'f()' | openssl dgst -sha256 -binary | base64
        let digest = STANDARD.encode(Sha256::digest(b"f()"));
        assert!(policy.contains(&format!("script-src 'sha256-{digest}'; ")), "{policy}");
        assert!(!policy.contains("unsafe"));
        assert!(policy.contains("frame-ancestors 'none'"));
    }
}
