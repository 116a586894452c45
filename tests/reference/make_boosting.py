"""tests/golden/boosting.json: trees, losses and predictions of scikit-learn's histogram gradient boosting."""

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from golden import write_golden

SHOWN = 16


def tables():
    """Name, x, and the targets by name. Categories stand first: scikit-learn moves them there."""
    rng = np.random.default_rng(5)
    n = 240
    x = rng.normal(size=(n, 3)).round(3)
    x[:, 2] = np.round(x[:, 2], 1)
    yield "numbers", x, targets(x[:, 0], x[:, 1] * x[:, 2], rng), []
    gaps = x.copy()
    gaps[rng.random((n, 3)) < [0.2, 0.05, 0.0]] = np.nan
    yield "gaps", gaps, targets(np.where(np.isnan(gaps[:, 0]), 1.5, gaps[:, 0]), x[:, 1], rng), []
    levels = np.column_stack([rng.integers(0, 9, n), x[:, :2]]).astype(float)
    effect = np.array([0.0, 2, -1, 0.5, -2, 1, 0, 3, -3])[levels[:, 0].astype(int)]
    levels[rng.random(n) < 0.1, 0] = np.nan
    yield "levels", levels, targets(effect, levels[:, 1], rng), [0]


def targets(a, b, rng):
    score = a + 0.5 * b + 0.3 * rng.normal(size=len(a))
    return {
        "value": score.round(3),
        "count": rng.poisson(np.exp(np.clip(0.6 * score, -2, 2))),
        "positive": np.exp(0.5 * score).round(4) + 0.01,
        "two": (score > 0.2).astype(int),
        "three": np.digitize(score, [-0.5, 0.8]),
    }


def cases():
    """Name, table, target, loss, settings, whether rows are weighted."""
    few = {"max_iter": 6, "max_leaf_nodes": 8}
    yield "squared_error", "numbers", "value", "squared_error", {**few, "max_iter": 12}, False
    yield "squared_error, defaults", "numbers", "value", "squared_error", {"max_iter": 4}, False
    yield "squared_error, weights", "numbers", "value", "squared_error", few, True
    yield "squared_error, gaps", "gaps", "value", "squared_error", {**few, "min_samples_leaf": 7}, False
    yield "squared_error, levels", "levels", "value", "squared_error", {**few, "min_samples_leaf": 5}, False
    yield "squared_error, few bins", "gaps", "value", "squared_error", {**few, "max_bins": 16}, False
    yield "squared_error, few bins, weights", "gaps", "value", "squared_error", {**few, "max_bins": 16}, True
    yield "squared_error, shallow", "numbers", "value", "squared_error", \
        {"max_iter": 6, "max_depth": 2, "l2_regularization": 3.0, "learning_rate": 0.4}, False
    yield "absolute_error", "numbers", "value", "absolute_error", few, False
    yield "absolute_error, weights", "gaps", "value", "absolute_error", few, True
    yield "quantile", "numbers", "value", "quantile", {**few, "max_leaf_nodes": 5}, False
    yield "quantile, weights", "levels", "value", "quantile", {**few, "max_leaf_nodes": 5}, True
    yield "poisson", "gaps", "count", "poisson", few, False
    yield "gamma", "levels", "positive", "gamma", few, False
    yield "gamma, weights", "numbers", "positive", "gamma", few, True
    yield "two classes", "numbers", "two", "log_loss", {**few, "max_iter": 12}, False
    yield "two classes, gaps", "gaps", "two", "log_loss", few, False
    yield "two classes, levels, weights", "levels", "two", "log_loss", few, True
    yield "three classes", "numbers", "three", "log_loss", few, False
    yield "three classes, levels", "levels", "three", "log_loss", {**few, "max_iter": 4}, False


def tree(predictor, place=0):
    """[value, count] of a leaf; {feature, at_most or among, missing_left, gain, count, left, right} of a question."""
    node = predictor.nodes[place]
    if node["is_leaf"]:
        return [node["value"], node["count"]]
    question = {"feature": node["feature_idx"], "missing_left": bool(node["missing_go_to_left"]),
                "gain": node["gain"], "count": node["count"],
                "left": tree(predictor, node["left"]), "right": tree(predictor, node["right"])}
    if node["is_categorical"]:
        words = predictor.raw_left_cat_bitsets[node["bitset_idx"]]
        question["among"] = [level for level in range(256) if words[level // 32] >> (level % 32) & 1]
    elif np.isinf(node["num_threshold"]):
        question["at_most"] = None
    else:
        question["at_most"] = node["num_threshold"]
    return question


def asked(x, categories):
    """Rows to predict: the first, and rows with a gap or a level never seen in every column."""
    rows = [x[:SHOWN]]
    for column in range(x.shape[1]):
        row = np.nan_to_num(x[:1].copy())
        row[0, column] = -1 if column in categories else np.nan
        rows.append(row)
    return np.vstack(rows)


def with_gaps(x):
    return [[None if np.isnan(value) else value for value in row] for row in x]


def main():
    made = {name: (x, y, categories) for name, x, y, categories in tables()}
    weights = np.random.default_rng(8).integers(1, 5, 240) / 2
    out = []
    for name, table, target, loss, settings, is_weighted in cases():
        x, y, categories = made[table]
        y = y[target]
        own = {"loss": loss} | ({"quantile": 0.77} if loss == "quantile" else {})
        kind = HistGradientBoostingClassifier if loss == "log_loss" else HistGradientBoostingRegressor
        fitted = kind(**own, **settings, early_stopping=False, categorical_features=categories or None)
        w = weights if is_weighted else None
        fitted.fit(x, y, sample_weight=w)
        stages = [np.repeat(fitted._baseline_prediction, len(x), axis=0)] + list(fitted._staged_raw_predict(x))
        of_stage = lambda raw: fitted._loss(y_true=y.astype(float), raw_prediction=raw.squeeze(), sample_weight=w)
        trees = [[tree(predictor) for predictor in fitted._predictors[i]] for i in (0, -1)]
        out.append({"name": name, "table": table, "target": target, "is_weighted": is_weighted, "settings": {**own, **settings},
                    "baseline": fitted._baseline_prediction.ravel(), "losses": [of_stage(raw) for raw in stages],
                    "trees": trees, "raw": fitted._raw_predict(asked(x, categories))})
        print(f"  {name}: {out[-1]['losses'][0]:.4f} to {out[-1]['losses'][-1]:.4f}")
    write_golden(
        "boosting.json", "make_boosting.py", ["numpy", "scikit-learn"],
        {"relative": 1e-9, "gain": 1e-7,
         "reason": "scikit-learn rounds gradients and hessians to single precision, and so do we: sums of at most 240 "
                   "such numbers in double precision or in fixed point differ by 1e-13. Now and then the last bit of an "
                   "exponential changes how one gradient is rounded, by 6e-8 of it, which moves a leaf of 20 rows by "
                   "1e-9. A gain is a difference of larger numbers; it is compared relative to the largest of its case."},
        {"note": "A node whose rows are all alike is split by scikit-learn for a gain of rounding (1e-15), not by us. Trees of the first and the last iteration. A leaf is [value, count]; at_most null parts "
                 "gaps from the rest; losses before the first iteration and after each, weighted where rows are; raw: "
                 "sums of the rows asked, before the link.",
         "weights": weights,
         "tables": {name: {"x": with_gaps(x), "categories": categories, "targets": y, "asked": with_gaps(asked(x, categories)[SHOWN:])}
                    for name, (x, y, categories) in made.items()},
         "cases": out})


if __name__ == "__main__":
    main()
