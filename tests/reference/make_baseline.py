"""tests/golden/baseline.json: what scikit-learn's dummies say."""

import numpy as np
from sklearn.dummy import DummyClassifier, DummyRegressor

from golden import write_golden


def main():
    rng = np.random.default_rng(3)
    values = rng.normal(5, 3, 24).round(2)
    values[5] = values[9]
    codes = np.array([0, 1, 1, 2, 2, 2, 1, 2, 0, 2, 1, 2])
    weights = rng.integers(0, 4, 24).astype(float)
    numbers = []
    for strategy, quantile in [("mean", None), ("median", None), ("quantile", 0.2), ("quantile", 0.0), ("quantile", 1.0),
                               ("constant", None)]:
        for n, w in [(24, None), (23, None), (24, weights)]:
            theirs = DummyRegressor(strategy=strategy, quantile=quantile, constant=2.5)
            theirs.fit(np.zeros((n, 1)), values[:n], sample_weight=w)
            numbers.append({"strategy": strategy, "quantile": 0.5 if quantile is None else quantile, "y": values[:n],
                            "weights": w, "answer": theirs.constant_.ravel()[0]})
    classes = []
    for strategy in ["prior", "most_frequent", "uniform"]:
        for w in [None, weights[:12] + 0.5]:
            theirs = DummyClassifier(strategy=strategy).fit(np.zeros((12, 1)), codes, sample_weight=w)
            classes.append({"strategy": strategy, "y": codes, "weights": w,
                            "probabilities": theirs.predict_proba(np.zeros((1, 1)))[0]})
    write_golden("baseline.json", "make_baseline.py", ["numpy", "scikit-learn"],
                 {"relative": 1e-14, "reason": "One sum of 24 numbers."}, {"numbers": numbers, "classes": classes})


if __name__ == "__main__":
    main()
