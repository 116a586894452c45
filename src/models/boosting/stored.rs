//! The model taken apart for storage, and put together with everything checked.

use std::sync::Arc;

use super::objective::Objective;
use super::tree::{Node, Question, Test, Tree};
use super::{BoostingModel, split::BinSet};
use crate::error::Result;
use crate::models::Parts;
use crate::models::model::damaged;

/// What stands for "none" among whole numbers.
const NONE: u32 = u32::MAX;
/// Words of a set of levels.
const SET: usize = 8;

pub(super) fn to_parts(model: &BoostingModel) -> Parts {
    let mut parts = Parts::default();
    let (name, quantile, n_classes) = words_of(model.objective);
    parts.put("objective", name);
    if let Some(quantile) = quantile {
        parts.put("quantile", quantile);
    }
    if let Some(n_classes) = n_classes {
        parts.put("n_classes", n_classes);
    }
    parts.put_vector("baseline", &model.baseline);
    parts.put_codes("n_levels", &model.n_levels);
    parts.put_vector("train_losses", &model.train_losses);
    parts.put_vector("validation_losses", &model.validation_losses);
    put_trees(&mut parts, &model.trees);
    parts
}

fn put_trees(parts: &mut Parts, trees: &[Arc<Tree>]) {
    let mut columns = Columns::default();
    for tree in trees {
        columns.n_nodes.push(tree.nodes.len() as u32);
        tree.nodes.iter().for_each(|node| columns.push(node));
    }
    parts.put_codes("n_nodes", &columns.n_nodes);
    parts.put_codes("features", &columns.features);
    parts.put_codes("left", &columns.left);
    parts.put_codes("missing_left", &columns.missing_left);
    parts.put_codes("sets", &columns.sets);
    parts.put_codes("levels", &columns.levels);
    parts.put_codes("n_samples", &columns.n_samples);
    parts.put_vector("values", &columns.values);
    parts.put_vector("gains", &columns.gains);
}

/// The nodes of all trees, tree by tree, a column a property.
#[derive(Debug, Default)]
struct Columns {
    n_nodes: Vec<u32>,
    /// [`NONE`] at a leaf.
    features: Vec<u32>,
    /// The left child, counted in its tree; 0 at a leaf.
    left: Vec<u32>,
    missing_left: Vec<u32>,
    /// Which set of levels; [`NONE`] where a threshold asks.
    sets: Vec<u32>,
    levels: Vec<u32>,
    n_samples: Vec<u32>,
    /// The threshold of a question, the value of a leaf.
    values: Vec<f64>,
    gains: Vec<f64>,
}

impl Columns {
    fn push(&mut self, node: &Node) {
        match node {
            Node::Leaf { value, n_samples } => {
                self.push_row([NONE, 0, 0, NONE, *n_samples], [*value, 0.0]);
            }
            Node::Split(question) => {
                let (set, threshold) = match question.test {
                    Test::AtMost(threshold) => (NONE, threshold),
                    Test::Among(levels) => {
                        self.levels.extend(levels);
                        ((self.levels.len() / SET - 1) as u32, 0.0)
                    }
                };
                let missing_left = u32::from(question.is_missing_left);
                let (feature, left) = (question.feature, question.left);
                self.push_row(
                    [feature, left, missing_left, set, question.n_samples],
                    [threshold, question.gain],
                );
            }
        }
    }

    fn push_row(&mut self, whole: [u32; 5], [value, gain]: [f64; 2]) {
        let [feature, left, missing_left, set, n_samples] = whole;
        self.features.push(feature);
        self.left.push(left);
        self.missing_left.push(missing_left);
        self.sets.push(set);
        self.n_samples.push(n_samples);
        self.values.push(value);
        self.gains.push(gain);
    }

    fn read(parts: &Parts) -> Result<Self> {
        let columns = Self {
            n_nodes: parts.indices("n_nodes")?,
            features: parts.indices("features")?,
            left: parts.indices("left")?,
            missing_left: parts.codes("missing_left", 2)?,
            sets: parts.indices("sets")?,
            levels: parts.indices("levels")?,
            n_samples: parts.indices("n_samples")?,
            values: parts.vector("values")?,
            gains: parts.vector("gains")?,
        };
        let n: u64 = columns.n_nodes.iter().map(|&n| u64::from(n)).sum();
        for (name, length) in [
            ("features", columns.features.len()),
            ("left", columns.left.len()),
            ("missing_left", columns.missing_left.len()),
            ("sets", columns.sets.len()),
            ("n_samples", columns.n_samples.len()),
            ("values", columns.values.len()),
            ("gains", columns.gains.len()),
        ] {
            if length as u64 != n {
                return Err(damaged(name));
            }
        }
        if !columns.levels.len().is_multiple_of(SET) {
            return Err(damaged("levels"));
        }
        Ok(columns)
    }

    /// The node at a row, of a tree of `n_nodes` in which it is the `place`-th.
    fn node(&self, row: usize, place: usize, n_nodes: usize, n_levels: &[u32]) -> Result<Node> {
        let feature = self.features[row];
        let n_samples = self.n_samples[row];
        if feature == NONE {
            let value = self.values[row];
            return Ok(Node::Leaf { value, n_samples });
        }
        let Some(&n_known) = n_levels.get(feature as usize) else {
            return Err(damaged("features"));
        };
        let left = self.left[row] as usize;
        if left <= place || left >= n_nodes - 1 {
            return Err(damaged("left"));
        }
        let test = match self.sets[row] {
            NONE => Test::AtMost(self.values[row]),
            _ if n_known == 0 => return Err(damaged("sets")),
            set => Test::Among(self.set(set as usize)?),
        };
        Ok(Node::Split(Question {
            feature,
            test,
            is_missing_left: self.missing_left[row] == 1,
            left: self.left[row],
            gain: self.gains[row],
            n_samples,
        }))
    }

    fn set(&self, set: usize) -> Result<BinSet> {
        let words = self.levels.as_chunks::<SET>().0;
        words.get(set).copied().ok_or_else(|| damaged("sets"))
    }

    /// The trees, each a tree indeed: every node but the root has one parent, before it.
    fn trees(&self, n_levels: &[u32]) -> Result<Vec<Arc<Tree>>> {
        let mut first = 0;
        let mut trees = Vec::with_capacity(self.n_nodes.len());
        for &n_nodes in &self.n_nodes {
            let n_nodes = n_nodes as usize;
            if n_nodes == 0 {
                return Err(damaged("n_nodes"));
            }
            let node = |place: usize| self.node(first + place, place, n_nodes, n_levels);
            let tree = Tree {
                nodes: (0..n_nodes).map(node).collect::<Result<_>>()?,
            };
            check_parents(&tree)?;
            trees.push(Arc::new(tree));
            first += n_nodes;
        }
        Ok(trees)
    }
}

fn check_parents(tree: &Tree) -> Result<()> {
    let mut n_parents = vec![0_u32; tree.nodes.len()];
    for question in tree.questions() {
        let left = question.left as usize;
        n_parents[left] += 1;
        n_parents[left + 1] += 1;
    }
    let is_tree = n_parents[0] == 0 && n_parents[1..].iter().all(|n| *n == 1);
    is_tree.then_some(()).ok_or_else(|| damaged("left"))
}

pub(super) fn from_parts(parts: &Parts) -> Result<BoostingModel> {
    let objective = read_objective(parts)?;
    let n_outputs = objective.n_outputs();
    let baseline = parts.vector("baseline")?;
    if baseline.len() != n_outputs {
        return Err(damaged("baseline"));
    }
    let n_levels = parts.codes("n_levels", 256)?;
    if n_levels.is_empty() {
        return Err(damaged("n_levels"));
    }
    let trees = Columns::read(parts)?.trees(&n_levels)?;
    if !trees.len().is_multiple_of(n_outputs) {
        return Err(damaged("n_nodes"));
    }
    Ok(BoostingModel {
        objective,
        baseline,
        trees,
        n_levels,
        train_losses: parts.vector("train_losses")?,
        validation_losses: parts.vector("validation_losses")?,
    })
}

/// Name, quantile and number of classes of a loss.
fn words_of(objective: Objective) -> (&'static str, Option<f64>, Option<usize>) {
    match objective {
        Objective::SquaredError => ("squared_error", None, None),
        Objective::AbsoluteError => ("absolute_error", None, None),
        Objective::Quantile(q) => ("quantile", Some(q), None),
        Objective::Poisson => ("poisson", None, None),
        Objective::Gamma => ("gamma", None, None),
        Objective::Binomial => ("log_loss", None, Some(2)),
        Objective::Multinomial(n) => ("log_loss", None, Some(n)),
    }
}

fn read_objective(parts: &Parts) -> Result<Objective> {
    match parts.text("objective")? {
        "squared_error" => Ok(Objective::SquaredError),
        "absolute_error" => Ok(Objective::AbsoluteError),
        "poisson" => Ok(Objective::Poisson),
        "gamma" => Ok(Objective::Gamma),
        "quantile" => match parts.real("quantile")? {
            q if (0.0..=1.0).contains(&q) => Ok(Objective::Quantile(q)),
            _ => Err(damaged("quantile")),
        },
        "log_loss" => match parts.count("n_classes")? {
            2 => Ok(Objective::Binomial),
            n @ 3..=65_535 => Ok(Objective::Multinomial(n)),
            _ => Err(damaged("n_classes")),
        },
        _ => Err(damaged("objective")),
    }
}
