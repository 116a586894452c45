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
    /// Build only this wasm module (may be repeated)
    #[arg(long, value_name = "MODULE")]
    module: Vec<Variant>,
    /// Keep function names in the wasm, for profilers
    #[arg(long)]
    keep_names: bool,
}

/// Builds everything that a browser gets.
pub fn run(options: &Options) -> Result<()> {
    let wanted = |variant: &Variant| options.module.is_empty() || options.module.contains(variant);
    for variant in Variant::ALL.into_iter().filter(wanted) {
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
