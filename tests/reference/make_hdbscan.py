"""tests/golden/hdbscan.json: labels and probabilities of scikit-learn.

Its search upwards by cluster_selection_epsilon fails with a TypeError in this version, so no case needs one.
"""

import numpy as np
from sklearn.cluster import HDBSCAN
from sklearn.cluster._hdbscan._linkage import make_single_linkage, mst_from_data_matrix
from sklearn.cluster._hdbscan._tree import tree_to_labels
from sklearn.datasets import make_moons
from sklearn.metrics import DistanceMetric
from sklearn.neighbors import NearestNeighbors

from golden import write_golden

NOISE = 4294967295


def in_order_of_rows(labels):
    """Clusters numbered in the order of their first rows; noise as it is here."""
    order = {label: number for number, label in enumerate(dict.fromkeys(labels[labels >= 0].tolist()))}
    return np.array([order.get(label, NOISE) for label in labels.tolist()])


def inputs():
    """name, x, settings."""
    rng = np.random.default_rng(21)
    moons = make_moons(120, noise=0.07, random_state=4)[0] + rng.normal(0, 0.001, (120, 2))
    noisy = np.concatenate([moons, rng.uniform(-2, 3, (25, 2))]).round(5)
    yield "moons", moons.round(5), {}
    yield "moons_with_noise", noisy, {"min_cluster_size": 8}
    yield "moons_with_noise", noisy, {"min_cluster_size": 8, "min_samples": 3}
    yield "moons_with_noise", noisy, {"min_cluster_size": 6, "cluster_selection_method": "leaf"}
    varied = np.concatenate([rng.normal(center, spread, (n, 3)) for center, spread, n in
                             (([0, 0, 0], 0.1, 40), ([2, 0, 0], 0.3, 40), ([0, 4, 1], 0.9, 50))]).round(5)
    for metric in ("euclidean", "manhattan", "chebyshev"):
        yield "varied_density", varied, {"min_cluster_size": 10, "metric": metric}
    one = rng.normal(0, 1, (60, 2)).round(5)
    yield "one_group", one, {"min_cluster_size": 10}
    yield "one_group", one, {"min_cluster_size": 10, "allow_single_cluster": True}
    yield "one_group", one, {"min_cluster_size": 10, "allow_single_cluster": True, "cluster_selection_epsilon": 0.6}


def cores_of(x, settings):
    k = settings.get("min_samples") or settings.get("min_cluster_size", 5)
    return NearestNeighbors(n_neighbors=k, metric=settings.get("metric", "euclidean")).fit(x).kneighbors(x)[0][:, -1].copy()


def fit(x, settings):
    """scikit-learn's own steps, with edges of equal length in the order found; it sorts them in any order."""
    metric = DistanceMetric.get_metric(settings.get("metric", "euclidean"))
    edges = mst_from_data_matrix(x, cores_of(x, settings), metric, 1.0)
    tree = make_single_linkage(edges[np.argsort(edges["distance"], kind="stable")])
    return tree_to_labels(tree, settings.get("min_cluster_size", 5), settings.get("cluster_selection_method", "eom"),
                          settings.get("allow_single_cluster", False), settings.get("cluster_selection_epsilon", 0.0))


def main():
    cases = []
    for name, x, settings in inputs():
        labels, probabilities = fit(x, settings)
        theirs = HDBSCAN(**settings, copy=True).fit(x)
        labels = in_order_of_rows(labels)
        n_other = (in_order_of_rows(theirs.labels_) != labels).sum()
        print(f"  {name} {settings}: {len(set(labels) - {NOISE})} clusters, {(labels == NOISE).sum()} noise, "
              f"{n_other} rows differ by the order of equal edges")
        cases.append({"name": name, "x": x, "settings": settings, "labels": labels,
                      "probabilities": probabilities, "core_distances": cores_of(x, settings)})
    write_golden("hdbscan.json", "make_hdbscan.py", ["numpy", "scikit-learn"],
                 {"labels": "exact", "relative": 1e-12,
                  "reason": "A probability is a ratio of two distances, a distance a sum of three squares."},
                 {"note": "4294967295 is noise. Clusters are numbered in the order of their first rows.", "cases": cases})


if __name__ == "__main__":
    main()
