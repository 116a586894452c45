//! `handlens models`: the registry of models in one SQLite file.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use handlens::protocol::{ModelSummary, Request, Response};
use handlens::session::Session;
use serde::Serialize;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::unexpected;
use crate::failure::Result;
use crate::input::read_file;
use crate::output::{self, print, print_json, visible};
use crate::registry::{Addition, Event, Move, Registry, Version};
use crate::report::table;

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
    Promote {
        /// The file of models
        db: PathBuf,
        /// The name of the model
        name: String,
        /// The number of the version
        version: i64,
        /// The alias: champion, challenger, or one of your own
        alias: String,
        #[command(flatten)]
        reason: Reason,
    },
    /// Let an alias point to where it pointed before
    Rollback {
        /// The file of models
        db: PathBuf,
        /// The name of the model
        name: String,
        /// The alias
        alias: String,
        #[command(flatten)]
        reason: Reason,
    },
    /// Tell who was what when and why, oldest first
    History {
        /// The file of models
        db: PathBuf,
        /// Only of this name
        name: Option<String>,
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
    /// The number of the version, or an alias
    version: String,
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
}

/// Does what is asked of the registry.
pub fn run(options: &Models, is_json: bool) -> Result<()> {
    match &options.what {
        What::Add(add) => self::add(add, is_json),
        What::List { db } => {
            let versions = Registry::open(db)?.versions()?;
            tell(&versions, is_json, || list(&versions))
        }
        What::Show(which) => {
            let (_, version) = which.find()?;
            let told = whole(&version);
            tell(&told, is_json, || list(std::slice::from_ref(&version)))
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
            Registry::open(db)?.promote(&to(name, alias, &reason.who(), &reason.why), *version)?;
            moved(name, alias, *version, is_json)
        }
        What::Rollback {
            db,
            name,
            alias,
            reason,
        } => {
            let who = reason.who();
            let version = Registry::open(db)?.roll_back(&to(name, alias, &who, &reason.why))?;
            moved(name, alias, version, is_json)
        }
        What::History { db, name } => {
            let events = Registry::open(db)?.history(name.as_deref())?;
            tell(&events, is_json, || history(&events))
        }
    }
}

impl Which {
    fn find(&self) -> Result<(Registry, Version)> {
        let registry = Registry::open(&self.db)?;
        let version = registry.find(&self.name, &self.version)?;
        Ok((registry, version))
    }
}

fn to<'a>(name: &'a str, alias: &'a str, who: &'a str, why: &'a str) -> Move<'a> {
    Move {
        name,
        alias,
        who,
        why,
    }
}

fn add(options: &Add, is_json: bool) -> Result<()> {
    let artifact = read_file(&options.model)?;
    let summary = check(&artifact)?;
    let schema = json!({
        "task": summary.task,
        "algorithm": summary.algorithm,
        "target": summary.target,
        "labels": summary.labels,
        "inputs": summary.inputs,
    });
    let metrics = summary.evaluation.as_ref().map(serde_json::to_string);
    let metrics = metrics.transpose().map_err(|_| unexpected())?;
    let digest: String = Sha256::digest(&artifact)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let who = options.reason.who();
    let addition = Addition {
        name: &options.name,
        artifact: &artifact,
        digest: &digest,
        schema: &schema.to_string(),
        metrics: metrics.as_deref(),
        who: &who,
        why: &options.reason.why,
    };
    let alias = options.alias.as_deref();
    let version = Registry::open_or_create(&options.db)?.add(&addition, alias)?;
    if is_json {
        return print_json(&json!({
            "name": options.name, "version": version, "alias": alias, "digest": digest,
        }));
    }
    print(&visible(&format!(
        "Kept as version {version} of {}.\n",
        options.name
    )))
}

/// Only what loads as a model is kept.
fn check(artifact: &[u8]) -> Result<ModelSummary> {
    let name = String::new();
    let reply = Session::new().handle(Request::Load { name }, artifact)?;
    match reply.response {
        Response::Model(summary) => Ok(*summary),
        _ => Err(unexpected()),
    }
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

/// A version with schema and metrics as JSON instead of as text.
fn whole(version: &Version) -> serde_json::Value {
    let parsed = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
    json!({
        "name": version.name, "version": version.version, "alias": version.alias,
        "digest": version.digest, "created": version.created, "notes": version.notes,
        "bytes": version.bytes, "schema": parsed(&version.schema),
        "metrics": version.metrics.as_deref().and_then(parsed),
    })
}

fn list(versions: &[Version]) -> String {
    let header = ["name", "version", "alias", "created", "bytes"].map(str::to_owned);
    let mut rows = vec![header.to_vec()];
    rows.extend(versions.iter().map(|version| {
        vec![
            version.name.clone(),
            version.version.to_string(),
            version.alias.clone().unwrap_or_default(),
            version.created.clone(),
            version.bytes.to_string(),
        ]
    }));
    table(&rows)
}

fn history(events: &[Event]) -> String {
    let row = |event: &Event| {
        vec![
            event.at.clone(),
            event.who.clone(),
            event.event.replace('_', " "),
            format!("{} {}", event.name, event.version),
            event.alias.clone().unwrap_or_default(),
            event.why.clone(),
        ]
    };
    table(&events.iter().map(row).collect::<Vec<_>>())
}
