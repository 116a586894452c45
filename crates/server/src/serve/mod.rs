//! `handlens serve`: models over REST, the built page, or both, on this machine.
//!
//! The page by GET and HEAD only; all only for hosts on the list, every response with the headers of
//! `www/headers.json`; connections, headers and answers have limits, and an interruption lets
//! answers under way end.

mod access;
mod connections;
mod headers;
mod hosts;
mod load;
mod models;
mod site;
mod source;
mod tls;
mod try_it;

use std::net::SocketAddr;
use std::path::Path;

use serde::Serialize;
use tokio::net::TcpListener;

use crate::cli::Serve;
use crate::failure::{Failure, Result, shown};
use crate::output::print;

/// What `--json` tells once the server is ready.
#[derive(Serialize)]
struct Ready {
    address: String,
}

/// Serves until it is interrupted.
pub fn run(options: &Serve, is_json: bool) -> Result<()> {
    if options.models.is_empty() && options.db.is_none() && options.site.is_none() {
        let message = "There is nothing to serve: name models, a file of models with --db, or the folder of the built page with --site.";
        return Err(Failure::Usage(message.into()));
    }
    if let Some(folder) = &options.site {
        check_site(folder)?;
    }
    let source = source::Source::open(&options.models, options.db.as_deref())?;
    let models = models::Models::open(source, options.most_requests)?;
    let tls = tls::acceptor(options.tls_cert.as_deref(), options.tls_key.as_deref())?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| cannot_serve(format!("The server cannot start: {error}.")))?;
    runtime.block_on(async {
        let listener = listen(&options.host, options.port).await?;
        let bound = listener.local_addr();
        let bound =
            bound.map_err(|error| cannot_serve(format!("The server has no address: {error}.")))?;
        let hosts = hosts::Allowed::new(&options.host, bound.ip());
        let app = site::router(options, models, hosts)?;
        let stop = connections::interruption()
            .map_err(|error| cannot_serve(format!("Interruptions cannot be heard: {error}.")))?;
        let address = address(&options.host, bound, tls.is_some());
        if is_json {
            // On one line, so that whoever started the server can wait for it.
            let ready = serde_json::to_string(&Ready { address }).unwrap_or_default();
            print(&(ready + "\n"))?;
        } else {
            print(&format!("Handlens is at {address}\n"))?;
        }
        connections::serve(listener, tls, app, stop).await;
        Ok(())
    })
}

fn check_site(folder: &Path) -> Result<()> {
    if folder.join("index.html").is_file() {
        return Ok(());
    }
    Err(cannot_serve(format!(
        "{} holds no built page: there is no index.html in it. Build it with `cargo xtask build`.",
        shown(folder)
    )))
}

async fn listen(host: &str, port: u16) -> Result<TcpListener> {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    TcpListener::bind((bare, port)).await.map_err(|error| {
        cannot_serve(match error.kind() {
            std::io::ErrorKind::AddrInUse => {
                format!("Port {port} is in use by another program; choose another with --port, or 0 for a free one.")
            }
            std::io::ErrorKind::PermissionDenied => {
                format!("Port {port} is reserved to administrators; choose one above 1023 with --port.")
            }
            _ => format!("Cannot listen at {host}, port {port}: {error}."),
        })
    })
}

/// The address to type into a browser.
fn address(host: &str, bound: SocketAddr, has_tls: bool) -> String {
    let scheme = if has_tls { "https" } else { "http" };
    let host = match host.parse::<std::net::IpAddr>() {
        _ if bound.ip().is_unspecified() => format!("localhost:{}", bound.port()),
        Ok(_) => bound.to_string(),
        Err(_) => format!("{host}:{}", bound.port()),
    };
    format!("{scheme}://{host}/")
}

fn cannot_serve(message: String) -> Failure {
    Failure::Outside {
        code: "cannot_serve",
        message,
    }
}
