"""ONNX graphs say what the model says: checked whole, and run by onnxruntime on 20,000 rows."""

import random
import subprocess
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import onnx
import onnxruntime
import pytest
from conftest import BINARY, Handlens
from test_code import COLUMNS, Case, catalogue, make_rows

N_ASKED = 20_000
NUMBERS = ("length", "width")
# What no graph is written for; the command must say so in words.
REFUSED = {"svm", "tsne", "umap"}


def asked():
    """Rows never seen; rows of the training, twice; and rows between two of them, where thresholds lie."""
    # A graph compares texts as they are, without taking spaces off.
    rows = [[cell.strip() for cell in row] for row in make_rows(2, N_ASKED // 2, True)]
    seen = [row[:4] for row in make_rows(1, 250, False)]
    rows += seen + seen
    values = [sorted({float(row[at]) for row in seen if row[at]}) for at in (0, 1)]
    middles = [[a + (b - a) / 2 for a, b in zip(v, v[1:])] for v in values]
    random.seed(3)
    while len(rows) < N_ASKED:
        row = list(random.choice(seen))
        row[0], row[1] = repr(random.choice(middles[0])), repr(random.choice(middles[1]))
        rows.append(row)
    return rows


def run(case, model):
    """Answers of onnxruntime, in the form of `Case.check`."""
    session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    feeds = {}
    for given in session.get_inputs():
        cells = [row[COLUMNS.index(given.name)] for row in case.rows]
        is_number = given.type == "tensor(double)"
        feeds[given.name] = np.array([float(c) if c else np.nan for c in cells]) if is_number else np.array(cells, dtype=object)
    names = [output.name for output in session.get_outputs()]
    columns = dict(zip(names, session.run(None, feeds)))
    first = columns.pop("prediction", [None] * len(case.rows))
    return [(prediction, numbers) for prediction, *numbers in zip(first, *columns.values())]


def check(case, tolerance):
    model = case.export("onnx", "model.onnx")
    onnx.checker.check_model(str(model), full_check=True)
    answers = run(case, model)
    # A graph cannot leave a row out: what the recipe drops has an answer that is not a number.
    dropped = [said["prediction"] == "NA" if "prediction" in said else False for said in case.expected]
    case.check([None if is_dropped else answer for answer, is_dropped in zip(answers, dropped)], tolerance)


def tolerance_of(algorithm):
    # Nets compute with 32 bits, here and there in another order of sums.
    return 1e-4 if algorithm == "mlp" else 1e-9


def test_every_algorithm(handlens, tmp_path):
    rows = asked()

    def one(place):
        algorithm, task = place
        folder = tmp_path / f"{algorithm}-{task}"
        folder.mkdir()
        if algorithm in REFUSED:
            case = Case(Handlens(folder), algorithm, task, is_asked=False)
            said = subprocess.run([BINARY, "export", case.model, "--to", "onnx"], capture_output=True, text=True)
            assert said.returncode == 1 and "source code" in said.stderr, said.stderr
            return
        check(Case(Handlens(folder), algorithm, task, rows=rows), tolerance_of(algorithm))

    with ThreadPoolExecutor(max_workers=2) as pool:
        assert len(list(pool.map(one, catalogue(handlens)))) > 30


@pytest.mark.parametrize("algorithm", ["tree", "random_forest", "hist_gradient_boosting"])
def test_thresholds_are_hit_exactly(handlens, algorithm):
    plain = ["-p", "scale=none"]
    check(Case(handlens, algorithm, "classification", *plain, rows=asked()), 1e-9)


@pytest.mark.parametrize(
    "steps",
    [
        ["impute=drop_rows", "impute_category=drop_rows", "encode=dummy"],
        ["encode=ordinal", "impute_category=constant", "unseen=most_frequent"],
        ["encode=target", "expand=polynomial", "scale=robust", "max_levels=2"],
    ],
)
def test_every_way_of_preparing_columns(handlens, steps):
    options = [part for step in steps for part in ("-p", step)]
    check(Case(handlens, "linear", "regression", *options, rows=asked()), 1e-9)


def test_kept_gaps(handlens):
    keeps = ["-p", "impute=keep"]
    check(Case(handlens, "hist_gradient_boosting", "regression", *keeps, rows=asked()), 1e-9)


def test_what_a_graph_cannot_do_is_said(handlens):
    for steps, words in [(["unseen=refuse"], "refuse"), (["expand=spline"], "spline")]:
        options = [part for step in steps for part in ("-p", step)]
        case = Case(handlens, "linear", "regression", *options, is_asked=False)
        said = subprocess.run([BINARY, "export", case.model, "--to", "onnx"], capture_output=True, text=True)
        assert said.returncode == 1 and words in said.stderr, said.stderr


@pytest.mark.parametrize("kernel", ["rbf", "linear", "poly"])
def test_support_vectors_of_two_classes(handlens, kernel):
    train = make_rows(1, 250, False)
    two = [row[:5] + ["a" if row[5] == "a" else "b"] for row in train]
    check(Case(handlens, "svm", "classification", "-p", f"kernel={kernel}", rows=asked(), train=two), 1e-8)


@pytest.mark.parametrize("steps", [["weights=distance", "metric=manhattan"], ["metric=chebyshev", "n_neighbors=4"]])
def test_neighbors_by_other_distances(handlens, steps):
    options = [part for step in steps for part in ("-p", step)]
    for task in ("classification", "regression"):
        check(Case(handlens, "knn", task, *options, rows=asked()), 1e-9)
