//! Runs a program on this machine: what the printed ones are compared with.

use std::collections::HashMap;

use super::program::{Binary, CELLS, Expr, Numbers, OUT, Program, Statement, Type, Unary};
use crate::error::{Code, Error, Result};
use crate::math;

/// A value while a program runs.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Value {
    Real(f64),
    Int(usize),
    Bool(bool),
}

struct Machine<'a> {
    tables: HashMap<&'a str, &'a Numbers>,
    variables: HashMap<&'a str, Value>,
    arrays: HashMap<&'a str, Vec<Value>>,
}

impl Program {
    /// The answer for one row of cells, [`Program::n_out`] numbers.
    ///
    /// # Errors
    /// [`Code::Internal`] where the program is not a sound one: a name that is not there, a
    /// place beyond an array, a value of another type.
    pub fn run(&self, cells: &[f64]) -> Result<Vec<f64>> {
        let reals = |values: &[f64]| values.iter().map(|v| Value::Real(*v)).collect();
        let tables = self.tables.iter();
        let mut machine = Machine {
            tables: tables.map(|t| (t.name.as_str(), &t.numbers)).collect(),
            variables: HashMap::new(),
            arrays: HashMap::from([
                (CELLS, reals(cells)),
                (OUT, vec![Value::Real(0.0); self.n_out]),
            ]),
        };
        machine.run(&self.body)?;
        let out = machine.arrays.remove(OUT).unwrap_or_default();
        out.into_iter().map(Value::real).collect()
    }
}

fn unsound(what: &str) -> Error {
    Error::new(Code::Internal, format!("The program is not sound: {what}."))
}

impl Value {
    fn real(self) -> Result<f64> {
        match self {
            Self::Real(value) => Ok(value),
            _ => Err(unsound("a real number is missing")),
        }
    }

    fn int(self) -> Result<usize> {
        match self {
            Self::Int(value) => Ok(value),
            _ => Err(unsound("an integer is missing")),
        }
    }

    fn bool(self) -> Result<bool> {
        match self {
            Self::Bool(value) => Ok(value),
            _ => Err(unsound("a condition is missing")),
        }
    }
}

impl<'a> Machine<'a> {
    fn run(&mut self, body: &'a [Statement]) -> Result<()> {
        body.iter().try_for_each(|statement| self.step(statement))
    }

    fn step(&mut self, statement: &'a Statement) -> Result<()> {
        match statement {
            Statement::Comment(_) => {}
            Statement::Let { name, value, .. } | Statement::Set(name, value) => {
                let value = self.value(value)?;
                self.variables.insert(name, value);
            }
            Statement::Array { name, of, len } => {
                let zero = match of {
                    Type::Int => Value::Int(0),
                    Type::Real => Value::Real(0.0),
                };
                self.arrays.insert(name, vec![zero; *len]);
            }
            Statement::Store(name, index, value) => {
                let (index, value) = (self.value(index)?.int()?, self.value(value)?);
                let array = self.arrays.get_mut(name.as_str());
                let place = array.and_then(|array| array.get_mut(index));
                *place.ok_or_else(|| unsound(name))? = value;
            }
            Statement::For {
                name,
                from,
                to,
                body,
            } => {
                let (from, to) = (self.value(from)?.int()?, self.value(to)?.int()?);
                for at in from..to {
                    self.variables.insert(name, Value::Int(at));
                    self.run(body)?;
                }
            }
            Statement::While(condition, body) => {
                while self.value(condition)?.bool()? {
                    self.run(body)?;
                }
            }
            Statement::If(condition, then, otherwise) => {
                let holds = self.value(condition)?.bool()?;
                self.run(if holds { then } else { otherwise })?;
            }
        }
        Ok(())
    }

    fn value(&self, expr: &Expr) -> Result<Value> {
        Ok(match expr {
            Expr::Real(value) => Value::Real(*value),
            Expr::Int(value) => Value::Int(*value),
            Expr::Var(name) => *self
                .variables
                .get(name.as_str())
                .ok_or_else(|| unsound(name))?,
            Expr::At(name, index) => self.entry(name, self.value(index)?.int()?)?,
            Expr::Unary(unary, x) => self.unary(*unary, self.value(x)?)?,
            Expr::Binary(Binary::And, x, y) => {
                Value::Bool(self.value(x)?.bool()? && self.value(y)?.bool()?)
            }
            Expr::Binary(Binary::Or, x, y) => {
                Value::Bool(self.value(x)?.bool()? || self.value(y)?.bool()?)
            }
            Expr::Binary(binary, x, y) => binary.of(self.value(x)?, self.value(y)?)?,
            Expr::Select(condition, then, otherwise) => {
                let holds = self.value(condition)?.bool()?;
                self.value(if holds { then } else { otherwise })?
            }
        })
    }

    fn entry(&self, name: &str, index: usize) -> Result<Value> {
        let found = match self.tables.get(name) {
            Some(Numbers::Reals(values)) => values.get(index).map(|v| Value::Real(*v)),
            Some(Numbers::Ints(values)) => values.get(index).map(|v| Value::Int(*v as usize)),
            None => self
                .arrays
                .get(name)
                .and_then(|array| array.get(index).copied()),
        };
        found.ok_or_else(|| unsound(name))
    }

    fn unary(&self, unary: Unary, x: Value) -> Result<Value> {
        Ok(match unary {
            Unary::Not => Value::Bool(!x.bool()?),
            Unary::ToReal => Value::Real(x.int()? as f64),
            Unary::ToInt => Value::Int(x.real()? as usize),
            Unary::IsNan => Value::Bool(x.real()?.is_nan()),
            Unary::Negative => Value::Real(-x.real()?),
            Unary::Abs => Value::Real(x.real()?.abs()),
            Unary::Sqrt => Value::Real(x.real()?.sqrt()),
            Unary::Exp => Value::Real(math::exp(x.real()?)),
            Unary::Ln => Value::Real(math::ln(x.real()?)),
            Unary::Tanh => Value::Real(math::tanh(x.real()?)),
        })
    }
}

impl Binary {
    fn of(self, x: Value, y: Value) -> Result<Value> {
        Ok(match (x, y) {
            (Value::Real(x), Value::Real(y)) => match self {
                Self::Add => Value::Real(x + y),
                Self::Sub => Value::Real(x - y),
                Self::Mul => Value::Real(x * y),
                Self::Div => Value::Real(x / y),
                Self::Less => Value::Bool(x < y),
                Self::AtMost => Value::Bool(x <= y),
                Self::Equal => Value::Bool(x == y),
                Self::And | Self::Or | Self::Rem => {
                    return Err(unsound("numbers are no conditions"));
                }
            },
            (Value::Int(x), Value::Int(y)) => match self {
                Self::Add => Value::Int(x + y),
                Self::Sub => Value::Int(
                    x.checked_sub(y)
                        .ok_or_else(|| unsound("an integer below 0"))?,
                ),
                Self::Mul => Value::Int(x * y),
                Self::Rem if y > 0 => Value::Int(x % y),
                Self::Less => Value::Bool(x < y),
                Self::AtMost => Value::Bool(x <= y),
                Self::Equal => Value::Bool(x == y),
                _ => return Err(unsound("integers are not divided")),
            },
            _ => return Err(unsound("an operation on unlike values")),
        })
    }
}
