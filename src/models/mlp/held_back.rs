//! Which rows are learnt from, and which are held back to tell when to stop.

use super::training_set::TrainingSet;
use crate::math;
use crate::rng::Rng;

/// Draws about `share` of the rows of every class, or of all rows for a numeric target; one of
/// each stays to be learnt. Returns the rows to learn from and those held back, in order.
pub(super) fn split(set: &TrainingSet, share: f64, mut rng: Rng) -> (Vec<usize>, Vec<usize>) {
    let mut rows = rng.permutation(set.n_samples);
    math::sort_by(&mut rows, |&a, &b| set.class_of(a).cmp(&set.class_of(b)));
    let (mut learnt, mut held_back) = (Vec::new(), Vec::new());
    for rows in rows.chunk_by(|&a, &b| set.class_of(a) == set.class_of(b)) {
        let n_wanted = (rows.len() as f64 * share).round() as usize;
        let (held, rest) = rows.split_at(n_wanted.min(rows.len() - 1));
        held_back.extend_from_slice(held);
        learnt.extend_from_slice(rest);
    }
    learnt.sort_unstable();
    held_back.sort_unstable();
    (learnt, held_back)
}
