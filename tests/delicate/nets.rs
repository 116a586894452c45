//! Neural nets.

use handlens::models::mlp::optimizer;
use handlens::models::{Algorithm, Model};
use handlens::prepare::Target;
use handlens::rng::Rng;
use handlens::settings::{Setting, Settings};
use ndarray::Array2;

use crate::classes;
use crate::support::{dataset, settings, train};

#[test]
fn first_weights_suit_their_activation() {
    let data = dataset(Array2::zeros((2, 50)), Target::Values(vec![0.0, 1.0]));
    for (activation, bound) in [
        ("relu", (6.0_f64 / 50.0).sqrt()),
        ("tanh", (6.0_f64 / 250.0).sqrt()),
    ] {
        let settings = settings([
            ("activation", crate::word(activation)),
            ("hidden_layer_sizes", Setting::Numbers(vec![200.0])),
        ]);
        let algorithm = Algorithm::find("mlp", &settings).unwrap();
        let Model::Mlp(model) = algorithm.begin(data.clone(), &Rng::new(0)).unwrap().model() else {
            panic!("not a net")
        };
        let layer = &model.layers()[0];
        let largest = layer.weights.iter().fold(0.0_f32, |m, w| m.max(w.abs()));
        // Of 10,000 even draws the largest is within a thousandth of the bound.
        let share = f64::from(largest) / bound;
        assert!((0.998..=1.0001).contains(&share), "{activation}: {share}");
        assert!(layer.biases.iter().all(|b| *b == 0.0));
    }
}

#[test]
fn a_long_gradient_is_shortened_and_keeps_its_direction() {
    let mut gradient = [3e10_f64, -4e10];
    optimizer::clip(&mut gradient, 1.0);
    assert!((gradient[0] - 0.6).abs() < 1e-12 && (gradient[1] + 0.8).abs() < 1e-12);
    let mut short = [0.3, -0.4];
    optimizer::clip(&mut short, 1.0);
    assert_eq!(short, [0.3, -0.4]);
}

#[test]
fn the_mean_loss_of_many_rows_does_not_drift() {
    let data = dataset(Array2::from_elem((3, 1), 0.3), classes(&[0, 1, 1], 2));
    let algorithm = Algorithm::find("mlp", &Settings::default()).unwrap();
    let model = algorithm.begin(data.clone(), &Rng::new(0)).unwrap().model();
    let one = model.loss(&data.select(&[0])).unwrap();
    let many = model.loss(&data.select(&[0; 100_000])).unwrap();
    // Summed in single precision 100,000 equal terms would be off by 1e-3.
    assert!((many / one - 1.0).abs() < 1e-9, "{many} is not {one}");
}

#[test]
fn huge_logits_are_learnt_from() {
    let x = Array2::from_shape_fn((40, 1), |(i, _)| (i as f64 - 19.5) * 1e4);
    let codes: Vec<u32> = (0..40).map(|i| u32::from(i >= 20)).collect();
    let few = settings([("max_iter", Setting::Number(20.0))]);
    let (model, progress) = train("mlp", &few, dataset(x.clone(), classes(&codes, 2)), 0);
    assert!(progress.loss.unwrap().is_finite());
    let (found, shares) = crate::classes_of(&model, &x);
    assert_eq!(found, codes);
    assert!(
        shares
            .rows()
            .into_iter()
            .all(|row| (row.sum() - 1.0).abs() < 1e-6)
    );
}
