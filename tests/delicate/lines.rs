//! Linear models, logistic regression, and the size of targets.

use handlens::error::Code;
use handlens::math::{log_sum_exp, softmax};
use handlens::models::logistic::LogisticModel;
use handlens::models::{Algorithm, Model};
use handlens::prepare::{Dataset, Recipe, Target, Task};
use handlens::rng::Rng;
use handlens::settings::{Setting, Settings};
use ndarray::{Array2, array};

use crate::support::{dataset, settings, train};
use crate::{classes, column, prepare, table, values_of, word};

#[test]
fn a_constant_column_gets_no_weight() {
    let x = Array2::from_shape_fn((20, 2), |(i, j)| [i as f64, 4.2][j]);
    let y = (0..20).map(|i| 3.0 * f64::from(i) + 1.0).collect();
    let data = dataset(x, Target::Values(y));
    for id in ["linear", "ridge", "lasso", "elastic_net", "huber"] {
        let (model, _) = train(id, &Settings::default(), data.clone(), 0);
        let Model::Linear(model) = model else {
            panic!("{id} is not linear")
        };
        assert_eq!(model.coefficients()[1], 0.0, "{id}");
        assert!(model.coefficients()[0] > 0.5, "{id}");
    }
}

#[test]
fn fewer_rows_than_columns_are_fitted_without_errors_of_the_slopes() {
    let mut rng = Rng::new(3);
    let x = Array2::from_shape_simple_fn((4, 9), || rng.normal());
    let y: Vec<f64> = (0..4).map(|_| rng.normal()).collect();
    let data = dataset(x.clone(), Target::Values(y.clone()));
    let (model, progress) = train("linear", &Settings::default(), data, 0);
    let found = values_of(&model, &x);
    assert!(found.iter().zip(&y).all(|(a, b)| (a - b).abs() < 1e-13));
    assert!(progress.note.unwrap().contains("Only 3 of 9"));
    let Model::Linear(model) = model else {
        panic!("not linear")
    };
    assert!(model.std_errors.is_none() && model.f_test().is_none());
    assert!(model.details().slopes.iter().all(|slope| slope.p.is_none()));
}

/// The features that a note says can be computed from others.
fn named(note: &str) -> Vec<usize> {
    let names = note.split("independent: ").nth(1).unwrap();
    let names = names.split(" can be computed").next().unwrap().split(", ");
    names
        .map(|name| name[1..].parse::<usize>().unwrap() - 1)
        .collect()
}

/// What is named must be all that is superfluous: without it the columns are independent, and
/// each of it follows from the rest.
#[test]
fn the_columns_named_as_dependent_are_those_that_can_be_spared() {
    let mut rng = Rng::new(4);
    let base = Array2::from_shape_simple_fn((40, 3), || rng.normal());
    let cases: [&dyn Fn(usize) -> Vec<f64>; 4] = [
        &|i| {
            vec![
                base[(i, 0)],
                base[(i, 1)],
                12.0 * base[(i, 0)],
                base[(i, 2)],
            ]
        },
        &|i| vec![7.0, base[(i, 0)], base[(i, 1)]],
        &|i| vec![base[(i, 0)], base[(i, 1)], base[(i, 2)], base.row(i).sum()],
        &|i| {
            vec![
                base[(i, 0)],
                1e9 * base[(i, 0)],
                1.0,
                base[(i, 1)],
                1e-9 * base[(i, 1)],
            ]
        },
    ];
    for (case, row) in cases.iter().enumerate() {
        let p = row(0).len();
        let fit = |columns: &[usize]| {
            let x = Array2::from_shape_fn((40, columns.len()), |(i, j)| row(i)[columns[j]]);
            let y = (0..40).map(|i| base[(i, 0)] - base[(i, 1)] + base[(i, 2)]);
            let data = dataset(x, Target::Values(y.collect()));
            let (model, progress) = train("linear", &Settings::default(), data, 0);
            let Model::Linear(model) = model else {
                panic!("not linear")
            };
            (model.fit.unwrap().rank, progress.note)
        };
        let all: Vec<usize> = (0..p).collect();
        let (rank, note) = fit(&all);
        let named = named(&note.unwrap());
        assert_eq!(named.len(), p - rank, "case {case}");
        let rest: Vec<usize> = all.into_iter().filter(|j| !named.contains(j)).collect();
        assert_eq!(fit(&rest), (rank, None), "case {case}: without {named:?}");
        for &one in &named {
            let (again, _) = fit(&[rest.clone(), vec![one]].concat());
            assert_eq!(again, rank, "case {case}: {one} adds something");
        }
    }
}

/// Years and the third power of their distance to 2000.
fn years() -> String {
    let row = |year: i32| format!("{year},{}\n", (year - 2000).pow(3));
    "year,y\n".to_owned() + &(1950..2021).map(row).collect::<String>()
}

fn powers(scale: &str) -> Recipe {
    let mut recipe = crate::recipe(&[("expand", "polynomial"), ("scale", scale)]);
    recipe.default_step("expand_degree", Setting::Number(3.0));
    recipe
}

#[test]
fn powers_of_numbers_far_from_zero_are_told_apart() {
    let table = table(&years());
    for scale in ["standard", "none"] {
        let target = Some(("y", Task::Regression));
        let (_, data) = prepare(&powers(scale), &table, target);
        let Target::Values(y) = data.target.clone() else {
            panic!("not values")
        };
        let x = data.x.clone();
        let (model, _) = train("linear", &Settings::default(), data.into(), 0);
        let found = values_of(&model, &x);
        let worst = found
            .iter()
            .zip(&y)
            .fold(0.0_f64, |m, (a, b)| m.max((a - b).abs()));
        // Values up to 125,000; raw powers reach 8e9, whose last digit is 1e-6.
        let allowed = if scale == "none" { 1e-4 } else { 1e-8 };
        assert!(worst < allowed, "{scale}: {worst:e}");
    }
}

#[test]
fn powers_that_nearly_depend_on_one_another_are_told_with_their_condition() {
    let table = table(&years());
    let note = |degree: f64, scale: &str| {
        let mut recipe = powers(scale);
        let degree = Setting::Number(degree);
        recipe.settings.insert("expand_degree".to_owned(), degree);
        let (_, data) = prepare(&recipe, &table, Some(("y", Task::Regression)));
        train("linear", &Settings::default(), data.into(), 0).1.note
    };
    let told = note(4.0, "none").unwrap();
    let power = told.split("number about 1e").nth(1).unwrap();
    let power: f64 = power.split(')').next().unwrap().parse().unwrap();
    // `linalg.cond` of NumPy 2.4.6, of centered columns divided by their largest: 4.8e7.
    assert!((power - 7.7).abs() <= 1.0, "{told}");
    assert!(told.contains("nearly depend"), "{told}");
    for (degree, scale) in [(2.0, "none"), (6.0, "standard")] {
        assert_eq!(note(degree, scale), None, "degree {degree}, {scale}");
    }
}

#[test]
fn powers_beyond_the_range_of_numbers_are_refused() {
    let table = table("a,y\n1e200,1\n2e200,2\n4e200,3\n5e200,5\n");
    let pipeline = powers("none").fit(&table, Some(("y", Task::Regression)));
    let error = pipeline.and_then(|p| {
        let data = p.transform(&table, true)?.dataset;
        let algorithm = Algorithm::find("linear", &Settings::default())?;
        algorithm.begin(data.into(), &Rng::new(0)).map(|_| ())
    });
    assert_eq!(error.unwrap_err().code(), Code::NotFinite);
}

#[test]
fn a_loss_comes_from_logits_not_from_rounded_probabilities() {
    let model = Model::Logistic(LogisticModel {
        coefficients: array![[1.0]],
        intercepts: vec![0.0],
        n_classes: 2,
    });
    let loss = |x: f64, class: u32| {
        let data = dataset(column(&[x]), classes(&[class], 2));
        let (_, probabilities) = crate::classes_of(&model, &data.x);
        (
            probabilities[(0, class as usize)],
            model.loss(&data).unwrap(),
        )
    };
    // ln(1 + exp(−50)), where the probability is 1 in all its digits.
    let (probability, small) = loss(50.0, 1);
    assert!(probability == 1.0 && (small / 1.928_749_847_963_917_8e-22 - 1.0).abs() < 1e-12);
    // −ln(0) would be infinite.
    let (probability, large) = loss(800.0, 0);
    assert!(
        probability < 1e-300 && (large - 800.0).abs() < 1e-9,
        "{large}"
    );
}

#[test]
fn certain_classes_keep_their_log_odds() {
    let x = column(&[-4.0, -3.0, 3.0, 4.0]);
    let settings = settings([("C", Setting::Number(1e6))]);
    let data = dataset(x, classes(&[0, 0, 1, 1], 2));
    let (model, _) = train("logistic", &settings, data, 0);
    let far = column(&[100.0, 200.0]);
    let (_, probabilities) = crate::classes_of(&model, &far);
    assert_eq!(probabilities.column(1).to_vec(), [1.0, 1.0]);
    let Model::Logistic(model) = model else {
        panic!("not logistic")
    };
    let logits = model.logits(far.view());
    assert!(logits[1] > 1.9 * logits[0], "{logits:?}");
}

#[test]
fn exponentials_are_shifted_before_they_overflow() {
    assert_eq!(log_sum_exp(&[1e4, 1e4]), 1e4 + std::f64::consts::LN_2);
    assert_eq!(log_sum_exp(&[-1e4, -1e4]), -1e4 + std::f64::consts::LN_2);
    let mut logits = [1e4, 0.0, -1e308];
    softmax(&mut logits);
    assert_eq!(logits, [1.0, 0.0, 0.0]);
}

#[test]
fn without_a_penalty_separable_classes_are_told_and_with_one_they_are_not() {
    // Three classes, apart along the second feature.
    let x = Array2::from_shape_fn((30, 2), |(i, j)| [(i % 7) as f64, (i % 3 * 100) as f64][j]);
    let codes: Vec<u32> = (0..30).map(|i| i % 3).collect();
    let data = dataset(x, classes(&codes, 3));
    let note = |penalty: &str| {
        let settings = settings([
            ("penalty", word(penalty)),
            ("max_iter", Setting::Number(1000.0)),
        ]);
        train("logistic", &settings, data.clone(), 0).1.note
    };
    let told = note("none").unwrap();
    assert!(
        told.contains("without a mistake") && told.contains("x2"),
        "{told}"
    );
    assert_eq!(note("l2"), None);
}

/// Only rows of the second class have the level of the second feature.
fn quasi_separated(noise: f64) -> Dataset {
    let mut rng = Rng::new(9);
    let codes: Vec<u32> = (0..60).map(|i| u32::from(i % 5 < 2)).collect();
    let x = Array2::from_shape_fn((60, 2), |(i, j)| match j {
        0 => rng.normal(),
        _ => f64::from(u8::from(i % 5 == 0)),
    });
    let mut x = x;
    x[(2, 1)] = noise;
    Dataset::clone(&dataset(x, classes(&codes, 2)))
}

#[test]
fn a_level_that_only_one_class_has_is_told() {
    let note = |data: Dataset, penalty: &str| {
        let settings = settings([("penalty", word(penalty))]);
        train("logistic", &settings, data.into(), 0).1.note
    };
    let told = note(quasi_separated(0.0), "none").unwrap();
    assert!(
        told.contains("x2") && told.contains("\u{201c}b\u{201d}") && told.contains("never errs"),
        "{told}"
    );
    assert_eq!(note(quasi_separated(0.0), "l2"), None);
    // A row of the other class has the level, too: there is a best model.
    let told = note(quasi_separated(1.0), "none").unwrap_or_default();
    assert!(!told.contains("never errs"), "{told}");
}
