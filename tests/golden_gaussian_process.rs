//! Gaussian processes against scikit-learn.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what helps a test may panic as the test may"
)]

mod support;

use std::sync::Arc;

use handlens::models::gaussian_process::GaussianProcessModel;
use handlens::models::{Algorithm, Model};
use handlens::prepare::{Dataset, Target};
use handlens::rng::Rng;
use handlens::settings::{Setting, Settings};
use ndarray::Array2;
use support::{
    Value, assert_close, check_contract, dataset, golden, list, matrix, number, numbers, settings,
    text, train,
};

fn data_of(case: &Value) -> Arc<Dataset> {
    dataset(matrix(&case["x"]), Target::Values(numbers(&case["y"])))
}

fn settings_of(case: &Value) -> Settings {
    serde_json::from_value(case["settings"].clone()).unwrap()
}

fn process(model: Model) -> GaussianProcessModel {
    match model {
        Model::GaussianProcess(model) => model,
        _ => panic!("not a Gaussian process"),
    }
}

#[test]
fn likelihood_optimum_means_and_deviations_agree() {
    let file = golden("gaussian_process.json");
    let tolerance = |what: &str| number(&file["tolerance"][what]);
    for case in list(&file["cases"]) {
        let name = text(&case["name"]);
        let mut settings = settings_of(case);
        settings.insert("tol".into(), Setting::Number(1e-9));
        let (model, progress) = train("gaussian_process", &settings, data_of(case), 0);
        let model = process(model);
        let likelihood = number(&case["likelihood"]);
        let what = format!("{name}: likelihood");
        let ours = -progress.loss.unwrap();
        assert_close(&what, &[ours], &[likelihood], tolerance("likelihood"), 50.0);
        let covariance = &model.covariance;
        let scales = covariance.length_scales.iter().copied();
        let theta: Vec<f64> = std::iter::once(covariance.constant)
            .chain(scales)
            .chain([covariance.noise])
            .map(handlens::math::ln)
            .collect();
        let what = format!("{name}: theta");
        assert_close(
            &what,
            &theta,
            &numbers(&case["theta"]),
            tolerance("theta"),
            1.0,
        );
        let (means, deviations) = model.predict_with_std(matrix(&case["rows"]).view());
        let scale = numbers(&case["y"])
            .iter()
            .fold(1.0_f64, |max, y| max.max(y.abs()));
        for (what, ours, theirs) in [
            ("means", means, &case["means"]),
            ("deviations", deviations, &case["deviations"]),
        ] {
            let what = format!("{name}: {what}");
            assert_close(
                &what,
                &ours,
                &numbers(theirs),
                tolerance("prediction"),
                scale,
            );
        }
    }
}

/// Before the first step the loss is that of the kernel as set.
#[test]
fn the_kernel_as_set_has_the_likelihood_of_the_start() {
    let file = golden("gaussian_process.json");
    for case in list(&file["cases"]) {
        let mut settings = settings_of(case);
        settings.insert("optimizer".into(), Setting::Text("none".into()));
        let (_, progress) = train("gaussian_process", &settings, data_of(case), 0);
        let expected = number(&case["start_likelihood"]);
        let name = text(&case["name"]);
        assert_close(name, &[-progress.loss.unwrap()], &[expected], 1e-11, 50.0);
    }
}

#[test]
fn more_starts_are_never_worse_and_the_loss_never_rises() {
    let data = data_of(&golden("gaussian_process.json")["cases"][0]);
    let with_starts = settings([("n_restarts_optimizer", Setting::Number(4.0))]);
    let algorithm = Algorithm::find("gaussian_process", &with_starts).unwrap();
    let mut trainer = algorithm.begin(data.clone(), &Rng::new(3)).unwrap();
    let mut last = f64::INFINITY;
    loop {
        let progress = trainer.step().unwrap();
        assert!(progress.loss.unwrap() <= last + 1e-9);
        last = progress.loss.unwrap();
        if progress.is_done {
            break;
        }
    }
    let (_, once) = train("gaussian_process", &Settings::default(), data, 3);
    assert!(last <= once.loss.unwrap() + 1e-9);
}

#[test]
fn of_many_rows_a_part_is_learnt_and_said() {
    let mut rng = Rng::new(1);
    let x = Array2::from_shape_fn((300, 2), |_| rng.normal());
    let y = x.column(0).to_vec();
    let few = settings([("max_samples", Setting::Number(50.0))]);
    let (model, progress) = train("gaussian_process", &few, dataset(x, Target::Values(y)), 1);
    assert_eq!(process(model).x.nrows(), 50);
    assert!(progress.note.unwrap().contains("50 of the 300 rows"));
}

/// Far from the data the mean is that of the target, and the deviation as large as it gets.
#[test]
fn the_deviation_grows_away_from_the_data() {
    let data = data_of(&golden("gaussian_process.json")["cases"][0]);
    let (model, _) = train("gaussian_process", &Settings::default(), data, 0);
    let rows = Array2::from_shape_vec((3, 1), vec![0.0, 3.5, 1e6]).unwrap();
    let (means, deviations) = process(model).predict_with_std(rows.view());
    assert!(deviations[0] < deviations[1] && deviations[1] < deviations[2]);
    assert!(means[2].abs() < 0.5 && deviations[2].is_finite());
}

#[test]
fn the_contract_is_kept() {
    for case in list(&golden("gaussian_process.json")["cases"]) {
        check_contract("gaussian_process", &settings_of(case), &data_of(case));
    }
}
