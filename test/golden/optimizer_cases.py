"""What optimizers.json holds: ten steps of every optimizer with its penalties, clips, and penalties on whole tensors."""
import numpy as np
import torch
from rules import Torch, coupled_l2, proximal, rule_for, soft

MOMENTS = dict(beta1=0.9, beta2=0.999, epsilon=1e-8)
BASES = {
    "sgd": dict(optimizer="sgd", learningRate=0.1),
    "momentum": dict(optimizer="momentum", learningRate=0.05, momentum=0.9),
    "dampening": dict(optimizer="momentum", learningRate=0.1, momentum=0.8, dampening=0.5),
    "nesterov": dict(optimizer="nesterov", learningRate=0.05, momentum=0.9),
    "adam": dict(optimizer="adam", learningRate=0.01, **MOMENTS),
    "adamw": dict(optimizer="adamw", learningRate=0.01, **MOMENTS, weightDecay=0.1),
    "adagrad": dict(optimizer="adagrad", learningRate=0.02, epsilon=1e-10),
    "adagrad-decay": dict(optimizer="adagrad", learningRate=0.05, epsilon=1e-10, learningRateDecay=0.2, initialAccumulator=0.01),
    "rmsprop": dict(optimizer="rmsprop", learningRate=0.005, alpha=0.99, epsilon=1e-8),
    "rmspropCentered": dict(optimizer="rmspropCentered", learningRate=0.005, alpha=0.9, epsilon=1e-8),
    "rmspropMomentum": dict(optimizer="rmspropMomentum", learningRate=0.005, alpha=0.95, epsilon=1e-8, momentum=0.8),
    "rmspropCenteredMomentum": dict(optimizer="rmspropCenteredMomentum", learningRate=0.005, alpha=0.9, epsilon=1e-6, momentum=0.5),
    "adadelta": dict(optimizer="adadelta", learningRate=1.0, rho=0.9, epsilon=1e-6),
    "amsgrad": dict(optimizer="amsgrad", learningRate=0.01, beta1=0.9, beta2=0.5, epsilon=1e-8),
    "adamax": dict(optimizer="adamax", learningRate=0.01, beta1=0.8, beta2=0.9, epsilon=1e-3),
    "nadam": dict(optimizer="nadam", learningRate=0.01, **MOMENTS, momentumDecay=4e-3),
    "lion": dict(optimizer="lion", learningRate=0.002, beta1=0.9, beta2=0.99),
    "lamb": dict(optimizer="lamb", learningRate=0.02, beta1=0.9, beta2=0.999, epsilon=1e-6),
    "lars": dict(optimizer="lars", learningRate=2.0, momentum=0.9, trustCoefficient=0.001, epsilon=1e-8),
    "ftrl": dict(optimizer="ftrl", learningRate=0.1, beta=0.0, initialAccumulator=0.1),
    "proximalAdagrad": dict(optimizer="adagrad", learningRate=0.05, epsilon=0, initialAccumulator=0.1),
}
L1 = dict(l1=0.01, l1Rule="proximal")
PENALTIES = {
    "none": {},
    "l1-subgradient": dict(l1=0.01, l1Rule="subgradient"),
    "l1-proximal": L1,
    "l1-decoupled": dict(l1=0.01, l1Rule="decoupled"),
    "l2": dict(l2=0.02, l2Rule="coupled"),
    "weight-decay": dict(weightDecay=0.1),
    "elastic-net": dict(**L1, l2=0.02, l2Rule="proximal"),
}
# Under these rules only, so that the file stays small: they do not depend on the optimizer.
FEW = {
    "l1-decoupled": ("momentum", "dampening", "nesterov", "adam", "adamw", "lion", "ftrl"),
    "weight-decay": ("sgd", "momentum", "dampening", "nesterov", "adam", "adagrad", "lion", "lamb", "lars"),
}
# Left out: AdamW with coupled l2 (PyTorch has none), AdamW "weight-decay" (its "none" is that), and plain SGD with the
# decoupled threshold (the same as the proximal one).
LEFT_OUT = [("adamw", "l2"), ("adamw", "weight-decay"), ("sgd", "l1-decoupled")]
COMBINATIONS = [(b, p) for b in BASES for p in PENALTIES if (b, p) not in LEFT_OUT and b in FEW.get(p, BASES)]
FALLING = [0.1 / (s + 1) for s in range(10)]

OTHERS = {
    "sgd-cumulative": (dict(BASES["sgd"], l1=0.05, l1Rule="cumulative"), None),
    "sgd-cumulative-schedule": (dict(BASES["sgd"], l1=0.05, l1Rule="cumulative"), FALLING),
    "adam-cumulative": (dict(BASES["adam"], l1=0.05, l1Rule="cumulative"), None),
    "momentum-cumulative-l2": (dict(BASES["momentum"], l1=0.05, l1Rule="cumulative", l2=0.2, l2Rule="proximal"), None),
    "momentum-decoupled-l2": (dict(BASES["momentum"], l1=0.05, l1Rule="decoupled", l2=0.2, l2Rule="proximal"), None),
    "sgd-non-negative": (dict(BASES["sgd"], nonNegative=True), None),
    "adam-non-negative": (dict(BASES["adam"], **L1, nonNegative=True), None),
    "momentum-clip-value": (dict(BASES["momentum"], clip=dict(by="value", threshold=0.05), l2=0.02), None),
    "adam-clip-norm": (dict(BASES["adam"], clip=dict(by="norm", threshold=0.1), l1=0.01, l1Rule="subgradient"), None),
    "lamb-biases": (dict(BASES["lamb"], trustRatio=False, weightDecay=0.1), None),
    "lars-biases": (dict(BASES["lars"], learningRate=0.05, trustRatio=False, weightDecay=0.1), None),
    "lars-schedule": (BASES["lars"], [2.0 / (s + 1) for s in range(10)]),
    "ftrl-strong": (dict(BASES["ftrl"], beta=1.0, initialAccumulator=0, l1=0.2, l1Rule="proximal", l2=0.5, l2Rule="proximal"), None),
    "ftrl-schedule": (dict(BASES["ftrl"], **L1), FALLING),
    "adam-keras": (dict(BASES["adam"], epsilon=1e-3, epsilonHat=True, **L1), None),
    "adam-optax": (dict(BASES["adam"], epsilon=1e-4, epsilonRoot=1e-3, **L1), None),
    "adagrad-keras": (dict(BASES["adagrad"], epsilon=0, epsilonRoot=1e-3, initialAccumulator=0.1, **L1), None),
    "adagrad-bare": (dict(BASES["adagrad"], epsilon=0, initialAccumulator=0), None),
    "rmsprop-optax": (dict(BASES["rmsprop"], epsilon=1e-6, epsilonRoot=1e-3, **L1), None),
    "nadam-keras": (dict(BASES["nadam"], momentumDecay=1.0), None),
    "momentum-schedule": (dict(BASES["momentum"], **L1), FALLING),
}


# --- trajectories -------------------------------------------------------------------------------------------------

def clipped(g, clip):
    """torch.nn.utils.clip_grad_value_, and the norm's clip without the 1e-6 that clip_grad_norm_ adds to the norm."""
    p = torch.zeros(len(g), dtype=torch.float64)
    p.grad = torch.from_numpy(g.copy())
    if clip["by"] == "value":
        torch.nn.utils.clip_grad_value_([p], clip["threshold"])
        return p.grad.numpy()
    norm = float(torch.nn.utils.clip_grad_norm_([p], clip["threshold"]))
    exact = g * min(1, clip["threshold"] / norm) if norm > 0 else g
    assert np.allclose(exact, p.grad.numpy(), rtol=1e-4)
    return exact


def trajectory(start, gradients, hp, rates=None):
    """Clip, coupled penalties, decoupled decay, optimizer, thresholds, proximal l2, max(w, 0); state after each step."""
    rule = rule_for(start, hp)
    path, states, total = [], {}, 0.0
    received = np.zeros(len(start))
    l1, l1_rule = hp.get("l1", 0), hp.get("l1Rule", "proximal")
    for t, g in enumerate(gradients, 1):
        lr = rates[t - 1] if rates else hp["learningRate"]
        g = clipped(g, hp["clip"]) if "clip" in hp else g
        g = g + (l1 * np.sign(rule.w) if l1_rule == "subgradient" else 0)
        if not isinstance(rule, Torch):
            g = g + coupled_l2(hp) * rule.w
        if hp["optimizer"] not in ("adamw", "lamb", "lars") and hp.get("weightDecay"):
            assert coupled_l2(hp) == 0
            rule.w = rule.w * (1 - lr * hp["weightDecay"])
        metric, gain = rule.step(g, lr, t)
        w = rule.w
        if l1_rule == "proximal" and l1 and gain:
            w = soft(w, lr * gain * l1 / metric)
        if l1_rule == "decoupled":
            w = soft(w, lr * l1)
        if l1_rule == "cumulative":
            total += lr * l1
            z = w
            w = np.where(z > 0, np.maximum(0, z - (total + received)), np.where(z < 0, np.minimum(0, z + (total - received)), z))
            received = received + w - z
        if proximal(hp, "l2") and gain:
            w = w / (1 + lr * gain * hp["l2"] / metric)
        rule.w = np.maximum(w, 0) if hp.get("nonNegative") else w
        path.append(rule.w.tolist())
        everything = {**rule.state, **({"cumulative": received} if l1_rule == "cumulative" else {})}
        for slot, value in everything.items():
            states.setdefault(slot, []).append(value.tolist())
    return path, states


# --- the file ------------------------------------------------------------------------------------------------------

def clip_cases(gradients):
    """Two tensors. Norms without the 1e-6 of torch.nn.utils.clip_grad_norm_."""
    cases = []
    for by, threshold in (("value", 0.05), ("norm", 0.1), ("globalNorm", 0.1), ("globalNorm", 10.0)):
        tensors = [torch.from_numpy(gradients[i].copy()) for i in (0, 1)]
        norms = [torch.linalg.vector_norm(g) for g in tensors]
        together = torch.linalg.vector_norm(torch.stack(norms))
        scales = norms if by == "norm" else [together] * 2
        after = [g.clamp(-threshold, threshold) if by == "value" else g * min(1.0, threshold / float(n)) for g, n in zip(tensors, scales)]
        cases.append(dict(clip=dict(by=by, threshold=threshold), clipped=[g.tolist() for g in after]))
    return dict(gradients=gradients[:2].tolist(), cases=cases)


def differentiated(penalty, values):
    x = torch.tensor(values, dtype=torch.float64, requires_grad=True)
    p = penalty(x)
    p.backward()
    return dict(penalty=p.item(), gradient=x.grad.reshape(-1).tolist())


def orthogonal_cases(gradients):
    """Tall, wide and square pieces of the gradients, times 8."""
    cases = []
    for inputs, outputs in ((6, 3), (3, 6), (4, 4), (1, 5)):
        weights = (8 * gradients.reshape(-1)[:inputs * outputs]).reshape(inputs, outputs)
        def penalty(w):
            gram = w.T @ w if inputs >= outputs else w @ w.T
            return 0.3 * torch.linalg.matrix_norm(gram - torch.eye(len(gram), dtype=torch.float64)) ** 2
        cases.append(dict(inputs=inputs, outputs=outputs, strength=0.3, weights=weights.reshape(-1).tolist(),
                          **differentiated(penalty, weights)))
    return cases


def activity_cases(gradients):
    """Rows of activations, zeros among them, of which `count` are valid."""
    a = gradients[:5].copy()
    a[1, 2] = 0
    cases = []
    for l1, l2, count in ((0.3, 0, 5), (0, 0.2, 5), (0.1, 0.4, 3)):
        def penalty(x):
            return (l1 * x[:count].abs().sum(1) + l2 / 2 * (x[:count] ** 2).sum(1)).mean()
        cases.append(dict(l1=l1, l2=l2, count=count, batch=5, activations=a.reshape(-1).tolist(), **differentiated(penalty, a)))
    return cases


def optimizer_file(inputs):
    start, gradients = inputs
    runs = [(f"{b}-{p}", {**BASES[b], **PENALTIES[p]}, None) for b, p in COMBINATIONS]
    runs += [(name, hp, rates) for name, (hp, rates) in OTHERS.items()]
    cases = []
    for name, hp, rates in runs:
        path, states = trajectory(start, gradients, hp, rates)
        assert np.isfinite(path).all(), name
        cases.append(dict(name=name, hyperparameters=hp, **({"learningRates": rates} if rates else {}), weights=path, state=states))
    return dict(start=start, gradients=gradients.tolist(), cases=cases, clips=clip_cases(gradients),
                orthogonal=orthogonal_cases(gradients), activity=activity_cases(gradients))
