"""The artifact, opened by the ordinary safetensors package, and used without Handlens."""

import json

import numpy as np
import pandas as pd
from safetensors import safe_open


def opened(path):
    with safe_open(path, "numpy") as file:
        metadata = json.loads(file.metadata()["handlens"])
        return metadata, {name: file.get_tensor(name) for name in file.keys()}


def features(metadata, table):
    """The pipeline of the specification, in a few lines of Python."""
    columns = []
    for column in metadata["pipeline"]["columns"]:
        cells, steps = table[column["name"]], column["steps"]
        if steps["kind"] == "number":
            filled = cells.astype(float).fillna(steps["fill"])
            columns.append((filled - steps["center"]) / steps["scale"])
            continue
        filled = cells.where(cells.notna(), steps["levels"][steps["typical"]])
        first = 1 if steps["encoding"] == "dummy" else 0
        if steps["encoding"] == "ordinal":
            columns.append(filled.map(steps["levels"].index).astype(float))
        else:
            columns += [(filled == level).astype(float) for level in steps["levels"][first:]]
    return np.column_stack(columns)


def test_a_logistic_model_is_its_specification(handlens, samples):
    data = samples / "penguins.csv"
    model = handlens.train(data, "logistic", target="species")
    metadata, tensors = opened(model)
    assert (metadata["format"], metadata["algorithm"], metadata["task"]) == (1, "logistic", "classification")
    x = features(metadata, pd.read_csv(data))
    logits = x @ tensors["coefficients"].T + tensors["intercepts"]
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    labels = metadata["pipeline"]["target"]["labels"]
    rows = handlens.predict(model, data)
    assert [row["prediction"] for row in rows] == [labels[k] for k in p.argmax(axis=1)]
    ours = np.array([[float(row[f"p_{label}"]) for label in labels] for row in rows])
    # The same formula in double precision: only the order of sums differs.
    np.testing.assert_allclose(ours, p, rtol=0, atol=1e-12)


def test_a_net_is_its_specification(handlens, samples):
    data = samples / "iris.csv"
    model = handlens.train(data, "mlp", target="species", hidden_layer_sizes="6,5", activation="tanh")
    metadata, tensors = opened(model)
    z = features(metadata, pd.read_csv(data)).astype(np.float32)
    n_layers = metadata["model"]["values"]["n_layers"]
    for layer in range(n_layers):
        z = z @ tensors[f"weights_{layer}"] + tensors[f"biases_{layer}"]
        z = np.tanh(z) if layer + 1 < n_layers else z
    p = np.exp(z - z.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    labels = metadata["pipeline"]["target"]["labels"]
    ours = np.array([[float(row[f"p_{label}"]) for label in labels] for row in handlens.predict(model, data)])
    # Weights and activations are single precision, some seven digits.
    np.testing.assert_allclose(ours, p, rtol=0, atol=1e-5)


def test_every_algorithm_writes_what_the_package_opens(handlens, samples):
    for entry in handlens.json("algorithms"):
        target = None
        data = samples / "iris.csv"
        if "classification" in entry["tasks"]:
            target = "species"
        elif "regression" in entry["tasks"]:
            data, target = samples / "diabetes.csv", "disease_progression"
        metadata, tensors = opened(handlens.train(data, entry["id"], target=target))
        assert metadata["algorithm"] == entry["id"]
        assert tensors and all(np.isfinite(tensor).all() for tensor in tensors.values())
