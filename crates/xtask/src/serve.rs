//! Building, then serving the page and the REST interface with the native program.

use anyhow::{Result, bail};
use clap::Args;

use crate::build;
use crate::shell::{self, cargo, find, program, target_dir};

#[derive(Args)]
pub struct Options {
    /// The port on this machine
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Open the page in the browser
    #[arg(long)]
    open: bool,
}

/// Serves until it is interrupted.
pub fn run(options: &Options) -> Result<()> {
    build::run(&build::Options::default())?;
    shell::run(cargo().args([
        "build",
        "--profile",
        "server",
        "--package",
        "handlens-server",
    ]))?;
    let address = format!("http://localhost:{}/", options.port);
    println!("the page: {address}");
    if options.open {
        open(&address)?;
    }
    let binary = target_dir()
        .join("server")
        .join(format!("handlens{}", std::env::consts::EXE_SUFFIX));
    shell::run(program(binary).args([
        "serve",
        "--site",
        "www/dist",
        "--port",
        &options.port.to_string(),
    ]))
}

fn open(address: &str) -> Result<()> {
    let Some(opener) = find(&["xdg-open", "open"]) else {
        bail!("no program to open a browser was found: leave out --open and visit {address}");
    };
    // Not waited for: the browser asks again until the server, started next, answers.
    program(opener).arg(address).spawn()?;
    Ok(())
}
