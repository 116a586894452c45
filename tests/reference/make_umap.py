"""tests/golden/umap.json: the fuzzy graph, the curve and whole maps of UMAP, against umap-learn."""

import warnings

import numpy as np
from scipy.spatial.distance import cdist
from sklearn.manifold import trustworthiness
from umap import UMAP
from umap.umap_ import compute_membership_strengths, find_ab_params, fuzzy_simplicial_set, smooth_knn_dist

from golden import sample, write_golden

warnings.filterwarnings("ignore")


def nearest(x, k):
    distances = cdist(x, x)
    rows = np.argsort(distances, axis=1, kind="stable")[:, :k]
    # Itself first, also where others are equal to it.
    for i in range(len(x)):
        others = rows[i][rows[i] != i][: k - 1]
        rows[i] = np.concatenate([[i], others])
    return rows, np.take_along_axis(distances, rows, axis=1)


def graphs():
    rng = np.random.default_rng(5)
    smooth = rng.normal(size=(50, 4)).round(2)
    repeated = np.repeat(rng.normal(size=(12, 3)).round(2), 3, axis=0)
    for name, x, k in [("smooth", smooth, 8), ("equal rows", repeated, 6), ("all equal but one", np.vstack([np.ones((9, 2)), [[3.0, 1.0]]]), 4)]:
        rows, distances = nearest(x, k)
        sigmas, rhos = smooth_knn_dist(distances.astype(np.float32), float(k))
        r, c, values, _ = compute_membership_strengths(rows.astype(np.int32), distances.astype(np.float32), sigmas, rhos)
        graph, _, _ = fuzzy_simplicial_set(x, k, np.random.RandomState(0), "euclidean", knn_indices=rows, knn_dists=distances.astype(np.float32))
        graph = graph.tocsr()
        graph.sort_indices()
        yield {"name": name, "x": x, "n_neighbors": k, "sigma": sigmas, "rho": rhos, "strengths": values.reshape(rows.shape),
               "graph": {"starts": graph.indptr, "columns": graph.indices, "weights": graph.data}}


def curves():
    for spread, min_dist in [(1.0, 0.1), (1.0, 0.0), (1.0, 0.5), (2.0, 0.25), (0.5, 0.5)]:
        a, b = find_ab_params(spread, min_dist)
        yield {"spread": spread, "min_dist": min_dist, "a": a, "b": b}


def run(n_samples=1000):
    columns = [f"p{i}{j}" for i in range(8) for j in range(8)]
    x, _, where = sample("digits", columns, "digit", n_samples)
    found = [trustworthiness(x, UMAP(n_jobs=1, random_state=seed).fit_transform(x), n_neighbors=5) for seed in range(3)]
    print(found)
    return {**where, "trustworthiness": np.array(found)}


def main():
    write_golden(
        "umap.json", "make_umap.py", ["numpy", "scikit-learn", "umap-learn"],
        {"graph": 1e-5, "curve": 1e-5, "run_trustworthiness": 0.005,
         "reason": "umap-learn computes distances and strengths in single precision and stops the search for sigma at 1e-5 "
                   "of the sum. scipy stops its curve fit at 1e-8 of the error, which is flat there. Whole maps are made of "
                   "other random numbers; the reference's own seeds differ by 0.002."},
        {"note": "graphs: neighbors are exact, each row itself first; graph is the union as compressed sparse rows.",
         "graphs": list(graphs()), "curves": list(curves()), "run": run()})


if __name__ == "__main__":
    main()
