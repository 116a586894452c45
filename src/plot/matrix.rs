//! Drawing a confusion matrix: right predictions in one color, mistakes in another, each cell
//! as strong as its share of the row.

use super::draw::Scene;
use super::figure::Matrix;
use super::layout::{NAME, TICK};
use super::pen::{Pen, Type};
use super::text;
use crate::error::Result;

pub(super) fn draw(scene: &Scene<'_>, pen: &Pen<'_>, matrix: &Matrix) -> Result<()> {
    let (layout, tokens) = (scene.layout, scene.tokens);
    let n = matrix.counts.len().max(1) as f64;
    let (width, height) = (
        (layout.right - layout.left) / n,
        (layout.bottom - layout.top) / n,
    );
    for (actual, row) in matrix.counts.iter().enumerate() {
        let total: u32 = row.iter().sum();
        for (predicted, &count) in row.iter().enumerate() {
            let share = if total > 0 {
                f64::from(count) / f64::from(total)
            } else {
                0.0
            };
            let left = layout.left + width * predicted as f64;
            let top = layout.top + height * actual as f64;
            let gap = if width.min(height) > 12.0 { 1.0 } else { 0.3 };
            let color = match (count, actual == predicted) {
                (0, _) => tokens.line.over(tokens.sheet, 0.35),
                (_, true) => tokens.category(0).over(tokens.sheet, 0.16 + 0.5 * share),
                (_, false) => tokens.accent.over(tokens.sheet, 0.16 + 0.5 * share),
            };
            pen.rect(
                [
                    left + gap,
                    top + gap,
                    left + width - gap,
                    top + height - gap,
                ],
                color,
            )?;
            let middle = (left + width / 2.0, top + height / 2.0);
            cell(scene, pen, (count, share), middle, (width, height))?;
        }
    }
    labels(scene, pen, (width, height))
}

fn cell(
    scene: &Scene<'_>,
    pen: &Pen<'_>,
    (count, share): (u32, f64),
    (x, y): (f64, f64),
    (width, height): (f64, f64),
) -> Result<()> {
    let shown = format!("{count}");
    // As large as the cell lets it be; semibold is 6 % wider.
    let fitting = (width - 3.0) / (1.06 * text::width(&shown, 1.0));
    let size = NAME.min(height * 0.8).min(fitting);
    if size < 7.0 {
        return Ok(());
    }
    let color = if count == 0 {
        scene.tokens.ink_3
    } else {
        scene.tokens.ink
    };
    let percent = text::percent(share);
    let has_share = count > 0 && height > 42.0 && text::width(&percent, TICK) + 8.0 < width;
    let kind = Type::new(size, color).centered();
    let kind = if count > 0 { kind.bold() } else { kind };
    pen.text((x, if has_share { y - 8.0 } else { y }), &shown, kind)?;
    if has_share {
        pen.text(
            (x, y + 9.0),
            &percent,
            Type::new(TICK, scene.tokens.ink).centered(),
        )?;
    }
    Ok(())
}

fn labels(scene: &Scene<'_>, pen: &Pen<'_>, (width, height): (f64, f64)) -> Result<()> {
    let (layout, tokens, figure) = (scene.layout, scene.tokens, scene.figure);
    let size = TICK.min(height * 0.95);
    for (index, label) in figure.y.categories.iter().enumerate() {
        let at = layout.top + height * (index as f64 + 0.5);
        let label = text::fit(label, size, layout.left - 32.0);
        pen.text(
            (layout.left - 7.0, at),
            &label,
            Type::new(size, tokens.ink).ending(),
        )?;
    }
    let below = scene.layout.height - 24.0 - layout.bottom;
    let size = if layout.is_upright {
        TICK.min(width * 0.95)
    } else {
        TICK
    };
    for (index, label) in figure.x.categories.iter().enumerate() {
        let x = layout.left + width * (index as f64 + 0.5);
        let kind = Type::new(size, tokens.ink);
        if layout.is_upright {
            let label = text::fit(label, size, below - 8.0);
            pen.text((x, layout.bottom + 6.0), &label, kind.ending().upright())?;
        } else {
            let label = text::fit(label, size, width - 4.0);
            pen.text((x, layout.bottom + 13.0), &label, kind.centered())?;
        }
    }
    let name = Type::new(TICK, tokens.ink_3);
    let middle = (
        (layout.left + layout.right) / 2.0,
        (layout.top + layout.bottom) / 2.0,
    );
    pen.text(
        (middle.0, layout.height - 13.0),
        &figure.x.label,
        name.centered(),
    )?;
    let widest = figure
        .y
        .categories
        .iter()
        .map(|l| text::width(l, TICK))
        .fold(0.0, f64::max);
    let left = (layout.left - widest - 20.0).max(11.0);
    pen.text((left, middle.1), &figure.y.label, name.centered().upright())
}
