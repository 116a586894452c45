//! How the native time of each workload grows with its rows, beside what theory says.

use anyhow::Result;

use super::{Measured, Options, Workload, build_native, time};
use crate::shell::{self, output, program};

/// Seconds that the largest size may take by theory; beyond, the usual size is the largest.
const LONGEST: f64 = 60.0;

/// Seconds from which a size is run but once.
const LONG: f64 = 3.0;

/// What looks at a sample of more rows than usual.
const SAMPLED: [&str; 1] = ["silhouette"];

/// Times the usual number of rows.
const UP: [f64; 3] = [1.0, 4.0, 16.0];
const DOWN: [f64; 3] = [1.0 / 16.0, 0.25, 1.0];

/// Fits the power of the number of rows with which the time grows.
pub(super) fn run(options: &Options) -> Result<()> {
    let native = build_native()?;
    let all: Vec<Workload> = serde_json::from_str(&output(program(&native).arg("list"))?)?;
    let chosen = |w: &&Workload| options.only.is_empty() || options.only.contains(&w.id);
    let mut table = String::from(
        "| workload | times its rows | times | growth | theory |\n|---|---|---|---|---|\n",
    );
    for workload in all.iter().filter(chosen) {
        let row = row(workload, |scale, expected| {
            let runs = if expected > LONG { 1 } else { options.runs };
            let (scale, runs) = (scale.to_string(), runs.to_string());
            let run = [
                "run",
                &workload.id,
                "--cpu",
                "--scale",
                &scale,
                "--runs",
                &runs,
            ];
            let text = output(program(&native).args(run))?;
            Ok(serde_json::from_str::<Measured>(&text)?.fastest())
        })?;
        print!("{row}");
        table.push_str(&row);
    }
    if options.write {
        let path = shell::root().join("docs/growth.md");
        std::fs::write(&path, format!("{HEADING}{table}"))?;
    }
    Ok(())
}

const HEADING: &str = "# Growth\n\nWritten by `cargo xtask bench --growth --write`: the seconds that one thread works on each workload at three sizes, natively, the fastest of the runs (one where it takes more than three seconds); the growth is the power of the number of rows that fits them best. What would take more than a minute at 16 times its size, and the silhouette, which looks at 10,000 rows of more, is measured at a sixteenth, a quarter and the whole of it. A growth below that of the theory is what does not depend on the rows: of boosting with 31 leaves, the histograms that each tree makes whatever its rows. One above it is a table that no longer lies in a cache: of forests, whose trees jump about in it.\n\n";

/// - `seconds`: measures a size, given how many seconds it takes by theory.
fn row(workload: &Workload, seconds: impl Fn(f64, f64) -> Result<f64>) -> Result<String> {
    let usual = seconds(1.0, 0.0)?;
    let expected = |scale: f64| usual * power(scale, workload.growth);
    let is_largest = expected(16.0) > LONGEST || SAMPLED.contains(&workload.id.as_str());
    let scales = if is_largest { DOWN } else { UP };
    let mut points = Vec::new();
    for scale in scales {
        let seconds = match scale == 1.0 {
            true => usual,
            false => seconds(scale, expected(scale))?,
        };
        points.push((scale, seconds));
    }
    let shown = |show: fn(&(f64, f64)) -> String| {
        let shown: Vec<String> = points.iter().map(show).collect();
        shown.join(", ")
    };
    let logs: Vec<(f64, f64)> = points.iter().map(|(x, y)| (log(*x), log(*y))).collect();
    Ok(format!(
        "| {} | {} | {} | {:.2} | {} |\n",
        workload.title,
        shown(|(scale, _)| match *scale {
            s if s < 1.0 => format!("1/{:.0}", 1.0 / s),
            s => format!("{s:.0}"),
        }),
        shown(|(_, seconds)| time(*seconds)),
        slope(&logs),
        workload.growth
    ))
}

/// Nothing but the table depends on its last bits.
#[expect(clippy::disallowed_methods)]
fn log(x: f64) -> f64 {
    x.ln()
}

/// As rough as it needs to be.
#[expect(clippy::disallowed_methods)]
fn power(base: f64, exponent: f64) -> f64 {
    base.powf(exponent)
}

/// Least squares through points.
fn slope(points: &[(f64, f64)]) -> f64 {
    let n = points.len() as f64;
    let mean = |pick: fn(&(f64, f64)) -> f64| points.iter().map(pick).sum::<f64>() / n;
    let (x, y) = (mean(|p| p.0), mean(|p| p.1));
    let over: f64 = points.iter().map(|p| (p.0 - x) * (p.1 - y)).sum();
    over / points.iter().map(|p| (p.0 - x) * (p.0 - x)).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_growth_of_a_square_is_two() {
        let points = [1.0_f64, 2.0, 5.0].map(|n| (log(n), log(3.0 * n * n)));
        assert!((slope(&points) - 2.0).abs() < 1e-12);
    }
}
