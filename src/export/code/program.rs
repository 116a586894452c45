//! A small language in which a model's arithmetic is written once, and printed in many.
//!
//! A [`Program`] reads one row of cells and writes the answer: numbers, arrays of them, loops and
//! choices, and nothing that Python, JavaScript, Rust, C and Java do not all have alike. Every
//! name is declared before it is used and declared once; what is declared in a block is used in
//! that block alone. Integers are never negative.
//!
//! Expressions have the usual operators; [`Block`](super::Block) is how programs are written.

use std::ops::{Add, Div, Mul, Rem, Sub};

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// A 64-bit float.
    Real,
    /// An integer from 0 on.
    Int,
}

/// A value of one operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unary {
    /// −x.
    Negative,
    /// Not x.
    Not,
    /// |x|.
    Abs,
    /// The square root.
    Sqrt,
    /// e to the x.
    Exp,
    /// The natural logarithm.
    Ln,
    /// The hyperbolic tangent.
    Tanh,
    /// Whether x is not a number, which is how a gap is written.
    IsNan,
    /// An integer as a real number.
    ToReal,
    /// A real number from 0 on, rounded down.
    ToInt,
}

/// A value of two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Binary {
    /// x + y.
    Add,
    /// x − y.
    Sub,
    /// x · y.
    Mul,
    /// x / y, of real numbers.
    Div,
    /// The rest of x / y, of integers.
    Rem,
    /// x < y.
    Less,
    /// x ≤ y.
    AtMost,
    /// x = y.
    Equal,
    /// Both.
    And,
    /// One or both.
    Or,
}

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// A real number.
    Real(f64),
    /// An integer.
    Int(usize),
    /// A variable.
    Var(String),
    /// An entry of an array or table.
    At(String, Box<Expr>),
    /// Of one operand.
    Unary(Unary, Box<Expr>),
    /// Of two operands.
    Binary(Binary, Box<Expr>, Box<Expr>),
    /// The second where the first holds, else the third.
    Select(Box<Expr>, Box<Expr>, Box<Expr>),
}

/// One thing done.
#[derive(Debug, Clone, PartialEq)]
pub enum Statement {
    /// A remark for readers.
    Comment(String),
    /// Declares a variable.
    Let {
        /// Its name.
        name: String,
        /// Its type.
        of: Type,
        /// What it is at first.
        value: Expr,
        /// Whether it is set again.
        is_set: bool,
    },
    /// Sets a variable.
    Set(String, Expr),
    /// Declares an array of zeros.
    Array {
        /// Its name.
        name: String,
        /// The type of its entries.
        of: Type,
        /// Its length.
        len: usize,
    },
    /// Sets an entry of an array.
    Store(String, Expr, Expr),
    /// Does something for every integer from one up to but without another.
    For {
        /// The integer's name.
        name: String,
        /// The first.
        from: Expr,
        /// One more than the last.
        to: Expr,
        /// What is done.
        body: Vec<Statement>,
    },
    /// Does something as long as a condition holds.
    While(Expr, Vec<Statement>),
    /// Does one thing or another.
    If(Expr, Vec<Statement>, Vec<Statement>),
}

/// Numbers that the model has learnt.
#[derive(Debug, Clone, PartialEq)]
pub enum Numbers {
    /// Real ones.
    Reals(Vec<f64>),
    /// Integers.
    Ints(Vec<u32>),
}

impl Numbers {
    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Reals(values) => values.len(),
            Self::Ints(values) => values.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Numbers under a name.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// The name.
    pub name: String,
    /// The numbers.
    pub numbers: Numbers,
}

/// The array of a row's cells, as the pipeline reads them.
pub const CELLS: &str = "cells";
/// The array of the answer.
pub const OUT: &str = "out";

/// Reads [`CELLS`] and writes [`OUT`].
#[derive(Debug, Clone, PartialEq)]
pub struct Program {
    /// Number of cells.
    pub n_cells: usize,
    /// Length of the answer.
    pub n_out: usize,
    /// What it has learnt.
    pub tables: Vec<Table>,
    /// What it does.
    pub body: Vec<Statement>,
}

impl From<f64> for Expr {
    fn from(value: f64) -> Self {
        Self::Real(value)
    }
}

impl From<usize> for Expr {
    fn from(value: usize) -> Self {
        Self::Int(value)
    }
}

impl From<&Expr> for Expr {
    fn from(value: &Expr) -> Self {
        value.clone()
    }
}

macro_rules! operators {
    ($($trait:ident $method:ident $binary:ident,)+) => { $(
        impl<T: Into<Expr>> $trait<T> for Expr {
            type Output = Expr;
            fn $method(self, other: T) -> Expr {
                self.with(Binary::$binary, other)
            }
        }
        impl<T: Into<Expr>> $trait<T> for &Expr {
            type Output = Expr;
            fn $method(self, other: T) -> Expr {
                self.clone().with(Binary::$binary, other)
            }
        }
    )+ };
}

operators! {
    Add add Add,
    Sub sub Sub,
    Mul mul Mul,
    Div div Div,
    Rem rem Rem,
}

macro_rules! unaries {
    ($($(#[$doc:meta])* $method:ident $unary:ident,)+) => { impl Expr { $(
        $(#[$doc])*
        pub fn $method(&self) -> Expr {
            Expr::Unary(Unary::$unary, Box::new(self.clone()))
        }
    )+ } };
}

unaries! {
    /// −x.
    negative Negative,
    /// Not x.
    not Not,
    /// |x|.
    abs Abs,
    /// The square root.
    sqrt Sqrt,
    /// e to the x.
    exp Exp,
    /// The natural logarithm.
    ln Ln,
    /// The hyperbolic tangent.
    tanh Tanh,
    /// Whether it is not a number.
    is_nan IsNan,
    /// An integer as a real number.
    to_real ToReal,
    /// A real number rounded down.
    to_int ToInt,
}

impl Expr {
    fn with(self, binary: Binary, other: impl Into<Expr>) -> Self {
        Self::Binary(binary, Box::new(self), Box::new(other.into()))
    }

    /// Whether it is less.
    pub fn less(&self, other: impl Into<Expr>) -> Self {
        self.clone().with(Binary::Less, other)
    }

    /// Whether it is more.
    pub fn more(&self, other: impl Into<Expr>) -> Self {
        other.into().with(Binary::Less, self)
    }

    /// Whether it is less or equal.
    pub fn at_most(&self, other: impl Into<Expr>) -> Self {
        self.clone().with(Binary::AtMost, other)
    }

    /// Whether it is equal.
    pub fn equals(&self, other: impl Into<Expr>) -> Self {
        self.clone().with(Binary::Equal, other)
    }

    /// Whether both hold.
    pub fn and(&self, other: Self) -> Self {
        self.clone().with(Binary::And, other)
    }

    /// Whether one holds, or both do.
    pub fn or(&self, other: Self) -> Self {
        self.clone().with(Binary::Or, other)
    }

    /// `then` where it holds, else `otherwise`.
    pub fn select(&self, then: impl Into<Expr>, otherwise: impl Into<Expr>) -> Self {
        Self::Select(
            Box::new(self.clone()),
            Box::new(then.into()),
            Box::new(otherwise.into()),
        )
    }

    /// The greater of two numbers, as long as neither is a gap.
    pub fn max(&self, other: impl Into<Expr>) -> Self {
        let other = other.into();
        self.less(&other).select(other, self)
    }

    /// The lesser of two numbers, as long as neither is a gap.
    pub fn min(&self, other: impl Into<Expr>) -> Self {
        let other = other.into();
        other.less(self).select(other, self)
    }
}
