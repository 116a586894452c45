//! How long DBSCAN will take, told by a few looks around in a small part of the rows.
//!
//! How many rows a look compares depends on the radius and on how the rows lie: from some dozens
//! where the tree leaves nearly all of them out, to all. So it is counted, in two samples of the
//! rows, and carried on by the power of the number of rows with which it grew.

use super::Dbscan;
use super::neighborhood::{Count, Radius};
use crate::math;
use crate::models::Demand;
use crate::models::neighbors::tree::Tree;
use crate::prepare::Dataset;

/// Fewer rows are done before anyone has read how long they take.
const TOLD_FROM_ROWS: usize = 20_000;
/// Rows of the two samples.
const SAMPLES: [usize; 2] = [2_000, 8_000];
/// Looks around in each sample.
const LOOKS: usize = 100;
/// Seconds that comparing one feature of two rows takes, estimated.
const SECONDS_A_FEATURE: f64 = 0.6e-9;
/// Seconds a row takes besides, estimated.
const SECONDS_A_ROW: f64 = 1.5e-6;
/// What waiting for memory adds each time that the table is twice as large, estimated.
const WAITING: f64 = 0.6;

pub(super) fn demand(dbscan: &Dbscan, data: &Dataset) -> Demand {
    let (n, d) = (data.n_samples(), data.n_features());
    let (rows, features) = (n as f64, d as f64);
    // The rows as compared, those in the tree, its boxes; then labels and places.
    let bytes = rows * (18.0 * features + 48.0);
    let seconds = match n >= TOLD_FROM_ROWS && d > 0 {
        true => {
            let a_row = SECONDS_A_ROW + SECONDS_A_FEATURE * features * n_compared(dbscan, data);
            rows * a_row * (1.0 + WAITING * Demand::halvings_to_cache(data))
        }
        false => 0.0,
    };
    Demand { bytes, seconds }
}

/// Rows that are compared with each row: once to count its neighbors, once to look around.
fn n_compared(dbscan: &Dbscan, data: &Dataset) -> f64 {
    let n = data.n_samples() as f64;
    let [few, many] = SAMPLES.map(|size| n_compared_among(dbscan, data, size));
    let [small, large] = SAMPLES.map(|size| size as f64);
    let power = math::ln(many.max(1.0) / few.max(1.0)) / math::ln(large / small);
    let growth = math::pow(n / large, power.clamp(0.0, 1.0));
    (many * growth).min(2.0 * n)
}

/// The same, in a sample of `size` rows that lie evenly in the table.
fn n_compared_among(dbscan: &Dbscan, data: &Dataset, size: usize) -> f64 {
    let n = data.n_samples();
    let rows = (0..size).map(|index| data.x.row(index * n / size));
    let x: Vec<f64> = rows.flat_map(|row| row.to_vec()).collect();
    if x.iter().any(|v| !v.is_finite()) {
        return 0.0;
    }
    let metric = dbscan.metric;
    let points = metric.prepare(&x, data.n_features(), false);
    let tree = Tree::new(&points, metric.width(data.n_features()));
    let radius = Radius {
        metric,
        eps: dbscan.eps,
    };
    let look = |index: usize| {
        let query = tree.point(index * size / LOOKS);
        let visit = |enough| radius.visit(&tree, query, &mut Count::up_to(enough));
        visit(dbscan.min_samples) + visit(usize::MAX)
    };
    (0..LOOKS).map(look).sum::<usize>() as f64 / LOOKS as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::Estimator;
    use crate::rng::Rng;
    use crate::settings::{Checked, Setting, Settings};
    use ndarray::Array2;

    fn demand_of(n: usize, d: usize, eps: f64) -> Demand {
        let mut rng = Rng::new(1);
        let data = Dataset {
            x: Array2::from_shape_simple_fn((n, d), || rng.normal()),
            ..Dataset::default()
        };
        let settings = Settings::from([("eps".to_owned(), Setting::Number(eps))]);
        let settings = Checked::new(Dbscan::INFO.hyperparameters, &settings).unwrap();
        Dbscan::new(&settings).unwrap().demand(&data)
    }

    #[test]
    fn what_few_rows_take_is_not_told() {
        assert_eq!(demand_of(1_000, 2, 0.5).seconds, 0.0);
    }

    #[test]
    fn where_the_tree_leaves_most_out_four_times_the_rows_take_little_more_each() {
        let [few, many] = [25_000, 100_000].map(|n| demand_of(n, 2, 0.001).seconds);
        assert!(
            few > 0.0 && many > 3.9 * few && many < 6.0 * few,
            "{few} {many}"
        );
    }

    #[test]
    fn where_every_row_is_compared_it_grows_with_the_square() {
        let [few, many] = [25_000, 100_000].map(|n| demand_of(n, 12, 3.0).seconds);
        assert!(many > 12.0 * few && many < 16.1 * few, "{few} {many}");
    }

    #[test]
    fn gaps_are_for_others_to_refuse() {
        let data = Dataset {
            x: Array2::from_elem((30_000, 2), f64::NAN),
            ..Dataset::default()
        };
        let settings = Checked::new(Dbscan::INFO.hyperparameters, &Settings::new()).unwrap();
        let demand = Dbscan::new(&settings).unwrap().demand(&data);
        assert!(demand.seconds.is_finite());
    }
}
