//! UMAP as steps: neighbors, the start, then epochs.

use std::sync::Arc;

use ndarray::Array2;

use super::layout::Layout;
use super::spectral::Lanczos;
use super::{Strengths, Umap};
use crate::error::Result;
use crate::models::catalogued::catalogued;
use crate::models::embedding::{EmbeddingModel, Graph, Method, Search, Weaving, principal_places};
use crate::models::neighbors::Index;
use crate::models::rows::entries;
use crate::models::{Model, Progress, Trainer};
use crate::prepare::Dataset;
use crate::rng::Rng;

/// The map at the start: so wide, with so much noise to part equal rows, as in umap-learn.
const WIDTH: f64 = 10.0;
const NOISE: f64 = 1e-4;

/// Edges looked at in one step, some 30 ms, and epochs at most, so that it is worth watching.
const EDGES_A_STEP: usize = 800_000;
const EPOCHS_A_STEP: usize = 10;

/// Products of an edge or a coordinate in one step of the start.
const OPERATIONS_A_STEP: usize = 30_000_000;

/// Trains [`Umap`].
pub(super) struct UmapTrainer {
    settings: Umap,
    rows: Arc<Index>,
    note: Option<String>,
    n_neighbors: usize,
    n_epochs: usize,
    rng: Rng,
    places: Places,
    state: State,
}

enum State {
    Searching(Search),
    Weaving(Box<Weaving>),
    Starting(Graph, Box<Lanczos>),
    LayingOut(Box<Layout>),
}

/// Places of the rows, with coordinates that stay 0 up to a few fixed widths.
enum Places {
    Two(Vec<[f32; 2]>),
    Four(Vec<[f32; 4]>),
    Ten(Vec<[f32; 10]>),
}

/// Runs the same code for each width.
macro_rules! at_width {
    ($places:expr, $inner:ident => $code:expr) => {
        match $places {
            Places::Two($inner) => $code,
            Places::Four($inner) => $code,
            Places::Ten($inner) => $code,
        }
    };
}

impl Places {
    fn new(places: &Array2<f64>) -> Self {
        match places.ncols() {
            0..=2 => Self::Two(padded(places)),
            3..=4 => Self::Four(padded(places)),
            _ => Self::Ten(padded(places)),
        }
    }

    fn to_matrix(&self, n_components: usize) -> Array2<f64> {
        at_width!(self, places => Array2::from_shape_fn((places.len(), n_components), |(i, j)| {
            f64::from(places[i][j])
        }))
    }

    fn advance(&mut self, layout: &mut Layout, n_edges: usize) -> usize {
        at_width!(self, places => layout.advance(places, n_edges))
    }

    fn loss(&self, layout: &Layout) -> f64 {
        at_width!(self, places => layout.loss(places))
    }
}

fn padded<const C: usize>(places: &Array2<f64>) -> Vec<[f32; C]> {
    let row = |row: ndarray::ArrayView1<f64>| {
        let mut wide = [0.0; C];
        wide.iter_mut()
            .zip(row)
            .for_each(|(wide, x)| *wide = *x as f32);
        wide
    };
    places.rows().into_iter().map(row).collect()
}

impl UmapTrainer {
    pub(super) fn new(settings: Umap, data: &Arc<Dataset>, rng: &Rng) -> Self {
        let (n, p) = data.x.dim();
        let n_neighbors = settings.n_neighbors.min(n);
        let note = (n_neighbors < settings.n_neighbors)
            .then(|| format!("There are only {n} rows, so each is joined with all others."));
        let rows = Arc::new(Index::new(Arc::clone(data), settings.metric));
        let start = principal_places(entries(data), p, settings.n_components, rng);
        Self {
            note,
            n_neighbors,
            n_epochs: settings.n_epochs_of(n),
            places: Places::new(&spread_out(start, rng)),
            state: State::Searching(Search::with_itself(rows.clone(), n_neighbors)),
            rng: rng.clone(),
            rows,
            settings,
        }
    }

    /// Some more neighbors; with the last of them their graph begins.
    fn search(&self, mut search: Search) -> State {
        if !search.step() {
            return State::Searching(search);
        }
        let k = self.n_neighbors;
        let weaving = Weaving::new(search, |found| Box::new(Strengths::new(found, k)));
        State::Weaving(Box::new(weaving))
    }

    /// Some more edges; with the last of them the start begins.
    fn weave(&self, mut weaving: Box<Weaving>) -> State {
        let Some(graph) = weaving.step() else {
            return State::Weaving(weaving);
        };
        let lanczos = self
            .settings
            .starts_spectral
            .then(|| Lanczos::new(&graph, self.settings.n_components, &self.rng));
        match lanczos.flatten() {
            Some(lanczos) => State::Starting(graph, Box::new(lanczos)),
            None => self.lay_out(graph),
        }
    }

    /// Some more vectors; with the last of them the rows are put along them.
    fn start(&mut self, graph: Graph, mut lanczos: Box<Lanczos>) -> State {
        let cost = graph.columns.len() + graph.n_rows() * super::spectral::MAX_STEPS;
        let n_steps = (OPERATIONS_A_STEP / cost).max(1);
        if !(0..n_steps).any(|_| lanczos.step(&graph)) {
            return State::Starting(graph, lanczos);
        }
        let vectors = lanczos.vectors(self.settings.n_components);
        let shape = (graph.n_rows(), self.settings.n_components);
        let entry = |(i, j): (usize, usize)| vectors.get(j).map_or(0.0, |vector| vector[i]);
        let start = Array2::from_shape_fn(shape, entry);
        self.places = Places::new(&spread_out(start, &self.rng));
        self.lay_out(graph)
    }

    fn lay_out(&self, graph: Graph) -> State {
        let layout = Layout::new(graph, &self.settings, self.n_epochs, &self.rng);
        State::LayingOut(Box::new(layout))
    }

    fn progress(&self, loss: Option<f64>) -> Progress {
        let (position, is_done) = match &self.state {
            State::LayingOut(layout) => (layout.position(), layout.is_done()),
            _ => (0.0, false),
        };
        Progress {
            position,
            total: self.n_epochs as f64,
            loss: loss.filter(|loss| loss.is_finite()),
            is_done,
            note: self.note.clone(),
        }
    }
}

/// Brings places to the same size whatever they were, adds noise, and lets every axis run from 0.
fn spread_out(mut places: Array2<f64>, rng: &Rng) -> Array2<f64> {
    let mut draw = rng.fork("start");
    let largest = places.iter().fold(0.0_f64, |max, x| max.max(x.abs()));
    let scale = if largest > 0.0 { WIDTH / largest } else { 0.0 };
    places.mapv_inplace(|x| x * scale + NOISE * draw.normal());
    for mut axis in places.columns_mut() {
        let low = axis.iter().copied().fold(f64::INFINITY, f64::min);
        let high = axis.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let scale = if high > low {
            WIDTH / (high - low)
        } else {
            0.0
        };
        axis.mapv_inplace(|x| (x - low) * scale);
    }
    places
}

impl Trainer for UmapTrainer {
    fn step(&mut self) -> Result<Progress> {
        let nothing = State::Searching(Search::with_itself(self.rows.clone(), 0));
        let mut loss = None;
        self.state = match std::mem::replace(&mut self.state, nothing) {
            State::Searching(search) => self.search(search),
            State::Weaving(weaving) => self.weave(weaving),
            State::Starting(graph, lanczos) => self.start(graph, lanczos),
            State::LayingOut(mut layout) => {
                self.descend(&mut layout);
                loss = Some(self.places.loss(&layout));
                State::LayingOut(layout)
            }
        };
        Ok(self.progress(loss))
    }

    fn model(&self) -> Model {
        let places = self.places.to_matrix(self.settings.n_components);
        let rows = self.rows.clone();
        Model::Embedding(catalogued(EmbeddingModel::new(
            Method::Umap,
            rows,
            places,
            self.n_neighbors,
        )))
    }
}

impl UmapTrainer {
    /// Looks at as many edges as a step allows.
    fn descend(&mut self, layout: &mut Layout) {
        let (mut left, start) = (EDGES_A_STEP, layout.position());
        while left > 0 && !layout.is_done() && layout.position() < start + EPOCHS_A_STEP as f64 {
            left = left.saturating_sub(self.places.advance(layout, left));
        }
    }
}
