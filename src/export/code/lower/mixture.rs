//! A mixture of normal distributions.

use super::{Draft, argmax};
use crate::models::gaussian_mixture::{GaussianMixtureModel, Whitening};

impl Draft {
    /// The component with the greatest density: each whitens the row by its own triangle.
    pub(super) fn gaussian_mixture(&mut self, model: &GaussianMixtureModel) {
        let n = self.n_features;
        let x = self.x.clone();
        let whitenings = model.whitenings();
        let n_components = whitenings.len();
        let gather = |of: &dyn Fn(&Whitening) -> Vec<f64>| {
            whitenings.iter().flat_map(of).collect::<Vec<f64>>()
        };
        let b = &mut self.block;
        let means = b.reals("means", gather(&|w| w.mean.clone()));
        let triangles = b.reals("triangles", gather(&|w| w.triangle.clone()));
        let constants = b.reals("constants", gather(&|w| vec![w.constant]));
        let densities = b.array("densities", n_components);
        let z = b.array("z", n);
        b.each("component", n_components, |b, k| {
            let squares = b.real("squares", 0.0);
            b.each("i", n, |b, i| {
                let row = b.int("row", (&k * n + &i) * n);
                let value = b.real("value", x.at(&i) - means.at(&k * n + &i));
                b.each("j", &i, |b, j| {
                    b.set(&value, &value - triangles.at(&row + &j) * z.at(j));
                });
                b.store(&z, &i, &value * triangles.at(row + &i));
                b.set(&squares, &squares + z.at(&i) * z.at(i));
            });
            b.store(&densities, &k, constants.at(&k) - squares * 0.5);
        });
        let best = argmax(b, &densities, n_components);
        self.answer(0, best.to_real());
    }
}
