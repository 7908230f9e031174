"""Writes what Keras's metrics say of some predictions, for the tests of package metric.

    python metrics.py [FILE]     (default: internal/train/metric/testdata/keras.json)
"""

import json
import os
import sys
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"

import keras  # noqa: E402
import numpy as np  # noqa: E402

OUT = Path(__file__).resolve().parents[2] / "internal" / "train" / "metric" / "testdata" / "keras.json"

METRICS = {
    "accuracy": lambda: keras.metrics.CategoricalAccuracy(),
    "top_k_categorical_accuracy: 2": lambda: keras.metrics.TopKCategoricalAccuracy(2),
    "f1_score": lambda: keras.metrics.F1Score(average="macro"),
    "f1_score: micro": lambda: keras.metrics.F1Score(average="micro"),
    "f1_score: weighted": lambda: keras.metrics.F1Score(average="weighted"),
    "f1_score: {threshold: 0.3}": lambda: keras.metrics.F1Score(average="macro", threshold=0.3),
    "auc": lambda: keras.metrics.AUC(),
    "auc: 50": lambda: keras.metrics.AUC(50),
    "auc: {multi_label: true}": lambda: keras.metrics.AUC(multi_label=True),
    "auc: {curve: PR}": lambda: keras.metrics.AUC(curve="PR"),
    "auc: {curve: PR, multi_label: true}": lambda: keras.metrics.AUC(curve="PR", multi_label=True),
    "auc: {summation_method: minoring}": lambda: keras.metrics.AUC(summation_method="minoring"),
    "auc: {summation_method: majoring, curve: PR}": lambda: keras.metrics.AUC(summation_method="majoring", curve="PR"),
}


# Of separate decisions. Keras's accuracy is BinaryAccuracy for one output; for several it takes
# the most probable class, and ours does not.
SEPARATE = {
    "accuracy": lambda: keras.metrics.BinaryAccuracy(),
    "f1_score: {threshold: 0.3}": lambda: keras.metrics.F1Score(average="macro", threshold=0.3),
    "f1_score": lambda: keras.metrics.F1Score(average="macro", threshold=0.5),
    "auc": lambda: keras.metrics.AUC(),
    "auc: {multi_label: true}": lambda: keras.metrics.AUC(multi_label=True),
    "auc: {curve: PR}": lambda: keras.metrics.AUC(curve="PR"),
}
BOTH = {
    "binary_accuracy": lambda: keras.metrics.BinaryAccuracy(),
    "binary_accuracy: 0.7": lambda: keras.metrics.BinaryAccuracy(threshold=0.7),
    "precision": lambda: keras.metrics.Precision(),
    "precision: 0.7": lambda: keras.metrics.Precision(thresholds=0.7),
    "precision: {class_id: 0}": lambda: keras.metrics.Precision(class_id=0),
    "recall": lambda: keras.metrics.Recall(),
    "recall: 0.3": lambda: keras.metrics.Recall(thresholds=0.3),
    "recall: {class_id: 0}": lambda: keras.metrics.Recall(class_id=0),
}


def separate_cases():
    rng = np.random.default_rng(2)
    for name, n, classes in [("one output", 40, 1), ("several labels", 40, 4)]:
        truth = rng.integers(0, 2, (n, classes))
        logits = rng.normal(size=(n, classes)) + truth - 0.5
        yield name, truth, (1 / (1 + np.exp(-logits))).astype("float32")
    yield "blind, one output", np.array([[1]] * 78 + [[0]] * 22), np.full((100, 1), 0.9, "float32")
    yield "blind, no label", np.array([[1, 0]] * 10 + [[0, 1]] * 20), np.full((30, 2), 0.1, "float32")
    yield "edges", np.array([[1, 0], [0, 0], [1, 1], [0, 1]]), np.array([[0.5, 0.5], [1, 0], [0.7, 0.3], [0, 1]], "float32")


def cases():
    rng = np.random.default_rng(1)
    for name, n, classes, steep in [("three", 40, 3, 1), ("two", 25, 2, 2), ("six", 60, 6, 0.5)]:
        labels = rng.integers(0, classes, n)
        logits = rng.normal(size=(n, classes)) + steep * np.eye(classes)[labels]
        p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
        yield name, labels, p.astype("float32")
    # A model that is blind: every image looks the same to it, 78% of them are dogs.
    labels = np.array([1] * 78 + [0] * 22)
    yield "blind", labels, np.tile(np.array([0.3, 0.7], "float32"), (100, 1))
    yield "blind, undecided", labels, np.full((100, 2), 0.5, "float32")
    yield "blind, three classes", np.arange(90) % 3, np.tile(np.array([0.2, 0.2, 0.6], "float32"), (90, 1))
    # Ties, zeros, ones, and a class that is neither present nor predicted.
    p = np.array([[0.5, 0.5, 0, 0], [1, 0, 0, 0], [0.25, 0.25, 0.25, 0.25], [0, 0.75, 0.25, 0], [0.4, 0.3, 0.3, 0]], "float32")
    yield "ties", np.array([0, 1, 2, 1, 2]), p


def main(out):
    result = []
    for name, labels, p in cases():
        one_hot = np.eye(p.shape[1], dtype="float32")[labels]
        values = {}
        for metric, new in (METRICS | BOTH).items():
            m = new()
            for i in range(0, len(labels), 16):
                m.update_state(one_hot[i:i + 16], p[i:i + 16])
            values[metric] = float(m.result())
        result.append({"name": name, "keras": keras.__version__, "labels": labels.tolist(),
                       "probabilities": p.tolist(), "values": values})
    for name, truth, p in separate_cases():
        values = {}
        for metric, new in (SEPARATE | BOTH).items():
            m = new()
            for i in range(0, len(truth), 16):
                m.update_state(truth[i:i + 16].astype("float32"), p[i:i + 16])
            values[metric] = float(m.result())
        result.append({"name": name, "keras": keras.__version__, "truth": truth.astype(bool).tolist(),
                       "probabilities": p.tolist(), "values": values})
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(result) + "\n")


main(Path(sys.argv[1]) if len(sys.argv) > 1 else OUT)
