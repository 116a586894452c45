//! Made-up tables with a known shape, to see what an algorithm can and cannot draw.
//!
//! Classification has the features `x1` and `x2` and the target `class` with the classes A, B, …
//! in turn; regression has the target `y`. The same settings and seed give the same table on every
//! machine. `noise` is the standard deviation of what is added to each coordinate (in regression:
//! to `y`), where the shapes themselves are about 2 wide.

use std::f64::consts::{PI, TAU};

use super::table::{Column, Table};
use crate::error::Result;
use crate::math::{cos, sin};
use crate::rng::Rng;
use crate::settings::{Checked, Hyperparameter, Settings, choice, integer, real};

/// What can be set about a made-up table.
pub const GENERATOR_SETTINGS: &[Hyperparameter] = &[
    choice(
        "kind",
        "Shape",
        &[
            ("moons", "Two moons"),
            ("circles", "Two circles"),
            ("blobs", "Blobs"),
            ("spiral", "Spiral"),
            ("xor", "Chessboard of four"),
            ("line", "Noisy line"),
            ("waves", "Waves"),
        ],
        "What the points look like. Line and waves have a number to predict, the others a class.",
    ),
    integer(
        "n_samples",
        "Points",
        (2, 100_000, 300),
        "How many points are drawn. More points show the shape better.",
    ),
    real(
        "noise",
        "Noise",
        (0.0, 1.0, 0.15),
        "How far points stray from the shape. More noise makes the classes overlap.",
    ),
    integer(
        "n_classes",
        "Classes",
        (2, 8, 3),
        "How many classes blobs and spirals have; the other shapes have their own number.",
    ),
];

/// Draws a table as the settings say; see [`GENERATOR_SETTINGS`].
///
/// ```
/// use handlens::{data::generate, settings::{Setting, Settings}};
/// let settings = Settings::from([("kind".into(), Setting::Text("spiral".into()))]);
/// let table = generate(&settings, 42)?;
/// assert_eq!((table.n_rows(), table.columns().len()), (300, 3));
/// assert_eq!(table, generate(&settings, 42)?);
/// # Ok::<(), handlens::error::Error>(())
/// ```
///
/// # Errors
/// [`crate::error::Code::BadSetting`] for what is not declared or out of range.
pub fn generate(settings: &Settings, seed: u32) -> Result<Table> {
    let settings = Checked::new(GENERATOR_SETTINGS, settings)?;
    let kind = settings.choice("kind")?;
    let n_samples = settings.count("n_samples")?;
    let noise = settings.real("noise")?;
    let mut rng = Rng::new(seed).fork("generate");
    match kind {
        "line" => regression(n_samples, 1, noise, &mut rng, |x| 0.8 * x[0] + 0.2),
        "waves" => regression(n_samples, 2, noise, &mut rng, |x| {
            sin(PI * x[0]) * cos(PI * x[1])
        }),
        _ => {
            let n_classes = match kind {
                "blobs" | "spiral" => settings.count("n_classes")?,
                _ => 2,
            };
            classes(kind, n_samples, n_classes, noise, &mut rng)
        }
    }
}

fn classes(
    kind: &str,
    n_samples: usize,
    n_classes: usize,
    noise: f64,
    rng: &mut Rng,
) -> Result<Table> {
    let (mut x1, mut x2) = (Vec::with_capacity(n_samples), Vec::with_capacity(n_samples));
    let mut labels = Vec::with_capacity(n_samples);
    for index in 0..n_samples {
        let class = index % n_classes;
        let (x, y) = point(kind, class, n_classes, rng);
        x1.push(x + noise * rng.normal());
        x2.push(y + noise * rng.normal());
        labels.push(["A", "B", "C", "D", "E", "F", "G", "H"].get(class).copied());
    }
    Table::new(vec![
        Column::number("x1", x1),
        Column::number("x2", x2),
        Column::category("class", labels),
    ])
}

/// A point of a class, before noise.
fn point(kind: &str, class: usize, n_classes: usize, rng: &mut Rng) -> (f64, f64) {
    let turn = TAU * class as f64 / n_classes as f64;
    match (kind, class) {
        // The two half circles of scikit-learn's make_moons.
        ("moons", 0) => {
            let t = PI * rng.uniform();
            (cos(t), sin(t))
        }
        ("moons", _) => {
            let t = PI * rng.uniform();
            (1.0 - cos(t), 0.5 - sin(t))
        }
        ("circles", _) => {
            let (t, radius) = (TAU * rng.uniform(), if class == 0 { 1.0 } else { 0.5 });
            (radius * cos(t), radius * sin(t))
        }
        ("spiral", _) => {
            // Arms of one and a quarter turns; the root spreads points evenly along the arm.
            let radius = rng.uniform().sqrt();
            let t = 1.25 * TAU * radius + turn;
            (radius * cos(t), radius * sin(t))
        }
        ("xor", _) => {
            // Opposite quarters share a class, with a gap between neighbors.
            let (x, y) = (rng.uniform_in(0.1, 1.0), rng.uniform_in(0.1, 1.0));
            let side = if rng.uniform() < 0.5 { -1.0 } else { 1.0 };
            (side * x, if class == 0 { side * y } else { -side * y })
        }
        _ => (cos(turn), sin(turn)),
    }
}

fn regression(
    n_samples: usize,
    n_features: usize,
    noise: f64,
    rng: &mut Rng,
    truth: impl Fn([f64; 2]) -> f64,
) -> Result<Table> {
    let mut features = vec![Vec::with_capacity(n_samples); n_features];
    let mut y = Vec::with_capacity(n_samples);
    for _ in 0..n_samples {
        let mut x = [0.0; 2];
        for (value, column) in x.iter_mut().zip(&mut features) {
            *value = rng.uniform_in(-1.0, 1.0);
            column.push(*value);
        }
        y.push(truth(x) + noise * rng.normal());
    }
    let mut columns: Vec<Column> = features
        .into_iter()
        .enumerate()
        .map(|(index, values)| Column::number(format!("x{}", index + 1), values))
        .collect();
    columns.push(Column::number("y", y));
    Table::new(columns)
}
