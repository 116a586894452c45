//! Words and numbers laid out for a terminal.

use handlens::evaluate::{Evaluation, Format, Metric, Scores};
use handlens::math::print_number;

/// Rows of cells as aligned columns, two blanks between them; lines do not end in blanks.
pub fn table(rows: &[Vec<String>]) -> String {
    let n_columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count())
            .max()
    };
    let widths: Vec<usize> = (0..n_columns)
        .map(|column| width(column).unwrap_or(0))
        .collect();
    let mut text = String::new();
    for row in rows {
        let line: String = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("  {cell:width$}"))
            .collect();
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// A heading and a list below it; nothing where the list is empty.
pub fn list(heading: &str, items: &[String]) -> String {
    if items.is_empty() {
        return String::new();
    }
    let items: String = items.iter().map(|item| format!("  - {item}\n")).collect();
    format!("\n{heading}\n{items}")
}

/// A number with four significant digits.
pub fn short(value: f64) -> String {
    let rounded = format!("{value:.3e}").parse().unwrap_or(value);
    print_number(rounded)
}

/// `1 row`, `2 rows`.
pub fn counted(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// A longer text cut to a readable length.
pub fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars()
        .take(most.saturating_sub(1))
        .chain(['\u{2026}'])
        .collect()
}

/// Scores on unseen and seen rows, the baseline, and the verdict in words.
pub fn evaluation(evaluation: &Evaluation) -> String {
    judged(evaluation, "unseen rows")
}

/// The same, where the rows judged by are called `rows`.
pub fn judged(evaluation: &Evaluation, rows: &str) -> String {
    let verdict = &evaluation.verdict;
    format!(
        "\n{}\n{}: {}\n{}\n",
        scores(&evaluation.train, evaluation.test.as_ref(), rows),
        verdict.title,
        verdict.why,
        verdict.try_next
    )
}

fn scores(train: &Scores, test: Option<&Scores>, rows_name: &str) -> String {
    let shown = test.unwrap_or(train);
    let mut header = vec!["score".to_owned()];
    header.extend(test.map(|test| format!("{rows_name} ({})", test.n_samples)));
    header.extend([
        format!("seen rows ({})", train.n_samples),
        "baseline".into(),
    ]);
    let mut rows = vec![header];
    for metric in &shown.metrics {
        let seen = train.metric(&metric.id);
        let mut row = vec![metric.label.clone()];
        row.extend(test.map(|_| with_error(metric)));
        row.push(seen.map(with_error).unwrap_or_default());
        row.push(
            metric
                .baseline
                .map(|value| number(metric, value))
                .unwrap_or_default(),
        );
        rows.push(row);
    }
    table(&rows) + &confusion(shown)
}

/// The table of true against predicted classes, where there are few enough for a terminal.
fn confusion(scores: &Scores) -> String {
    let Some(confusion) = scores.confusion.as_ref().filter(|c| c.labels.len() <= 12) else {
        return String::new();
    };
    let label = |label: &String| cut(label, 16);
    let mut rows = vec![vec!["actual \\ predicted".to_owned()]];
    rows.iter_mut()
        .for_each(|row| row.extend(confusion.labels.iter().map(label)));
    for (name, counts) in confusion.labels.iter().zip(&confusion.counts) {
        let counts = counts.iter().map(u32::to_string);
        rows.push(std::iter::once(label(name)).chain(counts).collect());
    }
    format!("\n{}", table(&rows))
}

/// A metric's value and its standard error, where it has them.
pub fn with_error(metric: &Metric) -> String {
    let Some(value) = metric.value else {
        return "\u{2013}".into();
    };
    let error = metric
        .std_error
        .map(|error| format!(" \u{b1} {}", number(metric, error)));
    number(metric, value) + &error.unwrap_or_default()
}

/// A number in the form of a metric.
pub fn number(metric: &Metric, value: f64) -> String {
    match metric.format {
        Format::Percent => format!("{:.1} %", 100.0 * value),
        Format::Number => short(value),
    }
}

#[cfg(test)]
mod tests {
    use super::{cut, short, table};

    #[test]
    fn columns_are_aligned_and_lines_do_not_end_in_blanks() {
        let rows = [
            vec!["a".into(), "b".into()],
            vec!["long".into(), String::new()],
        ];
        assert_eq!(table(&rows), "  a     b\n  long\n");
    }

    #[test]
    fn numbers_have_four_significant_digits() {
        for (value, text) in [(123.456, "123.5"), (0.1, "0.1"), (1e-9, "1e-9"), (0.0, "0")] {
            assert_eq!(short(value), text);
        }
    }

    #[test]
    fn long_texts_are_cut() {
        assert_eq!(cut("abcdef", 4), "abc\u{2026}");
        assert_eq!(cut("abcd", 4), "abcd");
    }
}
