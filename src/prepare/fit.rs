//! From a recipe and training rows to a [`Pipeline`].

use super::column::{FittedColumn, Lesson, Steps};
use super::expand::{Expansion, Plan, Spline};
use super::target::FittedTarget;
use super::{Pipeline, Recipe, Role, Task};
use crate::data::{Column, ColumnType, Table};
use crate::error::{Code, Error, Result};

impl Recipe {
    /// Learns from training rows what filling, encoding and scaling need.
    ///
    /// Columns that teach nothing (constant, all missing, free text) are left out with a
    /// reason, unless the recipe names them as features.
    ///
    /// # Errors
    /// [`Code::UnknownColumn`] for a target or a column of the recipe that is not there,
    /// [`Code::BadTarget`] for a target that cannot be predicted, [`Code::NothingToLearn`]
    /// where no feature is left, [`Code::BadSetting`] for a step that is not declared.
    pub fn fit(&self, train: &Table, target: Option<(&str, Task)>) -> Result<Pipeline> {
        for name in self.columns.keys() {
            train.column(name)?;
        }
        let weight = self.weight()?;
        self.group()?;
        let fitted_target = target
            .map(|(name, task)| FittedTarget::fit(train, name, task))
            .transpose()?;
        let lesson = self.lesson(train, fitted_target.as_ref())?;
        let mut columns = Vec::new();
        let mut left_out = Vec::new();
        for column in train.columns() {
            if fitted_target
                .as_ref()
                .is_some_and(|target| target.name == column.name)
            {
                continue;
            }
            match self.fit_column(column, lesson.as_ref())? {
                Ok(fitted) => columns.push(fitted),
                Err(reason) => left_out.push((column.name.clone(), reason)),
            }
        }
        if columns.iter().all(|column| column.width() == 0) {
            if train.n_rows() == 1 {
                let message = "There is a single row to learn from, and one row shows no differences. Add rows.";
                return Err(Error::new(Code::NothingToLearn, message));
            }
            let mut message = "No feature column is left to learn from.".to_owned();
            for (name, reason) in left_out.iter().take(5) {
                message.push_str(&format!(" \u{201c}{name}\u{201d}: {reason}."));
            }
            return Err(Error::new(Code::NothingToLearn, message));
        }
        Ok(Pipeline {
            expansion: self.fit_expansion(train, &columns)?,
            columns,
            target: fitted_target,
            left_out,
            weight: weight.map(str::to_owned),
        })
    }

    /// Learns what is made of number columns: which are multiplied, and where curves have knots.
    fn fit_expansion(&self, train: &Table, columns: &[FittedColumn]) -> Result<Option<Expansion>> {
        let mut plan = Plan::new(&self.steps("")?)?;
        let mut feature = 0;
        for column in columns {
            let steps = self.steps(&column.name)?;
            let is_number = matches!(column.steps, Steps::Number { .. });
            match steps.choice("expand")? {
                "polynomial" if is_number => plan.factors.push(feature),
                "spline" if is_number => {
                    let sorted = scaled_values(column, train.column(&column.name)?)?;
                    plan.splines.extend(Spline::fit(feature, &sorted, &steps)?);
                }
                _ => {}
            }
            feature += column.width() as u32;
        }
        plan.expansion(feature as usize)
    }

    /// What the target says of each row, where a column asks for it.
    fn lesson(&self, train: &Table, target: Option<&FittedTarget>) -> Result<Option<Lesson>> {
        let mut asks = false;
        for column in train.columns() {
            asks |= self.steps(&column.name)?.choice("encode")? == "target";
        }
        let Some(target) = target.filter(|_| asks) else {
            return Ok(None);
        };
        Ok(Some(Lesson::new(&target.read(train)?, &target.labels)))
    }

    fn fit_column(
        &self,
        column: &Column,
        lesson: Option<&Lesson>,
    ) -> Result<std::result::Result<FittedColumn, String>> {
        let role = self
            .column(&column.name)
            .map(|own| own.role)
            .unwrap_or_default();
        match role {
            Role::Ignore => return Ok(Err("left out by the recipe".into())),
            Role::Group => return Ok(Err("it says which rows belong together".into())),
            Role::Weight => return Ok(Err("it says how much each row counts".into())),
            Role::Auto if column.column_type() == ColumnType::Text => {
                return Ok(Err("it is free text".into()));
            }
            Role::Auto | Role::Feature => {}
        }
        FittedColumn::fit(column, &self.steps(&column.name)?, lesson)
    }
}

/// The feature of a number column in the training rows, ascending, without gaps.
fn scaled_values(fitted: &FittedColumn, column: &Column) -> Result<Vec<f64>> {
    let mut values = fitted.read(column)?.values;
    values.retain(|value| !value.is_nan());
    for value in &mut values {
        let mut feature = [0.0];
        fitted.write(*value, &mut feature);
        *value = feature[0];
    }
    values.sort_by(f64::total_cmp);
    Ok(values)
}
