"""tests/golden/tree.json: whole decision trees, and their pruning, from scikit-learn.

Only data without ties between features are used: scikit-learn breaks these at random, so every tree must come out
the same for many seeds. Complete trees end in ties, and so have one feature; there the lower threshold wins. Features are whole multiples of 1/1024, which 32 bits hold: scikit-learn rounds features to these.
"""

import numpy as np
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from golden import sample, write_golden


def same_for_every_seed(make, x, y, weights):
    """The tree, if no tie was broken at random; else None."""
    trees = [make(seed).fit(x, y, sample_weight=weights) for seed in range(20)]
    first = trees[0].tree_
    for other in (tree.tree_ for tree in trees[1:]):
        if not (np.array_equal(first.feature, other.feature) and np.array_equal(first.threshold, other.threshold)):
            return None
    return trees[0]


def described(fitted):
    """Nodes in preorder, as scikit-learn numbers them; feature −1 is a leaf. With max_leaf_nodes it numbers otherwise."""
    tree, nodes, stack = fitted.tree_, [], [0]
    while stack:
        node = stack.pop()
        is_leaf = tree.children_left[node] < 0
        nodes.append([-1 if is_leaf else tree.feature[node], 0.0 if is_leaf else tree.threshold[node],
                      tree.n_node_samples[node], tree.weighted_n_node_samples[node], tree.impurity[node],
                      *tree.value[node].ravel()])
        if not is_leaf:
            stack += [tree.children_right[node], tree.children_left[node]]
    return {"nodes": nodes, "importances": fitted.feature_importances_}


def numbers(rng, shape):
    return (rng.normal(size=shape) * 1024).round() / 1024


def inputs(seed):
    """name, task, settings, x, y, weights, where x is from."""
    rng = np.random.default_rng(seed)
    x = numbers(rng, (70, 4))
    score = x[:, 0] + x[:, 1] * x[:, 2] + 0.4 * rng.normal(size=70)
    two, three = (score > 0).astype(int), np.digitize(score, [-0.7, 0.6])
    y = (3 * score + rng.normal(size=70)).round(6)
    weights = rng.uniform(0.2, 3, 70).round(3)
    weights[::9] = 0
    few = {"min_samples_leaf": 6}
    yield "complete", "classification", {}, x[:, :1], three, None, None
    yield "complete_entropy", "classification", {"criterion": "entropy"}, x[:, 1:2], two, None, None
    yield "two_classes", "classification", few, x, two, None, None
    yield "three_classes", "classification", few, x, three, None, None
    yield "entropy", "classification", {"criterion": "entropy", **few}, x, three, None, None
    yield "depth_2", "classification", {"max_depth": 2}, x, three, None, None
    yield "small_groups_stay", "classification", {"min_samples_split": 20, "min_samples_leaf": 4}, x, three, None, None
    yield "eight_leaves", "classification", {"max_leaf_nodes": 8, "min_samples_leaf": 4}, x, three, None, None
    yield "gain_at_least", "classification", {"min_impurity_decrease": 0.02}, x, three, None, None
    yield "balanced", "classification", {"class_weight": "balanced", "min_samples_leaf": 5}, x, three, None, None
    yield "weights", "classification", {"min_samples_leaf": 4}, x, three, weights, None
    yield "weights_and_balanced", "classification", {"class_weight": "balanced", "criterion": "entropy", **few}, \
        x, three, weights, None
    yield "pruned", "classification", {"ccp_alpha": 0.02, "min_samples_leaf": 5}, x, three, None, None
    yield "complete_squared_error", "regression", {}, x[:, :1], y, None, None
    yield "squared_error", "regression", {"min_samples_leaf": 5}, x, y, None, None
    yield "squared_error_far_from_zero", "regression", {"min_samples_leaf": 5}, x, (y + 1e4).round(6), None, None
    yield "squared_error_weights", "regression", {"max_depth": 4, "min_samples_leaf": 4}, x, y, weights, None
    yield "squared_error_nine_leaves", "regression", {"max_leaf_nodes": 9, "min_samples_leaf": 3}, x, y, None, None
    yield "squared_error_pruned", "regression", {"ccp_alpha": 0.15, "min_samples_leaf": 5}, x, y, None, None
    yield "absolute_error", "regression", {"criterion": "absolute_error", "min_samples_leaf": 5}, x, y, None, None
    yield "absolute_error_weights", "regression", {"criterion": "absolute_error", "max_depth": 3, **few}, x, y, weights, None
    columns = ["petal_length_cm", "sepal_width_cm"]
    iris, species, where = sample("iris", columns, "species")
    yield "iris", "classification", {"max_depth": 2}, iris, species, None, where


def balanced(settings, y, weights):
    """Classes are balanced by the weights of their rows; scikit-learn's trees would count the rows instead."""
    if weights is None or "class_weight" not in settings:
        return settings, weights
    sums = np.bincount(y, weights)
    factors = weights.sum() / (len(sums) * sums)
    return {key: value for key, value in settings.items() if key != "class_weight"}, weights * factors[y]


def without_ties():
    """Each case with the first data that have no ties, and its tree."""
    done = set()
    for seed in range(500):
        for name, task, settings, x, y, weights, where in inputs(seed):
            if name in done:
                continue
            kind = DecisionTreeClassifier if task == "classification" else DecisionTreeRegressor
            given, counted = balanced(settings, y, weights)
            fitted = same_for_every_seed(lambda state: kind(random_state=state, **given), x, y, counted)
            if fitted is not None:
                done.add(name)
                path = kind(**{**given, "ccp_alpha": 0.0}).cost_complexity_pruning_path(x, y, sample_weight=counted)
                yield name, task, settings, x, y, weights, where, fitted, path


def main():
    cases = []
    for name, task, settings, x, y, weights, where, fitted, path in without_ties():
        case = {"name": name, "task": task, "settings": settings, **(where or {"x": x, "y": y})}
        if weights is not None:
            case["weights"] = weights
        cases.append({**case, **described(fitted), "path": {
            "alphas": path.ccp_alphas, "impurities": path.impurities}})
        print(f"  {name}: {fitted.tree_.node_count} nodes, {len(path.ccp_alphas)} stages")
    write_golden(
        "tree.json", "make_tree.py", ["numpy", "scikit-learn"],
        {"structure": "exact", "threshold": "exact, but 1e-6 relative for a table, whose decimals 32 bits do not hold",
         "relative": 1e-9,
         "reason": "Features, samples and thresholds are the same numbers. Impurities and values are sums of at most 70 "
                   "terms; scikit-learn sums squares around 0 (of targets near 1e4: 70 · 1e8 · 2^-53 is 1e-6), so "
                   "impurities there are compared at 1e-5.",
         "by_case": {"squared_error_far_from_zero": 1e-5}},
        {"note": "nodes in preorder, left before right: feature (-1 is a leaf), threshold, n_samples, weight, impurity, "
                 "then the shares of the classes or the value. path is that of the tree without ccp_alpha.",
         "cases": cases})


if __name__ == "__main__":
    main()
