//! What to predict, with what, and how to prepare the columns: a sensible start.

use super::Session;
use super::prepared::guess_task;
use super::tables::HeldTable;
use crate::data::{ColumnProfile, ColumnType};
use crate::error::{Error, Result};
use crate::math::sort_by;
use crate::models::{Algorithm, Info, catalogue};
use crate::prepare::{Dataset, Recipe, Role, Task};
use crate::protocol::{Fit, Reply, Response, Suggestion, TableId};
use crate::settings::Settings;

impl Session {
    pub(super) fn suggest(
        &self,
        table: TableId,
        target: Option<String>,
        task: Option<Task>,
    ) -> Result<Reply> {
        let held = self.table(table)?;
        let is_unsupervised = task.is_some_and(|task| !task.is_supervised());
        let target = match target {
            Some(target) => Some(target),
            None if is_unsupervised => None,
            None => likely_target(held),
        };
        let task = match (task, &target) {
            (Some(task), _) => task,
            (None, Some(target)) => guess_task(held.table().column(target)?),
            (None, None) => Task::Clustering,
        };
        let (recipe, notes) = suggest_recipe(held, target.as_deref());
        let algorithms = fits(held, target.as_deref(), task, &recipe);
        let has_fitting = algorithms.iter().any(|fit| fit.reason_against.is_none());
        if cfg!(not(feature = "catalogue")) && !has_fitting {
            return Err(Error::beyond_starter());
        }
        Ok(Response::Suggestion(Suggestion {
            target,
            task,
            algorithms,
            recipe,
            notes,
        })
        .into())
    }
}

/// The column that is most likely to be predicted: one that is named so, else the last with
/// few levels, else the last number.
fn likely_target(held: &HeldTable) -> Option<String> {
    const NAMES: &[&str] = &[
        "target",
        "label",
        "class",
        "y",
        "outcome",
        "species",
        "survived",
        "diagnosis",
        "quality",
        "digit",
        "result",
        "response",
        "category",
    ];
    let columns = held.profiles();
    let usable = || {
        columns
            .iter()
            .filter(|column| !column.is_identifier && !column.is_constant)
    };
    let named = NAMES
        .iter()
        .find_map(|name| usable().find(|column| column.name.eq_ignore_ascii_case(name)));
    let with_few_levels = || {
        usable().rev().find(|column| {
            matches!(
                column.column_type,
                ColumnType::Category | ColumnType::Boolean
            ) && column.n_distinct <= 20
        })
    };
    let number = || {
        usable()
            .rev()
            .find(|column| column.column_type == ColumnType::Number)
    };
    // With a single column there is nothing to predict it from.
    let has_features = usable().count() > 1;
    named
        .or_else(with_few_levels)
        .or_else(number)
        .filter(|_| has_features)
        .map(|c| c.name.clone())
}

/// Leaves out what names rows; everything else starts from the defaults.
fn suggest_recipe(held: &HeldTable, target: Option<&str>) -> (Recipe, Vec<String>) {
    let mut recipe = Recipe::default();
    let mut notes = Vec::new();
    for column in held.profiles() {
        if column.is_identifier && target != Some(column.name.as_str()) {
            recipe.ignore(&column.name);
            notes.push(format!(
                "\u{201c}{}\u{201d} is left out: it names the rows.",
                column.name
            ));
        }
    }
    (recipe, notes)
}

/// Every algorithm, those that fit first, the suggested one at the head.
fn fits(held: &HeldTable, target: Option<&str>, task: Task, recipe: &Recipe) -> Vec<Fit> {
    let first = match task {
        Task::Classification => "mlp",
        Task::Regression => "linear",
        Task::Clustering => "kmeans",
        Task::Projection => "pca",
        Task::Anomaly => "isolation_forest",
    };
    let mut fits: Vec<Fit> = catalogue()
        .iter()
        .map(|entry| Fit {
            algorithm: entry.info.id.to_owned(),
            reason_against: match entry.info.tasks.contains(&task) {
                true => negative(entry.info, held, target, recipe)
                    .or_else(|| too_large(entry.info, held.table().n_rows())),
                false => Some(reason_against(entry.info, task)),
            },
        })
        .collect();
    let rank = |fit: &Fit| (fit.reason_against.is_some(), fit.algorithm != first);
    sort_by(&mut fits, |a, b| rank(a).cmp(&rank(b)));
    fits
}

/// Why an algorithm that counts does not suit columns with numbers below zero.
fn negative(
    info: &Info,
    held: &HeldTable,
    target: Option<&str>,
    recipe: &Recipe,
) -> Option<String> {
    let is_used = |name: &str| {
        target != Some(name)
            && recipe
                .column(name)
                .is_none_or(|own| own.role != Role::Ignore)
    };
    let is_below =
        |column: &&ColumnProfile| is_used(&column.name) && column.min.is_some_and(|min| min < 0.0);
    let column = held.profiles().iter().find(is_below)?;
    (!info.takes_negatives).then(|| {
        format!(
            "{} learns from counts; \u{201c}{}\u{201d} has numbers below 0.",
            info.label, column.name
        )
    })
}

/// Why an algorithm does not do so many rows, with the settings that it starts with.
fn too_large(info: &Info, n_rows: usize) -> Option<String> {
    let algorithm = Algorithm::find(info.id, &Settings::new()).ok()?;
    let rows = Dataset {
        x: ndarray::Array2::zeros((n_rows, 1)),
        ..Dataset::default()
    };
    let why = algorithm.check_demand(&rows).err()?;
    Some(why.to_string())
}

/// Why an algorithm does not do a task.
pub(super) fn reason_against(info: &Info, task: Task) -> String {
    let can: Vec<&str> = info.tasks.iter().map(|task| in_words(*task)).collect();
    format!(
        "{} {}; it cannot {}.",
        info.label,
        can.join(" and "),
        do_in_words(task)
    )
}

fn in_words(task: Task) -> &'static str {
    match task {
        Task::Classification => "tells classes apart",
        Task::Regression => "predicts a number",
        Task::Clustering => "finds groups without a target",
        Task::Projection => "finds telling axes without a target",
        Task::Anomaly => "finds unusual rows without a target",
    }
}

fn do_in_words(task: Task) -> &'static str {
    match task {
        Task::Classification => "tell classes apart",
        Task::Regression => "predict a number",
        Task::Clustering => "find groups",
        Task::Projection => "find telling axes",
        Task::Anomaly => "find unusual rows",
    }
}
