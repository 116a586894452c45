//! Rust, without crates.

use std::fmt::Write;

use super::columns::Cell;
use super::print::{self, Syntax};
use super::program::{Numbers, Type, Unary};
use super::{Answers, Source};

pub(super) const SYNTAX: Syntax = Syntax {
    comment: "//",
    open: " {",
    close: "}",
    end: ";",
    humps: false,
    variable: |_, is_set| if is_set { "let mut " } else { "let " },
    typed: |of| match of {
        Type::Real => ": f64",
        Type::Int => ": usize",
    },
    array: |name, of, len| match of {
        Type::Real => format!("let mut {name} = [0.0_f64; {len}];"),
        Type::Int => format!("let mut {name} = [0_usize; {len}];"),
    },
    each: |name, from, to| format!("for {name} in {from}..{to}"),
    during: |condition| format!("while {condition}"),
    when: |condition| format!("if {condition}"),
    otherwise: "} else",
    select: |condition, then, otherwise| {
        format!("(if {condition} {{ {then} }} else {{ {otherwise} }})")
    },
    unary: |unary, x| match unary {
        Unary::Negative => format!("-{x}"),
        Unary::Not => format!("!{x}"),
        Unary::Abs => format!("f64::abs({x})"),
        Unary::Sqrt => format!("f64::sqrt({x})"),
        Unary::Exp => format!("f64::exp({x})"),
        Unary::Ln => format!("f64::ln({x})"),
        Unary::Tanh => format!("f64::tanh({x})"),
        Unary::IsNan => format!("f64::is_nan({x})"),
        Unary::ToReal => format!("(({x}) as f64)"),
        Unary::ToInt => format!("(({x}) as usize)"),
    },
    and: "&&",
    or: "||",
    equal: "==",
    infinity: "f64::INFINITY",
    nan: "f64::NAN",
    int_entry: |name, index| format!("({name}[{index}] as usize)"),
    table: |name, numbers, text| {
        let kind = match numbers {
            Numbers::Reals(_) => "f64",
            Numbers::Ints(_) => "u32",
        };
        format!(
            "static {name}: [{kind}; {}] = [\n{text}\n];\n",
            numbers.len()
        )
    },
};

/// The whole module.
pub(super) fn write(source: &Source) -> String {
    let mut text = String::new();
    for line in &source.about {
        let _ = writeln!(text, "//! {}", print::remark(line));
    }
    text.push_str(HEAD);
    let columns = source.cells.iter().map(column).collect::<String>();
    let n = source.cells.len();
    let _ = write!(
        text,
        "\n/// The columns, in the order of the cells.\npub static COLUMNS: [Column; {n}] = [\n{columns}];\n"
    );
    if let Answers::Classes(labels) = source.answers {
        let n = labels.len();
        let labels = print::wrapped(labels.iter().map(|label| string(label)));
        let _ = write!(
            text,
            "/// The classes, in the order of the probabilities.\npub static CLASSES: [&str; {n}] = [\n{labels}\n];\n"
        );
    }
    text.push_str(&print::tables(&source.program, &SYNTAX));
    text.push_str(READ);
    let (kind, answer) = answer(source.answers);
    let n_out = source.program.n_out;
    let _ = write!(
        text,
        "\n/// The numbers of the answer for cells that were read.\n#[allow(unused, clippy::all)]\npub fn score(cells: &[f64; {n}]) -> [f64; {n_out}] {{\n    let mut out = [0.0; {n_out}];\n{}    out\n}}\n{kind}\n/// The answer for one row, as text cells in the order of [`COLUMNS`] (`None` and \"\" are gaps);\n/// `None` where a gap leaves it without one.\n///\n/// # Errors\n/// A sentence for a cell that is of no use.\npub fn predict(row: &[Option<&str>; {n}]) -> Result<Option<Answer>, String> {{\n    let Some(cells) = read(row)? else {{\n        return Ok(None);\n    }};\n    let out = score(&cells);\n    Ok(Some({answer}))\n}}\n",
        print::body(&source.program, &SYNTAX, 1),
    );
    text
}

fn answer(answers: Answers) -> (&'static str, &'static str) {
    match answers {
        Answers::Classes(_) => (
            "\n/// A class, and how probable each is.\n#[derive(Debug, Clone)]\npub struct Answer {\n    pub prediction: &'static str,\n    pub probabilities: Vec<f64>,\n}\n",
            "Answer {\n        prediction: CLASSES[out[0] as usize],\n        probabilities: out[1..].to_vec(),\n    }",
        ),
        Answers::Value => (
            "\n/// A number.\n#[derive(Debug, Clone)]\npub struct Answer {\n    pub prediction: f64,\n}\n",
            "Answer { prediction: out[0] }",
        ),
        Answers::Cluster => (
            "\n/// A cluster; -1 is none.\n#[derive(Debug, Clone)]\npub struct Answer {\n    pub prediction: i64,\n}\n",
            "Answer {\n        prediction: out[0] as i64,\n    }",
        ),
        Answers::Place => (
            "\n/// A place.\n#[derive(Debug, Clone)]\npub struct Answer {\n    pub coordinates: Vec<f64>,\n}\n",
            "Answer {\n        coordinates: out.to_vec(),\n    }",
        ),
        Answers::Anomaly => (
            "\n/// Whether the row is unusual, and how much.\n#[derive(Debug, Clone)]\npub struct Answer {\n    pub prediction: bool,\n    pub score: f64,\n}\n",
            "Answer {\n        prediction: out[0] == 1.0,\n        score: out[1],\n    }",
        ),
    }
}

fn column(cell: &Cell) -> String {
    let levels = cell.levels.as_ref().map_or("None".to_owned(), |levels| {
        let levels: Vec<String> = levels.iter().map(|level| string(level)).collect();
        format!("Some(&[{}])", levels.join(", "))
    });
    let gap = if cell.gap.is_nan() {
        "f64::NAN".to_owned()
    } else {
        format!("{:?}", cell.gap)
    };
    let unseen = cell
        .unseen
        .map_or("None".to_owned(), |v| format!("Some({v:?})"));
    format!(
        "    Column {{ name: {}, levels: {levels}, gap: {gap}, keeps_gap: {}, unseen: {unseen} }},\n",
        string(&cell.name),
        cell.keeps_gap
    )
}

/// A text as a literal.
fn string(text: &str) -> String {
    let mut literal = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => literal.extend(['\\', c]),
            ' '..='~' => literal.push(c),
            c => {
                let _ = write!(literal, "\\u{{{:x}}}", c as u32);
            }
        }
    }
    literal.push('"');
    literal
}

const HEAD: &str = r#"
/// How a column is read.
#[derive(Debug)]
pub struct Column {
    pub name: &'static str,
    /// The levels of a category; `None` for a number.
    pub levels: Option<&'static [&'static str]>,
    /// What a gap is read as.
    pub gap: f64,
    /// Whether a row with a gap has an answer.
    pub keeps_gap: bool,
    /// What an unknown level is read as; `None`: it is refused.
    pub unseen: Option<f64>,
}
"#;

const READ: &str = r#"
fn read<const N: usize>(row: &[Option<&str>; N]) -> Result<Option<[f64; N]>, String> {
    let mut cells = [0.0; N];
    for ((cell, column), value) in cells.iter_mut().zip(&COLUMNS).zip(row) {
        let name = column.name;
        *cell = match (value.map(str::trim).filter(|text| !text.is_empty()), column.levels) {
            (None, _) if !column.keeps_gap => return Ok(None),
            (None, _) => column.gap,
            (Some(text), None) => match text.parse::<f64>() {
                Ok(number) if number.is_finite() => number,
                _ => return Err(format!("column {name:?} needs a number, found {text:?}")),
            },
            (Some(text), Some(levels)) => {
                let level = levels.iter().position(|level| *level == text);
                match level.map(|level| level as f64).or(column.unseen) {
                    Some(value) => value,
                    None => {
                        return Err(format!(
                            "column {name:?} has the level {text:?}, which the training rows did not have"
                        ));
                    }
                }
            }
        };
    }
    Ok(Some(cells))
}
"#;
