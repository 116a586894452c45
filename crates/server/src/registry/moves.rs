//! Where aliases point. Every change is one transaction, its row of history inside.

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::kept::{Deed, Reason, find, write};
use super::{Registry, check_name, failed, refused};
use crate::failure::Result;

impl Registry {
    /// Lets an alias point to the version that a number or another alias names, and tells which.
    pub fn promote(
        &mut self,
        name: &str,
        which: &str,
        alias: &str,
        reason: &Reason<'_>,
    ) -> Result<i64> {
        let change = self.begin()?;
        let version = find(&change, name, Some(which))?.version;
        point(&change, (name, alias), version, "promoted", reason)?;
        change.commit().map_err(failed)?;
        Ok(version)
    }

    /// Lets an alias point to where it pointed before its last promotion that still stands.
    pub fn roll_back(&mut self, name: &str, alias: &str, reason: &Reason<'_>) -> Result<i64> {
        let change = self.begin()?;
        let mut stood = standing(&change, name, alias).map_err(failed)?;
        stood.pop();
        let Some(version) = stood.pop() else {
            return Err(refused(format!(
                "\u{201c}{alias}\u{201d} of \u{201c}{name}\u{201d} has pointed to no version before; there is nothing to roll back to."
            )));
        };
        point(&change, (name, alias), version, "rolled_back", reason)?;
        change.commit().map_err(failed)?;
        Ok(version)
    }

    /// Removes an alias and tells where it pointed.
    pub fn remove_alias(&mut self, name: &str, alias: &str, reason: &Reason<'_>) -> Result<i64> {
        let change = self.begin()?;
        let Some(version) = pointed(&change, name, alias).map_err(failed)? else {
            return Err(refused(format!(
                "There is no alias \u{201c}{alias}\u{201d} of a model \u{201c}{name}\u{201d}."
            )));
        };
        let deed = Deed {
            event: "alias_removed",
            name,
            version,
            alias: Some(alias),
            ..Deed::default()
        };
        write(&change, &deed, reason)?;
        let sql = "DELETE FROM aliases WHERE name = ?1 AND alias = ?2";
        change.execute(sql, [name, alias]).map_err(failed)?;
        change.commit().map_err(failed)?;
        Ok(version)
    }
}

/// Writes to the history where an alias goes, and lets it go there.
pub(super) fn point(
    change: &Transaction<'_>,
    (name, alias): (&str, &str),
    version: i64,
    event: &str,
    reason: &Reason<'_>,
) -> Result<()> {
    check_alias(alias)?;
    let from_version = pointed(change, name, alias).map_err(failed)?;
    if from_version == Some(version) {
        return Err(refused(format!(
            "\u{201c}{alias}\u{201d} is version {version} of \u{201c}{name}\u{201d} already."
        )));
    }
    let deed = Deed {
        event,
        name,
        version,
        alias: Some(alias),
        from_version,
        what: None,
    };
    write(change, &deed, reason)?;
    set(change, name, alias, version).map_err(failed)
}

/// Sets an alias of which the history tells already.
pub(super) fn set(
    change: &Transaction<'_>,
    name: &str,
    alias: &str,
    version: i64,
) -> rusqlite::Result<()> {
    let sql = "INSERT INTO aliases (name, alias, version) VALUES (?1, ?2, ?3)
               ON CONFLICT (name, alias) DO UPDATE SET version = excluded.version";
    change.execute(sql, params![name, alias, version])?;
    Ok(())
}

/// An alias of digits alone could not be told from a number.
fn check_alias(alias: &str) -> Result<()> {
    check_name("alias", alias)?;
    if alias.bytes().any(|byte| !byte.is_ascii_digit()) {
        return Ok(());
    }
    Err(refused(format!(
        "\u{201c}{alias}\u{201d} cannot be an alias: it would look like the number of a version."
    )))
}

fn pointed(connection: &Connection, name: &str, alias: &str) -> rusqlite::Result<Option<i64>> {
    let sql = "SELECT version FROM aliases WHERE name = ?1 AND alias = ?2";
    connection
        .query_row(sql, [name, alias], |row| row.get(0))
        .optional()
}

/// The promotions of an alias that still stand, oldest first; the last is where it points.
/// A removal ends them all.
fn standing(connection: &Connection, name: &str, alias: &str) -> rusqlite::Result<Vec<i64>> {
    let sql = "SELECT event, version FROM history WHERE name = ?1 AND alias = ?2 ORDER BY id";
    let mut query = connection.prepare(sql)?;
    let mut rows = query.query([name, alias])?;
    let mut stood = Vec::new();
    while let Some(row) = rows.next()? {
        match row.get::<_, String>(0)?.as_str() {
            "promoted" => stood.push(row.get(1)?),
            "rolled_back" => {
                stood.pop();
            }
            _ => stood.clear(),
        }
    }
    Ok(stood)
}
