//! What a Python pickle would run, told without opening it.
//!
//! A pickle is a program for a machine with a stack: whoever loads it lets it import what it
//! names and call what it imported. So Handlens never loads one. It reads the operations, follows
//! the stack as far as names go, and lists what would be imported and called, one operation after
//! the other. One pass, O(bytes); what is kept is bounded, however hostile the file.
//!
//! Files of joblib hold the raw numbers of arrays between operations; reading ends at the first,
//! and the report says where, and that what follows may run anything.

mod opcodes;
mod operations;
mod stack;

use std::collections::BTreeMap;

use self::operations::text;
pub use self::operations::{Argument, Operation, Operations};
use self::stack::{Deed, Stack};

/// Operations and names that are listed; all are counted.
const MOST_OPERATIONS: usize = 20_000;
const MOST_NAMES: usize = 1_000;

/// What stands before the raw numbers of an array.
const JOBLIB_ARRAY: &str = "joblib.numpy_pickle.NumpyArrayWrapper";

/// Why a pickle is not opened, and what to do instead.
const ADVICE: &str = "Opening a pickle runs all of this on your machine with your rights, so Handlens does not open it. Where you trust its origin, load it in Python and save it anew: with `skops.io.dump(model, \"model.skops\")`, which loads without running code, or as an ONNX graph with `skl2onnx.to_onnx(model, X[:1])`.";

/// What a pickle is made of and what it would do.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct PickleReport {
    /// The protocol it names, or the lowest that has all its operations.
    pub protocol: u8,
    /// Size of the file.
    pub n_bytes: usize,
    /// Operations, those that are not listed included.
    pub n_operations: usize,
    /// Blocks in which newer protocols are written.
    pub n_frames: usize,
    /// What would be imported, each once, in the order of first use.
    pub imports: Vec<PickleName>,
    /// What would be called.
    pub calls: Vec<PickleName>,
    /// Objects whose state would be set, by `__setstate__` where they have one.
    pub states: Vec<PickleName>,
    /// Objects that the program which loads it would have to provide.
    pub n_persistent: usize,
    /// Bytes that were not read: behind the end, or from the first problem on.
    pub n_rest: usize,
    /// What is wrong with it, where anything is.
    pub problems: Vec<String>,
    /// Why it is not opened, and what to do instead.
    pub advice: &'static str,
    /// The first operations.
    pub operations: Vec<PickleOperation>,
}

/// A name that a pickle uses.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct PickleName {
    /// `module.name`, or `?` where it is computed as the file is loaded.
    pub name: String,
    /// Place of the first use.
    pub position: usize,
    /// How often.
    pub n: usize,
}

/// An operation as it is listed.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct PickleOperation {
    /// Place of its byte.
    pub position: usize,
    /// Its name in Python's `pickletools`.
    pub name: &'static str,
    /// What it is given, cut where it is long.
    pub argument: Option<String>,
}

/// Whether a file begins as pickles of protocol 2 and later do. Older ones begin as anything.
pub fn is_pickle(bytes: &[u8]) -> bool {
    matches!(bytes, [0x80, 2..=5, ..])
}

/// Names in order of first use, each counted.
#[derive(Default)]
struct Names {
    list: Vec<PickleName>,
    places: BTreeMap<String, usize>,
}

impl Names {
    fn add(&mut self, name: &str, position: usize) {
        if let Some(known) = self.places.get(name).and_then(|at| self.list.get_mut(*at)) {
            known.n += 1;
        } else if self.list.len() < MOST_NAMES {
            self.places.insert(name.to_owned(), self.list.len());
            self.list.push(PickleName {
                name: name.to_owned(),
                position,
                n: 1,
            });
        }
    }
}

/// Reads a pickle without running it. What cannot be read is told among the problems.
pub fn inspect_pickle(bytes: &[u8]) -> PickleReport {
    let mut report = PickleReport {
        protocol: 0,
        n_bytes: bytes.len(),
        n_operations: 0,
        n_frames: 0,
        imports: Vec::new(),
        calls: Vec::new(),
        states: Vec::new(),
        n_persistent: 0,
        n_rest: 0,
        problems: compressed(bytes).into_iter().collect(),
        advice: ADVICE,
        operations: Vec::new(),
    };
    let mut reading = Operations::new(bytes);
    let mut stack = Stack::default();
    let mut globals: Vec<String> = Vec::new();
    let mut has_raw = false;
    let [mut imports, mut calls, mut states] = [(); 3].map(|()| Names::default());
    while let Some(read) = reading.next() {
        let operation = match read {
            Ok(operation) => operation,
            Err(error) => {
                report.problems.push(error.to_string());
                break;
            }
        };
        count(&mut report, &operation);
        for deed in stack.follow(&operation) {
            let name = |global: Option<usize>| {
                let known = global.and_then(|global| globals.get(global));
                known.cloned().unwrap_or_else(|| "?".into())
            };
            match deed {
                Deed::Import(names) => {
                    let name = names.map_or_else(
                        || "?".into(),
                        |[module, name]| format!("{}.{}", text(module), text(name)),
                    );
                    imports.add(&name, operation.position);
                    // Numbers of globals go on; names beyond the list are not kept.
                    if globals.len() < MOST_OPERATIONS {
                        globals.push(name);
                    }
                }
                Deed::Call(global) => calls.add(&name(global), operation.position),
                Deed::SetState(global) => {
                    let name = name(global);
                    has_raw |= name.starts_with(JOBLIB_ARRAY);
                    states.add(&name, operation.position);
                }
            }
        }
        if has_raw {
            let message = format!(
                "From byte {} on stand the raw numbers of an array, as joblib writes them. What follows is not listed, and may run anything.",
                reading.position()
            );
            report.problems.push(message);
            break;
        }
    }
    if stack.is_broken {
        let message = "Some operations take values that were never put there: no program wrote this file as it is.";
        report.problems.push(message.into());
    }
    report.n_rest = bytes.len() - reading.position();
    [report.imports, report.calls, report.states] =
        [imports, calls, states].map(|names| names.list);
    report
}

fn count(report: &mut PickleReport, operation: &Operation<'_>) {
    let name = operation.opcode.name;
    report.n_operations += 1;
    report.n_frames += usize::from(name == "FRAME");
    report.n_persistent += usize::from(matches!(name, "PERSID" | "BINPERSID"));
    report.protocol = match operation.argument {
        Argument::Unsigned(protocol) if name == "PROTO" => protocol as u8,
        _ => report.protocol.max(operation.opcode.protocol),
    };
    if report.operations.len() < MOST_OPERATIONS {
        report.operations.push(PickleOperation {
            position: operation.position,
            name,
            argument: operation.argument.shown(),
        });
    }
}

/// Compressed files, as joblib writes them, are recognized by their first bytes.
fn compressed(bytes: &[u8]) -> Option<String> {
    let how = match bytes {
        [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..] => "zlib",
        [0x1f, 0x8b, ..] => "gzip",
        [b'B', b'Z', b'h', ..] => "bzip2",
        [0xfd, b'7', b'z', b'X', b'Z', ..] => "xz",
        [0x04, 0x22, 0x4d, 0x18, ..] => "LZ4",
        _ => return None,
    };
    Some(format!(
        "The file is compressed by {how}. Unpack it, and look at what it holds."
    ))
}

#[cfg(test)]
mod tests;
