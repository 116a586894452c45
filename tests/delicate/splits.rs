//! What is learnt from and what is kept unseen.

use std::collections::{BTreeMap, BTreeSet};

use handlens::data::{Categories, Column, ReadOptions, Values, read};
use handlens::error::Code;
use handlens::evaluate::roc_auc;
use handlens::prepare::{ColumnRecipe, Recipe, Role, Split, Task, split, split_units};
use handlens::protocol::{Request, Response, RunSpec, TrainingSummary, default_seed};
use handlens::rng::Rng;
use handlens::session::Session;
use handlens::settings::{Setting, Settings};

/// 17 rows of a, 8 of b, a single one of c.
fn target() -> Column {
    let text = |row: usize| match row {
        0..17 => "a",
        17..25 => "b",
        _ => "c",
    };
    let texts: Vec<&str> = (0..26).map(text).collect();
    Column {
        name: "y".into(),
        values: Values::Category(Categories::from_texts(texts.iter().map(|t| Some(*t)))),
    }
}

fn parted(test_size: f64, seed: u32) -> Split {
    let rows: Vec<usize> = (0..26).collect();
    let target = target();
    split(
        &rows,
        Some((&target, Task::Classification)),
        test_size,
        &Rng::new(seed),
    )
    .unwrap()
}

#[test]
fn every_class_gives_its_share_and_a_single_row_is_learnt_from() {
    for seed in 0..20 {
        let found = parted(0.25, seed);
        let mut count = BTreeMap::new();
        for &row in &found.test {
            *count
                .entry(target().text(row).unwrap().into_owned())
                .or_insert(0) += 1;
        }
        assert_eq!(
            count,
            BTreeMap::from([("a".to_owned(), 5), ("b".to_owned(), 2)]),
            "{seed}"
        );
        let mut all = [found.train, found.test].concat();
        all.sort_unstable();
        assert_eq!(all, (0..26).collect::<Vec<_>>());
        // Its share of 0.9 rows would be the first to be rounded up.
        assert!(parted(0.9, seed).train.contains(&25), "{seed}");
    }
}

#[test]
fn too_few_rows_to_part_are_refused_with_their_number() {
    let error = split(&[4], None, 0.5, &Rng::new(0)).unwrap_err();
    assert_eq!(error.code(), Code::TooFewSamples);
    assert!(error.to_string().contains("1 row is"), "{error}");
    assert!(split(&[4, 9], None, 0.5, &Rng::new(0)).is_ok());
    assert_eq!(
        split(&[4, 9], None, 0.95, &Rng::new(0)).unwrap_err().code(),
        Code::BadSetting
    );
}

#[test]
fn ties_of_scores_count_half() {
    assert_eq!(roc_auc(&[0.5, 0.5], &[true, false]), Some(0.5));
    assert_eq!(
        roc_auc(&[0.1, 0.5, 0.5, 0.9], &[false, true, false, true]),
        Some(0.875)
    );
    assert_eq!(roc_auc(&[0.1, 0.5], &[true, true]), None);
}

/// Notes of a training on a table; the rows learnt from and the unseen ones are counted.
fn training(csv: &str, recipe: Recipe, settings: Settings, algorithm: &str) -> TrainingSummary {
    let mut session = Session::new();
    let request = Request::Read {
        name: "t.csv".into(),
        options: Default::default(),
    };
    let Response::Table(table) = session.handle(request, csv.as_bytes()).unwrap().response else {
        panic!("not a table")
    };
    let spec = RunSpec {
        table: table.table,
        target: Some("y".into()),
        task: None,
        algorithm: algorithm.into(),
        settings,
        recipe,
        test_size: 0.25,
        seed: default_seed(),
    };
    let Response::Training(training) = session
        .handle(Request::Train { spec }, &[])
        .unwrap()
        .response
    else {
        panic!("not a training")
    };
    training
}

#[test]
fn names_of_rows_are_left_out_and_told() {
    let row = |i: usize| {
        format!(
            "{},{},{}\n",
            i * 7919 % 1009,
            i % 7,
            if i % 7 > 3 { "p" } else { "q" }
        )
    };
    let csv = "PassengerId,a,y\n".to_owned() + &(0..60).map(row).collect::<String>();
    let training = training(&csv, Recipe::default(), Settings::new(), "tree");
    let told = format!("{:?}", training.notes);
    assert!(
        told.contains("PassengerId") && told.contains("left out"),
        "{told}"
    );
}

#[test]
fn rows_of_a_group_stay_on_one_side() {
    let target = target();
    let rows: Vec<usize> = (0..26).collect();
    // Groups of two rows, the last row alone; each group is of one class.
    let units: Vec<usize> = rows.iter().map(|row| row / 2).collect();
    for seed in 0..20 {
        let target = Some((&target, Task::Classification));
        let found = split_units(&rows, &units, target, 0.25, &Rng::new(seed)).unwrap();
        let side = |rows: &[usize]| rows.iter().map(|row| row / 2).collect::<BTreeSet<_>>();
        assert!(side(&found.train).is_disjoint(&side(&found.test)), "{seed}");
        let mut all = [found.train.clone(), found.test.clone()].concat();
        all.sort_unstable();
        assert_eq!(all, rows);
        // 7 rows are asked for: 5 of a and 2 of b, in pairs.
        assert!(
            (4..=7).contains(&found.test.len()),
            "{seed}: {:?}",
            found.test
        );
        assert!(found.train.contains(&25), "{seed}");
    }
    let error = split_units(&rows, &[7; 26], None, 0.25, &Rng::new(0)).unwrap_err();
    assert_eq!(error.code(), Code::TooFewSamples);
    assert!(error.to_string().contains("one group"), "{error}");
    // Groups larger than what is asked for: one is kept unseen all the same.
    let halves: Vec<usize> = rows.iter().map(|row| row / 13).collect();
    let found = split_units(&rows, &halves, None, 0.1, &Rng::new(0)).unwrap();
    assert_eq!((found.train.len(), found.test.len()), (13, 13));
}

#[test]
fn a_group_column_parts_the_rows_and_is_no_feature() {
    let row = |i: usize| format!("p{},{},{}\n", i / 5, i * 7919 % 101, i * i % 17);
    let csv = "person,a,y\n".to_owned() + &(0..60).map(row).collect::<String>();
    let mut recipe = Recipe::default();
    let own = ColumnRecipe {
        role: Role::Group,
        ..ColumnRecipe::default()
    };
    recipe.columns.insert("person".into(), own);
    let found = training(&csv, recipe, Settings::new(), "tree");
    assert_eq!((found.n_train, found.n_test), (45, 15));
    assert_eq!(found.features, ["a"]);
    let told = format!("{:?}", found.notes);
    assert!(told.contains("which rows belong together"), "{told}");
}

#[test]
fn equal_rows_stay_on_one_side_where_asked_and_are_counted() {
    // 40 different rows, the first 20 of them twice.
    let row = |i: usize| format!("{},{},{}\n", i % 40, i % 40 * 31 % 7, i % 40 % 2);
    let csv = "a,b,y\n".to_owned() + &(0..60).map(row).collect::<String>();
    let table = read(csv.as_bytes(), &ReadOptions::default()).unwrap().table;
    let rows: Vec<usize> = (0..60).collect();
    let mut recipe = Recipe::default();
    assert_eq!(recipe.together(&table, &rows).unwrap(), None);
    recipe.default_step("duplicates", Setting::Text("together".into()));
    let together = recipe.together(&table, &rows).unwrap().unwrap();
    assert_eq!(together.n_duplicates, 20);
    let found = split_units(&rows, &together.units, None, 0.3, &Rng::new(1)).unwrap();
    assert!(found.test.len().abs_diff(18) <= 1, "{}", found.test.len());
    for &row in &found.test {
        let twin = (row + 40) % 80;
        assert!(twin >= 60 || found.test.contains(&twin), "{row}");
    }
    let told = format!(
        "{:?}",
        training(&csv, recipe, Settings::new(), "tree").notes
    );
    assert!(told.contains("20 rows equal one before them"), "{told}");
}

#[test]
fn more_levels_than_bins_are_told() {
    let row = |i: usize| format!("c{},{},{}\n", i % 30, i % 7, i * i % 17);
    let csv = "c,a,y\n".to_owned() + &(0..600).map(row).collect::<String>();
    let bins = |n: f64| Settings::from([("max_bins".to_owned(), Setting::Number(n))]);
    let notes = |n: f64| {
        let id = "hist_gradient_boosting";
        format!("{:?}", training(&csv, Recipe::default(), bins(n), id).notes)
    };
    let told = notes(20.0);
    assert!(
        told.contains("30 levels") && told.contains("20 bins"),
        "{told}"
    );
    assert!(!notes(30.0).contains("levels"), "{}", notes(30.0));
}
