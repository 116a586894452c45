//! What is done with a registry. Every change is one transaction, its row of history inside.

use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior, params};
use serde::Serialize;

use super::{Registry, failed, refused};
use crate::failure::Result;

/// A version to add.
pub struct Addition<'a> {
    pub name: &'a str,
    pub artifact: &'a [u8],
    pub digest: &'a str,
    pub schema: &'a str,
    pub metrics: Option<&'a str>,
    pub who: &'a str,
    pub why: &'a str,
}

/// An alias to set.
pub struct Move<'a> {
    pub name: &'a str,
    pub alias: &'a str,
    pub who: &'a str,
    pub why: &'a str,
}

/// A version without its artifact.
#[derive(Debug, Serialize)]
pub struct Version {
    pub name: String,
    pub version: i64,
    pub alias: Option<String>,
    pub digest: String,
    pub schema: String,
    pub metrics: Option<String>,
    pub created: String,
    pub notes: String,
    pub bytes: i64,
}

impl Version {
    fn is_champion(&self) -> bool {
        let aliases = self.alias.as_deref().unwrap_or_default();
        aliases.split(',').any(|alias| alias == "champion")
    }
}

/// A row of the history.
#[derive(Debug, Serialize)]
pub struct Event {
    pub at: String,
    pub event: String,
    pub name: String,
    pub version: i64,
    pub alias: Option<String>,
    pub from_version: Option<i64>,
    pub who: String,
    pub why: String,
}

const COLUMNS: &str =
    "name, version, alias, digest, schema, metrics, created, notes, length(artifact)";

impl Registry {
    /// Adds a version under the next number of its name, and lets `alias` point to it.
    pub fn add(&mut self, addition: &Addition<'_>, alias: Option<&str>) -> Result<i64> {
        let change = self.begin()?;
        let version = add(&change, addition).map_err(failed)?;
        if let Some(alias) = alias {
            let to = Move {
                name: addition.name,
                alias,
                who: addition.who,
                why: addition.why,
            };
            point(&change, &to, version, "promoted")?;
        }
        change.commit().map_err(failed)?;
        Ok(version)
    }

    /// Lets an alias point to a version.
    pub fn promote(&mut self, to: &Move<'_>, version: i64) -> Result<()> {
        let change = self.begin()?;
        point(&change, to, version, "promoted")?;
        change.commit().map_err(failed)
    }

    /// Lets an alias point to where it pointed before its last promotion that still stands.
    pub fn roll_back(&mut self, to: &Move<'_>) -> Result<i64> {
        let change = self.begin()?;
        let mut stood = standing(&change, to.name, to.alias).map_err(failed)?;
        stood.pop();
        let Some(version) = stood.pop() else {
            return Err(refused(format!(
                "\u{201c}{}\u{201d} of \u{201c}{}\u{201d} has pointed to no version before; there is nothing to roll back to.",
                to.alias, to.name
            )));
        };
        point(&change, to, version, "rolled_back")?;
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

    /// Of every name the champion, or where there is none the newest version.
    pub fn chosen(&self) -> Result<Vec<Version>> {
        let mut chosen: Vec<Version> = Vec::new();
        for version in self.versions()? {
            match chosen.last_mut().filter(|last| last.name == version.name) {
                Some(last) if !last.is_champion() => *last = version,
                Some(_) => {}
                None => chosen.push(version),
            }
        }
        if chosen.is_empty() {
            return Err(refused("The file of models holds none yet.".into()));
        }
        Ok(chosen)
    }

    /// The history, oldest first.
    pub fn history(&self, name: Option<&str>) -> Result<Vec<Event>> {
        let sql = "SELECT at, event, name, version, alias, from_version, who, why FROM history
                   WHERE ?1 IS NULL OR name = ?1 ORDER BY id";
        let rows = self.connection.prepare(sql).and_then(|mut query| {
            query
                .query_map([name], event)?
                .collect::<rusqlite::Result<_>>()
        });
        rows.map_err(failed)
    }

    /// The version that a number or an alias names.
    pub fn find(&self, name: &str, which: &str) -> Result<Version> {
        let sql = format!(
            "SELECT {COLUMNS} FROM models WHERE name = ?1 AND version = coalesce(
               (SELECT version FROM aliases WHERE name = ?1 AND alias = ?2), ?3)"
        );
        let number: Option<i64> = which.parse().ok();
        let found = self
            .connection
            .query_row(&sql, params![name, which, number], version);
        found.optional().map_err(failed)?.ok_or_else(|| {
            refused(format!(
                "There is no version or alias \u{201c}{which}\u{201d} of a model \u{201c}{name}\u{201d}. `handlens models list` shows what there is."
            ))
        })
    }

    /// The bytes of a version.
    pub fn artifact(&self, version: &Version) -> Result<Vec<u8>> {
        let sql = "SELECT artifact FROM models WHERE name = ?1 AND version = ?2";
        self.connection
            .query_row(sql, params![version.name, version.version], |row| {
                row.get(0)
            })
            .map_err(failed)
    }

    /// Takes the lock to write at once, so that what is read stays true until it is written.
    fn begin(&mut self) -> Result<Transaction<'_>> {
        self.connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(failed)
    }
}

fn add(change: &Transaction<'_>, a: &Addition<'_>) -> rusqlite::Result<i64> {
    change.execute("INSERT OR IGNORE INTO names (name) VALUES (?1)", [a.name])?;
    let sql = "SELECT last_version + 1 FROM names WHERE name = ?1";
    let version = change.query_row(sql, [a.name], |row| row.get(0))?;
    change.execute(
        "INSERT INTO models (name, version, artifact, digest, schema, metrics, created)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))",
        params![a.name, version, a.artifact, a.digest, a.schema, a.metrics],
    )?;
    change.execute(
        "INSERT INTO history (event, name, version, who, why) VALUES ('added', ?1, ?2, ?3, ?4)",
        params![a.name, version, a.who, a.why],
    )?;
    Ok(version)
}

fn point(change: &Transaction<'_>, to: &Move<'_>, version: i64, event: &str) -> Result<()> {
    let is_there = change
        .prepare("SELECT 1 FROM models WHERE name = ?1 AND version = ?2")
        .and_then(|mut query| query.exists(params![to.name, version]))
        .map_err(failed)?;
    if !is_there {
        return Err(refused(format!(
            "There is no version {version} of a model \u{201c}{}\u{201d}.",
            to.name
        )));
    }
    let from: Option<i64> = change
        .query_row(
            "SELECT version FROM aliases WHERE name = ?1 AND alias = ?2",
            [to.name, to.alias],
            |row| row.get(0),
        )
        .optional()
        .map_err(failed)?;
    if from == Some(version) {
        return Err(refused(format!(
            "\u{201c}{}\u{201d} is version {version} of \u{201c}{}\u{201d} already.",
            to.alias, to.name
        )));
    }
    change
        .execute(
            "INSERT INTO aliases (name, alias, version) VALUES (?1, ?2, ?3)
             ON CONFLICT (name, alias) DO UPDATE SET version = excluded.version",
            params![to.name, to.alias, version],
        )
        .and_then(|_| {
            change.execute(
                "INSERT INTO history (event, name, version, alias, from_version, who, why)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![event, to.name, version, to.alias, from, to.who, to.why],
            )
        })
        .map_err(failed)?;
    Ok(())
}

/// The promotions of an alias that still stand, oldest first; the last is where it points.
fn standing(connection: &Connection, name: &str, alias: &str) -> rusqlite::Result<Vec<i64>> {
    let sql = "SELECT event, version FROM history WHERE name = ?1 AND alias = ?2 ORDER BY id";
    let mut query = connection.prepare(sql)?;
    let mut rows = query.query([name, alias])?;
    let mut stood = Vec::new();
    while let Some(row) = rows.next()? {
        if row.get::<_, String>(0)? == "promoted" {
            stood.push(row.get(1)?);
        } else {
            stood.pop();
        }
    }
    Ok(stood)
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
        notes: row.get(7)?,
        bytes: row.get(8)?,
    })
}

fn event(row: &Row<'_>) -> rusqlite::Result<Event> {
    Ok(Event {
        at: row.get(0)?,
        event: row.get(1)?,
        name: row.get(2)?,
        version: row.get(3)?,
        alias: row.get(4)?,
        from_version: row.get(5)?,
        who: row.get(6)?,
        why: row.get(7)?,
    })
}
