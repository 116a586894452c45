//! How good a model is: on the rows of its training, or on a table.

use super::training::sample;
use super::{HeldModel, Session, State};
use crate::error::{Code, Error, Result};
use crate::evaluate::{Evaluation, Reference, Scores, evaluate};
use crate::models::Model;
use crate::prepare::{Dataset, Target};
use crate::protocol::{ModelId, Reply, Response, TableId};
use crate::rng::Rng;

/// The seen rows are judged on at most this many, drawn once: asking KNN for every row it
/// stores would take longer than the training.
const MOST_SEEN_ROWS: usize = 10_000;

impl Session {
    pub(super) fn evaluate(&mut self, id: ModelId) -> Result<Reply> {
        let held = self.model_mut(id)?;
        let evaluation = match (&held.evaluation, &held.state) {
            (Some(evaluation), State::Trained(_)) => evaluation.clone(),
            _ => judge_training(held)?,
        };
        held.evaluation = Some(evaluation.clone());
        Ok(Response::Evaluation(evaluation).into())
    }

    pub(super) fn evaluate_on(&self, id: ModelId, table: TableId) -> Result<Reply> {
        let held = self.model(id)?;
        let table = self.table(table)?.table();
        let made = held
            .pipeline
            .transform(table, held.pipeline.target().is_some())?;
        if made.dataset.n_samples() == 0 {
            return Err(Error::new(
                Code::NothingToLearn,
                "No row of the table can be judged.",
            ));
        }
        let model = held.model();
        // The training target is not stored, so the baseline is that of the table itself.
        let scores = score(&model, &made.dataset, &made.dataset.target)?;
        let seen = held
            .evaluation
            .as_ref()
            .map_or_else(|| scores.clone(), |e| e.train.clone());
        Ok(Response::Evaluation(Evaluation::new(seen, Some(scores))).into())
    }
}

fn judge_training(held: &HeldModel) -> Result<Evaluation> {
    let training = held.training()?;
    let model = held.model();
    let seen = sample(
        &training.train,
        MOST_SEEN_ROWS,
        &Rng::new(training.spec.seed),
    );
    let train = score(&model, &seen, &training.train.target)?;
    let test = training
        .test
        .as_ref()
        .map(|test| score(&model, test, &training.train.target))
        .transpose()?;
    Ok(Evaluation::new(train, test))
}

/// Scores of `model` on `data`, against a baseline learnt from `train_target`.
fn score(model: &Model, data: &Dataset, train_target: &Target) -> Result<Scores> {
    let prediction = model.predict(data.x.view())?;
    let centroids = match model {
        Model::KMeans(kmeans) => Some(kmeans.centroids.view()),
        _ => None,
    };
    evaluate(
        &prediction,
        data,
        &Reference {
            train_target,
            centroids,
            is_map: matches!(model, Model::Embedding(_)),
        },
    )
}
