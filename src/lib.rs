//! Handlens: a machine-learning core that trains step by step, in the browser and natively.
//!
//! The way of the data: bytes → [`data::Table`] → (recipe fitted on training rows only) →
//! [`prepare::Dataset`] → [`models::Trainer`] steps → [`models::Model`] → metrics, figures,
//! artifact. A module imports only from its own floor or below; ARCHITECTURE.md has the floors.

// The starter leaves out the requests that much of this is for; the linker drops it.
#![cfg_attr(not(feature = "catalogue"), allow(dead_code, unused_imports))]

pub mod data;
pub mod error;
pub mod evaluate;
pub mod export;
pub mod linalg;
pub mod math;
pub mod models;
pub mod parallel;
pub mod plot;
pub mod prepare;
pub mod protocol;
#[cfg(feature = "catalogue")]
pub mod rest;
pub mod rng;
pub mod session;
pub mod settings;
pub mod special;
#[cfg(all(target_arch = "wasm32", feature = "edge"))]
pub mod wasm;
