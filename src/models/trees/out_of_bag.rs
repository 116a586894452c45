//! Training rows judged by the trees that did not see them.

use super::tree::Tree;
use crate::math;
use crate::models::rows::entries;
use crate::parallel::for_each_chunk_mut;
use crate::prepare::{Dataset, Target};

/// What the trees say of the rows that they did not draw.
pub(in crate::models) struct OutOfBag {
    /// `(n_samples, width + 1)`: the sum of the answers, and how many there are.
    sums: Vec<f64>,
    width: usize,
}

/// How good the answers are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::models) struct Judged {
    /// Mean Brier score, or mean squared error.
    pub loss: f64,
    /// Accuracy, or R²; `None` where that is not defined.
    pub score: Option<f64>,
}

/// Rows of one piece of work; fixed, so results do not depend on threads.
const ROWS_A_CHUNK: usize = 2048;

impl OutOfBag {
    pub(in crate::models) fn new(n_samples: usize, width: usize) -> Self {
        Self {
            sums: vec![0.0; n_samples * (width + 1)],
            width,
        }
    }

    /// Lets `tree` answer the rows of which it drew none.
    pub(in crate::models) fn add(&mut self, tree: &Tree, counts: &[u32], data: &Dataset) {
        let (x, p) = (entries(data), data.n_features());
        let stride = self.width + 1;
        for_each_chunk_mut(&mut self.sums, ROWS_A_CHUNK * stride, |start, sums| {
            let first = start / stride;
            for (row, sums) in (first..).zip(sums.chunks_exact_mut(stride)) {
                if counts[row] == 0 {
                    let answer = tree.answer(&x[row * p..(row + 1) * p]);
                    let parts = answer.iter().chain([&1.0]);
                    sums.iter_mut()
                        .zip(parts)
                        .for_each(|(sum, part)| *sum += part);
                }
            }
        });
    }

    /// The rows that have answers: their sum, and how many there are.
    fn answered(&self) -> impl Iterator<Item = (usize, &[f64], f64)> {
        let rows = self.sums.chunks_exact(self.width + 1).enumerate();
        rows.filter_map(|(row, sums)| {
            let (count, sums) = sums.split_last()?;
            (*count > 0.0).then_some((row, sums, *count))
        })
    }

    /// `None` while no row has an answer.
    pub(in crate::models) fn judge(&self, target: &Target) -> Option<Judged> {
        match target {
            Target::Classes { codes, .. } => self.judge_classes(codes),
            Target::Values(values) => self.judge_values(values),
            Target::None => None,
        }
    }

    fn judge_classes(&self, codes: &[u32]) -> Option<Judged> {
        let (mut n, mut n_right, mut loss) = (0_u32, 0_u32, 0.0);
        for (row, sums, count) in self.answered() {
            let truth = codes[row] as usize;
            n += 1;
            n_right += u32::from(math::argmax(sums) == truth);
            for (class, sum) in sums.iter().enumerate() {
                let miss = sum / count - f64::from(class == truth);
                loss += miss * miss;
            }
        }
        (n > 0).then(|| Judged {
            loss: loss / f64::from(n),
            score: Some(f64::from(n_right) / f64::from(n)),
        })
    }

    fn judge_values(&self, values: &[f64]) -> Option<Judged> {
        let pairs = self.answered();
        let pairs = pairs.map(|(row, sums, count)| (sums[0] / count, values[row]));
        let pairs: Vec<(f64, f64)> = pairs.collect();
        let truths: Vec<f64> = pairs.iter().map(|pair| pair.1).collect();
        let spread = math::moments(&truths)?.variance;
        let squares = pairs
            .iter()
            .map(|(answer, truth)| (answer - truth) * (answer - truth));
        let loss = (math::sum(squares) / pairs.len() as f64).min(f64::MAX);
        let score = 1.0 - loss / spread;
        Some(Judged {
            loss,
            score: (spread > 0.0 && score.is_finite()).then_some(score),
        })
    }
}
