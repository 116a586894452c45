"""Writes the tables in samples/ from the packages that ship them.

Usage: python tests/reference/make_samples.py [OUT_FOLDER]

Numbers are written as short as they can be and still read back as the same double,
so `5.0` becomes `5`; row order is that of the source. Nothing is scaled or dropped.
"""

import csv
import importlib.resources
import re
import sys
from pathlib import Path

from sklearn import datasets

DIABETES_COLUMNS = [
    "age_years", "sex", "bmi", "mean_blood_pressure", "s1_total_cholesterol", "s2_ldl", "s3_hdl",
    "s4_cholesterol_hdl_ratio", "s5_log_triglycerides", "s6_glucose",
]


def number(value):
    """The shortest text that reads back as the same double."""
    value = float(value)
    return str(int(value)) if value.is_integer() else repr(value)


def snake_case(name):
    """`sepal length (cm)` becomes `sepal_length_cm`, `od280/od315` becomes `od280_od315`."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def write(folder, name, header, rows):
    with open(folder / name, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def classification_rows(bunch):
    names = [str(name) for name in bunch.target_names]
    return [[*map(number, x), names[y]] for x, y in zip(bunch.data, bunch.target)]


def main(folder):
    iris = datasets.load_iris()
    write(folder, "iris.csv", [*map(snake_case, iris.feature_names), "species"], classification_rows(iris))

    wine = datasets.load_wine()
    write(folder, "wine.csv", [*map(snake_case, wine.feature_names), "cultivar"], classification_rows(wine))

    cancer = datasets.load_breast_cancer()
    write(folder, "breast_cancer.csv", [*map(snake_case, cancer.feature_names), "diagnosis"],
          classification_rows(cancer))

    diabetes = datasets.load_diabetes(scaled=False)
    write(folder, "diabetes.csv", [*DIABETES_COLUMNS, "disease_progression"],
          [[*map(number, x), number(y)] for x, y in zip(diabetes.data, diabetes.target)])

    digits = datasets.load_digits()
    write(folder, "digits.csv", [*(f"p{row}{column}" for row in range(8) for column in range(8)), "digit"],
          [[*map(number, x), int(y)] for x, y in zip(digits.data, digits.target)])

    # The package's own bytes, so that NA stays NA and 18 stays 18.
    penguins = importlib.resources.files("palmerpenguins") / "data" / "penguins.csv"
    (folder / "penguins.csv").write_text(penguins.read_text(encoding="utf-8"), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    default = Path(__file__).resolve().parents[2] / "samples"
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else default)
