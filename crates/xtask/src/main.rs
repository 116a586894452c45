//! `cargo xtask`: sets up, builds, serves and tests Handlens, with nothing to install by hand.
//!
//! Every command first installs what it misses, and says so; see `setup`.

mod bench;
mod build;
mod protocol;
mod serve;
mod setup;
mod shell;
mod test;
mod wasm;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Builds, serves and tests Handlens")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Install whatever the other commands need and this machine lacks
    Setup,
    /// Build the wasm modules, the npm package and the page into www/dist
    Build(build::Options),
    /// Build, then serve the page and the REST interface
    Serve(serve::Options),
    /// Run every check, the same as continuous integration does
    Test(test::Options),
    /// Measure against other libraries, natively and in Chromium, and print the table
    Bench(bench::Options),
}

fn main() -> ExitCode {
    let done = match Cli::parse().task {
        Task::Setup => setup::everything(),
        Task::Build(options) => build::run(&options),
        Task::Serve(options) => serve::run(&options),
        Task::Test(options) => test::run(&options),
        Task::Bench(options) => bench::run(&options),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
