//! The size of the target.

use handlens::models::Model;
use handlens::prepare::Target;
use handlens::rng::Rng;
use handlens::settings::{Setting, Settings};
use ndarray::Array2;

use crate::support::{dataset, train};
use crate::values_of;

/// A straight relation to two features, times `size`.
fn rows(size: f64) -> (Array2<f64>, Vec<f64>) {
    let mut rng = Rng::new(8);
    let x = Array2::from_shape_simple_fn((120, 2), || rng.normal());
    let of = |row: ndarray::ArrayView1<f64>| (row[0] - 2.0 * row[1]) * size;
    let y = x.rows().into_iter().map(of).collect();
    (x, y)
}

/// What is predicted for the rows learnt from, and what is noted.
fn learnt(id: &str, settings: &Settings, size: f64) -> (Vec<f64>, Option<String>) {
    let (x, y) = rows(size);
    let (model, progress) = train(id, settings, dataset(x.clone(), Target::Values(y)), 1);
    (values_of(&model, &x), progress.note)
}

/// 1 less the share of the spread that is missed.
fn r_squared(id: &str, size: f64) -> f64 {
    let y = rows(size).1;
    let found = learnt(id, &Settings::default(), size).0;
    let missed: Vec<f64> = found.iter().zip(&y).map(|(a, b)| a - b).collect();
    let deviation = |values: &[f64]| handlens::math::moments(values).unwrap().deviation;
    let share = deviation(&missed) / deviation(&y);
    1.0 - share * share
}

/// Those whose settings have no unit of the target; the others follow below.
#[test]
fn targets_of_any_size_are_learnt_alike() {
    let ids = [
        "linear",
        "ridge",
        "knn",
        "mlp",
        "tree",
        "random_forest",
        "extra_trees",
        "hist_gradient_boosting",
        "gaussian_process",
    ];
    for id in ids {
        let plain = r_squared(id, 1.0);
        assert!(plain > 0.8, "{id}: {plain}");
        for size in [1e12, 1e-12] {
            let found = r_squared(id, size);
            assert!(
                (found - plain).abs() < 0.01,
                "{id}, {size:e}: {found}, not {plain}"
            );
        }
    }
}

/// With the settings that have a unit of the target in that unit.
#[test]
fn penalties_and_margins_in_the_unit_of_the_target_learn_alike() {
    // The power of the target's unit in each setting: an error of one unit costs the lasso the
    // square of the unit, and support vectors the unit.
    type InUnits = &'static [(&'static str, f64, i32)];
    let cases: [(&str, InUnits); 4] = [
        ("lasso", &[("alpha", 0.3, 1)]),
        ("elastic_net", &[("alpha", 0.3, 1), ("l1_ratio", 1.0, 0)]),
        (
            "svr",
            &[("C", 3.0, 1), ("epsilon", 0.2, 1), ("tol", 1e-3, 1)],
        ),
        ("huber", &[("alpha", 0.01, -1)]),
    ];
    for (id, units) in cases {
        let found = |size: f64| {
            let own = units.iter().map(|&(name, value, power)| {
                let value = value * libm::pow(size, f64::from(power));
                // A tolerance is at most 1; a smaller one only takes longer.
                let value = if name == "tol" { value.min(1.0) } else { value };
                (name.to_owned(), Setting::Number(value))
            });
            let (values, note) = learnt(id, &own.collect(), size);
            assert_eq!(note, None, "{id}, {size:e}");
            values.iter().map(|v| v / size).collect::<Vec<f64>>()
        };
        let plain = found(1.0);
        assert!(plain.iter().any(|v| v.abs() > 1.0), "{id}");
        // Powers of two, so that nothing but a limit of size could change much.
        for power in [-26, 26] {
            let size = libm::ldexp(1.0, power);
            for (a, b) in found(size).iter().zip(&plain) {
                assert!((a - b).abs() < 1e-3, "{id}, 2^{power}: {a}, not {b}");
            }
        }
    }
}

/// With the settings as they are, a target too small for them: nothing is learnt, and that is told.
#[test]
fn a_target_too_small_for_its_penalty_or_margin_is_told() {
    for (id, setting) in [
        ("lasso", "alpha"),
        ("elastic_net", "alpha"),
        ("svr", "epsilon"),
    ] {
        let (values, note) = learnt(id, &Settings::default(), 1e-12);
        assert!(values.iter().all(|v| *v == values[0]), "{id}");
        let note = note.unwrap_or_else(|| panic!("{id} says nothing"));
        assert!(
            note.contains("unit of the target") && note.contains(setting),
            "{id}: {note}"
        );
        assert_eq!(learnt(id, &Settings::default(), 1.0).1, None, "{id}");
    }
}

/// The note of lasso and elastic net names a penalty at which the first feature does enter.
#[test]
fn the_penalty_told_is_where_the_first_feature_enters() {
    for (id, mix) in [
        ("lasso", None),
        ("elastic_net", Some(0.5)),
        ("elastic_net", Some(0.1)),
    ] {
        let mix = mix.map(|share| ("l1_ratio".to_owned(), Setting::Number(share)));
        let base: Settings = mix.into_iter().collect();
        let note = learnt(id, &base, 1e-6).1.unwrap();
        let told = note.split("below ").nth(1).unwrap();
        let told: f64 = told.split(',').next().unwrap().parse().unwrap();
        let slopes = |alpha: f64| {
            let (x, y) = rows(1e-6);
            let mut settings = base.clone();
            settings.insert("alpha".to_owned(), Setting::Number(alpha));
            let (model, _) = train(id, &settings, dataset(x, Target::Values(y)), 1);
            let Model::Linear(model) = model else {
                panic!("not linear")
            };
            model.coefficients().to_vec()
        };
        assert_eq!(slopes(told * 1.02), [0.0, 0.0], "{id} {base:?}");
        assert!(
            slopes(told * 0.98).iter().any(|w| *w != 0.0),
            "{id} {base:?}"
        );
    }
}

/// Huber's penalty weighs the more, the larger the target: what is learnt of 1e12 shows it.
#[test]
fn a_target_too_large_for_its_settings_is_told() {
    for (id, setting) in [("huber", "alpha"), ("svr", "C")] {
        let note = learnt(id, &Settings::default(), 1e12).1;
        let note = note.unwrap_or_else(|| panic!("{id} says nothing"));
        assert!(
            note.contains("unit of the target") && note.contains(setting),
            "{id}: {note}"
        );
    }
}
