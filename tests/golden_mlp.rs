//! Neural nets against whole loss curves of PyTorch (`tests/golden/mlp.json`), and gradients
//! against finite differences.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what helps a test may panic as the test may"
)]

use handlens::linalg::real::Real;
use handlens::math;
use handlens::models::mlp::net::{Net, Shape, Workspace};
use handlens::models::mlp::optimizer::{self, Optimizer, Solver};
use handlens::models::mlp::{
    Activation, Dropout, Goal, LearningRate, Loss, Penalty, Schedule, Target,
};
use handlens::rng::Rng;
use serde_json::Value;

fn golden() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/mlp.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(items) => items.iter().flat_map(numbers).collect(),
        _ => vec![value.as_f64().unwrap()],
    }
}

fn narrow<T: Real>(values: &[f64]) -> Vec<T> {
    values.iter().map(|&v| T::from_f64(v)).collect()
}

/// PyTorch's layers, weights `(n_out, n_in)`, as parameters of ours.
fn parameters(layers: &Value) -> Vec<f64> {
    layers.as_array().unwrap().iter().flat_map(layer).collect()
}

fn layer(layer: &Value) -> Vec<f64> {
    let rows: Vec<Vec<f64>> = layer["weight"]
        .as_array()
        .unwrap()
        .iter()
        .map(numbers)
        .collect();
    let by_input = (0..rows[0].len()).flat_map(|i| rows.iter().map(move |row| row[i]));
    let mut all: Vec<f64> = by_input.collect();
    for name in ["bias", "scale", "shift"] {
        layer
            .get(name)
            .into_iter()
            .for_each(|values| all.extend(numbers(values)));
    }
    all
}

/// A case of the file, with its start and its rows.
struct Case<'a> {
    case: &'a Value,
    net: &'a Value,
    data: &'a Value,
}

impl<'a> Case<'a> {
    fn all(golden: &'a Value) -> impl Iterator<Item = Self> {
        golden["cases"].as_array().unwrap().iter().map(|case| Self {
            case,
            net: &golden["nets"][case["net"].as_str().unwrap()],
            data: &golden["data"][case["data"].as_str().unwrap()],
        })
    }

    fn text(&self, name: &str) -> &str {
        self.case[name].as_str().unwrap()
    }

    fn number(&self, name: &str) -> f64 {
        self.case[name].as_f64().unwrap()
    }

    fn loss(&self) -> Loss {
        Loss::find(self.text("loss")).unwrap()
    }

    fn net<T: Real>(&self) -> Net<T> {
        let activations = self.case["activations"].as_array().unwrap().iter();
        let shape = Shape {
            widths: numbers(&self.net["sizes"])
                .iter()
                .map(|&w| w as usize)
                .collect(),
            activations: activations
                .map(|a| Activation::find(a.as_str().unwrap()).unwrap())
                .collect(),
            has_batch_norm: self.text("net").ends_with("norm"),
        };
        let running = Net::<T>::random(shape.clone(), &Rng::new(0))
            .running()
            .to_vec();
        Net::from_parts(shape, narrow(&parameters(&self.net["layers"])), running).unwrap()
    }

    fn solver(&self) -> Solver {
        let (momentum, epsilon) = (0.9, 1e-8);
        match self.text("optimizer") {
            "sgd" => Solver::Sgd,
            "momentum" => Solver::Momentum { momentum },
            "nesterov" => Solver::Nesterov { momentum },
            "rmsprop" => Solver::RmsProp {
                smoothing: 0.99,
                epsilon,
            },
            "adam" | "adamw" => Solver::Adam {
                beta_1: 0.9,
                beta_2: 0.999,
                epsilon,
            },
            other => panic!("{other}"),
        }
    }

    fn learning_rate(&self) -> LearningRate {
        let schedule = &self.case["schedule"];
        let value = |name: &str| schedule[name].as_f64().unwrap();
        let step_size = || value("step_size") as usize;
        LearningRate {
            initial: self.number("learning_rate"),
            schedule: match schedule["kind"].as_str().unwrap() {
                "constant" => Schedule::Constant,
                "step" => Schedule::Step {
                    step_size: step_size(),
                    gamma: value("gamma"),
                },
                "exponential" => Schedule::Exponential {
                    step_size: step_size(),
                    gamma: value("gamma"),
                },
                "cosine" => Schedule::Cosine {
                    n_epochs: value("n_epochs") as usize,
                },
                "inverse_scaling" => Schedule::InverseScaling {
                    power: value("power"),
                },
                other => panic!("{other}"),
            },
            warm_up: value("warm_up") as usize,
        }
    }
}

struct Rows<T> {
    x: Vec<T>,
    codes: Vec<u32>,
    values: Vec<T>,
    weights: Option<Vec<T>>,
    n_features: usize,
    n_outputs: usize,
}

impl<T: Real> Rows<T> {
    fn new(case: &Case<'_>, n_outputs: usize) -> Self {
        let y = numbers(&case.data["y"]);
        let codes: Vec<u32> = y.iter().map(|&y| y as u32).collect();
        let one_hot = |&code: &u32| (0..n_outputs).map(move |k| f64::from(k == code as usize));
        let is_one_hot = case.case["one_hot_target"].as_bool().unwrap();
        let values = if is_one_hot {
            codes.iter().flat_map(one_hot).collect()
        } else {
            y
        };
        let weights = match (&case.case["class_weights"], &case.case["sample_weights"]) {
            (Value::Null, Value::Null) => None,
            (Value::Null, by_sample) => Some(narrow(&numbers(by_sample))),
            (by_class, _) => {
                let factors = numbers(by_class);
                Some(
                    codes
                        .iter()
                        .map(|&code| T::from_f64(factors[code as usize]))
                        .collect(),
                )
            }
        };
        Self {
            x: narrow(&numbers(&case.data["x"])),
            codes,
            values: narrow(&values),
            weights,
            n_features: case.data["x"][0].as_array().unwrap().len(),
            n_outputs,
        }
    }

    /// Puts rows into `work` and returns what they are measured by.
    fn batch(
        &self,
        rows: std::ops::Range<usize>,
        loss: Loss,
        work: &mut Workspace<T>,
    ) -> Goal<'_, T> {
        let wide = |n: usize| rows.start * n..rows.end * n;
        work.rows_mut()
            .extend_from_slice(&self.x[wide(self.n_features)]);
        let target = if loss.is_of_classes() {
            Target::Codes(&self.codes[rows.clone()])
        } else {
            Target::Values(&self.values[wide(self.n_outputs)])
        };
        let weights = self.weights.as_ref().map(|w| &w[rows.clone()]);
        Goal {
            loss,
            target,
            weights,
        }
    }
}

/// Replays a case; returns the losses and the final outputs of four rows.
fn replay<T: Real>(case: &Case<'_>) -> (Vec<f64>, Vec<f64>) {
    let mut net = case.net::<T>();
    let (rows, loss) = (Rows::<T>::new(case, net.n_outputs()), case.loss());
    let mut optimizer = Optimizer::new(case.solver(), net.parameters().len());
    let penalty = Penalty {
        l1: case.number("l1"),
        l2: case.number("l2"),
    };
    let decay = if case.text("optimizer") == "adamw" {
        0.05
    } else {
        0.0
    };
    let mut work = Workspace::default();
    let (mut losses, mut from, mut epoch) = (Vec::new(), 0, 0);
    for _ in 0..numbers(&case.case["losses"]).len() {
        let to = (from + case.number("batch_size") as usize).min(rows.codes.len());
        let goal = rows.batch(from..to, loss, &mut work);
        let value = net.loss_and_gradient(&mut work, &goal, None);
        net.update_running(&work);
        losses.push(value + net.add_penalty(penalty, &mut work.gradient));
        if case.number("clip_norm") > 0.0 {
            optimizer::clip(&mut work.gradient, case.number("clip_norm"));
        }
        let rate = case.learning_rate().at(epoch);
        net.shrink_weights(1.0 - rate * decay);
        optimizer.step(net.parameters_mut(), &work.gradient, rate);
        from = to % rows.codes.len();
        epoch += usize::from(from == 0);
    }
    rows.batch(0..4, loss, &mut work);
    net.forward(&mut work);
    let mut outputs: Vec<f64> = work.outputs_mut().iter().map(|z| z.to_f64()).collect();
    if loss.is_of_classes() {
        outputs
            .chunks_exact_mut(rows.n_outputs)
            .for_each(math::softmax);
    }
    (losses, outputs)
}

fn worst(ours: &[f64], theirs: &[f64]) -> f64 {
    assert_eq!(ours.len(), theirs.len());
    let pairs = ours.iter().zip(theirs);
    pairs
        .map(|(a, b)| (a - b).abs() / b.abs().max(1.0))
        .fold(0.0, f64::max)
}

#[test]
fn follows_the_loss_curves_of_pytorch() {
    let golden = golden();
    let tolerance = golden["tolerance"]["f64"].as_f64().unwrap();
    for case in Case::all(&golden) {
        let (losses, outputs) = replay::<f64>(&case);
        let name = case.text("name");
        let error = worst(&losses, &numbers(&case.case["losses"]));
        assert!(error <= tolerance, "{name}: losses off by {error:e}");
        let error = worst(&outputs, &numbers(&case.case["final_outputs"]));
        assert!(error <= tolerance, "{name}: outputs off by {error:e}");
    }
}

#[test]
fn follows_them_in_single_precision_too() {
    for case in Case::all(&golden()) {
        let tolerance = (20.0 * case.number("f32_differs_by")).max(1e-5);
        let (losses, _) = replay::<f32>(&case);
        let error = worst(&losses, &numbers(&case.case["losses"]));
        assert!(
            error <= tolerance,
            "{}: losses off by {error:e}",
            case.text("name")
        );
    }
}

/// Loss with penalties, and gradient, of six fixed rows.
struct Probe {
    x: Vec<f64>,
    codes: Vec<u32>,
    values: Vec<f64>,
    weights: Vec<f64>,
    dropout: Option<Dropout>,
}

impl Probe {
    fn new(dropout: Option<Dropout>) -> Self {
        let mut rng = Rng::new(5);
        let mut normal = |n: usize| (0..n).map(|_| rng.normal()).collect::<Vec<_>>();
        Self {
            x: normal(6 * 3),
            values: normal(6 * 4),
            weights: normal(6).into_iter().map(f64::abs).collect(),
            codes: vec![0, 3, 1, 2, 2, 0],
            dropout,
        }
    }

    fn evaluate(&self, net: &Net<f64>, loss: Loss) -> (f64, Vec<f64>) {
        let mut work = Workspace::default();
        work.rows_mut().extend_from_slice(&self.x);
        let target = if loss.is_of_classes() {
            Target::Codes(&self.codes)
        } else {
            Target::Values(&self.values)
        };
        let goal = Goal {
            loss,
            target,
            weights: Some(&self.weights),
        };
        // The same draws every time, so the same neurons are silent.
        let value = net.loss_and_gradient(&mut work, &goal, self.dropout.clone().as_mut());
        let penalty = Penalty { l1: 0.05, l2: 0.1 };
        let value = value + net.add_penalty(penalty, &mut work.gradient);
        (value, work.gradient)
    }

    /// The largest distance of the gradient from finite differences.
    fn error(&self, mut net: Net<f64>, loss: Loss) -> f64 {
        let (_, gradient) = self.evaluate(&net, loss);
        let h = 1e-6;
        let mut worst = 0.0_f64;
        for (index, analytic) in gradient.iter().enumerate() {
            let at = net.parameters()[index];
            let mut value_at = |w: f64| {
                net.parameters_mut()[index] = w;
                self.evaluate(&net, loss).0
            };
            let slope = (value_at(at + h) - value_at(at - h)) / (2.0 * h);
            value_at(at);
            worst = worst.max((slope - analytic).abs());
        }
        worst
    }
}

#[test]
fn gradients_are_those_of_finite_differences() {
    let dropout = || Dropout::new(0.3, Rng::new(8));
    for activation in Activation::ALL {
        for (name, loss) in Loss::ALL {
            for has_batch_norm in [false, true] {
                for dropout in [None, Some(dropout())] {
                    let shape = Shape {
                        widths: vec![3, 7, 5, 4],
                        activations: vec![activation; 2],
                        has_batch_norm,
                    };
                    let what = format!("{activation:?} {name} {has_batch_norm} {dropout:?}");
                    let net = Net::<f64>::random(shape, &Rng::new(5));
                    let error = Probe::new(dropout).error(net, loss);
                    // h² of the difference plus eps / h of its cancellation.
                    assert!(error < 1e-8, "{what}: {error:e}");
                }
            }
        }
    }
}
