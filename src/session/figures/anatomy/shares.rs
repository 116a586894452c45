//! How the rows are divided.

use super::cluster_names;
use crate::error::Result;
use crate::models::{Model, NOISE, Prediction};
use crate::plot::{Bar, Figure, Tint, lying_bars};
use crate::rng::Rng;
use crate::session::HeldModel;
use crate::session::training::sample;

/// Rows that are counted at most.
const MOST_ROWS: usize = 3_000;

/// How many rows each cluster has.
pub(super) fn of_clusters(held: &HeldModel, model: &Model) -> Result<Figure> {
    const TITLE: &str = "Rows in each cluster";
    let Ok(training) = held.training() else {
        return Ok(Figure::nothing(TITLE, "The rows are not kept in the file."));
    };
    let rows = sample(&training.train, MOST_ROWS, &Rng::new(training.spec.seed));
    let Prediction::Clusters(codes) = model.predict(rows.x.view())? else {
        return Ok(Figure::nothing(TITLE, "This model finds no clusters."));
    };
    let mut counts = std::collections::BTreeMap::<u32, usize>::new();
    codes
        .iter()
        .for_each(|code| *counts.entry(*code).or_default() += 1);
    let n_named = counts.keys().filter(|code| **code != NOISE).max();
    let names = cluster_names(n_named.map_or(0, |last| *last as usize + 1));
    let bar = |(&code, &n): (&u32, &usize)| Bar {
        length: n as f64,
        label: names
            .get(code as usize)
            .map_or("noise", String::as_str)
            .to_owned(),
        tint: Tint::Code { code },
        ..Bar::default()
    };
    let bars = counts.iter().map(bar).collect();
    let subtitle = match rows.n_samples() < training.train.n_samples() {
        true => format!("of {} rows drawn", rows.n_samples()),
        false => format!("{} rows", rows.n_samples()),
    };
    Ok(lying_bars((TITLE, &subtitle), "rows", bars, &names))
}
