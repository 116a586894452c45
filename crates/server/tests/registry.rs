//! The registry of models: one SQLite file, through the command line.

mod support;

use std::fs;

use support::{Folder, run_with};

const TRAIN: &str = "train sample:penguins --target species --algorithm";

/// A folder with a file of two versions, the first the champion.
fn kept() -> Folder {
    let folder = Folder::new();
    for (algorithm, more) in [("knn", "--alias champion --why first"), ("logistic", "")] {
        let path = folder.path();
        run_with(
            &format!("{TRAIN} {algorithm} --out m.safetensors"),
            b"",
            path,
        )
        .done();
        let add = format!("models add kept.db m.safetensors --name penguins --by ann {more}");
        run_with(&add, b"", path).done();
    }
    folder
}

fn said(folder: &Folder, arguments: &str) -> serde_json::Value {
    run_with(&format!("models {arguments} --json"), b"", folder.path())
        .done()
        .json()
}

fn refused(folder: &Folder, arguments: &str) -> String {
    let run = run_with(&format!("models {arguments} --json"), b"", folder.path());
    assert_eq!(run.code, 1, "{}", run.err);
    run.error()["message"].as_str().unwrap().to_owned()
}

#[test]
fn an_alias_moves_and_comes_back_and_the_history_tells_it() {
    let folder = kept();
    said(
        &folder,
        "promote kept.db penguins 2 champion --why better --by bob",
    );
    assert_eq!(
        said(&folder, "show kept.db penguins champion")["version"],
        2
    );
    let back = said(
        &folder,
        "rollback kept.db penguins champion --why worse --by eve",
    );
    assert_eq!(back["version"], 1);
    let events = said(&folder, "history kept.db penguins");
    let told: Vec<_> = events
        .as_array()
        .unwrap()
        .iter()
        .map(|event| {
            format!("{} {} {}", event["event"], event["version"], event["who"]).replace('"', "")
        })
        .collect();
    assert_eq!(
        told,
        [
            "added 1 ann",
            "promoted 1 ann",
            "added 2 ann",
            "promoted 2 bob",
            "rolled_back 1 eve"
        ]
    );
    assert!(
        refused(&folder, "rollback kept.db penguins champion").contains("nothing to roll back")
    );
}

#[test]
fn an_artifact_comes_out_as_it_went_in() {
    let folder = kept();
    run_with(
        "models get kept.db penguins 2 --out out.safetensors",
        b"",
        folder.path(),
    )
    .done();
    let read = |name| fs::read(folder.path().join(name)).unwrap();
    assert!(read("out.safetensors") == read("m.safetensors"));
}

#[test]
fn what_is_not_there_is_said() {
    let folder = kept();
    for (arguments, words) in [
        ("list none.db", "There is no file of models"),
        ("show kept.db penguins 3", "no version or alias"),
        (
            "promote kept.db penguins 9 champion",
            "There is no version 9",
        ),
        ("promote kept.db penguins 1 champion", "already"),
        ("list m.safetensors", "not a database"),
    ] {
        let message = refused(&folder, arguments);
        assert!(message.contains(words), "{arguments}: {message}");
    }
}

#[test]
fn a_damaged_file_is_refused_in_words() {
    let folder = kept();
    let path = folder.path().join("kept.db");
    let whole = fs::read(&path).unwrap();
    for length in [1, 50, 100, 512, 4096, whole.len() / 2] {
        fs::write(&path, &whole[..length]).unwrap();
        refused(&folder, "list kept.db");
    }
    for at in (0..whole.len()).step_by(whole.len() / 40) {
        let mut broken = whole.clone();
        broken[at..(at + 64).min(whole.len())].fill(0xa5);
        fs::write(&path, &broken).unwrap();
        // Whether it is noticed or lies in what is not read: the program lives.
        let run = run_with("models list kept.db", b"", folder.path());
        assert!(matches!(run.code, 0 | 1), "{}", run.err);
    }
}
