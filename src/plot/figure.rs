//! A figure as data: what is shown, in the units of the data. Drawing, the table, the answer
//! to the pointer and the text alternative all read it.

use serde::Serialize;

/// A chart, complete and independent of size and theme.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Figure {
    /// Heading.
    pub title: String,
    /// What the axes are, and what is held fixed.
    pub subtitle: String,
    /// Horizontal axis.
    pub x: Axis,
    /// Vertical axis.
    pub y: Axis,
    /// The shown text of classes or clusters, by code.
    pub labels: Vec<String>,
    /// From the back to the front.
    pub layers: Vec<Layer>,
    /// What to say in place of a drawing where there is nothing to draw.
    pub empty: Option<String>,
}

/// An axis of a [`Figure`].
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Axis {
    /// What it measures.
    pub label: String,
    /// Least value, at the left or bottom.
    pub min: f64,
    /// Greatest value.
    pub max: f64,
    /// Names of the places 0, 1, 2 …, for an axis of categories.
    pub categories: Vec<String>,
    /// Whether ticks are left out.
    pub is_hidden: bool,
}

impl Axis {
    /// An axis of numbers.
    pub fn new(label: impl Into<String>, (min, max): (f64, f64)) -> Self {
        Self {
            label: label.into(),
            min,
            max,
            categories: Vec::new(),
            is_hidden: false,
        }
    }
}

/// One layer of a [`Figure`].
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "layer", rename_all = "snake_case")]
pub enum Layer {
    /// What a model says everywhere.
    Surface(Surface),
    /// Rows.
    Points(Points),
    /// Curves.
    Lines(Lines),
    /// Bars.
    Bars(Bars),
    /// A matrix of counts.
    Matrix(Matrix),
    /// Ways of centroids.
    Trails(Trails),
    /// Names of classes, each placed in its region.
    Names,
    /// The line on which x equals y.
    Diagonal,
    /// A neural net.
    Net(Net),
    /// Lines and areas over the plane.
    Shapes(Shapes),
    /// A decision tree.
    Tree(Tree),
}

/// A grid of answers over the whole plane of the figure; the first row is at the top.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Surface {
    /// Cells from left to right.
    pub nx: usize,
    /// Cells from top to bottom.
    pub ny: usize,
    /// The answers, `nx · ny`, row by row.
    pub cells: Cells,
}

/// The answers of a [`Surface`].
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum Cells {
    /// Classes.
    Classes {
        /// The class predicted.
        codes: Vec<u32>,
        /// Its probability.
        confidence: Vec<f32>,
        /// How far it is ahead of the next class: 0 on a border, 1 where the model is certain.
        lead: Vec<f32>,
    },
    /// Numbers.
    Values {
        /// What is predicted.
        values: Vec<f64>,
        /// The value of the palest color.
        min: f64,
        /// The value of the strongest color.
        max: f64,
    },
    /// Clusters.
    Clusters {
        /// The cluster.
        codes: Vec<u32>,
    },
}

/// Rows as points. All lists are `(n_points,)`.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Points {
    /// Horizontal places.
    pub x: Vec<f64>,
    /// Vertical places.
    pub y: Vec<f64>,
    /// What colors them.
    pub color: Coloring,
    /// Rows the model has not learnt from: rings.
    pub is_unseen: Vec<bool>,
    /// The row of the table behind each.
    pub rows: Vec<usize>,
    /// Rows that the model singles out, ringed: support vectors, core rows, outliers.
    pub is_marked: Vec<bool>,
    /// What such a row is called.
    pub mark: String,
}

/// What colors [`Points`].
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Coloring {
    /// All the same.
    #[default]
    Plain,
    /// Classes or clusters.
    Classes {
        /// `(n_points,)`.
        codes: Vec<u32>,
    },
    /// Numbers.
    Values {
        /// `(n_points,)`.
        values: Vec<f64>,
        /// The value of the palest color.
        min: f64,
        /// The value of the strongest color.
        max: f64,
    },
}

/// Curves with their names at their ends.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Lines {
    /// The curves.
    pub curves: Vec<Curve>,
}

/// One curve of [`Lines`].
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Curve {
    /// What it is.
    pub name: String,
    /// What stands at its end.
    pub end_label: String,
    /// Horizontal and vertical places.
    pub points: Vec<(f64, f64)>,
    /// Whether it is about unseen rows: dashed, in the accent.
    pub is_unseen: bool,
    /// The color of one about seen rows.
    pub tint: Tint,
}

/// The color of a mark.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum Tint {
    /// Ink for lines; bars blue above zero and orange below.
    #[default]
    Plain,
    /// That of a class or cluster.
    Code {
        /// Its code; [`crate::models::NOISE`] is gray.
        code: u32,
    },
    /// The accent: what is singled out.
    Accent,
}

/// Lines and areas over the plane: margins, ellipses, a band around a curve, branches.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Shapes {
    /// What they are: `merges`.
    pub what: String,
    /// From the back to the front.
    pub shapes: Vec<Shape>,
}

/// One of [`Shapes`].
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Shape {
    /// What to say of it under the pointer.
    pub name: String,
    /// Horizontal and vertical places.
    pub points: Vec<(f64, f64)>,
    /// Its color.
    pub tint: Tint,
    /// How it is drawn.
    pub stroke: Stroke,
}

/// How a [`Shape`] is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Stroke {
    /// A line.
    #[default]
    Line,
    /// A thin, pale line: one of many.
    Fine,
    /// A dashed line.
    Dashed,
    /// A pale area.
    Area,
}

/// Bars side by side.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Bars {
    /// From left to right, or from top to bottom.
    pub bars: Vec<Bar>,
    /// Whether they lie, one a category, instead of standing on the x axis.
    pub is_lying: bool,
    /// What their length measures: `rows`, `weight`.
    pub what: String,
}

/// One bar of [`Bars`].
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Bar {
    /// Where it begins along its axis.
    pub from: f64,
    /// Where it ends.
    pub to: f64,
    /// Its length; below zero it lies the other way.
    pub length: f64,
    /// What it counts.
    pub label: String,
    /// Its color.
    pub tint: Tint,
}

/// Counts of actual against predicted classes.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Matrix {
    /// `(n_classes, n_classes)`: `counts[actual][predicted]`.
    pub counts: Vec<Vec<u32>>,
}

/// The ways centroids have gone, each ending where the centroid is.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Trails {
    /// One way a cluster, by its code.
    pub trails: Vec<Vec<(f64, f64)>>,
}

/// A neural net to draw.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Net {
    /// Layers from the inputs to the outputs.
    pub layers: Vec<NetLayer>,
    /// One matrix between consecutive layers: `weights[layer][from][to]`.
    pub weights: Vec<Vec<Vec<f64>>>,
}

/// A layer of a [`Net`].
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct NetLayer {
    /// What it is: `4 in`, `8 ReLU`.
    pub name: String,
    /// Its neurons, from top to bottom.
    pub neurons: Vec<Neuron>,
}

/// A neuron of a [`NetLayer`].
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Neuron {
    /// Feature or class; empty for a hidden neuron.
    pub label: String,
    /// Its activation over the plane of the decision surface, square, the first row at the
    /// top; empty where it is not known.
    pub heat: Vec<f32>,
}

/// A decision tree to draw, as far down as there is room.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Tree {
    /// The root first; every node after the one above it, the side that agrees with the test
    /// before the other.
    pub nodes: Vec<TreeNode>,
}

/// A node of a [`Tree`].
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct TreeNode {
    /// The node above; none for the root.
    pub parent: Option<usize>,
    /// The feature that is asked for; empty for a leaf.
    pub feature: String,
    /// What is asked of it: `≤ 206.5`.
    pub test: String,
    /// What the node answers: a class, or a number.
    pub answer: String,
    /// Samples that reach it.
    pub n_samples: f64,
    /// Their shares of the classes; empty where the answer is a number.
    pub shares: Vec<f64>,
    /// Where the number lies between the least (0) and the greatest (1) of the tree.
    pub level: f64,
    /// Nodes below that are not listed.
    pub n_below: usize,
}

impl Figure {
    /// A figure without layers.
    pub fn new(title: impl Into<String>, subtitle: impl Into<String>, x: Axis, y: Axis) -> Self {
        Self {
            title: title.into(),
            subtitle: subtitle.into(),
            x,
            y,
            labels: Vec::new(),
            layers: Vec::new(),
            empty: None,
        }
    }

    /// A figure that says in a sentence why there is nothing to see.
    pub fn nothing(title: impl Into<String>, why: impl Into<String>) -> Self {
        let axis = || Axis::new("", (0.0, 1.0));
        Self {
            empty: Some(why.into()),
            ..Self::new(title, "", axis(), axis())
        }
    }

    /// The shown text of a class or cluster.
    pub(super) fn name(&self, code: u32) -> String {
        match self.labels.get(code as usize) {
            Some(label) => label.clone(),
            None if code == crate::models::NOISE => "noise".to_owned(),
            None => format!("{code}"),
        }
    }

    /// The surface, where there is one.
    pub fn surface(&self) -> Option<&Surface> {
        self.layers.iter().find_map(|layer| match layer {
            Layer::Surface(surface) => Some(surface),
            _ => None,
        })
    }

    /// The points, where there are any.
    pub fn points(&self) -> Option<&Points> {
        self.layers.iter().find_map(|layer| match layer {
            Layer::Points(points) => Some(points),
            _ => None,
        })
    }
}

impl Surface {
    /// The cell at shares of the width (from the left) and height (from the top).
    pub fn cell_at(&self, across: f64, down: f64) -> Option<usize> {
        if !(0.0..=1.0).contains(&across) || !(0.0..=1.0).contains(&down) {
            return None;
        }
        let i = ((across * self.nx as f64) as usize).min(self.nx.checked_sub(1)?);
        let j = ((down * self.ny as f64) as usize).min(self.ny.checked_sub(1)?);
        Some(j * self.nx + i)
    }
}
