"""Golden cases for every activation and likelihood, by plain NumPy in float64.

The format is that of the cases in src/main/resources/io/jcuvae/jobs/golden, which come from PyTorch; these cover what those
leave out, with a backward pass written out here and checked by central differences. Usage: python3 make.py
"""

import json
import math

import numpy as np

D, LATENT, BATCH, STEPS, STORED = 6, 2, 3, 4, (1, 2, 4)
erf = np.vectorize(math.erf)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def gelu_slope(x):
    return 0.5 * (1 + erf(x / math.sqrt(2))) + x * np.exp(-x * x / 2) / math.sqrt(2 * math.pi)


ACTIVATIONS = {
    "relu": (lambda x: np.maximum(x, 0), lambda x: 1.0 * (x > 0)),
    "tanh": (np.tanh, lambda x: 1 - np.tanh(x) ** 2),
    "leaky_relu": (lambda x: np.where(x > 0, x, 0.01 * x), lambda x: np.where(x > 0, 1, 0.01)),
    "sigmoid": (sigmoid, lambda x: sigmoid(x) * (1 - sigmoid(x))),
    "softplus": (lambda x: np.logaddexp(0, x), sigmoid),
    "elu": (lambda x: np.where(x > 0, x, np.expm1(x)), lambda x: np.where(x > 0, 1, np.exp(np.minimum(x, 0)))),
    "gelu": (lambda x: 0.5 * x * (1 + erf(x / math.sqrt(2))), gelu_slope),
    "silu": (lambda x: x * sigmoid(x), lambda x: sigmoid(x) * (1 + x * (1 - sigmoid(x)))),
}

# activation, hidden widths, likelihood, beta, learning rate
CASES = [
    ("relu", [], "bernoulli", 1.0, 0.001),
    ("relu", [5, 4, 3], "mse", 2.0, 0.01),
    ("tanh", [5], "gaussian", 0.5, 0.002),
    ("leaky_relu", [5, 4], "gaussian-learned", 1.0, 0.001),
    ("sigmoid", [5], "bernoulli", 4.0, 0.01),
    ("softplus", [5], "gaussian-learned", 0.25, 0.003),
    ("elu", [4, 4], "mse", 1.0, 0.001),
    ("gelu", [5, 4], "bernoulli", 1.0, 0.001),
    ("silu", [5], "gaussian", 1.0, 0.005),
]


def layers(hidden):
    """Names and (out, in) of the linear layers."""
    sizes = {}
    width = D
    for i, h in enumerate(hidden):
        sizes[f"enc{i}"] = (h, width)
        width = h
    sizes["mu"] = sizes["logvar"] = (LATENT, width)
    width = LATENT
    for i, h in enumerate(list(reversed(hidden)) + [D]):
        sizes[f"dec{i}"] = (h, width)
        width = h
    return sizes


def parameters(hidden, likelihood, rng):
    p = {}
    for name, (out, fan_in) in layers(hidden).items():
        bound = 1.5 / math.sqrt(fan_in)
        p[name + ".weight"] = rng.uniform(-bound, bound, (out, fan_in))
        p[name + ".bias"] = rng.uniform(-bound, bound, out)
    if likelihood == "gaussian-learned":
        p["likelihood.logvar"] = np.array([-0.4])
    return {k: v.astype(np.float32).astype(np.float64) for k, v in p.items()}


def step(p, x, eps, case):
    """Losses, activations and gradients of the summed loss."""
    activation, hidden, likelihood, beta, _ = case
    f, slope = ACTIVATIONS[activation]
    fwd, pre, inputs = {}, {}, {}

    def linear(name, h):
        inputs[name] = h
        pre[name] = h @ p[name + ".weight"].T + p[name + ".bias"]
        return pre[name]

    h = x
    for i in range(len(hidden)):
        h = fwd[f"enc{i}.out"] = f(linear(f"enc{i}", h))
    mu = fwd["mu"] = linear("mu", h)
    logvar = fwd["logvar"] = linear("logvar", h)
    h = fwd["z"] = mu + eps * np.exp(logvar / 2)
    for i in range(len(hidden)):
        h = fwd[f"dec{i}.out"] = f(linear(f"dec{i}", h))
    last = f"dec{len(hidden)}"
    out = fwd["logits"] = linear(last, h)
    fwd["xhat"] = sigmoid(out) if likelihood == "bernoulli" else out

    grad = {}
    if likelihood == "bernoulli":
        rec = np.sum(np.maximum(out, 0) - out * x + np.log1p(np.exp(-np.abs(out))))
        dout = sigmoid(out) - x
    elif likelihood == "mse":
        rec = np.sum((out - x) ** 2)
        dout = 2 * (out - x)
    else:
        v = p["likelihood.logvar"][0] if likelihood == "gaussian-learned" else 0.0
        rec = np.sum(math.log(2 * math.pi) + v + (x - out) ** 2 * math.exp(-v)) / 2
        dout = (out - x) * math.exp(-v)
        if likelihood == "gaussian-learned":
            grad["likelihood.logvar"] = np.array([np.sum(1 - (x - out) ** 2 * math.exp(-v)) / 2])
    kl = -0.5 * np.sum(1 + logvar - mu**2 - np.exp(logvar))

    def backward(name, d):
        grad[name + ".weight"] = d.T @ inputs[name]
        grad[name + ".bias"] = d.sum(0)
        return d @ p[name + ".weight"]

    d = backward(last, dout)
    for i in reversed(range(len(hidden))):
        d = backward(f"dec{i}", d * slope(pre[f"dec{i}"]))
    d = backward("mu", d + beta * mu) + backward(
        "logvar", d * eps * np.exp(logvar / 2) / 2 + beta * (np.exp(logvar) - 1) / 2
    )
    for i in reversed(range(len(hidden))):
        d = backward(f"enc{i}", d * slope(pre[f"enc{i}"]))
    return (rec + beta * kl, rec, kl), fwd, grad


def check_gradients(p, x, eps, case, grad):
    for name, g in grad.items():
        for i in np.ndindex(g.shape):
            moved = []
            for h in (1e-5, -1e-5):
                q = {k: v.copy() for k, v in p.items()}
                q[name][i] += h
                moved.append(step(q, x, eps, case)[0][0])
            numeric = (moved[0] - moved[1]) / 2e-5
            assert abs(numeric - g[i]) < 1e-6 * max(1, abs(g[i])), (case, name, i, numeric, g[i])


def make(number, case):
    activation, hidden, likelihood, beta, rate = case
    rng = np.random.default_rng(1000 + number)
    single = lambda a: a.astype(np.float32).astype(np.float64)
    p = parameters(hidden, likelihood, rng)
    x = single(rng.uniform(size=(STEPS, BATCH, D)))
    eps = single(rng.standard_normal((STEPS, BATCH, LATENT)))
    arrays = {"x": x, "eps": eps}
    arrays.update({"init/" + k: v for k, v in p.items()})
    norms, losses = {}, []
    m = {k: np.zeros_like(v) for k, v in p.items()}
    v = {k: np.zeros_like(v) for k, v in p.items()}
    for t in range(1, STEPS + 1):
        loss, fwd, grad = step(p, x[t - 1], eps[t - 1], case)
        losses.append(loss)
        if t == 1:
            check_gradients(p, x[0], eps[0], case, grad)
            arrays.update({"fwd/" + k: a for k, a in fwd.items()})
            arrays.update({"grad/" + k: grad[k] for k in p})
            norms["grad"] = {k: float(np.linalg.norm(grad[k])) for k in p}
        for k in p:
            m[k] = 0.9 * m[k] + 0.1 * grad[k]
            v[k] = 0.999 * v[k] + 0.001 * grad[k] ** 2
            p[k] = p[k] - rate * (m[k] / (1 - 0.9**t)) / (np.sqrt(v[k] / (1 - 0.999**t)) + 1e-8)
        if t in STORED:
            arrays.update({f"step{t}/" + k: a for k, a in p.items()})
            norms[f"step{t}"] = {k: float(np.linalg.norm(a)) for k, a in p.items()}
    name = f"{activation}_{likelihood.replace('-', '_')}"
    np.savez_compressed(name + ".npz", **{k: a.astype(np.float32) for k, a in arrays.items()})
    config = {
        "arch": "mlp",
        "d": D,
        "hidden": hidden,
        "latent": LATENT,
        "activation": activation,
        "likelihood": likelihood,
        "beta": beta,
        "lr": rate,
        "batch": BATCH,
    }
    described = {
        "name": name,
        "config": config,
        "step1": dict(zip(("loss", "rec_sum", "kl_sum"), losses[0])),
        "loss_rec_kl_before_each_step_float64": losses,
        "l2_norm_float64": norms,
    }
    with open(name + ".json", "w") as file:
        json.dump(described, file, indent=1)
        file.write("\n")


for number, case in enumerate(CASES):
    make(number, case)
