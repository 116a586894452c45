//! The files of the built page.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::ALLOW;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use tower_http::compression::CompressionLayer;
use tower_http::services::ServeDir;
use tower_http::timeout::TimeoutLayer;

use super::headers;
use super::hosts::Allowed;
use crate::failure::Result;

/// An answer that has not begun by then is given up.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

struct Guard {
    headers: HeaderMap,
    hosts: Allowed,
}

/// Answers requests with the files of `folder`, for `hosts` only.
pub fn router(folder: &Path, hosts: Allowed) -> Result<Router> {
    let guard = Arc::new(Guard {
        headers: headers::read()?,
        hosts,
    });
    // Files that the build compressed are sent as they are, the others while they are sent.
    let files = ServeDir::new(folder)
        .precompressed_br()
        .precompressed_gzip();
    Ok(Router::new()
        .fallback_service(files)
        .layer(CompressionLayer::new())
        .layer(TimeoutLayer::with_status_code(
            StatusCode::REQUEST_TIMEOUT,
            ANSWER_TIMEOUT,
        ))
        .layer(middleware::from_fn_with_state(guard, watch)))
}

/// Turns away what is not for this server, and adds the headers to every answer.
async fn watch(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let mut response = if !guard.hosts.admits(request.headers()) {
        let message = "This server does not answer under that host name.\n";
        (StatusCode::FORBIDDEN, message).into_response()
    } else if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let message = "Only GET and HEAD are answered here.\n";
        (
            StatusCode::METHOD_NOT_ALLOWED,
            [(ALLOW, "GET, HEAD")],
            message,
        )
            .into_response()
    } else if is_hidden(&path) {
        StatusCode::NOT_FOUND.into_response()
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
