//! The command line, declared: arguments, help and examples.

use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use handlens::data::{ColumnType, Encoding, Format, ReadOptions};
use handlens::export::OUTLETS;
use handlens::prepare::Task;
use handlens::protocol::{default_seed, default_test_size};
use serde::de::DeserializeOwned;

/// Machine learning from a raw table to a model in use, on this machine alone
///
/// The same core as the page of Handlens: what is trained here opens there, bit for bit.
#[derive(Parser)]
#[command(
    name = "handlens",
    version,
    arg_required_else_help = true,
    after_help = "A first round:
  handlens describe sample:penguins
  handlens train sample:penguins --target species --algorithm logistic --out penguins.safetensors
  handlens predict penguins.safetensors sample:penguins

Exit codes: 0 done, 1 the input is at fault, 2 wrong usage."
)]
pub struct Cli {
    /// What to do
    #[command(subcommand)]
    pub command: Command,
    /// Write JSON, for programs; errors too, on standard error
    #[arg(long, global = true)]
    pub json: bool,
}

/// The commands.
#[derive(Subcommand)]
pub enum Command {
    /// Tell what is in a table: how it is written, types, values, and what is dubious
    #[command(after_help = "Example:\n  handlens describe measurements.csv")]
    Describe(Data),
    /// Write a table as CSV, JSON or Parquet, as it was read
    #[command(after_help = "Examples:
  handlens convert messy.csv --to csv > clean.csv
  handlens convert sample:iris --to parquet --out iris.parquet

With --json and --out a summary is printed in JSON. Cells keep their text in CSV (1.50 stays 1.50). In Parquet numbers are DOUBLE, or INT64 where all
are whole; words are UTF-8; what is missing is null.")]
    Convert(Convert),
    /// Learn from a table and write the model to a file
    #[command(after_help = "Examples:
  handlens train houses.csv --target price --algorithm linear
  handlens train sample:wine --target cultivar --algorithm knn -p n_neighbors=7 -p scale=robust
  handlens train sample:iris --algorithm kmeans -p n_clusters=3 --out groups.safetensors

`handlens algorithms` lists every algorithm and every name that -p takes.")]
    Train(Train),
    /// Predict every row of a table, as CSV: `prediction`, then `p_<class>`
    #[command(
        after_help = "Example:\n  handlens predict model.safetensors new.csv --out predicted.csv"
    )]
    Predict(Predict),
    /// Judge a model on a table that has the right answers
    #[command(after_help = "Example:\n  handlens evaluate model.safetensors later.csv")]
    Evaluate(Evaluate),
    /// Tell everything there is to know of a model, or what a Python pickle would run
    #[command(after_help = "Examples:
  handlens inspect model.safetensors --json
  handlens inspect model.pkl --operations")]
    Inspect(Inspect),
    /// Write a model in a form that other programs use
    #[command(after_help = "Examples:
  handlens export model.safetensors --to python --out model.py
  handlens export model.safetensors --to c > model.c")]
    Export(Export),
    /// Record a model and its training with an MLflow server
    #[command(after_help = "Example:
  handlens push model.safetensors --mlflow http://127.0.0.1:5000

A run with settings, loss curve, metrics and the model's folder; then a new version of the registered
model, to which the alias moves: models:/NAME@champion.")]
    Push(Push),
    /// List the algorithms, their tasks and everything that -p can set
    #[command(after_help = "Example:\n  handlens algorithms knn")]
    Algorithms(Algorithms),
    /// Keep models in one SQLite file: names, versions, aliases and who set them when and why
    #[command(after_help = "Examples:
  handlens models add kept.db penguins.safetensors --name penguins --alias champion --why 'first'
  handlens models promote kept.db penguins 2 champion --why 'better on unseen rows'
  handlens models compare kept.db penguins 1 2 --data later.csv
  handlens models get kept.db penguins champion --out penguins.safetensors")]
    Models(crate::commands::models::Models),
    /// Serve models over REST, and the page, on this machine
    #[command(after_help = "Examples:
  handlens serve penguins.safetensors
  handlens serve price=model.safetensors --site www/dist --port 8080
  handlens serve --db kept.db
  handlens serve model.safetensors --allow-origin https://lab.example --api-keys keys.txt

POST /predict takes {\"model\": name, \"data\": [{column: value}]}. The Open Inference Protocol is
under /v2, MLflow's scoring at /invocations (of the first model), a description at /openapi.json,
and a page that tries all of it at /docs.")]
    Serve(Serve),
}

/// A table and how to read it.
#[derive(Args)]
pub struct Data {
    /// A CSV or JSON file, `-` for standard input, or `sample:iris` for a table that is shipped
    pub data: String,
    #[command(flatten)]
    pub reading: Reading,
}

/// What the user knows about a file; the rest is guessed.
#[derive(Args)]
#[command(next_help_heading = "Reading (guessed where not said)")]
pub struct Reading {
    /// What kind of text it is
    #[arg(long, value_name = "FORMAT", value_parser = wire::<Format>(&["csv", "json"]))]
    format: Option<Format>,
    /// How bytes stand for characters: utf-8, utf-16, latin1, …
    #[arg(long, value_name = "NAME", value_parser = encoding)]
    encoding: Option<Encoding>,
    /// What separates cells, such as `;` or `tab`
    #[arg(long, value_name = "CHARACTER", value_parser = character)]
    delimiter: Option<char>,
    /// What encloses cells
    #[arg(long, value_name = "CHARACTER", value_parser = character)]
    quote: Option<char>,
    /// Whether the first line names the columns
    #[arg(long, value_name = "true|false")]
    header: Option<bool>,
    /// Whether numbers are written 1,5
    #[arg(long, value_name = "true|false")]
    decimal_comma: Option<bool>,
    /// The type of a column: number, category, boolean or text
    #[arg(long = "type", value_name = "COLUMN=TYPE", value_parser = typed)]
    types: Vec<(String, ColumnType)>,
}

impl Reading {
    /// The same as the core takes it.
    pub fn options(&self) -> ReadOptions {
        ReadOptions {
            name: None,
            format: self.format,
            encoding: self.encoding,
            delimiter: self.delimiter,
            quote: self.quote,
            has_header: self.header,
            decimal_comma: self.decimal_comma,
            types: self.types.iter().cloned().collect(),
            formula_safe: false,
        }
    }
}

/// `handlens convert`
#[derive(Args)]
pub struct Convert {
    #[command(flatten)]
    pub data: Data,
    /// The format to write
    #[arg(long, value_name = "FORMAT")]
    pub to: Target,
    /// Where to write; standard output where not said
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Put an apostrophe before text that a spreadsheet would run as a formula (CSV only)
    #[arg(long)]
    pub formula_safe: bool,
}

/// A format that can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Target {
    /// Comma-separated values by RFC 4180
    Csv,
    /// A list of records
    Json,
    /// Apache Parquet
    Parquet,
}

/// `handlens train`
#[derive(Args)]
pub struct Train {
    #[command(flatten)]
    pub data: Data,
    /// The column to predict; none for clustering, projection and anomalies
    #[arg(long, value_name = "COLUMN")]
    pub target: Option<String>,
    /// What to train, such as knn, logistic, linear, mlp or kmeans
    #[arg(long, value_name = "ID")]
    pub algorithm: String,
    /// A hyperparameter of the algorithm or a step of the recipe; may be given several times
    #[arg(short = 'p', value_name = "NAME=VALUE")]
    pub parameters: Vec<String>,
    /// What to learn; follows from target and algorithm where not said
    #[arg(long, value_name = "TASK", value_parser = wire::<Task>(TASKS))]
    pub task: Option<Task>,
    /// Decides the split and every other draw: same seed, same model
    #[arg(long, value_name = "N", default_value_t = default_seed())]
    pub seed: u32,
    /// Share of rows kept unseen to judge the model by; 0 for none
    #[arg(long, value_name = "F", default_value_t = default_test_size(), value_parser = share)]
    pub test_size: f64,
    /// Where to write the model; model.safetensors in this folder where not said
    #[arg(short, long, value_name = "MODEL")]
    pub out: Option<PathBuf>,
    /// How columns are prepared, as JSON: {"settings": {…}, "columns": {…}}; -p goes before it
    #[arg(long, value_name = "FILE")]
    pub recipe: Option<PathBuf>,
}

const TASKS: &[&str] = &[
    "classification",
    "regression",
    "clustering",
    "projection",
    "anomaly",
];

/// `handlens predict`
#[derive(Args)]
pub struct Predict {
    /// A model written by `handlens train` or by the page
    pub model: PathBuf,
    #[command(flatten)]
    pub data: Data,
    /// Where to write; standard output where not said
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Repeat the columns of the table before the predictions
    #[arg(long)]
    pub with_input: bool,
    /// Put an apostrophe before text that a spreadsheet would run as a formula
    #[arg(long)]
    pub formula_safe: bool,
}

/// `handlens evaluate`
#[derive(Args)]
pub struct Evaluate {
    /// A model written by `handlens train` or by the page
    pub model: PathBuf,
    #[command(flatten)]
    pub data: Data,
}

/// `handlens inspect`
#[derive(Args)]
pub struct Inspect {
    /// A model written by `handlens train` or by the page; or a pickle (.pkl, .pickle, .joblib),
    /// which is listed and never opened
    pub model: PathBuf,
    /// List the operations of a pickle one by one
    #[arg(long)]
    pub operations: bool,
}

/// `handlens export`
#[derive(Args)]
pub struct Export {
    /// A model written by `handlens train` or by the page
    pub model: PathBuf,
    /// The form
    #[arg(long, value_name = "FORM", value_parser = PossibleValuesParser::new(OUTLETS.iter().map(|outlet| PossibleValue::new(outlet.id).help(outlet.summary))))]
    pub to: String,
    /// Where to write; standard output where not said
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// `handlens push`
#[derive(Args)]
pub struct Push {
    /// A model written by `handlens train` or by the page
    pub model: PathBuf,
    /// The tracking server
    #[arg(long, value_name = "ADDRESS")]
    pub mlflow: String,
    /// The experiment; the name of the table where not said
    #[arg(long, value_name = "NAME")]
    pub experiment: Option<String>,
    /// The registered model; the name of the model where not said
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// The alias that moves to the new version
    #[arg(long, default_value = "champion")]
    pub alias: String,
}

/// `handlens algorithms`
#[derive(Args)]
pub struct Algorithms {
    /// Only this one
    #[arg(value_name = "ID")]
    pub id: Option<String>,
}

/// `handlens serve`
#[derive(Args)]
pub struct Serve {
    /// Models to answer requests with, under the names of their files or those given
    #[arg(value_name = "[NAME=]MODEL", value_parser = served_model)]
    pub models: Vec<ServedModel>,
    /// A file of models: NAME asks the champion, or where there is none the newest version; NAME:ALIAS
    /// and NAME@VERSION ask any; changes of the file are followed
    #[arg(long, value_name = "FILE")]
    pub db: Option<PathBuf>,
    /// The address to listen at; the default is reached from this machine only
    #[arg(long, default_value = "127.0.0.1")]
    pub host: String,
    /// The port to listen at; 0 takes a free one
    #[arg(long, default_value_t = 8080)]
    pub port: u16,
    /// The folder of the built page
    #[arg(long, value_name = "DIR")]
    pub site: Option<PathBuf>,
    /// Let pages of this origin ask, such as https://lab.example; may be given several times
    #[arg(long = "allow-origin", value_name = "ORIGIN")]
    pub origins: Vec<String>,
    /// Answer only who sends a key of this file, one a line, as Authorization: Bearer KEY
    #[arg(long, value_name = "FILE")]
    pub api_keys: Option<PathBuf>,
    /// The certificate to serve with, and its chain, in PEM form; then by https only
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// The private key of the certificate, in PEM form
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// Seconds after which an answer that has not begun is given up
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub timeout: u64,
    /// Requests answered at once; more are told to come again
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=4096))]
    pub most_requests: u32,
}

/// A model to serve.
#[derive(Debug, Clone)]
pub struct ServedModel {
    /// The name in paths.
    pub name: String,
    /// The file.
    pub path: PathBuf,
}

/// Parses `NAME=MODEL` or `MODEL`. A path with an equals sign needs a name before it.
fn served_model(text: &str) -> Result<ServedModel, String> {
    if let Some((name, path)) = text.split_once('=') {
        return Ok(ServedModel {
            name: name.to_owned(),
            path: path.into(),
        });
    }
    let path = PathBuf::from(text);
    let stem = path.file_stem().ok_or("give the file of a model")?;
    Ok(ServedModel {
        name: stem.to_string_lossy().into_owned(),
        path,
    })
}

/// Parses one of the core's wire names.
fn wire<T>(names: &'static [&'static str]) -> impl TypedValueParser<Value = T>
where
    T: DeserializeOwned + Clone + Send + Sync + 'static,
{
    PossibleValuesParser::new(names).try_map(|name| serde_json::from_value(name.into()))
}

fn encoding(name: &str) -> Result<Encoding, String> {
    Encoding::from_name(name)
        .ok_or_else(|| "known are utf-8, utf-16le, utf-16be and windows-1252 (latin1)".into())
}

fn character(text: &str) -> Result<char, String> {
    let mut characters = text.chars();
    match (text, characters.next(), characters.next()) {
        ("tab" | "\\t", ..) => Ok('\t'),
        ("space", ..) => Ok(' '),
        (_, Some(character), None) => Ok(character),
        _ => Err("give one character, or `tab` or `space`".into()),
    }
}

fn typed(text: &str) -> Result<(String, ColumnType), String> {
    let wanted = || "give COLUMN=TYPE with a type of number, category, boolean or text";
    // A column name may hold an equals sign; a type cannot.
    let (column, name) = text.rsplit_once('=').ok_or_else(wanted)?;
    let column_type = serde_json::from_value(name.into()).map_err(|_| wanted())?;
    Ok((column.to_owned(), column_type))
}

fn share(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(share) if (0.0..=0.9).contains(&share) => Ok(share),
        _ => Err("give a share of the rows from 0 (none) to 0.9".into()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::Cli;

    #[test]
    fn the_declaration_has_no_contradictions() {
        Cli::command().debug_assert();
    }
}
