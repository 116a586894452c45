//! Metrics without a right answer: how much a projection keeps, and whether neighbors on it are
//! neighbors among the features.

use ndarray::{ArrayView2, Axis};

use super::clustering::unsupervised;
use super::metric::{Format, Metric, Scores};
use crate::error::{Code, Error, Result};
use crate::linalg::{row_major, squared_distance};
use crate::{math, parallel};

/// Neighbors on the map that are asked for, as scikit-learn's `trustworthiness`.
const NEIGHBORS: usize = 5;

/// Rows whose neighbors are looked up at most; all rows are looked through for each.
const MOST_ROWS: usize = 1_000;

/// Scores a projection.
///
/// - `coordinates`: `(n_samples, n_components)`; `x`: `(n_samples, n_features)`.
/// - `is_map`: whether its axes have units of their own, so that variances cannot be compared.
pub(super) fn score(
    coordinates: ArrayView2<f64>,
    x: ArrayView2<f64>,
    is_map: bool,
) -> Result<Scores> {
    if coordinates.iter().any(|v| !v.is_finite()) {
        let message = "The model predicts a place that is not finite.";
        return Err(Error::new(Code::NotFinite, message));
    }
    let trust = trust_metric(coordinates, x);
    if is_map {
        return Ok(unsupervised(x.nrows(), "trustworthiness", vec![trust]));
    }
    let kept = variance_metric(coordinates, x);
    let metrics = vec![kept, trust];
    Ok(unsupervised(x.nrows(), "explained_variance_ratio", metrics))
}

fn variance_metric(coordinates: ArrayView2<f64>, x: ArrayView2<f64>) -> Metric {
    let (kept, total) = (total_variance(coordinates), total_variance(x));
    let ratio = if total > 0.0 {
        Ok((kept / total).min(1.0))
    } else {
        Err("All rows are the same, so there is no variance to keep.".to_owned())
    };
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
    .with(ratio)
}

fn trust_metric(coordinates: ArrayView2<f64>, x: ArrayView2<f64>) -> Metric {
    let note = (x.nrows() > MOST_ROWS)
        .then(|| format!("Measured for about {MOST_ROWS} of {} rows.", x.nrows()));
    Metric::new("trustworthiness", "Trust", Format::Number, true)
        .explained(
            "Whether rows that lie side by side on the map are neighbors among all features too: 1 is always, 0.5 is what chance gives.",
            "1 \u{2212} 2 / (n\u{b7}k\u{b7}(2n \u{2212} 3k \u{2212} 1)) \u{b7} \u{3a3} max(0, rank among the features \u{2212} k) over the k = 5 nearest on the map",
        )
        .with(trustworthiness(coordinates, x))
        .noted(note)
}

/// How far neighbors on the map are neighbors among the features (J. Venna & S. Kaski,
/// "Neighborhood preservation in nonlinear projection methods", ICANN 2001), for 5 neighbors.
/// Of more than 1,000 rows evenly spaced ones are looked up. Ties go by the place of the row.
///
/// - `coordinates`: `(n_samples, n_components)`; `x`: `(n_samples, n_features)`.
///
/// # Errors
/// A sentence where there are too few rows to speak of neighbors.
pub fn trustworthiness(
    coordinates: ArrayView2<f64>,
    x: ArrayView2<f64>,
) -> std::result::Result<f64, String> {
    let n = x.nrows();
    if n <= 2 * NEIGHBORS {
        return Err(format!("Neighbors mean little among {n} rows."));
    }
    let (places, features) = (row_major(&coordinates), row_major(&x));
    let rows: Vec<usize> = (0..n).step_by(n.div_ceil(MOST_ROWS)).collect();
    let penalties = parallel::map_chunks(rows.len(), 16, |chunk| {
        let penalty =
            |&row: &usize| penalty(row, (&places, coordinates.ncols()), (&features, x.ncols()));
        rows[chunk].iter().map(penalty).sum::<usize>()
    });
    let penalty = penalties.into_iter().sum::<usize>() as f64;
    let (n, k) = (n as f64, NEIGHBORS as f64);
    Ok(1.0 - penalty * 2.0 / (rows.len() as f64 * k * (2.0 * n - 3.0 * k - 1.0)))
}

/// By how many ranks the nearest rows on the map are not the nearest among the features.
fn penalty(row: usize, places: (&[f64], usize), features: (&[f64], usize)) -> usize {
    let on_map = squares(row, places);
    let among_features = squares(row, features);
    let is_before = |squares: &[f64], a: usize, b: usize| (squares[a], a) < (squares[b], b);
    let mut nearest: Vec<usize> = Vec::with_capacity(NEIGHBORS + 1);
    for other in (0..on_map.len()).filter(|&other| other != row) {
        let place = nearest.partition_point(|&known| is_before(&on_map, known, other));
        if place < NEIGHBORS {
            nearest.insert(place, other);
            nearest.truncate(NEIGHBORS);
        }
    }
    let rank = |&neighbor: &usize| {
        let others = (0..among_features.len()).filter(|&other| other != row);
        1 + others
            .filter(|&other| is_before(&among_features, other, neighbor))
            .count()
    };
    nearest
        .iter()
        .map(|neighbor| rank(neighbor).saturating_sub(NEIGHBORS))
        .sum()
}

/// Squared distances of a row to all rows, given row by row with their width.
fn squares(row: usize, (entries, width): (&[f64], usize)) -> Vec<f64> {
    let width = width.max(1);
    let own = &entries[row * width..(row + 1) * width];
    entries
        .chunks_exact(width)
        .map(|other| squared_distance(own, other))
        .collect()
}

fn total_variance(x: ArrayView2<f64>) -> f64 {
    math::sum(
        x.axis_iter(Axis(1))
            .filter_map(|column| math::moments(&column.to_vec()))
            .map(|moments| moments.variance),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;
    use ndarray::Array2;

    #[test]
    fn a_map_that_keeps_all_distances_is_trusted_and_a_shuffled_one_is_not() {
        let mut rng = Rng::new(1);
        let x = Array2::from_shape_simple_fn((60, 2), || rng.normal());
        assert_eq!(trustworthiness((&x * 3.0).view(), x.view()), Ok(1.0));
        let shuffled = x.select(Axis(0), &rng.permutation(60));
        let trust = trustworthiness(shuffled.view(), x.view());
        assert!(trust.is_ok_and(|trust| (0.4..0.6).contains(&trust)));
    }

    #[test]
    fn it_is_scikit_learn_s() {
        let entry = |(i, j): (usize, usize)| (i * i * 7919 + (i + 3) * (j + 2) * 10477) % 10007;
        let x = Array2::from_shape_fn((200, 6), |at| entry(at) as f64 / 10007.0);
        let trust = trustworthiness(x.slice(ndarray::s![.., ..2]), x.view());
        // scikit-learn 1.9.1: trustworthiness(x, x[:, :2], n_neighbors=5).
        assert!(trust.is_ok_and(|trust| (trust - 0.78075).abs() < 1e-12));
    }
}
