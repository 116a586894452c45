//! From sources to `www/dist`: wasm modules, declarations, package, page.

use anyhow::Result;
use clap::Args;

use crate::shell::{self, program};
use crate::wasm::{self, Toolchain, Variant};
use crate::{protocol, setup};

#[derive(Args, Default)]
pub struct Options {
    /// Only the wasm modules and the TypeScript declarations, not the page
    #[arg(long)]
    wasm_only: bool,
    /// Keep function names in the wasm, for profilers
    #[arg(long)]
    keep_names: bool,
}

/// Builds everything that a browser gets.
pub fn run(options: &Options) -> Result<()> {
    for variant in Variant::ALL {
        Toolchain::for_variant(variant)?.build(options.keep_names)?;
    }
    protocol::write()?;
    if !options.wasm_only {
        setup::node_packages()?;
        for package in ["pkg", "www"] {
            shell::run(program("npm").args(["run", "build", "--workspace", package]))?;
        }
    }
    wasm::report_sizes()
}
