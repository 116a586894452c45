//! `serve` for others: keys, origins, limits, and the page that tries the models.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what helps a test may panic as the test may"
)]

mod support;

use serde_json::json;
use support::{Folder, server::Server};

const KEY: &str = "0123456789abcdef";

/// A model of flowers with more arguments.
fn start(arguments: &str) -> Server {
    let folder = Folder::new();
    folder
        .run("train sample:iris --target species --algorithm baseline --out iris.safetensors")
        .done();
    folder.file("keys", format!("# ours\n\n{KEY}\n").as_bytes());
    Server::start(folder, &format!("iris.safetensors {arguments}"))
}

#[test]
fn whoever_has_no_key_is_refused_and_told() {
    let server = start("--api-keys keys");
    let body = json!({ "data": [{ "sepal_length_cm": 1, "sepal_width_cm": 1, "petal_length_cm": 1, "petal_width_cm": 1 }] });
    let ask = |headers: &str| {
        let headers = format!("Content-Type: application/json\r\n{headers}");
        server.ask("POST /predict", &headers, &body.to_string())
    };
    for headers in [
        "",
        "Authorization: Bearer 0123456789abcdeg\r\n",
        "Authorization: 0123456789abcdef\r\n",
        "X-API-Key: # ours\r\n",
    ] {
        let answer = ask(headers);
        assert_eq!(answer.status, 401, "{headers}");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
        assert!(answer.json()["error"].as_str().unwrap().contains("key"));
    }
    for headers in [
        format!("Authorization: Bearer {KEY}\r\n"),
        format!("X-API-Key: {KEY}\r\n"),
    ] {
        let answer = ask(&headers);
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    for path in ["/openapi.json", "/metrics", "/v2/models/iris"] {
        assert_eq!(
            server.ask(&format!("GET {path}"), "", "").status,
            401,
            "{path}"
        );
    }
    for path in ["/health", "/ping", "/v2/health/live", "/docs"] {
        assert_eq!(
            server.ask(&format!("GET {path}"), "", "").status,
            200,
            "{path}"
        );
    }
}

#[test]
fn pages_of_listed_origins_may_ask_and_no_others() {
    let server = start("--api-keys keys --allow-origin https://lab.example");
    let preflight = |origin: &str| {
        let headers = format!(
            "Origin: {origin}\r\nAccess-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: authorization,content-type\r\n"
        );
        server.ask("OPTIONS /predict", &headers, "")
    };
    let admitted = preflight("https://lab.example");
    assert_eq!(admitted.status, 200);
    let allowed = admitted.header("access-control-allow-origin");
    assert_eq!(allowed, Some("https://lab.example"));
    let headers = admitted.header("access-control-allow-headers").unwrap();
    assert!(headers.contains("authorization"), "{headers}");
    for origin in ["https://other.example", "https://lab.example:8443", "null"] {
        let refused = preflight(origin);
        assert_eq!(
            refused.header("access-control-allow-origin"),
            None,
            "{origin}"
        );
    }
    let plain = start("").ask("GET /health", "Origin: https://lab.example\r\n", "");
    assert_eq!(plain.header("access-control-allow-origin"), None);
}

#[test]
fn a_page_tries_the_models() {
    let server = start("");
    for (path, kind, part) in [
        ("/docs", "text/html; charset=utf-8", "Try the models"),
        ("/docs/", "text/html; charset=utf-8", "Try the models"),
        ("/docs/try.css", "text/css; charset=utf-8", "--paper"),
        (
            "/docs/try.js",
            "text/javascript; charset=utf-8",
            "openapi.json",
        ),
    ] {
        let file = server.ask(&format!("GET {path}"), "", "");
        assert_eq!(file.status, 200, "{path}");
        assert_eq!(file.header("content-type"), Some(kind));
        assert!(file.header("content-security-policy").is_some());
        assert!(file.text().contains(part), "{path}");
    }
    assert_eq!(server.ask("POST /docs", "", "").status, 405);
}

#[test]
fn a_body_that_does_not_come_is_given_up() {
    use std::io::{Read, Write};
    let server = start("--timeout 1");
    let mut stream = server.connect();
    let head = "POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{";
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    let next = server.ask("GET /health", "", "");
    assert_eq!(next.status, 200, "the server goes on");
}

#[test]
fn wrong_keys_and_origins_are_told_before_anything_is_served() {
    let folder = Folder::new();
    folder
        .run("train sample:iris --target species --algorithm baseline --out i.safetensors")
        .done();
    folder.file("empty", b"# none\n");
    folder.file("short", b"secret\n");
    folder.file("binary", b"\xff\xfe");
    for (arguments, part) in [
        ("--api-keys missing", "missing"),
        ("--api-keys empty", "holds no key"),
        ("--api-keys short", "too short"),
        ("--api-keys binary", "not a text file"),
        ("--allow-origin lab.example", "no origin"),
        ("--allow-origin *", "no origin"),
        ("--allow-origin https://lab.example/", "no origin"),
        ("--timeout 0", "timeout"),
        ("--most-requests 0", "most-requests"),
    ] {
        let run = folder.run(&format!("serve --port 0 i.safetensors {arguments}"));
        assert_ne!(run.code, 0, "{arguments}");
        assert!(run.err.contains(part), "{arguments}: {}", run.err);
    }
}
