//! The edge to JavaScript: the only place that knows there is a browser.
//!
//! [`Core`] is a session behind `wasm-bindgen`. A request comes in as a plain object and bytes,
//! an answer goes out the same way, and an error is thrown as `{ code, message, place }`.
//! Whatever else is thrown, such as a trap, means that the instance is dead: with
//! `panic = "abort"` nothing is unwound, so the caller throws it away and starts another.

mod canvas;
mod panic;

use serde::Serialize;
use wasm_bindgen::prelude::*;

use crate::error::{Code, Error, Result};
use crate::plot::Style;
use crate::protocol::{Reply, Request, Response};
use crate::session::Session;

pub use panic::{last_panic, report_panics_to, report_trap};
#[cfg(feature = "threads")]
pub use wasm_bindgen_rayon::init_thread_pool;

/// A session in this instance's memory.
#[wasm_bindgen]
#[derive(Default)]
pub struct Core {
    session: Session,
}

#[wasm_bindgen]
impl Core {
    /// A session that holds nothing yet.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        panic::install();
        Self::default()
    }

    /// Answers a request of the protocol, as `{ response, bytes? }`.
    ///
    /// # Errors
    /// Throws `{ code, message, place }`; what is no request has the code `bad_request`.
    pub fn handle(
        &mut self,
        request: JsValue,
        bytes: Option<Vec<u8>>,
    ) -> std::result::Result<JsValue, JsValue> {
        read::<Request>(&request, "request")
            // What the starter does not understand, the whole core may.
            .map_err(|error| match cfg!(feature = "catalogue") {
                true => error,
                false => Error::beyond_starter(),
            })
            .and_then(|request| {
                self.session
                    .handle(request, bytes.as_deref().unwrap_or_default())
            })
            .and_then(|reply| write(&reply))
            .map_err(|error| thrown(&error))
    }

    /// Draws the figure of a slot on a canvas, which takes the size that the style says.
    ///
    /// # Errors
    /// Throws as [`Core::handle`] does.
    pub fn draw(
        &self,
        slot: &str,
        style: JsValue,
        canvas: &web_sys::OffscreenCanvas,
    ) -> std::result::Result<(), JsValue> {
        read::<Style>(&style, "style")
            .and_then(|style| canvas::draw(self.session.figure(slot)?, &style, canvas))
            .map_err(|error| thrown(&error))
    }

    /// Stops the instance as a fault in the core would: tests of the recovery call it.
    pub fn crash(&self) {
        // The one panic that is meant.
        #[expect(clippy::panic)]
        {
            panic!("This fault was asked for.");
        }
    }
}

/// Version of the core.
#[wasm_bindgen]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}

/// A request comes in as JSON text too: one parser for all surfaces, and half the code.
fn read<T: serde::de::DeserializeOwned>(value: &JsValue, field: &str) -> Result<T> {
    let failed = |why: &str| {
        let message = format!("The {field} cannot be understood: {why}.");
        Error::new(Code::BadRequest, message).in_field(field)
    };
    let text = js_sys::JSON::stringify(value)
        .ok()
        .and_then(|text| text.as_string());
    let text = text.ok_or_else(|| failed("it is not plain data"))?;
    serde_json::from_str(&text).map_err(|error| {
        let message = error.to_string();
        // Nobody sees the text that the line and the column count in.
        let place = message.rfind(" at line ").unwrap_or(message.len());
        failed(&message[..place])
    })
}

/// The answer goes out as JSON text that the engine parses: setting the keys of an object one
/// by one, as `serde-wasm-bindgen` does, would lose a column that is named `__proto__`.
fn write(reply: &Reply) -> Result<JsValue> {
    #[wasm_bindgen]
    extern "C" {
        #[wasm_bindgen(extends = js_sys::Object)]
        type Answer;
        #[wasm_bindgen(method, setter)]
        fn set_response(this: &Answer, response: JsValue);
        #[wasm_bindgen(method, setter)]
        fn set_bytes(this: &Answer, bytes: js_sys::Uint8Array);
    }
    let answer: Answer = js_sys::Object::new().unchecked_into();
    answer.set_response(parsed(&reply.response)?);
    if let Some(bytes) = &reply.bytes {
        answer.set_bytes(js_sys::Uint8Array::from(bytes.as_slice()));
    }
    Ok(answer.into())
}

fn parsed(response: &Response) -> Result<JsValue> {
    let failed = |why: String| {
        let message = format!("The answer cannot be written: {why}.");
        Error::new(Code::Internal, message)
    };
    let text = serde_json::to_string(response).map_err(|error| failed(error.to_string()))?;
    js_sys::JSON::parse(&text).map_err(|error| failed(format!("{error:?}")))
}

/// An error as the plain object that is thrown.
fn thrown(error: &Error) -> JsValue {
    #[derive(Serialize)]
    struct Thrown<'a> {
        code: &'static str,
        message: String,
        place: Option<&'a crate::error::Place>,
    }
    let thrown = Thrown {
        code: error.code().as_str(),
        message: error.to_string(),
        place: error.place(),
    };
    thrown
        .serialize(&serde_wasm_bindgen::Serializer::json_compatible())
        .unwrap_or_else(|error| JsValue::from_str(&error.to_string()))
}
