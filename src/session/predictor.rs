//! One finished model that predicts: what a program or a page needs that does not train.
//!
//! The same code answers as behind [`super::Session::handle`], so the answers are the same to the
//! bit. Built without the feature `training`, all that learns stays out of the module.

use super::predict::CsvForm;
use super::{HeldModel, inspect};
use crate::data::{ReadOptions, read};
use crate::error::Result;
use crate::protocol::{ModelSummary, Predictions, Record};

/// A model read from its artifact.
pub struct Predictor {
    held: HeldModel,
}

impl Predictor {
    /// Reads an artifact, trusting nothing.
    ///
    /// # Errors
    /// [`crate::error::Code::BadArtifact`] saying what is wrong with the bytes.
    pub fn load(bytes: &[u8]) -> Result<Self> {
        let held = HeldModel::load(bytes)?;
        Ok(Self { held })
    }

    /// Everything there is to know of the model: its inputs, labels, metrics and origin.
    pub fn inspect(&self) -> ModelSummary {
        inspect::summary(0, &self.held)
    }

    /// Predicts rows given by column name, in their order.
    ///
    /// # Errors
    /// Where there are no rows, a column is absent, or a value is not of its column's type.
    pub fn predict(&self, records: &[Record]) -> Result<Predictions> {
        self.held.predict(records)
    }

    /// Predicts every row of a file: the first `preview` rows as a list, and all of them as CSV
    /// behind the file's own columns. Text that a spreadsheet would run is made safe where
    /// `is_formula_safe`.
    ///
    /// # Errors
    /// Where the file is no table or lacks a column of the model.
    pub fn predict_file(
        &self,
        name: &str,
        bytes: &[u8],
        preview: usize,
        is_formula_safe: bool,
    ) -> Result<(Predictions, Vec<u8>)> {
        let options = ReadOptions {
            name: Some(name.to_owned()),
            ..ReadOptions::default()
        };
        let table = read(bytes, &options)?.table;
        let form = CsvForm {
            includes_input: true,
            is_formula_safe,
        };
        self.held.predict_table(&table, preview, form)
    }
}
