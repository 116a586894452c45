//! Metrics without a right answer: how tight clusters are.

use std::collections::BTreeMap;

use ndarray::{ArrayView2, Axis};

use super::metric::{Format, Metric, Scores};
use super::silhouette::silhouette;
use crate::math;
use crate::models::NOISE;

/// Scores clusters; `codes` is `(n_samples,)`, `x` `(n_samples, n_features)`.
pub(super) fn score(
    codes: &[u32],
    x: ArrayView2<f64>,
    centroids: Option<ArrayView2<f64>>,
) -> Scores {
    let clustered: Vec<usize> = (0..codes.len()).filter(|&i| codes[i] != NOISE).collect();
    let n_noise = codes.len() - clustered.len();
    let all = x;
    let x = all.select(Axis(0), &clustered);
    let codes: &[u32] = &clustered.iter().map(|&i| codes[i]).collect::<Vec<_>>();
    let x = x.view();
    let silhouette = silhouette(x, codes);
    let mut note = silhouette.as_ref().ok().and_then(|s| s.note.clone());
    if n_noise > 0 && silhouette.is_ok() {
        let left_out = format!("{n_noise} rows of no cluster are left out.");
        note = Some(note.map_or(left_out.clone(), |note| format!("{note} {left_out}")));
    }
    let everything = vec![0; codes.len()];
    let n_clusters = sizes(codes).len();
    let mut metrics = vec![
        Metric::new("silhouette", "Silhouette", Format::Number, true)
            .explained(
                "Whether rows are closer to their own cluster than to the next one: 1 is far apart, 0 touching, below 0 mixed up.",
                "mean of (b \u{2212} a) / max(a, b); a: mean distance to the own cluster, b: to the nearest other",
            )
            .with(silhouette.map(|s| s.mean))
            .noted(note),
        Metric::new("inertia", "Inertia", Format::Number, false)
            .explained(
                "How far rows are from the center of their cluster. It always falls with more clusters; look for the bend.",
                "\u{3a3} squared distance to the centroid",
            )
            .with(inertia(x, codes, centroids))
            .against(inertia(x, &everything, None).ok()),
        Metric::new("n_clusters", "Clusters", Format::Number, true)
            .explained("How many clusters have at least one row.", "count")
            .with(Ok(n_clusters as f64)),
    ];
    if n_noise > 0 {
        metrics.push(
            Metric::new("noise_share", "Rows of no cluster", Format::Percent, false)
                .explained(
                    "How many rows lie in places too thin to belong to a cluster.",
                    "rows of no cluster / rows",
                )
                .with(Ok(n_noise as f64 / all.nrows() as f64)),
        );
    }
    unsupervised(all.nrows(), "silhouette", metrics)
}

pub(super) fn unsupervised(n_samples: usize, headline: &str, metrics: Vec<Metric>) -> Scores {
    Scores {
        n_samples,
        headline: headline.to_owned(),
        metrics,
        confusion: None,
        per_class: None,
    }
}

/// Rows by cluster, in the order of the codes.
fn sizes(codes: &[u32]) -> BTreeMap<u32, usize> {
    let mut sizes = BTreeMap::new();
    for &code in codes {
        *sizes.entry(code).or_insert(0) += 1;
    }
    sizes
}

fn inertia(
    x: ArrayView2<f64>,
    codes: &[u32],
    centroids: Option<ArrayView2<f64>>,
) -> std::result::Result<f64, String> {
    if codes.is_empty() {
        return Err("There are no rows.".to_owned());
    }
    let means = means(x, codes);
    let mut squares = Vec::with_capacity(codes.len());
    for (row, &code) in x.outer_iter().zip(codes) {
        let given = centroids.filter(|c| c.ncols() == x.ncols());
        let center: Vec<f64> = match given {
            Some(given) if (code as usize) < given.nrows() => given.row(code as usize).to_vec(),
            Some(_) => return Err(format!("Cluster {code} has no centroid.")),
            None => means.get(&code).cloned().unwrap_or_default(),
        };
        squares.push(
            row.iter()
                .zip(&center)
                .map(|(a, b)| (a - b) * (a - b))
                .sum(),
        );
    }
    Ok(math::sum(squares))
}

fn means(x: ArrayView2<f64>, codes: &[u32]) -> BTreeMap<u32, Vec<f64>> {
    let mut sums: BTreeMap<u32, Vec<f64>> = BTreeMap::new();
    for (row, &code) in x.outer_iter().zip(codes) {
        let sum = sums.entry(code).or_insert_with(|| vec![0.0; x.ncols()]);
        sum.iter_mut().zip(row).for_each(|(s, v)| *s += v);
    }
    for (code, n) in sizes(codes) {
        if let Some(sum) = sums.get_mut(&code) {
            sum.iter_mut().for_each(|s| *s /= n as f64);
        }
    }
    sums
}
