//! Several files as one: a zip archive whose entries are stored as they are.
//!
//! Every entry bears the first moment that the format knows, 1980-01-01, so that the same files
//! make the same bytes. Names are UTF-8. Nothing is compressed: the largest parts are numbers,
//! which hardly shrink.
//!
//! Reference: PKWARE, ".ZIP File Format Specification", version 6.3.10, sections 4.3 and 4.4.

use crate::error::{Code, Error, Result};

/// A file and its place in a folder, with `/` between the steps.
#[derive(Debug, Clone, PartialEq)]
pub struct File {
    /// Where it stands.
    pub path: String,
    /// What it holds.
    pub bytes: Vec<u8>,
}

impl File {
    /// A file of text.
    pub(super) fn text(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            bytes: text.into().into_bytes(),
        }
    }

    /// The same file one folder further down.
    pub(super) fn within(self, folder: &str) -> Self {
        Self {
            path: format!("{folder}/{}", self.path),
            ..self
        }
    }
}

const LOCAL: u32 = 0x0403_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
/// What a reader must know: version 2.0, names in UTF-8 (bit 11), stored, 1980-01-01 at midnight.
const VERSION: u16 = 20;
const UTF8: u16 = 1 << 11;
const STORED: u16 = 0;
const TIME: u16 = 0;
const DATE: u16 = 1 << 5 | 1;
/// Files that anyone may read and the owner write, as Unix says it.
const MODE: u32 = 0o100_644 << 16;

/// Writes the archive, entries in the order given.
///
/// # Errors
/// [`Code::TooLarge`] where it would leave the format's four gigabytes.
pub fn zip(files: &[File]) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    let mut directory = Vec::new();
    for file in files {
        let at = four(out.len())?;
        let entry = entry(file)?;
        put(&mut out, &[LOCAL]);
        out.extend(&entry);
        out.extend(file.path.as_bytes());
        out.extend(&file.bytes);
        put(&mut directory, &[CENTRAL]);
        // Made on Unix, whose modes stand below.
        directory.extend((3 << 8 | VERSION).to_le_bytes());
        directory.extend(&entry);
        // No comment, the first disk, no attributes of its own.
        directory.extend([0; 6]);
        put(&mut directory, &[MODE, at]);
        directory.extend(file.path.as_bytes());
    }
    let (at, length, n) = (four(out.len())?, four(directory.len())?, two(files.len())?);
    out.extend(directory);
    put(&mut out, &[END, 0]);
    out.extend(n.to_le_bytes());
    out.extend(n.to_le_bytes());
    put(&mut out, &[length, at]);
    out.extend([0; 2]);
    Ok(out)
}

/// What both the local and the central header say.
fn entry(file: &File) -> Result<Vec<u8>> {
    let length = four(file.bytes.len())?;
    let mut out = Vec::new();
    for short in [VERSION, UTF8, STORED, TIME, DATE] {
        out.extend(short.to_le_bytes());
    }
    put(&mut out, &[crc32fast::hash(&file.bytes), length, length]);
    out.extend(two(file.path.len())?.to_le_bytes());
    // Nothing extra.
    out.extend([0; 2]);
    Ok(out)
}

fn put(out: &mut Vec<u8>, numbers: &[u32]) {
    out.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
}

fn four(length: usize) -> Result<u32> {
    u32::try_from(length).map_err(|_| too_large())
}

fn two(length: usize) -> Result<u16> {
    u16::try_from(length).map_err(|_| too_large())
}

fn too_large() -> Error {
    let message =
        "The model is too large for a zip archive. Export it as a Handlens model or as ONNX.";
    Error::new(Code::TooLarge, message)
}
