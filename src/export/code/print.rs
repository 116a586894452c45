//! Prints programs in languages with braces, and in Python.

use std::fmt::Write;

use super::program::{Binary, Expr, Numbers, Program, Statement, Table, Type, Unary};

/// Numbers a line of a table takes at most, in characters.
const WIDTH: usize = 96;

/// How a language writes what programs are made of.
pub(super) struct Syntax {
    /// What begins a remark.
    pub comment: &'static str,
    /// What opens and closes a block, and what ends a statement.
    pub open: &'static str,
    pub close: &'static str,
    pub end: &'static str,
    /// Whether names are written withHumps.
    pub humps: bool,
    /// A variable: its type, and whether it is set again.
    pub variable: fn(Type, bool) -> &'static str,
    /// What stands between a variable's name and its value.
    pub typed: fn(Type) -> &'static str,
    /// An array of zeros.
    pub array: fn(&str, Type, usize) -> String,
    /// The head of a loop over integers.
    pub each: fn(&str, &str, &str) -> String,
    /// The heads of a loop and of a choice.
    pub during: fn(&str) -> String,
    pub when: fn(&str) -> String,
    pub otherwise: &'static str,
    /// A choice of values.
    pub select: fn(&str, &str, &str) -> String,
    pub unary: fn(Unary, &str) -> String,
    pub and: &'static str,
    pub or: &'static str,
    pub equal: &'static str,
    pub infinity: &'static str,
    pub nan: &'static str,
    /// An entry of a table of integers.
    pub int_entry: fn(&str, &str) -> String,
    /// A whole table.
    pub table: fn(&str, &Numbers, &str) -> String,
}

/// What C, Java and JavaScript write alike.
pub(super) const BRACES: Syntax = Syntax {
    comment: "//",
    open: " {",
    close: "}",
    end: ";",
    humps: false,
    variable: |_, _| "",
    typed: |_| "",
    array: |_, _, _| String::new(),
    each: |name, from, to| format!("for (int {name} = {from}; {name} < {to}; {name}++)"),
    during: |condition| format!("while ({condition})"),
    when: |condition| format!("if ({condition})"),
    otherwise: "} else",
    select: |condition, then, otherwise| format!("({condition} ? {then} : {otherwise})"),
    unary: |_, _| String::new(),
    and: "&&",
    or: "||",
    equal: "==",
    infinity: "",
    nan: "",
    int_entry: |name, index| format!("{name}[{index}]"),
    table: |_, _, _| String::new(),
};

/// A program on its way into text.
pub(super) struct Printer<'a> {
    syntax: &'a Syntax,
    program: &'a Program,
    text: String,
    depth: usize,
}

/// The tables of a program, one after the other.
pub(super) fn tables(program: &Program, syntax: &Syntax) -> String {
    let printer = Printer::new(program, syntax, 0);
    let print = |table: &Table| {
        let text = match &table.numbers {
            Numbers::Reals(values) => wrapped(values.iter().map(|v| printer.real(*v))),
            Numbers::Ints(values) => wrapped(values.iter().map(u32::to_string)),
        };
        (syntax.table)(&constant(&table.name), &table.numbers, &text)
    };
    program.tables.iter().map(print).collect()
}

/// The statements of a program, indented `depth` times.
pub(super) fn body(program: &Program, syntax: &Syntax, depth: usize) -> String {
    let mut printer = Printer::new(program, syntax, depth);
    printer.block(&program.body);
    printer.text
}

/// Text of a user within a remark: on one line, and with nothing that ends a remark or begins an
/// escape.
pub(super) fn remark(text: &str) -> String {
    let plain = |c: char| match c {
        '\\' => '/',
        c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') => ' ',
        c => c,
    };
    text.chars()
        .map(plain)
        .collect::<String>()
        .replace("*/", "* /")
}

/// The name of a table, as constants are written.
pub(super) fn constant(name: &str) -> String {
    name.to_uppercase()
}

/// Items with commas between them, in lines.
pub(super) fn wrapped(items: impl Iterator<Item = String>) -> String {
    let (mut text, mut width) = (String::new(), 0);
    for item in items {
        if width == 0 {
            text.push_str("    ");
        } else if width + item.len() > WIDTH {
            text.push_str("\n    ");
            width = 0;
        } else {
            text.push(' ');
        }
        width += item.len() + 2;
        text.push_str(&item);
        text.push(',');
    }
    text
}

impl<'a> Printer<'a> {
    fn new(program: &'a Program, syntax: &'a Syntax, depth: usize) -> Self {
        Self {
            syntax,
            program,
            text: String::new(),
            depth,
        }
    }

    fn line(&mut self, line: &str) {
        let _ = writeln!(self.text, "{}{line}", "    ".repeat(self.depth));
    }

    fn block(&mut self, body: &[Statement]) {
        body.iter().for_each(|statement| self.statement(statement));
    }

    fn inner(&mut self, head: &str, body: &[Statement], close: &str) {
        self.line(&format!("{head}{}", self.syntax.open));
        self.depth += 1;
        self.block(body);
        self.depth -= 1;
        if !close.is_empty() {
            self.line(close);
        }
    }

    fn statement(&mut self, statement: &Statement) {
        let (syntax, end) = (self.syntax, self.syntax.end);
        match statement {
            Statement::Comment(text) => {
                self.line(&format!("{} {}", syntax.comment, remark(text)));
            }
            Statement::Let {
                name,
                of,
                value,
                is_set,
            } => {
                let (kind, typed) = ((syntax.variable)(*of, *is_set), (syntax.typed)(*of));
                let (name, value) = (self.name(name), self.expr(value, 0));
                self.line(&format!("{kind}{name}{typed} = {value}{end}"));
            }
            Statement::Set(name, value) => {
                let (name, value) = (self.name(name), self.expr(value, 0));
                self.line(&format!("{name} = {value}{end}"));
            }
            Statement::Array { name, of, len } => {
                let line = (syntax.array)(&self.name(name), *of, *len);
                self.line(&line);
            }
            Statement::Store(name, index, value) => {
                let (index, value) = (self.expr(index, 0), self.expr(value, 0));
                self.line(&format!("{}[{index}] = {value}{end}", self.name(name)));
            }
            Statement::For {
                name,
                from,
                to,
                body,
            } => {
                let (from, to) = (self.expr(from, 0), self.expr(to, 4));
                let head = (syntax.each)(&self.name(name), &from, &to);
                self.inner(&head, body, syntax.close);
            }
            Statement::While(condition, body) => {
                let head = (syntax.during)(&self.expr(condition, 0));
                self.inner(&head, body, syntax.close);
            }
            Statement::If(condition, then, otherwise) => {
                let head = (syntax.when)(&self.expr(condition, 0));
                if otherwise.is_empty() {
                    return self.inner(&head, then, syntax.close);
                }
                self.inner(&head, then, "");
                self.inner(syntax.otherwise, otherwise, syntax.close);
            }
        }
    }

    fn name(&self, name: &str) -> String {
        if !self.syntax.humps {
            return name.to_owned();
        }
        let mut words = name.split('_');
        let first = words.next().unwrap_or_default().to_owned();
        words.fold(first, |mut name, word| {
            let mut letters = word.chars();
            name.extend(letters.next().map(|c| c.to_ascii_uppercase()));
            name.extend(letters);
            name
        })
    }

    fn real(&self, value: f64) -> String {
        if value.is_nan() {
            self.syntax.nan.to_owned()
        } else if value.is_infinite() {
            let sign = if value < 0.0 { "-" } else { "" };
            format!("{sign}{}", self.syntax.infinity)
        } else {
            format!("{value:?}")
        }
    }

    /// An expression; in brackets where it binds less than `binding`.
    fn expr(&self, expr: &Expr, binding: u8) -> String {
        let syntax = self.syntax;
        match expr {
            Expr::Real(value) if *value < 0.0 => format!("({})", self.real(*value)),
            Expr::Real(value) => self.real(*value),
            Expr::Int(value) => value.to_string(),
            Expr::Var(name) => self.name(name),
            Expr::At(name, index) => {
                let index = self.expr(index, 0);
                match self.program.tables.iter().find(|table| table.name == *name) {
                    Some(table) if matches!(table.numbers, Numbers::Ints(_)) => {
                        (syntax.int_entry)(&constant(name), &index)
                    }
                    Some(_) => format!("{}[{index}]", constant(name)),
                    None => format!("{}[{index}]", self.name(name)),
                }
            }
            Expr::Unary(unary, x) => {
                let is_call = !matches!(unary, Unary::Negative | Unary::Not);
                (syntax.unary)(*unary, &self.expr(x, if is_call { 0 } else { 7 }))
            }
            Expr::Binary(binary, x, y) => {
                let (own, sign) = self.operator(*binary);
                // Both within either is put in brackets, as compilers of C ask for.
                let least = if *binary == Binary::Or { 3 } else { own };
                let (x, y) = (self.expr(x, least), self.expr(y, least.max(own + 1)));
                let text = format!("{x} {sign} {y}");
                if own < binding {
                    format!("({text})")
                } else {
                    text
                }
            }
            Expr::Select(condition, then, otherwise) => {
                let then = self.expr(then, 1);
                let otherwise = self.expr(otherwise, 1);
                (syntax.select)(&self.expr(condition, 1), &then, &otherwise)
            }
        }
    }

    /// How much an operator binds, and its sign.
    fn operator(&self, binary: Binary) -> (u8, &'static str) {
        match binary {
            Binary::Or => (1, self.syntax.or),
            Binary::And => (2, self.syntax.and),
            Binary::Equal => (3, self.syntax.equal),
            Binary::Less => (3, "<"),
            Binary::AtMost => (3, "<="),
            Binary::Add => (4, "+"),
            Binary::Sub => (4, "-"),
            Binary::Mul => (5, "*"),
            Binary::Div => (5, "/"),
            Binary::Rem => (5, "%"),
        }
    }
}
