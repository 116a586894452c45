//! Models of trees. One operator walks all trees and tells the leaf of each; what the leaves say
//! is looked up and added tree by tree, in the order of the core, so that ties stay ties.

use super::Answer;
use super::graph::{Draft, Value};
use super::models::{argmax, classes};
use super::proto::{Attribute, INT64, Tensor};
use crate::error::{Code, Error, Result};
use crate::models::boosting::{self, BoostingModel, Objective};
use crate::models::forest::ForestModel;
use crate::models::isolation_forest::IsolationForestModel;
use crate::models::tree::TreeModel;
use crate::models::trees::{Kind, Tree};

/// A question goes to the first child where the feature is at most the threshold, or where it is
/// in a set.
const AT_MOST: u8 = 0;
const AMONG: u8 = 6;

/// Trees as the operator `TreeEnsemble` takes them.
#[derive(Default)]
struct Ensemble {
    roots: Vec<i64>,
    features: Vec<i64>,
    thresholds: Vec<f64>,
    modes: Vec<u8>,
    /// The sets one after the other, each ended by a NaN.
    members: Vec<f64>,
    gaps_first: Vec<i64>,
    children: [Vec<i64>; 2],
    are_leaves: [Vec<i64>; 2],
    leaf_trees: Vec<i64>,
    leaf_values: Vec<f64>,
}

/// What sends a row to the first child.
enum Test {
    AtMost(f64),
    Among(Vec<f64>),
}

/// A node of either kind of tree.
enum Step {
    Leaf(f64),
    Split {
        feature: usize,
        test: Test,
        is_gap_first: bool,
        children: [usize; 2],
    },
}

impl Ensemble {
    fn push(&mut self, nodes: &[Step]) {
        let tree = self.roots.len() as i64;
        let (first_split, first_leaf) = (self.features.len(), self.leaf_trees.len());
        self.roots.push(first_split as i64);
        // Splits and leaves are counted apart.
        let (mut n_splits, mut n_leaves) = (0, 0);
        let places: Vec<(bool, usize)> = nodes
            .iter()
            .map(|node| match node {
                Step::Leaf(_) => {
                    n_leaves += 1;
                    (true, first_leaf + n_leaves - 1)
                }
                Step::Split { .. } => {
                    n_splits += 1;
                    (false, first_split + n_splits - 1)
                }
            })
            .collect();
        for node in nodes {
            match node {
                Step::Leaf(value) => {
                    self.leaf_trees.push(tree);
                    self.leaf_values.push(*value);
                }
                Step::Split {
                    feature,
                    test,
                    is_gap_first,
                    children,
                } => {
                    let children = children.map(|child| places[child]);
                    self.question(*feature, test, *is_gap_first, children);
                }
            }
        }
        // A tree begins with a question, even where both answers are one leaf.
        if n_splits == 0 {
            self.question(0, &Test::AtMost(0.0), true, [(true, first_leaf); 2]);
        }
    }

    fn question(
        &mut self,
        feature: usize,
        test: &Test,
        is_gap_first: bool,
        children: [(bool, usize); 2],
    ) {
        self.features.push(feature as i64);
        let (mode, threshold) = match test {
            Test::AtMost(threshold) => (AT_MOST, *threshold),
            Test::Among(members) => {
                self.members.extend(members);
                self.members.push(f64::NAN);
                (AMONG, 0.0)
            }
        };
        self.modes.push(mode);
        self.thresholds.push(threshold);
        self.gaps_first.push(i64::from(is_gap_first));
        for (side, (is_leaf, place)) in children.into_iter().enumerate() {
            self.children[side].push(place as i64);
            self.are_leaves[side].push(i64::from(is_leaf));
        }
    }

    /// The value of the leaf of each tree, `(N, n_trees)`.
    fn walk(self, g: &mut Draft, x: &Value) -> Value {
        let n = self.features.len();
        let n_leaves = self.leaf_values.len();
        let [first, second] = self.children;
        let [is_first_leaf, is_second_leaf] = self.are_leaves;
        let mut attributes = vec![
            Attribute::int("n_targets", self.roots.len() as i64),
            Attribute::int("aggregate_function", 1),
            Attribute::int("post_transform", 0),
            Attribute::ints("tree_roots", self.roots),
            Attribute::ints("nodes_featureids", self.features),
            Attribute::tensor("nodes_splits", Tensor::doubles(&[n], self.thresholds)),
            Attribute::tensor("nodes_modes", Tensor::bytes(self.modes)),
            Attribute::ints("nodes_missing_value_tracks_true", self.gaps_first),
            Attribute::ints("nodes_truenodeids", first),
            Attribute::ints("nodes_falsenodeids", second),
            Attribute::ints("nodes_trueleafs", is_first_leaf),
            Attribute::ints("nodes_falseleafs", is_second_leaf),
            Attribute::ints("leaf_targetids", self.leaf_trees),
            Attribute::tensor(
                "leaf_weights",
                Tensor::doubles(&[n_leaves], self.leaf_values),
            ),
        ];
        if !self.members.is_empty() {
            let members = Tensor::doubles(&[self.members.len()], self.members);
            attributes.push(Attribute::tensor("membership_values", members));
        }
        g.ml("TreeEnsemble", &[x], attributes)
    }
}

/// Trees whose leaves are numbered through all of them, and what each leaf says.
fn numbered<'a>(trees: impl IntoIterator<Item = &'a Tree>) -> (Ensemble, Vec<f64>) {
    let (mut ensemble, mut answers) = (Ensemble::default(), Vec::new());
    let mut n_leaves = 0;
    for tree in trees {
        let node = |index: usize| match tree.kind(index) {
            Kind::Leaf { leaf } => Step::Leaf((n_leaves + leaf) as f64),
            Kind::Split {
                feature,
                threshold,
                left,
                right,
            } => Step::Split {
                feature,
                test: Test::AtMost(threshold),
                // A gap is not above the threshold.
                is_gap_first: true,
                children: [left, right],
            },
        };
        let nodes: Vec<Step> = (0..tree.n_nodes()).map(node).collect();
        ensemble.push(&nodes);
        (0..tree.n_leaves()).for_each(|leaf| answers.extend(tree.value(leaf)));
        n_leaves += tree.n_leaves();
    }
    (ensemble, answers)
}

/// The sum of what the trees say, `(N, width)`, added tree by tree.
fn add_up<'a>(
    g: &mut Draft,
    trees: impl IntoIterator<Item = &'a Tree>,
    width: usize,
    x: &Value,
) -> Value {
    let (ensemble, answers) = numbered(trees);
    let n_trees = ensemble.roots.len();
    let leaves = ensemble.walk(g, x);
    let leaves = g.cast(&leaves, INT64);
    let table = Tensor::doubles(&[answers.len() / width.max(1), width], answers);
    let table = g.constant(table);
    let mut sum: Option<Value> = None;
    for tree in 0..n_trees {
        let leaf = g.take(&leaves, 1, tree);
        let said = g.op_with("Gather", &[&table, &leaf], vec![Attribute::int("axis", 0)]);
        sum = Some(match sum {
            None => said,
            Some(sum) => g.op("Add", &[&sum, &said]),
        });
    }
    sum.unwrap_or(leaves)
}

fn averaged<'a>(
    g: &mut Draft,
    trees: impl ExactSizeIterator<Item = &'a Tree>,
    n_classes: Option<usize>,
    x: &Value,
) -> Answer {
    let n_trees = g.double(trees.len() as f64);
    let sums = add_up(g, trees, n_classes.unwrap_or(1), x);
    let means = g.op("Div", &[&sums, &n_trees]);
    match n_classes {
        Some(_) => Answer::Classes(argmax(g, &means), means),
        None => Answer::Number(g.take(&means, 1, 0)),
    }
}

pub(super) fn tree(g: &mut Draft, model: &TreeModel, x: &Value) -> Answer {
    averaged(g, [model.tree()].into_iter(), model.n_classes(), x)
}

pub(super) fn forest(g: &mut Draft, model: &ForestModel, x: &Value) -> Answer {
    let trees = model.trees().iter().map(|tree| &**tree);
    averaged(g, trees, model.n_classes(), x)
}

pub(super) fn isolation_forest(g: &mut Draft, model: &IsolationForestModel, x: &Value) -> Answer {
    let sums = add_up(g, model.trees().iter().map(|tree| &**tree), 1, x);
    let sum = g.take(&sums, 1, 0);
    // No sum of lengths is negative.
    let longest = g.double(model.longest_unusual().unwrap_or(-1.0));
    let is_unusual = g.op("LessOrEqual", &[&sum, &longest]);
    let usual = model.usual_length();
    let (factor, shift) = if usual > 0.0 {
        (-std::f64::consts::LN_2 / usual, 0.0)
    } else {
        (0.0, -std::f64::consts::LN_2)
    };
    let (factor, shift) = (g.double(factor), g.double(shift));
    let exponent = g.op("Mul", &[&sum, &factor]);
    let exponent = g.op("Add", &[&exponent, &shift]);
    Answer::Unusual(is_unusual, g.op("Exp", &[&exponent]))
}

pub(super) fn boosting(g: &mut Draft, model: &BoostingModel, x: &Value) -> Result<Answer> {
    let mut ensemble = Ensemble::default();
    for tree in &model.trees {
        let nodes = tree.nodes.iter().map(|node| step(node, &model.n_levels));
        ensemble.push(&nodes.collect::<Vec<_>>());
    }
    let n_outputs = model.objective.n_outputs();
    let n_rounds = (model.trees.len() / n_outputs) as i64;
    let baseline = Tensor::doubles(&[n_outputs], model.baseline.iter().copied());
    let mut raw = g.constant(baseline);
    if n_rounds > 0 {
        let said = ensemble.walk(g, x);
        let shape = g.constant(Tensor::ints(&[3], [-1, n_rounds, n_outputs as i64]));
        let said = g.op("Reshape", &[&said, &shape]);
        let sums = g.sum_along(&said, 1);
        raw = g.op("Add", &[&sums, &raw]);
    } else {
        let message =
            "A boosting model without a tree is not written as an ONNX graph. Train it first.";
        return Err(Error::new(Code::BadSetting, message).in_field("outlet"));
    }
    Ok(match model.objective {
        Objective::Binomial => {
            // Half of the raw value for and against, whose softmax is the sigmoid.
            let halves = g.constant(Tensor::doubles(&[1, 2], [-0.5, 0.5]));
            let logits = g.op("Mul", &[&raw, &halves]);
            classes(g, &logits)
        }
        Objective::Multinomial(_) => classes(g, &raw),
        Objective::Poisson | Objective::Gamma => {
            let value = g.take(&raw, 1, 0);
            Answer::Number(g.op("Exp", &[&value]))
        }
        _ => Answer::Number(g.take(&raw, 1, 0)),
    })
}

fn step(node: &boosting::Node, n_levels: &[u32]) -> Step {
    let question = match node {
        boosting::Node::Leaf { value, .. } => return Step::Leaf(*value),
        boosting::Node::Split(question) => question,
    };
    let feature = question.feature as usize;
    let test = match &question.test {
        boosting::Test::AtMost(threshold) => Test::AtMost(*threshold),
        boosting::Test::Among(levels) => {
            let is_member = |level: &u32| levels[*level as usize / 32] >> (level % 32) & 1 == 1;
            let n = n_levels.get(feature).copied().unwrap_or_default();
            let known = (0..n).filter(is_member).map(f64::from);
            // A level that was not there goes where gaps go.
            Test::Among(
                question
                    .is_missing_left
                    .then_some(-1.0)
                    .into_iter()
                    .chain(known)
                    .collect(),
            )
        }
    };
    Step::Split {
        feature,
        test,
        is_gap_first: question.is_missing_left,
        children: [question.left as usize, question.left as usize + 1],
    }
}
