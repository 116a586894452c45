"""The file of models as other programs see it: Python's own sqlite3, and safetensors."""

import csv
import hashlib
import io
import json
import sqlite3

import pytest
from conftest import Handlens
from safetensors.numpy import load
from test_rest import Server


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    handlens = Handlens(tmp_path_factory.mktemp("registry"))
    model = handlens.train("sample:penguins", "logistic", target="species", test_size=0.25)
    db = handlens.folder / "kept.db"
    words = ["--name", "penguins", "--why", "first", "--by", "ann"]
    handlens.run("models", "add", db, model, *words, "--alias", "champion")
    handlens.run("models", "add", db, model, *words)
    handlens.run("models", "tag", db, "penguins", 1, "audited")
    handlens.run("models", "card", db, "penguins", 1, "--purpose", "teaching")
    connection = sqlite3.connect(db)
    yield handlens, connection, model
    connection.close()


@pytest.mark.parametrize("is_exported", [False, True])
def test_the_artifact_opens(registry, is_exported):
    handlens, connection, model = registry
    if is_exported:
        handlens.run("models", "export", "kept.db", "out.db")
        connection = sqlite3.connect(handlens.folder / "out.db")
    query = "SELECT artifact, digest, schema, metrics, tags, card FROM models WHERE alias = 'champion'"
    [(artifact, digest, schema, metrics, tags, card)] = connection.execute(query).fetchall()
    assert artifact == model.read_bytes()
    assert digest == hashlib.sha256(artifact).hexdigest()
    assert load(artifact)["coefficients"].shape[0] == 3
    assert json.loads(schema)["target"] == "species"
    assert json.loads(metrics)["test"]["metrics"][0]["std_error"] > 0
    assert (json.loads(tags), json.loads(card)) == (["audited"], {"purpose": "teaching"})
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


EVENT = "INTO history (id, event, name, version, who, why)"


@pytest.mark.parametrize("foreign_keys", ["ON", "OFF"])
@pytest.mark.parametrize(
    "change, says",
    [
        ("UPDATE history SET who = 'eve'", "only ever added to"),
        ("DELETE FROM history", "only ever added to"),
        (f"INSERT OR REPLACE {EVENT} VALUES (1, 'added', 'penguins', 1, '', '')", "only ever added to"),
        (f"INSERT {EVENT} VALUES (-1, 'added', 'penguins', 1, '', '')", "only ever added to"),
        (f"INSERT {EVENT} VALUES (99, 'added', 'penguins', 7, '', '')", "no such version"),
        ("UPDATE models SET metrics = '{}'", "does not change"),
        ("UPDATE OR REPLACE models SET version = 2 WHERE version = 1", "does not change"),
        ("DELETE FROM models", "is kept"),
        ("UPDATE names SET last_version = 0", "never used again"),
        ("INSERT OR REPLACE INTO names VALUES ('penguins', 0)", "such a name"),
        ("DELETE FROM names", "is kept"),
        ("INSERT INTO aliases VALUES ('penguins', 'challenger', 1)", "to the history first"),
        ("UPDATE aliases SET version = 2", "to the history first"),
        ("DELETE FROM aliases", "to the history first"),
        (
            "INSERT OR REPLACE INTO models (name, version, artifact, digest, schema, created)"
            " SELECT name, 1, artifact, digest, schema, created FROM models",
            "never used again",
        ),
    ],
)
def test_the_file_keeps_its_rules(registry, change, says, foreign_keys):
    _, connection, _ = registry
    connection.execute(f"PRAGMA foreign_keys = {foreign_keys}")
    before = list(connection.iterdump())
    with pytest.raises(sqlite3.Error, match=says), connection:
        connection.execute(change)
    assert list(connection.iterdump()) == before


def test_another_program_moves_an_alias_with_the_history(registry):
    handlens, connection, _ = registry
    event = "INSERT INTO history (event, name, version, alias, who, why) VALUES (?, 'penguins', 2, 'shop', 'bob', '')"
    with connection:
        connection.execute(event, ["promoted"])
        connection.execute("INSERT INTO aliases VALUES ('penguins', 'shop', 2)")
    assert handlens.json("models", "show", "kept.db", "penguins", "shop")["version"] == 2
    handlens.run("models", "unalias", "kept.db", "penguins", "shop")
    assert connection.execute("SELECT count(*) FROM models WHERE alias LIKE '%shop%'").fetchone() == (0,)


def test_a_version_of_another_program_is_imported(registry):
    handlens, _, _ = registry
    handlens.run("models", "export", "kept.db", "more.db")
    connection = sqlite3.connect(handlens.folder / "more.db")
    with connection:
        connection.execute(
            "INSERT INTO models (name, version, artifact, digest, schema, created)"
            " SELECT name, 9, artifact, digest, schema, created FROM models WHERE version = 1"
        )
    handlens.run("models", "import", "new.db", "kept.db")
    assert handlens.json("models", "import", "new.db", "more.db")["versions"] == 1
    # What the program did not write is made from the artifact.
    assert handlens.json("models", "show", "new.db", "penguins", "9")["metrics"]["test"]


def test_served_versions_predict_as_their_files_do(tmp_path):
    handlens = Handlens(tmp_path)
    rows = list(csv.DictReader(io.StringIO(handlens.run("convert", "sample:iris", "--to", "csv"))))
    rows = [{name: number(cell) for name, cell in row.items() if name != "species"} for row in rows]
    wanted = {}
    for version, algorithm in enumerate(["knn", "gaussian_nb"], start=1):
        model = handlens.train("sample:iris", algorithm, target="species", test_size=0.25)
        handlens.run("models", "add", "kept.db", model, "--name", "iris", "--alias", f"only-{version}")
        wanted[version] = [row["prediction"] for row in handlens.predict(model, "sample:iris")]
    assert wanted[1] != wanted[2]
    server = Server("--db", tmp_path / "kept.db")
    try:
        for name, version in [("iris", 2), ("iris@1", 1), ("iris:only-1", 1), ("iris:only-2", 2)]:
            answer = server.ask("/predict", {"model": name, "data": rows})
            assert answer["version"] == str(version)
            assert [row["prediction"] for row in answer["predictions"]] == wanted[version], name
        tensors = [
            {"name": name, "datatype": "FP64", "shape": [len(rows)], "data": [row[name] for row in rows]}
            for name in rows[0]
        ]
        answer = server.ask("/v2/models/iris/versions/1/infer", {"inputs": tensors})
        assert answer["model_version"] == "1"
        assert answer["outputs"][0]["data"] == wanted[1]
    finally:
        server.stop()


def number(cell):
    return float(cell) if cell else None


def test_a_changed_schema_is_refused(registry):
    handlens, _, _ = registry
    handlens.run("models", "export", "kept.db", "changed.db")
    connection = sqlite3.connect(handlens.folder / "changed.db")
    connection.execute("DROP TRIGGER history_stays")
    connection.commit()
    with pytest.raises(AssertionError, match="somebody changed them"):
        handlens.run("models", "list", "changed.db")
