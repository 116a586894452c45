//! Predictions of rows: given as records, as a table, or as a matrix.

use ndarray::{Array2, ArrayView2};

use super::{HeldModel, Session};
use crate::data::{Column, Table, Values, WriteOptions, table_from_records, write_csv};
use crate::error::{Code, Error, Result};
use crate::models::{Model, NOISE, Prediction};
use crate::prepare::{Pipeline, Steps, Transformed};
use crate::protocol::{ModelId, Predictions, Record, Reply, Response, RowPrediction, TableId};
use crate::settings::Setting;

/// How a CSV of predictions is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct CsvForm {
    /// Whether the table's own columns come first.
    pub includes_input: bool,
    /// Whether text that a spreadsheet would run gets a leading apostrophe.
    pub is_formula_safe: bool,
}

/// Predictions of the rows of a table; `None` for rows that the recipe drops.
pub(crate) struct Predicted {
    n_rows: usize,
    /// The sample of each row.
    sample_of: Vec<Option<usize>>,
    prediction: Option<Prediction>,
    notes: Vec<String>,
}

impl Session {
    pub(super) fn predict(&self, id: ModelId, records: &[Record]) -> Result<Reply> {
        Ok(Response::Predictions(self.model(id)?.predict(records)?).into())
    }

    pub(super) fn predict_table(
        &self,
        id: ModelId,
        table: TableId,
        preview: usize,
        form: CsvForm,
    ) -> Result<Reply> {
        let held = self.model(id)?;
        let table = self.table(table)?.table();
        let (predictions, csv) = held.predict_table(table, preview, form)?;
        Ok(Reply {
            response: Response::Predictions(predictions),
            bytes: Some(csv),
        })
    }

    /// Feature columns in the order of the model's inputs, as 64-bit floats. The answer is one
    /// number a row (code, value, or the first coordinate), then the probabilities, all
    /// coordinates or the anomaly scores row by row.
    pub(super) fn predict_matrix(&self, id: ModelId, bytes: &[u8]) -> Result<Reply> {
        let held = self.model(id)?;
        let inputs = held.pipeline.columns();
        let matrix = matrix_from_bytes(bytes, inputs.len())?;
        let columns = inputs
            .iter()
            .zip(matrix.columns())
            .map(|(input, values)| Column::number(&input.name, values.to_vec()))
            .collect();
        let predicted = predict_rows(&held.pipeline, &held.model(), &Table::new(columns)?)?;
        let lead = predicted.numbers();
        let rest = match &predicted.prediction {
            Some(
                Prediction::Classes {
                    probabilities: m, ..
                }
                | Prediction::Coordinates(m),
            ) => m.iter().copied().collect(),
            Some(Prediction::Anomalies { scores, .. }) => scores.clone(),
            _ => Vec::new(),
        };
        let bytes = lead
            .iter()
            .chain(&rest)
            .flat_map(|v| v.to_le_bytes())
            .collect();
        Ok(Reply {
            response: Response::Done,
            bytes: Some(bytes),
        })
    }

    pub(super) fn example_record(
        &self,
        id: ModelId,
        table: Option<TableId>,
        row: usize,
    ) -> Result<Reply> {
        let held = self.model(id)?;
        let Some(table) = table else {
            let record = held
                .pipeline
                .columns()
                .iter()
                .map(|column| (column.name.clone(), column.typical()))
                .collect();
            return Ok(Response::Record {
                record,
                actual: None,
            }
            .into());
        };
        let table = self.table(table)?.table();
        if row >= table.n_rows() {
            let message = format!(
                "There is no row {}; the table has {}.",
                row + 1,
                table.n_rows()
            );
            return Err(Error::new(Code::NotFound, message).in_field("row"));
        }
        let mut record = Record::new();
        for column in held.pipeline.columns() {
            record.insert(
                column.name.clone(),
                cell_value(table.column(&column.name)?, row),
            );
        }
        let target = held
            .pipeline
            .target()
            .and_then(|target| table.column(&target.name).ok());
        let actual = target
            .and_then(|column| column.text(row))
            .map(|text| text.into_owned());
        Ok(Response::Record { record, actual }.into())
    }
}

impl HeldModel {
    /// Predicts records.
    pub(super) fn predict(&self, records: &[Record]) -> Result<Predictions> {
        if records.is_empty() {
            let message = "There are no rows to predict. Give at least one record.";
            return Err(Error::new(Code::BadRequest, message).in_field("records"));
        }
        let table = table_from_records(records)?;
        let predicted = predict_rows(&self.pipeline, &self.model(), &table)?;
        Ok(predicted.list(self.pipeline.labels(), records.len()))
    }

    /// Predicts a table: the first `preview` rows as a list, all of them as CSV.
    pub(super) fn predict_table(
        &self,
        table: &Table,
        preview: usize,
        form: CsvForm,
    ) -> Result<(Predictions, Vec<u8>)> {
        let model = self.model();
        let predicted = predict_rows(&self.pipeline, &model, table)?;
        let mut columns = if form.includes_input {
            table.columns().to_vec()
        } else {
            Vec::new()
        };
        for mut column in predicted.columns(&self.pipeline, &model)? {
            while columns.iter().any(|other| other.name == column.name) {
                column.name.push('_');
            }
            columns.push(column);
        }
        let options = WriteOptions {
            formula_safe: form.is_formula_safe,
            ..WriteOptions::default()
        };
        let bytes = write_csv(&Table::new(columns)?, &options).into_bytes();
        Ok((predicted.list(self.pipeline.labels(), preview), bytes))
    }
}

/// A matrix of 64-bit little-endian floats, row-major.
pub(super) fn matrix_from_bytes(bytes: &[u8], n_columns: usize) -> Result<Array2<f64>> {
    let (chunks, rest) = bytes.as_chunks::<8>();
    if n_columns == 0 || !rest.is_empty() || chunks.len() % n_columns != 0 {
        let message = format!(
            "The {} bytes are not rows of {n_columns} 64-bit floats each.",
            bytes.len()
        );
        return Err(Error::new(Code::ShapeMismatch, message));
    }
    let values: Vec<f64> = chunks
        .iter()
        .map(|chunk| f64::from_le_bytes(*chunk))
        .collect();
    if values.iter().any(|value| value.is_infinite()) {
        return Err(Error::new(
            Code::NotFinite,
            "The matrix holds an infinite number.",
        ));
    }
    Array2::from_shape_vec((chunks.len() / n_columns, n_columns), values)
        .map_err(|_| Error::new(Code::Internal, "The matrix has no shape."))
}

/// A cell as JSON.
pub(crate) fn cell_value(column: &Column, row: usize) -> serde_json::Value {
    if column.is_missing(row) {
        return serde_json::Value::Null;
    }
    match &column.values {
        Values::Number(values) => values.get(row).copied().into(),
        Values::Boolean(values) => values.get(row).copied().flatten().into(),
        Values::Category(_) | Values::Text(_) => column.text(row).into(),
    }
}

/// Predicts every row of a table.
pub(crate) fn predict_rows(pipeline: &Pipeline, model: &Model, table: &Table) -> Result<Predicted> {
    let Transformed { dataset, mut notes } = pipeline.transform(table, false)?;
    note_range(pipeline, table, &mut notes);
    let mut sample_of = vec![None; table.n_rows()];
    for (sample, &row) in dataset.rows.iter().enumerate() {
        sample_of[row] = Some(sample);
    }
    let x: ArrayView2<f64> = dataset.x.view();
    let prediction = if x.nrows() == 0 {
        None
    } else {
        Some(model.predict(x)?)
    };
    Ok(Predicted {
        n_rows: table.n_rows(),
        sample_of,
        prediction,
        notes,
    })
}

/// The columns that predictions fill, by those of one typical row.
pub(crate) fn predict_typical(pipeline: &Pipeline, model: &Model) -> Result<Vec<Column>> {
    let features = pipeline.typical_features();
    let n_features = features.len();
    let row = Array2::from_shape_vec((1, n_features), features)
        .map_err(|error| Error::new(Code::Internal, error.to_string()))?;
    let predicted = Predicted {
        n_rows: 1,
        sample_of: vec![Some(0)],
        prediction: Some(model.predict(row.view())?),
        notes: Vec::new(),
    };
    predicted.columns(pipeline, model)
}

/// A column like another, of gaps alone.
fn gaps(column: Column, n_rows: usize) -> Column {
    let values = match column.values {
        Values::Number(_) => Values::Number(vec![f64::NAN; n_rows]),
        Values::Boolean(_) => Values::Boolean(vec![None; n_rows]),
        Values::Category(_) | Values::Text(_) => Values::Text(vec![None; n_rows]),
    };
    Column { values, ..column }
}

/// Says where the rows lie outside what the model has seen.
fn note_range(pipeline: &Pipeline, table: &Table, notes: &mut Vec<String>) {
    for column in pipeline.columns() {
        let Steps::Number { min, max, .. } = &column.steps else {
            continue;
        };
        let Ok(Column {
            values: Values::Number(values),
            ..
        }) = table.column(&column.name)
        else {
            continue;
        };
        let n_outside = values.iter().filter(|v| *v < min || *v > max).count();
        if n_outside > 0 {
            let print = crate::math::print_number;
            notes.push(format!(
                "\u{201c}{}\u{201d}: {n_outside} of {} values lie outside {} to {}, the range of the training rows.",
                column.name,
                values.len(),
                print(*min),
                print(*max)
            ));
        }
    }
}

/// A cluster as a number: −1 for rows of none, as scikit-learn has it.
fn cluster_number(cluster: u32) -> f64 {
    if cluster == NOISE {
        -1.0
    } else {
        f64::from(cluster)
    }
}

/// What the axes of a projection are called.
fn axis_name(model: &Model) -> &'static str {
    match model {
        Model::Embedding(embedding) => embedding.method().as_str(),
        _ => "pc",
    }
}

impl Predicted {
    /// The answers to the first `count` rows.
    pub(crate) fn list(&self, labels: &[String], count: usize) -> Predictions {
        let rows = self
            .sample_of
            .iter()
            .take(count)
            .map(|sample| self.row(*sample, labels))
            .collect();
        Predictions {
            rows,
            n_rows: self.n_rows,
            labels: labels.to_vec(),
            notes: self.notes.clone(),
        }
    }

    fn row(&self, sample: Option<usize>, labels: &[String]) -> RowPrediction {
        let empty = RowPrediction {
            prediction: None,
            probabilities: None,
            coordinates: None,
            score: None,
        };
        let (Some(sample), Some(prediction)) = (sample, &self.prediction) else {
            return empty;
        };
        match prediction {
            Prediction::Classes {
                codes,
                probabilities,
            } => RowPrediction {
                prediction: labels
                    .get(codes[sample] as usize)
                    .cloned()
                    .map(Setting::Text),
                probabilities: Some(probabilities.row(sample).to_vec()),
                ..empty
            },
            Prediction::Values(values) => RowPrediction {
                prediction: Some(Setting::Number(values[sample])),
                ..empty
            },
            Prediction::Clusters(codes) => RowPrediction {
                prediction: Some(Setting::Number(cluster_number(codes[sample]))),
                ..empty
            },
            Prediction::Anomalies { scores, is_outlier } => RowPrediction {
                prediction: Some(Setting::Flag(is_outlier[sample])),
                score: Some(scores[sample]),
                ..empty
            },
            Prediction::Coordinates(m) => RowPrediction {
                coordinates: Some(m.row(sample).to_vec()),
                ..empty
            },
        }
    }

    /// One number a row: class code, value, cluster (−1 for none), first coordinate, or 1 for an
    /// outlier; NaN where dropped.
    fn numbers(&self) -> Vec<f64> {
        let number = |sample: usize| match &self.prediction {
            Some(Prediction::Classes { codes, .. }) => f64::from(codes[sample]),
            Some(Prediction::Clusters(codes)) => cluster_number(codes[sample]),
            Some(Prediction::Anomalies { is_outlier, .. }) => f64::from(is_outlier[sample]),
            Some(Prediction::Values(values)) => values[sample],
            Some(Prediction::Coordinates(m)) => m.row(sample).first().copied().unwrap_or(f64::NAN),
            None => f64::NAN,
        };
        self.sample_of
            .iter()
            .map(|sample| sample.map_or(f64::NAN, number))
            .collect()
    }

    /// `prediction`, then `p_<class>`, or `score` for anomalies; for a projection `pc1`, `pc2`, … or
    /// `tsne1`, …. Where no row has an answer, the same columns are full of gaps.
    pub(crate) fn columns(&self, pipeline: &Pipeline, model: &Model) -> Result<Vec<Column>> {
        let Some(prediction) = &self.prediction else {
            let typical = predict_typical(pipeline, model)?;
            return Ok(typical.into_iter().map(|c| gaps(c, self.n_rows)).collect());
        };
        Ok(self.filled(prediction, pipeline, model))
    }

    fn filled(&self, prediction: &Prediction, pipeline: &Pipeline, model: &Model) -> Vec<Column> {
        let labels = pipeline.labels();
        let of_matrix = |name: String, m: &Array2<f64>, index: usize| {
            let cell = |sample: &Option<usize>| sample.map_or(f64::NAN, |s| m[(s, index)]);
            Column::number(name, self.sample_of.iter().map(cell).collect())
        };
        match prediction {
            Prediction::Classes {
                codes,
                probabilities,
            } => {
                let label = |sample: &Option<usize>| {
                    sample.and_then(|s| labels.get(codes[s] as usize)).cloned()
                };
                let values = Values::Text(self.sample_of.iter().map(label).collect());
                let prediction = Column {
                    name: "prediction".into(),
                    values,
                };
                let classes = labels.iter().enumerate();
                std::iter::once(prediction)
                    .chain(classes.map(|(index, label)| {
                        of_matrix(format!("p_{label}"), probabilities, index)
                    }))
                    .collect()
            }
            Prediction::Coordinates(m) => {
                let axis = axis_name(model);
                (0..m.ncols())
                    .map(|index| of_matrix(format!("{axis}{}", index + 1), m, index))
                    .collect()
            }
            Prediction::Anomalies { scores, is_outlier } => {
                let flags = self.sample_of.iter().map(|s| s.map(|s| is_outlier[s]));
                let prediction = Column {
                    name: "prediction".into(),
                    values: Values::Boolean(flags.collect()),
                };
                let score = |sample: &Option<usize>| sample.map_or(f64::NAN, |s| scores[s]);
                let scores = self.sample_of.iter().map(score).collect();
                vec![prediction, Column::number("score", scores)]
            }
            _ => vec![Column::number("prediction", self.numbers())],
        }
    }
}
