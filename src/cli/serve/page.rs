//! The page of a model, made once for each model and kept as it is sent.

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;

use super::headers::policy;
use crate::cli::output::chart::escaped;

/// A page with its policy.
#[derive(Clone)]
pub(super) struct Page {
    text: Bytes,
    policy: HeaderValue,
}

impl Page {
    pub(super) fn new(text: String) -> Self {
        let policy = HeaderValue::from_str(&policy(&text)).expect("a policy is ASCII");
        Self { text: text.into(), policy }
    }

    pub(super) fn response(&self, status: StatusCode) -> Response {
        let mut response = Response::new(Body::from(self.text.clone()));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        let html = HeaderValue::from_static("text/html; charset=utf-8");
        headers.insert(header::CONTENT_TYPE, html);
        headers.insert(header::CONTENT_SECURITY_POLICY, self.policy.clone());
        response
    }
}

const STYLE: &str = "body{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;\
margin:2rem auto;padding:0 1rem}:root{color-scheme:light dark}";

/// A small page with a heading; what stands below it is HTML.
pub(super) fn plain(title: &str, below: &str, refresh: bool) -> Page {
    let title = escaped(title);
    let refresh = if refresh { "<meta http-equiv=\"refresh\" content=\"2\">" } else { "" };
    Page::new(format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">{refresh}<meta \
         name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{title}</title>\
         <style>{STYLE}</style></head><body><h1>{title}</h1>{below}</body></html>\n"
    ))
}

/// The list of what is served: names, kinds and what is known of each.
pub(super) fn list(entries: &[(String, &'static str)]) -> Page {
    let entry = |(name, kind): &(String, &'static str)| {
        let address =
            percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC);
        format!("<li><a href=\"/m/{address}/\">{}</a> ({kind})</li>", escaped(name))
    };
    let entries: String = entries.iter().map(entry).collect();
    let below = format!(
        "<ul>{entries}</ul><p>The API: <a \
         href=\"/api/v1/openapi.json\">/api/v1/openapi.json</a></p>"
    );
    plain("eigenlex", &below, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_text_in_the_list() {
        let page = list(&[("</title><b>".to_owned(), "model")]);
        let text = String::from_utf8(page.text.to_vec()).unwrap();
        assert!(text.contains("&lt;/title&gt;&lt;b&gt;</a>") && !text.contains("<b>"), "{text}");
    }
}
