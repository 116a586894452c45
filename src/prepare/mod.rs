//! A [`Table`](crate::data::Table) becomes a [`Dataset`]: everything learnt on the way is
//! learnt from training rows only.
//!
//! A [`Recipe`] says what to do; [`Recipe::fit`] sees training rows and gives a [`Pipeline`],
//! the only thing that can make a [`Dataset`] from a table. Rows that were not given to `fit`
//! cannot influence it.

mod column;
mod dataset;
mod expand;
mod fit;
mod pipeline;
mod recipe;
mod split;
mod target;
mod together;

pub use column::{Encoding, FittedColumn, Gap, MISSING, OTHER, Steps, TargetMeans, Unseen};
pub use dataset::{Dataset, Target, Task};
pub use expand::{Expansion, Spline};
pub use pipeline::{Pipeline, Transformed};
pub use recipe::{ColumnRecipe, Recipe, Role, STEPS};
pub use split::{Split, split, split_units};
pub use target::FittedTarget;
pub use together::Together;
