//! Encodings, binary files, empty files, limits, options and types on request.

use handlens::data::{MAX_CELL_BYTES, MAX_COLUMNS};
use handlens::error::Code;

use crate::{ColumnType, ReadOptions, check, check_refused, check_with, found, read, show};

fn utf16(text: &str, to_bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(to_bytes).collect()
}

#[test]
fn encodings() {
    let text = "n,k\n1,\u{e9}\u{20ac}\u{1f600}\n2,x\n";
    let expected = "n:num 1|2; k:cat \u{e9}\u{20ac}\u{1f600}|x";
    check(text, expected);
    check(format!("\u{feff}{text}"), expected);
    check(
        utf16(&format!("\u{feff}{text}"), u16::to_le_bytes),
        expected,
    );
    check(
        utf16(&format!("\u{feff}{text}"), u16::to_be_bytes),
        expected,
    );
    check(utf16(text, u16::to_le_bytes), expected);
    check(utf16(text, u16::to_be_bytes), expected);
    check(
        b"n,k\n1,caf\xe9\n2,\x80\x9c\n",
        "n:num 1|2; k:cat caf\u{e9}|\u{20ac}\u{153}; !encoding",
    );
    check_with(
        r#"{"encoding":"windows-1252"}"#,
        b"n\nx\xe9\n",
        "n:cat x\u{e9}",
    );
    check_with(
        r#"{"encoding":"utf-8"}"#,
        b"n\nx\xe9\n",
        "n:cat x\u{fffd}; !broken_characters@2",
    );
    // Mostly UTF-8, and cut in the middle of a character.
    let many = format!("k\n{}\n", "\u{fc}".repeat(30));
    let mut broken = many.clone().into_bytes();
    broken.extend(b"\xff\n");
    check(
        broken,
        &format!(
            "k:cat {}|\u{fffd}; !broken_characters@3",
            "\u{fc}".repeat(30)
        ),
    );
    check(
        "k\nx\u{fc}y\n\u{fc}".as_bytes().split_last().unwrap().1,
        "k:cat x\u{fc}y|\u{fffd}; !broken_characters@3",
    );
}

#[test]
fn binary_files_are_named() {
    check_refused(
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
        "This is a PNG picture, not a table.",
    );
    check_refused(b"\xff\xd8\xff\xe0\0\x10JFIF\0", "a JPEG picture");
    check_refused(b"GIF89a\x01\0\x01\0\x80", "a GIF picture");
    check_refused(b"%PDF-1.7\n1 0 obj\n", "a PDF document");
    check_refused(b"PK\x03\x04\x14\0\x06\0", "Excel workbook");
    check_refused(b"\x1f\x8b\x08\0\0\0\0\0", "Unpack it first.");
    check_refused(b"PAR1\x15\x04\x15", "a Parquet file");
    check_refused(b"\x7fELF\x02\x01\x01\0", "a program");
    check_refused(b"SQLite format 3\0\x10\0", "an SQLite database");
    check_refused(b"a,b\n\x01\x02\x03\x04\x05", "a binary file");
    check_refused(vec![0_u8; 1000], "a binary file");
    check("ID3,b\n1,2\n", "ID3:num 1; b:num 2");
    check("PAR1,b\n1,2\n", "PAR1:num 1; b:num 2");
}

#[test]
fn nothing_is_told_apart() {
    check_refused("", "The file is empty");
    check_refused(" \n\t\r\n ", "nothing but blanks");
    check_refused("\u{feff}", "nothing but blanks");
    check_refused("# only\n# comments\n", "comments");
    check("a,b,c\n", "a:num ; b:num ; c:num ; !no_rows");
    check("a", "a:num ; !no_rows");
    check("5", "column_1:num 5");
}

#[test]
fn nul_bytes_are_left_out() {
    let row = "some longer text without any trouble at all,1\n".repeat(4);
    let file = format!("a,b\nx\0y,2\n{row}");
    let reading = read(file.as_bytes(), &ReadOptions::default()).unwrap();
    assert!(
        show(&reading).starts_with("a:cat xy|some"),
        "{}",
        show(&reading)
    );
    assert_eq!(reading.notes[0].code, "nul");
}

#[test]
fn limits() {
    let too_long = format!("a\n{}\n", "x".repeat(MAX_CELL_BYTES + 1));
    let too_wide = format!("{}\n", ",".repeat(MAX_COLUMNS));
    for (file, line) in [(too_long, 2), (too_wide, 1)] {
        let error = read(file.as_bytes(), &ReadOptions::default()).unwrap_err();
        assert_eq!(error.code(), Code::TooLarge);
        assert_eq!(error.place().unwrap().line, Some(line));
    }
    let names = vec!["a"; 50].join(",");
    let many = read(
        format!("{names}\n{}\n", names.replace('a', "1")).as_bytes(),
        &ReadOptions::default(),
    );
    let many = many.unwrap();
    assert_eq!(many.table.columns()[49].name, "a_50");
}

#[test]
fn options_decide() {
    check_with(
        r#"{"delimiter":";"}"#,
        "a,b;c\n1,2;3\n",
        "a,b:num 1.2; c:num 3",
    );
    check_with(
        r#"{"has_header":false}"#,
        "a,b\n1,2\n",
        "column_1:cat a|1; column_2:cat b|2",
    );
    check_with(r#"{"has_header":true}"#, "1,2\n3,4\n", "1:num 3; 2:num 4");
    check_with(
        r#"{"decimal_comma":true}"#,
        "a;b\n1.234;5\n",
        "a:num 1234; b:num 5; !thousands",
    );
    check_with(
        r#"{"decimal_comma":false}"#,
        "a;b\n1,5;5\n",
        "a:cat 1,5; b:num 5",
    );
    check_with(r#"{"quote":"'"}"#, "a,b\n'x,\"',1\n", "a:cat x,\"; b:num 1");
    check_with(
        r#"{"types":{"a":"text"}}"#,
        "a,b\n1,2\n",
        "a:text 1; b:num 2",
    );
    check_with(
        r#"{"types":{"a":"category"}}"#,
        "a,b\n2,2\n10,3\n",
        "a:cat 2|10; b:num 2|3",
    );
    check_with(
        r#"{"types":{"a":"boolean"}}"#,
        "a\n1\n0\nx\n",
        "a:bool true|false|~; !not_a_boolean@4",
    );
    check_with(
        r#"{"types":{"a":"number"}}"#,
        "a\n007\nx\n",
        "a:num 7|~; !not_a_number@3",
    );
    let refused = |options: &str, file: &str| {
        let options = serde_json::from_str(options).unwrap();
        found(read(file.as_bytes(), &options))
    };
    assert!(refused(r#"{"types":{"z":"text"}}"#, "a\n1\n").starts_with("unknown_column: "));
    assert!(refused(r#"{"types":{"a":"number"}}"#, "a\nx\n").starts_with("wrong_type: No cell"));
    assert!(refused(r#"{"types":{"a":"boolean"}}"#, "a\nx\n").starts_with("wrong_type: "));
    assert!(refused(r#"{"delimiter":"x"}"#, "a\nx\n").starts_with("bad_setting: "));
    assert!(refused(r#"{"quote":"§"}"#, "a\nx\n").starts_with("bad_setting: "));
}

#[test]
fn retyping_goes_back_to_the_file() {
    let mut reading = read(b"a,b\n007, x\n1.50,y\n", &ReadOptions::default()).unwrap();
    let now = |reading: &crate::Reading| show(reading).split("; ").next().unwrap().to_owned();
    reading.retype("a", ColumnType::Number).unwrap();
    assert_eq!(now(&reading), "a:num 7|1.5");
    assert!(reading.notes.iter().all(|note| note.code != "identifier"));
    reading.retype("a", ColumnType::Text).unwrap();
    assert_eq!(now(&reading), "a:text 007|1.50");
    assert!(reading.retype("b", ColumnType::Number).is_err());
    assert!(reading.retype("c", ColumnType::Text).is_err());
    assert_eq!(reading.cell_text(0, 1), Some(" x"));
    assert_eq!(reading.cell_text(1, 0), Some("1.50"));
    assert_eq!(reading.cell_text(2, 0), None);
    assert_eq!(reading.line(1), 3);
}

#[test]
fn types_are_decided_on_all_rows() {
    let mut file = "a,b\n".to_owned() + &"1,x\n".repeat(100_000);
    file += &"word,y\n".repeat(6_000);
    let reading = read(file.as_bytes(), &ReadOptions::default()).unwrap();
    assert_eq!(
        reading.table.column("a").unwrap().column_type(),
        ColumnType::Category
    );
    let mut file = "a,b\n".to_owned() + &"1,x\n".repeat(100_000);
    file += &"word,y\n".repeat(12);
    let reading = read(file.as_bytes(), &ReadOptions::default()).unwrap();
    assert_eq!(
        reading.table.column("a").unwrap().column_type(),
        ColumnType::Number
    );
    let total = reading.notes.last().unwrap();
    assert_eq!(
        (total.code, total.count, total.line),
        ("not_a_number", 12, None)
    );
}
