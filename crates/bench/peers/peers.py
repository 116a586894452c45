"""Measures the libraries that we compare ourselves with, on one thread.

    python peers.py WORKLOAD FOLDER RUNS

FOLDER holds what `handlens-bench data` wrote. Prints {peer: {"seconds": […], "quality": …}} as JSON. Only the work
that the Rust side times is timed here, and the quality is computed as there.
"""

import json
import os
import sys
import time
import warnings
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "POLARS_MAX_THREADS"):
    os.environ[name] = "1"

import numpy as np

warnings.filterwarnings("ignore")


class Data:
    def __init__(self, folder):
        folder = Path(folder)
        width = json.loads((folder / "meta.json").read_text())["n_features"]
        read = lambda name: np.fromfile(folder / name)
        self.x, self.test_x = (read(f"{part}_x.f64").reshape(-1, width or 1) for part in ("train", "test"))
        self.y, self.test_y = read("train_y.f64"), read("test_y.f64")
        self.file = folder / "file.csv"

    @property
    def codes(self):
        return self.y.astype(int)


def measure(work, quality, runs, units=1):
    """`work` is done once more than `runs`: the first does not count."""
    seconds = []
    for run in range(runs + (runs > 1)):
        start = time.perf_counter()
        result = work()
        took = time.perf_counter() - start
        if run or runs == 1:
            seconds.append(took / units)
    return {"seconds": seconds, "quality": float(quality(result))}


def unseen(d):
    return lambda model: model.score(d.test_x, d.test_y)


def squares(d):
    return lambda model: ((model.predict(d.x) - d.y) ** 2).mean()


def knn(d):
    from sklearn.neighbors import KNeighborsClassifier
    work = lambda: KNeighborsClassifier(5, algorithm="auto").fit(d.x, d.codes).predict(d.test_x)
    brute = lambda: KNeighborsClassifier(5, algorithm="brute").fit(d.x, d.codes).predict(d.test_x)
    accuracy = lambda answer: (answer == d.test_y).mean()
    # Whichever of its ways is faster.
    best = min((work, brute), key=lambda way: seconds_of(way))
    return {"scikit-learn": (best, accuracy)}


def seconds_of(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def kmeans(d):
    from sklearn.cluster import KMeans
    model = lambda: KMeans(8, init=d.x[:8], n_init=1, max_iter=20, tol=0, algorithm="lloyd").fit(d.x)
    return {"scikit-learn": (model, lambda model: model.inertia_)}


def ols(d):
    from sklearn.linear_model import LinearRegression
    return {"scikit-learn": (lambda: LinearRegression().fit(d.x, d.y), squares(d))}


def ridge(d):
    from sklearn.linear_model import Ridge
    return {"scikit-learn": (lambda: Ridge(1.0).fit(d.x, d.y), squares(d))}


def softmax(d):
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import log_loss
    return {"scikit-learn": (lambda: LogisticRegression().fit(d.x, d.codes), lambda m: log_loss(d.codes, m.predict_proba(d.x)))}


def torch_net(sizes):
    import torch
    torch.set_num_threads(1)
    torch.manual_seed(0)
    layers = []
    for inputs, outputs in zip(sizes, sizes[1:]):
        layers += [torch.nn.Linear(inputs, outputs), torch.nn.ReLU()]
    return torch, torch.nn.Sequential(*layers[:-1])


def net_784(d):
    torch, _ = torch_net([2, 2])
    x, y = torch.from_numpy(d.x.astype("f4")), torch.from_numpy(d.codes)

    def epoch():
        _, net = torch_net([784, 128, 64, 10])
        optimizer, loss = torch.optim.Adam(net.parameters()), torch.nn.CrossEntropyLoss()
        for batch in torch.randperm(len(x)).split(64):
            optimizer.zero_grad()
            loss(net(x[batch]), y[batch]).backward()
            optimizer.step()
        return net

    def accuracy(net):
        with torch.no_grad():
            return (net(torch.from_numpy(d.test_x.astype("f4"))).argmax(1).numpy() == d.test_y).mean()

    return {"PyTorch": (epoch, accuracy)}


def net_2(d):
    from sklearn.neural_network import MLPClassifier
    net = lambda: MLPClassifier((16, 16), batch_size=10, max_iter=100, n_iter_no_change=1000, learning_rate_init=3e-3).fit(d.x, d.codes)
    return {"scikit-learn": (net, unseen(d), len(d.x) * 100)}


def forest(d):
    from sklearn.ensemble import RandomForestClassifier
    return {"scikit-learn": (lambda: RandomForestClassifier(100, n_jobs=1, random_state=0).fit(d.x, d.codes), unseen(d))}


def boosting(d):
    import lightgbm
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.metrics import log_loss
    loss = lambda model: log_loss(d.test_y, model.predict_proba(d.test_x))
    return {
        "LightGBM": (lambda: lightgbm.LGBMClassifier(n_jobs=1, verbose=-1).fit(d.x, d.codes), loss),
        "scikit-learn": (lambda: HistGradientBoostingClassifier(early_stopping=False).fit(d.x, d.codes), loss),
    }


def svm(d):
    from sklearn.svm import SVC
    return {"scikit-learn": (lambda: SVC().fit(d.x, d.codes), unseen(d))}


def gaussian_nb(d):
    from sklearn.naive_bayes import GaussianNB
    return {"scikit-learn": (lambda: GaussianNB().fit(d.x, d.codes), unseen(d))}


def gaussian_process(d):
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
    kernel = ConstantKernel() * RBF() + WhiteKernel()
    return {"scikit-learn": (lambda: GaussianProcessRegressor(kernel, normalize_y=True).fit(d.x, d.y), squares(d))}


def pca(d):
    from sklearn.decomposition import PCA
    return {"scikit-learn": (lambda: PCA(10).fit(d.x), lambda model: model.explained_variance_ratio_.sum())}


def trust(d):
    from sklearn.manifold import trustworthiness
    return lambda places: trustworthiness(d.x, np.asarray(places), n_neighbors=5)


def tsne(d):
    from openTSNE import TSNE
    # 250 of the 500 iterations with exaggeration, as ours and scikit-learn's.
    work = lambda: TSNE(n_jobs=1, early_exaggeration_iter=250, n_iter=250, random_state=0).fit(d.x)
    return {"openTSNE": (work, trust(d))}


def umap(d):
    from umap import UMAP
    return {"umap-learn": (lambda: UMAP(n_jobs=1, random_state=0).fit_transform(d.x), trust(d))}


def dbscan(d):
    from sklearn.cluster import DBSCAN
    clusters = lambda model: model.labels_.max() + 1
    return {"scikit-learn": (lambda: DBSCAN(eps=0.05, min_samples=20).fit(d.x), clusters)}


def silhouette(d):
    from sklearn.metrics import silhouette_score
    return {"scikit-learn": (lambda: silhouette_score(d.x, d.codes), lambda mean: mean)}


def csv(d):
    import polars
    return {"polars": (lambda: polars.read_csv(d.file), len)}


def predict(rows, repeats):
    def peers(d):
        torch, net = torch_net([784, 128, 64, 10])
        x = torch.from_numpy(d.test_x[:rows].astype("f4"))

        def work():
            with torch.no_grad():
                for _ in range(repeats):
                    answer = net(x)
            return answer

        # The weights do not matter for the time, so there is no quality to tell.
        return {"PyTorch": (work, lambda answer: float("nan"), repeats)}

    return peers


PEERS = {
    "knn_16": knn, "knn_784": knn, "kmeans": kmeans, "ols": ols, "ridge": ridge, "softmax": softmax, "net_784": net_784,
    "net_2": net_2, "forest": forest, "boosting": boosting, "svm": svm, "gaussian_nb": gaussian_nb,
    "gaussian_process": gaussian_process, "pca": pca, "tsne": tsne, "umap": umap, "dbscan": dbscan,
    "silhouette": silhouette, "csv": csv, "predict_784": predict(10_000, 1), "predict_one": predict(1, 2_000),
}


def main(workload, folder, runs):
    peers = PEERS[workload](Data(folder)) if workload in PEERS else {}
    print(json.dumps({name: measure(work, quality, runs, *units) for name, (work, quality, *units) in peers.items()}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
