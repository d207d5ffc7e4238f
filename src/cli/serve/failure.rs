//! What goes wrong with a request, as one object of JSON.
//!
//! In: an error of the library or of the program. Out: a status, and the sentence and the hint that
//! the program prints for the same mistake.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use eigenlex::{Error, ErrorKind};
use serde::Serialize;

use crate::cli::hints;
use crate::cli::refusal::Refusal;

/// Seconds after which a client that found the server busy may come again.
const COME_AGAIN: u64 = 1;

/// A request without an answer.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) status: StatusCode,
    message: String,
    hint: Option<String>,
    retry_after: Option<u64>,
}

#[derive(Serialize)]
struct Shown<'a> {
    error: ShownError<'a>,
}

#[derive(Serialize)]
struct ShownError<'a> {
    code: &'static str,
    status: u16,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'a str>,
}

impl Failure {
    pub(super) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), hint: None, retry_after: None }
    }

    pub(super) fn bad(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    pub(super) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, message)
    }

    pub(super) fn busy(message: impl Into<String>) -> Self {
        Self {
            retry_after: Some(COME_AGAIN),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, message)
        }
    }

    pub(super) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    pub(super) fn retry_after(self, seconds: u64) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }

    /// The object of JSON, without a line end.
    pub(super) fn json(&self) -> Vec<u8> {
        let code = match self.status.as_u16() {
            400 => "bad_request",
            401 => "unauthorized",
            403 => "forbidden",
            404 => "not_found",
            405 => "method_not_allowed",
            408 => "too_slow",
            413 => "too_large",
            414 => "address_too_long",
            415 => "not_json",
            421 => "wrong_host",
            429 => "too_many_requests",
            503 => "unavailable",
            _ => "internal",
        };
        let error = ShownError {
            code,
            status: self.status.as_u16(),
            message: &self.message,
            hint: self.hint.as_deref(),
        };
        serde_json::to_vec(&Shown { error }).expect("texts and numbers become JSON")
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        let of_library =
            |cause: &(dyn std::error::Error + 'static)| cause.downcast_ref().map(Error::kind);
        let of_program =
            |cause: &(dyn std::error::Error + 'static)| cause.downcast_ref().map(Refusal::kind);
        let kind = error.chain().find_map(|cause| of_library(cause).or_else(|| of_program(cause)));
        // A question that what is served cannot answer.
        let lacks = |cause: &(dyn std::error::Error + 'static)| {
            matches!(cause.downcast_ref(), Some(Error::NoNGrams | Error::NoEncoder))
        };
        let status = match kind {
            _ if error.chain().any(lacks) => StatusCode::NOT_FOUND,
            Some(ErrorKind::Usage) => StatusCode::BAD_REQUEST,
            Some(ErrorKind::NotFound) => StatusCode::NOT_FOUND,
            Some(ErrorKind::Resource) => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let message = hints::message(&error);
        match message.split_once("\nhint: ") {
            Some((message, hint)) => Self::new(status, message).hint(hint),
            None => Self::new(status, message),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        anyhow::Error::from(error).into()
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.json()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_has_the_status_sentence_and_hint_of_its_error() {
        let suggestions = vec!["king".to_owned()];
        let error = Error::UnknownWord { word: "kingg".to_owned(), suggestions };
        let failure = Failure::from(error);
        assert_eq!(failure.status, StatusCode::NOT_FOUND);
        assert_eq!(
            String::from_utf8(failure.json()).unwrap(),
            "{\"error\":{\"code\":\"not_found\",\"status\":404,\"message\":\"the word `kingg` is \
             not in the vocabulary\",\"hint\":\"did you mean `king`?\"}}"
        );
        let usage = Failure::from(anyhow::Error::from(Refusal::new("no", "yes")));
        assert_eq!(usage.status, StatusCode::BAD_REQUEST);
    }
}
