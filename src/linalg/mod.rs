//! Kernels on slices of f32 and f64: the same bits on every machine and for any number of
//! threads.

mod columns;
mod curvature;
pub mod dd;
pub mod elementary;
pub mod gemm;
pub mod gram;
pub mod jacobi;
mod kernels;
pub(crate) mod lanes;
pub mod lbfgs;
pub mod least_squares;
pub mod owlqn;
pub mod qr;
pub mod real;
mod residuals;
pub mod spd;
pub mod symmetric;
pub mod tall;
pub mod triangular;
pub(crate) mod wide;

pub use columns::{Columns, row_major};
pub(crate) use kernels::sum_of;
pub use kernels::{axpy, chebyshev_distance, dot, manhattan_distance, squared_distance};
