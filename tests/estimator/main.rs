//! What scikit-learn demands of every estimator (`sklearn.utils.estimator_checks`), ported: each
//! check under its name there, on every algorithm of the catalogue it applies to.
//!
//! `docs/estimator-checks.md` shows which check applies to which algorithm; a test here compares
//! it with the catalogue. Checks that the types decide stand there with the reason.

// The helpers of a test may panic as the test itself may; the lint knows only the latter.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod data;
mod rows;
mod supervised;
mod table;
mod tables;
mod unsupervised;
mod weights;

use handlens::models::{Entry, Info, catalogue};
use handlens::prepare::Task;

/// One check of scikit-learn.
pub(crate) struct Check {
    /// Its name there, without `check_`.
    pub name: &'static str,
    /// Whether it says anything about an algorithm.
    pub applies: fn(&Info) -> bool,
    /// Algorithms that it would speak of but that break it by design, each with the reason.
    pub except: &'static [(&'static str, &'static str)],
    /// Panics where the algorithm fails it.
    pub run: fn(&Entry),
}

impl Check {
    /// Why an algorithm breaks the check by design.
    pub fn exception(&self, id: &str) -> Option<&'static str> {
        self.except.iter().find(|e| e.0 == id).map(|e| e.1)
    }

    fn run_on_all(&self) {
        let runs =
            |entry: &&Entry| (self.applies)(entry.info) && self.exception(entry.info.id).is_none();
        // Every algorithm is tried, so that one failure does not hide the others.
        let fails = |entry: &&Entry| std::panic::catch_unwind(|| (self.run)(entry)).is_err();
        let entries = catalogue().iter().filter(runs).filter(fails);
        let failed: Vec<&str> = entries.map(|entry| entry.info.id).collect();
        assert!(failed.is_empty(), "{} fails for {failed:?}", self.name);
        for (id, reason) in self.except {
            assert!(reason.ends_with('.'), "{}: {reason}", self.name);
            let entry = catalogue().iter().find(|entry| entry.info.id == *id);
            let entry = entry.unwrap_or_else(|| panic!("{}: no {id}", self.name));
            assert!(
                (self.applies)(entry.info),
                "{} excepts {id} in vain",
                self.name
            );
        }
    }
}

pub(crate) fn any(_info: &Info) -> bool {
    true
}

pub(crate) fn does(info: &Info, task: Task) -> bool {
    info.tasks.contains(&task)
}

pub(crate) fn classifies(info: &Info) -> bool {
    does(info, Task::Classification)
}

pub(crate) fn regresses(info: &Info) -> bool {
    does(info, Task::Regression)
}

pub(crate) fn is_supervised(info: &Info) -> bool {
    info.tasks.iter().any(|task| task.is_supervised())
}

pub(crate) fn weighs(info: &Info) -> bool {
    info.takes_weights
}

pub(crate) fn weighs_classes(info: &Info) -> bool {
    info.hyperparameters
        .iter()
        .any(|h| h.name == "class_weight")
}

/// Makes the list of checks, and a test of each.
macro_rules! checks {
    ($($check:path as $test:ident,)+) => {
        /// Every check, in the order of the table.
        pub(crate) const CHECKS: &[Check] = &[$($check,)+];

        mod every {
            use super::*;
            $(#[test] fn $test() { $check.run_on_all(); })+
        }
    };
}

checks! {
    tables::ESTIMATORS_NAN_INF as estimators_nan_inf,
    tables::ESTIMATORS_EMPTY_DATA_MESSAGES as estimators_empty_data_messages,
    tables::FIT2D_1FEATURE as fit2d_1feature,
    tables::FIT2D_1SAMPLE as fit2d_1sample,
    tables::FIT_IDEMPOTENT as fit_idempotent,
    tables::DICT_UNCHANGED as dict_unchanged,
    tables::ESTIMATORS_PICKLE as estimators_pickle,
    tables::ESTIMATORS_OVERWRITE_PARAMS as estimators_overwrite_params,
    tables::N_FEATURES_IN as n_features_in,
    tables::N_FEATURES_IN_AFTER_FITTING as n_features_in_after_fitting,
    tables::NON_TRANSFORMER_ESTIMATORS_N_ITER as non_transformer_estimators_n_iter,
    rows::METHODS_SAMPLE_ORDER_INVARIANCE as methods_sample_order_invariance,
    rows::METHODS_SUBSET_INVARIANCE as methods_subset_invariance,
    rows::PIPELINE_CONSISTENCY as pipeline_consistency,
    rows::READONLY_MEMMAP_INPUT as readonly_memmap_input,
    rows::F_CONTIGUOUS_ARRAY_ESTIMATOR as f_contiguous_array_estimator,
    supervised::SUPERVISED_Y_NO_NAN as supervised_y_no_nan,
    supervised::REQUIRES_Y_NONE as requires_y_none,
    supervised::CLASSIFIERS_TRAIN as classifiers_train,
    supervised::CLASSIFIERS_CLASSES as classifiers_classes,
    supervised::CLASSIFIERS_ONE_LABEL as classifiers_one_label,
    supervised::CLASSIFIERS_REGRESSION_TARGET as classifiers_regression_target,
    supervised::DECISION_PROBA_CONSISTENCY as decision_proba_consistency,
    supervised::REGRESSORS_TRAIN as regressors_train,
    supervised::REGRESSORS_INT as regressors_int,
    supervised::REGRESSORS_NO_DECISION_FUNCTION as regressors_no_decision_function,
    weights::CLASS_WEIGHT_CLASSIFIERS as class_weight_classifiers,
    weights::CLASS_WEIGHT_BALANCED_LINEAR_CLASSIFIER as class_weight_balanced_linear_classifier,
    weights::CLASSIFIERS_ONE_LABEL_SAMPLE_WEIGHTS as classifiers_one_label_sample_weights,
    weights::SAMPLE_WEIGHTS_SHAPE as sample_weights_shape,
    weights::SAMPLE_WEIGHTS_NOT_OVERWRITTEN as sample_weights_not_overwritten,
    weights::SAMPLE_WEIGHT_EQUIVALENCE_ON_DENSE_DATA as sample_weight_equivalence_on_dense_data,
    weights::ALL_ZERO_SAMPLE_WEIGHTS_ERROR as all_zero_sample_weights_error,
    unsupervised::CLUSTERING as clustering,
    unsupervised::CLUSTERER_COMPUTE_LABELS_PREDICT as clusterer_compute_labels_predict,
    unsupervised::TRANSFORMER_GENERAL as transformer_general,
    unsupervised::TRANSFORMER_PRESERVE_DTYPES as transformer_preserve_dtypes,
    unsupervised::TRANSFORMER_N_ITER as transformer_n_iter,
    unsupervised::OUTLIERS_TRAIN as outliers_train,
}
