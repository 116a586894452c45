"""tests/golden/minibatch_kmeans.json: inertias of scikit-learn's mini-batch k-means over many seeds, and k-means with
sample weights from given centroids.
"""

import warnings

import numpy as np
from sklearn.cluster import KMeans, MiniBatchKMeans
from sklearn.exceptions import ConvergenceWarning

from golden import write_golden

N_SEEDS = 60


def grid_of_blobs(n, n_side):
    """Rows around the points of a square grid: one after the other, by a rule that any language can repeat."""
    rows = []
    for i in range(n):
        # A point of a Kronecker sequence in the unit square, squeezed towards the middle of its cell.
        u, v = (i * 0.7548776662466927) % 1.0 - 0.5, (i * 0.5698402909980532) % 1.0 - 0.5
        cell = i % (n_side * n_side)
        rows.append([cell % n_side + u, cell // n_side + v])
    return np.array(rows)


def statistics():
    for n, n_side, n_clusters, batch_size in ((3000, 3, 9, 256), (3000, 3, 5, 1024), (2000, 2, 4, 64)):
        x = grid_of_blobs(n, n_side)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            inertias = [MiniBatchKMeans(n_clusters, batch_size=batch_size, n_init=1, random_state=seed).fit(x).inertia_
                        for seed in range(N_SEEDS)]
        print(f"  {n} rows, {n_clusters} clusters: {np.mean(inertias):.1f} ± {np.std(inertias):.1f}")
        yield {"n_samples": n, "n_side": n_side, "n_clusters": n_clusters, "batch_size": batch_size,
               "n_seeds": N_SEEDS, "mean": np.mean(inertias), "deviation": np.std(inertias, ddof=1)}


def weighted():
    rng = np.random.default_rng(2)
    x = np.concatenate([rng.normal(center, 0.8, (20, 2)) for center in ([0, 0], [3, 0], [1, 3])]).round(3)
    for name, weights in (("whole", rng.integers(0, 4, len(x))), ("real", rng.uniform(0, 2, len(x)).round(2))):
        fit = KMeans(3, init=x[[0, 1, 2]], n_init=1, tol=0, max_iter=300).fit(x, sample_weight=weights)
        print(f"  {name} weights: inertia {fit.inertia_:.4f}")
        yield {"name": name, "x": x, "weights": weights, "start_centroids": x[[0, 1, 2]],
               "centroids": fit.cluster_centers_, "inertia": fit.inertia_, "labels": fit.labels_}


def main():
    write_golden("minibatch_kmeans.json", "make_minibatch_kmeans.py", ["numpy", "scikit-learn"],
                 {"standard_errors": 4, "relative": 1e-12,
                  "reason": "The draws differ, so means over seeds are compared: their difference is within 4 standard "
                            "errors once in 16,000 times. With weights the iterations are the same, and sums of 60 rows."},
                 {"note": "Row i of a statistic: cell i mod n_side², plus the fractional parts of i·0.7548776662466927 and "
                          "i·0.5698402909980532, less one half.",
                  "statistics": list(statistics()), "weighted": list(weighted())})


if __name__ == "__main__":
    main()
