"""tests/golden/expand.json: products and splines of scaled columns, as scikit-learn makes them."""

import numpy as np
from sklearn.preprocessing import PolynomialFeatures, SplineTransformer, StandardScaler

from golden import write_golden


def main():
    rng = np.random.default_rng(13)
    train = (rng.gamma(2.0, 3.0, size=(30, 3)) * [1.0, 10.0, 0.1]).round(3)
    # The last two rows lie beyond the training rows.
    new = np.vstack([train[:4] + 0.05, train.max(axis=0) * 1.5, train.min(axis=0) - 1.0]).round(3)
    scaler = StandardScaler().fit(train)
    x, x_new = scaler.transform(train), scaler.transform(new)
    products = []
    for degree, interaction_only in [(2, False), (3, False), (2, True), (3, True)]:
        made = PolynomialFeatures(degree, interaction_only=interaction_only, include_bias=False).fit(x)
        products.append({"degree": degree, "interaction_only": interaction_only, "new": made.transform(x_new),
                         "names": [n.replace(" ", "·") for n in made.get_feature_names_out(["a", "b", "c"])]})
    splines = []
    for n_knots, knots in [(2, "uniform"), (5, "uniform"), (4, "quantile")]:
        made = SplineTransformer(n_knots=n_knots, degree=3, knots=knots, extrapolation="constant").fit(x)
        splines.append({"n_knots": n_knots, "knots": knots, "new": made.transform(x_new)})
    write_golden(
        "expand.json", "make_expand.py", ["numpy", "scikit-learn"],
        {"absolute": 1e-12, "relative": 1e-12, "reason": "Scaled columns differ in the last digit; products of three multiply it."},
        {"note": "Columns a, b, c, scaled to mean 0 and deviation 1 of train. Splines: for each column all n_knots + 2 "
                 "basis functions, of which this project leaves out the first and the last.",
         "train": train, "new": new, "products": products, "splines": splines})


if __name__ == "__main__":
    main()
