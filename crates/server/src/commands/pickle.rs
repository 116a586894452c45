//! `handlens inspect` of a Python pickle: what it would run, without running it.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use handlens::data::{PickleName, PickleReport, is_pickle};
use handlens::protocol::{Request, Response};
use handlens::session::Session;

use super::unexpected;
use crate::cli::Inspect;
use crate::failure::{Failure, Result, shown};
use crate::input::read_file;
use crate::output::{print, print_json, visible};
use crate::report::{counted, list};

/// Endings of files that are pickles whatever they begin with.
const ENDINGS: [&str; 3] = ["pkl", "pickle", "joblib"];

/// Whether a file is a pickle: by its name, or by its first bytes.
pub fn is_one(path: &Path) -> Result<bool> {
    let ending = path.extension().and_then(|ending| ending.to_str());
    if ending.is_some_and(|ending| ENDINGS.contains(&ending.to_lowercase().as_str())) {
        return Ok(true);
    }
    let mut head = Vec::new();
    File::open(path)
        .and_then(|file| file.take(2).read_to_end(&mut head))
        .map_err(|error| Failure::reading(&shown(path), &error))?;
    Ok(is_pickle(&head))
}

/// Prints what the pickle would do.
pub fn run(options: &Inspect, is_json: bool) -> Result<()> {
    let bytes = read_file(&options.model)?;
    let reply = Session::new().handle(Request::InspectPickle, &bytes)?;
    let Response::Pickle(report) = reply.response else {
        return Err(unexpected());
    };
    if is_json {
        return print_json(&report);
    }
    let operations = if options.operations {
        operations(&report)
    } else {
        String::new()
    };
    print(&visible(&(in_words(&report) + &operations)))
}

fn in_words(report: &PickleReport) -> String {
    let rest = match report.n_rest {
        0 => String::new(),
        n => format!(", {n} of which were not read"),
    };
    let persistent = match report.n_persistent {
        0 => String::new(),
        n => format!(
            "It asks the program that loads it for {}.\n",
            counted(n, "object of its own", "objects of its own")
        ),
    };
    format!(
        "A Python pickle of protocol {}, not opened: {} in {}{rest}\n{persistent}{}{}{}{}\n{}\n",
        report.protocol,
        counted(report.n_operations, "operation", "operations"),
        counted(report.n_bytes, "byte", "bytes"),
        list("It would import", &names(&report.imports)),
        list("It would call", &names(&report.calls)),
        list("It would set the state of", &names(&report.states)),
        list("What is wrong with it", &report.problems),
        report.advice
    )
}

fn names(names: &[PickleName]) -> Vec<String> {
    let told = |name: &PickleName| {
        let times = match name.n {
            1 => String::new(),
            n => format!(", {n} times"),
        };
        format!("{}{times} (byte {})", called(&name.name), name.position)
    };
    names.iter().map(told).collect()
}

fn called(name: &str) -> &str {
    if name == "?" {
        "something whose name is computed as it is loaded"
    } else {
        name
    }
}

fn operations(report: &PickleReport) -> String {
    let lines = report.operations.iter().map(|operation| {
        let argument = operation.argument.as_deref().unwrap_or_default();
        let line = format!(
            "{:>9}  {:<16} {argument}",
            operation.position, operation.name
        );
        line.trim_end().to_owned() + "\n"
    });
    let left = report.n_operations - report.operations.len();
    let more = match left {
        0 => String::new(),
        n => format!("  and {n} more\n"),
    };
    format!("\n{}{more}", lines.collect::<String>())
}
