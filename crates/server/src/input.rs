//! Where tables and models come from: files, standard input, the samples that are shipped.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use handlens::data::{MAX_BYTES, ReadOptions, sample_bytes, samples};
use handlens::error::{Code, Error};
use handlens::protocol::{ModelSummary, Request, Response, TableSummary};
use handlens::session::Session;

use crate::cli::Data;
use crate::commands::unexpected;
use crate::failure::{Failure, Result, shown};

/// The bytes of a table and a name to show.
pub struct Source {
    /// The file name, `stdin`, or the name of the sample.
    pub name: String,
    /// The bytes as they are.
    pub bytes: Vec<u8>,
}

impl Source {
    /// Reads what `DATA` names: a file, `-`, or `sample:<id>`.
    pub fn open(data: &str) -> Result<Self> {
        if let Some(id) = data.strip_prefix("sample:") {
            let bytes = sample_bytes(id).ok_or_else(|| no_sample(id))?;
            return Ok(Self {
                name: format!("{id}.csv"),
                bytes: bytes.to_vec(),
            });
        }
        if data == "-" {
            let what = "standard input";
            return Ok(Self {
                name: "stdin".into(),
                bytes: read_all(io::stdin().lock(), what)?,
            });
        }
        let path = Path::new(data);
        let name = path
            .file_name()
            .map_or_else(|| data.into(), |name| name.to_string_lossy());
        Ok(Self {
            name: name.into_owned(),
            bytes: read_file(path)?,
        })
    }
}

/// Everything in a file, if it is not above the limit of the core.
pub fn read_file(path: &Path) -> Result<Vec<u8>> {
    let what = shown(path);
    let file = File::open(path).map_err(|error| Failure::reading(&what, &error))?;
    let size = file.metadata().map_or(0, |metadata| metadata.len());
    if size > MAX_BYTES as u64 {
        return Err(too_large(&what));
    }
    read_all(file, &what)
}

fn read_all(source: impl Read, what: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source
        .take(MAX_BYTES as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::reading(what, &error))?;
    if bytes.len() > MAX_BYTES {
        Err(too_large(what))
    } else {
        Ok(bytes)
    }
}

fn too_large(what: &str) -> Failure {
    let message =
        format!("{what} has more than {MAX_BYTES} bytes, the most that is read. Try a part of it.");
    Error::new(Code::TooLarge, message).into()
}

fn no_sample(id: &str) -> Failure {
    let known: Vec<&str> = samples().iter().map(|sample| sample.id).collect();
    let message = format!(
        "There is no sample \u{201c}{id}\u{201d}. Known are: {}.",
        known.join(", ")
    );
    Failure::Usage(message)
}

/// Hands the table that `DATA` names to the session.
pub fn read_table(session: &mut Session, data: &Data) -> Result<TableSummary> {
    read_named(session, &data.data, data.reading.options())
}

/// Hands the table that `data` names to the session, read as told.
pub fn read_named(session: &mut Session, data: &str, options: ReadOptions) -> Result<TableSummary> {
    let source = Source::open(data)?;
    match session
        .handle(
            Request::Read {
                name: source.name,
                options,
            },
            &source.bytes,
        )?
        .response
    {
        Response::Table(summary) => Ok(summary),
        _ => Err(unexpected()),
    }
}

/// Hands the model in a file to the session.
pub fn load_model(session: &mut Session, path: &Path) -> Result<ModelSummary> {
    load_bytes(session, &read_file(path)?)
}

/// Hands the bytes of a model to the session.
pub fn load_bytes(session: &mut Session, bytes: &[u8]) -> Result<ModelSummary> {
    match session
        .handle(
            Request::Load {
                name: String::new(),
            },
            bytes,
        )?
        .response
    {
        Response::Model(summary) => Ok(*summary),
        _ => Err(unexpected()),
    }
}
