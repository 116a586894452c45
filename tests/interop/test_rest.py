"""`handlens serve` answers every dialect of REST with what `handlens predict` writes."""

import csv
import io
import json
import random
import re
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from conftest import BINARY

N_ROWS = 1000
INPUTS = ["a", "b", "kind", "count"]


def table(folder):
    """Numbers, categories and gaps, with a class and a number to predict."""
    draw = random.Random(7)
    rows = []
    for _ in range(N_ROWS):
        a, b = draw.gauss(0, 1), draw.uniform(-5, 5)
        kind, count = draw.choice(["red", "green", "dark blue"]), draw.randrange(100)
        size = 2 * a - b + (3 if kind == "red" else 0) + count / 50 + draw.gauss(0, 0.3)
        group = "high" if size > 3 else "low" if size < -1 else "middle"
        gap = draw.random() < 0.05
        rows.append([None if gap else a, b, kind, count, group, size])
    path = folder / "rows.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*INPUTS, "group", "size"])
        writer.writerows(rows)
    return path, [dict(zip(INPUTS, row)) for row in rows]


class Server:
    def __init__(self, *arguments):
        self.process = subprocess.Popen(
            [BINARY, "serve", *map(str, arguments), "--port", "0", "--json"],
            stdout=subprocess.PIPE,
            text=True,
        )
        self.address = json.loads(self.process.stdout.readline())["address"].rstrip("/")

    def ask(self, path, body=None, media="application/json"):
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Content-Type": media} if data is not None else {}
        request = urllib.request.Request(self.address + path, data, headers)
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=20)


@pytest.fixture(params=[("group", "logistic"), ("size", "linear")], ids=["classes", "numbers"])
def served(request, handlens):
    target, algorithm = request.param
    path, records = table(handlens.folder)
    bare = handlens.folder / "inputs.csv"
    with bare.open("w", newline="") as file:
        writer = csv.DictWriter(file, INPUTS)
        writer.writeheader()
        writer.writerows(records)
    other = "size" if target == "group" else "group"
    recipe = handlens.folder / "recipe.json"
    recipe.write_text(json.dumps({"columns": {other: {"role": "ignore"}}}))
    model = handlens.folder / "m.safetensors"
    handlens.run(
        "train", path, "--target", target, "--algorithm", algorithm, "--recipe", recipe, "--out", model
    )
    expected = handlens.predict(model, bare)
    assert len(expected) == N_ROWS
    server = Server(f"m={model}")
    yield server, records, bare.read_bytes(), expected
    server.stop()


def same(found, expected):
    """The same text, or the same number to the last bit."""
    assert len(found) == len(expected)
    for row, wanted in zip(found, expected):
        assert row.keys() == wanted.keys()
        for name, value in row.items():
            assert value == (wanted[name] if isinstance(value, str) else float(wanted[name])), name


def test_predict(served):
    server, records, _, expected = served
    answer = server.ask("/predict", {"model": "m", "data": records})
    flat = [
        {"prediction": row["prediction"]}
        | {f"p_{label}": p for label, p in row.get("probabilities", {}).items()}
        for row in answer["predictions"]
    ]
    same(flat, expected)


@pytest.mark.parametrize("is_nested", [False, True], ids=["flat", "nested"])
@pytest.mark.parametrize("number", ["FP64", "FP32"])
def test_infer(served, is_nested, number):
    server, records, _, expected = served
    datatypes = {"a": number, "b": number, "kind": "BYTES", "count": "INT32"}
    inputs = [
        {
            "name": name,
            "datatype": datatype,
            "shape": [N_ROWS, 1] if is_nested else [N_ROWS],
            "data": [[record[name]] if is_nested else record[name] for record in records],
        }
        for name, datatype in datatypes.items()
    ]
    answer = server.ask("/v2/models/m/infer", {"id": "7", "inputs": inputs})
    assert (answer["id"], answer["model_name"]) == ("7", "m")
    declared = server.ask("/v2/models/m")["outputs"]
    named = [(output["name"], output["datatype"]) for output in answer["outputs"]]
    assert named == [(output["name"], output["datatype"]) for output in declared]
    names = [name for name, _ in named]
    rows = zip(*(output["data"] for output in answer["outputs"]))
    same([dict(zip(names, row)) for row in rows], expected)


FORMS = {
    "split": lambda rows: {
        "dataframe_split": {"columns": INPUTS, "data": [list(row.values()) for row in rows]}
    },
    "records": lambda rows: {"dataframe_records": rows},
    "instances": lambda rows: {"instances": [list(row.values()) for row in rows]},
    "instances of objects": lambda rows: {"instances": rows},
    "inputs": lambda rows: {"inputs": [list(row.values()) for row in rows]},
    "inputs of objects": lambda rows: {"inputs": rows},
    "inputs by column": lambda rows: {
        "inputs": {name: [row[name] for row in rows] for name in INPUTS}
    },
}


@pytest.mark.parametrize("form", FORMS)
def test_invocations(served, form):
    server, records, _, expected = served
    same(server.ask("/invocations", FORMS[form](records))["predictions"], expected)


def test_invocations_of_csv(served):
    server, _, text, expected = served
    same(server.ask("/invocations", text, "text/csv")["predictions"], expected)


def test_refusals(served):
    server, records, _, _ = served
    for path, body, media, status in [
        ("/predict", {"model": "x", "data": records[:1]}, "application/json", 404),
        ("/predict", {"model": "m", "data": records[:1]}, "text/plain", 415),
        ("/predict", None, "", 405),
        ("/v2/models/m/infer", {"inputs": []}, "application/json", 400),
    ]:
        with pytest.raises(urllib.error.HTTPError) as refused:
            server.ask(path, body, media)
        assert refused.value.code == status
        assert json.load(refused.value)["error"]


def test_no_request_made_from_the_document_breaks_the_server(served):
    """Schemathesis: valid and broken requests for every path, none of which may be answered by 5xx or cut off."""
    server, *_ = served
    schemathesis = Path(sys.executable).parent / "schemathesis"
    options = ["--checks", "not_a_server_error", "--max-examples", 100, "--seed", 1, "--no-color"]
    run = subprocess.run(
        [*map(str, [schemathesis, "run", f"{server.address}/openapi.json", *options])],
        capture_output=True, text=True,
    )
    assert run.returncode == 0, run.stdout
    # It tests nothing where it finds no path.
    assert re.search(r"Tested: 1[0-9]", run.stdout), run.stdout
    assert server.ask("/v2/health/live") == {"live": True}
