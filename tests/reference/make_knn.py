"""tests/golden/knn.json: nearest neighbors, away from ties, and a tie case worked by hand.

scikit-learn answers; every query is checked to have its k-th and (k+1)-th neighbor, and its best two
votes, clearly apart, so that the answer does not depend on how an implementation breaks ties.
"""

import numpy as np
from sklearn.metrics import pairwise_distances
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

from golden import write_golden

NEIGHBORS = [1, 3, 5, 7]
METRICS = ["euclidean", "manhattan", "chebyshev", "cosine"]


def distances(a, b, metric):
    """(n_queries, n_train), by differences, not by the expansion that cancels."""
    gap = np.abs(a[:, None, :] - b[None, :, :])
    if metric == "euclidean":
        return np.sqrt((gap**2).sum(axis=2))
    if metric == "manhattan":
        return gap.sum(axis=2)
    if metric == "chebyshev":
        return gap.max(axis=2)
    length = np.linalg.norm(a, axis=1)[:, None] * np.linalg.norm(b, axis=1)[None, :]
    return 1 - (a @ b.T) / length


def is_clear(query, x, y, metric, margin):
    """No tie at any k, neither in distance nor in votes."""
    row = distances(query[None], x, metric)[0]
    order = np.argsort(row, kind="stable")
    ordered = row[order]
    for k in NEIGHBORS:
        if ordered[k] - ordered[k - 1] <= margin * ordered[k]:
            return False
        votes = np.sort(np.bincount(y[order[:k]], minlength=y.max() + 1))
        with np.errstate(divide="ignore"):
            shares = np.sort(np.bincount(y[order[:k]], np.minimum(1 / ordered[:k], 1e30), minlength=y.max() + 1))
        if votes[-1] == votes[-2] or shares[-1] - shares[-2] <= margin * shares[-1]:
            return False
    return True


def answers(x, y, target, queries, metric, weights, k):
    options = {"n_neighbors": k, "weights": weights, "metric": metric,
               "algorithm": "brute" if metric == "cosine" else "kd_tree"}
    probabilities = KNeighborsClassifier(**options).fit(x, y).predict_proba(queries)
    values = KNeighborsRegressor(**options).fit(x, target).predict(queries)
    # The same from the definition.
    row = distances(queries, x, metric)
    nearest = np.argsort(row, axis=1, kind="stable")[:, :k]
    for i, members in enumerate(nearest):
        near = row[i, members]
        weight = np.ones(k) if weights == "uniform" else ((near == 0).astype(float) if (near == 0).any() else 1 / near)
        weight /= weight.sum()
        loose = 1e-6 if metric == "cosine" else 1e-12
        assert np.allclose(np.bincount(y[members], weight, minlength=y.max() + 1), probabilities[i], atol=loose)
        assert np.isclose(weight @ target[members], values[i], rtol=loose, atol=1e-12)
    return {"metric": metric, "weights": weights, "n_neighbors": k, "neighbors": nearest,
            "classes": probabilities.argmax(axis=1), "probabilities": probabilities, "values": values}


def inputs():
    """name, (n_train, n_features), metrics, margin below which neighbors count as tied."""
    rng = np.random.default_rng(7)
    x = np.concatenate([rng.normal(center, 1.0, (20, 3)) for center in ([0, 0, 1], [2, 1, 0], [0, 3, 2])]).round(3)
    y = np.repeat([0, 1, 2], 20)
    mixed = rng.permutation(60)
    x, y = x[mixed], y[mixed]
    target = (x @ [1.0, -2.0, 0.5] + rng.normal(scale=0.2, size=60)).round(3)
    queries = rng.normal([0.7, 1.3, 1.0], 1.5, (200, 3)).round(3)
    yield "blobs", x, y, target, queries, METRICS, 1e-6
    with_constant = lambda a: np.column_stack([a, np.full(len(a), 3.0), 2 * a[:, 0]])
    yield "constant_and_collinear_columns", with_constant(x), y, target, with_constant(queries), ["euclidean", "manhattan"], 1e-6
    yield "tiny_scale", x * 1e-9, y, target, queries * 1e-9, ["euclidean"], 1e-6
    yield "far_from_zero", x + 1e6, y, target, queries + 1e6, ["euclidean", "chebyshev"], 1e-6
    wide = rng.normal(size=(9, 12)).round(3)
    yield ("more_columns_than_rows", wide, np.array([0, 1, 2, 0, 1, 2, 0, 1, 2]), rng.normal(size=9).round(3),
           rng.normal(size=(200, 12)).round(3), ["euclidean", "cosine"], 1e-6)


def tie_cases():
    """Small enough to be worked by hand: neighbors by (distance, row index), votes by sum, then nearest, then class."""
    square = [[1, 0], [0, 1], [-1, 0], [0, -1], [3, 0]]
    yield {"name": "four_at_the_same_distance", "metric": "euclidean", "weights": "uniform", "n_neighbors": 2,
           "x": square, "y": [1, 1, 0, 0, 0], "targets": [10, 20, 30, 40, 50], "query": [0, 0],
           "neighbors": [0, 1], "class": 1, "probabilities": [0, 1], "value": 15,
           "why": "Rows 0 to 3 are all at distance 1; the lower indices come first."}
    yield {"name": "vote_tie_goes_to_the_nearest", "metric": "manhattan", "weights": "uniform", "n_neighbors": 2,
           "x": [[5], [2], [-1]], "y": [0, 0, 1], "targets": [1, 2, 4], "query": [0],
           "neighbors": [2, 1], "class": 1, "probabilities": [0.5, 0.5], "value": 3,
           "why": "One vote each; row 2 is nearer, so class 1 wins although class 0 is lower."}
    yield {"name": "vote_tie_at_the_same_distance_goes_to_the_lowest_class", "metric": "chebyshev",
           "weights": "uniform", "n_neighbors": 2, "x": [[1], [-1], [9]], "y": [1, 0, 0], "targets": [1, 2, 9],
           "query": [0], "neighbors": [0, 1], "class": 0, "probabilities": [0.5, 0.5], "value": 1.5,
           "why": "One vote each at distance 1 each: the lowest class index."}
    yield {"name": "zero_distances_vote_alone", "metric": "euclidean", "weights": "distance", "n_neighbors": 3,
           "x": [[0, 0], [0, 0], [0, 1], [4, 4]], "y": [0, 1, 1, 1], "targets": [2, 4, 100, 100], "query": [0, 0],
           "neighbors": [0, 1, 2], "class": 0, "probabilities": [0.5, 0.5], "value": 3,
           "why": "Rows 0 and 1 are the query itself and share the vote; row 2 has no say; the tie goes to class 0."}
    yield {"name": "all_rows_the_same", "metric": "euclidean", "weights": "uniform", "n_neighbors": 3,
           "x": [[2, 2]] * 5, "y": [2, 1, 1, 0, 0], "targets": [3, 6, 9, 0, 0], "query": [7, 7],
           "neighbors": [0, 1, 2], "class": 1, "probabilities": [0, 2 / 3, 1 / 3], "value": 6,
           "why": "Every distance is equal; rows 0, 1 and 2 are taken by index."}


def main():
    done = []
    for name, x, y, target, queries, metrics, margin in inputs():
        clear = [query for query in queries if all(is_clear(query, x, y, metric, margin) for metric in metrics)]
        picked = np.array(clear[:6])
        weights = ["uniform", "distance"]
        done.append({"name": name, "x": x, "y": y, "targets": target, "queries": picked, "expected": [
            answers(x, y, target, picked, metric, weight, k)
            for metric in metrics for weight in weights for k in NEIGHBORS]})
        assert len(picked) == 6, name
    name, x, y, target, queries, _, margin = next(inputs())
    rows = [row for row in x if is_clear(row, x, y, "euclidean", margin)][:3]
    done.append({"name": "queries_are_training_rows", "x": x, "y": y, "targets": target, "queries": rows, "expected": [
        answers(x, y, target, np.array(rows), "euclidean", weight, k)
        for weight in ["uniform", "distance"] for k in NEIGHBORS]})
    write_golden(
        "knn.json", "make_knn.py", ["numpy", "scikit-learn"],
        {"neighbors": "exact", "absolute": 1e-12, "cosine_absolute": 1e-9, "far_from_zero_absolute": 1e-9, "f32": 1e-4,
         "reason": "Neighbors are apart by more than 1e-6 of their distance, so their order is certain in f64. Uniform "
                   "answers are sums of k numbers; distance weights carry the rounding of the distances, which cosine "
                   "(1 - a ratio) and data far from zero enlarge. far_from_zero must not be stored as f32."},
        {"note": "y are class indices (classifier), targets are numbers (regressor), both with one entry per row of x. "
                 "expected[i]: neighbors (n_queries, n_neighbors) nearest first, classes and values (n_queries), "
                 "probabilities (n_queries, n_classes). distance weights are 1 / distance; cosine is 1 - cos.",
         "cases": done, "ties": list(tie_cases())})


if __name__ == "__main__":
    main()
