//! Data sets for the contract suite, made here from fixed seeds.

// Each test file that includes this uses a part of it.
#![allow(dead_code)]

use handlens::models::Info;
use handlens::prepare::{Dataset, Target, Task};
use handlens::rng::Rng;
use handlens::settings::{Kind, Setting, Settings};
use ndarray::Array2;

/// The first `n` rows.
pub fn take(data: &Dataset, n: usize) -> Dataset {
    data.select(&(0..n).collect::<Vec<_>>())
}

fn with_target(x: Array2<f64>, task: Task, rng: &mut Rng) -> Dataset {
    let n = x.nrows();
    let score = |row: usize| {
        let row = x.row(row);
        row[0] - 0.7 * row[row.len() - 1] + 0.3 * row[0] * row[row.len() - 1]
    };
    let target = match task {
        Task::Regression => Target::Values(
            (0..n)
                .map(|r| score(r) * 3.0 + 0.1 * rng.normal())
                .collect(),
        ),
        Task::Classification => Target::Classes {
            // Rows 0, 1, 2 make sure that every class is there.
            codes: (0..n)
                .map(|r| match (r, score(r)) {
                    (0..3, _) => r as u32,
                    (_, s) if s < -0.5 => 0,
                    (_, s) if s < 0.5 => 1,
                    _ => 2,
                })
                .collect(),
            labels: vec!["low".into(), "mid".into(), "<high>".into()],
        },
        Task::Clustering | Task::Projection | Task::Anomaly => Target::None,
    };
    let feature_names = (0..x.ncols()).map(|j| format!("f{j}")).collect();
    Dataset {
        x,
        target,
        feature_names,
        rows: (0..n).collect(),
        ..Dataset::default()
    }
}

fn normal(n: usize, d: usize, seed: u32) -> (Array2<f64>, Rng) {
    let mut rng = Rng::new(seed);
    (Array2::from_shape_simple_fn((n, d), || rng.normal()), rng)
}

/// The data as an algorithm takes them: without negative features where these are refused.
pub fn suited(info: &Info, mut data: Dataset) -> Dataset {
    if !info.takes_negatives {
        data.x.mapv_inplace(f64::abs);
    }
    data
}

/// The data as settings take them: a target above 0 where the loss asks for that.
pub fn suited_to(settings: &Settings, mut data: Dataset) -> Dataset {
    let needs_positive = matches!(settings.get("loss"), Some(Setting::Text(loss)) if loss == "poisson" || loss == "gamma");
    if let (true, Target::Values(values)) = (needs_positive, &mut data.target) {
        values
            .iter_mut()
            .for_each(|value| *value = value.abs() + 0.1);
    }
    data
}

/// Small, clean data for each task.
pub fn datasets(tasks: &[Task]) -> Vec<(String, Dataset)> {
    let mut all = Vec::new();
    for &task in tasks {
        for (n, d) in [(40, 2), (90, 5), (60, 17)] {
            let (x, mut rng) = normal(n, d, 11);
            all.push((format!("{task:?} {n}×{d}"), with_target(x, task, &mut rng)));
        }
    }
    all
}

/// Large enough that every parallel loop has several chunks.
pub fn large(tasks: &[Task]) -> (String, Dataset) {
    let (x, mut rng) = normal(5_000, 8, 5);
    ("large".into(), with_target(x, tasks[0], &mut rng))
}

/// Data that break careless code.
pub fn nasty(tasks: &[Task]) -> Vec<(String, Dataset)> {
    let mut all = Vec::new();
    for &task in tasks {
        let mut add = |name: &str, change: &dyn Fn(&mut Array2<f64>)| {
            let (mut x, mut rng) = normal(30, 3, 23);
            let clean = with_target(x.clone(), task, &mut rng);
            change(&mut x);
            all.push((format!("{task:?}, {name}"), Dataset { x, ..clean }));
        };
        add("constant column", &|x| x.column_mut(1).fill(4.2));
        add("all columns constant", &|x| x.fill(-1.0));
        add("duplicate rows", &|x| {
            let first = x.row(0).to_owned();
            x.rows_mut()
                .into_iter()
                .for_each(|mut row| row.assign(&first));
        });
        add("duplicate columns", &|x| {
            let first = x.column(0).to_owned();
            x.column_mut(2).assign(&first);
        });
        add("huge", &|x| x.mapv_inplace(|v| v * 1e150));
        add("tiny", &|x| x.mapv_inplace(|v| v * 1e-150));
        add("mixed scales", &|x| {
            x.column_mut(0).mapv_inplace(|v| v * 1e12);
            x.column_mut(2).mapv_inplace(|v| v * 1e-12);
        });
        add("far from zero", &|x| x.mapv_inplace(|v| v + 1e9));
        add("subnormal", &|x| x.mapv_inplace(|v| v * 5e-324));
        for n in [1, 2, 3, 4] {
            let (x, mut rng) = normal(30, 3, 29);
            all.push((
                format!("{task:?}, {n} rows"),
                take(&with_target(x, task, &mut rng), n),
            ));
        }
    }
    all
}

/// The defaults, and every choice and switch turned once.
pub fn settings_variants(info: &Info) -> Vec<Settings> {
    let mut all = vec![Settings::new()];
    for declared in info.hyperparameters {
        let values: Vec<Setting> = match declared.kind {
            Kind::Choice { options, .. } => options
                .iter()
                .skip(1)
                .map(|option| Setting::Text(option.0.into()))
                .collect(),
            Kind::Choices { options, .. } => {
                vec![Setting::Text(options[options.len() - 1].0.into())]
            }
            Kind::Flag { default } => vec![Setting::Flag(!default)],
            _ => Vec::new(),
        };
        all.extend(
            values
                .into_iter()
                .map(|value| Settings::from([(declared.name.to_owned(), value)])),
        );
    }
    all
}
