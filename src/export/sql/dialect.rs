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

    /// The lesser of two numbers.
    pub(super) fn lesser(self, x: &str, y: &str) -> String {
        match self {
            Self::Sqlite => format!("min({x}, {y})"),
            Self::DuckDb | Self::PostgreSql => format!("least({x}, {y})"),
        }
    }

    /// Columns that a query may have, where there is such a limit.
    pub(super) fn most_columns(self) -> Option<usize> {
        match self {
            Self::Sqlite => Some(2_000),
            Self::DuckDb => None,
            Self::PostgreSql => Some(1_664),
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

/// A column as text, without the space around it that Unicode knows.
pub(super) fn trimmed(column: &str) -> String {
    const SPACE: &str = " \t\n\u{b}\u{c}\r\u{85}\u{a0}\u{1680}\u{2000}\u{2001}\u{2002}\u{2003}\u{2004}\u{2005}\u{2006}\u{2007}\u{2008}\u{2009}\u{200a}\u{2028}\u{2029}\u{202f}\u{205f}\u{3000}";
    format!("trim(CAST({column} AS TEXT), '{SPACE}')")
}

/// A name in quotes.
pub(super) fn name(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text in quotes.
pub(super) fn text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
