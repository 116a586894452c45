//! What lies under the pointer.

use super::figure::{Cells, Coloring, Figure, Layer, Matrix, Points};
use super::layout::Layout;
use super::style::Style;
use super::text::{number, percent};
use super::{shapes, tree};

/// How far a point may be from the pointer, in CSS pixels.
const REACH: f64 = 12.0;

/// What a figure answers to the pointer.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Probe {
    /// What to show, one line each, the most telling first.
    pub lines: Vec<String>,
    /// The row of the table behind a point.
    pub row: Option<usize>,
    /// The place under the pointer, or of the point or curve found, along x.
    pub data_x: f64,
    /// The same along y.
    pub data_y: f64,
    /// Where that is in CSS pixels from the left, for a mark.
    pub px: f64,
    /// The same from the top.
    pub py: f64,
}

impl Figure {
    /// What lies at a pixel of the figure as drawn with `style`: the nearest point within 12
    /// pixels, else the answer of the model there, the curves, the bar or the cell of a matrix.
    /// `None` outside the plot or where there is nothing.
    pub fn probe(&self, x_px: f64, y_px: f64, style: &Style) -> Option<Probe> {
        if self.empty.is_some() {
            return None;
        }
        let layout = Layout::new(self, style);
        if let Some(probe) = self
            .points()
            .and_then(|p| self.probe_point(p, &layout, x_px, y_px))
        {
            return Some(probe);
        }
        let (data_x, data_y) = layout.data(x_px, y_px)?;
        let pointer = Probe {
            lines: Vec::new(),
            row: None,
            data_x,
            data_y,
            px: x_px,
            py: y_px,
        };
        let shape = self.layers.iter().find_map(|layer| match layer {
            Layer::Shapes(shown) => shapes::under(shown, &layout, (x_px, y_px), REACH / 2.0),
            _ => None,
        });
        if let Some(name) = shape {
            return Some(Probe {
                lines: vec![name.to_owned()],
                ..pointer
            });
        }
        self.layers.iter().find_map(|layer| match layer {
            Layer::Surface(surface) => {
                let (across, down) = layout.shares(x_px, y_px);
                let cell = surface.cell_at(across, down)?;
                let lines = self.surface_lines(&surface.cells, cell, data_x, data_y)?;
                Some(Probe {
                    lines,
                    ..pointer.clone()
                })
            }
            Layer::Lines(lines) => {
                let longest = lines.curves.iter().max_by_key(|curve| curve.points.len())?;
                let at = nearest(&longest.points, data_x)?;
                let mut shown = vec![self.place_line(&self.x.label, at.0)];
                for curve in &lines.curves {
                    let (_, y) = nearest(&curve.points, at.0)?;
                    shown.push(format!("{}: {}", curve.name, number(y, 4)));
                }
                let (px, py) = layout.place(at.0, at.1)?;
                Some(Probe {
                    lines: shown,
                    row: None,
                    data_x: at.0,
                    data_y: at.1,
                    px,
                    py,
                })
            }
            Layer::Bars(bars) => {
                let index = if bars.is_lying {
                    let n = bars.bars.len() as f64;
                    let height = ((layout.bottom - layout.top) / n).min(34.0);
                    ((y_px - layout.top) / height) as usize
                } else {
                    bars.bars
                        .iter()
                        .position(|bar| data_x >= bar.from && data_x <= bar.to)?
                };
                let bar = bars.bars.get(index)?;
                let length = match bars.what.as_str() {
                    "rows" => {
                        let total: f64 = bars.bars.iter().map(|bar| bar.length).sum();
                        let share = percent(bar.length / total.max(1.0));
                        format!("{} rows, {share}", number(bar.length, 9))
                    }
                    what => format!("{what}: {}", number(bar.length, 4)),
                };
                Some(Probe {
                    lines: vec![bar.label.clone(), length],
                    ..pointer.clone()
                })
            }
            Layer::Tree(shown) => Some(Probe {
                lines: tree::under(shown, &layout, (x_px, y_px), |code| self.name(code))?,
                ..pointer.clone()
            }),
            Layer::Matrix(matrix) => {
                let (across, down) = layout.shares(x_px, y_px);
                Some(Probe {
                    lines: self.matrix_lines(matrix, across, down)?,
                    ..pointer.clone()
                })
            }
            _ => None,
        })
    }

    fn probe_point(&self, points: &Points, layout: &Layout, x: f64, y: f64) -> Option<Probe> {
        let mut best: Option<(f64, usize, (f64, f64))> = None;
        for i in 0..points.x.len().min(points.y.len()) {
            let Some(at) = layout.place(points.x[i], points.y[i]) else {
                continue;
            };
            let distance = (at.0 - x) * (at.0 - x) + (at.1 - y) * (at.1 - y);
            if distance <= REACH * REACH && best.is_none_or(|(least, ..)| distance < least) {
                best = Some((distance, i, at));
            }
        }
        let (_, i, (px, py)) = best?;
        let (data_x, data_y) = (points.x[i], points.y[i]);
        let row = points.rows.get(i).copied();
        let is_unseen = points.is_unseen.get(i).copied().unwrap_or(false);
        let mut lines = Vec::new();
        match &points.color {
            Coloring::Classes { codes } => lines.push(self.name(*codes.get(i)?)),
            Coloring::Values { values, .. } => lines.push(number(*values.get(i)?, 4)),
            Coloring::Plain => {}
        }
        lines.push(self.place_line(&self.x.label, data_x));
        lines.push(self.place_line(&self.y.label, data_y));
        if let Some(row) = row {
            let seen = if is_unseen { ", unseen" } else { "" };
            lines.push(format!("row {}{seen}", row + 1));
        }
        if points.is_marked.get(i) == Some(&true) {
            lines.push(points.mark.clone());
        }
        if let Some(said) = self.surface().and_then(|surface| {
            let (across, down) = layout.shares(px, py);
            let lines = self.surface_lines(
                &surface.cells,
                surface.cell_at(across, down)?,
                data_x,
                data_y,
            )?;
            lines.into_iter().next()
        }) {
            lines.push(format!("the model here: {said}"));
        }
        Some(Probe {
            lines,
            row,
            data_x,
            data_y,
            px,
            py,
        })
    }

    fn place_line(&self, label: &str, value: f64) -> String {
        let label = if label.is_empty() { "value" } else { label };
        format!("{label}: {}", number(value, 4))
    }

    fn surface_lines(&self, cells: &Cells, cell: usize, x: f64, y: f64) -> Option<Vec<String>> {
        let said = match cells {
            Cells::Classes {
                codes, confidence, ..
            } => format!(
                "{}, {} sure",
                self.name(*codes.get(cell)?),
                percent(f64::from(*confidence.get(cell)?))
            ),
            Cells::Clusters { codes } => self.name(*codes.get(cell)?),
            Cells::Values { values, .. } => number(*values.get(cell)?, 4),
        };
        Some(vec![
            said,
            self.place_line(&self.x.label, x),
            self.place_line(&self.y.label, y),
        ])
    }

    fn matrix_lines(&self, matrix: &Matrix, across: f64, down: f64) -> Option<Vec<String>> {
        let n = matrix.counts.len();
        let index = |share: f64| ((share * n as f64) as usize).min(n.saturating_sub(1));
        let (actual, predicted) = (index(down), index(across));
        let row = matrix.counts.get(actual)?;
        let count = *row.get(predicted)?;
        let total: u32 = row.iter().sum();
        let (is, said) = (self.name(actual as u32), self.name(predicted as u32));
        let first = if actual == predicted {
            format!("{is}, recognized")
        } else {
            format!("{is}, taken for {said}")
        };
        let share = percent(f64::from(count) / f64::from(total.max(1)));
        Some(vec![first, format!("{count} of {total} rows, {share}")])
    }
}

fn nearest(points: &[(f64, f64)], x: f64) -> Option<(f64, f64)> {
    let distance = |p: &(f64, f64)| (p.0 - x).abs();
    points
        .iter()
        .copied()
        .min_by(|a, b| distance(a).total_cmp(&distance(b)))
}
