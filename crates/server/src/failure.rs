//! Why a command could not do its work, and what the program says and returns then.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use handlens::error::{Error, Place};

use crate::output::visible;

/// The result of everything in this program that can fail.
pub type Result<T> = std::result::Result<T, Failure>;

/// Why a command ends early.
#[derive(Debug)]
pub enum Failure {
    /// The core refuses the input.
    Input(Error),
    /// A file, stream or socket cannot be used; `code` is the stable name for machines.
    Outside {
        /// `cannot_read`, `cannot_write`, `cannot_serve` or `registry`.
        code: &'static str,
        /// What, and why.
        message: String,
    },
    /// The command line asks for what does not exist.
    Usage(String),
    /// Whoever read our output has seen enough, as `head` has; this is no error.
    ReaderGone,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Input(error)
    }
}

#[derive(serde::Serialize)]
struct Report<'a> {
    error: Told<'a>,
}

#[derive(serde::Serialize)]
struct Told<'a> {
    code: &'a str,
    message: &'a str,
    place: Option<&'a Place>,
}

impl Failure {
    /// A file or stream that cannot be read.
    pub fn reading(what: &str, error: &io::Error) -> Self {
        Self::Outside {
            code: "cannot_read",
            message: format!("Cannot read {what}: {}.", reason(error)),
        }
    }

    /// A file or stream that cannot be written.
    pub fn writing(what: &str, error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::ReaderGone;
        }
        Self::Outside {
            code: "cannot_write",
            message: format!("Cannot write {what}: {}.", reason(error)),
        }
    }

    /// What is wrong, as a sentence.
    pub fn sentence(&self) -> String {
        match self {
            Self::ReaderGone => String::new(),
            Self::Input(error) => error.to_string(),
            Self::Outside { message, .. } | Self::Usage(message) => message.clone(),
        }
    }

    /// Tells it on standard error and gives the exit code.
    pub fn report(&self, is_json: bool) -> ExitCode {
        let (exit, code, place) = match self {
            Self::ReaderGone => return ExitCode::SUCCESS,
            Self::Input(error) => (1, error.code().as_str(), error.place()),
            Self::Outside { code, .. } => (1, *code, None),
            Self::Usage(_) => (2, "usage", None),
        };
        let message = self.sentence();
        let text = if is_json {
            let report = Report {
                error: Told {
                    code,
                    message: &message,
                    place,
                },
            };
            serde_json::to_string(&report).unwrap_or(message)
        } else {
            format!("error: {}", visible(&message))
        };
        // Nobody is left to be told where standard error is closed.
        let _ = writeln!(io::stderr(), "{text}");
        ExitCode::from(exit)
    }
}

/// A path as the middle of a sentence.
pub fn shown(path: &Path) -> String {
    format!("\u{201c}{}\u{201d}", path.display())
}

/// The usual reasons in plain words.
fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file or folder".into(),
        io::ErrorKind::PermissionDenied => "permission is denied".into(),
        io::ErrorKind::IsADirectory => "it is a folder".into(),
        io::ErrorKind::StorageFull => "the disk is full".into(),
        _ => error.to_string(),
    }
}
