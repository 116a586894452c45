//! `handlens train`: from a table to a model in a file.

use std::path::{Path, PathBuf};

use handlens::evaluate::Evaluation;
use handlens::models::{Algorithm, Info, Progress};
use handlens::prepare::{Recipe, Task};
use handlens::protocol::{ModelId, Request, Response, RunSpec, TableSummary, TrainingSummary};
use handlens::session::Session;
use handlens::settings::Settings;
use sha2::{Digest, Sha256};

use super::parameters::{self, Parameters};
use super::progress::Bar;
use super::{task_name, tell_reading_notes, unexpected};
use crate::cli::Train;
use crate::failure::{Failure, Result, shown};
use crate::input::{read_file, read_table};
use crate::output::{self, print, print_json, visible};
use crate::report;

/// Where the model goes where nothing is said.
const DEFAULT_OUT: &str = "model.safetensors";

/// What `--json` tells of a training.
#[derive(serde::Serialize)]
struct Trained<'a> {
    /// The file of the model.
    model: &'a Path,
    /// SHA-256 of the file: equal for equal data, spec and seed, on every machine.
    sha256: String,
    table: &'a TableSummary,
    training: &'a TrainingSummary,
    progress: &'a Progress,
    evaluation: &'a Evaluation,
}

/// Trains, judges, writes the model and reports.
pub fn run(options: &Train, is_json: bool) -> Result<()> {
    let info = find_algorithm(&options.algorithm)?;
    check_task(options, info)?;
    let Parameters {
        hyperparameters,
        steps,
    } = parameters::parse(&options.parameters, info)?;
    let mut recipe = options
        .recipe
        .as_deref()
        .map(read_recipe)
        .transpose()?
        .unwrap_or_default();
    recipe.settings.extend(steps);
    let out = place_for_model(options)?;

    let mut session = Session::new();
    let table = read_table(&mut session, &options.data)?;
    let spec = RunSpec {
        table: table.table,
        target: options.target.clone(),
        task: options.task,
        algorithm: options.algorithm.clone(),
        settings: hyperparameters,
        recipe,
        test_size: options.test_size,
        seed: options.seed,
    };
    let training = match session.handle(Request::Train { spec }, &[])?.response {
        Response::Training(training) => training,
        _ => return Err(unexpected()),
    };
    let progress = train_to_end(&mut session, training.model, info.unit)?;
    let evaluation = match session
        .handle(
            Request::Evaluate {
                model: training.model,
            },
            &[],
        )?
        .response
    {
        Response::Evaluation(evaluation) => evaluation,
        _ => return Err(unexpected()),
    };
    let saved = session
        .handle(
            Request::Save {
                model: training.model,
            },
            &[],
        )?
        .bytes;
    let bytes = saved.ok_or_else(unexpected)?;
    output::write(Some(&out), &bytes)?;
    let trained = Trained {
        model: &out,
        sha256: Sha256::digest(&bytes)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect(),
        table: &table,
        training: &training,
        progress: &progress,
        evaluation: &evaluation,
    };
    if is_json {
        return print_json(&trained);
    }
    tell_reading_notes(&table.notes);
    print(&visible(&in_words(&trained, info)))
}

/// The algorithm's declarations; an unknown id is wrong usage.
pub(super) fn find_algorithm(id: &str) -> Result<&'static Info> {
    let found = Algorithm::find(id, &Settings::default());
    found
        .map(|algorithm| algorithm.info())
        .map_err(|error| Failure::Usage(error.to_string()))
}

/// Refuses what no table could make right.
fn check_task(options: &Train, info: &Info) -> Result<()> {
    let names: Vec<&str> = info.tasks.iter().map(|task| task_name(*task)).collect();
    if let Some(task) = options.task.filter(|task| !info.tasks.contains(task)) {
        let message = format!(
            "{} does {}, not {}.",
            info.id,
            names.join(" and "),
            task_name(task)
        );
        return Err(Failure::Usage(message));
    }
    let is_supervised = |task: &Task| matches!(task, Task::Classification | Task::Regression);
    let needs_target = options
        .task
        .as_ref()
        .map_or(info.tasks.iter().all(is_supervised), is_supervised);
    if needs_target && options.target.is_none() {
        let message = format!(
            "{} learns to predict a column: name it with --target.",
            info.id
        );
        return Err(Failure::Usage(message));
    }
    Ok(())
}

fn read_recipe(path: &Path) -> Result<Recipe> {
    let bytes = read_file(path)?;
    serde_json::from_slice(&bytes).map_err(|error| Failure::Outside {
        code: "bad_recipe",
        message: format!("{} is no recipe: {error}.", shown(path)),
    })
}

/// A place that was named may be overwritten, the default may not.
fn place_for_model(options: &Train) -> Result<PathBuf> {
    let default = PathBuf::from(DEFAULT_OUT);
    match &options.out {
        Some(out) if out == Path::new("-") => Err(Failure::Usage(
            "--out of train wants the name of a file.".into(),
        )),
        Some(out) => Ok(out.clone()),
        None if default.exists() => Err(Failure::Usage(format!(
            "{DEFAULT_OUT} exists already; say with --out where to write, or that it may be replaced."
        ))),
        None => Ok(default),
    }
}

fn train_to_end(session: &mut Session, model: ModelId, unit: &'static str) -> Result<Progress> {
    let mut bar = Bar::new(unit);
    let result = loop {
        match session.handle(Request::Step { model }, &[]) {
            Ok(reply) => match reply.response {
                Response::Progress(report) if report.progress.is_done => break Ok(report.progress),
                Response::Progress(report) => bar.show(&report.progress),
                _ => break Err(unexpected()),
            },
            Err(error) => break Err(error.into()),
        }
    };
    bar.clear();
    result
}

fn in_words(trained: &Trained<'_>, info: &Info) -> String {
    let Trained {
        model,
        sha256,
        table,
        training,
        progress,
        evaluation,
    } = trained;
    let target = training
        .spec
        .target
        .as_deref()
        .map(|target| format!(" of \u{201c}{target}\u{201d}"));
    let mut notes = training.notes.clone();
    notes.extend(progress.note.clone());
    let steps: Vec<String> = training.steps.clone();
    format!(
        "{}: {}{}, from {} ({})\n{}\nSeed {}, {} {} of {}{}\n{}{}{}\nModel written to {} (SHA-256 {sha256})\n",
        info.label,
        task_name(training.task),
        target.unwrap_or_default(),
        table.name,
        report::counted(table.n_rows, "row", "rows"),
        split(training),
        training.spec.seed,
        info.unit,
        report::short(progress.position),
        report::short(progress.total),
        progress
            .loss
            .map(|loss| format!(", loss {}", report::short(loss)))
            .unwrap_or_default(),
        report::list("How the columns were prepared", &steps),
        report::list("What to know", &notes),
        report::evaluation(evaluation),
        shown(model),
    )
}

fn split(training: &TrainingSummary) -> String {
    let n_features = report::counted(training.features.len(), "feature", "features");
    match training.n_test {
        0 => format!(
            "Learnt from {} with {n_features}; none kept unseen",
            training.n_train
        ),
        n_test => format!(
            "Learnt from {} with {n_features}; {n_test} kept unseen",
            training.n_train
        ),
    }
}
