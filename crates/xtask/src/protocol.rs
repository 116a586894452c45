//! The TypeScript declarations of the protocol, written from the Rust types.

use anyhow::Result;

use crate::shell::{cargo, output, root, write_if_changed};

/// Writes `pkg/src/protocol.ts`.
pub fn write() -> Result<()> {
    let print = [
        "run",
        "--quiet",
        "--package",
        "xtask",
        "--features",
        "protocol",
        "--bin",
        "protocol",
    ];
    let declarations = output(cargo().args(print))?;
    let header = "// Written by `cargo xtask build` from the Rust types; edit those instead.\n\n";
    if write_if_changed(
        &root().join("pkg/src/protocol.ts"),
        format!("{header}{declarations}").as_bytes(),
    )? {
        println!("wrote pkg/src/protocol.ts");
    }
    Ok(())
}
