"""tests/golden/lof.json: local outlier factors of scikit-learn."""

import numpy as np
from sklearn.neighbors import LocalOutlierFactor

from golden import sample, write_golden


def inputs():
    """name, x, settings, where."""
    rng = np.random.default_rng(31)
    columns = ["sepal_length_cm", "sepal_width_cm", "petal_length_cm", "petal_width_cm"]
    iris, _, where = sample("iris", columns, "species")
    groups = np.concatenate([rng.normal(0, 0.3, (60, 2)), rng.normal(4, 1.2, (40, 2)), [[2.0, 2.0], [-2.0, 1.0]]]).round(9)
    yield "groups", groups, {}
    yield "groups", groups, {"n_neighbors": 5, "contamination": 0.1}
    for metric in ("manhattan", "chebyshev", "cosine"):
        yield "groups", groups, {"n_neighbors": 10, "metric": metric}
    yield "few_rows", groups[:6], {"n_neighbors": 20}
    yield "equal_rows", np.concatenate([np.repeat(groups[:8], 4, axis=0), groups[60:80]]), {"n_neighbors": 3}
    # Without equal rows, so that every row but itself is a neighbor of it.
    yield "iris", np.unique(iris, axis=0) + rng.normal(0, 0.001, (len(np.unique(iris, axis=0)), 4)).round(6), {}


def main():
    cases = []
    for name, x, settings in inputs():
        seen = LocalOutlierFactor(**settings).fit(x)
        labels = seen.fit_predict(x)
        new = (x[::4] + np.random.default_rng(6).normal(0, 0.4, x[::4].shape)).round(4)
        novel = LocalOutlierFactor(novelty=True, **settings).fit(x)
        assert np.array_equal(novel.negative_outlier_factor_, seen.negative_outlier_factor_)
        print(f"  {name} {settings}: {(labels < 0).sum()} outliers beyond {-seen.offset_:.4f}")
        cases.append({"name": name, "x": x, "settings": settings, "scores": -seen.negative_outlier_factor_,
                      "outliers": np.flatnonzero(labels < 0), "threshold": -seen.offset_,
                      "new": new, "new_scores": -novel.score_samples(new),
                      "new_outliers": np.flatnonzero(novel.predict(new) < 0)})
    write_golden("lof.json", "make_lof.py", ["numpy", "scikit-learn"],
                 {"outliers": "exact", "relative": 1e-10, "by_case": {"equal_rows": 1e-6},
                  "reason": "Ratios of means of at most 20 distances; the cosine distance is 1 - cos there, which loses "
                            "digits. Equal rows have a density of 1e10, from a sum in which nothing but 1e-10 is left."},
                 {"note": "scores: negative_outlier_factor_ without its sign; new_scores: score_samples likewise.",
                  "cases": cases})


if __name__ == "__main__":
    main()
