"""tests/golden/logistic.json: binary and softmax regression at their exact minimum.

scikit-learn's answer is sharpened by Newton steps until the gradient is at rounding level, and both
are checked against each other; the golden value is the sharpened one.
"""

import numpy as np
from scipy.special import log_softmax, softmax
from sklearn.linear_model import LogisticRegression

from golden import sample, write_golden

STRENGTHS = [0.01, 1.0, 100.0]


def objective(theta, x, y, c):
    """Value, gradient, Hessian and mean log loss; `theta` is (n_classes, 1 + n_features), intercept first."""
    n_classes, width = theta.shape
    design = np.column_stack([np.ones(len(x)), x])
    logits = design @ theta.T
    p = softmax(logits, axis=1)
    one_hot = np.eye(n_classes)[y]
    log_losses = -log_softmax(logits, axis=1)[np.arange(len(y)), y]
    penalty = np.tile(np.r_[0.0, np.ones(width - 1)], (n_classes, 1))
    value = c * log_losses.sum() + 0.5 * (penalty * theta**2).sum()
    gradient = c * (p - one_hot).T @ design + penalty * theta
    hessian = np.zeros((n_classes, width, n_classes, width))
    for a in range(n_classes):
        for b in range(n_classes):
            weight = p[:, a] * ((a == b) - p[:, b])
            hessian[a, :, b, :] = c * (design * weight[:, None]).T @ design
        hessian[a, :, a, :] += np.diag(penalty[a])
    return value, gradient, hessian.reshape(n_classes * width, -1), log_losses.mean()


def sharpen(theta, x, y, c):
    """Newton with halving, in columns scaled to unit size so that the Hessian is well conditioned."""
    value, gradient, hessian, _ = objective(theta, x, y, c)
    for _ in range(200):
        scale = np.sqrt(np.diag(hessian))
        scale[scale == 0] = 1.0
        scaled = hessian / np.outer(scale, scale)
        step = (np.linalg.pinv(scaled, rcond=1e-13, hermitian=True) @ (gradient.ravel() / scale)) / scale
        step = step.reshape(theta.shape)
        size = 1.0
        while size > 1e-8:
            candidate = objective(theta - size * step, x, y, c)
            if candidate[0] <= value * (1 + 1e-15):
                break
            size /= 2
        else:
            break
        theta = theta - size * step
        value, gradient, hessian, _ = candidate
        if np.abs(step).max() <= 1e-15 * np.abs(theta).max():
            break
    theta[:, 0] -= theta[:, 0].mean()
    return theta


def fit_softmax(x, y, c):
    theta = sharpen(np.zeros((y.max() + 1, x.shape[1] + 1)), x, y, c)
    value, gradient, _, log_loss = objective(theta, x, y, c)
    probabilities = softmax(theta[:, 0] + x @ theta[:, 1:].T, axis=1)
    return theta, value, log_loss, np.abs(gradient).max(), probabilities


def expected(x, y, c, probe):
    """Softmax with three or more classes; with two, scikit-learn's one row of coefficients for class 1."""
    binary = y.max() == 1
    # Two softmax rows ±v give the logit 2v and cost half of what one row of 2v costs: same minimum at C / 2.
    theta, value, log_loss, gradient, probabilities = fit_softmax(x, y, c / 2 if binary else c)
    theirs = LogisticRegression(C=c, tol=1e-10, max_iter=10000,
                                solver="newton-cholesky").fit(x, y)
    if binary:
        theta, value = theta[1:] - theta[:1], 2 * value
    # Compared by what they predict: coefficients of huge columns are tiny.
    apart = np.abs(theirs.predict_proba(x) - probabilities).max()
    assert apart < 1e-5, apart
    return {"C": c, "intercept": theta[:, 0], "coefficients": theta[:, 1:], "log_loss": log_loss, "objective": value,
            "max_gradient": gradient, "scikit_learn_probabilities_differ_by": float(f"{apart:.1e}"),
            "probabilities": probabilities[probe]}


def inputs():
    rng = np.random.default_rng(3)
    x, y, where = sample("iris", ["sepal_length_cm", "sepal_width_cm", "petal_length_cm", "petal_width_cm"], "species")
    yield "iris", x, y, where
    x, y, where = sample("wine", ["alcohol", "malic_acid", "magnesium", "proline"], "cultivar")
    yield "wine_raw_scales", x, y, where
    x, y, where = sample("breast_cancer", ["mean_radius", "mean_texture", "mean_smoothness"], "diagnosis")
    yield "cancer_binary", x, y, where
    x = rng.normal(size=(40, 2)).round(3)
    y = (x[:, 0] + 0.5 * x[:, 1] + rng.normal(scale=0.7, size=40) > 0).astype(int)
    yield "overlapping_binary", x, y, None
    yield "separable_binary", np.array([[-2.0], [-1.5], [-1.0], [1.0], [1.25], [2.0]]), np.array([0, 0, 0, 1, 1, 1]), None
    yield "duplicate_and_constant_columns", np.column_stack([x, x[:, 0], np.full(40, 5.0)]), y, None
    yield "tiny_and_huge_scales", x * [1e-4, 1e4], y, None
    three = np.where(x[:, 1] > 0.8, 2, y)
    yield "rare_class", x, np.where(np.arange(40) == 17, 2, y), None
    yield "three_classes_collinear", np.column_stack([x, x.sum(axis=1)]), three, None
    yield "conflicting_duplicates", np.array([[0.0], [0.0], [0.0], [1.0], [1.0], [1.0]]), np.array([0, 0, 1, 1, 1, 0]), None
    wide = rng.normal(size=(6, 10)).round(3)
    yield "more_columns_than_rows", wide, np.array([0, 1, 2, 0, 1, 2]), None


def main():
    cases = []
    for name, x, y, where in inputs():
        probe = np.unique(np.linspace(0, len(x) - 1, 8).astype(int))
        answers = [expected(x, y, c, probe) for c in STRENGTHS]
        print(f"  {name}:", [(f"{a['max_gradient']:.0e}", a["scikit_learn_probabilities_differ_by"]) for a in answers])
        data = where or {"x": x, "y": y}
        cases.append({"name": name, **data, "n_classes": y.max() + 1, "probe_rows": probe, "expected": answers})
    write_golden(
        "logistic.json", "make_logistic.py", ["numpy", "scikit-learn", "scipy"],
        {"probability_absolute": 1e-6, "log_loss_relative": 1e-8, "coefficient_relative": 1e-5,
         "reason": "The golden value is the minimum itself (max_gradient). A solver that stops at a gradient of 1e-6 "
                   "has the objective to its square, probabilities and coefficients to about that gradient over the "
                   "smallest curvature. Coefficients are compared relative to the largest of the case after "
                   "multiplying each with the standard deviation of its column."},
        {"loss": "objective = C * sum(log loss) + 1/2 * sum(coefficients^2), natural logarithm; intercepts are free. "
                 "log_loss is the mean over all rows.",
         "note": "n_classes >= 3: softmax, one row of coefficients per class, intercepts sum to 0. n_classes = 2: one "
                 "row, for class 1, as scikit-learn has it; a softmax with two rows has the same minimum at C / 2 as one row at C, "
                 "each row half of this one with opposite signs. probabilities (n_probe, n_classes) are of the "
                 "training rows probe_rows. Samples: class indices follow classes.",
         "cases": cases})


if __name__ == "__main__":
    main()
