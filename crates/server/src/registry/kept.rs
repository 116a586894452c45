//! Versions and the history: what is added and what is read.

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use serde::Serialize;

use super::checked::digest;
use super::{Checked, Registry, check_name, failed, refused};
use crate::failure::Result;

/// Who does something, and why.
pub struct Reason<'a> {
    pub who: &'a str,
    pub why: &'a str,
}

/// A version without its artifact. `schema`, `metrics`, `tags` and `card` are JSON.
#[derive(Debug)]
pub struct Version {
    pub name: String,
    pub version: i64,
    pub alias: Option<String>,
    pub digest: String,
    pub schema: String,
    pub metrics: Option<String>,
    pub created: String,
    pub tags: String,
    pub notes: String,
    pub card: String,
    pub bytes: i64,
}

impl Version {
    /// What points to it.
    pub fn aliases(&self) -> Vec<&str> {
        let aliases = self.alias.as_deref().unwrap_or_default().split(',');
        aliases.filter(|alias| !alias.is_empty()).collect()
    }
}

/// A row of the history.
#[derive(Debug, Serialize)]
pub struct Event {
    #[serde(skip)]
    pub uid: String,
    pub at: String,
    pub event: String,
    pub name: String,
    pub version: i64,
    pub alias: Option<String>,
    pub from_version: Option<i64>,
    pub what: Option<String>,
    pub who: String,
    pub why: String,
}

/// Something done to a version, for the history.
#[derive(Default)]
pub(super) struct Deed<'a> {
    pub event: &'a str,
    pub name: &'a str,
    pub version: i64,
    pub alias: Option<&'a str>,
    pub from_version: Option<i64>,
    pub what: Option<&'a str>,
}

const COLUMNS: &str =
    "name, version, alias, digest, schema, metrics, created, tags, notes, card, length(artifact)";

impl Registry {
    /// Adds a version under the next number of its name, and lets `alias` point to it.
    pub fn add(
        &mut self,
        name: &str,
        checked: &Checked<'_>,
        alias: Option<&str>,
        reason: &Reason<'_>,
    ) -> Result<i64> {
        check_name("name of a model", name)?;
        let change = self.begin()?;
        let version = next_version(&change, name).map_err(failed)?;
        insert(&change, name, version, checked, None).map_err(failed)?;
        let deed = Deed {
            event: "added",
            name,
            version,
            ..Deed::default()
        };
        write(&change, &deed, reason)?;
        if let Some(alias) = alias {
            super::moves::point(&change, (name, alias), version, "promoted", reason)?;
        }
        change.commit().map_err(failed)?;
        Ok(version)
    }

    /// Every version, by name and number.
    pub fn versions(&self) -> Result<Vec<Version>> {
        let sql = format!("SELECT {COLUMNS} FROM models ORDER BY name, version");
        let rows = self.connection.prepare(&sql).and_then(|mut query| {
            query
                .query_map([], version)?
                .collect::<rusqlite::Result<_>>()
        });
        rows.map_err(failed)
    }

    /// The history, oldest first.
    pub fn history(&self, name: Option<&str>) -> Result<Vec<Event>> {
        let sql = "SELECT uid, at, event, name, version, alias, from_version, what, who, why
                   FROM history WHERE ?1 IS NULL OR name = ?1 ORDER BY id";
        let rows = self.connection.prepare(sql).and_then(|mut query| {
            query
                .query_map([name], event)?
                .collect::<rusqlite::Result<_>>()
        });
        rows.map_err(failed)
    }

    /// The version that a number or an alias names; without one the champion, or where there is
    /// none the newest.
    pub fn find(&self, name: &str, which: Option<&str>) -> Result<Version> {
        find(&self.connection, name, which)
    }

    /// The bytes of a version, where they are those that were added.
    pub fn artifact(&self, version: &Version) -> Result<Vec<u8>> {
        let sql = "SELECT artifact FROM models WHERE name = ?1 AND version = ?2";
        let artifact: Vec<u8> = self
            .connection
            .query_row(sql, params![version.name, version.version], |row| {
                row.get(0)
            })
            .map_err(failed)?;
        if digest(&artifact) == version.digest {
            return Ok(artifact);
        }
        Err(refused(format!(
            "The artifact of version {} of \u{201c}{}\u{201d} is not the one that was added: its hash differs. Take the file of models from a backup.",
            version.version, version.name
        )))
    }
}

/// As [`Registry::find`], in the transaction of whoever asks.
pub(super) fn find(connection: &Connection, name: &str, which: Option<&str>) -> Result<Version> {
    let sql = format!(
        "SELECT {COLUMNS} FROM models WHERE name = ?1 AND (?2 IS NULL OR version = coalesce(
           (SELECT version FROM aliases WHERE name = ?1 AND alias = ?2), ?3))
         ORDER BY version = (SELECT version FROM aliases WHERE name = ?1 AND alias = 'champion') DESC,
           version DESC LIMIT 1"
    );
    let number: Option<i64> = which.and_then(|which| which.parse().ok());
    let found = connection.query_row(&sql, params![name, which, number], version);
    found.optional().map_err(failed)?.ok_or_else(|| {
        let what = which.map_or(String::new(), |which| {
            format!("version or alias \u{201c}{which}\u{201d} of a ")
        });
        refused(format!(
            "There is no {what}model \u{201c}{name}\u{201d}. `handlens models list` shows what there is."
        ))
    })
}

fn next_version(change: &Transaction<'_>, name: &str) -> rusqlite::Result<i64> {
    register(change, name)?;
    let sql = "SELECT last_version + 1 FROM names WHERE name = ?1";
    change.query_row(sql, [name], |row| row.get(0))
}

/// Makes a name known where it is not.
pub(super) fn register(change: &Transaction<'_>, name: &str) -> rusqlite::Result<usize> {
    let sql = "INSERT INTO names (name) SELECT ?1
               WHERE NOT EXISTS (SELECT 1 FROM names WHERE name = ?1)";
    change.execute(sql, [name])
}

/// Inserts a version, made now where it is not said when.
pub(super) fn insert(
    change: &Transaction<'_>,
    name: &str,
    version: i64,
    checked: &Checked<'_>,
    created: Option<&str>,
) -> rusqlite::Result<usize> {
    change.execute(
        "INSERT INTO models (name, version, artifact, digest, schema, metrics, created)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, coalesce(?7, strftime('%Y-%m-%dT%H:%M:%fZ', 'now')))",
        params![
            name,
            version,
            checked.artifact,
            checked.digest,
            checked.schema,
            checked.metrics,
            created
        ],
    )
}

/// Writes to the history what is being done.
pub(super) fn write(change: &Transaction<'_>, deed: &Deed<'_>, reason: &Reason<'_>) -> Result<()> {
    let written = change.execute(
        "INSERT INTO history (event, name, version, alias, from_version, what, who, why)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![
            deed.event,
            deed.name,
            deed.version,
            deed.alias,
            deed.from_version,
            deed.what,
            reason.who,
            reason.why
        ],
    );
    written.map(|_| ()).map_err(failed)
}

fn version(row: &Row<'_>) -> rusqlite::Result<Version> {
    Ok(Version {
        name: row.get(0)?,
        version: row.get(1)?,
        alias: row.get(2)?,
        digest: row.get(3)?,
        schema: row.get(4)?,
        metrics: row.get(5)?,
        created: row.get(6)?,
        tags: row.get(7)?,
        notes: row.get(8)?,
        card: row.get(9)?,
        bytes: row.get(10)?,
    })
}

fn event(row: &Row<'_>) -> rusqlite::Result<Event> {
    Ok(Event {
        uid: row.get(0)?,
        at: row.get(1)?,
        event: row.get(2)?,
        name: row.get(3)?,
        version: row.get(4)?,
        alias: row.get(5)?,
        from_version: row.get(6)?,
        what: row.get(7)?,
        who: row.get(8)?,
        why: row.get(9)?,
    })
}
