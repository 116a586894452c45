"""tests/golden/kmeans.json: Lloyd's iterations from given centroids, one by one.

The iterations are written out here and the last is checked against scikit-learn, which shows only the end.
"""

import numpy as np
from sklearn.cluster import KMeans

from golden import sample, write_golden


def squared_distances(x, centroids):
    return ((x[:, None, :] - centroids[None, :, :]) ** 2).sum(axis=2)


def update(x, labels, centroids, distance):
    """Means of the members; a centroid without any restarts at the sample farthest from its own (lowest index
    first), which its old cluster loses from its mean, as in scikit-learn. Labels do not change here."""
    counts = np.bincount(labels, minlength=len(centroids)).astype(float)
    sums = np.array([x[labels == cluster].sum(axis=0) for cluster in range(len(centroids))])
    far = np.argsort(-distance, kind="stable")
    relocated = []
    for cluster, row in zip(np.flatnonzero(counts == 0), far):
        sums[labels[row]] -= x[row]
        counts[labels[row]] -= 1
        sums[cluster], counts[cluster] = x[row], 1
        relocated.append({"cluster": cluster, "row": row})
    return sums / counts[:, None], relocated


def lloyd(x, centroids):
    """Stops at the first iteration whose labels repeat; that one counts, and moves no centroid."""
    iterations, previous = [], None
    while True:
        distance = squared_distances(x, centroids)
        labels = distance.argmin(axis=1)
        iteration = {"labels": labels, "inertia": distance.min(axis=1).sum()}
        if previous is not None and (labels == previous).all():
            iterations.append({**iteration, "centroids_after": centroids, "relocated": []})
            return iterations
        centroids, relocated = update(x, labels, centroids, distance.min(axis=1))
        iterations.append({**iteration, "centroids_after": centroids, "relocated": relocated})
        previous = labels


def inputs():
    """name, x, the start centroids, where x is from."""
    rng = np.random.default_rng(11)
    columns = ["sepal_length_cm", "sepal_width_cm", "petal_length_cm", "petal_width_cm"]
    x, _, where = sample("iris", columns, "species")
    yield "iris", x, x[[0, 1, 2]], where
    blobs = np.concatenate([rng.normal(center, 0.6, (15, 2)) for center in ([0, 0], [4, 0], [2, 3])]).round(3)
    yield "blobs", blobs, np.array([[1.0, 1.0], [1.5, 1.0], [2.0, 1.0]]), None
    yield "one_cluster", blobs, blobs[:1], None
    yield "far_from_zero", blobs + 1e6, np.array([[1.0, 1.0], [1.5, 1.0], [2.0, 1.0]]) + 1e6, None
    yield "tiny_scale", blobs * 1e-8, np.array([[1.0, 1.0], [1.5, 1.0], [2.0, 1.0]]) * 1e-8, None
    yield "duplicate_rows_and_constant_column", np.column_stack([np.repeat(blobs[::3], 3, axis=0), np.full(45, 7.0)]), \
        np.column_stack([blobs[[0, 20, 40]], np.full(3, 7.0)]), None
    yield "as_many_clusters_as_rows", blobs[::9], blobs[::9] + 0.01, None
    yield "tie_goes_to_the_lower_cluster", np.array([[0.0], [1.0], [2.0], [3.0], [4.0]]), np.array([[1.0], [3.0]]), None
    yield "empty_cluster_restarts_at_the_farthest", np.array([[0.0, 0], [0, 1], [1, 0], [10, 0], [10, 1], [30, 2]]), \
        np.array([[0.0, 0.0], [9.0, 0.0], [500.0, 500.0]]), None
    yield "two_empty_clusters", np.array([[0.0], [1.0], [3.0], [7.0], [15.0], [31.0]]), \
        np.array([[2.0], [-900.0], [990.0]]), None


def main():
    cases = []
    for name, x, start, where in inputs():
        iterations = lloyd(x, start)
        last = iterations[-1]
        theirs = KMeans(len(start), init=start, n_init=1, algorithm="lloyd", tol=0, max_iter=1000).fit(x)
        assert (theirs.labels_ == last["labels"]).all(), name
        scale = np.abs(x).max()
        assert np.allclose(theirs.cluster_centers_, last["centroids_after"], rtol=0, atol=1e-12 * scale), name
        assert np.isclose(theirs.inertia_, last["inertia"], rtol=1e-6, atol=1e-20), name
        # scikit-learn also stops where no centroid moved: one iteration before the labels repeat.
        stood_still = len(iterations) > 2 and np.array_equal(
            iterations[-2]["centroids_after"], iterations[-3]["centroids_after"])
        assert theirs.n_iter_ == len(iterations) - stood_still, (name, theirs.n_iter_, len(iterations))
        print(f"  {name}: {len(iterations)} iterations, {[round(float(i['inertia']), 4) for i in iterations]}")
        data = where or {"x": x}
        cases.append({"name": name, **data, "start_centroids": start, "n_iter": len(iterations), "iterations": iterations})
    write_golden(
        "kmeans.json", "make_kmeans.py", ["numpy", "scikit-learn"],
        {"labels": "exact", "relative": 1e-12, "by_case": {"far_from_zero": 1e-9, "as_many_clusters_as_rows": 1e-9},
         "reason": "Sums of at most 150 squares. Far from zero a centroid near 1e6 is rounded by 1e-10, which moves the "
                   "inertia, about 30, by as much. Inertia 0 is compared absolutely. Centroids: relative to the "
                   "largest |x|."},
        {"note": "iterations[i]: every row joins its nearest centroid (the lower index where tied): labels and inertia, "
                 "the sum of squared distances to the centroids *before* the move; then centroids_after. The last one, "
                 "number n_iter, repeats the labels and moves nothing. relocated: clusters left empty and the row at "
                 "which each restarts (farthest from its centroid; its old cluster's mean is taken without it).",
         "cases": cases})


if __name__ == "__main__":
    main()
