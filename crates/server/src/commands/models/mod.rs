//! `handlens models`: the registry of models in one SQLite file.

mod arguments;
mod compare;
mod words;

use std::fs;
use std::path::Path;

use serde::Serialize;
use serde_json::json;

use crate::failure::{Failure, Result, shown};
use crate::input::read_file;
use crate::output::{self, print, print_json, visible};
use crate::registry::{Checked, Registry, Version};
use crate::report::counted;

pub use arguments::Models;
use arguments::{Add, At, What, Which};

/// Does what is asked of the registry.
pub fn run(options: &Models, is_json: bool) -> Result<()> {
    match &options.what {
        What::Add(add) => self::add(add, is_json),
        What::List { db } => {
            let versions = Registry::open(db)?.versions()?;
            let whole: Vec<_> = versions.iter().map(words::whole).collect();
            tell(&whole, is_json, || words::list(&versions))
        }
        What::Show(which) => {
            let (_, version) = which.find()?;
            let told = words::whole(&version);
            tell(&told, is_json, || words::show(&version))
        }
        What::Get { which, out } => {
            let (registry, version) = which.find()?;
            output::write(out.as_deref(), &registry.artifact(&version)?)
        }
        What::Promote {
            db,
            name,
            version,
            alias,
            reason,
        } => {
            let mut registry = Registry::open(db)?;
            let version = reason.give(|reason| registry.promote(name, version, alias, reason))?;
            moved(name, alias, version, is_json)
        }
        What::Rollback(at) => {
            let mut registry = Registry::open(&at.db)?;
            let version = at
                .reason
                .give(|reason| registry.roll_back(&at.name, &at.alias, reason))?;
            moved(&at.name, &at.alias, version, is_json)
        }
        What::Unalias(at) => {
            let mut registry = Registry::open(&at.db)?;
            let version = at
                .reason
                .give(|reason| registry.remove_alias(&at.name, &at.alias, reason))?;
            let told = json!({ "name": at.name, "alias": at.alias, "from_version": version });
            tell(&told, is_json, || {
                format!(
                    "{} of {} is removed; it was version {version}.\n",
                    at.alias, at.name
                )
            })
        }
        What::Tag { at, tag, reason } => at.change(is_json, |registry, place| {
            reason.give(|reason| registry.tag(place, tag, reason))
        }),
        What::Untag { at, tag, reason } => at.change(is_json, |registry, place| {
            reason.give(|reason| registry.untag(place, tag, reason))
        }),
        What::Note { at, text, reason } => at.change(is_json, |registry, place| {
            reason.give(|reason| registry.note(place, text, reason))
        }),
        What::Card { at, card, reason } => at.change(is_json, |registry, place| {
            reason.give(|reason| registry.describe(place, &card.given(), reason))
        }),
        What::Compare(options) => compare::run(options, is_json),
        What::History { db, name } => {
            let events = Registry::open(db)?.history(name.as_deref())?;
            tell(&events, is_json, || words::history(&events))
        }
        What::Export { db, out } => export(db, out, is_json),
        What::Import { db, from } => {
            let source = Registry::open(from)?;
            let imported = Registry::open_or_create(db)?.import(&source)?;
            tell(&imported, is_json, || {
                let versions = counted(imported.versions, "version", "versions");
                let events = counted(imported.events, "row", "rows");
                format!("Imported {versions} and {events} of history.\n")
            })
        }
    }
}

impl Which {
    fn find(&self) -> Result<(Registry, Version)> {
        let registry = Registry::open(&self.db)?;
        let version = registry.find(&self.name, self.version.as_deref())?;
        Ok((registry, version))
    }
}

impl At {
    /// Changes what is said about a version, and tells all that is kept of it then.
    fn change(
        &self,
        is_json: bool,
        work: impl FnOnce(&mut Registry, (&str, &str)) -> Result<Version>,
    ) -> Result<()> {
        let mut registry = Registry::open(&self.db)?;
        let changed = work(&mut registry, (&self.name, &self.version))?;
        tell(&words::whole(&changed), is_json, || words::show(&changed))
    }
}

fn add(options: &Add, is_json: bool) -> Result<()> {
    let artifact = read_file(&options.model)?;
    let checked = Checked::new(&artifact)?;
    let alias = options.alias.as_deref();
    let mut registry = Registry::open_or_create(&options.db)?;
    let version = options
        .reason
        .give(|reason| registry.add(&options.name, &checked, alias, reason))?;
    let told = json!({
        "name": options.name, "version": version, "alias": alias, "digest": checked.digest,
    });
    tell(&told, is_json, || {
        format!("Kept as version {version} of {}.\n", options.name)
    })
}

/// Copies to a file beside `out` first, so that nobody ever sees half of it.
fn export(db: &Path, out: &Path, is_json: bool) -> Result<()> {
    let registry = Registry::open(db)?;
    if fs::canonicalize(out).is_ok_and(|out| fs::canonicalize(db).is_ok_and(|db| db == out)) {
        let message = "The file to write is the file of models itself; name another.";
        return Err(Failure::Usage(message.into()));
    }
    let draft = output::draft_of(out);
    let written = registry.copy_to(&draft).and_then(|()| {
        fs::rename(&draft, out).map_err(|error| Failure::writing(&shown(out), &error))
    });
    if written.is_err() {
        // What failed is the writing; whether the draft can be removed changes nothing.
        let _ = fs::remove_file(&draft);
    }
    written?;
    let told = json!({ "out": out });
    tell(&told, is_json, || format!("Written to {}.\n", shown(out)))
}

fn moved(name: &str, alias: &str, version: i64, is_json: bool) -> Result<()> {
    let told = json!({ "name": name, "alias": alias, "version": version });
    tell(&told, is_json, || {
        format!("{alias} of {name} is version {version} now.\n")
    })
}

fn tell(value: &impl Serialize, is_json: bool, words: impl FnOnce() -> String) -> Result<()> {
    if is_json {
        print_json(value)
    } else {
        print(&visible(&words()))
    }
}
