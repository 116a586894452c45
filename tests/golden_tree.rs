//! Decision trees against scikit-learn, node by node, and what it cannot show.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what helps a test may panic as the test may"
)]

mod support;

use std::sync::Arc;

use handlens::models::tree::TreeModel;
use handlens::models::trees::Kind;
use handlens::models::{Algorithm, Fitted, Model, Parts, TensorData};
use handlens::prepare::{Dataset, Target};
use handlens::rng::Rng;
use handlens::settings::{Setting, Settings};
use ndarray::Array2;
use support::{
    Value, assert_close, check_contract, dataset, features_and_target, golden, list, number,
    numbers, settings, text, train,
};

fn tree(model: Model) -> TreeModel {
    match model {
        Model::Tree(tree) => tree,
        _ => panic!("not a tree"),
    }
}

fn case_data(case: &Value) -> Arc<Dataset> {
    let (x, y) = features_and_target(case);
    let target = match text(&case["task"]) {
        "regression" => Target::Values(y),
        _ => classes(y),
    };
    let mut data = dataset(x, target);
    Arc::make_mut(&mut data).weights = case.get("weights").map(numbers);
    data
}

fn classes(y: Vec<f64>) -> Target {
    let codes: Vec<u32> = y.into_iter().map(|class| class as u32).collect();
    let n_classes = codes.iter().max().unwrap() + 1;
    Target::Classes {
        codes,
        labels: (0..n_classes).map(|class| class.to_string()).collect(),
    }
}

fn case_settings(case: &Value) -> Settings {
    let given = case["settings"].as_object().unwrap().iter();
    let setting = |value: &Value| match value.as_f64() {
        Some(number) => Setting::Number(number),
        None => Setting::Text(text(value).to_owned()),
    };
    given
        .map(|(name, value)| (name.clone(), setting(value)))
        .collect()
}

/// Nodes in preorder as the golden file has them: feature or −1, threshold, samples, weight,
/// impurity, then the value.
fn preorder(model: &TreeModel) -> Vec<Vec<f64>> {
    let (mut nodes, mut stack) = (Vec::new(), vec![0]);
    while let Some(node) = stack.pop() {
        let (feature, threshold) = match model.tree().kind(node) {
            Kind::Leaf { .. } => (-1.0, 0.0),
            Kind::Split {
                feature,
                threshold,
                left,
                right,
            } => {
                stack.extend([right, left]);
                (feature as f64, threshold)
            }
        };
        let n_samples = model.tree().n_samples(node) as f64;
        let facts = [
            feature,
            threshold,
            n_samples,
            model.weight(node),
            model.impurity(node),
        ];
        nodes.push([&facts, model.value(node)].concat());
    }
    nodes
}

#[test]
fn trees_agree_node_by_node() {
    let file = golden("tree.json");
    for case in list(&file["cases"]) {
        let name = text(&case["name"]);
        let own = file["tolerance"]["by_case"].get(name);
        let tolerance = number(own.unwrap_or(&file["tolerance"]["relative"]));
        let model = tree(train("tree", &case_settings(case), case_data(case), 3).0);
        let (ours, theirs) = (preorder(&model), list(&case["nodes"]));
        assert_eq!(ours.len(), theirs.len(), "{name}");
        for (index, (ours, theirs)) in ours.iter().zip(theirs.iter().map(numbers)).enumerate() {
            let what = format!("{name}, node {index}");
            assert_eq!([ours[0], ours[2]], [theirs[0], theirs[2]], "{what}");
            let of_table = if case.get("sample").is_some() {
                1e-6
            } else {
                0.0
            };
            assert_close(&what, &ours[1..2], &theirs[1..2], of_table, theirs[1].abs());
            let scale = theirs[5..].iter().fold(1.0_f64, |max, v| max.max(v.abs()));
            assert_close(&what, &ours[3..4], &theirs[3..4], 1e-9, theirs[3]);
            assert_close(&what, &ours[4..5], &theirs[4..5], tolerance, 1.0);
            assert_close(&what, &ours[5..], &theirs[5..], 1e-12, scale);
        }
        let importances = numbers(&case["importances"]);
        assert_close(
            name,
            &model.importances(),
            &importances,
            tolerance.max(1e-9),
            1.0,
        );
    }
}

#[test]
fn pruning_paths_agree() {
    let file = golden("tree.json");
    for case in list(&file["cases"]) {
        let name = text(&case["name"]);
        let own = file["tolerance"]["by_case"].get(name);
        let tolerance = number(own.unwrap_or(&file["tolerance"]["relative"]));
        let mut settings = case_settings(case);
        settings.remove("ccp_alpha");
        let path = tree(train("tree", &settings, case_data(case), 3).0).pruning_path();
        let alphas: Vec<f64> = path.iter().map(|stage| stage.alpha).collect();
        let impurities: Vec<f64> = path.iter().map(|stage| stage.impurity).collect();
        assert_close(
            name,
            &alphas,
            &numbers(&case["path"]["alphas"]),
            tolerance,
            1.0,
        );
        let expected = numbers(&case["path"]["impurities"]);
        for index in 0..path.len() {
            // Branches of the same worth may fall in any order; what is left then is the same.
            let is_last = path
                .get(index + 1)
                .is_none_or(|next| next.alpha > alphas[index] + 1e-6);
            if is_last {
                assert_close(
                    name,
                    &[impurities[index]],
                    &[expected[index]],
                    tolerance,
                    1.0,
                );
            }
        }
        assert_eq!(path.last().unwrap().n_leaves, 1, "{name}");
    }
}

fn xor() -> Arc<Dataset> {
    let x = Array2::from_shape_fn((40, 2), |(i, j)| (i >> j & 1) as f64);
    let y = (0..40).map(|i| f64::from((i & 1) ^ (i >> 1 & 1))).collect();
    dataset(x, classes(y))
}

#[test]
fn a_split_that_gains_nothing_may_come_first() {
    let (model, progress) = train("tree", &Settings::default(), xor(), 1);
    let model = tree(model);
    assert_eq!(model.tree().n_leaves(), 4);
    assert_eq!(progress.loss, Some(0.0));
    // Both features are as good: the lower wins.
    let root = model.tree().kind(0);
    assert!(
        matches!(
            root,
            Kind::Split {
                feature: 0,
                threshold: 0.5,
                ..
            }
        ),
        "{root:?}"
    );
}

#[test]
fn neighbors_in_the_last_bit_are_told_apart() {
    let next = |v: f64| f64::from_bits(v.to_bits() + 1);
    for (a, b) in [(1.0, next(1.0)), (0.0, 5e-324), (-f64::MAX, f64::MAX)] {
        let x = Array2::from_shape_vec((4, 1), vec![a, b, a, b]).unwrap();
        let data = dataset(x.clone(), classes(vec![0.0, 1.0, 0.0, 1.0]));
        let (model, _) = train("tree", &Settings::default(), data.clone(), 1);
        assert_eq!(model.loss(&data), Some(0.0), "{a} and {b}");
    }
}

#[test]
fn a_chain_of_any_depth_is_grown_walked_pruned_and_stored() {
    // Each value is another class than its neighbors, and the least is cut off each time.
    let n = 20_000_u32;
    let x = Array2::from_shape_fn((n as usize, 1), |(i, _)| i as f64);
    let y = (0..n)
        .map(|i| f64::from(i) * f64::from(i) * f64::from(i))
        .collect();
    let data = dataset(x, Target::Values(y));
    let (model, _) = train("tree", &Settings::default(), data.clone(), 1);
    let grown = tree(model.clone());
    assert_eq!(grown.tree().n_leaves(), n as usize);
    assert_eq!(model.loss(&data), Some(0.0));
    // A chain as no data of this size would make it.
    let chain = chain(100_000);
    assert_eq!(chain.tree().depth(), 100_000);
    let deep = chain.predict(ndarray::array![[1e6], [0.5]].view());
    assert_eq!(format!("{deep:?}").matches("1.0").count(), 1, "{deep:?}");
    assert_eq!(TreeModel::from_parts(&chain.to_parts()).unwrap(), chain);
}

/// A tree of `depth` splits, each on the right of the last.
fn chain(depth: u32) -> TreeModel {
    let n = 2 * depth as usize + 1;
    let mut parts = Parts::default();
    parts.put("n_features", 1);
    parts.put("criterion", "squared_error");
    parts.put_codes("n_nodes", &[n as u32]);
    parts.put_codes("feature", &vec![0; n]);
    let left = |i: u32| {
        if i.is_multiple_of(2) && i / 2 < depth {
            i + 1
        } else {
            0
        }
    };
    parts.put_codes("left", &(0..n as u32).map(left).collect::<Vec<_>>());
    let threshold = |i: usize| {
        if left(i as u32) > 0 {
            (i / 2) as f64
        } else {
            0.0
        }
    };
    parts.put_vector("threshold", &(0..n).map(threshold).collect::<Vec<_>>());
    parts.put_codes("n_samples", &vec![1; n]);
    let mut values = vec![0.0; depth as usize + 1];
    values[depth as usize] = 1.0;
    parts.put_vector("values", &values);
    for name in ["node_values", "impurity", "weight"] {
        parts.put_vector(name, &vec![1.0; n]);
    }
    TreeModel::from_parts(&parts).unwrap()
}

#[test]
fn hostile_parts_are_refused() {
    let good = chain(3).to_parts();
    let refuse = |what: &str, change: &dyn Fn(&mut Parts)| {
        let mut parts = good.clone();
        change(&mut parts);
        let error = TreeModel::from_parts(&parts).err();
        let error = error.unwrap_or_else(|| panic!("{what} is taken"));
        assert_eq!(error.code().as_str(), "bad_artifact", "{what}: {error}");
    };
    let codes = |name: &'static str, at: usize, value: u32| {
        move |parts: &mut Parts| {
            if let TensorData::U32(data) = &mut parts.tensors.get_mut(name).unwrap().data {
                data[at] = value;
            }
        }
    };
    refuse("a loop", &codes("left", 2, 1));
    refuse("a child of itself", &codes("left", 2, 2));
    refuse("two parents", &codes("left", 4, 3));
    refuse("a child beyond the end", &codes("left", 6, 7));
    refuse("half a pair of children", &codes("left", 4, 6));
    refuse("nodes out of reach", &codes("left", 4, 0));
    refuse("a feature out of range", &codes("feature", 0, 1));
    refuse("more nodes than there are", &codes("n_nodes", 0, 9));
    refuse("no nodes", &codes("n_nodes", 0, 0));
    refuse("too many features", &|p| p.put("n_features", 0));
    refuse("an unknown criterion", &|p| p.put("criterion", "?"));
    refuse("too few values", &|p| p.put_vector("values", &[1.0]));
    refuse("shares that are none", &|p| p.put("n_classes", 2));
    refuse("a threshold that is not finite", &|p| {
        p.put_vector("threshold", &[f64::NAN; 7])
    });
    refuse("no weight", &|p| p.put_vector("weight", &[0.0; 7]));
}

#[test]
fn a_large_weight_is_a_repeated_row() {
    let mut rng = Rng::new(2);
    let x = Array2::from_shape_fn((60, 3), |_| rng.normal());
    let y: Vec<f64> = x.rows().into_iter().map(|row| row[0] * row[1]).collect();
    let repeats = |row: usize| row % 3;
    let rows: Vec<usize> = (0..60).flat_map(|row| vec![row; repeats(row)]).collect();
    let mut weighted = dataset(x, Target::Values(y));
    let repeated = Arc::new(weighted.select(&rows));
    Arc::make_mut(&mut weighted).weights = Some((0..60).map(|row| repeats(row) as f64).collect());
    let settings = settings([("max_leaf_nodes", Setting::Number(9.0))]);
    let fit = |data: Arc<Dataset>| preorder(&tree(train("tree", &settings, data, 1).0));
    for (a, b) in fit(weighted).iter().zip(fit(repeated)) {
        assert_eq!(a[..2], b[..2]);
        assert_close("weight, impurity and value", &a[3..], &b[3..], 1e-12, 1.0);
    }
}

#[test]
fn the_loss_falls_with_every_split_and_ends_with_the_impurity_of_the_leaves() {
    let data = case_data(&golden("tree.json")["cases"][0]);
    let mut trainer = Algorithm::find("tree", &Settings::default())
        .unwrap()
        .begin(data.clone(), &Rng::new(4))
        .unwrap();
    let mut last = trainer.model().loss(&data).unwrap();
    loop {
        let progress = trainer.step().unwrap();
        let loss = progress.loss.unwrap();
        assert!(loss <= last + 1e-15);
        assert_close(
            "loss",
            &[loss],
            &[trainer.model().loss(&data).unwrap()],
            1e-12,
            1.0,
        );
        last = loss;
        if progress.is_done {
            break;
        }
    }
}

#[test]
fn targets_of_any_size_are_split() {
    for scale in [1e-200, 1e-12, 1.0, 1e12, 1e200] {
        let x = Array2::from_shape_fn((30, 1), |(i, _)| i as f64);
        let y: Vec<f64> = (0..30)
            .map(|i| f64::from(i / 10 * (i / 10 + 1)) * scale)
            .collect();
        for criterion in ["squared_error", "absolute_error"] {
            let settings = settings([("criterion", Setting::Text(criterion.into()))]);
            let data = dataset(x.clone(), Target::Values(y.clone()));
            let model = tree(train("tree", &settings, data, 1).0);
            assert_eq!(model.tree().n_leaves(), 3, "{criterion}, {scale:e}");
        }
    }
}

#[test]
fn the_contract_is_kept() {
    let file = golden("tree.json");
    for case in list(&file["cases"]) {
        check_contract("tree", &case_settings(case), &case_data(case));
    }
}
