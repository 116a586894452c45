//! A decision tree under way.

use std::sync::Arc;

use super::TreeModel;
use crate::error::Result;
use crate::models::catalogued::catalogued;
use crate::models::trees::{
    Budget, Columns, Draft, Grower, Limits, Problem, Truth, WORK_A_STEP, Weights, prune, root,
};
use crate::models::{Model, Progress, Trainer};
use crate::prepare::Dataset;
use crate::rng::Rng;

/// Ranks the features, then makes some splits a step, then prunes.
pub(super) struct TreeTrainer {
    data: Arc<Dataset>,
    truth: Truth,
    limits: Limits,
    weights: Weights,
    ccp_alpha: f64,
    rng: Rng,
    /// Splits made, and at most to be made.
    n_splits: usize,
    most_splits: usize,
    stage: Stage,
}

enum Stage {
    Ranking(Columns, Draft),
    Growing(Box<Grower>),
    Done(Draft),
}

impl TreeTrainer {
    pub(super) fn new(
        data: Arc<Dataset>,
        weights: Option<Vec<f64>>,
        limits: Limits,
        ccp_alpha: f64,
        rng: &Rng,
    ) -> Self {
        let weights = weights.map_or(Weights::Same, |weights| Weights::Real(Arc::new(weights)));
        let truth = Truth::new(&data, limits.criterion);
        let root = root(&*truth.goal(&weights), &weights.rows(data.n_samples()));
        let most_splits = data
            .n_samples()
            .min(limits.max_leaf_nodes.unwrap_or(usize::MAX))
            - 1;
        Self {
            data,
            truth,
            limits,
            weights,
            ccp_alpha,
            rng: rng.fork_index("tree", 0),
            n_splits: 0,
            most_splits,
            stage: Stage::Ranking(Columns::default(), root),
        }
    }

    /// Ranks some features; the tree starts to grow when all are there.
    fn rank(&mut self, mut columns: Columns, root: Draft) -> Stage {
        if !columns.add_some(&self.data, WORK_A_STEP) {
            return Stage::Ranking(columns, root);
        }
        let problem = Problem {
            columns,
            truth: self.truth.clone(),
            limits: self.limits,
            n_samples: self.data.n_samples(),
        };
        let grower = Grower::new(Arc::new(problem), &self.weights, self.rng.clone());
        self.grow(Box::new(grower))
    }

    /// Makes an eighth more splits.
    fn grow(&mut self, mut grower: Box<Grower>) -> Stage {
        let advance = grower.advance(Budget {
            work: WORK_A_STEP,
            n_splits: 1 + self.n_splits / 8,
        });
        self.n_splits = grower.n_splits();
        if !advance.is_complete {
            return Stage::Growing(grower);
        }
        let draft = grower.draft();
        Stage::Done(if self.ccp_alpha > 0.0 {
            prune(draft, self.ccp_alpha)
        } else {
            draft.clone()
        })
    }

    fn draft(&self) -> &Draft {
        match &self.stage {
            Stage::Ranking(_, draft) | Stage::Done(draft) => draft,
            Stage::Growing(grower) => grower.draft(),
        }
    }
}

impl Trainer for TreeTrainer {
    fn step(&mut self) -> Result<Progress> {
        let ended = Stage::Done(Draft::new(0));
        self.stage = match std::mem::replace(&mut self.stage, ended) {
            Stage::Ranking(columns, root) => self.rank(columns, root),
            Stage::Growing(grower) => self.grow(grower),
            Stage::Done(draft) => Stage::Done(draft),
        };
        let is_done = matches!(self.stage, Stage::Done(_));
        let draft = self.draft();
        let n_leaves = draft.nodes.len().div_ceil(2);
        Ok(Progress {
            position: self.n_splits as f64,
            total: if is_done {
                self.n_splits
            } else {
                self.most_splits
            } as f64,
            loss: Some(draft.loss()),
            is_done,
            note: (n_leaves < self.n_splits + 1).then(|| {
                let n_cut = self.n_splits + 1 - n_leaves;
                format!("Pruning took {n_cut} of {} leaves back.", self.n_splits + 1)
            }),
        })
    }

    fn model(&self) -> Model {
        Model::Tree(catalogued(TreeModel::new(
            self.draft(),
            self.truth.criterion(),
            self.data.n_features(),
            self.truth.n_classes(),
        )))
    }
}
