//! `cargo xtask`: builds, serves, tests and benchmarks Handlens.
fn main() {}
