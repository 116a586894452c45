//! Drawing a decision tree: what each node asks, the samples that reach it as a bar of their
//! classes, and links as thick as the samples that pass. It goes as far down as there is room.

use super::draw::Scene;
use super::figure::{Tree, TreeNode};
use super::layout::{Layout, TICK};
use super::pen::{Pen, Type};
use super::style::Rgb;
use super::text::{self, number, percent};
use crate::error::Result;

/// Least room between the middles of neighbors, and between levels, in CSS pixels.
const LEAST: (f64, f64) = (40.0, 52.0);
/// The most room between levels.
const MOST_STEP: f64 = 104.0;
/// Height of a node: two lines, the bar, and what hangs below it.
const NODE: f64 = 66.0;
/// Height of a bar of shares, and where it begins below the top of its node.
const BAR: (f64, f64) = (10.0, 34.0);

/// A node with its place: the middle of its bar's upper edge.
struct Placed<'a> {
    node: &'a TreeNode,
    parent: Option<usize>,
    x: f64,
    y: f64,
    /// Width that its text may take.
    room: f64,
    /// Nodes below that there is no room for.
    n_below: usize,
}

pub(super) fn draw(scene: &Scene<'_>, pen: &Pen<'_>, tree: &Tree) -> Result<()> {
    let placed = place(scene.layout, tree);
    let most = placed
        .first()
        .map_or(1.0, |root| root.node.n_samples.max(1e-300));
    for at in &placed {
        let Some(above) = at.parent.and_then(|parent| placed.get(parent)) else {
            continue;
        };
        let text = if at.node.feature.is_empty() || at.n_below > 0 {
            3.0
        } else {
            BAR.1
        };
        let (from, to) = ((above.x, above.y + BAR.0), (at.x, at.y - text.min(BAR.1)));
        let width = 1.0 + 7.0 * (at.node.n_samples / most).clamp(0.0, 1.0);
        pen.line(&bend(from, to), width, scene.tokens.ink_3, 0.35)?;
    }
    placed.iter().try_for_each(|at| node(scene, pen, at))
}

/// A soft S from one place down to another.
fn bend((x0, y0): (f64, f64), (x1, y1): (f64, f64)) -> Vec<(f64, f64)> {
    const PIECES: usize = 10;
    let at = |i: usize| {
        let t = i as f64 / PIECES as f64;
        (x0 + (x1 - x0) * t * t * (3.0 - 2.0 * t), y0 + (y1 - y0) * t)
    };
    (0..=PIECES).map(at).collect()
}

/// Where the nodes stand that there is room for: leaves side by side, every other node in the
/// middle of those below it.
fn place<'a>(l: &Layout, tree: &'a Tree) -> Vec<Placed<'a>> {
    let nodes = &tree.nodes;
    let mut depth = vec![0_usize; nodes.len()];
    let mut children = vec![Vec::new(); nodes.len()];
    for (index, node) in nodes.iter().enumerate() {
        if let Some(parent) = node.parent.filter(|&parent| parent < index) {
            depth[index] = depth[parent] + 1;
            children[parent].push(index);
        }
    }
    let deepest = depth.iter().copied().max().unwrap_or(0);
    let (width, height) = (l.right - l.left, l.bottom - l.top);
    let n_ends = |d: usize| {
        let is_end = |&i: &usize| depth[i] == d || (depth[i] < d && children[i].is_empty());
        (0..nodes.len()).filter(is_end).count().max(1)
    };
    let fits =
        |d: &usize| n_ends(*d) as f64 * LEAST.0 <= width && *d as f64 * LEAST.1 + NODE <= height;
    let last = (0..=deepest).rev().find(fits).unwrap_or(0);
    let step = ((height - NODE) / last.max(1) as f64).min(MOST_STEP);
    let top = l.top + ((height - NODE - step * last as f64) / 2.0).max(0.0) + BAR.1;
    let slot = width / n_ends(last) as f64;
    let mut x = vec![0.0; nodes.len()];
    let mut n_placed = 0;
    // From left to right, and every node after those below it.
    let mut open = if nodes.is_empty() {
        vec![]
    } else {
        vec![(0, false)]
    };
    while let Some((index, is_ready)) = open.pop() {
        let shown = if depth[index] < last {
            children[index].as_slice()
        } else {
            &[]
        };
        match (shown, is_ready) {
            ([], _) => {
                x[index] = l.left + slot * (f64::from(n_placed) + 0.5);
                n_placed += 1;
            }
            ([first, .., end], true) => x[index] = (x[*first] + x[*end]) / 2.0,
            ([only], true) => x[index] = x[*only],
            (_, false) => {
                open.push((index, true));
                open.extend(shown.iter().rev().map(|&child| (child, false)));
            }
        }
    }
    let kept: Vec<usize> = (0..nodes.len()).filter(|&i| depth[i] <= last).collect();
    let room = |index: usize| {
        let others = kept
            .iter()
            .filter(|&&i| i != index && depth[i] == depth[index]);
        let gaps = others.map(|&i| (x[i] - x[index]).abs() - 6.0);
        gaps.fold(width, f64::min)
    };
    let below = count_below(nodes, &depth, last);
    let shown = |&index: &usize| Placed {
        node: &nodes[index],
        parent: nodes[index]
            .parent
            .and_then(|parent| kept.binary_search(&parent).ok()),
        x: x[index],
        y: top + step * depth[index] as f64,
        room: room(index),
        n_below: if depth[index] == last {
            below[index]
        } else {
            nodes[index].n_below
        },
    };
    kept.iter().map(shown).collect()
}

/// How many nodes lie below each, those included that are not listed.
fn count_below(nodes: &[TreeNode], depth: &[usize], last: usize) -> Vec<usize> {
    let mut below: Vec<usize> = nodes.iter().map(|node| node.n_below).collect();
    for index in (1..nodes.len()).rev().filter(|&index| depth[index] > last) {
        if let Some(parent) = nodes[index].parent {
            below[parent] += below[index] + 1;
        }
    }
    below
}

fn node(scene: &Scene<'_>, pen: &Pen<'_>, at: &Placed<'_>) -> Result<()> {
    let (l, tokens) = (scene.layout, scene.tokens);
    let width = (at.room * 0.62).clamp(10.0, 64.0);
    shares(scene, pen, at, width)?;
    let write = |dy: f64, said: &str, kind: Type| {
        let said = text::fit(said, TICK * 1.04, at.room);
        let half = text::width(&said, TICK * 1.04) / 2.0;
        let x =
            at.x.clamp(l.left + half, (l.right - half).max(l.left + half));
        pen.text((x, at.y + dy), &said, kind)
    };
    let plain = Type::new(TICK, tokens.ink_2).centered();
    if !at.node.feature.is_empty() && at.n_below == 0 {
        write(
            -23.0,
            &at.node.feature,
            Type {
                color: tokens.ink,
                ..plain
            },
        )?;
        return write(-9.0, &at.node.test, plain);
    }
    let color = leaf_color(scene, at.node).map_or(tokens.ink, |color| tokens.ink.over(color, 0.3));
    write(BAR.0 + 9.0, &at.node.answer, Type { color, ..plain }.bold())?;
    let n = number(at.node.n_samples, 4);
    let said = match at.n_below {
        0 => n,
        more if at.room > 58.0 => format!("+{more} below"),
        more => format!("+{more}"),
    };
    write(
        BAR.0 + 23.0,
        &said,
        Type {
            color: tokens.ink_3,
            ..plain
        },
    )
}

/// The color of the class that most samples of a node have.
fn leaf_color(scene: &Scene<'_>, node: &TreeNode) -> Option<Rgb> {
    let most = (0..node.shares.len())
        .max_by(|&a, &b| node.shares[a].total_cmp(&node.shares[b]).then(b.cmp(&a)))?;
    Some(scene.tokens.category(most))
}

fn shares(scene: &Scene<'_>, pen: &Pen<'_>, at: &Placed<'_>, width: f64) -> Result<()> {
    let (left, bottom) = (at.x - width / 2.0, at.y + BAR.0);
    let frame = [left, at.y, left + width, bottom];
    if at.node.shares.is_empty() {
        pen.rect(frame, scene.tokens.sequential(0.15 + 0.85 * at.node.level))?;
    }
    let mut from = left;
    for (class, share) in at.node.shares.iter().enumerate() {
        let to = from + width * share.clamp(0.0, 1.0);
        if to - from > 0.2 {
            pen.rect([from, at.y, to, bottom], scene.tokens.category(class))?;
        }
        from = to;
    }
    pen.frame(frame, 1.0, scene.tokens.sheet)
}

/// What a node says under the pointer.
pub(super) fn under(
    tree: &Tree,
    layout: &Layout,
    (x, y): (f64, f64),
    name: impl Fn(u32) -> String,
) -> Option<Vec<String>> {
    let placed = place(layout, tree);
    let is_under = |at: &&Placed<'_>| {
        let half = (at.room / 2.0).clamp(12.0, 60.0);
        (at.x - x).abs() <= half && (at.y - BAR.1..=at.y + BAR.0 + 28.0).contains(&y)
    };
    let node = placed.iter().find(is_under)?.node;
    let mut lines = Vec::new();
    if !node.feature.is_empty() {
        lines.push(format!("{} {}", node.feature, node.test));
    }
    lines.push(format!("answer: {}", node.answer));
    lines.push(format!("{} rows", number(node.n_samples, 6)));
    let shares = node
        .shares
        .iter()
        .enumerate()
        .filter(|(_, share)| **share > 0.0);
    lines.extend(
        shares
            .take(6)
            .map(|(class, &share)| format!("{}: {}", name(class as u32), percent(share))),
    );
    Some(lines)
}
