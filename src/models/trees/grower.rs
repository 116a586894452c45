//! A tree that grows: node by node, and within a large node feature by feature.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::sync::Arc;

use super::columns::Columns;
use super::draft::Draft;
use super::goal::{Criterion, Goal, Truth, Weights};
use super::search::{Buffers, Search, Searcher, Split, Splitter};
use crate::rng::Rng;

/// How far trees may grow.
#[derive(Debug, Clone, Copy)]
pub(in crate::models) struct Limits {
    pub splitter: Splitter,
    pub criterion: Criterion,
    /// Features looked at for each split.
    pub max_features: usize,
    /// No limit where `None`.
    pub max_depth: Option<usize>,
    /// No limit where `None`.
    pub max_leaf_nodes: Option<usize>,
    pub min_samples_split: usize,
    pub min_samples_leaf: usize,
    pub min_impurity_decrease: f64,
    /// Whether the split that gains most comes first, instead of the leftmost.
    pub is_best_first: bool,
}

/// What all trees of a training share.
pub(in crate::models) struct Problem {
    pub columns: Columns,
    pub truth: Truth,
    pub limits: Limits,
    pub n_samples: usize,
}

/// A node that can be split.
#[derive(Debug, Clone, Copy)]
struct Open {
    node: u32,
    start: usize,
    end: usize,
    depth: usize,
}

/// A node with its split.
#[derive(Debug, Clone, Copy)]
struct Ready {
    open: Open,
    split: Split,
    gain: f64,
}

impl PartialEq for Ready {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Ready {}

impl PartialOrd for Ready {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The larger gain first, of equals the older node.
impl Ord for Ready {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_gain = self.gain.total_cmp(&other.gain);
        by_gain.then(other.open.node.cmp(&self.open.node))
    }
}

/// Nodes that wait to be split.
enum Frontier {
    Best(BinaryHeap<Ready>),
    Deepest(Vec<Ready>),
}

impl Frontier {
    fn push(&mut self, ready: Ready) {
        match self {
            Self::Best(heap) => heap.push(ready),
            Self::Deepest(stack) => stack.push(ready),
        }
    }

    fn pop(&mut self) -> Option<Ready> {
        match self {
            Self::Best(heap) => heap.pop(),
            Self::Deepest(stack) => stack.pop(),
        }
    }
}

/// What a call of [`Grower::advance`] may do.
#[derive(Debug, Clone, Copy)]
pub(in crate::models) struct Budget {
    /// Samples times features to look at.
    pub work: usize,
    pub n_splits: usize,
}

/// What a call of [`Grower::advance`] did.
#[derive(Debug, Clone, Copy)]
pub(in crate::models) struct Advance {
    pub is_complete: bool,
    /// In the unit of [`Budget::work`].
    pub work: usize,
}

/// A tree that is its root.
pub(in crate::models) fn root(goal: &dyn Goal, rows: &[u32]) -> Draft {
    let mut draft = Draft::new(goal.width());
    draft.add(goal, rows);
    draft
}

/// A tree under way.
pub(in crate::models) struct Grower {
    problem: Arc<Problem>,
    goal: Box<dyn Goal>,
    rng: Rng,
    /// The samples, those of a node side by side.
    rows: Vec<u32>,
    draft: Draft,
    /// The node whose split is sought, and those whose turn comes next.
    search: Option<(Open, Search)>,
    waiting: Vec<Open>,
    frontier: Frontier,
    n_splits: usize,
    features: Vec<u32>,
    buffers: Buffers,
    spare: Vec<u32>,
}

impl Grower {
    /// A tree that is its root; at least one sample must count.
    pub(in crate::models) fn new(problem: Arc<Problem>, weights: &Weights, rng: Rng) -> Self {
        let goal = problem.truth.goal(weights);
        let is_best_first = problem.limits.is_best_first || problem.limits.max_leaf_nodes.is_some();
        let mut grower = Self {
            rows: weights.rows(problem.n_samples),
            draft: Draft::new(goal.width()),
            search: None,
            waiting: Vec::new(),
            frontier: if is_best_first {
                Frontier::Best(BinaryHeap::new())
            } else {
                Frontier::Deepest(Vec::new())
            },
            n_splits: 0,
            features: (0..problem.columns.n_features() as u32).collect(),
            buffers: Buffers::default(),
            spare: Vec::new(),
            problem,
            goal,
            rng,
        };
        let n = grower.rows.len();
        grower.add(0, n, 0);
        grower
    }

    /// Works until `budget` is used up or the tree is complete.
    pub(in crate::models) fn advance(&mut self, budget: Budget) -> Advance {
        let last_split = self.n_splits.saturating_add(budget.n_splits);
        let effort = self.goal.effort();
        // Bounded, so that it is the same number where integers are short.
        let cost = |n: usize| n.saturating_mul(effort).min(budget.work);
        let mut work = 0;
        let mut is_complete = false;
        while work < budget.work && !is_complete {
            if let Some((open, search)) = self.search.take() {
                work += cost(open.end - open.start);
                self.look(open, search);
            } else if let Some(open) = self.waiting.pop() {
                let rows = &self.rows[open.start..open.end];
                self.goal.focus(rows, &mut self.buffers.focus);
                self.search = Some((open, Search::new()));
            } else if !self.may_split() {
                is_complete = true;
            } else if self.n_splits == last_split {
                break;
            } else if let Some(ready) = self.frontier.pop() {
                work += 2 * cost(ready.open.end - ready.open.start);
                self.split(&ready);
            } else {
                is_complete = true;
            }
        }
        Advance { is_complete, work }
    }

    fn may_split(&self) -> bool {
        let most = self.problem.limits.max_leaf_nodes;
        most.is_none_or(|most| self.n_splits + 1 < most)
    }

    /// Adds a node, and lets it wait for its split where it may have one.
    fn add(&mut self, start: usize, end: usize, depth: usize) -> u32 {
        let rows = &self.rows[start..end];
        let (node, is_pure) = self.draft.add(&*self.goal, rows);
        let limits = &self.problem.limits;
        let n = end - start;
        let may_split = !is_pure
            && limits.max_depth.is_none_or(|most| depth < most)
            && n >= limits.min_samples_split
            && n / 2 >= limits.min_samples_leaf;
        if may_split {
            self.waiting.push(Open {
                node,
                start,
                end,
                depth,
            });
        }
        node
    }

    /// Looks at one more feature of a node, and settles it after the last.
    fn look(&mut self, open: Open, mut search: Search) {
        let limits = &self.problem.limits;
        let searcher = Searcher {
            columns: &self.problem.columns,
            goal: &*self.goal,
            splitter: limits.splitter,
            max_features: limits.max_features,
            min_samples_leaf: limits.min_samples_leaf,
        };
        let is_over = search.look(
            &searcher,
            &self.rows[open.start..open.end],
            &mut self.features,
            &mut self.buffers,
            &mut self.rng,
        );
        if is_over {
            self.settle(open, search.best);
        } else {
            self.search = Some((open, search));
        }
    }

    /// Lets the node wait to be split, if its split gains enough.
    fn settle(&mut self, open: Open, best: Option<Split>) {
        let Some(split) = best else {
            return;
        };
        let gain = split.score - self.buffers.focus.base;
        let decrease = gain / self.draft.details.weight[0];
        // As much as rounding may take away, as scikit-learn allows.
        if decrease + f64::EPSILON >= self.problem.limits.min_impurity_decrease {
            self.frontier.push(Ready { open, split, gain });
        }
    }

    fn split(&mut self, ready: &Ready) {
        let Open {
            node,
            start,
            end,
            depth,
        } = ready.open;
        let middle = start + self.part(start, end, &ready.split);
        let left = self.add(start, middle, depth + 1);
        self.add(middle, end, depth + 1);
        let parent = &mut self.draft.nodes[node as usize];
        parent.feature = ready.split.feature;
        parent.threshold = ready.split.threshold;
        parent.left = left;
        self.n_splits += 1;
    }

    /// Brings the samples that go to the left before the others, each in their old order;
    /// returns how many there are.
    fn part(&mut self, start: usize, end: usize, split: &Split) -> usize {
        let codes = &self.problem.columns.column(split.feature).codes;
        let rows = &mut self.rows[start..end];
        self.spare.resize(self.spare.len().max(rows.len()), 0);
        let (mut n_left, mut n_right) = (0, 0);
        for place in 0..rows.len() {
            let row = rows[place];
            let is_left = codes[row as usize] <= split.code;
            // Written to both sides, so that nothing has to be foreseen.
            rows[n_left] = row;
            self.spare[n_right] = row;
            n_left += usize::from(is_left);
            n_right += usize::from(!is_left);
        }
        rows[n_left..].copy_from_slice(&self.spare[..n_right]);
        n_left
    }

    /// The tree as it stands.
    pub(in crate::models) fn draft(&self) -> &Draft {
        &self.draft
    }

    /// Number of splits made.
    pub(in crate::models) fn n_splits(&self) -> usize {
        self.n_splits
    }
}
