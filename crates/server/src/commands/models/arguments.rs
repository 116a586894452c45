//! The arguments of `handlens models`, declared.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::cli::Reading;
use crate::registry::CARD_FIELDS;

/// `handlens models`
#[derive(Args)]
pub struct Models {
    #[command(subcommand)]
    pub what: What,
}

#[derive(Subcommand)]
pub enum What {
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
pub struct Add {
    /// The file of models; made where there is none
    pub db: PathBuf,
    /// A model written by `handlens train` or by the page
    pub model: PathBuf,
    /// The name to keep it under
    #[arg(long)]
    pub name: String,
    /// An alias to point to it at once
    #[arg(long)]
    pub alias: Option<String>,
    #[command(flatten)]
    pub reason: Reason,
}

#[derive(Args)]
pub struct Which {
    /// The file of models
    pub db: PathBuf,
    /// The name of the model
    pub name: String,
    /// The number of the version, or an alias; the champion, else the newest, where not said
    pub version: Option<String>,
}

#[derive(Args)]
pub struct At {
    /// The file of models
    pub db: PathBuf,
    /// The name of the model
    pub name: String,
    /// The number of the version, or an alias
    pub version: String,
}

#[derive(Args)]
pub struct Alias {
    /// The file of models
    pub db: PathBuf,
    /// The name of the model
    pub name: String,
    /// The alias
    pub alias: String,
    #[command(flatten)]
    pub reason: Reason,
}

#[derive(Args)]
#[group(required = true, multiple = true)]
pub struct Fields {
    /// What it is for, and what it is not for
    #[arg(long, value_name = "TEXT")]
    pub purpose: Option<String>,
    /// What it learnt from: source, time, licence, what is missing
    #[arg(long, value_name = "TEXT")]
    pub data: Option<String>,
    /// How good it is; the evaluation that the model carries is shown in any case
    #[arg(long, value_name = "TEXT")]
    pub metrics: Option<String>,
    /// Where it fails or must not be trusted
    #[arg(long, value_name = "TEXT")]
    pub limits: Option<String>,
    /// How it does for groups of people or things
    #[arg(long, value_name = "TEXT")]
    pub groups: Option<String>,
}

impl Fields {
    /// The fields that are given.
    pub fn given(&self) -> BTreeMap<&str, &str> {
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
pub struct Compare {
    /// The file of models
    pub db: PathBuf,
    /// The name of the model
    pub name: String,
    /// The number of a version, or an alias
    pub first: String,
    /// The number of the other version, or an alias
    pub second: String,
    /// A table with the right answers that neither has learnt from
    #[arg(long, value_name = "DATA")]
    pub data: String,
    #[command(flatten)]
    pub reading: Reading,
}

#[derive(Args)]
pub struct Reason {
    /// Why, for the history
    #[arg(long, default_value = "")]
    pub why: String,
    /// Who; the user of this machine where not said
    #[arg(long)]
    pub by: Option<String>,
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
    pub fn give<T>(&self, work: impl FnOnce(&crate::registry::Reason<'_>) -> T) -> T {
        let who = self.who();
        work(&crate::registry::Reason {
            who: &who,
            why: &self.why,
        })
    }
}
