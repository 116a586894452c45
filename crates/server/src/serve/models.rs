//! Models over REST: bodies come in whole and within limits, answers are made by the core on
//! threads of their own.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::header::{ALLOW, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use handlens::export::Artifact;
use handlens::rest::{self, Answer, MAX_BODY, Rest};
use http_body_util::LengthLimitError;
use tokio::sync::Semaphore;

use crate::cli::ServedModel;
use crate::failure::Result;
use crate::input::read_file;

/// Requests that are read or answered at once; more are told to come again. Each may hold a
/// body of [`MAX_BODY`], so this bounds memory, too.
const MOST_REQUESTS: usize = 64;

/// The models and the room for requests.
pub struct Models {
    rest: Arc<Rest>,
    slots: Arc<Semaphore>,
}

impl Models {
    /// Reads the models; nothing where there are none.
    pub fn open(models: &[ServedModel]) -> Result<Option<Self>> {
        if models.is_empty() {
            return Ok(None);
        }
        let mut rest = Rest::new();
        for model in models {
            let artifact = Artifact::from_bytes(&read_file(&model.path)?)?;
            rest.add(&model.name, artifact)?;
        }
        Ok(Some(Self {
            rest: Arc::new(rest),
            slots: Arc::new(Semaphore::new(MOST_REQUESTS)),
        }))
    }

    /// Answers a request.
    pub async fn answer(&self, request: Request) -> Response<Body> {
        let Ok(slot) = Arc::clone(&self.slots).try_acquire_owned() else {
            let sentence = "The server has too much to do. Try again in a second.";
            let mut response = response(Answer::refusal(503, sentence));
            let second = HeaderValue::from_static("1");
            response.headers_mut().insert(RETRY_AFTER, second);
            return response;
        };
        let (head, body) = request.into_parts();
        let too_long = || response(Answer::refusal(413, &rest::too_long_sentence()));
        if announced(&head.headers).is_some_and(|length| length > MAX_BODY) {
            return too_long();
        }
        // A method that brings no body here has none worth waiting for.
        let body = if head.method == Method::POST {
            body
        } else {
            Body::empty()
        };
        let body = match to_bytes(body, MAX_BODY).await {
            Ok(body) => body,
            Err(error) if is_too_long(&error) => return too_long(),
            Err(_) => {
                let sentence = "The body broke off before its end. Send the request again.";
                return response(Answer::refusal(400, sentence));
            }
        };
        let rest = Arc::clone(&self.rest);
        let answer = tokio::task::spawn_blocking(move || {
            let content_type = head.headers.get(CONTENT_TYPE);
            // The slot is free once the work is done, even where nobody waits for it any more.
            let _slot = slot;
            rest.answer(&rest::Request {
                method: head.method.as_str(),
                path: head.uri.path(),
                content_type: content_type.and_then(|value| value.to_str().ok()),
                body: &body,
            })
        });
        response(answer.await.unwrap_or_else(|_| {
            Answer::refusal(500, "Handlens itself is at fault; the server goes on.")
        }))
    }
}

/// Whether a body has more bytes than are taken; all else is a body that broke off.
fn is_too_long(error: &axum::Error) -> bool {
    std::error::Error::source(error).is_some_and(|source| source.is::<LengthLimitError>())
}

/// The length that a request says its body has.
fn announced(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn response(answer: Answer) -> Response<Body> {
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() =
        StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(answer.content_type));
    if let Some(allow) = answer.allow {
        headers.insert(ALLOW, HeaderValue::from_static(allow));
    }
    response
}
