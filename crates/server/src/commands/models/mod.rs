//! `handlens models`: the registry of models in one SQLite file.

mod compare;
mod words;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::json;

use crate::cli::Reading;
use crate::failure::{Failure, Result, shown};
use crate::input::read_file;
use crate::output::{self, print, print_json, visible};
use crate::registry::{CARD_FIELDS, Checked, Registry, Version};
use crate::report::counted;

/// `handlens models`
#[derive(Args)]
pub struct Models {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Add a model as the next version of a name
    Add(Add),
    /// List every version
    List {
        /// The file of models
        db: PathBuf,
    },
    /// Tell everything that is kept of a version
    Show(Which),
    /// Write the artifact of a version
    Get {
        #[command(flatten)]
        which: Which,
        /// Where to write; standard output where not said
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Let an alias point to a version
    #[command(visible_alias = "alias")]
    Promote {
        /// The file of models
        db: PathBuf,
        /// The name of the model
        name: String,
        /// The number of the version, or another alias
        version: String,
        /// The alias: champion, challenger, or one of your own
        #[arg(default_value = "champion")]
        alias: String,
        #[command(flatten)]
        reason: Reason,
    },
    /// Let an alias point to where it pointed before
    Rollback(Alias),
    /// Remove an alias
    Unalias(Alias),
    /// Give a version a tag
    Tag {
        #[command(flatten)]
        at: At,
        /// The tag
        tag: String,
        #[command(flatten)]
        reason: Reason,
    },
    /// Take a tag from a version
    Untag {
        #[command(flatten)]
        at: At,
        /// The tag
        tag: String,
        #[command(flatten)]
        reason: Reason,
    },
    /// Replace the notes on a version
    Note {
        #[command(flatten)]
        at: At,
        /// The notes; "" for none
        text: String,
        #[command(flatten)]
        reason: Reason,
    },
    /// Fill in the model card of a version; `show` tells it
    Card {
        #[command(flatten)]
        at: At,
        #[command(flatten)]
        card: Fields,
        #[command(flatten)]
        reason: Reason,
    },
    /// Judge two versions on a table that has the right answers
    Compare(Compare),
    /// Tell who did what when and why, oldest first
    History {
        /// The file of models
        db: PathBuf,
        /// Only of this name
        name: Option<String>,
    },
    /// Write the whole registry to one file, a registry itself
    Export {
        /// The file of models
        db: PathBuf,
        /// Where to write; what is there is replaced
        out: PathBuf,
    },
    /// Take over what an exported registry has and this one has not, all or nothing
    Import {
        /// The file of models; made where there is none
        db: PathBuf,
        /// The exported file
        from: PathBuf,
    },
}

#[derive(Args)]
struct Add {
    /// The file of models; made where there is none
    db: PathBuf,
    /// A model written by `handlens train` or by the page
    model: PathBuf,
    /// The name to keep it under
    #[arg(long)]
    name: String,
    /// An alias to point to it at once
    #[arg(long)]
    alias: Option<String>,
    #[command(flatten)]
    reason: Reason,
}

#[derive(Args)]
struct Which {
    /// The file of models
    db: PathBuf,
    /// The name of the model
    name: String,
    /// The number of the version, or an alias; the champion, else the newest, where not said
    version: Option<String>,
}

#[derive(Args)]
struct At {
    /// The file of models
    db: PathBuf,
    /// The name of the model
    name: String,
    /// The number of the version, or an alias
    version: String,
}

#[derive(Args)]
struct Alias {
    /// The file of models
    db: PathBuf,
    /// The name of the model
    name: String,
    /// The alias
    alias: String,
    #[command(flatten)]
    reason: Reason,
}

#[derive(Args)]
#[group(required = true, multiple = true)]
struct Fields {
    /// What it is for, and what it is not for
    #[arg(long, value_name = "TEXT")]
    purpose: Option<String>,
    /// What it learnt from: source, time, licence, what is missing
    #[arg(long, value_name = "TEXT")]
    data: Option<String>,
    /// How good it is; the evaluation that the model carries is shown in any case
    #[arg(long, value_name = "TEXT")]
    metrics: Option<String>,
    /// Where it fails or must not be trusted
    #[arg(long, value_name = "TEXT")]
    limits: Option<String>,
    /// How it does for groups of people or things
    #[arg(long, value_name = "TEXT")]
    groups: Option<String>,
}

impl Fields {
    fn given(&self) -> BTreeMap<&str, &str> {
        let Self {
            purpose,
            data,
            metrics,
            limits,
            groups,
        } = self;
        let texts = [purpose, data, metrics, limits, groups];
        let fields = CARD_FIELDS.iter().zip(texts);
        fields
            .filter_map(|(field, text)| Some((*field, text.as_deref()?)))
            .collect()
    }
}

#[derive(Args)]
struct Compare {
    /// The file of models
    db: PathBuf,
    /// The name of the model
    name: String,
    /// The number of a version, or an alias
    first: String,
    /// The number of the other version, or an alias
    second: String,
    /// A table with the right answers that neither has learnt from
    #[arg(long, value_name = "DATA")]
    data: String,
    #[command(flatten)]
    reading: Reading,
}

#[derive(Args)]
struct Reason {
    /// Why, for the history
    #[arg(long, default_value = "")]
    why: String,
    /// Who; the user of this machine where not said
    #[arg(long)]
    by: Option<String>,
}

impl Reason {
    fn who(&self) -> String {
        let user = || std::env::var("USER").or_else(|_| std::env::var("USERNAME"));
        self.by
            .clone()
            .or_else(|| user().ok())
            .unwrap_or_else(|| "unknown".into())
    }

    /// Hands it to `work` as the registry takes it.
    fn give<T>(&self, work: impl FnOnce(&crate::registry::Reason<'_>) -> T) -> T {
        let who = self.who();
        work(&crate::registry::Reason {
            who: &who,
            why: &self.why,
        })
    }
}

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
