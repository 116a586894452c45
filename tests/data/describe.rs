//! Profiles, histograms, samples and made-up tables.

use handlens::data::{Column, GENERATOR_SETTINGS, Table, generate, profile, sample_bytes, samples};
use handlens::settings::{Kind, Setting, Settings};

use crate::{ColumnType, ReadOptions, read};

fn numbers(values: &[f64]) -> handlens::data::ColumnProfile {
    let table = Table::new(vec![Column::number("a", values.to_vec())]).unwrap();
    profile(&table).remove(0)
}

/// `first…last step n: counts`
fn bins(values: &[f64]) -> String {
    let found = numbers(values).histogram.unwrap();
    assert_eq!(found.edges.len(), found.counts.len() + 1);
    assert_eq!(found.counts.iter().sum::<usize>(), values.len());
    let (first, last) = (found.edges[0], found.edges.last().unwrap());
    assert!(values.iter().all(|v| *v >= first && v <= last), "{found:?}");
    format!("{first}..{last} in {}", found.counts.len())
}

#[test]
fn histograms_have_round_edges() {
    assert_eq!(bins(&[0.0, 100.0]), "0..100 in 20");
    assert_eq!(bins(&[0.1, 0.95]), "0.1..0.95 in 17");
    assert_eq!(bins(&[-3.0, 4.0, 7.0]), "-3..7 in 20");
    assert_eq!(bins(&[5.0, 5.0]), "5..5 in 1");
    assert_eq!(
        bins(&[1e300, -1e300]),
        "-1e300..1e300 in 20".replace("1e300", &format!("{}", 1e300))
    );
    bins(&[f64::MAX, f64::MIN]);
    bins(&[5e-324, 1e-323]);
    bins(&[1e16, 1e16 + 2.0]);
    bins(&[0.0, 1e-310]);
}

#[test]
fn numbers_are_described() {
    let found = numbers(&[1.0, 2.0, 2.0, f64::NAN, 7.0]);
    assert_eq!((found.count, found.n_missing, found.n_distinct), (4, 1, 3));
    assert_eq!((found.min, found.max), (Some(1.0), Some(7.0)));
    assert_eq!((found.mean, found.median), (Some(3.0), Some(2.0)));
    assert!((found.std.unwrap() - 2.708_012_801_545_32).abs() < 1e-12);
    assert_eq!(
        (
            found.top_values[0].value.as_str(),
            found.top_values[0].count
        ),
        ("2", 2)
    );
    assert!(numbers(&[f64::NAN]).is_constant && numbers(&[]).is_constant);
    assert!(numbers(&[3.0, 3.0]).is_constant && !numbers(&[3.0, 4.0]).is_constant);
    assert_eq!(numbers(&[3.0]).std, None);
}

#[test]
fn identifiers_are_told() {
    let is_identifier = |name: &str, value: fn(usize) -> f64| {
        let column = Column::number(name, (0..100).map(value).collect());
        profile(&Table::new(vec![column]).unwrap())[0].is_identifier
    };
    // Numbers that count up without such a name may be a time or a dose.
    assert!(!is_identifier("size", |row| row as f64 + 1.0));
    assert!(is_identifier("row_name", |row| row as f64 + 1.0));
    assert!(is_identifier("PassengerId", |row| (row * 7919 % 1009) as f64));
    assert!(is_identifier("customer_id", |row| (row * 7919 % 1009) as f64));
    assert!(!is_identifier("price", |row| (row * 7919 % 1009) as f64));
    assert!(!is_identifier("id", |row| (row % 3) as f64));
    assert!(!is_identifier("width", |row| row as f64 * 0.37));
}

#[test]
fn samples_are_as_told() {
    for sample in samples() {
        let reading = read(sample_bytes(sample.id).unwrap(), &ReadOptions::default()).unwrap();
        assert_eq!(reading.table.n_rows(), sample.n_rows, "{}", sample.id);
        assert_eq!(
            reading.table.columns().len(),
            sample.n_columns,
            "{}",
            sample.id
        );
        let target = reading.table.column(sample.target).unwrap().column_type();
        let is_number = target == ColumnType::Number;
        assert!(
            sample.id == "digits" || is_number == (sample.task == "regress"),
            "{}",
            sample.id
        );
        assert!(
            reading.notes.is_empty(),
            "{}: {:?}",
            sample.id,
            reading.notes
        );
        assert!(
            !profile(&reading.table)
                .iter()
                .any(|column| column.is_identifier),
            "{}",
            sample.id
        );
    }
    assert_eq!(sample_bytes("titanic"), None);
}

#[test]
fn every_generator_draws_what_it_says() {
    let Kind::Choice { options, .. } = GENERATOR_SETTINGS[0].kind else {
        panic!()
    };
    for (kind, _) in options {
        for n in [2.0, 7.0, 100.0] {
            let settings = Settings::from([
                ("kind".into(), Setting::Text((*kind).into())),
                ("n_samples".into(), Setting::Number(n)),
            ]);
            let table = generate(&settings, 1).unwrap();
            assert_eq!(table.n_rows(), n as usize);
            assert_eq!(table, generate(&settings, 1).unwrap());
            assert_ne!(table, generate(&settings, 2).unwrap());
        }
    }
    let bad = Settings::from([("kind".into(), Setting::Text("star".into()))]);
    assert!(generate(&bad, 1).is_err());
}

/// The first point of each shape, pinned: a change here changes every shared link.
#[test]
fn generators_are_pinned() {
    let first = |kind: &str| {
        let settings = Settings::from([("kind".into(), Setting::Text(kind.into()))]);
        let table = generate(&settings, 42).unwrap();
        table.columns()[0].text(0).unwrap().into_owned()
    };
    let found = [
        "moons", "circles", "blobs", "spiral", "xor", "line", "waves",
    ]
    .map(first);
    assert_eq!(
        found,
        [
            "-0.23810884976519978",
            "-0.446315528929516",
            "1.1030712229614972",
            "0.9892186185476958",
            "0.8653435637182947",
            "0.2808943212468453",
            "0.2808943212468453",
        ]
    );
}
