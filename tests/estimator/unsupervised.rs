//! Checks of clusterings, projections and searches for unusual rows.

use handlens::models::{Info, NOISE, Prediction};
use handlens::prepare::{Target, Task};
use handlens::settings::{Kind, Setting, Settings};

use crate::data::{answers, assert_alike, dataset, groups, quick, train_with};
use crate::{Check, does};

fn clusters(info: &Info) -> bool {
    does(info, Task::Clustering)
}

fn projects(info: &Info) -> bool {
    does(info, Task::Projection)
}

fn finds_outliers(info: &Info) -> bool {
    does(info, Task::Anomaly)
}

/// Settings under which the three groups can be found.
fn for_groups(info: &Info) -> Settings {
    let mut settings = quick(info);
    let wishes = [
        ("n_clusters", 3.0),
        ("n_components", 3.0),
        ("eps", 2.0),
        ("min_cluster_size", 10.0),
    ];
    for (name, value) in wishes {
        let declared = info.hyperparameters.iter().find(|h| h.name == name);
        if declared.is_some_and(|h| matches!(h.kind, Kind::Integer { .. } | Kind::Real { .. })) {
            settings.insert(name.to_owned(), Setting::Number(value));
        }
    }
    settings
}

/// Groups that can be told apart are found: an adjusted Rand index of 0.4 at least, as there.
pub const CLUSTERING: Check = Check {
    name: "clustering",
    applies: clusters,
    except: &[],
    run: |entry| {
        let (x, codes) = groups(4);
        let (model, _) = train_with(
            entry,
            &for_groups(entry.info),
            &dataset(x.clone(), Target::None),
        );
        let Prediction::Clusters(found) = model.predict(x.view()).unwrap() else {
            panic!("{} clusters", entry.info.id);
        };
        let index = adjusted_rand_index(&codes, &found);
        assert!(index > 0.4, "{}: {index}", entry.info.id);
        let mut labels: Vec<u32> = found.into_iter().filter(|&c| c != NOISE).collect();
        labels.sort_unstable();
        labels.dedup();
        assert!(
            labels.iter().copied().eq(0..labels.len() as u32),
            "{}: {labels:?}",
            entry.info.id
        );
    },
};

/// How far two groupings agree beyond chance (L. Hubert & P. Arabie, "Comparing partitions", J.
/// Classification 2, 1985).
fn adjusted_rand_index(a: &[u32], b: &[u32]) -> f64 {
    use std::collections::BTreeMap;
    let pairs = |n: f64| n * (n - 1.0) / 2.0;
    let count = |keys: Vec<(u32, u32)>| -> f64 {
        let mut counts = BTreeMap::new();
        keys.into_iter()
            .for_each(|key| *counts.entry(key).or_insert(0.0) += 1.0);
        counts.into_values().map(pairs).sum()
    };
    let both = count(a.iter().copied().zip(b.iter().copied()).collect());
    let (left, right) = (
        count(a.iter().map(|&a| (a, 0)).collect()),
        count(b.iter().map(|&b| (b, 0)).collect()),
    );
    let expected = left * right / pairs(a.len() as f64);
    (both - expected) / ((left + right) / 2.0 - expected)
}

/// The rows learnt from are told the cluster they have in the model, time and again.
pub const CLUSTERER_COMPUTE_LABELS_PREDICT: Check = Check {
    name: "clusterer_compute_labels_predict",
    applies: clusters,
    except: &[],
    run: |entry| {
        let (x, _) = groups(4);
        let data = dataset(x.clone(), Target::None);
        let (a, _) = train_with(entry, &for_groups(entry.info), &data);
        let (b, _) = train_with(entry, &for_groups(entry.info), &data);
        assert_alike(entry.info.id, &answers(&a, &x), &answers(&b, &x), 0.0);
    },
};

/// A projection gives as many numbers a row as it has axes, all finite.
pub const TRANSFORMER_GENERAL: Check = Check {
    name: "transformer_general",
    applies: projects,
    except: &[],
    run: |entry| {
        let (x, _) = groups(6);
        let (model, _) = train_with(entry, &quick(entry.info), &dataset(x.clone(), Target::None));
        let places = answers(&model, &x);
        assert!(
            places
                .iter()
                .all(|p| p.len() == places[0].len() && !p.is_empty())
        );
        assert!(
            places.iter().flatten().all(|v| v.is_finite()),
            "{}",
            entry.info.id
        );
    },
};

/// Doubles in, doubles out: places are not rounded to single precision on the way.
pub const TRANSFORMER_PRESERVE_DTYPES: Check = Check {
    name: "transformer_preserve_dtypes",
    applies: projects,
    except: SINGLE,
    run: |entry| {
        let (x, _) = groups(6);
        let (model, _) = train_with(entry, &quick(entry.info), &dataset(x.clone(), Target::None));
        let places = answers(&model, &x);
        let is_double = |v: &f64| f64::from(*v as f32) != *v;
        assert!(places.iter().flatten().any(is_double), "{}", entry.info.id);
    },
};

/// Maps that are drawn in single precision.
const SINGLE: &[(&str, &str)] = &[(
    "umap",
    "Places are moved in single precision, as by umap-learn.",
)];

/// The number of rounds of a projection is told.
pub const TRANSFORMER_N_ITER: Check = Check {
    name: "transformer_n_iter",
    applies: projects,
    except: &[],
    run: |entry| {
        let (x, _) = groups(6);
        let (_, progress) = train_with(entry, &quick(entry.info), &dataset(x, Target::None));
        assert!(
            progress.position >= 1.0 && progress.is_done,
            "{}",
            entry.info.id
        );
    },
};

/// Rows far from all others get the highest scores.
pub const OUTLIERS_TRAIN: Check = Check {
    name: "outliers_train",
    applies: finds_outliers,
    except: &[],
    run: |entry| {
        let (mut x, _) = groups(4);
        for (row, far) in [(10, 60.0), (70, -40.0)] {
            x.row_mut(row).fill(far);
        }
        let (model, _) = train_with(entry, &quick(entry.info), &dataset(x.clone(), Target::None));
        let scores = answers(&model, &x);
        let least = scores[10][0].min(scores[70][0]);
        let others = scores
            .iter()
            .enumerate()
            .filter(|(row, _)| ![10, 70].contains(row));
        let most = others.map(|(_, s)| s[0]).fold(f64::NEG_INFINITY, f64::max);
        assert!(
            least > most,
            "{}: {least} is not above {most}",
            entry.info.id
        );
        assert!(
            scores[10][1] == 1.0 && scores[70][1] == 1.0,
            "{}",
            entry.info.id
        );
    },
};
