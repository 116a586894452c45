"""Drives the native `handlens` command for the comparisons with other libraries."""

import csv
import io
import json
import os
import subprocess
from pathlib import Path

import parity
import pytest

ROOT = Path(__file__).parents[2]
BINARY = Path(os.environ.get("HANDLENS_BINARY", ROOT / "target" / "debug" / "handlens"))


class Handlens:
    """The command, run in a folder of its own."""

    def __init__(self, folder):
        self.folder = folder

    def run(self, *arguments):
        done = subprocess.run(
            [BINARY, *map(str, arguments)], cwd=self.folder, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def json(self, *arguments):
        return json.loads(self.run(*arguments, "--json"))

    def train(self, data, algorithm, *, target=None, test_size=0, **settings):
        """Trains and returns the path of the artifact."""
        out = self.folder / f"{algorithm}.safetensors"
        wanted = [f"{name}={value}" for name, value in settings.items()]
        options = [part for setting in wanted for part in ("-p", setting)]
        options += ["--target", target] if target else []
        self.run("train", data, "--algorithm", algorithm, "--test-size", test_size, *options, "--out", out)
        return out

    def predict(self, model, data):
        """The predictions, one dictionary a row."""
        return list(csv.DictReader(io.StringIO(self.run("predict", model, data))))


@pytest.fixture
def handlens(tmp_path):
    return Handlens(tmp_path)


@pytest.fixture
def samples():
    return ROOT / "samples"


def pytest_terminal_summary(terminalreporter):
    path = parity.write()
    if path is not None:
        asked = sum(cell.rows for cells in parity.TABLE.values() for cell in cells.values())
        differing = sum(cell.differing for cells in parity.TABLE.values() for cell in cells.values())
        terminalreporter.write_line(f"parity: {asked:,} answers of all ways out, {differing} labels differ; {path}")
