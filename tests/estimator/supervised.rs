//! Checks of classifiers and regressors.

use handlens::error::Code;
use handlens::models::{Entry, Info, Prediction};
use handlens::prepare::{Target, Task};
use ndarray::Array2;

use crate::data::{answers, classes, dataset, groups, refusal, target, train};
use crate::{Check, classifies, is_supervised, regresses};

const fn of_classifiers(name: &'static str, run: fn(&Entry)) -> Check {
    Check {
        name,
        applies: classifies,
        except: &[],
        run,
    }
}

const fn of_regressors(name: &'static str, run: fn(&Entry)) -> Check {
    Check {
        name,
        applies: regresses,
        except: &[],
        run,
    }
}

fn is_baseline(info: &Info) -> bool {
    info.id == "baseline"
}

/// A target with gaps or infinities is refused.
pub const SUPERVISED_Y_NO_NAN: Check = of_regressors("supervised_y_no_nan", |entry| {
    for value in [f64::NAN, f64::INFINITY] {
        let (x, _) = groups(4);
        let mut values = vec![1.0; 120];
        values[3] = value;
        let error = refusal(entry, &dataset(x, Target::Values(values)));
        assert_eq!(error.code(), Code::NotFinite, "{}", entry.info.id);
    }
});

/// Without a target, what needs one says so.
pub const REQUIRES_Y_NONE: Check = Check {
    name: "requires_y_none",
    applies: is_supervised,
    except: &[],
    run: |entry| {
        let error = refusal(entry, &dataset(groups(4).0, Target::None));
        assert_eq!(error.code(), Code::DoesNotFit, "{}", entry.info.id);
        assert!(error.to_string().contains("target"), "{error}");
    },
};

/// Groups that can be told apart are told apart: 83 % of the rows at least, as there.
pub const CLASSIFIERS_TRAIN: Check = of_classifiers("classifiers_train", |entry| {
    let (x, codes) = groups(4);
    let model = train(entry, &dataset(x.clone(), classes(codes.clone())));
    let answers = answers(&model, &x);
    let n_right = answers
        .iter()
        .zip(&codes)
        .filter(|(a, c)| a[0] == f64::from(**c))
        .count();
    if !is_baseline(entry.info) {
        assert!(n_right >= 100, "{}: {n_right} of 120", entry.info.id);
    }
});

/// Codes answered are codes of classes, and every class that is there can be answered.
pub const CLASSIFIERS_CLASSES: Check = of_classifiers("classifiers_classes", |entry| {
    let (x, codes) = groups(4);
    for order in [[0, 1, 2], [2, 0, 1]] {
        let codes: Vec<u32> = codes.iter().map(|&c| order[c as usize]).collect();
        let model = train(entry, &dataset(x.clone(), classes(codes)));
        let found: std::collections::BTreeSet<u64> =
            answers(&model, &x).iter().map(|a| a[0] as u64).collect();
        let expected: &[u64] = if is_baseline(entry.info) {
            &[0]
        } else {
            &[0, 1, 2]
        };
        assert!(
            found.iter().copied().eq(expected.iter().copied()),
            "{}: {found:?}",
            entry.info.id
        );
    }
});

/// One class alone is refused in words: there is nothing to tell apart.
pub const CLASSIFIERS_ONE_LABEL: Check = of_classifiers("classifiers_one_label", |entry| {
    let target = Target::Classes {
        codes: vec![1; 120],
        labels: vec!["a".into(), "b".into()],
    };
    let error = refusal(entry, &dataset(groups(4).0, target));
    assert_eq!(error.code(), Code::BadTarget, "{}", entry.info.id);
    assert!(error.to_string().contains("single class"), "{error}");
});

/// A classifier that is given numbers says that it needs classes.
pub const CLASSIFIERS_REGRESSION_TARGET: Check = Check {
    name: "classifiers_regression_target",
    applies: |info| classifies(info) && !regresses(info),
    except: &[],
    run: |entry| {
        let (x, codes) = groups(4);
        let numbers = target(Task::Regression, &x, &codes);
        let error = refusal(entry, &dataset(x, numbers));
        assert_eq!(error.code(), Code::DoesNotFit, "{}", entry.info.id);
        assert!(error.to_string().contains("classes"), "{error}");
    },
};

/// The class answered has the highest probability, and probabilities are such.
pub const DECISION_PROBA_CONSISTENCY: Check =
    of_classifiers("decision_proba_consistency", |entry| {
        let (x, codes) = groups(4);
        let model = train(entry, &dataset(x.clone(), classes(codes)));
        let Prediction::Classes {
            codes,
            probabilities,
        } = model.predict(x.view()).unwrap()
        else {
            panic!("{} classifies", entry.info.id);
        };
        for (row, &code) in probabilities.rows().into_iter().zip(&codes) {
            let most = row.iter().copied().fold(0.0, f64::max);
            assert!((row.sum() - 1.0).abs() < 1e-9, "{}: {row}", entry.info.id);
            assert!(
                row[code as usize] >= most - 1e-12,
                "{}: {code} of {row}",
                entry.info.id
            );
        }
    });

/// R² on the rows learnt from is at least 0.5, as there.
pub const REGRESSORS_TRAIN: Check = of_regressors("regressors_train", |entry| {
    let (x, codes) = groups(4);
    let Target::Values(y) = target(Task::Regression, &x, &codes) else {
        panic!("numbers");
    };
    let model = train(entry, &dataset(x.clone(), Target::Values(y.clone())));
    let answers = answers(&model, &x);
    let mean = y.iter().sum::<f64>() / y.len() as f64;
    let total: f64 = y.iter().map(|y| (y - mean) * (y - mean)).sum();
    let left: f64 = y
        .iter()
        .zip(&answers)
        .map(|(y, a)| (y - a[0]) * (y - a[0]))
        .sum();
    let r2 = 1.0 - left / total;
    let least = if is_baseline(entry.info) { -0.1 } else { 0.5 };
    assert!(r2 > least, "{}: {r2}", entry.info.id);
});

/// Whole numbers as target are numbers like others.
pub const REGRESSORS_INT: Check = of_regressors("regressors_int", |entry| {
    let (x, codes) = groups(4);
    let y = codes.iter().map(|&code| f64::from(code)).collect();
    let model = train(entry, &dataset(x.clone(), Target::Values(y)));
    assert!(
        answers(&model, &x).iter().all(|a| a[0].is_finite()),
        "{}",
        entry.info.id
    );
});

/// A regressor answers with one number a row and nothing else.
pub const REGRESSORS_NO_DECISION_FUNCTION: Check =
    of_regressors("regressors_no_decision_function", |entry| {
        let (x, codes) = groups(4);
        let data = dataset(x.clone(), target(Task::Regression, &x, &codes));
        let one = Array2::from_elem((1, 4), 6.0);
        let answer = train(entry, &data).predict(one.view()).unwrap();
        assert!(matches!(answer, Prediction::Values(values) if values.len() == 1));
    });
