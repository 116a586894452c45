//! The registry of models: one SQLite file with every version, its aliases and its history.
//!
//! `docs/registry.md` has the rules; most of them are kept by the file itself
//! (`schema.sql`: triggers), so that every program that writes it keeps them.
//! A file is not trusted: it is opened only where its schema is exactly ours, SQLite runs
//! no function of the file's own choosing (`trusted_schema` off), and an artifact is handed out
//! only where its hash is the one it was added with.

mod about;
mod checked;
mod kept;
mod merge;
mod moves;

use std::fs;
use std::path::Path;

use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior};

use crate::failure::{Failure, Result, shown};

pub use about::CARD_FIELDS;
pub use checked::Checked;
pub use kept::{Event, Reason, Version};

const SCHEMA: &str = include_str!("schema.sql");
/// `HLMR`, in the header of the file, so that other programs can tell what it is.
const APPLICATION: i32 = 0x484c_4d52;
/// The version of the schema that is written and read.
const FORMAT: i32 = 1;
/// Most characters of a name or alias, by the schema, and of a tag.
const MOST_NAME: usize = 100;

/// An open registry.
pub struct Registry {
    connection: Connection,
}

impl Registry {
    /// Opens a file that is there.
    pub fn open(path: &Path) -> Result<Self> {
        if !path.is_file() {
            return Err(refused(format!(
                "There is no file of models {}. `handlens models add` makes one.",
                shown(path)
            )));
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
        prepare(&connection)?;
        check(&connection, path)?;
        check_pages(&connection, path)?;
        Ok(Self { connection })
    }

    /// Opens a file, or makes it where there is none or an empty one.
    pub fn open_or_create(path: &Path) -> Result<Self> {
        let is_there = fs::metadata(path).is_ok_and(|metadata| metadata.len() > 0);
        if is_there || path.is_dir() {
            return Self::open(path);
        }
        let mut connection = Connection::open(path).map_err(failed)?;
        prepare(&connection)?;
        create(&mut connection).map_err(failed)?;
        Ok(Self { connection })
    }

    /// Checks once more that the tables are ours: another program may have changed them.
    pub fn check(&self, path: &Path) -> Result<()> {
        check(&self.connection, path)
    }

    /// A number that changes when another program has changed the file.
    pub fn data_version(&self) -> Result<i64> {
        self.connection
            .pragma_query_value(None, "data_version", |row| row.get(0))
            .map_err(failed)
    }

    /// Does `work`, which only reads, while everything stays as it is.
    pub fn read<T>(&self, work: impl FnOnce(&Self) -> Result<T>) -> Result<T> {
        let _reading = self.connection.unchecked_transaction().map_err(failed)?;
        work(self)
    }

    /// Takes the lock to write at once, so that what is read stays true until it is written.
    fn begin(&mut self) -> Result<Transaction<'_>> {
        self.connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(failed)
    }
}

fn prepare(connection: &Connection) -> Result<()> {
    connection
        .execute_batch(
            "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA foreign_keys = ON;
             PRAGMA busy_timeout = 5000; PRAGMA synchronous = FULL;",
        )
        .map_err(failed)
}

/// Schema and versions in one transaction: a file has all of it, or nothing.
fn create(connection: &mut Connection) -> rusqlite::Result<()> {
    let change = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another program may have made it meanwhile.
    if number(&change, "application_id")? != APPLICATION {
        change.execute_batch(SCHEMA)?;
        change.pragma_update(None, "application_id", APPLICATION)?;
        change.pragma_update(None, "user_version", FORMAT)?;
    }
    change.commit()
}

fn number(connection: &Connection, pragma: &str) -> rusqlite::Result<i32> {
    connection.pragma_query_value(None, pragma, |row| row.get(0))
}

fn check(connection: &Connection, path: &Path) -> Result<()> {
    if number(connection, "application_id").map_err(failed)? != APPLICATION {
        return Err(refused(format!(
            "{} is a database, but not one of models that Handlens wrote.",
            shown(path)
        )));
    }
    let format = number(connection, "user_version").map_err(failed)?;
    if format != FORMAT {
        return Err(refused(format!(
            "{} was written by another Handlens (schema {format}; this one has {FORMAT}). Update Handlens.",
            shown(path)
        )));
    }
    let mut ours = Connection::open_in_memory().map_err(failed)?;
    create(&mut ours).map_err(failed)?;
    if objects(connection).map_err(failed)? == objects(&ours).map_err(failed)? {
        return Ok(());
    }
    Err(refused(format!(
        "The tables and triggers of {} are not those of a registry; somebody changed them.",
        shown(path)
    )))
}

fn check_pages(connection: &Connection, path: &Path) -> Result<()> {
    let sound: String = connection
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(failed)?;
    if sound == "ok" {
        Ok(())
    } else {
        Err(refused(format!("{} is damaged: {sound}.", shown(path))))
    }
}

/// Every table and trigger with the text that made it.
fn objects(connection: &Connection) -> rusqlite::Result<Vec<(String, String, Option<String>)>> {
    connection
        .prepare(
            "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_stat%' ORDER BY type, name",
        )?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect()
}

/// Refuses what the schema would refuse, in better words. Names go into paths, and `name:alias`
/// and `name@version` must stay clear.
fn check_name(what: &str, name: &str) -> Result<()> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if (1..=MOST_NAME).contains(&name.len()) && name.chars().all(is_plain) && !name.starts_with('.')
    {
        return Ok(());
    }
    Err(refused(format!(
        "\u{201c}{name}\u{201d} cannot be the {what}: it has up to {MOST_NAME} letters, digits, hyphens, underscores and dots, and no dot first."
    )))
}

/// What the registry does not do, as a sentence.
fn refused(message: String) -> Failure {
    Failure::Outside {
        code: "registry",
        message,
    }
}

/// What SQLite says, in our words where it says it in its own.
fn failed(error: rusqlite::Error) -> Failure {
    if matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
    ) {
        let message =
            "Another program is writing to the file of models. Try again once it is done.";
        return refused(message.into());
    }
    let said = match &error {
        rusqlite::Error::SqliteFailure(_, Some(said)) => said.clone(),
        other => other.to_string(),
    };
    refused(format!(
        "The file of models cannot be used: {}.",
        said.trim_end_matches('.')
    ))
}
