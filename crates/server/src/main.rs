//! The native `handlens` command: read, train, judge and predict on tables from a terminal, and
//! serve the page.
//!
//! Everything about learning goes through [`handlens::session::Session`], the door that the page
//! uses too; here are only files, sockets, arguments and words for a terminal. Results go to
//! standard output, everything else to standard error. Exit codes: 0 done, 1 the input is at
//! fault, 2 wrong usage.

mod cli;
mod commands;
mod failure;
mod input;
mod output;
mod registry;
mod report;
mod serve;

use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

use cli::{Cli, Command};
use failure::{Failure, Result};

fn main() -> ExitCode {
    match Cli::try_parse() {
        Ok(cli) => match run(&cli) {
            Ok(()) => ExitCode::SUCCESS,
            Err(failure) => failure.report(cli.json),
        },
        Err(error) => report_usage(&error),
    }
}

fn run(cli: &Cli) -> Result<()> {
    match &cli.command {
        Command::Describe(options) => commands::describe::run(options, cli.json),
        Command::Convert(options) => commands::convert::run(options, cli.json),
        Command::Train(options) => commands::train::run(options, cli.json),
        Command::Predict(options) => commands::predict::run(options, cli.json),
        Command::Evaluate(options) => commands::evaluate::run(options, cli.json),
        Command::Inspect(options) => commands::inspect::run(options, cli.json),
        Command::Export(options) => commands::export::run(options, cli.json),
        Command::Push(options) => commands::push::run(options, cli.json),
        Command::Algorithms(options) => commands::algorithms::run(options, cli.json),
        Command::Models(options) => commands::models::run(options, cli.json),
        Command::Serve(options) => serve::run(options, cli.json),
    }
}

/// Help and version as clap prints them; wrong usage as JSON where that is asked for.
fn report_usage(error: &clap::Error) -> ExitCode {
    let is_help = matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    );
    let is_json = std::env::args_os().any(|argument| argument == "--json");
    if is_json && !is_help {
        let text = error.to_string();
        return Failure::Usage(text.trim().trim_start_matches("error: ").to_owned()).report(true);
    }
    // Nobody is left to be told where printing fails.
    let _ = error.print();
    ExitCode::from(if is_help { 0 } else { 2 })
}
