"""Every model of keras.applications through cnntrain and back.

    python bench/interop/applications.py /tmp/cnntrain             # all, smallest first
    python bench/interop/applications.py /tmp/cnntrain ResNet50 VGG16
    python bench/interop/applications.py /tmp/cnntrain --keras NASNetLarge   # .keras only

Each model is built with random weights (statistics of batch normalisation included), saved as
.keras and .h5, imported, exported again as .keras, and opened by Keras. Its parameters have to
be as many, its predictions on six images within 1e-4 of the largest: those of Keras on the
exported file, and those of `cnntrain predict` on PNG files. Where they differ by more than half of that,
Keras computes the same in float64; where the difference is larger than 1e-4, cnntrain's distance
from that has to be at most twice that of Keras's float32. Prints a table, a row a model.
"""

import gc
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import keras
import numpy as np
from PIL import Image

# Name, and the smallest input that the model allows (32 for most).
MODELS = {
    "MobileNet": 32, "MobileNetV2": 32, "MobileNetV3Small": 32, "MobileNetV3Large": 32,
    "EfficientNetB0": 32, "EfficientNetV2B0": 32, "NASNetMobile": 32,
    "DenseNet121": 32, "ResNet50": 32, "ResNet50V2": 32, "Xception": 71, "InceptionV3": 75,
    "InceptionResNetV2": 75, "ConvNeXtTiny": 32, "VGG16": 32, "VGG19": 32,
    "EfficientNetB1": 32, "EfficientNetB2": 32, "EfficientNetB3": 32, "EfficientNetB4": 32,
    "EfficientNetV2B1": 32, "EfficientNetV2B2": 32, "EfficientNetV2B3": 32, "EfficientNetV2S": 32,
    "DenseNet169": 32, "DenseNet201": 32, "ResNet101": 32, "ResNet101V2": 32, "ResNet152": 32,
    "ResNet152V2": 32, "EfficientNetB5": 32, "EfficientNetB6": 32, "ConvNeXtSmall": 32,
    "EfficientNetV2M": 32, "EfficientNetB7": 32, "NASNetLarge": 32, "ConvNeXtBase": 32,
    "EfficientNetV2L": 32, "ConvNeXtLarge": 32, "ConvNeXtXLarge": 32,
}
CLASSES = 10
TOLERANCE = 1e-4  # of the difference from Keras's float32
ROUNDING = 2  # times the distance of Keras's float32 from float64


def pictures(size, count):
    """Images that differ, each with a colour, a slope, a grain and a bright corner of its own: with
    mere noise, features of all images are almost equal, and float32 leaves few digits between them."""
    random = np.random.default_rng(5)
    y, x = np.mgrid[0:size, 0:size][:, :, :, None] / size
    made = []
    for _ in range(count):
        image = random.uniform(0, 255, 3) + random.normal(0, 120, 3) * (x - 0.5) + random.normal(0, 120, 3) * (y - 0.5)
        image = image + random.normal(0, random.uniform(0, 60), (size, size, 3))
        height, width = random.integers(4, size, 2)
        image[:height, :width] += random.normal(0, 100, 3)
        made.append(np.clip(image, 0, 255).astype(np.uint8))
    return np.stack(made)


def build(name):
    size = MODELS[name]
    options = {"weights": None, "input_shape": (size, size, 3), "classes": CLASSES}
    keras.utils.set_random_seed(7)
    try:
        return getattr(keras.applications, name)(**options)
    except ValueError:
        # The classifier of some has a fixed input: the body with a head of one's own, as in
        # every tutorial of transfer learning.
        del options["classes"]
        body = getattr(keras.applications, name)(include_top=False, pooling="avg", **options)
        return keras.Model(body.input, keras.layers.Dense(CLASSES, "softmax")(body.output))


def randomize(model, images):
    """Random statistics, scales and biases; then batch normalisation sees the images once, so
    that values neither vanish nor overflow in 500 layers and predictions differ."""
    random = np.random.default_rng(11)
    for weight in model.weights:
        path, shape = weight.path, tuple(weight.shape)
        if path.endswith(("gamma", "moving_variance")):
            weight.assign(random.uniform(0.7, 1.3, shape))
        elif path.endswith(("beta", "bias", "moving_mean")):
            weight.assign(random.normal(0, 0.1, shape))
    norms = [layer for layer in model._flatten_layers() if isinstance(layer, keras.layers.BatchNormalization)]
    momenta = [layer.momentum for layer in norms]
    for layer in norms:
        layer.momentum = 0.0
    if norms:
        model(images, training=True)
    for layer, momentum in zip(norms, momenta):
        layer.momentum = momentum
        # No channel is far louder than its peers: rounding grows with each that is.
        variance = np.asarray(layer.moving_variance)
        layer.moving_variance.assign(np.maximum(variance, variance.mean() / 2) * random.uniform(1, 1.2, variance.shape))
    # The classifier, dense or a convolution of 1x1, spreads the classes without saturating softmax.
    head = next(layer for layer in reversed(model.layers) if layer.weights)
    features = keras.Model(model.inputs[0], head.input)(images, training=False).numpy().reshape(len(images), -1)
    kernel = random.normal(0, 1, (features.shape[1], CLASSES))
    kernel *= 0.5 / max(((features - features.mean(0)) @ kernel).std(), 1e-6)
    head.kernel.assign(kernel.reshape(head.kernel.shape))
    head.bias.assign(-features.mean(0) @ kernel)


def in_float64(name, weights, images):
    """The predictions of the same model, weights and images, computed by Keras in float64."""
    keras.backend.set_floatx("float64")
    try:
        model = build(name)
        model.set_weights(weights)
        return model(images.astype(np.float64), training=False).numpy()
    finally:
        keras.backend.set_floatx("float32")
        keras.backend.clear_session()


def cnntrain(binary, *arguments):
    done = subprocess.run([binary, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError((done.stderr.strip() or done.stdout.strip()).replace("\n", " / "))
    return done.stdout


def farthest(got, want):
    return float(np.abs(np.asarray(got, np.float64) - want).max() / np.abs(want).max())


def predictions(binary, run, folder):
    """The probabilities of the images, in order, as `cnntrain predict` has them."""
    shown = cnntrain(binary, "predict", run, os.path.join(folder, "images"), "--json", "--top", CLASSES)
    rows = {}
    for found in json.loads(shown):
        by = {p["name"]: p["probability"] for p in found["classes"]}
        rows[os.path.basename(found["image"])] = [by[name] for name in sorted(by)]
    return [rows[name] for name in sorted(rows)]


def check(binary, name, folder, kinds):
    """A row of the table, or raises what is wrong."""
    size = MODELS[name]
    pixels = pictures(size, 32)
    images = pixels[:6].astype(np.float32)
    os.makedirs(os.path.join(folder, "images"))
    for i, image in enumerate(pixels[:6]):
        Image.fromarray(image).save(os.path.join(folder, "images", f"{i}.png"))
    model = build(name)
    randomize(model, pixels.astype(np.float32))
    want = model(images, training=False).numpy()
    spread = float(np.ptp(want, axis=0).max())
    if not np.isfinite(want).all() or spread < 0.01:
        raise RuntimeError(f"the model of the test is blind: its predictions differ by {spread:.2g}")
    parameters = model.count_params()
    row = {"parameters": parameters, "layers": len(model.layers)}
    files = [os.path.join(folder, "model." + kind) for kind in kinds]
    for file in files:
        model.save(file)
    weights = model.get_weights()
    del model
    keras.backend.clear_session()
    gc.collect()
    classes = ",".join(chr(97 + i) for i in range(CLASSES))
    for file in files:
        kind = file.rsplit(".", 1)[1]
        run = os.path.join(folder, "run-" + kind)
        cnntrain(binary, "import", file, "--classes", classes, "--out", run)
        summary = cnntrain(binary, "summary", os.path.join(run, "spec.yaml"))
        found = int(re.search(r"Total params: ([\d,]+)", summary).group(1).replace(",", ""))
        if found != parameters:
            raise RuntimeError(f".{kind}: {found:,} parameters here, {parameters:,} in Keras")
        got = predictions(binary, run, folder)
        row[f"ours {kind}"] = farthest(got, want)
        if row[f"ours {kind}"] > TOLERANCE / 2 and "Keras exact" not in row:
            exact = in_float64(name, weights, images)
            row["Keras exact"], row["ours exact"] = farthest(want, exact), farthest(got, exact)
        back = os.path.join(folder, "back." + kind)
        cnntrain(binary, "export", run, "-o", back)
        opened = keras.saving.load_model(back, compile=False)
        if opened.count_params() != parameters:
            raise RuntimeError(f".{kind} back in Keras: {opened.count_params():,} parameters, not {parameters:,}")
        row[f"keras {kind}"] = farthest(opened(images, training=False).numpy(), want)
        del opened
        keras.backend.clear_session()
        gc.collect()
        rounding = "ours exact" in row and row["ours exact"] <= ROUNDING * row["Keras exact"]
        for key in (f"ours {kind}", f"keras {kind}"):
            if not (row[key] <= TOLERANCE or key.startswith("ours") and rounding):
                raise RuntimeError(f"{key}: predictions differ by {row[key]:.2g}: {row}")
        os.remove(back)
        shutil.rmtree(run)
    return row


def main():
    binary, names = sys.argv[1], sys.argv[2:]
    kinds = ["keras"] if "--keras" in names else ["keras", "h5"]
    names = [name for name in names if name != "--keras"] or list(MODELS)
    print("| model | input | layers | parameters | `.keras`: here | back in Keras | `.h5`: here | back in Keras | "
          "from float64: here | Keras |")
    print("| --- " * 10 + "|", flush=True)
    failed = 0
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            try:
                row = check(binary, name, folder, kinds)
                figures = [f"{row[key]:.2g}" if key in row else "" for key in
                           ("ours keras", "keras keras", "ours h5", "keras h5", "ours exact", "Keras exact")]
                print("|", " | ".join([name, str(MODELS[name]), str(row["layers"]), f"{row['parameters']:,}", *figures]), "|", flush=True)
            except (RuntimeError, ValueError, KeyError) as fault:
                failed += 1
                print(f"| {name} | {MODELS[name]} | failed: {str(fault)[:3000]} |", flush=True)
        keras.backend.clear_session()
        gc.collect()
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
