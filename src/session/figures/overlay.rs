//! What a model shows of itself over the plane: rows it singles out, lines it draws.

use super::axes::Axes;
use crate::error::Result;
use crate::models::gaussian_mixture::Components;
use crate::models::svm::{Output, SvmModel};
use crate::models::{Model, Prediction};
use crate::plot::{Plane, Points, Shape, Shapes, Stroke, Tint, contours, ellipse, percent};
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
        // Of a number most rows are support vectors: to ring them would single out none.
        Model::Svm(svm) if matches!(svm.output, Output::Classes { .. }) => {
            let chosen = learnt(&svm.support);
            let is_chosen = |row: &usize| !is_unseen && chosen.contains(row);
            mark("support vector", &mut rows.rows.iter().map(is_chosen));
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
pub(super) fn shapes(model: &Model, axes: &Axes, plane: &Plane) -> Shapes {
    match model {
        Model::GaussianMixture(mixture) => ellipses(mixture.components(), axes),
        Model::Svm(svm) if matches!(svm.output, Output::Classes { .. }) => {
            margins(svm, axes, plane)
        }
        _ => Shapes::default(),
    }
}

/// Each component at one and two standard deviations.
fn ellipses(components: &Components, axes: &Axes) -> Shapes {
    let of_component = |index: usize| {
        let covariance = components.covariance(index);
        let (middle, spread) = axes.ellipse(components.means.row(index), &covariance)?;
        let share = percent(components.weights[index]);
        let around = |(radius, stroke): (f64, Stroke)| Shape {
            name: format!("component {index}, {share} of the rows"),
            points: ellipse(middle, spread, radius),
            tint: Tint::Code { code: index as u32 },
            stroke,
        };
        Some(
            [
                (2.0, Stroke::Area),
                (2.0, Stroke::Dashed),
                (1.0, Stroke::Line),
            ]
            .map(around),
        )
    };
    Shapes {
        what: "outlines of components".into(),
        shapes: (0..components.n_components())
            .filter_map(of_component)
            .flatten()
            .collect(),
    }
}

/// The border between two classes, and the margins beside it. Of more than two classes the
/// borders of all pairs would cross one another, so none is drawn.
fn margins(svm: &SvmModel, axes: &Axes, plane: &Plane) -> Shapes {
    if svm.intercepts.len() != 1 {
        return Shapes::default();
    }
    let decisions = svm.decision_function(axes.features(&plane.grid()).view());
    let decisions: Vec<f64> = decisions.iter().copied().collect();
    let lines = |(level, name, stroke): (f64, &'static str, Stroke)| {
        let line = move |points: Vec<(f64, f64)>| Shape {
            name: name.to_owned(),
            points,
            stroke,
            ..Shape::default()
        };
        contours(plane, &decisions, level).into_iter().map(line)
    };
    let levels = [
        (0.0, "border", Stroke::Line),
        (1.0, "margin", Stroke::Dashed),
        (-1.0, "margin", Stroke::Dashed),
    ];
    Shapes {
        what: "lines of border and margins".into(),
        shapes: levels.into_iter().flat_map(lines).collect(),
    }
}
