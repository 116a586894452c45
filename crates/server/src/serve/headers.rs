//! The headers of every response: those of `www/headers.json`, which the built page and its
//! service worker use too, and how long a file may be kept.

use std::collections::BTreeMap;

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};

use crate::failure::{Failure, Result};

const HEADERS: &str = include_str!("../../../../www/headers.json");

/// The build puts a digest into the name of every file in here.
const HASHED: &str = "/assets/";
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");

/// The headers of `www/headers.json`.
pub fn read() -> Result<HeaderMap> {
    let broken = |reason: String| Failure::Outside {
        code: "cannot_serve",
        message: format!("The headers built into this program cannot be used: {reason}."),
    };
    let texts: BTreeMap<String, String> =
        serde_json::from_str(HEADERS).map_err(|error| broken(error.to_string()))?;
    let mut headers = HeaderMap::new();
    for (name, value) in texts {
        let name = HeaderName::try_from(name).map_err(|error| broken(error.to_string()))?;
        let value = HeaderValue::try_from(value).map_err(|error| broken(error.to_string()))?;
        headers.insert(name, value);
    }
    Ok(headers)
}

/// Adds the headers to the response for `path`.
pub fn add<B>(headers: &HeaderMap, path: &str, response: &mut Response<B>) {
    let is_kept = path.starts_with(HASHED)
        && matches!(
            response.status(),
            StatusCode::OK | StatusCode::NOT_MODIFIED | StatusCode::PARTIAL_CONTENT
        );
    let own = response.headers_mut();
    own.extend(
        headers
            .iter()
            .map(|(name, value)| (name.clone(), value.clone())),
    );
    own.insert(CACHE_CONTROL, if is_kept { FOR_EVER } else { ASK_AGAIN });
    let is_text = |value: &HeaderValue| {
        value.as_bytes().starts_with(b"text/") && !value.as_bytes().contains(&b';')
    };
    if let Some(value) = own.get(CONTENT_TYPE).filter(|value| is_text(value)) {
        let text = format!("{}; charset=utf-8", value.to_str().unwrap_or("text/plain"));
        if let Ok(value) = HeaderValue::try_from(text) {
            own.insert(CONTENT_TYPE, value);
        }
    }
}
