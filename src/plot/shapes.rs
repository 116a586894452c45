//! Lines and areas over the plane, and what makes them: lines of equal value, ellipses of
//! mixtures, the branches of a dendrogram.

use std::collections::BTreeMap;

use super::draw::Scene;
use super::figure::{Axis, Figure, Layer, Shape, Shapes, Stroke, Tint};
use super::layout::Layout;
use super::pen::Pen;
use super::surface::Plane;
use super::text::number;
use crate::error::Result;
use crate::math;

/// Merges of a dendrogram that are drawn; what was joined before them is one leaf.
const MOST_MERGES: usize = 80;
/// Corners of an ellipse.
const CORNERS: usize = 48;

pub(super) fn draw(scene: &Scene<'_>, pen: &Pen<'_>, shapes: &Shapes) -> Result<()> {
    let plain = scene.tokens.ink;
    for shape in &shapes.shapes {
        let color = scene.tokens.tint(shape.tint, plain);
        let path = placed(scene.layout, shape);
        match shape.stroke {
            Stroke::Line => pen.line(&path, 1.5, plain.over(color, 0.2), 1.0)?,
            Stroke::Fine => pen.line(&path, 0.8, color, 0.45)?,
            Stroke::Dashed => pen.dashed(&path, 1.2, plain.over(color, 0.2))?,
            Stroke::Area => pen.fill(&path, color, 0.15)?,
        }
    }
    Ok(())
}

/// The places of a shape that are in the frame; an area is cut off at its edges.
fn placed(layout: &Layout, shape: &Shape) -> Vec<(f64, f64)> {
    let place = |&(x, y): &(f64, f64)| match shape.stroke {
        Stroke::Area => layout.place_within(x, y),
        _ => layout.place(x, y),
    };
    shape.points.iter().filter_map(place).collect()
}

/// The name of the line nearest to a pixel, within `reach` pixels.
pub(super) fn under<'a>(
    shapes: &'a Shapes,
    layout: &Layout,
    at: (f64, f64),
    reach: f64,
) -> Option<&'a str> {
    let lines = shapes.shapes.iter();
    let lines = lines.filter(|shape| shape.stroke != Stroke::Area && !shape.name.is_empty());
    let distance = |shape: &Shape| {
        let path = placed(layout, shape);
        let pairs = path.windows(2).map(|pair| apart(at, pair[0], pair[1]));
        pairs.fold(f64::INFINITY, f64::min)
    };
    let (found, shape) = lines
        .map(|shape| (distance(shape), shape))
        .min_by(|a, b| a.0.total_cmp(&b.0))?;
    (found <= reach).then_some(shape.name.as_str())
}

/// How far a place is from the line between two others.
fn apart(p: (f64, f64), a: (f64, f64), b: (f64, f64)) -> f64 {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let length = dx * dx + dy * dy;
    let along = match length > 0.0 {
        true => (((p.0 - a.0) * dx + (p.1 - a.1) * dy) / length).clamp(0.0, 1.0),
        false => 0.0,
    };
    let (x, y) = (p.0 - a.0 - along * dx, p.1 - a.1 - along * dy);
    (x * x + y * y).sqrt()
}

/// Lines on which values over a plane are `level`, each as its places in order.
///
/// - `values`: `(ny · nx,)`, in the order of [`Plane::grid`].
///
/// Marching squares with linear interpolation; a saddle is cut as its mean says.
pub fn contours(plane: &Plane, values: &[f64], level: f64) -> Vec<Vec<(f64, f64)>> {
    let (nx, ny) = (plane.nx, plane.ny);
    if values.len() != nx * ny {
        return Vec::new();
    }
    let grid = plane.grid();
    let mut crossings = Crossings::default();
    for j in 0..ny - 1 {
        for i in 0..nx - 1 {
            let corners = [(i, j), (i + 1, j), (i + 1, j + 1), (i, j + 1)].map(|(i, j)| j * nx + i);
            crossings.add_cell(corners, values, level, &grid);
        }
    }
    crossings.chains()
}

/// A side of a cell, by the corners that it joins.
type Side = (usize, usize);

/// Where a line crosses a side, and the sides that it crosses next.
type Crossing = ((f64, f64), Vec<Side>);

/// Where lines cross the sides of cells.
#[derive(Default)]
struct Crossings {
    found: BTreeMap<Side, Crossing>,
}

impl Crossings {
    /// Adds the one or two pieces of line within a cell, given its corners in a circle.
    fn add_cell(
        &mut self,
        corners: [usize; 4],
        values: &[f64],
        level: f64,
        grid: &ndarray::Array2<f64>,
    ) {
        let is_above = corners.map(|corner| values[corner] > level);
        let mut sides: Vec<Side> = Vec::new();
        for side in 0..4 {
            let (a, b) = (corners[side], corners[(side + 1) % 4]);
            if is_above[side] != is_above[(side + 1) % 4] {
                let share = (level - values[a]) / (values[b] - values[a]);
                let mix =
                    |axis: usize| grid[(a, axis)] + share * (grid[(b, axis)] - grid[(a, axis)]);
                let key = (a.min(b), a.max(b));
                self.found
                    .entry(key)
                    .or_insert(((mix(0), mix(1)), Vec::new()));
                sides.push(key);
            }
        }
        if sides.len() == 4 {
            let mean = corners.iter().map(|&corner| values[corner]).sum::<f64>() / 4.0;
            // The first side begins at the first corner: its pieces cut off the corners that
            // differ from the middle.
            if (mean > level) == is_above[0] {
                self.join(sides[0], sides[1]);
                self.join(sides[2], sides[3]);
            } else {
                self.join(sides[3], sides[0]);
                self.join(sides[1], sides[2]);
            }
        } else if let [a, b] = sides[..] {
            self.join(a, b);
        }
    }

    fn join(&mut self, a: Side, b: Side) {
        for (from, to) in [(a, b), (b, a)] {
            if let Some((_, next)) = self.found.get_mut(&from) {
                next.push(to);
            }
        }
    }

    /// Open lines first, from an end; then the rings.
    fn chains(mut self) -> Vec<Vec<(f64, f64)>> {
        let is_end = |(_, (_, next)): &(&(usize, usize), &(_, Vec<_>))| next.len() < 2;
        let ends: Vec<_> = self
            .found
            .iter()
            .filter(is_end)
            .map(|(key, _)| *key)
            .collect();
        let mut chains: Vec<_> = ends.into_iter().map(|end| self.walk(end)).collect();
        while let Some(&start) = self.found.keys().next() {
            let mut ring = self.walk(start);
            ring.extend(ring.first().copied());
            chains.push(ring);
        }
        chains.retain(|chain| chain.len() > 1);
        chains
    }

    fn walk(&mut self, start: Side) -> Vec<(f64, f64)> {
        let mut places = Vec::new();
        let mut at = Some(start);
        while let Some((place, next)) = at.and_then(|key| self.found.remove(&key)) {
            places.push(place);
            at = next.into_iter().find(|key| self.found.contains_key(key));
        }
        places
    }
}

/// The ellipse at a distance of `radius` standard deviations around a mean.
///
/// - `covariance`: the variances along x and y, and the covariance between.
pub fn ellipse(mean: (f64, f64), (xx, yy, xy): (f64, f64, f64), radius: f64) -> Vec<(f64, f64)> {
    // The Cholesky factor takes the circle to the ellipse.
    let a = xx.max(0.0).sqrt();
    let b = if a > 0.0 { xy / a } else { 0.0 };
    let c = (yy - b * b).max(0.0).sqrt();
    let corner = |i: usize| {
        let angle = std::f64::consts::TAU * i as f64 / CORNERS as f64;
        let (u, v) = (radius * math::cos(angle), radius * math::sin(angle));
        (mean.0 + a * u, mean.1 + b * u + c * v)
    };
    (0..=CORNERS).map(corner).collect()
}

/// A tree of merges, each a bracket at the height at which two groups join. Branches within a
/// group have its color, those above the cut are ink.
///
/// - `merges`: `(n_merges,)`: the two nodes joined and the height, lowest first. Nodes below
///   `n_leaves` are rows, node `n_leaves + i` is made by merge `i`, as in SciPy.
/// - `clusters`: `(n_leaves,)`: the group of each row.
/// - `n_joined`: how many merges are below the cut.
pub fn dendrogram(
    (title, subtitle): (&str, &str),
    merges: &[(usize, usize, f64)],
    clusters: &[u32],
    n_joined: usize,
) -> Figure {
    if merges.is_empty() {
        return Figure::nothing(title, "No two rows have been joined yet.");
    }
    let branches = Branches::new(merges, clusters.len());
    let shapes = (branches.first..merges.len()).filter_map(|merge| {
        let is_within = merge < n_joined;
        let code = clusters.get(branches.leaf_of(merge)).copied();
        let tint = code
            .filter(|_| is_within)
            .map_or(Tint::Plain, |code| Tint::Code { code });
        branches.bracket(merge, tint)
    });
    let mut shapes: Vec<Shape> = shapes.collect();
    let top = merges.iter().fold(0.0_f64, |top, merge| top.max(merge.2));
    let n_ends = branches.n_ends as f64;
    if let (Some(below), Some(above)) = (merges.get(n_joined.wrapping_sub(1)), merges.get(n_joined))
    {
        let height = below.2 / 2.0 + above.2 / 2.0;
        shapes.push(Shape {
            name: format!("cut at {}", number(height, 3)),
            points: vec![(-0.5, height), (n_ends - 0.5, height)],
            tint: Tint::Accent,
            stroke: Stroke::Dashed,
        });
    }
    let x = Axis {
        is_hidden: true,
        ..Axis::new("", (-0.5, n_ends - 0.5))
    };
    let top = if top > 0.0 { top * 1.04 } else { 1.0 };
    let mut figure = Figure::new(title, subtitle, x, Axis::new("distance", (0.0, top)));
    figure.layers.push(Layer::Shapes(Shapes {
        what: "merges".into(),
        shapes,
    }));
    figure
}

/// Where the branches of a dendrogram stand.
struct Branches<'a> {
    merges: &'a [(usize, usize, f64)],
    n_leaves: usize,
    /// The first merge that is drawn.
    first: usize,
    /// Where each node stands from left to right, by its number.
    places: BTreeMap<usize, f64>,
    sizes: Vec<usize>,
    n_ends: usize,
}

impl<'a> Branches<'a> {
    fn new(merges: &'a [(usize, usize, f64)], n_leaves: usize) -> Self {
        let first = merges.len().saturating_sub(MOST_MERGES);
        let mut sizes: Vec<usize> = Vec::with_capacity(merges.len());
        for &(a, b, _) in merges {
            let size = |node: usize| match node.checked_sub(n_leaves) {
                Some(merge) => sizes.get(merge).copied().unwrap_or(1),
                None => 1,
            };
            sizes.push(size(a) + size(b));
        }
        let mut branches = Self {
            merges,
            n_leaves,
            first,
            places: BTreeMap::new(),
            sizes,
            n_ends: 0,
        };
        branches.place();
        branches
    }

    /// The drawn merge that made a node.
    fn drawn(&self, node: usize) -> Option<usize> {
        let merge = node.checked_sub(self.n_leaves)?;
        (merge >= self.first && merge < self.merges.len()).then_some(merge)
    }

    /// Ends from left to right, then every merge in the middle of what it joins.
    fn place(&mut self) {
        let drawn = self.first..self.merges.len();
        let children: std::collections::BTreeSet<usize> = drawn
            .clone()
            .flat_map(|merge| [self.merges[merge].0, self.merges[merge].1])
            .collect();
        let roots = drawn.clone().rev().map(|merge| merge + self.n_leaves);
        let mut open: Vec<usize> = roots.filter(|node| !children.contains(node)).collect();
        while let Some(node) = open.pop() {
            match self.drawn(node) {
                Some(merge) => open.extend([self.merges[merge].1, self.merges[merge].0]),
                None => {
                    self.places.insert(node, self.n_ends as f64);
                    self.n_ends += 1;
                }
            }
        }
        for merge in drawn {
            let place = |node: usize| self.places.get(&node).copied();
            let (a, b, _) = self.merges[merge];
            if let (Some(a), Some(b)) = (place(a), place(b)) {
                self.places.insert(merge + self.n_leaves, (a + b) / 2.0);
            }
        }
    }

    /// A row below a merge.
    fn leaf_of(&self, merge: usize) -> usize {
        let mut node = self.merges[merge].0;
        while let Some(below) = node.checked_sub(self.n_leaves) {
            match self.merges.get(below) {
                // Nodes are joined after they are made, so this goes down.
                Some(&(a, ..)) if a < node => node = a,
                _ => break,
            }
        }
        node
    }

    fn bracket(&self, merge: usize, tint: Tint) -> Option<Shape> {
        let (a, b, height) = self.merges[merge];
        let foot = |node: usize| self.drawn(node).map_or(0.0, |below| self.merges[below].2);
        let (left, right) = (*self.places.get(&a)?, *self.places.get(&b)?);
        Some(Shape {
            name: format!(
                "{} rows, joined at {}",
                self.sizes[merge],
                number(height, 3)
            ),
            points: vec![
                (left, foot(a)),
                (left, height),
                (right, height),
                (right, foot(b)),
            ],
            tint,
            stroke: Stroke::Line,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn radius((x, y): (f64, f64)) -> f64 {
        (x * x + y * y).sqrt()
    }

    #[test]
    fn a_hill_has_a_ring_around_it() {
        let plane = Plane::around_places(&[-2.0, 2.0], &[-2.0, 2.0], 60);
        let grid = plane.grid();
        let values: Vec<f64> = grid
            .rows()
            .into_iter()
            .map(|at| radius((at[0], at[1])))
            .collect();
        let lines = contours(&plane, &values, 1.0);
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0].first(), lines[0].last());
        assert!(lines[0].iter().all(|&at| (radius(at) - 1.0).abs() < 0.01));
        assert!(contours(&plane, &values, 9.0).is_empty());
    }

    #[test]
    fn an_ellipse_is_as_far_as_its_covariance_says() {
        let around = ellipse((1.0, 2.0), (4.0, 9.0, 0.0), 1.0);
        let far = |axis: fn(&(f64, f64)) -> f64| around.iter().map(axis).fold(f64::MIN, f64::max);
        assert!((far(|p| p.0) - 3.0).abs() < 1e-9);
        assert!((far(|p| p.1) - 5.0).abs() < 1e-9);
        // A component that has no extent is a place.
        assert!(
            ellipse((1.0, 2.0), (0.0, 0.0, 0.0), 2.0)
                .iter()
                .all(|p| *p == (1.0, 2.0))
        );
    }
}
