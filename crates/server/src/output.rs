//! Where results go: standard output or a file, whole or not at all.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::failure::{Failure, Result, shown};

/// Writes to a file, or to standard output where none is named or it is `-`.
pub fn write(to: Option<&Path>, bytes: &[u8]) -> Result<()> {
    match to.filter(|path| *path != Path::new("-")) {
        Some(path) => write_file(path, bytes),
        None => print_bytes(bytes),
    }
}

/// Puts a text on standard output.
pub fn print(text: &str) -> Result<()> {
    print_bytes(text.as_bytes())
}

/// Puts a value on standard output as one JSON document.
pub fn print_json(value: &impl Serialize) -> Result<()> {
    let mut text = serde_json::to_string_pretty(value)
        .map_err(|error| Failure::writing("JSON", &io::Error::other(error)))?;
    text.push('\n');
    print(&text)
}

/// Says on standard error what is good to know beside the result. The work is done even where
/// nobody can read it.
pub fn note(text: &str) {
    let _ = writeln!(io::stderr(), "note: {}", visible(text));
}

fn print_bytes(bytes: &[u8]) -> Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)
        .and_then(|()| out.flush())
        .map_err(|error| Failure::writing("to standard output", &error))
}

/// Replaces a file in one step, so that no reader and no interruption sees half of it. What is
/// there and no ordinary file, such as a pipe, is written to directly.
fn write_file(path: &Path, bytes: &[u8]) -> Result<()> {
    let failed = |error: io::Error| Failure::writing(&shown(path), &error);
    // A link stays one: what it points to is replaced.
    let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let is_special = fs::metadata(path).is_ok_and(|metadata| !metadata.is_file());
    if is_special {
        return fs::write(path, bytes).map_err(failed);
    }
    let draft = draft_of(path);
    let written = fs::write(&draft, bytes).and_then(|()| fs::rename(&draft, path));
    written.map_err(|error| {
        // What failed is the writing; whether the draft can be removed changes nothing.
        let _ = fs::remove_file(&draft);
        failed(error)
    })
}

/// A file beside `path`, with a name that no other running process takes.
pub fn draft_of(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    path.with_file_name(name)
}

/// A text without the control characters by which data could steer a terminal; line ends stay.
pub fn visible(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c.is_control() && c != '\n' {
                '\u{b7}'
            } else {
                c
            }
        })
        .collect()
}
