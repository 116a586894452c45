//! Distances between rows, and who is near whom.

use handlens::models::neighbors::{Metric, neighbors};
use handlens::models::{Algorithm, Model};
use handlens::prepare::Target;
use handlens::rng::Rng;
use handlens::settings::{Setting, Settings};
use ndarray::Array2;

use crate::classes;
use crate::support::{dataset, settings, train};

/// Rows far from zero, a ten-thousandth apart: ‖a‖² + ‖b‖² − 2ab has no digit of it left.
fn far(n: usize, p: usize) -> Array2<f64> {
    Array2::from_shape_fn((n, p), |(i, _)| 1e8 + i as f64 / 8192.0)
}

#[test]
fn neighbors_far_from_zero_are_the_nearest() {
    for p in [1, 3, 16, 40] {
        let x = far(400, p);
        let found = neighbors(x.view(), x.view(), 3, Metric::Euclidean);
        for (row, near) in found.rows.chunks(3).enumerate().skip(1).take(398) {
            let (row, [a, b]) = (row as u32, [row as u32 - 1, row as u32 + 1]);
            assert_eq!(near, [row, a, b], "{p} features");
        }
        let step = (p as f64).sqrt() / 8192.0;
        for near in found.distances.chunks(3).skip(1).take(398) {
            assert_eq!(near[0], 0.0, "{p} features");
            let is_step = |d: &f64| (d / step - 1.0).abs() < 1e-12;
            assert!(near[1..].iter().all(is_step), "{p} features: {near:?}");
        }
    }
}

#[test]
fn equal_rows_are_neighbors_in_their_order() {
    let x = Array2::from_elem((50, 2), 1e-3);
    for metric in [Metric::Euclidean, Metric::Manhattan, Metric::Chebyshev] {
        let found = neighbors(x.view(), x.view(), 4, metric);
        assert!(
            found.rows.chunks(4).all(|near| near == [0, 1, 2, 3]),
            "{metric:?}"
        );
        assert!(found.distances.iter().all(|d| *d == 0.0), "{metric:?}");
    }
}

#[test]
fn distances_beyond_the_range_of_numbers_are_refused() {
    let mut rng = Rng::new(1);
    let x = Array2::from_shape_simple_fn((20, 2), || rng.normal() * 1e200);
    let codes: Vec<u32> = (0..20).map(|i| i % 2).collect();
    for (id, target) in [
        ("knn", classes(&codes, 2)),
        ("kmeans", Target::None),
        ("dbscan", Target::None),
        ("agglomerative", Target::None),
    ] {
        let algorithm = Algorithm::find(id, &Settings::default()).unwrap();
        let error = algorithm
            .begin(dataset(x.clone(), target), &Rng::new(0))
            .err();
        let error = error.unwrap_or_else(|| panic!("{id} takes them"));
        assert!(error.to_string().contains("Scale"), "{id}: {error}");
    }
}

#[test]
fn a_row_at_no_distance_decides_alone() {
    let x = ndarray::array![[0.0], [1e-100], [1.0], [2.0]];
    let by_distance = settings([
        ("weights", crate::word("distance")),
        ("n_neighbors", Setting::Number(4.0)),
    ]);
    let data = dataset(x.clone(), Target::Values(vec![1.0, 5.0, 9.0, 9.0]));
    let (model, _): (Model, _) = train("knn", &by_distance, data, 0);
    assert_eq!(crate::values_of(&model, &x)[0], 1.0);
}
