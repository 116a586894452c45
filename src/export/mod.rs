//! How a model leaves: the [`Artifact`], from which every other form is made.

mod artifact;
pub mod code;

pub use artifact::{Artifact, Provenance};
