"""Writes internal/testdata/keras/gradcam.safetensors: heat maps by Keras's own recipe.

    python gradcam.py [FOLDER]     (default: internal/testdata/keras)

The recipe is make_gradcam_heatmap of keras.io/examples/vision/grad_cam, word for word.
"""

import os
import sys
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

from golden import OUT, write  # noqa: E402

SPEC = """input: [16, 12, 3]
data: {dataset: shapes}
layers:
  - rescaling: 1/255
  - conv2d: {filters: 4, kernel_size: 3, padding: same, activation: relu}
  - max_pooling2d
  - conv2d: {filters: 6, kernel_size: 3, use_bias: false}
  - batch_normalization
  - relu
  - max_pooling2d: {pool_size: 2, padding: same}
  - flatten
  - dropout: 0.3
  - dense: {units: 8, activation: relu}
  - dense: {units: 3, activation: softmax}
"""


def make_gradcam_heatmap(img_array, model, last_conv_layer_name, pred_index=None):
    grad_model = keras.models.Model(
        model.inputs, [model.get_layer(last_conv_layer_name).output, model.output]
    )
    with tf.GradientTape() as tape:
        last_conv_layer_output, preds = grad_model(img_array)
        if pred_index is None:
            pred_index = tf.argmax(preds[0])
        class_channel = preds[:, pred_index]
    grads = tape.gradient(class_channel, last_conv_layer_output)
    pooled_grads = tf.reduce_mean(grads, axis=(0, 1, 2))
    last_conv_layer_output = last_conv_layer_output[0]
    heatmap = last_conv_layer_output @ pooled_grads[..., tf.newaxis]
    heatmap = tf.squeeze(heatmap)
    heatmap = tf.maximum(heatmap, 0) / tf.math.reduce_max(heatmap)
    return heatmap.numpy()


def main(folder):
    keras.utils.set_random_seed(3)
    layers = keras.layers
    model = keras.Sequential([
        keras.Input((16, 12, 3)),
        layers.Rescaling(1 / 255),
        layers.Conv2D(4, 3, padding="same", activation="relu", name="conv2d"),
        layers.MaxPooling2D(),
        layers.Conv2D(6, 3, use_bias=False, name="conv2d_1"),
        layers.BatchNormalization(name="batch_normalization"),
        layers.ReLU(name="relu"),
        layers.MaxPooling2D(2, padding="same"),
        layers.Flatten(),
        layers.Dropout(0.3),
        layers.Dense(8, activation="relu", name="dense"),
        layers.Dense(3, activation="softmax", name="dense_1"),
    ])
    model = keras.Model(model.inputs[0], model.outputs[0])  # a Sequential model that was never called has no .output
    rng = np.random.default_rng(5)
    tensors = {}
    for layer in model.layers:
        weights = [rng.normal(0, 0.5, w.shape).astype(np.float32) for w in layer.weights]
        for w, v in zip(layer.weights, weights):
            if w.name in ("gamma", "moving_variance"):
                v = np.abs(v) + np.float32(0.5)
            w.assign(v)
            tensors[f"weights/{layer.name}/{w.name}"] = np.asarray(w)
    x = rng.uniform(0, 255, (3, 16, 12, 3)).astype(np.float32)
    tensors["x"] = x
    model.layers[-1].activation = None
    for label in "relu", "conv2d_1", "conv2d":
        tensors[f"heat/{label}"] = np.array([
            [make_gradcam_heatmap(one[None], model, label, c) for c in range(3)] for one in x
        ], np.float32)
        assert not np.isnan(tensors[f"heat/{label}"]).any()
    write(folder, "gradcam", {"kind": "gradcam", "spec": SPEC}, tensors)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else OUT)
