//! Gaps that are left to the algorithm, codes of categories, and weights of rows.

// The helpers of a test may panic as the test itself may; the lint knows only the latter.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use handlens::data::{ReadOptions, Table, read};
use handlens::error::{Code, Result};
use handlens::prepare::{ColumnRecipe, Dataset, Pipeline, Recipe, Role, Task};
use handlens::protocol::{ModelId, Request, Response, RunSpec, TableId};
use handlens::session::Session;
use handlens::settings::Setting;

const CSV: &str = "size,color,is_new,weight,price\n\
    1.5,red,true,1,10\n,blue,false,2,20\n3,,true,0,30\n2,red,,1,15\n4,green,false,3,41\n";

fn table(csv: &str) -> Table {
    read(csv.as_bytes(), &ReadOptions::default()).unwrap().table
}

/// A recipe that leaves every gap and codes every category.
fn keeping() -> Recipe {
    let mut recipe = Recipe::default();
    for (step, value) in [
        ("impute", "keep"),
        ("impute_category", "keep"),
        ("encode", "ordinal"),
        ("scale", "none"),
    ] {
        recipe.default_step(step, Setting::Text(value.into()));
    }
    recipe
}

fn weighing(mut recipe: Recipe, column: &str) -> Recipe {
    let own = ColumnRecipe {
        role: Role::Weight,
        ..ColumnRecipe::default()
    };
    recipe.columns.insert(column.into(), own);
    recipe
}

fn prepare(csv: &str, recipe: &Recipe) -> Result<(Pipeline, Dataset)> {
    let table = table(csv);
    let pipeline = recipe.fit(&table, Some(("price", Task::Regression)))?;
    let dataset = pipeline.transform(&table, true)?.dataset;
    Ok((pipeline, dataset))
}

#[test]
fn gaps_that_are_kept_are_nan_and_drop_no_row() {
    let (pipeline, data) = prepare(CSV, &keeping()).unwrap();
    assert_eq!(data.feature_names, ["size", "color", "is_new", "weight"]);
    assert_eq!(data.is_category, [false, true, false, false]);
    assert_eq!(data.rows, [0, 1, 2, 3, 4]);
    let gaps: Vec<(usize, usize)> = data
        .x
        .indexed_iter()
        .filter(|(_, v)| v.is_nan())
        .map(|(place, _)| place)
        .collect();
    assert_eq!(gaps, [(1, 0), (2, 1), (3, 2)]);
    assert!(pipeline.describe()[0].contains("left to the algorithm"));
}

#[test]
fn a_level_that_was_never_seen_is_minus_one() {
    let (pipeline, _) = prepare(CSV, &keeping()).unwrap();
    let rows = table("size,color,is_new,weight\n1,violet,true,1\n2,red,true,1\n");
    let data = pipeline.transform(&rows, false).unwrap().dataset;
    assert_eq!(data.x.column(1).to_vec(), [-1.0, 2.0]);
}

#[test]
fn a_constant_column_with_gaps_still_tells_something() {
    let csv = "size,other,price\n1,1,10\n,2,20\n1,3,30\n";
    let (_, data) = prepare(csv, &keeping()).unwrap();
    assert_eq!(data.feature_names, ["size", "other"]);
    let (_, data) = prepare(csv, &Recipe::default()).unwrap();
    assert_eq!(data.feature_names, ["other"]);
}

#[test]
fn a_gap_in_one_hot_columns_is_all_zeros() {
    let mut recipe = keeping();
    let one_hot = Setting::Text("one_hot".into());
    recipe.settings.insert("encode".into(), one_hot);
    let (_, data) = prepare(CSV, &recipe).unwrap();
    let row = data.x.row(2).to_vec();
    assert_eq!(row[1..4], [0.0, 0.0, 0.0]);
}

#[test]
fn a_weight_is_no_feature_but_says_how_much_a_row_counts() {
    let recipe = weighing(keeping(), "weight");
    let (pipeline, data) = prepare(CSV, &recipe).unwrap();
    assert_eq!(data.feature_names, ["size", "color", "is_new"]);
    assert_eq!(data.weights, Some(vec![1.0, 2.0, 0.0, 1.0, 3.0]));
    assert_eq!(pipeline.weight(), Some("weight"));
    let rows = table("size,color,is_new\n1,red,true\n");
    let unweighted = pipeline.transform(&rows, false).unwrap().dataset;
    assert_eq!(unweighted.weights, None);
}

#[test]
fn weights_that_are_none_are_refused_with_their_row() {
    for (cell, what) in [("-1", "is -1"), ("", "is missing")] {
        let csv = CSV.replace("blue,false,2,", &format!("blue,false,{cell},"));
        let error = prepare(&csv, &weighing(keeping(), "weight")).unwrap_err();
        assert_eq!(error.code(), Code::NotFinite);
        assert!(error.to_string().contains(what), "{error}");
        assert!(error.to_string().contains("Row 2"), "{error}");
    }
    let error = prepare(CSV, &weighing(keeping(), "color")).unwrap_err();
    assert_eq!(error.code(), Code::WrongType);
    let both = weighing(weighing(keeping(), "weight"), "size");
    assert_eq!(prepare(CSV, &both).unwrap_err().code(), Code::BadSetting);
}

#[test]
fn pipelines_written_before_gaps_could_be_kept_still_load() {
    let (pipeline, _) = prepare(CSV, &Recipe::default()).unwrap();
    let text = serde_json::to_string(&pipeline).unwrap();
    assert!(!text.contains("keeps_gaps") && !text.contains("weight\":\""));
    let (kept, _) = prepare(CSV, &keeping()).unwrap();
    let text = serde_json::to_string(&kept).unwrap();
    assert_eq!(serde_json::from_str::<Pipeline>(&text).unwrap(), kept);
}

/// A session that holds one table.
struct Lab(Session, TableId);

impl Lab {
    fn new(csv: &str) -> Self {
        let mut session = Session::new();
        let request = Request::Read {
            name: "table".into(),
            options: ReadOptions::default(),
        };
        match session.handle(request, csv.as_bytes()).unwrap().response {
            Response::Table(summary) => Self(session, summary.table),
            other => panic!("{other:?}"),
        }
    }

    fn ask(&mut self, request: Request) -> Result<Response> {
        Ok(self.0.handle(request, &[])?.response)
    }

    fn begin(&mut self, algorithm: &str, recipe: Recipe) -> Result<ModelId> {
        let spec = RunSpec {
            table: self.1,
            target: Some("price".into()),
            task: Some(Task::Regression),
            algorithm: algorithm.into(),
            settings: Default::default(),
            recipe,
            test_size: 0.0,
            seed: 1,
        };
        match self.ask(Request::Train { spec })? {
            Response::Training(summary) => Ok(summary.model),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn an_algorithm_that_cannot_have_gaps_says_so() {
    let error = Lab::new(CSV).begin("ridge", keeping()).unwrap_err();
    assert_eq!(error.code(), Code::DoesNotFit);
    let text = error.to_string();
    assert!(text.contains("size") && text.contains("gaps"), "{text}");
}

#[test]
fn an_algorithm_that_cannot_weigh_says_so() {
    let recipe = weighing(Recipe::default(), "weight");
    let error = Lab::new(CSV).begin("knn", recipe).unwrap_err();
    assert_eq!(error.code(), Code::DoesNotFit);
    assert!(error.to_string().contains("weigh"), "{error}");
}

/// A number with gaps that tell something, a category, noise, and a price that follows.
fn telling_table(n: i32) -> String {
    let mut csv = String::from("size,color,noise,weight,price\n");
    for row in 0..n {
        let (size, color) = (row % 11, ["red", "green", "blue"][row as usize % 3]);
        let is_gap = row % 5 == 0;
        let known = if is_gap { 50 } else { size };
        let price = known + [0, 20, -10][row as usize % 3];
        let size = if is_gap {
            String::new()
        } else {
            size.to_string()
        };
        let (noise, weight) = (row * 37 % 101, 1 + row % 2);
        csv += &format!("{size},{color},{noise},{weight},{price}\n");
    }
    csv
}

fn record(cells: &[(&str, serde_json::Value)]) -> handlens::protocol::Record {
    let owned = cells
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()));
    owned.collect()
}

impl Lab {
    fn finish(&mut self, model: ModelId) {
        loop {
            match self.ask(Request::Step { model }).unwrap() {
                Response::Progress(report) if report.progress.is_done => return,
                Response::Progress(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    fn price(&mut self, model: ModelId, cells: &[(&str, serde_json::Value)]) -> f64 {
        let records = vec![record(cells)];
        match self.ask(Request::Predict { model, records }).unwrap() {
            Response::Predictions(found) => match found.rows[0].prediction {
                Some(Setting::Number(price)) => price,
                ref other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn boosting_learns_from_gaps_and_levels_as_they_are() {
    let mut lab = Lab::new(&telling_table(600));
    let recipe = weighing(Recipe::default(), "weight");
    let model = lab.begin("hist_gradient_boosting", recipe).unwrap();
    lab.finish(model);
    let gap = serde_json::Value::Null;
    let cells = |size: serde_json::Value, color: serde_json::Value| {
        [("size", size), ("color", color), ("noise", 40.into())]
    };
    let price = lab.price(model, &cells(gap.clone(), "green".into()));
    assert!((price - 70.0).abs() < 1.0, "{price}");
    let price = lab.price(model, &cells(5.into(), "blue".into()));
    assert!((price - -5.0).abs() < 1.0, "{price}");
    // A gap or a new level where training had none still gets an answer.
    let unseen = lab.price(model, &cells(5.into(), "violet".into()));
    let missing = lab.price(model, &cells(5.into(), gap));
    assert_eq!(unseen, missing);
    match lab.ask(Request::Inspect { model }).unwrap() {
        Response::Model(summary) => {
            let names: Vec<&str> = summary.inputs.iter().map(|i| i.name.as_str()).collect();
            assert_eq!(names, ["size", "color", "noise"]);
            assert!(summary.inputs.iter().all(|input| input.keeps_gaps));
            assert!(summary.steps[0].contains("left to the algorithm"));
        }
        other => panic!("{other:?}"),
    }
}
