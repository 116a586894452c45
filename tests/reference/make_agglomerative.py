"""tests/golden/agglomerative.json: trees of merges by SciPy, cut by scikit-learn."""

import numpy as np
from scipy.cluster.hierarchy import linkage
from scipy.spatial.distance import pdist
from sklearn.cluster import AgglomerativeClustering

from golden import sample, write_golden

METRICS = {"euclidean": "euclidean", "manhattan": "cityblock", "chebyshev": "chebyshev", "cosine": "cosine"}


def in_order_of_rows(labels):
    """Clusters numbered in the order of their first rows."""
    order = {label: number for number, label in enumerate(dict.fromkeys(labels.tolist()))}
    return np.array([order[label] for label in labels.tolist()])


def labels_of(x, metric, method, cut):
    # scikit-learn's average and complete linkage know no Chebyshev distance by name.
    distances = pdist(x, METRICS[metric])
    square = np.zeros((len(x), len(x)))
    square[np.triu_indices(len(x), 1)] = distances
    model = AgglomerativeClustering(metric="euclidean" if method == "ward" else "precomputed", linkage=method,
                                    **({"n_clusters": None} | cut))
    return in_order_of_rows(model.fit(x if method == "ward" else square + square.T).labels_)


def inputs():
    """name, x, metrics, where."""
    rng = np.random.default_rng(7)
    columns = ["sepal_length_cm", "sepal_width_cm", "petal_length_cm", "petal_width_cm"]
    iris, _, _ = sample("iris", columns, "species")
    # No two pairs of rows are equally far apart.
    yield "iris", iris[::2] + rng.normal(0, 0.01, iris[::2].shape).round(5), ["euclidean", "manhattan"]
    yield "blobs", np.concatenate([rng.normal(center, 0.6, (13, 2)) for center in ([0, 0], [4, 0], [2, 3])]).round(5), \
        ["euclidean", "chebyshev", "cosine"]
    yield "two_rows", np.array([[0.0, 0.0], [3.0, 4.0]]), ["euclidean"]
    yield "far_from_zero", (rng.normal(0, 1, (20, 2)) + 1e6).round(6), ["euclidean"]


def ties():
    grid = np.array([[i, j] for i in range(4) for j in range(3)], float)
    yield "grid", grid, "average"
    yield "grid", grid, "complete"
    yield "equal_rows", np.repeat(grid[:4], 3, axis=0), "complete"


def case_of(name, x, metric, method, has_ties=False):
    tree = linkage(pdist(x, METRICS[metric]), method)
    heights, n = tree[:, 2], len(x)
    cuts = []
    for n_clusters in sorted({k for k in (1, 2, 3, n // 2, n) if k <= n}):
        labels = None if has_ties else labels_of(x, metric, method, {"n_clusters": n_clusters})
        if n_clusters == 1 or labels is not None:
            cuts.append({"n_clusters": n_clusters, "labels": labels if labels is not None else np.zeros(n, int)})
    middle = float(heights[len(heights) // 2])
    if not has_ties:
        # A merge of exactly this height does not happen; scikit-learn's height may differ in the last digit.
        middle *= 1 + 1e-9
        cuts.append({"distance_threshold": middle,
                     "labels": labels_of(x, metric, method, {"distance_threshold": middle})})
    print(f"  {name} {metric} {method}: heights {heights[0]:.4g} to {heights[-1]:.4g}")
    return {"name": name, "x": x, "metric": metric, "linkage": method, "children": tree[:, :2].astype(int),
            "heights": heights, "sizes": tree[:, 3].astype(int), "cuts": cuts}


def main():
    cases = [case_of(name, x, metric, method) for name, x, metrics in inputs() for metric in metrics
             for method in ("ward", "average", "complete", "single") if method != "ward" or metric == "euclidean"]
    cases += [case_of(name, x, "euclidean", method, has_ties=True) for name, x, method in ties()]
    write_golden("agglomerative.json", "make_agglomerative.py", ["numpy", "scipy", "scikit-learn"],
                 {"children": "exact", "labels": "exact", "relative": 1e-12, "by_case": {"far_from_zero": 1e-9},
                  "reason": "A height is a sum of few terms, or a mean of means. Ward's heights come from centers here "
                            "and from distances there. Far from zero the rows are rounded by 1e-10."},
                 {"note": "children, heights, sizes: SciPy's linkage matrix. cuts: labels of scikit-learn, clusters "
                          "numbered in the order of their first rows.", "cases": cases})


if __name__ == "__main__":
    main()
