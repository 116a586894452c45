//! How programs are written: every method adds one statement.

use super::program::{CELLS, Expr, Numbers, OUT, Program, Statement, Table, Type};

/// A program, or a part of one, while it is written.
#[derive(Debug, Default)]
pub struct Block {
    tables: Vec<Table>,
    body: Vec<Statement>,
    n_names: Vec<(String, usize)>,
}

/// The name of an array or table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Array(String);

impl Array {
    /// An entry.
    pub fn at(&self, index: impl Into<Expr>) -> Expr {
        Expr::At(self.0.clone(), Box::new(index.into()))
    }
}

impl Block {
    /// The cells of the row.
    pub fn cells(&self) -> Array {
        Array(CELLS.into())
    }

    /// The answer.
    pub fn out(&self) -> Array {
        Array(OUT.into())
    }

    /// A name that is not taken: `name`, or with a number behind it.
    fn name(&mut self, name: &str) -> String {
        match self.n_names.iter_mut().find(|(known, _)| known == name) {
            Some((_, n)) => {
                *n += 1;
                format!("{name}_{n}")
            }
            None => {
                self.n_names.push((name.to_owned(), 1));
                name.to_owned()
            }
        }
    }

    /// Numbers that were learnt.
    pub fn reals(&mut self, name: &str, values: Vec<f64>) -> Array {
        self.table(name, Numbers::Reals(values))
    }

    /// Integers that were learnt.
    pub fn ints(&mut self, name: &str, values: Vec<u32>) -> Array {
        self.table(name, Numbers::Ints(values))
    }

    fn table(&mut self, name: &str, numbers: Numbers) -> Array {
        let name = self.name(name);
        self.tables.push(Table {
            name: name.clone(),
            numbers,
        });
        Array(name)
    }

    /// A remark.
    pub fn comment(&mut self, text: &str) {
        self.body.push(Statement::Comment(text.into()));
    }

    /// A real variable.
    pub fn real(&mut self, name: &str, value: impl Into<Expr>) -> Expr {
        self.declare(name, Type::Real, value.into())
    }

    /// An integer variable.
    pub fn int(&mut self, name: &str, value: impl Into<Expr>) -> Expr {
        self.declare(name, Type::Int, value.into())
    }

    fn declare(&mut self, name: &str, of: Type, value: Expr) -> Expr {
        let name = self.name(name);
        self.body.push(Statement::Let {
            name: name.clone(),
            of,
            value,
            is_set: false,
        });
        Expr::Var(name)
    }

    /// Sets a variable; nothing but a variable can be set.
    pub fn set(&mut self, variable: &Expr, value: impl Into<Expr>) {
        if let Expr::Var(name) = variable {
            self.body.push(Statement::Set(name.clone(), value.into()));
        }
    }

    /// An array of zeros.
    pub fn array(&mut self, name: &str, len: usize) -> Array {
        self.zeros(name, Type::Real, len)
    }

    /// An array of the integer 0.
    pub fn int_array(&mut self, name: &str, len: usize) -> Array {
        self.zeros(name, Type::Int, len)
    }

    fn zeros(&mut self, name: &str, of: Type, len: usize) -> Array {
        let name = self.name(name);
        self.body.push(Statement::Array {
            name: name.clone(),
            of,
            len,
        });
        Array(name)
    }

    /// Sets an entry.
    pub fn store(&mut self, array: &Array, index: impl Into<Expr>, value: impl Into<Expr>) {
        let statement = Statement::Store(array.0.clone(), index.into(), value.into());
        self.body.push(statement);
    }

    /// A loop over the integers below `n`.
    pub fn each(&mut self, name: &str, n: impl Into<Expr>, body: impl FnOnce(&mut Self, Expr)) {
        self.between(name, 0, n, body);
    }

    /// A loop over the integers from `from` up to but without `to`.
    pub fn between(
        &mut self,
        name: &str,
        from: impl Into<Expr>,
        to: impl Into<Expr>,
        body: impl FnOnce(&mut Self, Expr),
    ) {
        let name = self.name(name);
        let body = self.inner(|b| body(b, Expr::Var(name.clone())));
        self.body.push(Statement::For {
            name,
            from: from.into(),
            to: to.into(),
            body,
        });
    }

    /// A loop as long as `condition` holds.
    pub fn during(&mut self, condition: Expr, body: impl FnOnce(&mut Self)) {
        let body = self.inner(body);
        self.body.push(Statement::While(condition, body));
    }

    /// Something done where `condition` holds.
    pub fn when(&mut self, condition: Expr, then: impl FnOnce(&mut Self)) {
        self.either(condition, then, |_| {});
    }

    /// One thing done where `condition` holds, else another.
    pub fn either(
        &mut self,
        condition: Expr,
        then: impl FnOnce(&mut Self),
        otherwise: impl FnOnce(&mut Self),
    ) {
        let then = self.inner(then);
        let otherwise = self.inner(otherwise);
        self.body.push(Statement::If(condition, then, otherwise));
    }

    fn inner(&mut self, write: impl FnOnce(&mut Self)) -> Vec<Statement> {
        let outer = std::mem::take(&mut self.body);
        write(self);
        std::mem::replace(&mut self.body, outer)
    }

    /// The program that was written.
    pub fn finish(mut self, n_cells: usize, n_out: usize) -> Program {
        let mut set = Vec::new();
        collect_set(&self.body, &mut set);
        mark_set(&mut self.body, &set);
        Program {
            n_cells,
            n_out,
            tables: self.tables,
            body: self.body,
        }
    }
}

/// The blocks within a statement.
fn blocks(statement: &Statement) -> [&[Statement]; 2] {
    match statement {
        Statement::For { body, .. } | Statement::While(_, body) => [body, &[]],
        Statement::If(_, then, otherwise) => [then, otherwise],
        _ => [&[], &[]],
    }
}

fn collect_set(body: &[Statement], set: &mut Vec<String>) {
    for statement in body {
        if let Statement::Set(name, _) = statement
            && !set.contains(name)
        {
            set.push(name.clone());
        }
        for block in blocks(statement) {
            collect_set(block, set);
        }
    }
}

fn mark_set(body: &mut [Statement], set: &[String]) {
    for statement in body {
        match statement {
            Statement::Let { name, is_set, .. } => *is_set = set.contains(name),
            Statement::For { body, .. } | Statement::While(_, body) => mark_set(body, set),
            Statement::If(_, then, otherwise) => {
                mark_set(then, set);
                mark_set(otherwise, set);
            }
            _ => {}
        }
    }
}
