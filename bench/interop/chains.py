"""Random chains over all layers and their options, from Keras to cnntrain and back, and
from cnntrain to Keras: predictions stay within 1e-5, and Keras trains what it opened.

    python bench/interop/random.py CNNTRAIN [CHAINS [FIRST]]    # with Keras 3, and with tf.keras 2.15

The chain of a number is the same in every run.
"""

import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import tensorflow as tf
from PIL import Image

try:
    import onnxruntime
except ImportError:  # not installed with tf.keras 2.15
    onnxruntime = None

K, L = tf.keras, tf.keras.layers
KERAS2 = tf.__version__.startswith("2.15")
TOLERANCE = 1e-5
SIZE = 32

ACTIVATIONS = ["linear", "relu", "elu", "gelu", "leaky_relu", "sigmoid", "silu", "tanh", "selu", "softplus", "softsign"]
FUNCTIONS = ["gelu", "sigmoid", "tanh", "softplus"] if KERAS2 else ["mish", "relu6", "hard_sigmoid", "hard_silu", "gelu", "sigmoid", "tanh"]
INTERPOLATIONS = ["nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"]
INITIALIZERS = [
    "glorot_uniform", "glorot_normal", "he_normal", "he_uniform", "lecun_normal", "lecun_uniform",
    {"random_normal": {"mean": 0.0, "stddev": 0.1}}, {"random_uniform": {"minval": -0.1, "maxval": 0.2}},
]
REGULARIZERS = [{"l1": 0.001}, {"l2": 0.002}, {"l1_l2": {"l1": 0.001, "l2": 0.003}}]
OPTIMIZERS = [
    "adam", {"adam": {"learning_rate": 0.002, "beta_1": 0.8, "epsilon": 1e-5, "clipnorm": 2.0}},
    {"sgd": {"learning_rate": 0.01, "momentum": 0.9, "nesterov": True}}, {"sgd": {"learning_rate": 0.02, "clipvalue": 0.5}},
    {"rmsprop": {"learning_rate": 0.002, "rho": 0.8, "momentum": 0.5, "centered": True}},
    {"adagrad": {"learning_rate": 0.01, "initial_accumulator_value": 0.2}}, {"adamw": {"learning_rate": 0.002, "weight_decay": 0.01}},
]


class Chain:
    """Layers as a spec has them, [(name, options)]."""

    def __init__(self, number):
        r = self.r = random.Random(number)
        self.layers = []
        for _ in range(r.randrange(3)):
            self.add(*self.augmentation())
        self.add("rescaling", {"scale": r.choice([1 / 255, 1 / 127.5]), "offset": r.choice([0.0, -1.0])})
        self.side = SIZE
        for _ in range(r.randrange(2, 8)):
            self.add(*self.map_layer())
        self.add(*r.choice([("flatten", {}), ("global_average_pooling2d", {}), ("global_max_pooling2d", {})]))
        for _ in range(r.randrange(3)):
            self.add(*self.flat_layer())
        last = {"units": 10, "activation": "softmax"}
        if r.random() < 0.3:
            self.add("dense", {"units": 10})
            self.add(*r.choice([("softmax", {}), ("activation", {"activation": "softmax"})]))
        else:
            self.add("dense", last)
        self.optimizer = r.choice(OPTIMIZERS)
        self.loss = r.choice(["categorical_crossentropy", "sparse_categorical_crossentropy", {"categorical_crossentropy": {"label_smoothing": 0.1}}])
        self.metrics = r.choice([["accuracy"], [{"top_k_categorical_accuracy": {"k": 3}}], ["accuracy", "top_k_categorical_accuracy"]])

    def add(self, name, options):
        if self.r.random() < 0.1:
            options = {**options, "name": f"own_{len(self.layers)}"}
        if self.r.random() < 0.1 and name in ("conv2d", "dense", "batch_normalization"):
            options = {**options, "trainable": False}
        self.layers.append((name, options))

    def augmentation(self):
        r = self.r
        fill = {"fill_mode": r.choice(["reflect", "wrap", "nearest", "constant"]), "interpolation": r.choice(["bilinear", "nearest"])}
        return r.choice([
            ("random_flip", {"mode": r.choice(["horizontal", "vertical", "horizontal_and_vertical"])}),
            ("random_rotation", {"factor": r.choice([0.1, [-0.1, 0.2]]), **fill}),
            ("random_translation", {"height_factor": 0.1, "width_factor": [-0.1, 0.2], **fill}),
            ("random_zoom", {"height_factor": r.choice([0.2, [-0.1, 0.2]]), **fill}),
            ("random_contrast", {"factor": [0.2, 0.3]}),
            ("random_brightness", {"factor": r.choice([0.2, [-0.1, 0.3]]), "value_range": [0.0, 255.0]}),
        ])

    def weights(self, *kernels):
        """Returns options of a layer with kernels."""
        r = self.r
        options = {"use_bias": r.random() < 0.7, "activation": r.choice(ACTIVATIONS)}
        for kernel in kernels:
            if r.random() < 0.5:
                options[f"{kernel}_initializer"] = r.choice(INITIALIZERS)
            if r.random() < 0.3:
                options[f"{kernel}_regularizer"] = r.choice(REGULARIZERS)
        if r.random() < 0.3:
            options["bias_initializer"] = r.choice([{"constant": {"value": 0.1}}, "ones", "zeros"])
        return options

    def window(self):
        """Returns the options of a sliding window that fits the size of the map."""
        r = self.r
        size = [r.randrange(1, min(4, self.side) + 1), r.randrange(1, min(4, self.side) + 1)]
        stride, padding = r.choice([1, 1, 2]), r.choice(["valid", "same"])
        self.side = -(-self.side // stride) if padding == "same" else -(-(self.side - max(size) + 1) // stride)
        return size, {"strides": stride, "padding": padding}

    def map_layer(self):
        r = self.r
        name = r.choice(["conv2d", "conv2d", "depthwise_conv2d", "separable_conv2d", "max_pooling2d", "average_pooling2d", "zero_padding2d", "rescaling", "any", "any", "shape", "shape", "groups", "dilated"])
        if name == "shape":
            return self.shape_layer()
        if name == "groups":  # divisors of the number of channels
            self.add("conv2d", {"filters": 6, "kernel_size": 1})
            return "conv2d", {"filters": 12, "kernel_size": 3, "padding": "same", "groups": r.choice([2, 3, 6]), "activation": r.choice(ACTIVATIONS)}
        if name == "dilated":
            return r.choice(["conv2d", "separable_conv2d"]), {"filters": 4, "kernel_size": 3, "padding": "same", "dilation_rate": r.choice([2, 3])}
        if name == "zero_padding2d":
            padding = r.choice([1, [1, 2], [[0, 1], [2, 0]]])
            self.side += 1
            return name, {"padding": padding}
        if name == "rescaling":
            return name, {"scale": 2.0, "offset": 0.5}
        if name == "any":
            return self.any_layer(True)
        size, options = self.window()
        if name.endswith("pooling2d"):
            return name, {"pool_size": size, **options}
        options["kernel_size"] = size
        if name == "depthwise_conv2d":
            return name, {**options, **self.weights("depthwise"), "depth_multiplier": r.choice([1, 2])}
        options["filters"] = r.randrange(1, 7)
        if name == "separable_conv2d":
            return name, {**options, **self.weights("depthwise", "pointwise"), "depth_multiplier": r.choice([1, 2])}
        return name, {**options, **self.weights("kernel")}

    def shape_layer(self):
        """Returns a layer that changes the size of a map."""
        r = self.r
        name = r.choice(["conv2d_transpose", "up_sampling2d", "resizing", "center_crop", "cropping2d", "permute"])
        if name == "conv2d_transpose":
            options = {"filters": r.randrange(1, 5), "kernel_size": r.randrange(1, 4), "strides": r.choice([1, 2]), "padding": "same"}
            self.side *= options["strides"]
            return name, {**options, **self.weights("kernel")}
        if name == "up_sampling2d" and self.side < 20:
            self.side *= 2
            return name, {"size": 2, "interpolation": r.choice(INTERPOLATIONS)}
        if name == "cropping2d" and self.side > 4:
            self.side -= 3
            return name, {"cropping": [[1, 0], [1, 2]]}
        if name == "resizing":
            self.side = 9
            further = [{}, {"crop_to_aspect_ratio": True}] + [{"pad_to_aspect_ratio": True, "fill_value": 0.5}, {"antialias": True}] * (not KERAS2)
            return name, {"height": 9, "width": 12, "interpolation": r.choice(INTERPOLATIONS), **r.choice(further)}
        if name == "center_crop":
            self.side = 5
            return name, {"height": 5, "width": 6}
        return "permute", {"dims": [2, 1, 3]}

    def flat_layer(self):
        if self.r.random() < 0.6:
            return "dense", {"units": self.r.randrange(3, 20), **self.weights("kernel")}
        return self.any_layer(False)

    def any_layer(self, maps):
        r = self.r
        choices = [
            ("batch_normalization", {"momentum": r.choice([0.9, 0.5]), "epsilon": r.choice([0.001, 1e-5]), "center": r.random() < 0.7, "scale": r.random() < 0.7}),
            ("activation", {"activation": r.choice(ACTIVATIONS)}),
            ("relu", {}), ("relu", {"max_value": 6.0}), ("relu", {"max_value": 2.0, "negative_slope": 0.1, "threshold": 0.25}),
            ("function", {"activation": r.choice(FUNCTIONS)}), ("prelu", {"shared_axes": [1, 2] if maps else [1], "alpha_initializer": "ones"}),
            ("layer_normalization", {"epsilon": 1e-6, "center": r.random() < 0.7}), ("layer_normalization", {"axis": [1, 2, 3] if maps else [1]}),
            ("group_normalization", {"groups": r.choice([1, -1] if maps else [1]), "scale": r.random() < 0.7}), ("unit_normalization", {}),
            ("normalization", {}), ("normalization", {"mean": 0.5, "variance": 2.0}),
            ("elu", {"alpha": 0.5}), ("leaky_relu", {"negative_slope": 0.25}), ("softmax", {}),
            ("dropout", {"rate": 0.3}),
        ]
        if maps:
            choices.append(("spatial_dropout2d", {"rate": 0.2}))
        return r.choice(choices)

    def spec(self):
        train = {"optimizer": self.optimizer, "loss": self.loss, "metrics": self.metrics, "epochs": 1, "batch_size": 16, "convolution": "direct"}
        layers = [options["activation"] if name == "function" else {name: options} if options else name for name, options in self.layers]
        data = {"dataset": {"shapes": {"train": 32, "test": 10}}}
        return json.dumps({"name": "chain", "input": [SIZE, SIZE, 3], "data": data, "layers": layers, "train": train})

    def keras(self):
        """Returns the functional model that a Keras user would write."""
        x = inputs = K.Input((SIZE, SIZE, 3))
        for name, options in self.layers:
            if name == "random_brightness" and not KERAS2:
                continue  # Keras 3 cannot save it
            x = getattr(L, "Activation" if name == "function" else CLASSES[name])(**{k: keras_value(k, v) for k, v in renamed(name, options).items()})(x)
        model = K.Model(inputs, x)
        draw = np.random.default_rng(1)
        model.set_weights([w if w.ndim == 0 else abs(w + draw.normal(0, 0.05, w.shape)) if "variance" in v.name else w + draw.normal(0, 0.05, w.shape) for v, w in zip(model.weights, model.get_weights())])
        for layer in model.layers:
            if isinstance(layer, L.Normalization):
                layer.finalize_state()
        loss = self.loss if isinstance(self.loss, str) else K.losses.CategoricalCrossentropy(label_smoothing=0.1)
        model.compile(optimizer=made(K.optimizers, OPTIMIZER_CLASSES, self.optimizer), loss=loss, metrics=["accuracy"])
        return model


CLASSES = {
    "activation": "Activation", "average_pooling2d": "AveragePooling2D", "batch_normalization": "BatchNormalization", "conv2d": "Conv2D",
    "dense": "Dense", "depthwise_conv2d": "DepthwiseConv2D", "dropout": "Dropout", "elu": "ELU", "flatten": "Flatten",
    "global_average_pooling2d": "GlobalAveragePooling2D", "global_max_pooling2d": "GlobalMaxPooling2D", "leaky_relu": "LeakyReLU",
    "max_pooling2d": "MaxPooling2D", "random_brightness": "RandomBrightness", "random_contrast": "RandomContrast", "random_flip": "RandomFlip",
    "random_rotation": "RandomRotation", "random_translation": "RandomTranslation", "random_zoom": "RandomZoom", "relu": "ReLU",
    "rescaling": "Rescaling", "separable_conv2d": "SeparableConv2D", "softmax": "Softmax", "spatial_dropout2d": "SpatialDropout2D",
    "zero_padding2d": "ZeroPadding2D", "conv2d_transpose": "Conv2DTranspose", "up_sampling2d": "UpSampling2D", "resizing": "Resizing",
    "center_crop": "CenterCrop", "cropping2d": "Cropping2D", "permute": "Permute", "prelu": "PReLU", "layer_normalization": "LayerNormalization",
    "group_normalization": "GroupNormalization", "unit_normalization": "UnitNormalization", "normalization": "Normalization",
}
OPTIMIZER_CLASSES = {"adam": "Adam", "adamw": "AdamW", "adagrad": "Adagrad", "rmsprop": "RMSprop", "sgd": "SGD"}
MADE = {"l1": "L1", "l2": "L2", "l1_l2": "L1L2", "constant": "Constant", "random_normal": "RandomNormal", "random_uniform": "RandomUniform"}


def renamed(name, options):
    if name == "leaky_relu" and KERAS2:
        options = {("alpha" if k == "negative_slope" else k): v for k, v in options.items()}
    return options


def made(module, classes, thing):
    name, options = (thing, {}) if isinstance(thing, str) else next(iter(thing.items()))
    if not isinstance(options, dict):
        return getattr(module, classes[name])(options)
    return getattr(module, classes[name])(**options)


def keras_value(option, v):
    if option.endswith("_regularizer"):
        return made(K.regularizers, MADE, v)
    if option.endswith("_initializer") and isinstance(v, dict):
        return made(K.initializers, MADE, v)
    if option == "cropping":
        return tuple(map(tuple, v))
    if option.endswith("factor") and isinstance(v, list):
        return tuple(v)  # Keras 3 cannot save a RandomZoom with a list
    return v


def run(*command, cwd):
    done = subprocess.run(list(map(str, command)), cwd=cwd, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command[1:3]))}: {done.stderr[-600:]}")
    return done.stdout


def predict(program, folder, name, x):
    files = []
    for i, image in enumerate(x.astype("uint8")):
        files.append(folder / f"{i}.png")
        Image.fromarray(image.squeeze()).save(files[-1])
    found = json.loads(run(program, "predict", name, *files, "--top", 10, "--json", cwd=folder))
    order = {c: i for i, c in enumerate(json.loads((folder / name / "run.json").read_text())["dataset"]["classes"])}
    out = np.zeros((len(x), 10), "float32")
    for i, image in enumerate(found):
        for c in image["classes"]:
            out[i, order[c["name"]]] = c["probability"]
    return out


def far(a, b):
    return float(np.nan_to_num(np.abs(a - b), nan=1.0).max())


def opened(program, folder, name, x, want, labels):
    """Opens each export of a run, predicts, evaluates, trains. Returns the largest difference."""
    worst, model = 0.0, None
    if onnxruntime:
        run(program, "export", name, "-o", folder / f"{name}.onnx", cwd=folder)
        session = onnxruntime.InferenceSession(str(folder / f"{name}.onnx"))
        worst = far(session.run(None, {"images": x})[0], want)
    for ending in ".keras", ".h5", ".weights.h5":
        file = folder / (name + ending)
        run(program, "export", name, "-o", file, cwd=folder)
        if ending == ".weights.h5":
            model.set_weights([np.zeros_like(w) for w in model.get_weights()])
            model.load_weights(file)
            worst = max(worst, far(model.predict(x, verbose=0), want))
            continue
        model = K.models.load_model(file)
        worst = max(worst, far(model.predict(x, verbose=0), want))
        model.evaluate(x, labels, verbose=0)
        model.fit(x, labels, verbose=0)
        model = K.models.load_model(file, compile=False)
    return worst


def check(program, folder, number):
    x = np.random.default_rng(number).integers(0, 256, (4, SIZE, SIZE, 3)).astype("float32")
    chain = Chain(number)
    labels = np.arange(4)
    if chain.loss != "sparse_categorical_crossentropy":
        labels = np.eye(10)[labels]
    (folder / "spec.yaml").write_text(chain.spec())
    run(program, "fit", "spec.yaml", "--out", "run", cwd=folder)
    there = opened(program, folder, "run", x, predict(program, folder, "run", x), labels)

    K.backend.clear_session()
    model = chain.keras()
    file = folder / ("model" + [".h5", ".keras"][number % 2])
    model.save(file)
    want = model.predict(x, verbose=0)
    run(program, "import", file, "--classes", ",".join("0123456789"), "--out", "back", cwd=folder)
    back = far(predict(program, folder, "back", x), want)
    back = max(back, opened(program, folder, "back", x, want, labels))
    return there, back


def main():
    program = str(pathlib.Path(sys.argv[1]).resolve())
    chains, first = map(int, sys.argv[2:4] + ["100", "0"][len(sys.argv) - 2 :])
    failed, worst = 0, 0.0
    for number in range(first, first + chains):
        with tempfile.TemporaryDirectory() as folder:
            try:
                found = check(program, pathlib.Path(folder), number)
                wrong = "" if max(found) <= TOLERANCE else f"differences {found[0]:.1e} there, {found[1]:.1e} back"
                worst = max(worst, *found)
            except Exception as e:
                wrong = f"{type(e).__name__}: {e}"[:900]
        if wrong:
            failed += 1
            print(f"FAIL {number}: {wrong}\n     {[n for n, _ in Chain(number).layers]}", flush=True)
        tf.keras.backend.clear_session()
    print(f"{chains - failed} of {chains} chains, TensorFlow {tf.__version__}; the largest difference is {worst:.1e}")
    sys.exit(failed > 0)
