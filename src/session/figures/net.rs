//! A neural net to draw: its weights, and what each neuron sees of the plane.

use ndarray::Array2;

use super::axes::Axes;
use super::no_rows;
use crate::error::{Code, Error, Result};
use crate::models::mlp::MlpModel;
use crate::models::{Model, Prediction};
use crate::plot::{self, Figure, NetLayer, Neuron};
use crate::protocol::{ModelId, PlaneAxes};
use crate::session::{Session, State};

/// Neurons drawn of a layer at most; the figure says so where there are more.
const MOST_NEURONS: usize = 12;
/// Cells along a side of what a neuron sees.
const RESOLUTION: usize = 20;

impl Session {
    pub(super) fn net(&mut self, id: ModelId) -> Result<Figure> {
        let held = self.model_mut(id)?;
        let Model::Mlp(mlp) = held.model() else {
            return Err(Error::new(
                Code::DoesNotFit,
                "Only a neural net can be drawn as one.",
            ));
        };
        let pipeline = held.pipeline.clone();
        let State::Trained(training) = &mut held.state else {
            return Err(no_rows());
        };
        let axes = Axes::choose(training, &pipeline, &PlaneAxes::Auto)?;
        let seen = super::plane::points(training, &pipeline, &Model::Mlp(mlp.clone()), &axes)?;
        let places = plot::Plane::around(&seen, RESOLUTION).grid();
        let features = axes.features(&places);
        let net = drawn(
            &mlp,
            &features,
            &pipeline.feature_names(),
            pipeline.labels(),
        )?;
        let mut figure = plot::net(net, pipeline.labels());
        let widest = mlp.net.widths().iter().copied().max().unwrap_or_default();
        if widest > MOST_NEURONS {
            figure.subtitle = format!("the first {MOST_NEURONS} of up to {widest} neurons a layer");
        }
        Ok(figure)
    }
}

fn drawn(
    mlp: &MlpModel,
    features: &Array2<f64>,
    names: &[String],
    labels: &[String],
) -> Result<plot::Net> {
    let layers = mlp.layers();
    let widths = mlp.net.widths();
    let kept = |index: usize| widths[index].min(MOST_NEURONS);
    let hidden = mlp.activations(features.view());
    let last = widths.len() - 1;
    let outputs = output_heat(mlp, features)?;
    let layer = |index: usize| {
        let neuron = |neuron: usize| {
            let (label, heat) = match index {
                0 => (
                    names.get(neuron).cloned(),
                    features.column(neuron).mapv(|v| v as f32).to_vec(),
                ),
                _ if index == last => {
                    (labels.get(neuron).cloned(), outputs.column(neuron).to_vec())
                }
                _ => (None, hidden[index - 1].column(neuron).to_vec()),
            };
            Neuron {
                label: label.unwrap_or_default(),
                heat,
            }
        };
        NetLayer {
            name: layer_name(mlp, index, last),
            neurons: (0..kept(index)).map(neuron).collect(),
        }
    };
    let weights = layers
        .iter()
        .enumerate()
        .map(|(index, layer)| {
            let from = |i: usize| {
                (0..kept(index + 1))
                    .map(|j| f64::from(layer.weights[(i, j)]))
                    .collect()
            };
            (0..kept(index)).map(from).collect()
        })
        .collect();
    Ok(plot::Net {
        layers: (0..=last).map(layer).collect(),
        weights,
    })
}

/// What the last layer says over the plane: one column a class, or the value.
fn output_heat(mlp: &MlpModel, features: &Array2<f64>) -> Result<Array2<f32>> {
    match Model::Mlp(mlp.clone()).predict(features.view())? {
        Prediction::Classes { probabilities, .. } => Ok(probabilities.mapv(|p| p as f32)),
        Prediction::Values(values) => Ok(values.mapv(|v| v as f32).insert_axis(ndarray::Axis(1))),
        _ => Err(Error::new(
            Code::Internal,
            "A net gave neither classes nor values.",
        )),
    }
}

/// `4 in`, `8 ReLU`, `3 out`.
fn layer_name(mlp: &MlpModel, index: usize, last: usize) -> String {
    let width = mlp.net.widths()[index];
    let what = match index {
        0 => "in",
        _ if index == last => "out",
        _ => mlp.net.shape().activations[index - 1].label(),
    };
    format!("{width} {what}")
}
