//! What a panic says, kept where JavaScript finds it after the trap.

use std::sync::{Mutex, Once, PoisonError};

use wasm_bindgen::prelude::*;

/// In memory that threads share, so that a panic of the pool is found too.
static LAST: Mutex<Option<String>> = Mutex::new(None);
static CHANNEL: Mutex<Option<String>> = Mutex::new(None);

#[wasm_bindgen]
extern "C" {
    type BroadcastChannel;
    #[wasm_bindgen(constructor)]
    fn new(name: &str) -> BroadcastChannel;
    #[wasm_bindgen(method, js_name = postMessage)]
    fn post(this: &BroadcastChannel, text: &str);
}

/// Prints every panic to the console and keeps its text.
pub(super) fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        std::panic::set_hook(Box::new(|info| {
            let text = said_by(info);
            *LAST.lock().unwrap_or_else(PoisonError::into_inner) = Some(text.clone());
            post(&text);
            console_error_panic_hook::hook(info);
        }));
    });
}

/// The text of the panic that stopped this instance, if one did. May be called on a dead
/// instance: it reads and copies, nothing else.
#[wasm_bindgen(js_name = lastPanic)]
pub fn last_panic() -> Option<String> {
    LAST.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Posts the text of a panic to a `BroadcastChannel` too. A thread of the pool that panics
/// leaves the caller waiting for ever; the page hears of it here and ends them all.
#[wasm_bindgen(js_name = reportPanicsTo)]
pub fn report_panics_to(channel: String) {
    *CHANNEL.lock().unwrap_or_else(PoisonError::into_inner) = Some(channel);
}

/// Posts that a thread of the pool has stopped. Not every stop is a panic: memory that is used
/// up traps without one. May be called on a dead instance: it takes no memory.
#[wasm_bindgen(js_name = reportTrap)]
pub fn report_trap() {
    post("A thread stopped, perhaps for want of memory.");
}

fn post(text: &str) {
    let channel = CHANNEL.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(channel) = channel.as_deref() {
        BroadcastChannel::new(channel).post(text);
    }
}

fn said_by(info: &std::panic::PanicHookInfo<'_>) -> String {
    let text = info.payload_as_str().unwrap_or("panic");
    match info.location() {
        Some(place) => format!("{text} ({}:{})", place.file(), place.line()),
        None => text.to_owned(),
    }
}
