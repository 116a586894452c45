//! Every algorithm has its own picture and a place in the plane, at every step of its training
//! and after it was stored. With `HANDLENS_FIGURES` set to a folder the pictures are written
//! there to be looked at.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what helps a test may panic as the test may"
)]

use handlens::data::sample_bytes;
use handlens::models::{Info, catalogue};
use handlens::plot::Style;
use handlens::prepare::{Recipe, Task};
use handlens::protocol::{FigureSpec, ModelId, PlaneAxes, Request, Response, RunSpec, TableId};
use handlens::session::Session;
use handlens::settings::{Setting, Settings};

/// Steps after which pictures are drawn, beside the last.
const LOOKS: [usize; 4] = [0, 1, 4, 12];
/// Steps of a training at most: pictures of a long one are drawn before its end.
const MOST_STEPS: usize = 400;

/// What suits a task: a sample and its target.
fn table_of(task: Task) -> (&'static str, Option<&'static str>) {
    match task {
        Task::Classification => ("penguins", Some("species")),
        Task::Regression => ("diabetes", Some("disease_progression")),
        Task::Clustering | Task::Projection | Task::Anomaly => ("penguins", None),
    }
}

fn read(session: &mut Session, id: &str) -> TableId {
    let request = Request::Read {
        name: id.into(),
        options: Default::default(),
    };
    let reply = session.handle(request, sample_bytes(id).unwrap()).unwrap();
    match reply.response {
        Response::Table(summary) => summary.table,
        other => panic!("{other:?}"),
    }
}

fn spec(table: TableId, info: &Info, task: Task, target: Option<&str>) -> RunSpec {
    let mut settings = Settings::new();
    if info
        .hyperparameters
        .iter()
        .any(|h| h.name == "hidden_layer_sizes")
    {
        settings.insert(
            "hidden_layer_sizes".into(),
            Setting::Numbers(vec![8.0, 4.0]),
        );
    }
    let mut recipe = Recipe::default();
    if !info.takes_negatives {
        recipe.default_step("scale", Setting::Text("none".into()));
    }
    RunSpec {
        table,
        target: target.map(str::to_owned),
        task: Some(task),
        algorithm: info.id.into(),
        settings,
        recipe,
        test_size: 0.25,
        seed: 42,
    }
}

/// Draws a figure, reads it in words and as a table, and writes it where pictures are kept.
fn look(session: &mut Session, figure: FigureSpec, name: &str, size: (f64, f64)) -> String {
    let request = Request::Figure {
        slot: "look".into(),
        figure,
    };
    let description = match session.handle(request, &[]).unwrap().response {
        Response::Figure { description, .. } => description,
        other => panic!("{other:?}"),
    };
    let style = Style {
        width: size.0,
        height: size.1,
        is_titled: true,
        ..Style::default()
    };
    let figure = session.figure("look").unwrap();
    let svg = figure.svg(&style).unwrap();
    assert!(!svg.contains("NaN") && !svg.contains("inf\""), "{name}");
    figure.table();
    for place in 0..100 {
        let (x, y) = (f64::from(place % 10) / 10.0, f64::from(place / 10) / 10.0);
        figure.probe(x * size.0, y * size.1, &style);
    }
    if let Ok(folder) = std::env::var("HANDLENS_FIGURES") {
        std::fs::write(format!("{folder}/{name}.svg"), svg).unwrap();
    }
    description
}

fn look_at(session: &mut Session, model: ModelId, name: &str) -> String {
    let plane = FigureSpec::Plane {
        model,
        axes: PlaneAxes::Auto,
        resolution: 48,
    };
    look(session, plane, &format!("{name}_plane"), (470.0, 480.0));
    look(
        session,
        FigureSpec::Loss { model },
        &format!("{name}_loss"),
        (320.0, 240.0),
    );
    let anatomy = || FigureSpec::Anatomy { model };
    look(session, anatomy(), &format!("{name}_wide"), (860.0, 460.0));
    look(session, anatomy(), &format!("{name}_own"), (320.0, 260.0))
}

#[test]
fn every_algorithm_has_its_own_picture() {
    let chosen = std::env::var("HANDLENS_ALGORITHM").ok();
    let mut session = Session::new();
    for entry in catalogue() {
        let info = entry.info;
        if chosen.as_deref().is_some_and(|id| id != info.id) {
            continue;
        }
        for &task in info.tasks {
            let (sample, target) = table_of(task);
            let table = read(&mut session, sample);
            let spec = spec(table, info, task, target);
            let response = session.handle(Request::Train { spec }, &[]);
            let model = match response
                .unwrap_or_else(|e| panic!("{}: {e}", info.id))
                .response
            {
                Response::Training(summary) => summary.model,
                other => panic!("{other:?}"),
            };
            let name = format!("{}_{}", info.id, format!("{task:?}").to_lowercase());
            let mut description = String::new();
            for step in 0..MOST_STEPS {
                if LOOKS.contains(&step) {
                    description = look_at(&mut session, model, &format!("{name}_{step:03}"));
                }
                let reply = session.handle(Request::Step { model }, &[]).unwrap();
                let Response::Progress(report) = reply.response else {
                    panic!("no progress");
                };
                if report.progress.is_done || step + 1 == MOST_STEPS {
                    description = look_at(&mut session, model, &format!("{name}_end"));
                    break;
                }
            }
            assert!(!description.is_empty(), "{name}");
            let saved = session.handle(Request::Save { model }, &[]).unwrap();
            let load = Request::Load {
                name: String::new(),
            };
            let bytes = saved.bytes.unwrap();
            let Response::Model(loaded) = session.handle(load, &bytes).unwrap().response else {
                panic!("{name} was not loaded");
            };
            let anatomy = FigureSpec::Anatomy {
                model: loaded.model,
            };
            look(
                &mut session,
                anatomy,
                &format!("{name}_loaded"),
                (320.0, 260.0),
            );
        }
    }
}
