"""tests/golden/logistic_sparse.json: logistic regression with l1 and mixed penalties, and with weights.

scikit-learn's answer is sharpened on its own support by Newton steps until the optimality conditions hold
to rounding, and the script checks that they do.
"""

import numpy as np
from scipy.special import log_softmax, softmax
from sklearn.linear_model import LogisticRegression

from golden import sample, write_golden
from make_logistic import objective

CANCER = ["mean_radius", "mean_texture", "mean_smoothness", "mean_compactness", "mean_concavity", "mean_symmetry"]
WINE = ["alcohol", "malic_acid", "magnesium", "proline", "hue", "color_intensity"]


def standardized(x):
    return ((x - x.mean(axis=0)) / x.std(axis=0)).round(3)


def inputs():
    x, y, _ = sample("breast_cancer", CANCER, "diagnosis")
    yield "cancer_binary", standardized(x[:150]), y[:150]
    x, y, _ = sample("wine", WINE, "cultivar")
    yield "wine_three_classes", standardized(x[::2]), y[::2]
    rng = np.random.default_rng(4)
    x = rng.normal(size=(80, 15)).round(3)
    yield "few_features_matter", x, (x[:, 0] - 2 * x[:, 3] + rng.normal(size=80) > 0.8).astype(int)
    yield "units_far_apart", x[:, :4] * [1e-3, 1.0, 10.0, 1e3], (x[:, 0] - x[:, 3] + rng.normal(size=80) > 0).astype(int)


def gradient_of(theta, x, y, weights, c, l1_ratio):
    """Of the smooth part, C-scaled; `theta` is (rows, 1 + p): one row is class 1 of two."""
    design = np.column_stack([np.ones(len(x)), x])
    full = np.vstack([np.zeros_like(theta), theta]) if len(theta) == 1 else theta
    p = softmax(design @ full.T, axis=1)
    errors = (p - np.eye(len(full))[y])[:, -len(theta):] * weights[:, None]
    ridge = (1 - l1_ratio) * theta
    ridge[:, 0] = 0
    return c * errors.T @ design + ridge


def sharpen(theta, x, y, weights, c, l1_ratio):
    """Newton on the entries that are not 0, whose signs stay."""
    signs = np.sign(theta)
    signs[:, 0] = 0
    free = theta != 0
    free[:, 0] = True
    for _ in range(30):
        g = (gradient_of(theta, x, y, weights, c, l1_ratio) + l1_ratio * signs)[free]
        columns = []
        for index in np.argwhere(free):
            size = 1e-6 * max(1.0, abs(theta[tuple(index)]))
            ahead, behind = theta.copy(), theta.copy()
            ahead[tuple(index)] += size
            behind[tuple(index)] -= size
            change = gradient_of(ahead, x, y, weights, c, l1_ratio) - gradient_of(behind, x, y, weights, c, l1_ratio)
            columns.append(change[free] / (2 * size))
        scale = np.sqrt(np.abs(np.diag(columns)))
        hessian = np.array(columns) / np.outer(scale, scale)
        theta = theta.copy()
        theta[free] -= np.linalg.pinv((hessian + hessian.T) / 2, rcond=1e-10) @ (g / scale) / scale
    if len(theta) > 1:
        theta[:, 0] -= theta[:, 0].mean()
    assert (np.sign(theta[:, 1:]) == signs[:, 1:]).all()
    g = gradient_of(theta, x, y, weights, c, l1_ratio)
    rest = np.where(free, np.abs(g + l1_ratio * signs), np.maximum(np.abs(g) - l1_ratio, 0))
    return theta, rest.max()


def fit(x, y, c, l1_ratio, sample_weight=None, class_weight=None):
    # Saga knows the lasso; without it Newton's method is at the minimum at once.
    solver = {"solver": "saga", "tol": 1e-9, "max_iter": 300_000} if l1_ratio else {"solver": "newton-cholesky", "tol": 1e-12}
    model = LogisticRegression(C=c, l1_ratio=l1_ratio, class_weight=class_weight, random_state=0, **solver)
    model.fit(x, y, sample_weight=sample_weight)
    weights = np.ones(len(y)) if sample_weight is None else sample_weight
    if class_weight == "balanced":
        sums = np.bincount(y, weights)
        weights = weights * (weights.sum() / (len(sums) * sums))[y]
    theta = np.column_stack([model.intercept_, model.coef_])
    theta, rest = sharpen(theta, x, y, weights, c, l1_ratio)
    assert rest < 1e-6, rest
    full = np.vstack([np.zeros_like(theta), theta]) if len(theta) == 1 else theta
    logits = full[:, 0] + x @ full[:, 1:].T
    return {"C": c, "l1_ratio": l1_ratio, "class_weight": class_weight or "none", "max_violation": rest,
            "intercept": theta[:, 0], "coefficients": theta[:, 1:], "probabilities": softmax(logits, axis=1)[:5],
            "log_loss": -log_softmax(logits, axis=1)[np.arange(len(y)), y].mean()}


def cases():
    rng = np.random.default_rng(8)
    for name, x, y in inputs():
        if name == "units_far_apart":
            answers = [fit(x, y, 1.0, 0.0), fit(x, y, 1.0, 0.0, class_weight="balanced")]
        else:
            answers = [fit(x, y, c, l1_ratio) for c in [0.05, 1.0] for l1_ratio in [1.0, 0.4]]
            answers.append(fit(x, y, 0.5, 1.0, class_weight="balanced"))
        yield {"name": name, "x": x, "y": y, "n_classes": y.max() + 1, "expected": answers}
        weights = rng.integers(0, 3, size=len(y)).astype(float)
        answers = [fit(x, y, 0.5, 0.0, weights), fit(x, y, 0.5, 0.0, weights, "balanced")]
        yield {"name": name + "_weighted", "x": x, "y": y, "weights": weights, "n_classes": y.max() + 1, "expected": answers}


def main():
    write_golden(
        "logistic_sparse.json", "make_logistic_sparse.py", ["numpy", "scikit-learn", "scipy"],
        {"coefficient_relative": 1e-5, "probability_absolute": 1e-6,
         "reason": "The golden value is the minimum itself (max_violation of the optimality conditions). A solver that "
                   "stops at a gradient of 1e-9 per row has coefficients to that over the smallest curvature."},
        {"loss": "C * sum(weight * log loss) + l1_ratio * |w|_1 + (1 - l1_ratio) / 2 * |w|^2; intercepts are free",
         "cases": list(cases())})


if __name__ == "__main__":
    main()
