//! From one input a column to the matrix of features.

use super::graph::{Draft, Value};
use super::proto::{Attribute, DOUBLE, STRING, Tensor};
use crate::error::{Code, Error, Result};
use crate::prepare::{Encoding, FittedColumn, Gap, OTHER, Pipeline, Steps, TargetMeans, Unseen};

/// The code of a gap that stays one.
const KEPT: i64 = -2;
/// What Python writes of a cell without a value.
const GAPS_OF_PYTHON: [&str; 3] = ["nan", "None", "<NA>"];

/// The features, `(N, n_features)`. Gaps of numbers are NaN, those of categories empty texts; a
/// gap that the recipe drops stays NaN, and so does the answer.
///
/// # Errors
/// [`Code::BadSetting`] for hashed columns, curves, and levels that are refused.
pub(super) fn write(g: &mut Draft, pipeline: &Pipeline) -> Result<Value> {
    let mut parts = Vec::new();
    for column in pipeline.columns() {
        parts.push(of_column(g, column)?);
    }
    if let Some(expansion) = pipeline.expansion() {
        if !expansion.splines.is_empty() {
            let message = "Curves (spline features) are not written into ONNX graphs yet. Export source code, or choose powers and products.";
            return Err(Error::new(Code::BadSetting, message).in_field("expand"));
        }
        let plain = concat(g, &parts);
        for product in &expansion.products {
            let factors: Vec<Value> = product
                .iter()
                .map(|&feature| {
                    let index = g.constant(Tensor::ints(&[1], [i64::from(feature)]));
                    g.op_with("Gather", &[&plain, &index], vec![Attribute::int("axis", 1)])
                })
                .collect();
            let product = factors.into_iter().reduce(|x, y| g.op("Mul", &[&x, &y]));
            parts.extend(product);
        }
    }
    Ok(concat(g, &parts))
}

fn concat(g: &mut Draft, parts: &[Value]) -> Value {
    let parts: Vec<&Value> = parts.iter().collect();
    g.op_with("Concat", &parts, vec![Attribute::int("axis", 1)])
}

fn of_column(g: &mut Draft, column: &FittedColumn) -> Result<Value> {
    match &column.steps {
        Steps::Number {
            fill,
            center,
            scale,
            ..
        } => {
            let mut value = g.input(&column.name, DOUBLE);
            if let Some(fill) = fill {
                let is_gap = g.op("IsNaN", &[&value]);
                let fill = g.double(*fill);
                value = g.op("Where", &[&is_gap, &fill, &value]);
            }
            let (center, scale) = (g.double(*center), g.double(*scale));
            value = g.op("Sub", &[&value, &center]);
            value = g.op("Div", &[&value, &scale]);
            Ok(g.unsqueeze(&value, 1))
        }
        Steps::Category {
            levels,
            encoding,
            means,
            ..
        } => {
            let code = code(g, column)?;
            let code = g.unsqueeze(&code, 1);
            Ok(match (encoding, means) {
                (_, Some(means)) => of_target(g, &code, means, levels.len()),
                (Encoding::OneHot, _) => spread(g, &code, 0, levels.len()),
                (Encoding::Dummy, _) => spread(g, &code, 1, levels.len()),
                _ => ordinal(g, &code),
            })
        }
        Steps::Hash { .. } => {
            let message = format!(
                "Column \u{201c}{}\u{201d} is hashed, which ONNX graphs cannot do. Choose another encoding.",
                column.name
            );
            Err(Error::new(Code::BadSetting, message).in_column(&column.name))
        }
    }
}

/// The index of the level of each row, `(N,)`; −1 for none, [`KEPT`] for a gap that stays.
fn code(g: &mut Draft, column: &FittedColumn) -> Result<Value> {
    let Steps::Category {
        levels,
        gap,
        unseen,
        typical,
        ..
    } = &column.steps
    else {
        return Ok(g.input(&column.name, STRING));
    };
    let place = |name: &str| {
        let found = levels.iter().position(|level| level == name);
        found.map_or(-1, |place| place as i64)
    };
    let of_gap = match gap {
        Gap::MostFrequent => *typical as i64,
        Gap::Level => column.gap_level().map_or(-1, place),
        Gap::Keep | Gap::Drop => KEPT,
    };
    let of_unseen = match unseen {
        Unseen::Ignore => -1,
        Unseen::MostFrequent => *typical as i64,
        Unseen::Other => place(OTHER),
        Unseen::Refuse => {
            let message = format!(
                "An ONNX graph cannot refuse a row, as the recipe asks for unseen levels of \u{201c}{}\u{201d}. Choose what they count as.",
                column.name
            );
            return Err(Error::new(Code::BadSetting, message).in_column(&column.name));
        }
    };
    let text = g.input(&column.name, STRING);
    let named = levels
        .iter()
        .map(String::as_str)
        .filter(|level| !level.is_empty());
    let mut keys: Vec<(&str, i64)> = named.map(|level| (level, place(level))).collect();
    keys.push(("", of_gap));
    if g.is_written_by_python() {
        let gaps = GAPS_OF_PYTHON.iter().map(|gap| (*gap, of_gap));
        let words = [("True", place("true")), ("False", place("false"))];
        for (text, code) in gaps.chain(words) {
            if code != -1 && !levels.iter().any(|level| level == text) {
                keys.push((text, code));
            }
        }
    }
    let attributes = vec![
        Attribute::ints(
            "values_int64s",
            keys.iter().map(|(_, code)| *code).collect::<Vec<_>>(),
        ),
        Attribute::strings("keys_strings", keys.iter().map(|(text, _)| *text)),
        Attribute::int("default_int64", of_unseen),
    ];
    Ok(g.ml("LabelEncoder", &[&text], attributes))
}

/// 1 in the column of the level, for the levels from `first` on.
fn spread(g: &mut Draft, code: &Value, first: usize, n_levels: usize) -> Value {
    let levels = (first..n_levels).map(|level| level as i64);
    let levels = g.constant(Tensor::ints(&[1, n_levels - first], levels));
    let is_level = g.op("Equal", &[code, &levels]);
    g.cast(&is_level, DOUBLE)
}

fn ordinal(g: &mut Draft, code: &Value) -> Value {
    let (kept, gap) = (g.constant(Tensor::ints(&[], [KEPT])), g.double(f64::NAN));
    let is_gap = g.op("Equal", &[code, &kept]);
    let value = g.cast(code, DOUBLE);
    g.op("Where", &[&is_gap, &gap, &value])
}

/// The means of the target of the level; those of all rows stand behind the last level.
fn of_target(g: &mut Draft, code: &Value, means: &TargetMeans, n_levels: usize) -> Value {
    let width = means.overall.len();
    let all = means.by_level.iter().chain(&means.overall).copied();
    let table = g.constant(Tensor::doubles(&[n_levels + 1, width], all));
    let (zero, none) = (
        g.constant(Tensor::ints(&[], [0])),
        g.constant(Tensor::ints(&[], [n_levels as i64])),
    );
    let is_none = g.op("Less", &[code, &zero]);
    let place = g.op("Where", &[&is_none, &none, code]);
    let rows = g.op_with("Gather", &[&table, &place], vec![Attribute::int("axis", 0)]);
    let axes = g.constant(Tensor::ints(&[1], [1]));
    g.op("Squeeze", &[&rows, &axes])
}
