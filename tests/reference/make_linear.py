"""tests/golden/linear.json: least squares and ridge, solved exactly in rational arithmetic.

scikit-learn and statsmodels lose digits on the nasty inputs, so the reference is the exact solution of the
normal equations over fractions, rounded once; both libraries are checked against it where they can follow.
Rank-deficient inputs get the minimum-norm slopes on centered columns, which is what scikit-learn reports.
"""

from fractions import Fraction

import numpy as np
import statsmodels.api as sm
from mpmath import mp, mpf
from scipy import stats
from sklearn.linear_model import LinearRegression, Ridge

from golden import sample, write_golden

mp.dps = 50
ALPHAS = [1e-3, 1.0, 100.0, 1e6]
DIABETES = ["age_years", "sex", "bmi", "mean_blood_pressure", "s1_total_cholesterol", "s2_ldl", "s3_hdl",
            "s4_cholesterol_hdl_ratio", "s5_log_triglycerides", "s6_glucose"]
CANCER = ["mean_radius", "mean_perimeter", "mean_area", "worst_radius", "mean_smoothness"]


def exact_inverse(matrix):
    """The inverse of a square matrix of fractions, or None where it has none."""
    size = len(matrix)
    rows = [list(row) + [Fraction(int(i == j)) for j in range(size)] for i, row in enumerate(matrix)]
    for i in range(size):
        pivot = next((r for r in range(i, size) if rows[r][i] != 0), None)
        if pivot is None:
            return None
        rows[i], rows[pivot] = rows[pivot], rows[i]
        rows[i] = [value / rows[i][i] for value in rows[i]]
        for r in range(size):
            if r != i and rows[r][i] != 0:
                factor = rows[r][i]
                rows[r] = [a - factor * b for a, b in zip(rows[r], rows[i])]
    return [row[size:] for row in rows]


def exact_fit(x, y, has_intercept=True, alpha=0.0):
    """(coefficients with the intercept first, inverse of the Gram matrix, residuals) in fractions."""
    design = [([Fraction(1)] if has_intercept else []) + [Fraction(float(value)) for value in row] for row in x]
    target = [Fraction(float(value)) for value in y]
    size = len(design[0])
    gram = [[sum(row[i] * row[j] for row in design) for j in range(size)] for i in range(size)]
    for i in range(int(has_intercept), size):
        gram[i][i] += Fraction(float(alpha))
    inverse = exact_inverse(gram)
    if inverse is None:
        return None
    moment = [sum(row[i] * value for row, value in zip(design, target)) for i in range(size)]
    coefficients = [sum(a * b for a, b in zip(row, moment)) for row in inverse]
    residuals = [value - sum(a * b for a, b in zip(row, coefficients)) for row, value in zip(design, target)]
    return coefficients, inverse, residuals


def root(fraction):
    return float(mp.sqrt(mpf(fraction.numerator) / mpf(fraction.denominator)))


def split(coefficients, has_intercept):
    values = [float(value) for value in coefficients]
    return {"intercept": values[0] if has_intercept else 0.0, "coefficients": values[int(has_intercept):]}


def r_squared(y, residuals, has_intercept):
    target = [Fraction(float(value)) for value in y]
    center = sum(target) / len(target) if has_intercept else 0
    total = sum((value - center) ** 2 for value in target)
    return float(1 - sum(value**2 for value in residuals) / total) if total else None


def ols(x, y, has_intercept):
    coefficients, inverse, residuals = exact_fit(x, y, has_intercept)
    degrees = len(y) - len(coefficients)
    answer = {"rank": len(coefficients) - has_intercept, **split(coefficients, has_intercept),
              "r_squared": r_squared(y, residuals, has_intercept), "residual_df": degrees}
    if degrees > 0:
        variance = sum(value**2 for value in residuals) / degrees
        errors = [root(variance * inverse[i][i]) for i in range(len(coefficients))]
        answer |= {"residual_std": root(variance), "std_errors": errors}
        if variance > 0:
            t = [float(value) / error for value, error in zip(coefficients, errors)]
            answer |= {"t_values": t, "p_values": [float(2 * stats.t.sf(abs(value), degrees)) for value in t]}
    return answer


def check_ols(name, x, y, has_intercept, answer):
    theirs = LinearRegression(fit_intercept=has_intercept, tol=0).fit(x, y)
    table = sm.OLS(y, sm.add_constant(x, has_constant="add") if has_intercept else x).fit(method="qr")
    ours = ([answer["intercept"]] if has_intercept else []) + answer["coefficients"]
    apart = {
        "scikit-learn": np.max(np.abs(theirs.coef_ / answer["coefficients"] - 1)),
        "statsmodels": np.max(np.abs(table.params / ours - 1)),
    }
    if "std_errors" in answer:
        apart["statsmodels std errors"] = np.max(np.abs(table.bse / answer["std_errors"] - 1))
        apart["statsmodels p"] = np.max(np.abs(table.pvalues - answer["p_values"]))
    apart["statsmodels r2"] = abs(table.rsquared - answer["r_squared"])
    print(f"  {name}:", {key: f"{value:.0e}" for key, value in apart.items()})
    assert apart["statsmodels"] < 1e-5
    return {key: float(f"{value:.1e}") for key, value in apart.items()}


def minimum_norm(x, y):
    """Slopes of least length among all that fit best, on centered columns."""
    center = x.mean(axis=0)
    slopes, _, rank, _ = np.linalg.lstsq(x - center, y - y.mean(), rcond=1e-12)
    intercept = y.mean() - center @ slopes
    predictions = x @ slopes + intercept
    return {"rank": int(rank), "intercept": intercept, "coefficients": slopes, "predictions": predictions}


def full_rank_inputs():
    rng = np.random.default_rng(1)
    x, y, where = sample("diabetes", DIABETES, "disease_progression")
    yield "diabetes", x, y, True, where
    x, y, where = sample("breast_cancer", CANCER, "worst_area")
    yield "cancer_nearly_collinear", x, y, True, where
    x, y, where = sample("iris", ["sepal_length_cm", "sepal_width_cm", "petal_length_cm"], "petal_width_cm")
    yield "iris_through_origin", x, y, False, where
    x = rng.normal(size=(25, 3)).round(3)
    y = (x @ [1.5, -2.0, 0.25] + 3 + rng.normal(scale=0.1, size=25)).round(3)
    yield "easy", x, y, True, None
    yield "huge_target", x, y * 1e12, True, None
    yield "tiny_target", x, y * 1e-12, True, None
    yield "mixed_scales", x * [1e-8, 1.0, 1e8], y, True, None
    yield "far_from_zero", x + [1e6, 0.0, -1e6], y, True, None
    yield "duplicate_rows", np.repeat(x[:8], 3, axis=0), y[:24], True, None
    yield "perfect_fit", np.arange(6.0).reshape(-1, 1), 2 * np.arange(6.0) + 1, True, None
    yield "as_many_rows_as_coefficients", x[:4], y[:4], True, None


def rank_deficient_inputs():
    rng = np.random.default_rng(2)
    x = rng.normal(size=(12, 2)).round(3)
    y = (x @ [1.0, -1.0] + 0.5 + rng.normal(scale=0.1, size=12)).round(3)
    yield "duplicate_column", np.column_stack([x, x[:, 0]]), y
    yield "constant_column", np.column_stack([x, np.full(12, 7.0)]), y
    yield "column_is_sum_of_others", np.column_stack([x, x[:, 0] + x[:, 1]]), y
    yield "scaled_copy", np.column_stack([x, 1000 * x[:, 1]]), y
    yield "constant_target", x, np.full(12, 4.25)
    yield "all_columns_constant", np.full((12, 2), 3.0), y
    wide = rng.normal(size=(5, 9)).round(3)
    yield "more_columns_than_rows", wide, rng.normal(size=5).round(3)


def case(name, x, y, where, has_intercept):
    data = where or {"x": x, "y": y}
    return {"name": name, **data, "has_intercept": has_intercept}


def main():
    ordinary, deficient, ridge = [], [], []
    for name, x, y, has_intercept, where in full_rank_inputs():
        answer = ols(x, y, has_intercept)
        if name != "perfect_fit" and answer["residual_df"] > 0:
            answer["libraries_differ_by"] = check_ols(name, x, y, has_intercept, answer)
        ordinary.append({**case(name, x, y, where, has_intercept), "expected": answer})
    for name, x, y in rank_deficient_inputs():
        answer = minimum_norm(x, y)
        theirs = LinearRegression().fit(x, y)
        assert np.allclose(theirs.predict(x), answer["predictions"], rtol=1e-9, atol=1e-9), name
        deficient.append({**case(name, x, y, None, True), "expected": answer})
    inputs = [(name, x, y, where) for name, x, y, has_intercept, where in full_rank_inputs()
              if has_intercept and name not in ("perfect_fit", "as_many_rows_as_coefficients")]
    inputs += [(name, x, y, None) for name, x, y in rank_deficient_inputs()]
    for name, x, y, where in inputs:
        answers = []
        for alpha in ALPHAS:
            coefficients, _, residuals = exact_fit(x, y, True, alpha)
            answer = {"alpha": alpha, **split(coefficients, True), "r_squared": r_squared(y, residuals, True)}
            theirs = Ridge(alpha=alpha, solver="svd").fit(x, y)
            size = np.max(np.abs(answer["coefficients"])) or 1.0
            assert np.allclose(theirs.coef_, answer["coefficients"], rtol=0, atol=1e-6 * size), (name, alpha)
            answers.append(answer)
        ridge.append({**case(name, x, y, where, True), "expected": answers})
    write_golden(
        "linear.json", "make_linear.py", ["numpy", "scikit-learn", "statsmodels", "scipy"],
        {"relative": 1e-9, "p_value_absolute": 1e-9, "rank_deficient_absolute": 1e-9,
         "by_case": {"cancer_nearly_collinear": 1e-8, "far_from_zero": 1e-7},
         "measure": "Coefficients: |ours - expected| times the largest |x| of the column, relative to the largest such "
                    "product of the case; std_errors, t_values, r_squared: each relative to itself.",
         "reason": "Expected values are exact to the last digit. A QR solver in double precision loses about as many "
                   "digits as the condition number has: 3 to 6 here, 8 in far_from_zero. "
                   "libraries_differ_by says how far scikit-learn and statsmodels are off."},
        {"loss": "OLS: sum of squared residuals. Ridge: that + alpha * sum(coefficients^2); the intercept is free.",
         "note": "std_errors, t_values and p_values list the intercept first where has_intercept; p is two-sided, "
                 "Student t with residual_df; absent where every residual is 0, "
                 "and with the errors where residual_df is 0. Without an intercept R^2 is uncentered. r_squared null: constant target. "
                 "In rank_deficient coefficients are the shortest that fit best on centered columns; predictions and "
                 "rank (of the centered columns) hold for any choice.",
         "ols": ordinary, "rank_deficient": deficient, "ridge": ridge})


if __name__ == "__main__":
    main()
