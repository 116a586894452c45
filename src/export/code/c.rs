//! C11, with its mathematical library.

use std::fmt::Write;

use super::columns::Cell;
use super::print::{self, BRACES, Syntax};
use super::program::{Numbers, Type, Unary};
use super::{Answers, Source};

pub(super) const SYNTAX: Syntax = Syntax {
    variable: |of, is_set| match (of, is_set) {
        (Type::Real, true) => "double ",
        (Type::Real, false) => "const double ",
        (Type::Int, true) => "int ",
        (Type::Int, false) => "const int ",
    },
    array: |name, of, len| match of {
        Type::Real => format!("double {name}[{len}] = {{0.0}};"),
        Type::Int => format!("int {name}[{len}] = {{0}};"),
    },
    unary: |unary, x| match unary {
        Unary::Negative => format!("-{x}"),
        Unary::Not => format!("!{x}"),
        Unary::Abs => format!("fabs({x})"),
        Unary::Sqrt => format!("sqrt({x})"),
        Unary::Exp => format!("exp({x})"),
        Unary::Ln => format!("log({x})"),
        Unary::Tanh => format!("tanh({x})"),
        Unary::IsNan => format!("isnan({x})"),
        Unary::ToReal => format!("(double)({x})"),
        Unary::ToInt => format!("(int)({x})"),
    },
    infinity: "INFINITY",
    nan: "NAN",
    table: |name, numbers, text| {
        let kind = match numbers {
            Numbers::Reals(_) => "double",
            Numbers::Ints(_) => "int",
        };
        format!("static const {kind} {name}[] = {{\n{text}\n}};\n")
    },
    ..BRACES
};

/// The whole file.
pub(super) fn write(source: &Source) -> String {
    let mut text = String::new();
    for line in &source.about {
        let _ = writeln!(text, "// {}", print::remark(line));
    }
    text.push_str(HEAD);
    for (at, cell) in source.cells.iter().enumerate() {
        if let Some(levels) = &cell.levels {
            let levels = print::wrapped(levels.iter().map(|level| string(level)));
            let _ = write!(
                text,
                "static const char *const LEVELS_OF_{at}[] = {{\n{levels}\n}};\n"
            );
        }
    }
    let columns: String = source.cells.iter().enumerate().map(column).collect();
    let (n, n_out) = (source.cells.len(), source.program.n_out);
    let _ = write!(
        text,
        "\n#define N_COLUMNS {n}\n#define N_OUT {n_out}\n\nconst struct column COLUMNS[N_COLUMNS] = {{\n{columns}}};\n"
    );
    if let Answers::Classes(labels) = source.answers {
        let labels = print::wrapped(labels.iter().map(|label| string(label)));
        let _ = write!(
            text,
            "// The classes, in the order of the probabilities.\nconst char *const CLASSES[] = {{\n{labels}\n}};\n"
        );
    }
    text.push_str(&print::tables(&source.program, &SYNTAX));
    text.push_str(READ);
    let _ = write!(
        text,
        "\n// The numbers of the answer for cells that were read: {}.\nvoid score(const double cells[N_COLUMNS], double out[N_OUT]) {{\n    memset(out, 0, N_OUT * sizeof(double));\n    (void)cells;\n{}}}\n{PREDICT}",
        meaning(source.answers),
        print::body(&source.program, &SYNTAX, 1),
    );
    text
}

fn meaning(answers: Answers) -> &'static str {
    match answers {
        Answers::Classes(_) => "the place of the class in CLASSES, then the probability of each",
        Answers::Value => "the value",
        Answers::Cluster => "the cluster, -1 for none",
        Answers::Place => "the coordinates",
        Answers::Anomaly => "1 for an unusual row, else 0, then the score",
    }
}

fn column((at, cell): (usize, &Cell)) -> String {
    let (levels, n_levels) = match &cell.levels {
        Some(levels) => (format!("LEVELS_OF_{at}"), levels.len()),
        None => ("NULL".to_owned(), 0),
    };
    let gap = if cell.gap.is_nan() {
        "NAN".to_owned()
    } else {
        format!("{:?}", cell.gap)
    };
    let unseen = cell.unseen.map_or("NAN".to_owned(), |v| format!("{v:?}"));
    format!(
        "    {{{}, {levels}, {n_levels}, {gap}, {}, {unseen}}},\n",
        string(&cell.name),
        cell.keeps_gap
    )
}

/// A text as a literal in UTF-8.
fn string(text: &str) -> String {
    let mut literal = String::from("\"");
    for byte in text.bytes() {
        match byte {
            // No two question marks, which could begin a trigraph.
            b'"' | b'\\' | b'?' => literal.extend(['\\', byte as char]),
            b' '..=b'~' => literal.push(byte as char),
            byte => {
                let _ = write!(literal, "\\{byte:03o}");
            }
        }
    }
    literal.push('"');
    literal
}

const HEAD: &str = r#"//
// Answers one row: predict(row, out, &message), the row as text cells in the order of COLUMNS.
// Compile with -lm, and without -ffast-math.

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

// How a column is read.
struct column {
    const char *name;
    const char *const *levels; // of a category; NULL for a number
    int n_levels;
    double gap;     // what a gap is read as
    bool keeps_gap; // whether a row with a gap has an answer
    double unseen;  // what an unknown level is read as; not a number: it is refused
};

"#;

const READ: &str = r#"
enum outcome { ANSWERED, NO_ANSWER, NOT_A_NUMBER, UNKNOWN_LEVEL };

// The text without spaces around it, and its length.
static const char *trim(const char *text, size_t *length) {
    static const char SPACES[] = " \t\r\n\v\f";
    text += strspn(text, SPACES);
    *length = strlen(text);
    while (*length > 0 && strchr(SPACES, text[*length - 1]) != NULL) --*length;
    return text;
}

static enum outcome read_number(const char *text, size_t length, double *cell) {
    char *end;
    *cell = strtod(text, &end);
    return end != text + length || !isfinite(*cell) ? NOT_A_NUMBER : ANSWERED;
}

static enum outcome read_level(const struct column *column, const char *text, size_t length, double *cell) {
    for (int level = 0; level < column->n_levels; level++) {
        const char *name = column->levels[level];
        if (strlen(name) == length && memcmp(name, text, length) == 0) {
            *cell = (double)level;
            return ANSWERED;
        }
    }
    *cell = column->unseen;
    return isnan(column->unseen) ? UNKNOWN_LEVEL : ANSWERED;
}
"#;

const PREDICT: &str = r#"
// The answer for one row of text cells (NULL and "" are gaps). *place is the column at fault where
// the outcome is not ANSWERED; a gap that leaves the row without an answer is NO_ANSWER.
enum outcome predict(const char *const row[N_COLUMNS], double out[N_OUT], int *place) {
    double cells[N_COLUMNS];
    for (int at = 0; at < N_COLUMNS; at++) {
        const struct column *column = &COLUMNS[at];
        size_t length;
        const char *text = trim(row[at] == NULL ? "" : row[at], &length);
        const bool is_gap = length == 0;
        enum outcome outcome = ANSWERED;
        if (is_gap && !column->keeps_gap) outcome = NO_ANSWER;
        else if (is_gap) cells[at] = column->gap;
        else if (column->levels == NULL) outcome = read_number(text, length, &cells[at]);
        else outcome = read_level(column, text, length, &cells[at]);
        if (outcome != ANSWERED) {
            *place = at;
            return outcome;
        }
    }
    score(cells, out);
    return ANSWERED;
}
"#;
