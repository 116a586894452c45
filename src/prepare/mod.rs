//! A [`Table`](crate::data::Table) becomes a [`Dataset`]: everything learnt on the way is
//! learnt from training rows only.

mod dataset;

pub use dataset::{Dataset, Target, Task};
