//! The door for the browser.

use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance)]
    fn now() -> f64;
}

/// Measures a workload; returns `{ seconds, quality }` as JSON.
///
/// # Errors
/// Throws the sentence of the error.
#[wasm_bindgen]
pub fn bench(id: &str, scale: f64, runs: usize) -> Result<String, String> {
    let measured = crate::measure(id, scale, runs, &|| now() / 1000.0);
    let measured = measured.map_err(|error| error.to_string())?;
    serde_json::to_string(&measured).map_err(|error| error.to_string())
}
