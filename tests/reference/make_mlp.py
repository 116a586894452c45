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
ACTIVATIONS = {
    "relu": torch.relu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "leaky_relu": torch.nn.functional.leaky_relu,
    "gelu": torch.nn.functional.gelu,
    "identity": lambda z: z,
}
OPTIMIZERS = {
    "sgd": lambda groups, rate: torch.optim.SGD(groups, lr=rate),
    "momentum": lambda groups, rate: torch.optim.SGD(groups, lr=rate, momentum=0.9),
    "nesterov": lambda groups, rate: torch.optim.SGD(groups, lr=rate, momentum=0.9, nesterov=True),
    "rmsprop": lambda groups, rate: torch.optim.RMSprop(groups, lr=rate),
    "adam": lambda groups, rate: torch.optim.Adam(groups, lr=rate),
    "adamw": lambda groups, rate: torch.optim.AdamW(groups, lr=rate),
}
RATES = {"sgd": 0.1, "momentum": 0.02, "nesterov": 0.02, "rmsprop": 0.01, "adam": 0.01, "adamw": 0.01}
WEIGHT_DECAY = 0.05


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


def start_weights(sizes, seed, batch_norm=False):
    """Uniform in ±1/sqrt(n_in), rounded to 4 places so that single precision starts nearly there too."""
    rng = np.random.default_rng(seed)
    layers = []
    for n_in, n_out in zip(sizes, sizes[1:]):
        bound = 1 / math.sqrt(n_in)
        layers.append({"weight": rng.uniform(-bound, bound, (n_out, n_in)).round(4),
                       "bias": rng.uniform(-bound, bound, n_out).round(4)})
    if batch_norm:
        for layer in layers[:-1]:
            n_out = len(layer["bias"])
            layer |= {"scale": rng.uniform(0.5, 1.5, n_out).round(4), "shift": rng.uniform(-0.5, 0.5, n_out).round(4)}
    return layers


class Net:
    """Layers of tensors that learn, and running statistics where there is batch normalization."""

    def __init__(self, net, activations, dtype):
        tensor = lambda values: torch.tensor(values, dtype=dtype, requires_grad=True)
        self.layers = [{name: tensor(values) for name, values in layer.items()} for layer in net["layers"]]
        self.activations = [ACTIVATIONS[name] for name in activations]
        widths = net["sizes"][1:-1]
        self.running = [(torch.zeros(n, dtype=dtype), torch.ones(n, dtype=dtype)) for n in widths]

    def forward(self, rows, training):
        for layer, activation, (mean, variance) in zip(self.layers, self.activations, self.running):
            rows = rows @ layer["weight"].T + layer["bias"]
            if "scale" in layer:
                # A batch of one row has no variance: the running statistics stand in.
                own = training and len(rows) > 1
                rows = torch.nn.functional.batch_norm(rows, mean, variance, layer["scale"], layer["shift"], own)
            rows = activation(rows)
        return rows @ self.layers[-1]["weight"].T + self.layers[-1]["bias"]

    def weights(self):
        return [layer["weight"] for layer in self.layers]

    def others(self):
        return [tensor for layer in self.layers for name, tensor in layer.items() if name != "weight"]


def loss_of(case, outputs, y, weights):
    """The mean over rows, weighted where there are weights."""
    if case["loss"] == "cross_entropy" and case["class_weights"]:
        factors = torch.tensor(case["class_weights"], dtype=outputs.dtype)
        return torch.nn.functional.cross_entropy(outputs, y, factors)
    if case["loss"] == "cross_entropy":
        by_row = torch.nn.functional.cross_entropy(outputs, y, reduction="none")
    elif case["loss"] == "brier":
        truth = torch.nn.functional.one_hot(y, outputs.shape[1])
        by_row = ((torch.softmax(outputs, 1) - truth) ** 2).sum(1)
    else:
        of = {"squared_error": torch.nn.functional.mse_loss, "huber": torch.nn.functional.huber_loss,
              "absolute_error": torch.nn.functional.l1_loss}[case["loss"]]
        by_row = of(outputs, y, reduction="none").mean(1)
    return by_row.mean() if weights is None else (by_row * weights).sum() / weights.sum()


def schedulers(case, optimizer):
    schedule, of = case["schedule"], torch.optim.lr_scheduler
    made = []
    match schedule["kind"]:
        case "step":
            made.append(of.StepLR(optimizer, schedule["step_size"], schedule["gamma"]))
        case "exponential":
            made.append(of.ExponentialLR(optimizer, schedule["gamma"] ** (1 / schedule["step_size"])))
        case "cosine":
            made.append(of.CosineAnnealingLR(optimizer, schedule["n_epochs"]))
        case "inverse_scaling":
            made.append(of.LambdaLR(optimizer, lambda epoch: (epoch + 1) ** -schedule["power"]))
    if schedule["warm_up"]:
        made.append(of.LinearLR(optimizer, 1 / (schedule["warm_up"] + 1), 1, schedule["warm_up"]))
    return made


def train(case, data, net, dtype):
    """(loss before each update, outputs of the first rows after the last)."""
    model = Net(net, case["activations"], dtype)
    x = torch.tensor(data["x"], dtype=dtype)
    is_classifier = case["loss"] in ("cross_entropy", "brier")
    y = torch.tensor(data["y"], dtype=torch.int64 if is_classifier else dtype)
    if not is_classifier and case["one_hot_target"]:
        y = torch.nn.functional.one_hot(torch.tensor(data["y"]), net["sizes"][-1]).to(dtype)
    elif not is_classifier:
        y = y.reshape(-1, 1)
    weights = torch.tensor(case["sample_weights"], dtype=dtype) if case["sample_weights"] else None
    decay = WEIGHT_DECAY if case["optimizer"] == "adamw" else 0
    groups = [{"params": model.weights(), "weight_decay": decay}, {"params": model.others(), "weight_decay": 0}]
    optimizer = OPTIMIZERS[case["optimizer"]](groups, case["learning_rate"])
    by_epoch = schedulers(case, optimizer)
    losses, start = [], 0
    for _ in range(N_STEPS):
        stop = min(start + case["batch_size"], len(x))
        own = None if weights is None else weights[start:stop]
        loss = loss_of(case, model.forward(x[start:stop], True), y[start:stop], own)
        loss = loss + case["l2"] / 2 * sum((weight**2).sum() for weight in model.weights())
        loss = loss + case["l1"] * sum(weight.abs().sum() for weight in model.weights())
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        if case["clip_norm"]:
            torch.nn.utils.clip_grad_norm_(model.weights() + model.others(), case["clip_norm"])
        optimizer.step()
        start = 0 if stop == len(x) else stop
        if start == 0:
            for scheduler in by_epoch:
                scheduler.step()
    outputs = model.forward(x[:4], False).detach()
    return np.array(losses), (torch.softmax(outputs, 1) if is_classifier else outputs).numpy()


def check_first_step(case, data, net, losses):
    """The first loss again, in NumPy, from the formula in the file; the plain cases only."""
    act = {"relu": lambda z: np.maximum(z, 0), "tanh": np.tanh, "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
           "leaky_relu": lambda z: np.maximum(z, z / 100), "identity": lambda z: z}
    is_plain = case["loss"] in ("cross_entropy", "squared_error") and set(case["activations"]) <= set(act)
    if not is_plain or case["class_weights"] or case["sample_weights"] or "scale" in net["layers"][0]:
        return
    rows = data["x"][:case["batch_size"]]
    for layer, activation in zip(net["layers"], case["activations"]):
        rows = act[activation](rows @ layer["weight"].T + layer["bias"])
    z = rows @ net["layers"][-1]["weight"].T + net["layers"][-1]["bias"]
    y = data["y"][:len(z)]
    if case["loss"] == "cross_entropy":
        loss = np.mean(np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(z)), y])
    else:
        loss = np.mean((z - (np.eye(z.shape[1])[y] if case["one_hot_target"] else y[:, None])) ** 2)
    loss += case["l2"] / 2 * sum((layer["weight"] ** 2).sum() for layer in net["layers"])
    loss += case["l1"] * sum(np.abs(layer["weight"]).sum() for layer in net["layers"])
    assert abs(loss - losses[0]) < 1e-13 * max(1, loss)


def schedule(kind, warm_up=0, **values):
    return {"kind": kind, "warm_up": warm_up, **values}


def cases():
    def case(name, data, net, loss, activation, optimizer, l2=0.01, batch_size=16, rate=None, one_hot_target=False,
             l1=0.0, clip_norm=0.0, class_weights=None, sample_weights=None, schedule=schedule("constant")):
        n_hidden = net.removesuffix("-norm").count("-") - 1
        activations = activation if isinstance(activation, list) else [activation] * n_hidden
        return {"name": name, "data": data, "net": net, "loss": loss, "one_hot_target": one_hot_target,
                "activations": activations, "optimizer": optimizer, "learning_rate": rate or RATES[optimizer],
                "l2": l2, "l1": l1, "batch_size": batch_size, "clip_norm": clip_norm, "class_weights": class_weights,
                "sample_weights": sample_weights, "schedule": schedule}

    iris = ("iris", "4-8-5-3", "cross_entropy")
    diabetes = ("diabetes", "5-6-4-1")
    for activation in ("relu", "tanh", "sigmoid"):
        for optimizer in ("sgd", "momentum", "adam"):
            yield case(f"iris_{activation}_{optimizer}", *iris, activation, optimizer)
            yield case(f"diabetes_{activation}_{optimizer}", *diabetes, "squared_error", activation, optimizer)
    for activation in ("leaky_relu", "gelu", "identity"):
        yield case(f"iris_{activation}", *iris, activation, "adam")
        yield case(f"diabetes_{activation}", *diabetes, "squared_error", activation, "momentum")
    yield case("iris_gelu_then_tanh", *iris, ["gelu", "tanh"], "adam")
    yield case("diabetes_sigmoid_then_leaky_relu", *diabetes, "squared_error", ["sigmoid", "leaky_relu"], "adam")
    for optimizer in ("nesterov", "rmsprop", "adamw"):
        yield case(f"iris_tanh_{optimizer}", *iris, "tanh", optimizer)
        yield case(f"diabetes_gelu_{optimizer}", *diabetes, "squared_error", "gelu", optimizer)
    for optimizer in ("sgd", "momentum", "adam"):
        yield case(f"moons_tanh_{optimizer}_no_l2", "moons", "2-4-2", "cross_entropy", "tanh", optimizer, l2=0.0)
        yield case(f"iris_one_hot_{optimizer}", "iris", "4-8-5-3", "squared_error", "tanh", optimizer, l2=0.0,
                   one_hot_target=True)
    for loss in ("huber", "absolute_error"):
        for optimizer in ("sgd", "adam"):
            yield case(f"diabetes_{loss}_{optimizer}", *diabetes, loss, "tanh", optimizer)
    yield case("iris_brier", "iris", "4-8-5-3", "brier", "tanh", "adam")
    for activation, optimizer in (("relu", "sgd"), ("tanh", "adam"), ("gelu", "nesterov")):
        yield case(f"iris_batch_norm_{activation}", "iris", "4-8-5-3-norm", "cross_entropy", activation, optimizer)
    yield case("moons_batch_norm_last_batch_of_one", "moons", "2-4-2-norm", "cross_entropy", "tanh", "momentum",
               batch_size=59)
    yield case("iris_l1", *iris, "tanh", "sgd", l1=0.002)
    yield case("iris_class_weights", *iris, "tanh", "adam", class_weights=[1.0, 2.5, 0.25])
    sample_weights = [float(1 + row % 4) for row in range(90)]
    yield case("diabetes_sample_weights", *diabetes, "huber", "tanh", "momentum", sample_weights=sample_weights)
    yield case("diabetes_clipped", *diabetes, "squared_error", "tanh", "momentum", clip_norm=0.3)
    yield case("iris_step", *iris, "tanh", "sgd", schedule=schedule("step", step_size=5, gamma=0.5))
    yield case("iris_exponential", *iris, "tanh", "adam", schedule=schedule("exponential", step_size=10, gamma=0.1))
    yield case("iris_cosine", *iris, "tanh", "momentum", schedule=schedule("cosine", n_epochs=25))
    yield case("iris_inverse_scaling", *iris, "tanh", "adam", schedule=schedule("inverse_scaling", power=0.5))
    yield case("iris_warm_up", *iris, "tanh", "adam", schedule=schedule("constant", warm_up=6))
    yield case("iris_warm_up_and_step", *iris, "tanh", "sgd",
               schedule=schedule("step", warm_up=4, step_size=8, gamma=0.3))
    yield case("iris_no_hidden_layer", "iris", "4-3", "cross_entropy", "relu", "sgd", l2=0.1)
    yield case("moons_batches_of_one", "moons", "2-4-2", "cross_entropy", "tanh", "momentum", batch_size=1)
    yield case("moons_batch_larger_than_data", "moons", "2-4-2", "cross_entropy", "sigmoid", "adam", batch_size=1000)
    yield case("moons_short_last_batch", "moons", "2-4-2", "cross_entropy", "relu", "adam", batch_size=59)
    yield case("moons_huge_inputs", "moons_times_1000", "2-4-2", "cross_entropy", "relu", "sgd", rate=1e-7)
    yield case("diabetes_target_in_thousands", "diabetes_target_times_1000", "5-6-4-1", "squared_error", "tanh", "adam")


def short(value):
    """Nine significant digits: thirty times finer than single precision, and half the file."""
    if isinstance(value, dict):
        return {name: short(item) for name, item in value.items()}
    if isinstance(value, (list, np.ndarray)):
        return [short(item) for item in value]
    return float(f"{value:.9g}")


def main():
    data = {name: {"x": x, "y": y} for name, x, y in data_sets()}
    data["moons_times_1000"] = {"x": (data["moons"]["x"] * 1000).round(), "y": data["moons"]["y"]}
    data["diabetes_target_times_1000"] = {"x": data["diabetes"]["x"], "y": (data["diabetes"]["y"] * 1000).round()}
    sizes = [[4, 8, 5, 3], [5, 6, 4, 1], [2, 4, 2], [4, 3]]
    nets = {"-".join(map(str, size)): {"sizes": size, "layers": start_weights(size, 10 + seed)}
            for seed, size in enumerate(sizes)}
    for size in sizes[0], sizes[2]:
        name = "-".join(map(str, size)) + "-norm"
        nets[name] = {"sizes": size, "layers": start_weights(size, 20, batch_norm=True)}
    done = []
    for case in cases():
        inputs = data[case["data"]], nets[case["net"]]
        losses, outputs = train(case, *inputs, torch.float64)
        single, _ = train(case, *inputs, torch.float32)
        apart = np.max(np.abs(single - losses) / np.maximum(1, np.abs(losses)))
        # A curve that doubles its rounding at every step would test nobody's code.
        assert apart < 1e-4, case["name"]
        check_first_step(case, *inputs, losses)
        print(f"  {case['name']}: {losses[0]:.6g} to {losses[-1]:.6g}, single precision off by {apart:.0e}")
        done.append({**case, "f32_differs_by": float(f"{apart:.1e}"), "losses": short(losses),
                     "final_outputs": short(outputs)})
    write_golden(
        "mlp.json", "make_mlp.py", ["numpy", "scikit-learn", "torch"],
        {"f64": 1e-8, "f32": "max(20 * f32_differs_by, 1e-5) of the case",
         "measure": "|ours - expected| / max(1, |expected|), at every step",
         "reason": "Losses and outputs are written with nine digits; the 200 updates themselves carry rounding "
                   "forward by less than 1e-12 in double precision. "
                   "In single precision the growth depends on the case, so PyTorch's own f32 run is the yardstick."},
        {"loss": "cross_entropy: mean over the batch of -ln softmax(outputs)[class], weighted by class_weights where "
                 "given: sum(w * l) / sum(w). brier: mean over rows of sum((softmax(outputs) - one_hot)^2). "
                 "squared_error, huber (delta 1), absolute_error: mean over all batch rows and outputs of e^2 (without "
                 "a half), of e^2/2 or |e| - 1/2, of |e|; weighted by sample_weights where given. Plus l2/2 * "
                 "sum(weight^2) and l1 * sum(|weight|) over all weights, not biases, scales or shifts. losses[i] is "
                 "that of the batch of step i before its update.",
         "net": "z = x . weight^T + bias with weight (n_out, n_in); with scale and shift, z is normalized over the "
                "batch (eps 1e-5, running statistics with momentum 0.1 for outputs and for batches of one row); "
                "activations[i] after layer i, none after the last.",
         "batches": "Rows 0..batch_size, then the next batch_size, the last short batch kept, then from row 0 again.",
         "optimizers": "sgd: w -= rate * g. momentum: v = 0.9 * v + g (v starts at 0), w -= rate * v. adam: betas 0.9 "
                       "and 0.999 with bias correction, w -= rate * m_hat / (sqrt(v_hat) + 1e-8). nesterov: w -= rate * (g + 0.9 * v). "
                       "rmsprop: smoothing 0.99, eps 1e-8. adamw: adam after w *= 1 - rate * 0.05 (weights only). g "
                       "includes the penalties; where clip_norm is not 0 its length over all parameters is at most that.",
         "schedule": "rate of an epoch: step, exponential (gamma^(epoch / step_size)), cosine over n_epochs, "
                     "inverse_scaling (epoch + 1)^-power; all times min(1, (epoch + 1) / (warm_up + 1)).",
         "outputs": "final_outputs: of the first four rows after the last update; probabilities for classes.",
         "data": data, "nets": nets, "cases": done})


if __name__ == "__main__":
    main()
