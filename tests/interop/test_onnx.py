"""ONNX graphs say what the model says: checked whole, and run by onnxruntime on 20,000 rows."""

import json
import random
import subprocess
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import onnx
import onnxruntime
import pytest
from conftest import BINARY, Handlens
from test_code import COLUMNS, Case, catalogue, make_rows, write_table

N_ASKED = 20_000
TEXTS = COLUMNS[2:]
# What no graph is written for; the command must say so in words.
REFUSED = {"tsne", "umap"}


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


def feeds_of(case, session):
    """What each input is given: a column, or all columns as a matrix."""
    def column(name, is_number):
        cells = [row[COLUMNS.index(name)] for row in case.rows]
        return np.array([float(c) if c else np.nan for c in cells]) if is_number else np.array(cells, dtype=object)

    inputs = session.get_inputs()
    if case.outlet == "onnx-matrix":
        properties = session.get_modelmeta().custom_metadata_map
        names = json.loads(properties["columns"])
        assert [(i.name, i.type, i.shape) for i in inputs] == [("x", "tensor(double)", ["N", len(names)])]
        assert names == case.names and json.loads(properties["labels"]) == case.labels
        return {"x": np.stack([column(name, True) for name in names], axis=1)}
    return {i.name: column(i.name, i.type == "tensor(double)") for i in inputs}


def run(case, model):
    """Answers of onnxruntime, in the form of `Case.check`."""
    session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    outputs = session.get_outputs()
    assert all(output.shape == ["N"] for output in outputs)
    columns = dict(zip([output.name for output in outputs], session.run(None, feeds_of(case, session))))
    is_label = case.outlet == "onnx-matrix" and case.task == "classification"
    first = [None] * len(case.rows) if case.task == "projection" else columns.pop("label" if is_label else "prediction")
    return [(prediction, numbers) for prediction, *numbers in zip(first, *columns.values())]


def check(case, tolerance, outlet="onnx"):
    model = case.export(outlet, "model.onnx")
    onnx.checker.check_model(str(model), full_check=True)
    answers = run(case, model)
    # A graph cannot leave a row out: what the recipe drops has an answer that is not a number.
    dropped = [said["prediction"] == "NA" if "prediction" in said else False for said in case.expected]
    case.check([None if is_dropped else answer for answer, is_dropped in zip(answers, dropped)], tolerance)


def refusal(case, outlet="onnx"):
    """The sentence that says why there is no graph."""
    said = subprocess.run([BINARY, "export", case.model, "--to", outlet], capture_output=True, text=True)
    assert said.returncode == 1, said.stderr
    return said.stderr


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
            assert "source code" in refusal(case)
            return
        check(Case(Handlens(folder), algorithm, task, rows=rows), tolerance_of(algorithm))
        numbers = Case(Handlens(folder), algorithm, task, rows=rows, ignored=TEXTS)
        check(numbers, tolerance_of(algorithm), "onnx-matrix")

    with ThreadPoolExecutor(max_workers=2) as pool:
        assert len(list(pool.map(one, catalogue(handlens)))) > 30


@pytest.mark.parametrize("algorithm", ["tree", "random_forest", "hist_gradient_boosting"])
def test_thresholds_are_hit_exactly(handlens, algorithm):
    plain = ["-p", "scale=none"]
    check(Case(handlens, algorithm, "classification", *plain, rows=asked()), 1e-9)
    check(Case(handlens, algorithm, "classification", *plain, rows=asked(), ignored=TEXTS), 1e-12, "onnx-matrix")


def test_a_matrix_holds_no_texts(handlens):
    words = refusal(Case(handlens, "linear", "regression", is_asked=False), "onnx-matrix")
    assert all(f"“{name}”" in words for name in TEXTS) and "length" not in words


@pytest.mark.parametrize("outlet", ["onnx", "onnx-matrix"])
def test_columns_may_be_called_like_parts_of_the_graph(handlens, outlet):
    random.seed(4)
    names = ["prediction", "_c0", "__v1", "x", "p_a", "label"]
    rows = [[random.gauss(0, 1) for _ in names] for _ in range(60)]
    write_table(handlens.folder / "train.csv", [*names, "kind"], [[*row, "a" if sum(row) > 0 else "b"] for row in rows])
    artifact = handlens.train("train.csv", "logistic", target="kind")
    handlens.run("export", artifact, "--to", outlet, "--out", "model.onnx")
    model = str(handlens.folder / "model.onnx")
    onnx.checker.check_model(model, full_check=True)
    session = onnxruntime.InferenceSession(model)
    feeds = {"x": np.array(rows)} if outlet == "onnx-matrix" else dict(zip(names, np.array(rows).T))
    labels, *_ = session.run(None, feeds)
    assert list(labels) == [said["prediction"] for said in handlens.predict(artifact, "train.csv")]


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
        assert words in refusal(case)


@pytest.mark.parametrize("kernel", ["rbf", "linear", "poly"])
@pytest.mark.parametrize("n_classes", [2, 5])
def test_support_vectors(handlens, kernel, n_classes):
    train = make_rows(1, 250, False)
    # Of five classes some are hardly told apart: their votes are tied, and go round in circles.
    words = {2: lambda at, kind: kind[0] == "a", 5: lambda at, kind: kind[0] + str(at % 2) if kind != "a" else kind}[n_classes]
    rows = [row[:5] + [f"is {words(at, row[5])}".replace('"', "")] for at, row in enumerate(train)]
    assert len({row[5] for row in rows}) == n_classes
    check(Case(handlens, "svm", "classification", "-p", f"kernel={kernel}", rows=asked(), train=rows), 1e-8)


@pytest.mark.parametrize("steps", [["weights=distance", "metric=manhattan"], ["metric=chebyshev", "n_neighbors=4"]])
def test_neighbors_by_other_distances(handlens, steps):
    options = [part for step in steps for part in ("-p", step)]
    for task in ("classification", "regression"):
        check(Case(handlens, "knn", task, *options, rows=asked()), 1e-9)
