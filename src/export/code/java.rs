//! Java 17, one class.

use std::fmt::Write;

use super::columns::Cell;
use super::print::{self, BRACES, Syntax};
use super::program::{Numbers, Type, Unary};
use super::{Answers, Source};

/// A string literal of Java holds 65,535 bytes; tables are read from several, each of this many
/// lines at most.
const LINES_A_LITERAL: usize = 500;

pub(super) const SYNTAX: Syntax = Syntax {
    humps: true,
    variable: |of, is_set| match (of, is_set) {
        (Type::Real, true) => "double ",
        (Type::Real, false) => "final double ",
        (Type::Int, true) => "int ",
        (Type::Int, false) => "final int ",
    },
    array: |name, of, len| match of {
        Type::Real => format!("final double[] {name} = new double[{len}];"),
        Type::Int => format!("final int[] {name} = new int[{len}];"),
    },
    unary: |unary, x| match unary {
        Unary::Negative => format!("-{x}"),
        Unary::Not => format!("!{x}"),
        Unary::Abs => format!("Math.abs({x})"),
        Unary::Sqrt => format!("Math.sqrt({x})"),
        Unary::Exp => format!("Math.exp({x})"),
        Unary::Ln => format!("Math.log({x})"),
        Unary::Tanh => format!("Math.tanh({x})"),
        Unary::IsNan => format!("Double.isNaN({x})"),
        Unary::ToReal => format!("(double) ({x})"),
        Unary::ToInt => format!("(int) ({x})"),
    },
    infinity: "Double.POSITIVE_INFINITY",
    nan: "Double.NaN",
    // An initializer of an array is code, of which a class may hold 64 KiB: tables are text.
    table: |name, numbers, text| {
        let (kind, read) = match numbers {
            Numbers::Reals(_) => ("double", "reals"),
            Numbers::Ints(_) => ("int", "ints"),
        };
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        let literals = lines.chunks(LINES_A_LITERAL).map(|lines| {
            let lines: Vec<String> = lines.iter().map(|line| format!("\"{line} \"")).collect();
            format!("        {}", lines.join("\n            + "))
        });
        let literals: Vec<String> = literals.collect();
        format!(
            "    private static final {kind}[] {name} = {read}({},\n{});\n",
            numbers.len(),
            literals.join(",\n")
        )
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
    let columns = source.cells.iter().map(column).collect::<Vec<_>>();
    let _ = write!(
        text,
        "    /** The columns, in the order of the cells. */\n    private static final Column[] COLUMNS = {{\n{}\n    }};\n",
        columns.join(",\n")
    );
    if let Answers::Classes(labels) = source.answers {
        let labels = print::wrapped(labels.iter().map(|label| string(label)));
        let _ = write!(
            text,
            "    /** The classes, in the order of the probabilities. */\n    public static final List<String> CLASSES = List.of(\n{});\n",
            labels.trim_end_matches(',')
        );
    }
    text.push_str(&print::tables(&source.program, &SYNTAX));
    text.push_str(READ);
    let (record, answer) = answer(source.answers);
    let _ = write!(
        text,
        "\n    /** The numbers of the answer for cells that were read. */\n    public static double[] score(double[] cells) {{\n        final double[] out = new double[{}];\n{}        return out;\n    }}\n{record}\n    /**\n     * The answer for one row of text cells by column (null and \"\" are gaps); null where a gap leaves it\n     * without one.\n     *\n     * @throws IllegalArgumentException for a cell that is of no use, or a column that is missing\n     */\n    public static Answer predict(Map<String, String> row) {{\n        final double[] cells = read(row);\n        if (cells == null) return null;\n        final double[] out = score(cells);\n        return {answer};\n    }}\n}}\n",
        source.program.n_out,
        print::body(&source.program, &SYNTAX, 2),
    );
    text
}

fn answer(answers: Answers) -> (&'static str, &'static str) {
    match answers {
        Answers::Classes(_) => (
            "\n    /** A class, and how probable each is. */\n    public record Answer(String prediction, double[] probabilities) {}\n",
            "new Answer(CLASSES.get((int) out[0]), Arrays.copyOfRange(out, 1, out.length))",
        ),
        Answers::Value => (
            "\n    /** A number. */\n    public record Answer(double prediction) {}\n",
            "new Answer(out[0])",
        ),
        Answers::Cluster => (
            "\n    /** A cluster; -1 is none. */\n    public record Answer(int prediction) {}\n",
            "new Answer((int) out[0])",
        ),
        Answers::Place => (
            "\n    /** A place. */\n    public record Answer(double[] coordinates) {}\n",
            "new Answer(out)",
        ),
        Answers::Anomaly => (
            "\n    /** Whether the row is unusual, and how much. */\n    public record Answer(boolean prediction, double score) {}\n",
            "new Answer(out[0] == 1.0, out[1])",
        ),
    }
}

fn column(cell: &Cell) -> String {
    let levels = cell.levels.as_ref().map_or("null".to_owned(), |levels| {
        let levels: Vec<String> = levels.iter().map(|level| string(level)).collect();
        format!("new String[] {{{}}}", levels.join(", "))
    });
    let real = |value: f64| match value.is_nan() {
        true => "Double.NaN".to_owned(),
        false => format!("{value:?}"),
    };
    format!(
        "        new Column({}, {levels}, {}, {}, {})",
        string(&cell.name),
        real(cell.gap),
        cell.keeps_gap,
        real(cell.unseen.unwrap_or(f64::NAN))
    )
}

/// A text as a literal. Escapes by code unit are read before all else, so characters that mean
/// something in a literal have escapes of their own.
fn string(text: &str) -> String {
    let mut literal = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => literal.extend(['\\', c]),
            ' '..='~' => literal.push(c),
            c if (c as u32) < 0x80 => {
                let _ = write!(literal, "\\{:03o}", c as u32);
            }
            c => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(literal, "\\u{unit:04x}");
                }
            }
        }
    }
    literal.push('"');
    literal
}

const HEAD: &str = r#"
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** A trained model: answers one row by HandlensModel.predict. */
public final class HandlensModel {
    private HandlensModel() {}

    /**
     * How a column is read: its name, the levels of a category (null for a number), what a gap is read
     * as, whether a row with a gap has an answer, and what an unknown level is read as (not a number: it
     * is refused).
     */
    private record Column(String name, String[] levels, double gap, boolean keepsGap, double unseen) {}

"#;

const READ: &str = r#"
    private static double[] reals(int n, String... parts) {
        final double[] values = new double[n];
        int at = 0;
        for (String part : parts)
            for (String word : part.split("[, ]+")) values[at++] = Double.parseDouble(word);
        return values;
    }

    private static int[] ints(int n, String... parts) {
        final int[] values = new int[n];
        int at = 0;
        for (String part : parts)
            for (String word : part.split("[, ]+")) values[at++] = Integer.parseInt(word);
        return values;
    }

    private static double number(Column column, String text) {
        double number = Double.NaN;
        try {
            number = Double.parseDouble(text);
        } catch (NumberFormatException refused) {
            // Refused below, with the other numbers of no use.
        }
        if (Double.isNaN(number) || Double.isInfinite(number))
            throw new IllegalArgumentException("column \"" + column.name + "\" needs a number, found \"" + text + "\"");
        return number;
    }

    private static double level(Column column, String text) {
        final int level = Arrays.asList(column.levels).indexOf(text);
        if (level < 0 && Double.isNaN(column.unseen))
            throw new IllegalArgumentException(
                "column \"" + column.name + "\" has the level \"" + text + "\", which the training rows did not have");
        return level < 0 ? column.unseen : level;
    }

    private static double[] read(Map<String, String> row) {
        final double[] cells = new double[COLUMNS.length];
        for (int at = 0; at < cells.length; at++) {
            final Column column = COLUMNS[at];
            if (!row.containsKey(column.name))
                throw new IllegalArgumentException("column \"" + column.name + "\" is missing");
            final String given = row.get(column.name);
            final String text = given == null ? "" : given.strip();
            final boolean isGap = text.isEmpty();
            if (isGap && !column.keepsGap) return null;
            if (isGap) cells[at] = column.gap;
            else if (column.levels == null) cells[at] = number(column, text);
            else cells[at] = level(column, text);
        }
        return cells;
    }
"#;
