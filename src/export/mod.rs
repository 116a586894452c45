//! How a model leaves: the [`Artifact`], from which every other form is made.

mod artifact;
#[cfg(feature = "catalogue")]
pub mod code;
#[cfg(feature = "catalogue")]
mod onnx;
#[cfg(feature = "catalogue")]
mod outlet;
#[cfg(feature = "catalogue")]
mod sql;

pub use artifact::{Artifact, Provenance};
#[cfg(feature = "catalogue")]
pub use outlet::{Exported, OUTLETS, Outlet};
