//! Requests under load: `handlens serve` beside MLServer and MLflow's scoring server.

use anyhow::Result;

use super::Options;
use crate::setup;
use crate::shell::{self, cargo, output, program, target_dir};

const HEADING: &str = "# REST under load\n\nWritten by `cargo xtask bench --rest --write`: one row a request, a logistic regression of penguins with its preparation, on one machine whose two cores the server and wrk (one thread) share; each server in turn in one run, MLServer (without worker processes, which its uvloop does not start here) and MLflow as they start by default, on the folder that Handlens writes for MLflow. Errors are broken connections and answers that are not 200. The bar: 20,000 requests a second and 20 times both others, p99 within 5 ms, no error.\n\n";

/// Seconds of each load.
const SECONDS: &str = "10";

/// Builds the server, measures and prints.
pub(super) fn run(options: &Options) -> Result<()> {
    shell::run(cargo().args([
        "build",
        "--quiet",
        "--profile",
        "server",
        "-p",
        "handlens-server",
    ]))?;
    let binary = format!("handlens{}", std::env::consts::EXE_SUFFIX);
    let mut measure = program(setup::python()?);
    measure
        .arg("crates/bench/peers/rest.py")
        .arg(target_dir().join("server").join(binary))
        .arg(target_dir().join("bench").join("rest"))
        .arg(SECONDS);
    let table = output(&mut measure)?;
    println!("{table}");
    if options.write {
        std::fs::write(
            shell::root().join("docs/rest-load.md"),
            format!("{HEADING}{table}"),
        )?;
    }
    Ok(())
}
