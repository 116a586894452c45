"""tests/golden/metrics.json: scores by scikit-learn; null, with the reason, where a score has no meaning.

scikit-learn prints 0 or 1 in several of those cases; the golden value is null, since nothing was measured.
"""

import warnings

import numpy as np
from sklearn import metrics

from golden import write_golden


def number_or_none(value):
    return None if np.isnan(value) else float(value)


def from_labels(name, y_true, y_pred, n_classes):
    y_true, y_pred = np.array(y_true, dtype=int), np.array(y_pred, dtype=int)
    labels = list(range(n_classes))
    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        y_true, y_pred, labels=labels, zero_division=np.nan)
    macro = metrics.precision_recall_fscore_support(
        y_true, y_pred, labels=labels, zero_division=np.nan, average="macro")
    with_zeros = metrics.precision_recall_fscore_support(
        y_true, y_pred, labels=labels, zero_division=0, average="macro")
    varied = len(set(y_true)) > 1 and len(set(y_pred)) > 1
    return {
        "name": name, "n_classes": n_classes, "y_true": y_true, "y_pred": y_pred,
        "confusion": metrics.confusion_matrix(y_true, y_pred, labels=labels),
        "accuracy": metrics.accuracy_score(y_true, y_pred),
        "balanced_accuracy": metrics.balanced_accuracy_score(y_true, y_pred),
        "precision": [number_or_none(v) for v in precision],
        "recall": [number_or_none(v) for v in recall],
        "f1": [number_or_none(v) for v in f1],
        "support": np.bincount(y_true, minlength=n_classes),
        "macro_over_defined": dict(zip(["precision", "recall", "f1"], map(number_or_none, macro[:3]))),
        "macro_undefined_as_0": dict(zip(["precision", "recall", "f1"], map(number_or_none, with_zeros[:3]))),
        "matthews": metrics.matthews_corrcoef(y_true, y_pred) if varied else None,
    }


def from_probabilities(name, y_true, probabilities):
    y_true, p = np.array(y_true), np.array(probabilities, dtype=float)
    n_classes = p.shape[1]
    per_class = [
        float(metrics.roc_auc_score(y_true == c, p[:, c])) if 0 < (y_true == c).sum() < len(y_true) else None
        for c in range(n_classes)]
    defined = [value for value in per_class if value is not None]
    answer = {
        "name": name, "y_true": y_true, "probabilities": p,
        "log_loss": metrics.log_loss(y_true, p, labels=list(range(n_classes))),
        "brier": ((p - np.eye(n_classes)[y_true]) ** 2).sum(axis=1).mean(),
        "roc_auc_by_class": per_class,
        "roc_auc_ovr_macro": float(np.mean(defined)) if defined else None,
    }
    if n_classes > 2 and len(defined) == n_classes:
        theirs = metrics.roc_auc_score(y_true, p, multi_class="ovr", average="macro")
        assert np.isclose(theirs, answer["roc_auc_ovr_macro"], rtol=1e-14)
    if n_classes == 2:
        answer["roc_auc"] = per_class[1]
        if per_class[1] is None:
            answer["undefined"] = "ROC AUC: only one class occurs"
        else:
            fpr, tpr, thresholds = metrics.roc_curve(y_true, p[:, 1], drop_intermediate=False)
            answer["roc_curve"] = {"false_positive_rate": fpr, "true_positive_rate": tpr,
                                   "thresholds_after_the_first": thresholds[1:]}
            answer["average_precision"] = metrics.average_precision_score(y_true, p[:, 1])
    return answer


def from_values(name, y_true, y_pred):
    y_true, y_pred = np.array(y_true, dtype=float), np.array(y_pred, dtype=float)
    constant = (y_true == y_true[0]).all()
    answer = {
        "name": name, "y_true": y_true, "y_pred": y_pred,
        "mean_absolute_error": metrics.mean_absolute_error(y_true, y_pred),
        "mean_squared_error": metrics.mean_squared_error(y_true, y_pred),
        "root_mean_squared_error": metrics.root_mean_squared_error(y_true, y_pred),
        "median_absolute_error": metrics.median_absolute_error(y_true, y_pred),
        "max_error": metrics.max_error(y_true, y_pred),
        "r2": None if constant else metrics.r2_score(y_true, y_pred),
        "mean_absolute_percentage_error":
            None if (y_true == 0).any() else metrics.mean_absolute_percentage_error(y_true, y_pred),
    }
    reasons = ["R^2: the true values do not vary"] * bool(constant) \
        + ["MAPE: a true value is 0"] * bool((y_true == 0).any())
    return answer | ({"undefined": reasons} if reasons else {})


def from_clusters(name, x, labels):
    x, labels = np.array(x, dtype=float), np.array(labels)
    n_clusters = labels.max() + 1
    centroids = np.array([x[labels == c].mean(axis=0) for c in range(n_clusters)])
    answer = {"name": name, "x": x, "labels": labels, "inertia": ((x - centroids[labels]) ** 2).sum()}
    if 2 <= n_clusters < len(x):
        answer |= {"silhouette": metrics.silhouette_score(x, labels),
                   "silhouette_by_sample": metrics.silhouette_samples(x, labels)}
    else:
        answer |= {"silhouette": None, "undefined": "silhouette: needs 2 to n_samples - 1 clusters"}
    return answer


def label_cases():
    rng = np.random.default_rng(17)
    y = rng.integers(0, 3, 60)
    noisy = np.where(rng.random(60) < 0.3, rng.integers(0, 3, 60), y)
    yield from_labels("three_classes", y, noisy, 3)
    yield from_labels("binary", y > 0, noisy > 0, 2)
    yield from_labels("perfect", [0, 1, 2, 1], [0, 1, 2, 1], 3)
    yield from_labels("all_wrong", [0, 1, 0, 1], [1, 0, 1, 0], 2)
    yield from_labels("class_never_predicted", [0, 0, 1, 1, 2], [0, 0, 1, 0, 1], 3)
    yield from_labels("class_never_true", [0, 0, 1, 1], [0, 2, 1, 1], 3)
    yield from_labels("class_in_neither", [0, 0, 2, 2], [0, 2, 2, 2], 3)
    yield from_labels("one_true_class", [1, 1, 1], [1, 0, 1], 2)
    yield from_labels("one_class_everywhere", [1, 1, 1], [1, 1, 1], 2)
    yield from_labels("imbalanced", [0] * 95 + [1] * 5, [0] * 93 + [1] * 2 + [0] * 2 + [1] * 3, 2)
    yield from_labels("one_row", [0], [1], 2)


def probability_cases():
    rng = np.random.default_rng(19)
    y = rng.integers(0, 2, 25)
    score = np.clip(0.5 + 0.25 * (y - 0.5) + rng.normal(scale=0.2, size=25), 0.01, 0.99)
    pair = lambda p: np.column_stack([1 - np.array(p, dtype=float), np.array(p, dtype=float)])
    yield from_probabilities("binary", y, pair(score.round(3)))
    yield from_probabilities("binary_with_ties", y, pair(score.round(1)))
    yield from_probabilities("all_scores_equal", [0, 1, 1, 0, 1], pair([0.5] * 5))
    yield from_probabilities("perfect_ranking", [0, 0, 1, 1], pair([0.125, 0.25, 0.75, 0.875]))
    yield from_probabilities("reversed_ranking", [1, 1, 0, 0], pair([0.125, 0.25, 0.75, 0.875]))
    yield from_probabilities("one_class", [1, 1, 1], pair([0.5, 0.75, 0.25]))
    yield from_probabilities("certain_and_right", [0, 1], pair([0.0, 1.0]))
    yield from_probabilities("certain_and_wrong", [0, 1, 1], pair([1.0, 1.0, 0.5]))
    raw = rng.gamma(1.0, size=(30, 3))
    p = (raw / raw.sum(axis=1, keepdims=True)).round(2)
    p[:, 2] = 1 - p[:, 0] - p[:, 1]
    yield from_probabilities("three_classes_with_ties", rng.integers(0, 3, 30), np.abs(p))
    yield from_probabilities("three_classes_one_absent", [0, 1, 0, 1],
                             [[0.5, 0.25, 0.25], [0.25, 0.5, 0.25], [0.25, 0.5, 0.25], [0.125, 0.75, 0.125]])


def value_cases():
    rng = np.random.default_rng(23)
    y = rng.normal(10, 3, 21).round(3)
    guess = (y + rng.normal(size=21)).round(3)
    yield from_values("easy", y, guess)
    yield from_values("even_number_of_rows", y[:20], guess[:20])
    yield from_values("perfect", y, y)
    yield from_values("mean_prediction", [1, 2, 3, 6], [3, 3, 3, 3])
    yield from_values("worse_than_the_mean", [1, 2, 3], [3, 2, 1])
    yield from_values("constant_truth", [5, 5, 5], [5, 5, 6])
    yield from_values("constant_and_perfect", [5, 5, 5], [5, 5, 5])
    yield from_values("a_true_zero", [0, 1, 2], [0.5, 1, 2])
    yield from_values("huge", y * 1e12, guess * 1e12)
    yield from_values("tiny", y * 1e-12, guess * 1e-12)
    yield from_values("far_from_zero", y + 1e6, guess + 1e6)
    yield from_values("one_row", [3], [4])


def cluster_cases():
    rng = np.random.default_rng(29)
    x = np.concatenate([rng.normal(center, 0.7, (8, 2)) for center in ([0, 0], [3, 0], [1, 3])]).round(3)
    labels = np.repeat([0, 1, 2], 8)
    yield from_clusters("three_blobs", x, labels)
    yield from_clusters("wrong_labels", x, np.arange(24) % 3)
    yield from_clusters("a_cluster_of_one", x[:10], [0] * 8 + [1, 2])
    yield from_clusters("duplicate_points", np.repeat([[0, 1], [3, 0]], 3, axis=0), [0, 0, 0, 1, 1, 1])
    yield from_clusters("all_points_the_same", np.ones((4, 2)), [0, 0, 1, 1])
    yield from_clusters("one_cluster", x[:5], [0] * 5)
    yield from_clusters("every_point_its_own", x[:3], [0, 1, 2])


def main():
    warnings.filterwarnings("ignore")
    write_golden(
        "metrics.json", "make_metrics.py", ["numpy", "scikit-learn"],
        {"relative": 1e-12, "where_expected_is_0_absolute": 1e-12,
         "by_case": {"far_from_zero": {"relative": 1e-8}, "certain_and_right": {"absolute": 1e-12}},
         "reason": "Ratios of counts and sums of at most 100 terms. Far from zero the differences themselves are "
                   "rounded at 1e-10. A certain and right log loss is 2.2e-16 by clipping and may as well be 0."},
        {"note": "null means undefined. recall: class absent from y_true; precision: never predicted; f1: in neither. "
                 "balanced_accuracy: mean recall of the classes that occur in y_true. macro_over_defined: mean of the "
                 "entries that are not null; macro_undefined_as_0: null counts as 0. confusion[true][predicted]. "
                 "log_loss: natural logarithm, mean; p clipped to at least 2.220446049250313e-16. brier: sum over classes, mean over "
                 "rows. ROC AUC: ties count half; one against the rest, mean of the defined. The ROC curve starts at "
                 "(0, 0) with an infinite threshold, and has one point per distinct score, from high to low. "
                 "Silhouette: euclidean, 0 for a cluster of one and where all distances are 0.",
         "labels": list(label_cases()), "probabilities": list(probability_cases()),
         "values": list(value_cases()), "clusters": list(cluster_cases())})


if __name__ == "__main__":
    main()
