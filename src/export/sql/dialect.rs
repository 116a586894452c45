//! What databases write differently.

/// A kind of database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// SQLite, built with its mathematical functions.
    Sqlite,
    /// DuckDB.
    DuckDb,
    /// PostgreSQL.
    PostgreSql,
}

impl Dialect {
    /// A double.
    pub(super) fn number(self, value: f64) -> String {
        match self {
            // A literal with a point alone would be a decimal in DuckDB, any is one in PostgreSQL.
            Self::Sqlite | Self::DuckDb => format!("({value:e})"),
            Self::PostgreSql => format!("('{value:e}'::float8)"),
        }
    }

    pub(super) fn double(self) -> &'static str {
        match self {
            Self::Sqlite => "REAL",
            Self::DuckDb => "DOUBLE",
            Self::PostgreSql => "double precision",
        }
    }

    /// The greater of two numbers.
    pub(super) fn greater(self, x: &str, y: &str) -> String {
        match self {
            Self::Sqlite => format!("max({x}, {y})"),
            Self::DuckDb | Self::PostgreSql => format!("greatest({x}, {y})"),
        }
    }

    /// e to a number that is not above 0; where it is nearly 0 it is no error.
    pub(super) fn exp_of_negative(self, x: &str) -> String {
        format!("exp({})", self.greater(x, &self.number(-700.0)))
    }

    /// The hyperbolic tangent.
    pub(super) fn tanh(self, x: &str) -> String {
        format!("tanh({x})")
    }
}

/// A name in quotes.
pub(super) fn name(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text in quotes.
pub(super) fn text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
