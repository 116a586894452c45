//! `serve` with models, over a socket.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what helps a test may panic as the test may"
)]

mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use support::{Folder, handlens};

struct Server {
    child: Child,
    port: u16,
    _folder: Folder,
}

struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    #[track_caller]
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("{}\n{}", self.head, self.body))
    }
}

impl Server {
    /// A model of penguins as `birds` and, where asked for, the page beside it.
    fn start(has_site: bool) -> Self {
        let folder = Folder::new();
        folder.file("site/index.html", b"<!doctype html>");
        folder
            .run("train sample:penguins --target species --algorithm logistic --out p.safetensors")
            .done();
        let site: &[&str] = if has_site { &["--site", "site"] } else { &[] };
        let mut child = handlens()
            .args([
                "serve",
                "birds=p.safetensors",
                "p.safetensors",
                "--port",
                "0",
            ])
            .args(site)
            .current_dir(folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let port = line.trim().trim_end_matches('/').rsplit(':').next();
        Self {
            child,
            port: port.unwrap().parse().unwrap(),
            _folder: folder,
        }
    }

    fn send(&self, request: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let most = Some(Duration::from_secs(20));
        stream.set_read_timeout(most).unwrap();
        stream.write_all(request).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        Answer {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            head: head.to_ascii_lowercase(),
            body: body.to_owned(),
        }
    }

    fn ask(&self, start: &str, headers: &str, body: &str) -> Answer {
        let n = body.len();
        let head = format!(
            "{start} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {n}\r\n"
        );
        self.send(format!("{head}{headers}\r\n{body}").as_bytes())
    }

    fn post(&self, path: &str, body: &Value) -> Answer {
        let start = format!("POST {path}");
        self.ask(
            &start,
            "Content-Type: application/json\r\n",
            &body.to_string(),
        )
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn bird() -> Value {
    json!({
        "island": "Biscoe", "bill_length_mm": 50.0, "bill_depth_mm": 15.0,
        "flipper_length_mm": 220, "body_mass_g": 5500, "sex": "male", "year": 2008,
    })
}

#[test]
fn models_answer_alone_and_beside_the_page() {
    for has_site in [false, true] {
        let server = Server::start(has_site);
        let answer = server.post(
            "/predict?x=1",
            &json!({ "model": "birds", "data": [bird()] }),
        );
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert!(answer.head.contains("content-type: application/json"));
        assert!(answer.head.contains("x-content-type-options: nosniff"));
        assert!(answer.head.contains("cache-control: no-cache"));
        assert!(!answer.head.contains("access-control-"));
        let told = answer.json();
        assert_eq!(told["predictions"][0]["prediction"], "Gentoo", "{told}");
        // Both names hold the same model.
        let other = server.post("/predict", &json!({ "model": "p", "data": [bird()] }));
        assert_eq!(other.json()["predictions"], told["predictions"]);
        let answer = server.post("/invocations", &json!({ "dataframe_records": [bird()] }));
        assert_eq!(answer.json()["predictions"][0]["prediction"], "Gentoo");
        let answer = server.ask("GET /v2/models/p/ready", "", "");
        assert_eq!(
            (answer.status, answer.json()["ready"].clone()),
            (200, json!(true))
        );
        let page = server.ask("GET /", "", "");
        assert_eq!(page.status, if has_site { 200 } else { 404 });
        let status = server.ask("POST /index.html", "", "").status;
        assert_eq!(status, if has_site { 405 } else { 404 });
    }
}

#[test]
fn what_may_not_be_asked_is_refused_and_the_server_goes_on() {
    let server = Server::start(true);
    let json = "Content-Type: application/json\r\n";
    // Announced, or sent in chunks without a word of how many.
    let long = 8 * 1024 * 1024 + 1;
    let head = "POST /predict HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";
    let announced = format!("{head}{json}Content-Length: {long}\r\n\r\n");
    assert_eq!(server.send(announced.as_bytes()).status, 413);
    let chunk = format!("{long:x}\r\n{}\r\n0\r\n\r\n", " ".repeat(long));
    let chunked = format!("{head}{json}Transfer-Encoding: chunked\r\n\r\n{chunk}");
    assert_eq!(server.send(chunked.as_bytes()).status, 413);
    for (start, headers, body, status) in [
        ("POST /predict", "", "{}", 415),
        ("POST /predict", "Content-Type: text/plain\r\n", "{}", 415),
        ("POST /predict", json, "{", 400),
        ("GET /predict", "", "", 405),
        (
            "OPTIONS /predict",
            "Origin: http://evil.example\r\n",
            "",
            405,
        ),
        ("GET /v2/models/..%2f..%2fp", "", "", 404),
        ("GET /v2/models/p.safetensors", "", "", 404),
        ("POST /v2/repository/models/p/unload", json, "{}", 404),
    ] {
        let answer = server.ask(start, headers, body);
        assert_eq!(answer.status, status, "{start}: {}", answer.body);
        assert!(answer.json()["error"].is_string(), "{start}");
    }
    let evil = "POST /predict HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    assert_eq!(server.send(evil.as_bytes()).status, 403);
    let answer = server.post("/predict", &json!({ "model": "p", "data": [bird()] }));
    assert_eq!(answer.status, 200);
}

#[test]
fn a_body_that_breaks_off_is_the_clients_fault() {
    let server = Server::start(false);
    let mut stream = TcpStream::connect(("127.0.0.1", server.port)).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let head = "POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
    write!(stream, "{head}Content-Length: 100\r\n\r\n{{\"data\":").unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert!(answer.contains("broke off"), "{answer}");
}

#[test]
fn more_requests_than_there_is_room_for_are_told_to_come_again() {
    let server = Server::start(false);
    let body = json!({ "model": "p", "data": [bird()] }).to_string();
    let head = format!(
        "POST /predict HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        body.len()
    );
    // Whoever is told to continue holds a place, and keeps it until the body is there.
    let mut waiting: Vec<BufReader<TcpStream>> = (0..64)
        .map(|_| {
            let mut stream = TcpStream::connect(("127.0.0.1", server.port)).unwrap();
            stream
                .set_read_timeout(Some(Duration::from_secs(20)))
                .unwrap();
            stream.write_all(head.as_bytes()).unwrap();
            let mut stream = BufReader::new(stream);
            let mut line = String::new();
            stream.read_line(&mut line).unwrap();
            assert_eq!(line, "HTTP/1.1 100 Continue\r\n");
            stream
        })
        .collect();
    let refused = server.post("/predict", &json!({ "model": "p", "data": [bird()] }));
    assert_eq!(refused.status, 503, "{}", refused.body);
    assert!(
        refused.head.contains("\r\nretry-after: 1"),
        "{}",
        refused.head
    );
    for stream in &mut waiting {
        stream.get_mut().write_all(body.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.contains("HTTP/1.1 200 OK"), "{answer}");
    }
    let again = server.post("/predict", &json!({ "model": "p", "data": [bird()] }));
    assert_eq!(again.status, 200, "{}", again.body);
}

#[test]
fn wrong_models_are_told_before_anything_is_served() {
    let folder = Folder::new();
    folder.file("bad.safetensors", b"nothing");
    folder
        .run("train sample:iris --target species --algorithm baseline --out i.safetensors")
        .done();
    for (arguments, part) in [
        ("bad.safetensors", ""),
        ("missing.safetensors", "missing"),
        ("i.safetensors i.safetensors", "Two models"),
        ("a/b=i.safetensors", "a/b"),
        ("=i.safetensors", "name"),
    ] {
        let run = folder.run(&format!("serve --port 0 {arguments}"));
        assert_eq!(run.code, 1, "{arguments}: {}", run.err);
        assert!(run.err.contains(part), "{arguments}: {}", run.err);
    }
}
