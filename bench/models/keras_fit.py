"""Trains a resolved spec in Keras as `cnntrain fit` does, and writes metrics.csv and test figures.

The same data in the same split, batch size, optimizer, epochs and early stopping; the
first weights and what is random are Keras's own. So is the order of the examples, another
one in each epoch: after set_random_seed, fit alone would repeat that of the first epoch
(seen in Keras 3.15.1), and models with batch normalisation then learn the batches by heart.
"""

import argparse
import csv
import gzip
import json
import os
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import tensorflow as tf  # noqa: E402  (before golden turns oneDNN off: with it TensorFlow is three times as fast)
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "parity"))

import golden  # noqa: E402  (the layers and optimizers of the golden files)
import keras  # noqa: E402
import numpy as np  # noqa: E402
import yaml  # noqa: E402


def cifar10(folder):
    """Returns images [N,32,32,3] from 0 to 255 and labels of training and test data."""
    def read(names):
        records = np.concatenate([np.fromfile(os.path.join(folder, n), np.uint8).reshape(-1, 3073) for n in names])
        return records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1).astype(np.float32), records[:, 0].astype(np.int32)

    return read([f"data_batch_{i}.bin" for i in range(1, 6)]), read(["test_batch.bin"])


def idx(folder):
    def read(name, skip):
        path = os.path.join(folder, name)
        if not os.path.exists(path):
            with gzip.open(path + ".gz") as f:
                return np.frombuffer(f.read(), np.uint8)[skip:]
        return np.fromfile(path, np.uint8)[skip:]
    sets = []
    for part in ("train", "t10k"):
        labels = read(f"{part}-labels-idx1-ubyte", 8).astype(np.int32)
        sets.append((read(f"{part}-images-idx3-ubyte", 16).reshape(-1, 28, 28, 1).astype(np.float32), labels))
    return sets


def batches(x, y, train):
    """Returns the examples in batches, in another order in each epoch."""
    x, y = tf.constant(x), tf.constant(y)
    order = tf.data.Dataset.range(len(x)).shuffle(len(x), seed=train["seed"], reshuffle_each_iteration=True)
    return order.batch(train["batch_size"]).map(lambda i: (tf.gather(x, i), tf.gather(y, i))).prefetch(2)


def rate(peak, train, steps):
    """Returns the learning rate or Keras's schedule of it; steps are those of an epoch."""
    ((name, options),) = train["schedule"].items()
    if name == "constant" and not options.get("warmup_epochs"):
        return peak
    if name != "cosine_decay" or options.get("decay_epochs"):
        sys.exit(f"schedule {name} is not translated for Keras")
    warm = options.get("warmup_epochs", 0)
    decay = int((train["epochs"] - warm) * steps)
    if not warm:
        return keras.optimizers.schedules.CosineDecay(peak, decay, alpha=options["alpha"])
    return keras.optimizers.schedules.CosineDecay(0.0, decay, alpha=options["alpha"], warmup_target=peak, warmup_steps=int(warm * steps))


class Clock(keras.callbacks.Callback):
    """The seconds of each epoch, with its validation."""

    def __init__(self):
        super().__init__()
        self.seconds = []

    def on_epoch_begin(self, epoch, logs=None):
        self.began = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        self.seconds.append(time.perf_counter() - self.began)


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("spec", help="resolved spec: spec.yaml of a run")
    p.add_argument("--data-dir", required=True)
    p.add_argument("--out", required=True, help="folder for metrics.csv and result.json")
    a = p.parse_args()
    with open(a.spec) as f:
        doc = yaml.safe_load(f)
    train, data = doc["train"], doc["data"]
    keras.utils.set_random_seed(train["seed"])
    if data["dataset"] == "mnist":
        (x, y), test = idx(os.path.join(a.data_dir, "mnist"))
    else:
        (x, y), test = cifar10(os.path.join(a.data_dir, "cifar-10-batches-bin"))
    if data["limit"]:
        x, y = x[:data["limit"]], y[:data["limit"]]
    model = keras.Sequential([keras.Input(doc["input"]), *(golden.keras_layer(item) for item in doc["layers"])])
    ((name, options),) = train["optimizer"].items()
    n = int(len(x) * (1 - data["validation_split"]))
    options["learning_rate"] = rate(options["learning_rate"], train, -(-n // train["batch_size"]))
    model.compile(golden.OPTIMIZERS[name](**{k: v or None if k in CLIPS else v for k, v in options.items()}),
                  loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    callbacks = []
    if train.get("early_stopping"):
        callbacks.append(keras.callbacks.EarlyStopping(**train["early_stopping"]))
    if train.get("reduce_lr_on_plateau"):
        callbacks.append(keras.callbacks.ReduceLROnPlateau(**train["reduce_lr_on_plateau"]))
    clock = Clock()
    began = time.perf_counter()
    h = model.fit(batches(x[:n], y[:n], train), epochs=train["epochs"], validation_data=(x[n:], y[n:]),
                  callbacks=[*callbacks, clock], verbose=0).history
    seconds = time.perf_counter() - began
    loss, accuracy = model.evaluate(*test, verbose=0)
    _, train_accuracy = model.evaluate(x[:n], y[:n], verbose=0)
    os.makedirs(a.out, exist_ok=True)
    keys = ["loss", "accuracy", "val_loss", "val_accuracy"]
    with open(os.path.join(a.out, "metrics.csv"), "w", newline="") as f:
        w = csv.writer(f)
        w.writerow(["epoch", *keys, "seconds"])
        w.writerows([i + 1, *(f"{h[k][i]:.6f}" for k in keys), f"{s:.1f}"] for i, s in enumerate(clock.seconds))
    with open(os.path.join(a.out, "result.json"), "w") as f:
        json.dump({"seconds": round(seconds, 1), "epochs": len(h["loss"]), "test_loss": loss, "test_accuracy": accuracy, "train_accuracy": train_accuracy,
                   "keras": keras.__version__}, f)


CLIPS = {"clipnorm", "clipvalue", "global_clipnorm", "weight_decay"}

if __name__ == "__main__":
    main()
