//! A forest under way.

use std::collections::VecDeque;
use std::sync::Arc;

use super::bag::{Bag, Draw};
use super::model::ForestModel;
use super::{Forest, LANES};
use crate::error::Result;
use crate::models::catalogued::catalogued;
use crate::models::trees::{
    Budget, Columns, Grower, Judged, Limits, OutOfBag, Problem, Tree, Truth, WORK_A_STEP, prune,
    root, to_shares,
};
use crate::models::{Model, Progress, Trainer};
use crate::parallel::{for_each_chunk_mut, map_chunks};
use crate::prepare::Dataset;
use crate::rng::Rng;

/// Samples times features of a split from which a tree takes several steps.
const LARGE_FROM: usize = 20_000;

/// Ranks the features, then grows trees side by side.
pub(super) struct ForestTrainer {
    settings: Forest,
    data: Arc<Dataset>,
    bag: Bag,
    rng: Rng,
    truth: Truth,
    limits: Limits,
    stage: Stage,
    /// Trees under way, the oldest first.
    lanes: VecDeque<Lane>,
    trees: Vec<Arc<Tree>>,
    /// Sum of the importances of the trees.
    importances: Vec<f64>,
    out_of_bag: Option<OutOfBag>,
    /// How good the trees so far are, out of bag.
    judged: Option<Judged>,
}

enum Stage {
    Ranking(Columns),
    Growing(Arc<Problem>),
}

/// A tree under way, and how often it drew each row.
struct Lane {
    counts: Option<Arc<Vec<u32>>>,
    state: State,
}

enum State {
    Growing(Box<Grower>),
    Grown(Arc<Tree>, Vec<f64>),
}

impl Lane {
    fn new(problem: &Arc<Problem>, bag: &Bag, mut rng: Rng) -> Self {
        let Draw { weights, counts } = bag.draw(&mut rng);
        let grower = Grower::new(Arc::clone(problem), &weights, rng);
        Self {
            counts,
            state: State::Growing(Box::new(grower)),
        }
    }

    /// Works on the tree; returns how much.
    fn advance(&mut self, n_features: usize, ccp_alpha: f64) -> usize {
        let State::Growing(grower) = &mut self.state else {
            return 0;
        };
        let advance = grower.advance(Budget {
            work: WORK_A_STEP / LANES,
            n_splits: usize::MAX,
        });
        if advance.is_complete {
            let draft = grower.draft();
            let (tree, importances) = if ccp_alpha > 0.0 {
                let pruned = prune(draft, ccp_alpha);
                (pruned.tree(), pruned.importances(n_features))
            } else {
                (draft.tree(), draft.importances(n_features))
            };
            self.state = State::Grown(Arc::new(tree), importances);
        }
        advance.work
    }
}

impl ForestTrainer {
    pub(super) fn new(
        settings: Forest,
        data: Arc<Dataset>,
        bag: Bag,
        limits: Limits,
        rng: &Rng,
    ) -> Self {
        let truth = Truth::new(&data, limits.criterion);
        let width = truth.n_classes().unwrap_or(1);
        Self {
            out_of_bag: bag
                .is_drawing()
                .then(|| OutOfBag::new(data.n_samples(), width)),
            importances: vec![0.0; data.n_features()],
            settings,
            data,
            bag,
            rng: rng.clone(),
            truth,
            limits,
            stage: Stage::Ranking(Columns::default()),
            lanes: VecDeque::new(),
            trees: Vec::new(),
            judged: None,
        }
    }

    /// Ranks some features; trees start to grow when all are there.
    fn rank(&mut self, mut columns: Columns) -> Stage {
        if !columns.add_some(&self.data, WORK_A_STEP) {
            return Stage::Ranking(columns);
        }
        let problem = Arc::new(Problem {
            columns,
            truth: self.truth.clone(),
            limits: self.limits,
            n_samples: self.data.n_samples(),
        });
        self.grow(&problem);
        Stage::Growing(problem)
    }

    /// Grows trees, an eighth more than there are, until the step is long enough.
    fn grow(&mut self, problem: &Arc<Problem>) {
        let n_before = self.trees.len();
        let enough = (n_before + 1 + n_before / 8).min(self.settings.n_estimators);
        let mut spent = 0;
        while self.trees.len() < enough && spent < WORK_A_STEP {
            self.plant(problem, enough);
            spent += self.advance();
            while let Some(State::Grown(..)) = self.lanes.front().map(|lane| &lane.state) {
                self.harvest();
            }
        }
    }

    /// Starts trees where lanes are free: those that are wanted now, and on large data as many
    /// as there are lanes, so that every thread has work.
    fn plant(&mut self, problem: &Arc<Problem>, enough: usize) {
        let is_large = self.data.n_samples() * self.limits.max_features >= LARGE_FROM;
        let wanted = if is_large {
            self.settings.n_estimators
        } else {
            enough
        };
        let first = self.trees.len() + self.lanes.len();
        let end = wanted.min(self.trees.len() + LANES);
        let rngs: Vec<Rng> = (first..end)
            .map(|i| self.rng.fork_index("tree", i))
            .collect();
        let bag = &self.bag;
        let planted = map_chunks(rngs.len(), 1, |lane| {
            Lane::new(problem, bag, rngs[lane.start].clone())
        });
        self.lanes.extend(planted);
    }

    /// Works on all trees under way; returns how much.
    fn advance(&mut self) -> usize {
        let (n_features, ccp_alpha) = (self.data.n_features(), self.settings.growth.ccp_alpha);
        let mut lanes: Vec<(&mut Lane, usize)> = self.lanes.iter_mut().map(|l| (l, 0)).collect();
        for_each_chunk_mut(&mut lanes, 1, |_, piece| {
            for (lane, work) in piece {
                *work = lane.advance(n_features, ccp_alpha);
            }
        });
        // Even the smallest trees take time to plant.
        lanes.into_iter().map(|(_, work)| work + 1000).sum()
    }

    /// Takes the oldest tree into the forest.
    fn harvest(&mut self) {
        let Some(lane) = self.lanes.pop_front() else {
            return;
        };
        let State::Grown(tree, importances) = lane.state else {
            return;
        };
        if let (Some(out_of_bag), Some(counts)) = (&mut self.out_of_bag, &lane.counts) {
            out_of_bag.add(&tree, counts, &self.data);
        }
        let sums = self.importances.iter_mut().zip(importances);
        sums.for_each(|(sum, importance)| *sum += importance);
        self.trees.push(tree);
    }

    fn note(&self) -> Option<String> {
        let score = self.judged?.score?;
        Some(match self.truth.n_classes() {
            Some(_) => format!(
                "Out-of-bag accuracy {:.1} %: each row judged by the trees that did not see it.",
                score * 100.0
            ),
            None => format!(
                "Out-of-bag R\u{b2} {score:.3}: each row judged by the trees that did not see it."
            ),
        })
    }
}

impl Trainer for ForestTrainer {
    fn step(&mut self) -> Result<Progress> {
        let n_trees = self.settings.n_estimators;
        if self.trees.len() < n_trees {
            let ended = Stage::Ranking(Columns::default());
            self.stage = match std::mem::replace(&mut self.stage, ended) {
                Stage::Ranking(columns) => self.rank(columns),
                Stage::Growing(problem) => {
                    self.grow(&problem);
                    Stage::Growing(problem)
                }
            };
            let judge = |oob: &OutOfBag| oob.judge(&self.data.target);
            self.judged = self.out_of_bag.as_ref().and_then(judge);
        }
        let is_done = self.trees.len() == n_trees;
        Ok(Progress {
            position: self.trees.len() as f64,
            total: n_trees as f64,
            loss: self.judged.map(|judged| judged.loss),
            is_done,
            note: is_done.then(|| self.note()).flatten(),
        })
    }

    /// The trees so far; before the first, what the training rows say together.
    fn model(&self) -> Model {
        let mut trees = self.trees.clone();
        if trees.is_empty() {
            let weights = self.bag.all();
            let rows = weights.rows(self.data.n_samples());
            let root = root(&*self.truth.goal(weights), &rows);
            trees.push(Arc::new(root.tree()));
        }
        let mut importances = self.importances.clone();
        to_shares(&mut importances);
        Model::Forest(catalogued(ForestModel {
            trees,
            n_features: self.data.n_features(),
            n_classes: self.truth.n_classes(),
            importances,
            oob_score: self.judged.and_then(|judged| judged.score),
        }))
    }
}
