//! A whole registry as one file, and back.
//!
//! Two files that were once the same may be joined where, for each name, the history of one is
//! the beginning of the other's: what is missing is appended, as Git fast-forwards a branch.
//! Where both went on, nobody can say where the aliases should point, and it is refused.

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::{Transaction, params};
use serde::Serialize;

use super::kept::{Event, Version, insert, register};
use super::{Checked, Registry, check_name, failed, moves, refused};
use crate::failure::{Result, shown};

/// What an import brought.
#[derive(Debug, Default, Serialize)]
pub struct Imported {
    /// Names of which something was new.
    pub names: Vec<String>,
    /// Versions added.
    pub versions: usize,
    /// Rows of history added.
    pub events: usize,
}

/// All that a file says of a name.
struct Story<'a> {
    name: &'a str,
    versions: Vec<&'a Version>,
    events: Vec<&'a Event>,
}

impl Registry {
    /// Writes everything as it is now to a file that is not there yet.
    pub fn copy_to(&self, path: &Path) -> Result<()> {
        let Some(text) = path.to_str() else {
            let message = format!("The path {} is not Unicode; choose another.", shown(path));
            return Err(refused(message));
        };
        let copied = self.connection.execute("VACUUM INTO ?1", [text]);
        copied.map(|_| ()).map_err(failed)
    }

    /// Takes over what another registry has and this one has not; all of it or nothing.
    pub fn import(&mut self, from: &Self) -> Result<Imported> {
        from.read(|from| {
            let (versions, events) = (from.versions()?, from.history(None)?);
            let change = self.begin()?;
            let mut imported = Imported::default();
            for story in stories(&versions, &events).values() {
                append(&change, from, story, &mut imported)?;
            }
            change.commit().map_err(failed)?;
            Ok(imported)
        })
    }
}

fn stories<'a>(versions: &'a [Version], events: &'a [Event]) -> BTreeMap<&'a str, Story<'a>> {
    let mut stories = BTreeMap::new();
    for version in versions {
        let name = version.name.as_str();
        let story = stories.entry(name).or_insert_with(|| Story {
            name,
            versions: Vec::new(),
            events: Vec::new(),
        });
        story.versions.push(version);
    }
    for event in events {
        if let Some(story) = stories.get_mut(event.name.as_str()) {
            story.events.push(event);
        }
    }
    stories
}

/// Appends what a story has beyond what is here of its name.
fn append(
    change: &Transaction<'_>,
    from: &Registry,
    story: &Story<'_>,
    imported: &mut Imported,
) -> Result<()> {
    let name = story.name;
    check_name("name of a model", name)?;
    let known = uids(change, name).map_err(failed)?;
    let told = story.events.iter().map(|event| event.uid.as_str());
    let n_common = known.iter().zip(told).take_while(|(a, b)| a == b).count();
    if n_common < known.len().min(story.events.len()) {
        return Err(refused(format!(
            "Both files went on with \u{201c}{name}\u{201d} on their own, so their histories cannot be joined. Nothing was imported. Take its models out with `handlens models get` and add them under another name."
        )));
    }
    let digests = digests(change, name).map_err(failed)?;
    check_same(story, &digests)?;
    let is_longer = story.events.len() > known.len();
    let is_new = |version: &Version| !digests.contains_key(&version.version);
    if !is_longer && !story.versions.iter().any(|version| is_new(version)) {
        return Ok(());
    }
    register(change, name).map_err(failed)?;
    for version in &story.versions {
        if is_new(version) {
            let artifact = from.artifact(version)?;
            let checked = Checked::new(&artifact)?;
            let created = Some(version.created.as_str());
            insert(change, name, version.version, &checked, created).map_err(failed)?;
            imported.versions += 1;
        }
        if is_longer || is_new(version) {
            set_about(change, version).map_err(failed)?;
        }
    }
    for event in story.events.iter().skip(known.len()) {
        copy(change, event).map_err(failed)?;
        imported.events += 1;
    }
    if is_longer {
        set_aliases(change, story).map_err(failed)?;
    }
    imported.names.push(name.to_owned());
    Ok(())
}

/// Refuses versions that have a number of here and another artifact.
fn check_same(story: &Story<'_>, digests: &BTreeMap<i64, String>) -> Result<()> {
    for version in &story.versions {
        if digests
            .get(&version.version)
            .is_some_and(|digest| *digest != version.digest)
        {
            return Err(refused(format!(
                "Version {} of \u{201c}{}\u{201d} is another model in each of the files. Nothing was imported.",
                version.version, story.name
            )));
        }
    }
    Ok(())
}

fn uids(change: &Transaction<'_>, name: &str) -> rusqlite::Result<Vec<String>> {
    change
        .prepare("SELECT uid FROM history WHERE name = ?1 ORDER BY id")?
        .query_map([name], |row| row.get(0))?
        .collect()
}

fn digests(change: &Transaction<'_>, name: &str) -> rusqlite::Result<BTreeMap<i64, String>> {
    change
        .prepare("SELECT version, digest FROM models WHERE name = ?1")?
        .query_map([name], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

/// Takes over tags, notes and card.
fn set_about(change: &Transaction<'_>, version: &Version) -> rusqlite::Result<usize> {
    change.execute(
        "UPDATE models SET tags = ?3, notes = ?4, card = ?5
         WHERE name = ?1 AND version = ?2 AND (tags <> ?3 OR notes <> ?4 OR card <> ?5)",
        params![
            version.name,
            version.version,
            version.tags,
            version.notes,
            version.card
        ],
    )
}

/// Writes a row of history with the time and the number it has elsewhere.
fn copy(change: &Transaction<'_>, event: &Event) -> rusqlite::Result<usize> {
    change.execute(
        "INSERT INTO history (uid, at, event, name, version, alias, from_version, what, who, why)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        params![
            event.uid,
            event.at,
            event.event,
            event.name,
            event.version,
            event.alias,
            event.from_version,
            event.what,
            event.who,
            event.why
        ],
    )
}

/// Lets the aliases point to where the longer history says.
fn set_aliases(change: &Transaction<'_>, story: &Story<'_>) -> rusqlite::Result<()> {
    let goals = story.events.iter().filter_map(|event| {
        let goal = (event.event != "alias_removed").then_some(event.version);
        Some((event.alias.as_deref()?, goal))
    });
    for (alias, goal) in goals.collect::<BTreeMap<_, _>>() {
        match goal {
            Some(version) => moves::set(change, story.name, alias, version)?,
            None => {
                let sql = "DELETE FROM aliases WHERE name = ?1 AND alias = ?2";
                change.execute(sql, [story.name, alias])?;
            }
        }
    }
    Ok(())
}
