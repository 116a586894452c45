"""tests/golden/penalized.json: lasso, elastic net and their paths, and weighted least squares and ridge.

Answers are scikit-learn's at its tightest tolerance. The script checks that each is the minimum: the
optimality conditions hold to rounding.
"""

import numpy as np
from sklearn.linear_model import ElasticNet, Lasso, LinearRegression, Ridge, enet_path

from golden import sample, write_golden

COLUMNS = ["age_years", "bmi", "mean_blood_pressure", "s1_total_cholesterol", "s2_ldl", "s3_hdl",
           "s4_cholesterol_hdl_ratio", "s5_log_triglycerides", "s6_glucose"]
STOP = {"tol": 1e-15, "max_iter": 1_000_000}


def data_sets():
    x, y, _ = sample("diabetes", COLUMNS, "disease_progression", rows=150)
    yield "diabetes", ((x - x.mean(axis=0)) / x.std(axis=0)).round(3), y
    rng = np.random.default_rng(11)
    x = rng.normal(size=(60, 12)).round(3)
    y = (x @ np.r_[3, -2, 1.5, np.zeros(9)] + rng.normal(scale=0.5, size=60)).round(3)
    yield "sparse_truth", x, y
    yield "units_far_apart", x[:, :4] * [1e-3, 1.0, 50.0, 1e3] + [5.0, 0.0, -1e3, 1e4], y
    near = np.column_stack([x[:, 0], x[:, 0] + 0.01 * x[:, 5], x[:, 1]]).round(6)
    yield "columns_nearly_equal", near, y
    wide = rng.normal(size=(15, 40)).round(3)
    yield "more_columns_than_rows", wide, (wide[:, 0] - wide[:, 7] + 0.1 * rng.normal(size=15)).round(3)


def violation(x, y, weights, w, a, alpha, l1_ratio):
    """How far the optimality conditions are from holding, relative to the penalty."""
    gradient = (weights * (y - a - x @ w)) @ x / weights.sum() - alpha * (1 - l1_ratio) * w
    l1 = alpha * l1_ratio
    active = w != 0
    on = np.abs(gradient[active] - l1 * np.sign(w[active])).max(initial=0.0)
    off = np.maximum(np.abs(gradient[~active]) - l1, 0).max(initial=0.0)
    return max(on, off) / l1


def penalized(x, y, intercept, weights):
    answers = []
    centered = x - np.average(x, axis=0, weights=weights) if intercept else x
    top = np.abs((weights * (y - (np.average(y, weights=weights) if intercept else 0))) @ centered).max() / weights.sum()
    for l1_ratio in [1.0, 0.5, 0.1]:
        for share in [0.7, 0.1, 0.003]:
            alpha = float(f"{top * share / l1_ratio:.4g}")
            common = {"alpha": alpha, "fit_intercept": intercept, **STOP}
            model = Lasso(**common) if l1_ratio == 1.0 else ElasticNet(l1_ratio=l1_ratio, **common)
            model.fit(x, y, sample_weight=weights)
            apart = violation(x, y, weights, model.coef_, model.intercept_, alpha, l1_ratio)
            assert apart < 1e-6, apart
            answers.append({"alpha": alpha, "l1_ratio": l1_ratio, "intercept": model.intercept_,
                            "coefficients": model.coef_})
    return answers


def fits():
    rng = np.random.default_rng(5)
    for name, x, y in data_sets():
        weights = np.ones(len(y))
        data = {"x": x, "y": y}
        yield {"name": name, **data, "has_intercept": True, "expected": penalized(x, y, True, weights)}
        if name == "sparse_truth":
            yield {"name": name + "_without_intercept", **data, "has_intercept": False,
                   "expected": penalized(x, y, False, weights)}
            weights = rng.integers(0, 4, size=len(y)).astype(float)
            yield {"name": name + "_weighted", **data, "weights": weights, "has_intercept": True,
                   "expected": penalized(x, y, True, weights)}


def path(alphas_of):
    _, x, y = list(data_sets())[0]
    centered = y - y.mean()
    alphas, coefficients, _ = enet_path(x - x.mean(axis=0), centered, l1_ratio=1.0, alphas=alphas_of(x - x.mean(axis=0), centered), precompute=False, **STOP)
    return {"x": x, "y": y, "alphas": alphas, "coefficients": coefficients.T}


def grid(x, y):
    top = np.abs(y @ x).max() / len(y)
    low = 0.01 * top
    n = np.ceil(100 * np.log(top / low) / np.log(1e3))
    return (top * (low / top) ** (np.arange(n + 1) / n))[::8]


def weighted():
    rng = np.random.default_rng(6)
    x = rng.normal(size=(40, 3)).round(3)
    y = (x @ [1.0, -2.0, 0.5] + 3 + 0.3 * rng.normal(size=40)).round(3)
    for name, weights in [("whole", rng.integers(0, 4, size=40).astype(float)), ("real", rng.random(40).round(3))]:
        for intercept in [True, False]:
            ols = LinearRegression(fit_intercept=intercept, tol=1e-15).fit(x, y, sample_weight=weights)
            ridge = Ridge(alpha=2.5, fit_intercept=intercept, solver="svd").fit(x, y, sample_weight=weights)
            yield {"name": name, "x": x, "y": y, "weights": weights, "has_intercept": intercept,
                   "ols": {"intercept": ols.intercept_, "coefficients": ols.coef_},
                   "ridge": {"alpha": 2.5, "intercept": ridge.intercept_, "coefficients": ridge.coef_}}


def main():
    write_golden(
        "penalized.json", "make_penalized.py", ["numpy", "scikit-learn"],
        {"relative": 1e-8, "weighted": 1e-12,
         "reason": "Of the largest slope in standard deviations of its column. scikit-learn stops where the duality "
                   "gap is 1e-15 of y'y, which leaves half as many digits in the slopes. Weighted least squares and "
                   "ridge are solved directly on well conditioned columns."},
        {"loss": "sum(weight * (y - a - Xw)^2) / (2 * sum(weight)) + alpha * (l1_ratio * |w|_1 + (1 - l1_ratio) / 2 * |w|^2)",
         "fits": list(fits()), "path": path(grid), "weighted": list(weighted())})


if __name__ == "__main__":
    main()
