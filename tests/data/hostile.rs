//! Input made to break the reader: it may refuse, it may not panic, hang or lose cells.

use std::time::Instant;

use handlens::data::{WriteOptions, profile, write_csv, write_json};
use handlens::rng::Rng;

use crate::{ColumnType, ReadOptions, read};

/// Reads, retypes, describes and writes; the only demand is to come back.
fn exercise(bytes: &[u8]) {
    let Ok(mut reading) = read(bytes, &ReadOptions::default()) else {
        return;
    };
    let names: Vec<String> = reading
        .table
        .columns()
        .iter()
        .map(|c| c.name.clone())
        .collect();
    for name in names.iter().take(3) {
        for kind in [
            ColumnType::Number,
            ColumnType::Boolean,
            ColumnType::Text,
            ColumnType::Category,
        ] {
            let _ = reading.retype(name, kind);
        }
    }
    let _ = profile(&reading.table);
    let _ = write_csv(&reading, &WriteOptions::default());
    let _ = write_json(&reading);
}

/// Every file of the corpus, whole, cut at every place, and with bytes changed.
#[test]
fn corpus_cut_and_changed() {
    let mut rng = Rng::new(3);
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus");
    let mut n_files = 0;
    for path in std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
    {
        let bytes = std::fs::read(&path).unwrap();
        exercise(&bytes);
        n_files += 1;
        for end in 0..bytes.len().min(400) {
            exercise(&bytes[..end]);
        }
        for _ in 0..300 {
            let mut changed = bytes.clone();
            for _ in 0..1 + rng.below(4) {
                let at = rng.below(changed.len());
                changed[at] = b",;\t|\"'\n\r\0 {}[]:0.e-\xff\xc3"[rng.below(21)];
            }
            exercise(&changed);
        }
    }
    assert!(n_files >= 12, "{n_files} files");
}

#[test]
fn random_bytes() {
    let mut rng = Rng::new(5);
    const BYTES: &[u8] = b",,;\t|\"\"'\n\n\r 0123456789.eE-+%$abxyNA{}[]:#=\\\0\xe9\xc3\xff\xfe";
    for _ in 0..20_000 {
        let bytes: Vec<u8> = (0..rng.below(60))
            .map(|_| BYTES[rng.below(BYTES.len())])
            .collect();
        exercise(&bytes);
    }
}

/// What is quadratic in a careless reader takes no longer here.
#[test]
fn quotes_take_linear_time() {
    let start = Instant::now();
    for unit in [
        "\"a,",
        "\"a\n",
        "\"\n\"\"a\n",
        "\"",
        "\"\",",
        "a\"\n",
        "\"a\",\"\n",
        "'a,\"b,",
        "\"\"a\n",
    ] {
        exercise(unit.repeat(2_000_000 / unit.len()).as_bytes());
    }
    assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
}

/// A small file that names more cells than memory holds is refused before they are made.
#[test]
fn few_bytes_cannot_ask_for_much_memory() {
    let header: Vec<String> = (0..10_000).map(|n| n.to_string() + "x").collect();
    let file = header.join(",") + "\n" + &"1\n".repeat(30_000);
    let error = read(
        file.as_bytes(),
        &ReadOptions {
            has_header: Some(true),
            delimiter: Some(','),
            ..Default::default()
        },
    );
    assert_eq!(error.unwrap_err().code().as_str(), "too_large");
    let first = header
        .iter()
        .map(|name| format!("\"{name}\":1"))
        .collect::<Vec<_>>()
        .join(",");
    let file = format!("[{{{first}}}{}]", ",{}".repeat(30_000));
    let error = read(file.as_bytes(), &ReadOptions::default());
    assert_eq!(error.unwrap_err().code().as_str(), "too_large");
}

/// The short way of reading decimals gives the bits of the standard library.
#[test]
fn decimals_are_exact() {
    let mut rng = Rng::new(9);
    let mut texts: Vec<String> = (0..100_000)
        .map(|_| {
            let (size, places) = (rng.below(19), rng.below(21));
            let digits = rng.next_u64() % 10_u64.pow(size as u32 + 1);
            let sign = if rng.below(2) == 0 { "-" } else { "" };
            format!(
                "{sign}{:.places$}",
                digits as f64 / [1e0, 1e3, 1e6, 1e9][rng.below(4)]
            )
        })
        .collect();
    for _ in 0..100_000 {
        // As many digits as a word holds, with the point anywhere.
        let digits = format!("{:019}", rng.next_u64() % 10_u64.pow(19));
        let (whole, fraction) = digits.split_at(1 + rng.below(18));
        texts.push(format!("{}.{fraction}", whole.parse::<u64>().unwrap()));
        // Half way between two numbers, and next to it.
        let whole = (1 << 52) + rng.next_u64() % (1 << 52);
        texts.extend(["5", "4", "6", "50", "51", "499"].map(|rest| format!("{whole}.{rest}")));
        let whole = (1 << 51) + rng.next_u64() % (1 << 51);
        texts.extend(["25", "75", "24", "251", "749"].map(|rest| format!("{whole}.{rest}")));
    }
    // Where the gaps between numbers change.
    for power in 40..60 {
        let around = (1_u64 << power) - 3..(1 << power) + 3;
        texts.extend(around.flat_map(|n| [format!("{n}.1"), format!("{n}.5"), format!("0.{n}")]));
    }
    let file = format!("x\n{}\n", texts.join("\n"));
    let types = [("x".to_owned(), ColumnType::Number)].into();
    let options = ReadOptions {
        types,
        decimal_comma: Some(false),
        ..Default::default()
    };
    let reading = read(file.as_bytes(), &options).unwrap();
    let handlens::data::Values::Number(values) = &reading.table.columns()[0].values else {
        panic!()
    };
    for (text, value) in texts.iter().zip(values) {
        assert_eq!(
            text.parse::<f64>().unwrap().to_bits(),
            value.to_bits(),
            "{text}"
        );
    }
}
