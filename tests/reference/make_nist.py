"""Reads NIST's Statistical Reference Datasets and writes tests/golden/nist/*.json.

Usage: python tests/reference/make_nist.py FOLDER_OF_DAT_FILES

The files are those of https://www.itl.nist.gov/div898/strd/ (public domain). Certified values stay
text, with every digit that NIST prints. A linear file states on which lines its values and data lie.
"""

import re
import sys
from pathlib import Path

from golden import write_golden

LINEAR = ["Norris", "Pontius", "NoInt1", "NoInt2", "Filip", "Longley",
          "Wampler1", "Wampler2", "Wampler3", "Wampler4", "Wampler5"]
UNIVARIATE = ["Lew", "Lottery", "Michelso", "NumAcc1", "NumAcc2", "NumAcc3"]
SOURCE = "NIST StRD, Statistical Reference Datasets, National Institute of Standards and Technology; public domain"


def stated_lines(lines, what):
    """The lines that the header gives as `what (lines A to B)`."""
    first, last = re.search(rf"{what}\s+\(lines (\d+) to (\d+)\)", "\n".join(lines)).groups()
    return lines[int(first) - 1:int(last)]


def linear(text, name):
    lines = text.splitlines()
    certified = "\n".join(stated_lines(lines, "Certified Values"))
    # Where the stated lines are off by a few, the table of variation still follows them.
    after = "\n".join(lines[30:60])
    coefficients = re.findall(r"^\s+B(\d+)\s+(\S+)\s+(\S+)\s*$", certified, re.M)
    residual_sd = re.search(r"Residual\s+Standard Deviation\s+(\S+)", certified).group(1)
    r_squared = re.search(r"R-Squared\s+(\S+)", certified).group(1)
    residual = re.search(r"^Residual\s+(\d+)\s+(\S+)\s+(\S+)", after, re.M)
    regression = re.search(r"^Regression\s+(\d+)\s+(\S+)\s+(\S+)\s+(\S+)", after, re.M)
    rows = [[float(cell) for cell in line.split()] for line in stated_lines(lines, "Data ")]
    n_stated = int(re.search(r"(\d+) Observations", text).group(1))
    n_parameters = int(re.search(r"(\d+) Parameters? ", text).group(1))
    assert len(rows) == n_stated and len(coefficients) == n_parameters, name
    has_intercept = coefficients[0][0] == "0"
    n_columns = len(rows[0]) - 1
    n_slopes = n_parameters - has_intercept
    assert n_columns in (1, n_slopes), name
    return {
        "name": name,
        "has_intercept": has_intercept,
        "polynomial_degree": n_slopes if n_columns == 1 else None,
        "x_columns": ["x"] if n_columns == 1 else [f"x{column + 1}" for column in range(n_columns)],
        "x": [row[1:] for row in rows],
        "y": [row[0] for row in rows],
        "certified": {
            "parameters": [f"B{number}" for number, _, _ in coefficients],
            "coefficients": [value for _, value, _ in coefficients],
            "std_errors": [error for _, _, error in coefficients],
            "residual_std": residual_sd,
            "r_squared": r_squared,
            "residual_df": int(residual.group(1)),
            "residual_sum_of_squares": residual.group(2),
            "regression_df": int(regression.group(1)),
            "regression_sum_of_squares": regression.group(2),
            "f_statistic": regression.group(4),
        },
    }


def univariate(text, name):
    head, data = re.split(r"^Data:\s*Y\s*\n-+\s*$", text, flags=re.M)
    certified = head.split("Certified Values")[-1]
    values = [float(word) for word in data.split()]
    assert len(values) == int(re.search(r"Number of Observations:\s+(\d+)", certified).group(1)), name
    return {
        "name": name,
        "values": values,
        "certified": {
            "mean": re.search(r"^Sample Mean.*?(\S+)\s*$", certified, re.M).group(1),
            "std": re.search(r"^Sample Standard Deviation.*?(\S+)\s*$", certified, re.M).group(1),
            "autocorrelation_lag_1": re.search(r"^Sample Autocorrelation.*?(\S+)\s*$", certified, re.M).group(1),
        },
    }


def main(folder):
    def read(name):
        return (folder / f"{name}.dat").read_text(encoding="latin-1")

    write_golden(
        "nist/nist_linear.json", "make_nist.py", [],
        {"min_correct_digits": {
            "Norris": 12, "Pontius": 11, "NoInt1": 14, "NoInt2": 14, "Filip": 7, "Longley": 10,
            "Wampler1": 9, "Wampler2": 12, "Wampler3": 9, "Wampler4": 7, "Wampler5": 5},
         "reason": "Correct digits of the worst coefficient, -log10(|ours - certified| / |certified|), at most 15: "
                   "what a Householder QR without refinement reaches in double precision on columns of such a "
                   "condition, less a digit for the order of sums; refinement must not be worse."},
        {"source": SOURCE,
         "note": "Coefficients start with the intercept B0 where has_intercept; with polynomial_degree d the design "
                 "columns are x, x^2, ..., x^d. Certified numbers are text; f_statistic may be Infinity.",
         "datasets": [linear(read(name), name) for name in LINEAR]})
    write_golden(
        "nist/nist_univariate.json", "make_nist.py", [],
        {"min_correct_digits_mean": 14, "min_correct_digits_std": {
            "Lew": 14, "Lottery": 14, "Michelso": 13, "NumAcc1": 15, "NumAcc2": 14, "NumAcc3": 9},
         "reason": "-log10 of the relative error, at most 15. A two-pass standard deviation with a compensated mean "
                   "is limited by the rounding of the data themselves: 1000000.2 holds 0.1 to about 9.5 digits."},
        {"source": SOURCE,
         "note": "std divides by n - 1; autocorrelation is at lag 1. Certified numbers are text.",
         "datasets": [univariate(read(name), name) for name in UNIVARIATE]})


if __name__ == "__main__":
    main(Path(sys.argv[1]))
