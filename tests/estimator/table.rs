//! The table of `docs/estimator-checks.md`, made from the checks and the catalogue.

use std::fmt::Write as _;
use std::path::Path;

use handlens::models::catalogue;

use crate::CHECKS;

/// Checks of scikit-learn that need no run here, and what stands in for them.
const BY_TYPE: &[(&str, &str)] = &[
    (
        "estimators_unfitted, transformers_unfitted, estimator_fitted (is_fitted)",
        "what is not trained is an `Algorithm` and has no `predict`; what predicts is a `Model`",
    ),
    (
        "fit1d, fit2d_predict1d",
        "rows are a matrix by type; `predict` of a vector does not compile",
    ),
    (
        "estimators_dtypes, dtype_object, complex_data",
        "entries are `f64` by type; text, objects and complex numbers are refused where a file or a request is read (`wrong_type`)",
    ),
    (
        "supervised_y_2d",
        "a target is one number or one class a row by type",
    ),
    (
        "estimators_partial_fit_n_features",
        "a training that is under way keeps its own data; no other can be given to it",
    ),
];

const HEAD: &str = "# Estimator checks\n\nWhat scikit-learn demands of every estimator (`sklearn.utils.estimator_checks`, without the `check_` of the names), ported to `tests/estimator`. ● the check runs on the algorithm and passes; · it says nothing about such an algorithm; a number is a deviation by design, told below. The test `the_table_is_current` compares this page with the catalogue; `HANDLENS_WRITE=1 cargo test --test estimator the_table` writes it anew.\n\n";

#[test]
fn the_table_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/estimator-checks.md");
    let text = text();
    if std::env::var_os("HANDLENS_WRITE").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == text,
        "docs/estimator-checks.md is behind; write it anew with HANDLENS_WRITE=1"
    );
}

fn text() -> String {
    let mut text = HEAD.to_owned();
    let mut reasons: Vec<&'static str> = Vec::new();
    let ids = || catalogue().iter().map(|entry| entry.info.id);
    let _ = writeln!(
        text,
        "| check |{}",
        ids().map(|id| format!(" {id} |")).collect::<String>()
    );
    let _ = writeln!(text, "|---|{}", ids().map(|_| ":-:|").collect::<String>());
    for check in CHECKS {
        let mut mark = |entry: &handlens::models::Entry| match check.exception(entry.info.id) {
            Some(reason) => format!(" {} |", number(&mut reasons, reason)),
            None if (check.applies)(entry.info) => " ● |".to_owned(),
            None => " · |".to_owned(),
        };
        let marks: String = catalogue().iter().map(&mut mark).collect();
        let _ = writeln!(text, "| {} |{marks}", check.name);
    }
    text.push('\n');
    for (index, reason) in reasons.iter().enumerate() {
        let _ = writeln!(text, "{}. {reason}", index + 1);
    }
    text.push_str("\n## Held by the types\n\n| checks | why nothing needs to run |\n|---|---|\n");
    for (checks, why) in BY_TYPE {
        let _ = writeln!(text, "| {checks} | {why} |");
    }
    text
}

fn number(reasons: &mut Vec<&'static str>, reason: &'static str) -> usize {
    let place = reasons
        .iter()
        .position(|r| *r == reason)
        .unwrap_or_else(|| {
            reasons.push(reason);
            reasons.len() - 1
        });
    place + 1
}
