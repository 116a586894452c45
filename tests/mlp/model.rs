//! What a trained net shows, stores and refuses.

use handlens::models::mlp::{Activation, MlpModel};
use handlens::models::{Algorithm, Fitted, Model, Parts, Prediction, train_to_end};
use handlens::prepare;
use handlens::rng::Rng;
use handlens::settings::{Setting, Settings};
use ndarray::Array2;

use crate::{begin, dataset, number, rings, text, waves};

#[test]
fn batches_of_one_row_can_be_normalized() {
    let data = rings(33);
    for batch_size in [1.0, 32.0] {
        let settings = [
            ("batch_norm", Setting::Flag(true)),
            ("batch_size", number(batch_size)),
            ("max_iter", number(30.0)),
        ];
        let mut trainer = begin(&data, &settings, 0);
        assert!(train_to_end(trainer.as_mut()).unwrap().note.is_none());
        let model = trainer.model();
        assert!(model.loss(&data).unwrap() < 0.6);
        let loaded = Model::from_parts("mlp", &model.to_parts()).unwrap();
        assert_eq!(loaded, model);
        damages_of_batch_norm(&model.to_parts());
    }
}

fn damages_of_batch_norm(good: &Parts) {
    let damaged = |damage: &dyn Fn(&mut Parts)| {
        let mut parts = good.clone();
        damage(&mut parts);
        assert!(MlpModel::from_parts(&parts).is_err());
    };
    damaged(&|parts| drop(parts.tensors.remove("means_0")));
    damaged(&|parts| parts.tensors.get_mut("scales_0").unwrap().shape = vec![1, 100]);
    damaged(&|parts| {
        let variances = &mut parts.tensors.get_mut("variances_0").unwrap().data;
        if let handlens::models::TensorData::F32(data) = variances {
            data[3] = -1.0;
        }
    });
}

#[test]
fn activations_by_layer_come_back_from_storage() {
    let names = vec!["gelu".into(), "tanh".into()];
    let settings = [
        ("hidden_layer_sizes", Setting::Numbers(vec![3.0, 3.0, 3.0])),
        ("activation", text("leaky_relu")),
        ("layer_activations", Setting::Texts(names)),
    ];
    let Model::Mlp(model) = begin(&rings(20), &settings, 0).model() else {
        panic!()
    };
    let expected = [Activation::Gelu, Activation::Tanh, Activation::LeakyRelu];
    assert_eq!(model.net.shape().activations, expected);
    assert_eq!(MlpModel::from_parts(&model.to_parts()).unwrap(), model);
}

#[test]
fn tells_which_neurons_are_dead_and_where_the_gradient_fades() {
    let data = rings(50);
    let settings = [("hidden_layer_sizes", Setting::Numbers(vec![4.0, 4.0]))];
    let Model::Mlp(model) = begin(&data, &settings, 0).model() else {
        panic!()
    };
    let mut parts = model.to_parts();
    let biases = &mut parts.tensors.get_mut("biases_0").unwrap().data;
    *biases = handlens::models::TensorData::F32(vec![-1e6, 0.0, 0.0, 0.0]);
    let lamed = MlpModel::from_parts(&parts).unwrap();
    assert_eq!(lamed.dead_shares(data.x.view())[0], 0.25);
    let norms = model.gradient_norms(&data).unwrap();
    assert!(norms.len() == 3 && norms.iter().all(|n| n.is_finite() && *n > 0.0));
    assert!(model.gradient_norms(&waves(5, 0.0, 1.0)).is_none());
}

#[test]
fn shows_layers_and_what_neurons_see() {
    let data = rings(50);
    let Model::Mlp(model) = begin(
        &data,
        &[("hidden_layer_sizes", Setting::Numbers(vec![4.0, 3.0]))],
        0,
    )
    .model() else {
        panic!()
    };
    let shapes: Vec<_> = model
        .layers()
        .iter()
        .map(|l| (l.weights.dim(), l.biases.len()))
        .collect();
    assert_eq!(shapes, [((2, 4), 4), ((4, 3), 3), ((3, 2), 2)]);
    let seen = model.activations(data.x.view());
    assert_eq!(
        seen.iter().map(Array2::dim).collect::<Vec<_>>(),
        [(50, 4), (50, 3)]
    );
    let layer = &model.layers()[0];
    let (x, w) = (data.x.row(7), &layer.weights);
    let z = f64::from(layer.biases[2]) + x[0] * f64::from(w[[0, 2]]) + x[1] * f64::from(w[[1, 2]]);
    assert!((f64::from(seen[0][[7, 2]]) - z.max(0.0)).abs() < 1e-6);
}

#[test]
fn refuses_huge_features_and_survives_them_in_prediction() {
    let data = dataset(
        Array2::from_elem((4, 1), 1e200),
        prepare::Target::Values(vec![0.0, 1.0, 2.0, 3.0]),
    );
    let algorithm = Algorithm::find("mlp", &Settings::default()).unwrap();
    let error = algorithm.begin(data, &Rng::new(0)).err().unwrap();
    assert_eq!(error.code().as_str(), "does_not_fit");
    let model = begin(&rings(50), &[], 0).model();
    let rows = ndarray::array![[1e300, -1e300], [0.0, 1e-300]];
    let Prediction::Classes { probabilities, .. } = model.predict(rows.view()).unwrap() else {
        panic!()
    };
    assert!(probabilities.iter().all(|p| p.is_finite()));
}

#[test]
fn refuses_damaged_parts() {
    let Model::Mlp(model) = begin(&rings(50), &[], 0).model() else {
        panic!()
    };
    let good = model.to_parts();
    let damaged = |damage: &dyn Fn(&mut Parts)| {
        let mut parts = good.clone();
        damage(&mut parts);
        assert!(MlpModel::from_parts(&parts).is_err());
    };
    damaged(&|parts| parts.put("n_layers", 0));
    damaged(&|parts| parts.put("n_layers", 3));
    damaged(&|parts| parts.put("n_layers", u64::MAX));
    damaged(&|parts| parts.put("n_classes", 3));
    damaged(&|parts| parts.put("activation", "swish"));
    damaged(&|parts| parts.put("activations", vec!["relu", "relu"]));
    damaged(&|parts| parts.put("activations", vec!["swish"]));
    damaged(&|parts| parts.put("activations", 7));
    damaged(&|parts| parts.put("batch_norm", true));
    damaged(&|parts| parts.put("batch_norm", "yes"));
    damaged(&|parts| parts.put("loss", "hinge"));
    damaged(&|parts| drop(parts.tensors.remove("biases_1")));
    damaged(&|parts| parts.tensors.get_mut("weights_1").unwrap().shape = vec![8, 32]);
    damaged(&|parts| parts.tensors.get_mut("weights_1").unwrap().shape = vec![usize::MAX, 16]);
    damaged(&|parts| parts.put_vector("target", &[0.0, 0.0]));
    damaged(&|parts| {
        let weights = &mut parts.tensors.get_mut("weights_0").unwrap().data;
        if let handlens::models::TensorData::F32(data) = weights {
            data[3] = f32::NAN;
        }
    });
}
