//! Every way the core can fail, each with its place and a remedy.
//!
//! A message is a sentence for the person who caused it: what is wrong, where, and what to do.
//! [`Error::code`] is the stable name for machines; it never changes once released.

use std::fmt;

/// The result of every fallible function of the core.
pub type Result<T> = std::result::Result<T, Error>;

/// What went wrong: a stable code, a sentence, and where it happened.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    code: Code,
    message: String,
    place: Option<Place>,
}

/// Where in the user's input an error lies, as far as it is known.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Place {
    /// Line of the file, counted from 1.
    pub line: Option<usize>,
    /// Column name.
    pub column: Option<String>,
    /// Hyperparameter, recipe setting or field of a request.
    pub field: Option<String>,
}

/// The stable name of an error, for machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// The bytes hold no table: empty, binary, or of a format that is not read.
    NotATable,
    /// A file is larger than the stated limits.
    TooLarge,
    /// A column is named that the table does not have.
    UnknownColumn,
    /// A column cannot be read as the type it is asked to have.
    WrongType,
    /// The target is missing, constant or otherwise unfit to be predicted.
    BadTarget,
    /// Nothing is left to learn from: no rows or no feature columns.
    NothingToLearn,
    /// Fewer rows than the algorithm or split needs.
    TooFewSamples,
    /// A hyperparameter or setting is out of its declared range, unknown or of the wrong type.
    BadSetting,
    /// The algorithm does not fit the task or the data.
    DoesNotFit,
    /// A number that must be finite is not.
    NotFinite,
    /// Training left the range of numbers, for example by too large a learning rate.
    Diverged,
    /// Shapes that must agree do not.
    ShapeMismatch,
    /// A category that the pipeline has never seen, where the recipe asks to refuse it.
    UnseenCategory,
    /// An artifact is damaged, hostile, or of a newer version.
    BadArtifact,
    /// A request names a table, run or model that does not exist.
    NotFound,
    /// A request is malformed.
    BadRequest,
    /// A figure cannot be drawn.
    Drawing,
    /// The page's starter module was asked for what only the whole core has.
    NotInStarter,
    /// Handlens itself is at fault.
    Internal,
}

impl Code {
    /// The name used on the wire and in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotATable => "not_a_table",
            Self::TooLarge => "too_large",
            Self::UnknownColumn => "unknown_column",
            Self::WrongType => "wrong_type",
            Self::BadTarget => "bad_target",
            Self::NothingToLearn => "nothing_to_learn",
            Self::TooFewSamples => "too_few_samples",
            Self::BadSetting => "bad_setting",
            Self::DoesNotFit => "does_not_fit",
            Self::NotFinite => "not_finite",
            Self::Diverged => "diverged",
            Self::ShapeMismatch => "shape_mismatch",
            Self::UnseenCategory => "unseen_category",
            Self::BadArtifact => "bad_artifact",
            Self::NotFound => "not_found",
            Self::BadRequest => "bad_request",
            Self::Drawing => "drawing",
            Self::NotInStarter => "not_in_starter",
            Self::Internal => "internal",
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Error {
    /// What the starter module says of everything that it leaves out.
    pub fn beyond_starter() -> Self {
        Self::new(
            Code::NotInStarter,
            "This needs the whole core; the starter is only a part of it.",
        )
    }

    /// An error without a place; add one with [`Error::at_line`], [`Error::in_column`] or
    /// [`Error::in_field`].
    ///
    /// ```
    /// use handlens::error::{Code, Error};
    /// let error = Error::new(Code::BadSetting, "k must be at least 1, found 0.").in_field("k");
    /// assert_eq!(error.code().as_str(), "bad_setting");
    /// assert_eq!(error.to_string(), "k must be at least 1, found 0.");
    /// ```
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            place: None,
        }
    }

    /// The stable name.
    pub fn code(&self) -> Code {
        self.code
    }

    /// Where the input is at fault, if known.
    pub fn place(&self) -> Option<&Place> {
        self.place.as_ref()
    }

    /// The same error, placed at a line of the file (counted from 1).
    #[must_use]
    pub fn at_line(mut self, line: usize) -> Self {
        self.place.get_or_insert_default().line = Some(line);
        self
    }

    /// The same error, placed in a column.
    #[must_use]
    pub fn in_column(mut self, column: impl Into<String>) -> Self {
        self.place.get_or_insert_default().column = Some(column.into());
        self
    }

    /// The same error, placed in a setting or field of a request.
    #[must_use]
    pub fn in_field(mut self, field: impl Into<String>) -> Self {
        self.place.get_or_insert_default().field = Some(field.into());
        self
    }
}
