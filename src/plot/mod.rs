//! Figures: data first, then a picture.
//!
//! A constructor ([`plane`], [`loss_curve`], [`confusion_matrix`] …) turns results into a
//! [`Figure`], which knows neither size nor theme. From it come the drawing (with plotters, on
//! SVG or any other [`Target`] such as a canvas), the answer to the pointer
//! ([`Figure::probe`]), the table ([`Figure::table`]) and the text alternative
//! ([`Figure::describe`]). Labels stand at what they name; there are no legends.
//!
//! Text is measured by a table of widths, never by a font or the page, so a figure is the same
//! in a worker, natively and in a file.
//!
//! ```
//! use handlens::plot::{Style, loss_curve};
//! let figure = loss_curve("cross-entropy", "epoch", &[(0.0, 1.1), (1.0, 0.4)], &[]);
//! assert!(figure.svg(&Style::default())?.starts_with("<svg"));
//! # Ok::<(), handlens::error::Error>(())
//! ```

mod charts;
mod draw;
mod figure;
mod layout;
mod marks;
mod matrix;
mod names;
mod net;
mod pen;
mod probe;
mod shapes;
mod style;
mod surface;
mod svg;
mod target;
mod text;
mod ticks;
mod tree;
mod words;

pub use charts::{
    category_counts, confusion_matrix, curves, histogram, loss_curve, lying_bars, net, plane,
    predicted_against_actual, scatter, tree,
};
pub use figure::{
    Axis, Bar, Bars, Cells, Coloring, Curve, Figure, Layer, Lines, Matrix, Net, NetLayer, Neuron,
    Points, Shape, Shapes, Stroke, Surface, Tint, Trails, Tree, TreeNode,
};
pub use probe::Probe;
pub use shapes::{contours, dendrogram, ellipse};
pub use style::{Rgb, Style, Theme, Tokens};
pub use surface::Plane;
pub use target::{Anchor, Label, Paint, Target};
pub use text::{fit, number, percent, width};
pub use ticks::{range_of, ticks};
pub use words::FigureTable;
