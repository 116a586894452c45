"""MLflow and MLServer load the model folder and answer as the model does, in every form of a request; MLflow takes in the training."""

import http.client
import json
import os
import random
import socket
import subprocess
import sys
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
import pytest
import yaml
from conftest import BINARY, ROOT, Handlens
from test_code import COLUMNS, N_ASKED, Case, catalogue, make_rows
from test_onnx import REFUSED, tolerance_of

# No word to anyone outside, and the store of files that MLflow wants to be asked for.
os.environ |= {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true", "MLFLOW_ALLOW_FILE_STORE": "true"}
# The programs of the packages stand beside Python, and call one another by name.
ENVIRONMENT = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}

import mlflow  # noqa: E402
from mlflow import MlflowClient  # noqa: E402

WORDS = COLUMNS[2:]
JSON, CSV = "application/json", "text/csv"


def rows():
    # A graph compares texts as they are, without taking spaces off.
    return [[cell.strip() for cell in row] for row in make_rows(2, N_ASKED, True)]


def unpacked(case, to):
    """Exports and unpacks; the one folder that the archive holds."""
    path = case.export(to, f"{to}.zip")
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        archive.extractall(case.folder / to)
    (folder,) = (case.folder / to).iterdir()
    return folder


def answers(case, records):
    """The rows of MLflow in the form of `Case.check`."""
    numbers = [name for name in records[0] if name != "prediction"]
    if case.task != "projection":  # whose axes a graph counts and the command calls by the method
        assert list(records[0]) == list(case.expected[0])
    return [(row.get("prediction"), [row[name] for name in numbers]) for row in records]


def predicted(case, folder):
    model = mlflow.pyfunc.load_model(str(folder))
    return answers(case, model.predict(pd.DataFrame(case.records())).to_dict("records"))


def test_every_algorithm_is_loaded_by_mlflow(handlens, tmp_path):
    asked = rows()

    def one(place):
        algorithm, task = place
        folder = tmp_path / f"{algorithm}-{task}"
        folder.mkdir()
        case = Case(Handlens(folder), algorithm, task, rows=asked)
        case.check(predicted(case, unpacked(case, "mlflow")), tolerance_of(algorithm))

    places = [place for place in catalogue(handlens) if place[0] not in REFUSED]
    with ThreadPoolExecutor(max_workers=2) as pool:
        assert len(list(pool.map(one, places))) > 30


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    """Classes and numbers, from numbers alone and with words."""
    def case(name, algorithm, task, ignored):
        folder = tmp_path_factory.mktemp(name)
        case = Case(Handlens(folder), algorithm, task, rows=rows(), ignored=ignored)
        # The folder is named after the model, and so is the model in MLServer.
        return case, unpacked(case, "mlflow")

    return {
        "classes of numbers": case("cn", "random_forest", "classification", WORDS),
        "numbers of numbers": case("nn", "hist_gradient_boosting", "regression", WORDS),
        "classes of words": case("cw", "logistic", "classification", []),
        "numbers of words": case("nw", "linear", "regression", []),
    }


class Server:
    """A program on a free port, up once it has said so in as many lines as it should."""

    def __init__(self, arguments, folder, *, port, says=("Uvicorn running",), times=1, env=None):
        self.port = port
        self.process = subprocess.Popen(
            [*map(str, arguments)], cwd=folder, env=ENVIRONMENT | (env or {}),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)
        said = []
        for line in self.process.stdout:
            said.append(line)
            times -= any(words in line for words in says)
            if times == 0:
                break
        assert times == 0, "".join(said)
        # Nothing may stop because nobody reads what it says.
        threading.Thread(target=lambda: self.process.stdout.read(), daemon=True).start()

    def ask(self, path, body=None, media=JSON):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        body = json.dumps(body) if media == JSON and body is not None else body
        connection.request("POST" if body else "GET", path, body and body.encode(), {"Content-Type": media})
        reply = connection.getresponse()
        text = reply.read().decode()
        return reply.status, json.loads(text) if text.strip() else None

    def stop(self):
        os.killpg(self.process.pid, 15)
        self.process.wait()


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@pytest.fixture(scope="module")
def servers(cases):
    """MLflow's scoring servers and MLServers, each started when it is asked for."""
    started = {}

    def mlflow_of(folder):
        port = free_port()
        return Server(["mlflow", "models", "serve", "-m", ".", "--env-manager", "local", "-p", port], folder, port=port)

    def mlserver_of(folder):
        port = free_port()
        ports = {"HTTP": port, "GRPC": free_port(), "METRICS": free_port()}
        env = {f"MLSERVER_{kind}_PORT": str(port) for kind, port in ports.items()}
        # As the README says: MLServer does not know the texts of pandas 3.
        env |= {"PANDAS_FUTURE_INFER_STRING": "0", "MLSERVER_PARALLEL_WORKERS": "0"}
        # One for requests, one for its counters, and the model.
        says = ("Loaded model", "Uvicorn running")
        return Server(["mlserver", "start", "."], folder, port=port, says=says, times=3, env=env)

    def server(start, name):
        if (start, name) not in started:
            started[start, name] = start(cases[name][1])
        return started[start, name]

    yield lambda name: server(mlflow_of, name), lambda name: server(mlserver_of, name)
    for one in started.values():
        one.stop()


def forms(case):
    """One table in every form that a model with a signature of columns answers."""
    names = case.names
    records = [{name: row[name] for name in names} for row in case.records()]
    data = [list(row.values()) for row in records]
    table = pd.DataFrame(records)
    yield "split", {"dataframe_split": {"columns": names, "data": data}}, JSON
    turned = {"columns": names[::-1], "data": [row[::-1] for row in data]}
    yield "split, columns in another order", {"dataframe_split": turned}, JSON
    yield "records", {"dataframe_records": records}, JSON
    yield "instances", {"instances": records}, JSON
    yield "inputs", {"inputs": {name: [row[name] for row in records] for name in names}}, JSON
    yield "CSV", table.to_csv(index=False), CSV


@pytest.mark.parametrize("name", ["numbers of numbers", "classes of words"])
def test_mlflow_serves_the_folder(cases, servers, name):
    case, folder = cases[name]
    server = servers[0](name)
    for form, body, media in forms(case):
        status, reply = server.ask("/invocations", body, media)
        assert status == 200, (form, reply)
        case.check(answers(case, reply["predictions"]), 1e-6)
    example = json.loads((folder / "serving_input_example.json").read_text())
    assert server.ask("/invocations", example)[0] == 200
    status, reply = server.ask("/invocations", {"dataframe_split": {"columns": ["other"], "data": [[1]]}})
    assert status == 400 and "missing inputs" in reply["message"], reply
    for path in ("/ping", "/health"):
        assert server.ask(path)[0] == 200


def test_whole_numbers_and_booleans_are_taken(cases, servers):
    server = servers[0]("classes of words")
    plain = dict(zip(COLUMNS, [20, 1, "red", "true"]))
    _, expected = server.ask("/invocations", {"dataframe_records": [plain]})
    for form in ("dataframe_records", "instances"):
        _, reply = server.ask("/invocations", {form: [plain | {"is_old": True}]})
        assert reply == expected, reply


@pytest.mark.parametrize("name", ["classes of numbers", "numbers of words"])
def test_python_loads_the_folder(cases, name):
    case, folder = cases[name]
    case.check(predicted(case, folder), 1e-9)
    model = mlflow.pyfunc.load_model(str(folder))
    assert len(model.predict(model.input_example)) == 1
    assert model.metadata.get_output_schema().input_names() == list(case.expected[0])


def test_the_folder_asks_for_what_is_tested(cases):
    pinned = (ROOT / "tests/interop/requirements.txt").read_text().split()
    wanted = (cases["numbers of words"][1] / "requirements.txt").read_text().split()
    assert len(wanted) == 5 and set(wanted) <= set(pinned)


def test_the_same_model_has_the_same_bytes(cases):
    case, _ = cases["numbers of words"]
    for to in ("mlflow", "mlruns"):
        once, again = (case.export(to, name).read_bytes() for name in ("once.zip", "again.zip"))
        assert once == again


@pytest.mark.parametrize("name", ["classes of words", "numbers of numbers"])
def test_mlserver_serves_the_folder(cases, servers, name):
    case, folder = cases[name]
    server = servers[1](name)
    model = json.loads((folder / "model-settings.json").read_text())["name"]
    assert server.ask(f"/v2/models/{model}/ready")[0] == 200
    inputs = []
    for column in case.names:
        cells = [row[column] for row in case.records()]
        datatype = "BYTES" if column in WORDS else "FP64"
        inputs.append({"name": column, "datatype": datatype, "shape": [len(cells)], "data": cells})
    status, reply = server.ask(f"/v2/models/{model}/infer", {"inputs": inputs})
    assert status == 200, reply
    columns = {output["name"]: output["data"] for output in reply["outputs"]}
    case.check(answers(case, [dict(zip(columns, row)) for row in zip(*columns.values())]), 1e-6)
    for form, body, media in forms(case):
        status, reply = server.ask("/invocations", body, media)
        assert status == 200, (form, reply)
        case.check(answers(case, reply["predictions"]), 1e-6)


@pytest.fixture(scope="module")
def net(tmp_path_factory):
    """A training that takes steps, and keeps rows unseen."""
    folder = tmp_path_factory.mktemp("net")
    options = ["-p", "hidden_layer_sizes=4", "-p", "max_iter=12"]
    return Case(Handlens(folder), "mlp", "classification", *options, rows=rows(), test_size=0.2)


def check_training(case, client, name):
    """What MLflow knows of the training is what the artifact knows; the model predicts."""
    told = case.handlens.json("inspect", case.model)
    (run,) = client.search_runs([e.experiment_id for e in client.search_experiments()])
    assert (run.info.status, run.info.run_name) == ("FINISHED", told["name"])
    params, metrics = run.data.params, run.data.metrics
    assert (params["algorithm"], params["target"], params["model.max_iter"]) == ("mlp", "kind", "12")
    assert run.data.tags["handlens.table"] == "train.csv"
    for rows_of in ("train", "test"):
        for metric in told["evaluation"][rows_of]["metrics"]:
            if metric["value"] is not None:
                assert metrics[f"{rows_of}_{metric['id']}"] == pytest.approx(metric["value"], abs=1e-12)
        history = client.get_metric_history(run.info.run_id, f"{rows_of}_loss")
        losses = {point.step: point.value for point in history}
        assert list(losses) == list(range(1, 13)) and len(history) == 12
        assert losses[12] < losses[1]
    case.outlet = "mlflow"
    version = client.get_model_version_by_alias(name, "champion")
    assert (version.version, version.run_id) in {("1", run.info.run_id), (1, run.info.run_id)}
    model = mlflow.pyfunc.load_model(f"models:/{name}@champion")
    case.check(answers(case, model.predict(pd.DataFrame(case.records())).to_dict("records")), 1e-4)


@pytest.fixture
def tracking(monkeypatch):
    """Points MLflow at a store, from a folder, and back."""
    before = mlflow.get_tracking_uri()

    def at(folder, uri):
        monkeypatch.chdir(folder)
        mlflow.set_tracking_uri(uri)
        return MlflowClient()

    yield at
    mlflow.set_tracking_uri(before)


def test_mlruns_is_opened_and_migrated(net, tracking):
    folder = unpacked(net, "mlruns")
    name = folder.name.removesuffix("-mlruns")
    done = subprocess.run(["mlflow", "migrate-filestore", "--source", ".", "--target", "sqlite:///mlflow.db"],
                          cwd=folder, env=ENVIRONMENT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    check_training(net, tracking(folder, "sqlite:///mlflow.db"), name)
    check_training(net, tracking(folder, (folder / "mlruns").as_uri()), name)


def test_hostile_names_stay_names(handlens):
    """200 columns and two classes whose names mean something to YAML, JSON, Markdown or a terminal."""
    marks = ["a: b", "- a", "# a", "{a}", "!!python/object:os.system", "&a *a", "'", '"', "\\", "%", "@", "`a`", "null", "no", "1e3",
             "\u2028", "\x85", "\x1b[31m", "\ufeff", "\U0001f43c", "\u202e", "../a", "${A}", "</script>", "a\nb"]
    names = [f"{mark}{index}{mark}|" for index in range(8) for mark in marks]
    random.seed(5)
    table = pd.DataFrame([[random.random() for _ in names] for _ in range(40)], columns=names)
    table["kind"] = ['"x": #' if row % 2 else "!!null" for row in range(40)]
    table.to_csv(handlens.folder / "a: b #.csv", index=False)
    model = handlens.train("a: b #.csv", "logistic", target="kind")
    expected = handlens.predict(model, "a: b #.csv")
    # Space around a name is taken off, and these are spaces of Unicode.
    table.columns = names = [name.strip("\u2028\x85") for name in names] + ["kind"]
    for to in ("mlflow", "mlruns"):
        handlens.run("export", model, "--to", to, "--out", to)
        with zipfile.ZipFile(handlens.folder / to) as archive:
            archive.extractall(handlens.folder / f"{to}.unpacked")
    (folder,) = (handlens.folder / "mlflow.unpacked").iterdir()
    loaded = mlflow.pyfunc.load_model(str(folder))
    assert loaded.metadata.get_input_schema().input_names() == names[:-1]
    given = loaded.predict(table)
    assert list(given.columns) == list(expected[0]) and list(given["prediction"]) == [row["prediction"] for row in expected]
    for path in (handlens.folder / "mlruns.unpacked").glob("**/*.yaml"):
        assert isinstance(yaml.safe_load(path.read_text()), dict)
    (experiment,) = (handlens.folder / "mlruns.unpacked").glob("*/mlruns/[0-9]*/meta.yaml")
    assert yaml.safe_load(experiment.read_text())["name"] == "a: b #.csv"


def tracker_in(folder, *options):
    """MLflow's tracking server with a database of its own."""
    port = free_port()
    command = ["mlflow", "server", "--backend-store-uri", "sqlite:///mlflow.db", "--artifacts-destination", "art",
               "--port", port, "--workers", "1", *options]
    # Jobs are none of its business here, and it would wait for their workers at its end.
    return Server(command, folder, port=port, env={"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"})


@pytest.fixture(scope="module")
def tracker(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tracker")
    server = tracker_in(folder)
    yield server, folder
    server.stop()


def push(case, address, *options, is_well=True):
    done = subprocess.run([BINARY, "push", case.model, "--mlflow", address, *options], capture_output=True, text=True, timeout=60)
    assert (done.returncode == 0) == is_well, done.stderr
    return done.stdout if is_well else done.stderr


def test_push_records_the_training(net, tracker, tracking, tmp_path):
    address = f"http://127.0.0.1:{tracker[0].port}"
    told = json.loads(push(net, address, "--json"))
    assert told["version"] == "1" and told["experiment"] == "train.csv"
    client = tracking(tmp_path, address)
    check_training(net, client, told["model"])
    # Again, it is the next version, and the alias has moved.
    again = json.loads(push(net, address, "--experiment", "grün & new", "--alias", "best", "--json"))
    assert again["version"] == "2" and again["run_id"] != told["run_id"]
    aliases = {alias: client.get_model_version_by_alias(told["model"], alias).version for alias in ("champion", "best")}
    assert {alias: int(version) for alias, version in aliases.items()} == {"champion": 1, "best": 2}
    assert client.get_experiment(again["experiment_id"]).name == "grün & new"
    # Refusals are sentences, and what broke off is no version.
    client.delete_experiment(again["experiment_id"])
    assert "was deleted" in push(net, address, "--experiment", "grün & new", is_well=False)
    assert "alias name" in push(net, address, "--alias", "v1", "--name", "other", is_well=False)
    (failed, *_) = client.search_runs([told["experiment_id"]], order_by=["attributes.start_time DESC"])
    assert failed.info.status == "FAILED"
    assert "without a path" in push(net, f"{address}/elsewhere", is_well=False)


def test_push_says_why_it_cannot(net, tracker):
    assert "Cannot reach an MLflow server" in push(net, f"http://127.0.0.1:{free_port()}", is_well=False)
    assert "plain HTTP" in push(net, "https://mlflow.example", is_well=False)
    strict = tracker_in(tracker[1], "--allowed-hosts", "mlflow.example")
    said = push(net, f"http://127.0.0.1:{strict.port}", is_well=False)
    strict.stop()
    assert "refuses this program (403)" in said and "--allowed-hosts" in said, said
