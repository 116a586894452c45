//! Drawing a neural net: squares for neurons, curves for weights, blue for positive and orange
//! for negative, as thick as the weight is large. A square shows where its neuron is active.

use super::draw::Scene;
use super::figure::{Net, NetLayer};
use super::layout::TICK;
use super::pen::Type;
use super::style::Rgb;
use super::target::Target;
use super::text;
use crate::error::Result;

/// Neurons of a layer that are drawn; more are counted in words.
const MOST_NEURONS: usize = 12;

/// Where the neurons of a layer stand.
struct Column {
    x: f64,
    ys: Vec<f64>,
}

pub(super) fn draw(scene: &Scene<'_>, target: &mut dyn Target, net: &Net) -> Result<()> {
    let (columns, side) = place(scene, net);
    weights(scene, target, net, &columns, side)?;
    for (layer, column) in net.layers.iter().zip(&columns) {
        neurons(scene, target, layer, column, side)?;
    }
    names(scene, target, net, &columns, side)
}

fn place(scene: &Scene<'_>, net: &Net) -> (Vec<Column>, f64) {
    let l = scene.layout;
    let widest = |layer: Option<&NetLayer>| {
        let labels = layer.into_iter().flat_map(|layer| &layer.neurons);
        let widest = labels
            .map(|n| text::width(&n.label, TICK))
            .fold(0.0, f64::max);
        widest.min(0.22 * l.width)
    };
    let most = net
        .layers
        .iter()
        .map(|layer| layer.neurons.len().min(MOST_NEURONS))
        .max();
    let most = most.unwrap_or(1).max(1) as f64;
    let (top, bottom) = (l.top + 4.0, l.bottom - 20.0);
    let step = ((bottom - top) / most).min(52.0);
    let side = (step * 0.74).clamp(3.0, 30.0);
    let left = l.left + widest(net.layers.first()) + 8.0 + side / 2.0;
    let right = l.right - widest(net.layers.last()) - 8.0 - side / 2.0;
    let gaps = (net.layers.len() - 1).max(1) as f64;
    let column = |(index, layer): (usize, &NetLayer)| {
        let n = layer.neurons.len().min(MOST_NEURONS);
        let middle = (top + bottom) / 2.0;
        let y = |i: usize| middle + (i as f64 - (n as f64 - 1.0) / 2.0) * step;
        Column {
            x: left + (right - left) * index as f64 / gaps,
            ys: (0..n).map(y).collect(),
        }
    };
    (net.layers.iter().enumerate().map(column).collect(), side)
}

fn weights(
    scene: &Scene<'_>,
    target: &mut dyn Target,
    net: &Net,
    columns: &[Column],
    side: f64,
) -> Result<()> {
    let pen = scene.pen(target);
    for (matrix, pair) in net.weights.iter().zip(columns.windows(2)) {
        let [from, to] = pair else { continue };
        let largest = matrix
            .iter()
            .flatten()
            .filter(|w| w.is_finite())
            .fold(0.0_f64, |m, w| m.max(w.abs()));
        if largest == 0.0 {
            continue;
        }
        for (row, &y0) in matrix.iter().zip(&from.ys) {
            for (&weight, &y1) in row.iter().zip(&to.ys) {
                let share = weight.abs() / largest;
                if !share.is_finite() || share < 0.02 {
                    continue;
                }
                let color = scene.tokens.category(usize::from(weight < 0.0));
                let ends = ((from.x + side / 2.0, y0), (to.x - side / 2.0, y1));
                let opacity = 0.25 + 0.5 * share;
                pen.line(&curve(ends.0, ends.1), 0.4 + 3.2 * share, color, opacity)?;
            }
        }
    }
    Ok(())
}

/// A soft S from one place to another (a cubic Bézier curve in 14 pieces).
fn curve((x0, y0): (f64, f64), (x1, y1): (f64, f64)) -> Vec<(f64, f64)> {
    const PIECES: usize = 14;
    (0..=PIECES)
        .map(|i| {
            let t = i as f64 / PIECES as f64;
            let smooth = t * t * (3.0 - 2.0 * t);
            // Control points at 40 % of the way, level with their end.
            let u = 1.0 - t;
            let across = 3.0 * u * u * t * 0.4 + 3.0 * u * t * t * 0.6 + t * t * t;
            (x0 + (x1 - x0) * across, y0 + (y1 - y0) * smooth)
        })
        .collect()
}

fn neurons(
    scene: &Scene<'_>,
    target: &mut dyn Target,
    layer: &NetLayer,
    column: &Column,
    side: f64,
) -> Result<()> {
    let half = side / 2.0;
    for (neuron, &y) in layer.neurons.iter().zip(&column.ys) {
        let corners = [column.x - half, y - half, column.x + half, y + half];
        scene.pen(target).rect(corners, scene.tokens.sheet)?;
        let n = (neuron.heat.len() as f64).sqrt() as usize;
        if n > 0 && n * n == neuron.heat.len() {
            target.image(corners, n, n, &heat(scene, &neuron.heat));
        }
        scene.pen(target).frame(corners, 1.0, scene.tokens.ink_3)?;
    }
    Ok(())
}

/// Activation as color: orange below 0, the sheet at 0, blue above, by the neuron's own range.
fn heat(scene: &Scene<'_>, values: &[f32]) -> Vec<Rgb> {
    let largest = values
        .iter()
        .filter(|v| v.is_finite())
        .fold(0.0_f32, |m, v| m.max(v.abs()));
    let share = |v: f32| {
        if largest > 0.0 {
            f64::from(v / largest)
        } else {
            0.0
        }
    };
    let stepped = |s: f64| (s * 24.0).round() / 24.0;
    values
        .iter()
        .map(|&v| scene.tokens.diverging(0.85 * stepped(share(v))))
        .collect()
}

fn names(
    scene: &Scene<'_>,
    target: &mut dyn Target,
    net: &Net,
    columns: &[Column],
    side: f64,
) -> Result<()> {
    let (layout, tokens) = (scene.layout, scene.tokens);
    let pen = scene.pen(target);
    let room = 0.22 * layout.width;
    let plain = Type::new(TICK.min(side * 1.1), tokens.ink_2);
    if let (Some(layer), Some(column)) = (net.layers.first(), columns.first()) {
        for (neuron, &y) in layer.neurons.iter().zip(&column.ys) {
            let label = text::fit(&neuron.label, TICK, room);
            pen.text((column.x - side / 2.0 - 6.0, y), &label, plain.ending())?;
        }
    }
    if let (Some(layer), Some(column)) = (net.layers.last(), columns.last()) {
        for (code, (neuron, &y)) in layer.neurons.iter().zip(&column.ys).enumerate() {
            let is_class = scene.figure.labels.len() > 1;
            let color = if is_class {
                tokens.ink.over(tokens.category(code), 0.3)
            } else {
                tokens.ink_2
            };
            let label = text::fit(&neuron.label, TICK, room);
            pen.text(
                (column.x + side / 2.0 + 6.0, y),
                &label,
                Type { color, ..plain },
            )?;
        }
    }
    for (layer, column) in net.layers.iter().zip(columns) {
        let name = match layer.neurons.len().checked_sub(MOST_NEURONS) {
            Some(more) if more > 0 => format!("{} (+{more})", layer.name),
            _ => layer.name.clone(),
        };
        let half = text::width(&name, TICK) / 2.0;
        let x = column
            .x
            .clamp(half + 6.0, (layout.width - half - 6.0).max(half + 6.0));
        let kind = Type::new(TICK, tokens.ink_3).centered();
        pen.text((x, layout.bottom - 2.0), &name, kind)?;
    }
    Ok(())
}
