//! Tails of distributions, down to 1e-300, against `tests/golden/tails.json`.
//!
//! χ² is not among them: nothing in Handlens computes a probability of it.

use handlens::math::erfc;
use handlens::special::{f_upper, incomplete_beta, student_two_sided};

use crate::support::{Value, golden, list, number};

/// Each case of a kind: what we say of it, relative to what is certified.
fn check(kind: &str, expected: &str, ours: impl Fn(&dyn Fn(&str) -> f64) -> f64) {
    let file = golden("tails.json");
    let tolerance = number(&file["tolerance"]["relative"]);
    let mut least = 1.0_f64;
    for case in list(&file[kind]) {
        let field = |name: &str| number(&case[name] as &Value);
        let (found, certified) = (ours(&field), field(expected));
        let apart = (found / certified - 1.0).abs();
        assert!(apart <= tolerance, "{kind}, {case}: {found:e}");
        least = least.min(certified);
    }
    assert!(least < 1e-299, "{kind} goes to {least:e} only");
}

#[test]
fn tails_of_student_are_certified() {
    check("student", "p", |of| {
        student_two_sided(of("t"), of("degrees"))
    });
}

#[test]
fn tails_of_f_are_certified() {
    let ours = |of: &dyn Fn(&str) -> f64| f_upper(of("f"), of("degrees"), of("residual_degrees"));
    check("f", "p", ours);
}

#[test]
fn tails_of_beta_are_certified() {
    let ours = |of: &dyn Fn(&str) -> f64| incomplete_beta(of("a"), of("b"), of("x"), 1.0 - of("x"));
    check("beta", "p", ours);
}

#[test]
fn tails_of_the_normal_are_certified() {
    check("normal", "erfc", |of| erfc(of("x")));
}
