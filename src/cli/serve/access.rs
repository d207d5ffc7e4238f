//! Who may ask: the token of a server that others can reach, and the name by which a browser came.
//!
//! A page of another site can make a browser ask a server on the same machine: by its address, if a
//! name of the site leads there (DNS rebinding). Such a request has that name as its `Host`, and is
//! refused. Tokens are compared by their digests, in a time that does not depend on where they
//! differ.

use std::env;
use std::fs;
use std::net::IpAddr;
use std::path::Path;

use anyhow::{Context as _, Result};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use super::failure::Failure;
use crate::cli::refusal::Refusal;

/// The variable of the environment that may hold the token.
pub(super) const VARIABLE: &str = "EIGENLEX_SERVE_TOKEN";

/// Bytes of a token that is made here: nobody guesses them.
const RANDOM_BYTES: usize = 24;

/// Characters of a token that is given, at least.
const SHORTEST: usize = 16;

/// A secret that requests have to know.
pub(super) struct Token {
    digest: [u8; 32],
    /// The token itself, where it was made here and has to be shown.
    pub(super) made: Option<String>,
}

impl Token {
    /// The token in a file or in the environment; for a server that others can reach a new one, if
    /// there is none. The command line has none, since everybody on the machine can read that.
    pub(super) fn find(file: Option<&Path>, is_needed: bool) -> Result<Option<Self>> {
        let text = match file {
            Some(file) => Some(
                fs::read_to_string(file)
                    .with_context(|| format!("cannot read the token in `{}`", file.display()))?,
            ),
            None => env::var(VARIABLE).ok().filter(|it| !it.is_empty()),
        };
        let Some(text) = text else {
            return if is_needed { Self::new().map(Some) } else { Ok(None) };
        };
        Self::given(text.trim()).map(Some)
    }

    fn given(text: &str) -> Result<Self> {
        if text.len() < SHORTEST || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            let found = format!(
                "the token has {} bytes, expected at least {SHORTEST} ASCII characters without \
                 spaces",
                text.len()
            );
            let hint = "leave it out to have one made, or write 32 random characters";
            return Err(Refusal::new(found, hint).into());
        }
        Ok(Self { digest: digest(text), made: None })
    }

    /// A new token from the random numbers of the system.
    fn new() -> Result<Self> {
        let mut bytes = [0; RANDOM_BYTES];
        getrandom::fill(&mut bytes)
            .map_err(|error| anyhow::anyhow!("the system gives no random numbers: {error}"))?;
        let text = URL_SAFE_NO_PAD.encode(bytes);
        Ok(Self { digest: digest(&text), made: Some(text) })
    }

    fn is(&self, given: &str) -> bool {
        // Every byte is compared, whatever the others are.
        let pairs = self.digest.iter().zip(digest(given));
        pairs.fold(0, |differing, (own, given)| differing | (own ^ given)) == 0
    }
}

fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

/// What a server asks of each request.
pub(super) struct Access {
    pub(super) token: Option<Token>,
    /// Names by which the server may be addressed; `None` admits all.
    hosts: Option<Vec<String>>,
    port: u16,
}

/// What is allowed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Allowed {
    Yes,
    /// The token stands in the address: a browser keeps it as this cookie, and goes on without it.
    WithCookie(String),
}

impl Access {
    /// `names` are those that a user allows. On loopback the names of this machine are allowed too,
    /// elsewhere all are, unless some are given.
    pub(super) fn new(token: Option<Token>, address: IpAddr, port: u16, names: &[String]) -> Self {
        let names = names.iter().map(|name| name.to_ascii_lowercase());
        let hosts = match address.is_loopback() {
            true => {
                let own = ["localhost", "127.0.0.1", "[::1]"].map(str::to_owned).into_iter();
                Some(own.chain([literal(address)]).chain(names).collect())
            }
            false if names.len() > 0 => Some(names.chain([literal(address)]).collect()),
            false => None,
        };
        Self { token, hosts, port }
    }

    /// Looks at who asks.
    pub(super) fn check(
        &self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
    ) -> Result<Allowed, Failure> {
        self.check_host(uri, headers)?;
        let is_api = uri.path().starts_with("/api/");
        let site = headers.get("sec-fetch-site").map(|value| value.as_bytes());
        if is_api && matches!(site, Some(b"cross-site" | b"same-site")) {
            let message = "a page of another site may not ask this server";
            return Err(Failure::new(StatusCode::FORBIDDEN, message));
        }
        let Some(token) = &self.token else { return Ok(Allowed::Yes) };
        // Whoever watches the server learns that it is there, and no more.
        if uri.path() == super::routes::HEALTH {
            return Ok(Allowed::Yes);
        }
        let text = |name: &header::HeaderName| {
            headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
        };
        let bearer = text(&header::AUTHORIZATION);
        let bearer = bearer.get(..7).filter(|it| it.eq_ignore_ascii_case("bearer "));
        let bearer = bearer.map(|_| text(&header::AUTHORIZATION)[7..].trim());
        let cookie = self.cookie_name();
        let cookies = text(&header::COOKIE).split(';').filter_map(|it| it.trim().split_once('='));
        let cookie = cookies.into_iter().find(|(name, _)| *name == cookie).map(|(_, value)| value);
        if bearer.or(cookie).is_some_and(|given| token.is(given)) {
            return Ok(Allowed::Yes);
        }
        let in_address = uri.query().and_then(|query| {
            query.split('&').find_map(|pair| pair.strip_prefix("token=")).map(str::to_owned)
        });
        match in_address {
            Some(given) if !is_api && method == Method::GET && token.is(&given) => {
                let name = self.cookie_name();
                let cookie = format!("{name}={given}; Path=/; HttpOnly; SameSite=Strict");
                Ok(Allowed::WithCookie(cookie))
            }
            _ => Err(Failure::new(
                StatusCode::UNAUTHORIZED,
                "this server answers only with its token",
            )
            .hint(
                "send the header `Authorization: Bearer TOKEN`, or open the page as \
                 `/?token=TOKEN`",
            )),
        }
    }

    fn cookie_name(&self) -> String {
        // Servers on other ports share the cookies of a browser.
        format!("eigenlex-{}", self.port)
    }

    fn check_host(&self, uri: &Uri, headers: &HeaderMap) -> Result<(), Failure> {
        let Some(hosts) = &self.hosts else { return Ok(()) };
        let mut given = headers.get_all(header::HOST).iter();
        let of_header = given.next().and_then(|host| host.to_str().ok());
        let of_address = uri.authority().map(|authority| authority.as_str());
        let host = of_address.or(of_header).unwrap_or_default();
        if given.next().is_none() && hosts.contains(&without_port(host).to_ascii_lowercase()) {
            return Ok(());
        }
        let host = super::parameters::shown(host);
        Err(Failure::new(
            StatusCode::MISDIRECTED_REQUEST,
            format!("this server is not known as `{host}`"),
        )
        .hint("start it with `--allow-host NAME` if that is one of its names"))
    }
}

fn without_port(host: &str) -> &str {
    let end = host.rfind(':').filter(|&at| !host[at..].contains(']')).unwrap_or(host.len());
    &host[..end]
}

/// An address as it stands in a `Host`.
pub(super) fn literal(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("[{address}]"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "0123456789abcdef";

    fn check(access: &Access, uri: &str, headers: &[(&'static str, &str)]) -> Result<Allowed, u16> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        access
            .check(&Method::GET, &uri.parse().unwrap(), &map)
            .map_err(|failure| failure.status.as_u16())
    }

    #[test]
    fn on_loopback_only_names_of_the_machine_are_known() {
        let own = IpAddr::from([127, 0, 0, 1]);
        let access = Access::new(None, own, 7878, &["words.example".to_owned()]);
        for host in
            ["localhost", "LOCALHOST:7878", "127.0.0.1:1", "[::1]:7878", "words.example:443"]
        {
            assert_eq!(check(&access, "/", &[("host", host)]), Ok(Allowed::Yes), "{host}");
        }
        for host in ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example:7878", ""] {
            assert_eq!(check(&access, "/", &[("host", host)]), Err(421), "{host}");
        }
        assert_eq!(check(&access, "/", &[]), Err(421));
        let two = [("host", "localhost"), ("host", "evil.example")];
        assert_eq!(check(&access, "/", &two), Err(421));
    }

    #[test]
    fn another_site_is_refused() {
        let access = Access::new(None, IpAddr::from([127, 0, 0, 1]), 1, &[]);
        let from = |site| [("host", "localhost"), ("sec-fetch-site", site)];
        assert_eq!(check(&access, "/api/v1/models", &from("cross-site")), Err(403));
        assert_eq!(check(&access, "/api/v1/models", &from("same-origin")), Ok(Allowed::Yes));
        assert_eq!(check(&access, "/", &from("cross-site")), Ok(Allowed::Yes));
    }

    #[test]
    fn a_token_is_a_header_a_cookie_or_once_a_part_of_the_address() {
        let token = Token::given(SECRET).unwrap();
        let access = Access::new(Some(token), IpAddr::from([10, 0, 0, 1]), 80, &[]);
        let api = "/api/v1/models";
        assert_eq!(check(&access, api, &[]), Err(401));
        let bearer = format!("bearer {SECRET}");
        assert_eq!(check(&access, api, &[("authorization", &bearer)]), Ok(Allowed::Yes));
        for wrong in ["Bearer 0123456789abcdeF", "Bearer", "Basic x", "Bearer 0123456789abcdef0"] {
            assert_eq!(check(&access, api, &[("authorization", wrong)]), Err(401), "{wrong}");
        }
        let cookie = format!("a=b; eigenlex-80={SECRET}");
        assert_eq!(check(&access, api, &[("cookie", &cookie)]), Ok(Allowed::Yes));
        let other = format!("eigenlex-81={SECRET}");
        assert_eq!(check(&access, api, &[("cookie", &other)]), Err(401));
        let address = format!("/?token={SECRET}");
        assert!(matches!(check(&access, &address, &[]), Ok(Allowed::WithCookie(_))));
        assert_eq!(check(&access, &format!("{api}?token={SECRET}"), &[]), Err(401));
        assert_eq!(check(&access, "/api/v1/health", &[]), Ok(Allowed::Yes));
    }

    #[test]
    fn a_token_is_made_where_one_is_needed() {
        let made = || Token::new().unwrap();
        let (one, other) = (made(), made());
        let text = one.made.clone().unwrap();
        assert!(text.len() == 32 && one.is(&text) && !other.is(&text));
        assert!(Token::given("short").is_err() && Token::given("0123456789 abcdef").is_err());
    }
}
