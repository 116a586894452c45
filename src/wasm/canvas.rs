//! A [`Target`] that draws on a canvas in a worker, at whole device pixels.
//!
//! The canvas never measures text: layout is done by [`crate::plot`], and `fillText` only
//! writes what it is told, in the font family of the style.

use js_sys::Uint8ClampedArray;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{ImageData, OffscreenCanvas, OffscreenCanvasRenderingContext2d};

use crate::error::{Code, Error, Result};
use crate::plot::{Anchor, Figure, Label, Paint, Rgb, Style, Target};

/// Draws a figure on a canvas, which takes its size from the style.
///
/// # Errors
/// [`Code::Drawing`] where the browser gives no 2d context for the canvas.
pub fn draw(figure: &Figure, style: &Style, canvas: &OffscreenCanvas) -> Result<()> {
    let style = style.clamped();
    canvas.set_width((style.width * style.scale).round() as u32);
    canvas.set_height((style.height * style.scale).round() as u32);
    let context = canvas
        .get_context("2d")
        .ok()
        .flatten()
        .and_then(|context| context.dyn_into::<OffscreenCanvasRenderingContext2d>().ok())
        .ok_or_else(|| {
            Error::new(
                Code::Drawing,
                "This browser gives no drawing context for the canvas.",
            )
        })?;
    context.set_line_join("round");
    context.set_line_cap("round");
    context.set_text_baseline("alphabetic");
    let mut canvas = Canvas {
        context,
        style: &style,
        failure: None,
    };
    figure.draw(&style, &mut canvas)?;
    canvas.failure.map_or(Ok(()), Err)
}

struct Canvas<'a> {
    context: OffscreenCanvasRenderingContext2d,
    style: &'a Style,
    /// What the browser refused first; the rest of the figure is drawn all the same.
    failure: Option<Error>,
}

impl Canvas<'_> {
    fn fail(&mut self, why: &JsValue) {
        let message = format!("The browser refused to draw a surface ({why:?}).");
        self.failure
            .get_or_insert(Error::new(Code::Drawing, message));
    }

    /// Device pixels of CSS pixels.
    fn px(&self, css: f64) -> f64 {
        css * self.style.scale
    }

    /// The middle of the device pixel for lines of odd width, its edge for even ones: thin
    /// straight lines stay sharp.
    fn crisp(&self, css: f64, width: f64) -> f64 {
        let device = self.px(css);
        if self.px(width).round() as i64 % 2 == 1 {
            device.floor() + 0.5
        } else {
            device.round()
        }
    }

    fn trace(&self, points: &[(f64, f64)]) {
        self.context.begin_path();
        for (index, &(x, y)) in points.iter().enumerate() {
            let (x, y) = (self.px(x), self.px(y));
            if index == 0 {
                self.context.move_to(x, y);
            } else {
                self.context.line_to(x, y);
            }
        }
    }

    fn finish(&self, fill: bool, width: f64, paint: Paint) {
        self.context.set_global_alpha(paint.opacity.clamp(0.0, 1.0));
        let color = paint.color.css();
        if fill {
            self.context.set_fill_style_str(&color);
            self.context.fill();
        } else {
            self.context.set_stroke_style_str(&color);
            self.context.set_line_width(self.px(width));
            self.context.stroke();
        }
    }

    /// A picture of one pixel a cell, on a canvas of its own, so that it can be stretched.
    fn stamp(
        nx: usize,
        ny: usize,
        colors: &[Rgb],
    ) -> std::result::Result<OffscreenCanvas, JsValue> {
        let bytes: Vec<u8> = colors.iter().flat_map(|c| [c.0, c.1, c.2, 255]).collect();
        let (nx, ny) = (nx as u32, ny as u32);
        let stamp = OffscreenCanvas::new(nx, ny)?;
        let context = stamp
            .get_context("2d")?
            .ok_or(JsValue::NULL)?
            .dyn_into::<OffscreenCanvasRenderingContext2d>()?;
        // A browser makes no image over memory that threads share, so the bytes are copied out.
        let copy = Uint8ClampedArray::new_from_slice(&bytes);
        let data = ImageData::new_with_js_u8_clamped_array_and_sh(&copy, nx, ny)?;
        context.put_image_data(&data, 0.0, 0.0)?;
        Ok(stamp)
    }
}

impl Target for Canvas<'_> {
    fn line(&mut self, points: &[(f64, f64)], width: f64, paint: Paint) {
        match points {
            // Level and upright lines are set on whole pixels.
            [a, b] if a.0 == b.0 || a.1 == b.1 => {
                self.context.begin_path();
                let place = |p: &(f64, f64)| (self.crisp(p.0, width), self.crisp(p.1, width));
                let (from, to) = (place(a), place(b));
                self.context.move_to(from.0, from.1);
                self.context.line_to(to.0, to.1);
            }
            _ => self.trace(points),
        }
        self.finish(false, width, paint);
    }

    fn area(&mut self, points: &[(f64, f64)], paint: Paint) {
        self.trace(points);
        self.context.close_path();
        self.finish(true, 0.0, paint);
    }

    fn rect(&mut self, [left, top, right, bottom]: [f64; 4], fill: bool, width: f64, paint: Paint) {
        let [x0, y0, x1, y1] = if fill {
            [left, top, right, bottom].map(|v| self.px(v).round())
        } else {
            [left, top, right, bottom].map(|v| self.crisp(v, width))
        };
        self.context.begin_path();
        self.context.rect(x0, y0, x1 - x0, y1 - y0);
        self.finish(fill, width, paint);
    }

    fn disk(&mut self, (x, y): (f64, f64), radius: f64, fill: bool, width: f64, paint: Paint) {
        self.context.begin_path();
        // An arc of a finite radius cannot fail.
        let (x, y, radius) = (self.px(x), self.px(y), self.px(radius.max(0.0)));
        let _ = self.context.arc(x, y, radius, 0.0, std::f64::consts::TAU);
        self.finish(fill, width, paint);
    }

    fn text(&mut self, (x, y): (f64, f64), label: &Label<'_>) {
        let weight = if label.is_bold { "600 " } else { "" };
        let size = self.px(label.size);
        let context = &self.context;
        context.set_font(&format!("{weight}{size:.2}px {}", self.style.font));
        context.set_text_align(match label.anchor {
            Anchor::Start => "left",
            Anchor::Middle => "center",
            Anchor::End => "right",
        });
        context.set_global_alpha(label.paint.opacity.clamp(0.0, 1.0));
        context.set_fill_style_str(&label.paint.color.css());
        // The baseline lies a third of the size below the middle of digits and lowercase.
        let drop = 0.35 * size;
        let (x, y) = (self.px(x), self.px(y));
        let written = if label.is_upright {
            context.save();
            let turned = context
                .translate(x + drop, y)
                .and_then(|()| context.rotate(-std::f64::consts::FRAC_PI_2))
                .and_then(|()| context.fill_text(label.text, 0.0, 0.0));
            context.restore();
            turned
        } else {
            context.fill_text(label.text, x, y + drop)
        };
        if let Err(why) = written {
            self.fail(&why);
        }
    }

    fn image(&mut self, corners: [f64; 4], nx: usize, ny: usize, colors: &[Rgb]) {
        if nx == 0 || ny == 0 || colors.len() != nx * ny {
            return;
        }
        let stamp = match Self::stamp(nx, ny, colors) {
            Ok(stamp) => stamp,
            Err(why) => return self.fail(&why),
        };
        let [x0, y0, x1, y1] = corners.map(|v| self.px(v).round());
        self.context.set_global_alpha(1.0);
        self.context.set_image_smoothing_enabled(true);
        // Half a cell at each border would be mixed with nothing; browsers clamp it instead.
        let drawn = self.context.draw_image_with_offscreen_canvas_and_dw_and_dh(
            &stamp,
            x0,
            y0,
            x1 - x0,
            y1 - y0,
        );
        if let Err(why) = drawn {
            self.fail(&why);
        }
    }
}
