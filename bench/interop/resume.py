"""Proves that Keras goes on from last.safetensors as cnntrain does: one more step, with
each optimizer and schedule, gives the same weights.

    python bench/interop/resume.py CNNTRAIN [CASE...]    # with Keras 3, and with tf.keras 2.15
"""

import os
import pathlib
import subprocess
import sys
import tempfile

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import tensorflow as tf
from PIL import Image
from safetensors.numpy import load_file

TOLERANCE = 1e-6
KERAS2 = tf.__version__.startswith("2.15")

SPEC = """
name: resume
input: [12, 12, 3]
data: {{dataset: ./images}}
layers:
  - rescaling: 1/255
  - conv2d: {{filters: 4, kernel_size: 3, activation: relu}}
  - batch_normalization
  - max_pooling2d: 2
  - flatten
  - dense: {{units: 4, activation: softmax}}
train:
  optimizer: {optimizer}
  schedule: {schedule}
  loss: {{categorical_crossentropy: {{label_smoothing: 0.1}}}}
  metrics: [accuracy, top_k_categorical_accuracy: 2]
  convolution: direct
  batch_size: 64
  epochs: {epochs}
"""

# One step is one epoch here: all 64 images are one batch.
CASES = {
    "adam": ("adam", "constant"),
    "adam options": ("{adam: {learning_rate: 0.01, beta_1: 0.8, beta_2: 0.95, epsilon: 1e-5, weight_decay: 0.01, clipnorm: 0.5}}", "constant"),
    "adamw": ("{adamw: {learning_rate: 0.002, weight_decay: 0.02}}", "constant"),
    "sgd": ("sgd", "constant"),
    "sgd momentum": ("{sgd: {learning_rate: 0.02, momentum: 0.9, clipvalue: 0.01}}", "constant"),
    "sgd nesterov": ("{sgd: {learning_rate: 0.1, momentum: 0.9, nesterov: true, global_clipnorm: 0.3}}", "constant"),
    "rmsprop": ("{rmsprop: {learning_rate: 0.001, rho: 0.8}}", "constant"),
    "rmsprop momentum": ("{rmsprop: {learning_rate: 0.001, momentum: 0.5, centered: true, epsilon: 0.001}}", "constant"),
    "adagrad": ("{adagrad: {learning_rate: 0.01}}", "constant"),
    "nadam": ("{nadam: {learning_rate: 0.01, beta_1: 0.8}}", "constant"),
    "muon": ("{muon: {learning_rate: 0.01}}", "constant"),
    "adafactor": ("{adafactor: {learning_rate: 0.05, weight_decay: 0.01}}", "constant"),
    "adamax": ("{adamax: {learning_rate: 0.01, weight_decay: 0.01}}", "constant"),
    "adadelta": ("{adadelta: 1}", "constant"),
    "lamb": ("{lamb: {learning_rate: 0.01, weight_decay: 0.01}}", "constant"),
    "lion": ("{lion: {learning_rate: 0.001, weight_decay: 0.1}}", "constant"),
    "ftrl": ("{ftrl: {learning_rate: 0.1, l1_regularization_strength: 0.01}}", "constant"),
    "accumulation": ("{adam: {gradient_accumulation_steps: 2, use_ema: true}}", "constant"),
    "accumulation begun": ("{nadam: {gradient_accumulation_steps: 5}}", "constant"),
    "average": ("{adam: {use_ema: true, ema_momentum: 0.7}}", "constant"),
    "average overwrite": ("{sgd: {learning_rate: 0.1, momentum: 0.9, use_ema: true, ema_momentum: 0.7, ema_overwrite_frequency: 2}}", "constant"),
    "exponential": ("adam", "{exponential_decay: {decay_rate: 0.5, decay_epochs: 2}}"),
    "staircase": ("adam", "{exponential_decay: {decay_rate: 0.5, decay_epochs: 2, staircase: true}}"),
    "step": ("{sgd: {learning_rate: 0.1, momentum: 0.5}}", "{step_decay: {epochs: 3, factor: 0.1}}"),
    "cosine": ("adam", "{cosine_decay: {decay_epochs: 6, alpha: 0.1}}"),
    "restarts": ("adam", "{cosine_decay_restarts: {first_decay_epochs: 2, t_mul: 1.5, m_mul: 0.9, alpha: 0.1}}"),
    "polynomial": ("{sgd: {learning_rate: 0.1, momentum: 0.5}}", "{polynomial_decay: {decay_epochs: 6, alpha: 0.1, power: 2}}"),
    "piecewise": ("{sgd: {learning_rate: 0.1, momentum: 0.5}}", "{piecewise_constant_decay: {boundaries: [2, 3], factors: [1, 0.1, 0.5]}}"),
    "inverse": ("adam", "{inverse_time_decay: {decay_rate: 0.5, decay_epochs: 2}}"),
    "cosine warmup": ("adam", "{cosine_decay: {warmup_epochs: 2, decay_epochs: 6}}"),
}


def write_images(folder):
    draw = np.random.default_rng(1)
    x, y = draw.integers(0, 256, (64, 12, 12, 3)).astype("uint8"), np.arange(64) % 4
    x[np.arange(64), :6, :6] //= (y + 1)[:, None, None, None].astype("uint8")
    for i, image in enumerate(x):
        for split in "train", "test":
            path = folder / "images" / split / "abcd"[y[i]]
            path.mkdir(parents=True, exist_ok=True)
            Image.fromarray(image).save(path / f"{i:02}.png")
    return x.astype("float32"), np.eye(4, dtype="float32")[y]


def run_quietly(*command, cwd=None):
    done = subprocess.run(list(map(str, command)), cwd=cwd, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{command}: {done.stderr}")


def fit(program, folder, run, optimizer, schedule, epochs):
    (folder / "spec.yaml").write_text(SPEC.format(optimizer=optimizer, schedule=schedule, epochs=epochs))
    run_quietly(program, "fit", "spec.yaml", "--out", run, cwd=folder)
    return folder / run / "last.safetensors"


def check(program, folder, case, x, y):
    """Returns the largest difference of a weight, by kind of file."""
    optimizer, schedule = CASES[case]
    run = case.replace(" ", "-")
    before = fit(program, folder, run, optimizer, schedule, 3)
    after = load_file(fit(program, folder, run + "-more", optimizer, schedule, 4))
    found = {}
    for ending in ".keras", ".h5":
        if ending == ".h5" and not KERAS2:
            continue  # Keras 3 cannot continue from an .h5 file with optimizer state, not even its own
        file = folder / (run + ending)
        run_quietly(program, "export", before, "-o", file)
        model = tf.keras.models.load_model(file)
        model.train_on_batch(x, y)
        found[ending] = 0.0
        if model.optimizer.use_ema:  # as fit does at its end
            model.optimizer.finalize_variable_values(model.trainable_variables)
        for layer in model.layers:
            for w in layer.weights:
                name = w.name.split("/")[-1].split(":")[0]
                far = float(np.abs(w.numpy() - after[f"{layer.name}/{name}"]).max())
                found[ending] = max(found[ending], far)
    return found


def main():
    program = str(pathlib.Path(sys.argv[1]).resolve())
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        x, y = write_images(folder)
        for case in sys.argv[2:] or CASES:
            found = check(program, folder, case, x, y)
            ok = max(found.values()) < TOLERANCE
            failed |= not ok
            print("ok  " if ok else "FAIL", case, {k: f"{v:.1e}" for k, v in found.items()}, flush=True)
    sys.exit(failed)


if __name__ == "__main__":
    main()
