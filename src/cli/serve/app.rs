//! From a request to its answer: who may ask, which route it takes, what it is asked about.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{RawPathParams, Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use rayon::ThreadPool;
use serde::Serialize;
use serde_json::Value;

use super::access::{Access, Allowed};
use super::api::{Asked, body};
use super::failure::Failure;
use super::headers::protect;
use super::limits::{Limits, Rate, Workshop};
use super::log::Log;
use super::models::{Content, Place};
use super::page;
use super::parameters::{Parameters, shown};
use super::routes::{API, HEALTH, ROUTES, Route};

/// Bytes of an address.
const LONGEST_ADDRESS: usize = 8 << 10;

/// Time for the body of a request to arrive.
const BODY_TIME: Duration = Duration::from_secs(10);

/// A server's models and bounds.
pub(super) struct App {
    pub(super) places: Vec<Place>,
    pub(super) limits: Limits,
    pub(super) access: Access,
    pub(super) rate: Option<Rate>,
    pub(super) workshop: Workshop,
    pub(super) pool: Arc<ThreadPool>,
    pub(super) description: Vec<u8>,
    pub(super) log: Log,
}

type Shared = State<Arc<App>>;

/// The parts of a path that are parameters, or bytes that are no UTF-8.
type Names = Result<RawPathParams, RawPathParamsRejection>;

/// One of them.
fn part(names: &Names, name: &str) -> Result<String, Failure> {
    match names {
        Ok(names) => {
            let found = names.iter().find(|it| it.0 == name);
            Ok(found.map(|(_, value)| value.to_owned()).unwrap_or_default())
        }
        Err(_) => Err(Failure::bad("the address is not UTF-8 behind its percent signs")),
    }
}

/// The router of the whole server.
pub(super) fn router(app: &Arc<App>) -> Router {
    let mut router = Router::new()
        .route("/", get(front))
        .route("/m/{model}", get(to_page))
        .route("/m/{model}/", get(model_page))
        .route(HEALTH, get(async || json(StatusCode::OK, b"{\"status\":\"ok\"}".to_vec())))
        .route(&format!("{API}/openapi.json"), get(description))
        .route(&format!("{API}/models"), get(models));
    for route in &ROUTES {
        let ask = move |State(app): Shared, names: Names, request: Request| {
            answer(app, route, names, request)
        };
        let path = format!("{API}/models/{{model}}{}", route.path);
        let methods = if route.many.is_some() { get(ask).post(ask) } else { get(ask) };
        router = router.route(&path, methods);
    }
    router
        .fallback(no_route)
        .method_not_allowed_fallback(async |method: Method| {
            let method = shown(method.as_str());
            let message = format!("the method `{method}` has no meaning here");
            Failure::new(StatusCode::METHOD_NOT_ALLOWED, message)
        })
        .layer(from_fn_with_state(Arc::clone(app), guard))
        .with_state(Arc::clone(app))
}

/// Looks at who asks before anything is done, and protects every answer.
async fn guard(State(app): Shared, request: Request, next: Next) -> Response {
    let begin = Instant::now();
    let peer = request.extensions().get::<SocketAddr>().map(|address| address.ip());
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let mut response = match app.admit(&request, peer, begin) {
        Ok(Allowed::Yes) => next.run(request).await,
        Ok(Allowed::WithCookie(cookie)) => with_cookie(uri.path(), &cookie),
        Err(failure) => failure.into_response(),
    };
    protect(response.headers_mut());
    app.log.request(peer, &method, &uri, response.status(), begin);
    response
}

impl App {
    fn admit(
        &self,
        request: &Request,
        peer: Option<IpAddr>,
        now: Instant,
    ) -> Result<Allowed, Failure> {
        let address = request.uri().path_and_query().map_or(0, |it| it.as_str().len());
        if address > LONGEST_ADDRESS {
            let message =
                format!("the address has {address} bytes, expected at most {LONGEST_ADDRESS}");
            return Err(Failure::new(StatusCode::URI_TOO_LONG, message));
        }
        if let (Some(rate), Some(peer)) = (&self.rate, peer) {
            rate.note(peer, now)?;
        }
        self.access.check(request.method(), request.uri(), request.headers())
    }

    fn place(&self, name: &str) -> Result<&Place, Failure> {
        self.places.iter().find(|place| place.name == name).ok_or_else(|| {
            let names: Vec<String> =
                self.places.iter().take(20).map(|place| format!("`{}`", place.name)).collect();
            let names = names.join(", ");
            Failure::not_found(format!("there is no model `{}` here", shown(name)))
                .hint(format!("there is {names}"))
        })
    }
}

/// The page again, with the token in a cookie and no longer in the address.
fn with_cookie(path: &str, cookie: &str) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    // An address that begins with two slashes would lead to another machine.
    let path = format!("/{}", path.trim_start_matches(['/', '\\']));
    for (name, value) in [(header::LOCATION, path.as_str()), (header::SET_COOKIE, cookie)] {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

fn json(status: StatusCode, bytes: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = status;
    let value = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, value);
    response
}

async fn no_route() -> Failure {
    Failure::not_found("there is nothing at this address")
        .hint("/api/v1/openapi.json describes the addresses that there are")
}

async fn description(State(app): Shared) -> Response {
    json(StatusCode::OK, app.description.clone())
}

#[derive(Serialize)]
struct Models<'a> {
    program: &'a str,
    models: Vec<OneModel<'a>>,
}

#[derive(Serialize)]
struct OneModel<'a> {
    name: &'a str,
    kind: &'a str,
    digest: String,
    address: String,
    has_page: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    n_words: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dim: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    n_documents: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    languages: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    slices: Option<Vec<String>>,
}

/// `models`: what is served.
async fn models(State(app): Shared) -> Result<Response, Failure> {
    let one = |place| {
        let served = Place::now(place);
        let address = place.address();
        let mut model = OneModel {
            name: &place.name,
            kind: served.kind(),
            digest: served.digest.clone(),
            address: format!("{API}/models/{address}"),
            has_page: matches!(served.page.get(), Some(Ok(_))),
            n_words: None,
            dim: None,
            n_documents: None,
            languages: None,
            slices: None,
        };
        match &served.content {
            Content::Words { words, documents } => {
                model.n_words = Some(words.vectors().len());
                model.dim = Some(words.vectors().dim());
                model.n_documents = documents.as_ref().map(|documents| documents.len());
            }
            Content::Languages(languages) => model.languages = Some(languages.names.clone()),
            Content::Slices(slices) => model.slices = Some(slices.names.clone()),
        }
        model
    };
    let models = app.places.iter().map(one).collect();
    let program = concat!("eigenlex ", env!("CARGO_PKG_VERSION"));
    Ok(json(StatusCode::OK, body(&Models { program, models })?))
}

/// `/`: the page of the only model, or the list of all.
async fn front(State(app): Shared) -> Response {
    match &app.places[..] {
        [place] => page_of(place),
        places => {
            let entries = places.iter().map(|place| (place.name.clone(), place.now().kind()));
            page::list(&entries.collect::<Vec<_>>()).response(StatusCode::OK)
        }
    }
}

async fn to_page(State(app): Shared, names: Names) -> Result<Response, Failure> {
    let place = app.place(&part(&names, "model")?)?;
    let name = place.address();
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::PERMANENT_REDIRECT;
    if let Ok(value) = HeaderValue::from_str(&format!("/m/{name}/")) {
        response.headers_mut().insert(header::LOCATION, value);
    }
    Ok(response)
}

async fn model_page(State(app): Shared, names: Names) -> Result<Response, Failure> {
    Ok(page_of(app.place(&part(&names, "model")?)?))
}

fn page_of(place: &Place) -> Response {
    match place.now().page.get() {
        Some(Ok(page)) => page.response(StatusCode::OK),
        Some(Err(reason)) => {
            let below = format!(
                "<p>There is no page: {}.</p><p>The API is there: <a \
                 href=\"/api/v1/models\">/api/v1/models</a></p>",
                crate::cli::output::chart::escaped(reason)
            );
            page::plain(&place.name, &below, false).response(StatusCode::NOT_FOUND)
        }
        None => {
            let below = "<p>The page is being made. It will be here in a moment.</p>";
            page::plain(&place.name, below, true).response(StatusCode::SERVICE_UNAVAILABLE)
        }
    }
}

/// Answers a question to a model.
async fn answer(
    app: Arc<App>,
    route: &'static Route,
    names: Names,
    request: Request,
) -> Result<Response, Failure> {
    let place = part(&names, "model")?;
    app.place(&place)?;
    let most = app.limits.results;
    let (head, content) = request.into_parts();
    let (parameters, many) = match (head.method == Method::POST, route.many) {
        (true, Some(many)) => {
            if head.uri.query().is_some_and(|query| !query.is_empty()) {
                let message = "a POST has its parameters in the body, not behind `?`";
                return Err(Failure::bad(message));
            }
            let object = read_object(&head.headers, content, app.limits.body).await?;
            let (common, all) = route.read_many(many, &object, most)?;
            (common, Some((many, all)))
        }
        _ => {
            let mut found =
                Parameters::of_query(head.uri.query().unwrap_or_default(), route.parameters, most)?;
            for parameter in route.parameters {
                if route.path.contains(&format!("{{{}}}", parameter.name)) {
                    found.put(parameter.name, part(&names, parameter.name)?)?;
                }
            }
            (found.check(route.parameters)?, None)
        }
    };
    let held = Arc::clone(&app);
    let work = move |end| {
        let place = held.place(&place)?;
        let served = place.now();
        let asked =
            Asked { place, served: &served, parameters: &parameters, pool: &held.pool, end };
        match &many {
            Some((many, all)) => (many.answer)(&asked, all),
            None => (route.answer)(&asked),
        }
    };
    Ok(json(StatusCode::OK, app.workshop.run(route.lane, work).await?))
}

/// The object in the body of a request.
async fn read_object(
    headers: &axum::http::HeaderMap,
    content: Body,
    most: usize,
) -> Result<serde_json::Map<String, Value>, Failure> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kind = kind.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/json") {
        let message = "the body is not marked as JSON";
        return Err(Failure::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message)
            .hint("send `Content-Type: application/json`"));
    }
    let bytes = match tokio::time::timeout(BODY_TIME, to_bytes(content, most)).await {
        Ok(Ok(bytes)) => bytes,
        Ok(Err(_)) => {
            let message = format!("the body is cut off, or has more than {most} bytes");
            return Err(Failure::new(StatusCode::PAYLOAD_TOO_LARGE, message));
        }
        Err(_) => {
            let message = "the body of the request did not arrive in time";
            return Err(Failure::new(StatusCode::REQUEST_TIMEOUT, message));
        }
    };
    match serde_json::from_slice(&bytes) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(Failure::bad("the body is JSON, but no object")),
        Err(error) => Err(Failure::bad(format!("the body is not JSON: {error}"))),
    }
}
