//! Checks of clusterings, projections and searches for unusual rows.

use handlens::models::gaussian_mixture::Components;
use handlens::models::{Info, Model, NOISE, Prediction};
use handlens::prepare::{Target, Task};
use handlens::settings::{Kind, Setting, Settings};

use ndarray::{Array2, ArrayView1};

use crate::data::{answers, dataset, groups, quick, train_with};
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

/// The rows learnt from are told the clusters that training gave them.
pub const CLUSTERER_COMPUTE_LABELS_PREDICT: Check = Check {
    name: "clusterer_compute_labels_predict",
    applies: clusters,
    except: &[],
    run: |entry| {
        let (x, _) = groups(4);
        let data = dataset(x.clone(), Target::None);
        let (model, progress) = train_with(entry, &for_groups(entry.info), &data);
        let Prediction::Clusters(told) = model.predict(x.view()).unwrap() else {
            panic!("{} clusters", entry.info.id);
        };
        let known = known_labels(&model, &x);
        assert!(known.len() * 2 > told.len(), "{} knows", entry.info.id);
        for (row, label) in known {
            assert_eq!(told[row], label, "{}, row {row}", entry.info.id);
        }
        // The loss of mini batches is that of the latest of them, not of all rows.
        if let (Model::KMeans(kmeans), "kmeans") = (&model, entry.info.id) {
            let pairs = x.rows().into_iter().zip(&told);
            let inertia: f64 = pairs
                .map(|(row, &label)| {
                    let center = kmeans.centroids.row(label as usize);
                    row.iter()
                        .zip(center)
                        .map(|(a, b)| (a - b) * (a - b))
                        .sum::<f64>()
                })
                .sum();
            let loss = progress.loss.unwrap();
            assert!(
                (inertia - loss).abs() < 1e-9 * loss,
                "{inertia}, not {loss}"
            );
        }
    },
};

/// Training rows with their clusters, by what the model keeps of its training.
fn known_labels(model: &Model, x: &Array2<f64>) -> Vec<(usize, u32)> {
    let all = |labels: &[u32]| labels.iter().copied().enumerate().collect();
    match model {
        Model::Agglomerative(model) => all(model.labels()),
        Model::Hdbscan(model) => all(&model.clustering().unwrap().labels),
        Model::Dbscan(model) => {
            let rows = model.core_rows().iter().map(|&row| row as usize);
            rows.zip(model.clusters().iter().copied()).collect()
        }
        Model::KMeans(model) => all(&nearest(&model.centroids, x)),
        Model::GaussianMixture(model) => all(&likeliest(model.components(), x)),
        other => panic!("{other:?} keeps no clusters"),
    }
}

fn nearest(centers: &Array2<f64>, x: &Array2<f64>) -> Vec<u32> {
    let squares = |row: ArrayView1<f64>, center: ArrayView1<f64>| {
        row.iter()
            .zip(center)
            .map(|(a, b)| (a - b) * (a - b))
            .sum::<f64>()
    };
    let of_row = |row: ArrayView1<f64>| {
        let distances = centers
            .rows()
            .into_iter()
            .map(|center| squares(row, center));
        lowest(distances.collect())
    };
    x.rows().into_iter().map(of_row).collect()
}

/// The component of the greatest weighted density, by inverses and determinants.
fn likeliest(components: &Components, x: &Array2<f64>) -> Vec<u32> {
    let inverses: Vec<(Array2<f64>, f64)> = (0..components.n_components())
        .map(|component| inverse(components.covariance(component)))
        .collect();
    let of_row = |row: ArrayView1<f64>| {
        let cost = |component: usize| {
            let away = &row - &components.means.row(component);
            let (inverse, log_determinant) = &inverses[component];
            away.dot(&inverse.dot(&away)) + log_determinant
                - 2.0 * handlens::math::ln(components.weights[component])
        };
        lowest((0..components.n_components()).map(cost).collect())
    };
    x.rows().into_iter().map(of_row).collect()
}

/// The inverse of a positive definite matrix and the logarithm of its determinant (Gauss–Jordan).
fn inverse(mut matrix: Array2<f64>) -> (Array2<f64>, f64) {
    let d = matrix.nrows();
    let mut inverse = Array2::eye(d);
    let mut log_determinant = 0.0;
    for pivot in 0..d {
        let size = matrix[(pivot, pivot)];
        log_determinant += handlens::math::ln(size);
        for side in [&mut matrix, &mut inverse] {
            side.row_mut(pivot).mapv_inplace(|v| v / size);
        }
        for row in (0..d).filter(|row| *row != pivot) {
            let factor = matrix[(row, pivot)];
            for side in [&mut matrix, &mut inverse] {
                let above = side.row(pivot).to_owned();
                side.row_mut(row).scaled_add(-factor, &above);
            }
        }
    }
    (inverse, log_determinant)
}

fn lowest(values: Vec<f64>) -> u32 {
    let pairs = values.iter().enumerate();
    pairs
        .min_by(|a, b| a.1.total_cmp(b.1))
        .map_or(0, |(at, _)| at as u32)
}

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
