//! The registry of models: one SQLite file, through the command line and over REST.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what helps a test may panic as the test may"
)]

mod support;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::{Folder, Run, handlens};

/// Two models of the same question, trained once for all tests.
fn models() -> &'static [Vec<u8>; 2] {
    static MODELS: OnceLock<[Vec<u8>; 2]> = OnceLock::new();
    MODELS.get_or_init(|| {
        ["knn", "logistic"].map(|algorithm| {
            let folder = Folder::new();
            let train = "train sample:penguins --target species --out m.safetensors --algorithm";
            folder.run(&format!("{train} {algorithm}")).done();
            folder.read("m.safetensors")
        })
    })
}

/// A folder with a file of two versions, the first the champion.
fn kept() -> Folder {
    let folder = Folder::new();
    for (model, more) in models().iter().zip(["--alias champion --why first", ""]) {
        folder.file("m.safetensors", model);
        let add = format!("add kept.db m.safetensors --name penguins --by ann {more}");
        said(&folder, &add);
    }
    folder
}

fn said(folder: &Folder, arguments: &str) -> Value {
    let run = folder.run(&format!("models {arguments} --json"));
    run.done().json()
}

#[track_caller]
fn refused(folder: &Folder, arguments: &str, words: &str) {
    let run = folder.run(&format!("models {arguments} --json"));
    assert_eq!(run.code, 1, "{arguments}: {}{}", run.text(), run.err);
    let message = run.error()["message"].as_str().unwrap().to_owned();
    assert!(message.contains(words), "{arguments}: {message}");
}

/// What the history tells of an alias or a text: event, version, who and why.
fn history(folder: &Folder, db: &str) -> Vec<String> {
    let events = said(folder, &format!("history {db} penguins"));
    let told = |event: &Value| {
        let text = |key: &str| event[key].as_str().unwrap().to_owned();
        assert!(text("at").ends_with('Z'), "{event}");
        let [event_name, who, why] = ["event", "who", "why"].map(text);
        format!("{event_name} {} {who} {why}", event["version"])
            .trim()
            .to_owned()
    };
    events.as_array().unwrap().iter().map(told).collect()
}

#[test]
fn an_alias_moves_and_comes_back_and_the_history_tells_it() {
    let folder = kept();
    said(&folder, "promote kept.db penguins 2 --why better --by bob");
    assert_eq!(said(&folder, "show kept.db penguins")["version"], 2);
    let back = said(
        &folder,
        "rollback kept.db penguins champion --why worse --by eve",
    );
    assert_eq!(back["version"], 1);
    assert_eq!(
        history(&folder, "kept.db"),
        [
            "added 1 ann first",
            "promoted 1 ann first",
            "added 2 ann",
            "promoted 2 bob better",
            "rolled_back 1 eve worse"
        ]
    );
    refused(
        &folder,
        "rollback kept.db penguins champion",
        "nothing to roll back",
    );
    assert_eq!(
        said(&folder, "show kept.db penguins")["aliases"],
        json!(["champion"])
    );
}

#[test]
fn rolling_back_again_goes_one_further() {
    let folder = kept();
    for version in [2, 1, 2] {
        said(&folder, &format!("promote kept.db penguins {version}"));
    }
    for version in [1, 2, 1] {
        let back = said(&folder, "rollback kept.db penguins champion");
        assert_eq!(back["version"], version);
    }
    refused(
        &folder,
        "rollback kept.db penguins champion",
        "nothing to roll back",
    );
    // A promotion after a roll-back stands on what the roll-back left.
    said(&folder, "promote kept.db penguins 2");
    let back = said(&folder, "rollback kept.db penguins champion");
    assert_eq!(back["version"], 1);
}

#[test]
fn aliases_of_ones_own_are_set_and_removed() {
    let folder = kept();
    said(&folder, "alias kept.db penguins 1 shop-3 --by ann");
    said(&folder, "alias kept.db penguins 2 shop-3 --by ann");
    said(&folder, "alias kept.db penguins shop-3 challenger --by ann");
    let aliases = said(&folder, "show kept.db penguins 2")["aliases"].clone();
    assert_eq!(aliases, json!(["challenger", "shop-3"]));
    said(&folder, "unalias kept.db penguins shop-3 --by ann");
    refused(
        &folder,
        "show kept.db penguins shop-3",
        "no version or alias",
    );
    refused(&folder, "unalias kept.db penguins shop-3", "no alias");
    // What was removed does not come back by rolling back.
    refused(
        &folder,
        "rollback kept.db penguins shop-3",
        "nothing to roll back",
    );
    assert_eq!(
        history(&folder, "kept.db").last().unwrap(),
        "alias_removed 2 ann"
    );
    for alias in ["12", "a,b", "a:b", ".a", "a/b"] {
        let set = format!("alias kept.db penguins 2 {alias}");
        refused(&folder, &set, "cannot be");
    }
}

#[test]
fn tags_notes_and_card_are_kept_and_told() {
    let folder = kept();
    for change in [
        "tag kept.db penguins 2 field --by ann",
        "tag kept.db penguins 2 audited --by ann",
        "untag kept.db penguins 2 field --by bob",
        "note kept.db penguins champion seen --by ann",
        "card kept.db penguins 2 --purpose teaching --limits islands --groups sexes --by ann",
        "card kept.db penguins 2 --data Palmer --metrics fair --limits= --by ann --why islands",
    ] {
        said(&folder, change);
    }
    refused(&folder, "tag kept.db penguins 2 audited", "already");
    refused(&folder, "untag kept.db penguins 2 field", "no tag");
    assert_eq!(said(&folder, "show kept.db penguins 1")["notes"], "seen");
    let shown = said(&folder, "show kept.db penguins 2");
    assert_eq!(shown["tags"], json!(["audited"]));
    let card =
        json!({ "purpose": "teaching", "data": "Palmer", "metrics": "fair", "groups": "sexes" });
    assert_eq!(shown["card"], card);
    assert_eq!(
        history(&folder, "kept.db")[3..],
        [
            "tagged 2 ann",
            "tagged 2 ann",
            "untagged 2 bob",
            "noted 1 ann",
            "described 2 ann",
            "described 2 ann islands"
        ]
    );
    let words = folder.run("models show kept.db penguins 2").done();
    for part in [
        "teaching",
        "sexes",
        "classification of species",
        "\u{b1}",
        "baseline",
    ] {
        assert!(words.text().contains(part), "{part}: {}", words.text());
    }
    assert_eq!(folder.run("models card kept.db penguins 2").code, 2);
}

#[test]
fn two_versions_are_judged_on_the_same_rows() {
    let folder = kept();
    let both = said(
        &folder,
        "compare kept.db penguins champion 2 --data sample:penguins",
    );
    for (index, model) in models().iter().enumerate() {
        folder.file("m.safetensors", model);
        let alone = folder.run("evaluate m.safetensors sample:penguins --json");
        let scores = &both["versions"][index]["scores"];
        assert_eq!(
            *scores,
            alone.done().json()["test"],
            "version {}",
            index + 1
        );
    }
    let words = folder.run("models compare kept.db penguins 1 2 --data sample:penguins");
    let words = words.done();
    for part in ["version 1 (", "version 2 (", "better", "\u{b1}"] {
        assert!(words.text().contains(part), "{part}: {}", words.text());
    }
    refused(
        &folder,
        "compare kept.db penguins 1 2 --data sample:iris",
        "species",
    );
    folder
        .run("train sample:penguins --target island --algorithm logistic --out m.safetensors")
        .done();
    said(&folder, "add kept.db m.safetensors --name penguins");
    refused(
        &folder,
        "compare kept.db penguins 1 3 --data sample:penguins",
        "different questions",
    );
}

#[test]
fn a_whole_registry_leaves_as_one_file_and_comes_back() {
    let folder = kept();
    said(&folder, "note kept.db penguins 2 later");
    said(&folder, "export kept.db out.db");
    assert_eq!(said(&folder, "import new.db out.db")["versions"], 2);
    for what in ["list", "history"] {
        let of = |db: &str| said(&folder, &format!("{what} {db}"));
        assert_eq!(of("kept.db"), of("new.db"), "{what}");
    }
    let nothing = said(&folder, "import new.db out.db");
    assert_eq!(nothing, json!({ "names": [], "versions": 0, "events": 0 }));

    // One goes on, the other follows; the older one brings nothing.
    said(&folder, "promote kept.db penguins 2");
    said(&folder, "add kept.db m.safetensors --name penguins");
    said(&folder, "add kept.db m.safetensors --name birds");
    let news = said(&folder, "import new.db kept.db");
    assert_eq!(news["names"], json!(["birds", "penguins"]));
    assert_eq!(said(&folder, "list new.db"), said(&folder, "list kept.db"));
    said(&folder, "import kept.db out.db");

    // Both go on: refused, and nothing is done, not even for the name without a conflict.
    said(&folder, "tag kept.db penguins 1 ours");
    said(&folder, "tag kept.db birds 1 ours");
    said(&folder, "tag new.db penguins 1 theirs");
    let before = folder.read("new.db");
    refused(&folder, "import new.db kept.db", "cannot be joined");
    assert!(folder.read("new.db") == before);
    let same = folder.run("models export kept.db kept.db");
    assert_eq!(same.code, 2, "{}", same.err);
    assert!(
        !folder.names().iter().any(|name| name.ends_with(".part")),
        "{:?}",
        folder.names()
    );
}

#[test]
fn an_artifact_comes_out_as_it_went_in() {
    let folder = kept();
    folder
        .run("models get kept.db penguins 2 --out out.safetensors")
        .done();
    assert!(folder.read("out.safetensors") == models()[1]);
}

#[test]
fn an_artifact_that_was_changed_is_not_handed_out() {
    let folder = kept();
    let path = folder.path().join("kept.db");
    let mut bytes = fs::read(&path).unwrap();
    // A number of the model, found by what stands before it in the file.
    let n = models()[1].len();
    let end = &models()[1][n - 16..];
    let at = bytes.windows(16).position(|part| part == end).unwrap();
    bytes[at] ^= 1;
    fs::write(&path, &bytes).unwrap();
    for arguments in [
        "get kept.db penguins 2 --out out.safetensors",
        "compare kept.db penguins 1 2 --data sample:penguins",
        "import new.db kept.db",
    ] {
        refused(&folder, arguments, "hash differs");
    }
    assert!(!folder.path().join("out.safetensors").exists());
}

#[test]
fn what_is_not_there_or_not_a_model_is_said() {
    let folder = kept();
    folder.file("rows.csv", b"a,b\n1,2\n");
    folder.file("text.db", b"SQLite format 3\0 and so on");
    for (arguments, words) in [
        ("list none.db", "There is no file of models"),
        ("show kept.db penguins 3", "no version or alias"),
        ("show kept.db owls", "no model"),
        ("promote kept.db penguins 9", "no version or alias"),
        ("promote kept.db penguins 1", "already"),
        ("tag kept.db penguins 9 a", "no version or alias"),
        ("list m.safetensors", "not a database"),
        ("list text.db", "not a database"),
        ("add kept.db m.safetensors --name a/b", "cannot be"),
        ("add kept.db m.safetensors --name .a", "cannot be"),
        (
            "add kept.db m.safetensors --name penguins --alias 7",
            "cannot be",
        ),
        ("add kept.db rows.csv --name rows", "safetensors"),
        ("import kept.db m.safetensors", "not a database"),
    ] {
        refused(&folder, arguments, words);
    }
    // What was refused has left nothing.
    assert_eq!(said(&folder, "list kept.db").as_array().unwrap().len(), 2);
    assert_eq!(history(&folder, "kept.db").len(), 3);
}

#[test]
fn additions_at_the_same_time_all_arrive() {
    let folder = Folder::new();
    folder.file("m.safetensors", &models()[1]);
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                said(
                    &folder,
                    "add kept.db m.safetensors --name penguins --alias champion",
                )
            });
        }
    });
    let versions = said(&folder, "list kept.db");
    let champions = versions.as_array().unwrap().iter();
    let champions: Vec<_> = champions
        .filter(|version| version["aliases"] == json!(["champion"]))
        .map(|version| version["version"].clone())
        .collect();
    assert_eq!(champions, [6]);
    assert_eq!(history(&folder, "kept.db").len(), 12);
}

#[test]
fn a_damaged_file_is_refused_in_words() {
    let folder = kept();
    let path = folder.path().join("kept.db");
    let whole = fs::read(&path).unwrap();
    for length in [1, 50, 100, 512, 4096, whole.len() / 2] {
        fs::write(&path, &whole[..length]).unwrap();
        refused(&folder, "list kept.db", "");
    }
    for at in (0..whole.len()).step_by(whole.len() / 40) {
        let mut broken = whole.clone();
        broken[at..(at + 64).min(whole.len())].fill(0xa5);
        fs::write(&path, &broken).unwrap();
        // Whether it is noticed or lies in what is not read: the program lives.
        let run: Run = folder.run("models list kept.db");
        assert!(matches!(run.code, 0 | 1), "{}", run.err);
    }
}

struct Server {
    child: Child,
    port: u16,
}

impl Server {
    fn start(folder: &Folder) -> Self {
        let mut child = handlens()
            .args(["serve", "--db", "kept.db", "--port", "0"])
            .current_dir(folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        let port = line.trim().trim_end_matches('/').rsplit(':').next();
        let port = port.unwrap().parse().unwrap();
        Self { child, port }
    }

    fn get(&self, path: &str) -> (u16, Value) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, serde_json::from_str(body).unwrap())
    }

    /// Waits until a path answers with `status`: changes are served a second later.
    fn wait(&self, path: &str, status: u16) {
        let start = Instant::now();
        while self.get(path).0 != status {
            assert!(start.elapsed() < Duration::from_secs(20), "{path}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_registry_is_served_and_its_changes_are_followed() {
    let folder = kept();
    let server = Server::start(&folder);
    for path in [
        "penguins",
        "penguins:champion",
        "penguins@2",
        "penguins/versions/1",
    ] {
        let (status, told) = server.get(&format!("/v2/models/{path}"));
        assert_eq!(
            (status, &told["versions"]),
            (200, &json!(["1", "2"])),
            "{path}"
        );
    }
    assert_eq!(server.get("/v2/models/penguins:shop").0, 404);
    said(&folder, "alias kept.db penguins 2 shop");
    server.wait("/v2/models/penguins:shop", 200);
    said(&folder, "add kept.db m.safetensors --name birds");
    server.wait("/v2/models/birds", 200);
    said(&folder, "unalias kept.db penguins shop");
    server.wait("/v2/models/penguins:shop", 404);
}
