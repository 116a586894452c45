//! `serve` on a free port, and requests as bytes.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::time::Duration;

use serde_json::Value;

use super::{Folder, handlens};

/// The program at work; ended with the test.
pub struct Server {
    /// The program.
    pub child: Child,
    /// Where it listens.
    pub port: u16,
    /// Its working folder.
    pub folder: Folder,
}

/// What it answered.
pub struct Answer {
    /// The status of HTTP.
    pub status: u16,
    /// First line and headers.
    pub head: String,
    /// The rest.
    pub body: Vec<u8>,
}

impl Answer {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// The body as text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| panic!("{}\n{}", self.head, self.text()))
    }
}

impl Server {
    /// Runs `serve` in a folder with arguments, separated by blanks.
    pub fn start(folder: Folder, arguments: &str) -> Self {
        let mut child = handlens()
            .args(["serve", "--port", "0"])
            .args(arguments.split_whitespace())
            .current_dir(folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let address = line.trim().strip_prefix("Handlens is at http://127.0.0.1:");
        let port = address.unwrap_or_else(|| {
            let mut said = String::new();
            child
                .stderr
                .take()
                .unwrap()
                .read_to_string(&mut said)
                .unwrap();
            panic!("{said}")
        });
        let port = port.strip_suffix('/').unwrap().parse().unwrap();
        Self {
            child,
            port,
            folder,
        }
    }

    /// A connection on which nobody waits for ever.
    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let most = Some(Duration::from_secs(20));
        stream.set_read_timeout(most).unwrap();
        stream
    }

    /// Sends bytes as they are and reads the answer to its end.
    pub fn send(&self, request: &[u8]) -> Answer {
        let mut stream = self.connect();
        stream.write_all(request).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let end = answer
            .windows(4)
            .position(|bytes| bytes == b"\r\n\r\n")
            .unwrap();
        let head = String::from_utf8(answer[..end].to_vec()).unwrap();
        Answer {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            head,
            body: answer[end + 4..].to_vec(),
        }
    }

    /// A request with a body; `start` is method and path, `headers` end each with a line break.
    pub fn ask(&self, start: &str, headers: &str, body: &str) -> Answer {
        let n = body.len();
        let head = format!(
            "{start} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {n}\r\n"
        );
        self.send(format!("{head}{headers}\r\n{body}").as_bytes())
    }

    /// JSON by POST.
    pub fn post(&self, path: &str, body: &Value) -> Answer {
        let headers = "Content-Type: application/json\r\n";
        self.ask(&format!("POST {path}"), headers, &body.to_string())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
