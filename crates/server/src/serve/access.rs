//! Who may ask the models: pages of listed origins, and holders of a key.

use std::path::Path;

use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use handlens::rest::Answer;
use sha2::{Digest, Sha256};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::failure::{Failure, Result, shown};
use crate::input::read_file;

/// Shorter keys can be guessed.
const LEAST_KEY: usize = 16;

/// The header of a key, beside `Authorization: Bearer`.
const KEY: HeaderName = HeaderName::from_static("x-api-key");

/// Paths that tell only whether the server lives; whoever watches it has no key.
const OPEN: [&str; 4] = ["/ping", "/health", "/v2/health/live", "/v2/health/ready"];

/// The keys of a file; everybody is let in where there is none.
#[derive(Debug, Default)]
pub struct Keys {
    /// Digests, which are compared instead of the keys: how long that takes tells nothing.
    digests: Option<Vec<[u8; 32]>>,
}

impl Keys {
    /// Reads a file of one key a line; empty lines and those that begin with # do not count.
    pub fn open(file: Option<&Path>) -> Result<Self> {
        let Some(file) = file else {
            return Ok(Self::default());
        };
        let refuse = |why: &str| Failure::Usage(format!("{} {why}", shown(file)));
        let text = String::from_utf8(read_file(file)?)
            .map_err(|_| refuse("is not a text file. Write one key a line."))?;
        let keys = text.lines().map(str::trim);
        let keys: Vec<&str> = keys
            .filter(|key| !key.is_empty() && !key.starts_with('#'))
            .collect();
        if keys.is_empty() {
            return Err(refuse("holds no key. Write one a line."));
        }
        if keys
            .iter()
            .any(|key| key.len() < LEAST_KEY || !key.is_ascii())
        {
            let why = format!(
                "holds a key that is too short or not plain: each needs {LEAST_KEY} letters, digits and signs at least."
            );
            return Err(refuse(&why));
        }
        Ok(Self {
            digests: Some(keys.iter().map(|key| digest(key.as_bytes())).collect()),
        })
    }

    /// The refusal of a request that brings no key of the file.
    pub fn refusal(&self, path: &str, headers: &HeaderMap) -> Option<Response> {
        let digests = self.digests.as_ref()?;
        if OPEN.contains(&path) {
            return None;
        }
        let bearer = headers.get(AUTHORIZATION).map(HeaderValue::as_bytes);
        let bearer = bearer.and_then(|value| value.strip_prefix(b"Bearer "));
        let key = bearer.or_else(|| headers.get(KEY).map(HeaderValue::as_bytes));
        let is_known = key.is_some_and(|key| digests.contains(&digest(key)));
        if is_known {
            return None;
        }
        let sentence = match key {
            None => "This server asks for a key: send it as Authorization: Bearer KEY.",
            Some(_) => "The key is not known here.",
        };
        let answer = Answer::refusal(401, sentence);
        let headers = [
            (CONTENT_TYPE, answer.content_type),
            (WWW_AUTHENTICATE, "Bearer"),
        ];
        Some((StatusCode::UNAUTHORIZED, headers, answer.body).into_response())
    }
}

fn digest(key: &[u8]) -> [u8; 32] {
    Sha256::digest(key).into()
}

/// Lets pages of these origins ask, beside those of the server itself.
pub fn origins(list: &[String]) -> Result<CorsLayer> {
    let origins = list.iter().map(|origin| parse_origin(origin));
    let origins = origins.collect::<Result<Vec<_>>>()?;
    let layer = CorsLayer::new()
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([CONTENT_TYPE, AUTHORIZATION, KEY]);
    Ok(layer.allow_origin(AllowOrigin::list(origins)))
}

/// An origin as browsers write it: scheme, host and port, nothing after.
fn parse_origin(origin: &str) -> Result<HeaderValue> {
    let is_plain = origin
        .strip_prefix("https://")
        .or_else(|| origin.strip_prefix("http://"))
        .is_some_and(|host| !host.is_empty() && !host.contains(['/', '?', '#', '@', '*', ' ']));
    let value = HeaderValue::from_str(origin).ok().filter(|_| is_plain);
    value.ok_or_else(|| {
        Failure::Usage(format!(
            "\u{201c}{origin}\u{201d} is no origin: write scheme, host and port, such as https://lab.example or http://localhost:5173."
        ))
    })
}
