//! Connections: how many, for how long, and how they end.

use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;

/// More connections wait until one ends. A browser opens six to one host.
const MOST_CONNECTIONS: usize = 256;
/// A client that sends its headers, or agrees on a cipher, slower than this is cut off.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// Most bytes of a request's first line and headers.
const MOST_HEADER_BYTES: usize = 16 * 1024;
/// Answers under way may take so long when the server is told to stop.
const DRAIN: Duration = Duration::from_secs(5);
/// A pause after the system refused a connection, for instance for lack of file handles.
const BREATH: Duration = Duration::from_millis(50);

/// Ends when the server is to stop.
pub type Interruption = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Accepts connections until `stop`, then lets those under way end.
pub async fn serve(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    app: Router,
    stop: Interruption,
) {
    let graceful = GracefulShutdown::new();
    let slots = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let mut stop = pin!(stop);
    loop {
        let accepted = async {
            let slot = Arc::clone(&slots)
                .acquire_owned()
                .await
                .map_err(io::Error::other)?;
            listener.accept().await.map(|(stream, _)| (stream, slot))
        };
        tokio::select! {
            () = &mut stop => break,
            accepted = accepted => match accepted {
                Ok((stream, slot)) => {
                    let (tls, app, watcher) = (tls.clone(), app.clone(), graceful.watcher());
                    tokio::spawn(async move {
                        answer(stream, tls, app, watcher).await;
                        drop(slot);
                    });
                }
                Err(_) => tokio::time::sleep(BREATH).await,
            },
        }
    }
    drop(listener);
    // What is not done by then is cut off: someone waits for the program to end.
    let _ = tokio::time::timeout(DRAIN, graceful.shutdown()).await;
}

async fn answer(stream: TcpStream, tls: Option<TlsAcceptor>, app: Router, watcher: Watcher) {
    let Some(tls) = tls else {
        return answer_all(stream, app, watcher).await;
    };
    // Whoever does not speak TLS here is not answered.
    if let Ok(Ok(stream)) = tokio::time::timeout(HEADER_TIMEOUT, tls.accept(stream)).await {
        answer_all(stream, app, watcher).await;
    }
}

async fn answer_all(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    app: Router,
    watcher: Watcher,
) {
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_buf_size(MOST_HEADER_BYTES)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(app));
    // A connection that breaks is the client's affair.
    let _ = watcher.watch(connection).await;
}

/// Hears SIGINT and SIGTERM from now on.
///
/// # Errors
/// Where the system does not let us hear them.
#[cfg(unix)]
pub fn interruption() -> io::Result<Interruption> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(Box::pin(async move {
        tokio::select! {
            _ = interrupt.recv() => (),
            _ = terminate.recv() => (),
        }
    }))
}

/// Hears Ctrl-C.
///
/// # Errors
/// None on this platform.
#[cfg(not(unix))]
pub fn interruption() -> io::Result<Interruption> {
    Ok(Box::pin(async {
        // Where Ctrl-C cannot be heard the system ends the program itself.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }))
}
