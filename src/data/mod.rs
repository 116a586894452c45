//! Bytes become a typed [`Table`].
//!
//! [`read`] takes any file that people have: it guesses encoding and dialect, decides the type of
//! each column on all its rows, and tells in [`Note`]s what was messy. The way within: bytes →
//! `encoding` → text → `dialect`, `split`, `layout` (or `json`) → cells as spans of the text →
//! `infer` → columns. The cells are kept, so that a column can be read anew as another type and
//! written with its original spelling.

mod binary;
mod cells;
mod dialect;
mod encoding;
mod generate;
mod header;
mod histogram;
mod infer;
mod json;
mod json_table;
mod layout;
mod levels;
mod limits;
mod note;
mod number;
mod numeric;
mod pickle;
mod profile;
mod read;
mod records;
mod samples;
mod split;
mod stops;
mod table;
mod write;

pub use dialect::{Dialect, Format};
pub use encoding::Encoding;
pub use generate::{GENERATOR_SETTINGS, generate};
pub use histogram::Histogram;
pub use limits::{MAX_BYTES, MAX_CELL_BYTES, MAX_CELLS, MAX_COLUMNS, MAX_ROWS};
pub use note::Note;
pub use pickle::{PickleName, PickleReport, inspect_pickle, is_pickle};
pub use profile::{ColumnProfile, TopValue, profile};
pub use read::{ReadOptions, Reading, read};
pub use records::{table_from_columns, table_from_records};
#[cfg(not(target_arch = "wasm32"))]
pub use samples::sample_bytes;
pub use samples::{Sample, samples};
pub use table::{Categories, Column, ColumnType, Table, Values, compare_levels};
pub use write::{WriteOptions, Written, write_csv, write_json};
