//! Models over REST: bodies come in whole and within limits, answers are made by the core on
//! threads of their own. Where they come from a registry, what another program changes there is
//! served a second later; a request that has begun keeps the models it began with.

use std::sync::Arc;
use std::time::Instant;

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::header::{ALLOW, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use handlens::rest::{self, Answer, MAX_BODY, Rest};
use http_body_util::LengthLimitError;
use tokio::sync::{Semaphore, watch};

use super::load::Load;
use super::source::Source;
use crate::failure::Result;

/// The models and the room for requests.
pub struct Models {
    rest: watch::Receiver<Arc<Rest>>,
    slots: Arc<Semaphore>,
    most_requests: u32,
    load: Load,
}

impl Models {
    /// Reads the models; nothing where there are none.
    ///
    /// - `most_requests`: that are read or answered at once; more are told to come again. Each
    ///   may hold a body of [`MAX_BODY`], so this bounds memory, too.
    pub fn open(mut source: Source, most_requests: u32) -> Result<Option<Self>> {
        if source.is_empty() {
            return Ok(None);
        }
        let (sender, rest) = watch::channel(Arc::new(source.read()?));
        if source.may_change() {
            std::thread::spawn(move || source.follow(&sender));
        }
        Ok(Some(Self {
            rest,
            slots: Arc::new(Semaphore::new(most_requests as usize)),
            most_requests,
            load: Load::new(),
        }))
    }

    /// Answers a request.
    pub async fn answer(&self, request: Request) -> Response<Body> {
        let start = Instant::now();
        let response = self.answered(request).await;
        self.load.add(response.status().as_u16(), start.elapsed());
        response
    }

    async fn answered(&self, request: Request) -> Response<Body> {
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
        let rest = Arc::clone(&self.rest.borrow());
        let is_counters = head.uri.path() == "/metrics";
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
        let mut answer = answer.await.unwrap_or_else(|_| {
            Answer::refusal(500, "Handlens itself is at fault; the server goes on.")
        });
        if is_counters && answer.status == 200 {
            // The core, which makes the others, has no clock.
            answer
                .body
                .extend(self.load.text(self.n_under_way()).into_bytes());
        }
        response(answer)
    }

    fn n_under_way(&self) -> usize {
        self.most_requests as usize - self.slots.available_permits()
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
