//! `/docs`: a page that tries the models, in three files built into the program.

use axum::http::header::CONTENT_TYPE;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};

/// Where the page is.
const PAGE: &str = "/docs";

/// Path, type and text of each file.
const FILES: [(&str, &str, &str); 3] = [
    (PAGE, "text/html", include_str!("../../try/index.html")),
    (
        "/docs/try.css",
        "text/css",
        include_str!("../../try/try.css"),
    ),
    (
        "/docs/try.js",
        "text/javascript",
        include_str!("../../try/try.js"),
    ),
];

/// The answer to a request for a file of the page; none where it is for something else.
pub fn answer(method: &Method, path: &str) -> Option<Response> {
    let path = if path == "/docs/" { PAGE } else { path };
    let (_, kind, text) = FILES.iter().find(|file| file.0 == path)?;
    if !matches!(*method, Method::GET | Method::HEAD) {
        return Some(StatusCode::METHOD_NOT_ALLOWED.into_response());
    }
    Some(([(CONTENT_TYPE, *kind)], *text).into_response())
}
