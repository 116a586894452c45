//! A [`Target`] that writes SVG: attributes only, no inline style, every text escaped.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::style::Rgb;
use super::target::{Anchor, Label, Paint, Target};

/// An SVG document under construction.
#[derive(Debug, Default)]
pub(super) struct Svg {
    body: String,
}

/// A coordinate with one decimal; what is not finite is 0.
fn c(value: f64) -> String {
    let rounded = (value * 10.0).round() / 10.0;
    if rounded.is_finite() {
        format!("{}", rounded + 0.0)
    } else {
        "0".to_owned()
    }
}

/// Makes text harmless inside SVG: markup is escaped, control characters are left out.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\t' | '\n' | '\r' => escaped.push(' '),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => escaped.push(c),
        }
    }
    escaped
}

fn path(points: &[(f64, f64)]) -> String {
    let mut d = String::with_capacity(points.len() * 10);
    for (index, &(x, y)) in points.iter().enumerate() {
        let _ = write!(d, "{}{} {}", if index == 0 { 'M' } else { 'L' }, c(x), c(y));
    }
    d
}

fn opacity(name: &str, paint: Paint) -> String {
    if paint.opacity >= 1.0 {
        String::new()
    } else {
        format!(" {name}-opacity=\"{:.2}\"", paint.opacity.max(0.0))
    }
}

fn shape(fill: bool, width: f64, paint: Paint) -> String {
    let color = paint.color.css();
    if fill {
        format!("fill=\"{color}\"{}", opacity("fill", paint))
    } else {
        format!(
            "fill=\"none\" stroke=\"{color}\" stroke-width=\"{}\"{}",
            c(width),
            opacity("stroke", paint)
        )
    }
}

impl Svg {
    /// The whole document.
    pub fn finish(
        self,
        (width, height): (f64, f64),
        font: &str,
        title: &str,
        text: &str,
    ) -> String {
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\" role=\"img\" font-family=\"{}\"><title>{}</title><desc>{}</desc>{}</svg>",
            escape(font),
            escape(title),
            escape(text),
            self.body,
            w = c(width),
            h = c(height),
        )
    }
}

impl Target for Svg {
    fn line(&mut self, points: &[(f64, f64)], width: f64, paint: Paint) {
        if points.len() < 2 || paint.opacity <= 0.0 {
            return;
        }
        let _ = write!(
            self.body,
            "<path d=\"{}\" {} stroke-linejoin=\"round\" stroke-linecap=\"round\"/>",
            path(points),
            shape(false, width, paint)
        );
    }

    fn area(&mut self, points: &[(f64, f64)], paint: Paint) {
        if points.len() > 2 {
            let (d, fill) = (path(points), shape(true, 0.0, paint));
            let _ = write!(self.body, "<path d=\"{d}Z\" {fill}/>");
        }
    }

    fn rect(&mut self, [left, top, right, bottom]: [f64; 4], fill: bool, width: f64, paint: Paint) {
        let _ = write!(
            self.body,
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" {}/>",
            c(left.min(right)),
            c(top.min(bottom)),
            c((right - left).abs()),
            c((bottom - top).abs()),
            shape(fill, width, paint)
        );
    }

    fn disk(&mut self, (x, y): (f64, f64), radius: f64, fill: bool, width: f64, paint: Paint) {
        let _ = write!(
            self.body,
            "<circle cx=\"{}\" cy=\"{}\" r=\"{}\" {}/>",
            c(x),
            c(y),
            c(radius),
            shape(fill, width, paint)
        );
    }

    fn text(&mut self, (x, y): (f64, f64), label: &Label<'_>) {
        let anchor = match label.anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        let weight = if label.is_bold {
            " font-weight=\"600\""
        } else {
            ""
        };
        // The baseline lies a third of the size below the middle of digits and lowercase.
        let drop = 0.35 * label.size;
        let (x, y, turn) = if label.is_upright {
            let turn = format!(" transform=\"rotate(-90 {} {})\"", c(x + drop), c(y));
            (x + drop, y, turn)
        } else {
            (x, y + drop, String::new())
        };
        let _ = write!(
            self.body,
            "<text x=\"{}\" y=\"{}\" font-size=\"{}\" {}{anchor}{weight}{turn}>{}</text>",
            c(x),
            c(y),
            c(label.size),
            shape(true, 0.0, label.paint),
            escape(label.text)
        );
    }

    /// Runs of one color become rectangles, rectangles of one color one path. A blur of half a
    /// cell smooths the steps, as a canvas does; the sharp picture stays below it, because a
    /// blur fades at its border. The border is drawn larger than the frame, a nested document,
    /// which cuts it off.
    fn image(&mut self, corners: [f64; 4], nx: usize, ny: usize, colors: &[Rgb]) {
        let [left, top, right, bottom] = corners;
        if nx == 0 || ny == 0 || colors.len() != nx * ny {
            return;
        }
        let (width, height) = (right - left, bottom - top);
        let blur = (0.55 * (width / nx as f64).max(height / ny as f64)).min(6.0);
        let margin = 4.0 * blur;
        // Edges of cells, the outer ones moved out by the margin.
        let edge = |i: usize, n: usize, length: f64| match i {
            0 => -margin,
            i if i == n => length + margin,
            i => length * i as f64 / n as f64,
        };
        let mut by_color: BTreeMap<Rgb, String> = BTreeMap::new();
        for (j, line) in colors.chunks_exact(nx).enumerate() {
            let (above, below) = (c(edge(j, ny, height)), c(edge(j + 1, ny, height)));
            let mut start = 0;
            for run in line.chunk_by(|a, b| a == b) {
                let end = start + run.len();
                let (from, to) = (c(edge(start, nx, width)), c(edge(end, nx, width)));
                let d = by_color.entry(run[0]).or_default();
                let _ = write!(d, "M{from} {above}H{to}V{below}H{from}Z");
                start = end;
            }
        }
        // Equal ids mean equal filters, so several figures fit in one page.
        let id = format!("soft{}", (blur * 10.0).round());
        let _ = write!(
            self.body,
            "<svg x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"><filter id=\"{id}\" x=\"0\" y=\"0\" width=\"1\" height=\"1\" color-interpolation-filters=\"sRGB\"><feGaussianBlur stdDeviation=\"{}\" result=\"b\"/><feMerge><feMergeNode in=\"SourceGraphic\"/><feMergeNode in=\"b\"/></feMerge></filter><g filter=\"url(#{id})\" shape-rendering=\"crispEdges\">",
            c(left),
            c(top),
            c(width),
            c(height),
            c(blur)
        );
        for (color, d) in by_color {
            let _ = write!(self.body, "<path fill=\"{}\" d=\"{d}\"/>", color.css());
        }
        self.body.push_str("</g></svg>");
    }
}
