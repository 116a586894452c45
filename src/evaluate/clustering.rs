//! Metrics without a right answer: how tight clusters are, how much a projection keeps.

use std::collections::BTreeMap;

use ndarray::{ArrayView2, Axis};

use super::metric::{Format, Metric, Scores};
use crate::error::{Code, Error, Result};
use crate::models::NOISE;
use crate::rng::Rng;
use crate::{math, parallel};

/// Rows up to which the silhouette is exact; above it is the mean over a sample of as many.
const SILHOUETTE_ROWS: usize = 5_000;

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

/// Scores a projection; `coordinates` is `(n_samples, n_components)`.
pub(super) fn score_projection(coordinates: ArrayView2<f64>, x: ArrayView2<f64>) -> Result<Scores> {
    if coordinates.iter().any(|v| !v.is_finite()) {
        let message = "The model predicts a place that is not finite.";
        return Err(Error::new(Code::NotFinite, message));
    }
    let (kept, total) = (total_variance(coordinates), total_variance(x));
    let ratio = if total > 0.0 {
        Ok((kept / total).min(1.0))
    } else {
        Err("All rows are the same, so there is no variance to keep.".to_owned())
    };
    let metrics = vec![
        Metric::new(
            "explained_variance_ratio",
            "Variance kept",
            Format::Percent,
            true,
        )
        .explained(
            "How much of the spread of all features is still there on the new axes.",
            "variance of the coordinates / variance of the features",
        )
        .with(ratio),
    ];
    Ok(unsupervised(x.nrows(), "explained_variance_ratio", metrics))
}

fn unsupervised(n_samples: usize, headline: &str, metrics: Vec<Metric>) -> Scores {
    Scores {
        n_samples,
        headline: headline.to_owned(),
        metrics,
        confusion: None,
        per_class: None,
    }
}

fn total_variance(x: ArrayView2<f64>) -> f64 {
    math::sum(
        x.axis_iter(Axis(1))
            .filter_map(|column| math::moments(&column.to_vec()))
            .map(|moments| moments.variance),
    )
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

/// The mean silhouette of rows, and whether it was sampled.
#[derive(Debug, Clone, PartialEq)]
pub struct Silhouette {
    /// From −1 to 1.
    pub mean: f64,
    /// Says so where only a sample of rows was measured.
    pub note: Option<String>,
}

/// The mean silhouette by Euclidean distance (P. Rousseeuw, "Silhouettes", J. Comput. Appl.
/// Math. 20, 1987).
///
/// Exact up to 5,000 rows; above, over a sample of 5,000 of a fixed seed, compared with one
/// another. A row alone in its cluster counts 0, as in the paper.
///
/// - `x`: `(n_samples, n_features)`; `codes`: `(n_samples,)`.
///
/// # Errors
/// A sentence where there are fewer than two clusters, or as many as rows.
pub fn silhouette(x: ArrayView2<f64>, codes: &[u32]) -> std::result::Result<Silhouette, String> {
    if x.ncols() == 0 || x.nrows() != codes.len() {
        return Err("There are no features to measure distances by.".to_owned());
    }
    let (rows, note) = sample(codes.len());
    let clusters: Vec<u32> = rows
        .iter()
        .filter_map(|&row| codes.get(row))
        .copied()
        .collect();
    let sizes = sizes(&clusters);
    if sizes.len() < 2 {
        return Err("All rows are in one cluster; there is no other to compare with.".to_owned());
    }
    if sizes.len() == clusters.len() {
        return Err("Every row is a cluster of its own.".to_owned());
    }
    let index: BTreeMap<u32, usize> = sizes.keys().enumerate().map(|(i, &c)| (c, i)).collect();
    let counts: Vec<usize> = sizes.values().copied().collect();
    // Rows are gathered cluster by cluster, so that the inner loop adds into one number.
    let order = math::order_by(clusters.len(), &|a, b| clusters[a].cmp(&clusters[b]));
    let (n, width) = (order.len(), x.ncols());
    let mut points = Vec::with_capacity(n * width);
    for &i in &order {
        points.extend(x.row(rows[i]).iter().copied());
    }
    let own: Vec<usize> = order
        .iter()
        .filter_map(|&i| index.get(&clusters[i]))
        .copied()
        .collect();
    let values = parallel::map_chunks(n, 64, |block| {
        math::sum(block.map(|i| silhouette_of(i, &points, width, &own, &counts)))
    });
    Ok(Silhouette {
        mean: math::sum(values) / n as f64,
        note,
    })
}

fn silhouette_of(i: usize, points: &[f64], width: usize, own: &[usize], counts: &[usize]) -> f64 {
    let here = own[i];
    if counts[here] < 2 {
        return 0.0;
    }
    let a = &points[i * width..(i + 1) * width];
    let mut nearest = f64::INFINITY;
    let mut inside = 0.0;
    let mut start = 0;
    for (cluster, &count) in counts.iter().enumerate() {
        let rows = &points[start * width..(start + count) * width];
        let total: f64 = rows.chunks_exact(width).map(|b| distance(a, b)).sum();
        if cluster == here {
            inside = total / (count - 1) as f64;
        } else {
            nearest = nearest.min(total / count as f64);
        }
        start += count;
    }
    let larger = inside.max(nearest);
    if larger > 0.0 {
        (nearest - inside) / larger
    } else {
        0.0
    }
}

/// In four lanes of fixed order.
fn distance(a: &[f64], b: &[f64]) -> f64 {
    let mut lanes = [0.0_f64; 4];
    let (a4, b4) = (a.chunks_exact(4), b.chunks_exact(4));
    let rest: f64 = a4
        .remainder()
        .iter()
        .zip(b4.remainder())
        .map(|(p, q)| (p - q) * (p - q))
        .sum();
    for (p, q) in a4.zip(b4) {
        for lane in 0..4 {
            let d = p[lane] - q[lane];
            lanes[lane] += d * d;
        }
    }
    ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3]) + rest).sqrt()
}

fn sample(n: usize) -> (Vec<usize>, Option<String>) {
    if n <= SILHOUETTE_ROWS {
        return ((0..n).collect(), None);
    }
    let mut rows = Rng::new(0).fork("silhouette").permutation(n);
    rows.truncate(SILHOUETTE_ROWS);
    rows.sort_unstable();
    let note = format!("Measured on a sample of {SILHOUETTE_ROWS} of {n} rows.");
    (rows, Some(note))
}
