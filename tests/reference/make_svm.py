"""tests/golden/svm.json: what LIBSVM, in scikit-learn, finds with a tight tolerance."""

import numpy as np
from sklearn.svm import SVC, SVR

from golden import sample, write_golden

TOL = 1e-9


def kept(weights, model):
    """The rows with a weight: scikit-learn counts support vectors among these only."""
    return np.arange(model.shape_fit_[0]) if weights is None else np.flatnonzero(weights > 0)


def classifier(name, settings, x, y, weights=None, data=None):
    given = {key: value for key, value in settings.items() if key != "gamma_value"}
    if given.get("gamma") == "value":
        given["gamma"] = settings["gamma_value"]
    if given.get("class_weight") == "none":
        given["class_weight"] = None
    model = SVC(**given, tol=TOL, decision_function_shape="ovo", break_ties=False).fit(x, y, sample_weight=weights)
    decision = model.decision_function(x)
    if decision.ndim == 1:
        # With two classes scikit-learn turns LIBSVM's signs around; we keep those of the first class.
        decision = -decision[:, None]
    dual, intercept = model.dual_coef_, model.intercept_
    if len(model.classes_) == 2:
        dual, intercept = -dual, -intercept
    return {"name": name, "settings": settings, **(data or {"x": x, "y": y}), "weights": weights,
            "support": kept(weights, model)[model.support_], "n_support": model.n_support_, "dual_coefficients": dual, "intercepts": intercept,
            "rows": np.arange(len(x))[::5], "decisions": decision[::5], "codes": model.predict(x)}


def regressor(name, settings, x, y, weights=None):
    model = SVR(**settings, tol=TOL).fit(x, y, sample_weight=weights)
    return {"name": name, "settings": settings, "x": x, "y": y, "weights": weights, "support": kept(weights, model)[model.support_],
            "dual_coefficients": model.dual_coef_, "intercepts": model.intercept_, "predictions": model.predict(x)}


def main():
    rng = np.random.default_rng(21)
    columns = ["sepal_length_cm", "sepal_width_cm", "petal_length_cm", "petal_width_cm"]
    iris, species, where = sample("iris", columns, "species")
    x = rng.normal(size=(60, 3)).round(3)
    y = (x[:, 0] * x[:, 1] + 0.5 * x[:, 2] + rng.normal(0, 0.3, 60) > 0.4).astype(int)
    y3 = np.digitize(x[:, 0] + 0.5 * x[:, 1] ** 2 + rng.normal(0, 0.3, 60), [-0.2, 0.8])
    weights = rng.uniform(0.1, 3, 60).round(2)
    weights[::7] = 0
    z = (np.sin(2 * x[:, 0]) + x[:, 1] + rng.normal(0, 0.1, 60)).round(4)
    apart = np.array([[0.0, 0.0], [0.0, 1.0], [3.0, 0.0], [3.0, 1.0]])
    classes = [
        classifier("iris", {}, iris, species, data=where),
        classifier("linear", {"kernel": "linear", "C": 0.5}, x, (y3 > 0).astype(int)),
        classifier("rbf", {"gamma": "value", "gamma_value": 0.7, "C": 10.0}, x, y),
        classifier("auto", {"gamma": "auto"}, x, y3),
        classifier("poly", {"kernel": "poly", "degree": 2, "coef0": 1.0}, x, y3),
        classifier("sigmoid", {"kernel": "sigmoid", "C": 0.1, "gamma": "auto", "coef0": -0.5}, x, y),
        classifier("balanced", {"class_weight": "balanced"}, x, y3),
        classifier("weights", {"C": 2.0}, x, y3, weights=weights),
        classifier("no_free_vectors", {"C": 1e-3}, x[:40], y[:40]),
        classifier("apart", {"kernel": "linear", "C": 1e3}, apart, np.array([0, 0, 1, 1])),
    ]
    numbers = [
        regressor("rbf", {}, x, z),
        regressor("linear", {"kernel": "linear", "C": 3.0, "epsilon": 0.3}, x, z),
        regressor("poly", {"kernel": "poly", "degree": 3, "coef0": 1.0, "C": 0.2, "epsilon": 0.0}, x, z),
        regressor("weights", {"C": 5.0, "epsilon": 0.05}, x, z, weights=weights),
        regressor("all_in_the_tube", {"epsilon": 50.0}, x, z),
    ]
    write_golden(
        "svm.json", "make_svm.py", ["numpy", "scikit-learn"],
        {"relative": 1e-5, "tol": TOL,
         "reason": "LIBSVM keeps kernels in 32 bits, 6e-8 relative, and coefficients of vectors that are nearly alike "
                   "magnify that; both stop at a gap of 1e-9."},
        {"note": "decisions are about the pairs (0, 1), (0, 2), (1, 2) of the classes, positive for the first; they, "
                 "and the coefficients, have the signs of LIBSVM also with two classes. They are of the rows `rows`; "
                 "codes and predictions are of all rows.", "classes": classes, "numbers": numbers})


if __name__ == "__main__":
    main()
