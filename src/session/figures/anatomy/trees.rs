//! Trees: a single one as it grows; of many the newest, and in the end what they ask most.

use super::{TITLE_OF_IMPORTANCES, longest};
use crate::math;
use crate::models::boosting::{self, BoostingModel, Node, Test};
use crate::models::forest::ForestModel;
use crate::models::tree::TreeModel;
use crate::models::trees::{self, Kind};
use crate::plot::{self, Bar, Figure, TreeNode, number};
use crate::prepare::{FittedColumn, Pipeline, Steps};
use crate::session::HeldModel;

/// Levels that are listed; a drawing has room for no more.
const MOST_LEVELS: usize = 6;
/// Names of a set of levels that are listed.
const MOST_NAMES: usize = 3;

/// A node of any kind of tree.
struct Grown {
    /// Feature, what is asked of it, and the left child, which the right one follows.
    split: Option<(usize, Asked, usize)>,
    n_samples: f64,
    /// Shares of classes, or one number; of an inner node the mean of its leaves.
    value: Vec<f64>,
}

/// What sends a row to the left.
enum Asked {
    AtMost(f64),
    Among([u32; 8]),
}

pub(super) fn single(held: &HeldModel, model: &TreeModel) -> Figure {
    let tree = model.tree();
    let subtitle = format!(
        "left where the answer is yes; {} leaves, {} deep",
        tree.n_leaves(),
        tree.depth()
    );
    figure(held, ("The tree", &subtitle), of_tree(tree))
}

pub(super) fn of_forest(held: &HeldModel, model: &ForestModel) -> Figure {
    let trees = model.trees();
    match trees.last().filter(|_| is_growing(held)) {
        Some(tree) => {
            let title = format!("Tree {}", trees.len());
            figure(
                held,
                (&title, "the newest; left where the answer is yes"),
                of_tree(tree),
            )
        }
        None => importances(
            held,
            "by how much splits of each column sort the rows, in percent",
            model.importances(),
        ),
    }
}

pub(super) fn of_boosting(held: &HeldModel, model: &BoostingModel) -> Figure {
    match model.trees.last().filter(|_| is_growing(held)) {
        Some(tree) => {
            let title = format!("Tree {}", model.trees.len());
            figure(
                held,
                (
                    &title,
                    "the newest, with what it adds; left where the answer is yes",
                ),
                of_boosted(tree),
            )
        }
        None => importances(
            held,
            "by how much splits of each column lower the loss, in percent",
            &model.gain_importances(),
        ),
    }
}

fn is_growing(held: &HeldModel) -> bool {
    held.training()
        .is_ok_and(|training| !training.progress.is_done)
}

fn importances(held: &HeldModel, subtitle: &str, shares: &[f64]) -> Figure {
    let names = held.pipeline.feature_names();
    let bar = |(share, name): (&f64, String)| Bar {
        length: 100.0 * share,
        label: name,
        ..Bar::default()
    };
    let bars = shares.iter().zip(names).map(bar).collect();
    longest(TITLE_OF_IMPORTANCES, subtitle, "percent", bars, &[])
}

fn of_tree(tree: &trees::Tree) -> Vec<Grown> {
    let node = |index: usize| {
        let (split, value) = match tree.kind(index) {
            Kind::Split {
                feature,
                threshold,
                left,
                ..
            } => (Some((feature, Asked::AtMost(threshold), left)), Vec::new()),
            Kind::Leaf { leaf } => (None, tree.value(leaf).to_vec()),
        };
        Grown {
            split,
            n_samples: tree.n_samples(index) as f64,
            value,
        }
    };
    averaged((0..tree.n_nodes()).map(node).collect())
}

fn of_boosted(tree: &boosting::Tree) -> Vec<Grown> {
    let node = |node: &Node| match node {
        Node::Split(question) => {
            let asked = match question.test {
                Test::AtMost(threshold) => Asked::AtMost(threshold),
                Test::Among(levels) => Asked::Among(levels),
            };
            Grown {
                split: Some((question.feature as usize, asked, question.left as usize)),
                n_samples: f64::from(question.n_samples),
                value: Vec::new(),
            }
        }
        Node::Leaf { value, n_samples } => Grown {
            split: None,
            n_samples: f64::from(*n_samples),
            value: vec![*value],
        },
    };
    averaged(tree.nodes.iter().map(node).collect())
}

/// Gives every inner node the mean of its children; those come after it.
fn averaged(mut nodes: Vec<Grown>) -> Vec<Grown> {
    for index in (0..nodes.len()).rev() {
        let Some((_, _, left)) = nodes[index].split else {
            continue;
        };
        let (Some(a), Some(b)) = (nodes.get(left), nodes.get(left + 1)) else {
            continue;
        };
        let share = a.n_samples / (a.n_samples + b.n_samples).max(1.0);
        let values = a.value.iter().zip(&b.value);
        nodes[index].value = values.map(|(a, b)| share * a + (1.0 - share) * b).collect();
    }
    nodes
}

fn figure(held: &HeldModel, heading: (&str, &str), nodes: Vec<Grown>) -> Figure {
    let labels = held.pipeline.labels();
    let values = || nodes.iter().filter_map(|node| node.value.first().copied());
    let low = values().fold(f64::INFINITY, f64::min);
    let high = values().fold(f64::NEG_INFINITY, f64::max);
    let describe = |index: usize, parent: Option<usize>, is_last: bool| {
        let node = &nodes[index];
        let (feature, test) = match &node.split {
            Some((feature, asked, _)) => question(&held.pipeline, *feature, asked),
            None => (String::new(), String::new()),
        };
        let is_class = node.value.len() > 1;
        let value = node.value.first().copied().unwrap_or_default();
        TreeNode {
            parent,
            feature,
            test,
            answer: match labels.get(math::argmax(&node.value)) {
                Some(label) if is_class => label.clone(),
                _ => number(value, 3),
            },
            n_samples: node.n_samples,
            shares: if is_class {
                node.value.clone()
            } else {
                Vec::new()
            },
            level: if high > low {
                (value - low) / (high - low)
            } else {
                0.5
            },
            n_below: if is_last {
                count_below(&nodes, index)
            } else {
                0
            },
        }
    };
    // Level by level, parents before their children.
    let mut listed: Vec<TreeNode> = Vec::new();
    let mut open = std::collections::VecDeque::from([(0, None, 0)]);
    while let Some((index, parent, depth)) = open.pop_front() {
        if index >= nodes.len() {
            continue;
        }
        listed.push(describe(index, parent, depth == MOST_LEVELS));
        if let (Some((_, _, left)), true) = (&nodes[index].split, depth < MOST_LEVELS) {
            let above = Some(listed.len() - 1);
            open.extend([(*left, above, depth + 1), (left + 1, above, depth + 1)]);
        }
    }
    plot::tree(heading, plot::Tree { nodes: listed }, labels)
}

fn count_below(nodes: &[Grown], index: usize) -> usize {
    let (mut n, mut open) = (0, vec![index]);
    while let Some(at) = open.pop() {
        if let Some((_, _, left)) = nodes.get(at).and_then(|node| node.split.as_ref()) {
            n += 2;
            open.extend([*left, left + 1]);
        }
    }
    n
}

/// What a node asks, in the words and units of the data.
fn question(pipeline: &Pipeline, feature: usize, asked: &Asked) -> (String, String) {
    let name = pipeline
        .feature_names()
        .get(feature)
        .cloned()
        .unwrap_or_default();
    match asked {
        Asked::AtMost(threshold) => {
            let (center, scale) = pipeline.units().get(feature).copied().unwrap_or((0.0, 1.0));
            // One column of a category asks whether the level is another.
            if let (Some((column, level)), None) =
                (name.split_once('='), pipeline.number_feature(&name))
            {
                return (column.to_owned(), format!("\u{2260} {level}"));
            }
            (
                name,
                format!("\u{2264} {}", number(threshold * scale + center, 4)),
            )
        }
        Asked::Among(levels) => {
            let names = level_names(pipeline, feature, levels);
            let more = names.len().saturating_sub(MOST_NAMES);
            let mut said = names
                .into_iter()
                .take(MOST_NAMES)
                .collect::<Vec<_>>()
                .join(", ");
            if more > 0 {
                said.push_str(&format!(" +{more}"));
            }
            (name, format!("is {said}"))
        }
    }
}

fn level_names(pipeline: &Pipeline, feature: usize, levels: &[u32; 8]) -> Vec<String> {
    let is_in = |level: usize| {
        levels
            .get(level >> 5)
            .is_some_and(|word| word >> (level & 31) & 1 == 1)
    };
    let mut at = 0;
    for column in pipeline.columns() {
        if let (true, Steps::Category { levels: names, .. }) = (at == feature, &column.steps) {
            let chosen = names.iter().enumerate().filter(|(level, _)| is_in(*level));
            return chosen.map(|(_, name)| name.clone()).collect();
        }
        at += FittedColumn::width(column);
    }
    Vec::new()
}
