//! Synthetic tables of fixed seeds.

use handlens::prepare::{Dataset, Target};
use handlens::rng::Rng;
use ndarray::Array2;

/// The data of a workload.
#[derive(Debug, Clone, Default)]
pub struct Tables {
    /// What is learnt from.
    pub train: Dataset,
    /// Rows to predict or to judge by; as wide as `train`.
    pub test: Dataset,
    /// Bytes of a file, for workloads that read one.
    pub bytes: Vec<u8>,
}

fn dataset(x: Array2<f64>, target: Target) -> Dataset {
    Dataset {
        feature_names: (0..x.ncols()).map(|j| format!("x{j}")).collect(),
        rows: (0..x.nrows()).collect(),
        x,
        target,
        ..Dataset::default()
    }
}

fn normals(n: usize, d: usize, rng: &mut Rng) -> Array2<f64> {
    Array2::from_shape_simple_fn((n, d), || rng.normal())
}

fn split(all: Dataset, n_test: usize) -> Tables {
    let n = all.n_samples();
    let first: Vec<usize> = (0..n - n_test).collect();
    let last: Vec<usize> = (n - n_test..n).collect();
    Tables {
        train: all.select(&first),
        test: all.select(&last),
        bytes: Vec::new(),
    }
}

fn classes(codes: Vec<u32>, n_classes: usize) -> Target {
    Target::Classes {
        codes,
        labels: (0..n_classes).map(|class| class.to_string()).collect(),
    }
}

/// Round groups, one a class, that overlap: centers are `apart` standard deviations from 0.
pub fn blobs((n, n_test): (usize, usize), d: usize, k: usize, apart: f64) -> Tables {
    let mut rng = Rng::new(1).fork("blobs");
    let centers = normals(k, d, &mut rng) * apart;
    let mut x = normals(n + n_test, d, &mut rng);
    let codes: Vec<u32> = (0..n + n_test).map(|_| rng.below(k) as u32).collect();
    for (mut row, &code) in x.rows_mut().into_iter().zip(&codes) {
        row += &centers.row(code as usize);
    }
    split(dataset(x, classes(codes, k)), n_test)
}

/// A weighted sum of the features with noise.
pub fn linear(n: usize, d: usize) -> Tables {
    let mut rng = Rng::new(2).fork("linear");
    let x = normals(n, d, &mut rng);
    let weights: Vec<f64> = (0..d).map(|_| rng.normal()).collect();
    let value = |row: ndarray::ArrayView1<f64>, noise: f64| {
        row.iter().zip(&weights).map(|(x, w)| x * w).sum::<f64>() + noise + 3.0
    };
    let values = x
        .rows()
        .into_iter()
        .map(|row| value(row, rng.normal()))
        .collect();
    split(dataset(x, Target::Values(values)), 0)
}

/// Two classes with a curved border that half of the features take part in.
pub fn curved((n, n_test): (usize, usize), d: usize) -> Tables {
    let mut rng = Rng::new(3).fork("curved");
    let x = normals(n + n_test, d, &mut rng);
    let score = |row: ndarray::ArrayView1<f64>, noise: f64| {
        let at = |j: usize| row[j % d];
        at(0) * at(1) + at(2) * at(2) - 1.0 + 0.7 * at(3) - 0.5 * at(4) * at(5).abs()
            + 0.3 * at(6)
            + noise
    };
    let codes = x
        .rows()
        .into_iter()
        .map(|row| u32::from(score(row, 0.5 * rng.normal()) > 0.0))
        .collect();
    split(dataset(x, classes(codes, 2)), n_test)
}

/// Two half rings in the plane and a thin haze.
pub fn moons(n: usize) -> Tables {
    let mut rng = Rng::new(4).fork("moons");
    let mut x = Array2::zeros((n, 2));
    for (index, mut row) in x.rows_mut().into_iter().enumerate() {
        let t = rng.uniform() * std::f64::consts::PI;
        let (cos, sin) = (handlens::math::cos(t), handlens::math::sin(t));
        let (a, b) = match index % 10 {
            0 => (rng.uniform() * 4.0 - 1.5, rng.uniform() * 3.0 - 1.25),
            i if i % 2 == 0 => (cos, sin),
            _ => (1.0 - cos, 0.5 - sin),
        };
        row[0] = a + 0.05 * rng.normal();
        row[1] = b + 0.05 * rng.normal();
    }
    split(dataset(x, Target::None), 0)
}

/// A text file of about `megabytes` MB with numbers, whole numbers, categories and dates.
pub fn csv(megabytes: f64) -> Tables {
    const NAMES: [&str; 6] = ["oak", "beech", "spruce", "larch", "\"ash, white\"", "fir"];
    let mut rng = Rng::new(5).fork("csv");
    let mut text = String::from("id,height,width,tree,count,day,note\n");
    while (text.len() as f64) < megabytes * 1e6 {
        let (a, b) = (rng.normal() * 12.0 + 40.0, rng.uniform());
        let name = NAMES[rng.below(NAMES.len())];
        let (count, day) = (rng.below(5000), 1 + rng.below(28));
        let id = text.len();
        let gap = if count % 37 == 0 {
            String::new()
        } else {
            format!("{a:.4}")
        };
        text.push_str(&format!(
            "{id},{gap},{b},{name},{count},2024-03-{day:02},plot {}\n",
            count % 91
        ));
    }
    Tables {
        bytes: text.into_bytes(),
        ..Tables::default()
    }
}
