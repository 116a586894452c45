//! A model as one SQL query over a table `input`: its rows are numbered, a chain of materialized
//! steps adds columns to those of the step before, and the last of them are set beside the rows.
//!
//! Columns of the steps begin with `_hl_`. A gap is NULL or an empty text. A row that the recipe
//! drops has no answer, nor has one with a number that is infinite: NULL. The number of the row
//! and all columns of `input` stay in front of `prediction` and, for classes, `p_<class>`.
//!
//! Limits: words in a column of numbers stop the query in DuckDB and PostgreSQL, and leave the row
//! without an answer in SQLite. PostgreSQL stops where arithmetic leaves the range of doubles.

mod cells;
mod dialect;
mod models;
mod trees;

pub use dialect::Dialect;

use self::dialect::{name, text};
use crate::error::{Code, Error, Result};
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
    check_width(&query, dialect)?;
    Ok(print(&query, artifact, &columns).into_bytes())
}

/// Refuses what has more columns than the database gives a query.
fn check_width(query: &Query, dialect: Dialect) -> Result<()> {
    let n: usize = query.steps.iter().map(Vec::len).sum();
    match dialect.most_columns() {
        Some(most) if n >= most => {
            let message = format!(
                "The query would have {n} columns, and this database has at most {most}. Choose fewer columns or levels, or export source code or an ONNX graph."
            );
            Err(Error::new(Code::TooLarge, message).in_field("outlet"))
        }
        _ => Ok(()),
    }
}

/// The columns of the answer: their expressions and names.
fn give(query: &mut Query, artifact: &Artifact, answer: Answer) -> Vec<(String, String)> {
    let labels: Vec<String> = artifact.pipeline.labels().iter().map(|l| text(l)).collect();
    let prediction = || free(artifact, "prediction".into());
    let shares = |class: String, shares: Vec<String>| {
        let names = artifact
            .pipeline
            .labels()
            .iter()
            .map(|l| free(artifact, format!("p_{l}")));
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

/// A name that none of the model's columns has.
fn free(artifact: &Artifact, mut label: String) -> String {
    while artifact.pipeline.columns().iter().any(|c| c.name == label) {
        label.push('_');
    }
    label
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
    sql.push_str("WITH\n_hl_rows AS MATERIALIZED (\n  SELECT row_number() OVER () AS _hl_row, \"input\".*\n  FROM \"input\"\n)");
    // The first step reads the rows, every other the step before.
    let mut from = "_hl_rows".to_owned();
    for (index, step) in query.steps.iter().enumerate() {
        let columns: Vec<String> = step
            .iter()
            .map(|(expression, name)| format!("    {expression} AS {name}"))
            .collect();
        let before = if index == 0 {
            "_hl_row".to_owned()
        } else {
            format!("{from}.*")
        };
        sql.push_str(&format!(
            ",\n_hl_step{index} AS MATERIALIZED (\n  SELECT {before},\n{}\n  FROM {from}\n)",
            columns.join(",\n")
        ));
        from = format!("_hl_step{index}");
    }
    let no_answer = cells::no_answer(&artifact.pipeline);
    let answers = columns.iter().map(|(expression, label)| {
        let label = name(label);
        format!("  CASE WHEN {no_answer} THEN NULL ELSE {expression} END AS {label}")
    });
    let answers: Vec<String> = answers.collect();
    sql.push_str(&format!(
        "\nSELECT\n  _hl_rows.*,\n{}\nFROM _hl_rows\nJOIN {from} ON {from}._hl_row = _hl_rows._hl_row\nORDER BY _hl_rows._hl_row;\n",
        answers.join(",\n")
    ));
    sql
}
