"""Every optimizer on one tensor, in double: torch.optim where PyTorch 1.13 has the rule, else the paper's formula in numpy.

A rule has `w` (the weights), `state` (slots by the names of files) and `step(g, lr, t)`, which returns the metric D and
the gain k: at rest a step moves a weight by lr k g / D, so that penalties have the proximal threshold lr k l1 / D.

PyTorch 1.13 against 2.x, from their sources: SGD, Adagrad, RMSprop, Adadelta, Adam, AdamW, AMSGrad (maximum of the raw
second moment) and Adamax (epsilon inside the maximum) are the same formulas. Two differ, and are written out here:
NAdam, whose 1.13 multiplies mu_product by mu_t once too often on the way to P_{t+1} (and keeps it in float32), and
centered RMSprop where rounding makes v - mean^2 negative: 2.x gives NaN as 1.13 does, this library clamps at 0. The
trajectories below never come near that, so they are torch's.
"""
import math
import numpy as np
import torch


def soft(z, threshold):
    return np.sign(z) * np.maximum(np.abs(z) - threshold, 0)


def coupled_l2(hp):
    return hp.get("l2", 0) if hp.get("l2Rule", "coupled") == "coupled" else 0


def proximal(hp, penalty):
    default = "proximal" if penalty == "l1" else "coupled"
    return hp.get(penalty, 0) if hp.get(penalty + "Rule", default) == "proximal" else 0


# --- torch.optim --------------------------------------------------------------------------------------------------

RMS = ("rmsprop", "rmspropCentered", "rmspropMomentum", "rmspropCenteredMomentum")


def torch_optimizer(w, hp):
    """The optimizer of PyTorch and its slots' names here."""
    name = hp["optimizer"]
    lr, l2, eps = hp["learningRate"], coupled_l2(hp), hp.get("epsilon")
    moments = {"exp_avg": "m", "exp_avg_sq": "v"}
    betas = (hp.get("beta1", 0.9), hp.get("beta2", 0.999))
    if name in ("sgd", "momentum", "nesterov"):
        made = torch.optim.SGD([w], lr=lr, momentum=hp.get("momentum", 0), dampening=hp.get("dampening", 0),
                               nesterov=name == "nesterov", weight_decay=l2)
        return made, {"momentum_buffer": "momentum"}
    if name == "adagrad":
        made = torch.optim.Adagrad([w], lr=lr, lr_decay=hp.get("learningRateDecay", 0), weight_decay=l2,
                                   initial_accumulator_value=hp.get("initialAccumulator", 0), eps=eps)
        return made, {"sum": "sum"}
    if name in RMS:
        made = torch.optim.RMSprop([w], lr=lr, alpha=hp["alpha"], eps=eps, weight_decay=l2,
                                   momentum=hp.get("momentum", 0), centered="Centered" in name)
        return made, {"square_avg": "v", "grad_avg": "mean", "momentum_buffer": "momentum"}
    if name == "adadelta":
        return torch.optim.Adadelta([w], lr=lr, rho=hp["rho"], eps=eps, weight_decay=l2), {"square_avg": "v", "acc_delta": "delta"}
    if name == "adamax":
        return torch.optim.Adamax([w], lr=lr, betas=betas, eps=eps, weight_decay=l2), {"exp_avg": "m", "exp_inf": "u"}
    if name == "adamw":
        assert l2 == 0
        return torch.optim.AdamW([w], lr=lr, betas=betas, eps=eps, weight_decay=hp["weightDecay"]), moments
    made = torch.optim.Adam([w], lr=lr, betas=betas, eps=eps, weight_decay=l2, amsgrad=name == "amsgrad")
    return made, {**moments, "max_exp_avg_sq": "vmax"}


class Torch:
    """Coupled l2 is torch's own weight_decay, and adamw's decay torch's own."""

    def __init__(self, start, hp):
        self.hp = hp
        self.parameter = torch.tensor(start, dtype=torch.float64, requires_grad=True)
        self.optimizer, self.names = torch_optimizer(self.parameter, hp)
        self.state = {}

    @property
    def w(self):
        return self.parameter.detach().numpy().copy()

    @w.setter
    def w(self, values):
        with torch.no_grad():
            self.parameter.copy_(torch.from_numpy(values))

    def step(self, g, lr, t):
        before = self.state
        self.optimizer.param_groups[0]["lr"] = lr
        self.parameter.grad = torch.from_numpy(g.copy())
        self.optimizer.step()
        stored = self.optimizer.state[self.parameter]
        self.state = {slot: stored[key].numpy().copy() for key, slot in self.names.items() if stored.get(key) is not None}
        return self.metric(before, t)

    def metric(self, before, t):
        hp, s, name = self.hp, self.state, self.hp["optimizer"]
        mu, eps = hp.get("momentum", 0), hp.get("epsilon", 0)
        if name in ("sgd", "momentum", "nesterov"):
            return 1.0, (1 - hp.get("dampening", 0)) / (1 - mu)
        if name == "adagrad":
            return np.sqrt(s["sum"]) + eps, 1 / (1 + (t - 1) * hp.get("learningRateDecay", 0))
        if name in RMS:
            return np.sqrt(s["v"] - s.get("mean", 0) ** 2) + eps, 1 / (1 - mu)
        if name == "adadelta":
            return np.sqrt(s["v"] + eps) / np.sqrt(before.get("delta", 0) + eps), 1
        if name == "adamax":
            return s["u"], 1
        return np.sqrt(s.get("vmax", s["v"]) / (1 - hp.get("beta2", 0.999) ** t)) + eps, 1


# --- formulas -----------------------------------------------------------------------------------------------------

class Formula:
    """Slots start at 0. Coupled l2 is added to the gradient before `step`."""
    slots = ()

    def __init__(self, start, hp):
        self.w, self.hp = np.array(start, dtype=np.float64), hp
        self.state = {slot: np.zeros_like(self.w) for slot in self.slots}

    def moments(self, g):
        b1, b2, s = self.hp["beta1"], self.hp["beta2"], self.state
        s["m"] = b1 * s["m"] + (1 - b1) * g
        s["v"] = b2 * s["v"] + (1 - b2) * g**2


class Nadam(Formula):
    """PyTorch 2.x: Dozat 2016 with the warm-up .96^(t psi)."""
    slots = ("m", "v")
    product = 1.0

    def mu(self, t):
        return self.hp["beta1"] * (1 - 0.5 * 0.96 ** (t * self.hp["momentumDecay"]))

    def step(self, g, lr, t):
        self.moments(g)
        self.product *= self.mu(t)
        a, b = (1 - self.mu(t)) / (1 - self.product), self.mu(t + 1) / (1 - self.product * self.mu(t + 1))
        metric = np.sqrt(self.state["v"] / (1 - self.hp["beta2"] ** t)) + self.hp["epsilon"]
        self.w = self.w - lr * a * g / metric - lr * b * self.state["m"] / metric
        return metric, a + b


class KerasAdam(Formula):
    """keras.optimizers.Adam: alpha = lr sqrt(1 - b2^t) / (1 - b1^t); w -= alpha m / (sqrt v + eps)."""
    slots = ("m", "v")

    def step(self, g, lr, t):
        self.moments(g)
        c1, c2 = 1 - self.hp["beta1"] ** t, 1 - self.hp["beta2"] ** t
        denominator = np.sqrt(self.state["v"]) + self.hp["epsilon"]
        self.w = self.w - lr * math.sqrt(c2) / c1 * self.state["m"] / denominator
        return denominator / math.sqrt(c2), 1


class OptaxAdam(Formula):
    """optax.scale_by_adam: eps_root inside the root, eps outside."""
    slots = ("m", "v")

    def step(self, g, lr, t):
        self.moments(g)
        metric = np.sqrt(self.state["v"] / (1 - self.hp["beta2"] ** t) + self.hp["epsilonRoot"]) + self.hp["epsilon"]
        self.w = self.w - lr * self.state["m"] / (1 - self.hp["beta1"] ** t) / metric
        return metric, 1


class RootAdagrad(Formula):
    """keras.optimizers.Adagrad: s starts at .1, eps inside the root. With eps 0: TensorFlow's ApplyProximalAdagrad."""
    slots = ("sum",)

    def __init__(self, start, hp):
        super().__init__(start, hp)
        self.state["sum"] += hp["initialAccumulator"]

    def step(self, g, lr, t):
        self.state["sum"] = self.state["sum"] + g**2
        metric = np.sqrt(self.state["sum"] + self.hp.get("epsilonRoot", 0)) + self.hp["epsilon"]
        self.w = self.w - lr * np.divide(g, metric, out=np.zeros_like(g), where=metric != 0)
        return metric, 1


class RootRmsprop(Formula):
    """optax.rmsprop, plain and centered: sqrt(v + eps) or sqrt(v - mean^2 + eps)."""
    slots = ("v",)

    def step(self, g, lr, t):
        a = self.hp["alpha"]
        self.state["v"] = a * self.state["v"] + (1 - a) * g**2
        metric = np.sqrt(self.state["v"] + self.hp["epsilonRoot"]) + self.hp["epsilon"]
        self.w = self.w - lr * g / metric
        return metric, 1


class Lion(Formula):
    """Chen et al. 2023, algorithm 2."""
    slots = ("m",)

    def step(self, g, lr, t):
        b1, b2 = self.hp["beta1"], self.hp["beta2"]
        update = b1 * self.state["m"] + (1 - b1) * g
        self.w = self.w - lr * np.sign(update)
        self.state["m"] = b2 * self.state["m"] + (1 - b2) * g
        return np.maximum(np.abs(update), 2.0**-126), 1


class Lamb(Formula):
    """You et al. 2020, algorithm 2, with phi(z) = z."""
    slots = ("m", "v")

    def step(self, g, lr, t):
        self.moments(g)
        scaled = self.hp.get("trustRatio", True)
        r = np.sqrt(self.state["v"] / (1 - self.hp["beta2"] ** t)) + self.hp["epsilon"]
        u = self.state["m"] / (1 - self.hp["beta1"] ** t) / r + (self.hp.get("weightDecay", 0) * self.w if scaled else 0)
        norms = np.linalg.norm(self.w), np.linalg.norm(u)
        ratio = norms[0] / norms[1] if scaled and min(norms) > 0 else 1.0
        self.w = self.w - lr * ratio * u
        return r / ratio, 1


class Lars(Formula):
    """You, Gitman, Ginsburg 2017, algorithm 1, with epsilon in the denominator."""
    slots = ("momentum",)

    def step(self, g, lr, t):
        scaled = self.hp.get("trustRatio", True)
        decay = self.hp.get("weightDecay", 0) if scaled else 0
        w_norm, g_norm = np.linalg.norm(self.w), np.linalg.norm(g)
        local = 1.0
        if scaled and w_norm > 0 and g_norm > 0:
            local = self.hp["trustCoefficient"] * w_norm / (g_norm + decay * w_norm + self.hp["epsilon"])
        self.state["momentum"] = self.hp["momentum"] * self.state["momentum"] + lr * local * (g + decay * self.w)
        self.w = self.w - self.state["momentum"]
        return 1 / local, 1 / (1 - self.hp["momentum"])


class Ftrl(Formula):
    """McMahan et al. 2013, algorithm 1, whose sigma is the change of (beta + sqrt n) / lr; z starts so that w is kept."""
    slots = ("z", "n")

    def __init__(self, start, hp):
        super().__init__(start, hp)
        self.l1, self.l2 = proximal(hp, "l1"), proximal(hp, "l2")
        self.state["n"] += hp["initialAccumulator"]
        self.rate = (hp["beta"] + np.sqrt(self.state["n"])) / hp["learningRate"]
        self.state["z"] = -(self.rate + self.l2) * self.w - self.l1 * np.sign(self.w)

    def step(self, g, lr, t):
        self.state["n"] = self.state["n"] + g * g
        rate = (self.hp["beta"] + np.sqrt(self.state["n"])) / lr
        sigma, self.rate = rate - self.rate, rate
        z = self.state["z"] = self.state["z"] + g - sigma * self.w
        inactive = np.abs(z) <= self.l1
        self.w = np.where(inactive, 0, -(z - np.sign(z) * self.l1) / (rate + self.l2))
        return 1.0, 0.0


def rule_for(start, hp):
    name = hp["optimizer"]
    own = dict(nadam=Nadam, lion=Lion, lamb=Lamb, lars=Lars, ftrl=Ftrl).get(name)
    if own is None and hp.get("epsilonHat"):
        own = KerasAdam
    if own is None and (hp.get("epsilonRoot") or hp.get("epsilon") == 0):
        own = dict(adagrad=RootAdagrad, rmsprop=RootRmsprop, adam=OptaxAdam)[name]
    return (own or Torch)(start, hp)
