//! What the scores say together, in words: a small set of rules with error bars.
//!
//! A difference counts where it is larger than two standard errors of the difference. The
//! thresholds are ours and deliberately blunt; a verdict is a hint on where to look, and each
//! carries the numbers it rests on.

use super::metric::{Metric, Scores, Verdict, VerdictKind};

/// A standard error of a share above which nothing can be told (± 20 points at two errors).
const TOO_UNSURE: f64 = 0.1;
/// The fewest unseen rows that are judged at all.
const FEWEST_ROWS: usize = 10;
/// Gaps below this share are not worth acting on, however sure.
const SMALL_GAP: f64 = 0.02;
/// A model that takes away less than this share of the baseline's error underfits.
const WEAK_SKILL: f64 = 0.5;

/// Diagnoses a model from its scores on seen and unseen rows.
pub fn judge(train: &Scores, test: Option<&Scores>) -> Verdict {
    match train.headline.as_str() {
        "accuracy" => judge_with_test(train, test, judge_classes),
        "r2" => judge_with_test(train, test, judge_values),
        "silhouette" => judge_clusters(test.unwrap_or(train)),
        "outlier_share" => judge_anomalies(train),
        _ => judge_projection(train),
    }
}

fn judge_with_test(
    train: &Scores,
    test: Option<&Scores>,
    judge: fn(&Scores, &Scores) -> Option<Verdict>,
) -> Verdict {
    let Some(test) = test.filter(|test| test.n_samples > 0) else {
        return verdict(
            VerdictKind::NotJudged,
            "Not tested",
            "Every row was learnt from, so these scores say how well the model remembers, not how well it predicts.".into(),
            "Keep some rows back as unseen.",
        );
    };
    judge(train, test).unwrap_or_else(|| {
        let rows = if test.n_samples == 1 {
            "row is"
        } else {
            "rows are"
        };
        verdict(
            VerdictKind::TooFewRows,
            "Too few unseen rows",
            format!(
                "{} unseen {rows} too few to tell good from lucky.",
                test.n_samples
            ),
            "Keep more rows back, or bring more rows.",
        )
    })
}

fn judge_classes(train: &Scores, test: &Scores) -> Option<Verdict> {
    let (seen, unseen) = (train.metric("accuracy")?, test.metric("accuracy")?);
    let (a, b) = (seen.value?, unseen.value?);
    let (base, error) = (unseen.baseline?, unseen.std_error?);
    if test.n_samples < FEWEST_ROWS || error > TOO_UNSURE {
        return None;
    }
    let gap = a - b;
    let gap_error = both(error, seen.std_error.unwrap_or_default());
    let overfits = gap > 2.0 * gap_error && gap > SMALL_GAP;
    let shown = with_error(unseen);
    if b - base <= 2.0 * error && !(overfits && a - base > 0.1) && base < 1.0 {
        return Some(no_better(train, test, &shown, base));
    }
    if overfits {
        return Some(verdict(
            VerdictKind::Overfits,
            "Overfits",
            format!(
                "{} of the seen rows are right, but only {shown} of the unseen ones: it has learnt the rows by heart rather than the rule.",
                percent(a)
            ),
            "Make the model simpler or penalize it more, stop earlier, or bring more rows.",
        ));
    }
    let skill = (a - base) / (1.0 - base).max(f64::MIN_POSITIVE);
    if skill < WEAK_SKILL && 1.0 - a > SMALL_GAP {
        return Some(verdict(
            VerdictKind::Underfits,
            "Underfits",
            format!(
                "Even of the rows it learnt from only {} are right, where always saying the most frequent class gets {}.",
                percent(a),
                percent(base)
            ),
            "Train longer, allow a more flexible model, or add columns that tell the classes apart.",
        ));
    }
    if let Some(overconfident) = overconfident(test, &shown) {
        return Some(overconfident);
    }
    Some(verdict(
        VerdictKind::FitsWell,
        "Fits well",
        format!(
            "Seen ({}) and unseen rows ({shown}) agree within their error bars, far above the baseline of {}.",
            percent(a),
            percent(base)
        ),
        &weakest_class(test).unwrap_or_else(|| {
            "Little is left to gain here; see which columns decide, and try it on new rows.".into()
        }),
    ))
}

/// Right often enough, but its probabilities are worse than saying the class shares.
fn overconfident(test: &Scores, shown: &str) -> Option<Verdict> {
    let loss = test.metric("log_loss")?;
    let (value, base) = (loss.value?, loss.baseline?);
    (value > base + 2.0 * loss.std_error.unwrap_or_default()).then(|| {
        verdict(
            VerdictKind::Overfits,
            "Too sure of itself",
            format!(
                "{shown} of the unseen rows are right, but where it is wrong it is very sure: a log loss of {}, worse than the {} of saying the class shares.",
                short(value),
                short(base)
            ),
            "Penalize the model more or stop earlier; do not trust its probabilities yet.",
        )
    })
}

fn no_better(train: &Scores, test: &Scores, shown: &str, base: f64) -> Verdict {
    let balanced = |scores: &Scores| {
        let metric = scores.metric("balanced_accuracy")?;
        Some((metric.value? - metric.baseline?, metric.std_error?))
    };
    let finds_rare = balanced(test).is_some_and(|(gain, error)| gain > 2.0 * error)
        && balanced(train).is_some_and(|(gain, _)| gain > 0.0);
    let hint = if finds_rare {
        "The classes are very unequal: look at the balanced accuracy and the confusion matrix, where it does better than the baseline."
    } else {
        "Bring columns that have to do with the target, or check that the target is the right one."
    };
    verdict(
        VerdictKind::NoBetterThanBaseline,
        "No better than guessing",
        format!(
            "{shown} of the unseen rows are right; always saying the most frequent class gets {}.",
            percent(base)
        ),
        hint,
    )
}

fn weakest_class(test: &Scores) -> Option<String> {
    let class = test
        .per_class
        .as_ref()?
        .iter()
        .filter(|class| class.recall.is_some_and(|recall| recall < 0.9))
        .min_by(|a, b| {
            a.recall
                .partial_cmp(&b.recall)
                .unwrap_or(std::cmp::Ordering::Equal)
        })?;
    Some(format!(
        "\u{201c}{}\u{201d} is found least often ({}); more rows of it would help most.",
        class.label,
        percent(class.recall?)
    ))
}

fn judge_values(train: &Scores, test: &Scores) -> Option<Verdict> {
    let (seen, unseen) = (train.metric("rmse")?, test.metric("rmse")?);
    let (a, b) = (seen.value?, unseen.value?);
    let (base, error) = (unseen.baseline?, unseen.std_error?);
    if test.n_samples < FEWEST_ROWS {
        return None;
    }
    let gap_error = both(error, seen.std_error.unwrap_or_default());
    let overfits = b - a > 2.0 * gap_error && b > 1.2 * a;
    let numbers = format!(
        "The typical miss is {} on unseen rows and {} on seen ones",
        with_error(unseen),
        short(a)
    );
    let simpler = "Make the model simpler or penalize it more, or bring more rows.";
    if base - b <= 2.0 * error && !(overfits && a < 0.7 * base) && b > 0.0 {
        return Some(verdict(
            VerdictKind::NoBetterThanBaseline,
            "No better than the mean",
            format!(
                "{numbers}; always saying the mean misses by {}.",
                short(base)
            ),
            "Bring columns that have to do with the target, or allow a more flexible model.",
        ));
    }
    if overfits {
        let why = format!("{numbers}: it has learnt the rows by heart rather than the rule.");
        return Some(verdict(VerdictKind::Overfits, "Overfits", why, simpler));
    }
    let r2 = train.value("r2").unwrap_or_default();
    if r2 < WEAK_SKILL {
        return Some(verdict(
            VerdictKind::Underfits,
            "Underfits",
            format!(
                "Even on the rows it learnt from it explains only {} of the target's ups and downs.",
                percent(r2.max(0.0))
            ),
            "Allow a more flexible model, train longer, or add columns; or the target is simply noisy.",
        ));
    }
    Some(verdict(
        VerdictKind::FitsWell,
        "Fits well",
        format!(
            "{numbers}, which agree within their error bars; always saying the mean misses by {}.",
            short(base)
        ),
        "Look at the rows with the largest misses; they may share something.",
    ))
}

fn judge_clusters(scores: &Scores) -> Verdict {
    let Some(value) = scores.value("silhouette") else {
        let reason = scores.metric("silhouette").and_then(|m| m.reason.clone());
        return verdict(
            VerdictKind::NotJudged,
            "Not judged",
            reason.unwrap_or_default(),
            "Ask for at least two clusters.",
        );
    };
    // The bounds are those of Kaufman & Rousseeuw, "Finding Groups in Data", 1990.
    let (kind, title, what, hint) = if value > 0.5 {
        (
            VerdictKind::FitsWell,
            "Clear groups",
            "rows are much closer to their own cluster than to the next",
            "See which columns set the groups apart.",
        )
    } else if value > 0.25 {
        (
            VerdictKind::FitsWell,
            "Groups that touch",
            "the groups are there, but their borders are soft",
            "Try one cluster more or fewer, and compare.",
        )
    } else {
        (
            VerdictKind::NoBetterThanBaseline,
            "No clear groups",
            "rows are hardly closer to their own cluster than to the next",
            "Try another number of clusters or fewer columns; there may be no groups at all.",
        )
    };
    let why = format!("The silhouette is {}: {what}.", short(value));
    verdict(kind, title, why, hint)
}

fn judge_anomalies(scores: &Scores) -> Verdict {
    let why = match scores.value("outlier_share") {
        Some(share) => format!("{} of the rows lie beyond the threshold.", percent(share)),
        None => "There is no row to judge.".to_owned(),
    };
    verdict(
        VerdictKind::NotJudged,
        "A hint, not a verdict",
        why,
        "Look at the most unusual rows under Use: are they mistakes, or the rows that matter most?",
    )
}

fn judge_map(trust: f64) -> Verdict {
    let whether = if trust >= 0.9 {
        "rows that lie side by side are mostly neighbors among all features too"
    } else {
        "many rows lie side by side that are no neighbors among all features"
    };
    verdict(
        VerdictKind::NotJudged,
        "A map, not a prediction",
        format!("Of 1 the map is to be trusted to {trust:.2}: {whether}."),
        "Read who is near whom; sizes of groups and distances between them mean little.",
    )
}

fn judge_projection(scores: &Scores) -> Verdict {
    if let Some(trust) = scores
        .value("trustworthiness")
        .filter(|_| scores.headline == "trustworthiness")
    {
        return judge_map(trust);
    }
    let why = match scores.value("explained_variance_ratio") {
        Some(kept) => format!(
            "The new axes keep {} of the spread of all features.",
            percent(kept)
        ),
        None => "There is no spread to keep.".to_owned(),
    };
    verdict(
        VerdictKind::NotJudged,
        "A view, not a prediction",
        why,
        "Color the rows by a column and see whether it follows the axes.",
    )
}

fn verdict(kind: VerdictKind, title: &str, why: String, try_next: &str) -> Verdict {
    Verdict {
        kind,
        title: title.to_owned(),
        why,
        try_next: try_next.to_owned(),
    }
}

/// The error of a difference of independent numbers.
fn both(a: f64, b: f64) -> f64 {
    (a * a + b * b).sqrt()
}

fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

/// Three significant digits or so.
fn short(value: f64) -> String {
    match value.abs() {
        size if (100.0..1e7).contains(&size) => format!("{value:.0}"),
        size if (10.0..100.0).contains(&size) => format!("{value:.1}"),
        size if (1.0..10.0).contains(&size) => format!("{value:.2}"),
        size if (0.01..1.0).contains(&size) => format!("{value:.3}"),
        0.0 => "0".to_owned(),
        _ => format!("{value:.2e}"),
    }
}

fn with_error(metric: &Metric) -> String {
    let value = metric.value.unwrap_or_default();
    match (metric.format, metric.std_error) {
        (super::Format::Percent, Some(error)) => {
            format!("{:.1} \u{b1} {:.1} %", 100.0 * value, 100.0 * error)
        }
        (super::Format::Percent, None) => percent(value),
        (super::Format::Number, Some(error)) => format!("{} \u{b1} {}", short(value), short(error)),
        (super::Format::Number, None) => short(value),
    }
}

/// Names as the middle of a sentence; a long list is cut.
pub(super) fn list(names: &[&str]) -> String {
    let shown = names.iter().take(5).copied().collect::<Vec<_>>().join(", ");
    match names.len() {
        0..=5 => shown,
        n => format!("{shown} and {} more", n - 5),
    }
}
