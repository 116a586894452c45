//! Thresholds between numbers that single precision cannot tell apart, in the file of a model and
//! in what is exported from it.

use handlens::export::{Artifact, Outlet, code};
use handlens::prepare::Task;

use crate::lab::{Lab, spec};

/// Pairs that differ in the last bit of double precision, far below that of single precision.
fn rows() -> String {
    let next = |v: f64| f64::from_bits(v.to_bits() + 1);
    let row = |i: u32| {
        let low = 1.0 + f64::from(i / 2 % 7) * 0.37;
        let a = if i.is_multiple_of(2) { low } else { next(low) };
        format!("{a:?},{}\n", ["down", "up"][(i % 2) as usize])
    };
    "a,y\n".to_owned() + &(0..280).map(row).collect::<String>()
}

#[test]
fn thresholds_keep_all_their_bits_in_file_program_and_graph() {
    for algorithm in [
        "tree",
        "random_forest",
        "extra_trees",
        "hist_gradient_boosting",
    ] {
        let mut lab = Lab::new();
        let csv = rows();
        let table = lab.read("t.csv", csv.as_bytes()).table;
        let mut wanted = spec(table, Some("y"), algorithm);
        wanted.task = Some(Task::Classification);
        wanted.test_size = 0.0;
        wanted.recipe.default_step("scale", crate::word("none"));
        let model = lab.train(wanted);
        let bytes = lab.save(model);
        let loaded = lab.load(&bytes).unwrap();
        let truth: Vec<&str> = csv
            .lines()
            .skip(1)
            .map(|l| l.split(',').nth(1).unwrap())
            .collect();
        for model in [model, loaded] {
            let (_, written) = lab.predict_table(model, table);
            let found = written
                .lines()
                .skip(1)
                .map(|line| line.split(',').next().unwrap());
            let right = found.zip(&truth).filter(|(a, b)| a == *b).count();
            assert_eq!(right, truth.len(), "{algorithm}");
        }
        // What runs elsewhere: the program of all languages, and the doubles of the graph.
        let artifact = Artifact::from_bytes(&bytes).unwrap();
        let program = code::lower(&artifact).unwrap();
        for (line, label) in csv.lines().skip(1).zip(&truth) {
            let a: f64 = line.split(',').next().unwrap().parse().unwrap();
            let answer = program.run(&[a]).unwrap();
            let class = artifact
                .pipeline
                .labels()
                .iter()
                .position(|l| l == label)
                .unwrap();
            assert_eq!(answer[0], class as f64, "{algorithm}: {a:?}");
        }
        // The lower of a pair is the threshold that parts it: its eight bytes are in the graph.
        let graph = Outlet::find("onnx")
            .unwrap()
            .export(&artifact, &[])
            .unwrap()
            .bytes;
        let low = 1.37_f64.to_le_bytes();
        assert!(graph.windows(8).any(|eight| eight == low), "{algorithm}");
    }
}
