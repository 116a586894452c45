"""What every golden file shares: its folder, its header, its layout, the sample tables."""

import csv
import importlib.metadata
import json
import math
import platform
from pathlib import Path

import numpy as np

TESTS = Path(__file__).resolve().parents[1]
GOLDEN = TESTS / "golden"
SAMPLES = TESTS.parent / "samples"


def write_golden(name, script, packages, tolerance, body):
    """Writes tests/golden/`name`: the header, then `body`; every float reads back as the same double.

    `tolerance` is a dict with at least `reason`. NaN and infinities are refused: write None and say why.
    """
    versions = {"python": platform.python_version()}
    versions |= {package: importlib.metadata.version(package) for package in packages}
    document = {"made_by": f"tests/reference/{script}", "versions": versions, "tolerance": tolerance, **body}
    path = GOLDEN / name
    path.parent.mkdir(parents=True, exist_ok=True)
    plain = to_plain(document)
    path.write_text(layout(plain) + "\n", encoding="utf-8", newline="\n")
    assert json.loads(path.read_text(encoding="utf-8")) == plain
    print(f"{path.relative_to(TESTS.parent)}: {path.stat().st_size / 1024:.0f} KiB")


def to_plain(value):
    """NumPy arrays and scalars as lists and Python numbers."""
    if isinstance(value, dict):
        return {str(key): to_plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return to_plain(value.tolist())
    if isinstance(value, (list, tuple)):
        return [to_plain(item) for item in value]
    if isinstance(value, (np.bool_, np.integer, np.floating)):
        return to_plain(value.item())
    if isinstance(value, float):
        assert math.isfinite(value), "JSON has no NaN and no infinity"
    return value


def layout(value, depth=0):
    """JSON with one line for each flat list and each row of a matrix, so that a change is a short diff."""
    inner, outer = "  " * (depth + 1), "  " * depth
    if isinstance(value, dict) and value:
        items = [f"{inner}{json.dumps(key)}: {layout(item, depth + 1)}" for key, item in value.items()]
        return "{\n" + ",\n".join(items) + f"\n{outer}}}"
    if isinstance(value, list) and any(isinstance(item, (list, dict)) for item in value):
        return "[\n" + ",\n".join(inner + layout(item, depth + 1) for item in value) + f"\n{outer}]"
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def sample(name, x_columns, y_column, rows=None):
    """`(x, y, where)` of a table in samples/: `y` is numbers, or class indices in order of first appearance.

    `where` is what the golden file says instead of repeating the numbers.
    """
    with open(SAMPLES / f"{name}.csv", newline="", encoding="utf-8") as file:
        table = list(csv.DictReader(file))[:rows]
    x = np.array([[float(row[column]) for column in x_columns] for row in table])
    where = {"sample": name, "x_columns": x_columns, "y_column": y_column, "n_samples": len(table)}
    texts = [row[y_column] for row in table]
    try:
        return x, np.array([float(text) for text in texts]), where
    except ValueError:
        classes = list(dict.fromkeys(texts))
        return x, np.array([classes.index(text) for text in texts]), {**where, "classes": classes}
