//! The clusters that HDBSCAN found, hanging from the distance at which they were born to the
//! one at which they end, as wide as they have rows.

use crate::models::hdbscan::{Branch, CondensedTree, HdbscanModel};
use crate::plot::{Axis, Figure, Layer, Shape, Shapes, Stroke, Tint, number};

pub(super) fn figure(model: &HdbscanModel) -> Figure {
    const TITLE: &str = "How long clusters last";
    let (Some(tree), Some(found)) = (model.condensed_tree(), model.clustering()) else {
        return Figure::nothing(
            TITLE,
            "Rows are being linked; clusters are found when all are.",
        );
    };
    let Some(root) = tree.branches.first() else {
        return Figure::nothing(TITLE, "There are no clusters.");
    };
    let farthest = tree.leaving.iter().copied().filter(|v| v.is_finite());
    let top = farthest.fold(root.end, f64::max) * 1.04;
    let spans = spans(tree);
    let shapes = tree.branches.iter().zip(&spans).enumerate();
    let shapes = shapes.flat_map(|(index, (branch, span))| {
        let code = found.branches.iter().position(|kept| *kept == index);
        hanging(branch, *span, top, code.map(|code| code as u32))
    });
    let shapes = shapes.collect();
    let x = Axis {
        is_hidden: true,
        ..Axis::new("", (0.0, root.size.max(1) as f64))
    };
    let subtitle = format!(
        "wide: many rows; long: a clear cluster; {} kept",
        found.branches.len()
    );
    let top = if top > 0.0 { top } else { 1.0 };
    let mut figure = Figure::new(TITLE, subtitle, x, Axis::new("distance", (0.0, top)));
    figure.layers.push(Layer::Shapes(Shapes {
        what: "branches".into(),
        shapes,
    }));
    figure
}

/// From where to where each branch reaches: those below another share its width by size.
fn spans(tree: &CondensedTree) -> Vec<(f64, f64)> {
    let mut spans = vec![(0.0, 0.0); tree.branches.len()];
    for (index, branch) in tree.branches.iter().enumerate() {
        let size = branch.size as f64;
        if branch.parent.is_none() {
            spans[index] = (0.0, size);
        }
        let (from, to) = spans[index];
        let sizes: f64 = branch
            .children
            .iter()
            .map(|&child| tree.branches[child].size as f64)
            .sum();
        let gap = (to - from - sizes) / (branch.children.len() + 1) as f64;
        let mut at = from + gap;
        for &child in &branch.children {
            let width = tree.branches[child].size as f64;
            spans[child] = (at, at + width);
            at += width + gap;
        }
    }
    spans
}

fn hanging(branch: &Branch, (from, to): (f64, f64), top: f64, code: Option<u32>) -> Vec<Shape> {
    let (birth, end) = (branch.birth.min(top), branch.end.clamp(0.0, top));
    let outline = vec![
        (from, birth),
        (to, birth),
        (to, end),
        (from, end),
        (from, birth),
    ];
    let tint = code.map_or(
        Tint::Code {
            code: crate::models::NOISE,
        },
        |code| Tint::Code { code },
    );
    let name = format!(
        "{} rows, from a distance of {} to {}",
        branch.size,
        number(birth, 3),
        number(end, 3)
    );
    let strokes: &[Stroke] = match code {
        Some(_) => &[Stroke::Area, Stroke::Area, Stroke::Line],
        None => &[Stroke::Area, Stroke::Fine],
    };
    let shape = |stroke: &Stroke| Shape {
        name: name.clone(),
        points: outline.clone(),
        tint,
        stroke: *stroke,
    };
    strokes.iter().map(shape).collect()
}
