//! Kernels on slices of f32 and f64: the same bits on every machine and for any number of
//! threads.

pub mod elementary;
pub mod gemm;
pub mod lbfgs;
pub mod real;
