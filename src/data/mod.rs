//! Bytes become a typed [`Table`].

mod table;

pub use table::{Categories, Column, ColumnType, Table, Values, compare_levels};
