//! The files of the built page, beside the models.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::ALLOW;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use handlens::rest::Rest;
use tower_http::compression::CompressionLayer;
use tower_http::services::ServeDir;
use tower_http::timeout::TimeoutLayer;

use super::access::{self, Keys};
use super::headers;
use super::hosts::Allowed;
use super::models::Models;
use super::try_it;
use crate::cli::Serve;
use crate::failure::Result;

struct Guard {
    headers: HeaderMap,
    hosts: Allowed,
    models: Option<Models>,
    keys: Keys,
    has_site: bool,
}

/// Answers requests with the files of the page and with `models`, for `hosts` only.
pub fn router(options: &Serve, models: Option<Models>, hosts: Allowed) -> Result<Router> {
    let folder = options.site.as_deref();
    let guard = Arc::new(Guard {
        headers: headers::read()?,
        hosts,
        models,
        keys: Keys::open(options.api_keys.as_deref())?,
        has_site: folder.is_some(),
    });
    // Files that the build compressed are sent as they are, the others while they are sent.
    let files = folder.map(|folder| {
        ServeDir::new(folder)
            .precompressed_br()
            .precompressed_gzip()
    });
    let app = match files {
        Some(files) => Router::new().fallback_service(files),
        None => Router::new(),
    };
    let app = app
        .layer(CompressionLayer::new())
        .layer(middleware::from_fn_with_state(Arc::clone(&guard), route))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::REQUEST_TIMEOUT,
            Duration::from_secs(options.timeout),
        ));
    // Without a list nothing is said of origins: pages of others cannot read what is answered.
    let app = match options.origins.as_slice() {
        [] => app,
        origins => app.layer(access::origins(origins)?),
    };
    Ok(app.layer(middleware::from_fn_with_state(guard, watch)))
}

/// Sends a request to the models or to the files. The models' paths come first.
async fn route(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if let Some(models) = &guard.models {
        if let Some(page) = try_it::answer(request.method(), path) {
            return page;
        }
        if !guard.has_site || Rest::knows(path) {
            return match guard.keys.refusal(path, request.headers()) {
                Some(refusal) => refusal,
                None => models.answer(request).await,
            };
        }
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let message = "Only GET and HEAD are answered here.\n";
        return (
            StatusCode::METHOD_NOT_ALLOWED,
            [(ALLOW, "GET, HEAD")],
            message,
        )
            .into_response();
    }
    if is_hidden(path) {
        return StatusCode::NOT_FOUND.into_response();
    }
    next.run(request).await
}

/// Turns away what is not for this server, and adds the headers to every answer.
async fn watch(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let mut response = if !guard.hosts.admits(request.headers()) {
        let message = "This server does not answer under that host name.\n";
        (StatusCode::FORBIDDEN, message).into_response()
    } else {
        next.run(request).await
    };
    headers::add(&guard.headers, &path, &mut response);
    response
}

/// Whether a part of the path begins with a dot, spelled out or encoded: a hidden file, or a way
/// out of the folder.
fn is_hidden(path: &str) -> bool {
    let path = path
        .to_ascii_lowercase()
        .replace("%2e", ".")
        .replace("%2f", "/")
        .replace("%5c", "\\");
    path.split(['/', '\\']).any(|part| part.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::is_hidden;

    #[test]
    fn parts_that_begin_with_a_dot_are_hidden() {
        for (path, expected) in [
            ("/", false),
            ("/assets/a.b.js", false),
            ("/.git/config", true),
            ("/a/../b", true),
            ("/%2E%2e/b", true),
            ("/a%2f..%5Cb", true),
        ] {
            assert_eq!(is_hidden(path), expected, "{path}");
        }
    }
}
