//! Models of trees: nodes in tables, walked from the root to a leaf.
//!
//! `children` of a leaf is 0, which is no child's place; `questions` is then the place of its
//! answer, else the feature asked for. A row goes to the child behind where the feature is above
//! the threshold.

use super::{Draft, argmax};
use crate::export::code::{Array, Block, Expr};
use crate::models::boosting::{self, BoostingModel, Objective};
use crate::models::forest::ForestModel;
use crate::models::isolation_forest::IsolationForestModel;
use crate::models::tree::TreeModel;
use crate::models::trees::{Kind, Tree};

/// Trees one behind the other.
#[derive(Default)]
struct Nodes {
    roots: Vec<u32>,
    questions: Vec<u32>,
    thresholds: Vec<f64>,
    children: Vec<u32>,
    answers: Vec<f64>,
}

impl Nodes {
    fn of<'a>(trees: impl IntoIterator<Item = &'a Tree>) -> Self {
        let mut nodes = Self::default();
        for tree in trees {
            let (root, n_answers) = (nodes.children.len(), nodes.answers.len());
            nodes.roots.push(root as u32);
            for index in 0..tree.n_nodes() {
                let (question, threshold, child) = match tree.kind(index) {
                    Kind::Leaf { leaf } => {
                        nodes.answers.extend(tree.value(leaf));
                        (n_answers + leaf * tree.value(leaf).len(), 0.0, 0)
                    }
                    Kind::Split {
                        feature,
                        threshold,
                        left,
                        ..
                    } => (feature, threshold, root + left),
                };
                nodes.questions.push(question as u32);
                nodes.thresholds.push(threshold);
                nodes.children.push(child as u32);
            }
        }
        nodes
    }
}

impl Draft {
    pub(super) fn tree(&mut self, model: &TreeModel) {
        self.averaged(&Nodes::of([model.tree()]), model.n_classes());
    }

    pub(super) fn forest(&mut self, model: &ForestModel) {
        let trees = model.trees().iter().map(|tree| &**tree);
        self.averaged(&Nodes::of(trees), model.n_classes());
    }

    /// The mean of the trees' answers.
    fn averaged(&mut self, nodes: &Nodes, n_classes: Option<usize>) {
        let width = n_classes.unwrap_or(1);
        let n_trees = nodes.roots.len() as f64;
        let sums = self.add_up(nodes, width);
        let b = &mut self.block;
        let out = b.out();
        let first = usize::from(n_classes.is_some());
        b.each("k", width, |b, k| {
            let mean = sums.at(&k) / n_trees;
            b.store(&sums, &k, mean);
            b.store(&out, &k + first, sums.at(&k));
        });
        if n_classes.is_some() {
            let best = argmax(b, &sums, width);
            self.answer(0, best.to_real());
        }
    }

    fn add_up(&mut self, nodes: &Nodes, width: usize) -> Array {
        let x = self.x.clone();
        let b = &mut self.block;
        let roots = b.ints("roots", nodes.roots.clone());
        let questions = b.ints("questions", nodes.questions.clone());
        let thresholds = b.reals("thresholds", nodes.thresholds.clone());
        let children = b.ints("children", nodes.children.clone());
        let answers = b.reals("answers", nodes.answers.clone());
        let sums = b.array("sums", width);
        b.each("tree", nodes.roots.len(), |b, tree| {
            let node = b.int("node", roots.at(tree));
            b.during(Expr::from(0).less(children.at(&node)), |b| {
                let is_above = thresholds.at(&node).less(x.at(questions.at(&node)));
                let child = children.at(&node);
                b.set(&node, is_above.select(child.clone() + 1, child));
            });
            b.each("answer_at", width, |b, k| {
                let answer = answers.at(questions.at(&node) + &k);
                b.store(&sums, &k, sums.at(&k) + answer);
            });
        });
        sums
    }

    pub(super) fn isolation_forest(&mut self, model: &IsolationForestModel) {
        let trees = model.trees().iter().map(|tree| &**tree);
        let sums = self.add_up(&Nodes::of(trees), 1);
        // The score is compared as the sum that it stands for, whose last digit is known.
        let is_unusual = match model.longest_unusual() {
            Some(longest) => sums.at(0).at_most(longest),
            None => Expr::from(0.0).less(0.0),
        };
        self.answer(0, is_unusual.select(1.0, 0.0));
        match model.usual_length() {
            usual if usual > 0.0 => {
                self.answer(1, (sums.at(0) / -usual * std::f64::consts::LN_2).exp());
            }
            _ => self.answer(1, 0.5),
        }
    }

    pub(super) fn boosting(&mut self, model: &BoostingModel) {
        let n_outputs = model.objective.n_outputs();
        let raw = self.boosted(model, n_outputs);
        match model.objective {
            Objective::Binomial => {
                let z = raw.at(0);
                let second = Expr::from(1.0) / (z.negative().exp() + 1.0);
                let first = Expr::from(1.0) / (z.exp() + 1.0);
                self.answer(0, Expr::from(0.0).less(z).select(1.0, 0.0));
                self.answer(1, first);
                self.answer(2, second);
            }
            Objective::Multinomial(n_classes) => self.classes(&raw, n_classes),
            Objective::Poisson | Objective::Gamma => self.answer(0, raw.at(0).exp()),
            _ => self.answer(0, raw.at(0)),
        }
    }

    /// The raw values: the baseline and the trees' answers.
    fn boosted(&mut self, model: &BoostingModel, n_outputs: usize) -> Array {
        let nodes = Boosted::of(model);
        let x = self.x.clone();
        let b = &mut self.block;
        let baseline = b.reals("baseline", model.baseline.clone());
        let raw = b.array("raw", n_outputs);
        b.each("k", n_outputs, |b, k| b.store(&raw, &k, baseline.at(&k)));
        let has_sets = !nodes.members.is_empty();
        let walk = Walk::declare(b, &nodes);
        let trees = model.trees.len() / n_outputs;
        b.each("round", trees, |b, round| {
            b.each("output", n_outputs, |b, k| {
                let node = b.int("node", walk.roots.at(&round * n_outputs + &k));
                b.during(Expr::from(0).less(walk.children.at(&node)), |b| {
                    walk.step(b, &x, &node, has_sets);
                });
                let answer = walk.thresholds.at(&node);
                b.store(&raw, &k, raw.at(&k) + answer);
            });
        });
        raw
    }
}

/// Boosted trees one behind the other; a leaf's threshold is its answer.
#[derive(Default)]
struct Boosted {
    roots: Vec<u32>,
    features: Vec<u32>,
    thresholds: Vec<f64>,
    children: Vec<u32>,
    /// 1 where gaps go to the first child.
    gaps_first: Vec<u32>,
    /// 0 for a threshold; else one more than the place of level 0 in `members`.
    sets: Vec<u32>,
    /// For levels of categories, 1 where they go to the first child.
    members: Vec<u32>,
    /// For each feature its number of levels.
    n_levels: Vec<u32>,
}

impl Boosted {
    fn of(model: &BoostingModel) -> Self {
        let mut nodes = Self {
            n_levels: model.n_levels.clone(),
            ..Self::default()
        };
        for tree in &model.trees {
            let root = nodes.children.len() as u32;
            nodes.roots.push(root);
            for node in &tree.nodes {
                nodes.push(root, node, &model.n_levels);
            }
        }
        nodes
    }

    fn push(&mut self, root: u32, node: &boosting::Node, n_levels: &[u32]) {
        let (mut feature, mut threshold, mut child, mut gap, mut set) = (0, 0.0, 0, 0, 0);
        match node {
            boosting::Node::Leaf { value, .. } => threshold = *value,
            boosting::Node::Split(question) => {
                feature = question.feature;
                child = root + question.left;
                gap = u32::from(question.is_missing_left);
                match &question.test {
                    boosting::Test::AtMost(value) => threshold = *value,
                    boosting::Test::Among(levels) => {
                        set = self.members.len() as u32 + 1;
                        let n = n_levels.get(feature as usize).copied().unwrap_or(0);
                        let is_member =
                            |level: u32| levels[level as usize / 32] >> (level % 32) & 1;
                        self.members.extend((0..n).map(is_member));
                    }
                }
            }
        }
        self.features.push(feature);
        self.thresholds.push(threshold);
        self.children.push(child);
        self.gaps_first.push(gap);
        self.sets.push(set);
    }
}

/// The tables of boosted trees in a program.
struct Walk {
    roots: Array,
    features: Array,
    thresholds: Array,
    children: Array,
    gaps_first: Array,
    sets: Option<[Array; 3]>,
}

impl Walk {
    fn declare(b: &mut Block, nodes: &Boosted) -> Self {
        let has_sets = !nodes.members.is_empty();
        Self {
            roots: b.ints("roots", nodes.roots.clone()),
            features: b.ints("features", nodes.features.clone()),
            thresholds: b.reals("thresholds", nodes.thresholds.clone()),
            children: b.ints("children", nodes.children.clone()),
            gaps_first: b.ints("gaps_first", nodes.gaps_first.clone()),
            sets: has_sets.then(|| {
                [
                    b.ints("sets", nodes.sets.clone()),
                    b.ints("members", nodes.members.clone()),
                    b.ints("n_levels", nodes.n_levels.clone()),
                ]
            }),
        }
    }

    /// Goes from `node` to one of its children.
    fn step(&self, b: &mut Block, x: &Array, node: &Expr, has_sets: bool) {
        let value = b.real("value", x.at(self.features.at(node)));
        let is_first = b.int("is_first", self.gaps_first.at(node));
        let by_threshold = |b: &mut Block| {
            let is_at_most = value.at_most(self.thresholds.at(node));
            b.set(&is_first, is_at_most.select(1, 0));
        };
        b.when(value.is_nan().not(), |b| match &self.sets {
            Some([sets, members, n_levels]) if has_sets => {
                b.either(sets.at(node).equals(0), by_threshold, |b| {
                    let n = n_levels.at(self.features.at(node)).to_real();
                    let is_known = Expr::from(0.0).at_most(&value).and(value.less(n));
                    b.when(is_known, |b| {
                        let place = sets.at(node) - 1 + value.to_int();
                        b.set(&is_first, members.at(place));
                    });
                });
            }
            _ => by_threshold(b),
        });
        let child = self.children.at(node);
        b.set(node, is_first.equals(1).select(child.clone(), child + 1));
    }
}
