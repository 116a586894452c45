//! Distances, and the k least of them.

use std::borrow::Cow;

use crate::error::{Code, Error, Result};
use crate::linalg::{chebyshev_distance, dot, manhattan_distance, squared_distance};

/// How the distance between two rows is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    /// √Σ(a − b)².
    Euclidean,
    /// Σ|a − b|.
    Manhattan,
    /// max|a − b|.
    Chebyshev,
    /// 1 − cos of the angle between the rows; 1 where either row is zero.
    Cosine,
}

impl Metric {
    /// The metric of a wire name.
    ///
    /// # Errors
    /// [`Code::BadSetting`] for any other name.
    pub fn parse(name: &str) -> Result<Self> {
        match name {
            "euclidean" => Ok(Self::Euclidean),
            "manhattan" => Ok(Self::Manhattan),
            "chebyshev" => Ok(Self::Chebyshev),
            "cosine" => Ok(Self::Cosine),
            _ => {
                let message = format!("There is no distance \u{201c}{name}\u{201d}.");
                Err(Error::new(Code::BadSetting, message).in_field("metric"))
            }
        }
    }

    /// The wire name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Euclidean => "euclidean",
            Self::Manhattan => "manhattan",
            Self::Chebyshev => "chebyshev",
            Self::Cosine => "cosine",
        }
    }

    /// What is compared instead of the distance: its square for the Euclidean one, twice the
    /// distance for the cosine of rows brought to length 1, itself otherwise.
    #[inline(always)]
    pub(in crate::models) fn reduced(self, a: &[f64], b: &[f64]) -> f64 {
        match self {
            Self::Euclidean | Self::Cosine => squared_distance(a, b),
            Self::Manhattan => manhattan_distance(a, b),
            Self::Chebyshev => chebyshev_distance(a, b),
        }
    }

    /// The distance itself.
    pub(in crate::models) fn unreduced(self, reduced: f64) -> f64 {
        match self {
            Self::Euclidean => reduced.sqrt(),
            Self::Cosine => reduced / 2.0,
            Self::Manhattan | Self::Chebyshev => reduced,
        }
    }

    /// Numbers a row has in the form that [`Metric::reduced`] compares.
    pub(in crate::models) fn width(self, n_features: usize) -> usize {
        match self {
            Self::Cosine => n_features + 2,
            _ => n_features,
        }
    }

    /// Brings rows into the form that [`Metric::reduced`] compares: for the cosine to length 1.
    /// Rows of zeros have no direction; two more coordinates, one for stored rows and one for
    /// queries, put them at a right angle to all others and to one another.
    ///
    /// - `x`: `(n_rows, n_features)` row by row; returns `(n_rows, width)`.
    pub(crate) fn prepare(self, x: &[f64], n_features: usize, is_query: bool) -> Cow<'_, [f64]> {
        if self != Self::Cosine {
            return Cow::Borrowed(x);
        }
        let rows = x.chunks_exact(n_features);
        rows.flat_map(|row| direction(row, is_query)).collect()
    }
}

/// A row at length 1, with the coordinates of rows without a direction.
fn direction(row: &[f64], is_query: bool) -> Vec<f64> {
    // First to a size whose squares neither overflow nor vanish.
    let largest = row.iter().fold(0.0_f64, |max, x| max.max(x.abs()));
    let unit = crate::math::power_of_two_at_least(largest);
    let mut row: Vec<f64> = row.iter().map(|x| x / unit).collect();
    let length = dot(&row, &row).sqrt();
    if length > 0.0 {
        row.iter_mut().for_each(|x| *x /= length);
    }
    let without = f64::from(length == 0.0);
    row.extend(if is_query {
        [0.0, without]
    } else {
        [without, 0.0]
    });
    row
}

/// A training row near a query.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Neighbor {
    /// Its distance, never negative.
    pub distance: f64,
    /// Its place among the training rows.
    pub row: u32,
}

/// The least of the distances offered so far, in order of (distance, row).
#[derive(Debug, Clone)]
pub(super) struct Nearest {
    limit: usize,
    found: Vec<Neighbor>,
}

impl Nearest {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            found: Vec::with_capacity(limit),
        }
    }

    /// The distance beyond which an offer is refused.
    #[inline(always)]
    pub(super) fn worst(&self) -> f64 {
        match self.found.last() {
            Some(last) if self.found.len() == self.limit => last.distance,
            _ => f64::INFINITY,
        }
    }

    #[inline(always)]
    pub(super) fn offer(&mut self, distance: f64, row: u32) {
        if distance > self.worst() {
            return;
        }
        let is_before = |n: &Neighbor| (n.distance, n.row) < (distance, row);
        let place = self.found.partition_point(is_before);
        if place == self.limit {
            return;
        }
        self.found.truncate(self.limit - 1);
        self.found.insert(place, Neighbor { distance, row });
    }

    pub(super) fn into_found(self) -> Vec<Neighbor> {
        self.found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_are_kept_in_order() {
        let mut nearest = Nearest::new(3);
        for (distance, row) in [(5.0, 0), (1.0, 1), (5.0, 2), (0.5, 3), (1.0, 4), (0.5, 0)] {
            nearest.offer(distance, row);
        }
        let rows: Vec<u32> = nearest.into_found().iter().map(|n| n.row).collect();
        assert_eq!(rows, [0, 3, 1]);
    }
}
