//! Support vector machines for numbers, and for two classes.

use super::Answer;
use super::graph::{Draft, Value};
use super::models::{argmax, squared_distances};
use super::proto::{Attribute, Tensor};
use crate::error::{Code, Error, Result};
use crate::models::svm::{Kernel, Output, SvmModel};

/// Probabilities are kept this far from 0 and 1.
const LEAST: f64 = 1e-7;

pub(super) fn svm(g: &mut Draft, model: &SvmModel, x: &Value) -> Result<Answer> {
    let sigmoid = match &model.output {
        Output::Number => None,
        Output::Classes {
            is_present,
            sigmoids,
            ..
        } if is_present.len() == 2 && sigmoids.len() == 1 => sigmoids.first(),
        Output::Classes { .. } => {
            let message = "A support vector machine for more than two classes is not written as an ONNX graph yet. Export source code.";
            return Err(Error::new(Code::BadSetting, message).in_field("outlet"));
        }
    };
    let alike = alike(g, model, x);
    let duals = model.dual_coefficients.row(0);
    let duals = g.constant(Tensor::doubles(&[duals.len()], duals.iter().copied()));
    let intercept = g.double(model.intercepts.first().copied().unwrap_or_default());
    let sum = g.op("MatMul", &[&alike, &duals]);
    let decision = g.op("Add", &[&sum, &intercept]);
    let Some(sigmoid) = sigmoid else {
        return Ok(Answer::Number(decision));
    };
    let (slope, shift) = (g.double(-sigmoid.slope), g.double(-sigmoid.shift));
    let z = g.op("Mul", &[&decision, &slope]);
    let z = g.op("Add", &[&z, &shift]);
    let z = g.unsqueeze(&z, 1);
    let halves = g.constant(Tensor::doubles(&[1, 2], [0.5, -0.5]));
    let z = g.op("Mul", &[&z, &halves]);
    let p = g.op_with("Softmax", &[&z], vec![Attribute::int("axis", 1)]);
    let (least, most) = (g.double(LEAST), g.double(1.0 - LEAST));
    let p = g.op("Clip", &[&p, &least, &most]);
    // The sign of the decision decides, and the probabilities meet where they disagree.
    let signs = g.constant(Tensor::doubles(&[1, 2], [1.0, -1.0]));
    let column = g.unsqueeze(&decision, 1);
    let votes = g.op("Mul", &[&column, &signs]);
    let zero = g.double(0.0);
    let is_first = g.op("Greater", &[&column, &zero]);
    let both = [g.take(&p, 1, 0), g.take(&p, 1, 1)];
    let is_first_more = g.op("Greater", &[&both[0], &both[1]]);
    let is_first_more = g.unsqueeze(&is_first_more, 1);
    let agrees = g.op("Equal", &[&is_first, &is_first_more]);
    let half = g.double(0.5);
    let p = g.op("Where", &[&agrees, &p, &half]);
    // A decision of 0 is a vote for the second.
    let second = g.constant(Tensor::doubles(&[1, 2], [0.0, f64::MIN_POSITIVE]));
    let votes = g.op("Add", &[&votes, &second]);
    Ok(Answer::Classes(argmax(g, &votes), p))
}

/// How alike every row and each support vector are, `(N, n_vectors)`.
fn alike(g: &mut Draft, model: &SvmModel, x: &Value) -> Value {
    let vectors = &model.support_vectors;
    if let Kernel::Rbf { gamma } = model.kernel {
        let squares = squared_distances(g, x, vectors);
        let gamma = g.double(-gamma);
        let far = g.op("Mul", &[&squares, &gamma]);
        return g.op("Exp", &[&far]);
    }
    let shape = [vectors.ncols(), vectors.nrows()];
    let turned = g.constant(Tensor::doubles(&shape, vectors.t().iter().copied()));
    let products = g.op("MatMul", &[x, &turned]);
    let shifted = |g: &mut Draft, gamma: f64, coef0: f64| {
        let (gamma, coef0) = (g.double(gamma), g.double(coef0));
        let scaled = g.op("Mul", &[&products, &gamma]);
        g.op("Add", &[&scaled, &coef0])
    };
    match model.kernel {
        Kernel::Poly {
            gamma,
            coef0,
            degree,
        } => {
            let base = shifted(g, gamma, coef0);
            (1..degree).fold(base.clone(), |power, _| g.op("Mul", &[&power, &base]))
        }
        Kernel::Sigmoid { gamma, coef0 } => {
            let base = shifted(g, gamma, coef0);
            g.op("Tanh", &[&base])
        }
        _ => products,
    }
}
