//! Drawing in CSS pixels with the elements of `plotters`.

use plotters::coord::Shift;
use plotters::drawing::DrawingArea;
use plotters::element::{Circle, DashedPathElement, PathElement, Polygon, Rectangle, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{
    Color, FontDesc, FontFamily, FontStyle, FontTransform, RGBAColor, RGBColor, ShapeStyle,
    TextStyle,
};

use super::style::Rgb;
use super::target::{Bridge, Target, UNITS};
use crate::error::{Code, Error, Result};

/// Draws on a [`Target`] through plotters.
pub(super) struct Pen<'a> {
    area: DrawingArea<Bridge<'a>, Shift>,
}

/// How a text is set.
#[derive(Clone, Copy)]
pub(super) struct Type {
    pub size: f64,
    pub is_bold: bool,
    pub is_upright: bool,
    pub anchor: HPos,
    pub color: Rgb,
}

impl Type {
    /// Plain text that begins at its place.
    pub fn new(size: f64, color: Rgb) -> Self {
        Self {
            size,
            is_bold: false,
            is_upright: false,
            anchor: HPos::Left,
            color,
        }
    }

    pub fn bold(self) -> Self {
        Self {
            is_bold: true,
            ..self
        }
    }

    pub fn centered(self) -> Self {
        Self {
            anchor: HPos::Center,
            ..self
        }
    }

    pub fn ending(self) -> Self {
        Self {
            anchor: HPos::Right,
            ..self
        }
    }

    pub fn upright(self) -> Self {
        Self {
            is_upright: true,
            ..self
        }
    }
}

/// A place in the units of plotters. Far outside is clamped, so no number overflows there.
fn units((x, y): (f64, f64)) -> (i32, i32) {
    let unit = |v: f64| (v * UNITS).round().clamp(-1e6, 1e6) as i32;
    (unit(x), unit(y))
}

fn size(px: f64) -> u32 {
    (px * UNITS).round().clamp(1.0, 1e6) as u32
}

fn rgba(color: Rgb, opacity: f64) -> RGBAColor {
    RGBColor(color.0, color.1, color.2).mix(opacity)
}

fn refused(error: impl std::fmt::Display) -> Error {
    Error::new(
        Code::Drawing,
        format!("The figure cannot be drawn: {error}."),
    )
}

impl<'a> Pen<'a> {
    pub fn new(target: &'a mut dyn Target, size: (f64, f64)) -> Self {
        Self {
            area: DrawingArea::from(Bridge { target, size }),
        }
    }

    pub fn line(&self, points: &[(f64, f64)], width: f64, color: Rgb, opacity: f64) -> Result<()> {
        let style = ShapeStyle::from(rgba(color, opacity)).stroke_width(size(width));
        let points: Vec<_> = points.iter().copied().map(units).collect();
        self.area
            .draw(&PathElement::new(points, style))
            .map_err(refused)
    }

    pub fn dashed(&self, points: &[(f64, f64)], width: f64, color: Rgb) -> Result<()> {
        let style = ShapeStyle::from(rgba(color, 1.0)).stroke_width(size(width));
        let points: Vec<_> = points.iter().copied().map(units).collect();
        let (dash, gap) = (size(4.0), size(4.0));
        self.area
            .draw(&DashedPathElement::new(points, dash, gap, style))
            .map_err(refused)
    }

    pub fn rect(&self, [left, top, right, bottom]: [f64; 4], color: Rgb) -> Result<()> {
        let corners = [units((left, top)), units((right, bottom))];
        self.area
            .draw(&Rectangle::new(corners, rgba(color, 1.0).filled()))
            .map_err(refused)
    }

    pub fn frame(
        &self,
        [left, top, right, bottom]: [f64; 4],
        width: f64,
        color: Rgb,
    ) -> Result<()> {
        let corners = [units((left, top)), units((right, bottom))];
        let style = ShapeStyle::from(rgba(color, 1.0)).stroke_width(size(width));
        self.area
            .draw(&Rectangle::new(corners, style))
            .map_err(refused)
    }

    pub fn disk(&self, center: (f64, f64), radius: f64, color: Rgb, opacity: f64) -> Result<()> {
        let style = rgba(color, opacity).filled();
        self.area
            .draw(&Circle::new(units(center), size(radius), style))
            .map_err(refused)
    }

    pub fn ring(&self, center: (f64, f64), radius: f64, width: f64, color: Rgb) -> Result<()> {
        let style = ShapeStyle::from(rgba(color, 1.0)).stroke_width(size(width));
        self.area
            .draw(&Circle::new(units(center), size(radius), style))
            .map_err(refused)
    }

    pub fn fill(&self, points: &[(f64, f64)], color: Rgb, opacity: f64) -> Result<()> {
        let points: Vec<_> = points.iter().copied().map(units).collect();
        self.area
            .draw(&Polygon::new(points, rgba(color, opacity)))
            .map_err(refused)
    }

    /// The vertical middle of the text is at the place.
    pub fn text(&self, at: (f64, f64), text: &str, kind: Type) -> Result<()> {
        if text.is_empty() {
            return Ok(());
        }
        let style = if kind.is_bold {
            FontStyle::Bold
        } else {
            FontStyle::Normal
        };
        let mut font = FontDesc::new(FontFamily::SansSerif, kind.size * UNITS, style);
        if kind.is_upright {
            font = font.transform(FontTransform::Rotate270);
        }
        let color = RGBColor(kind.color.0, kind.color.1, kind.color.2);
        let style = TextStyle::from(font)
            .color(&color)
            .pos(Pos::new(kind.anchor, VPos::Center));
        self.area
            .draw(&Text::new(text, units(at), style))
            .map_err(refused)
    }
}
