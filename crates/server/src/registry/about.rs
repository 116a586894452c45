//! What is said about a version: tags, notes and its model card. Every change is one
//! transaction, its row of history inside.

use std::collections::BTreeMap;

use rusqlite::{Transaction, params};

use super::kept::{Deed, Reason, write};
use super::moves::check_version;
use super::{MOST_NAME, Registry, failed, refused};
use crate::commands::unexpected;
use crate::failure::Result;

/// The fields of a model card, after M. Mitchell et al., "Model Cards for Model Reporting",
/// FAT* 2019: what it is for, what it learnt from, how good it is, where it fails, and for whom.
pub const CARD_FIELDS: [&str; 5] = ["purpose", "data", "metrics", "limits", "groups"];
/// Most characters of a note or of a field of a card.
const MOST_TEXT: usize = 20_000;

/// A version, by its number.
pub type Place<'a> = (&'a str, i64);

impl Registry {
    /// Gives a version a tag.
    pub fn tag(&mut self, place: Place<'_>, tag: &str, reason: &Reason<'_>) -> Result<()> {
        if tag.trim().is_empty()
            || tag.chars().count() > MOST_NAME
            || tag.contains(char::is_control)
        {
            return Err(refused(format!(
                "A tag has 1 to {MOST_NAME} characters on one line."
            )));
        }
        self.change(place, ("tagged", Some(tag)), reason, |change| {
            let mut tags = tags(change, place)?;
            if tags.iter().any(|other| other == tag) {
                return Err(refused(format!(
                    "Version {} of \u{201c}{}\u{201d} has the tag \u{201c}{tag}\u{201d} already.",
                    place.1, place.0
                )));
            }
            tags.push(tag.to_owned());
            tags.sort();
            set(change, place, "tags", &to_json(&tags)?)
        })
    }

    /// Takes a tag from a version.
    pub fn untag(&mut self, place: Place<'_>, tag: &str, reason: &Reason<'_>) -> Result<()> {
        self.change(place, ("untagged", Some(tag)), reason, |change| {
            let mut tags = tags(change, place)?;
            let n_before = tags.len();
            tags.retain(|other| other != tag);
            if tags.len() == n_before {
                return Err(refused(format!(
                    "Version {} of \u{201c}{}\u{201d} has no tag \u{201c}{tag}\u{201d}.",
                    place.1, place.0
                )));
            }
            set(change, place, "tags", &to_json(&tags)?)
        })
    }

    /// Replaces the notes on a version.
    pub fn note(&mut self, place: Place<'_>, text: &str, reason: &Reason<'_>) -> Result<()> {
        check_text(text)?;
        self.change(place, ("noted", Some(text)), reason, |change| {
            set(change, place, "notes", text)
        })
    }

    /// Fills fields of the card of a version; an empty text removes a field.
    pub fn describe(
        &mut self,
        place: Place<'_>,
        fields: &BTreeMap<&str, &str>,
        reason: &Reason<'_>,
    ) -> Result<()> {
        fields.values().try_for_each(|text| check_text(text))?;
        let what = to_json(fields)?;
        self.change(place, ("described", Some(&what)), reason, |change| {
            let mut card: BTreeMap<String, String> = from_json(&get(change, place, "card")?)?;
            for (field, text) in fields {
                card.insert((*field).to_owned(), (*text).to_owned());
            }
            card.retain(|_, text| !text.is_empty());
            set(change, place, "card", &to_json(&card)?)
        })
    }

    fn change(
        &mut self,
        (name, version): Place<'_>,
        (event, what): (&str, Option<&str>),
        reason: &Reason<'_>,
        work: impl FnOnce(&Transaction<'_>) -> Result<()>,
    ) -> Result<()> {
        let change = self.begin()?;
        check_version(&change, name, version)?;
        work(&change)?;
        let deed = Deed {
            event,
            name,
            version,
            what,
            ..Deed::default()
        };
        write(&change, &deed, reason)?;
        change.commit().map_err(failed)
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

fn tags(change: &Transaction<'_>, place: Place<'_>) -> Result<Vec<String>> {
    from_json(&get(change, place, "tags")?)
}

fn get(change: &Transaction<'_>, (name, version): Place<'_>, column: &str) -> Result<String> {
    let sql = format!("SELECT {column} FROM models WHERE name = ?1 AND version = ?2");
    change
        .query_row(&sql, params![name, version], |row| row.get(0))
        .map_err(failed)
}

fn set(
    change: &Transaction<'_>,
    (name, version): Place<'_>,
    column: &str,
    text: &str,
) -> Result<()> {
    let sql = format!("UPDATE models SET {column} = ?3 WHERE name = ?1 AND version = ?2");
    let done = change.execute(&sql, params![name, version, text]);
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
