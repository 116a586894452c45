"""tests/golden/tsne.json: probabilities, divergence, gradient and whole runs of t-SNE, against openTSNE and scikit-learn."""

import numpy as np
from openTSNE import TSNE as OpenTSNE
from openTSNE._tsne import compute_gaussian_perplexity
from scipy.spatial.distance import pdist, squareform
from sklearn.manifold import TSNE, _t_sne, trustworthiness

from golden import sample, write_golden


def nearest(x, k):
    distances = squareform(pdist(x))
    np.fill_diagonal(distances, np.inf)
    rows = np.argsort(distances, axis=1, kind="stable")[:, :k]
    return rows, np.take_along_axis(distances, rows, axis=1)


def joint(rows, conditional):
    n = len(rows)
    p = np.zeros((n, n))
    np.put_along_axis(p, rows, conditional, axis=1)
    return (p + p.T) / (2 * n)


def divergence_and_gradient(p, places):
    """By the formulas of van der Maaten & Hinton, in double precision."""
    q = 1 / (1 + squareform(pdist(places, "sqeuclidean")))
    np.fill_diagonal(q, 0)
    share = q / q.sum()
    known = p > 0
    divergence = (p[known] * np.log(p[known] / share[known])).sum()
    pull = 4 * (p - share) * q
    return divergence, (pull[:, :, None] * (places[:, None] - places[None])).sum(axis=1)


def affinities():
    rng = np.random.default_rng(7)
    for name, n, d, perplexity, k in [("few neighbors", 60, 5, 5.0, 15), ("all neighbors", 25, 3, 8.0, 24)]:
        x = rng.normal(size=(n, d)).round(2)
        rows, distances = nearest(x, k)
        # To its last digit: its own tolerance is on the perplexity itself.
        conditional = np.asarray(compute_gaussian_perplexity(distances, np.array([perplexity]), 1e-12, 500, 1))
        p = joint(rows, conditional)
        if k == n - 1:
            theirs = squareform(_t_sne._joint_probabilities(squareform(pdist(x, "sqeuclidean")), perplexity, 0))
            assert np.allclose(theirs, p, rtol=1e-3, atol=1e-7), np.abs(theirs - p).max()
        places = rng.normal(size=(n, 2)).round(3) * 3
        divergence, gradient = divergence_and_gradient(p, places)
        params = squareform(p)
        kl, grad = _t_sne._kl_divergence(places.ravel(), params, 1, n, 2)
        assert np.isclose(kl, divergence, rtol=1e-6) and np.allclose(grad.reshape(n, 2), gradient, rtol=1e-6, atol=1e-12)
        yield {"name": name, "x": x, "perplexity": perplexity, "neighbors": rows, "conditional": conditional,
               "places": places, "divergence": divergence, "gradient": gradient}


def run(n_samples=1000, n_iter=500):
    columns = [f"p{i}{j}" for i in range(8) for j in range(8)]
    x, _, where = sample("digits", columns, "digit", n_samples)
    theirs = TSNE(max_iter=n_iter, random_state=0, n_jobs=1).fit(x)
    other = OpenTSNE(n_jobs=1, random_state=0, early_exaggeration_iter=250, n_iter=n_iter - 250, neighbors="exact").fit(x)
    trust = lambda places: trustworthiness(x, places, n_neighbors=5)
    found = {"scikit_learn": {"divergence": theirs.kl_divergence_, "trustworthiness": trust(theirs.embedding_)},
             "opentsne": {"divergence": other.kl_divergence, "trustworthiness": trust(np.asarray(other))}}
    print(found)
    return {**where, "max_iter": n_iter, **found}


def main():
    write_golden(
        "tsne.json", "make_tsne.py", ["numpy", "scipy", "scikit-learn", "opentsne"],
        {"conditional": 1e-8, "divergence": 1e-9, "gradient_exact": 2e-6, "gradient_by_tree": 1e-2,
         "run_divergence": 0.03, "run_trustworthiness": 0.005,
         "reason": "Both solve for the perplexity, openTSNE to 1e-12 and we to 1e-10 of the entropy. Pushes are summed "
                   "in single precision: 1e-7 of each, on sums of some hundred terms. The gradient is relative to its "
                   "largest entry. Runs start from other noise and end in other minima, which differ by 1 to 2 percent "
                   "between seeds of the reference itself."},
        {"note": "affinities: neighbors (n, k) and conditional (n, k), each row nearest first; places (n, 2); divergence "
                 "and gradient at these places by the exact formula. run: the reference's end on the first rows of a sample.",
         "affinities": list(affinities()), "run": run()})


if __name__ == "__main__":
    main()
