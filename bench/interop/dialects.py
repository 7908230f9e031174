"""Writes internal/interop/testdata/dialects/: models of which one holds others, with
names, layers and options that cnntrain has not, saved by the Keras that runs this.

    python bench/interop/dialects.py          # once with Keras 3, once with tf.keras 2.15
"""

import os
import pathlib

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
import tensorflow as tf
from keras import layers as L
from safetensors.numpy import save_file

DATA = pathlib.Path(__file__).resolve().parents[2] / "internal/interop/testdata/dialects"
OLD = keras.__version__.startswith("2.")
PREFIX = "tf215" if OLD else "k3"


def base():
    """A base model for transfer learning, with its first layer frozen."""
    dot = "/" if OLD else "."  # "/" is not allowed in Keras 3
    x = inputs = keras.Input((12, 11, 3))
    x = L.Conv2D(3, 3, name=f"block1{dot}conv", kernel_constraint=keras.constraints.MaxNorm(2.0), kernel_initializer="orthogonal")(x)
    x = L.BatchNormalization(name=f"block1{dot}bn", scale=False)(x)
    x = L.Activation("relu")(x)
    x = L.SeparableConv2D(4, 3, depth_multiplier=2, name="separable", depthwise_initializer=keras.initializers.VarianceScaling(2.0, "fan_in"))(x)
    x = L.BatchNormalization()(x)
    x = L.GaussianNoise(0.1)(x)
    model = keras.Model(inputs, x, name="base")
    model.layers[1].trainable = False
    return model


def nested():
    x = inputs = keras.Input((12, 11, 3))
    x = L.Rescaling(1 / 255)(x)
    x = base()(x, training=False)
    x = L.DepthwiseConv2D(3, name="depthwise", activity_regularizer="l2")(x)
    x = L.GlobalAveragePooling2D()(x)
    x = L.Reshape((4,))(x)
    x = L.BatchNormalization()(x)  # axis: [1] in tf.keras 2.15
    head = [L.Dense(5, activation=L.LeakyReLU()), L.Dropout(0.2, seed=3), L.Dense(3)]
    x = keras.Sequential(head, name="head")(x)
    return keras.Model(inputs, x, name="nested/model" if OLD else "nested>model")


def main():
    DATA.mkdir(exist_ok=True)
    keras.utils.set_random_seed(1)
    model = nested()
    draw = np.random.default_rng(1)
    for w in model.weights:
        w.assign(w + draw.uniform(0.1, 0.4, w.shape))
    model.compile("adam", keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1), metrics=["accuracy"])
    x = draw.integers(0, 256, (5, 12, 11, 3)).astype("float32")
    probabilities = tf.nn.softmax(model.predict(x, verbose=0)).numpy()
    for ending in ".h5", ".keras":
        model.save(DATA / f"{PREFIX}{ending}")
    (DATA / f"{PREFIX}.json").write_text(model.to_json())
    save_file({"x": x, "predictions": probabilities}, DATA / f"{PREFIX}.safetensors")
    (DATA / f"{PREFIX}.safetensors").chmod(0o644)


if __name__ == "__main__":
    main()
