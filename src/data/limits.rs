//! How large a file may be. Checked before memory is taken.

use crate::error::{Code, Error, Result};

/// Most bytes of a file, and of its text once decoded: 2 GiB, and 1 GiB on 32-bit machines
/// (WebAssembly), where text and cells must fit into 4 GiB together.
pub const MAX_BYTES: usize = if usize::BITS > 32 { 2 << 30 } else { 1 << 30 };
/// Most columns. A wider file is a matrix that wants another tool.
pub const MAX_COLUMNS: usize = 10_000;
/// Most bytes of one cell: 1 MiB.
pub const MAX_CELL_BYTES: usize = 1 << 20;
/// Most rows.
pub const MAX_ROWS: usize = 50_000_000;

/// Most cells, 8 bytes each while reading and up to 24 bytes and their text as a column. A small
/// file can name many: a wide header above short lines.
pub const MAX_CELLS: usize = if usize::BITS > 32 {
    250_000_000
} else {
    50_000_000
};

/// Refuses a table of more cells than [`MAX_CELLS`].
pub(super) fn check_cells(n_rows: usize, n_columns: usize) -> Result<()> {
    check(n_rows.saturating_mul(n_columns), MAX_CELLS, "cells")
}

/// Refuses what is above a limit.
#[inline(always)]
pub(super) fn check(found: usize, most: usize, what: &str) -> Result<()> {
    if found <= most {
        return Ok(());
    }
    Err(above(found, most, what))
}

/// Apart from the check, which is made for every cell.
#[cold]
fn above(found: usize, most: usize, what: &str) -> Error {
    let message = format!(
        "The file has {found} {what}; Handlens reads up to {most}. Try a part of the file."
    );
    Error::new(Code::TooLarge, message)
}
