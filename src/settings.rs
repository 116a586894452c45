//! Settings (hyperparameters of algorithms, steps of a recipe): declared once, read by the form, the command line, REST, docs and tests.

use std::collections::BTreeMap;

use crate::error::{Code, Error, Result};
use crate::math::print_number;

/// A declared hyperparameter: name, range, default, help and scale.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Hyperparameter {
    /// The name on the wire, as in scikit-learn where it has one.
    pub name: &'static str,
    /// What the form calls it.
    pub label: &'static str,
    /// What it does and which way to turn it, in a sentence or two.
    pub help: &'static str,
    /// Type, range and default.
    pub kind: Kind,
}

/// Type, range and default of a hyperparameter.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Kind {
    /// A whole number.
    Integer {
        /// Smallest allowed.
        #[cfg_attr(feature = "typescript", ts(type = "number"))]
        min: i64,
        /// Largest allowed.
        #[cfg_attr(feature = "typescript", ts(type = "number"))]
        max: i64,
        /// Where it starts.
        #[cfg_attr(feature = "typescript", ts(type = "number"))]
        default: i64,
    },
    /// A real number.
    Real {
        /// Smallest allowed.
        min: f64,
        /// Largest allowed.
        max: f64,
        /// Where it starts.
        default: f64,
        /// Whether a slider should move by factors (from the smallest positive value).
        is_log: bool,
    },
    /// One of a list.
    Choice {
        /// Wire name and shown text of each.
        options: &'static [(&'static str, &'static str)],
        /// Wire name of the first choice.
        default: &'static str,
    },
    /// A list of choices, such as the activations of hidden layers.
    Choices {
        /// Wire name and shown text of each.
        options: &'static [(&'static str, &'static str)],
        /// Most entries allowed; none is allowed too.
        max_len: usize,
        /// Wire names where it starts.
        default: &'static [&'static str],
    },
    /// On or off.
    Flag {
        /// Where it starts.
        default: bool,
    },
    /// A list of whole numbers, such as the widths of hidden layers.
    Integers {
        /// Smallest allowed entry.
        #[cfg_attr(feature = "typescript", ts(type = "number"))]
        min: i64,
        /// Largest allowed entry.
        #[cfg_attr(feature = "typescript", ts(type = "number"))]
        max: i64,
        /// Most entries allowed; none is allowed too.
        max_len: usize,
        /// Where it starts.
        #[cfg_attr(feature = "typescript", ts(type = "number[]"))]
        default: &'static [i64],
    },
}

/// Declares a whole number.
pub const fn integer(
    name: &'static str,
    label: &'static str,
    (min, max, default): (i64, i64, i64),
    help: &'static str,
) -> Hyperparameter {
    Hyperparameter {
        name,
        label,
        help,
        kind: Kind::Integer { min, max, default },
    }
}

/// Declares a real number on a linear scale.
pub const fn real(
    name: &'static str,
    label: &'static str,
    (min, max, default): (f64, f64, f64),
    help: &'static str,
) -> Hyperparameter {
    Hyperparameter {
        name,
        label,
        help,
        kind: Kind::Real {
            min,
            max,
            default,
            is_log: false,
        },
    }
}

/// Declares a real number whose slider moves by factors.
pub const fn real_log(
    name: &'static str,
    label: &'static str,
    (min, max, default): (f64, f64, f64),
    help: &'static str,
) -> Hyperparameter {
    Hyperparameter {
        name,
        label,
        help,
        kind: Kind::Real {
            min,
            max,
            default,
            is_log: true,
        },
    }
}

/// Declares a choice; the first option is the default.
pub const fn choice(
    name: &'static str,
    label: &'static str,
    options: &'static [(&'static str, &'static str)],
    help: &'static str,
) -> Hyperparameter {
    Hyperparameter {
        name,
        label,
        help,
        kind: Kind::Choice {
            options,
            default: options[0].0,
        },
    }
}

/// Declares a list of choices, empty at the start.
pub const fn choices(
    name: &'static str,
    label: &'static str,
    options: &'static [(&'static str, &'static str)],
    max_len: usize,
    help: &'static str,
) -> Hyperparameter {
    Hyperparameter {
        name,
        label,
        help,
        kind: Kind::Choices {
            options,
            max_len,
            default: &[],
        },
    }
}

/// Declares a switch.
pub const fn flag(
    name: &'static str,
    label: &'static str,
    default: bool,
    help: &'static str,
) -> Hyperparameter {
    Hyperparameter {
        name,
        label,
        help,
        kind: Kind::Flag { default },
    }
}

/// The value of a hyperparameter or recipe setting.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(untagged)]
pub enum Setting {
    /// On or off.
    Flag(bool),
    /// A number; whole where the declaration says so.
    Number(f64),
    /// The wire name of a choice.
    Text(String),
    /// A list of whole numbers; in JSON also any empty list.
    Numbers(Vec<f64>),
    /// The wire names of choices.
    Texts(Vec<String>),
}

/// Values by name. What is not named has its default.
pub type Settings = BTreeMap<String, Setting>;

/// Settings checked against their declarations, defaults filled in.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    values: Settings,
}

impl Checked {
    /// Checks `given` against `declared`; what is not given gets its default.
    ///
    /// # Errors
    /// [`Code::BadSetting`] for an unknown name, a wrong type or a value out of range; the
    /// message names the setting, what was found and what is allowed.
    pub fn new(declared: &[Hyperparameter], given: &Settings) -> Result<Self> {
        if let Some(name) = given
            .keys()
            .find(|name| declared.iter().all(|d| d.name != *name))
        {
            let known: Vec<&str> = declared.iter().map(|d| d.name).collect();
            let message = format!(
                "There is no setting \u{201c}{name}\u{201d} here. Known are: {}.",
                if known.is_empty() {
                    "none".to_owned()
                } else {
                    known.join(", ")
                }
            );
            return Err(Error::new(Code::BadSetting, message).in_field(name));
        }
        let mut values = Settings::new();
        for declaration in declared {
            let value = match given.get(declaration.name) {
                Some(value) => declaration.check(value)?,
                None => declaration.default(),
            };
            values.insert(declaration.name.to_owned(), value);
        }
        Ok(Self { values })
    }

    /// All values by name, defaults included.
    pub fn values(&self) -> &Settings {
        &self.values
    }

    /// A number. A name that is not declared as one is a mistake in the algorithm's file; the
    /// contract suite finds it.
    ///
    /// # Errors
    /// [`Code::Internal`] where the name is not declared as a number.
    pub fn real(&self, name: &str) -> Result<f64> {
        match self.values.get(name) {
            Some(Setting::Number(value)) => Ok(*value),
            _ => Err(undeclared(name)),
        }
    }

    /// A whole, non-negative number.
    ///
    /// # Errors
    /// As [`Checked::real`].
    pub fn count(&self, name: &str) -> Result<usize> {
        Ok(self.real(name)? as usize)
    }

    /// The wire name of a choice.
    ///
    /// # Errors
    /// As [`Checked::real`].
    pub fn choice(&self, name: &str) -> Result<&str> {
        match self.values.get(name) {
            Some(Setting::Text(value)) => Ok(value),
            _ => Err(undeclared(name)),
        }
    }

    /// The wire names of a list of choices.
    ///
    /// # Errors
    /// As [`Checked::real`].
    pub fn choices(&self, name: &str) -> Result<&[String]> {
        match self.values.get(name) {
            Some(Setting::Texts(values)) => Ok(values),
            _ => Err(undeclared(name)),
        }
    }

    /// A switch.
    ///
    /// # Errors
    /// As [`Checked::real`].
    pub fn flag(&self, name: &str) -> Result<bool> {
        match self.values.get(name) {
            Some(Setting::Flag(value)) => Ok(*value),
            _ => Err(undeclared(name)),
        }
    }

    /// A list of whole, non-negative numbers.
    ///
    /// # Errors
    /// As [`Checked::real`].
    pub fn counts(&self, name: &str) -> Result<Vec<usize>> {
        match self.values.get(name) {
            Some(Setting::Numbers(values)) => Ok(values.iter().map(|&v| v as usize).collect()),
            _ => Err(undeclared(name)),
        }
    }
}

fn undeclared(name: &str) -> Error {
    Error::new(
        Code::Internal,
        format!("The setting {name} is read but not declared so."),
    )
}

impl Hyperparameter {
    /// The value it has when nothing is said.
    pub fn default(&self) -> Setting {
        match self.kind {
            Kind::Integer { default, .. } => Setting::Number(default as f64),
            Kind::Real { default, .. } => Setting::Number(default),
            Kind::Choice { default, .. } => Setting::Text(default.to_owned()),
            Kind::Choices { default, .. } => {
                Setting::Texts(default.iter().map(|&name| name.to_owned()).collect())
            }
            Kind::Flag { default } => Setting::Flag(default),
            Kind::Integers { default, .. } => {
                Setting::Numbers(default.iter().map(|&v| v as f64).collect())
            }
        }
    }

    /// Reads a value written on a command line or in a query: `0.1`, `true`, `16,8`, `uniform`.
    ///
    /// # Errors
    /// [`Code::BadSetting`] as [`Checked::new`].
    pub fn parse(&self, text: &str) -> Result<Setting> {
        let text = text.trim();
        let number = |text: &str| text.trim().parse::<f64>().ok();
        let value = match self.kind {
            Kind::Integer { .. } | Kind::Real { .. } => number(text).map(Setting::Number),
            Kind::Choice { .. } => Some(Setting::Text(text.to_owned())),
            Kind::Flag { .. } => text.parse().ok().map(Setting::Flag),
            Kind::Integers { .. } => entries(text)
                .map(number)
                .collect::<Option<_>>()
                .map(Setting::Numbers),
            Kind::Choices { .. } => {
                let names = entries(text).map(str::to_owned);
                Some(Setting::Texts(names.collect()))
            }
        };
        match value {
            Some(value) => self.check(&value),
            None => Err(self.refuse(&Setting::Text(text.to_owned()))),
        }
    }

    /// The value, if it is of the declared type and in range.
    ///
    /// # Errors
    /// [`Code::BadSetting`] as [`Checked::new`].
    pub fn check(&self, value: &Setting) -> Result<Setting> {
        let is_whole = |v: f64, min: i64, max: i64| {
            v.is_finite() && v.fract() == 0.0 && v >= min as f64 && v <= max as f64
        };
        let is_allowed = match (self.kind, value) {
            (Kind::Integer { min, max, .. }, Setting::Number(v)) => is_whole(*v, min, max),
            (Kind::Real { min, max, .. }, Setting::Number(v)) => {
                v.is_finite() && (min..=max).contains(v)
            }
            (Kind::Choice { options, .. }, Setting::Text(v)) => options.iter().any(|o| o.0 == v),
            (Kind::Flag { .. }, Setting::Flag(_)) => true,
            (
                Kind::Integers {
                    min, max, max_len, ..
                },
                Setting::Numbers(v),
            ) => v.len() <= max_len && v.iter().all(|&v| is_whole(v, min, max)),
            (
                Kind::Choices {
                    options, max_len, ..
                },
                Setting::Texts(v),
            ) => {
                let is_known = |name: &String| options.iter().any(|o| o.0 == name);
                v.len() <= max_len && v.iter().all(is_known)
            }
            (Kind::Choices { .. }, Setting::Numbers(v)) if v.is_empty() => {
                return Ok(Setting::Texts(Vec::new()));
            }
            // One name or number stands for a list of one.
            (Kind::Choices { .. }, Setting::Text(v)) => {
                return self.check(&Setting::Texts(vec![v.clone()]));
            }
            (Kind::Integers { .. }, Setting::Number(v)) => {
                return self.check(&Setting::Numbers(vec![*v]));
            }
            _ => false,
        };
        if is_allowed {
            Ok(value.clone())
        } else {
            Err(self.refuse(value))
        }
    }

    fn refuse(&self, found: &Setting) -> Error {
        let message = format!(
            "{} ({}) {}, found {found}.",
            self.label, self.name, self.kind
        );
        Error::new(Code::BadSetting, message).in_field(self.name)
    }
}

/// The entries of a list written with commas.
fn entries(text: &str) -> impl Iterator<Item = &str> {
    text.split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
}

impl std::fmt::Display for Setting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Flag(value) => write!(f, "{value}"),
            Self::Number(value) => f.write_str(&print_number(*value)),
            Self::Text(value) => write!(f, "\u{201c}{value}\u{201d}"),
            Self::Numbers(values) => {
                let texts: Vec<String> = values.iter().map(|&v| print_number(v)).collect();
                write!(f, "[{}]", texts.join(", "))
            }
            Self::Texts(values) => write!(f, "[{}]", values.join(", ")),
        }
    }
}

/// What is allowed, as the middle of a sentence.
impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let print = print_number;
        match self {
            Self::Integer { min, max, .. } => {
                write!(f, "must be a whole number from {min} to {max}")
            }
            Self::Real { min, max, .. } => {
                write!(
                    f,
                    "must be a number from {} to {}",
                    print(*min),
                    print(*max)
                )
            }
            Self::Choice { options, .. } => {
                let names: Vec<&str> = options.iter().map(|option| option.0).collect();
                write!(f, "must be one of {}", names.join(", "))
            }
            Self::Choices {
                options, max_len, ..
            } => {
                let names: Vec<&str> = options.iter().map(|option| option.0).collect();
                write!(f, "must be at most {max_len} of {}", names.join(", "))
            }
            Self::Flag { .. } => write!(f, "must be true or false"),
            Self::Integers {
                min, max, max_len, ..
            } => {
                write!(
                    f,
                    "must be at most {max_len} whole numbers from {min} to {max}"
                )
            }
        }
    }
}
