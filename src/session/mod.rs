//! The session: tables, models and figures by handle, and one door, [`Session::handle`].
//!
//! It holds state and nothing else: no clock, no files, no browser. Whoever owns it decides
//! when to step a training; a model can be asked at any time, after any number of steps.

#[cfg(feature = "catalogue")]
mod ask;
mod figures;
mod inspect;
mod judge;
mod predict;
#[cfg(feature = "catalogue")]
mod predictor;
mod prepared;
mod suggest;
mod tables;
mod training;

use std::collections::BTreeMap;

use crate::error::{Code, Error, Result};
use crate::evaluate::Evaluation;
#[cfg(feature = "catalogue")]
use crate::export::Outlet;
use crate::export::{Artifact, Losses, Provenance};
use crate::models::{Algorithm, Model};
use crate::plot::Figure;
use crate::prepare::{Pipeline, Task};
use crate::protocol::{Catalogue, ModelId, Reply, Request, Response, TableId};
#[cfg(feature = "catalogue")]
use crate::rest;
pub(crate) use predict::{cell_value, predict_rows, predict_typical};
#[cfg(feature = "catalogue")]
pub use predictor::Predictor;
use tables::HeldTable;
use training::Training;

/// Tables, models and figures of one user.
#[derive(Default)]
pub struct Session {
    tables: BTreeMap<TableId, HeldTable>,
    models: BTreeMap<ModelId, HeldModel>,
    figures: BTreeMap<String, Figure>,
    #[cfg(feature = "catalogue")]
    asked: Option<ask::Asked>,
    last_id: u32,
}

/// A model and, while it is held by the session that trained it, its training.
struct HeldModel {
    name: String,
    task: Task,
    algorithm: Algorithm,
    pipeline: Pipeline,
    provenance: Provenance,
    state: State,
    /// Known once asked for, until the next step.
    evaluation: Option<Evaluation>,
}

/// Where the model itself is.
enum State {
    Trained(Box<Training>),
    /// The model, and the losses of its training.
    Loaded(Box<Model>, Vec<Losses>),
}

impl HeldModel {
    /// A model from the bytes of an artifact.
    fn load(bytes: &[u8]) -> Result<Self> {
        let artifact = Artifact::from_bytes(bytes)?;
        Ok(Self {
            name: artifact.name,
            task: artifact.task,
            algorithm: Algorithm::find(&artifact.algorithm, &artifact.settings)?,
            pipeline: artifact.pipeline,
            provenance: artifact.provenance,
            state: State::Loaded(Box::new(artifact.model), artifact.curve),
            evaluation: artifact.evaluation,
        })
    }

    /// The model as it is now.
    fn model(&self) -> Model {
        match &self.state {
            State::Trained(training) => training.model(),
            State::Loaded(model, _) => model.as_ref().clone(),
        }
    }

    fn training(&self) -> Result<&Training> {
        match &self.state {
            State::Trained(training) => Ok(training),
            State::Loaded(..) => Err(Error::new(
                Code::BadRequest,
                "This model was loaded from a file, without the rows it learnt from. Judge it on a table instead.",
            )
            .in_field("model")),
        }
    }

    fn artifact(&self) -> Artifact {
        Artifact {
            name: self.name.clone(),
            task: self.task,
            algorithm: self.algorithm.info().id.to_owned(),
            settings: self.algorithm.settings().clone(),
            pipeline: self.pipeline.clone(),
            model: self.model(),
            evaluation: self.evaluation.clone(),
            provenance: self.provenance.clone(),
            curve: match &self.state {
                State::Trained(training) => training.curve(),
                State::Loaded(_, curve) => curve.clone(),
            },
        }
    }
}

impl Session {
    /// An empty session.
    pub fn new() -> Self {
        Self::default()
    }

    /// Answers a request. `bytes` are those that some requests bring beside them; the others
    /// ignore them.
    ///
    /// A request that fails changes nothing.
    ///
    /// # Errors
    /// [`Code::NotFound`] for a handle that is not held, and whatever the work itself may
    /// say: every message is meant for the user.
    pub fn handle(&mut self, request: Request, bytes: &[u8]) -> Result<Reply> {
        match request {
            Request::Catalogue => Ok(Response::Catalogue(Catalogue::new()).into()),
            Request::Read { name, options } => self.read(name, &options, bytes),
            #[cfg(feature = "catalogue")]
            Request::ReadMatrix {
                name,
                n_columns,
                names,
                target,
                labels,
            } => {
                let target = target.map(|kind| tables::MatrixTarget { kind, labels });
                self.read_matrix(name, n_columns, names, target, bytes)
            }
            #[cfg(feature = "catalogue")]
            Request::Generate {
                generator,
                settings,
                seed,
            } => self.generate(&generator, &settings, seed),
            #[cfg(feature = "catalogue")]
            Request::Retype {
                table,
                column,
                column_type,
            } => self.retype(table, &column, column_type),
            #[cfg(feature = "catalogue")]
            Request::Rows {
                table,
                start,
                count,
            } => self.rows(table, start, count),
            Request::Suggest {
                table,
                target,
                task,
            } => self.suggest(table, target, task),
            Request::Train { spec } => self.train(spec),
            Request::Step { model } => self.step(model),
            Request::Evaluate { model } => self.evaluate(model),
            #[cfg(feature = "catalogue")]
            Request::EvaluateOn { model, table } => self.evaluate_on(model, table),
            Request::Inspect { model } => self.inspect(model),
            #[cfg(feature = "catalogue")]
            Request::Predict { model, records } => self.predict(model, &records),
            #[cfg(feature = "catalogue")]
            Request::PredictTable {
                model,
                table,
                preview,
                includes_input,
                is_formula_safe,
            } => {
                let form = predict::CsvForm {
                    includes_input,
                    is_formula_safe,
                };
                self.predict_table(model, table, preview, form)
            }
            #[cfg(feature = "catalogue")]
            Request::PredictMatrix { model } => self.predict_matrix(model, bytes),
            #[cfg(feature = "catalogue")]
            Request::ExampleRecord { model, table, row } => self.example_record(model, table, row),
            Request::Save { model } => self.save(model),
            #[cfg(feature = "catalogue")]
            Request::Export { model, outlet } => self.export(model, &outlet, bytes),
            #[cfg(feature = "catalogue")]
            Request::Ask {
                model,
                name,
                method,
                path,
                content_type,
            } => {
                let asked = rest::Request {
                    method: &method,
                    path: &path,
                    content_type: content_type.as_deref(),
                    body: bytes,
                };
                self.ask(model, name, &asked)
            }
            #[cfg(feature = "catalogue")]
            Request::InspectPickle => {
                Ok(Response::Pickle(Box::new(crate::data::inspect_pickle(bytes))).into())
            }
            #[cfg(feature = "catalogue")]
            Request::Load { name } => self.load(name, bytes),
            Request::Figure { slot, figure } => self.make_figure(slot, &figure),
            #[cfg(feature = "catalogue")]
            Request::Svg { slot, style } => self.svg(&slot, &style),
            Request::Probe { slot, style, x, y } => self.probe(&slot, &style, x, y),
            #[cfg(feature = "catalogue")]
            Request::FigureTable { slot } => self.figure_table(&slot),
            Request::ForgetTable { table } => self.forget_table(table),
            Request::ForgetModel { model } => self.forget_model(model),
        }
    }

    fn new_id(&mut self) -> u32 {
        self.last_id += 1;
        self.last_id
    }

    fn table(&self, id: TableId) -> Result<&HeldTable> {
        self.tables.get(&id).ok_or_else(|| not_found("table", id))
    }

    fn model(&self, id: ModelId) -> Result<&HeldModel> {
        self.models.get(&id).ok_or_else(|| not_found("model", id))
    }

    fn model_mut(&mut self, id: ModelId) -> Result<&mut HeldModel> {
        self.models
            .get_mut(&id)
            .ok_or_else(|| not_found("model", id))
    }

    /// The figure of a slot, ready to be drawn.
    ///
    /// # Errors
    /// [`Code::NotFound`] where nothing was made in the slot.
    pub fn figure(&self, slot: &str) -> Result<&Figure> {
        self.figures.get(slot).ok_or_else(|| {
            let message = format!("There is no figure in the slot \u{201c}{slot}\u{201d}.");
            Error::new(Code::NotFound, message).in_field("slot")
        })
    }

    fn save(&mut self, id: ModelId) -> Result<Reply> {
        let bytes = self.artifact(id)?.to_bytes()?;
        Ok(Reply {
            response: Response::Done,
            bytes: Some(bytes),
        })
    }

    #[cfg(feature = "catalogue")]
    fn export(&mut self, id: ModelId, outlet: &str, shell: &[u8]) -> Result<Reply> {
        let exported = Outlet::find(outlet)?.export(&self.artifact(id)?, shell)?;
        Ok(Reply {
            response: Response::Exported {
                file_name: exported.file_name,
                media_type: exported.media_type,
            },
            bytes: Some(exported.bytes),
        })
    }

    /// The artifact carries its metrics, so they are measured before it is written.
    fn artifact(&mut self, id: ModelId) -> Result<Artifact> {
        if matches!(self.model(id)?.state, State::Trained(_)) {
            self.evaluate(id)?;
        }
        Ok(self.model(id)?.artifact())
    }

    fn load(&mut self, name: String, bytes: &[u8]) -> Result<Reply> {
        let mut held = HeldModel::load(bytes)?;
        if !name.is_empty() {
            held.name = name;
        }
        let id = self.new_id();
        self.models.insert(id, held);
        self.inspect(id)
    }

    fn forget_table(&mut self, id: TableId) -> Result<Reply> {
        self.tables
            .remove(&id)
            .ok_or_else(|| not_found("table", id))?;
        Ok(Response::Done.into())
    }

    fn forget_model(&mut self, id: ModelId) -> Result<Reply> {
        self.models
            .remove(&id)
            .ok_or_else(|| not_found("model", id))?;
        #[cfg(feature = "catalogue")]
        self.forget_asked(id);
        Ok(Response::Done.into())
    }
}

fn not_found(what: &str, id: u32) -> Error {
    Error::new(
        Code::NotFound,
        format!("There is no {what} {id} in this session."),
    )
    .in_field(what)
}
