//! What is learnt from and what is kept unseen.

use std::collections::BTreeMap;

use handlens::data::{Categories, Column, Values};
use handlens::error::Code;
use handlens::evaluate::roc_auc;
use handlens::prepare::{Split, Task, split};
use handlens::protocol::{Request, Response, RunSpec, default_seed};
use handlens::rng::Rng;
use handlens::session::Session;
use handlens::settings::Settings;

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
        algorithm: "tree".into(),
        settings: Settings::new(),
        recipe: Default::default(),
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
    let told = format!("{:?}", training.notes);
    assert!(
        told.contains("PassengerId") && told.contains("left out"),
        "{told}"
    );
}
