//! A table as Apache Parquet, without arrow: every column is written as it is.
//!
//! Numbers become DOUBLE, or INT64 where all are whole and exact (up to 2⁵³); words become
//! UTF-8; booleans BOOLEAN. Every column is optional: what is missing is null.

use std::sync::Arc;

use handlens::data::{Categories, Column, Table, Values};
use handlens::error::{Code, Error};
use parquet::basic::{Compression, LogicalType, Repetition, Type as Physical};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::errors::{ParquetError, Result};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::Type;

use crate::failure::Failure;

/// Rows of one row group: readers take a group at a time.
const GROUP_ROWS: usize = 1 << 20;
/// The largest size up to which every whole number has its own 64-bit float: 2⁵³.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// The bytes of a Parquet file.
pub fn write(table: &Table) -> std::result::Result<Vec<u8>, Failure> {
    encode(table).map_err(|error| {
        Error::new(
            Code::Internal,
            format!("The table cannot be written as Parquet: {error}."),
        )
        .into()
    })
}

fn encode(table: &Table) -> Result<Vec<u8>> {
    let fields = table
        .columns()
        .iter()
        .map(|c| field(c).map(Arc::new))
        .collect::<Result<_>>()?;
    let schema = Type::group_type_builder("table")
        .with_fields(fields)
        .build()?;
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_created_by(concat!("handlens ", env!("CARGO_PKG_VERSION")).to_owned())
        .build();
    let mut writer = SerializedFileWriter::new(Vec::new(), Arc::new(schema), Arc::new(properties))?;
    for start in (0..table.n_rows()).step_by(GROUP_ROWS) {
        let rows = start..(start + GROUP_ROWS).min(table.n_rows());
        let mut group = writer.next_row_group()?;
        for column in table.columns() {
            write_column(&mut group, column, rows.clone())?;
        }
        group.close()?;
    }
    writer.into_inner()
}

fn field(column: &Column) -> Result<Type> {
    let (physical, logical) = match &column.values {
        Values::Number(values) if are_whole(values) => (Physical::INT64, None),
        Values::Number(_) => (Physical::DOUBLE, None),
        Values::Boolean(_) => (Physical::BOOLEAN, None),
        Values::Category(_) | Values::Text(_) => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
    };
    Type::primitive_type_builder(&column.name, physical)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(logical)
        .build()
}

/// Whether the numbers, of which there is at least one, are all whole and exact.
fn are_whole(values: &[f64]) -> bool {
    let mut present = values.iter().filter(|value| !value.is_nan()).peekable();
    present.peek().is_some() && present.all(|value| value.fract() == 0.0 && value.abs() <= EXACT)
}

type Rows = std::ops::Range<usize>;
type Group<'a> = SerializedRowGroupWriter<'a, Vec<u8>>;

fn write_column(group: &mut Group<'_>, column: &Column, rows: Rows) -> Result<()> {
    match &column.values {
        Values::Number(values) => {
            let number = |row: usize| values.get(row).copied().filter(|value| !value.is_nan());
            if are_whole(values) {
                write_cells::<Int64Type>(group, rows, |row| number(row).map(|value| value as i64))
            } else {
                write_cells::<DoubleType>(group, rows, number)
            }
        }
        Values::Boolean(values) => {
            write_cells::<BoolType>(group, rows, |row| values.get(row).copied().flatten())
        }
        Values::Category(categories) => write_categories(group, rows, categories),
        Values::Text(values) => {
            let text = |row: usize| values.get(row)?.as_deref().map(ByteArray::from);
            write_cells::<ByteArrayType>(group, rows, text)
        }
    }
}

fn write_categories(group: &mut Group<'_>, rows: Rows, categories: &Categories) -> Result<()> {
    // Cells of a level share its bytes.
    let levels: Vec<ByteArray> = categories
        .levels
        .iter()
        .map(|level| ByteArray::from(level.as_str()))
        .collect();
    let level = |row: usize| levels.get(*categories.codes.get(row)? as usize).cloned();
    write_cells::<ByteArrayType>(group, rows, level)
}

fn write_cells<T: DataType>(
    group: &mut Group<'_>,
    rows: Rows,
    cell: impl Fn(usize) -> Option<T::T>,
) -> Result<()> {
    let cells: Vec<Option<T::T>> = rows.map(cell).collect();
    // The definition level of an optional column: 1 where there is a value.
    let levels: Vec<i16> = cells.iter().map(|cell| i16::from(cell.is_some())).collect();
    let values: Vec<T::T> = cells.into_iter().flatten().collect();
    let mut writer = group
        .next_column()?
        .ok_or_else(|| ParquetError::General("a column more than the schema".into()))?;
    writer
        .typed::<T>()
        .write_batch(&values, Some(&levels), None)?;
    writer.close()
}
