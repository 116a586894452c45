//! Gaussian mixtures against scikit-learn's EM, iteration by iteration.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what helps a test may panic as the test may"
)]

mod support;

use handlens::models::gaussian_mixture::{
    Components, CovarianceType, GaussianMixture, GaussianMixtureModel,
};
use handlens::models::{Estimator, Model, Parts, Trainer};
use handlens::prepare::Target;
use handlens::rng::Rng;
use handlens::settings::{Checked, Setting, Settings};
use ndarray::{Array2, Axis};
use support::{
    Value, assert_close, check_contract, dataset, features_and_target, golden, indices, list,
    matrix, number, numbers, settings, text, train,
};

fn mixture(model: &Model) -> &GaussianMixtureModel {
    match model {
        Model::GaussianMixture(model) => model,
        _ => panic!("not a mixture"),
    }
}

fn start(case: &Value) -> Components {
    let means = matrix(&case["start_means"]);
    let (k, d) = means.dim();
    let kind = CovarianceType::parse(text(&case["covariance_type"])).unwrap();
    let unit = match kind {
        CovarianceType::Full => Array2::from_shape_fn((k * d, d), |(i, j)| f64::from(i % d == j)),
        CovarianceType::Tied => Array2::eye(d),
        CovarianceType::Diagonal => Array2::ones((k, d)),
        CovarianceType::Spherical => Array2::ones((k, 1)),
    };
    Components {
        weights: vec![1.0 / k as f64; k],
        means,
        covariance_type: kind,
        covariances: unit * number(&case["start_variance"]),
    }
}

/// The amount that scikit-learn adds as the share of the mean variance that ours is.
fn share_of_variance(amount: f64, x: &Array2<f64>) -> f64 {
    let variance = x.var_axis(ndarray::Axis(0), 0.0).mean().unwrap();
    amount / variance
}

fn begin(case: &Value, x: &Array2<f64>, n_iterations: usize) -> Box<dyn Trainer> {
    let reg_covar = share_of_variance(number(&case["reg_covar"]), x);
    let settings = settings([
        (
            "covariance_type",
            Setting::Text(text(&case["covariance_type"]).into()),
        ),
        ("reg_covar", Setting::Number(reg_covar)),
        ("tol", Setting::Number(0.0)),
        ("max_iter", Setting::Number(n_iterations as f64)),
    ]);
    let declared = GaussianMixture::INFO.hyperparameters;
    let algorithm = GaussianMixture::new(&Checked::new(declared, &settings).unwrap()).unwrap();
    let data = dataset(x.clone(), Target::None);
    algorithm.begin_at(data, start(case)).unwrap()
}

#[test]
fn trajectories_agree() {
    let file = golden("gaussian_mixture.json");
    for case in list(&file["cases"]) {
        let what = format!(
            "{}, {}",
            text(&case["name"]),
            text(&case["covariance_type"])
        );
        let own = file["tolerance"]["by_case"].get(text(&case["name"]));
        let tolerance = number(own.unwrap_or(&file["tolerance"]["relative"]));
        let (x, _) = features_and_target(case);
        let bounds = numbers(&case["lower_bounds"]);
        // One iteration more, so that the components are not put in order yet.
        let mut trainer = begin(case, &x, bounds.len() + 1);
        for bound in &bounds {
            let loss = trainer.step().unwrap().loss.unwrap();
            assert_close(&what, &[-loss], &[*bound], tolerance, bound.abs().max(1.0));
        }
        let model = trainer.model();
        let model = mixture(&model);
        let components = model.components();
        let close = |name: &str, ours: Vec<f64>, expected: Vec<f64>| {
            let scale = expected.iter().fold(1.0_f64, |max, v| max.max(v.abs()));
            assert_close(
                &format!("{what}: {name}"),
                &ours,
                &expected,
                tolerance,
                scale,
            );
        };
        let flat = |m: &Array2<f64>| m.iter().copied().collect::<Vec<f64>>();
        close(
            "weights",
            components.weights.clone(),
            numbers(&case["weights"]),
        );
        close(
            "means",
            flat(&components.means),
            flat(&matrix(&case["means"])),
        );
        let covariances = flat(&matrix(&case["covariances"]));
        close("covariances", flat(&components.covariances), covariances);
        let probes = x.select(Axis(0), &indices(&case["probe_rows"]));
        let shares = model.responsibilities(probes.view());
        close(
            "shares",
            flat(&shares),
            flat(&matrix(&case["responsibilities"])),
        );
        close("aic", vec![model.aic(x.view())], vec![number(&case["aic"])]);
        close("bic", vec![model.bic(x.view())], vec![number(&case["bic"])]);
    }
}

#[test]
fn the_loss_never_rises_and_the_heaviest_comes_first() {
    let (x, _) = features_and_target(&golden("gaussian_mixture.json")["cases"][0]);
    for (k, kind) in [
        (3.0, "full"),
        (5.0, "tied"),
        (4.0, "diag"),
        (6.0, "spherical"),
    ] {
        let settings = settings([
            ("n_components", Setting::Number(k)),
            ("covariance_type", Setting::Text(kind.into())),
            ("n_init", Setting::Number(2.0)),
        ]);
        let algorithm = handlens::models::Algorithm::find("gaussian_mixture", &settings).unwrap();
        let mut trainer = algorithm
            .begin(dataset(x.clone(), Target::None), &Rng::new(3))
            .unwrap();
        let mut last = f64::INFINITY;
        loop {
            let progress = trainer.step().unwrap();
            if progress.is_done {
                break;
            }
            // Another start begins without a loss.
            let loss = progress.loss.unwrap_or(f64::INFINITY);
            assert!(
                loss <= last + 1e-5 || loss.is_infinite(),
                "{kind}: {last} to {loss}"
            );
            last = loss;
        }
        let model = trainer.model();
        let weights = &mixture(&model).components().weights;
        assert!(weights.is_sorted_by(|a, b| a >= b), "{kind}: {weights:?}");
    }
}

#[test]
fn fewer_different_rows_than_components_are_noted() {
    let x = Array2::from_shape_fn((12, 2), |(i, _)| (i % 2) as f64);
    let settings = settings([("n_components", Setting::Number(3.0))]);
    let (model, progress) = train("gaussian_mixture", &settings, dataset(x, Target::None), 1);
    assert_eq!(mixture(&model).components().n_components(), 2);
    assert!(progress.note.unwrap().contains("Only 2 groups"));
}

#[test]
fn a_row_without_any_density_goes_by_the_weights() {
    let (x, _) = features_and_target(&golden("gaussian_mixture.json")["cases"][0]);
    let settings = settings([("n_components", Setting::Number(2.0))]);
    let (model, _) = train("gaussian_mixture", &settings, dataset(x, Target::None), 1);
    let far = Array2::from_elem((1, 4), 1e200);
    let shares = mixture(&model).responsibilities(far.view());
    let weights = &mixture(&model).components().weights;
    assert!(
        weights[0] > weights[1] && shares[(0, 0)] > shares[(0, 1)],
        "{shares}"
    );
    assert!((shares.sum() - 1.0).abs() < 1e-12);
}

#[test]
fn damaged_parts_are_refused() {
    let (x, _) = features_and_target(&golden("gaussian_mixture.json")["cases"][0]);
    let parts = train(
        "gaussian_mixture",
        &Settings::new(),
        dataset(x, Target::None),
        1,
    )
    .0
    .to_parts();
    let refuse = |name: &str, change: &dyn Fn(&mut Parts)| {
        let mut parts = parts.clone();
        change(&mut parts);
        let error = Model::from_parts("gaussian_mixture", &parts).unwrap_err();
        assert_eq!(error.code().as_str(), "bad_artifact", "{name}");
    };
    refuse("covariance_type", &|parts| {
        parts.put("covariance_type", "round")
    });
    refuse("another type", &|parts| {
        parts.put("covariance_type", "diag")
    });
    refuse("weights", &|parts| parts.put_vector("weights", &[0.5]));
    refuse("more weights", &|parts| {
        parts.put_vector("weights", &[0.5, 0.5])
    });
    refuse("means", &|parts| {
        parts.put_matrix("means", &Array2::zeros((1, 3)))
    });
    refuse("covariances", &|parts| {
        parts.put_matrix("covariances", &Array2::zeros((4, 4)))
    });
}

#[test]
fn the_contract_is_kept() {
    let (x, _) = features_and_target(&golden("gaussian_mixture.json")["cases"][0]);
    let data = dataset(x, Target::None);
    for (n_init, kind) in [(1.0, "full"), (2.0, "diag")] {
        let settings = settings([
            ("n_components", Setting::Number(3.0)),
            ("n_init", Setting::Number(n_init)),
            ("covariance_type", Setting::Text(kind.into())),
        ]);
        check_contract("gaussian_mixture", &settings, &data);
    }
}
