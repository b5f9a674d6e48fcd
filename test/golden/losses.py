"""Golden values of losses, and ten training steps with each, in double precision from PyTorch.

    python3 test/golden/losses.py        (needs torch 1.13 and numpy; some seconds)

All numbers are ones that f32 holds. It writes losses.json beside itself: by case each row's loss, the mean in both conventions and its gradients, then what a network
13-11-4 with tanh has after ten steps of SGD with momentum. `mean`: 'count' divides the weighted sum of the rows' losses by their
number (Keras), 'weights' by the sum of their weights (PyTorch's cross_entropy; a row of weight w and class c counts w * class weight).
Where PyTorch has the mean itself, it is checked to be the same. Data, weights and orders are those of make-golden.py's contract:
inputs byte / 256, targets of `vectors` (word >> 24) / 256, rows' weights ((word >> 24) + 64) / 256, labels vector >= 1/2.
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

VECTORS, ROW_WEIGHTS, OUTPUTS = 0x7F000003, 0x7F000004, 0x7F000005
SIZES, BATCH, SAMPLES, SEED = [13, 11, 4], 8, 77, 9
RATE, MOMENTUM, STEPS = 0.125, 0.875, 10
K = SIZES[-1]


def words(stream, length):
    return golden.words(SEED, stream, 0, length)


def high(stream, length):
    return torch.from_numpy((words(stream, length) >> np.uint64(24)).astype(np.float64))


INPUTS = (high(golden.INPUTS, SAMPLES * SIZES[0]) / 256).reshape(SAMPLES, -1)
CLASSES = torch.from_numpy((words(golden.TARGETS, SAMPLES) * np.uint64(K) >> np.uint64(32)).astype(np.int64))
SOFT = (high(VECTORS, SAMPLES * K) / 256).reshape(SAMPLES, K)
LABELS = (SOFT >= 0.5).to(torch.float64)
WEIGHTS = (high(ROW_WEIGHTS, SAMPLES) + 64) / 256
CLASS_WEIGHTS = torch.tensor([0.5, 2.0, 0.0, 1.25], dtype=torch.float64)

rows_of = lambda loss: loss.mean(1)
# name, the loss's options, its targets, each row's loss, PyTorch's own mean of all rows (which goes by its own convention) or None
CASES = [
    ("softmax-cross-entropy", {}, "classes", lambda z, t: F.cross_entropy(z, t, reduction="none"), lambda z, t: F.cross_entropy(z, t)),
    ("softmax-cross-entropy", dict(smoothing=0.125), "classes", lambda z, t: F.cross_entropy(z, t, reduction="none", label_smoothing=0.125),
     lambda z, t: F.cross_entropy(z, t, label_smoothing=0.125)),
    ("softmax-cross-entropy", dict(classWeights=CLASS_WEIGHTS.tolist()), "classes", lambda z, t: F.cross_entropy(z, t, weight=CLASS_WEIGHTS, reduction="none"),
     lambda z, t: F.cross_entropy(z, t, weight=CLASS_WEIGHTS)),
    ("softmax-cross-entropy", dict(classWeights=CLASS_WEIGHTS.tolist(), smoothing=0.25), "classes",
     lambda z, t: F.cross_entropy(z, t, weight=CLASS_WEIGHTS, reduction="none", label_smoothing=0.25),
     lambda z, t: F.cross_entropy(z, t, weight=CLASS_WEIGHTS, label_smoothing=0.25)),
    ("softmax-cross-entropy", {}, "vectors", lambda z, t: F.cross_entropy(z, t, reduction="none"), lambda z, t: F.cross_entropy(z, t)),
    ("softmax-cross-entropy", dict(classWeights=CLASS_WEIGHTS.tolist(), smoothing=0.25), "vectors",
     lambda z, t: F.cross_entropy(z, t, weight=CLASS_WEIGHTS, reduction="none", label_smoothing=0.25), None),
    ("binary-cross-entropy", {}, "labels", lambda z, t: rows_of(F.binary_cross_entropy_with_logits(z, t, reduction="none")), F.binary_cross_entropy_with_logits),
    ("binary-cross-entropy", dict(positiveWeight=3), "vectors", lambda z, t: rows_of(F.binary_cross_entropy_with_logits(z, t, reduction="none", pos_weight=torch.full((K,), 3.0, dtype=torch.float64))),
     lambda z, t: F.binary_cross_entropy_with_logits(z, t, pos_weight=torch.full((K,), 3.0, dtype=torch.float64))),
    ("mean-squared-error", {}, "vectors", lambda z, t: rows_of(F.mse_loss(z, t, reduction="none")), F.mse_loss),
    ("mean-absolute-error", {}, "vectors", lambda z, t: rows_of(F.l1_loss(z, t, reduction="none")), F.l1_loss),
    ("huber", dict(delta=0.375), "vectors", lambda z, t: rows_of(F.huber_loss(z, t, reduction="none", delta=0.375)), lambda z, t: F.huber_loss(z, t, delta=0.375)),
    ("smooth-l1", dict(beta=0.375), "vectors", lambda z, t: rows_of(F.smooth_l1_loss(z, t, reduction="none", beta=0.375)), lambda z, t: F.smooth_l1_loss(z, t, beta=0.375)),
]
TARGETS = dict(classes=CLASSES, vectors=SOFT, labels=LABELS)


def divisor(options, kind, mean, rows, weights):
    if mean == "count":
        return float(len(rows))
    of_class = torch.tensor(options["classWeights"], dtype=torch.float64)[CLASSES[rows]] if kind == "classes" and "classWeights" in options else 1.0
    own = WEIGHTS[rows] if weights else torch.ones(len(rows), dtype=torch.float64)
    return (own * of_class).sum()


def mean_of(loss, options, kind, mean, weights, z, rows):
    own = loss(z, TARGETS[kind][rows])
    return ((WEIGHTS[rows] if weights else 1.0) * own).sum() / divisor(options, kind, mean, rows, weights)


def train(loss, options, kind, mean, weights):
    tensors = []
    for layer, (fan_in, fan_out) in enumerate(zip(SIZES, SIZES[1:])):
        drawn = golden.normals(fan_in * fan_out, SEED, golden.WEIGHTS + 2 * layer) * math.sqrt(2 / fan_in)
        tensors += [torch.from_numpy(drawn.astype(np.float32).astype(np.float64).reshape(fan_in, fan_out)), torch.zeros(fan_out, dtype=torch.float64)]
    tensors = [t.requires_grad_() for t in tensors]
    optimizer = torch.optim.SGD(tensors, lr=RATE, momentum=MOMENTUM)
    order, losses = golden.permutation(SAMPLES, SEED, 0), []
    for step in range(STEPS):
        rows = order[step * BATCH:(step + 1) * BATCH]
        z = torch.tanh(INPUTS[rows] @ tensors[0] + tensors[1]) @ tensors[2] + tensors[3]
        value = mean_of(loss, options, kind, mean, weights, z, rows)
        losses.append(value.item())
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
    return dict(losses=losses, parameters=[t.detach().reshape(-1).tolist() for t in tensors])


def case(name, options, kind, loss, own_mean):
    count = 11
    rows = list(range(count))
    # Some far from 0, one at its target.
    z0 = ((high(OUTPUTS, count * K) - 128) / 32).reshape(count, K)
    z0[2, 1], z0[3, 0], z0[4] = 30.0, -40.0, SOFT[4]
    runs = []
    for mean, weights in (("count", False), ("count", True), ("weights", True)):
        z = z0.clone().requires_grad_()
        value = mean_of(loss, options, kind, mean, weights, z, rows)
        runs.append(dict(mean=mean, weights=weights, value=value.item(), gradient=torch.autograd.grad(value, z)[0].reshape(-1).tolist()))
    if own_mean is not None:
        ours = mean_of(loss, options, kind, "weights" if kind == "classes" else "count", False, z0, rows)
        assert abs(own_mean(z0, TARGETS[kind][rows]).item() - ours.item()) < 1e-12, name
    trained = [dict(mean=mean, weights=weights, **train(loss, options, kind, mean, weights)) for mean, weights in (("count", False), ("weights", True))]
    return dict(type=name, options=options, targets=kind, outputs=z0.reshape(-1).tolist(), losses=loss(z0, TARGETS[kind][rows]).tolist(), runs=runs, trained=trained)


if __name__ == "__main__":
    torch.set_num_threads(1)
    content = dict(
        source=f"losses.py, PyTorch {torch.__version__.split('a')[0]}, float64", sizes=SIZES, batch=BATCH, samples=SAMPLES, seed=SEED, learningRate=RATE,
        momentum=MOMENTUM, steps=STEPS, streams=dict(vectors=VECTORS, weights=ROW_WEIGHTS), cases=[case(*one) for one in CASES],
    )
    with open(os.path.join(HERE, "losses.json"), "w", newline="\n") as file:
        json.dump(content, file, separators=(",", ":"))
        file.write("\n")
