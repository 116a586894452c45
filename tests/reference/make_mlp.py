"""tests/golden/mlp.json: whole loss curves of small nets, by PyTorch in double precision.

One update: the gradient of the mean loss of a batch plus the L2 term, then one optimizer step. Batches are
consecutive rows in row order, the last short one kept, and start over; nothing is shuffled. Each curve is run
in single precision too, and the largest distance is kept as a guide for nets that compute in f32.
"""

import math

import numpy as np
import torch
from sklearn.datasets import make_moons

from golden import sample, write_golden

N_STEPS = 200
ACTIVATIONS = {"relu": torch.relu, "tanh": torch.tanh, "sigmoid": torch.sigmoid}
OPTIMIZERS = {
    "sgd": lambda parameters, rate: torch.optim.SGD(parameters, lr=rate),
    "momentum": lambda parameters, rate: torch.optim.SGD(parameters, lr=rate, momentum=0.9),
    "adam": lambda parameters, rate: torch.optim.Adam(parameters, lr=rate, betas=(0.9, 0.999), eps=1e-8),
}
RATES = {"sgd": 0.1, "momentum": 0.02, "adam": 0.01}


def standardized(x):
    """Rounded, so that the file stays small; the rounded numbers are the data."""
    return ((x - x.mean(axis=0)) / x.std(axis=0)).round(3)


def data_sets():
    rng = np.random.default_rng(5)
    x, y, _ = sample("iris", ["sepal_length_cm", "sepal_width_cm", "petal_length_cm", "petal_width_cm"], "species")
    mixed = rng.permutation(150)[:120]
    yield "iris", standardized(x)[mixed], y[mixed]
    x, y = make_moons(60, noise=0.15, random_state=5)
    yield "moons", x.round(3), y
    x, y, _ = sample("diabetes", ["age_years", "bmi", "mean_blood_pressure", "s3_hdl", "s5_log_triglycerides"],
                     "disease_progression", rows=90)
    yield "diabetes", standardized(x), standardized(y)


def start_weights(sizes, seed):
    """Uniform in ±1/sqrt(n_in), rounded to 4 places so that single precision starts nearly there too."""
    rng = np.random.default_rng(seed)
    layers = []
    for n_in, n_out in zip(sizes, sizes[1:]):
        bound = 1 / math.sqrt(n_in)
        layers.append({"weight": rng.uniform(-bound, bound, (n_out, n_in)).round(4),
                       "bias": rng.uniform(-bound, bound, n_out).round(4)})
    return layers


def train(case, data, net, dtype):
    """(loss before each update, layers after the last, outputs of the first rows after the last)."""
    weights = [torch.tensor(layer["weight"], dtype=dtype, requires_grad=True) for layer in net["layers"]]
    biases = [torch.tensor(layer["bias"], dtype=dtype, requires_grad=True) for layer in net["layers"]]
    x = torch.tensor(data["x"], dtype=dtype)
    is_classifier = case["loss"] == "cross_entropy"
    y = torch.tensor(data["y"], dtype=torch.int64 if is_classifier else dtype)
    if not is_classifier and case["one_hot_target"]:
        y = torch.nn.functional.one_hot(torch.tensor(data["y"]), net["sizes"][-1]).to(dtype)
    elif not is_classifier:
        y = y.reshape(-1, 1)
    optimizer = OPTIMIZERS[case["optimizer"]](weights + biases, case["learning_rate"])
    activation = ACTIVATIONS[case["activation"]]

    def forward(rows):
        for weight, bias in zip(weights[:-1], biases[:-1]):
            rows = activation(rows @ weight.T + bias)
        return rows @ weights[-1].T + biases[-1]

    loss_of = torch.nn.CrossEntropyLoss() if is_classifier else torch.nn.MSELoss()
    losses, start = [], 0
    for _ in range(N_STEPS):
        stop = min(start + case["batch_size"], len(x))
        loss = loss_of(forward(x[start:stop]), y[start:stop])
        loss = loss + case["l2"] / 2 * sum((weight**2).sum() for weight in weights)
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        start = 0 if stop == len(x) else stop
    layers = [{"weight": weight.detach().numpy(), "bias": bias.detach().numpy()}
              for weight, bias in zip(weights, biases)]
    outputs = forward(x[:4]).detach()
    return np.array(losses), layers, (torch.softmax(outputs, 1) if is_classifier else outputs).numpy()


def check_first_step(case, data, net, losses):
    """The first loss again, in NumPy, from the formula in the file."""
    rows = data["x"][:case["batch_size"]]
    act = {"relu": lambda z: np.maximum(z, 0), "tanh": np.tanh, "sigmoid": lambda z: 1 / (1 + np.exp(-z))}
    for layer in net["layers"][:-1]:
        rows = act[case["activation"]](rows @ layer["weight"].T + layer["bias"])
    z = rows @ net["layers"][-1]["weight"].T + net["layers"][-1]["bias"]
    y = data["y"][:len(z)]
    if case["loss"] == "cross_entropy":
        loss = np.mean(np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(z)), y])
    else:
        loss = np.mean((z - (np.eye(z.shape[1])[y] if case["one_hot_target"] else y[:, None])) ** 2)
    loss += case["l2"] / 2 * sum((layer["weight"] ** 2).sum() for layer in net["layers"])
    assert abs(loss - losses[0]) < 1e-13 * max(1, loss)


def cases():
    def case(name, data, net, loss, activation, optimizer, l2=0.01, batch_size=16, rate=None, one_hot_target=False):
        return {"name": name, "data": data, "net": net, "loss": loss, "one_hot_target": one_hot_target,
                "activation": activation, "optimizer": optimizer, "learning_rate": rate or RATES[optimizer],
                "l2": l2, "batch_size": batch_size}

    for activation in ACTIVATIONS:
        for optimizer in OPTIMIZERS:
            yield case(f"iris_{activation}_{optimizer}", "iris", "4-8-5-3", "cross_entropy", activation, optimizer)
            yield case(f"diabetes_{activation}_{optimizer}", "diabetes", "5-6-4-1", "squared_error",
                       activation, optimizer)
    for optimizer in OPTIMIZERS:
        yield case(f"moons_tanh_{optimizer}_no_l2", "moons", "2-4-2", "cross_entropy", "tanh", optimizer, l2=0.0)
        yield case(f"iris_one_hot_{optimizer}", "iris", "4-8-5-3", "squared_error", "tanh", optimizer, l2=0.0,
                   one_hot_target=True)
    yield case("iris_no_hidden_layer", "iris", "4-3", "cross_entropy", "relu", "sgd", l2=0.1)
    yield case("moons_batches_of_one", "moons", "2-4-2", "cross_entropy", "tanh", "momentum", batch_size=1)
    yield case("moons_batch_larger_than_data", "moons", "2-4-2", "cross_entropy", "sigmoid", "adam", batch_size=1000)
    yield case("moons_short_last_batch", "moons", "2-4-2", "cross_entropy", "relu", "adam", batch_size=59)
    yield case("moons_huge_inputs", "moons_times_1000", "2-4-2", "cross_entropy", "relu", "sgd", rate=1e-7)
    yield case("diabetes_target_in_thousands", "diabetes_target_times_1000", "5-6-4-1", "squared_error", "tanh", "adam")


def main():
    data = {name: {"x": x, "y": y} for name, x, y in data_sets()}
    data["moons_times_1000"] = {"x": (data["moons"]["x"] * 1000).round(), "y": data["moons"]["y"]}
    data["diabetes_target_times_1000"] = {"x": data["diabetes"]["x"], "y": (data["diabetes"]["y"] * 1000).round()}
    sizes = [[4, 8, 5, 3], [5, 6, 4, 1], [2, 4, 2], [4, 3]]
    nets = {"-".join(map(str, size)): {"sizes": size, "layers": start_weights(size, 10 + seed)}
            for seed, size in enumerate(sizes)}
    done = []
    for case in cases():
        inputs = data[case["data"]], nets[case["net"]]
        losses, layers, outputs = train(case, *inputs, torch.float64)
        single, _, _ = train(case, *inputs, torch.float32)
        apart = np.max(np.abs(single - losses) / np.maximum(1, np.abs(losses)))
        # A curve that doubles its rounding at every step would test nobody's code.
        assert apart < 1e-5, case["name"]
        check_first_step(case, *inputs, losses)
        print(f"  {case['name']}: {losses[0]:.6g} to {losses[-1]:.6g}, single precision off by {apart:.0e}")
        done.append({**case, "f32_differs_by": float(f"{apart:.1e}"), "losses": losses,
                     "final_layers": layers, "final_outputs": outputs})
    write_golden(
        "mlp.json", "make_mlp.py", ["numpy", "scikit-learn", "torch"],
        {"f64": 1e-11, "f32": "max(20 * f32_differs_by, 1e-5) of the case",
         "measure": "|ours - expected| / max(1, |expected|), at every step",
         "reason": "200 updates carry rounding forward: in double precision NumPy, which sums in another order, "
                   "stays within 1e-15. "
                   "In single precision the growth depends on the case, so PyTorch's own f32 run is the yardstick."},
        {"loss": "cross_entropy: mean over the batch of -ln softmax(outputs)[class]. squared_error: mean over all "
                 "batch rows and outputs of (output - target)^2, without a half. Both plus l2/2 * sum(weight^2) over "
                 "all weights, not biases. losses[i] is that of the batch of step i before its update.",
         "net": "z = x . weight^T + bias with weight (n_out, n_in); the activation after every layer but the last.",
         "batches": "Rows 0..batch_size, then the next batch_size, the last short batch kept, then from row 0 again.",
         "optimizers": "sgd: w -= rate * g. momentum: v = 0.9 * v + g (v starts at 0), w -= rate * v. adam: betas 0.9 "
                       "and 0.999 with bias correction, w -= rate * m_hat / (sqrt(v_hat) + 1e-8). g includes l2 * w.",
         "outputs": "final_outputs: of the first four rows after the last update; probabilities for cross_entropy.",
         "data": data, "nets": nets, "cases": done})


if __name__ == "__main__":
    main()
