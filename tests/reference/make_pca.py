"""tests/golden/pca.json: principal components by singular values of the centered columns, against scikit-learn.

The mean is summed without rounding first, so that data far from zero keep their digits.
"""

import math

import numpy as np
from sklearn.decomposition import PCA

from golden import sample, write_golden


def principal_components(x):
    mean = np.array([math.fsum(column) / len(x) for column in x.T])
    centered = x - mean
    _, singular, components = np.linalg.svd(centered, full_matrices=False)
    sign = np.sign(components[np.arange(len(components)), np.abs(components).argmax(axis=1)])
    components *= sign[:, None]
    variance = singular**2 / (len(x) - 1)
    rank = int((singular > singular[0] * max(x.shape) * np.finfo(float).eps * 100).sum())
    return mean, components[:rank], variance, rank, centered


def inputs():
    rng = np.random.default_rng(13)
    columns = ["sepal_length_cm", "sepal_width_cm", "petal_length_cm", "petal_width_cm"]
    x, _, where = sample("iris", columns, "species")
    yield "iris", x, where
    x, _, where = sample("wine", ["alcohol", "malic_acid", "ash", "magnesium", "hue", "proline"], "cultivar")
    yield "wine_raw_scales", x, where
    x = (rng.normal(size=(20, 3)) * [3.0, 1.0, 0.3] @ np.linalg.qr(rng.normal(size=(3, 3)))[0]).round(3)
    yield "easy", x, None
    yield "far_from_zero", x + [1e6, -1e6, 1e6], None
    yield "tiny_scale", x * 1e-9, None
    yield "huge_scale", x * 1e9, None
    yield "constant_column", np.column_stack([x, np.full(20, 5.0)]), None
    yield "duplicate_column", np.column_stack([x, x[:, 0]]), None
    yield "duplicate_rows", np.repeat(x[:7], 2, axis=0), None
    yield "more_columns_than_rows", rng.normal(size=(5, 8)).round(3), None
    yield "one_column", x[:, :1], None


def main():
    cases = []
    for name, x, where in inputs():
        mean, components, variance, rank, centered = principal_components(x)
        theirs = PCA(svd_solver="full").fit(x)
        scale = variance[0]
        assert np.allclose(theirs.explained_variance_, variance, rtol=0, atol=1e-12 * scale), name
        agree = np.abs((theirs.components_[:rank] * components).sum(axis=1))
        assert np.allclose(agree, 1, atol=1e-8), (name, agree)
        loadings = np.sort(np.abs(components), axis=1)
        if components.shape[1] > 1:
            clear = loadings[:, -1] - loadings[:, -2] > 1e-3
            print(f"  {name}: rank {rank} of {min(x.shape)}, sign clear {clear.all()}, gaps {np.diff(variance[:rank]) / scale}")
        else:
            clear = np.array([True])
        probe = np.unique(np.linspace(0, len(x) - 1, 5).astype(int))
        data = where or {"x": x}
        cases.append({"name": name, **data, "expected": {
            "rank": rank, "mean": mean, "components": components, "sign_is_clear": clear,
            "explained_variance": np.where(np.arange(len(variance)) < rank, variance, 0.0),
            "explained_variance_ratio": np.where(np.arange(len(variance)) < rank, variance / variance.sum(), 0.0),
            "probe_rows": probe, "transformed": centered[probe] @ components.T}})
    write_golden(
        "pca.json", "make_pca.py", ["numpy", "scikit-learn"],
        {"components_absolute": 1e-9, "explained_variance_relative_to_first": 1e-12, "transformed_relative_to_largest": 1e-9,
         "by_case": {"far_from_zero": 1e-7},
         "reason": "Two singular value decompositions in double precision agree to about eps over the gap between "
                   "neighboring variances, which is above 1e-3 of the first here save for wine_raw_scales, whose last "
                   "directions are 1e-6 of the first and still fix 9 digits by singular values (not by covariances)."},
        {"note": "components (rank, n_features), rows of length 1; the loading of largest absolute value is positive; "
                 "where sign_is_clear is false two loadings compete and either sign is right. explained_variance has "
                 "min(n_samples, n_features) entries and divides by n_samples - 1; beyond the rank it is 0. "
                 "transformed: (x[probe_rows] - mean) . components^T.",
         "cases": cases})


if __name__ == "__main__":
    main()
