//! Checks that a row's answer depends on the row alone, however it is given.

use handlens::data::{Column, Table};
use handlens::models::Entry;
use handlens::prepare::{Dataset, Recipe, Target, Task};
use handlens::settings::Setting;
use ndarray::{Array2, Axis, ShapeBuilder, s};

use crate::data::{answers, assert_alike, for_tasks, train};
use crate::{Check, any};

const fn of_any(name: &'static str, run: fn(&Entry)) -> Check {
    Check {
        name,
        applies: any,
        except: &[],
        run,
    }
}

/// Rows in another order get the same answers.
pub const METHODS_SAMPLE_ORDER_INVARIANCE: Check =
    of_any("methods_sample_order_invariance", |entry| {
        for data in for_tasks(entry.info) {
            let model = train(entry, &data);
            let order: Vec<usize> = (0..data.n_samples()).map(|i| i * 7 % 120).collect();
            let all = answers(&model, &data.x);
            let expected: Vec<_> = order.iter().map(|&i| all[i].clone()).collect();
            let shuffled = answers(&model, &data.x.select(Axis(0), &order));
            assert_alike(entry.info.id, &shuffled, &expected, 0.0);
        }
    });

/// Rows in small batches get the same answers.
pub const METHODS_SUBSET_INVARIANCE: Check = of_any("methods_subset_invariance", |entry| {
    for data in for_tasks(entry.info) {
        let model = train(entry, &data);
        let all = answers(&model, &data.x);
        for start in (0..120).step_by(10) {
            let batch = data.x.slice(s![start..start + 10, ..]).to_owned();
            let answers = answers(&model, &batch);
            assert_alike(entry.info.id, &answers, &all[start..start + 10], 0.0);
        }
    }
});

/// What comes through a pipeline that changes nothing is learnt from as if given bare.
pub const PIPELINE_CONSISTENCY: Check = of_any("pipeline_consistency", |entry| {
    for data in for_tasks(entry.info) {
        let through = through_pipeline(&data);
        assert_eq!(through.x, data.x);
        let bare = answers(&train(entry, &data), &data.x);
        let piped = answers(&train(entry, &through), &through.x);
        assert_alike(entry.info.id, &piped, &bare, 0.0);
    }
});

fn through_pipeline(data: &Dataset) -> Dataset {
    let columns = data.x.columns().into_iter().zip(&data.feature_names);
    let mut columns: Vec<Column> = columns
        .map(|(values, name)| Column::number(name, values.to_vec()))
        .collect();
    let target = match &data.target {
        Target::None => None,
        Target::Values(values) => Some((Column::number("y", values.clone()), Task::Regression)),
        Target::Classes { codes, labels } => {
            let cells = codes
                .iter()
                .map(|&code| Some(labels[code as usize].as_str()));
            Some((Column::category("y", cells), Task::Classification))
        }
    };
    let task = target.as_ref().map(|(_, task)| ("y", *task));
    columns.extend(target.map(|(column, _)| column));
    let table = Table::new(columns).unwrap();
    let mut recipe = Recipe::default();
    recipe.default_step("scale", Setting::Text("none".into()));
    let pipeline = recipe.fit(&table, task).unwrap();
    pipeline.transform(&table, task.is_some()).unwrap().dataset
}

/// Data that are shared and cannot be written to are learnt from all the same.
pub const READONLY_MEMMAP_INPUT: Check = of_any("readonly_memmap_input", |entry| {
    for data in for_tasks(entry.info) {
        let before = data.clone();
        train(entry, &data);
        assert_eq!(data, before, "{}", entry.info.id);
    }
});

/// A matrix that lies column by column gives the same model.
pub const F_CONTIGUOUS_ARRAY_ESTIMATOR: Check = of_any("f_contiguous_array_estimator", |entry| {
    for data in for_tasks(entry.info) {
        let mut by_column = data.clone();
        let mut x = Array2::zeros(data.x.dim().f());
        x.assign(&data.x);
        by_column.x = x;
        let (a, b) = (train(entry, &data), train(entry, &by_column));
        assert_eq!(a.to_parts(), b.to_parts(), "{}", entry.info.id);
    }
});
