//! What a model shows of itself over the plane: rows it singles out, lines it draws.

use super::axes::Axes;
use crate::error::Result;
use crate::models::{Model, Prediction};
use crate::plot::{Plane, Points, Shapes};
use crate::prepare::{Dataset, Task};
use crate::session::training::Training;

/// Marks the rows that the model singles out; `rows` are those just added to `points`.
pub(super) fn mark(
    points: &mut Points,
    model: &Model,
    training: &Training,
    rows: &Dataset,
    is_unseen: bool,
) -> Result<()> {
    let mut mark = |name: &str, marked: &mut dyn Iterator<Item = bool>| {
        points.mark = name.to_owned();
        points.is_marked.extend(marked);
    };
    let learnt = |chosen: &[u32]| -> std::collections::BTreeSet<usize> {
        let of_table = |row: &u32| training.train.rows.get(*row as usize).copied();
        chosen.iter().filter_map(of_table).collect()
    };
    match model {
        Model::Dbscan(dbscan) => {
            let (name, chosen) = match dbscan.frontier() {
                [] => ("core row", learnt(dbscan.core_rows())),
                frontier => ("where the newest cluster spreads", learnt(frontier)),
            };
            let is_chosen = |row: &usize| !is_unseen && chosen.contains(row);
            mark(name, &mut rows.rows.iter().map(is_chosen));
        }
        _ if training.spec.task == Some(Task::Anomaly) => {
            if let Prediction::Anomalies { is_outlier, .. } = model.predict(rows.x.view())? {
                mark("unusual", &mut is_outlier.into_iter());
            }
        }
        _ => {}
    }
    Ok(())
}

/// The lines that the model draws over the plane.
pub(super) fn shapes(model: &Model, axes: &Axes, plane: &Plane) -> Result<Shapes> {
    let _ = (model, axes, plane);
    Ok(Shapes::default())
}
