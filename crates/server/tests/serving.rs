//! `serve`, from outside: a browser's requests and an attacker's.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what helps a test may panic as the test may"
)]

mod support;

use std::process::Command;
use std::time::{Duration, Instant};

use support::Folder;
use support::server::{Answer, Server};

/// A page with files of all kinds.
struct Page(Server);

impl Page {
    fn start() -> Self {
        let folder = Folder::new();
        folder.file("secret.txt", b"secret");
        folder.file("site/index.html", b"<!doctype html><title>Handlens</title>");
        folder.file("site/service-worker.js", b"self;");
        folder.file("site/assets/core-1234.wasm", b"\0asm\x01\0\0\0");
        folder.file(
            "site/assets/app-1234.js",
            &b"export const a = 1;\n".repeat(200),
        );
        folder.file("site/assets/packed-1234.js", b"plain");
        folder.file("site/assets/packed-1234.js.br", b"brotli");
        folder.file("site/assets/packed-1234.js.gz", b"gzip");
        folder.file("site/model.safetensors", b"\x02\0\0\0\0\0\0\0{}");
        folder.file("site/.git/config", b"secret");
        Self(Server::start(folder, "--site site"))
    }

    fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, "localhost", "")
    }

    fn ask(&self, method: &str, path: &str, host: &str, more: &str) -> Answer {
        let request =
            format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{more}\r\n");
        self.0.send(request.as_bytes())
    }
}

#[test]
fn the_page_comes_with_its_headers() {
    let server = Page::start();
    let page = server.get("/");
    assert_eq!(page.status, 200);
    assert_eq!(page.body, b"<!doctype html><title>Handlens</title>");
    assert_eq!(
        page.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    assert_eq!(page.header("cache-control"), Some("no-cache"));
    for path in ["/", "/assets/core-1234.wasm", "/nothing", "/.git/config"] {
        let answer = server.get(path);
        let policy = answer.header("content-security-policy").unwrap();
        for directive in [
            "default-src 'none'",
            "script-src 'self' 'wasm-unsafe-eval'",
            "connect-src 'self'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
        ] {
            assert!(
                policy.split("; ").any(|part| part == directive),
                "{path}: {directive}"
            );
        }
        assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"));
        for (name, value) in [
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-embedder-policy", "require-corp"),
            ("cross-origin-resource-policy", "same-origin"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{path}: {name}");
        }
        assert_eq!(answer.header("access-control-allow-origin"), None);
    }
}

#[test]
fn files_have_their_types_and_their_time_in_the_cache() {
    let server = Page::start();
    let immutable = "public, max-age=31536000, immutable";
    for (path, content_type, cache) in [
        ("/index.html", "text/html; charset=utf-8", "no-cache"),
        (
            "/service-worker.js",
            "text/javascript; charset=utf-8",
            "no-cache",
        ),
        ("/assets/core-1234.wasm", "application/wasm", immutable),
        (
            "/assets/app-1234.js",
            "text/javascript; charset=utf-8",
            immutable,
        ),
        ("/model.safetensors", "application/octet-stream", "no-cache"),
    ] {
        let answer = server.get(path);
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.header("content-type"), Some(content_type), "{path}");
        assert_eq!(answer.header("cache-control"), Some(cache), "{path}");
    }
    let missing = server.get("/assets/nothing-1234.js");
    assert_eq!(
        (missing.status, missing.header("cache-control")),
        (404, Some("no-cache"))
    );
}

#[test]
fn files_are_sent_compressed() {
    let server = Page::start();
    let ask = |path: &str, encoding: &str| {
        server.ask(
            "GET",
            path,
            "localhost",
            &format!("Accept-Encoding: {encoding}\r\n"),
        )
    };
    assert_eq!(ask("/assets/packed-1234.js", "br").body, b"brotli");
    assert_eq!(ask("/assets/packed-1234.js", "gzip").body, b"gzip");
    assert_eq!(ask("/assets/packed-1234.js", "identity").body, b"plain");
    let packed = ask("/assets/app-1234.js", "gzip, br");
    assert!(packed.header("content-encoding").is_some() && packed.body.len() < 1000);
}

#[test]
fn nothing_outside_the_folder_and_nothing_hidden_is_served() {
    let server = Page::start();
    for path in [
        "/../secret.txt",
        "/assets/../../secret.txt",
        "/%2e%2e/secret.txt",
        "/%2e%2e%2fsecret.txt",
        "/..%2fsecret.txt",
        "/..%5csecret.txt",
        "/..\\secret.txt",
        "/%252e%252e/secret.txt",
        "/....//secret.txt",
        "//secret.txt",
        "/assets/%00",
        "/%ff%fe",
        "/.git/config",
        "/%2egit/config",
        "/assets/",
        "/assets",
    ] {
        let answer = server.get(path);
        assert!(
            (300..500).contains(&answer.status),
            "{path}: {}",
            answer.status
        );
        assert!(
            !String::from_utf8_lossy(&answer.body).contains("secret"),
            "{path}"
        );
        assert_ne!(answer.body, b"secret", "{path}");
    }
    let absolute = format!("/{}", server.0.folder.path().join("secret.txt").display());
    assert_eq!(server.get(&absolute).status, 404);
}

#[test]
fn requests_for_other_hosts_and_other_methods_are_refused() {
    let server = Page::start();
    let port = server.0.port;
    for host in [
        "localhost",
        "127.0.0.1",
        &format!("localhost:{port}"),
        &format!("[::1]:{port}"),
    ] {
        assert_eq!(server.ask("GET", "/", host, "").status, 200, "{host}");
    }
    for host in [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.nip.io",
        "a@localhost",
        "",
    ] {
        assert!(
            matches!(server.ask("GET", "/", host, "").status, 400 | 403),
            "{host}"
        );
    }
    assert!(matches!(
        server
            .0
            .send(b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n")
            .status,
        400 | 403
    ));
    assert!(matches!(
        server
            .ask("GET", "/", "localhost", "Host: evil.example\r\n")
            .status,
        400 | 403
    ));
    for method in [
        "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT",
    ] {
        let answer = server.ask(method, "/", "localhost", "Content-Length: 0\r\n");
        assert!(
            matches!(answer.status, 400 | 405),
            "{method}: {}",
            answer.status
        );
    }
    let head = server.ask("HEAD", "/", "localhost", "");
    assert_eq!((head.status, head.body.len()), (200, 0));
    let long = format!("X-Long: {}\r\n", "a".repeat(100_000));
    assert_eq!(server.ask("GET", "/", "localhost", &long).status, 431);
}

#[test]
fn wrong_sites_ports_and_models_are_told() {
    let server = Page::start();
    let site = server.0.folder.path().join("site");
    let site = site.to_str().unwrap();
    for (arguments, code, part) in [
        ("serve".to_owned(), 2, "--site"),
        (
            format!("serve a.safetensors --site {site}"),
            1,
            "a.safetensors",
        ),
        (format!("serve a=b=c.safetensors --site {site}"), 1, "b=c"),
        ("serve --site nothing".to_owned(), 1, "index.html"),
        (
            format!("serve --site {site} --port {}", server.0.port),
            1,
            "in use",
        ),
        (format!("serve --site {site} --port 70000"), 2, "70000"),
        (
            format!("serve --site {site} --port 0 --host 203.0.113.7"),
            1,
            "203.0.113.7",
        ),
    ] {
        let run = support::run(&arguments);
        assert_eq!(run.code, code, "{arguments}: {}", run.err);
        assert!(run.err.contains(part), "{arguments}: {}", run.err);
        assert!(
            code == 2 || run.err.lines().count() == 1,
            "{arguments}: {}",
            run.err
        );
    }
}

#[cfg(unix)]
#[test]
fn the_server_ends_when_it_is_told_to() {
    for signal in ["-INT", "-TERM"] {
        let mut server = Page::start();
        // A connection that keeps quiet must not hold it back.
        let _idle = server.0.connect();
        server.get("/");
        let told = Instant::now();
        Command::new("kill")
            .args([signal, &server.0.child.id().to_string()])
            .status()
            .unwrap();
        let status = server.0.child.wait().unwrap();
        assert!(status.success(), "{signal}: {status}");
        assert!(
            told.elapsed() < Duration::from_secs(8),
            "{signal}: {:?}",
            told.elapsed()
        );
    }
}
