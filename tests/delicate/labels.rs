//! Labels keep one form from the table to the model, its answers, its file and back.

use handlens::export::Artifact;
use handlens::prepare::Task;
use handlens::protocol::{Request, Response};
use serde_json::json;

use crate::columns::labels;
use crate::lab::{Lab, spec};

#[test]
fn labels_have_one_form() {
    for csv in [
        "a,y\n1,0\n2,1\n",
        "a,y\n1,0.0\n2,1.0\n",
        "a,y\n1,1e0\n2,0\n",
    ] {
        assert_eq!(labels(csv), ["0", "1"], "{csv}");
    }
    assert_eq!(labels("a,y\n1,TRUE\n2,false\n"), ["false", "true"]);
    assert_eq!(
        labels("a,y\n1,2.50\n2,-0.5\n3,1e3\n"),
        ["-0.5", "2.5", "1000"]
    );
    assert_eq!(labels("a,y\n1,007\n2,7b\n"), ["007", "7b"]);
}

/// Two spellings of two classes, and the form that all answers must have.
const SPELLINGS: &[([&str; 2], [&str; 2])] = &[
    (["0", "1"], ["0", "1"]),
    (["0.0", "1.0"], ["0", "1"]),
    (["1e3", "-2.50"], ["1000", "-2.5"]),
    (["False", "TRUE"], ["false", "true"]),
    (["007", "7b"], ["007", "7b"]),
    (["\u{e9}", "e\u{301}"], ["\u{e9}", "e\u{301}"]),
];

#[test]
fn labels_keep_their_form_in_model_answers_and_file() {
    for (spelled, printed) in SPELLINGS {
        let row = |i: usize| format!("{i},{}\n", spelled[i / 10]);
        let csv = "a,y\n".to_owned() + &(0..20).map(row).collect::<String>();
        let mut lab = Lab::new();
        let table = lab.read("t.csv", csv.as_bytes()).table;
        let mut wanted = spec(table, Some("y"), "tree");
        wanted.task = Some(Task::Classification);
        wanted.test_size = 0.0;
        let model = lab.train(wanted);
        let bytes = lab.save(model);
        let mut sorted = printed.map(str::to_owned).to_vec();
        let artifact = Artifact::from_bytes(&bytes).unwrap();
        let mut stored = artifact.pipeline.labels().to_vec();
        sorted.sort();
        stored.sort();
        assert_eq!(stored, sorted, "{spelled:?}");
        let loaded = lab.load(&bytes).unwrap();
        for model in [model, loaded] {
            let (_, written) = lab.predict_table(model, table);
            let first = |line: &str| line.split(',').next().unwrap().to_owned();
            let found: Vec<String> = written.lines().skip(1).map(first).collect();
            let expected: Vec<&str> = (0..20).map(|i| printed[i / 10]).collect();
            assert_eq!(found, expected, "{spelled:?}");
            for (a, class) in [(3, 0), (15, 1)] {
                let record = json!({ "a": a }).as_object().unwrap().clone();
                let records = vec![record];
                let request = Request::Predict { model, records };
                let Response::Predictions(answer) = lab.ask(request, &[]).unwrap().response else {
                    panic!("no predictions")
                };
                // A text even where it reads like a number.
                assert_eq!(json!(answer.rows[0].prediction), json!(printed[class]));
                let told: Vec<&str> = answer.labels.iter().map(String::as_str).collect();
                assert!(told.contains(&printed[class]), "{told:?}");
            }
        }
    }
}
