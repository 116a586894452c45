//! A figure in words and as a table, for those who do not see it.

use super::figure::{Cells, Coloring, Figure, Layer, Points, Surface, Tree, TreeNode};
use super::text::{number, percent};
use crate::math::{print_number, sort_by};

/// Column headings and rows of a figure read as a table.
pub type FigureTable = (Vec<String>, Vec<Vec<String>>);

/// Rows of a table at most; a figure of more points ends with a row that says so.
const MOST_ROWS: usize = 10_000;
/// Curves told in words at most.
const MOST_SAID: usize = 8;

impl Figure {
    /// What the figure shows, in a sentence or two: its text alternative.
    pub fn describe(&self) -> String {
        if let Some(why) = &self.empty {
            return format!("{}. {why}", self.title);
        }
        let mut parts = vec![format!("{}.", self.title)];
        if !self.subtitle.is_empty() {
            parts.push(format!("{}.", self.subtitle.trim_end_matches('.')));
        }
        parts.extend(
            self.layers
                .iter()
                .filter_map(|layer| self.describe_layer(layer)),
        );
        parts.join(" ")
    }

    fn describe_layer(&self, layer: &Layer) -> Option<String> {
        match layer {
            Layer::Surface(surface) => Some(self.describe_surface(surface)),
            Layer::Points(points) => Some(self.describe_points(points)),
            Layer::Lines(lines) => {
                let said = |curve: &super::figure::Curve| {
                    let (first, last) = (curve.points.first()?, curve.points.last()?);
                    Some(format!(
                        "{} goes from {} to {}",
                        curve.name,
                        number(first.1, 3),
                        number(last.1, 3)
                    ))
                };
                let curves: Vec<String> = lines
                    .curves
                    .iter()
                    .take(MOST_SAID)
                    .filter_map(said)
                    .collect();
                Some(format!("{}.", curves.join("; ")))
            }
            Layer::Bars(bars) => {
                let most = bars
                    .bars
                    .iter()
                    .max_by(|a, b| a.length.abs().total_cmp(&b.length.abs()))?;
                let length = match bars.what.as_str() {
                    "rows" => format!("with {} rows", number(most.length, 9)),
                    what => format!("with a {what} of {}", number(most.length, 3)),
                };
                Some(format!(
                    "{} bars; the longest is {} {length}.",
                    bars.bars.len(),
                    most.label,
                ))
            }
            Layer::Matrix(matrix) => {
                let hits: u32 = (0..matrix.counts.len()).map(|i| matrix.counts[i][i]).sum();
                let total: u32 = matrix.counts.iter().flatten().sum();
                let worst = matrix
                    .counts
                    .iter()
                    .enumerate()
                    .flat_map(|(a, row)| row.iter().enumerate().map(move |(p, &n)| (n, a, p)))
                    .filter(|(n, a, p)| a != p && *n > 0)
                    .max_by_key(|(n, a, p)| (*n, std::cmp::Reverse((*a, *p))));
                let worst = worst.map_or(String::new(), |(n, a, p)| {
                    format!(
                        " Most often mistaken: {} for {}, {n} times.",
                        self.name(a as u32),
                        self.name(p as u32)
                    )
                });
                let share = percent(f64::from(hits) / f64::from(total.max(1)));
                Some(format!(
                    "{hits} of {total} rows ({share}) are on the diagonal.{worst}"
                ))
            }
            Layer::Trails(trails) => Some(format!(
                "{} centroids with their ways.",
                trails.trails.len()
            )),
            Layer::Net(net) => {
                let names: Vec<&str> = net.layers.iter().map(|layer| layer.name.as_str()).collect();
                Some(format!("Layers: {}.", names.join(", ")))
            }
            Layer::Shapes(shapes) => Some(format!("{} {}.", shapes.shapes.len(), shapes.what)),
            Layer::Tree(tree) => Some(describe_tree(tree)),
            Layer::Names | Layer::Diagonal => None,
        }
    }

    fn describe_surface(&self, surface: &Surface) -> String {
        match &surface.cells {
            Cells::Classes { codes, .. } | Cells::Clusters { codes } => {
                let mut counts = std::collections::BTreeMap::new();
                for &code in codes {
                    *counts.entry(code).or_insert(0_usize) += 1;
                }
                let mut counts: Vec<(u32, usize)> = counts.into_iter().collect();
                sort_by(&mut counts, |a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
                let total = codes.len().max(1) as f64;
                let said: Vec<String> = counts
                    .iter()
                    .take(6)
                    .map(|&(code, n)| {
                        format!(
                            "{} {}",
                            self.name(code),
                            percent((n as f64 / total * 100.0).round() / 100.0)
                        )
                    })
                    .collect();
                format!("The plane is divided into {}.", said.join(", "))
            }
            Cells::Values { min, max, .. } => {
                format!(
                    "Predictions reach from {} to {}.",
                    number(*min, 3),
                    number(*max, 3)
                )
            }
        }
    }

    fn describe_points(&self, points: &Points) -> String {
        let n_unseen = points.is_unseen.iter().filter(|u| **u).count();
        let unseen = if n_unseen > 0 {
            format!(", {n_unseen} of them unseen")
        } else {
            String::new()
        };
        let n_marked = points.is_marked.iter().filter(|marked| **marked).count();
        let marked = if n_marked > 0 {
            format!(" Ringed as {}: {n_marked}.", points.mark)
        } else {
            String::new()
        };
        format!(
            "{} rows{unseen}: {} against {}.{marked}",
            points.x.len(),
            self.y.label,
            self.x.label
        )
    }

    /// The figure as a table of text: its points, curves, bars, counts or weights.
    pub fn table(&self) -> FigureTable {
        let named = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        for layer in &self.layers {
            match layer {
                Layer::Points(points) => return self.point_table(points),
                Layer::Lines(lines) => {
                    let rows = lines.curves.iter().flat_map(|curve| {
                        let row = |&(x, y): &(f64, f64)| {
                            vec![curve.name.clone(), print_number(x), print_number(y)]
                        };
                        curve.points.iter().map(row)
                    });
                    let x = if self.x.label.is_empty() {
                        "position"
                    } else {
                        &self.x.label
                    };
                    return (named(&["curve", x, &self.y.label]), cut(rows));
                }
                Layer::Bars(bars) => {
                    let row = |bar: &super::figure::Bar| {
                        vec![bar.label.clone(), print_number(bar.length)]
                    };
                    return (
                        named(&[&self.title, &bars.what]),
                        cut(bars.bars.iter().map(row)),
                    );
                }
                Layer::Matrix(matrix) => {
                    let mut headers = vec!["actual \\ predicted".to_owned()];
                    headers.extend(self.labels.iter().cloned());
                    let row = |(code, counts): (usize, &Vec<u32>)| {
                        let mut row = vec![self.name(code as u32)];
                        row.extend(counts.iter().map(u32::to_string));
                        row
                    };
                    return (headers, matrix.counts.iter().enumerate().map(row).collect());
                }
                Layer::Net(net) => {
                    let rows = net.weights.iter().enumerate().flat_map(|(layer, matrix)| {
                        matrix.iter().enumerate().flat_map(move |(from, row)| {
                            row.iter().enumerate().map(move |(to, &weight)| {
                                vec![
                                    (layer + 1).to_string(),
                                    (from + 1).to_string(),
                                    (to + 1).to_string(),
                                    print_number(weight),
                                ]
                            })
                        })
                    });
                    return (
                        named(&["layer", "from neuron", "to neuron", "weight"]),
                        cut(rows),
                    );
                }
                Layer::Shapes(shapes) if self.layers.len() == 1 => {
                    let rows = shapes.shapes.iter().map(|shape| vec![shape.name.clone()]);
                    return (named(&[&shapes.what]), cut(rows));
                }
                Layer::Tree(tree) => {
                    let headers = ["node", "above", "test", "answer", "rows"];
                    return (
                        named(&headers),
                        cut(tree.nodes.iter().enumerate().map(tree_row)),
                    );
                }
                _ => {}
            }
        }
        (Vec::new(), Vec::new())
    }

    fn point_table(&self, points: &Points) -> FigureTable {
        let colored = !matches!(points.color, Coloring::Plain);
        let mut headers = vec!["row".to_owned(), self.x.label.clone(), self.y.label.clone()];
        headers.extend(colored.then(|| "color".to_owned()));
        headers.push("unseen".to_owned());
        let row = |i: usize| {
            let mut row = vec![
                points
                    .rows
                    .get(i)
                    .map_or(String::new(), |row| (row + 1).to_string()),
                print_number(points.x[i]),
                print_number(points.y[i]),
            ];
            match &points.color {
                Coloring::Plain => {}
                Coloring::Classes { codes } => {
                    row.push(codes.get(i).map_or(String::new(), |&code| self.name(code)));
                }
                Coloring::Values { values, .. } => {
                    row.push(values.get(i).map_or(String::new(), |&v| print_number(v)));
                }
            }
            let is_unseen = points.is_unseen.get(i).copied().unwrap_or(false);
            row.push(if is_unseen { "yes" } else { "no" }.to_owned());
            row
        };
        let n = points.x.len().min(points.y.len());
        (headers, cut((0..n).map(row)))
    }
}

fn describe_tree(tree: &Tree) -> String {
    let n_hidden: usize = tree.nodes.iter().map(|node| node.n_below).sum();
    let first = match tree.nodes.first() {
        Some(root) if !root.feature.is_empty() => {
            format!("The first asks whether {} {}.", root.feature, root.test)
        }
        _ => "It has not been split yet.".to_owned(),
    };
    format!("{} nodes. {first}", tree.nodes.len() + n_hidden)
}

fn tree_row((index, node): (usize, &TreeNode)) -> Vec<String> {
    vec![
        (index + 1).to_string(),
        node.parent
            .map_or(String::new(), |parent| (parent + 1).to_string()),
        format!("{} {}", node.feature, node.test).trim().to_owned(),
        node.answer.clone(),
        print_number(node.n_samples),
    ]
}

fn cut(rows: impl Iterator<Item = Vec<String>>) -> Vec<Vec<String>> {
    let mut rows = rows;
    let mut kept: Vec<Vec<String>> = rows.by_ref().take(MOST_ROWS).collect();
    let more = rows.count();
    if let (true, Some(last)) = (more > 0, kept.last()) {
        let mut row = vec![String::new(); last.len()];
        row[0] = format!("and {more} more");
        kept.push(row);
    }
    kept
}
