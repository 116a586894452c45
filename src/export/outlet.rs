//! The ways out: every form in which a model leaves, one row each.

use super::archive::zip;
use super::code::{self, Language};
use super::html;
use super::mlflow;
use super::onnx;
use super::sql::{self, Dialect};
use super::{Artifact, File};
use crate::error::{Code, Error, Result};

/// One way out, as form, command line and docs know it.
#[derive(Debug, Clone, serde::Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Outlet {
    /// Name on the wire and on the command line.
    pub id: &'static str,
    /// What people call it.
    pub label: &'static str,
    /// What it is good for, in a line.
    pub summary: &'static str,
    /// The ways out that belong together are listed together.
    pub family: &'static str,
    /// The end of the file's name, or the whole name where one is asked for.
    pub file: &'static str,
    /// The media type of the file.
    pub media_type: &'static str,
    /// Whether the request must bring `single.html` of the build, which the model goes into.
    pub needs_shell: bool,
    #[serde(skip)]
    #[cfg_attr(feature = "typescript", ts(skip))]
    write: Write,
}

/// How a form is written.
#[derive(Debug, Clone, Copy)]
enum Write {
    /// Of the model alone.
    Whole(fn(&Artifact) -> Result<Vec<u8>>),
    /// Into a page that the request brings.
    Into(fn(&Artifact, &[u8]) -> Result<Vec<u8>>),
}

const FILE: &str = "A file";
const MLFLOW: &str = "MLflow";
const DATABASE: &str = "A query in a database";
const CODE: &str = "Source code";

/// Every way out.
pub static OUTLETS: &[Outlet] = &[
    Outlet {
        id: "artifact",
        label: "Handlens model",
        summary: "Pipeline, model and metrics in one file, which this page and the command open again. Python reads it with safetensors.",
        family: FILE,
        file: ".safetensors",
        media_type: "application/octet-stream",
        needs_shell: false,
        write: Write::Whole(Artifact::to_bytes),
    },
    Outlet {
        id: "onnx",
        label: "ONNX",
        summary: "Preparation and model in one graph, one input a column, for onnxruntime and every server of ONNX.",
        family: FILE,
        file: ".onnx",
        media_type: "application/octet-stream",
        needs_shell: false,
        write: Write::Whole(|artifact| onnx::write(artifact, onnx::Form::Columns)),
    },
    Outlet {
        id: "onnx-matrix",
        label: "ONNX, one matrix",
        summary: "The same graph with all columns in one input, as MLflow asks for; for models that read numbers alone.",
        family: FILE,
        file: ".onnx",
        media_type: "application/octet-stream",
        needs_shell: false,
        write: Write::Whole(|artifact| onnx::write(artifact, onnx::Form::Matrix)),
    },
    Outlet {
        id: "html",
        label: "One page",
        summary: "A page in one file that answers rows and files by itself, in any browser, without a network.",
        family: FILE,
        file: ".html",
        media_type: "text/html",
        needs_shell: true,
        write: Write::Into(html::write),
    },
    Outlet {
        id: "mlflow",
        label: "MLflow folder",
        summary: "A zip with the folder that MLflow and MLServer serve: ONNX, signature, an example and the commands.",
        family: MLFLOW,
        file: ".mlflow.zip",
        media_type: "application/zip",
        needs_shell: false,
        write: Write::Whole(|artifact| in_folder(artifact, "", mlflow::folder(artifact)?)),
    },
    Outlet {
        id: "mlruns",
        label: "MLflow run",
        summary: "A zip with the training as a run of MLflow: settings, loss curve, metrics, and the model in its registry.",
        family: MLFLOW,
        file: ".mlruns.zip",
        media_type: "application/zip",
        needs_shell: false,
        write: Write::Whole(|artifact| in_folder(artifact, "-mlruns", mlflow::store(artifact)?)),
    },
    of_database("sqlite", "SQLite", |artifact| {
        sql::write(artifact, Dialect::Sqlite)
    }),
    of_database("duckdb", "DuckDB", |artifact| {
        sql::write(artifact, Dialect::DuckDb)
    }),
    of_database("postgresql", "PostgreSQL", |artifact| {
        sql::write(artifact, Dialect::PostgreSql)
    }),
    of_language(
        Language::Python,
        "Python",
        "A module without dependencies, for Python 3.9 and later.",
        "text/x-python",
    ),
    of_language(
        Language::JavaScript,
        "JavaScript",
        "An ES module without dependencies, for any page and for Node.",
        "text/javascript",
    ),
    of_language(
        Language::Rust,
        "Rust",
        "A module without crates.",
        "text/x-rust",
    ),
    of_language(
        Language::C,
        "C",
        "One C11 file, which asks for nothing but the standard library.",
        "text/x-c",
    ),
    of_language(
        Language::Java,
        "Java",
        "One class without dependencies, for Java 17 and later.",
        "text/x-java",
    ),
];

const fn of_database(
    id: &'static str,
    label: &'static str,
    write: fn(&Artifact) -> Result<Vec<u8>>,
) -> Outlet {
    Outlet {
        id,
        label,
        summary: "One query that predicts every row of a table, where it lies.",
        family: DATABASE,
        file: ".sql",
        media_type: "application/sql",
        needs_shell: false,
        write: Write::Whole(write),
    }
}

const fn of_language(
    language: Language,
    label: &'static str,
    summary: &'static str,
    media_type: &'static str,
) -> Outlet {
    Outlet {
        id: language.id(),
        label,
        summary,
        family: CODE,
        file: language.file_name(),
        media_type,
        needs_shell: false,
        write: Write::Whole(match language {
            Language::Python => |artifact| in_language(artifact, Language::Python),
            Language::JavaScript => |artifact| in_language(artifact, Language::JavaScript),
            Language::Rust => |artifact| in_language(artifact, Language::Rust),
            Language::C => |artifact| in_language(artifact, Language::C),
            Language::Java => |artifact| in_language(artifact, Language::Java),
        }),
    }
}

/// A zip that unpacks into one folder, called like the model, with an ending.
fn in_folder(artifact: &Artifact, ending: &str, files: Vec<File>) -> Result<Vec<u8>> {
    let folder = plain(&artifact.name) + ending;
    let files = files.into_iter().map(|file| file.within(&folder));
    zip(&files.collect::<Vec<_>>())
}

fn in_language(artifact: &Artifact, language: Language) -> Result<Vec<u8>> {
    code::write(artifact, language).map(String::into_bytes)
}

/// A model in the form in which it leaves.
#[derive(Debug, Clone, PartialEq)]
pub struct Exported {
    /// A name for the file.
    pub file_name: String,
    /// Its media type.
    pub media_type: &'static str,
    /// The file.
    pub bytes: Vec<u8>,
}

impl Outlet {
    /// The way out of an id.
    ///
    /// # Errors
    /// [`Code::BadSetting`] where there is none, with the list of those there are.
    pub fn find(id: &str) -> Result<&'static Self> {
        let found = OUTLETS.iter().find(|outlet| outlet.id == id);
        found.ok_or_else(|| {
            let ids: Vec<&str> = OUTLETS.iter().map(|outlet| outlet.id).collect();
            let message = format!(
                "There is no form \u{201c}{id}\u{201d} to export to. There are: {}.",
                ids.join(", ")
            );
            Error::new(Code::BadSetting, message).in_field("outlet")
        })
    }

    /// Writes a model in this form; `shell` is read only where the form needs one.
    ///
    /// # Errors
    /// Where this form cannot hold the model; the sentence says why.
    pub fn export(&self, artifact: &Artifact, shell: &[u8]) -> Result<Exported> {
        let file_name = match self.file.strip_prefix('.') {
            Some(ending) => format!("{}.{ending}", plain(&artifact.name)),
            None => self.file.to_owned(),
        };
        Ok(Exported {
            file_name,
            media_type: self.media_type,
            bytes: match self.write {
                Write::Whole(write) => write(artifact)?,
                Write::Into(write) => write(artifact, shell)?,
            },
        })
    }
}

/// A name that is a file name on every system.
pub(super) fn plain(name: &str) -> String {
    let kept = |c: char| {
        if c.is_alphanumeric() || c == '-' || c == '.' {
            c
        } else {
            '_'
        }
    };
    let name: String = name.chars().take(80).map(kept).collect();
    let name = name.trim_matches(['.', '_']);
    if name.is_empty() { "model" } else { name }.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_distinct_and_found() {
        for outlet in OUTLETS {
            assert!(std::ptr::eq(Outlet::find(outlet.id).unwrap(), outlet));
        }
        let error = Outlet::find("pickle").unwrap_err();
        assert!(error.to_string().contains("artifact, onnx"), "{error}");
    }

    #[test]
    fn names_of_files_hold_nothing_that_a_system_refuses() {
        for (name, expected) in [
            ("penguins / knn: 97 %", "penguins___knn__97"),
            ("../../etc/passwd", "etc_passwd"),
            ("\u{202e}\0", "model"),
            ("größe", "größe"),
        ] {
            assert_eq!(plain(name), expected);
        }
    }
}
