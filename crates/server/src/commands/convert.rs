//! `handlens convert`: a table as it was read, in another format.

use std::io::{self, IsTerminal};
use std::path::Path;

use handlens::data::{Dialect, Note, ReadOptions, WriteOptions, read, write_csv, write_json};

use super::{parquet, tell_reading_notes};
use crate::cli::{Convert, Target};
use crate::failure::{Failure, Result};
use crate::input::Source;
use crate::output;

/// What `--json` tells of a conversion to a file.
#[derive(serde::Serialize)]
struct Converted<'a> {
    out: &'a Path,
    format: &'static str,
    n_rows: usize,
    n_columns: usize,
    n_bytes: usize,
    dialect: Dialect,
    notes: &'a [Note],
}

/// Reads, writes, and says beside it what was messy.
pub fn run(options: &Convert, is_json: bool) -> Result<()> {
    let out = options.out.as_deref().filter(|out| *out != Path::new("-"));
    if options.to == Target::Parquet && out.is_none() && io::stdout().is_terminal() {
        let message = "Parquet is no text for a terminal: name a file with --out, or pipe it on.";
        return Err(Failure::Usage(message.into()));
    }
    let source = Source::open(&options.data.data)?;
    let reading_options = ReadOptions {
        name: Some(source.name),
        ..options.data.reading.options()
    };
    let reading = read(&source.bytes, &reading_options)?;
    let (format, bytes) = match options.to {
        Target::Csv => {
            let form = WriteOptions {
                formula_safe: options.formula_safe,
                ..WriteOptions::default()
            };
            ("csv", write_csv(&reading, &form).into_bytes())
        }
        Target::Json => ("json", write_json(&reading).into_bytes()),
        Target::Parquet => ("parquet", parquet::write(&reading.table)?),
    };
    output::write(out, &bytes)?;
    let (true, Some(out)) = (is_json, out) else {
        tell_reading_notes(&reading.notes);
        return Ok(());
    };
    output::print_json(&Converted {
        out,
        format,
        n_rows: reading.table.n_rows(),
        n_columns: reading.table.columns().len(),
        n_bytes: bytes.len(),
        dialect: reading.dialect,
        notes: &reading.notes,
    })
}
