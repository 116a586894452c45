//! The floors of the house: a module imports only from its own floor or below, and
//! ARCHITECTURE.md names every module on the floor it stands on.

// The helpers of a test may panic as the test itself may; the lint knows only the latter.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The floors, lowest first.
const FLOORS: &[(u8, &[&str])] = &[
    (
        0,
        &[
            "error", "rng", "math", "special", "parallel", "settings", "linalg",
        ],
    ),
    (1, &["data"]),
    (2, &["prepare"]),
    (3, &["models"]),
    (4, &["evaluate"]),
    (5, &["plot"]),
    (6, &["export"]),
    (7, &["protocol", "rest", "session"]),
    (8, &["wasm"]),
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn floor_of() -> BTreeMap<&'static str, u8> {
    FLOORS
        .iter()
        .flat_map(|(floor, names)| names.iter().map(|name| (*name, *floor)))
        .collect()
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// Names that follow `crate::` in code; comments may mention any module.
fn imports(text: &str) -> Vec<String> {
    let code = text
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default());
    let code: String = code.collect::<Vec<_>>().join("\n");
    code.split("crate::")
        .skip(1)
        .map(|rest| {
            rest.chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect()
        })
        .filter(|name: &String| !name.is_empty())
        .collect()
}

#[test]
fn a_module_imports_only_from_its_own_floor_or_below() {
    let floor_of = floor_of();
    let source = root().join("src");
    let mut files = Vec::new();
    rust_files(&source, &mut files);
    let mut wrong = Vec::new();
    for path in files {
        let place = path.strip_prefix(&source).unwrap();
        let module = place
            .components()
            .next()
            .unwrap()
            .as_os_str()
            .to_str()
            .unwrap();
        let module = module.trim_end_matches(".rs");
        if module == "lib" {
            continue;
        }
        let Some(own) = floor_of.get(module) else {
            wrong.push(format!("src/{} has no floor", place.display()));
            continue;
        };
        for name in imports(&fs::read_to_string(&path).unwrap()) {
            match floor_of.get(name.as_str()) {
                Some(floor) if floor <= own => {}
                Some(floor) => wrong.push(format!(
                    "src/{} (floor {own}) imports {name} (floor {floor})",
                    place.display()
                )),
                None => wrong.push(format!(
                    "src/{} imports {name}, which has no floor",
                    place.display()
                )),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nothing_below_wasm_knows_the_browser() {
    let source = root().join("src");
    let mut files = Vec::new();
    rust_files(&source, &mut files);
    for path in files
        .iter()
        .filter(|path| !path.starts_with(source.join("wasm")))
    {
        let text = fs::read_to_string(path).unwrap();
        for outside in [
            "web_sys",
            "js_sys",
            "wasm_bindgen",
            "std::fs",
            "std::net",
            "std::time",
            "std::thread",
        ] {
            assert!(
                !text.contains(outside),
                "{} knows {outside}",
                path.display()
            );
        }
    }
}

#[test]
fn architecture_names_every_module_on_its_floor() {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    for (floor, names) in FLOORS {
        for name in *names {
            let row = text
                .lines()
                .find(|line| line.starts_with(&format!("| `{name}` |")));
            let row = row.unwrap_or_else(|| panic!("ARCHITECTURE.md has no row for `{name}`"));
            let cell = row.split('|').nth(2).unwrap().trim();
            assert_eq!(
                cell,
                floor.to_string(),
                "ARCHITECTURE.md puts `{name}` on another floor"
            );
            let place = root().join("src").join(name);
            assert!(
                place.is_dir() || place.with_extension("rs").is_file(),
                "src/{name} is gone"
            );
        }
    }
}
