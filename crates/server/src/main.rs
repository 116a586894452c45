//! The native `handlens` command.
fn main() {}
