//! `handlens inspect`: everything there is to know of a model; of a pickle, what it would run.

use handlens::math::print_number;
use handlens::protocol::{Coefficient, Input, ModelSummary};
use handlens::session::Session;

use super::{pickle, task_name};
use crate::cli::Inspect;
use crate::failure::Result;
use crate::input::load_model;
use crate::output::{print, print_json, visible};
use crate::report::{self, cut, list, short, table};

/// Levels and coefficients beyond these are left to `--json`.
const MOST_LEVELS: usize = 6;
const MOST_COEFFICIENTS: usize = 60;

/// Loads the model and prints its summary; a pickle is not loaded but listed.
pub fn run(options: &Inspect, is_json: bool) -> Result<()> {
    if pickle::is_one(&options.model)? {
        return pickle::run(options, is_json);
    }
    let summary = load_model(&mut Session::new(), &options.model)?;
    if is_json {
        print_json(&summary)
    } else {
        print(&visible(&in_words(&summary)))
    }
}

fn in_words(summary: &ModelSummary) -> String {
    let settings: Vec<String> = summary
        .settings
        .iter()
        .map(|(name, value)| format!("{name} = {value}"))
        .collect();
    let facts: Vec<String> = summary
        .facts
        .iter()
        .map(|fact| format!("{}: {}", fact.label, fact.value))
        .collect();
    let coefficients = summary.coefficients.as_deref().map(coefficients);
    format!(
        "{}\n{} ({}), {}\n{}{}{}{}{}{}{}",
        summary.name,
        summary.algorithm_label,
        summary.algorithm,
        task_name(summary.task),
        origin(summary),
        list("Settings", &settings),
        inputs(&summary.inputs),
        list("How the columns are prepared", &summary.steps),
        list("Facts", &facts),
        coefficients.unwrap_or_default(),
        summary
            .evaluation
            .as_ref()
            .map(report::evaluation)
            .unwrap_or_default(),
    )
}

fn origin(summary: &ModelSummary) -> String {
    let from = &summary.provenance;
    format!(
        "Learnt from {} of {} (SHA-256 {}), {} kept unseen, seed {}, by Handlens {}\n",
        report::counted(from.n_train, "row", "rows"),
        from.table,
        from.digest,
        from.n_test,
        from.seed,
        from.version
    )
}

fn inputs(inputs: &[Input]) -> String {
    let row = |input: &Input| {
        let values = match input.range {
            Some((min, max)) => format!("{} to {}", short(min), short(max)),
            None => levels(&input.levels),
        };
        let gap = match (&input.fill, input.fill.as_f64()) {
            (_, Some(number)) => print_number(number),
            (serde_json::Value::String(level), _) => cut(level, 24),
            _ if input.keeps_gaps => "left to the model".into(),
            _ => "no prediction".into(),
        };
        vec![cut(&input.name, 40), values, gap]
    };
    let header = ["input", "seen in training", "a gap becomes"]
        .map(str::to_owned)
        .into();
    let rows: Vec<Vec<String>> = std::iter::once(header)
        .chain(inputs.iter().map(row))
        .collect();
    format!("\n{}", table(&rows))
}

fn levels(levels: &[String]) -> String {
    let shown: Vec<String> = levels
        .iter()
        .take(MOST_LEVELS)
        .map(|level| cut(level, 24))
        .collect();
    let more = levels.len().saturating_sub(MOST_LEVELS);
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    shown.join(", ") + &more
}

fn coefficients(coefficients: &[Coefficient]) -> String {
    let is_by_class = coefficients
        .iter()
        .any(|coefficient| coefficient.class.is_some());
    let has_errors = coefficients
        .iter()
        .any(|coefficient| coefficient.std_error.is_some());
    let row = |c: &Coefficient| {
        let number = |value: Option<f64>| value.map(short).unwrap_or_default();
        let mut row = vec![cut(&c.name, 40)];
        row.extend(is_by_class.then(|| cut(c.class.as_deref().unwrap_or_default(), 24)));
        row.push(short(c.value));
        let errors = || [c.std_error, c.t_value, c.p_value].map(number);
        row.extend(has_errors.then(errors).into_iter().flatten());
        row
    };
    let mut header = vec!["coefficient".to_owned()];
    header.extend(is_by_class.then(|| "class".to_owned()));
    header.push("value".to_owned());
    let errors = || ["std. error", "t", "p"].map(str::to_owned);
    header.extend(has_errors.then(errors).into_iter().flatten());
    let shown = coefficients.iter().take(MOST_COEFFICIENTS).map(row);
    let rows: Vec<Vec<String>> = std::iter::once(header).chain(shown).collect();
    let more = coefficients.len().saturating_sub(MOST_COEFFICIENTS);
    let more = if more > 0 {
        format!("  and {more} more; --json lists all\n")
    } else {
        String::new()
    };
    format!("\nIn the units of the data as read\n{}{more}", table(&rows))
}
