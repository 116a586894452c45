//! Python, from 3.9 on.

use std::fmt::Write;

use super::columns::Cell;
use super::print::{self, Syntax};
use super::program::{Numbers, Type, Unary};
use super::{Answers, Source};

pub(super) const SYNTAX: Syntax = Syntax {
    comment: "#",
    open: ":",
    close: "",
    end: "",
    humps: false,
    variable: |_, _| "",
    typed: |_| "",
    array: |name, of, len| match of {
        Type::Real => format!("{name} = [0.0] * {len}"),
        Type::Int => format!("{name} = [0] * {len}"),
    },
    each: |name, from, to| match from {
        "0" => format!("for {name} in range({to})"),
        _ => format!("for {name} in range({from}, {to})"),
    },
    during: |condition| format!("while {condition}"),
    when: |condition| format!("if {condition}"),
    otherwise: "else",
    select: |condition, then, otherwise| format!("({then} if {condition} else {otherwise})"),
    unary: |unary, x| match unary {
        Unary::Negative => format!("-{x}"),
        Unary::Not => format!("(not {x})"),
        Unary::Abs => format!("abs({x})"),
        Unary::Sqrt => format!("math.sqrt({x})"),
        Unary::Exp => format!("_exp({x})"),
        Unary::Ln => format!("math.log({x})"),
        Unary::Tanh => format!("math.tanh({x})"),
        Unary::IsNan => format!("math.isnan({x})"),
        Unary::ToReal => format!("float({x})"),
        Unary::ToInt => format!("int({x})"),
    },
    and: "and",
    or: "or",
    equal: "==",
    infinity: "math.inf",
    nan: "math.nan",
    int_entry: |name, index| format!("{name}[{index}]"),
    table: |name, _: &Numbers, text| format!("{name} = (\n{text}\n)\n"),
};

/// The whole module.
pub(super) fn write(source: &Source) -> String {
    let mut text = String::new();
    let about = source.about.iter().map(|line| print::remark(line));
    let about: Vec<String> = about.map(|line| line.replace('"', "'")).collect();
    let _ = write!(
        text,
        "\"\"\"{}\n\nAnswers one row: predict({{\"column\": value, ...}}). A missing value is None or \"\".\n\"\"\"\n\nimport math\n\n",
        about.join("\n")
    );
    let columns = source.cells.iter().map(column).collect::<String>();
    let _ = write!(
        text,
        "# For each column: its name, the levels of a category (None for a number), what a gap is read as,\n# whether a row with a gap has an answer, and what an unknown level is read as (None: it is refused).\nCOLUMNS = (\n{columns})\n"
    );
    if let Answers::Classes(labels) = source.answers {
        let labels = print::wrapped(labels.iter().map(|label| string(label)));
        let _ = write!(text, "CLASSES = (\n{labels}\n)\n");
    }
    text.push_str(&print::tables(&source.program, &SYNTAX));
    text.push_str(READ);
    let _ = write!(
        text,
        "\n\ndef score(cells):\n    \"\"\"The numbers of the answer for cells that were read.\"\"\"\n    out = [0.0] * {}\n{}    return out\n\n\ndef predict(record):\n    \"\"\"The answer for one row; None where a gap leaves it without one.\n\n    Raises ValueError for a value that is of no use, and KeyError for a missing column.\n    \"\"\"\n    cells = read(record)\n    if cells is None:\n        return None\n    out = score(cells)\n{}",
        source.program.n_out,
        print::body(&source.program, &SYNTAX, 1),
        answer(source.answers),
    );
    text
}

fn answer(answers: Answers) -> &'static str {
    match answers {
        Answers::Classes(_) => {
            "    return {\"prediction\": CLASSES[int(out[0])], \"probabilities\": dict(zip(CLASSES, out[1:]))}\n"
        }
        Answers::Value => "    return {\"prediction\": out[0]}\n",
        Answers::Cluster => "    return {\"prediction\": int(out[0])}\n",
        Answers::Place => "    return {\"coordinates\": out}\n",
        Answers::Anomaly => "    return {\"prediction\": out[0] == 1.0, \"score\": out[1]}\n",
    }
}

fn column(cell: &Cell) -> String {
    let levels = cell.levels.as_ref().map_or("None".to_owned(), |levels| {
        let levels: Vec<String> = levels.iter().map(|level| string(level)).collect();
        format!("({},)", levels.join(", "))
    });
    let gap = if cell.gap.is_nan() {
        "math.nan".to_owned()
    } else {
        format!("{:?}", cell.gap)
    };
    let keeps = if cell.keeps_gap { "True" } else { "False" };
    let unseen = cell.unseen.map_or("None".to_owned(), |v| format!("{v:?}"));
    format!(
        "    ({}, {levels}, {gap}, {keeps}, {unseen}),\n",
        string(&cell.name)
    )
}

/// A text as a literal.
fn string(text: &str) -> String {
    let mut literal = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => literal.extend(['\\', c]),
            ' '..='~' => literal.push(c),
            c if (c as u32) < 0x1_0000 => {
                let _ = write!(literal, "\\u{:04x}", c as u32);
            }
            c => {
                let _ = write!(literal, "\\U{:08x}", c as u32);
            }
        }
    }
    literal.push('"');
    literal
}

const READ: &str = r#"

def _exp(x):
    return math.exp(x) if x < 709.0 else math.inf


def _text(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _number(name, value):
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.inf
    if math.isinf(number):
        raise ValueError(f"column {name!r} needs a number, found {value!r}")
    return number


def read(record):
    """The cells of a row; None where a gap leaves it without an answer."""
    cells = []
    for name, levels, gap, keeps_gap, unseen in COLUMNS:
        value = record[name]
        if isinstance(value, str):
            value = value.strip()
        if value is None or value == "" or value != value:
            if not keeps_gap:
                return None
            cells.append(gap)
        elif levels is None:
            cells.append(_number(name, value))
        elif _text(value) in levels:
            cells.append(float(levels.index(_text(value))))
        elif unseen is None:
            raise ValueError(f"column {name!r} has the level {value!r}, which the training rows did not have")
        else:
            cells.append(unseen)
    return cells
"#;
