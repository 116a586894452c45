//! Written tables read back to the same table.

use handlens::data::{
    Column, Table, Values, WriteOptions, table_from_records, write_csv, write_json,
};
use handlens::rng::Rng;

use crate::{ColumnType, ReadOptions, Reading, read, show};

fn options_of(table: &Table) -> ReadOptions {
    let types = table
        .columns()
        .iter()
        .map(|c| (c.name.clone(), c.column_type()))
        .collect();
    ReadOptions {
        delimiter: Some(','),
        quote: Some('"'),
        has_header: Some(true),
        types,
        ..ReadOptions::default()
    }
}

/// Reads `text`, writes it, reads it again: the same table, the same words.
#[track_caller]
fn check(text: &str) {
    let reading = read(text.as_bytes(), &ReadOptions::default()).unwrap();
    let again =
        |written: String| -> Reading { read(written.as_bytes(), &ReadOptions::default()).unwrap() };
    let table = |reading: &Reading| show(reading).split("; !").next().unwrap().to_owned();
    let csv = write_csv(&reading, &WriteOptions::default());
    assert_eq!(table(&again(csv.clone())), table(&reading), "{csv}");
    assert_eq!(
        write_csv(&again(csv.clone()), &WriteOptions::default()),
        csv,
        "written twice"
    );
    let csv = write_csv(&reading.table, &WriteOptions::default());
    assert_eq!(table(&again(csv.clone())), table(&reading), "{csv}");
    let json = write_json(&reading);
    assert!(
        serde_json::from_str::<serde_json::Value>(&json).is_ok(),
        "{json}"
    );
    assert_eq!(table(&again(json.clone())), table(&reading), "{json}");
}

#[test]
fn round_trips() {
    check("a,b\n1.50,x\n2,y\n");
    check("a;b\n1,5;x\n2,25;y\n");
    check("a\tb\n1\tx, y\n2\t\"z\"\n");
    check("a,b\n\"x\ny\",1\n\"say \"\"hi\"\"\",2\n");
    check("a,b\nNA,x\n1,NA\nNA,NA\n2,y\n");
    check("a\n1\nNA\n2\n");
    check("a,b\ntrue,x\nFALSE,y\n");
    check("zip,b\n01067,1\n80331,2\n");
    check("[{\"a\":1.50,\"b\":\"x,y\"},{\"a\":null,\"b\":\"z\"}]");
}

#[test]
fn reading_keeps_the_spelling() {
    let csv = |text: &str| {
        let reading = read(text.as_bytes(), &ReadOptions::default()).unwrap();
        write_csv(&reading, &WriteOptions::default())
    };
    assert_eq!(
        csv("a;b\n1.50;x\n+2e3;\"y\"\n"),
        "a,b\n1.50,x\n+2e3,\"y\"\n"
    );
    assert_eq!(csv("a;b\n1,50;x\n2,0;y\n"), "a,b\n\"1,50\",x\n\"2,0\",y\n");
    assert_eq!(csv("a,b\n1,\n,x\n"), "a,b\n1,\n,x\n");
    let json = |text: &str| {
        let reading = read(text.as_bytes(), &ReadOptions::default()).unwrap();
        write_json(&reading).replace('\n', "")
    };
    assert_eq!(
        json("a,b\n1.50,yes\n.5,no\n"),
        r#"[{"a":1.50,"b":true},{"a":0.5,"b":false}]"#
    );
    assert_eq!(
        json("a;b\n1,50;\n2,0;x\n"),
        r#"[{"a":1.5,"b":null},{"a":2,"b":"x"}]"#
    );
}

const FORMULAS: &[&str] = &[
    "=1+1",
    "+x",
    "-x",
    "@sum",
    "\tx",
    "\rx",
    "'=1",
    "''=1",
    "'x",
    "\u{ff1d}1",
    "\u{ff0b}1",
    "\u{ff0d}1",
    "\u{ff20}1",
    "x=1",
    "",
];

#[test]
fn formulas_are_guarded_and_come_back() {
    let texts: Vec<Option<String>> = FORMULAS
        .iter()
        .map(|text| Some((*text).to_owned()))
        .collect();
    let numbers = (0..texts.len()).map(|n| -(n as f64)).collect();
    let columns = vec![
        Column {
            name: "=cmd".into(),
            values: Values::Text(texts),
        },
        Column::number("n", numbers),
    ];
    let table = Table::new(columns).unwrap();
    let safe = WriteOptions {
        formula_safe: true,
        ..WriteOptions::default()
    };
    let csv = write_csv(&table, &safe);
    assert!(
        csv.starts_with("\"'=cmd\",n\n\"'=1+1\",0\n\"'+x\",-1\n"),
        "{csv}"
    );
    let back = ReadOptions {
        formula_safe: true,
        ..options_of(&table)
    };
    assert_eq!(read(csv.as_bytes(), &back).unwrap().table, table);
    let plain = write_csv(&table, &WriteOptions::default());
    assert!(plain.starts_with("=cmd,n\n=1+1,0\n"), "{plain}");
}

/// 20,000 random tables of all types, awkward texts among them, guarded and not.
#[test]
fn random_tables_round_trip() {
    let mut rng = Rng::new(7);
    for _ in 0..20_000 {
        let table = random_table(&mut rng);
        let formula_safe = rng.below(2) == 1;
        let csv = write_csv(
            &table,
            &WriteOptions {
                formula_safe,
                ..WriteOptions::default()
            },
        );
        let options = ReadOptions {
            formula_safe,
            ..options_of(&table)
        };
        let reading = read(csv.as_bytes(), &options).unwrap_or_else(|e| panic!("{e}\n{csv:?}"));
        // By their printed form, because NaN marks a missing number and differs from itself.
        assert_eq!(
            format!("{:?}", reading.table),
            format!("{table:?}"),
            "{csv:?}"
        );
    }
}

fn random_table(rng: &mut Rng) -> Table {
    let (n_rows, n_columns) = (1 + rng.below(4), 1 + rng.below(4));
    let mut columns = Vec::new();
    for index in 0..n_columns {
        // One value of each kind at least, so that the asked type has a cell to show for it.
        let name = format!("{}{index}", ["a", "=b", "c d", "e,f", "'"][rng.below(5)]);
        let values = match rng.below(4) {
            0 => {
                let number = |rng: &mut Rng| match rng.below(4) {
                    0 => f64::NAN,
                    1 => f64::from_bits(
                        rng.next_u64() & !(0x7ff << 52) | (rng.next_u64() % 0x7ff) << 52,
                    ),
                    _ => rng.normal(),
                };
                let mut values: Vec<f64> = (0..n_rows).map(|_| number(rng)).collect();
                values[0] = 1.5;
                Values::Number(values)
            }
            1 => {
                let mut values: Vec<Option<bool>> = (0..n_rows)
                    .map(|_| [None, Some(true), Some(false)][rng.below(3)])
                    .collect();
                values[0] = Some(true);
                Values::Boolean(values)
            }
            kind => {
                let texts: Vec<Option<String>> = (0..n_rows).map(|_| random_text(rng)).collect();
                if kind == 2 {
                    Values::Text(texts)
                } else {
                    let level =
                        |text: &Option<String>| text.as_deref().map(|text| text.trim().to_owned());
                    let texts: Vec<Option<String>> = texts.iter().map(level).collect();
                    Column::category("", texts.iter().map(Option::as_deref)).values
                }
            }
        };
        columns.push(Column { name, values });
    }
    // A plain cell: quotes then mean something.
    columns.push(Column::category("plain", (0..n_rows).map(|_| Some("x"))));
    Table::new(columns).unwrap()
}

fn random_text(rng: &mut Rng) -> Option<String> {
    const PARTS: &[&str] = &[
        "x", "y z", " ", ",", "\"", "'", "\n", "\r\n", "=", "-", "NA", "#", ";", "\u{e9}", "\t",
        "1",
    ];
    (rng.below(5) > 0).then(|| {
        (0..rng.below(4))
            .map(|_| PARTS[rng.below(PARTS.len())])
            .collect()
    })
}

/// Well-formed files mean the same to us and to the csv crate.
#[test]
fn csv_crate_agrees() {
    let mut rng = Rng::new(11);
    for _ in 0..5_000 {
        let (n_rows, n_columns) = (1 + rng.below(5), 2 + rng.below(3));
        let mut writer = csv::Writer::from_writer(Vec::new());
        let text = |rng: &mut Rng| random_text(rng).unwrap_or_default() + "z";
        for row in 0..=n_rows {
            let name = |column: usize| format!("h{column}");
            let cells: Vec<String> = (0..n_columns)
                .map(|c| if row == 0 { name(c) } else { text(&mut rng) })
                .collect();
            writer.write_record(&cells).unwrap();
        }
        let bytes = writer.into_inner().unwrap();
        let types = (0..n_columns)
            .map(|c| (format!("h{c}"), ColumnType::Text))
            .collect();
        let options = ReadOptions {
            types,
            delimiter: Some(','),
            has_header: Some(true),
            ..Default::default()
        };
        let ours = read(&bytes, &options).unwrap();
        for (row, record) in csv::Reader::from_reader(&bytes[..]).records().enumerate() {
            for (column, cell) in record.unwrap().iter().enumerate() {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                assert_eq!(ours.cell_text(row, column), Some(cell), "{text:?}");
            }
        }
    }
}

#[test]
fn records_of_a_request() {
    let table = |text: &str| {
        let records: Vec<serde_json::Map<String, serde_json::Value>> =
            serde_json::from_str(text).unwrap();
        table_from_records(&records)
    };
    let found =
        table(r#"[{"a":1,"b":"x","c":true,"d":null},{"a":2.5,"c":null,"e":"y"},{"a":"z"}]"#)
            .unwrap();
    let kinds: Vec<ColumnType> = found.columns().iter().map(Column::column_type).collect();
    use ColumnType::{Boolean, Category, Number};
    assert_eq!(kinds, [Category, Category, Boolean, Number, Category]);
    let cells = |column: &Column| {
        (0..3)
            .map(|r| column.text(r).map(|t| t.into_owned()))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        cells(&found.columns()[0]),
        [Some("1".into()), Some("2.5".into()), Some("z".into())]
    );
    assert_eq!(cells(&found.columns()[4]), [None, Some("y".into()), None]);
    assert_eq!(table("[]").unwrap().n_rows(), 0);
    assert!(table(r#"[{"a":[1]}]"#).is_err());
    assert!(
        table(r#"[{"__proto__":1}]"#)
            .unwrap()
            .column("__proto__")
            .is_ok()
    );
}
