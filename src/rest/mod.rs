//! Models that answer requests of HTTP: method, path, content type and body in, status, content
//! type and body out, as plain data. Sockets, hosts and time limits are those of whoever calls.
//!
//! Three dialects: `POST /predict`; the Open Inference Protocol, version 2, under `/v2`; and
//! the scoring server of MLflow (`/ping`, `/health`, `/version`, `/invocations`). Beside them
//! `/openapi.json` and `/metrics`.
//!
//! A model is asked by its name; where versions of it are held ([`Rest::add_version`]) also by
//! `name:alias`, by `name@version` and, under `/v2`, by `/versions/{version}`.
//!
//! Models never change once held, so any number of threads may ask at once and none waits for
//! another. The same request gives the same bytes, `/metrics` apart.

mod explain;
mod infer;
mod input;
mod mlflow;
mod openapi;
mod plain;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

use crate::data::{Column, Table};
use crate::error::{Code, Error};
use crate::export::Artifact;
use crate::protocol::Predictions;
use crate::session::predict_rows;

/// Most bytes of a body: 8 MiB.
pub const MAX_BODY: usize = 8 << 20;
/// Most rows of one request.
pub const MAX_ROWS: usize = 100_000;
/// Most bytes of a model's name.
const MAX_NAME: usize = 100;
/// An artifact carries no version; the first is what clients expect of one that stands alone.
const ONLY_VERSION: u64 = 1;
const JSON: &str = "application/json";

/// A request as far as it matters to the answer.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// `GET`, `POST`, …
    pub method: &'a str,
    /// Without the query.
    pub path: &'a str,
    /// The header of that name.
    pub content_type: Option<&'a str>,
    /// At most [`MAX_BODY`] bytes.
    pub body: &'a [u8],
}

/// What is answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The status of HTTP.
    pub status: u16,
    /// The header of that name.
    pub content_type: &'static str,
    /// The methods that the path takes, where the request had another: the header `Allow`.
    pub allow: Option<&'static str>,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    fn json(value: &Value) -> Self {
        Self::text(JSON, value.to_string())
    }

    fn text(content_type: &'static str, text: String) -> Self {
        Self {
            status: 200,
            content_type,
            allow: None,
            body: text.into_bytes(),
        }
    }

    /// `{"error": sentence}`.
    pub fn refusal(status: u16, sentence: &str) -> Self {
        Self {
            status,
            ..Self::json(&json!({ "error": sentence }))
        }
    }
}

/// Why a request is refused: a status and a sentence.
struct Refusal {
    status: u16,
    sentence: String,
}

impl Refusal {
    fn new(status: u16, sentence: impl Into<String>) -> Self {
        Self {
            status,
            sentence: sentence.into(),
        }
    }

    fn bad(sentence: impl Into<String>) -> Self {
        Self::new(400, sentence)
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let status = match error.code() {
            Code::TooLarge => 413,
            Code::NotFound => 404,
            Code::Internal => 500,
            _ => 400,
        };
        Self::new(status, error.to_string())
    }
}

type Result<T> = std::result::Result<T, Refusal>;

/// A version of a model.
#[derive(Debug)]
struct Served {
    name: String,
    version: u64,
    artifact: Arc<Artifact>,
}

/// A model as a path names it.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Asked<'a> {
    /// The name, or `name:alias`, or `name@version`.
    name: &'a str,
    /// The part after `/versions/`.
    version: Option<&'a str>,
}

/// What a request asks for, by its path alone.
#[derive(Debug, Clone, PartialEq)]
enum Route<'a> {
    Predict,
    Server,
    Live,
    Ready,
    Model(Asked<'a>),
    ModelReady(Asked<'a>),
    Infer(Asked<'a>),
    Ping,
    Version,
    Invocations,
    OpenApi,
    Metrics,
}

#[derive(Debug, Default)]
struct Counts {
    requests: AtomicU64,
    refused: AtomicU64,
    rows: AtomicU64,
}

/// The models that answer.
#[derive(Debug, Default)]
pub struct Rest {
    /// What answers to a bare name.
    models: BTreeMap<String, Arc<Served>>,
    /// By `name@version` and `name:alias`, where versions are held.
    versions: BTreeMap<String, Arc<Served>>,
    /// The name of the model given first, which MLflow's paths speak of.
    first: String,
    counts: Arc<Counts>,
}

impl Rest {
    /// Without models.
    pub fn new() -> Self {
        Self::default()
    }

    /// Goes on with the counters of `before`, in whose place these models come.
    pub fn succeed(&mut self, before: &Self) {
        self.counts = Arc::clone(&before.counts);
    }

    /// Adds a model. The first is the one that `/invocations` asks.
    ///
    /// # Errors
    /// [`Code::BadRequest`] for a name that a path cannot hold, or that is taken.
    pub fn add(
        &mut self,
        name: &str,
        artifact: impl Into<Arc<Artifact>>,
    ) -> crate::error::Result<()> {
        self.hold(name, ONLY_VERSION, artifact.into()).map(|_| ())
    }

    /// Adds a version of a model: it answers to `name@version` and to `name:alias` for each of its
    /// aliases. Where it is the `chosen` one of its name, it answers to the bare name, too.
    ///
    /// # Errors
    /// As [`Rest::add`].
    pub fn add_version(
        &mut self,
        name: &str,
        version: u64,
        aliases: &[&str],
        is_chosen: bool,
        artifact: Arc<Artifact>,
    ) -> crate::error::Result<()> {
        let served = if is_chosen {
            self.hold(name, version, artifact)?
        } else {
            Arc::new(Served {
                name: name.to_owned(),
                version,
                artifact,
            })
        };
        let aliases = aliases.iter().map(|alias| format!("{name}:{alias}"));
        for address in aliases.chain([format!("{name}@{version}")]) {
            self.versions.insert(address, Arc::clone(&served));
        }
        Ok(())
    }

    /// Lets a model answer to a bare name.
    fn hold(
        &mut self,
        name: &str,
        version: u64,
        artifact: Arc<Artifact>,
    ) -> crate::error::Result<Arc<Served>> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if name.is_empty()
            || name.len() > MAX_NAME
            || name.starts_with('.')
            || !name.chars().all(is_plain)
        {
            let message = format!(
                "A model cannot be served as \u{201c}{name}\u{201d}: a name has up to {MAX_NAME} letters, digits, hyphens, underscores and dots, and no dot first. Give it one with NAME=MODEL."
            );
            return Err(Error::new(Code::BadRequest, message));
        }
        if self.models.contains_key(name) {
            let message = format!(
                "Two models are called \u{201c}{name}\u{201d}. Give one of them another name with NAME=MODEL."
            );
            return Err(Error::new(Code::BadRequest, message));
        }
        if self.models.is_empty() {
            name.clone_into(&mut self.first);
        }
        let served = Arc::new(Served {
            name: name.to_owned(),
            version,
            artifact,
        });
        self.models.insert(name.to_owned(), Arc::clone(&served));
        Ok(served)
    }

    /// Whether a path is answered here, and not by a file of the page.
    pub fn knows(path: &str) -> bool {
        path == "/v2" || path.starts_with("/v2/") || route(path).is_ok()
    }

    /// Answers a request.
    pub fn answer(&self, request: &Request) -> Answer {
        self.counts.requests.fetch_add(1, Ordering::Relaxed);
        let answer = self.routed(request).unwrap_or_else(|refusal| {
            if request.path == "/invocations" {
                return mlflow::refusal(&refusal);
            }
            Answer::refusal(refusal.status, &refusal.sentence)
        });
        if answer.status >= 400 {
            self.counts.refused.fetch_add(1, Ordering::Relaxed);
        }
        answer
    }

    fn routed(&self, request: &Request) -> Result<Answer> {
        let route = route(request.path)?;
        let takes_body = matches!(route, Route::Predict | Route::Infer(_) | Route::Invocations);
        let is_allowed = match request.method {
            "POST" => takes_body,
            "GET" | "HEAD" => !takes_body,
            _ => false,
        };
        if !is_allowed {
            let allow = if takes_body { "POST" } else { "GET, HEAD" };
            let sentence = format!("{} takes {allow} only.", request.path);
            return Ok(Answer {
                allow: Some(allow),
                ..Answer::refusal(405, &sentence)
            });
        }
        if request.body.len() > MAX_BODY {
            return Err(too_long());
        }
        match route {
            Route::Predict => plain::predict(self, request),
            Route::Server => Ok(infer::server()),
            Route::Live => Ok(Answer::json(&json!({ "live": true }))),
            Route::Ready => Ok(Answer::json(&json!({ "ready": true }))),
            Route::Model(asked) => infer::metadata(self, self.asked(asked)?),
            Route::ModelReady(asked) => {
                let name = &self.asked(asked)?.name;
                Ok(Answer::json(&json!({ "name": name, "ready": true })))
            }
            Route::Infer(asked) => infer::infer(self, self.asked(asked)?, request),
            Route::Ping => Ok(Answer::text(JSON, "\n".into())),
            Route::Version => Ok(Answer::text(
                "text/plain; charset=utf-8",
                env!("CARGO_PKG_VERSION").into(),
            )),
            Route::Invocations => mlflow::invocations(self, request),
            Route::OpenApi => Ok(openapi::document(self)),
            Route::Metrics => Ok(self.metrics()),
        }
    }

    /// What answers to a name, an alias or a version.
    fn model(&self, name: &str) -> Result<&Served> {
        // Clients escape colon and at sign in a path, or do not; both are the same.
        let plain = name
            .replace("%3A", ":")
            .replace("%3a", ":")
            .replace("%40", "@");
        let found = self
            .models
            .get(&plain)
            .or_else(|| self.versions.get(&plain));
        found.map(AsRef::as_ref).ok_or_else(|| {
            let names: Vec<&str> = self.models.keys().map(String::as_str).collect();
            let sentence = format!(
                "There is no model \u{201c}{name}\u{201d}. Served are: {}.",
                names.join(", ")
            );
            Refusal::new(404, sentence)
        })
    }

    fn asked(&self, asked: Asked<'_>) -> Result<&Served> {
        let named = self.model(asked.name)?;
        let Some(version) = asked.version else {
            return Ok(named);
        };
        if named.version.to_string() == version {
            return Ok(named);
        }
        // An alias is one version and has no others.
        let found = self.versions.get(&format!("{}@{version}", asked.name));
        found.map(AsRef::as_ref).ok_or_else(|| {
            let known: Vec<String> = self.versions(&named.name).iter().map(u64::to_string).collect();
            let sentence = format!(
                "There is no version \u{201c}{version}\u{201d} of \u{201c}{}\u{201d}; it has version {}.",
                asked.name,
                known.join(", ")
            );
            Refusal::new(404, sentence)
        })
    }

    /// The versions of a name, in their order.
    fn versions(&self, name: &str) -> Vec<u64> {
        let held = self.versions.values().chain(self.models.get(name));
        let mut versions: Vec<u64> = held
            .filter(|served| served.name == name)
            .map(|served| served.version)
            .collect();
        versions.sort_unstable();
        versions.dedup();
        versions
    }

    /// The counters in the text format of Prometheus.
    fn metrics(&self) -> Answer {
        let counts = [
            ("requests", "Requests for models.", &self.counts.requests),
            ("refused", "Requests refused.", &self.counts.refused),
            ("rows", "Rows predicted.", &self.counts.rows),
        ];
        let lines = counts.map(|(name, help, count)| {
            let name = format!("handlens_{name}_total");
            let count = count.load(Ordering::Relaxed);
            format!("# HELP {name} {help}\n# TYPE {name} counter\n{name} {count}\n")
        });
        Answer::text("text/plain; version=0.0.4; charset=utf-8", lines.concat())
    }

    /// The rows' predictions as columns: `prediction`, then `p_<class>`.
    fn predict_columns(&self, served: &Served, table: &Table) -> Result<Vec<Column>> {
        let Artifact {
            pipeline, model, ..
        } = served.artifact.as_ref();
        input::check_rows(table.n_rows())?;
        let predicted = predict_rows(pipeline, model, table)?;
        self.count(table);
        Ok(predicted.columns(pipeline, model)?)
    }

    /// The rows' predictions row by row.
    fn predict_list(&self, served: &Served, table: &Table) -> Result<Predictions> {
        let Artifact {
            pipeline, model, ..
        } = served.artifact.as_ref();
        input::check_rows(table.n_rows())?;
        let predicted = predict_rows(pipeline, model, table)?;
        self.count(table);
        Ok(predicted.list(pipeline.labels(), table.n_rows()))
    }

    fn count(&self, table: &Table) {
        let n_rows = table.n_rows() as u64;
        self.counts.rows.fetch_add(n_rows, Ordering::Relaxed);
    }
}

/// Said of a body above [`MAX_BODY`].
fn too_long() -> Refusal {
    Refusal::new(413, too_long_sentence())
}

/// The sentence for a body above [`MAX_BODY`].
pub fn too_long_sentence() -> String {
    let most = MAX_BODY >> 20;
    format!("The body has more than {most} MiB. Send fewer rows at once.")
}

fn route(path: &str) -> Result<Route<'_>> {
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    Ok(match parts.as_slice() {
        ["predict"] => Route::Predict,
        ["v2"] => Route::Server,
        ["v2", "health", "live"] => Route::Live,
        ["v2", "health", "ready"] => Route::Ready,
        ["v2", "models", name, rest @ ..] => {
            let (version, rest) = match rest {
                ["versions", version, rest @ ..] => (Some(*version), rest),
                rest => (None, rest),
            };
            let asked = Asked { name, version };
            match rest {
                [] => Route::Model(asked),
                ["ready"] => Route::ModelReady(asked),
                ["infer"] => Route::Infer(asked),
                _ => return Err(nothing_at(path)),
            }
        }
        ["ping" | "health"] => Route::Ping,
        ["version"] => Route::Version,
        ["invocations"] => Route::Invocations,
        ["openapi.json"] => Route::OpenApi,
        ["metrics"] => Route::Metrics,
        _ => return Err(nothing_at(path)),
    })
}

fn nothing_at(path: &str) -> Refusal {
    let sentence = format!("There is nothing at {path}; /openapi.json tells what there is.");
    Refusal::new(404, sentence)
}
