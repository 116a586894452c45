//! How a model leaves: the [`Artifact`], from which every other form is made.

#[cfg(feature = "catalogue")]
mod archive;
mod artifact;
#[cfg(feature = "catalogue")]
pub mod code;
#[cfg(feature = "catalogue")]
mod html;
#[cfg(feature = "catalogue")]
pub mod mlflow;
#[cfg(feature = "catalogue")]
mod onnx;
#[cfg(feature = "catalogue")]
mod outlet;
#[cfg(feature = "catalogue")]
mod sql;

#[cfg(feature = "catalogue")]
pub use archive::File;
pub use artifact::{Artifact, Losses, Provenance};
#[cfg(feature = "catalogue")]
pub use outlet::{Exported, OUTLETS, Outlet};
