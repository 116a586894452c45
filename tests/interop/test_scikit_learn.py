"""The same tables, learnt by Handlens and by scikit-learn."""

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, RobustScaler, StandardScaler

SCALERS = {"standard": StandardScaler, "min_max": MinMaxScaler, "robust": RobustScaler}


def split(path, target):
    table = pd.read_csv(path)
    return table.drop(columns=target), table[target]


def halves(handlens, path):
    """Rows to learn from and rows to predict. On the rows it has learnt from, scikit-learn's
    distance to the row itself is about 1e-8 instead of 0, which distance weights show."""
    table = pd.read_csv(path)
    paths = [handlens.folder / "known.csv", handlens.folder / "new.csv"]
    for part, out in enumerate(paths):
        table.iloc[part::2].to_csv(out, index=False)
    return paths


def column(rows, name="prediction"):
    return np.array([float(row[name]) for row in rows])


def labels(rows):
    return [row["prediction"] for row in rows]


def probabilities(rows, classes):
    return np.array([[float(row[f"p_{label}"]) for label in classes] for row in rows])


def close(ours, theirs, tolerance):
    """Equal to `tolerance`, relative to the largest value."""
    scale = np.abs(theirs).max()
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=tolerance * scale)


def test_least_squares(handlens, samples):
    data = samples / "diabetes.csv"
    x, y = split(data, "disease_progression")
    reference = LinearRegression().fit(x, y)
    model = handlens.train(data, "linear", target="disease_progression")
    # Both solve the same well-conditioned problem; scikit-learn loses some four digits to it.
    close(column(handlens.predict(model, data)), reference.predict(x), 1e-10)
    found = {c["name"]: c["value"] for c in handlens.json("inspect", model)["coefficients"]}
    close(found.pop("intercept"), np.array([reference.intercept_]), 1e-9)
    assert list(found) == list(x.columns)
    close(list(found.values()), reference.coef_, 1e-9)


@pytest.mark.parametrize("scale", ["none", *SCALERS])
def test_ridge_behind_each_scaler(handlens, samples, scale):
    data = samples / "diabetes.csv"
    x, y = split(data, "disease_progression")
    steps = [SCALERS[scale]()] if scale in SCALERS else []
    reference = make_pipeline(*steps, Ridge(alpha=3.0)).fit(x, y)
    model = handlens.train(data, "ridge", target="disease_progression", alpha=3.0, scale=scale)
    close(column(handlens.predict(model, data)), reference.predict(x), 1e-10)


@pytest.mark.parametrize("weights", ["uniform", "distance"])
@pytest.mark.parametrize("metric", ["euclidean", "manhattan", "chebyshev"])
def test_nearest_neighbors(handlens, samples, weights, metric):
    settings = {"n_neighbors": 7, "weights": weights, "metric": metric}
    target = "diagnosis"
    known, new = halves(handlens, samples / "breast_cancer.csv")
    (x, y), (x_new, _) = split(known, target), split(new, target)
    reference = make_pipeline(StandardScaler(), KNeighborsClassifier(**settings)).fit(x, y)
    rows = handlens.predict(handlens.train(known, "knn", target=target, **settings), new)
    assert labels(rows) == list(reference.predict(x_new))
    close(probabilities(rows, reference.classes_), reference.predict_proba(x_new), 1e-9)
    target = "disease_progression"
    known, new = halves(handlens, samples / "diabetes.csv")
    (x, y), (x_new, _) = split(known, target), split(new, target)
    reference = make_pipeline(MinMaxScaler(), KNeighborsRegressor(**settings)).fit(x, y)
    model = handlens.train(known, "knn", target=target, scale="min_max", **settings)
    ours = column(handlens.predict(model, new))
    # Whole-numbered columns put some neighbors at equal distances, which scikit-learn orders
    # by chance and Handlens by row; those rows may differ, and only those.
    differs = np.abs(ours - reference.predict(x_new)) > 1e-9 * np.abs(ours)
    for row in np.flatnonzero(differs):
        place = reference[:-1].transform(x_new.iloc[[row]])
        distances = reference[-1].kneighbors(place, n_neighbors=8)[0][0]
        assert distances[7] - distances[6] < 1e-9, f"row {row} differs without a tie"


@pytest.mark.parametrize("c", [0.01, 1.0, 100.0])
def test_logistic_regression(handlens, samples, c):
    for name, target in [("iris.csv", "species"), ("wine.csv", "cultivar")]:
        data = samples / name
        x, y = split(data, target)
        y = y.astype(str)
        reference = make_pipeline(
            StandardScaler(), LogisticRegression(C=c, tol=1e-10, max_iter=10_000)
        ).fit(x, y)
        model = handlens.train(data, "logistic", target=target, C=c, tol=1e-9, max_iter=5000)
        rows = handlens.predict(model, data)
        assert labels(rows) == list(reference.predict(x))
        # Both stop where the gradient is small, not where it is 0.
        close(probabilities(rows, reference.classes_), reference.predict_proba(x), 1e-5)


def test_k_means_finds_as_good_clusters(handlens, samples):
    data = samples / "iris.csv"
    x, _ = split(data, "species")
    z = StandardScaler().fit_transform(x)
    best = KMeans(3, n_init=50, random_state=0).fit(z).inertia_
    found = []
    for seed in range(5):
        out = handlens.folder / "clusters.safetensors"
        options = ["-p", "n_clusters=3", "--seed", seed, "--out", out]
        plain = handlens.folder / "iris.csv"
        x.to_csv(plain, index=False)
        handlens.run("train", plain, "--algorithm", "kmeans", *options)
        cluster = column(handlens.predict(out, plain))
        centers = np.array([z[cluster == k].mean(axis=0) for k in np.unique(cluster)])
        found.append(((z - centers[cluster.astype(int)]) ** 2).sum())
    # Iris has several minima within 1 % of the best of fifty starts; of five single starts
    # the best reaches one of them, and none ends far off.
    assert min(found) <= best * 1.01
    assert max(found) <= best * 1.6


def test_principal_components(handlens, samples):
    data = samples / "wine.csv"
    x, _ = split(data, "cultivar")
    plain = handlens.folder / "wine.csv"
    x.to_csv(plain, index=False)
    model = handlens.train(plain, "pca", n_components=3)
    rows = handlens.predict(model, plain)
    ours = np.column_stack([column(rows, f"pc{k}") for k in (1, 2, 3)])
    theirs = PCA(3).fit_transform(StandardScaler().fit_transform(x))
    # The sign of an axis is a convention.
    theirs *= np.sign((ours * theirs).sum(axis=0))
    close(ours, theirs, 1e-10)


def test_a_net_is_as_good(handlens, samples):
    report = handlens.json(
        "train", samples / "digits.csv", "--target", "digit", "--algorithm", "mlp",
        "--out", handlens.folder / "net.safetensors",
    )
    scores = {m["id"]: m["value"] for m in report["evaluation"]["test"]["metrics"]}
    assert scores["accuracy"] >= 0.96
