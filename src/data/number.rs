//! The text of a cell becomes a number, or is told not to be one.

/// What a cell looks like to someone who looks for numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Shape {
    /// A number as programs write it: `-1.5e3`.
    Plain(f64),
    /// With thousands marks: `1,234.5`, `1.234,5`, `1 234`.
    Grouped(f64),
    /// With a percent sign: `12 %` is 12.
    Percent(f64),
    /// With a currency sign: `$5`, `3 €`.
    Currency(f64),
    /// Digits that name something: leading zeros, or 2⁵³ and more, where numbers lose digits.
    Code(f64),
    /// Beyond the range of numbers: `inf`, `1e999`.
    Infinite,
    /// Anything else.
    Other,
}

impl Shape {
    /// The value where it is finite.
    pub(super) fn value(self) -> Option<f64> {
        match self {
            Self::Plain(v)
            | Self::Grouped(v)
            | Self::Percent(v)
            | Self::Currency(v)
            | Self::Code(v) => Some(v),
            Self::Infinite | Self::Other => None,
        }
    }
}

/// The marks that stand for a missing cell, whatever the column holds.
pub(super) fn is_missing_mark(text: &str) -> bool {
    text.len() <= 4
        && matches!(
            text.as_bytes().first(),
            None | Some(b'N' | b'n' | b'?' | b'-' | b'#')
        )
        && matches!(
            text,
            "" | "NA"
                | "N/A"
                | "n/a"
                | "na"
                | "NaN"
                | "nan"
                | "NAN"
                | "null"
                | "NULL"
                | "Null"
                | "None"
                | "none"
                | "?"
                | "-"
                | "#N/A"
        )
}

/// Looks at a trimmed text; `has_comma` says whether the comma is the decimal mark.
pub(super) fn shape(text: &str, has_comma: bool) -> Shape {
    let Some(first) = text.bytes().next() else {
        return Shape::Other;
    };
    // Most cells of a text column end here.
    if first.is_ascii_alphabetic() && !matches!(first, b'i' | b'I') {
        return Shape::Other;
    }
    if let Some(decimal) = decimal(text, mark(has_comma)) {
        return Shape::Plain(decimal.value);
    }
    if let Some(shape) = plain(text, has_comma) {
        return shape;
    }
    if is_infinite(text) {
        return Shape::Infinite;
    }
    if let Some(value) = grouped(text, has_comma) {
        return Shape::Grouped(value);
    }
    marked(text, has_comma)
}

fn mark(has_comma: bool) -> u8 {
    if has_comma { b',' } else { b'.' }
}

/// [`shape`] and [`decimal_evidence`] of a text at once, with one look at most numbers.
pub(super) fn shape_and_evidence(text: &str, has_comma: bool) -> (Shape, Option<bool>) {
    match decimal(text, mark(has_comma)) {
        Some(decimal) => {
            let evidence = decimal.proves_mark.then_some(has_comma);
            (Shape::Plain(decimal.value), evidence)
        }
        None => (shape(text, has_comma), decimal_evidence(text)),
    }
}

struct Decimal {
    value: f64,
    /// Whether its mark can be no other than the decimal one; see [`single_mark`].
    proves_mark: bool,
}

/// 2⁵³: up to here every whole number is one of floating point.
const EXACT: u64 = 1 << 53;

/// A decimal such as `-12.5` of up to 19 digits, which fit a word. `None` for everything longer or
/// other, and for whole numbers that may be codes.
#[inline]
fn decimal(text: &str, mark: u8) -> Option<Decimal> {
    let bytes = text.as_bytes();
    let (is_negative, digits) = match bytes.split_first()? {
        (b'-', rest) => (true, rest),
        _ => (false, bytes),
    };
    if digits.len() > 20 || (digits.len() > 1 && digits[0] == b'0' && digits[1] != mark) {
        return None;
    }
    let (mut end, mut value) = digits_from(digits, 0, 0);
    let mut point = None;
    if digits.get(end) == Some(&mark) {
        point = Some(end);
        (end, value) = digits_from(digits, end + 1, value);
    }
    let n_digits = end - usize::from(point.is_some());
    let most = if point.is_some() { 19 } else { 15 };
    if end < digits.len() || n_digits == 0 || n_digits > most {
        return None;
    }
    let size = quotient(value, point.map_or(0, |at| n_digits - at))?;
    Some(Decimal {
        value: if is_negative { -size } else { size },
        proves_mark: point.is_some_and(|at| !could_group(digits, at)),
    })
}

/// Reads the digits from `at` on behind those of `value`: where they end, and all as one number.
/// Twenty may not fit, and are for the caller to refuse.
#[inline]
fn digits_from(bytes: &[u8], mut at: usize, mut value: u64) -> (usize, u64) {
    while let Some(eight) = bytes.get(at..).and_then(|rest| rest.first_chunk()) {
        let Some(number) = eight_digits(u64::from_le_bytes(*eight)) else {
            break;
        };
        value = value.wrapping_mul(100_000_000).wrapping_add(number);
        at += 8;
    }
    while let Some(digit) = bytes.get(at).map(|byte| byte.wrapping_sub(b'0'))
        && digit < 10
    {
        value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
        at += 1;
    }
    (at, value)
}

/// Eight characters as a number, the first one lowest in `word`, where all are digits. Pairs are
/// joined, then pairs of pairs (D. Lemire, "Quickly parsing eight digits", 2018).
#[inline]
fn eight_digits(word: u64) -> Option<u64> {
    const HIGH: u64 = 0xf0f0_f0f0_f0f0_f0f0;
    const ZEROS: u64 = 0x3030_3030_3030_3030;
    const SIXES: u64 = 0x0606_0606_0606_0606;
    let are_digits = word & HIGH == ZEROS && word.wrapping_add(SIXES) & HIGH == ZEROS;
    let pairs = (word & !HIGH).wrapping_mul((10 << 8) + 1) >> 8;
    let fours = (pairs & 0x00ff_00ff_00ff_00ff).wrapping_mul((100 << 16) + 1) >> 16;
    let eight = (fours & 0x0000_ffff_0000_ffff).wrapping_mul((10_000 << 32) + 1) >> 32;
    are_digits.then_some(eight)
}

/// `digits` / 10^`n_decimals`, rounded to the nearest number.
///
/// Where the digits are exact their quotient is the nearest (W. D. Clinger, "How to read floating
/// point numbers accurately", PLDI 1990). Else it is next to the nearest, and what is left over in
/// whole numbers tells which one that is. `None` near powers of two, where the gaps change.
fn quotient(digits: u64, n_decimals: usize) -> Option<f64> {
    const POWERS: [u64; 20] = {
        let mut powers = [1; 20];
        let mut at = 1;
        while at < powers.len() {
            powers[at] = 10 * powers[at - 1];
            at += 1;
        }
        powers
    };
    let power = *POWERS.get(n_decimals)?;
    let about = digits as f64 / power as f64;
    if digits <= EXACT {
        return Some(about);
    }
    // about = fraction · 2^-shift, and digits / power is compared as digits · 2^shift / power.
    let exponent = about.to_bits() >> 52;
    let shift = 1075_u64.checked_sub(exponent).filter(|shift| *shift < 64)?;
    let mut fraction = (about.to_bits() & (EXACT / 2 - 1)) | (EXACT / 2);
    let product = u128::from(fraction) * u128::from(power);
    let rest = (u128::from(digits) << shift).wrapping_sub(product) as i128;
    let power = i128::from(power);
    let is_odd = i128::from(fraction & 1);
    // Half way the even one is nearer.
    if 2 * rest + is_odd > power {
        fraction += 1;
    } else if 2 * rest - is_odd < -power {
        fraction -= 1;
    }
    let is_inside = EXACT / 2 < fraction && fraction < EXACT;
    is_inside.then(|| f64::from_bits((exponent << 52) | (fraction & (EXACT / 2 - 1))))
}

/// The text without space around it.
pub(super) fn trimmed(text: &str) -> &str {
    let is_bare = |byte: Option<&u8>| byte.is_some_and(|byte| (b'!'..=b'~').contains(byte));
    let bytes = text.as_bytes();
    if is_bare(bytes.first()) && is_bare(bytes.last()) {
        text
    } else {
        text.trim()
    }
}

/// A number without marks; leading zeros and long integers are codes.
fn plain(text: &str, has_comma: bool) -> Option<Shape> {
    let (mark, other) = if has_comma {
        (b',', b'.')
    } else {
        (b'.', b',')
    };
    let bytes = text.as_bytes();
    let mut is_integer = true;
    for &byte in bytes {
        match byte {
            b'0'..=b'9' => {}
            _ if byte == other => return None,
            b'+' | b'-' => {}
            b'e' | b'E' => is_integer = false,
            _ if byte == mark => is_integer = false,
            _ => return None,
        }
    }
    let value: f64 = if has_comma && !is_integer {
        text.replacen(',', ".", 1).parse().ok()?
    } else {
        text.parse().ok()?
    };
    let has_leading_zero = bytes.len() > 1 && bytes[0] == b'0';
    // 2^53: from here on, a whole number may have been another one in the file.
    let is_code = is_integer && (has_leading_zero || value.abs() >= 9_007_199_254_740_992.0);
    Some(if is_code && value.is_finite() {
        Shape::Code(value)
    } else if value.is_finite() {
        Shape::Plain(value)
    } else {
        Shape::Infinite
    })
}

fn is_infinite(text: &str) -> bool {
    let word = text.trim_start_matches(['+', '-']);
    text.len() - word.len() < 2
        && ["inf", "infinity", "\u{221e}"]
            .iter()
            .any(|name| word.eq_ignore_ascii_case(name))
}

/// A number whose whole part has marks between groups of three digits, all marks alike.
fn grouped(text: &str, has_comma: bool) -> Option<f64> {
    let decimal = if has_comma { ',' } else { '.' };
    let digits = text.trim_start_matches(['+', '-']);
    let sign = text.get(..text.len() - digits.len())?;
    let (whole, fraction) = match digits.rsplit_once(decimal) {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (digits, None),
    };
    let is_mark = |c: char| {
        matches!(c, ' ' | '\'' | '\u{2019}' | '\u{a0}' | '\u{202f}')
            || c == if has_comma { '.' } else { ',' }
    };
    let mark = whole
        .chars()
        .find(|c| !c.is_ascii_digit())
        .filter(|c| is_mark(*c))?;
    let mut groups = whole.split(mark);
    let head = groups.next()?;
    let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let is_well_formed = (1..=3).contains(&head.len())
        && !head.starts_with('0')
        && is_number(head)
        && groups.all(|group| group.len() == 3 && is_number(group))
        && fraction.is_none_or(|f| !f.is_empty() && is_number(f))
        && sign.len() < 2;
    if !is_well_formed {
        return None;
    }
    let whole: String = whole.chars().filter(char::is_ascii_digit).collect();
    format!("{sign}{whole}.{}", fraction.unwrap_or("0"))
        .parse()
        .ok()
}

/// A number with a percent or currency sign before or after it.
fn marked(text: &str, has_comma: bool) -> Shape {
    let number = |text: &str| match plain(text, has_comma) {
        Some(Shape::Plain(value)) => Some(value),
        _ => grouped(text, has_comma),
    };
    if let Some(rest) = text.strip_suffix('%') {
        return number(rest.trim_end()).map_or(Shape::Other, Shape::Percent);
    }
    let is_currency = |c: char| matches!(c, '$' | '\u{20ac}' | '\u{a3}' | '\u{a5}' | '\u{20b9}');
    let (sign, body) = match text.strip_prefix('-') {
        Some(body) => ("-", body),
        None => ("", text),
    };
    let rest = body
        .strip_prefix(is_currency)
        .or_else(|| body.strip_suffix(is_currency));
    match rest {
        Some(rest) if !(sign == "-" && rest.starts_with('-')) => {
            let value = number(rest.trim());
            value.map_or(Shape::Other, |v| {
                Shape::Currency(if sign == "-" { -v } else { v })
            })
        }
        _ => Shape::Other,
    }
}

/// Which decimal mark a cell proves: `Some(true)` for the comma, `None` where it could be either.
pub(super) fn decimal_evidence(text: &str) -> Option<bool> {
    // Most cells prove nothing, by a letter or for want of a mark; most others have one mark
    // between digits.
    let (mut n_marks, mut at, mut n_other) = (0, 0, 0);
    for (index, byte) in text.bytes().enumerate() {
        match byte {
            b'0'..=b'9' => {}
            b',' | b'.' => {
                n_marks += 1;
                at = index;
            }
            b'a'..=b'z' | b'A'..=b'Z' => return None,
            _ => n_other += 1,
        }
    }
    if n_marks == 0 {
        return None;
    }
    if n_marks == 1 && n_other == 0 {
        let is_decimal = !could_group(text.as_bytes(), at);
        let is_comma = text.as_bytes().get(at) == Some(&b',');
        return is_decimal.then_some(is_comma);
    }
    let text = text.trim_matches(|c: char| !c.is_ascii_digit() && !matches!(c, ',' | '.'));
    let is_numeric = text
        .bytes()
        .all(|b| b.is_ascii_digit() || matches!(b, b',' | b'.'));
    if !is_numeric || text.is_empty() {
        return None;
    }
    match (text.rfind(','), text.rfind('.')) {
        (None, None) => None,
        (Some(comma), Some(point)) => {
            let has_comma = comma > point;
            (grouped(text, has_comma).is_some()).then_some(has_comma)
        }
        (Some(at), None) => single_mark(text, at, ','),
        (None, Some(at)) => single_mark(text, at, '.').map(|is_decimal| !is_decimal),
    }
}

/// Whether the only kind of mark in `text` is decimal: it is if it occurs once and does not stand
/// where a thousands mark could; it is not if it occurs again and again before three digits.
fn single_mark(text: &str, at: usize, mark: char) -> Option<bool> {
    if text.get(..at)?.contains(mark) {
        return grouped(text, mark == '.').map(|_| false);
    }
    (!could_group(text.as_bytes(), at)).then_some(true)
}

/// Whether the mark at `at` of a text that begins and ends with digits or it could stand before
/// three digits for thousands.
fn could_group(text: &[u8], at: usize) -> bool {
    text.len() == at + 4 && (1..=3).contains(&at) && text.first() != Some(&b'0')
}
