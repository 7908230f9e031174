"""Writes internal/testdata/keras/tuned_*.safetensors: what Keras computes when
a head is trained on a frozen base for three steps, and then both for three.

    python fine_tune.py [FOLDER]     (default: internal/testdata/keras)
"""

import sys
from pathlib import Path

import golden  # sets the environment for what follows
import keras
import numpy as np
import tensorflow as tf

BATCH, SHAPE, CLASSES = 6, (9, 8, 3), 4
HEAD_RATE, ALL_RATE = 0.01, 0.002
EPSILON = 0.001  # a smaller one magnifies rounding where gradients are near 0

# How fine-tuning treats batch normalization: the option in the spec.
MODES = ("inference", "training", "frozen")

SPEC = f"""input: [9, 8, 3]
data: {{dataset: shapes}}
blocks:
  base:
    layers:
      - conv2d: {{filters: 5, kernel_size: 3, use_bias: false}}
      - batch_normalization: {{momentum: 0.8}}
      - relu
      - residual:
          - conv2d: {{filters: 5, kernel_size: 3, padding: same, use_bias: false}}
          - batch_normalization: {{momentum: 0.8}}
      - global_average_pooling2d
layers:
  - base: {{trainable: false}}
  - dense: {{units: 6, activation: tanh}}
  - batch_normalization: {{momentum: 0.8}}
  - dense: {{units: {CLASSES}, activation: softmax}}
train:
  optimizer: {{adam: {{learning_rate: {HEAD_RATE}, epsilon: {EPSILON}}}}}
  loss: categorical_crossentropy
  metrics: []
  epochs: 6
  batch_size: {BATCH}
  fine_tune: {{frozen_epochs: 3, learning_rate: {ALL_RATE}, batch_normalization: MODE}}
"""


class Inference(keras.layers.Layer):
    """base(x, training=False) as documented. In a functional model, Keras 3.15
    replaces this argument by that of the whole model."""

    def __init__(self, base):
        super().__init__()
        self.base = base

    def call(self, x):
        return self.base(x, training=False)


def build(mode):
    keras.backend.clear_session()
    layers = keras.layers

    def norm():
        return layers.BatchNormalization(momentum=0.8)

    x = images = keras.Input(SHAPE)
    x = layers.Conv2D(5, 3, use_bias=False)(x)
    x = layers.ReLU()(norm()(x))
    y = layers.Conv2D(5, 3, padding="same", use_bias=False)(x)
    x = layers.Add()([norm()(y), x])
    base = keras.Model(images, layers.GlobalAveragePooling2D()(x))
    x = images = keras.Input(SHAPE)
    x = Inference(base)(x) if mode == "inference" else base(x)
    x = norm()(layers.Dense(6, activation="tanh")(x))
    x = layers.Dense(CLASSES, activation="softmax")(x)
    return keras.Model(images, x), base


def case(mode):
    rng = np.random.default_rng(MODES.index(mode))
    model, base = build(mode)
    parts = base.layers + [layer for layer in model.layers
                           if layer is not base and not hasattr(layer, "base")]
    named = {f"{layer.name}/{v.name}": v for layer in parts for v in layer.variables}
    for v in named.values():
        w = golden.draw_weight(rng, v.shape)
        v.assign(np.abs(w) if v.name == "moving_variance" else w)
    x = rng.standard_normal((BATCH, *SHAPE)).astype("float32")
    labels = np.eye(CLASSES, dtype="float32")[rng.integers(0, CLASSES, BATCH)]
    tensors = {"x": x, "labels": labels}
    tensors |= {f"weights/{name}": v.numpy() for name, v in named.items()}
    losses = []
    for rate in (HEAD_RATE, ALL_RATE):
        base.trainable = rate == ALL_RATE
        if mode == "frozen":
            for layer in base.layers:
                if isinstance(layer, keras.layers.BatchNormalization):
                    layer.trainable = False
        model.compile(keras.optimizers.Adam(rate, epsilon=EPSILON), "categorical_crossentropy",
                      jit_compile=False)
        run = model.fit(x, labels, BATCH, epochs=3, shuffle=False, verbose=0)
        losses += run.history["loss"]
        step = len(losses)
        tensors |= {f"step{step}/{name}": v.numpy() for name, v in named.items()}
    tensors["losses"] = np.array(losses)
    return {"kind": "tuned", "spec": SPEC.replace("MODE", mode)}, tensors


def main():
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else golden.OUT
    tf.config.threading.set_inter_op_parallelism_threads(1)
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.experimental.enable_op_determinism()
    for mode in MODES:
        golden.write(folder, f"tuned_{mode}", *case(mode))


if __name__ == "__main__":
    main()
