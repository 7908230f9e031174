"""Writes golden files from Keras that the Go tests compare with.

    python golden.py [FOLDER [CASES]]     (default: internal/testdata/keras)

Each file is one case: a layer or a small model with fixed weights, its input,
its output, its gradients and its weights after three optimiser steps.
README.md says what the tensors are called. A case's seed is its name, so
adding a case leaves the others as they are.
"""

import fnmatch
import functools
import json
import os
import struct
import sys
import zlib
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"  # plain Eigen kernels
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"

import keras  # noqa: E402
import numpy as np  # noqa: E402
from keras.src.applications import convnext  # noqa: E402
import tensorflow as tf  # noqa: E402

tf.get_logger().setLevel("ERROR")

OUT = Path(__file__).resolve().parents[2] / "internal" / "testdata" / "keras"
STEPS = 3


class LocalResponseNormalization(keras.layers.Layer):
    """TensorFlow's function as a layer; Keras has none."""

    def __init__(self, depth_radius=5, bias=1, alpha=1, beta=0.5):
        super().__init__()
        self.options = depth_radius, bias, alpha, beta

    def call(self, x):
        return tf.nn.local_response_normalization(x, *self.options)


class LayerScale(convnext.LayerScale):
    """Keras's layer, whose weight has no name."""

    def build(self, shape):
        self.gamma = self.add_weight(
            shape=(self.projection_dim,), name="gamma",
            initializer=keras.initializers.Constant(self.init_values))


class RGBToBGR(keras.layers.Layer):
    """The swap of keras.applications' preprocess_input; ours is a convolution."""

    kernel = np.eye(3, dtype=np.float32)[::-1].reshape(1, 1, 3, 3)

    def call(self, x):
        return x[..., ::-1]


GOLDEN = np.uint64(0x9E3779B97F4A7C15)
DRAWS = 0x64726177  # the key of layers in training, builder's drawKey


def mix(z):
    z = (z ^ z >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ z >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    return z ^ z >> np.uint64(31)


def stream(*keys):
    state = np.zeros(1, np.uint64)
    for key in keys:
        state = mix(state + np.uint64(key) + GOLDEN)
    return state


def log_gamma(alpha, key):
    """Package random's logarithm of a gamma distributed number."""
    d = alpha + 1 - 1 / 3
    c = 1 / np.sqrt(9 * d)
    u = uniforms(400, key=key).reshape(-1, 4)
    for a, b, accept, power in u:
        x = np.sqrt(-2 * np.log(1 - a)) * np.cos(2 * np.pi * b)
        v = (1 + c * x) ** 3
        if v > 0 and np.log(1 - accept) < x * x / 2 + d - d * v + d * np.log(v):
            return np.log(d) + np.log(v) + np.log(1 - power) / alpha


def beta(i, alpha, key=()):
    key = (*key, i)
    return 1 / (1 + np.exp(log_gamma(alpha, (*key, 1)) -
                           log_gamma(alpha, (*key, 0))))


def uniforms(n, factor=1, offset=0, key=None):
    """The numbers of package random's empty stream, or of its With(key), of the
    indices factor*i+offset; key is a number or a tuple."""
    i = np.arange(n, dtype=np.uint64) * np.uint64(factor)
    z = (i + np.uint64(offset + 1)) * GOLDEN
    if key is not None:
        z = z + stream(*np.atleast_1d(key))
    return (mix(z) >> np.uint64(11)).astype(float) / 2**53


def draw_uniform(shape, minval=0.0, maxval=1.0, dtype=None, seed=None,
                 key=None):
    """Keras's function, with our random numbers."""
    shape = [int(d) for d in shape]
    u = uniforms(int(np.prod(shape)), key=key).reshape(shape)
    return tf.constant(minval + (maxval - minval) * u, tf.float32)


def draw_normal(shape, mean=0.0, stddev=1.0, dtype=None, seed=None, key=None):
    shape = [int(d) for d in shape]
    n = int(np.prod(shape))
    u, v = uniforms(n, 2, key=key), uniforms(n, 2, 1, key)
    z = np.sqrt(-2 * np.log(1 - u)) * np.cos(2 * np.pi * v)
    return tf.constant(mean + stddev * z.reshape(shape), tf.float32)


MERGERS = {name: getattr(keras.layers, name.capitalize()) for name in (
    "add", "average", "concatenate", "maximum", "minimum", "multiply",
    "subtract")}


class Merged(keras.layers.Layer):
    """A merging layer of its input and of a second input computed from it, as in
    the layer tests in Go."""

    def __init__(self, merger):
        super().__init__()
        self.merger = merger

    def call(self, x):
        return self.merger([x, x * -0.5 + 0.125])


def between(bounds, u):
    return bounds[0] + (bounds[1] - bounds[0]) * u


def per_image(values):
    return tf.constant(np.reshape(values, (-1, 1, 1, 1)), tf.float32)


def hue(layer, n, key=None):
    turn = between(layer.factor, uniforms(n, 2, 0, key)) / 2
    sign = np.where(uniforms(n, 2, 1, key) > 0.5, -1, 1)
    return {"factor": tf.constant(sign * turn, tf.float32)}


def saturation(layer, n, key=None):
    f = between(layer.factor, uniforms(n, key=key))
    return {"factor": tf.constant(f / (1 - f + 1e-7), tf.float32)}


def solarize(layer, n, key=None):
    def scaled(bounds, offset):
        return per_image(between((bounds[0], 255 * bounds[1]),
                                 uniforms(n, 2, offset, key)))
    return {"additions": scaled(layer.addition_factor, 0),
            "thresholds": scaled(layer.threshold_factor, 1)}


def erase(layer, x):
    n, height, width, _ = x.shape

    def u(k):
        return tf.constant(uniforms(n, 6, k), tf.float32)

    def side(k, length):
        part = tf.sqrt(between(layer.scale, u(k))) * length
        start = u(k + 1) * (length - part)
        return start, start + part
    corners = (*side(0, width), *side(2, height))
    fill = layer._get_fill_value(x, x.shape, None)
    if layer.fill_value is None:
        low, high = layer.value_range
        fill = tf.clip_by_value(high * draw_normal(x.shape, key=1), low, high)
    return {"batch_masks": layer._generate_batch_mask(x.shape, corners),
            "apply_erasing": u(5) < between(layer.factor, u(4)),
            "fill_value": fill}


def jitter(layer, x):
    """Keras's layers inside, each with random numbers of its own."""
    n, (low, high) = len(x), layer.value_range
    b, c = layer.random_brightness, layer.random_contrast
    delta = between(b.factor, uniforms(n, key=0)) * (high - low)
    x = b.transform_images(x, {"rgb_delta": per_image(delta)})
    factor = between((1 - c.factor[0], 1 + c.factor[1]), uniforms(n, key=1))
    x = c.transform_images(x, {"contrast_factor": per_image(factor)})
    x = layer.random_saturation.transform_images(
        x, saturation(layer.random_saturation, n, 2))
    return layer.random_hue.transform_images(x, hue(layer.random_hue, n, 3))


def shear(layer, x, key=None):
    n = len(x)
    sign = np.where(uniforms(n, 3, 0, key) > 0.5, -1, 1)
    amounts = [sign * between(factor, uniforms(n, 3, offset, key))
               for factor, offset in ((layer.x_factor, 2), (layer.y_factor, 1))]
    return layer.transform_images(x, {
        "shear_factor": tf.constant(np.stack(amounts, 1), tf.float32),
        "input_shape": x.shape})


def posterize(layer, x, key=None):
    low, high = layer.factor
    bits = np.floor(between((low, high), uniforms(len(x), key=key)))
    return layer.transform_images(x, {
        "shift_factor": tf.constant(8 - bits, tf.uint8)})


def degenerate(layer, x, key=None):
    return layer.transform_images(x, {
        "factor": per_image(between(layer.factor, uniforms(len(x), key=key)))})


def rand_augment(layer, x):
    """Keras's changes, each with random numbers of its own, drawn for each image."""
    n, range_ = len(x), layer.value_range[1] - layer.value_range[0]

    def u(key, factor=1, offset=0):
        return uniforms(n, factor, offset, key)

    def translate(l, x, key):
        down = x.shape[1] * between(
            (l.height_lower, l.height_upper), u(key, 2, 0))
        right = x.shape[2] * between(
            (l.width_lower, l.width_upper), u(key, 2, 1))
        return l.transform_images(x, {
            "translations": tf.constant(np.stack([right, down], 1), tf.float32),
            "input_shape": x.shape})

    def rotate(l, x, key):
        zeros = tf.zeros(n)
        angle = tf.constant(360 * between(l.factor, u(key)), tf.float32)
        matrix = l._compute_affine_matrix(
            0.5, 0.5, angle, zeros, zeros, zeros + 1, zeros, zeros,
            height=x.shape[1], width=x.shape[2])
        return l.transform_images(x, {"rotation_matrix": matrix})

    def each(l, x, key):
        return tf.concat([l.transform_images(x[i:i + 1], None)
                          for i in range(n)], 0)

    changes = {
        "random_shear": shear,
        "random_translation": translate,
        "random_rotation": rotate,
        "random_brightness": lambda l, x, key: l.transform_images(
            x, {"rgb_delta": per_image(between(l.factor, u(key)) * range_)}),
        "random_color_degeneration": degenerate,
        "random_contrast": lambda l, x, key: l.transform_images(
            x, {"contrast_factor": per_image(
                between((1 - l.factor[0], 1 + l.factor[1]), u(key)))}),
        "random_sharpness": lambda l, x, key: l.transform_images(
            x, {"factor": tf.constant(between(l.factor, u(key)), tf.float32)}),
        "random_posterization": posterize,
        "solarization": lambda l, x, key: l.transform_images(
            x, solarize(l, n, key)),
        "auto_contrast": each,
        "equalization": each,
    }
    assert list(changes) == layer._AUGMENT_LAYERS
    for i in range(layer.num_ops):
        results = [change(getattr(layer, name), x, (i, k))
                   for k, (name, change) in enumerate(changes.items())]
        chosen = (u(i) * len(changes)).astype(int)
        x = tf.stack([results[k][j] for j, k in enumerate(chosen)])
    return x


def mix_up(layer, n):
    weight = np.array([beta(i, layer.alpha) for i in range(n)])
    return {"mix_weight": tf.constant(weight, tf.float32),
            "permutation_order": np.roll(np.arange(n), -1)}


def cut_mix(layer, shape):
    n, height, width, _ = shape
    alpha = between(layer.factor, uniforms(1)[0]) + 1e-6
    weight = np.array([beta(0, alpha, (i,)) for i in range(n)])
    starts = np.array([uniforms(2, key=(i,)) for i in range(n)])

    def side(k, length):
        part = np.sqrt(1 - weight) * length
        start = starts[:, k] * (length - part)
        return [tf.constant(v, tf.float32) for v in (start, start + part)]
    masks, weight = layer._generate_batch_mask(
        shape, (*side(0, width), *side(1, height)))
    return {"batch_masks": masks, "mix_weight": weight,
            "permutation_order": np.roll(np.arange(n), -1)}


# What layers that mix images draw.
MIXERS = {
    "mix_up": lambda l, x: mix_up(l, len(x)),
    "cut_mix": lambda l, x: cut_mix(l, x.shape),
}


# What a layer of images makes of the random numbers of ours.
TRANSFORMS = {
    "random_grayscale": lambda l, x: l.transform_images(
        x, per_image(uniforms(len(x))) < l.factor),
    "random_hue": lambda l, x: l.transform_images(x, hue(l, len(x))),
    "random_saturation": lambda l, x: l.transform_images(
        x, saturation(l, len(x))),
    "random_sharpness": lambda l, x: l.transform_images(
        x, {"factor": tf.constant(between(l.factor, uniforms(len(x))),
                                  tf.float32)}),
    "random_erasing": lambda l, x: l.transform_images(x, erase(l, x)),
    "random_color_jitter": jitter,
    "solarization": lambda l, x: l.transform_images(x, solarize(l, len(x))),
    "random_shear": shear,
    "random_posterization": posterize,
    "random_color_degeneration": degenerate,
    "rand_augment": rand_augment,
    "equalization": lambda l, x: tf.concat(
        [l.transform_images(x[i:i + 1], None) for i in range(len(x))], 0),
} | {name: lambda l, x, draw=draw: l.transform_images(x, draw(l, x))
     for name, draw in MIXERS.items()}


# Keras's class and main option for each layer name of a spec.
LAYERS = {
    "auto_contrast": (keras.layers.AutoContrast, None),
    "cut_mix": (keras.layers.CutMix, None),
    "mix_up": (keras.layers.MixUp, "alpha"),
    "equalization": (keras.layers.Equalization, None),
    "rand_augment": (keras.layers.RandAugment, None),
    "random_color_degeneration": (
        keras.layers.RandomColorDegeneration, "factor"),
    "random_color_jitter": (keras.layers.RandomColorJitter, None),
    "random_erasing": (keras.layers.RandomErasing, None),
    "random_grayscale": (keras.layers.RandomGrayscale, "factor"),
    "random_hue": (keras.layers.RandomHue, "factor"),
    "random_posterization": (keras.layers.RandomPosterization, "factor"),
    "random_saturation": (keras.layers.RandomSaturation, "factor"),
    "random_sharpness": (keras.layers.RandomSharpness, "factor"),
    "random_shear": (keras.layers.RandomShear, None),
    "solarization": (keras.layers.Solarization, None),
    "alpha_dropout": (keras.layers.AlphaDropout, "rate"),
    "gaussian_dropout": (keras.layers.GaussianDropout, "rate"),
    "gaussian_noise": (keras.layers.GaussianNoise, "stddev"),
    "layer_scale": (LayerScale, None),
    "stochastic_depth": (convnext.StochasticDepth, "drop_path_rate"),
    "activation": (keras.layers.Activation, "activation"),
    "average_pooling2d": (keras.layers.AveragePooling2D, "pool_size"),
    "batch_normalization": (keras.layers.BatchNormalization, "momentum"),
    "center_crop": (keras.layers.CenterCrop, None),
    "conv2d": (keras.layers.Conv2D, "filters"),
    "conv2d_transpose": (keras.layers.Conv2DTranspose, "filters"),
    "cropping2d": (keras.layers.Cropping2D, "cropping"),
    "dense": (keras.layers.Dense, "units"),
    "depthwise_conv2d": (keras.layers.DepthwiseConv2D, "kernel_size"),
    "elu": (keras.layers.ELU, "alpha"),
    "dropout": (keras.layers.Dropout, "rate"),
    "flatten": (keras.layers.Flatten, None),
    "global_average_pooling2d": (keras.layers.GlobalAveragePooling2D, "keepdims"),
    "global_max_pooling2d": (keras.layers.GlobalMaxPooling2D, "keepdims"),
    "group_normalization": (keras.layers.GroupNormalization, "groups"),
    "layer_normalization": (keras.layers.LayerNormalization, "axis"),
    "normalization": (keras.layers.Normalization, None),
    "unit_normalization": (keras.layers.UnitNormalization, "axis"),
    "leaky_relu": (keras.layers.LeakyReLU, "negative_slope"),
    "local_response_normalization": (LocalResponseNormalization, "depth_radius"),
    "max_pooling2d": (keras.layers.MaxPooling2D, "pool_size"),
    "random_brightness": (keras.layers.RandomBrightness, "factor"),
    "random_contrast": (keras.layers.RandomContrast, "factor"),
    # What RandomCrop is documented to do in use; Keras 3.15 returns the images
    # unchanged.
    "random_crop": (
        functools.partial(keras.layers.Resizing, crop_to_aspect_ratio=True),
        None),
    "random_flip": (keras.layers.RandomFlip, "mode"),
    "random_rotation": (keras.layers.RandomRotation, "factor"),
    "random_translation": (keras.layers.RandomTranslation, None),
    "random_zoom": (keras.layers.RandomZoom, "height_factor"),
    "permute": (keras.layers.Permute, "dims"),
    "prelu": (keras.layers.PReLU, None),
    "relu": (keras.layers.ReLU, "max_value"),
    "reshape": (keras.layers.Reshape, "target_shape"),
    "resizing": (keras.layers.Resizing, None),
    "rgb_to_bgr": (RGBToBGR, None),
    "up_sampling2d": (keras.layers.UpSampling2D, "size"),
    "rescaling": (keras.layers.Rescaling, "scale"),
    "separable_conv2d": (keras.layers.SeparableConv2D, "filters"),
    "softmax": (keras.layers.Softmax, None),
    "zero_padding2d": (keras.layers.ZeroPadding2D, "padding"),
    "spatial_dropout2d": (keras.layers.SpatialDropout2D, "rate"),
}
# Functions without a Keras layer.
LAYERS |= {name: (functools.partial(keras.layers.Activation, name), None)
           for name in ["gelu", "hard_sigmoid", "hard_silu", "hard_swish",
                        "mish", "relu6", "selu", "sigmoid", "silu",
                        "softplus", "softsign", "tanh"]}
WARPS = ("random_rotation", "random_zoom", "random_translation", "random_shear",
         "rand_augment")
LOSSES = {
    "binary_crossentropy": keras.losses.BinaryCrossentropy,
    "binary_focal_crossentropy": keras.losses.BinaryFocalCrossentropy,
    "categorical_crossentropy": keras.losses.CategoricalCrossentropy,
    "categorical_focal_crossentropy": keras.losses.CategoricalFocalCrossentropy,
}
OPTIMIZERS = {
    "adafactor": keras.optimizers.Adafactor,
    "adadelta": keras.optimizers.Adadelta,
    "adagrad": keras.optimizers.Adagrad,
    "adam": keras.optimizers.Adam,
    "adamax": keras.optimizers.Adamax,
    "adamw": keras.optimizers.AdamW,
    "ftrl": keras.optimizers.Ftrl,
    "lamb": keras.optimizers.Lamb,
    "lion": keras.optimizers.Lion,
    "muon": keras.optimizers.Muon,
    "nadam": keras.optimizers.Nadam,
    "rmsprop": keras.optimizers.RMSprop,
    "sgd": keras.optimizers.SGD,
}


for name, merger in MERGERS.items():
    LAYERS[name] = (lambda paths, merger=merger: Merged(merger()), "paths")


# How x is drawn.
def normal(rng, shape):
    return rng.standard_normal(shape)


def wide(rng, shape):
    """Values beyond the bounds of clipped functions, too."""
    return 4 * rng.standard_normal(shape)


def pixels(rng, shape):
    return rng.integers(0, 256, shape)


def unit(rng, shape):
    return rng.uniform(size=shape)


def few_values(rng, shape):
    """Integers 0, 1, 2, half of them 0: most pooling windows have ties."""
    return np.maximum(rng.integers(-2, 3, shape), 0)


# case: input shape, the layer as the spec has it, x
LAYER_CASES = {
    "conv2d_valid": (
        (7, 8, 3), {"conv2d": {"filters": 4, "kernel_size": 3}}, normal),
    "conv2d_same": (
        (7, 8, 3),
        {"conv2d": {"filters": 4, "kernel_size": 3, "padding": "same"}},
        normal),
    "conv2d_same_even_kernel": (
        (7, 8, 3),
        {"conv2d": {"filters": 4, "kernel_size": [2, 4], "padding": "same"}},
        normal),
    "conv2d_strides2_same_even": (
        (8, 6, 3),
        {"conv2d": {"filters": 4, "kernel_size": 3, "strides": 2,
                    "padding": "same"}},
        normal),
    "conv2d_strides2_same_odd": (
        (7, 9, 3),
        {"conv2d": {"filters": 4, "kernel_size": 3, "strides": 2,
                    "padding": "same"}},
        normal),
    "conv2d_kernel3x2_strides2x1": (
        (8, 7, 3),
        {"conv2d": {"filters": 4, "kernel_size": [3, 2], "strides": [2, 1],
                    "padding": "valid"}},
        normal),
    "conv2d_5x5_relu": (
        (9, 8, 3),
        {"conv2d": {"filters": 5, "kernel_size": 5, "activation": "relu"}},
        normal),
    "conv2d_no_bias": (
        (7, 8, 3),
        {"conv2d": {"filters": 4, "kernel_size": 3, "use_bias": False}},
        normal),
    "conv2d_1x1": (
        (5, 6, 3), {"conv2d": {"filters": 4, "kernel_size": 1}}, normal),
    "conv2d_strides_over_kernel": (
        (9, 10, 3),
        {"conv2d": {"filters": 4, "kernel_size": 2, "strides": 3}}, normal),
    "conv2d_strides_over_kernel_same": (
        (9, 10, 3),
        {"conv2d": {"filters": 4, "kernel_size": 2, "strides": 3,
                    "padding": "same"}},
        normal),
    "conv2d_kernel_over_input_same": (
        (3, 4, 2),
        {"conv2d": {"filters": 3, "kernel_size": 5, "padding": "same"}},
        normal),
    "conv2d_dilation": (
        (9, 8, 3),
        {"conv2d": {"filters": 4, "kernel_size": 3, "dilation_rate": 2}},
        normal),
    "conv2d_dilation_same_groups": (
        (7, 8, 6),
        {"conv2d": {"filters": 4, "kernel_size": [3, 2],
                    "dilation_rate": [2, 3], "groups": 2, "padding": "same"}},
        normal),
    "conv2d_groups_strides": (
        (8, 7, 6),
        {"conv2d": {"filters": 9, "kernel_size": 3, "strides": 2,
                    "groups": 3, "padding": "same", "activation": "relu"}},
        normal),
    "conv2d_groups_depthwise": (
        (6, 7, 4),
        {"conv2d": {"filters": 8, "kernel_size": 3, "groups": 4}}, normal),
    "depthwise_conv2d_dilation": (
        (8, 7, 3),
        {"depthwise_conv2d": {"kernel_size": 3, "dilation_rate": [2, 3],
                              "padding": "same", "depth_multiplier": 2}},
        normal),
    "separable_conv2d_dilation": (
        (8, 7, 3),
        {"separable_conv2d": {"filters": 4, "kernel_size": 3,
                              "dilation_rate": 2}},
        normal),
    "max_pooling2d_even": ((6, 8, 3), "max_pooling2d", normal),
    "max_pooling2d_odd": ((7, 5, 3), "max_pooling2d", normal),
    "max_pooling2d_3": ((9, 7, 3), {"max_pooling2d": 3}, normal),
    "max_pooling2d_overlapping": (
        (8, 7, 3),
        {"max_pooling2d": {"pool_size": 3, "strides": 2, "padding": "same"}},
        normal),
    "max_pooling2d_overlapping_valid": (
        (8, 7, 3), {"max_pooling2d": {"pool_size": 3, "strides": 1}}, normal),
    "max_pooling2d_same_odd": (
        (7, 5, 3), {"max_pooling2d": {"padding": "same"}}, normal),
    "max_pooling2d_2x3": (
        (7, 8, 3), {"max_pooling2d": {"pool_size": [2, 3]}}, normal),
    "max_pooling2d_strides_over_pool": (
        (8, 9, 3), {"max_pooling2d": {"pool_size": 2, "strides": 3}}, normal),
    "max_pooling2d_ties": ((6, 8, 3), "max_pooling2d", few_values),
    "max_pooling2d_ties_overlapping": (
        (8, 7, 3),
        {"max_pooling2d": {"pool_size": 3, "strides": 2, "padding": "same"}},
        few_values),
    "flatten": ((4, 3, 2), "flatten", normal),
    "dense": ((7,), {"dense": 5}, normal),
    "dense_relu": (
        (7,), {"dense": {"units": 5, "activation": "relu"}}, normal),
    "dense_softmax": (
        (7,), {"dense": {"units": 5, "activation": "softmax"}}, normal),
    "dense_no_bias": (
        (7,), {"dense": {"units": 5, "use_bias": False}}, normal),
    "activation_relu": ((4, 5, 2), {"activation": "relu"}, normal),
    "activation_softmax": ((6,), {"activation": "softmax"}, normal),
    "relu": ((4, 5, 2), "relu", normal),
    "softmax": ((6,), "softmax", normal),
    "softmax_map": ((3, 4, 5), "softmax", normal),
    "rgb_to_bgr": ((4, 5, 3), "rgb_to_bgr", pixels),
    "rescaling_pixels": ((4, 5, 3), {"rescaling": "1/255"}, pixels),
    "rescaling_offset": (
        (4, 5, 3), {"rescaling": {"scale": 2, "offset": -1}}, normal),
    # Equal bounds make the layer deterministic.
    "random_rotation": (
        (8, 7, 3), {"random_rotation": {"factor": [0.07, 0.07]}}, pixels),
    "random_rotation_back_constant": (
        (8, 7, 3),
        {"random_rotation": {"factor": [-0.3, -0.3], "fill_mode": "constant",
                             "fill_value": 9}}, pixels),
    "random_rotation_nearest": (
        (8, 7, 3),
        {"random_rotation": {"factor": [0.4, 0.4], "fill_mode": "nearest",
                             "interpolation": "nearest"}}, pixels),
    "random_rotation_wrap": (
        (8, 7, 1),
        {"random_rotation": {"factor": [0.2, 0.2], "fill_mode": "wrap"}},
        pixels),
    "random_zoom_out": (
        (8, 7, 3), {"random_zoom": {"height_factor": [0.7, 0.7]}}, pixels),
    "random_zoom_in": (
        (8, 7, 3),
        {"random_zoom": {"height_factor": [-0.3, -0.3],
                         "width_factor": [0.2, 0.2]}}, pixels),
    "random_zoom_constant_nearest": (
        (8, 7, 4),
        {"random_zoom": {"height_factor": [0.33, 0.33],
                         "fill_mode": "constant",
                         "interpolation": "nearest"}}, pixels),
    "random_translation": (
        (8, 7, 3),
        {"random_translation": {"height_factor": [0.2, 0.2],
                                "width_factor": [-0.3, -0.3]}}, pixels),
    "random_translation_far": (
        (5, 4, 3),
        {"random_translation": {"height_factor": [-1, -1],
                                "width_factor": [0.9, 0.9],
                                "fill_mode": "wrap"}}, pixels),
    "random_flip_in_use": ((8, 7, 3), {"random_flip": "horizontal"}, pixels),
    "random_crop_in_use": (
        (9, 12, 3), {"random_crop": {"height": 6, "width": 4}}, pixels),
    "random_crop_larger_in_use": (
        (5, 9, 3), {"random_crop": {"height": 8, "width": 10}}, pixels),
    "random_brightness": (
        (6, 5, 3), {"random_brightness": {"factor": [0.3, 0.3]}}, pixels),
    # In Keras the factor is from 1 - lower to 1 + upper.
    "random_contrast_more": (
        (6, 5, 3), {"random_contrast": {"factor": [-0.4, 0.4]}}, pixels),
    "random_contrast_cut": (
        (6, 5, 3),
        {"random_contrast": {"factor": [-0.6, 0.6], "value_range": [90, 200]}},
        pixels),
    # With our random numbers in place of Keras's.
    "random_grayscale": ((4, 5, 3), {"random_grayscale": 0.6}, pixels),
    "random_hue": ((4, 5, 3), {"random_hue": 0.7}, pixels),
    "random_hue_unit": (
        (4, 5, 3), {"random_hue": {"factor": [0.2, 1],
                                   "value_range": [0, 1]}}, unit),
    "random_saturation": ((4, 5, 3), {"random_saturation": [0, 0.9]}, pixels),
    "random_saturation_unit": (
        (4, 5, 3), {"random_saturation": {"factor": [0.4, 0.9],
                                          "value_range": [0, 1]}}, unit),
    "random_sharpness": ((4, 5, 3), {"random_sharpness": 1.0}, pixels),
    "random_shear": (
        (6, 5, 2), {"random_shear": {"x_factor": 0.3, "y_factor": [0.1, 0.4]}},
        pixels),
    "random_posterization": ((4, 5, 2), {"random_posterization": 6}, pixels),
    "random_posterization_unit": (
        (4, 5, 2), {"random_posterization": {"factor": [1, 4],
                                             "value_range": [0, 1]}}, unit),
    "random_color_degeneration": (
        (4, 5, 3), {"random_color_degeneration": [0.1, 0.9]}, pixels),
    "rand_augment": ((6, 5, 3), {"rand_augment": {"num_ops": 3}}, pixels),
    "rand_augment_unit": (
        (6, 5, 3), {"rand_augment": {"factor": [0.2, 0.9], "num_ops": 4,
                                     "value_range": [0, 1],
                                     "interpolation": "nearest"}}, unit),
    "solarization": (
        (4, 5, 2), {"solarization": {"addition_factor": [0.1, 0.4],
                                     "threshold_factor": 0.9}}, pixels),
    "equalization": ((6, 7, 3), "equalization", pixels),
    "equalization_bins": (
        (9, 8, 2), {"equalization": {"value_range": [0, 1], "bins": 20}},
        unit),
    "random_erasing": (
        (6, 7, 2), {"random_erasing": {"factor": 0.9, "fill_value": 9,
                                       "scale": [0.1, 0.6]}}, pixels),
    "random_erasing_noise": (
        (6, 7, 2), {"random_erasing": {"scale": [0.1, 0.6]}}, pixels),
    "random_color_jitter": (
        (4, 5, 3), {"random_color_jitter": {
            "brightness_factor": [-0.2, 0.1], "contrast_factor": [0.2, 0.3],
            "saturation_factor": [0.3, 0.6], "hue_factor": 0.2}}, pixels),
    "mix_up": ((4, 5, 3), {"mix_up": 0.8}, pixels),
    "mix_up_small_alpha": ((4, 5, 3), {"mix_up": 0.01}, pixels),
    "cut_mix": ((6, 7, 2), {"cut_mix": {"factor": [0.7, 1]}}, pixels),
    "cut_mix_default": ((6, 7, 2), "cut_mix", pixels),
    "auto_contrast": (
        (4, 5, 3), {"auto_contrast": {"value_range": [-4, 4]}}, normal),
    "gaussian_noise_drawn": ((4, 5, 3), {"gaussian_noise": 0.4}, normal),
    "gaussian_dropout_drawn": ((4, 5, 3), {"gaussian_dropout": 0.4}, normal),
    "alpha_dropout_drawn": ((4, 5, 3), {"alpha_dropout": 0.4}, normal),
    "stochastic_depth_drawn": ((4, 5, 3), {"stochastic_depth": 0.6}, normal),
    "layer_scale": (
        (4, 5, 3), {"layer_scale": {"init_values": 0.1, "projection_dim": 3}},
        normal),
    "dropout_in_use": ((4, 5, 3), {"dropout": 0.4}, normal),
    "spatial_dropout2d_in_use": (
        (4, 5, 3), {"spatial_dropout2d": 0.4}, normal),
}

LAYER_CASES |= {
    "batch_normalization": ((4, 5, 6), "batch_normalization", normal),
    "batch_normalization_flat": (
        (20,), {"batch_normalization": {"momentum": 0.8, "epsilon": 0.1}},
        normal),
    "batch_normalization_no_scale": (
        (3, 4, 2), {"batch_normalization": {"scale": False}}, normal),
    "batch_normalization_no_center": (
        (3, 4, 2), {"batch_normalization": {"center": False}}, normal),
    "batch_normalization_frozen": (
        (3, 4, 2), {"batch_normalization": {"trainable": False}}, normal),
    "average_pooling2d": ((7, 6, 3), {"average_pooling2d": 2}, normal),
    "average_pooling2d_overlapping_same": (
        (8, 7, 3),
        {"average_pooling2d": {"pool_size": [3, 2], "strides": [2, 1],
                               "padding": "same"}},
        normal),
    "global_average_pooling2d": (
        (5, 4, 3), "global_average_pooling2d", normal),
    "global_max_pooling2d": ((5, 4, 3), "global_max_pooling2d", normal),
    "global_max_pooling2d_ties": (
        (3, 4, 5), {"global_max_pooling2d": {"keepdims": True}}, few_values),
    "zero_padding2d": ((4, 5, 2), "zero_padding2d", normal),
    "zero_padding2d_pair": ((4, 5, 2), {"zero_padding2d": [2, 0]}, normal),
    "zero_padding2d_sides": (
        (4, 5, 2), {"zero_padding2d": [[2, 0], [1, 3]]}, normal),
    "local_response_normalization": (
        (3, 4, 13), "local_response_normalization", normal),
    "local_response_normalization_alexnet": (
        (3, 4, 13),
        {"local_response_normalization": {
            "depth_radius": 2, "bias": 2, "alpha": 0.0001, "beta": 0.75}},
        normal),
    "elu": ((4, 5, 2), "elu", normal),
    "elu_alpha": ((4, 5, 2), {"elu": 0.5}, normal),
    "leaky_relu": ((4, 5, 2), "leaky_relu", normal),
    "leaky_relu_slope": ((4, 5, 2), {"leaky_relu": 0.1}, normal),
    **{f"activation_{name}": ((4, 5, 2), {"activation": name}, normal)
       for name in ["elu", "gelu", "leaky_relu", "linear", "sigmoid", "silu",
                    "tanh"]},
    "reshape": ((4, 3, 2), {"reshape": [6, -1, 2]}, normal),
    "reshape_flat": ((4, 3, 2), {"reshape": {"target_shape": [-1]}}, normal),
    "permute": ((4, 3, 2), {"permute": [3, 1, 2]}, normal),
    "permute_two": ((4, 3, 2), {"permute": [2, 1, 3]}, normal),
    "cropping2d": ((5, 6, 2), {"cropping2d": [[1, 0], [2, 1]]}, normal),
    "center_crop": (
        (6, 7, 3), {"center_crop": {"height": 3, "width": 4}}, pixels),
    "center_crop_larger": (
        (6, 7, 3), {"center_crop": {"height": 8, "width": 4}}, pixels),
    "up_sampling2d": ((3, 4, 2), "up_sampling2d", normal),
    "up_sampling2d_factors": ((3, 4, 2), {"up_sampling2d": [3, 1]}, normal),
    **{f"up_sampling2d_{how}": (
        (5, 4, 2),
        {"up_sampling2d": {"size": [2, 3], "interpolation": how}}, normal)
       for how in ["bilinear", "bicubic", "lanczos3", "lanczos5"]},
    **{f"resizing_{how}": (
        (9, 8, 2),
        {"resizing": {"height": 4, "width": 11, "interpolation": how}}, pixels)
       for how in ["nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"]},
    **{f"resizing_antialias_{how}": (
        (9, 8, 2),
        {"resizing": {"height": 4, "width": 11, "interpolation": how,
                      "antialias": True}}, pixels)
       for how in ["bilinear", "bicubic", "lanczos3"]},
    "resizing_crop": (
        (9, 8, 2),
        {"resizing": {"height": 3, "width": 7,
                      "crop_to_aspect_ratio": True}}, pixels),
    "resizing_pad": (
        (9, 6, 2),
        {"resizing": {"height": 5, "width": 7, "pad_to_aspect_ratio": True,
                      "fill_value": 50}}, pixels),
    "conv2d_transpose": (
        (4, 3, 3), {"conv2d_transpose": {"filters": 4, "kernel_size": 3}},
        normal),
    "conv2d_transpose_strides": (
        (4, 3, 3),
        {"conv2d_transpose": {"filters": 4, "kernel_size": 3, "strides": 2,
                              "padding": "same", "activation": "tanh"}},
        normal),
    "conv2d_transpose_gaps": (
        (4, 3, 3),
        {"conv2d_transpose": {"filters": 4, "kernel_size": 2, "strides": 3,
                              "use_bias": False}},
        normal),
    "conv2d_transpose_output_padding": (
        (4, 3, 3),
        {"conv2d_transpose": {"filters": 2, "kernel_size": [3, 4],
                              "strides": 2, "output_padding": 1}},
        normal),
    "conv2d_transpose_same_output_padding": (
        (4, 3, 3),
        {"conv2d_transpose": {"filters": 2, "kernel_size": 3, "strides": 2,
                              "padding": "same", "output_padding": 1}},
        normal),
    "layer_normalization": ((3, 4, 6), "layer_normalization", normal),
    "layer_normalization_flat": (
        (20,), {"layer_normalization": {"epsilon": 1e-6, "center": False}},
        normal),
    "layer_normalization_axes": (
        (3, 4, 2),
        {"layer_normalization": {"axis": [1, 2, 3], "scale": False}}, normal),
    "layer_normalization_two_axes": (
        (3, 4, 2), {"layer_normalization": {"axis": [-2, -1]}}, normal),
    "group_normalization": (
        (3, 4, 6), {"group_normalization": {"groups": 2}}, normal),
    "group_normalization_flat": (
        (12,),
        {"group_normalization": {"groups": 3, "scale": False,
                                 "epsilon": 0.01}}, normal),
    "group_normalization_instance": (
        (3, 4, 2), {"group_normalization": {"groups": -1}}, normal),
    "group_normalization_one": (
        (3, 4, 2), {"group_normalization": {"groups": 1, "center": False}},
        normal),
    "unit_normalization": ((3, 4, 5), "unit_normalization", normal),
    "unit_normalization_axes": (
        (3, 4, 5), {"unit_normalization": {"axis": [2, 3]}}, normal),
    "normalization": ((3, 4, 3), "normalization", normal),
    "normalization_given": (
        (3, 4, 3),
        {"normalization": {"mean": [100, 110, 120.5],
                           "variance": [3000, 4000, 5000]}}, pixels),
    "normalization_invert": (
        (5,), {"normalization": {"mean": 2, "variance": 9, "invert": True}},
        normal),
    **{name: ((4, 5, 2), name, wide)
       for name in ["gelu", "hard_sigmoid", "hard_silu", "hard_swish", "mish",
                    "relu6", "selu", "sigmoid", "silu", "softplus",
                    "softsign", "tanh"]},
    "relu_max": ((4, 5, 2), {"relu": 6}, wide),
    "relu_slope": ((4, 5, 2), {"relu": {"negative_slope": 0.3}}, normal),
    "relu_slope_max": (
        (4, 5, 2), {"relu": {"negative_slope": 0.3, "max_value": 1}}, normal),
    "relu_threshold": (
        (4, 5, 2),
        {"relu": {"threshold": 0.4, "negative_slope": 0.2, "max_value": 1.5}},
        normal),
    "prelu": ((4, 5, 2), "prelu", normal),
    "prelu_shared": ((4, 5, 2), {"prelu": {"shared_axes": [1, 2]}}, normal),
    "dense_gelu": (
        (7,), {"dense": {"units": 5, "activation": "gelu"}}, normal),
    "conv2d_silu": (
        (5, 6, 3),
        {"conv2d": {"filters": 4, "kernel_size": 3, "activation": "silu"}},
        normal),
    "depthwise_conv2d": ((7, 6, 3), {"depthwise_conv2d": 3}, normal),
    "depthwise_conv2d_options": (
        (7, 6, 3),
        {"depthwise_conv2d": {"kernel_size": [2, 3], "strides": 2,
                              "padding": "same", "depth_multiplier": 3,
                              "activation": "relu", "use_bias": False}},
        normal),
    "separable_conv2d": (
        (7, 6, 3), {"separable_conv2d": {"filters": 5, "kernel_size": 3}},
        normal),
    "separable_conv2d_options": (
        (8, 7, 3),
        {"separable_conv2d": {"filters": 5, "kernel_size": 3, "strides": 2,
                              "padding": "same", "depth_multiplier": 2,
                              "activation": "relu"}},
        normal),
    "dense_frozen": ((7,), {"dense": {"units": 5, "trainable": False}}, normal),
}

LENET5 = [
    {"rescaling": "1/255"},
    {"conv2d": {"filters": 6, "kernel_size": 5, "activation": "relu"}},
    "max_pooling2d",
    {"conv2d": {"filters": 16, "kernel_size": 5, "activation": "relu"}},
    "max_pooling2d",
    "flatten",
    {"dense": {"units": 120, "activation": "relu"}},
    {"dense": {"units": 84, "activation": "relu"}},
    {"dense": {"units": 10, "activation": "softmax"}},
]
TINY_HEAD = [
    {"conv2d": {"filters": 4, "kernel_size": 3, "padding": "same"}},
    "relu",
    {"max_pooling2d": {"pool_size": 2, "padding": "same"}},
    {"conv2d": {"filters": 8, "kernel_size": [2, 3], "strides": [2, 1]}},
    {"activation": "relu"},
    "flatten",
    {"dense": {"units": 15, "activation": "relu"}},
    {"dense": 5},
]
TINY = [*TINY_HEAD, "softmax"]
TINY_NORM = [
    {"conv2d": {"filters": 4, "kernel_size": 3, "use_bias": False}},
    "batch_normalization",
    "relu",
    {"conv2d": {"filters": 6, "kernel_size": 3, "trainable": False}},
    {"batch_normalization": {"momentum": 0.7, "trainable": False}},
    "flatten",
    {"dense": {"units": 15, "activation": "relu"}},
    {"batch_normalization": 0.9},
    {"dense": {"units": 5, "activation": "softmax"}},
]
TINY_INPUT = (9, 7, 2)
TINY_PENALTIES = [
    {"conv2d": {"filters": 4, "kernel_size": 3, "kernel_regularizer": "l2",
                "bias_regularizer": {"l1": 0.05}}},
    {"batch_normalization": {"gamma_regularizer": {"l2": 0.02},
                             "beta_regularizer": "l1"}},
    {"separable_conv2d": {
        "filters": 3, "kernel_size": 3,
        "depthwise_regularizer": {"l2": 0.02},
        "pointwise_regularizer": {"l1_l2": {"l1": 0.01, "l2": 0.03}}}},
    {"depthwise_conv2d": {"kernel_size": 2, "depthwise_regularizer": "l1"}},
    "flatten",
    {"dense": {"units": 6, "kernel_regularizer": "l2", "trainable": False}},
    {"dense": {"units": 5, "activation": "softmax",
               "kernel_regularizer": {"l1": 0.001}}},
]

# case: input shape, batch, layers, optimizer, x, other options of train
TINY_ONE = [*TINY[:-1], {"dense": {"units": 1, "activation": "sigmoid"}}]
TINY_SEVERAL = [*TINY[:-1], {"dense": {"units": 4, "activation": "sigmoid"}}]
MODEL_CASES = {
    "lenet5": ((32, 32, 3), 4, LENET5, "adam", pixels),
    "tiny_adam": (TINY_INPUT, 5, TINY, "adam", normal),
    "tiny_adam_options": (
        TINY_INPUT, 5, TINY,
        {"adam": {"learning_rate": 0.01, "beta_1": 0.8, "beta_2": 0.95,
                  "epsilon": 0.001}},
        normal),
    "tiny_sgd": (
        TINY_INPUT, 5, TINY, {"sgd": {"learning_rate": 0.05}}, normal),
    "tiny_momentum": (
        TINY_INPUT, 5, TINY,
        {"sgd": {"learning_rate": 0.05, "momentum": 0.9}}, normal),
    "tiny_nesterov": (
        TINY_INPUT, 5, TINY,
        {"sgd": {"learning_rate": 0.05, "momentum": 0.9, "nesterov": True}},
        normal),
    "tiny_batch_normalization": (
        TINY_INPUT, 5, TINY_NORM, {"sgd": {"learning_rate": 0.05}}, normal),
    "tiny_adamw": (TINY_INPUT, 5, TINY, "adamw", normal),
    "tiny_adamw_options": (
        TINY_INPUT, 5, TINY,
        {"adamw": {"learning_rate": 0.01, "weight_decay": 0.5,
                   "global_clipnorm": 0.3}}, normal),
    "tiny_adagrad": (TINY_INPUT, 5, TINY, "adagrad", normal),
    "tiny_adagrad_options": (
        TINY_INPUT, 5, TINY,
        {"adagrad": {"learning_rate": 0.05, "epsilon": 0.01,
                     "initial_accumulator_value": 0.01, "clipvalue": 0.02}},
        normal),
    "tiny_rmsprop": (TINY_INPUT, 5, TINY, "rmsprop", normal),
    "tiny_rmsprop_momentum": (
        TINY_INPUT, 5, TINY,
        {"rmsprop": {"learning_rate": 0.002, "rho": 0.8, "momentum": 0.5,
                     "clipnorm": 0.05}}, normal),
    "tiny_rmsprop_centered": (
        TINY_INPUT, 5, TINY,
        {"rmsprop": {"learning_rate": 0.002, "centered": True,
                     "weight_decay": 0.1}}, normal),
    "tiny_nadam": (TINY_INPUT, 5, TINY, "nadam", normal),
    "tiny_nadam_options": (
        TINY_INPUT, 5, TINY,
        {"nadam": {"learning_rate": 0.01, "beta_1": 0.8, "beta_2": 0.95,
                   "epsilon": 0.001}}, normal),
    "tiny_adamax": (TINY_INPUT, 5, TINY, "adamax", normal),
    "tiny_adamax_options": (
        TINY_INPUT, 5, TINY,
        {"adamax": {"learning_rate": 0.01, "beta_1": 0.8, "beta_2": 0.95,
                    "epsilon": 0.001, "weight_decay": 0.05}}, normal),
    "tiny_adadelta": (TINY_INPUT, 5, TINY, {"adadelta": 1.0}, normal),
    "tiny_adadelta_options": (
        TINY_INPUT, 5, TINY,
        {"adadelta": {"learning_rate": 0.5, "rho": 0.8, "epsilon": 0.001}},
        normal),
    "tiny_adafactor": (
        TINY_INPUT, 5, TINY, {"adafactor": {"learning_rate": 0.01}}, normal),
    "tiny_muon": (
        TINY_INPUT, 5, TINY, {"muon": {"learning_rate": 0.01}}, normal),
    "tiny_muon_options": (
        TINY_INPUT, 5, TINY,
        {"muon": {"learning_rate": 0.02, "momentum": 0.8, "nesterov": False,
                  "rms_rate": 0, "ns_steps": 3, "adam_lr_ratio": 0.5,
                  "adam_weight_decay": 0.1, "weight_decay": 0.2,
                  "exclude_layers": ["dense_1"]}}, normal),
    "tiny_adafactor_options": (
        TINY_INPUT, 5, TINY,
        {"adafactor": {"learning_rate": 0.6, "beta_2_decay": -0.6,
                       "epsilon_1": 0.001, "epsilon_2": 0.2,
                       "clip_threshold": 0.5, "weight_decay": 0.1}},
        normal),
    "tiny_lamb": (TINY_INPUT, 5, TINY, "lamb", normal),
    "tiny_lamb_options": (
        TINY_INPUT, 5, TINY,
        {"lamb": {"learning_rate": 0.02, "beta_1": 0.8, "beta_2": 0.95,
                  "epsilon": 0.001, "weight_decay": 0.5,
                  "global_clipnorm": 0.3}}, normal),
    "tiny_lion": (TINY_INPUT, 5, TINY, "lion", normal),
    "tiny_lion_options": (
        TINY_INPUT, 5, TINY,
        {"lion": {"learning_rate": 0.01, "beta_1": 0.8, "beta_2": 0.95,
                  "weight_decay": 0.5}}, normal),
    "tiny_ftrl": (TINY_INPUT, 5, TINY, "ftrl", normal),
    "tiny_ftrl_options": (
        TINY_INPUT, 5, TINY,
        {"ftrl": {"learning_rate": 0.1, "learning_rate_power": -0.7,
                  "initial_accumulator_value": 0.2,
                  "l1_regularization_strength": 0.01,
                  "l2_regularization_strength": 0.02,
                  "l2_shrinkage_regularization_strength": 0.03,
                  "beta": 0.1}}, normal),
    "tiny_sgd_clipped": (
        TINY_INPUT, 5, TINY,
        {"sgd": {"learning_rate": 0.5, "momentum": 0.9, "weight_decay": 0.05,
                 "clipnorm": 0.1}}, normal),
    "tiny_adamw_excluded": (
        TINY_INPUT, 5, TINY,
        {"adamw": {"learning_rate": 0.01, "weight_decay": 0.5,
                   "exclude_from_weight_decay": ["bias"]}}, normal),
    # Two of three steps are one update, the third waits for the next.
    "tiny_accumulation": (
        TINY_INPUT, 5, TINY,
        {"adam": {"learning_rate": 0.01, "gradient_accumulation_steps": 2,
                  "clipnorm": 0.05, "use_ema": True, "ema_momentum": 0.6}},
        normal),
    "tiny_accumulation_nadam": (
        TINY_INPUT, 5, TINY,
        {"nadam": {"learning_rate": 0.01, "gradient_accumulation_steps": 3}},
        normal),
    "tiny_ema": (
        TINY_INPUT, 5, TINY, {"adam": {"use_ema": True, "ema_momentum": 0.8}},
        normal),
    "tiny_ema_overwrite": (
        TINY_INPUT, 5, TINY,
        {"sgd": {"learning_rate": 0.05, "momentum": 0.9, "use_ema": True,
                 "ema_momentum": 0.6, "ema_overwrite_frequency": 2}}, normal),
    "tiny_regularizers": (
        TINY_INPUT, 5, TINY_PENALTIES, {"sgd": {"learning_rate": 0.05}},
        normal),
    # One example: sums over the batch and their division by one.
    "tiny_batch1": (
        TINY_INPUT, 1, TINY, {"sgd": {"learning_rate": 0.05}}, normal),
    "tiny_label_smoothing": (
        TINY_INPUT, 5, TINY, {"sgd": {"learning_rate": 0.05}}, normal,
        {"loss": {"categorical_crossentropy": 0.2}}),
    "tiny_class_weight": (
        TINY_INPUT, 5, TINY, {"sgd": {"learning_rate": 0.05}}, normal,
        {"class_weight": [0.5, 3, 1, 2, 0.1]}),
    # Both at once, of probabilities.
    "probabilities_weighted": (
        TINY_INPUT, 5, [*TINY, {"rescaling": {"scale": 0.5, "offset": 0.05}}],
        {"sgd": {"learning_rate": 0.05}}, normal,
        {"loss": {"categorical_crossentropy": 0.2},
         "class_weight": [0.5, 3, 1, 2, 0.1]}),
    # One sigmoid for two classes, several for several labels.
    "binary_one": (
        TINY_INPUT, 5, TINY_ONE, {"sgd": {"learning_rate": 0.05}}, normal,
        {"loss": "binary_crossentropy"}),
    "binary_one_weighted": (
        TINY_INPUT, 5, TINY_ONE, "adam", normal,
        {"loss": {"binary_crossentropy": 0.2}, "class_weight": [0.5, 3]}),
    "binary_several": (
        TINY_INPUT, 5, TINY_SEVERAL, {"sgd": {"learning_rate": 0.05}}, normal,
        {"loss": {"binary_crossentropy": 0.1}}),
    # After any other layer, probabilities are clipped.
    "binary_probabilities": (
        TINY_INPUT, 5,
        [*TINY_SEVERAL, {"rescaling": {"scale": 0.5, "offset": 0.05}}],
        {"sgd": {"learning_rate": 0.05}}, normal,
        {"loss": "binary_crossentropy"}),
    "binary_focal": (
        TINY_INPUT, 5, TINY_SEVERAL, {"sgd": {"learning_rate": 0.05}}, normal,
        {"loss": {"binary_focal_crossentropy": {"gamma": 3}}}),
    "binary_focal_balanced": (
        TINY_INPUT, 5, TINY_ONE, {"sgd": {"learning_rate": 0.05}}, normal,
        {"loss": {"binary_focal_crossentropy": {
            "apply_class_balancing": True, "alpha": 0.4}}}),
    # Logits far apart: the loss is taken from them.
    "binary_focal_saturated": (
        TINY_INPUT, 8,
        [*TINY_HEAD, {"rescaling": {"scale": 60}}, "sigmoid"],
        {"sgd": {"learning_rate": 0.0001}}, normal,
        {"loss": "binary_focal_crossentropy"}),
    "categorical_focal": (
        TINY_INPUT, 5, TINY, {"sgd": {"learning_rate": 0.05}}, normal,
        {"loss": "categorical_focal_crossentropy"}),
    "categorical_focal_options": (
        TINY_INPUT, 5, TINY, {"sgd": {"learning_rate": 0.05}}, normal,
        {"loss": {"categorical_focal_crossentropy": {
            "gamma": 1.5, "alpha": 0.6, "label_smoothing": 0.1}},
         "class_weight": [0.5, 3, 1, 2, 0.1]}),
    # The loss gets probabilities that are not a softmax, and normalizes them.
    "probabilities": (
        TINY_INPUT, 5, [*TINY, {"rescaling": {"scale": 0.5, "offset": 0.05}}],
        {"sgd": {"learning_rate": 0.05}}, normal),
    # Logits far apart: with softmax last, the loss is taken from the logits...
    "saturated_softmax": (
        TINY_INPUT, 8,
        [*TINY_HEAD, {"rescaling": {"scale": 60}}, "softmax"],
        {"sgd": {"learning_rate": 0.0001}}, normal),
    # ... and with any layer after it, probabilities are clipped to 1e-7.
    "saturated_probabilities": (
        TINY_INPUT, 8,
        [*TINY_HEAD, {"rescaling": {"scale": 20}}, "softmax",
         {"rescaling": {"scale": 1}}],
        {"sgd": {"learning_rate": 0.001}}, normal),
}


def conv_bn(filters, size=3, strides=1):
    return [{"conv2d": {"filters": filters, "kernel_size": size,
                        "strides": strides, "padding": "same",
                        "use_bias": False}}, "batch_normalization"]


HEAD = ["global_average_pooling2d",
        {"dense": {"units": 5, "activation": "softmax"}}]
RESIDUAL = [
    *conv_bn(4), "relu",
    {"add": [[*conv_bn(4), "relu", *conv_bn(4)], []]}, "relu",
    {"add": [[*conv_bn(6, strides=2), "relu", *conv_bn(6)],
             conv_bn(6, 1, 2)]}, "relu", *HEAD]
SQUEEZE_EXCITE = [
    {"conv2d": {"filters": 6, "kernel_size": 3, "padding": "same"}},
    {"multiply": [[], [
        {"global_average_pooling2d": {"keepdims": True}},
        {"conv2d": {"filters": 2, "kernel_size": 1, "activation": "relu"}},
        {"conv2d": {"filters": 6, "kernel_size": 1,
                    "activation": "sigmoid"}}]]}, *HEAD]
DENSE_LAYER = {"concatenate": [[], [
    "batch_normalization", "relu",
    {"conv2d": {"filters": 3, "kernel_size": 3, "padding": "same",
                "use_bias": False}}]]}
DENSE_BLOCK = [*conv_bn(4), DENSE_LAYER, DENSE_LAYER, *HEAD]
INCEPTION = {"concatenate": [
    [{"conv2d": {"filters": 2, "kernel_size": 1, "activation": "relu"}}],
    [{"conv2d": {"filters": 2, "kernel_size": 1, "activation": "relu"}},
     {"conv2d": {"filters": 3, "kernel_size": 3, "padding": "same",
                 "activation": "relu"}}],
    [{"conv2d": {"filters": 2, "kernel_size": 1, "activation": "relu"}},
     {"conv2d": {"filters": 3, "kernel_size": 5, "padding": "same",
                 "activation": "relu"}}],
    [{"max_pooling2d": {"pool_size": 3, "strides": 1, "padding": "same"}},
     {"conv2d": {"filters": 2, "kernel_size": 1, "activation": "relu"}}]]}
CONVNEXT = [
    {"conv2d": {"filters": 4, "kernel_size": 2, "strides": 2}},
    {"layer_normalization": {"epsilon": 1e-06}},
    {"add": [[
        {"depthwise_conv2d": {"kernel_size": 7, "padding": "same"}},
        {"layer_normalization": {"epsilon": 1e-06}},
        {"conv2d": {"filters": 16, "kernel_size": 1, "activation": "gelu"}},
        {"conv2d": {"filters": 4, "kernel_size": 1}}], []]}, *HEAD]
CONVNEXT_BLOCK = [  # with all that it has in keras.applications
    *CONVNEXT[:2], {"add": [[
        *CONVNEXT[2]["add"][0],
        {"layer_scale": {"init_values": 0.5, "projection_dim": 4}},
        {"stochastic_depth": 0.4}], []]}, *HEAD]
CONVNEXT_DRAWS = {"draws": (2, 0, 5)}
NAMED = [  # paths that do not nest
    {"conv2d": {"filters": 4, "kernel_size": 3, "padding": "same",
                "name": "stem"}}, "relu",
    {"add": [[{"conv2d": {"filters": 4, "kernel_size": 3, "padding": "same",
                          "name": "inner"}}, "relu"], []]},
    {"maximum": [[], [{"from": "inner"}],
                 [{"from": "stem"}, {"conv2d": {
                     "filters": 4, "kernel_size": 1}}]]},
    {"subtract": [[], [{"from": "stem"}]]},
    {"average": [[], [{"from": "inner"}]]}, *HEAD]
for name, layers in {
        "residual": RESIDUAL, "squeeze_excite": SQUEEZE_EXCITE,
        "dense_block": DENSE_BLOCK,
        "inception": [*conv_bn(4), INCEPTION, *HEAD],
        "convnext": CONVNEXT, "named": NAMED}.items():
    MODEL_CASES[f"branches_{name}"] = (
        (8, 6, 3), 4, layers, {"sgd": {"learning_rate": 0.05}}, normal)
for name in ("adam", "adamw", "adagrad", "rmsprop"):
    for net, layers, train in (
            ("residual", RESIDUAL, {}),
            ("squeeze_excite", SQUEEZE_EXCITE, {}),
            ("dense_block", DENSE_BLOCK, {}),
            ("inception", [*conv_bn(4), INCEPTION, *HEAD], {}),
            ("convnext_block", CONVNEXT_BLOCK, CONVNEXT_DRAWS)):
        MODEL_CASES[f"branches_{net}_{name}"] = (
            (8, 6, 3), 4, layers, name, normal, train)
MODEL_CASES["branches_convnext_block"] = (
    (8, 6, 3), 4, CONVNEXT_BLOCK, {"sgd": {"learning_rate": 0.05}}, normal,
    CONVNEXT_DRAWS)
for name in MERGERS:
    LAYER_CASES[name] = ((4, 5, 3), {name: [[], []]}, few_values)


def yaml(value):
    """A spec's value in YAML's flow style."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        pairs = (f"{key}: {yaml(v)}" for key, v in value.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(yaml(v) for v in value) + "]"
    return str(value)


def yaml_item(item):
    """A named thing: its name, or its name and what it is given."""
    if isinstance(item, str):
        return item
    (name, options), = item.items()
    return f"{name}: {yaml(options)}"


def yaml_spec(name, shape, layers, optimizer, loss, class_weight):
    optimizer = yaml(optimizer)
    return "\n".join([
        f"name: {name}",
        f"input: {yaml(shape)}",
        "layers:",
        *(f"  - {yaml_item(layer)}" for layer in layers),
        "train:",
        f"  optimizer: {optimizer}",
        f"  loss: {yaml(loss)}",
        *([f"  class_weight: {yaml(class_weight)}"] if class_weight else []),
        "",
    ])


def keras_layer(item):
    if isinstance(item, str):
        return LAYERS[item][0]()
    (name, options), = item.items()
    make, main = LAYERS[name]
    if not isinstance(options, dict):
        options = {main: options}
    if options.get("scale") == "1/255":
        options = {"scale": 1 / 255}
    return make(**{key: keras_regularizer(value)
                   if key.endswith("_regularizer") else value
                   for key, value in options.items()})


def keras_model(shape, layers):
    """A Sequential model, or a functional one where layers have paths."""
    if not any(isinstance(i, dict) and next(iter(i)) in MERGERS
               for i in layers):
        model = keras.Sequential([keras_layer(item) for item in layers])
        model.build((None, *shape))
        return model
    names = {}

    def walk(x, items):
        for item in items:
            name = item if isinstance(item, str) else next(iter(item))
            if name == "from":
                x = names[item["from"]]
            elif name in MERGERS:
                x = MERGERS[name]()([walk(x, path) for path in item[name]])
            else:
                layer = keras_layer(item)
                x = layer(x)
                names[layer.name] = x
        return x

    inputs = keras.Input(shape)
    return keras.Model(inputs, walk(inputs, layers))


def keras_regularizer(item):
    if isinstance(item, str):
        return item
    (name, options), = item.items()
    if not isinstance(options, dict):
        options = {name: options}
    return getattr(keras.regularizers, name)(**options)


def keras_optimizer(item):
    if isinstance(item, str):
        return OPTIMIZERS[item]()
    (name, options), = item.items()
    if not isinstance(options, dict):
        options = {"learning_rate": options}
    options = dict(options)
    excluded = options.pop("exclude_from_weight_decay", None)
    if options.get("rms_rate") == 0:
        options["rms_rate"] = None
    optimizer = OPTIMIZERS[name](**options)
    if excluded:
        optimizer.exclude_from_weight_decay(var_names=excluded)
    return optimizer


def draw_weight(rng, shape):
    """Kernels glorot-uniform; biases not zero, and most relus alive."""
    if len(shape) == 1:
        return rng.normal(0.2, 0.1, shape)
    area = np.prod(shape[:-2], dtype=int)
    limit = np.sqrt(6 / (area * (shape[-2] + shape[-1])))
    return rng.uniform(-limit, limit, shape)


def kept(layer):
    """The weights that no optimizer changes."""
    return [v for v in layer.non_trainable_variables
            if v.dtype == "float32"]  # seeds of random layers are not


def restore(state):
    """Every call in training updates moving averages; reset them."""
    for v, value in state:
        v.assign(value)


def gradients(loss, inputs):
    """The value of loss() and its gradients by the inputs."""
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        for v in inputs:
            tape.watch(v.value if isinstance(v, keras.Variable) else v)
        value = loss()
    by = [v.value if isinstance(v, keras.Variable) else v for v in inputs]
    return value, tape.gradient(value, by)


def layer_case(case, shape, item, draw_x):
    """One layer: output, gradients of sum(y * r), weights after Adam."""
    rng = np.random.default_rng(zlib.crc32(case.encode()))
    layer = keras_layer(item)
    layer.build((None, *shape))
    variables = layer.trainable_variables
    for v in variables:
        v.assign(draw_weight(rng, v.shape))
    state = [(v, np.abs(draw_weight(rng, v.shape))) for v in kept(layer)]
    weights = [*variables, *(v for v, _ in state)]
    restore(state)
    if isinstance(layer, keras.layers.Normalization):
        layer.finalize_state()  # which takes the weights
    x = tf.constant(draw_x(rng, (3, *shape)), tf.float32)
    training = not case.endswith("_in_use")
    if case.endswith("_drawn"):
        for module in (keras.src.backend.random, keras.src.ops.random,
                       keras.src.random):
            module.uniform, module.normal = draw_uniform, draw_normal
    name = item if isinstance(item, str) else next(iter(item))

    def call():
        if name in TRANSFORMS:
            return TRANSFORMS[name](layer, x)
        return layer(x, training=training)
    y = call()
    r = tf.constant(rng.standard_normal(y.shape), tf.float32)
    tensors = {"x": x, "y": y, "r": r}
    restore(state)
    if state:
        tensors["inference"] = layer(x, training=False)
    tensors |= {f"weights/{v.name}": v.numpy() for v in weights}

    def loss():
        return tf.reduce_sum(call() * r)

    _, (dx, *grads) = gradients(loss, [x, *variables])
    # TensorFlow's gradient of a resampling is another resampling, not its own.
    if dx is not None and not case.startswith(WARPS):
        tensors["dx"] = dx
    for v, grad in zip(variables, grads):
        tensors[f"grad/{v.name}"] = grad
    restore(state)
    optimizer = keras.optimizers.Adam()
    for _ in range(STEPS if weights else 0):
        _, grads = gradients(loss, variables)
        if variables:
            optimizer.apply_gradients(zip(grads, variables))
    tensors |= {f"adam{STEPS}/{v.name}": v.numpy() for v in weights}
    if name in MIXERS:
        tensors["labels"] = layer.transform_labels(
            tf.eye(len(x)), MIXERS[name](layer, x))
    if isinstance(layer, keras.layers.Normalization) and state:
        # An integer that Keras no longer uses; here it is a weight of one.
        tensors |= {f"{at}/count": np.zeros(1) for at in ["weights", f"adam{STEPS}"]}
    if isinstance(layer, RGBToBGR):
        tensors |= {"inference": y, "weights/kernel": layer.kernel,
                    f"adam{STEPS}/kernel": layer.kernel}
    meta = {"kind": "layer", "input": ",".join(map(str, shape)),
            "layers": f"- {yaml_item(item)}"}
    if not training:
        meta["training"] = "false"
    return meta, tensors


def model_case(case, shape, batch, layers, optimizer, draw_x, train={}):
    """A model: predictions, gradients, losses and weights of three steps."""
    rng = np.random.default_rng(zlib.crc32(case.encode()))
    keras.backend.clear_session()  # resets automatic layer names
    model = keras_model(shape, layers)
    named = {f"{layer.name}/{v.name}": v
             for layer in model.layers for v in layer.variables
             if v.dtype == "float32"}
    trained = {name: v for name, v in named.items() if v.trainable}
    variables = list(trained.values())
    for v in named.values():
        w = draw_weight(rng, v.shape)
        v.assign(np.abs(w) if v.name == "moving_variance" else w)
    x = tf.constant(draw_x(rng, (batch, *shape)), tf.float32)
    classes = model.output_shape[-1]
    loss_item = train.get("loss", "categorical_crossentropy")
    name = loss_item if isinstance(loss_item, str) else next(iter(loss_item))
    if name.startswith("binary"):  # decisions
        labels = rng.integers(0, 2, (batch, classes)).astype("float32")
    else:
        labels = np.eye(classes, dtype="float32")[rng.integers(0, classes, batch)]
    optimize = keras_optimizer(optimizer)
    options = {} if isinstance(loss_item, str) else loss_item[name]
    if not isinstance(options, dict):
        options = {"label_smoothing": options}
    crossentropy = LOSSES[name](**options)
    weights = train.get("class_weight", [1.0] * max(2, classes))
    which = labels[:, 0] if classes == 1 else labels.argmax(axis=1)
    sample_weight = np.array(weights, "float32")[which.astype(int)]
    model.compile(optimize, crossentropy, jit_compile=False)
    tensors = {"x": x, "labels": labels,
               "predictions": model.predict(x, verbose=0)}
    tensors |= {f"weights/{name}": v.numpy() for name, v in named.items()}
    if model.losses:
        tensors["evaluation"] = model.evaluate(x, labels, batch, verbose=0)

    def loss():
        y = model(x, training=True)
        if "class_weight" in train:
            value = crossentropy(labels, y, sample_weight=sample_weight)
        else:
            value = crossentropy(labels, y)
        return tf.add_n([value, *model.losses])

    losses = []
    for step in range(STEPS):
        if "draws" in train:  # the path of the one random layer
            keras.src.random.uniform = functools.partial(
                draw_uniform, key=(0, DRAWS, *train["draws"], step))
        value, grads = gradients(loss, variables)
        losses.append(value)
        if step == 0:
            tensors |= {f"grad/{n}": g for n, g in zip(trained, grads)}
        optimize.apply_gradients(zip(grads, variables))
    tensors["losses"] = np.stack(losses)
    tensors |= {f"step{STEPS}/{name}": v.numpy() for name, v in named.items()}
    if optimize.use_ema:
        averages = zip(trained, optimize._model_variables_moving_average)
        tensors |= {f"average/{name}": v.numpy() for name, v in averages}
    meta = {"kind": "model",
            "spec": yaml_spec(case, shape, layers, optimizer, loss_item,
                              train.get("class_weight"))}
    return meta, tensors


def save_safetensors(path, metadata, tensors):
    header, data = {"__metadata__": metadata}, b""
    for name, tensor in tensors.items():
        array = np.ascontiguousarray(tensor, dtype="<f4")
        end = len(data) + array.nbytes
        header[name] = {"dtype": "F32", "shape": list(array.shape),
                        "data_offsets": [len(data), end]}
        data += array.tobytes()
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def write(folder, name, metadata, tensors):
    for key, tensor in tensors.items():
        if not np.all(np.isfinite(tensor)):
            raise ValueError(f"{name}: {key} is not finite")
    metadata |= {"keras": keras.__version__, "tensorflow": tf.__version__}
    path = folder / f"{name}.safetensors"
    save_safetensors(path, metadata, tensors)
    print(f"{path.name:52} {path.stat().st_size:8}")


def main():
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else OUT
    only = sys.argv[2] if len(sys.argv) > 2 else "*"  # cases
    folder.mkdir(parents=True, exist_ok=True)
    # One thread and deterministic ops: the same bytes whenever this is run.
    tf.config.threading.set_inter_op_parallelism_threads(1)
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.experimental.enable_op_determinism()
    keras.utils.set_random_seed(0)
    for case, row in LAYER_CASES.items():
        if not fnmatch.fnmatch(case, only):
            continue
        write(folder, f"layer_{case}", *layer_case(case, *row))
    for case, row in MODEL_CASES.items():
        if not fnmatch.fnmatch(case, only):
            continue
        write(folder, f"model_{case}", *model_case(case, *row))


if __name__ == "__main__":
    main()
