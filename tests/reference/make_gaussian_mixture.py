"""tests/golden/gaussian_mixture.json: scikit-learn's EM from given components, iteration by iteration."""

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from golden import sample, write_golden

N_ITERATIONS = 12


def inputs():
    """name, x, start means, the variance of all start components, reg_covar."""
    rng = np.random.default_rng(17)
    columns = ["sepal_length_cm", "sepal_width_cm", "petal_length_cm", "petal_width_cm"]
    iris, _, where = sample("iris", columns, "species")
    yield "iris", iris, iris[[10, 60, 110]], 0.5, 1e-6, where
    stretched = np.concatenate([rng.normal(0, 1, (40, 2)) @ [[2.0, 1.2], [0.0, 0.4]], rng.normal([3, -1], 0.5, (30, 2))])
    yield "stretched", stretched.round(3), np.array([[-1.0, 0.0], [1.0, 0.0]]), 1.0, 1e-6, None
    yield "far_from_zero", stretched.round(3) + 1e4, np.array([[-1.0, 0.0], [1.0, 0.0]]) + 1e4, 1.0, 1e-3, None
    yield "one_component", stretched[:25].round(3), np.array([[0.0, 0.0]]), 2.0, 1e-6, None


def start_of(kind, k, d, variance):
    return {"full": np.tile(np.eye(d) * variance, (k, 1, 1)), "tied": np.eye(d) * variance,
            "diag": np.full((k, d), variance), "spherical": np.full(k, variance)}[kind]


def fit(x, kind, means, variance, reg_covar, n_iterations):
    k = len(means)
    # All start covariances are multiples of the unit matrix, so their inverses are those of 1 / variance.
    model = GaussianMixture(k, covariance_type=kind, reg_covar=reg_covar, tol=0, max_iter=n_iterations,
                            weights_init=np.full(k, 1 / k), means_init=means,
                            precisions_init=start_of(kind, k, x.shape[1], 1 / variance))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(x)


def main():
    cases = []
    for name, x, means, variance, reg_covar, where in inputs():
        for kind in ("full", "tied", "diag", "spherical"):
            fits = [fit(x, kind, means, variance, reg_covar, n) for n in range(1, N_ITERATIONS + 1)]
            last = fits[-1]
            covariances = last.covariances_.reshape(-1, 1) if kind == "spherical" else \
                last.covariances_.reshape(-1, x.shape[1])
            print(f"  {name} {kind}: {fits[0].lower_bound_:.4f} to {last.lower_bound_:.4f}")
            cases.append({"name": name, **(where or {"x": x}), "covariance_type": kind, "reg_covar": reg_covar,
                          "start_means": means, "start_variance": variance,
                          "lower_bounds": [float(f.lower_bound_) for f in fits], "weights": last.weights_,
                          "means": last.means_, "covariances": covariances,
                          "probe_rows": list(range(0, len(x), 7)),
                          "responsibilities": last.predict_proba(x[::7]),
                          "aic": last.aic(x), "bic": last.bic(x)})
    write_golden("gaussian_mixture.json", "make_gaussian_mixture.py", ["numpy", "scikit-learn"],
                 {"relative": 1e-9, "by_case": {"far_from_zero": 1e-5},
                  "reason": "EM carries roundings from iteration to iteration. For tied and diagonal covariances the "
                            "reference subtracts squares of means from means of squares: far from zero it has 8 digits "
                            "of a variance near 1, and its densities lose as many."},
                 {"note": "Start: equal weights, start_means, start_variance times the unit matrix. lower_bounds[i]: mean "
                          "log-likelihood before the second half of iteration i + 1. The rest is after the last.",
                  "cases": cases})


if __name__ == "__main__":
    main()
