//! Places on a plane in nested squares, near ones side by side in memory.
//!
//! Places are sorted along Morton's curve; a square is then a range of them, cut in four by two
//! bits of their codes until at most [`LEAF`] are left. Nodes stand in the order of a walk, each
//! knowing where the walk goes on when what is inside it is left out, so a search needs no stack.

/// Places of a leaf, and lanes of the sums over it.
pub(super) const LEAF: usize = 8;

/// Bits of a coordinate: squares are split so often at most.
const BITS: u32 = 16;

/// Nested squares.
#[derive(Debug, Clone, Default)]
pub(super) struct Tree {
    /// The row at each place of the curve.
    pub order: Vec<u32>,
    /// Their coordinates.
    pub x: Vec<f32>,
    pub y: Vec<f32>,
    pub nodes: Vec<Node>,
    /// The nodes without parts.
    pub leaves: Vec<u32>,
}

/// A square that holds places.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node {
    /// Mean of the places.
    pub x: f32,
    pub y: f32,
    /// Number of places.
    pub mass: f32,
    /// Square of the side.
    pub width_squared: f32,
    /// The places, in the order of the curve.
    pub start: u32,
    pub end: u32,
    /// The node after all that is inside this one.
    pub next: u32,
    pub is_leaf: bool,
}

impl Tree {
    /// - `places`: `(n, 2)` row by row, finite.
    pub(super) fn new(places: &[f64]) -> Self {
        let (codes, width) = sorted_codes(places);
        let at = |axis: usize| {
            codes
                .iter()
                .map(move |&(_, row)| places[2 * row as usize + axis] as f32)
        };
        let mut tree = Self {
            x: at(0).collect(),
            y: at(1).collect(),
            order: codes.iter().map(|code| code.1).collect(),
            ..Self::default()
        };
        tree.grow(&codes, 0, 0, width);
        tree
    }

    /// Adds the node of a range of codes, which start at `start`, and all inside it. The depth
    /// is bounded by [`BITS`].
    fn grow(&mut self, codes: &[(u32, u32)], start: usize, level: u32, width: f64) {
        let node = self.nodes.len();
        let end = start + codes.len();
        let is_leaf = codes.len() <= LEAF || level == BITS;
        self.nodes.push(self.summary(start, end, width, is_leaf));
        if is_leaf {
            self.leaves.push(node as u32);
        } else {
            let shift = 2 * (BITS - 1 - level);
            let mut from = 0;
            for quarter in 0..4 {
                let to = codes.partition_point(|code| (code.0 >> shift) & 3 <= quarter);
                if to > from {
                    self.grow(&codes[from..to], start + from, level + 1, width / 2.0);
                }
                from = to;
            }
        }
        self.nodes[node].next = self.nodes.len() as u32;
    }

    fn summary(&self, start: usize, end: usize, width: f64, is_leaf: bool) -> Node {
        let mass = (end - start) as f64;
        let mean = |at: &[f32]| at[start..end].iter().map(|&v| f64::from(v)).sum::<f64>() / mass;
        Node {
            x: mean(&self.x) as f32,
            y: mean(&self.y) as f32,
            mass: mass as f32,
            width_squared: (width * width) as f32,
            start: start as u32,
            end: end as u32,
            next: 0,
            is_leaf,
        }
    }
}

/// Code and row of each place, along the curve, and the side of the square around all.
fn sorted_codes(places: &[f64]) -> (Vec<(u32, u32)>, f64) {
    let bound = |axis: usize, start: f64, pick: fn(f64, f64) -> f64| {
        places
            .iter()
            .skip(axis)
            .step_by(2)
            .copied()
            .fold(start, pick)
    };
    let low = [0, 1].map(|axis| bound(axis, f64::INFINITY, f64::min));
    let high = [0, 1].map(|axis| bound(axis, f64::NEG_INFINITY, f64::max));
    let width = (high[0] - low[0])
        .max(high[1] - low[1])
        .max(f64::MIN_POSITIVE);
    // A little less than the number of cells, so that the last place lies in the last cell.
    let scale = (f64::from(1 << BITS) - 0.5) / width;
    let cell = |place: &[f64], axis: usize| ((place[axis] - low[axis]) * scale) as u32;
    let code = |place: &[f64]| spread(cell(place, 0)) | spread(cell(place, 1)) << 1;
    let mut codes: Vec<(u32, u32)> = places.chunks_exact(2).map(code).zip(0..).collect();
    codes.sort_unstable();
    (codes, width)
}

/// The lower 16 bits with a gap after each.
fn spread(bits: u32) -> u32 {
    let bits = (bits | bits << 8) & 0x00ff_00ff;
    let bits = (bits | bits << 4) & 0x0f0f_0f0f;
    let bits = (bits | bits << 2) & 0x3333_3333;
    (bits | bits << 1) & 0x5555_5555
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_is_in_one_leaf_and_walks_end() {
        let places: Vec<f64> = (0..200).map(|i| f64::from(i * i % 71)).collect();
        let tree = Tree::new(&places);
        let in_leaves: u32 = tree
            .leaves
            .iter()
            .map(|&l| tree.nodes[l as usize])
            .map(|n| n.end - n.start)
            .sum();
        assert_eq!(in_leaves, 100);
        assert_eq!(tree.nodes[0].next as usize, tree.nodes.len());
        assert!(
            tree.nodes
                .iter()
                .zip(1..)
                .all(|(node, after)| node.next >= after)
        );
    }

    #[test]
    fn places_that_coincide_are_one_leaf() {
        let tree = Tree::new(&[3.0; 60]);
        assert_eq!(tree.leaves.len(), 1);
    }
}
