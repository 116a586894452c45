//! What tests of maps of neighbors share.

use handlens::models::Model;
use handlens::models::embedding::EmbeddingModel;
use handlens::models::neighbors::{Metric, Neighbor, neighbors};
use ndarray::ArrayView2;

pub fn embedding(model: Model) -> EmbeddingModel {
    match model {
        Model::Embedding(model) => model,
        other => panic!("{} is not a map", other.kind()),
    }
}

/// The `k` nearest of each row: others only, or itself the first.
pub fn neighbors_of_rows(x: ArrayView2<f64>, k: usize, with_itself: bool) -> Vec<Vec<Neighbor>> {
    let found = neighbors(x, x, x.nrows(), Metric::Euclidean);
    let pairs = found.rows.iter().zip(&found.distances);
    let pairs: Vec<Neighbor> = pairs
        .map(|(&row, &distance)| Neighbor { distance, row })
        .collect();
    let of_row = |(row, near): (usize, &[Neighbor])| {
        let (own, others): (Vec<Neighbor>, Vec<Neighbor>) =
            near.iter().copied().partition(|n| n.row as usize == row);
        let own = own.into_iter().filter(|_| with_itself);
        own.chain(others).take(k).collect()
    };
    pairs.chunks(found.k).enumerate().map(of_row).collect()
}

/// How far neighbors on the map are neighbors in the data (J. Venna & S. Kaski, 2001).
pub fn trustworthiness(x: ArrayView2<f64>, places: ArrayView2<f64>, k: usize) -> f64 {
    let n = x.nrows();
    let near = neighbors_of_rows(places, k, false);
    let all = neighbors_of_rows(x, n, true);
    let mut penalty = 0.0;
    for (near, all) in near.iter().zip(&all) {
        let mut rank = vec![0_usize; n];
        for (place, other) in all.iter().enumerate() {
            rank[other.row as usize] = place;
        }
        let beyond = |other: &Neighbor| rank[other.row as usize].saturating_sub(k) as f64;
        penalty += near.iter().map(beyond).sum::<f64>();
    }
    1.0 - penalty * 2.0 / (n * k * (2 * n - 3 * k - 1)) as f64
}
