//! The push between all pairs of places, by the tree of Barnes and Hut.
//!
//! A place y is pushed by Σ q²·(y − y′), q = 1 / (1 + |y − y′|²), over all others, divided in the
//! end by Z = Σ q over all pairs. For the up to eight places of a leaf the tree is walked once: a
//! square whose diagonal is at most `angle` times its distance from their common box counts as
//! its places taken together, else what is inside it is looked at. The eight sums run side by
//! side in `f32`.
//!
//! Error: at the usual angle of 0.5 less than 1 % of the pushes (root mean square) and 0.5 % of
//! Z; at angle 0 that of single precision, 1e-6.

use super::tree::{LEAF, Node, Tree};
use crate::linalg::lanes::F32x8;
use crate::linalg::wide::twofold;
use crate::parallel::map_chunks;

/// Leaves of one piece of work; fixed, so results do not depend on threads.
const LEAVES_A_CHUNK: usize = 64;

/// Places that one leaf may hold until they count as if all at their mean, which is where they
/// are: within a 65,536th of the whole.
const MOST_IN_LEAF: u32 = 64;

/// The push on every place, summed leaf by leaf.
#[derive(Debug, Clone)]
pub struct Repulsion {
    tree: Tree,
    /// Of the angle at which a side is seen.
    angle_squared: f32,
    next_leaf: usize,
    /// `(n, 2)` row by row: Σ q²·(y − y′).
    pub forces: Vec<f64>,
    /// Σ q over all ordered pairs of different places.
    pub total: f64,
}

/// What one leaf receives.
struct Received {
    start: usize,
    forces: Vec<[f32; 2]>,
    total: f64,
}

impl Repulsion {
    /// - `places`: `(n, 2)` row by row, finite.
    pub fn new(places: &[f64], angle: f64) -> Self {
        Self {
            tree: Tree::new(places),
            angle_squared: (angle * angle / 2.0) as f32,
            next_leaf: 0,
            forces: vec![0.0; places.len()],
            // Every place counts itself with q = 1.
            total: -((places.len() / 2) as f64),
        }
    }

    /// Sums over some more leaves; `true` when all are done.
    pub fn advance(&mut self, n_leaves: usize) -> bool {
        let all = &self.tree.leaves;
        let leaves = &all[self.next_leaf..all.len().min(self.next_leaf + n_leaves)];
        let chunks = map_chunks(leaves.len(), LEAVES_A_CHUNK, |range| {
            let mut received = Vec::new();
            for &leaf in &leaves[range] {
                receive(self, &self.tree.nodes[leaf as usize], &mut received);
            }
            received
        });
        self.next_leaf += leaves.len();
        for received in chunks.into_iter().flatten() {
            self.total += received.total;
            for (place, force) in (received.start..).zip(received.forces) {
                let row = self.tree.order[place] as usize;
                self.forces[2 * row] = f64::from(force[0]);
                self.forces[2 * row + 1] = f64::from(force[1]);
            }
        }
        self.next_leaf == self.tree.leaves.len()
    }

    #[inline(always)]
    fn walk(&self, lanes: &mut Lanes) {
        let tree = &self.tree;
        let mut index = 0;
        while let Some(node) = tree.nodes.get(index) {
            let is_far = node.width_squared <= self.angle_squared * lanes.distance_squared(node);
            if is_far || node.end - node.start == 1 {
                lanes.add(node.x, node.y, node.mass);
            } else if node.is_leaf {
                self.add_leaf(node, lanes);
            } else {
                index += 1;
                continue;
            }
            index = node.next as usize;
        }
    }

    #[inline(always)]
    fn add_leaf(&self, node: &Node, lanes: &mut Lanes) {
        if node.end - node.start > MOST_IN_LEAF {
            lanes.add(node.x, node.y, node.mass);
            return;
        }
        for place in node.start as usize..node.end as usize {
            lanes.add(self.tree.x[place], self.tree.y[place], 1.0);
        }
    }
}

twofold! {
/// What the places of a leaf receive, eight at a time.
fn receive(push: &Repulsion, leaf: &Node, received: &mut Vec<Received>) {
    let places = leaf.start as usize..leaf.end as usize;
    for start in places.clone().step_by(LEAF) {
        let end = places.end.min(start + LEAF);
        let mut lanes = Lanes::new(&push.tree.x[start..end], &push.tree.y[start..end]);
        push.walk(&mut lanes);
        received.push(lanes.received(start, end - start));
    }
}
}

/// Sums of eight places side by side.
struct Lanes {
    x: F32x8,
    y: F32x8,
    low: [f32; 2],
    high: [f32; 2],
    force_x: F32x8,
    force_y: F32x8,
    total: F32x8,
}

impl Lanes {
    /// Of one to eight places; free lanes repeat the first.
    fn new(x: &[f32], y: &[f32]) -> Self {
        let padded = |from: &[f32]| {
            let mut lanes = [from[0]; LEAF];
            lanes[..from.len()].copy_from_slice(from);
            lanes
        };
        let (x, y) = (padded(x), padded(y));
        let least = |of: &[f32]| of.iter().copied().fold(f32::INFINITY, f32::min);
        let most = |of: &[f32]| of.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        Self {
            low: [least(&x), least(&y)],
            high: [most(&x), most(&y)],
            x: F32x8::load(&x),
            y: F32x8::load(&y),
            force_x: F32x8::splat(0.0),
            force_y: F32x8::splat(0.0),
            total: F32x8::splat(0.0),
        }
    }

    /// Squared distance of a square's center to the box of the eight.
    #[inline(always)]
    fn distance_squared(&self, node: &Node) -> f32 {
        // One instruction each, unlike `f32::max`, which looks for NaN.
        let most = |a: f32, b: f32| if a > b { a } else { b };
        let beyond =
            |at: f32, axis: usize| most(most(self.low[axis] - at, at - self.high[axis]), 0.0);
        let (x, y) = (beyond(node.x, 0), beyond(node.y, 1));
        x * x + y * y
    }

    #[inline(always)]
    fn add(&mut self, x: f32, y: f32, mass: f32) {
        let one = F32x8::splat(1.0);
        let (dx, dy) = (self.x.minus(F32x8::splat(x)), self.y.minus(F32x8::splat(y)));
        let q = one.over(one.plus(dx.times(dx)).plus(dy.times(dy)));
        let weight = F32x8::splat(mass).times(q);
        self.total = self.total.plus(weight);
        self.force_x = self.force_x.plus(weight.times(q).times(dx));
        self.force_y = self.force_y.plus(weight.times(q).times(dy));
    }

    fn received(&self, start: usize, n_used: usize) -> Received {
        let (force_x, force_y) = (self.force_x.to_array(), self.force_y.to_array());
        let force = |lane: usize| [force_x[lane], force_y[lane]];
        let total = self.total.to_array();
        Received {
            start,
            forces: (0..n_used).map(force).collect(),
            total: total[..n_used].iter().map(|&t| f64::from(t)).sum(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::wide::compared::both;
    use crate::rng::Rng;

    #[test]
    fn wider_registers_change_no_bit() {
        let mut rng = Rng::new(1);
        let places: Vec<f64> = (0..2 * 700).map(|_| rng.normal()).collect();
        let [narrow, wide] = both(|| {
            let mut push = Repulsion::new(&places, 0.5);
            push.advance(usize::MAX);
            let forces = push.forces.into_iter().map(f64::to_bits);
            (forces.collect::<Vec<_>>(), push.total.to_bits())
        });
        assert_eq!(narrow, wide);
    }
}
