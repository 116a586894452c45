"""tests/golden/dbscan.json: labels and core samples of scikit-learn, and the clusters of new rows by the definition."""

import numpy as np
from sklearn.cluster import DBSCAN
from sklearn.datasets import make_moons
from sklearn.metrics import pairwise_distances

from golden import sample, write_golden

NOISE = 4294967295


def inputs():
    """name, x, settings, weights."""
    rng = np.random.default_rng(5)
    moons = make_moons(150, noise=0.07, random_state=1)[0].round(3)
    yield "moons", moons, {"eps": 0.2, "min_samples": 5}, None
    yield "moons_with_noise", np.concatenate([moons, rng.uniform(-2, 3, (40, 2)).round(3)]), \
        {"eps": 0.21, "min_samples": 6}, None
    grid = np.array([[i, j] for i in range(7) for j in range(7)], float)
    yield "distance_of_exactly_eps", grid, {"eps": 1.0, "min_samples": 5}, None
    yield "border_between_two_clusters", np.array([[0, 0], [0, 1], [0, 2], [2, 1], [4, 0], [4, 1], [4, 2]], float), \
        {"eps": 2.0, "min_samples": 4}, None
    yield "all_noise", grid * 3, {"eps": 1.0, "min_samples": 2}, None
    yield "one_row_is_enough", grid * 3, {"eps": 1.0, "min_samples": 1}, None
    blobs = np.concatenate([rng.normal(center, 0.5, (40, 4)) for center in ([0] * 4, [3] * 4)]).round(3)
    for metric, eps in (("euclidean", 1.0), ("manhattan", 1.7), ("chebyshev", 0.7), ("cosine", 0.05)):
        yield f"blobs_{metric}", blobs, {"eps": eps, "min_samples": 5, "metric": metric}, None
    weights = rng.choice([0, 0.5, 1, 2, 4], len(moons))
    yield "weights", moons, {"eps": 0.13, "min_samples": 6}, weights
    yield "duplicates", np.repeat(moons[::10], 6, axis=0), {"eps": 0.3, "min_samples": 7}, None


def clusters_of(new, x, fit, settings):
    """The first cluster with a core sample within eps."""
    cores = fit.core_sample_indices_
    if len(cores) == 0:
        return np.full(len(new), NOISE)
    near = pairwise_distances(new, x[cores], metric=settings.get("metric", "euclidean")) <= settings["eps"]
    return np.where(near, fit.labels_[cores][None, :], NOISE).min(axis=1)


def main():
    cases = []
    for name, x, settings, weights in inputs():
        fit = DBSCAN(**settings).fit(x, sample_weight=weights)
        new = (x[::3] + np.random.default_rng(3).normal(0, 0.15, x[::3].shape)).round(3)
        labels = np.where(fit.labels_ < 0, NOISE, fit.labels_)
        assert (clusters_of(x, x, fit, settings) == labels).all(), name
        print(f"  {name}: {fit.labels_.max() + 1} clusters, {(fit.labels_ < 0).sum()} noise")
        case = {"name": name, "x": x, **settings, "labels": labels, "cores": fit.core_sample_indices_,
                "new": new, "new_labels": clusters_of(new, x, fit, settings)}
        cases.append(case if weights is None else {**case, "weights": weights})
    write_golden("dbscan.json", "make_dbscan.py", ["numpy", "scikit-learn"],
                 {"labels": "exact", "reason": "Labels are whole numbers."},
                 {"note": "4294967295 is noise. new_labels: the first cluster with a core sample within eps, which "
                          "gives every training row its own label.", "cases": cases})


if __name__ == "__main__":
    main()
