//! A [`Figure`] becomes a picture.

use super::figure::{Figure, Layer};
use super::layout::{Layout, NAME, TICK, Tick};
use super::pen::{Pen, Type};
use super::style::{Style, Tokens};
use super::svg::Svg;
use super::target::Target;
use super::{marks, matrix, net, shapes, text, tree};
use crate::error::Result;

/// What every layer needs to draw itself.
pub(super) struct Scene<'a> {
    pub figure: &'a Figure,
    pub layout: &'a Layout,
    pub tokens: &'a Tokens,
}

impl Scene<'_> {
    pub fn pen<'t>(&self, target: &'t mut dyn Target) -> Pen<'t> {
        Pen::new(target, (self.layout.width, self.layout.height))
    }
}

impl Figure {
    /// The figure as an SVG document: text escaped, attributes only, with a text alternative.
    ///
    /// # Errors
    /// [`crate::error::Code::Drawing`] where the target refuses; SVG never does.
    pub fn svg(&self, style: &Style) -> Result<String> {
        let style = style.clamped();
        let mut svg = Svg::default();
        self.draw(&style, &mut svg)?;
        let size = (style.width, style.height);
        Ok(svg.finish(size, &style.font, &self.title, &self.describe()))
    }

    /// Draws the figure on anything that can be drawn on.
    ///
    /// # Errors
    /// [`crate::error::Code::Drawing`] where the target refuses.
    pub fn draw(&self, style: &Style, target: &mut dyn Target) -> Result<()> {
        let style = style.clamped();
        let tokens = Tokens::of(style.theme);
        let layout = Layout::new(self, &style);
        let scene = Scene {
            figure: self,
            layout: &layout,
            tokens: &tokens,
        };
        scene
            .pen(target)
            .rect([0.0, 0.0, style.width, style.height], tokens.sheet)?;
        if style.is_titled {
            titles(&scene, &scene.pen(target))?;
        }
        if let Some(why) = &self.empty {
            return sentence(&scene, &scene.pen(target), why);
        }
        let has_axes = |layer: &Layer| match layer {
            Layer::Points(_) | Layer::Lines(_) | Layer::Diagonal | Layer::Shapes(_) => true,
            Layer::Bars(bars) => !bars.is_lying,
            _ => false,
        };
        // Axes lie over a surface and under everything else.
        let mut first = self.layers.iter().position(has_axes);
        for (index, layer) in self.layers.iter().enumerate() {
            if first.take_if(|first| *first == index).is_some() {
                axes(&scene, &scene.pen(target))?;
            }
            match layer {
                Layer::Surface(surface) => marks::surface(&scene, target, surface),
                Layer::Points(points) => marks::points(&scene, &scene.pen(target), points)?,
                Layer::Lines(lines) => marks::lines(&scene, &scene.pen(target), lines)?,
                Layer::Bars(bars) if bars.is_lying => {
                    marks::lying_bars(&scene, &scene.pen(target), bars)?;
                }
                Layer::Bars(bars) => marks::bars(&scene, &scene.pen(target), bars)?,
                Layer::Matrix(counts) => matrix::draw(&scene, &scene.pen(target), counts)?,
                Layer::Trails(trails) => marks::trails(&scene, &scene.pen(target), trails)?,
                Layer::Names => super::names::draw(&scene, &scene.pen(target))?,
                Layer::Diagonal => marks::diagonal(&scene, &scene.pen(target))?,
                Layer::Net(shown) => net::draw(&scene, target, shown)?,
                Layer::Shapes(shown) => shapes::draw(&scene, &scene.pen(target), shown)?,
                Layer::Tree(shown) => tree::draw(&scene, &scene.pen(target), shown)?,
            }
        }
        Ok(())
    }
}

fn titles(scene: &Scene<'_>, pen: &Pen<'_>) -> Result<()> {
    let limit = scene.layout.width - 32.0;
    let title = text::fit(&scene.figure.title, 16.0 * 1.05, limit);
    pen.text(
        (16.0, 19.0),
        &title,
        Type::new(16.0, scene.tokens.ink).bold(),
    )?;
    let subtitle = text::fit(&scene.figure.subtitle, 12.5, limit);
    pen.text((16.0, 39.0), &subtitle, Type::new(12.5, scene.tokens.ink_2))
}

/// A sentence in the middle of the sheet, broken into lines.
fn sentence(scene: &Scene<'_>, pen: &Pen<'_>, why: &str) -> Result<()> {
    let limit = (scene.layout.width - 48.0).clamp(20.0, 420.0);
    let mut lines = vec![String::new()];
    for word in why.split_whitespace() {
        let Some(line) = lines.last_mut() else { break };
        if !line.is_empty() && text::width(&format!("{line} {word}"), NAME) > limit {
            lines.push(word.to_owned());
        } else {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    let middle = (scene.layout.top + scene.layout.bottom) / 2.0;
    let first = middle - 9.5 * (lines.len() as f64 - 1.0);
    for (index, line) in lines.iter().enumerate() {
        let at = (scene.layout.width / 2.0, first + 19.0 * index as f64);
        let line = text::fit(line, NAME, scene.layout.width - 16.0);
        pen.text(at, &line, Type::new(NAME, scene.tokens.ink_2).centered())?;
    }
    Ok(())
}

fn axes(scene: &Scene<'_>, pen: &Pen<'_>) -> Result<()> {
    if scene.layout.is_full {
        inner_axes(scene, pen)
    } else {
        outer_axes(scene, pen)
    }
}

/// Thin axes beside the plot: a base line, ticks below and at the left, names at their ends.
fn outer_axes(scene: &Scene<'_>, pen: &Pen<'_>) -> Result<()> {
    let Scene {
        figure,
        layout,
        tokens,
    } = scene;
    let plain = Type::new(TICK, tokens.ink_3);
    pen.line(
        &[(layout.left, layout.bottom), (layout.right, layout.bottom)],
        1.0,
        tokens.line,
        1.0,
    )?;
    for tick in layout.y_ticks(&figure.y) {
        if tick.at < layout.bottom - 1.0 {
            let ends = [(layout.left, tick.at), (layout.right, tick.at)];
            pen.line(&ends, 1.0, tokens.line, 0.55)?;
        }
        pen.text((layout.left - 8.0, tick.at), &tick.text, plain.ending())?;
    }
    for tick in unclipped(layout.x_ticks(&figure.x), 4.0, layout.width - 4.0) {
        pen.text(
            (tick.at, layout.bottom + 13.0),
            &tick.text,
            plain.centered(),
        )?;
    }
    let name = Type::new(TICK, tokens.ink_2);
    let limit = layout.width - 16.0;
    let x_name = text::fit(&figure.x.label, TICK, limit);
    pen.text((layout.right, layout.bottom + 30.0), &x_name, name.ending())?;
    let y_name = text::fit(&figure.y.label, TICK, limit);
    pen.text((8.0, layout.top - 17.0), &y_name, name)
}

/// Ticks on the plot itself, which fills the sheet. The name of an axis takes the place of
/// the ticks that it would touch.
fn inner_axes(scene: &Scene<'_>, pen: &Pen<'_>) -> Result<()> {
    let Scene {
        figure,
        layout,
        tokens,
    } = scene;
    let plain = Type::new(TICK, tokens.ink_2);
    let (low, high) = (layout.bottom - 13.0, layout.top + 15.0);
    let x_name = text::fit(&figure.x.label, TICK, 0.6 * layout.width);
    let end = layout.right - 12.0;
    let free = end - text::width(&x_name, TICK) - 10.0;
    pen.text((end, low), &x_name, plain.ending())?;
    for tick in unclipped(layout.x_ticks(&figure.x), 48.0, free) {
        pen.text((tick.at, low), &tick.text, plain.centered())?;
    }
    let y_name = text::fit(&figure.y.label, TICK, layout.width - 24.0);
    pen.text((12.0, high), &y_name, plain)?;
    for tick in layout.y_ticks(&figure.y) {
        if tick.at > high + 16.0 && tick.at < low - 16.0 {
            pen.text((12.0, tick.at), &tick.text, plain)?;
        }
    }
    Ok(())
}

/// The ticks whose centered text lies between two pixels.
fn unclipped(ticks: Vec<Tick>, left: f64, right: f64) -> Vec<Tick> {
    let fits = |tick: &Tick| {
        let half = text::width(&tick.text, TICK) / 2.0;
        tick.at - half >= left && tick.at + half <= right
    };
    ticks.into_iter().filter(fits).collect()
}
