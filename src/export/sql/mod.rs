//! A model as one SQL query over a table `input`: a chain of materialized steps, each of which
//! adds columns to those of the step before, the last of them the answer.
//!
//! Columns of the steps begin with `_hl_`. A gap is NULL or an empty text. A row that the recipe
//! drops has no answer: NULL. The columns that the model reads stay in front of `prediction` and,
//! for classes, `p_<class>`; other columns of `input` do not.
//!
//! Limits: a number that is not one (`NaN`, and in SQLite words too) is taken as it is, not as a
//! gap or an error; only spaces are trimmed. Every step repeats the columns before it, so models
//! of some hundred columns meet the databases' limits. PostgreSQL stops where arithmetic leaves
//! the range of doubles.

mod cells;
mod dialect;
mod models;
mod trees;

pub use dialect::Dialect;

use self::dialect::{name, text};
use crate::error::Result;
use crate::export::Artifact;

/// A query while it is written.
struct Query {
    dialect: Dialect,
    steps: Vec<Vec<(String, String)>>,
}

/// What a model answers, as expressions over the last step.
enum Answer {
    /// Columns of logits: the first of the greatest is the class, their softmax the
    /// probabilities.
    Logits(Vec<String>),
    /// Columns of probabilities.
    Shares(Vec<String>),
    Number(String),
    /// Columns of distances: the first of the least is the cluster.
    Distances(Vec<String>),
    /// A constant class and its probabilities.
    Constant(usize, Vec<f64>),
}

impl Query {
    fn number(&self, value: f64) -> String {
        self.dialect.number(value)
    }

    /// Adds columns that stand on those before, and returns their names.
    fn step(&mut self, prefix: &str, expressions: Vec<String>) -> Vec<String> {
        let names: Vec<String> = (0..expressions.len())
            .map(|index| format!("_hl_{prefix}{index}"))
            .collect();
        self.steps
            .push(expressions.into_iter().zip(names.clone()).collect());
        names
    }

    /// Σ weight · column + shift.
    fn weighted(&self, columns: &[String], weights: &[f64], shift: f64) -> String {
        let terms = columns.iter().zip(weights);
        let terms = terms.map(|(column, weight)| format!("{column} * {}", self.number(*weight)));
        let terms: Vec<String> = terms.chain([self.number(shift)]).collect();
        sum(&terms)
    }
}

/// A sum in brackets by tens, so that no expression is nested deeply.
fn sum(terms: &[String]) -> String {
    if terms.len() <= 10 {
        return format!("({})", terms.join(" + "));
    }
    let tens: Vec<String> = terms.chunks(10).map(sum).collect();
    sum(&tens)
}

/// Which of `columns` is the first of those for which `is_before` holds against all others.
fn first_of(columns: &[String], sign: &str, labels: &[String]) -> String {
    let mut cases = String::from("CASE");
    for (column, label) in columns.iter().zip(labels) {
        let others = columns.iter().filter(|other| *other != column);
        let tests: Vec<String> = others
            .map(|other| format!("{column} {sign} {other}"))
            .collect();
        let test = if tests.is_empty() {
            "1 = 1".to_owned()
        } else {
            tests.join(" AND ")
        };
        cases.push_str(&format!(" WHEN {test} THEN {label}"));
    }
    cases + " END"
}

/// Writes the query.
///
/// # Errors
/// [`Code::BadSetting`](crate::error::Code::BadSetting) for a model or a preparation that is not
/// written in SQL.
pub fn write(artifact: &Artifact, dialect: Dialect) -> Result<Vec<u8>> {
    let mut query = Query {
        dialect,
        steps: Vec::new(),
    };
    let x = cells::write(&mut query, &artifact.pipeline)?;
    let answer = models::write(&mut query, artifact, &x)?;
    let columns = give(&mut query, artifact, answer);
    Ok(print(&query, artifact, &columns).into_bytes())
}

/// The columns of the answer: their expressions and names.
fn give(query: &mut Query, artifact: &Artifact, answer: Answer) -> Vec<(String, String)> {
    let labels: Vec<String> = artifact.pipeline.labels().iter().map(|l| text(l)).collect();
    let prediction = || "prediction".to_owned();
    let shares = |class: String, shares: Vec<String>| {
        let names = artifact.pipeline.labels().iter().map(|l| format!("p_{l}"));
        let shares = shares.into_iter().zip(names);
        std::iter::once((class, prediction()))
            .chain(shares)
            .collect()
    };
    match answer {
        Answer::Number(value) => vec![(value, prediction())],
        Answer::Distances(distances) => {
            let clusters: Vec<String> = (0..distances.len()).map(|k| k.to_string()).collect();
            vec![(first_of(&distances, "<=", &clusters), prediction())]
        }
        Answer::Shares(columns) => shares(first_of(&columns, ">=", &labels), columns),
        Answer::Constant(class, values) => {
            let values = values.iter().map(|value| query.number(*value)).collect();
            shares(labels.get(class).cloned().unwrap_or_default(), values)
        }
        Answer::Logits(logits) => {
            let greatest = logits
                .iter()
                .cloned()
                .reduce(|x, y| query.dialect.greater(&x, &y));
            let greatest = query.step("most", greatest.into_iter().collect());
            let most = greatest.first().cloned().unwrap_or_default();
            let powers = logits
                .iter()
                .map(|z| query.dialect.exp_of_negative(&format!("{z} - {most}")));
            let powers = powers.collect();
            let powers = query.step("e", powers);
            let total = query.step("total", vec![sum(&powers)]).remove(0);
            let of_class = powers.iter().map(|power| format!("{power} / {total}"));
            shares(first_of(&logits, ">=", &labels), of_class.collect())
        }
    }
}

fn print(query: &Query, artifact: &Artifact, columns: &[(String, String)]) -> String {
    let plain = |text: &str| text.replace(['\n', '\r'], " ");
    let mut sql = format!(
        "-- {} ({}), written by Handlens {}.\n-- Name your table \"input\", or put a query of that name in front: WITH \"input\" AS (SELECT ...), ...\n",
        plain(&artifact.name),
        artifact.algorithm,
        artifact.provenance.version
    );
    if query.dialect == Dialect::Sqlite {
        sql.push_str(
            "-- SQLite must have its mathematical functions (exp, tanh), as most builds do.\n",
        );
    }
    sql.push_str("WITH\n");
    let mut from = "\"input\"".to_owned();
    let last = query.steps.len().saturating_sub(1);
    for (index, step) in query.steps.iter().enumerate() {
        let columns: Vec<String> = step
            .iter()
            .map(|(expression, name)| format!("    {expression} AS {name}"))
            .collect();
        let end = if index == last { "" } else { "," };
        sql.push_str(&format!(
            "_hl_step{index} AS MATERIALIZED (\n  SELECT {from}.*,\n{}\n  FROM {from}\n){end}\n",
            columns.join(",\n")
        ));
        from = format!("_hl_step{index}");
    }
    let dropped = cells::dropped(&artifact.pipeline);
    let given = artifact
        .pipeline
        .columns()
        .iter()
        .map(|column| name(&column.name));
    let answers = columns.iter().map(|(expression, label)| {
        let answer = match &dropped {
            Some(is_dropped) => format!("CASE WHEN {is_dropped} THEN NULL ELSE {expression} END"),
            None => expression.clone(),
        };
        format!("{answer} AS {}", name(label))
    });
    let all: Vec<String> = given
        .chain(answers)
        .map(|column| format!("  {column}"))
        .collect();
    sql.push_str(&format!("SELECT\n{}\nFROM {from};\n", all.join(",\n")));
    sql
}
