//! What is to be done to the columns before learning: a [`Recipe`], unfitted.

use std::collections::BTreeMap;

use crate::error::{Code, Error, Result};
use crate::settings::{Checked, Hyperparameter, Setting, Settings, choice, flag, integer, real};

/// The steps of a recipe, declared once. They hold for every column; a column may override
/// them.
pub const STEPS: &[Hyperparameter] = &[
    choice(
        "impute",
        "Gaps in numbers",
        &[
            ("median", "median"),
            ("mean", "mean"),
            ("most_frequent", "most frequent value"),
            ("constant", "fixed value"),
            ("drop_rows", "drop the rows"),
            ("keep", "leave them to the algorithm"),
        ],
        "What stands in for a missing number. The median is not moved by outliers. Some algorithms, such as boosted trees, learn from the gaps themselves.",
    ),
    real(
        "fill_value",
        "Fixed value",
        (-1e300, 1e300, 0.0),
        "The number that fills gaps where a fixed value is chosen.",
    ),
    choice(
        "impute_category",
        "Gaps in categories",
        &[
            ("most_frequent", "most frequent level"),
            ("constant", "a level of its own"),
            ("drop_rows", "drop the rows"),
            ("keep", "leave them to the algorithm"),
        ],
        "What stands in for a missing category. A level of its own lets the model learn from the gap.",
    ),
    choice(
        "encode",
        "Categories become",
        &[
            ("one_hot", "one column a level"),
            ("dummy", "one column a level but the first"),
            ("ordinal", "one number"),
            ("target", "the mean of the target"),
            ("hash", "a few columns by hashing"),
        ],
        "One column a level (one-hot) claims no order. Without the first (dummy) the columns do not repeat what the intercept says; least squares starts from that. One number (ordinal) is shorter and suits levels that have an order, and algorithms that sort levels themselves. For very many levels: the mean of the target among the rows of a level, drawn to the overall mean where they are few; or hashing, in which levels share columns by chance.",
    ),
    integer(
        "n_features",
        "Hashed columns",
        (2, 4096, 64),
        "How many columns the levels of a hashed category share. With fewer columns more levels are taken for one another.",
    ),
    choice(
        "unseen",
        "Unseen levels",
        &[
            ("ignore", "count as none of them"),
            ("most_frequent", "count as the most frequent"),
            ("refuse", "are refused"),
        ],
        "What happens at prediction to a level that the training rows did not have. None of them means all zeros in one-hot columns, \u{2212}1 as an ordinal.",
    ),
    integer(
        "max_levels",
        "Most levels",
        (2, 1000, 50),
        "Beyond this count the rarest levels of a category are merged into one, \u{201c}other\u{201d}; unseen levels join it. Levels that become means of the target or hashes are not merged.",
    ),
    choice(
        "scale",
        "Scaling of numbers",
        &[
            ("standard", "standard (mean 0, deviation 1)"),
            ("min_max", "min-max (0 to 1)"),
            ("robust", "robust (median 0, quartile range 1)"),
            ("none", "none"),
        ],
        "Brings numbers to one scale, so that the column with the largest unit does not decide alone. Robust is not moved by outliers.",
    ),
    choice(
        "expand",
        "Numbers also become",
        &[
            ("none", "nothing more"),
            ("polynomial", "powers and products"),
            ("spline", "pieces of a curve"),
        ],
        "Features made of scaled numbers, with which a linear model can bend. Powers and products let columns act together; pieces of a curve let each bend by itself.",
    ),
    integer(
        "expand_degree",
        "Highest power",
        (2, super::expand::HIGHEST_DEGREE, 2),
        "Up to how many numbers are multiplied with one another. Set for all columns together.",
    ),
    flag(
        "interaction_only",
        "Different columns only",
        false,
        "Leaves out powers, so that only different columns are multiplied. Set for all columns together.",
    ),
    integer(
        "n_knots",
        "Knots of a curve",
        (2, 100, 5),
        "In how many places the pieces of a curve join, the ends included. More follow the rows more closely.",
    ),
    choice(
        "knots",
        "Places of the knots",
        &[
            ("uniform", "at equal distances"),
            ("quantile", "at equal numbers of rows"),
        ],
        "Where the pieces of a curve join.",
    ),
    choice(
        "duplicates",
        "Equal rows",
        &[("apart", "may be parted"), ("together", "stay on one side")],
        "Whether rows that are equal in all columns used may be parted into rows learnt from and unseen ones. A model that has seen the very row it is judged by looks better than it is. Set for all columns together.",
    ),
];

/// How a column is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// A feature, unless it is text or constant in the training rows.
    #[default]
    Auto,
    /// A feature.
    Feature,
    /// Not used.
    Ignore,
    /// How much each row counts in training: a number from 0, no feature.
    Weight,
    /// Which rows belong together and stay on one side of a split, no feature.
    Group,
}

/// What is special about one column.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(default, deny_unknown_fields)]
pub struct ColumnRecipe {
    /// Whether it is a feature.
    pub role: Role,
    /// Steps that differ from those of the table.
    pub settings: Settings,
}

/// The steps for a table. `Recipe::default()` takes every step's default.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(default, deny_unknown_fields)]
pub struct Recipe {
    /// Steps of every column, by the names of [`STEPS`].
    pub settings: Settings,
    /// Columns with something special, by name.
    pub columns: BTreeMap<String, ColumnRecipe>,
}

impl Recipe {
    /// What is special about a column, if anything.
    pub fn column(&self, name: &str) -> Option<&ColumnRecipe> {
        self.columns.get(name)
    }

    /// Sets a step of every column where nothing is said of it yet.
    pub fn default_step(&mut self, name: &str, value: Setting) {
        self.settings.entry(name.to_owned()).or_insert(value);
    }

    /// The steps of one column: its own, over those of the table, over the defaults.
    ///
    /// # Errors
    /// [`Code::BadSetting`] for a step that is not declared
    /// or out of range.
    pub fn steps(&self, column: &str) -> Result<Checked> {
        let mut settings = self.settings.clone();
        if let Some(own) = self.column(column) {
            settings.extend(own.settings.clone());
        }
        Checked::new(STEPS, &settings)
    }

    /// The column that says how much each row counts, if there is one.
    ///
    /// # Errors
    /// [`Code::BadSetting`] where there are several.
    pub fn weight(&self) -> Result<Option<&str>> {
        self.only(Role::Weight, "weigh")
    }

    /// The column that says which rows belong together, if there is one.
    ///
    /// # Errors
    /// [`Code::BadSetting`] where there are several.
    pub fn group(&self) -> Result<Option<&str>> {
        self.only(Role::Group, "group")
    }

    fn only(&self, role: Role, verb: &str) -> Result<Option<&str>> {
        let mut names = self
            .columns
            .iter()
            .filter(|(_, own)| own.role == role)
            .map(|(name, _)| name.as_str());
        match (names.next(), names.next()) {
            (Some(first), Some(second)) => {
                let message = format!(
                    "Both \u{201c}{first}\u{201d} and \u{201c}{second}\u{201d} are to {verb} the rows. Choose one."
                );
                Err(Error::new(Code::BadSetting, message).in_column(second))
            }
            (only, _) => Ok(only),
        }
    }

    /// Leaves a column out.
    pub fn ignore(&mut self, name: &str) {
        self.columns.entry(name.to_owned()).or_default().role = Role::Ignore;
    }
}
