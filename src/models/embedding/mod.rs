//! What maps of rows by their neighbors share: t-SNE and UMAP.
//!
//! Both lay the training rows out on few axes so that neighbors stay neighbors, and neither
//! learns a function of the features. The model therefore keeps the rows and their places; a
//! new row is put among the places of the rows nearest to it ([`EmbeddingModel`]).

mod bandwidth;
mod graph;
mod model;
mod nearest;
mod principal;
mod weaving;

pub use graph::Graph;
pub use model::{EmbeddingModel, Method};
pub use weaving::Weigh;

pub(super) use bandwidth::bandwidth;
pub(super) use nearest::Search;
pub(super) use principal::principal_places;
pub(super) use weaving::Weaving;
