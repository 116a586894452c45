//! `describe` and `convert`, from outside.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what helps a test may panic as the test may"
)]

mod support;

use std::io::Read;
use std::process::Stdio;
use std::sync::Arc;

use handlens::data::{MAX_COLUMNS, samples};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use serde_json::{Value, json};
use support::{Folder, handlens, run, run_with};

const MESSY: &[u8] = b"name;size;is_new;note\nAda;1,50;yes;\"a;b\"\nBo;;no;\nCy;3,25;yes;=1+1\n";

#[test]
fn every_sample_is_described() {
    for sample in samples() {
        let summary = run(&format!("describe sample:{} --json", sample.id))
            .done()
            .json();
        assert_eq!(summary["n_rows"], sample.n_rows);
        assert_eq!(
            summary["columns"].as_array().unwrap().len(),
            sample.n_columns
        );
        assert_eq!(summary["dialect"]["delimiter"], ",");
        assert_eq!(summary["digest"].as_str().unwrap().len(), 64);
        assert!(summary["notes"].is_array());
        let words = run(&format!("describe sample:{}", sample.id)).done();
        assert!(words.text().contains(sample.target), "{}", words.text());
    }
}

#[test]
fn standard_input_is_a_table() {
    let summary = run_with("describe - --json", MESSY, ".".as_ref())
        .done()
        .json();
    assert_eq!(summary["name"], "stdin");
    assert_eq!(summary["dialect"]["delimiter"], ";");
    assert_eq!(summary["dialect"]["decimal_comma"], true);
    let types: Vec<&Value> = summary["columns"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| &c["column_type"])
        .collect();
    assert_eq!(types[1], "number");
    assert_eq!(types[2], "boolean");
}

#[test]
fn guesses_can_be_overruled() {
    let table = b"zip,n\n01067,1\n80331,2\n";
    let column = |arguments: &str| {
        run_with(arguments, table, ".".as_ref()).done().json()["columns"][0]["column_type"].clone()
    };
    assert_eq!(column("describe - --json --type zip=number"), "number");
    assert_eq!(column("describe - --json --type zip=text"), "text");
    let no_header = run_with("describe - --json --header false", table, ".".as_ref()).done();
    assert_eq!(no_header.json()["n_rows"], 3);
    let tabs = run_with(
        "describe - --json --delimiter tab",
        b"a,b\tc\n1\t2\n",
        ".".as_ref(),
    )
    .done();
    assert_eq!(tabs.json()["columns"][0]["name"], "a,b");
}

#[test]
fn control_characters_do_not_reach_the_terminal() {
    let described = run_with("describe -", b"a\x1b[31m,b\n1,2\n3,4\n", ".".as_ref());
    assert!(!described.out.contains(&0x1b));
    let refused = run_with(
        "train - --target \x1b[31m --algorithm knn",
        b"a,b\n1,2\n",
        ".".as_ref(),
    );
    assert_eq!(refused.code, 1);
    assert!(!refused.err.contains('\x1b'));
}

#[test]
fn cells_keep_their_text_in_csv() {
    let csv = run_with("convert - --to csv", MESSY, ".".as_ref()).done();
    assert_eq!(
        csv.text(),
        "name,size,is_new,note\nAda,\"1,50\",yes,\"a;b\"\nBo,,no,\nCy,\"3,25\",yes,=1+1\n"
    );
    let safe = run_with("convert - --to csv --formula-safe", MESSY, ".".as_ref()).done();
    assert!(safe.text().ends_with("\"'=1+1\"\n"), "{}", safe.text());
}

#[test]
fn json_holds_typed_records() {
    let json = run_with("convert - --to json", MESSY, ".".as_ref())
        .done()
        .json();
    assert_eq!(
        json[0],
        json!({ "name": "Ada", "size": 1.5, "is_new": true, "note": "a;b" })
    );
    assert_eq!(json[1]["size"], Value::Null);
}

#[test]
fn samples_survive_every_format() {
    let folder = Folder::new();
    for sample in samples() {
        let id = sample.id;
        let csv = run(&format!("convert sample:{id} --to csv")).done();
        let json = run(&format!("convert sample:{id} --to json")).done();
        let back = run_with("convert - --to csv", &csv.out, ".".as_ref()).done();
        assert_eq!(back.out, csv.out, "{id}");
        let back = run_with("convert - --to json", &json.out, ".".as_ref()).done();
        assert_eq!(back.out, json.out, "{id}");
        let summary = folder
            .run(&format!(
                "convert sample:{id} --to parquet --out {id}.parquet --json"
            ))
            .done();
        assert_eq!(summary.json()["n_rows"], sample.n_rows);
        let records = parquet_records(&folder.read(&format!("{id}.parquet")));
        for (row, (record, expected)) in records
            .iter()
            .zip(json.json().as_array().unwrap())
            .enumerate()
        {
            assert_eq!(record, &with_floats(expected), "{id}, row {row}");
        }
        assert_eq!(records.len(), sample.n_rows, "{id}");
    }
    assert!(
        folder.names().iter().all(|name| name.ends_with(".parquet")),
        "{:?}",
        folder.names()
    );
}

/// A record in which whole numbers are no kind of their own.
fn with_floats(record: &Value) -> Value {
    let cell = |value: &Value| {
        value
            .as_f64()
            .map_or_else(|| value.clone(), |number| json!(number))
    };
    record
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| (name.clone(), cell(value)))
        .collect()
}

/// The rows of a Parquet file as records, numbers as 64-bit floats.
fn parquet_records(bytes: &[u8]) -> Vec<Value> {
    let reader = SerializedFileReader::new(bytes::Bytes::copy_from_slice(bytes)).unwrap();
    let rows = reader.get_row_iter(None).unwrap();
    let cell = |field: &Field| match field {
        Field::Null => Value::Null,
        Field::Bool(value) => json!(value),
        Field::Long(value) => json!(*value as f64),
        Field::Double(value) => json!(value),
        Field::Str(value) => json!(value),
        other => panic!("{other:?}"),
    };
    rows.map(|row| {
        row.unwrap()
            .get_column_iter()
            .map(|(name, f)| (name.clone(), cell(f)))
            .collect()
    })
    .collect()
}

#[test]
fn parquet_has_the_types_of_the_table() {
    let table = b"whole,real,flag,word,text,none\n1,1.5,true,a,x 1,\n,2,,b,y 2,\n3,,false,,z 3,\n";
    let bytes = run_with(
        "convert - --to parquet --type text=text",
        table,
        ".".as_ref(),
    )
    .done()
    .out;
    let reader = SerializedFileReader::new(bytes::Bytes::copy_from_slice(&bytes)).unwrap();
    let schema = reader.metadata().file_metadata().schema_descr_ptr();
    let types: Vec<String> = Arc::clone(&schema)
        .columns()
        .iter()
        .map(|c| c.physical_type().to_string())
        .collect();
    assert_eq!(
        types[..5],
        ["INT64", "DOUBLE", "BOOLEAN", "BYTE_ARRAY", "BYTE_ARRAY"]
    );
    let records = parquet_records(&bytes);
    assert_eq!(
        records[1],
        json!({ "whole": null, "real": 2.0, "flag": null, "word": "b", "text": "y 2", "none": null })
    );
    let empty = run_with("convert - --to parquet", b"a,b\n", ".".as_ref())
        .done()
        .out;
    assert_eq!(parquet_records(&empty), Vec::<Value>::new());
}

#[test]
fn a_reader_that_leaves_early_is_no_fault() {
    for arguments in [
        "convert sample:digits --to json",
        "describe sample:digits --json",
    ] {
        let mut child = handlens()
            .args(arguments.split(' '))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut first = [0; 10];
        child.stdout.take().unwrap().read_exact(&mut first).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{:?}", output.status);
        assert!(
            output.stderr.is_empty(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

#[test]
fn hostile_files_are_refused_or_read_but_never_crash() {
    let folder = Folder::new();
    let wide = format!("{}\n", "a,".repeat(MAX_COLUMNS + 5));
    let deep = "[".repeat(200_000);
    let long = format!("a\n{}\n", "x".repeat(3 << 20));
    let cases: [(&str, &[u8], Option<i32>); 16] = [
        ("empty", b"", Some(1)),
        ("blank", b" \n\n\t\n", Some(1)),
        ("zip", b"PK\x03\x04\x14\0\0\0", Some(1)),
        ("png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", Some(1)),
        (
            "noise",
            &[0, 1, 2, 255, 254, 7, 8, 0, 200, 13, 1, 1, 5],
            None,
        ),
        ("nul", b"a,b\n1\0,2\n", None),
        ("open_quote", b"a,b\n\"1,2\n3,4\n", None),
        ("header_only", b"a,b\n", Some(0)),
        ("one_cell", b"x", None),
        ("duplicate_names", b"a,a,a\n1,2,3\n", Some(0)),
        ("ragged", b"a,b\n1\n1,2,3,4\n", Some(0)),
        ("wide", wide.as_bytes(), Some(1)),
        ("deep.json", deep.as_bytes(), None),
        (
            "proto.json",
            b"[{\"__proto__\": 1, \"constructor\": 2}]",
            Some(0),
        ),
        ("long_cell", long.as_bytes(), None),
        (
            "utf16",
            b"\xff\xfea\0,\0b\0\n\0\x31\0,\0\x32\0\n\0",
            Some(0),
        ),
    ];
    for (name, bytes, expected) in cases {
        folder.file(name, bytes);
        for command in [
            "describe FILE --json",
            "convert FILE --to json",
            "convert FILE --to parquet --out out",
        ] {
            let run = folder.run(&command.replace("FILE", name));
            assert!(
                expected.is_none_or(|code| run.code == code),
                "{name}: {} {}",
                run.code,
                run.err
            );
            assert!(
                run.code < 2 && (run.code == 0 || !run.err.is_empty()),
                "{name}: {}",
                run.err
            );
        }
    }
}

#[test]
fn names_that_lead_nowhere_say_so() {
    let folder = Folder::new();
    let missing = folder.run("describe nothing.csv --json");
    assert_eq!(
        (missing.code, missing.error()["code"].as_str().unwrap()),
        (1, "cannot_read")
    );
    assert!(missing.out.is_empty());
    assert_eq!(folder.run("describe .").code, 1);
    let sample = folder.run("describe sample:nothing");
    assert_eq!(sample.code, 2);
    assert!(sample.err.contains("penguins"), "{}", sample.err);
    let unwritable = folder.run("convert sample:iris --to csv --out no/such/folder/out.csv --json");
    assert_eq!(
        (
            unwritable.code,
            unwritable.error()["code"].as_str().unwrap()
        ),
        (1, "cannot_write")
    );
}

#[test]
fn wrong_usage_is_told_in_words_and_in_json() {
    for arguments in [
        "",
        "nothing",
        "describe",
        "convert sample:iris",
        "convert sample:iris --to xls",
        "describe sample:iris --delimiter ab",
        "describe sample:iris --type species=color",
        "describe sample:iris --nothing",
    ] {
        assert_eq!(run(arguments).code, 2, "{arguments}");
        let told = run(&format!("--json {arguments}"));
        if !arguments.is_empty() {
            assert_eq!(
                (told.code, told.error()["code"].as_str().unwrap()),
                (2, "usage")
            );
        }
    }
    assert_eq!(run("--help").code, 0);
    assert_eq!(run("convert --help").code, 0);
    assert!(run("--version").done().text().starts_with("handlens "));
}
