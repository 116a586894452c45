"""`handlens serve` answers every dialect of REST with what `handlens predict` writes."""

import csv
import datetime
import http.client
import io
import json
import random
import re
import socket
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

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


def test_no_request_made_from_the_document_breaks_the_server(served, tmp_path):
    """Schemathesis: valid and broken requests for every path, none of which may be answered by 5xx or cut off."""
    server, *_ = served
    schemathesis = Path(sys.executable).parent / "schemathesis"
    options = ["--checks", "not_a_server_error", "--max-examples", 100, "--seed", 1, "--no-color"]
    run = subprocess.run(
        [*map(str, [schemathesis, "run", f"{server.address}/openapi.json", *options])],
        cwd=tmp_path, capture_output=True, text=True,
    )
    assert run.returncode == 0, run.stdout
    # It tests nothing where it finds no path.
    assert re.search(r"Tested: 1[0-9]", run.stdout), run.stdout
    assert server.ask("/v2/health/live") == {"live": True}


@pytest.fixture
def certificate(tmp_path):
    """A certificate of this machine for a day, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - datetime.timedelta(hours=1)).not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    paths = tmp_path / "certificate.pem", tmp_path / "key.pem"
    paths[0].write_bytes(made.public_bytes(Encoding.PEM))
    paths[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return paths


def test_tls(certificate, handlens):
    path, _ = table(handlens.folder)
    model = handlens.folder / "m.safetensors"
    handlens.run("train", path, "--target", "group", "--algorithm", "baseline", "--out", model)
    server = Server(f"m={model}", "--tls-cert", certificate[0], "--tls-key", certificate[1])
    assert server.address.startswith("https://")
    port = int(server.address.rsplit(":", 1)[1])
    context = ssl.create_default_context(cafile=certificate[0])
    for _ in range(2):
        connection = http.client.HTTPSConnection("localhost", port, context=context, timeout=20)
        connection.request("GET", "/v2/health/live")
        assert json.loads(connection.getresponse().read()) == {"live": True}
        # Who does not speak TLS is cut off, and the server goes on.
        with socket.create_connection(("localhost", port), timeout=20) as plain:
            plain.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert not plain.recv(1000).startswith(b"HTTP")
    server.stop()


def test_tls_needs_what_fits(certificate, handlens):
    path, _ = table(handlens.folder)
    model = handlens.folder / "m.safetensors"
    handlens.run("train", path, "--target", "group", "--algorithm", "baseline", "--out", model)
    pem, key = certificate
    for options, said in [
        (["--tls-cert", pem], "--tls-key"),
        (["--tls-cert", key, "--tls-key", key], "no certificate"),
        (["--tls-cert", pem, "--tls-key", pem], "no private key"),
    ]:
        run = subprocess.run([BINARY, "serve", model, "--port", "0", *map(str, options)], capture_output=True, text=True)
        assert run.returncode != 0 and said in run.stderr, run.stderr
