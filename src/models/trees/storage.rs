//! Trees in an artifact: one after another in flat tensors, read back without trust.

use std::sync::Arc;

use super::tree::{Node, Tree, number_leaves};
use crate::error::Result;
use crate::models::Parts;
use crate::models::model::damaged;

/// Adds trees of one width to `parts`: `n_nodes` `(n_trees,)`; `feature`, `left`, `n_samples`
/// and `threshold` of all nodes; and `values` of all leaves.
pub(in crate::models) fn put_trees(parts: &mut Parts, trees: &[&Tree]) {
    let nodes = || trees.iter().flat_map(|tree| &tree.nodes);
    let counts: Vec<u32> = trees.iter().map(|tree| tree.nodes.len() as u32).collect();
    parts.put_codes("n_nodes", &counts);
    let feature = |node: &Node| if node.left == 0 { 0 } else { node.feature };
    parts.put_codes("feature", &nodes().map(feature).collect::<Vec<_>>());
    parts.put_codes("left", &nodes().map(|node| node.left).collect::<Vec<_>>());
    let thresholds: Vec<f64> = nodes().map(|node| node.threshold).collect();
    parts.put_vector("threshold", &thresholds);
    let n_samples = trees.iter().flat_map(|tree| &tree.n_samples);
    parts.put_codes("n_samples", &n_samples.copied().collect::<Vec<_>>());
    let values = trees.iter().flat_map(|tree| &tree.values);
    parts.put_vector("values", &values.copied().collect::<Vec<_>>());
}

/// Reads trees back: children after their parents and each the child of one, features in
/// range, and as many values as leaves.
///
/// # Errors
/// [`crate::error::Code::BadArtifact`] naming the part that is wrong.
pub(in crate::models) fn take_trees(
    parts: &Parts,
    n_features: usize,
    width: usize,
) -> Result<Vec<Arc<Tree>>> {
    let counts = parts.indices("n_nodes")?;
    let features = parts.codes("feature", n_features)?;
    let (lefts, n_samples) = (parts.indices("left")?, parts.indices("n_samples")?);
    let (thresholds, values) = (parts.vector("threshold")?, parts.vector("values")?);
    let n_nodes: u64 = counts.iter().map(|&count| u64::from(count)).sum();
    let is_whole = |len: usize| len as u64 == n_nodes;
    if counts.is_empty() || !is_whole(features.len()) {
        return Err(damaged("n_nodes"));
    }
    if ![lefts.len(), n_samples.len(), thresholds.len()]
        .into_iter()
        .all(is_whole)
    {
        return Err(damaged("left"));
    }
    let mut trees = Vec::with_capacity(counts.len());
    let (mut start, mut values) = (0, values.as_slice());
    for count in counts {
        let range = start..start + count as usize;
        let node = |index: usize| Node {
            threshold: thresholds[index],
            feature: features[index],
            left: lefts[index],
        };
        let nodes = checked(range.clone().map(node).collect())?;
        let n_values = width.saturating_mul(nodes.len().div_ceil(2));
        let (own, rest) = values
            .split_at_checked(n_values)
            .ok_or_else(|| damaged("values"))?;
        trees.push(Arc::new(Tree {
            nodes,
            n_samples: n_samples[range.clone()].to_vec(),
            values: own.to_vec(),
            width,
        }));
        (start, values) = (range.end, rest);
    }
    if values.is_empty() {
        Ok(trees)
    } else {
        Err(damaged("values"))
    }
}

/// The nodes, if they form a tree.
fn checked(mut nodes: Vec<Node>) -> Result<Vec<Node>> {
    let mut has_parent = vec![false; nodes.len()];
    for (index, node) in nodes.iter().enumerate().filter(|(_, node)| node.left != 0) {
        let left = node.left as usize;
        let is_free = |child: usize| has_parent.get(child).is_some_and(|taken| !taken);
        if left <= index || !is_free(left) || !is_free(left + 1) {
            return Err(damaged("left"));
        }
        has_parent[left] = true;
        has_parent[left + 1] = true;
    }
    let n_children = has_parent.iter().filter(|has| **has).count();
    if n_children + 1 != nodes.len() || has_parent[0] {
        return Err(damaged("left"));
    }
    number_leaves(&mut nodes);
    Ok(nodes)
}

/// Refuses values of leaves that are no shares of classes.
pub(in crate::models) fn check_shares(values: &[f64], n_classes: usize) -> Result<()> {
    let is_share = |row: &[f64]| {
        let sum: f64 = row.iter().sum();
        row.iter().all(|share| (0.0..=1.0).contains(share)) && (sum - 1.0).abs() < 1e-9
    };
    if n_classes > 0 && values.chunks_exact(n_classes).all(is_share) {
        Ok(())
    } else {
        Err(damaged("values"))
    }
}
