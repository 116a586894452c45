//! Files that are no text: recognized by their first bytes, refused with what to do instead.

use crate::error::{Code, Error};

const PICKLE: &str = "Opening one runs code, so it is not opened; `handlens inspect` lists what it would run. Save the table as CSV. ";

/// First bytes, what they mean, and what to do. The long ones come first.
const SIGNATURES: &[(&[u8], &str, &str)] = &[
    (b"\x89PNG", "a PNG picture", ""),
    (b"\xff\xd8\xff", "a JPEG picture", ""),
    (b"GIF8", "a GIF picture", ""),
    (b"II*\0", "a TIFF picture", ""),
    (b"MM\0*", "a TIFF picture", ""),
    (
        b"%PDF",
        "a PDF document",
        "Copy its table into a spreadsheet and save it as CSV. ",
    ),
    (
        b"PK\x03\x04",
        "a zip archive or an Excel workbook (.xlsx)",
        "Open it and save the sheet as CSV. ",
    ),
    (b"PK\x05\x06", "an empty zip archive", ""),
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "an old Excel or Word file",
        "Open it and save the sheet as CSV. ",
    ),
    (b"\x1f\x8b", "a gzip archive", "Unpack it first. "),
    (b"BZh", "a bzip2 archive", "Unpack it first. "),
    (b"\xfd7zXZ\0", "an xz archive", "Unpack it first. "),
    (
        b"\x28\xb5\x2f\xfd",
        "a Zstandard archive",
        "Unpack it first. ",
    ),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "Unpack it first. "),
    (b"PAR1", "a Parquet file", "Convert it to CSV first. "),
    (b"ARROW1", "an Arrow file", "Convert it to CSV first. "),
    (b"\x89HDF", "an HDF5 file", "Convert it to CSV first. "),
    (b"\x93NUMPY", "a NumPy array", "Convert it to CSV first. "),
    (
        b"SQLite format 3\0",
        "an SQLite database",
        "Export one of its tables as CSV. ",
    ),
    (b"\x80\x02", "a Python pickle", PICKLE),
    (b"\x80\x03", "a Python pickle", PICKLE),
    (b"\x80\x04", "a Python pickle", PICKLE),
    (b"\x80\x05", "a Python pickle", PICKLE),
    (b"\x7fELF", "a program", ""),
    (b"MZ\x90", "a program", ""),
    (b"\0asm", "a WebAssembly module", ""),
    (b"\xca\xfe\xba\xbe", "a program", ""),
    (b"OggS", "a sound file", ""),
    (b"ID3", "a sound file", ""),
    (b"fLaC", "a sound file", ""),
];

const WHAT_WE_READ: &str = "Handlens reads CSV, TSV and JSON.";

/// The refusal, where the first bytes are those of a known binary format.
pub(super) fn refuse_by_signature(bytes: &[u8]) -> Option<Error> {
    let (_, what, remedy) = SIGNATURES
        .iter()
        .find(|(magic, _, _)| bytes.starts_with(magic))?;
    // "ID3" and "PAR1" could also begin a header line; binary files soon show control characters.
    let head = bytes.get(..bytes.len().min(512)).unwrap_or(bytes);
    let is_printable = std::str::from_utf8(head).is_ok() && !head.iter().any(|b| is_control(*b));
    if is_printable && !bytes.starts_with(b"%PDF") {
        return None;
    }
    let message = format!("This is {what}, not a table. {remedy}{WHAT_WE_READ}");
    Some(Error::new(Code::NotATable, message))
}

/// The refusal, where more than 1 in 50 of the first characters are control characters. `text` is
/// decoded, so the zero bytes of UTF-16 do not count.
pub(super) fn refuse_by_control_characters(text: &str) -> Option<Error> {
    let head = text
        .as_bytes()
        .get(..text.len().min(65_536))
        .unwrap_or_default();
    let n_control = head.iter().filter(|byte| is_control(**byte)).count();
    (n_control * 50 > head.len()).then(|| {
        let message = format!("This looks like a binary file, not a table. {WHAT_WE_READ}");
        Error::new(Code::NotATable, message)
    })
}

fn is_control(byte: u8) -> bool {
    byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c)
}
