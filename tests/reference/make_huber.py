"""tests/golden/huber.json: Huber regression at its minimum.

scikit-learn's answer is sharpened by Newton steps on its own objective, in columns of deviation 1, until the
gradient is of rounding size; the script checks that no answer of scikit-learn's is better.
"""

import numpy as np
from scipy.optimize import minimize
from sklearn.linear_model import HuberRegressor
from sklearn.linear_model._huber import _huber_loss_and_gradient

from golden import write_golden


def inputs():
    rng = np.random.default_rng(21)
    x = rng.normal(size=(80, 3)).round(3)
    y = x @ [2.0, -1.0, 0.5] + 4 + 0.3 * rng.normal(size=80)
    y[::9] += 15 * rng.normal(size=9)
    yield "one_in_nine_is_wild", x, y.round(3), None, True
    yield "through_the_origin", x, (y - 4).round(3), None, False
    yield "weighted", x, y.round(3), rng.integers(0, 4, size=80).astype(float), True
    yield "units_far_apart", x * [1e-3, 1.0, 1e2] + [0.0, 10.0, 1e3], (100 * y).round(1), None, True
    yield "clean", x, (x @ [1.0, 2.0, 3.0] + 0.1 * rng.normal(size=80)).round(4), None, True


def minimum(x, y, weights, intercept, epsilon, alpha):
    """Newton steps with differences of gradients as the curvature."""
    units = x.std(axis=0)
    start = HuberRegressor(epsilon=epsilon, alpha=alpha, fit_intercept=intercept, max_iter=10_000, tol=1e-8)
    start.fit(x, y, sample_weight=weights)
    scale = np.r_[1 / units, [1.0] * (1 + intercept)]
    if intercept:
        centers = x.mean(axis=0)
    else:
        centers = np.zeros(x.shape[1])

    def function(theta):
        w = theta * scale
        if intercept:
            w = w.copy()
            w[-2] -= w[:-2] @ centers
        value, gradient = _huber_loss_and_gradient(w, x, y, epsilon, alpha, weights)
        gradient = gradient.copy()
        if intercept:
            gradient[:-2] -= gradient[-2] * centers
        return value, gradient * scale

    theta = np.r_[start.coef_ * units, [start.intercept_ + start.coef_ @ centers] * intercept, start.scale_]
    for _ in range(30):
        _, gradient = function(theta)
        size = 1e-6 * np.maximum(np.abs(theta), 1e-3)
        hessian = np.array([(function(theta + step)[1] - function(theta - step)[1]) / (2 * step.max())
                            for step in np.diag(size)])
        move = np.linalg.solve((hessian + hessian.T) / 2, gradient)
        if function(theta - move)[0] > function(theta)[0] * (1 + 1e-14):
            break
        theta = theta - move
    gradient = np.abs(function(theta)[1]).max() / weights.sum()
    assert gradient < 1e-12 * max(1, theta[-1]), gradient
    w = theta * scale
    if intercept:
        w[-2] -= w[:-2] @ centers
    value = function(theta)[0] / weights.sum()
    theirs = np.r_[start.coef_, [start.intercept_] * intercept, start.scale_]
    # scikit-learn stops early where units are far apart.
    assert value * weights.sum() <= _huber_loss_and_gradient(theirs, x, y, epsilon, alpha, weights)[0] * (1 + 1e-12)
    residuals = np.abs(y - x @ w[: x.shape[1]] - (w[-2] if intercept else 0.0))
    return {"epsilon": epsilon, "alpha": alpha, "coefficients": w[: x.shape[1]], "intercept": w[-2] if intercept else 0.0,
            "scale": w[-1], "loss": value, "outliers": np.flatnonzero(residuals > epsilon * w[-1])}


def main():
    cases = []
    for name, x, y, given, intercept in inputs():
        weights = np.ones(len(y)) if given is None else given
        expected = [minimum(x, y, weights, intercept, *pair) for pair in [(1.35, 1e-4), (1.1, 1e-4), (2.5, 1.0)]]
        case = {"name": name, "x": x, "y": y, "has_intercept": intercept, "expected": expected}
        cases.append(case if given is None else case | {"weights": given})
    write_golden(
        "huber.json", "make_huber.py", ["numpy", "scikit-learn", "scipy"],
        {"relative": 1e-7,
         "reason": "Of the largest slope in deviations of its column. The golden value is the minimum itself; a solver "
                   "that stops at a gradient of 1e-10 has slopes to about that over the curvature."},
        {"loss": "(sum(weight * (scale + H(r / scale) * scale)) + alpha * |w|^2) / sum(weight)", "cases": cases})


if __name__ == "__main__":
    main()
