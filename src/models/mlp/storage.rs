//! A net taken apart and put together again, trusting nothing.

use super::net::{Net, Shape};
use super::{Activation, Loss, MlpModel, Output};
use crate::error::{Code, Error, Result};
use crate::models::{Parts, Tensor, TensorData};

pub(super) fn to_parts(model: &MlpModel) -> Parts {
    let mut parts = Parts::default();
    let shape = model.net.shape();
    put_activations(&mut parts, &shape.activations);
    parts.put("loss", model.loss.as_str());
    parts.put("n_layers", shape.n_layers());
    match model.output {
        Output::Classes { n_classes } => parts.put("n_classes", n_classes),
        Output::Values { center, scale } => parts.put_vector("target", &[center, scale]),
    }
    if shape.has_batch_norm {
        parts.put("batch_norm", true);
    }
    for (index, layer) in model.net.layers().iter().enumerate() {
        let n_out = layer.biases.len();
        let weights = (layer.weights.len() / n_out.max(1), n_out);
        put(
            &mut parts,
            "weights",
            index,
            &[weights.0, weights.1],
            layer.weights,
        );
        put(&mut parts, "biases", index, &[n_out], layer.biases);
        let (means, variances) = model.net.running_of(index);
        if !layer.scales.is_empty() {
            put(&mut parts, "scales", index, &[n_out], layer.scales);
            put(&mut parts, "shifts", index, &[n_out], layer.shifts);
            put(&mut parts, "means", index, &[n_out], means);
            put(&mut parts, "variances", index, &[n_out], variances);
        }
    }
    parts
}

/// One name where all layers share it, else a list of one a hidden layer.
fn put_activations(parts: &mut Parts, activations: &[Activation]) {
    let first = activations.first().copied().unwrap_or(Activation::Identity);
    if activations.iter().all(|a| *a == first) {
        parts.put("activation", first.as_str());
    } else {
        let names: Vec<&str> = activations.iter().map(|a| a.as_str()).collect();
        parts.put("activations", names);
    }
}

fn put(parts: &mut Parts, name: &str, layer: usize, shape: &[usize], data: &[f32]) {
    let tensor = Tensor {
        shape: shape.to_vec(),
        data: TensorData::F32(data.to_vec()),
    };
    parts.tensors.insert(format!("{name}_{layer}"), tensor);
}

pub(super) fn from_parts(parts: &Parts) -> Result<MlpModel> {
    let output = read_output(parts)?;
    let loss = Loss::find(parts.text("loss")?).ok_or_else(|| damaged("loss", "a known loss"))?;
    let is_of_classes = matches!(output, Output::Classes { .. });
    if loss.is_of_classes() && !is_of_classes {
        return Err(damaged("loss", "a loss of numbers"));
    }
    let model = MlpModel {
        net: read_net(parts)?,
        output,
        loss,
    };
    let is_wide_enough = output.n_outputs() >= 2 || !is_of_classes;
    if model.net.n_outputs() != output.n_outputs() || !is_wide_enough {
        return Err(damaged("n_classes", "the width of the last layer"));
    }
    Ok(model)
}

fn read_output(parts: &Parts) -> Result<Output> {
    if !parts.tensors.contains_key("target") {
        let n_classes = parts.count("n_classes")?;
        return Ok(Output::Classes { n_classes });
    }
    match parts.vector("target")?[..] {
        [center, scale] if scale > 0.0 => Ok(Output::Values { center, scale }),
        _ => Err(damaged("target", "a mean and a positive scale")),
    }
}

fn read_net(parts: &Parts) -> Result<Net<f32>> {
    let n_layers = parts.count("n_layers")?;
    let has_batch_norm = match parts.values.get("batch_norm") {
        Some(_) => parts.flag("batch_norm")?,
        None => false,
    };
    let (mut widths, mut parameters, mut running) = (Vec::new(), Vec::new(), Vec::new());
    for index in 0..n_layers {
        let (n_in, n_out, weights) = read_weights(parts, index)?;
        if widths.last().is_some_and(|&width| width != n_in) {
            let name = format!("weights_{index}");
            return Err(damaged(&name, "a matrix that fits the layer before"));
        }
        if widths.is_empty() {
            widths.push(n_in);
        }
        widths.push(n_out);
        parameters.extend_from_slice(weights);
        parameters.extend_from_slice(read_vector(parts, "biases", index, n_out)?);
        if has_batch_norm && index + 1 < n_layers {
            parameters.extend_from_slice(read_vector(parts, "scales", index, n_out)?);
            parameters.extend_from_slice(read_vector(parts, "shifts", index, n_out)?);
            running.extend_from_slice(read_vector(parts, "means", index, n_out)?);
            running.extend_from_slice(read_variances(parts, index, n_out)?);
        }
    }
    let shape = Shape {
        widths,
        activations: read_activations(parts, n_layers)?,
        has_batch_norm,
    };
    Net::from_parts(shape, parameters, running)
        .ok_or_else(|| damaged("n_layers", "the number of layers"))
}

/// Called when every layer has been found, so `n_layers` is a true count.
fn read_activations(parts: &Parts, n_layers: usize) -> Result<Vec<Activation>> {
    let find = |name: Option<&str>| {
        name.and_then(Activation::find)
            .ok_or_else(|| damaged("activation", "a known activation"))
    };
    let Some(list) = parts.values.get("activations") else {
        let common = find(Some(parts.text("activation")?))?;
        return Ok(vec![common; n_layers.saturating_sub(1)]);
    };
    let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
    if list.len() + 1 != n_layers {
        return Err(damaged("activations", "one name a hidden layer"));
    }
    list.iter().map(|name| find(name.as_str())).collect()
}

/// Inputs, outputs and weights of a layer.
fn read_weights(parts: &Parts, layer: usize) -> Result<(usize, usize, &[f32])> {
    let name = format!("weights_{layer}");
    match tensor(parts, &name)? {
        ([n_in, n_out], weights) if *n_in > 0 && *n_out > 0 => Ok((*n_in, *n_out, weights)),
        _ => Err(damaged(&name, "a matrix")),
    }
}

fn read_vector<'a>(parts: &'a Parts, name: &str, layer: usize, n: usize) -> Result<&'a [f32]> {
    let name = format!("{name}_{layer}");
    match tensor(parts, &name)? {
        ([length], numbers) if *length == n => Ok(numbers),
        _ => Err(damaged(&name, "one number a neuron")),
    }
}

fn read_variances(parts: &Parts, layer: usize, n: usize) -> Result<&[f32]> {
    let variances = read_vector(parts, "variances", layer, n)?;
    if variances.iter().any(|v| *v < 0.0) {
        return Err(damaged(&format!("variances_{layer}"), "not negative"));
    }
    Ok(variances)
}

/// A finite f32 tensor whose shape agrees with its length.
fn tensor<'a>(parts: &'a Parts, name: &str) -> Result<(&'a [usize], &'a [f32])> {
    let Some(Tensor {
        shape,
        data: TensorData::F32(data),
    }) = parts.tensors.get(name)
    else {
        return Err(damaged(name, "32-bit floats"));
    };
    let mut lengths = shape.iter();
    let size = lengths.try_fold(1_usize, |size, &n| size.checked_mul(n));
    if size == Some(data.len()) && data.iter().all(|v| v.is_finite()) {
        Ok((shape, data))
    } else {
        Err(damaged(name, "finite numbers of its shape"))
    }
}

fn damaged(name: &str, what: &str) -> Error {
    let message = format!("The model is damaged: \u{201c}{name}\u{201d} should be {what}.");
    Error::new(Code::BadArtifact, message).in_field(name)
}
