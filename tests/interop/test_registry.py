"""The file of models as other programs see it: Python's own sqlite3, and safetensors."""

import hashlib
import json
import sqlite3

import pytest
from conftest import Handlens
from safetensors.numpy import load


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    handlens = Handlens(tmp_path_factory.mktemp("registry"))
    model = handlens.train("sample:penguins", "logistic", target="species", test_size=0.25)
    db = handlens.folder / "kept.db"
    words = ["--name", "penguins", "--alias", "champion", "--why", "first", "--by", "ann"]
    handlens.run("models", "add", db, model, *words)
    connection = sqlite3.connect(db)
    connection.execute("PRAGMA foreign_keys = ON")
    yield connection, model
    connection.close()


def test_the_artifact_opens(registry):
    connection, model = registry
    rows = connection.execute("SELECT artifact, digest, schema, metrics FROM models WHERE alias = 'champion'").fetchall()
    [(artifact, digest, schema, metrics)] = rows
    assert artifact == model.read_bytes()
    assert digest == hashlib.sha256(artifact).hexdigest()
    assert load(artifact)["coefficients"].shape[0] == 3
    assert json.loads(schema)["target"] == "species"
    assert json.loads(metrics)["test"]["metrics"]


@pytest.mark.parametrize(
    "change, says",
    [
        ("UPDATE history SET who = 'eve'", "only ever added to"),
        ("DELETE FROM history", "only ever added to"),
        ("UPDATE models SET metrics = '{}'", "does not change"),
        ("DELETE FROM models", "FOREIGN KEY"),
        ("UPDATE names SET last_version = 0", "never used again"),
        ("INSERT INTO aliases VALUES ('penguins', 'challenger', 7)", "FOREIGN KEY"),
        ("INSERT INTO models SELECT name, 1, NULL, artifact, digest, schema, metrics, created, '' FROM models", "never used again"),
    ],
)
def test_the_file_keeps_its_rules(registry, change, says):
    connection, _ = registry
    with pytest.raises(sqlite3.Error, match=says), connection:
        connection.execute(change)
