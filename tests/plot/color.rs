//! Color: CIE Lab distances as seen with normal eyes, deuteranopia and protanopia.

use crate::figures::square;
use handlens::math;
use handlens::plot::{Theme, Tokens};

fn linear(rgb: handlens::plot::Rgb) -> [f64; 3] {
    [rgb.0, rgb.1, rgb.2].map(|v| {
        let v = f64::from(v) / 255.0;
        if v <= 0.04045 {
            v / 12.92
        } else {
            math::pow((v + 0.055) / 1.055, 2.4)
        }
    })
}

fn through(m: [[f64; 3]; 3], v: [f64; 3]) -> [f64; 3] {
    m.map(|row| row.iter().zip(v).map(|(a, b)| a * b).sum())
}

fn lab(linear: [f64; 3]) -> [f64; 3] {
    const XYZ: [[f64; 3]; 3] = [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ];
    let xyz = through(XYZ, linear.map(|v| v.clamp(0.0, 1.0)));
    let f = |t: f64| {
        if t > 0.008856 {
            math::pow(t, 1.0 / 3.0)
        } else {
            7.787 * t + 16.0 / 116.0
        }
    };
    let (x, y, z) = (f(xyz[0] / 0.95047), f(xyz[1]), f(xyz[2] / 1.08883));
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

/// Full deuteranopia and protanopia after Machado, Oliveira & Fernandes (IEEE TVCG 15(6), 2009).
const EYES: [[[f64; 3]; 3]; 3] = [
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
    [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
];

#[test]
fn the_first_six_colors_stay_apart_for_every_eye() {
    for theme in [Theme::Light, Theme::Dark] {
        let colors = Tokens::of(theme).categories;
        for eye in EYES {
            let seen: Vec<[f64; 3]> = colors
                .iter()
                .map(|&c| lab(through(eye, linear(c))))
                .collect();
            for a in 0..6 {
                for b in 0..a {
                    let distance: f64 = seen[a]
                        .iter()
                        .zip(seen[b])
                        .map(|(p, q)| square(p - q))
                        .sum::<f64>()
                        .sqrt();
                    assert!(
                        distance > 12.0,
                        "{theme:?}: {a} and {b} are only {distance:.1} apart"
                    );
                }
            }
        }
    }
}

#[test]
fn colors_and_text_have_contrast_to_the_sheet() {
    let luminance = |c| through([[0.2126, 0.7152, 0.0722], [0.0; 3], [0.0; 3]], linear(c))[0];
    let contrast = |a, b| {
        let (a, b): (f64, f64) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    };
    for theme in [Theme::Light, Theme::Dark] {
        let t = Tokens::of(theme);
        for color in t.categories {
            assert!(contrast(color, t.sheet) >= 3.0, "{theme:?} {color:?}");
        }
        for color in [t.ink, t.ink_2, t.ink_3, t.accent] {
            assert!(contrast(color, t.sheet) >= 4.5, "{theme:?} {color:?}");
        }
    }
}
