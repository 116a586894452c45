"""tests/golden/encoders.json: categories hashed, and as means of the target, as scikit-learn makes them."""

import numpy as np
from sklearn.feature_extraction import FeatureHasher
from sklearn.preprocessing import TargetEncoder

from golden import write_golden


def main():
    rng = np.random.default_rng(21)
    # Some levels are frequent, some have a single row.
    codes = np.minimum(rng.geometric(0.18, size=80), 14)
    levels = [f"level {code}" for code in codes]
    new = ["level 1", "level 2", "level 14", "never", "", "é", "三文字とより長い", "abcd", "abcde"]
    hashed = [{"n_features": n, "new": FeatureHasher(n, input_type="string").transform([[t] for t in new]).toarray()}
              for n in (2, 16, 64)]
    number = (codes * 0.7 + rng.normal(size=80)).round(3)
    two = np.where(number + rng.normal(size=80) > 3, "yes", "no")
    three = np.array(["p", "q", "r"])[np.digitize(number, [2, 4])]
    means = []
    for kind, y in [("regression", number), ("classification", two), ("classification", three)]:
        made = TargetEncoder(smooth="auto").fit(np.array(levels)[:, None], y)
        means.append({"task": kind, "y": list(y), "new": made.transform(np.array(new)[:, None])})
    write_golden(
        "encoders.json", "make_encoders.py", ["numpy", "scikit-learn"],
        {"absolute": 1e-14, "relative": 1e-13, "reason": "Means are summed in another order; hashes agree exactly."},
        {"note": "One column of categories. hashed: FeatureHasher, a string a row. means: TargetEncoder fitted on all rows.",
         "levels": levels, "new": new, "hashed": hashed, "means": means})


if __name__ == "__main__":
    main()
