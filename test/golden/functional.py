"""Golden values of models of the functional form: ten training steps in double precision from PyTorch.

    python3 test/golden/functional.py        (needs torch 1.13 and numpy; a second)

Writes functional.json beside itself: by model the mean loss of each step, and all parameters after the last, weights as [in, out]. Data,
weights and orders are those of make-golden.py's contract: inputs byte / 256, targets classes, or the inputs themselves; every weight is
drawn by its index among all parameters, and He normal. Biases begin at 0.
"""
import importlib.util
import json
import math
import os
import sys
import numpy as np
import torch
import torch.nn.functional as F
sys.dont_write_bytecode = True

HERE = os.path.dirname(os.path.abspath(__file__))
spec = importlib.util.spec_from_file_location("golden", os.path.join(HERE, "make-golden.py"))
golden = importlib.util.module_from_spec(spec)
spec.loader.exec_module(golden)

WIDTH, CLASSES, BATCH, SAMPLES, SEED = 13, 5, 8, 77, 11
RATE, MOMENTUM, STEPS = 0.0625, 0.875, 10
double = torch.float64
INPUTS = torch.from_numpy((golden.words(SEED, golden.INPUTS, 0, SAMPLES * WIDTH) >> np.uint64(24)).astype(np.float64) / 256).reshape(SAMPLES, WIDTH)
TARGETS = torch.from_numpy((golden.words(SEED, golden.TARGETS, 0, SAMPLES) * np.uint64(CLASSES) >> np.uint64(32)).astype(np.int64))


class Parameters:
    """In the order of their making, each with its index."""

    def __init__(self):
        self.all = []

    def add(self, tensor, trains=True):
        self.all.append(tensor.requires_grad_(trains))
        return self.all[-1]

    def dense(self, fan_in, fan_out, trains=True):
        drawn = golden.normals(fan_in * fan_out, SEED, golden.WEIGHTS + len(self.all)) * math.sqrt(2 / fan_in)
        weight = self.add(torch.from_numpy(drawn.astype(np.float32).astype(np.float64).reshape(fan_in, fan_out)), trains)
        return weight, self.bias(fan_out, trains)

    def bias(self, units, trains=True):
        return self.add(torch.zeros(units, dtype=double), trains)


def residual(p):
    w0, b0 = p.dense(WIDTH, 11)
    w1, b1 = p.dense(11, 11)
    w2, b2 = p.dense(11, CLASSES)

    def forward(x):
        h = F.relu(x @ w0 + b0)
        return (h + F.relu(h @ w1 + b1)) @ w2 + b2
    return forward


def dense_connections(p):
    w0, b0 = p.dense(WIDTH, 7)
    w1, b1 = p.dense(WIDTH + 7, 5)
    w2, b2 = p.dense(WIDTH + 7 + 5, CLASSES)

    def forward(x):
        a = torch.cat([x, torch.tanh(x @ w0 + b0)], 1)
        return torch.cat([a, torch.tanh(a @ w1 + b1)], 1) @ w2 + b2
    return forward


def two_inputs(p):
    w0, b0 = p.dense(6, 5)
    w1, b1 = p.dense(7, 5)
    w2, b2 = p.dense(10, CLASSES)

    def forward(x):
        return torch.cat([torch.tanh(x[:, :6] @ w0 + b0), torch.tanh(x[:, 6:] @ w1 + b1)], 1) @ w2 + b2
    return forward


def hidden_slices(p):
    w0, b0 = p.dense(WIDTH, 9)
    w1, b1 = p.dense(5, 5)
    w2, b2 = p.dense(5, CLASSES)

    def forward(x):
        h = torch.tanh(x @ w0 + b0)
        return (torch.tanh(h[:, :5] @ w1 + b1) + h[:, 4:]) @ w2 + b2
    return forward


def twice(p):
    w0, b0 = p.dense(WIDTH, 11)
    w1, b1 = p.dense(11, 11)
    w2, b2 = p.dense(11, CLASSES)

    def forward(x):
        h = F.softplus(x @ w0 + b0)
        return torch.tanh(torch.tanh(torch.tanh(h @ w1 + b1) @ w1 + b1) @ w1 + b1) @ w2 + b2
    return forward


def autoencoder(p):
    w0, b0 = p.dense(WIDTH, 7)
    w1, b1 = p.dense(7, 3)
    b2, b3 = p.bias(7), p.bias(WIDTH)

    def forward(x):
        code = F.relu(F.relu(x @ w0 + b0) @ w1 + b1)
        return F.relu(code @ w1.T + b2) @ w0.T + b3
    return forward


def frozen(p):
    w0, b0 = p.dense(WIDTH, 11)
    w1, b1 = p.dense(11, 9, False)
    w2, b2 = p.dense(9, CLASSES)

    def forward(x):
        return F.relu(F.relu(x @ w0 + b0) @ w1 + b1) @ w2 + b2
    return forward


def frozen_below(p):
    w0, b0 = p.dense(WIDTH, 11, False)
    w1, b1 = p.dense(11, CLASSES)

    def forward(x):
        return F.relu(x @ w0 + b0) @ w1 + b1
    return forward


def squashed(p):
    w0, b0 = p.dense(WIDTH, 7)
    w1, b1 = p.dense(7, WIDTH)

    def forward(x):
        return torch.sigmoid(torch.tanh(x @ w0 + b0) @ w1 + b1)
    return forward


MODELS = [
    ("residual", residual, "softmax-cross-entropy"), ("dense connections", dense_connections, "softmax-cross-entropy"),
    ("two inputs", two_inputs, "softmax-cross-entropy"), ("hidden slices", hidden_slices, "softmax-cross-entropy"), ("a layer three times", twice, "softmax-cross-entropy"),
    ("tied autoencoder", autoencoder, "mean-squared-error"), ("tied autoencoder of labels", autoencoder, "binary-cross-entropy"),
    ("frozen in the middle", frozen, "softmax-cross-entropy"), ("frozen below", frozen_below, "softmax-cross-entropy"), ("sigmoid at the end", squashed, "mean-squared-error"),
]
LOSSES = {
    "softmax-cross-entropy": lambda z, rows: F.cross_entropy(z, TARGETS[rows]), "mean-squared-error": lambda z, rows: F.mse_loss(z, INPUTS[rows]),
    "binary-cross-entropy": lambda z, rows: F.binary_cross_entropy_with_logits(z, INPUTS[rows]),
}


def train(name, build, loss):
    p = Parameters()
    forward = build(p)
    optimizer = torch.optim.SGD([t for t in p.all if t.requires_grad], lr=RATE, momentum=MOMENTUM)
    order, losses = golden.permutation(SAMPLES, SEED, 0), []
    for step in range(STEPS):
        rows = order[step * BATCH:(step + 1) * BATCH]
        value = LOSSES[loss](forward(INPUTS[rows]), rows)
        losses.append(value.item())
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
    return dict(name=name, loss=loss, losses=losses, parameters=[t.detach().reshape(-1).tolist() for t in p.all])


if __name__ == "__main__":
    torch.set_num_threads(1)
    content = dict(
        source=f"functional.py, PyTorch {torch.__version__.split('a')[0]}, float64", width=WIDTH, classes=CLASSES, batch=BATCH, samples=SAMPLES, seed=SEED,
        learningRate=RATE, momentum=MOMENTUM, steps=STEPS, models=[train(*one) for one in MODELS],
    )
    with open(os.path.join(HERE, "functional.json"), "w", newline="\n") as file:
        json.dump(content, file, separators=(",", ":"))
        file.write("\n")
