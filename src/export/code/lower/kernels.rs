//! Gaussian processes: sums of covariances with stored rows.

use super::Draft;
use crate::export::code::Expr;
use crate::linalg::row_major;
use crate::models::gaussian_process::{GaussianProcessModel, Shape};

impl Draft {
    pub(super) fn gaussian_process(&mut self, model: &GaussianProcessModel) {
        let (n_rows, n) = model.x.dim();
        let covariance = &model.covariance;
        let length = |i: usize| covariance.length_scales[i % covariance.length_scales.len()];
        let seen = row_major(&model.x.view());
        let scaled = seen.iter().enumerate();
        let scaled = scaled.map(|(at, value)| value / length(at % n)).collect();
        let x = self.x.clone();
        let b = &mut self.block;
        let lengths = b.reals("length_scales", (0..n).map(length).collect());
        b.each("i", n, |b, i| b.store(&x, &i, x.at(&i) / lengths.at(&i)));
        let points = b.reals("points", scaled);
        let weights = b.reals("weights", model.weights.clone());
        let sum = b.real("sum", 0.0);
        b.each("point", n_rows, |b, row| {
            let squares = b.real("squares", 0.0);
            b.each("i", n, |b, i| {
                let off = b.real("off", x.at(&i) - points.at(&row * n + i));
                b.set(&squares, &squares + &off * &off);
            });
            let far = |factor: f64| squares.sqrt() * factor;
            let alike = match covariance.shape {
                Shape::Rbf => (&squares * -0.5).exp(),
                Shape::Matern12 => far(-1.0).exp(),
                Shape::Matern32 => {
                    let s = b.real("s", far(3.0_f64.sqrt()));
                    (&s + 1.0) * s.negative().exp()
                }
                Shape::Matern52 => {
                    let s = b.real("s", far(5.0_f64.sqrt()));
                    (&s + 1.0 + &s * &s / 3.0) * s.negative().exp()
                }
            };
            let alike = Expr::from(covariance.constant) * alike;
            b.set(&sum, &sum + alike * weights.at(row));
        });
        let (center, deviation) = model.target;
        self.answer(0, sum * deviation + center);
    }
}
