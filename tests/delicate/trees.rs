//! Trees and sums of trees, support vectors, naive Bayes.

use handlens::math::moments;
use handlens::models::Model;
use handlens::models::svm::Kernel;
use handlens::prepare::Target;
use handlens::settings::{Setting, Settings};
use ndarray::Array2;

use crate::support::{dataset, settings, train};
use crate::{classes, classes_of, column, values_of, word};

#[test]
fn zero_with_a_sign_is_zero() {
    let x = column(&[-0.0, 0.0, -0.0, 0.0]);
    let data = dataset(x.clone(), classes(&[0, 1, 0, 1], 2));
    for id in ["tree", "extra_trees", "hist_gradient_boosting", "knn"] {
        let few = match id {
            "knn" => settings([("n_neighbors", Setting::Number(4.0))]),
            _ => Settings::default(),
        };
        let (model, _) = train(id, &few, data.clone(), 0);
        let (_, shares) = classes_of(&model, &x);
        let is_even = |share: &f64| (share - 0.5).abs() < 1e-12;
        assert!(shares.iter().all(is_even), "{id}: {shares}");
    }
}

#[test]
fn of_equal_votes_the_lowest_class_wins() {
    // The class that comes first in the rows is the higher one.
    let x = Array2::from_elem((4, 1), 1.0);
    let data = dataset(x.clone(), classes(&[1, 0, 1, 0], 2));
    for id in ["tree", "random_forest", "extra_trees"] {
        let mut all_rows = Settings::default();
        if id != "tree" {
            all_rows.insert("bootstrap".into(), Setting::Flag(false));
        }
        let (model, _) = train(id, &all_rows, data.clone(), 0);
        assert_eq!(classes_of(&model, &x).0, [0; 4], "{id}");
    }
}

#[test]
fn trees_that_disagree_to_a_tie_give_the_lowest_class() {
    let x = Array2::from_elem((4, 1), 1.0);
    let data = dataset(x.clone(), classes(&[1, 0, 1, 0], 2));
    let two = settings([("n_estimators", Setting::Number(2.0))]);
    let mut n_ties = 0;
    for seed in 0..60 {
        let (model, _) = train("random_forest", &two, data.clone(), seed);
        let (found, shares) = classes_of(&model, &x);
        let Model::Forest(forest) = &model else {
            panic!("a forest");
        };
        let share = |tree: usize| forest.trees()[tree].answer(&[1.0])[0];
        // Added from the first tree on, to the bit.
        assert_eq!(
            shares[(0, 0)].to_bits(),
            ((share(0) + share(1)) / 2.0).to_bits()
        );
        let is_tied = shares[(0, 0)] == shares[(0, 1)];
        n_ties += usize::from(is_tied && share(0) != share(1));
        let expected = u32::from(shares[(0, 1)] > shares[(0, 0)]);
        assert_eq!(found, [expected; 4], "seed {seed}");
    }
    assert!(n_ties > 0, "some trees must disagree to a tie");
}

/// Boosting in which every leaf goes all the way, many times.
fn boost(target: Target, n: usize) -> (Model, Array2<f64>, f64) {
    let x = Array2::from_shape_fn((n, 1), |(i, _)| i as f64);
    let settings = settings([
        ("learning_rate", Setting::Number(1.0)),
        ("max_iter", Setting::Number(300.0)),
        ("early_stopping", word("off")),
    ]);
    let (model, progress) = train(
        "hist_gradient_boosting",
        &settings,
        dataset(x.clone(), target),
        0,
    );
    (model, x, progress.loss.unwrap())
}

#[test]
fn boosting_goes_on_where_hessians_vanish() {
    let codes: Vec<u32> = (0..80).map(|i| u32::from(i >= 40)).collect();
    let (model, x, loss) = boost(classes(&codes, 2), 80);
    assert!((0.0..1e-4).contains(&loss), "{loss}");
    let (found, shares) = classes_of(&model, &x);
    assert_eq!(found, codes);
    assert!(shares.iter().all(|p| p.is_finite()));
}

#[test]
fn boosting_finds_nothing_in_a_constant_target() {
    let (model, x, loss) = boost(Target::Values(vec![0.1; 80]), 80);
    assert!(loss < 1e-30, "{loss:e}");
    assert!(
        values_of(&model, &x)
            .iter()
            .all(|v| (v - 0.1).abs() < 1e-15)
    );
}

#[test]
fn boosting_begins_at_finite_log_odds_without_rows_of_a_class() {
    let codes: Vec<u32> = (0..80).map(|i| u32::from(i >= 40)).collect();
    let (model, x, loss) = boost(classes(&codes, 3), 80);
    assert!(loss.is_finite());
    let (found, shares) = classes_of(&model, &x);
    assert_eq!(found, codes);
    assert!(
        shares.column(2).iter().all(|p| (0.0..1e-6).contains(p)),
        "{shares}"
    );
}

fn svm(
    x: &Array2<f64>,
    codes: &[u32],
    pairs: &[(&str, Setting)],
) -> handlens::models::svm::SvmModel {
    let pairs = pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()));
    let data = dataset(x.clone(), classes(codes, 2));
    match train("svm", &pairs.collect(), data, 0).0 {
        Model::Svm(model) => model,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_kernel_survives_features_that_do_not_vary() {
    let model = svm(&Array2::from_elem((4, 2), 3.0), &[0, 1, 0, 1], &[]);
    assert_eq!(model.kernel, Kernel::Rbf { gamma: 1.0 });
    let x = Array2::from_shape_fn((4, 2), |(i, _)| i as f64);
    let model = svm(&x, &[0, 1, 0, 1], &[]);
    let variance = moments(x.as_slice().unwrap()).unwrap().variance;
    let gamma = 1.0 / (2.0 * variance);
    assert_eq!(model.kernel, Kernel::Rbf { gamma });
}

#[test]
fn a_bias_without_free_vectors_is_in_the_middle_of_what_is_allowed() {
    // With so small a price both vectors are at their bound. The slope is −0.002, so the first asks
    // for a bias of at most 1.002 and the second for at least −0.994.
    let x = column(&[1.0, 3.0]);
    let cheap = [("kernel", word("linear")), ("C", Setting::Number(1e-3))];
    let model = svm(&x, &[0, 1], &cheap);
    let bound = model.dual_coefficients.iter().map(|c| c.abs());
    assert!(bound.into_iter().all(|c| c == 1e-3));
    assert!(
        (model.intercepts[0] - 0.004).abs() < 1e-15,
        "{:?}",
        model.intercepts
    );
    let decisions = model.decision_function(x.view());
    assert!(
        (decisions[(0, 0)] + decisions[(1, 0)]).abs() < 1e-15,
        "{decisions}"
    );
    assert!(decisions[(0, 0)] > 0.0);
}

#[test]
fn a_class_without_variance_still_has_a_density() {
    let x = Array2::from_shape_fn((8, 2), |(i, j)| [(i / 4 * 3) as f64, i as f64][j]);
    let data = dataset(x.clone(), classes(&[0, 0, 0, 0, 1, 1, 1, 1], 2));
    let (model, _) = train("gaussian_nb", &Settings::default(), data, 0);
    let (found, shares) = classes_of(&model, &x);
    assert_eq!(found, [0, 0, 0, 0, 1, 1, 1, 1]);
    assert!(shares.iter().all(|p| p.is_finite()));
}

#[test]
fn a_count_that_never_occurred_is_not_impossible() {
    // The second word never occurs in class a.
    let x = Array2::from_shape_fn((4, 2), |(i, j)| [4.0, f64::from(i > 1)][j]);
    let data = dataset(x, classes(&[0, 0, 1, 1], 2));
    let many = ndarray::array![[4000.0, 0.0], [40.0, 1.0]];
    for id in ["multinomial_nb", "bernoulli_nb"] {
        let (model, _) = train(id, &Settings::default(), data.clone(), 0);
        let (_, shares) = classes_of(&model, &many);
        assert!(
            shares.iter().all(|p| p.is_finite() && *p >= 0.0),
            "{id}: {shares}"
        );
        assert!(shares[(1, 0)] > 0.0, "{id}: {shares}");
        assert!((shares.row(0).sum() - 1.0).abs() < 1e-12, "{id}");
    }
}
