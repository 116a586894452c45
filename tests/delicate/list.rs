//! The tests that `docs/delicate-spots.md` names are there.

use std::path::Path;

/// `file::test` in the cells of a table, each between back-ticks.
fn named(text: &str) -> Vec<(&str, &str)> {
    let rows = text.lines().filter(|line| line.starts_with('|'));
    let quoted = rows.flat_map(|row| row.split('`').skip(1).step_by(2));
    quoted.filter_map(|name| name.split_once("::")).collect()
}

#[test]
fn every_test_of_the_list_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("docs/delicate-spots.md")).unwrap();
    let named = named(&text);
    assert!(named.len() > 50, "{} tests are named", named.len());
    for (file, test) in named {
        let source = std::fs::read_to_string(root.join(file));
        let source = source.unwrap_or_else(|error| panic!("{file}: {error}"));
        let is_there = match file.ends_with(".rs") {
            true => source.contains(&format!("fn {test}(")),
            false => source.contains(test),
        };
        assert!(is_there, "{file} has no test {test}");
    }
    let rows = text
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| spot"));
    for row in rows {
        assert!(row.contains("::"), "no test: {row}");
    }
}
