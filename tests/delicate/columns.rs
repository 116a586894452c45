//! Categories, gaps, identifiers, dates and labels.

use handlens::data::{ColumnType, ReadOptions, compare_levels, profile, read, table_from_records};
use handlens::prepare::{OTHER, Pipeline, Role, Task};
use handlens::settings::Setting;

use crate::{prepare, recipe, table};

const LABELS: Option<(&str, Task)> = Some(("y", Task::Classification));

pub fn labels(csv: &str) -> Vec<String> {
    let table = table(csv);
    recipe(&[]).fit(&table, LABELS).unwrap().labels().to_vec()
}

#[test]
fn levels_are_in_an_order_that_knows_no_language() {
    let mut levels = ["ä", "b", "10", "Z", "9", "a", "", "-1", "A"];
    levels.sort_by(|a, b| compare_levels(a, b));
    assert_eq!(levels, ["-1", "9", "10", "", "A", "Z", "a", "b", "ä"]);
}

#[test]
fn levels_keep_their_columns_whatever_the_order_of_rows() {
    let one_hot = recipe(&[("encode", "one_hot")]);
    let (pipeline, _) = prepare(&one_hot, &table("c,d\nred,1\nblue,2\ngreen,3\n"), None);
    let stored = serde_json::to_string(&pipeline).unwrap();
    let loaded: Pipeline = serde_json::from_str(&stored).unwrap();
    let rows = table("d,c\n1,green\n1,blue\n");
    let data = loaded.transform(&rows, false).unwrap().dataset;
    assert_eq!(data.feature_names[..3], ["c=blue", "c=green", "c=red"]);
    let levels = data.x.slice(ndarray::s![.., ..3]);
    assert_eq!(levels, ndarray::array![[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]);
}

#[test]
fn rare_and_unseen_levels_are_other() {
    // The lower the number, the more rows.
    let row = |i: usize| format!("level{},{i}\n", i % 8 * (i % 3) % 8);
    let csv = "c,d\n".to_owned() + &(0..240).map(row).collect::<String>();
    let mut few = recipe(&[("encode", "one_hot")]);
    few.default_step("max_levels", Setting::Number(4.0));
    let (pipeline, data) = prepare(&few, &table(&csv), None);
    let other = format!("c={OTHER}");
    let is_other = |name: &String| *name == other;
    let place = data.feature_names.iter().position(is_other).unwrap();
    assert_eq!(data.feature_names.len(), 5, "{:?}", data.feature_names);
    let rows = table("c,d\nnever,1\nlevel7,1\nlevel0,1\n");
    let new = pipeline.transform(&rows, false).unwrap();
    assert_eq!(new.dataset.x.column(place).to_vec(), [1.0, 1.0, 0.0]);
    let is_told = |note: &String| note.contains("never");
    assert!(new.notes.iter().any(is_told), "{:?}", new.notes);
}

#[test]
fn spellings_are_levels_of_their_own() {
    // é as one letter, and as e with an accent after it.
    let found = labels("a,y\n1,caf\u{e9}\n2,cafe\u{301}\n3,Caf\u{e9}\n4, caf\u{e9} \n");
    assert_eq!(found, ["Caf\u{e9}", "cafe\u{301}", "caf\u{e9}"]);
}

#[test]
fn an_empty_text_in_quotes_is_no_gap() {
    let json = r#"[{"c":"","d":1},{"c":null,"d":2},{"c":"NA","d":3},{"c":"other","d":4}]"#;
    for text in [json, "c,d\n\"\",1\n,2\n\"NA\",3\nother,4\n"] {
        let reading = read(text.as_bytes(), &ReadOptions::default()).unwrap();
        let column = reading.table.column("c").unwrap();
        let cells: Vec<Option<String>> = (0..4)
            .map(|row| column.text(row).map(|cell| cell.into_owned()))
            .collect();
        assert_eq!(
            cells,
            [
                Some("".into()),
                None,
                Some("NA".into()),
                Some("other".into())
            ],
            "{text}"
        );
        let told = reading.notes.iter().find(|note| note.code == "quoted_mark");
        let told = told.unwrap();
        assert_eq!(told.count, 2, "{told:?}");
        assert!(told.message.contains("2 cells hold"), "{}", told.message);
    }
}

#[test]
fn without_quotes_or_with_all_in_quotes_an_empty_cell_is_a_gap() {
    for text in [
        "c,d\n,1\nNA,2\nx,3\n",
        "\"c\",\"d\"\n\"\",\"1\"\n\"NA\",\"2\"\n\"x\",\"3\"\n",
    ] {
        let table = table(text);
        let column = table.column("c").unwrap();
        let is_missing: Vec<bool> = (0..3).map(|row| column.is_missing(row)).collect();
        assert_eq!(is_missing, [true, true, false], "{text}");
    }
    // Numbers and truths have no empty value that quotes could mean.
    let table = table("n,b\n\"\",yes\n2,\"\"\n3,no\n");
    let type_of = |name: &str| table.column(name).unwrap().column_type();
    assert_eq!(
        (type_of("n"), type_of("b")),
        (ColumnType::Number, ColumnType::Boolean)
    );
    assert!(table.column("n").unwrap().is_missing(0) && table.column("b").unwrap().is_missing(1));
}

#[test]
fn an_empty_text_a_gap_and_the_word_missing_are_three_levels() {
    let csv = "c,d\n\"\",1\n,2\nmissing,3\nx,4\nx,5\n";
    let gaps = recipe(&[("encode", "one_hot"), ("impute_category", "constant")]);
    let (pipeline, data) = prepare(&gaps, &table(csv), None);
    assert_eq!(
        data.feature_names[..4],
        ["c=\"\"", "c=missing", "c=x", "c=(missing)"]
    );
    let hot = |row: usize| (0..4).find(|&level| data.x[(row, level)] == 1.0).unwrap();
    assert_eq!([0, 1, 2, 3, 4].map(hot), [0, 3, 1, 2, 2]);
    assert!(pipeline.describe()[0].contains("\u{201c}(missing)\u{201d}"));
    // Nothing of that is lost in storage or at prediction.
    let stored = serde_json::to_string(&pipeline).unwrap();
    let loaded: Pipeline = serde_json::from_str(&stored).unwrap();
    let records =
        serde_json::json!([{"c": "", "d": 1}, {"c": null, "d": 1}, {"c": "missing", "d": 1}]);
    let records: Vec<_> = records
        .as_array()
        .unwrap()
        .iter()
        .map(|record| record.as_object().unwrap().clone())
        .collect();
    let rows = table_from_records(&records).unwrap();
    let x = loaded.transform(&rows, false).unwrap().dataset.x;
    for (row, level) in [(0, 0), (1, 3), (2, 1)] {
        assert_eq!(
            (x[(row, level)], x.row(row).slice(ndarray::s![..4]).sum()),
            (1.0, 1.0)
        );
    }
}

#[test]
fn a_column_without_values_is_left_out() {
    let (pipeline, data) = prepare(&recipe(&[]), &table("a,b\n,1\n,2\n,3\n"), None);
    assert_eq!(data.feature_names, ["b"]);
    assert!(pipeline.left_out()[0].1.contains("no value"));
}

#[test]
fn infinity_is_not_a_number() {
    let train = table("a,y\n1,0\n2,1\n3,0\n4,1\n");
    let (pipeline, _) = prepare(&recipe(&[]), &train, LABELS);
    for text in ["inf", "-Infinity", "1e999"] {
        let record = serde_json::json!({ "a": text });
        let rows = table_from_records(&[record.as_object().unwrap().clone()]);
        let found = rows.and_then(|rows| pipeline.transform(&rows, false));
        match found {
            Err(error) => {
                let said = error.to_string();
                assert!(
                    said.contains("\u{201c}a\u{201d}") && said.contains(text),
                    "{said}"
                );
            }
            Ok(rows) => {
                assert!(rows.dataset.x.iter().all(|v| v.is_finite()), "{text}");
                let is_told = |note: &String| note.contains("\u{201c}a\u{201d}");
                assert!(rows.notes.iter().any(is_told), "{text}: {:?}", rows.notes);
            }
        }
    }
}

#[test]
fn days_that_do_not_repeat_name_the_rows() {
    let row = |i: u32| format!("2024-{:02}-{:02},{}\n", i / 28 + 1, i % 28 + 1, i % 5);
    let csv = "day,a\n".to_owned() + &(0..60).map(row).collect::<String>();
    let profiles = profile(&table(&csv));
    assert!(profiles[0].is_identifier && !profiles[1].is_identifier);
    assert!(
        profiles[0]
            .notes
            .iter()
            .any(|note| note.contains("name the rows"))
    );
}

#[test]
fn thousands_of_levels_can_be_learnt_from() {
    // 2,000 towns of 3 rows each; what is to be learnt depends on the town alone.
    let size = |town: usize| (town * 7919 % 2000) as f64 / 100.0;
    let row = |i: usize| format!("town {},{},{}\n", i % 2000, i * 31 % 17, size(i % 2000));
    let csv = "town,a,y\n".to_owned() + &(0..6000).map(row).collect::<String>();
    let table = table(&csv);
    assert_eq!(
        table.column("town").unwrap().column_type(),
        ColumnType::Text
    );
    let target = Some(("y", Task::Regression));
    for (encode, n_features) in [("target", 2), ("hash", 65)] {
        let mut recipe = recipe(&[("encode", encode)]);
        let (left_out, _) = prepare(&recipe, &table, target);
        assert_eq!(left_out.feature_names(), ["a"]);
        recipe.columns.entry("town".into()).or_default().role = Role::Feature;
        let (pipeline, data) = prepare(&recipe, &table, target);
        assert_eq!(data.n_features(), n_features, "{encode}");
        assert!(data.x.iter().all(|v| v.is_finite()));
        let seen = pipeline.transform_training(&table).unwrap().dataset;
        if encode == "target" {
            let far = |row: &usize| (seen.x[(*row, 0)] - size(row % 2000)).abs() > 1.0;
            let n_far = (0..6000).filter(far).count();
            assert!(n_far < 600, "{n_far}");
        } else {
            assert_eq!(seen.x, data.x);
        }
    }
}
