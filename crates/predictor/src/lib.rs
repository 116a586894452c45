//! The small wasm module that predicts with a finished model, and does nothing else.
//!
//! Rows and answers cross as JSON text: one parser on each side, and no glue for any type. A failed
//! call throws the text `{ code, message, place }`; whatever else is thrown means that the instance
//! is dead.

#[cfg(target_arch = "wasm32")]
mod edge;
