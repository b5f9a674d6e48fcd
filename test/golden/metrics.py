"""Writes metrics.json: metrics of drawn outputs from scikit-learn, in double precision.

    python3 test/golden/metrics.py

Debian 12's python3-sklearn (1.2.1). Outputs are multiples of 1/8 so that there are ties; what is drawn is in the file.
"""
import json
import warnings
from pathlib import Path

import numpy as np
import sklearn
from sklearn import metrics as sk
from sklearn.exceptions import UndefinedMetricWarning

warnings.simplefilter("ignore", UndefinedMetricWarning)
warnings.simplefilter("ignore", UserWarning)
AVERAGES = ("macro", "micro", "weighted")
COUNTED = {"precision": sk.precision_score, "recall": sk.recall_score, "f1": sk.f1_score}
NAMES = {"macro": "", "micro": "Micro", "weighted": "Weighted", "binary": "Binary"}
rng = np.random.default_rng(13)


def eighths(*shape):
    return np.round(rng.normal(0, 1, shape) * 8) / 8


def counted(target, predicted, averages, weights, suffix=""):
    return {
        f"{name}{NAMES[average]}{suffix}": score(target, predicted, average=average, sample_weight=weights)
        for name, score in COUNTED.items() for average in averages
    }


def case(name, outputs, logits, targets, weights, values, confusion=None):
    return dict(
        name=name, outputs=outputs, width=logits.shape[1], logits=logits.ravel().tolist(), targets=np.asarray(targets).ravel().tolist(),
        **({} if weights is None else dict(weights=weights.tolist())), values={k: float(v) for k, v in values.items()},
        **({} if confusion is None else dict(confusion=confusion.tolist())),
    )


def top_k(target, logits, k, weights):
    """scikit-learn has the last of equal scores first: mirrored, that is the first."""
    classes = logits.shape[1]
    return sk.top_k_accuracy_score(classes - 1 - target, logits[:, ::-1], k=k, labels=np.arange(classes), sample_weight=weights)


def of_classes(name, logits, target, weights=None):
    classes, predicted = logits.shape[1], logits.argmax(axis=1)
    values = {"accuracy": sk.accuracy_score(target, predicted, sample_weight=weights)}
    values.update(counted(target, predicted, AVERAGES, weights))
    if classes > 2:
        values.update({f"top{k}": top_k(target, logits, k, weights) for k in (1, 2, 3) if k < classes})
    else:
        for threshold, suffix in ((0.5, ""), (0.3, "@0.3")):
            own = (logits[:, 1] - logits[:, 0] > np.log(threshold / (1 - threshold))).astype(int)
            values[f"binaryAccuracy{suffix}"] = sk.accuracy_score(target, own, sample_weight=weights)
            values.update(counted(target, own, (*AVERAGES, "binary"), weights, suffix))
    return case(name, "classes", logits, target, weights, values, sk.confusion_matrix(target, predicted, labels=np.arange(classes), sample_weight=weights))


def of_labels(name, logits, target, weights=None):
    values, width = {}, logits.shape[1]
    for threshold, suffix in ((0.5, ""), (0.3, "@0.3"), (0.8, "@0.8")):
        predicted = (logits > np.log(threshold / (1 - threshold))).astype(int)
        repeated = None if weights is None else np.repeat(weights, width)
        values[f"binaryAccuracy{suffix}"] = sk.accuracy_score(target.ravel(), predicted.ravel(), sample_weight=repeated)
        if width == 1:
            alone = counted(target.ravel(), predicted.ravel(), ("binary",), weights, suffix)
            values.update(alone)
            # Of one label all averages are its own figure.
            values.update({key.replace("Binary", average): value for key, value in alone.items() for average in ("", "Micro", "Weighted")})
        else:
            values.update(counted(target, predicted, AVERAGES, weights, suffix))
    predicted, probability = (logits > 0).astype(int), 1 / (1 + np.exp(-logits))
    values["accuracy"] = sk.accuracy_score(target if width > 1 else target.ravel(), predicted if width > 1 else predicted.ravel(), sample_weight=weights)
    values.update(errors(target, probability, weights))
    matrix = sk.confusion_matrix(target.ravel(), predicted.ravel(), labels=[0, 1], sample_weight=weights) if width == 1 else None
    return case(name, "labels", logits, target, weights, values, matrix)


def errors(target, predicted, weights):
    own = dict(sample_weight=weights)
    return {
        "mae": sk.mean_absolute_error(target, predicted, **own), "mse": sk.mean_squared_error(target, predicted, **own),
        "rmse": sk.mean_squared_error(target, predicted, squared=False, **own), "r2": sk.r2_score(target, predicted, **own),
    }


def of_values(name, predicted, target, weights=None):
    return case(name, "values", predicted, target, weights, errors(target, predicted, weights))


def main():
    n = 60
    logits, target, weights = eighths(n, 5), rng.integers(0, 5, n), rng.integers(0, 9, n) / 4
    never = eighths(n, 6)
    never[:, 4] = -9  # never predicted
    absent = rng.choice([0, 1, 4, 5], n)  # classes 2 and 3 have no sample, and 4 is never predicted
    gone = never.copy()
    gone[:, 2] = -9  # class 2 has no sample and is never predicted
    two, binary = eighths(n, 2), rng.integers(0, 2, n)
    labels, several = eighths(n, 4), rng.integers(0, 2, (n, 4))
    none = several.copy()
    none[:, 2] = 0  # a label that no sample has
    rare = labels.copy()
    rare[:, 2] = -9  # and that none is taken for
    all_ties = np.zeros((n, 4))
    values, wanted = rng.normal(0, 1, (n, 3)), rng.normal(3, 2, (n, 3))
    near = wanted + 0.1 * rng.normal(0, 1, (n, 3))
    far = wanted + 1e8
    constant = wanted.copy()
    constant[:, 1] = 0.25
    met = near.copy()
    met[:, 1] = 0.25
    cases = [
        of_classes("five classes, ties", logits, target), of_classes("five classes, weights", logits, target, weights),
        of_classes("all outputs tied", all_ties, rng.integers(0, 4, n)),
        of_classes("a class that is never predicted, and two without samples", never, absent),
        of_classes("a class that nobody has or predicts", gone, absent), of_classes("the same, weights", gone, absent, weights),
        of_classes("one class only, all right", np.tile([0.0, 2.0, 1.0], (n, 1)), np.ones(n, int)),
        of_classes("one class only, all wrong", np.tile([3.0, 2.0, 1.0], (n, 1)), np.ones(n, int)),
        of_classes("one sample", logits[:1], target[:1]),
        of_classes("two classes", two, binary), of_classes("two classes, weights", two, binary, weights),
        of_classes("two classes, class 1 never there nor predicted", np.tile([3.0, -3.0], (n, 1)), np.zeros(n, int)),
        of_labels("four labels", labels, several), of_labels("four labels, weights", labels, several, weights),
        of_labels("a label that no sample has", labels, none), of_labels("a label that none has or is taken for", rare, none, weights),
        of_labels("one label", labels[:, :1], several[:, :1]), of_labels("one label, weights", labels[:, :1], several[:, :1], weights),
        of_labels("one label, never", rare[:, 2:3], several[:, :1]),
        of_values("values", values, wanted), of_values("values, weights", values, wanted, weights), of_values("values, near", near, wanted, weights),
        of_values("one output", near[:, :1], wanted[:, :1]), of_values("targets far from 0", far + 0.1, far),
        of_values("an output whose targets are equal", near, constant), of_values("the same, met", met, constant),
        of_values("the same, met, weights", met, constant, weights), of_values("all met", wanted, wanted), of_values("two samples", values[:2], wanted[:2]),
    ]
    source = f"scikit-learn {sklearn.__version__}, float64, by test/golden/metrics.py"
    path = Path(__file__).with_name("metrics.json")
    path.write_text("{\n" + f' "source": {json.dumps(source)},\n "cases": [\n  ' + ",\n  ".join(json.dumps(one) for one in cases) + "\n ]\n}\n")
    print(f"{path}: {len(cases)} cases, {sum(len(one['values']) for one in cases)} values")


main()
