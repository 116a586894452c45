//! Names of classes, written where the class lives: near its points, on its own color, over
//! nothing else.

use super::draw::Scene;
use super::figure::{Cells, Coloring};
use super::layout::NAME;
use super::pen::{Pen, Type};
use super::text;
use crate::error::Result;

/// Places tried along each side.
const TRIES: usize = 28;
/// Points looked at; more are sampled evenly.
const MOST_POINTS: usize = 800;

/// A point in pixels, with its class.
type Spot = (f64, f64, u32);

/// Half of width and height of a name.
#[derive(Clone, Copy)]
struct Half(f64, f64);

pub(super) fn draw(scene: &Scene<'_>, pen: &Pen<'_>) -> Result<()> {
    let spots = spots(scene);
    let mut placed: Vec<(f64, f64, Half)> = Vec::new();
    for (code, label) in scene.figure.labels.iter().enumerate() {
        let name = text::fit(label, NAME, 0.4 * scene.layout.width);
        let half = Half(text::width(&name, NAME * 1.06) / 2.0 + 4.0, 9.0);
        let Some((x, y)) = place(scene, code as u32, half, &spots, &placed) else {
            continue;
        };
        placed.push((x, y, half));
        let color = scene.tokens.ink.over(scene.tokens.category(code), 0.3);
        pen.text((x, y), &name, Type::new(NAME, color).bold().centered())?;
    }
    Ok(())
}

fn spots(scene: &Scene<'_>) -> Vec<Spot> {
    let Some(points) = scene.figure.points() else {
        return Vec::new();
    };
    let every = points.x.len().div_ceil(MOST_POINTS).max(1);
    let code = |i: usize| match &points.color {
        Coloring::Classes { codes } => codes.get(i).copied().unwrap_or_default(),
        _ => u32::MAX,
    };
    (0..points.x.len().min(points.y.len()))
        .step_by(every)
        .filter_map(|i| {
            let (x, y) = scene.layout.place(points.x[i], points.y[i])?;
            Some((x, y, code(i)))
        })
        .collect()
}

/// The free place nearest to the class's points (or to the middle of its region).
fn place(
    scene: &Scene<'_>,
    code: u32,
    half: Half,
    spots: &[Spot],
    placed: &[(f64, f64, Half)],
) -> Option<(f64, f64)> {
    let layout = scene.layout;
    let own: Vec<&Spot> = spots.iter().filter(|spot| spot.2 == code).collect();
    let n = own.len() as f64;
    let home = (!own.is_empty()).then(|| {
        (
            own.iter().map(|s| s.0).sum::<f64>() / n,
            own.iter().map(|s| s.1).sum::<f64>() / n,
        )
    });
    let mut best: Option<(f64, (f64, f64))> = None;
    for step in 0..TRIES * TRIES {
        let share = |i: usize| (i as f64 + 0.5) / TRIES as f64;
        // The margin keeps clear of the ticks.
        let x = mix(
            layout.left + 46.0 + half.0,
            layout.right - 10.0 - half.0,
            share(step % TRIES),
        );
        let y = mix(layout.top + 36.0, layout.bottom - 36.0, share(step / TRIES));
        if layout.right - layout.left < 2.0 * half.0 + 60.0 || !is_own(scene, code, x, y, half) {
            continue;
        }
        let is_taken = placed.iter().any(|&(a, b, other)| {
            (a - x).abs() < half.0 + other.0 + 2.0 && (b - y).abs() < half.1 + other.1 + 2.0
        });
        if is_taken {
            continue;
        }
        let covered = spots
            .iter()
            .filter(|s| (s.0 - x).abs() < half.0 + 4.0 && (s.1 - y).abs() < half.1 + 4.0)
            .count() as f64;
        let (a, b) = home.unwrap_or((
            (layout.left + layout.right) / 2.0,
            (layout.top + layout.bottom) / 2.0,
        ));
        // Without points, the middle of a region is where its border is far.
        let distance = ((x - a) * (x - a) + (y - b) * (y - b)).sqrt();
        let nearer = |s: &&Spot| (s.0 - x).abs() + (s.1 - y).abs() < distance && s.2 != code;
        let strangers = if home.is_some() {
            spots.iter().filter(nearer).count() as f64 / spots.len().max(1) as f64
        } else {
            0.0
        };
        let cost = distance + 60.0 * strangers + 400.0 * covered;
        if best.is_none_or(|(least, _)| cost < least) {
            best = Some((cost, (x, y)));
        }
    }
    best.map(|(_, at)| at)
}

fn mix(low: f64, high: f64, share: f64) -> f64 {
    low + (high - low) * share
}

/// Whether the whole name stands on the color of its class.
fn is_own(scene: &Scene<'_>, code: u32, x: f64, y: f64, half: Half) -> bool {
    let Some(surface) = scene.figure.surface() else {
        return true;
    };
    let (Cells::Classes { codes, .. } | Cells::Clusters { codes }) = &surface.cells else {
        return true;
    };
    [-1.0, 0.0, 1.0].iter().all(|across| {
        [-1.0, 1.0].iter().all(|down| {
            let (a, b) = scene.layout.shares(x + across * half.0, y + down * half.1);
            surface.cell_at(a, b).and_then(|cell| codes.get(cell)) == Some(&code)
        })
    })
}
