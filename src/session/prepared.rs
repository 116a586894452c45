//! What is decided before the first step of a training: task, recipe, split, features.

use super::tables::HeldTable;
use crate::data::{Column, ColumnType, Table, Values};
use crate::error::{Code, Error, Result};
use crate::models::boosting::HistGradientBoosting;
use crate::models::{Algorithm, Estimator};
use crate::prepare::{
    Dataset, FittedColumn, Pipeline, Recipe, Role, Split, Steps, Task, split, split_units,
};
use crate::protocol::RunSpec;
use crate::rng::Rng;
use crate::settings::{Checked, Setting};

/// What the rows learnt from are called.
const SEEN: &str = "Rows learnt from";

/// Everything that is decided before the first step.
pub(super) struct Prepared {
    pub spec: RunSpec,
    pub task: Task,
    pub split: Split,
    pub pipeline: Pipeline,
    pub train: Dataset,
    pub test: Option<Dataset>,
    pub notes: Vec<String>,
}

impl Prepared {
    pub fn new(held: &HeldTable, mut spec: RunSpec, algorithm: &Algorithm) -> Result<Self> {
        let table = held.table();
        let task = task_of(table, &spec, algorithm)?;
        spec.task = Some(task);
        spec.settings = algorithm.settings().clone();
        let is_supervised = task.is_supervised();
        if is_supervised && spec.target.is_none() {
            let message = format!(
                "{} needs a target: the column to predict.",
                algorithm.info().label
            );
            return Err(Error::new(Code::BadTarget, message).in_field("target"));
        }
        if !is_supervised {
            // Without a right answer there is nothing to keep unseen.
            spec.test_size = 0.0;
        }
        let mut notes = Vec::new();
        spec.recipe = complete_recipe(held, &spec, task, algorithm, &mut notes)?;
        let target = match (&spec.target, is_supervised) {
            (Some(name), true) => Some((name.as_str(), task)),
            _ => None,
        };
        let column = target.map(|(name, _)| table.column(name)).transpose()?;
        let rows: Vec<usize> = (0..table.n_rows())
            .filter(|&row| column.is_none_or(|c| !c.is_missing(row)))
            .collect();
        check_rows(table.n_rows(), rows.len(), target.map(|t| t.0), &mut notes)?;
        let rng = Rng::new(spec.seed);
        let split = split_rows(
            table,
            &rows,
            column.zip(Some(task)),
            (&spec, &rng),
            &mut notes,
        )?;
        let pipeline = spec.recipe.fit(&table.select(&split.train), target)?;
        check_gaps(&pipeline, algorithm)?;
        notes.extend(levels_without_bins(&pipeline, algorithm)?);
        let mut prepare = |rows: &[usize], whose: &str| -> Result<Dataset> {
            let rows_of_table = table.select(rows);
            let mut made = match target {
                Some(_) if whose == SEEN => pipeline.transform_training(&rows_of_table)?,
                _ => pipeline.transform(&rows_of_table, target.is_some())?,
            };
            for row in &mut made.dataset.rows {
                *row = rows[*row];
            }
            notes.extend(made.notes.iter().map(|note| format!("{whose}: {note}")));
            Ok(made.dataset)
        };
        let train = prepare(&split.train, SEEN)?;
        let test = match split.test.as_slice() {
            [] => None,
            rows => Some(prepare(rows, "Unseen rows")?),
        };
        let test = test.filter(|test| test.n_samples() > 0);
        for (name, reason) in pipeline.left_out() {
            notes.push(format!("\u{201c}{name}\u{201d} is left out: {reason}."));
        }
        Ok(Self {
            spec,
            task,
            split,
            pipeline,
            train,
            test,
            notes,
        })
    }
}

/// Splits the rows, those that belong together on one side.
fn split_rows(
    table: &Table,
    rows: &[usize],
    target: Option<(&Column, Task)>,
    (spec, rng): (&RunSpec, &Rng),
    notes: &mut Vec<String>,
) -> Result<Split> {
    let Some(together) = spec.recipe.together(table, rows)? else {
        return split(rows, target, spec.test_size, rng);
    };
    match together.n_duplicates {
        0 => {}
        1 => notes.push("1 row equals another one; they stay on one side of the split.".into()),
        n => notes.push(format!(
            "{n} rows equal one before them; equal rows stay on one side of the split."
        )),
    }
    split_units(rows, &together.units, target, spec.test_size, rng)
}

fn check_rows(
    n_rows: usize,
    n_left: usize,
    target: Option<&str>,
    notes: &mut Vec<String>,
) -> Result<()> {
    let target = target.unwrap_or_default();
    if n_rows == 0 {
        return Err(Error::new(
            Code::NothingToLearn,
            "The table has no rows to learn from.",
        ));
    }
    if n_left == 0 {
        let message = format!("The target \u{201c}{target}\u{201d} is missing in every row.");
        return Err(Error::new(Code::BadTarget, message).in_column(target));
    }
    if n_left < n_rows {
        let n = n_rows - n_left;
        let rows = if n == 1 {
            "1 row is".to_owned()
        } else {
            format!("{n} rows are")
        };
        notes.push(format!("{rows} left out: the target is missing there."));
    }
    Ok(())
}

/// Refuses to leave gaps to an algorithm that cannot have them.
fn check_gaps(pipeline: &Pipeline, algorithm: &Algorithm) -> Result<()> {
    let info = algorithm.info();
    let Some(column) = pipeline.gap_column().filter(|_| !info.takes_gaps) else {
        return Ok(());
    };
    let message = format!(
        "The gaps of \u{201c}{}\u{201d} are left to the algorithm, but {} cannot learn with gaps. Choose what fills them, or another algorithm.",
        column.name, info.label
    );
    let step = match column.column_type {
        ColumnType::Number => "impute",
        _ => "impute_category",
    };
    Err(Error::new(Code::DoesNotFit, message)
        .in_column(&column.name)
        .in_field(step))
}

/// Says which categories have more levels than boosting has bins: their codes are then cut like
/// numbers, in an order that means nothing.
fn levels_without_bins(pipeline: &Pipeline, algorithm: &Algorithm) -> Result<Vec<String>> {
    if algorithm.info().id != HistGradientBoosting::INFO.id {
        return Ok(Vec::new());
    }
    let declared = HistGradientBoosting::INFO.hyperparameters;
    let max_bins = Checked::new(declared, algorithm.settings())?.count("max_bins")?;
    let words = |column: &FittedColumn| match &column.steps {
        Steps::Category { levels, .. } if column.is_category() && levels.len() > max_bins => {
            Some(format!(
                "\u{201c}{}\u{201d} has {} levels, more than the {max_bins} bins of a feature (max_bins): they are split like numbers, in their order. Merge rare levels (max_levels), or allow more bins.",
                column.name,
                levels.len()
            ))
        }
        _ => None,
    };
    Ok(pipeline.columns().iter().filter_map(words).collect())
}

/// The recipe with what the algorithm starts from, and with identifiers left out.
fn complete_recipe(
    held: &HeldTable,
    spec: &RunSpec,
    task: Task,
    algorithm: &Algorithm,
    notes: &mut Vec<String>,
) -> Result<Recipe> {
    let mut recipe = spec.recipe.clone();
    if algorithm.info().id == "linear" {
        // Least squares gives the same predictions in any unit, and its coefficients are read
        // in those of the data; a column for the first level would repeat the intercept.
        recipe.default_step("scale", Setting::Text("none".into()));
        recipe.default_step("encode", Setting::Text("dummy".into()));
    }
    if algorithm.info().takes_gaps {
        // It learns where gaps and levels belong, in whatever unit.
        for (step, value) in [
            ("impute", "keep"),
            ("impute_category", "keep"),
            ("encode", "ordinal"),
            ("scale", "none"),
        ] {
            recipe.default_step(step, Setting::Text(value.into()));
        }
    }
    if !algorithm.info().takes_negatives {
        // Counts are learnt as they are.
        recipe.default_step("scale", Setting::Text("none".into()));
    }
    if let Some(target) = spec.target.as_deref().filter(|_| !task.is_supervised()) {
        held.table().column(target)?;
        recipe.ignore(target);
    }
    for profile in held
        .profiles()
        .iter()
        .filter(|profile| profile.is_identifier)
    {
        let is_target = spec.target.as_deref() == Some(profile.name.as_str());
        let role = recipe
            .column(&profile.name)
            .map(|own| own.role)
            .unwrap_or_default();
        if !is_target && role == Role::Auto {
            recipe.ignore(&profile.name);
            notes.push(format!(
                "\u{201c}{}\u{201d} is left out: it names the rows. Include it in the recipe if it is more than a name.",
                profile.name
            ));
        }
    }
    Ok(recipe)
}

/// The task that was asked for, or the one that follows from target and algorithm.
fn task_of(table: &Table, spec: &RunSpec, algorithm: &Algorithm) -> Result<Task> {
    let info = algorithm.info();
    let guessed = match spec.task {
        Some(task) => task,
        None => match (&spec.target, info.tasks) {
            (_, [only]) => *only,
            (Some(name), _) => guess_task(table.column(name)?),
            (None, tasks) => tasks
                .iter()
                .copied()
                .find(|task| !task.is_supervised())
                .or(tasks.first().copied())
                .unwrap_or(Task::Classification),
        },
    };
    if info.tasks.contains(&guessed) {
        return Ok(guessed);
    }
    Err(Error::new(
        Code::DoesNotFit,
        super::suggest::reason_against(info, guessed),
    )
    .in_field("algorithm"))
}

/// Classification, unless the target is a number with many or broken values.
pub(super) fn guess_task(column: &Column) -> Task {
    let Values::Number(values) = &column.values else {
        return Task::Classification;
    };
    let mut distinct = std::collections::BTreeSet::new();
    for value in values.iter().filter(|v| !v.is_nan()) {
        if value.fract() != 0.0 || value.abs() > 1e6 {
            return Task::Regression;
        }
        distinct.insert(*value as i64);
        if distinct.len() > MOST_NUMBER_CLASSES {
            return Task::Regression;
        }
    }
    if values.len() >= 5 * distinct.len() {
        Task::Classification
    } else {
        Task::Regression
    }
}

/// Whole numbers with at most this many distinct values are taken for classes.
const MOST_NUMBER_CLASSES: usize = 10;
