//! Clusters and axes.

use handlens::models::{Model, NOISE};
use handlens::prepare::Target;
use handlens::rng::Rng;
use handlens::settings::{Setting, Settings};
use ndarray::Array2;

use crate::support::{dataset, settings, train};
use crate::{clusters_of, column};

#[test]
fn rows_at_the_radius_are_neighbors() {
    let x = column(&[0.0, 0.5, 1.0]);
    let found = |eps: f64| {
        let settings = settings([
            ("eps", Setting::Number(eps)),
            ("min_samples", Setting::Number(3.0)),
        ]);
        let (model, _) = train("dbscan", &settings, dataset(x.clone(), Target::None), 0);
        clusters_of(&model, &x)
    };
    assert_eq!(found(0.5), [0, 0, 0]);
    let below = f64::from_bits(0.5_f64.to_bits() - 1);
    assert_eq!(found(below), [NOISE; 3]);
}

#[test]
fn equal_merges_go_by_their_rows() {
    // All neighbors are equally far: the first two merge, then the next two.
    let x = column(&[0.0, 1.0, 10.0, 11.0, 20.0, 21.0]);
    for linkage in ["average", "complete", "single", "ward"] {
        let settings = settings([
            ("n_clusters", Setting::Number(5.0)),
            ("linkage", crate::word(linkage)),
        ]);
        let (model, _) = train(
            "agglomerative",
            &settings,
            dataset(x.clone(), Target::None),
            0,
        );
        let found = clusters_of(&model, &x);
        assert_eq!(found[0], found[1], "{linkage}: {found:?}");
        assert!(
            found[2] != found[3] && found[4] != found[5],
            "{linkage}: {found:?}"
        );
    }
}

#[test]
fn clusters_far_from_zero_are_found() {
    let place = |i: usize| 1e8 + (i % 2) as f64 * 1e-2 + (i / 2) as f64 * 1e-5;
    let x = Array2::from_shape_fn((40, 2), |(i, _)| place(i));
    let two = settings([("n_clusters", Setting::Number(2.0))]);
    for id in ["kmeans", "minibatch_kmeans", "agglomerative"] {
        let (model, _) = train(id, &two, dataset(x.clone(), Target::None), 0);
        let found = clusters_of(&model, &x);
        let is_right = |i: usize| found[i] == found[i % 2];
        assert!(
            (0..40).all(is_right) && found[0] != found[1],
            "{id}: {found:?}"
        );
    }
}

#[test]
fn a_mixture_of_equal_rows_has_a_density() {
    let x = Array2::from_shape_fn((12, 2), |(i, j)| [(i % 3) as f64, 1.0][j]);
    for kind in ["full", "tied", "diag", "spherical"] {
        let settings = settings([
            ("n_components", Setting::Number(3.0)),
            ("covariance_type", crate::word(kind)),
        ]);
        let (model, progress) = train(
            "gaussian_mixture",
            &settings,
            dataset(x.clone(), Target::None),
            0,
        );
        assert!(progress.loss.unwrap().is_finite(), "{kind}");
        let found = clusters_of(&model, &x);
        assert!(
            found.chunks(3).all(|three| three == &found[..3]),
            "{kind}: {found:?}"
        );
    }
}

#[test]
fn the_largest_loading_of_an_axis_is_positive() {
    for (n, p) in [(30, 4), (6000, 4), (5, 9)] {
        let mut rng = Rng::new(2);
        let x = Array2::from_shape_fn((n, p), |(_, j)| rng.normal() * (j + 1) as f64);
        let axes = |x: Array2<f64>| match train(
            "pca",
            &Settings::default(),
            dataset(x, Target::None),
            0,
        )
        .0
        {
            Model::Pca(model) => model.components,
            other => panic!("{other:?}"),
        };
        let found = axes(x.clone());
        for axis in found.rows() {
            let largest = axis
                .iter()
                .copied()
                .max_by(|a, b| a.abs().total_cmp(&b.abs()));
            assert!(largest.unwrap() > 0.0, "{n}×{p}: {axis}");
        }
        let apart = (&axes(-x) - &found)
            .mapv(f64::abs)
            .into_iter()
            .fold(0.0, f64::max);
        assert!(apart < 1e-9, "{n}×{p}: {apart:e}");
    }
}

#[test]
fn the_least_variance_of_a_mixture_goes_by_that_of_the_features() {
    let mut rng = Rng::new(5);
    // Two clouds, each narrower in one direction than a fixed amount would allow.
    let x = Array2::from_shape_fn((80, 2), |(i, _)| rng.normal() + (i % 2) as f64 * 20.0);
    let two = settings([("n_components", Setting::Number(2.0))]);
    let found = |size: f64| {
        let data = dataset(&x * size, Target::None);
        let (model, _) = train("gaussian_mixture", &two, data, 0);
        let Model::GaussianMixture(model) = &model else {
            panic!("not a mixture")
        };
        model.components().covariances.mapv(|v| v / size / size)
    };
    let plain = found(1.0);
    for size in [1e-8, 1e8] {
        let apart = (&found(size) - &plain).mapv(f64::abs);
        let most = apart.into_iter().fold(0.0, f64::max);
        assert!(most < 1e-9, "{size:e}: {most:e}");
    }
}
