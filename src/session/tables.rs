//! Tables held by the session.

use sha2::{Digest, Sha256};

use super::predict::matrix_from_bytes;
use super::{Session, not_found};
use crate::data::{
    Column, ColumnProfile, ColumnType, Dialect, Encoding, Format, GENERATOR_SETTINGS, Note,
    ReadOptions, Reading, Table, generate, profile, read, samples,
};
use crate::error::{Code, Error, Result};
#[cfg(feature = "catalogue")]
use crate::export::OUTLETS;
use crate::models::catalogue;
use crate::prepare::{STEPS, Task};
use crate::protocol::{Catalogue, GeneratorInfo, Reply, Response, TableId, TableSummary};
use crate::settings::{Setting, Settings};

/// More rows than this are not sent as text at once.
const MOST_ROWS: usize = 10_000;

/// What the last column of a matrix is.
pub(super) struct MatrixTarget {
    pub(super) kind: ColumnType,
    /// What the codes of a category stand for; themselves where absent.
    pub(super) labels: Option<Vec<String>>,
}

/// A table and what is known of it.
pub(super) struct HeldTable {
    pub name: String,
    /// SHA-256 of the bytes and of every choice made in reading them.
    pub digest: String,
    source: Source,
    profiles: Vec<ColumnProfile>,
}

/// The dialect of a table that was never text.
const MADE_HERE: Dialect = Dialect {
    format: Format::Csv,
    encoding: Encoding::Utf8,
    delimiter: None,
    quote: None,
    has_header: true,
    decimal_comma: false,
};

enum Source {
    /// Read from a file; can be read again.
    Reading(Box<Reading>),
    /// Made here, or given as numbers.
    Table(Table),
}

impl HeldTable {
    fn new(name: String, digest: String, source: Source) -> Self {
        let mut held = Self {
            name,
            digest,
            source,
            profiles: Vec::new(),
        };
        held.profiles = profile(held.table());
        held
    }

    pub fn table(&self) -> &Table {
        match &self.source {
            Source::Reading(reading) => &reading.table,
            Source::Table(table) => table,
        }
    }

    pub fn profiles(&self) -> &[ColumnProfile] {
        &self.profiles
    }

    fn summary(&self, table: TableId) -> TableSummary {
        let (dialect, notes): (Dialect, Vec<Note>) = match &self.source {
            Source::Reading(reading) => (reading.dialect, reading.notes.clone()),
            Source::Table(_) => (MADE_HERE, Vec::new()),
        };
        TableSummary {
            table,
            name: self.name.clone(),
            n_rows: self.table().n_rows(),
            dialect,
            notes,
            columns: self.profiles.clone(),
            digest: self.digest.clone(),
        }
    }
}

impl Session {
    pub(super) fn read(
        &mut self,
        name: String,
        options: &ReadOptions,
        bytes: &[u8],
    ) -> Result<Reply> {
        let options = ReadOptions {
            name: options.name.clone().or(Some(name.clone())),
            ..options.clone()
        };
        let reading = read(bytes, &options)?;
        // The name is a hint to the format only; equal bytes read alike are the same table.
        let choices = serde_json::to_vec(&ReadOptions {
            name: None,
            ..options
        })
        .map_err(|error| Error::new(Code::Internal, error.to_string()))?;
        let is_plain = choices == serde_json::to_vec(&ReadOptions::default()).unwrap_or_default();
        let digest = if is_plain {
            digest(&[bytes])
        } else {
            digest(&[bytes, &choices])
        };
        Ok(self.hold(HeldTable::new(
            name,
            digest,
            Source::Reading(Box::new(reading)),
        )))
    }

    pub(super) fn read_matrix(
        &mut self,
        name: String,
        n_columns: usize,
        names: Option<Vec<String>>,
        target: Option<MatrixTarget>,
        bytes: &[u8],
    ) -> Result<Reply> {
        let matrix = matrix_from_bytes(bytes, n_columns)?;
        let names = names.unwrap_or_else(|| default_names(n_columns, target.is_some()));
        if names.len() != n_columns {
            let message = format!("There are {} names for {n_columns} columns.", names.len());
            return Err(Error::new(Code::ShapeMismatch, message).in_field("names"));
        }
        let last = n_columns - 1;
        let columns = names
            .into_iter()
            .zip(matrix.columns())
            .enumerate()
            .map(|(index, (name, values))| {
                let column = Column::number(name, values.to_vec());
                match &target {
                    Some(target) if index == last && target.kind == ColumnType::Category => {
                        match &target.labels {
                            Some(labels) => labeled(&column, values.iter().copied(), labels),
                            None => Ok(as_category(&column)),
                        }
                    }
                    _ => Ok(column),
                }
            })
            .collect::<Result<_>>()?;
        let table = Table::new(columns)?;
        let labels = target.and_then(|target| target.labels).unwrap_or_default();
        let digest = digest(&[bytes, labels.join("\0").as_bytes()]);
        Ok(self.hold(HeldTable::new(name, digest, Source::Table(table))))
    }

    pub(super) fn generate(&mut self, id: &str, settings: &Settings, seed: u32) -> Result<Reply> {
        let mut settings = settings.clone();
        settings.insert("kind".to_owned(), Setting::Text(id.to_owned()));
        let table = generate(&settings, seed)?;
        let made = format!(
            "{id} {} {seed}",
            serde_json::to_string(&settings).unwrap_or_default()
        );
        let held = HeldTable::new(
            id.to_owned(),
            digest(&[made.as_bytes()]),
            Source::Table(table),
        );
        Ok(self.hold(held))
    }

    fn hold(&mut self, held: HeldTable) -> Reply {
        let id = self.new_id();
        let summary = held.summary(id);
        self.tables.insert(id, held);
        Response::Table(summary).into()
    }

    pub(super) fn retype(
        &mut self,
        id: TableId,
        column: &str,
        column_type: ColumnType,
    ) -> Result<Reply> {
        let held = self
            .tables
            .get_mut(&id)
            .ok_or_else(|| not_found("table", id))?;
        match &mut held.source {
            Source::Reading(reading) => reading.retype(column, column_type)?,
            Source::Table(table) => *table = retype_made(table, column, column_type)?,
        }
        let choice = format!("{column} as {column_type:?}");
        held.digest = digest(&[held.digest.as_bytes(), choice.as_bytes()]);
        held.profiles = profile(held.table());
        Ok(Response::Table(held.summary(id)).into())
    }

    pub(super) fn rows(&self, id: TableId, start: usize, count: usize) -> Result<Reply> {
        let held = self.table(id)?;
        let table = held.table();
        let end = start
            .saturating_add(count.min(MOST_ROWS))
            .min(table.n_rows());
        let cell = |row: usize, index: usize, column: &Column| match &held.source {
            // What stands in the file, where it is a value.
            Source::Reading(reading) if !column.is_missing(row) => {
                reading.cell_text(row, index).map(str::to_owned)
            }
            _ => column.text(row).map(|text| text.into_owned()),
        };
        let cells = (start..end)
            .map(|row| {
                let columns = table.columns().iter().enumerate();
                columns
                    .map(|(index, column)| cell(row, index, column))
                    .collect()
            })
            .collect();
        Ok(Response::Rows { start, cells }.into())
    }
}

impl Catalogue {
    /// What this version of the core offers.
    pub fn new() -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION"),
            algorithms: catalogue().iter().map(|entry| entry.info).collect(),
            recipe: STEPS,
            samples: samples(),
            #[cfg(feature = "catalogue")]
            outlets: OUTLETS,
            generators: generators(),
        }
    }
}

/// Id, label, what it is good for, what it teaches, and its dials besides points and noise.
type Shape = (
    &'static str,
    &'static str,
    &'static str,
    Task,
    &'static [&'static str],
);

const SHAPES: &[Shape] = &[
    (
        "moons",
        "Moons",
        "Two half circles that reach into one another.",
        Task::Classification,
        &[],
    ),
    (
        "circles",
        "Circles",
        "One class inside the other: no line tells them apart.",
        Task::Classification,
        &[],
    ),
    (
        "blobs",
        "Blobs",
        "Round heaps: easy to tell apart, good for clusters.",
        Task::Classification,
        &["n_classes"],
    ),
    (
        "spiral",
        "Spiral",
        "Arms around one another: hard even for a net.",
        Task::Classification,
        &["n_classes"],
    ),
    (
        "xor",
        "Chessboard",
        "Four squares, two classes: no single column tells anything.",
        Task::Classification,
        &[],
    ),
    (
        "line",
        "Noisy line",
        "A straight line with noise: the least that regression can do.",
        Task::Regression,
        &[],
    ),
    (
        "waves",
        "Waves",
        "Hills and valleys: too bent for a straight line.",
        Task::Regression,
        &[],
    ),
];

fn generators() -> Vec<GeneratorInfo> {
    let dials = |own: &[&str]| {
        let is_its = |name: &str| ["n_samples", "noise"].contains(&name) || own.contains(&name);
        GENERATOR_SETTINGS
            .iter()
            .filter(|dial| is_its(dial.name))
            .copied()
            .collect()
    };
    let info = |&(id, label, summary, task, own): &Shape| GeneratorInfo {
        id,
        label,
        summary,
        task,
        settings: dials(own),
    };
    SHAPES.iter().map(info).collect()
}

impl Default for Catalogue {
    fn default() -> Self {
        Self::new()
    }
}

fn as_category(column: &Column) -> Column {
    let texts: Vec<_> = (0..column.len()).map(|row| column.text(row)).collect();
    Column::category(&column.name, texts.iter().map(|text| text.as_deref()))
}

/// A category whose cells are given by their codes.
fn labeled(column: &Column, codes: impl Iterator<Item = f64>, labels: &[String]) -> Result<Column> {
    let texts: Vec<Option<&str>> = codes
        .map(|code| {
            if code.is_nan() {
                return Ok(None);
            }
            let label = labels
                .get(code as usize)
                .filter(|_| code >= 0.0 && code.fract() == 0.0);
            label.map(|label| Some(label.as_str())).ok_or_else(|| {
                let message = format!(
                    "The target code {code} has no label; there are {}.",
                    labels.len()
                );
                Error::new(Code::BadTarget, message).in_field("labels")
            })
        })
        .collect::<Result<_>>()?;
    Ok(Column::category(&column.name, texts))
}

/// Another type for a column of a table that has no file behind it.
fn retype_made(table: &Table, name: &str, column_type: ColumnType) -> Result<Table> {
    let column = table.column(name)?;
    let retyped = match column_type {
        _ if column.column_type() == column_type => column.clone(),
        ColumnType::Category => as_category(column),
        ColumnType::Number | ColumnType::Boolean | ColumnType::Text => {
            let message = format!(
                "The generated column \u{201c}{name}\u{201d} can only be a number or a category."
            );
            return Err(Error::new(Code::WrongType, message).in_column(name));
        }
    };
    let replace = |column: &Column| {
        if column.name == name {
            retyped.clone()
        } else {
            column.clone()
        }
    };
    Table::new(table.columns().iter().map(replace).collect())
}

fn default_names(n_columns: usize, has_target: bool) -> Vec<String> {
    let n_features = n_columns - usize::from(has_target);
    let features = (0..n_features).map(|index| format!("x{index}"));
    features.chain(has_target.then(|| "y".to_owned())).collect()
}

fn digest(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    parts.iter().for_each(|part| hash.update(part));
    hash.finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
