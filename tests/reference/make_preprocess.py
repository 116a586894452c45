"""tests/golden/preprocess.json: scalers, imputers and encoders, fitted on train rows, applied to new ones.

Scalers are computed exactly and compared with scikit-learn, which overflows, underflows or cancels in a few of
the cases; each case says whether it agrees. Imputers and encoders are scikit-learn's own answers.
"""

import warnings

import numpy as np
from mpmath import mp, mpf
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, OrdinalEncoder, RobustScaler, StandardScaler

from golden import write_golden

mp.dps = 700  # squares of 1e-300 and 1e200 side by side


def exact_standard(values):
    """(mean, population standard deviation)"""
    mean = mp.fsum(values) / len(values)
    return mean, mp.sqrt(mp.fsum((value - mean) ** 2 for value in values) / len(values))


def exact_quantile(values, q):
    """Linear between the neighbors of place (n - 1) q."""
    ordered = sorted(values)
    place = (len(ordered) - 1) * mpf(q)
    low = int(mp.floor(place))
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


def scaled(name, train, new):
    """One column through the three scalers."""
    column, fresh = np.array(train, dtype=float), np.array(new, dtype=float)
    values = [mpf(float(value)) for value in column]
    varies = min(values) != max(values)
    mean, std = exact_standard(values) if varies else (values[0], mpf(0))
    low, high = min(values), max(values)
    median, quartiles = exact_quantile(values, 0.5), exact_quantile(values, 0.75) - exact_quantile(values, 0.25)

    def answer(parameters, center, scale, scaler):
        scale = scale or mpf(1)
        apply = lambda rows: [float((mpf(float(value)) - center) / scale) for value in rows]
        theirs = scaler.fit(column.reshape(-1, 1)).transform(column.reshape(-1, 1)).ravel()
        agrees = np.allclose(theirs, apply(column), rtol=1e-9, atol=1e-9)
        return {**{key: float(value) for key, value in parameters.items()}, "scale": float(scale),
                "train": apply(column), "new": apply(fresh), "scikit_learn_agrees": bool(agrees)}

    return {
        "name": name, "train": column, "new": fresh,
        "standard": answer({"mean": mean, "std": std}, mean, std, StandardScaler()),
        "min_max": answer({"min": low, "max": high}, low, high - low, MinMaxScaler()),
        "robust": answer({"median": median}, median, quartiles, RobustScaler()),
    }


def scaler_cases():
    rng = np.random.default_rng(31)
    column = rng.normal(5, 2, 9).round(3)
    yield scaled("easy", column, [0, 5, 100])
    yield scaled("even_number_of_rows", column[:8], [4.5])
    yield scaled("integers_with_ties", [1, 2, 2, 2, 3, 3, 10], [2, 0])
    yield scaled("constant", [4, 4, 4, 4], [4, 5])
    yield scaled("constant_that_is_no_binary_fraction", [0.1] * 7, [0.1, 0.35])
    yield scaled("constant_zero", [0, 0, 0], [0, 1])
    yield scaled("one_row", [3.5], [3.5, 4.5])
    yield scaled("two_rows", [1, 3], [2])
    yield scaled("half_constant", [1, 1, 1, 1, 1, 1, 1, 9], [1, 2])
    yield scaled("far_from_zero", column + 1e6, [1e6])
    yield scaled("very_far_from_zero", [1e15, 1e15 + 2, 1e15 + 4, 1e15 + 6], [1e15 + 3])
    yield scaled("tiny", column * 1e-12, [5e-12])
    yield scaled("huge", column * 1e12, [5e12])
    yield scaled("squares_overflow", [1e200, 2e200, 4e200], [3e200])
    yield scaled("squares_underflow", [1e-200, 2e-200, 4e-200], [3e-200])
    yield scaled("outlier", [0, 1, 2, 3, 4, 1e9], [2])


def imputed(name, train, new):
    """One column with gaps, null in the file, by three strategies."""
    gap = lambda values: np.array([[np.nan if v is None else float(v)] for v in values])
    answer = {"name": name, "train": train, "new": new}
    for strategy in ["mean", "median", "most_frequent"]:
        imputer = SimpleImputer(strategy=strategy).fit(gap(train))
        if np.isnan(imputer.statistics_[0]):
            answer[strategy] = {"fill": None, "why": "nothing to learn from: the column is dropped"}
        else:
            answer[strategy] = {"fill": imputer.statistics_[0], "new": imputer.transform(gap(new)).ravel()}
    return answer


def imputer_cases():
    yield imputed("easy", [1, None, 2, 4, 4, None], [None, 7, None])
    yield imputed("even_number_of_values", [1, 2, 10, None, 20], [None])
    yield imputed("tied_modes_take_the_smallest", [3, 3, 1, 1, 2, None], [None])
    yield imputed("all_different", [9, 7, 8, None], [None])
    yield imputed("one_value", [None, 5, None], [None, 6])
    yield imputed("no_value", [None, None], [None])
    yield imputed("no_gap_in_training", [1, 2, 3], [None, 1])
    yield imputed("far_from_zero", [1e9 + 1, 1e9 + 2, None, 1e9 + 6], [None])
    yield imputed("negative_and_zero", [-1, 0, 0, -0.5, None], [None])


def text_imputed(name, train, new):
    column = np.array([[np.nan if v is None else v] for v in train], dtype=object)
    fresh = np.array([[np.nan if v is None else v] for v in new], dtype=object)
    imputer = SimpleImputer(strategy="most_frequent").fit(column)
    return {"name": name, "train": train, "new": new,
            "most_frequent": {"fill": imputer.statistics_[0], "new": imputer.transform(fresh).ravel()}}


def encoded(name, train, new):
    """Categories in code-point order; a category first met in `new` is all zeros, or -1."""
    column, fresh = [[v] for v in train], [[v] for v in new]
    one_hot = OneHotEncoder(handle_unknown="ignore", sparse_output=False).fit(np.array(column, dtype=object))
    ordinal = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1).fit(np.array(column, dtype=object))
    categories = [str(v) for v in one_hot.categories_[0]]
    assert categories == sorted(set(train))
    both = lambda rows: {"one_hot": one_hot.transform(np.array(rows, dtype=object)).astype(int),
                         "ordinal": ordinal.transform(np.array(rows, dtype=object)).ravel().astype(int)}
    return {"name": name, "train": train, "new": new, "categories": categories,
            "train_encoded": both(column), "new_encoded": both(fresh)}


def encoder_cases():
    yield encoded("easy", ["red", "green", "blue", "green"], ["blue", "red"])
    yield encoded("unseen_category", ["a", "b", "a"], ["c", "b", ""])
    yield encoded("one_category", ["x", "x", "x"], ["x", "y"])
    yield encoded("case_and_space_matter", ["Yes", "yes", " yes", "YES"], ["yes ", "yes"])
    yield encoded("empty_text_is_a_category", ["", "a", ""], ["", "a"])
    yield encoded("digits_sort_as_text", ["10", "9", "2", "100"], ["2", "10"])
    yield encoded("beyond_ascii", ["é", "e", "z", "Ä", "日本", "🙂", "e\u0301"], ["é", "e\u0301", "ß"])
    yield encoded("hostile_names", ["__proto__", "constructor", "NaN", "null", "</script>"], ["toString", "NaN"])


def main():
    warnings.filterwarnings("ignore")
    scalers = list(scaler_cases())
    for kind in ["standard", "min_max", "robust"]:
        off = [case["name"] for case in scalers if not case[kind]["scikit_learn_agrees"]]
        print(f"  {kind}: scikit-learn is off for {off}")
    write_golden(
        "preprocess.json", "make_preprocess.py", ["numpy", "scikit-learn"],
        {"relative": 1e-12, "absolute": 1e-12, "by_case": {"far_from_zero": 1e-9, "very_far_from_zero": 1e-9},
         "reason": "One subtraction and one division after a sum of at most nine terms. Parameters (mean, scale, min) "
                   "relative; scaled values either way, since they are about 1. Far from zero the mean is rounded at "
                   "1e-10 of the spread, or the library's is. Encoders are exact."},
        {"note": "Each case is one column. Scalers are exact, also where scikit_learn_agrees is "
                 "false. standard: (x - mean) / std, dividing by n. min_max: (x - min) / (max - min), new values may "
                 "leave [0, 1]. robust: (x - median) / (third - first quartile), linear interpolation at (n - 1) * q. "
                 "A scale of 0 is taken as 1. null is a missing value.",
         "scalers": scalers, "imputers": list(imputer_cases()),
         "text_imputers": [
             text_imputed("easy", ["a", "b", None, "b"], [None, "a"]),
             text_imputed("tied_modes_take_the_first_in_order", ["b", "a", None, "b", "a"], [None]),
             text_imputed("empty_text_is_not_missing", ["", "", "a", None], [None, ""])],
         "encoders": list(encoder_cases())})


if __name__ == "__main__":
    main()
