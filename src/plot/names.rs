//! Names of classes, written where the class lives: near its points, on its own color, over
//! nothing else.

use super::draw::Scene;
use super::figure::{Cells, Coloring};
use super::layout::{Layout, NAME};
use super::pen::{Pen, Type};
use super::text;
use crate::error::Result;

/// Places tried along each side.
const TRIES: usize = 32;
/// Side of a cell of [`Crowd`], in CSS pixels.
const CELL: f64 = 4.0;

/// How many points lie in a rectangle, in constant time: a table of sums over cells.
struct Crowd {
    nx: usize,
    ny: usize,
    sums: Vec<u32>,
}

/// The middle of a name, and half of its width and height.
#[derive(Clone, Copy)]
struct Slot {
    x: f64,
    y: f64,
    half: (f64, f64),
}

/// The middle of the points of a class, by its code; `None` where it has none.
type Homes = Vec<Option<(f64, f64)>>;

pub(super) fn draw(scene: &Scene<'_>, pen: &Pen<'_>) -> Result<()> {
    let (crowd, homes) = survey(scene);
    let mut placed: Vec<Slot> = Vec::new();
    for (code, label) in scene.figure.labels.iter().enumerate() {
        let name = text::fit(label, NAME, 0.4 * scene.layout.width);
        let half = (text::width(&name, NAME * 1.06) / 2.0 + 4.0, 9.0);
        let Some(found) = place(scene, code, half, &crowd, &homes, &placed) else {
            continue;
        };
        placed.push(found);
        let color = scene.tokens.ink.over(scene.tokens.category(code), 0.3);
        let kind = Type::new(NAME, color).bold().centered();
        pen.text((found.x, found.y), &name, kind)?;
    }
    Ok(())
}

impl Crowd {
    fn new(layout: &Layout, places: &[(f64, f64)]) -> Self {
        let cells = |length: f64| (length / CELL).ceil().max(1.0) as usize;
        let (nx, ny) = (cells(layout.width), cells(layout.height));
        // One row and column of zeros at the top and left.
        let mut sums = vec![0_u32; (nx + 1) * (ny + 1)];
        for &(x, y) in places {
            let (i, j) = ((x / CELL) as usize, (y / CELL) as usize);
            sums[(j.min(ny - 1) + 1) * (nx + 1) + i.min(nx - 1) + 1] += 1;
        }
        for j in 1..=ny {
            for i in 1..=nx {
                let at = j * (nx + 1) + i;
                sums[at] += sums[at - 1] + sums[at - nx - 1];
                sums[at] -= sums[at - nx - 2];
            }
        }
        Self { nx, ny, sums }
    }

    fn count(&self, place: Slot, air: f64) -> f64 {
        let cell = |v: f64, n: usize| ((v / CELL).round().max(0.0) as usize).min(n);
        let (left, right) = (
            cell(place.x - place.half.0 - air, self.nx),
            cell(place.x + place.half.0 + air, self.nx),
        );
        let (top, bottom) = (
            cell(place.y - place.half.1 - air, self.ny),
            cell(place.y + place.half.1 + air, self.ny),
        );
        let at = |i: usize, j: usize| f64::from(self.sums[j * (self.nx + 1) + i]);
        at(right, bottom) - at(left, bottom) - at(right, top) + at(left, top)
    }
}

fn survey(scene: &Scene<'_>) -> (Crowd, Homes) {
    let n_classes = scene.figure.labels.len();
    let mut sums = vec![(0.0, 0.0, 0.0); n_classes];
    let mut places = Vec::new();
    if let Some(points) = scene.figure.points() {
        for (i, (&x, &y)) in points.x.iter().zip(&points.y).enumerate() {
            let Some((x, y)) = scene.layout.place(x, y) else {
                continue;
            };
            places.push((x, y));
            let Coloring::Classes { codes } = &points.color else {
                continue;
            };
            if let Some(sum) = codes.get(i).and_then(|&code| sums.get_mut(code as usize)) {
                *sum = (sum.0 + x, sum.1 + y, sum.2 + 1.0);
            }
        }
    }
    // The way of a centroid is not written over either.
    for layer in &scene.figure.layers {
        if let super::figure::Layer::Trails(trails) = layer {
            let steps = trails.trails.iter().flatten();
            places.extend(steps.filter_map(|&(x, y)| scene.layout.place(x, y)));
        }
    }
    let home = |(x, y, n): (f64, f64, f64)| (n > 0.0).then(|| (x / n, y / n));
    (
        Crowd::new(scene.layout, &places),
        sums.into_iter().map(home).collect(),
    )
}

/// The free place nearest to the class's points (or to the middle of the figure).
fn place(
    scene: &Scene<'_>,
    code: usize,
    half: (f64, f64),
    crowd: &Crowd,
    homes: &Homes,
    placed: &[Slot],
) -> Option<Slot> {
    let l = scene.layout;
    let home = homes.get(code).copied().flatten();
    // Without points and without a region of its own a class has no place here.
    if home.is_none() && scene.figure.surface().is_none() {
        return None;
    }
    let middle = ((l.left + l.right) / 2.0, (l.top + l.bottom) / 2.0);
    let (a, b) = home.unwrap_or(middle);
    // The margin keeps clear of the ticks.
    let (left, right) = (l.left + 46.0 + half.0, l.right - 10.0 - half.0);
    let (top, bottom) = (l.top + 36.0, l.bottom - 34.0);
    if left >= right || top >= bottom {
        return None;
    }
    let share = |i: usize| i as f64 / (TRIES - 1) as f64;
    let apart = |p: (f64, f64), q: (f64, f64)| {
        ((p.0 - q.0) * (p.0 - q.0) + (p.1 - q.1) * (p.1 - q.1)).sqrt()
    };
    let cost = |found: Slot| {
        let distance = apart((found.x, found.y), (a, b));
        let nearest_other = homes
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != code)
            .filter_map(|(_, home)| *home)
            .map(|home| apart((found.x, found.y), home))
            .fold(f64::INFINITY, f64::min);
        let stray = if nearest_other < distance { 150.0 } else { 0.0 };
        distance + stray + 400.0 * crowd.count(found, 4.0) + 22.0 * crowd.count(found, 13.0)
    };
    (0..TRIES * TRIES)
        .map(|step| Slot {
            x: left + (right - left) * share(step % TRIES),
            y: top + (bottom - top) * share(step / TRIES),
            half,
        })
        .filter(|&found| is_own(scene, code as u32, found))
        .filter(|found| placed.iter().all(|other| is_apart(*found, *other)))
        .map(|found| (cost(found), found))
        .min_by(|p, q| p.0.total_cmp(&q.0))
        .map(|(_, found)| found)
}

fn is_apart(p: Slot, q: Slot) -> bool {
    (p.x - q.x).abs() > p.half.0 + q.half.0 + 2.0 || (p.y - q.y).abs() > p.half.1 + q.half.1 + 2.0
}

/// Whether the whole name stands on the color of its class.
fn is_own(scene: &Scene<'_>, code: u32, place: Slot) -> bool {
    let Some(surface) = scene.figure.surface() else {
        return true;
    };
    let (Cells::Classes { codes, .. } | Cells::Clusters { codes }) = &surface.cells else {
        return true;
    };
    [-1.0, 0.0, 1.0].iter().all(|across| {
        [-1.0, 1.0].iter().all(|down| {
            let x = place.x + across * place.half.0;
            let y = place.y + down * place.half.1;
            let (a, b) = scene.layout.shares(x, y);
            surface.cell_at(a, b).and_then(|cell| codes.get(cell)) == Some(&code)
        })
    })
}
