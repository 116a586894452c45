//! A session and what tests ask of it.

use handlens::data::sample_bytes;
use handlens::error::Result;
use handlens::protocol::{
    Evaluation, ModelId, Predictions, Reply, Request, Response, RunSpec, TableId, TableSummary,
    TrainingSummary, default_seed,
};
use handlens::session::Session;
use handlens::settings::Settings;

/// A session and short names for what tests ask of it.
pub struct Lab(pub Session);

impl Lab {
    pub fn new() -> Self {
        Self(Session::new())
    }

    pub fn ask(&mut self, request: Request, bytes: &[u8]) -> Result<Reply> {
        self.0.handle(request, bytes)
    }

    pub fn read(&mut self, name: &str, bytes: &[u8]) -> TableSummary {
        let request = Request::Read {
            name: name.into(),
            options: Default::default(),
        };
        match self.ask(request, bytes).unwrap().response {
            Response::Table(summary) => summary,
            other => panic!("{other:?}"),
        }
    }

    pub fn sample(&mut self, id: &str) -> TableId {
        self.read(id, sample_bytes(id).unwrap()).table
    }

    pub fn begin(&mut self, spec: RunSpec) -> Result<TrainingSummary> {
        match self.ask(Request::Train { spec }, &[])?.response {
            Response::Training(summary) => Ok(summary),
            other => panic!("{other:?}"),
        }
    }

    pub fn finish(&mut self, model: ModelId) {
        loop {
            match self.ask(Request::Step { model }, &[]).unwrap().response {
                Response::Progress(report) if report.progress.is_done => return,
                Response::Progress(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    pub fn train(&mut self, spec: RunSpec) -> ModelId {
        let model = self.begin(spec).unwrap().model;
        self.finish(model);
        model
    }

    pub fn evaluation(&mut self, model: ModelId) -> Evaluation {
        match self.ask(Request::Evaluate { model }, &[]).unwrap().response {
            Response::Evaluation(evaluation) => evaluation,
            other => panic!("{other:?}"),
        }
    }

    pub fn save(&mut self, model: ModelId) -> Vec<u8> {
        self.ask(Request::Save { model }, &[])
            .unwrap()
            .bytes
            .unwrap()
    }

    pub fn load(&mut self, bytes: &[u8]) -> Result<ModelId> {
        match self
            .ask(
                Request::Load {
                    name: String::new(),
                },
                bytes,
            )?
            .response
        {
            Response::Model(summary) => Ok(summary.model),
            other => panic!("{other:?}"),
        }
    }

    pub fn predict_table(&mut self, model: ModelId, table: TableId) -> (Predictions, String) {
        let request = Request::PredictTable {
            model,
            table,
            preview: usize::MAX,
            includes_input: false,
            is_formula_safe: false,
        };
        let reply = self.ask(request, &[]).unwrap();
        match reply.response {
            Response::Predictions(p) => (p, String::from_utf8(reply.bytes.unwrap()).unwrap()),
            other => panic!("{other:?}"),
        }
    }
}

pub fn spec(table: TableId, target: Option<&str>, algorithm: &str) -> RunSpec {
    RunSpec {
        table,
        target: target.map(str::to_owned),
        task: None,
        algorithm: algorithm.into(),
        settings: Settings::new(),
        recipe: Default::default(),
        test_size: 0.25,
        seed: default_seed(),
    }
}
