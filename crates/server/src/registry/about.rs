//! What is said about a version: tags, notes and its model card. Every change is one
//! transaction, its row of history inside.

use std::collections::BTreeMap;

use rusqlite::{Transaction, params};

use super::kept::{Deed, Reason, Version, find, write};
use super::{MOST_NAME, Registry, failed, refused};
use crate::commands::unexpected;
use crate::failure::Result;

/// The fields of a model card, after M. Mitchell et al., "Model Cards for Model Reporting",
/// FAT* 2019: what it is for, what it learnt from, how good it is, where it fails, and for whom.
pub const CARD_FIELDS: [&str; 5] = ["purpose", "data", "metrics", "limits", "groups"];
/// Most characters of a note or of a field of a card.
const MOST_TEXT: usize = 20_000;

/// A name, and the number or an alias of a version of it.
pub type Place<'a> = (&'a str, &'a str);

impl Registry {
    /// Gives a version a tag.
    pub fn tag(&mut self, place: Place<'_>, tag: &str, reason: &Reason<'_>) -> Result<Version> {
        if tag.trim().is_empty()
            || tag.chars().count() > MOST_NAME
            || tag.contains(char::is_control)
        {
            return Err(refused(format!(
                "A tag has 1 to {MOST_NAME} characters on one line."
            )));
        }
        self.change(place, ("tagged", Some(tag)), reason, |change, version| {
            let mut tags: Vec<String> = from_json(&version.tags)?;
            if tags.iter().any(|other| other == tag) {
                return Err(refused(format!(
                    "The version has the tag \u{201c}{tag}\u{201d} already."
                )));
            }
            tags.push(tag.to_owned());
            tags.sort();
            set(change, version, "tags", &to_json(&tags)?)
        })
    }

    /// Takes a tag from a version.
    pub fn untag(&mut self, place: Place<'_>, tag: &str, reason: &Reason<'_>) -> Result<Version> {
        self.change(place, ("untagged", Some(tag)), reason, |change, version| {
            let mut tags: Vec<String> = from_json(&version.tags)?;
            let n_before = tags.len();
            tags.retain(|other| other != tag);
            if tags.len() == n_before {
                return Err(refused(format!(
                    "The version has no tag \u{201c}{tag}\u{201d}."
                )));
            }
            set(change, version, "tags", &to_json(&tags)?)
        })
    }

    /// Replaces the notes on a version.
    pub fn note(&mut self, place: Place<'_>, text: &str, reason: &Reason<'_>) -> Result<Version> {
        check_text(text)?;
        self.change(place, ("noted", Some(text)), reason, |change, version| {
            set(change, version, "notes", text)
        })
    }

    /// Fills fields of the card of a version; an empty text removes a field.
    pub fn describe(
        &mut self,
        place: Place<'_>,
        fields: &BTreeMap<&str, &str>,
        reason: &Reason<'_>,
    ) -> Result<Version> {
        fields.values().try_for_each(|text| check_text(text))?;
        let what = to_json(fields)?;
        self.change(
            place,
            ("described", Some(&what)),
            reason,
            |change, version| {
                let mut card: BTreeMap<String, String> = from_json(&version.card)?;
                for (field, text) in fields {
                    card.insert((*field).to_owned(), (*text).to_owned());
                }
                card.retain(|_, text| !text.is_empty());
                set(change, version, "card", &to_json(&card)?)
            },
        )
    }

    /// Changes a version and tells it to the history. Gives the version as it is then.
    fn change(
        &mut self,
        (name, which): Place<'_>,
        (event, what): (&str, Option<&str>),
        reason: &Reason<'_>,
        work: impl FnOnce(&Transaction<'_>, &Version) -> Result<()>,
    ) -> Result<Version> {
        let change = self.begin()?;
        let version = find(&change, name, Some(which))?;
        work(&change, &version)?;
        let deed = Deed {
            event,
            name,
            version: version.version,
            what,
            ..Deed::default()
        };
        write(&change, &deed, reason)?;
        let changed = find(&change, name, Some(which))?;
        change.commit().map_err(failed)?;
        Ok(changed)
    }
}

fn check_text(text: &str) -> Result<()> {
    if text.chars().count() <= MOST_TEXT {
        return Ok(());
    }
    Err(refused(format!(
        "The text has more than {MOST_TEXT} characters. Shorten it, or keep it elsewhere and name its place."
    )))
}

fn set(change: &Transaction<'_>, version: &Version, column: &str, text: &str) -> Result<()> {
    let sql = format!("UPDATE models SET {column} = ?3 WHERE name = ?1 AND version = ?2");
    let done = change.execute(&sql, params![version.name, version.version, text]);
    done.map(|_| ()).map_err(failed)
}

fn to_json(value: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|_| unexpected())
}

fn from_json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|_| {
        refused(
            "The tags or the card of the version have another form than Handlens writes.".into(),
        )
    })
}
