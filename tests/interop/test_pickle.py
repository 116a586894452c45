"""Pickles are listed as Python's own `pickletools` lists them, and never opened."""

import array
import collections
import copyreg
import datetime
import decimal
import io
import json
import os
import pickle
import pickletools
import subprocess

import joblib
import numpy as np
import pandas as pd
import pytest
from conftest import BINARY
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

MOST_SHOWN = 80


class Old:
    """With an initial argument, a state, and slots of none."""

    def __init__(self, *given):
        self.given = given

    def __reduce__(self):
        return (Old, self.given, {"state": [1, 2]})


class New(dict):
    def __getnewargs_ex__(self):
        return ((), {})


class Persistent(pickle.Pickler):
    def persistent_id(self, value):
        return "id of one" if isinstance(value, Old) else None


def fitted():
    x = np.random.default_rng(1).normal(size=(80, 3))
    y = x[:, 0] > x[:, 1]
    return [make_pipeline(StandardScaler(), LogisticRegression()).fit(x, y), RandomForestClassifier(5, random_state=1).fit(x, y)]


VALUES = [
    None, True, False, 0, 255, 256, 65_536, -1, 2**31, -(2**31), 2**63, -(2**63), 2**200, -(2**2000), 1.5, -0.0, float("inf"), 1e300,
    "", "text", "größe \u2028 \U0001f600 \\u0041 \n", "x" * 300, "\ud800", b"", b"bytes\x00\xff", b"b" * 300, bytearray(b"array"),
    (), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), [], [1], [1, 2], {}, {"a": 1}, {"a": 1, "b": [2]}, set(), {1, 2}, frozenset([1]),
    [["same"] * 3] * 3, list(range(2500)), {str(i): i for i in range(1500)}, collections.OrderedDict(a=1), collections.Counter("abca"),
    datetime.datetime(2024, 2, 29), decimal.Decimal("1.10"), 1j, slice(1, 2), range(5), array.array("d", [1, 2]), len, os.path.join,
    Old(1, "two"), New(a=1), np.arange(10.0), np.float64(2.5), pd.DataFrame({"a": [1, 2], "b": ["x", None]}), *fitted(),
]  # fmt: skip


def listed(folder, data, name="asked.pkl"):
    (folder / name).write_bytes(data)
    done = subprocess.run([BINARY, "inspect", folder / name, "--json"], capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def cut(text):
    return text[:MOST_SHOWN] + "…" if len(text) > MOST_SHOWN else text


def shown(opcode, argument, raw):
    """What we show of an argument; lines stand as they are in the file."""
    if argument is None:
        return None
    kind = opcode.arg.name
    if kind in ("long1", "long4"):
        return f"an integer of {len(pickle.encode_long(argument))} bytes" if len(pickle.encode_long(argument)) > 16 else str(argument)
    if kind == "stringnl_noescape_pair":
        return " ".join(cut(word) for word in argument.split(" "))
    if kind.startswith(("bytes", "string1", "string4", "bytearray")):
        return f"{len(argument)} bytes"
    if kind.startswith("unicodestring") and kind != "unicodestringnl":
        return cut(argument.encode("utf-8", "surrogatepass").decode("utf-8", "replace"))
    return cut(raw[1:-1].decode("utf-8", "replace")) if kind.endswith("nl") or "nl_" in kind else str(argument)


def check(report, data):
    ops = list(pickletools.genops(data))
    ends = [position for _, _, position in ops[1:]] + [ops[-1][2] + 1]
    assert report["problems"] == [] and report["n_operations"] == len(ops)
    for (opcode, argument, position), end, ours in zip(ops, ends, report["operations"]):
        assert (ours["name"], ours["position"]) == (opcode.name, position)
        if opcode.name == "BINFLOAT":
            assert float(ours["argument"]) == argument or argument != argument
            continue
        assert ours["argument"] == shown(opcode, argument, data[position:end]), (opcode.name, position)
    assert report["n_rest"] == len(data) - ends[-1]
    # Everything that pickletools sees as a global is among the imports, and nothing else.
    named = {argument.replace(" ", ".") for opcode, argument, _ in ops if opcode.name in ("GLOBAL", "INST")}
    ours = {i["name"] for i in report["imports"]}
    # The names of some stand on the stack, and those of extensions in a registry of Python's.
    has_others = any(opcode.name.startswith(("STACK_GLOBAL", "EXT")) for opcode, _, _ in ops)
    assert named <= ours if has_others else named == ours


@pytest.mark.parametrize("protocol", range(6))
def test_lists_what_pickletools_lists(tmp_path, protocol):
    seen = set()
    for value in VALUES:
        data = pickle.dumps(value, protocol)
        check(listed(tmp_path, data), data)
        seen |= {opcode.name for opcode, _, _ in pickletools.genops(data)}
    assert len(seen) > 15
    file = io.BytesIO()
    Persistent(file, protocol).dump([Old(), 1])
    report = listed(tmp_path, file.getvalue())
    check(report, file.getvalue())
    assert report["n_persistent"] == 1


def test_other_operations(tmp_path):
    copyreg.add_extension("test_pickle", "Old", 7)
    try:
        extension = pickle.dumps(Old, 2)
    finally:
        copyreg.remove_extension("test_pickle", "Old", 7)
    buffers = []
    out_of_band = pickle.dumps(np.arange(5.0), 5, buffer_callback=buffers.append)
    frozen = pickle.dumps(pickle.PickleBuffer(b"read only"), 5, buffer_callback=buffers.append)
    for data in [extension, out_of_band, frozen, b"(S'echo'\nios\nsystem\n.", b"(cos\nsystem\nT\4\0\0\0echoo20(N1.", b"L123L\nI01\n."]:
        check(listed(tmp_path, data), data)


def test_what_a_model_imports_is_told_in_words(tmp_path):
    model = fitted()[0]
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(model))
    joblib.dump(model, tmp_path / "model.joblib")
    for name, last in [("model.pkl", "sklearn.linear_model._logistic.LogisticRegression"), ("model.joblib", "may run anything")]:
        done = subprocess.run([BINARY, "inspect", tmp_path / name], capture_output=True, text=True, encoding="utf-8")
        assert done.returncode == 0, done.stderr
        for word in ["not opened", "sklearn.pipeline.Pipeline", "skops", "onnx", last]:
            assert word in done.stdout, (name, done.stdout)


def test_nothing_runs(tmp_path):
    class Evil:
        def __reduce__(self):
            return (os.system, (f"touch {tmp_path}/ran",))

    for protocol in range(6):
        report = listed(tmp_path, pickle.dumps(Evil(), protocol))
        [call] = report["calls"]
        assert call["name"] == f"{os.system.__module__}.system"
    assert not (tmp_path / "ran").exists()
    data = pickle.dumps(Evil(), 4)
    (tmp_path / "table.csv").write_bytes(data)
    said = subprocess.run([BINARY, "describe", tmp_path / "table.csv"], capture_output=True, text=True, encoding="utf-8")
    assert said.returncode == 1 and "Python pickle" in said.stderr, said.stderr


def test_reading_ends_where_joblib_lays_an_array(tmp_path):
    report = listed(tmp_path, b"\x80\x02cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81}bcos\nsystem\n)R.")
    assert report["n_rest"] == len("cos\nsystem\n)R.") and "may run anything" in report["problems"][0]
