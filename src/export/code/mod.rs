//! A model as source code without dependencies: pipeline, model and checks of the input in one
//! file, in the language of the program that will use it.
//!
//! The arithmetic is written once, as a [`Program`], and printed in every language; what reads
//! cells is written by hand in each. The order of operations is that of the program, so answers
//! differ between languages by their elementary functions alone, in the last digits.

mod block;
mod c;
mod columns;
mod java;
mod javascript;
mod lower;
mod print;
mod program;
mod python;
mod run;
mod rust;

use self::columns::Cell;
use crate::error::{Code, Error, Result};
use crate::export::Artifact;
use crate::prepare::Task;

pub use block::{Array, Block};
pub use lower::lower;
pub use program::{Binary, Expr, Numbers, Program, Statement, Table, Type, Unary};

/// A language that is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Python 3.
    Python,
    /// An ES module.
    JavaScript,
    /// Rust.
    Rust,
    /// C11.
    C,
    /// Java 17.
    Java,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Python,
        Self::JavaScript,
        Self::Rust,
        Self::C,
        Self::Java,
    ];

    /// The id, which is the name in lower case.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Python => "python",
            Self::JavaScript => "javascript",
            Self::Rust => "rust",
            Self::C => "c",
            Self::Java => "java",
        }
    }

    /// The language of an id.
    pub fn find(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.id() == id)
    }

    /// The name of the file; Java asks for that of the class.
    pub const fn file_name(self) -> &'static str {
        match self {
            Self::Python => "model.py",
            Self::JavaScript => "model.mjs",
            Self::Rust => "model.rs",
            Self::C => "model.c",
            Self::Java => "HandlensModel.java",
        }
    }
}

/// What a model answers.
#[derive(Debug, Clone, Copy)]
enum Answers<'a> {
    /// One of these classes, and how probable each is.
    Classes(&'a [String]),
    Value,
    Cluster,
    Place,
    Anomaly,
}

/// All that a language prints.
struct Source<'a> {
    /// What the file is, line by line.
    about: Vec<String>,
    cells: Vec<Cell>,
    answers: Answers<'a>,
    program: Program,
}

impl<'a> Source<'a> {
    fn new(artifact: &'a Artifact) -> Result<Self> {
        let answers = match artifact.task {
            Task::Classification => Answers::Classes(artifact.pipeline.labels()),
            Task::Regression => Answers::Value,
            Task::Clustering => Answers::Cluster,
            Task::Projection => Answers::Place,
            Task::Anomaly => Answers::Anomaly,
        };
        Ok(Self {
            about: about(artifact),
            cells: columns::cells(artifact)?,
            answers,
            program: lower(artifact)?,
        })
    }
}

fn about(artifact: &Artifact) -> Vec<String> {
    let target = artifact.pipeline.target();
    let what = target.map_or(String::new(), |target| {
        format!(", predicts {}", target.name)
    });
    vec![
        format!("{}: {}{what}.", artifact.name, artifact.algorithm),
        format!(
            "Learnt from {} rows of {}, seed {}; written by Handlens {}.",
            artifact.provenance.n_train,
            artifact.provenance.table,
            artifact.provenance.seed,
            artifact.provenance.version
        ),
    ]
}

/// Writes the model as source code.
///
/// # Errors
/// As [`lower`]; and [`Code::BadSetting`] for a model without columns.
pub fn write(artifact: &Artifact, language: Language) -> Result<String> {
    let source = Source::new(artifact)?;
    if source.cells.is_empty() {
        return Err(Error::new(Code::BadSetting, "The model reads no columns."));
    }
    Ok(match language {
        Language::Python => python::write(&source),
        Language::JavaScript => javascript::write(&source),
        Language::Rust => rust::write(&source),
        Language::C => c::write(&source),
        Language::Java => java::write(&source),
    })
}
