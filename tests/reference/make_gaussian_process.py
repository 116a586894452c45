"""tests/golden/gaussian_process.json: scikit-learn's likelihood, its optimum, means and deviations."""

import warnings

import numpy as np
from scipy.optimize import minimize
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, Matern, WhiteKernel

from golden import write_golden


def kernel(settings, n_features):
    scale = settings.get("length_scale", 1.0)
    if settings.get("anisotropic"):
        scale = np.full(n_features, scale)
    name = settings.get("kernel", "rbf")
    inner = RBF(scale) if name == "rbf" else Matern(scale, nu=float(name.removeprefix("matern_")))
    return ConstantKernel(settings.get("constant_value", 1.0)) * inner + WhiteKernel(settings.get("noise_level", 1.0))


def tight(objective, start, bounds):
    """The minimum to the last digits, where scikit-learn's own call stops at a gradient of 1e-5."""
    found = minimize(objective, start, method="L-BFGS-B", jac=True, bounds=bounds,
                     options={"gtol": 1e-10, "ftol": 1e-16, "maxiter": 10000})
    return found.x, found.fun


def case(name, settings, x, y, new):
    optimizer = None if settings.get("optimizer") == "none" else tight
    model = GaussianProcessRegressor(kernel(settings, x.shape[1]), alpha=1e-10, optimizer=optimizer,
                                     normalize_y=settings.get("normalize_y", True))
    model.fit(x, y)
    mean, std = model.predict(new, return_std=True)
    start = model.kernel.theta
    likelihood = model.log_marginal_likelihood(start)
    print(f"  {name}: {model.kernel_}, {model.log_marginal_likelihood_value_:.6f}")
    return {"name": name, "settings": settings, "x": x, "y": y, "start_likelihood": likelihood,
            "theta": model.kernel_.theta,
            "likelihood": model.log_marginal_likelihood_value_, "rows": new, "means": mean, "deviations": std}


def main():
    warnings.simplefilter("ignore")
    rng = np.random.default_rng(17)
    x = np.sort(rng.uniform(-3, 3, 30)).round(3)[:, None]
    y = (np.sin(2 * x[:, 0]) + 0.2 * rng.normal(size=30)).round(4)
    new = np.linspace(-4, 4, 9)[:, None]
    x3 = rng.normal(size=(40, 3)).round(3)
    y3 = (50 + 20 * np.sin(x3[:, 0]) + 5 * x3[:, 1] + rng.normal(0, 1, 40)).round(3)
    new3 = rng.normal(size=(8, 3)).round(3)
    cases = [
        case("sine", {}, x, y, new),
        case("as_set", {"optimizer": "none", "noise_level": 0.1, "length_scale": 0.7}, x, y, new),
        case("raw_target", {"normalize_y": False, "kernel": "matern_2.5"}, x, y, new),
        case("matern_1.5", {"kernel": "matern_1.5"}, x, y, new),
        case("matern_0.5", {"kernel": "matern_0.5", "noise_level": 0.1}, x, y, new),
        case("three_features", {}, x3, y3, new3),
        case("a_scale_a_feature", {"anisotropic": True, "kernel": "matern_2.5"}, x3, y3, new3),
    ]
    write_golden(
        "gaussian_process.json", "make_gaussian_process.py", ["numpy", "scipy", "scikit-learn"],
        {"likelihood": 1e-9, "theta": 2e-4, "prediction": 1e-5,
         "reason": "At the start both compute the same formula on 40 rows. The maximum is flat: a likelihood equal to "
                   "1e-9 leaves half the digits of theta."},
        {"note": "theta: logarithms of constant, length scales, noise. likelihood is the log marginal likelihood of the "
                 "standardized target (raw for raw_target); deviations include the noise.", "cases": cases})


if __name__ == "__main__":
    main()
