//! Models of trees, as nested choices.

use super::{Answer, Dialect, Query, sum};
use crate::error::{Code, Error, Result};
use crate::models::boosting::{self, BoostingModel, Objective};
use crate::models::trees::{Kind, Tree};

/// Deeper choices than this overflow SQLite's parser, whose stack is of a fixed size.
const DEEPEST_IN_SQLITE: usize = 16;

/// A tree of choices.
enum Choice {
    Said(String),
    /// The first where the condition holds, the second where it does not or is unknown.
    Either(String, Box<[Choice; 2]>),
}

impl Choice {
    fn depth(&self) -> usize {
        match self {
            Self::Said(_) => 0,
            Self::Either(_, both) => 1 + both[0].depth().max(both[1].depth()),
        }
    }

    /// # Errors
    /// [`Code::BadSetting`] for a tree that is too deep for the database.
    fn print(&self, dialect: Dialect) -> Result<String> {
        let depth = self.depth();
        if dialect == Dialect::Sqlite && depth > DEEPEST_IN_SQLITE {
            let message = format!(
                "A tree of the model is {depth} questions deep, more than SQLite can parse; at most {DEEPEST_IN_SQLITE} can be. Lower max_depth and train again, or export source code."
            );
            return Err(Error::new(Code::BadSetting, message).in_field("max_depth"));
        }
        Ok(self.nested())
    }

    fn nested(&self) -> String {
        match self {
            Self::Said(value) => value.clone(),
            Self::Either(condition, both) => {
                let [first, second] = [both[0].nested(), both[1].nested()];
                format!("CASE WHEN {condition} THEN {first} ELSE {second} END")
            }
        }
    }
}

/// What one tree says of output `k`.
fn choices(query: &Query, tree: &Tree, node: usize, k: usize, x: &[String]) -> Choice {
    match tree.kind(node) {
        Kind::Leaf { leaf } => {
            let value = tree.value(leaf).get(k).copied().unwrap_or_default();
            Choice::Said(query.number(value))
        }
        Kind::Split {
            feature,
            threshold,
            left,
            right,
        } => {
            // A gap is not above the threshold.
            let is_above = format!("{} > {}", x[feature], query.number(threshold));
            let both = [right, left].map(|child| choices(query, tree, child, k, x));
            Choice::Either(is_above, Box::new(both))
        }
    }
}

/// The mean of the trees.
pub(super) fn averaged<'a>(
    query: &mut Query,
    trees: impl Iterator<Item = &'a Tree>,
    n_classes: Option<usize>,
    x: &[String],
) -> Result<Answer> {
    let trees: Vec<&Tree> = trees.collect();
    let n_trees = query.number(trees.len() as f64);
    let of_output = |k: usize| {
        trees
            .iter()
            .map(|tree| choices(query, tree, 0, k, x).print(query.dialect))
            .collect::<Result<Vec<String>>>()
    };
    let width = n_classes.unwrap_or(1);
    let said = (0..width)
        .map(of_output)
        .collect::<Result<Vec<Vec<String>>>>()?;
    // From left to right, as the core adds them up, so that ties stay ties.
    // Some trees a step, so that no expression is nested deeply.
    let mut sums = vec![query.number(0.0); width];
    for start in (0..trees.len()).step_by(20) {
        let parts = said.iter().zip(&sums).map(|(said, sum)| {
            let end = (start + 20).min(said.len());
            let parts = said[start..end].iter().map(|part| format!(" + {part}"));
            format!("{sum}{}", parts.collect::<String>())
        });
        let parts = parts.collect();
        sums = query.step(&format!("trees{start}_"), parts);
    }
    let means: Vec<String> = sums
        .iter()
        .map(|sum| format!("{sum} / {n_trees}"))
        .collect();
    let mut means = query.step("mean", means);
    match n_classes {
        Some(_) => Ok(Answer::Shares(means)),
        None => Ok(Answer::Number(means.remove(0))),
    }
}

pub(super) fn boosting(query: &mut Query, model: &BoostingModel, x: &[String]) -> Result<Answer> {
    let n_outputs = model.objective.n_outputs();
    let mut raw: Vec<String> = model
        .baseline
        .iter()
        .map(|value| query.number(*value))
        .collect();
    for (index, trees) in model.trees.chunks(20 * n_outputs).enumerate() {
        let sums = (0..n_outputs).map(|k| {
            let trees = trees.iter().skip(k).step_by(n_outputs);
            let said = trees.map(|tree| asked(query, model, tree, 0, x).print(query.dialect));
            let said = said.collect::<Result<Vec<String>>>()?;
            Ok(format!("{} + {}", raw[k], sum(&said)))
        });
        let sums = sums.collect::<Result<Vec<String>>>()?;
        raw = query.step(&format!("raw{index}_"), sums);
    }
    let power = |query: &Query, z: &str| query.dialect.exp_of_negative(z);
    Ok(match model.objective {
        Objective::Binomial => {
            let halves = [-0.5, 0.5].map(|half| format!("{} * {}", raw[0], query.number(half)));
            Answer::Logits(query.step("both", halves.to_vec()))
        }
        Objective::Multinomial(_) => Answer::Logits(raw),
        Objective::Poisson | Objective::Gamma => {
            let (zero, one) = (query.number(0.0), query.number(1.0));
            let (fall, rise) = (power(query, &raw[0]), power(query, &format!("-{}", raw[0])));
            Answer::Number(format!(
                "CASE WHEN {} < {zero} THEN {fall} ELSE {one} / {rise} END",
                raw[0]
            ))
        }
        _ => Answer::Number(raw.remove(0)),
    })
}

/// What a boosted tree says below a node.
fn asked(
    query: &Query,
    model: &BoostingModel,
    tree: &boosting::Tree,
    node: usize,
    x: &[String],
) -> Choice {
    let question = match &tree.nodes[node] {
        boosting::Node::Leaf { value, .. } => return Choice::Said(query.number(*value)),
        boosting::Node::Split(question) => question,
    };
    let feature = question.feature as usize;
    let value = &x[feature];
    let left = question.left as usize;
    let both = [left, left + 1].map(|child| asked(query, model, tree, child, x));
    let mut goes_left = match &question.test {
        boosting::Test::AtMost(threshold) => format!("{value} <= {}", query.number(*threshold)),
        boosting::Test::Among(levels) => {
            let n = model.n_levels.get(feature).copied().unwrap_or_default();
            let is_member = |level: &u32| levels[*level as usize / 32] >> (level % 32) & 1 == 1;
            // A level that was not there goes where gaps go.
            let unknown = question.is_missing_left.then_some(-1.0);
            let members = (0..n).filter(is_member).map(f64::from).chain(unknown);
            let members: Vec<String> = members.map(|level| query.number(level)).collect();
            format!("{value} IN ({})", members.join(", "))
        }
    };
    if question.is_missing_left {
        goes_left = format!("{value} IS NULL OR {goes_left}");
    }
    Choice::Either(goes_left, Box::new(both))
}
