//! Checks of what may be learnt from, and of what a model keeps.

use handlens::error::Code;
use handlens::models::{Entry, Model};
use ndarray::{Array2, s};

use crate::data::{answers, assert_alike, for_tasks, quick, refusal, train, train_with};
use crate::{Check, any};

const fn of_any(name: &'static str, run: fn(&Entry)) -> Check {
    Check {
        name,
        applies: any,
        except: &[],
        run,
    }
}

/// Gaps and infinities are refused by name, gaps only where they are not taken.
pub const ESTIMATORS_NAN_INF: Check = of_any("estimators_nan_inf", |entry| {
    for data in for_tasks(entry.info) {
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            if value.is_nan() && entry.info.takes_gaps {
                continue;
            }
            let mut broken = data.clone();
            broken.x[(7, 2)] = value;
            let error = refusal(entry, &broken);
            assert_eq!(error.code(), Code::NotFinite, "{}: {error}", entry.info.id);
            assert!(error.to_string().contains("x2"), "{error}");
        }
    }
});

/// No rows, and no columns, are refused in words.
pub const ESTIMATORS_EMPTY_DATA_MESSAGES: Check =
    of_any("estimators_empty_data_messages", |entry| {
        for data in for_tasks(entry.info) {
            let no_rows = data.select(&[]);
            assert_eq!(refusal(entry, &no_rows).code(), Code::NothingToLearn);
            let mut no_columns = data.clone();
            no_columns.x = Array2::zeros((data.n_samples(), 0));
            no_columns.feature_names.clear();
            assert_eq!(refusal(entry, &no_columns).code(), Code::NothingToLearn);
        }
    });

/// One feature is enough.
pub const FIT2D_1FEATURE: Check = of_any("fit2d_1feature", |entry| {
    for mut data in for_tasks(entry.info) {
        data.x = data.x.slice(s![.., ..1]).to_owned();
        data.feature_names.truncate(1);
        let n = answers(&train(entry, &data), &data.x).len();
        assert_eq!(n, data.n_samples());
    }
});

/// One row is learnt from, or refused with a sentence.
pub const FIT2D_1SAMPLE: Check = of_any("fit2d_1sample", |entry| {
    use handlens::models::Algorithm;
    use handlens::rng::Rng;
    for data in for_tasks(entry.info) {
        let one = data.select(&[0]);
        let algorithm = Algorithm::find(entry.info.id, &quick(entry.info)).unwrap();
        match algorithm.begin(std::sync::Arc::new(one.clone()), &Rng::new(0)) {
            Err(error) => assert!(error.to_string().ends_with('.'), "{error}"),
            Ok(mut trainer) => {
                let _ = trainer.step();
                assert_eq!(answers(&trainer.model(), &one.x).len(), 1);
            }
        }
    }
});

/// Training again gives the same model.
pub const FIT_IDEMPOTENT: Check = of_any("fit_idempotent", |entry| {
    for data in for_tasks(entry.info) {
        let (a, b) = (train(entry, &data), train(entry, &data));
        assert_eq!(a.to_parts(), b.to_parts(), "{}", entry.info.id);
    }
});

/// Predicting changes nothing in the model.
pub const DICT_UNCHANGED: Check = of_any("dict_unchanged", |entry| {
    for data in for_tasks(entry.info) {
        let model = train(entry, &data);
        let before = model.to_parts();
        answers(&model, &data.x);
        assert_eq!(model.to_parts(), before, "{}", entry.info.id);
    }
});

/// Stored and loaded, a model says the same.
pub const ESTIMATORS_PICKLE: Check = of_any("estimators_pickle", |entry| {
    for data in for_tasks(entry.info) {
        let model = train(entry, &data);
        let loaded = Model::from_parts(model.kind(), &model.to_parts()).unwrap();
        let (a, b) = (answers(&model, &data.x), answers(&loaded, &data.x));
        assert_alike(entry.info.id, &a, &b, 0.0);
    }
});

/// Training leaves the settings as they were given.
pub const ESTIMATORS_OVERWRITE_PARAMS: Check = of_any("estimators_overwrite_params", |entry| {
    use handlens::models::{Algorithm, train_to_end};
    use handlens::rng::Rng;
    for data in for_tasks(entry.info) {
        let algorithm = Algorithm::find(entry.info.id, &quick(entry.info)).unwrap();
        let before = algorithm.settings().clone();
        let mut trainer = algorithm
            .begin(std::sync::Arc::new(data), &Rng::new(0))
            .unwrap();
        train_to_end(trainer.as_mut()).unwrap();
        assert_eq!(algorithm.settings(), &before, "{}", entry.info.id);
    }
});

/// A model knows how many features it wants.
pub const N_FEATURES_IN: Check = of_any("n_features_in", |entry| {
    for data in for_tasks(entry.info) {
        assert_eq!(train(entry, &data).n_features(), 4, "{}", entry.info.id);
    }
});

/// Rows of another width are refused.
pub const N_FEATURES_IN_AFTER_FITTING: Check = of_any("n_features_in_after_fitting", |entry| {
    for data in for_tasks(entry.info) {
        let model = train(entry, &data);
        let narrow = data.x.slice(s![.., ..3]);
        let error = model.predict(narrow).unwrap_err();
        assert_eq!(error.code(), Code::ShapeMismatch, "{}", entry.info.id);
    }
});

/// The number of rounds is told, and lies between 1 and the most allowed.
pub const NON_TRANSFORMER_ESTIMATORS_N_ITER: Check =
    of_any("non_transformer_estimators_n_iter", |entry| {
        for data in for_tasks(entry.info) {
            let (_, progress) = train_with(entry, &quick(entry.info), &data);
            let id = entry.info.id;
            assert!(progress.is_done, "{id}");
            assert!(progress.position >= 1.0, "{id}: {}", progress.position);
            assert!(progress.position <= progress.total + 1e-9, "{id}");
        }
    });
