//! Checks of weights of rows and classes.

use handlens::error::Code;
use handlens::models::{Entry, Info};
use handlens::prepare::Dataset;
use handlens::rng::Rng;
use handlens::settings::{Kind, Setting, Settings};
use ndarray::Axis;

use crate::data::{
    answers, assert_alike, classes, dataset, for_tasks, groups, quick, refusal, target, train,
    train_with,
};
use crate::{Check, classifies, weighs, weighs_classes};

const fn of_weighing(name: &'static str, run: fn(&Entry)) -> Check {
    Check {
        name,
        applies: weighs,
        except: &[],
        run,
    }
}

/// Two groups that overlap, the first four times as large.
fn unequal() -> Dataset {
    let mut rng = Rng::new(3).fork("unequal");
    let codes: Vec<u32> = (0..150).map(|i| u32::from(i % 5 == 0)).collect();
    let at = |(i, _): (usize, usize)| 5.0 + 0.6 * f64::from(codes[i]) + rng.normal();
    let x = ndarray::Array2::from_shape_fn((150, 3), at);
    dataset(x, classes(codes))
}

fn share_of_rare(entry: &Entry, weight: &str) -> f64 {
    let data = unequal();
    let mut settings = quick(entry.info);
    settings.insert("class_weight".into(), Setting::Text(weight.into()));
    let (model, _) = train_with(entry, &settings, &data);
    let answers = answers(&model, &data.x);
    answers.iter().filter(|a| a[0] == 1.0).count() as f64 / answers.len() as f64
}

/// With balanced classes the rare one is answered more often, or as often where all are right.
pub const CLASS_WEIGHT_CLASSIFIERS: Check = Check {
    name: "class_weight_classifiers",
    applies: weighs_classes,
    except: &[],
    run: |entry| {
        let (plain, balanced) = (
            share_of_rare(entry, "none"),
            share_of_rare(entry, "balanced"),
        );
        assert!(
            balanced >= plain,
            "{}: {balanced} after {plain}",
            entry.info.id
        );
    },
};

fn is_linear_and_weighs_classes(info: &Info) -> bool {
    weighs_classes(info) && info.family == "Linear"
}

/// Balanced classes are the same as the weights that balance them given by hand.
pub const CLASS_WEIGHT_BALANCED_LINEAR_CLASSIFIER: Check = Check {
    name: "class_weight_balanced_linear_classifier",
    applies: is_linear_and_weighs_classes,
    except: &[],
    run: |entry| {
        let mut by_hand = unequal();
        let weight = |i: usize| {
            if i.is_multiple_of(5) {
                150.0 / 60.0
            } else {
                150.0 / 240.0
            }
        };
        by_hand.weights = Some((0..150).map(weight).collect());
        let mut settings = quick(entry.info);
        let (model, _) = train_with(entry, &settings, &by_hand);
        let expected = answers(&model, &by_hand.x);
        settings.insert("class_weight".into(), Setting::Text("balanced".into()));
        let (model, _) = train_with(entry, &settings, &unequal());
        assert_alike(entry.info.id, &answers(&model, &by_hand.x), &expected, 1e-9);
    },
};

/// Where weights leave one class, what is said is that class or a sentence, never nonsense.
pub const CLASSIFIERS_ONE_LABEL_SAMPLE_WEIGHTS: Check = Check {
    name: "classifiers_one_label_sample_weights",
    applies: |info| classifies(info) && weighs(info),
    except: &[],
    run: |entry| {
        use handlens::models::Algorithm;
        let (x, codes) = groups(4);
        let mut data = dataset(x.clone(), classes(codes.clone()));
        data.weights = Some(codes.iter().map(|&code| f64::from(code == 1)).collect());
        let algorithm = Algorithm::find(entry.info.id, &quick(entry.info)).unwrap();
        match algorithm.begin(std::sync::Arc::new(data), &Rng::new(0)) {
            Err(error) => assert!(error.to_string().ends_with('.'), "{error}"),
            Ok(mut trainer) => {
                handlens::models::train_to_end(trainer.as_mut()).unwrap();
                let answers = answers(&trainer.model(), &x);
                let n = answers.iter().filter(|a| a[0] == 1.0).count();
                assert!(n > 100, "{}: {n} of 120", entry.info.id);
            }
        }
    },
};

/// One weight a row, each finite and not negative.
pub const SAMPLE_WEIGHTS_SHAPE: Check = of_weighing("sample_weights_shape", |entry| {
    for mut data in for_tasks(entry.info) {
        data.weights = Some(vec![1.0; 119]);
        assert_eq!(refusal(entry, &data).code(), Code::ShapeMismatch);
        for wrong in [-1.0, f64::NAN, f64::INFINITY] {
            let mut weights = vec![1.0; 120];
            weights[5] = wrong;
            data.weights = Some(weights);
            assert_eq!(refusal(entry, &data).code(), Code::NotFinite);
        }
    }
});

/// Training leaves the weights as they were given.
pub const SAMPLE_WEIGHTS_NOT_OVERWRITTEN: Check =
    of_weighing("sample_weights_not_overwritten", |entry| {
        for mut data in for_tasks(entry.info) {
            data.weights = Some((0..120).map(|i| f64::from(i % 4)).collect());
            let before = data.weights.clone();
            train(entry, &data);
            assert_eq!(data.weights, before);
        }
    });

/// A weight of 2 is a row twice, a weight of 0 a row less.
pub const SAMPLE_WEIGHT_EQUIVALENCE_ON_DENSE_DATA: Check = Check {
    name: "sample_weight_equivalence_on_dense_data",
    applies: weighs,
    except: DRAWN,
    run: |entry| {
        let (x, codes) = groups(4);
        // Some rows change places, so that groups overlap and weights matter.
        let codes: Vec<u32> = (0..120)
            .map(|i| {
                if i % 11 == 0 {
                    (codes[i] + 1) % 3
                } else {
                    codes[i]
                }
            })
            .collect();
        for &task in entry.info.tasks {
            let mut weighted = dataset(x.clone(), target(task, &x, &codes));
            let weights: Vec<usize> = (0..120).map(|i| i * 5 % 4).collect();
            weighted.weights = Some(weights.iter().map(|&w| w as f64).collect());
            let rows: Vec<usize> = (0..120)
                .flat_map(|i| std::iter::repeat_n(i, weights[i]))
                .collect();
            let repeated = Dataset {
                weights: None,
                ..weighted.select(&rows)
            };
            let settings = to_the_end(entry.info);
            let (a, _) = train_with(entry, &settings, &weighted);
            let (b, _) = train_with(entry, &settings, &repeated);
            let probes = x.select(Axis(0), &(0..120).collect::<Vec<_>>());
            assert_alike(
                entry.info.id,
                &answers(&a, &probes),
                &answers(&b, &probes),
                1e-6,
            );
        }
    },
};

/// Settings under which training ends at the minimum, not near it, and draws neither
/// folds nor rows.
fn to_the_end(info: &Info) -> Settings {
    let mut settings = quick(info);
    for declared in info.hyperparameters {
        let value = match (declared.name, declared.kind) {
            ("tol", Kind::Real { min, .. }) => Setting::Number(min.max(1e-9)),
            ("probability", Kind::Flag { .. }) => Setting::Flag(false),
            ("bootstrap", Kind::Flag { .. }) => Setting::Flag(false),
            // `scale` follows the spread of the rows, whatever they weigh.
            ("gamma", Kind::Choice { .. }) => Setting::Text("auto".into()),
            _ => continue,
        };
        settings.insert(declared.name.to_owned(), value);
    }
    settings
}

/// What draws or counts rows does otherwise where rows are repeated.
const DRAWN: &[(&str, &str)] = &[
    (
        "minibatch_kmeans",
        "Batches are drawn from the rows: where rows are repeated, other batches follow.",
    ),
    (
        "mlp",
        "Batches are drawn from the rows: where rows are repeated, other batches follow. In one batch of all rows a weight of 2 is a row twice (`tests/mlp`).",
    ),
    (
        "hist_gradient_boosting",
        "A leaf holds at least `min_samples_leaf` rows, whatever they weigh. Where one suffices a weight of 2 is a row twice (`tests/golden_boosting.rs`).",
    ),
];

/// Weights that are all 0 leave nothing to learn from, and that is said.
pub const ALL_ZERO_SAMPLE_WEIGHTS_ERROR: Check =
    of_weighing("all_zero_sample_weights_error", |entry| {
        for mut data in for_tasks(entry.info) {
            data.weights = Some(vec![0.0; 120]);
            let error = refusal(entry, &data);
            assert_eq!(error.code(), Code::NothingToLearn, "{}", entry.info.id);
        }
    });
