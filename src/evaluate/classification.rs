//! Metrics of predicted classes and their probabilities.

use ndarray::ArrayView2;

use super::metric::{ClassScore, Confusion, Format, Metric, Scores};
use crate::error::{Code, Error, Result};
use crate::math;
use crate::prepare::Target;

/// Probabilities below this count as this in the log loss, as in scikit-learn: one that is
/// exactly 0 for the right class would otherwise make the loss infinite.
const SMALLEST_PROBABILITY: f64 = f64::EPSILON;

/// A number, or why there is none.
type Value = std::result::Result<f64, String>;

/// Scores predicted classes.
///
/// - `truth`, `predicted`: `(n_samples,)`; `probabilities`: `(n_samples, n_classes)`.
pub(super) fn score(
    truth: &[u32],
    predicted: &[u32],
    probabilities: ArrayView2<f64>,
    labels: &[String],
    train: &Target,
) -> Result<Scores> {
    let n_classes = labels.len().max(probabilities.ncols());
    check(truth, predicted, probabilities, n_classes)?;
    let train_share = train_shares(train, n_classes);
    let majority = train_share
        .as_ref()
        .map(|shares| math::argmax(shares) as u32);
    let counts = confusion(truth, predicted, n_classes);
    let classes = per_class(&counts, labels);
    let base_counts = majority.map(|m| confusion(truth, &vec![m; truth.len()], n_classes));
    let base_classes = base_counts.as_ref().map(|counts| per_class(counts, labels));
    let on_base = |mean: fn(&[ClassScore]) -> (Value, Option<String>)| {
        base_classes
            .as_ref()
            .and_then(|classes| mean(classes).0.ok())
    };

    let (balanced, _) = balanced_accuracy(&classes);
    let (precision, precision_note) = macro_precision(&classes);
    let (f1, f1_note) = macro_f1(&classes);
    let losses = log_losses(truth, probabilities);
    let (auc, auc_note) = macro_auc(truth, probabilities, labels);
    let metrics = vec![
        Metric::new("accuracy", "Accuracy", Format::Percent, true)
            .explained(
                "The share of rows whose class is predicted right.",
                "right rows / all rows",
            )
            .with(accuracy(&counts))
            .give_or_take(accuracy_error(&counts))
            .against(base_counts.as_ref().and_then(|counts| accuracy(counts).ok())),
        Metric::new("balanced_accuracy", "Balanced accuracy", Format::Percent, true)
            .explained(
                "Accuracy with every class weighing the same, however rare it is.",
                "mean of recall over the classes",
            )
            .with(balanced)
            .give_or_take(balanced_error(&classes))
            .against(on_base(balanced_accuracy)),
        Metric::new("log_loss", "Log loss", Format::Number, false)
            .explained(
                "How surprised the model is by the truth. 0 is sure and right; being sure and wrong costs most.",
                "mean of \u{2212}ln(probability given to the true class)",
            )
            .with(math::mean(&losses.0).ok_or_else(no_rows))
            .give_or_take(error_of_mean(&losses.0))
            .noted(losses.1)
            .against(train_share.as_ref().and_then(|shares| base_loss(truth, shares))),
        Metric::new("roc_auc", "ROC AUC", Format::Percent, true)
            .explained(
                "How often a row of a class gets a higher probability for it than a row of another class: 50 % is a coin, 100 % a perfect order.",
                "area under true against false positives; several classes: mean of each against the rest",
            )
            .with(auc)
            .noted(auc_note)
            .against(Some(0.5)),
        Metric::new("f1_macro", "F1", Format::Percent, true)
            .explained(
                "Precision and recall in one number, every class weighing the same.",
                "mean over classes of 2 \u{b7} precision \u{b7} recall / (precision + recall)",
            )
            .with(f1)
            .noted(f1_note)
            .against(on_base(macro_f1)),
        Metric::new("precision_macro", "Precision", Format::Percent, true)
            .explained(
                "When the model names a class, how often it is right; mean over the classes.",
                "mean over classes of right / predicted",
            )
            .with(precision)
            .noted(precision_note)
            .against(on_base(macro_precision)),
        Metric::new("recall_macro", "Recall", Format::Percent, true)
            .explained(
                "Of the rows of a class, how many are found; mean over the classes. The same number as balanced accuracy.",
                "mean over classes of found / present",
            )
            .with(balanced_accuracy(&classes).0)
            .against(on_base(balanced_accuracy)),
    ];
    let labels = classes.iter().map(|class| class.label.clone()).collect();
    Ok(Scores {
        n_samples: truth.len(),
        headline: "accuracy".to_owned(),
        metrics,
        confusion: Some(Confusion { labels, counts }),
        per_class: Some(classes),
    })
}

fn check(truth: &[u32], predicted: &[u32], p: ArrayView2<f64>, n_classes: usize) -> Result<()> {
    let is_known = |codes: &[u32]| codes.iter().all(|&code| (code as usize) < n_classes);
    if p.nrows() != truth.len() || !is_known(truth) || !is_known(predicted) {
        let message = "The predicted classes do not match the rows.";
        return Err(Error::new(Code::ShapeMismatch, message));
    }
    if p.iter().any(|v| !v.is_finite()) {
        let message = "The model predicts a probability that is not a number.";
        return Err(Error::new(Code::NotFinite, message));
    }
    Ok(())
}

fn no_rows() -> String {
    "There are no rows.".to_owned()
}

fn train_shares(train: &Target, n_classes: usize) -> Option<Vec<f64>> {
    let Target::Classes { codes, .. } = train else {
        return None;
    };
    let mut shares = vec![0.0; n_classes];
    for &code in codes {
        if let Some(share) = shares.get_mut(code as usize) {
            *share += 1.0;
        }
    }
    shares
        .iter_mut()
        .for_each(|s| *s /= codes.len().max(1) as f64);
    (!codes.is_empty()).then_some(shares)
}

fn confusion(truth: &[u32], predicted: &[u32], n_classes: usize) -> Vec<Vec<u32>> {
    let mut counts = vec![vec![0_u32; n_classes]; n_classes];
    for (&t, &p) in truth.iter().zip(predicted) {
        counts[t as usize][p as usize] += 1;
    }
    counts
}

fn hits(counts: &[Vec<u32>]) -> (f64, f64) {
    let hits: u32 = counts.iter().enumerate().map(|(i, row)| row[i]).sum();
    let n: u32 = counts.iter().flatten().sum();
    (f64::from(hits), f64::from(n))
}

fn accuracy(counts: &[Vec<u32>]) -> Value {
    let (hits, n) = hits(counts);
    if n == 0.0 {
        Err(no_rows())
    } else {
        Ok(hits / n)
    }
}

fn accuracy_error(counts: &[Vec<u32>]) -> Option<f64> {
    let (hits, n) = hits(counts);
    share_error(hits, n)
}

/// The binomial standard error of `hits` of `n`. Where all or none are hits, the share is
/// first moved by one hit and one miss (Laplace's rule): 5 of 5 is not certain.
pub(super) fn share_error(hits: f64, n: f64) -> Option<f64> {
    if n < 1.0 {
        return None;
    }
    let share = if hits == 0.0 || hits == n {
        (hits + 1.0) / (n + 2.0)
    } else {
        hits / n
    };
    Some((share * (1.0 - share) / n).sqrt())
}

/// The standard error of a mean of `values`, by their spread; `None` for fewer than two.
pub(super) fn error_of_mean(values: &[f64]) -> Option<f64> {
    let moments = math::moments(values)?;
    let n = moments.n as f64;
    (moments.n > 1).then(|| (moments.variance / (n - 1.0)).sqrt())
}

fn per_class(counts: &[Vec<u32>], labels: &[String]) -> Vec<ClassScore> {
    let share = |part: u32, whole: u32| (whole > 0).then(|| f64::from(part) / f64::from(whole));
    (0..counts.len())
        .map(|class| {
            let hits = counts[class][class];
            let present: u32 = counts[class].iter().sum();
            let named: u32 = counts.iter().map(|row| row[class]).sum();
            ClassScore {
                label: labels
                    .get(class)
                    .cloned()
                    .unwrap_or_else(|| format!("class {class}")),
                n_samples: present as usize,
                precision: share(hits, named),
                recall: share(hits, present),
                f1: share(2 * hits, present + named),
            }
        })
        .collect()
}

/// The mean over the classes for which a score is defined, and which were left out.
fn mean_over(
    classes: &[ClassScore],
    of: impl Fn(&ClassScore) -> Option<f64>,
    why_not: &str,
) -> (Value, Option<String>) {
    let values: Vec<f64> = classes.iter().filter_map(&of).collect();
    let left_out: Vec<&str> = classes
        .iter()
        .filter(|class| class.n_samples > 0 && of(class).is_none())
        .map(|class| class.label.as_str())
        .collect();
    let note = (!left_out.is_empty()).then(|| {
        format!(
            "Without {}: {why_not}.",
            crate::evaluate::verdict::list(&left_out)
        )
    });
    (math::mean(&values).ok_or_else(no_rows), note)
}

fn balanced_accuracy(classes: &[ClassScore]) -> (Value, Option<String>) {
    mean_over(classes, |class| class.recall, "no rows")
}

/// The errors of independent recalls, added in squares.
fn balanced_error(classes: &[ClassScore]) -> Option<f64> {
    let errors: Vec<f64> = classes
        .iter()
        .filter_map(|class| {
            let n = class.n_samples as f64;
            share_error((class.recall? * n).round(), n)
        })
        .collect();
    let n = errors.len() as f64;
    (!errors.is_empty()).then(|| math::sum(errors.iter().map(|e| e * e)).sqrt() / n)
}

fn macro_precision(classes: &[ClassScore]) -> (Value, Option<String>) {
    mean_over(classes, |class| class.precision, "never predicted")
}

fn macro_f1(classes: &[ClassScore]) -> (Value, Option<String>) {
    mean_over(classes, |class| class.f1, "no rows")
}

/// The loss of each row, and a note where a probability was too small.
fn log_losses(truth: &[u32], probabilities: ArrayView2<f64>) -> (Vec<f64>, Option<String>) {
    let given = |(row, &code): (usize, &u32)| {
        probabilities
            .get((row, code as usize))
            .copied()
            .unwrap_or_default()
    };
    let given: Vec<f64> = truth.iter().enumerate().map(given).collect();
    let n_clipped = given.iter().filter(|p| **p < SMALLEST_PROBABILITY).count();
    let note = (n_clipped > 0).then(|| {
        let rows = if n_clipped == 1 { "row gives" } else { "rows give" };
        format!(
            "{n_clipped} {rows} the true class a probability of 0; counted as 2.2e-16, or the loss would be infinite."
        )
    });
    let losses = given
        .iter()
        .map(|p| -math::ln(p.clamp(SMALLEST_PROBABILITY, 1.0)))
        .collect();
    (losses, note)
}

fn base_loss(truth: &[u32], shares: &[f64]) -> Option<f64> {
    let losses: Vec<f64> = truth
        .iter()
        .map(|&code| -math::ln(shares[code as usize].max(SMALLEST_PROBABILITY)))
        .collect();
    math::mean(&losses)
}

/// ROC AUC: two classes by the probability of the second; more, the mean of each against the
/// rest over the classes that have rows.
fn macro_auc(
    truth: &[u32],
    probabilities: ArrayView2<f64>,
    labels: &[String],
) -> (Value, Option<String>) {
    let n_classes = probabilities.ncols();
    let of_class = |class: usize| {
        let scores: Vec<f64> = probabilities.column(class).to_vec();
        let is_positive: Vec<bool> = truth.iter().map(|&code| code as usize == class).collect();
        roc_auc(&scores, &is_positive)
    };
    let undefined = || "These rows are all of one class; there is no order to judge.".to_owned();
    if n_classes == 2 {
        return (of_class(1).ok_or_else(undefined), None);
    }
    let areas: Vec<Option<f64>> = (0..n_classes).map(of_class).collect();
    let missing: Vec<&str> = areas
        .iter()
        .zip(labels)
        .filter(|(area, _)| area.is_none())
        .map(|(_, label)| label.as_str())
        .collect();
    let defined: Vec<f64> = areas.iter().flatten().copied().collect();
    let note = (!missing.is_empty() && !defined.is_empty()).then(|| {
        format!(
            "Without {}: no rows.",
            crate::evaluate::verdict::list(&missing)
        )
    });
    (math::mean(&defined).ok_or_else(undefined), note)
}

/// The area under the ROC curve by mid-ranks (Mann and Whitney): the share of pairs of a
/// positive and a negative row in which the positive one scores higher, ties counting half.
/// `None` without rows of both kinds.
///
/// ```
/// use handlens::evaluate::roc_auc;
/// assert_eq!(roc_auc(&[0.1, 0.4, 0.35, 0.8], &[false, false, true, true]), Some(0.75));
/// assert_eq!(roc_auc(&[0.5, 0.5], &[false, true]), Some(0.5));
/// assert_eq!(roc_auc(&[0.5, 0.5], &[true, true]), None);
/// ```
pub fn roc_auc(scores: &[f64], is_positive: &[bool]) -> Option<f64> {
    let n_positive = is_positive.iter().filter(|p| **p).count() as f64;
    let n_negative = is_positive.len() as f64 - n_positive;
    if n_positive == 0.0 || n_negative == 0.0 || scores.len() != is_positive.len() {
        return None;
    }
    let order = math::order_by(scores.len(), &|a, b| scores[a].total_cmp(&scores[b]));
    let mut rank_sum = 0.0;
    let mut start = 0;
    for group in order.chunk_by(|&a, &b| scores[a] == scores[b]) {
        // Ranks start + 1 ..= start + len share their mean; twice it is a whole number.
        let twice_rank = (2 * start + group.len() + 1) as f64;
        let positives = group.iter().filter(|&&i| is_positive[i]).count() as f64;
        rank_sum += positives * twice_rank / 2.0;
        start += group.len();
    }
    Some((rank_sum - n_positive * (n_positive + 1.0) / 2.0) / (n_positive * n_negative))
}
