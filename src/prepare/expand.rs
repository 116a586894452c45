//! Features made of number columns after scaling: products, and pieces of curves.
//!
//! The features of the columns stay where they are; what is made of them comes after. Products
//! are those of scikit-learn's `PolynomialFeatures`, in its order. The pieces of a curve are the
//! cubic B-splines of its `SplineTransformer` without the first and the last: together with the
//! column itself and an intercept the rest span all of them, and no column depends on others.
//! Beyond the training rows the pieces keep their value at the edge; the column goes on as it is.
//!
//! Reference: P. Eilers & B. Marx, "Flexible smoothing with B-splines and penalties",
//! Statistical Science 11(2), 1996.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use crate::error::{Code, Error, Result};
use crate::math;
use crate::settings::Checked;

/// Features that may be made; more would fill the memory and teach little.
const MOST_FEATURES: usize = 2000;

/// Highest power; above, numbers of scaled columns span too many digits.
pub(super) const HIGHEST_DEGREE: i64 = 6;

/// Degree of the pieces of a curve.
const SPLINE_DEGREE: usize = 3;

/// Knots of a curve.
const KNOTS: RangeInclusive<usize> = 2..=100;

/// What is made of the features of columns.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expansion {
    /// Each product as the features in it, ascending; a square has its feature twice.
    pub products: Vec<Vec<u32>>,
    /// Curves, each of one feature.
    pub splines: Vec<Spline>,
}

/// A curve along one feature.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spline {
    /// The feature it bends.
    pub feature: u32,
    /// Where its pieces join, rising; the first and last are the ends of the training rows.
    pub knots: Vec<f64>,
}

/// What the recipe says of expansions.
pub(super) struct Plan {
    degree: usize,
    interaction_only: bool,
    /// Features that take part in products.
    pub factors: Vec<u32>,
    /// Curves.
    pub splines: Vec<Spline>,
}

impl Plan {
    /// Reads the steps of the table.
    pub(super) fn new(steps: &Checked) -> Result<Self> {
        Ok(Self {
            degree: steps.count("expand_degree")?,
            interaction_only: steps.flag("interaction_only")?,
            factors: Vec::new(),
            splines: Vec::new(),
        })
    }

    /// The expansion; `None` where nothing is made.
    ///
    /// # Errors
    /// [`Code::TooLarge`] where it would have too many features.
    pub(super) fn expansion(self, n_plain: usize) -> Result<Option<Expansion>> {
        let mut products = Vec::new();
        for degree in 2..=self.degree {
            self.extend(&mut products, &mut Vec::new(), degree)?;
        }
        let expansion = Expansion {
            products,
            splines: self.splines,
        };
        if n_plain + expansion.width() > MOST_FEATURES {
            return Err(too_many());
        }
        Ok(Some(expansion).filter(|expansion| expansion.width() > 0))
    }

    /// Adds the products of `degree` that start with `start`.
    fn extend(
        &self,
        products: &mut Vec<Vec<u32>>,
        start: &mut Vec<u32>,
        degree: usize,
    ) -> Result<()> {
        if start.len() == degree {
            products.push(start.clone());
            return if products.len() > MOST_FEATURES {
                Err(too_many())
            } else {
                Ok(())
            };
        }
        for &factor in &self.factors {
            let least = start
                .last()
                .map_or(0, |last| last + u32::from(self.interaction_only));
            if factor >= least {
                start.push(factor);
                self.extend(products, start, degree)?;
                start.pop();
            }
        }
        Ok(())
    }
}

fn too_many() -> Error {
    let message = format!(
        "Expanded, the columns would become more than {MOST_FEATURES} features. Lower the degree or the knots, allow products of different columns only, or expand fewer columns."
    );
    Error::new(Code::TooLarge, message).in_field("expand")
}

impl Spline {
    /// Of a feature whose values are given in ascending order.
    pub(super) fn fit(feature: u32, sorted: &[f64], steps: &Checked) -> Result<Option<Self>> {
        let n_knots = steps.count("n_knots")?;
        let share = |k: usize| k as f64 / (n_knots - 1) as f64;
        let quantile = |q: f64| math::quantile(sorted, q).unwrap_or_default();
        let (low, high) = (quantile(0.0), quantile(1.0));
        let mut knots: Vec<f64> = match steps.choice("knots")? {
            "quantile" => (0..n_knots).map(|k| quantile(share(k))).collect(),
            _ => (0..n_knots)
                .map(|k| low + (high - low) * share(k))
                .collect(),
        };
        if let Some(last) = knots.last_mut() {
            *last = high;
        }
        // Where many rows share a value, quantiles meet.
        knots.dedup();
        let spline = Self { feature, knots };
        Ok(Some(spline).filter(|spline| spline.knots.len() >= *KNOTS.start()))
    }

    /// Number of features it makes: two less than there are splines.
    fn width(&self) -> usize {
        self.knots.len()
    }

    /// Knot `i` of the whole row, which goes on at the outermost distances beyond both ends.
    pub fn knot(&self, i: usize) -> f64 {
        let [first, second, ..] = self.knots[..] else {
            return 0.0;
        };
        let n = self.knots.len();
        match i.checked_sub(SPLINE_DEGREE) {
            None => first - (SPLINE_DEGREE - i) as f64 * (second - first),
            Some(i) if i < n => self.knots[i],
            Some(i) => {
                let (last, before) = (self.knots[n - 1], self.knots[n - 2]);
                last + (i + 1 - n) as f64 * (last - before)
            }
        }
    }

    /// Writes all pieces but the first and last at `x` (C. de Boor's recurrence).
    fn write(&self, x: f64, out: &mut [f64]) {
        let (Some((last, others)), false) = (self.knots.split_last(), x.is_nan()) else {
            out.fill(x);
            return;
        };
        let x = x.max(self.knots[0]).min(*last);
        let interval = others.partition_point(|knot| *knot <= x);
        let interval = (SPLINE_DEGREE + interval).saturating_sub(1);
        let mut pieces = [0.0; SPLINE_DEGREE + 1];
        pieces[0] = 1.0;
        for degree in 1..=SPLINE_DEGREE {
            let mut carried = 0.0;
            for (k, piece) in pieces.iter_mut().take(degree).enumerate() {
                let at = interval + 1 + k;
                let (left, right) = (self.knot(at - degree), self.knot(at));
                let share = *piece / (right - left);
                *piece = carried + (right - x) * share;
                carried = (x - left) * share;
            }
            pieces[degree] = carried;
        }
        out.fill(0.0);
        for (k, piece) in pieces.into_iter().enumerate() {
            // Piece 0, which has no place, is left out with the last.
            if let Some(place) = (interval + k).checked_sub(SPLINE_DEGREE + 1)
                && let Some(cell) = out.get_mut(place)
            {
                *cell = piece;
            }
        }
    }
}

impl Expansion {
    /// Number of features it makes.
    pub fn width(&self) -> usize {
        let of_splines: usize = self.splines.iter().map(Spline::width).sum();
        self.products.len() + of_splines
    }

    /// Writes what is made of the features at the start of `row` to its end.
    ///
    /// - `row`: `(n_features,)`, of which the last [`Expansion::width`] are made.
    pub fn fill(&self, row: &mut [f64]) {
        let Some(n_plain) = row.len().checked_sub(self.width()) else {
            return;
        };
        let (plain, mut made) = row.split_at_mut(n_plain);
        let value = |feature: u32| plain.get(feature as usize).copied().unwrap_or_default();
        for (product, cell) in self.products.iter().zip(made.iter_mut()) {
            *cell = product.iter().fold(1.0, |x, &feature| x * value(feature));
        }
        made = &mut made[self.products.len()..];
        for spline in &self.splines {
            let (own, rest) = made.split_at_mut(spline.width());
            spline.write(value(spline.feature), own);
            made = rest;
        }
    }

    /// Names of what is made of features of these names: `a^2`, `a·b`, `a~1`.
    pub fn names(&self, plain: &[String]) -> Vec<String> {
        let name = |feature: u32| plain.get(feature as usize).map_or("?", String::as_str);
        let power = |run: &[u32]| match run.len() {
            1 => name(run[0]).to_owned(),
            n => format!("{}^{n}", name(run[0])),
        };
        let product = |factors: &Vec<u32>| {
            let powers: Vec<String> = factors.chunk_by(|a, b| a == b).map(power).collect();
            powers.join("\u{b7}")
        };
        let pieces = |spline: &Spline| {
            let base = name(spline.feature).to_owned();
            (1..=spline.width()).map(move |k| format!("{base}~{k}"))
        };
        let products = self.products.iter().map(product);
        products
            .chain(self.splines.iter().flat_map(pieces))
            .collect()
    }

    /// What is made, a line a kind, for a person.
    pub fn describe(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if !self.products.is_empty() {
            lines.push(format!(
                "{} products of scaled columns; their weights are of the scaled numbers",
                self.products.len()
            ));
        }
        if !self.splines.is_empty() {
            let n_pieces: usize = self.splines.iter().map(Spline::width).sum();
            lines.push(format!(
                "{n_pieces} pieces of curves of scaled columns; their weights are heights"
            ));
        }
        lines
    }

    /// Refuses what no training could have written.
    ///
    /// - `is_number`: for each feature of the columns, whether it is a number.
    pub(super) fn check(&self, is_number: &[bool]) -> Result<()> {
        let is_known = |feature: &u32| is_number.get(*feature as usize) == Some(&true);
        let is_product = |product: &Vec<u32>| {
            let degrees = 2..=HIGHEST_DEGREE as usize;
            degrees.contains(&product.len()) && product.is_sorted() && product.iter().all(is_known)
        };
        let is_curve = |spline: &Spline| {
            let is_rising = spline.knots.windows(2).all(|pair| pair[0] < pair[1]);
            let is_finite =
                (0..spline.knots.len() + 2 * SPLINE_DEGREE).all(|i| spline.knot(i).is_finite());
            is_known(&spline.feature)
                && KNOTS.contains(&spline.knots.len())
                && is_rising
                && is_finite
        };
        let is_sound = self.products.iter().all(is_product)
            && self.splines.iter().all(is_curve)
            && self.width() <= MOST_FEATURES;
        if is_sound {
            return Ok(());
        }
        let message = "The pipeline is damaged: what it makes of columns does not fit them.";
        Err(Error::new(Code::BadArtifact, message))
    }
}
