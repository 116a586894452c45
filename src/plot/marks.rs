//! The marks of charts: surface, points, lines, bars, trails.

use super::draw::Scene;
use super::figure::{Bar, Bars, Cells, Coloring, Lines, Points, Surface, Tint, Trails};
use super::layout::{TICK, bar_text};
use super::pen::{Pen, Type};
use super::style::Rgb;
use super::target::Target;
use super::text;
use crate::error::Result;
use crate::math;
use crate::models::NOISE;

/// Steps of opacity of a surface: fine enough that none is seen, few enough to run together.
const STEPS: f64 = 96.0;
/// Points above which outlines are left out.
const MANY_POINTS: usize = 4_000;
/// Points of a line above which it is thinned to its least and greatest in each bucket.
const LONG_LINE: usize = 1_200;

pub(super) fn surface(scene: &Scene<'_>, target: &mut dyn Target, surface: &Surface) {
    let tokens = scene.tokens;
    let stepped = |share: f64| (share * STEPS).round() / STEPS;
    let class = |code: u32, share: f64| tokens.code(code).over(tokens.sheet, stepped(share));
    let colors: Vec<Rgb> = match &surface.cells {
        // Full color where the model is sure, the sheet shining through where it doubts.
        Cells::Classes { codes, lead, .. } => codes
            .iter()
            .zip(lead)
            .map(|(&code, &lead)| class(code, 0.05 + 0.37 * math::pow(f64::from(lead), 1.15)))
            .collect(),
        Cells::Clusters { codes } => {
            let share = |code: u32| if code == NOISE { 0.08 } else { 0.24 };
            codes.iter().map(|&code| class(code, share(code))).collect()
        }
        Cells::Values { values, min, max } => values
            .iter()
            .map(|v| {
                let share = stepped((v - min) / (max - min));
                tokens.sequential(share).over(tokens.sheet, 0.8)
            })
            .collect(),
    };
    let l = scene.layout;
    target.image(
        [l.left, l.top, l.right, l.bottom],
        surface.nx,
        surface.ny,
        &colors,
    );
}

pub(super) fn points(scene: &Scene<'_>, pen: &Pen<'_>, points: &Points) -> Result<()> {
    let radius = radius(points.x.len());
    let has_outline = points.x.len() <= MANY_POINTS;
    let sheet = scene.tokens.sheet;
    // A point colored by its value may be as pale as the sheet: ink sets it apart.
    let (outline, opacity) = match points.color {
        Coloring::Values { .. } => (scene.tokens.ink, 0.6),
        _ => (sheet, 0.9),
    };
    let unseen = |i: usize| points.is_unseen.get(i).copied().unwrap_or(false);
    let n = points.x.len().min(points.y.len());
    // Rings come last, so that none is hidden.
    for i in (0..n)
        .filter(|&i| !unseen(i))
        .chain((0..n).filter(|&i| unseen(i)))
    {
        let Some(at) = scene.layout.place(points.x[i], points.y[i]) else {
            continue;
        };
        let color = point_color(scene, points, i);
        if unseen(i) {
            if has_outline && outline != sheet {
                pen.disk(at, radius + 2.1, outline, opacity)?;
            }
            pen.disk(at, radius + 1.3, color, 1.0)?;
            pen.disk(at, (radius - 0.5).max(0.8), sheet, 1.0)?;
        } else {
            if has_outline {
                pen.disk(at, radius + 0.9, outline, opacity)?;
            }
            pen.disk(at, radius, color, 1.0)?;
        }
        if points.is_marked.get(i) == Some(&true) {
            pen.ring(at, radius + 2.6, 1.2, scene.tokens.ink)?;
        }
    }
    Ok(())
}

/// Radius of the points in CSS pixels: smaller where there are many.
pub(super) fn radius(n_points: usize) -> f64 {
    match n_points {
        0..=300 => 3.6,
        301..=1_000 => 3.0,
        1_001..=4_000 => 2.3,
        _ => 1.6,
    }
}

fn point_color(scene: &Scene<'_>, points: &Points, i: usize) -> Rgb {
    let tokens = scene.tokens;
    match &points.color {
        Coloring::Plain => tokens.category(0),
        Coloring::Classes { codes } => tokens.code(codes.get(i).copied().unwrap_or_default()),
        Coloring::Values { values, min, max } => {
            let value = values.get(i).copied().unwrap_or(*min);
            tokens.sequential((value - min) / (max - min))
        }
    }
}

pub(super) fn lines(scene: &Scene<'_>, pen: &Pen<'_>, lines: &Lines) -> Result<()> {
    let layout = scene.layout;
    let mut ends: Vec<(f64, &str, Rgb)> = Vec::new();
    for curve in &lines.curves {
        let color = if curve.is_unseen {
            scene.tokens.accent
        } else {
            scene.tokens.tint(curve.tint, scene.tokens.ink)
        };
        let path: Vec<(f64, f64)> = thinned(&curve.points)
            .iter()
            .filter_map(|&(x, y)| layout.place(x, y))
            .collect();
        let Some(&last) = path.last() else { continue };
        if path.len() == 1 {
            pen.disk(last, 3.0, color, 1.0)?;
        } else if curve.is_unseen {
            pen.dashed(&path, 1.8, color)?;
        } else {
            pen.line(&path, 1.8, color, 1.0)?;
        }
        let color = match curve.tint {
            Tint::Plain if !curve.is_unseen => scene.tokens.ink_2,
            _ => scene.tokens.ink.over(color, 0.3),
        };
        if !curve.end_label.is_empty() {
            ends.push((last.1, &curve.end_label, color));
        }
    }
    // Labels at the ends are pushed apart from the top down, then back up from the bottom.
    math::sort_by(&mut ends, |a, b| a.0.total_cmp(&b.0));
    const APART: f64 = 15.0;
    for i in 1..ends.len() {
        ends[i].0 = ends[i].0.max(ends[i - 1].0 + APART);
    }
    let mut lowest = layout.bottom - 4.0;
    for end in ends.iter_mut().rev() {
        end.0 = end.0.min(lowest);
        lowest = end.0 - APART;
    }
    let x = layout.right + 8.0;
    for (y, label, color) in ends {
        let label = text::fit(label, TICK, layout.width - x - 4.0);
        pen.text((x, y), &label, Type::new(TICK, color))?;
    }
    Ok(())
}

fn thinned(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    if points.len() <= LONG_LINE {
        return points.to_vec();
    }
    let bucket = points.len().div_ceil(LONG_LINE / 2);
    let mut kept = Vec::with_capacity(LONG_LINE + 1);
    for part in points.chunks(bucket) {
        let by_y = |a: &&(f64, f64), b: &&(f64, f64)| a.1.total_cmp(&b.1);
        let mut pair: Vec<(f64, f64)> = [part.iter().min_by(by_y), part.iter().max_by(by_y)]
            .into_iter()
            .flatten()
            .copied()
            .collect();
        math::sort_by(&mut pair, |a, b| a.0.total_cmp(&b.0));
        kept.extend(pair);
    }
    kept.extend(points.last());
    kept
}

pub(super) fn bars(scene: &Scene<'_>, pen: &Pen<'_>, bars: &Bars) -> Result<()> {
    let layout = scene.layout;
    for bar in &bars.bars {
        let color = bar_color(scene, bar);
        let (Some(left), Some(right), Some(top)) = (
            layout.px(bar.from),
            layout.px(bar.to),
            layout.py(bar.length),
        ) else {
            continue;
        };
        if bar.length > 0.0 {
            let gap = if right - left > 6.0 { 0.75 } else { 0.2 };
            // A bar of one row among thousands is still seen.
            let top = top.min(layout.bottom - 1.0);
            pen.rect([left + gap, top, right - gap, layout.bottom], color)?;
        }
    }
    Ok(())
}

fn bar_color(scene: &Scene<'_>, bar: &Bar) -> Rgb {
    let plain = scene.tokens.category(usize::from(bar.length < 0.0));
    let color = scene.tokens.tint(bar.tint, plain);
    color.over(scene.tokens.sheet, 0.75)
}

pub(super) fn lying_bars(scene: &Scene<'_>, pen: &Pen<'_>, bars: &Bars) -> Result<()> {
    let (layout, tokens) = (scene.layout, scene.tokens);
    let n = bars.bars.len().max(1) as f64;
    let height = ((layout.bottom - layout.top) / n).min(34.0);
    let size = TICK.min(height * 0.95);
    let zero = layout.px(0.0).unwrap_or(layout.left);
    let has_minus = bars.bars.iter().any(|bar| bar.length < 0.0);
    // Where bars go both ways the names stand left of the longest.
    let name_end = match has_minus {
        true => (widest_name(scene, bars, size) + 20.0).min(0.4 * layout.width) - 8.0,
        false => layout.left - 8.0,
    };
    for (index, bar) in bars.bars.iter().enumerate() {
        let middle = layout.top + height * (index as f64 + 0.5);
        let end = layout.px(bar.length).unwrap_or(zero);
        let end = if bar.length < 0.0 {
            end.min(zero - 1.0)
        } else {
            end.max(zero + 1.0)
        };
        let thick = (height * 0.32).max(1.0);
        let corners = [zero.min(end), middle - thick, zero.max(end), middle + thick];
        pen.rect(corners, bar_color(scene, bar))?;
        let name = text::fit(&bar.label, size, name_end - 10.0);
        pen.text(
            (name_end, middle),
            &name,
            Type::new(size, tokens.ink).ending(),
        )?;
        let kind = Type::new(size, tokens.ink_2);
        let length = bar_text(bar.length);
        match bar.length < 0.0 {
            true => pen.text((end - 7.0, middle), &length, kind.ending())?,
            false => pen.text((end + 7.0, middle), &length, kind)?,
        }
    }
    if has_minus {
        let ends = [(zero, layout.top), (zero, layout.top + height * n)];
        pen.line(&ends, 1.0, tokens.ink_3, 1.0)?;
    }
    Ok(())
}

fn widest_name(scene: &Scene<'_>, bars: &Bars, size: f64) -> f64 {
    let widths = bars.bars.iter().map(|bar| text::width(&bar.label, size));
    widths.fold(0.0, f64::max).min(scene.layout.width)
}

pub(super) fn trails(scene: &Scene<'_>, pen: &Pen<'_>, trails: &Trails) -> Result<()> {
    let (layout, tokens) = (scene.layout, scene.tokens);
    for (code, trail) in trails.trails.iter().enumerate() {
        let color = tokens.ink.over(tokens.category(code), 0.35);
        let path: Vec<(f64, f64)> = trail
            .iter()
            .filter_map(|&(x, y)| layout.place(x, y))
            .collect();
        if path.len() > 1 {
            pen.line(&path, 3.6, tokens.sheet, 0.8)?;
            pen.line(&path, 1.6, color, 1.0)?;
            for &step in &path[..path.len() - 1] {
                pen.disk(step, 1.9, color, 1.0)?;
            }
        }
        let Some(&(x, y)) = path.last() else { continue };
        for (width, color) in [(6.0, tokens.sheet), (2.8, color)] {
            const ARM: f64 = 6.5;
            pen.line(&[(x - ARM, y - ARM), (x + ARM, y + ARM)], width, color, 1.0)?;
            pen.line(&[(x - ARM, y + ARM), (x + ARM, y - ARM)], width, color, 1.0)?;
        }
    }
    Ok(())
}

pub(super) fn diagonal(scene: &Scene<'_>, pen: &Pen<'_>) -> Result<()> {
    let (layout, figure) = (scene.layout, scene.figure);
    let low = figure.x.min.max(figure.y.min);
    let high = figure.x.max.min(figure.y.max);
    let (Some(from), Some(to)) = (layout.place(low, low), layout.place(high, high)) else {
        return Ok(());
    };
    pen.dashed(&[from, to], 1.2, scene.tokens.ink_3)
}
