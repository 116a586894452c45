"""Prints the correct digits that scikit-learn's LinearRegression reaches on NIST's linear regression sets.

The row of the README's table: `python tests/reference/compare_nist.py`. Digits of the worst coefficient, at most 15, as
`tests/nist.rs` counts them.
"""

import json

import numpy as np
import sklearn
from sklearn.linear_model import LinearRegression

from golden import GOLDEN


def design(data):
    x = np.array(data["x"], dtype=float)
    degree = data.get("polynomial_degree")
    return x if degree is None else np.column_stack([x[:, 0] ** power for power in range(1, degree + 1)])


def digits(ours, certified):
    error = abs(ours - certified) / (abs(certified) or 1.0)
    return 15.0 if error == 0 else float(np.clip(-np.log10(error), 0, 15))


def main():
    print(f"scikit-learn {sklearn.__version__}")
    for data in json.loads((GOLDEN / "nist" / "nist_linear.json").read_text())["datasets"]:
        model = LinearRegression(fit_intercept=data["has_intercept"]).fit(design(data), np.array(data["y"], dtype=float))
        ours = ([model.intercept_] if data["has_intercept"] else []) + list(model.coef_)
        certified = [float(value) for value in data["certified"]["coefficients"]]
        print(f"{data['name']:9} {min(map(digits, ours, certified)):4.1f}")


if __name__ == "__main__":
    main()
