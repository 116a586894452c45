"""tests/golden/forest.json: forests and isolation forests, from scikit-learn.

Forests draw rows, features and thresholds at random, so scores over many seeds are given, and what must be exact:
answers of forests whose trees are all the same, and scores of isolation forests whose trees are given.
"""

import numpy as np
from sklearn.ensemble import (ExtraTreesClassifier, ExtraTreesRegressor, IsolationForest, RandomForestClassifier,
                              RandomForestRegressor)
from sklearn.ensemble._iforest import _average_path_length
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from golden import write_golden

N_SEEDS = 30


def made(n_train=200, n_test=400):
    """Features and two targets with noise; multiples of 1/64, which 32 bits hold."""
    rng = np.random.default_rng(8)
    x = (rng.normal(size=(n_train + n_test, 6)) * 64).round() / 64
    score = x[:, 0] + x[:, 1] * x[:, 2] + 0.5 * rng.normal(size=len(x))
    classes, values = np.digitize(score, [-0.8, 0.8]), score.round(4)
    return (x[:n_train], classes[:n_train], values[:n_train]), (x[n_train:], classes[n_train:], values[n_train:])


def scores(kind, settings, train, test):
    """Score on unseen rows and out of bag over seeds."""
    unseen, out_of_bag = [], []
    for seed in range(N_SEEDS):
        forest = kind(random_state=seed, n_estimators=60, **settings).fit(*train)
        unseen.append(forest.score(*test))
        out_of_bag.append(forest.oob_score_ if settings.get("oob_score") else np.nan)
    oob = {} if np.isnan(out_of_bag).any() else {"oob_mean": np.mean(out_of_bag), "oob_deviation": np.std(out_of_bag)}
    return {"mean": np.mean(unseen), "deviation": np.std(unseen), **oob}


def forests(train, test):
    x, classes, values = train
    tests = (test[0], test[1]), (test[0], test[2])
    for name, kinds, settings in [
        ("random_forest", (RandomForestClassifier, RandomForestRegressor), {"oob_score": True}),
        ("extra_trees", (ExtraTreesClassifier, ExtraTreesRegressor), {}),
    ]:
        for kind, task, y, test_rows in zip(kinds, ["classification", "regression"], (classes, values), tests):
            yield {"algorithm": name, "task": task, **scores(kind, settings, (x, y), test_rows)}


def balances(train, test):
    """Accuracy with every class alike, where one is rare and trees are shallow."""
    (x, _, values), (x_test, _, values_test) = train, test
    rare, rare_test = values > 1.5, values_test > 1.5
    for weight in (None, "balanced", "balanced_subsample"):
        settings = {"n_estimators": 60, "max_depth": 3, "class_weight": weight}
        runs = [RandomForestClassifier(random_state=seed, **settings).fit(x, rare) for seed in range(N_SEEDS)]
        scores = [balanced_accuracy_score(rare_test, run.predict(x_test)) for run in runs]
        yield {"class_weight": weight or "none", "mean": np.mean(scores), "deviation": np.std(scores)}


def outliers():
    rng = np.random.default_rng(3)
    x = np.concatenate([rng.normal(size=(270, 3)), rng.uniform(-6, 6, size=(30, 3))])
    return (x * 64).round() / 64


def given_trees(x):
    """An isolation forest taken apart, and its scores."""
    forest = IsolationForest(n_estimators=5, max_samples=64, random_state=1).fit(x)
    trees = []
    for estimator in forest.estimators_:
        tree = estimator.tree_
        assert np.array_equal(tree.children_right[tree.children_left >= 0] >= 0, tree.children_left[tree.children_left >= 0] >= 0)
        depths = tree.compute_node_depths() - 1.0
        lengths = depths + _average_path_length(tree.n_node_samples)
        trees.append({"feature": np.maximum(tree.feature, -1), "threshold": np.where(tree.feature < 0, 0, tree.threshold),
                      "left": tree.children_left, "right": tree.children_right, "n_samples": tree.n_node_samples,
                      "path_length": lengths})
    return {"max_samples": 64, "trees": trees, "scores": -forest.score_samples(x)}


def isolation(x):
    is_odd = np.arange(len(x)) >= 270
    runs = [IsolationForest(random_state=seed).fit(x) for seed in range(N_SEEDS)]
    scores = np.array([-run.score_samples(x) for run in runs])
    areas = [roc_auc_score(is_odd, row) for row in scores]
    shared = IsolationForest(random_state=0, contamination=0.1).fit(x)
    return {"mean_scores": scores.mean(axis=0).round(6), "deviations": scores.std(axis=0).round(6),
            "area_mean": np.mean(areas), "area_deviation": np.std(areas), "n_odd": int(is_odd.sum()),
            "n_found_at_share_0.1": int((shared.predict(x) < 0).sum())}


def main():
    train, test = made()
    x = outliers()
    write_golden(
        "forest.json", "make_forest.py", ["numpy", "scikit-learn"],
        {"deviations": 4, "exact": 1e-12,
         "reason": "One forest of ours against the mean of 30 of theirs: four of their standard deviations. Scores of "
                   "given trees are 2^-x of the same x up to rounding."},
        {"note": "train and test: x, classes, values. forests: score (accuracy, R2) of 60 trees on test, and out of bag, "
                 "mean and standard deviation over 30 seeds. balances: balanced accuracy of 60 trees of depth 3 on test, "
                 "the class being values > 1.5. given: trees of an isolation forest in scikit-learn's "
                 "numbering (-1 is none), and the scores of x. isolation: scores of x over 30 seeds, the last n_odd rows "
                 "being spread out.",
         "train": dict(zip(["x", "classes", "values"], train)), "test": dict(zip(["x", "classes", "values"], test)),
         "forests": list(forests(train, test)),
         "balances": list(balances(train, test)), "x": x, "given": given_trees(x), "isolation": isolation(x)})


if __name__ == "__main__":
    main()
