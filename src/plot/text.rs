//! How wide text is, without a font: advance widths of Inter, so that a layout is the same in
//! a worker, natively and on the page.

/// Advance widths of Inter 4 regular for the characters from space to `~`, in 1/1000 of the
/// font size, rounded up to the next 10.
const WIDTHS: [u16; 95] = [
    290, 300, 470, 640, 640, 990, 650, 300, 370, 370, 510, 670, 290, 460, 290, 370, 630, 470, 620,
    640, 660, 610, 630, 570, 630, 630, 290, 300, 670, 670, 670, 520, 960, 690, 660, 740, 730, 610,
    590, 750, 750, 270, 570, 670, 560, 910, 760, 770, 640, 770, 650, 640, 660, 740, 690, 990, 690,
    680, 640, 370, 370, 370, 480, 460, 490, 570, 620, 580, 620, 590, 370, 620, 600, 250, 250, 560,
    250, 880, 600, 610, 620, 620, 390, 530, 370, 600, 570, 830, 560, 570, 560, 420, 290, 420, 670,
];

/// Width of a text of the given size, in the unit of the size. Characters outside ASCII count
/// as a wide letter, East Asian ones as a full square.
pub fn width(text: &str, size: f64) -> f64 {
    let thousandths: f64 = text
        .chars()
        .map(|c| match c as u32 {
            code @ 0x20..=0x7e => f64::from(WIDTHS[code as usize - 0x20]),
            0..=0x1f | 0x300..=0x36f | 0x200b..=0x200f => 0.0,
            0x1100..=0x11ff | 0x2e80..=0xffdf | 0x1f000.. => 1020.0,
            0x2009 | 0x202f => 180.0,
            _ => 660.0,
        })
        .sum();
    thousandths * size / 1000.0
}

/// The text, cut with an ellipsis where it is wider than `limit`.
pub fn fit(text: &str, size: f64, limit: f64) -> String {
    if width(text, size) <= limit {
        return text.to_owned();
    }
    let mut room = limit - width("\u{2026}", size);
    let mut kept = String::new();
    for c in text.chars() {
        let mut buffer = [0; 4];
        room -= width(c.encode_utf8(&mut buffer), size);
        if room < 0.0 {
            break;
        }
        kept.push(c);
    }
    kept.truncate(kept.trim_end().len());
    kept.push('\u{2026}');
    kept
}

/// A number for a person: about `digits` significant ones, no trailing zeros, a true minus.
pub fn number(value: f64, digits: usize) -> String {
    if !value.is_finite() {
        return "\u{2013}".to_owned();
    }
    if value == 0.0 {
        return "0".to_owned();
    }
    let size = value.abs();
    let exponent = crate::math::log10(size).floor();
    let text = if (-4.0..7.0).contains(&exponent) {
        let decimals = (digits as f64 - 1.0 - exponent).clamp(0.0, 12.0) as usize;
        trim(format!("{size:.decimals$}"))
    } else {
        let text = format!("{:.*e}", digits.saturating_sub(1), size);
        match text.split_once('e') {
            Some((mantissa, exponent)) => format!("{}e{exponent}", trim(mantissa.to_owned())),
            None => text,
        }
    };
    if value < 0.0 {
        format!("\u{2212}{text}")
    } else {
        text
    }
}

fn trim(text: String) -> String {
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// A share as a percentage.
pub fn percent(share: f64) -> String {
    if !share.is_finite() {
        return "\u{2013}".to_owned();
    }
    format!("{} %", number((share * 1000.0).round() / 10.0, 3))
}
