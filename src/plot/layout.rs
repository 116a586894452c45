//! Where things stand: margins from the size of text, and the way between data and pixels.
//! Drawing and the answer to the pointer share it.

use super::figure::{Axis, Figure, Layer};
use super::style::Style;
use super::{text, ticks};

/// Size of tick labels.
pub(super) const TICK: f64 = 11.5;
/// Size of names and direct labels.
pub(super) const NAME: f64 = 13.0;
/// Height of the title block in a picture of its own.
const TITLE_BLOCK: f64 = 52.0;

/// A placed tick.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tick {
    /// Pixels from the left or top.
    pub at: f64,
    pub text: String,
}

/// The frame of a figure in CSS pixels.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Layout {
    pub width: f64,
    pub height: f64,
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
    x: (f64, f64),
    y: (f64, f64),
    /// Whether the plot reaches the edges of the sheet and ticks stand inside.
    pub is_full: bool,
    /// Whether names of columns of a matrix stand upright.
    pub is_upright: bool,
}

impl Layout {
    pub fn new(figure: &Figure, style: &Style) -> Self {
        let style = style.clamped();
        let title = if style.is_titled {
            TITLE_BLOCK.min(0.3 * style.height)
        } else {
            0.0
        };
        let mut layout = Self {
            width: style.width,
            height: style.height,
            left: 0.0,
            top: title,
            right: style.width,
            bottom: style.height,
            x: (figure.x.min, figure.x.max),
            y: (figure.y.min, figure.y.max),
            is_full: false,
            is_upright: false,
        };
        for layer in &figure.layers {
            match layer {
                Layer::Surface(_) | Layer::Points(_) if !has_frame(figure) => layout.is_full = true,
                Layer::Diagonal => layout.framed(figure, 12.0),
                Layer::Lines(lines) => {
                    let widest = lines
                        .curves
                        .iter()
                        .map(|curve| text::width(&curve.end_label, TICK))
                        .fold(0.0, f64::max);
                    layout.framed(figure, (widest + 14.0).min(0.45 * layout.width));
                }
                Layer::Bars(bars) if bars.is_lying => layout.lying(figure, bars),
                Layer::Bars(_) => layout.framed(figure, 14.0),
                Layer::Matrix(_) => layout.matrix(figure),
                Layer::Net(_) => layout.inset(12.0),
                Layer::Tree(_) => layout.inset(10.0),
                Layer::Shapes(_) if figure.layers.len() == 1 => layout.framed(figure, 14.0),
                _ => {}
            }
        }
        layout
    }

    fn inset(&mut self, by: f64) {
        self.left += by;
        self.top += by;
        self.right -= by;
        self.bottom -= by;
    }

    /// Room for ticks at the left and bottom and for labels at the right.
    fn framed(&mut self, figure: &Figure, right: f64) {
        let tick_width = self
            .tick_texts(&figure.y, self.height)
            .iter()
            .map(|label| text::width(label, TICK))
            .fold(0.0, f64::max);
        self.left = (tick_width + 18.0).min(0.4 * self.width);
        self.right = (self.width - right).max(self.left + 4.0);
        // The name of the y axis stands above it.
        self.top += if figure.y.label.is_empty() {
            14.0
        } else {
            30.0
        };
        let below = if figure.x.label.is_empty() {
            26.0
        } else {
            42.0
        };
        self.bottom = (self.height - below).max(self.top + 4.0);
    }

    fn lying(&mut self, figure: &Figure, bars: &super::figure::Bars) {
        let widest = |size: f64, texts: &mut dyn Iterator<Item = String>| {
            texts.map(|t| text::width(&t, size)).fold(0.0, f64::max)
        };
        let names = widest(TICK, &mut figure.y.categories.iter().cloned());
        let lengths = |is_minus: bool| {
            let own = bars
                .bars
                .iter()
                .filter(move |b| (b.length < 0.0) == is_minus);
            own.map(|b| bar_text(b.length))
        };
        let (left, right) = (
            widest(TICK, &mut lengths(true)),
            widest(TICK, &mut lengths(false)),
        );
        self.left = (names + 20.0).min(0.4 * self.width);
        if left > 0.0 {
            self.left += left + 14.0;
        }
        self.right = (self.width - right - 20.0).max(self.left + 4.0);
        self.top += 10.0;
        self.bottom = (self.height - 10.0).max(self.top + 4.0);
    }

    fn matrix(&mut self, figure: &Figure) {
        let n = figure.x.categories.len().max(1) as f64;
        let widest = figure
            .x
            .categories
            .iter()
            .map(|label| text::width(label, TICK))
            .fold(0.0, f64::max);
        self.left = (widest + 34.0).min(0.35 * self.width);
        self.right = self.width - 14.0;
        self.top += 14.0;
        let cell = (self.right - self.left) / n;
        self.is_upright = widest + 6.0 > cell;
        let below = if self.is_upright {
            (widest + 12.0).min(0.28 * self.height)
        } else {
            22.0
        };
        self.bottom = (self.height - below - 24.0).max(self.top + 4.0);
        // Cells are not wider than twice their height, so a wide sheet stays readable.
        let most = (self.bottom - self.top) * 1.9;
        let spare = (self.right - self.left - most).max(0.0);
        self.left += spare / 2.0;
        self.right -= spare / 2.0;
    }

    /// Pixels from the left of a place along x; `None` where it is not in the frame.
    pub fn px(&self, x: f64) -> Option<f64> {
        along(x, self.x, self.left, self.right)
    }

    /// Pixels from the top of a place along y.
    pub fn py(&self, y: f64) -> Option<f64> {
        along(y, self.y, self.bottom, self.top)
    }

    /// Pixels of a place.
    pub fn place(&self, x: f64, y: f64) -> Option<(f64, f64)> {
        Some((self.px(x)?, self.py(y)?))
    }

    /// Pixels of a place, of one outside the frame those of its edge.
    pub fn place_within(&self, x: f64, y: f64) -> Option<(f64, f64)> {
        let within = |v: f64, (low, high): (f64, f64)| v.max(low).min(high);
        self.place(within(x, self.x), within(y, self.y))
    }

    /// The place under a pixel; `None` outside the frame.
    pub fn data(&self, px: f64, py: f64) -> Option<(f64, f64)> {
        let across = (px - self.left) / (self.right - self.left);
        let down = (py - self.top) / (self.bottom - self.top);
        if !(0.0..=1.0).contains(&across) || !(0.0..=1.0).contains(&down) {
            return None;
        }
        let mix = |(low, high): (f64, f64), share: f64| low * (1.0 - share) + high * share;
        Some((mix(self.x, across), mix(self.y, 1.0 - down)))
    }

    /// Shares of width and height of a pixel within the frame.
    pub fn shares(&self, px: f64, py: f64) -> (f64, f64) {
        (
            (px - self.left) / (self.right - self.left),
            (py - self.top) / (self.bottom - self.top),
        )
    }

    /// Ticks along x that fit without touching.
    pub fn x_ticks(&self, axis: &Axis) -> Vec<Tick> {
        let length = self.right - self.left;
        self.placed(axis, length, 66.0, |v| self.px(v))
    }

    /// Ticks along y.
    pub fn y_ticks(&self, axis: &Axis) -> Vec<Tick> {
        let length = self.bottom - self.top;
        self.placed(axis, length, 56.0, |v| self.py(v))
    }

    fn placed(
        &self,
        axis: &Axis,
        length: f64,
        every: f64,
        place: impl Fn(f64) -> Option<f64>,
    ) -> Vec<Tick> {
        if axis.is_hidden || !axis.categories.is_empty() {
            return Vec::new();
        }
        let values = values(axis, length, every);
        let texts = ticks::labels(&values);
        values
            .iter()
            .zip(texts)
            .filter_map(|(&v, text)| {
                Some(Tick {
                    at: place(v)?,
                    text,
                })
            })
            .collect()
    }

    fn tick_texts(&self, axis: &Axis, length: f64) -> Vec<String> {
        ticks::labels(&values(axis, length, 56.0))
    }
}

/// The length of a lying bar, as it stands at its end.
pub(super) fn bar_text(length: f64) -> String {
    text::number(length, if length.fract() == 0.0 { 9 } else { 3 })
}

/// Whether a figure has an axis frame: a diagonal or curves. Points alone fill the sheet.
fn has_frame(figure: &Figure) -> bool {
    let needs_one = |layer: &Layer| matches!(layer, Layer::Diagonal | Layer::Lines(_));
    figure.layers.iter().any(needs_one)
}

fn values(axis: &Axis, length: f64, every: f64) -> Vec<f64> {
    let count = (length / every).floor().clamp(1.0, 6.0) as usize;
    let values = ticks::ticks(axis.min, axis.max, count);
    // Counts of rows or steps have no halves.
    let is_counted = matches!(
        axis.label.as_str(),
        "rows" | "epoch" | "iteration" | "step" | "pass"
    );
    values
        .into_iter()
        .filter(|v| !is_counted || v.fract() == 0.0)
        .collect()
}

fn along(value: f64, (low, high): (f64, f64), from: f64, to: f64) -> Option<f64> {
    // Halves keep the span of a huge range finite.
    let share = (value / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0);
    (share.is_finite() && (-1e-9..=1.0 + 1e-9).contains(&share))
        .then_some(from + (to - from) * share)
}
