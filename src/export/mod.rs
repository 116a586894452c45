//! How a model leaves: the [`Artifact`], from which every other form is made.

mod artifact;

pub use artifact::{Artifact, Provenance};
