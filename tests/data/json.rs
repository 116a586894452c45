//! JSON in its table-like forms, and JSON that is none.

use crate::{ReadOptions, check, check_refused, check_with, read};

#[test]
fn forms() {
    check(
        r#"[{"a":1,"b":"x"},{"a":2,"b":"y"}]"#,
        "a:num 1|2; b:cat x|y",
    );
    check(r#"[{"b":1},{"a":2,"b":3}]"#, "b:num 1|3; a:num ~|2");
    check(r#"[["a","b"],[1,"x"],[2,"y"]]"#, "a:num 1|2; b:cat x|y");
    check(r#"[[1,"x"],[2,"y"]]"#, "column_1:num 1|2; column_2:cat x|y");
    check(
        r#"[["a","a",""],[1,2,3]]"#,
        "a:num 1; a_2:num 2; column_3:num 3; !duplicate_name",
    );
    check(r#"[["a"],[1,2],[]]"#, "a:num 1|~; column_2:num 2|~");
    check(r#"{"a":[1,2],"b":["x","y"]}"#, "a:num 1|2; b:cat x|y");
    check(r#"{"a":[1,2],"b":["x"]}"#, "a:num 1|2; b:cat x|~");
    check("{\"a\":1}\n{\"a\":2}\n", "a:num 1|2");
    check("{\"a\":1}\n\n{\"b\":2}", "a:num 1|~; b:num ~|2");
    check("[\"a\"]\n[1]\n[2]\n", "a:num 1|2");
    check(r#"{"a":1,"b":"x"}"#, "a:num 1; b:cat x");
    check(
        r#"{"meta":{"n":2},"data":[{"a":1},{"a":2}]}"#,
        "a:num 1|2; !wrapped",
    );
    check("\u{feff}[{\"a\":1}]", "a:num 1");
    check("  \n [ { \"a\" : 1 } ] ", "a:num 1");
}

#[test]
fn cells() {
    check(r#"[{"a":null},{"a":1.50}]"#, "a:num ~|1.5");
    check(
        r#"[{"a":true},{"a":false},{"a":null}]"#,
        "a:bool true|false|~",
    );
    check(r#"[{"a":"x\n\u00e9\"y"}]"#, "a:cat x\n\u{e9}\"y");
    check(r#"[{"a":"\ud83d\ude00"}]"#, "a:cat \u{1f600}");
    check(
        r#"[{"a":{"x": [1, 2 ]}},{"a":3}]"#,
        "a:cat {\"x\":[1,2]}|3; !nested",
    );
    check(r#"[{"a":1,"a":2}]"#, "a:num 2; !repeated_key");
    check(
        r#"[{"a":1234567890123456789}]"#,
        "a:cat 1234567890123456789; !identifier@1",
    );
    check(r#"[{"a":1e999},{"a":1}]"#, "a:num ~|1; !infinite@1");
    check(r#"[{"a":1.234},{"a":5.678}]"#, "a:num 1.234|5.678");
    check(
        r#"[{"zip":"01067"},{"zip":"80331"}]"#,
        "zip:cat 01067|80331; !identifier@1",
    );
    check(
        r#"[{"__proto__":1,"constructor":2,"":3,"toString":4}]"#,
        "__proto__:num 1; constructor:num 2; :num 3; toString:num 4",
    );
    check("[{\"a\":1},\n{\"a\":\"inf\"}]", "a:num 1|~; !infinite@2");
}

#[test]
fn refusals_say_what_it_is() {
    let named = |text: &str, part: &str| {
        let options = ReadOptions {
            name: Some("x.json".into()),
            ..Default::default()
        };
        let error = read(text.as_bytes(), &options).unwrap_err();
        assert_eq!(error.code().as_str(), "not_a_table");
        assert!(error.to_string().contains(part), "{error}");
    };
    named("5", "single value");
    named("\"x\"", "single value");
    named("null", "single value");
    named("[]", "empty list");
    named("{}", "empty object");
    named("[1,2,3]", "list of single values");
    named("[{}]", "no columns");
    named(
        "[{\"a\":1},[2]]",
        "Entry 2 of the list is a list, but the first is an object",
    );
    named("[{\"a\":1},\n{\"a\":}]", "line 2");
    named("[{\"a\":1},\n{\"b\" 2}]", "column");
    named("[{'a':1}]", "not well-formed");
    named("{\"a\":1} x", "not well-formed");
    named("[{\"a\":NaN}]", "not well-formed");
    named("[{\"a\":\"\\ud800\"}]", "not well-formed");
    check_refused("[{\"a\":1}", "not well-formed JSON");
    check_refused("{\"a\":", "not well-formed JSON");
    check_refused("[".repeat(100_000), "");
    check_refused(
        format!("[{{\"a\":{}1{}}}]", "[".repeat(200), "]".repeat(200)),
        "nested",
    );
    check_refused("[{\"a\":".repeat(50_000), "");
}

#[test]
fn what_only_looks_like_json_is_delimited() {
    check("[x],y\n[1],2\n[3],4\n", "[x]:cat [1]|[3]; y:num 2|4");
    check("{x},y\n{1},2\n", "{x}:cat {1}; y:num 2");
    check_with(r#"{"name":"data.json"}"#, "a,b\n1,2\n", "a:num 1; b:num 2");
    check_with(r#"{"name":"data.csv"}"#, "[{\"a\":1}]", "a:num 1");
    check_with(r#"{"format":"csv"}"#, "[1\n[2\n", "[1:cat [2");
}

/// The parsing cases of JSONTestSuite, where they lie beside the project.
#[test]
fn json_test_suite() {
    let shared = std::env::var("HANDLENS_SHARED")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../shared").to_owned());
    let Ok(folder) = std::fs::read_dir(format!("{shared}/data/json")) else {
        eprintln!("skipped: no reference data");
        return;
    };
    let mut n_files = 0;
    for path in folder.map(|entry| entry.unwrap().path()) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let bytes = std::fs::read(&path).unwrap();
        let options = ReadOptions {
            name: Some(name.clone()),
            ..Default::default()
        };
        let result = read(&bytes, &options);
        if name.starts_with("n_") {
            assert!(result.is_err(), "{name} must be refused");
        }
        if let Err(error) = result {
            assert!(error.to_string().ends_with('.'), "{name}: {error}");
            let is_about_form = error.to_string().contains("not well-formed");
            assert!(
                !(name.starts_with("y_") && is_about_form),
                "{name}: {error}"
            );
        }
        n_files += 1;
    }
    assert!(n_files > 200);
}
