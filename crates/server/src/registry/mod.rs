//! The registry of models: one SQLite file with every version, its aliases and its history.
//!
//! `docs/registry.md` has the rules; most of them are kept by the file itself
//! (`schema.sql`: foreign keys and triggers), so that every program that writes it keeps them.
//! A file is not trusted: it is opened only where its schema is exactly ours, and SQLite runs
//! no function of the file's own choosing (`trusted_schema` off).

mod kept;

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use crate::failure::{Failure, Result, shown};

pub use kept::{Addition, Event, Move, Version};

const SCHEMA: &str = include_str!("schema.sql");
/// `HLMR`, in the header of the file, so that other programs can tell what it is.
const APPLICATION: i32 = 0x484c_4d52;
/// The version of the schema that is written and read.
const FORMAT: i32 = 1;

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
        Ok(Self { connection })
    }

    /// Opens a file, or makes it where there is none.
    pub fn open_or_create(path: &Path) -> Result<Self> {
        if path.exists() {
            return Self::open(path);
        }
        let mut connection = Connection::open(path).map_err(failed)?;
        prepare(&connection)?;
        create(&mut connection).map_err(failed)?;
        Ok(Self { connection })
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
    let change = connection.transaction()?;
    change.execute_batch(SCHEMA)?;
    change.pragma_update(None, "application_id", APPLICATION)?;
    change.pragma_update(None, "user_version", FORMAT)?;
    change.commit()
}

fn check(connection: &Connection, path: &Path) -> Result<()> {
    let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    if number("application_id").map_err(failed)? != APPLICATION {
        return Err(refused(format!(
            "{} is a database, but not one of models that Handlens wrote.",
            shown(path)
        )));
    }
    let format = number("user_version").map_err(failed)?;
    if format != FORMAT {
        return Err(refused(format!(
            "{} was written by another Handlens (schema {format}; this one has {FORMAT}). Update Handlens.",
            shown(path)
        )));
    }
    let mut ours = Connection::open_in_memory().map_err(failed)?;
    create(&mut ours).map_err(failed)?;
    if objects(connection).map_err(failed)? != objects(&ours).map_err(failed)? {
        return Err(refused(format!(
            "The tables and triggers of {} are not those of a registry; somebody changed them.",
            shown(path)
        )));
    }
    let sound: String = connection
        .pragma_query_value(None, "quick_check", |row| row.get(0))
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
            "SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_stat%' ORDER BY type, name",
        )?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect()
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
    let said = match &error {
        rusqlite::Error::SqliteFailure(_, Some(said)) => said.clone(),
        other => other.to_string(),
    };
    refused(format!(
        "The file of models cannot be used: {}.",
        said.trim_end_matches('.')
    ))
}
