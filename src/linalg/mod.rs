//! Kernels on slices of f32 and f64: the same bits on every machine and for any number of
//! threads.

pub mod elementary;
pub mod gemm;
pub mod lbfgs;
pub mod real;
mod columns;
pub mod dd;
mod kernels;
pub mod least_squares;
pub mod qr;
mod residuals;
pub mod tall;
pub mod triangular;
pub mod jacobi;

pub use columns::{Columns, map_rows, row_major};
pub use kernels::{axpy, chebyshev_distance, dot, manhattan_distance, squared_distance};
