//! Where a figure is drawn: a small trait for SVG and canvas, and its bridge to `plotters`.
//!
//! plotters draws at whole units. A unit is a tenth of a CSS pixel here, so lines are smooth
//! and text has its size on any screen; a [`Target`] gets CSS pixels with one decimal.

use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind,
    FontStyle, FontTransform,
    text_anchor::{HPos, VPos},
};

use super::style::Rgb;
use super::text;

/// Units of plotters a CSS pixel.
pub(super) const UNITS: f64 = 10.0;

/// A color with opacity.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Paint {
    /// The color.
    pub color: Rgb,
    /// From 0 to 1.
    pub opacity: f64,
}

/// How text stands to its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// Begins there.
    Start,
    /// Is centered there.
    Middle,
    /// Ends there.
    End,
}

/// One line of text. Its vertical middle (of the lowercase and digits) is at the place.
#[derive(Debug, Clone, PartialEq)]
pub struct Label<'a> {
    /// What it says; anything, escaping is up to the target.
    pub text: &'a str,
    /// Size in CSS pixels.
    pub size: f64,
    /// Whether it is set semibold.
    pub is_bold: bool,
    /// How it stands to its place.
    pub anchor: Anchor,
    /// Whether it reads from bottom to top.
    pub is_upright: bool,
    /// Its color.
    pub paint: Paint,
}

/// Something that can be drawn on, in CSS pixels from the top left corner.
pub trait Target {
    /// An open line through `points`.
    fn line(&mut self, points: &[(f64, f64)], width: f64, paint: Paint);
    /// A filled shape.
    fn area(&mut self, points: &[(f64, f64)], paint: Paint);
    /// A filled or outlined rectangle: left, top, right, bottom.
    fn rect(&mut self, corners: [f64; 4], fill: bool, width: f64, paint: Paint);
    /// A filled or outlined disk.
    fn disk(&mut self, center: (f64, f64), radius: f64, fill: bool, width: f64, paint: Paint);
    /// A line of text.
    fn text(&mut self, at: (f64, f64), label: &Label<'_>);
    /// A grid of colors, `nx` × `ny` from the top left, stretched over a rectangle.
    fn image(&mut self, corners: [f64; 4], nx: usize, ny: usize, colors: &[Rgb]);
}

/// A failure to draw. Targets keep none back: SVG and canvas always accept.
#[derive(Debug)]
pub(super) struct Never;

impl std::fmt::Display for Never {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the target refused to draw")
    }
}

impl std::error::Error for Never {}

/// A [`Target`] as a backend of plotters.
pub(super) struct Bridge<'a> {
    pub target: &'a mut dyn Target,
    pub size: (f64, f64),
}

type Drawn = Result<(), DrawingErrorKind<Never>>;

fn to_px((x, y): BackendCoord) -> (f64, f64) {
    (f64::from(x) / UNITS, f64::from(y) / UNITS)
}

fn paint(color: BackendColor) -> Paint {
    let (r, g, b) = color.rgb;
    Paint {
        color: Rgb(r, g, b),
        opacity: color.alpha,
    }
}

fn stroke<S: BackendStyle>(style: &S) -> f64 {
    f64::from(style.stroke_width()) / UNITS
}

/// Text on one line that cannot turn its surroundings around: without control characters and
/// marks of direction.
fn plain(text: &str) -> String {
    text.chars()
        .map(|c| {
            if matches!(c, '\t' | '\n' | '\r') {
                ' '
            } else {
                c
            }
        })
        .filter(|c| !c.is_control())
        .filter(|c| !matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
        .collect()
}

impl DrawingBackend for Bridge<'_> {
    type ErrorType = Never;

    fn get_size(&self) -> (u32, u32) {
        ((self.size.0 * UNITS) as u32, (self.size.1 * UNITS) as u32)
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        Ok(())
    }

    fn draw_pixel(&mut self, (x, y): BackendCoord, color: BackendColor) -> Drawn {
        let (left, top) = to_px((x, y));
        let corners = [left, top, left + 1.0 / UNITS, top + 1.0 / UNITS];
        self.target.rect(corners, true, 0.0, paint(color));
        Ok(())
    }

    fn draw_line<S: BackendStyle>(&mut self, a: BackendCoord, b: BackendCoord, s: &S) -> Drawn {
        self.target
            .line(&[to_px(a), to_px(b)], stroke(s), paint(s.color()));
        Ok(())
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        upper_left: BackendCoord,
        bottom_right: BackendCoord,
        style: &S,
        fill: bool,
    ) -> Drawn {
        let ((left, top), (right, bottom)) = (to_px(upper_left), to_px(bottom_right));
        let corners = [left, top, right, bottom];
        self.target
            .rect(corners, fill, stroke(style), paint(style.color()));
        Ok(())
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Drawn {
        let points: Vec<(f64, f64)> = path.into_iter().map(to_px).collect();
        self.target
            .line(&points, stroke(style), paint(style.color()));
        Ok(())
    }

    fn draw_circle<S: BackendStyle>(
        &mut self,
        center: BackendCoord,
        radius: u32,
        style: &S,
        fill: bool,
    ) -> Drawn {
        let radius = f64::from(radius) / UNITS;
        self.target.disk(
            to_px(center),
            radius,
            fill,
            stroke(style),
            paint(style.color()),
        );
        Ok(())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        points: I,
        style: &S,
    ) -> Drawn {
        let points: Vec<(f64, f64)> = points.into_iter().map(to_px).collect();
        self.target.area(&points, paint(style.color()));
        Ok(())
    }

    fn draw_text<S: BackendTextStyle>(&mut self, text: &str, style: &S, at: BackendCoord) -> Drawn {
        let text = &plain(text);
        let size = style.size() / UNITS;
        let anchor = style.anchor();
        let is_upright = matches!(style.transform(), FontTransform::Rotate270);
        let (x, y) = to_px(at);
        // Half a line's height up or down, for text that hangs from or stands on its place.
        let shift = match anchor.v_pos {
            VPos::Top => 0.55 * size,
            VPos::Center => 0.0,
            VPos::Bottom => -0.55 * size,
        };
        let label = Label {
            text,
            size,
            is_bold: matches!(style.style(), FontStyle::Bold),
            anchor: match anchor.h_pos {
                HPos::Left => Anchor::Start,
                HPos::Center => Anchor::Middle,
                HPos::Right => Anchor::End,
            },
            is_upright,
            paint: paint(style.color()),
        };
        let at = if is_upright {
            (x + shift, y)
        } else {
            (x, y + shift)
        };
        self.target.text(at, &label);
        Ok(())
    }

    fn estimate_text_size<S: BackendTextStyle>(
        &self,
        text: &str,
        style: &S,
    ) -> Result<(u32, u32), DrawingErrorKind<Never>> {
        let size = style.size();
        Ok((
            text::width(text, size).ceil() as u32,
            (1.1 * size).ceil() as u32,
        ))
    }
}
