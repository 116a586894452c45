//! Whom nearest neighbors asks about a typical row.

use ndarray::Array2;

use crate::models::knn::{KnnModel, Votes};
use crate::plot::{Bar, Figure, Tint, lying_bars, number};
use crate::session::HeldModel;

pub(super) fn figure(held: &HeldModel, knn: &KnnModel) -> Figure {
    const TITLE: &str = "Whom a typical row asks";
    let mut typical = held.pipeline.typical_features();
    if let Some(expansion) = held.pipeline.expansion() {
        expansion.fill(&mut typical);
    }
    let n = typical.len();
    let row = Array2::from_shape_vec((1, n), typical).unwrap_or_default();
    if row.ncols() != knn.x().ncols() || row.iter().any(|v| v.is_nan()) {
        return Figure::nothing(TITLE, "A typical row has gaps, so it has no neighbors.");
    }
    let labels = held.pipeline.labels();
    let found = knn
        .neighbors(row.view())
        .into_iter()
        .next()
        .unwrap_or_default();
    let rows = held
        .training()
        .map(|training| training.train.rows.clone())
        .unwrap_or_default();
    let bar = |neighbor: &crate::models::knn::Neighbor| {
        let stored = neighbor.row as usize;
        let (said, tint) = match knn.votes() {
            Votes::Classes { codes, .. } => {
                let code = codes.get(stored).copied().unwrap_or_default();
                let label = labels.get(code as usize).cloned().unwrap_or_default();
                (label, Tint::Code { code })
            }
            Votes::Values(values) => (
                number(values.get(stored).copied().unwrap_or_default(), 4),
                Tint::Plain,
            ),
        };
        let row = rows.get(stored).map_or(stored, |row| *row);
        Bar {
            length: neighbor.distance,
            label: format!("row {}: {said}", row + 1),
            tint,
            ..Bar::default()
        }
    };
    let bars: Vec<Bar> = found.iter().take(super::MOST_BARS).map(bar).collect();
    let subtitle = format!("its {} nearest rows and how far they are", found.len());
    lying_bars((TITLE, &subtitle), "distance", bars, labels)
}
