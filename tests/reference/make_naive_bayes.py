"""tests/golden/naive_bayes.json: what scikit-learn's three naive Bayes classifiers learn and say."""

import numpy as np
from sklearn.naive_bayes import BernoulliNB, GaussianNB, MultinomialNB

from golden import sample, write_golden


def learnt(model):
    if isinstance(model, GaussianNB):
        return {"means": model.theta_, "variances": model.var_}
    return {"feature_log_prob": model.feature_log_prob_}


def case(name, algorithm, model, settings, x, y, weights=None, data=None):
    model.fit(x, y, sample_weight=weights)
    rows = x[::7]
    return {"name": name, "algorithm": algorithm, "settings": settings, **(data or {"x": x, "y": y}),
            "weights": weights, **learnt(model), "rows": rows,
            "joint_log_likelihood": model.predict_joint_log_proba(rows), "probabilities": model.predict_proba(rows)}


def main():
    rng = np.random.default_rng(8)
    columns = ["sepal_length_cm", "sepal_width_cm", "petal_length_cm", "petal_width_cm"]
    iris, species, where = sample("iris", columns, "species")
    y = rng.integers(0, 3, 40)
    counts = rng.poisson([[3.0, 1.0, 0.2, 2.0], [1.0, 3.0, 0.0, 2.0], [0.5, 0.5, 4.0, 2.0]], (40, 3, 4))[np.arange(40), y]
    weights = rng.uniform(0, 2, 40).round(2)
    noise = (counts + rng.normal(0, 0.3, counts.shape)).round(2)
    far = np.column_stack([noise[:, 0] + 1e6, np.where(y == 1, 0.0, noise[:, 1]), np.full(40, 7.0)])
    cases = [
        case("iris", "gaussian_nb", GaussianNB(), {}, iris, species, data=where),
        case("smoothed", "gaussian_nb", GaussianNB(var_smoothing=0.1), {"var_smoothing": 0.1}, noise, y),
        case("even_priors", "gaussian_nb", GaussianNB(priors=np.full(3, 1 / 3)), {"priors": "uniform"}, noise, y),
        case("weights", "gaussian_nb", GaussianNB(), {}, noise, y, weights=weights),
        case("far_and_constant", "gaussian_nb", GaussianNB(), {}, far, y),
        case("counts", "multinomial_nb", MultinomialNB(), {}, counts, y),
        case("counts_weighted", "multinomial_nb", MultinomialNB(alpha=0.1, fit_prior=False),
             {"alpha": 0.1, "fit_prior": False}, counts, y, weights=weights),
        case("iris_as_counts", "multinomial_nb", MultinomialNB(), {}, iris, species, data=where),
        case("present", "bernoulli_nb", BernoulliNB(), {}, counts, y),
        case("threshold", "bernoulli_nb", BernoulliNB(alpha=0.5, binarize=1.2), {"alpha": 0.5, "binarize": 1.2}, noise, y),
        case("present_weighted", "bernoulli_nb", BernoulliNB(fit_prior=False), {"fit_prior": False}, counts, y,
             weights=weights),
    ]
    write_golden(
        "naive_bayes.json", "make_naive_bayes.py", ["numpy", "scikit-learn"],
        {"relative": 1e-12, "by_case": {"far_and_constant": 1e-5, "weights": 1e-8},
         "reason": "Sums of at most 150 terms. far_and_constant: variances of numbers near 1e6 keep 10 digits here and "
                   "there, and one feature's variance is the smoothing alone, which takes them over. weights: the "
                   "smoothing, 1e-9 of the largest variance, is of the weighted variance here."},
        {"note": "joint_log_likelihood and probabilities are of `rows`. For bernoulli_nb feature_log_prob is ln of the "
                 "share of rows above binarize.", "cases": cases})


if __name__ == "__main__":
    main()
