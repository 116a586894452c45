//! The tree of merges.

use crate::models::agglomerative::AgglomerativeModel;
use crate::plot::{Figure, dendrogram};

/// Which groups were joined, and how far apart they were.
pub(super) fn of_groups(model: &AgglomerativeModel) -> Figure {
    let tree = model.dendrogram();
    let children = tree.children.iter().zip(&tree.heights);
    let merge = |(pair, height): (&[u32; 2], &f64)| (pair[0] as usize, pair[1] as usize, *height);
    let merges: Vec<_> = children.map(merge).collect();
    let labels = model.labels();
    let n_clusters = model.n_clusters();
    let subtitle = format!("{n_clusters} groups below the cut");
    let n_joined = tree.n_leaves.saturating_sub(n_clusters);
    dendrogram(
        ("Which groups were joined", &subtitle),
        &merges,
        labels,
        n_joined,
    )
}
