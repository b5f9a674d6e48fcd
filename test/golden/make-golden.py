"""Golden vectors in double precision from PyTorch: every optimizer and regularizer, on plain vectors and in whole networks.

    python3 test/golden/make-golden.py [names]        (needs torch 1.13 and numpy; about 10 s on one CPU core)

writes optimizers.json, activations.json, prelu-layer.json, prelu-unit.json, inits.json, small.json, small-dropout.json and flagship.json (or those named) beside itself; optimizers.json
holds what optimizer_cases.py lists, by the rules of rules.py. Running the tests needs only those files. Philox, dropout masks, shuffles, data and initial weights are implemented again here, from the papers and
the contract below, so that the two implementations check each other.

Contract (also in golden.ts)
  word(seed, stream, step, e)   Philox 4x32-10, counter [e >> 2, step, stream, 0], key [seed mod 2^32, seed >> 32], word e & 3
  inputs                        byte of element e = sample * width + column: word(seed, INPUTS, 0, e) >> 24; value byte / 255, or by
                                the model's divisor
  targets                       class of sample s: word(seed, TARGETS, 0, s) * classes >> 32
  initial weights               tensor i in the order layers.0.weight, layers.0.bias, layers.1.weight ...; weights are
                                [in, out]; normals(seed, WEIGHTS + i) * sqrt(2 / fan in), rounded to float32; biases 0.
                                With PReLU layers.1.slope stands behind layers.0.bias, and the next weight is layers.2's; slopes 0.25
  order of epoch e              Fisher-Yates with words of (seed, SHUFFLE, e); batch b holds order[b * batch ...]; the last
                                batch of an epoch may be smaller; loss and gradient divide by its own count
  dropout                       layer at index i of the sequential list: drop iff word(seed, DROPOUT + i, step, row * width
                                + column) < round(p * 2^32); kept values times 1 / (1 - p); step counts from 0
  a step                        g += l1 sign(w) (subgradient) + l2 w (coupled); w *= 1 - lr weightDecay; torch.optim; then
                                the proximal map soft(w, lr l1 k) / (1 + lr l2 k), with k = 1 / (sqrt(v / c2) + eps) for Adam
                                and k = (1 - dampening) / (1 - momentum) otherwise. Biases carry no penalty.
"""
import hashlib
import json
import math
import os
import sys
import numpy as np
import torch
sys.dont_write_bytecode = True  # leaves nothing but the JSON beside itself
from optimizer_cases import BASES, LEFT_OUT, PENALTIES, optimizer_file

HERE = os.path.dirname(os.path.abspath(__file__))
WEIGHTS, SHUFFLE, DROPOUT = 0x01000000, 0x02000000, 0x04000000
INPUTS, TARGETS, SAMPLES, GRADIENTS = 0x7F000000, 0x7F000001, 0x7F000100, 0x7F000002
STEPS = 10
SAMPLED = 64


# --- random numbers -----------------------------------------------------------------------------------------------

def words(seed, stream, step, length):
    """Philox 4x32-10 (Salmon et al., SC 2011), words of elements 0 .. length - 1, as uint64 holding 32-bit values."""
    low32, shift = np.uint64(0xFFFFFFFF), np.uint64(32)
    blocks = np.arange((length + 3) // 4, dtype=np.uint64)
    c = [blocks, np.full_like(blocks, step), np.full_like(blocks, stream), np.zeros_like(blocks)]
    k0, k1 = seed & 0xFFFFFFFF, seed >> 32
    for _ in range(10):
        p0, p1 = c[0] * np.uint64(0xD2511F53), c[2] * np.uint64(0xCD9E8D57)
        c = [(p1 >> shift) ^ c[1] ^ np.uint64(k0), p1 & low32, (p0 >> shift) ^ c[3] ^ np.uint64(k1), p0 & low32]
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return np.stack(c, axis=1).reshape(-1)[:length]


def uniforms(length, seed, stream, step=0):
    return (words(seed, stream, step, length).astype(np.float64) + 0.5) / 2.0**32


def normals(length, seed, stream, step=0):
    """Box-Muller on pairs of uniforms (word + 0.5) / 2^32. Python's math, whose log and cos are good to one unit."""
    u = uniforms(length + length % 2, seed, stream, step)
    out = []
    for a, b in zip(u[0::2].tolist(), u[1::2].tolist()):
        radius, angle = math.sqrt(-2 * math.log(a)), 2 * math.pi * b
        out += [radius * math.cos(angle), radius * math.sin(angle)]
    return np.array(out[:length])


def permutation(length, seed, epoch):
    order = list(range(length))
    drawn = words(seed, SHUFFLE, epoch, length).tolist()
    for turn, i in enumerate(range(length - 1, 0, -1)):
        j = drawn[turn] * (i + 1) >> 32
        order[i], order[j] = order[j], order[i]
    return order


def keep_mask(p, seed, layer, step, rows, width):
    kept = words(seed, DROPOUT + layer, step, rows * width) >= round(p * 2**32)
    return torch.from_numpy(kept.reshape(rows, width) / (1 - p))


# --- one step of one tensor ---------------------------------------------------------------------------------------

def optimizer_for(w, hp):
    l2 = hp.get("l2", 0) if hp.get("l2Rule", "coupled") == "coupled" else 0
    if hp["optimizer"] in ("sgd", "momentum", "nesterov"):
        return torch.optim.SGD([w], lr=hp["learningRate"], momentum=hp.get("momentum", 0),
                               dampening=hp.get("dampening", 0), nesterov=hp["optimizer"] == "nesterov", weight_decay=l2)
    betas = (hp.get("beta1", 0.9), hp.get("beta2", 0.999))
    if hp["optimizer"] == "adamw":
        assert l2 == 0
        return torch.optim.AdamW([w], lr=hp["learningRate"], betas=betas, eps=hp.get("epsilon", 1e-8),
                                 weight_decay=hp.get("weightDecay", 0))
    return torch.optim.Adam([w], lr=hp["learningRate"], betas=betas, eps=hp.get("epsilon", 1e-8), weight_decay=l2)


def slots(optimizer, w):
    state = optimizer.state[w]
    if "exp_avg" in state:
        return {"m": state["exp_avg"], "v": state["exp_avg_sq"]}
    return {"m": state["momentum_buffer"]} if state.get("momentum_buffer") is not None else {}


def step_tensor(optimizer, w, gradient, hp, lr):
    l1, l1_rule = hp.get("l1", 0), hp.get("l1Rule", "proximal")
    l2 = hp.get("l2", 0) if hp.get("l2Rule", "coupled") == "proximal" else 0
    for group in optimizer.param_groups:
        group["lr"] = lr
    with torch.no_grad():
        w.grad = gradient + l1 * torch.sign(w) if l1_rule == "subgradient" else gradient.clone()
        if hp["optimizer"] != "adamw" and hp.get("weightDecay", 0):
            assert hp.get("l2", 0) == 0
            w.mul_(1 - lr * hp["weightDecay"])
        optimizer.step()
        state = optimizer.state[w]
        if "exp_avg_sq" in state:
            c2 = 1 - hp.get("beta2", 0.999) ** float(state["step"])
            metric = 1 / ((state["exp_avg_sq"] / c2).sqrt() + hp.get("epsilon", 1e-8))
        else:
            metric = torch.full_like(w, (1 - hp.get("dampening", 0)) / (1 - hp.get("momentum", 0)))
        if l1_rule != "subgradient" and l1:
            threshold = lr * l1 * (metric if l1_rule == "proximal" else 1)
            w.copy_(torch.sign(w) * torch.clamp(w.abs() - threshold, min=0))
        if l2:
            w.div_(1 + lr * l2 * metric)


# --- what is trained ----------------------------------------------------------------------------------------------

# Networks are trained by the first six; the others differ in one tensor's update, which optimizers.json covers.
COMBINATIONS = [(b, p) for b in list(BASES)[:6] for p in PENALTIES if (b, p) not in LEFT_OUT]


def names(m):
    """layers.N counts the layers with parameters: PReLU's too."""
    found, n = [], 0
    for layer in range(len(m["sizes"]) - 1):
        found += [f"layers.{n}.weight", f"layers.{n}.bias"]
        n += 1
        if "prelu" in m and layer < len(m["sizes"]) - 2:
            found.append(f"layers.{n}.slope")
            n += 1
    return found


def model(sizes, dropout, batch, samples, seed):
    """`dropout`: (rate, index in the sequential list) before each dense layer, or None."""
    return dict(sizes=sizes, dropout=[{"rate": r, "layer": i} for r, i in dropout] if dropout else None,
                batch=batch, samples=samples, seed=seed, steps=STEPS)


SMALL = [37, 29, 23, 10]
MODELS = {
    "small": model(SMALL, None, 19, 87, 7),
    "small-dropout": model(SMALL, [(0.2, 0), (0.5, 3), (0.5, 6)], 19, 87, 2**40 + 11),
    "flagship": model([784, 1000, 500, 10], [(0.2, 0), (0.5, 3), (0.5, 6)], 128, 1280, 1),
}


def network_cases(name):
    if name == "flagship":
        return [("momentum", dict(BASES["momentum"]), {}, None)]
    few = ("none", "elastic-net")
    cases = [(f"{b}-{p}", {**BASES[b], **PENALTIES[p]}, {}, None) for b, p in COMBINATIONS
             if p in few or name == "small-dropout" and b != "dampening"]
    if name == "small":
        groups = {
            "layers.0.weight": dict(l1=0.02, l1Rule="proximal"),
            "layers.1.weight": dict(learningRate=0.02, l2=0.05, l2Rule="coupled"),
            "layers.2.weight": dict(weightDecay=0.2),
            "layers.2.bias": dict(learningRate=0.01, l2=0.1, l2Rule="coupled"),
        }
        cases.append(("momentum-groups", dict(BASES["momentum"]), groups, None))
        cases.append(("momentum-schedule", {**BASES["momentum"], **PENALTIES["l1-proximal"]}, {},
                      [0.1 / (s + 1) for s in range(STEPS)]))
    return cases


def tensor_hyperparameters(base, groups, name):
    hp = {k: v for k, v in base.items() if not (not name.endswith("weight") and k in ("l1", "l2", "weightDecay"))}
    return {**hp, **groups.get(name, {})}


# --- activations --------------------------------------------------------------------------------------------------

# Softplus has no threshold here: PyTorch's own goes on as z itself from 20 on, 2e-9 too small.
ACTIVATIONS = {
    "relu": torch.relu, "leakyRelu": torch.nn.functional.leaky_relu,
    "prelu": lambda z: torch.nn.functional.prelu(z, torch.full((1,), 0.25, dtype=torch.float64)), "elu": torch.nn.functional.elu, "selu": torch.selu,
    "sigmoid": torch.sigmoid, "tanh": torch.tanh, "softplus": lambda z: torch.logaddexp(z, torch.zeros_like(z)),
    "silu": torch.nn.functional.silu, "gelu": torch.nn.functional.gelu,
    "geluTanh": lambda z: torch.nn.functional.gelu(z, approximate="tanh"), "hardSwish": torch.nn.functional.hardswish,
}
POINTS = [-1e4, -104, -30, -10, -6.5, -4, -3, -2.5, -1.3, -1, -0.4, -0.01, -1e-6, 0, 1e-6, 0.01, 0.4, 0.7, 1, 1.3, 2.5, 3, 4, 6.5, 10, 20.5, 30, 104, 1e4]


def activation_file():
    values = {}
    for name, f in ACTIVATIONS.items():
        z = torch.tensor(POINTS, dtype=torch.float64, requires_grad=True)
        h = f(z)
        values[name] = dict(values=h.tolist(), slopes=torch.autograd.grad(h.sum(), z)[0].tolist())
    m, base = MODELS["small-dropout"], BASES["momentum"]
    cases = [dict(name=name, activation=name, hyperparameters=base, groups={}, **train(m, base, {}, None, f)) for name, f in ACTIVATIONS.items() if name != "prelu"]
    return dict(points=POINTS, values=values, **described(m), cases=cases)


def prelu_file(per):
    """Slopes are learned, one for a layer or one for each of its units: without decay or penalties, which weights have."""
    m = {**MODELS["small-dropout"], "prelu": per, "divisor": 256}
    # Numbers that float32 holds, the divisor too, so that a plan in float64 is held to every digit.
    bases = {"momentum": dict(optimizer="momentum", learningRate=0.125, momentum=0.75), "momentum-decay": {**BASES["momentum"], "weightDecay": 0.1}, "adam-l1-proximal": {**BASES["adam"], **PENALTIES["l1-proximal"]}}
    return dict(**described(m), cases=[dict(name=name, activation="prelu", hyperparameters=base, groups={}, **train(m, base, {}, None)) for name, base in bases.items()])


# --- inits --------------------------------------------------------------------------------------------------------

INIT_SEED, INIT_LAYER = 2**33 + 7, 3
SPREADS = ["Normal", "TruncatedNormal", "Uniform"]
INITS = [
    *[dict(type=f + s) for f in ["he", "glorot", "lecun"] for s in SPREADS],
    *[dict(type=f + s, mode="fanOut", gain=0.75) for f in ["he", "lecun"] for s in SPREADS], *[dict(type="glorot" + s, gain=5 / 3) for s in SPREADS],
    dict(type="randomUniform", low=-0.25, high=1.5), dict(type="randomNormal", mean=0.5, deviation=0.02), dict(type="constant", value=0.1),
    dict(type="zeros"), dict(type="randomOrthogonal"), dict(type="randomOrthogonal", gain=1.5), dict(type="identity"), dict(type="identity", gain=0.5),
]


def truncated_normals(length, seed, stream):
    """Those beyond 2 are drawn again, from the same place of the next step."""
    out, step = normals(length, seed, stream), 0
    while (np.abs(out) > 2).any():
        step += 1
        out = np.where(np.abs(out) > 2, normals(length, seed, stream, step), out)
    return out


def begun(init, inputs, outputs, is_bias):
    """What torch.nn.init makes of the weight [outputs, inputs] where its normal_ and uniform_ draw our numbers, as [inputs, outputs].
    A bias is the first row of a layer's tensor, drawn from the stream of its own."""
    shape, stream = (1 if is_bias else inputs, outputs), WEIGHTS + 2 * INIT_LAYER + int(is_bias)
    length = shape[0] * shape[1]
    of = lambda draw: torch.from_numpy(draw(length, INIT_SEED, stream).reshape(shape).T.copy())
    whole = lambda drawn: drawn if drawn.shape == w.shape else drawn.repeat(1, inputs)
    w = torch.empty(outputs, inputs, dtype=torch.float64)
    drawing = truncated_normals if "Truncated" in init["type"] else normals
    torch.Tensor.normal_ = lambda t, mean=0.0, std=1.0: t.copy_(mean + std * whole(of(drawing)))
    torch.Tensor.uniform_ = lambda t, low=0.0, high=1.0: t.copy_(low + (high - low) * whole(of(uniforms)))
    make, name, gain = torch.nn.init, init["type"], init.get("gain", 1)
    mode = {"fanIn": "fan_in", "fanOut": "fan_out"}[init.get("mode", "fanIn")]
    spread = "uniform" if name.endswith("Uniform") else "normal"
    if name.startswith("glorot"):
        getattr(make, f"xavier_{spread}_")(w, gain=gain)
    elif name.startswith(("he", "lecun")):
        getattr(make, f"kaiming_{spread}_")(w, mode=mode, nonlinearity="relu" if name.startswith("he") else "linear").mul_(gain)
    else:
        {"randomUniform": lambda: make.uniform_(w, init["low"], init["high"]), "randomNormal": lambda: make.normal_(w, init["mean"], init["deviation"]),
         "constant": lambda: make.constant_(w, init["value"]), "zeros": lambda: make.zeros_(w), "randomOrthogonal": lambda: make.orthogonal_(w, gain),
         "identity": lambda: make.eye_(w).mul_(gain)}[name]()
    if "Truncated" in name:
        w /= 0.87962566103423978  # Keras's VarianceScaling; PyTorch's trunc_normal_ leaves the deviation smaller
    del torch.Tensor.normal_, torch.Tensor.uniform_
    return w.T[: shape[0]].contiguous()


def init_file():
    cases = []
    for init in INITS:
        for inputs, outputs, is_bias in [(37, 29, False), (29, 37, False), (37, 29, True)]:
            if is_bias and init["type"] in ("randomOrthogonal", "identity"):
                continue
            t = begun(init, inputs, outputs, is_bias)
            at = sample_indices(dict(seed=INIT_SEED), 0, t.numel())
            cases.append(dict(init=init, inputs=inputs, outputs=outputs, bias=is_bias, sha256=sha256(t), sum=t.sum().item(),
                              sumOfSquares=(t * t).sum().item(), indices=at, samples=t.reshape(-1)[at].tolist()))
    return dict(seed=INIT_SEED, stream=WEIGHTS + 2 * INIT_LAYER, cases=cases)


# --- networks -----------------------------------------------------------------------------------------------------

def initial_weights(m):
    tensors = []
    for layer, (fan_in, fan_out) in enumerate(zip(m["sizes"], m["sizes"][1:])):
        drawn = normals(fan_in * fan_out, m["seed"], WEIGHTS + len(tensors)) * math.sqrt(2 / fan_in)
        tensors.append(torch.from_numpy(drawn.astype(np.float32).astype(np.float64).reshape(fan_in, fan_out)))
        tensors.append(torch.zeros(fan_out, dtype=torch.float64))
        if "prelu" in m and layer < len(m["sizes"]) - 2:
            tensors.append(torch.full((fan_out if m["prelu"] == "unit" else 1,), 0.25, dtype=torch.float64))
    return tensors


def train(m, base, groups, rates, activation=torch.relu):
    sizes, seed, batch, samples = m["sizes"], m["seed"], m["batch"], m["samples"]
    pixels = (words(seed, INPUTS, 0, samples * sizes[0]) >> np.uint64(24)).reshape(samples, sizes[0])
    inputs = torch.from_numpy(pixels.astype(np.float64) / m.get("divisor", 255))
    targets = torch.from_numpy((words(seed, TARGETS, 0, samples) * np.uint64(sizes[-1]) >> np.uint64(32)).astype(np.int64))
    tensors = [t.requires_grad_() for t in initial_weights(m)]
    hps = [tensor_hyperparameters(base, groups, n) for n in names(m)]
    optimizers = [optimizer_for(t, hp) for t, hp in zip(tensors, hps)]
    per_epoch = math.ceil(samples / batch)
    losses, hits, stride = [], [], 3 if "prelu" in m else 2
    for step in range(STEPS):
        epoch, position = step // per_epoch, step % per_epoch * batch
        rows = permutation(samples, seed, epoch)[position:position + batch]
        h = inputs[rows]
        for layer in range(3):
            if m["dropout"]:
                d = m["dropout"][layer]
                h = h * keep_mask(d["rate"], seed, d["layer"], step, len(rows), sizes[layer])
            w, b, *slopes = tensors[stride * layer:stride * (layer + 1)]
            h = h @ w + b
            if layer < 2:
                h = torch.nn.functional.prelu(h, slopes[0]) if "prelu" in m else activation(h)
        loss = torch.nn.functional.cross_entropy(h, targets[rows])
        losses.append(loss.item())
        hits.append(int((h.argmax(1) == targets[rows]).sum()))
        for t, o, hp, g in zip(tensors, optimizers, hps, torch.autograd.grad(loss, tensors)):
            step_tensor(o, t, g, hp, rates[step] if rates else hp["learningRate"])
    result = dict(losses=losses, hits=hits, weights=summaries(m, [t.detach() for t in tensors]), state={})
    for slot in slots(optimizers[0], tensors[0]):
        result["state"][slot] = summaries(m, [slots(o, t)[slot] for o, t in zip(optimizers, tensors)])
    return result


def sample_indices(m, index, length):
    """All of a short tensor, else one element from each of 64 equal stretches."""
    if length <= SAMPLED:
        return list(range(length))
    u = words(m["seed"], SAMPLES + index, 0, SAMPLED).astype(np.float64) / 2.0**32
    return [int((i + u[i]) * length / SAMPLED) for i in range(SAMPLED)]


def sha256(tensor):
    """Of the values rounded to float32, little-endian, unpadded, weights in [in, out] order; -0 counts as 0."""
    return hashlib.sha256((tensor.numpy().astype("<f4") + np.float32(0)).tobytes()).hexdigest()


def summaries(m, tensors):
    return {name: dict(sha256=sha256(t), sum=t.sum().item(), sumOfSquares=(t * t).sum().item(),
                       zeros=int((t == 0).sum()), samples=t.reshape(-1)[sample_indices(m, i, t.numel())].tolist())
            for i, (name, t) in enumerate(zip(names(m), tensors))}


def described(m):
    first = initial_weights(m)
    return dict(model=m, indices={n: sample_indices(m, i, t.numel()) for i, (n, t) in enumerate(zip(names(m), first))},
                initial={n: sha256(t) for n, t in zip(names(m), first)})


def network_file(name):
    m = MODELS[name]
    cases = []
    for case, base, groups, rates in network_cases(name):
        entry = dict(name=case, hyperparameters=base, groups=groups)
        if rates:
            entry["learningRates"] = rates
        cases.append({**entry, **train(m, base, groups, rates)})
    return dict(**described(m), cases=cases)


# --- plain vectors ------------------------------------------------------------------------------------------------

def start_and_gradients():
    """Elements: two ordinary weights, one at 0, two small ones that cross zero, one whose gradient is always 0."""
    start = [0.5, -0.25, 0.0, 3 / 1024, -1 / 1024, 0.75]
    drawn = words(5, GRADIENTS, 0, STEPS * len(start)).reshape(STEPS, len(start)).astype(np.int64)
    gradients = ((drawn >> 24) - 128) / 1024.0
    gradients[:, 5] = 0
    gradients[4, 0] = 0
    return start, gradients


def write(name, content):
    content = {"source": f"make-golden.py, PyTorch {torch.__version__.split('a')[0]}, float64", **content}
    with open(os.path.join(HERE, name + ".json"), "w", newline="\n") as file:
        json.dump(content, file, separators=(",", ":"))
        file.write("\n")


if __name__ == "__main__":
    torch.set_num_threads(1)
    files = {"optimizers": lambda: optimizer_file(start_and_gradients()), "activations": activation_file,
             **{f"prelu-{per}": lambda per=per: prelu_file(per) for per in ("layer", "unit")}, "inits": init_file}
    for name in sys.argv[1:] or [*files, *MODELS]:
        write(name, files[name]() if name in files else network_file(name))
