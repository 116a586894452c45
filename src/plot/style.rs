//! Theme, size and colors of a figure: the tokens of the page, and palettes that stay apart
//! for color-blind eyes.

use serde::{Deserialize, Serialize};

use super::figure::Tint;

/// Light paper or dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// Ink on white.
    #[default]
    Light,
    /// Light ink on near black.
    Dark,
}

/// How a figure is drawn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(default)]
pub struct Style {
    /// Light or dark.
    pub theme: Theme,
    /// Width in CSS pixels.
    pub width: f64,
    /// Height in CSS pixels.
    pub height: f64,
    /// Device pixels a CSS pixel, for a canvas.
    pub scale: f64,
    /// The font family of all text, as CSS has it.
    pub font: String,
    /// Whether title and subtitle are part of the picture: for a file of its own.
    pub is_titled: bool,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            theme: Theme::Light,
            width: 560.0,
            height: 420.0,
            scale: 1.0,
            font: "Inter Variable, Inter, system-ui, sans-serif".to_owned(),
            is_titled: false,
        }
    }
}

impl Style {
    /// The same style with sizes that can be drawn: 40 to 8,192 pixels a side.
    pub(crate) fn clamped(&self) -> Self {
        let clamp = |v: f64, otherwise: f64| {
            if v.is_finite() {
                v.clamp(40.0, 8192.0)
            } else {
                otherwise
            }
        };
        Self {
            width: clamp(self.width, 560.0),
            height: clamp(self.height, 420.0),
            scale: if self.scale.is_finite() {
                self.scale.clamp(0.5, 8.0)
            } else {
                1.0
            },
            ..self.clone()
        }
    }
}

/// A color without transparency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rgb(pub u8, pub u8, pub u8);

impl Rgb {
    /// From 0xrrggbb.
    pub const fn hex(value: u32) -> Self {
        Self((value >> 16) as u8, (value >> 8) as u8, value as u8)
    }

    /// This color laid over `under` with the opacity `share`.
    pub fn over(self, under: Self, share: f64) -> Self {
        let mix = |a: u8, b: u8| {
            (f64::from(b) + (f64::from(a) - f64::from(b)) * share.clamp(0.0, 1.0)).round() as u8
        };
        Self(
            mix(self.0, under.0),
            mix(self.1, under.1),
            mix(self.2, under.2),
        )
    }

    /// As CSS writes it.
    pub fn css(self) -> String {
        format!("#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }
}

/// The colors of a theme that are not data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tokens {
    /// What figures lie on.
    pub sheet: Rgb,
    /// Text and the main line.
    pub ink: Rgb,
    /// Second text.
    pub ink_2: Rgb,
    /// Ticks.
    pub ink_3: Rgb,
    /// Axes and hairlines.
    pub line: Rgb,
    /// The accent: unseen rows, what is chosen.
    pub accent: Rgb,
    /// Categories, in order of use.
    pub categories: [Rgb; 10],
    /// Ends of the sequential ramp: least and most.
    pub ramp: [Rgb; 3],
}

/// Ten colors each; the first six stay apart for protanopes and deuteranopes, and all reach a
/// contrast of 3 : 1 to the sheet. tests/plot measures both.
const LIGHT: Tokens = Tokens {
    sheet: Rgb::hex(0xffffff),
    ink: Rgb::hex(0x1d1c1a),
    ink_2: Rgb::hex(0x5d5a54),
    ink_3: Rgb::hex(0x6f6a62),
    line: Rgb::hex(0xe6e1d7),
    accent: Rgb::hex(0xb8452c),
    categories: [
        Rgb::hex(0x2f6db3),
        Rgb::hex(0xd9792b),
        Rgb::hex(0x3b8f73),
        Rgb::hex(0x6a2c70),
        Rgb::hex(0x8a3b1e),
        Rgb::hex(0x5040d8),
        Rgb::hex(0xd1618f),
        Rgb::hex(0x9e8422),
        Rgb::hex(0x2b9fb8),
        Rgb::hex(0x004d61),
    ],
    ramp: [Rgb::hex(0xf4efe4), Rgb::hex(0x86b3c9), Rgb::hex(0x1d4e89)],
};

const DARK: Tokens = Tokens {
    sheet: Rgb::hex(0x1f1e1b),
    ink: Rgb::hex(0xefece5),
    ink_2: Rgb::hex(0xb1aca2),
    ink_3: Rgb::hex(0x9b958a),
    line: Rgb::hex(0x3a3832),
    accent: Rgb::hex(0xe8795d),
    categories: [
        Rgb::hex(0x6ea6e6),
        Rgb::hex(0xf0a05f),
        Rgb::hex(0x6fc7a8),
        Rgb::hex(0x9a5fc0),
        Rgb::hex(0xf7c4da),
        Rgb::hex(0xb5603f),
        Rgb::hex(0xb8e6f2),
        Rgb::hex(0x8b8f8a),
        Rgb::hex(0xe0d368),
        Rgb::hex(0x6d78e8),
    ],
    ramp: [Rgb::hex(0x262420), Rgb::hex(0x2f5f86), Rgb::hex(0x9ccbf5)],
};

impl Tokens {
    /// The colors of a theme.
    pub const fn of(theme: Theme) -> Self {
        match theme {
            Theme::Light => LIGHT,
            Theme::Dark => DARK,
        }
    }

    /// The color of a category; from the eleventh on they return, mixed with the ink.
    pub fn category(&self, index: usize) -> Rgb {
        let color = self.categories[index % self.categories.len()];
        match index / self.categories.len() {
            0 => color,
            round => self.ink.over(color, (0.35 * round as f64).min(0.7)),
        }
    }

    /// The color of a class or cluster; what belongs to none is gray.
    pub fn code(&self, code: u32) -> Rgb {
        match code {
            crate::models::NOISE => self.ink_3,
            code => self.category(code as usize),
        }
    }

    /// The color of a mark, `plain` where it has none of its own.
    pub(super) fn tint(&self, tint: Tint, plain: Rgb) -> Rgb {
        match tint {
            Tint::Plain => plain,
            Tint::Code { code } => self.code(code),
            Tint::Accent => self.accent,
        }
    }

    /// A color for `share` of the way from least (0) to most (1).
    pub fn sequential(&self, share: f64) -> Rgb {
        let share = if share.is_nan() {
            0.0
        } else {
            share.clamp(0.0, 1.0)
        };
        let [least, middle, most] = self.ramp;
        if share < 0.5 {
            middle.over(least, 2.0 * share)
        } else {
            most.over(middle, 2.0 * share - 1.0)
        }
    }

    /// A color for a share from −1 (second category) through the sheet to 1 (first category).
    pub fn diverging(&self, share: f64) -> Rgb {
        let share = if share.is_nan() {
            0.0
        } else {
            share.clamp(-1.0, 1.0)
        };
        let end = if share < 0.0 {
            self.categories[1]
        } else {
            self.categories[0]
        };
        end.over(self.sheet, share.abs())
    }
}
