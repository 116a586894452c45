"""tests/golden/lda.json: linear discriminant analysis, as scikit-learn's solvers svd and lsqr have it."""

import numpy as np
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from golden import sample, write_golden

IRIS = ["sepal_length_cm", "sepal_width_cm", "petal_length_cm", "petal_width_cm"]
WINE = ["alcohol", "malic_acid", "magnesium", "proline", "hue"]


def inputs():
    x, y, where = sample("iris", IRIS, "species")
    yield "iris", x, y, where
    x, y, where = sample("wine", WINE, "cultivar")
    yield "wine_raw_units", x, y, where
    x, y, where = sample("breast_cancer", ["mean_radius", "mean_texture", "mean_smoothness"], "diagnosis")
    yield "cancer_binary", x, y, where
    rng = np.random.default_rng(2)
    x = rng.normal(size=(60, 3)).round(3)
    y = np.where(x[:, 0] + 0.3 * rng.normal(size=60) > 0.5, 2, (x[:, 1] > 0).astype(int))
    yield "collinear", np.column_stack([x, x[:, 0] - 2 * x[:, 1], x[:, 2]]), y, None
    yield "constant_column", np.column_stack([x, np.full(60, 3.0)]), y, None
    wide = rng.normal(size=(12, 20)).round(3)
    yield "more_columns_than_rows", wide, np.arange(12) % 3, None
    yield "one_feature", x[:, :1], (x[:, 0] + 0.5 * rng.normal(size=60) > 0).astype(int), None


def fits(name, x, y):
    probe = np.unique(np.linspace(0, len(x) - 1, 10).astype(int))
    for shrinkage in [None, "auto", 0.0, 0.3]:
        is_singular = name in ["collinear", "constant_column", "more_columns_than_rows"]
        if shrinkage == 0.0 and is_singular:
            continue
        solver = {"solver": "svd", "tol": 1e-4} if shrinkage is None else {"solver": "lsqr", "shrinkage": shrinkage}
        model = LinearDiscriminantAnalysis(**solver).fit(x, y)
        yield {"shrinkage": {None: "none", "auto": "auto"}.get(shrinkage, "fixed"),
               "amount": shrinkage if isinstance(shrinkage, float) else 0.1,
               "coefficients": model.coef_, "intercept": model.intercept_, "probe_rows": probe,
               "probabilities": model.predict_proba(x[probe])}


def main():
    cases = []
    for name, x, y, where in inputs():
        data = where or {"x": x, "y": y}
        cases.append({"name": name, **data, "n_classes": y.max() + 1, "expected": list(fits(name, x, y))})
    write_golden(
        "lda.json", "make_lda.py", ["numpy", "scikit-learn"],
        {"coefficient_relative": 1e-8, "probability_absolute": 1e-8,
         "reason": "Of the largest coefficient of the case in deviations of its column. The columns' condition numbers "
                   "are up to 1e3, which the covariances square."},
        {"note": "One row of coefficients, for class 1, where there are two classes.", "cases": cases})


if __name__ == "__main__":
    main()
