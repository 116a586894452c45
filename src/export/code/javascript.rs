//! JavaScript, as an ES module.

use std::fmt::Write;

use super::columns::Cell;
use super::print::{self, BRACES, Syntax};
use super::program::{Numbers, Type, Unary};
use super::{Answers, Source};

pub(super) const SYNTAX: Syntax = Syntax {
    humps: true,
    variable: |_, is_set| if is_set { "let " } else { "const " },
    array: |name, of, len| match of {
        Type::Real => format!("const {name} = new Float64Array({len});"),
        Type::Int => format!("const {name} = new Uint32Array({len});"),
    },
    each: |name, from, to| format!("for (let {name} = {from}; {name} < {to}; {name}++)"),
    unary: |unary, x| match unary {
        Unary::Negative => format!("-{x}"),
        Unary::Not => format!("!{x}"),
        Unary::Abs => format!("Math.abs({x})"),
        Unary::Sqrt => format!("Math.sqrt({x})"),
        Unary::Exp => format!("Math.exp({x})"),
        Unary::Ln => format!("Math.log({x})"),
        Unary::Tanh => format!("Math.tanh({x})"),
        Unary::IsNan => format!("Number.isNaN({x})"),
        Unary::ToReal => x.to_owned(),
        Unary::ToInt => format!("Math.trunc({x})"),
    },
    equal: "===",
    infinity: "Infinity",
    nan: "NaN",
    table: |name, numbers, text| {
        let kind = match numbers {
            Numbers::Reals(_) => "Float64Array",
            Numbers::Ints(_) => "Uint32Array",
        };
        format!("const {name} = {kind}.of(\n{text}\n);\n")
    },
    ..BRACES
};

/// The whole module.
pub(super) fn write(source: &Source) -> String {
    let mut text = String::new();
    for line in &source.about {
        let _ = writeln!(text, "// {}", print::remark(line));
    }
    text.push_str("// Answers one row: predict({ column: value, ... }). A missing value is null, undefined or \"\".\n\n");
    let columns = source.cells.iter().map(column).collect::<String>();
    let _ = write!(
        text,
        "/** For each column its name, the levels of a category (null for a number), what a gap is read as,\n *  whether a row with a gap has an answer, and what an unknown level is read as (null: it is refused). */\nconst COLUMNS = [\n{columns}];\n"
    );
    if let Answers::Classes(labels) = source.answers {
        let labels = print::wrapped(labels.iter().map(|label| string(label)));
        let _ = write!(
            text,
            "/** The classes, in the order of the probabilities. */\nexport const CLASSES = [\n{labels}\n];\n"
        );
    }
    text.push_str(&print::tables(&source.program, &SYNTAX));
    text.push_str(READ);
    let _ = write!(
        text,
        "\n/** The numbers of the answer for cells that were read. */\nexport function score(cells) {{\n    const out = new Float64Array({});\n{}    return out;\n}}\n\n/** The answer for one row; null where a gap leaves it without one. Throws where a value is of no use. */\nexport function predict(record) {{\n    const cells = read(record);\n    if (cells === null) return null;\n    const out = score(cells);\n{}}}\n",
        source.program.n_out,
        print::body(&source.program, &SYNTAX, 1),
        answer(source.answers),
    );
    text
}

fn answer(answers: Answers) -> &'static str {
    match answers {
        Answers::Classes(_) => {
            "    const probabilities = new Map(CLASSES.map((label, at) => [label, out[at + 1]]));\n    return { prediction: CLASSES[out[0]], probabilities };\n"
        }
        Answers::Value | Answers::Cluster => "    return { prediction: out[0] };\n",
        Answers::Place => "    return { coordinates: out };\n",
        Answers::Anomaly => "    return { prediction: out[0] === 1, score: out[1] };\n",
    }
}

fn column(cell: &Cell) -> String {
    let levels = cell.levels.as_ref().map_or("null".to_owned(), |levels| {
        let levels: Vec<String> = levels.iter().map(|level| string(level)).collect();
        format!("[{}]", levels.join(", "))
    });
    let unseen = cell.unseen.map_or("null".to_owned(), |v| format!("{v:?}"));
    format!(
        "    [{}, {levels}, {:?}, {}, {unseen}],\n",
        string(&cell.name),
        cell.gap,
        cell.keeps_gap
    )
}

/// A text as a literal.
fn string(text: &str) -> String {
    let mut literal = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => literal.extend(['\\', c]),
            // No tag can begin, should the module be set into a page.
            '<' => literal.push_str("\\u003c"),
            ' '..='~' => literal.push(c),
            c => {
                let _ = write!(literal, "\\u{{{:x}}}", c as u32);
            }
        }
    }
    literal.push('"');
    literal
}

const READ: &str = r#"
function toText(value) {
    return typeof value === "string" ? value : String(value);
}

function toNumber(name, value) {
    const number = Number(value);
    if (!Number.isFinite(number)) throw new Error(`column ${JSON.stringify(name)} needs a number, found ${JSON.stringify(value)}`);
    return number;
}

/** The cells of a row; null where a gap leaves it without an answer. */
export function read(record) {
    const cells = new Float64Array(COLUMNS.length);
    for (const [at, [name, levels, gap, keepsGap, unseen]] of COLUMNS.entries()) {
        if (!Object.hasOwn(record, name)) throw new Error(`column ${JSON.stringify(name)} is missing`);
        const given = record[name];
        const value = typeof given === "string" ? given.trim() : given;
        if (value === null || value === undefined || value === "" || Number.isNaN(value)) {
            if (!keepsGap) return null;
            cells[at] = gap;
        } else if (levels === null) {
            cells[at] = toNumber(name, value);
        } else {
            const level = levels.indexOf(toText(value));
            if (level < 0 && unseen === null)
                throw new Error(`column ${JSON.stringify(name)} has the level ${JSON.stringify(value)}, which the training rows did not have`);
            cells[at] = level < 0 ? unseen : level;
        }
    }
    return cells;
}
"#;
