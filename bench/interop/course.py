"""Proves the way of the course's models: its nine listings, functional, trained for two
epochs by Keras and saved in each kind of file, import with the same predictions and the same
accuracy; and every spec, trained here, opens in Keras, evaluates and trains on.

    python bench/interop/course.py CNNTRAIN [NAME...]    # with Keras 3, and with tf.keras 2.15
"""

import json
import pathlib
import re
import sys
import tempfile

from chains import K, L, TOLERANCE, far, predict, run  # first: it silences TensorFlow

import numpy as np
import tensorflow as tf
from PIL import Image

SPECS = pathlib.Path(__file__).resolve().parents[2] / "specs"
CLASSES = "abcdefghij"


def augmentation(x):
    for layer in L.RandomFlip("horizontal"), L.RandomRotation(0.1), L.RandomZoom(0.1):
        x = layer(x)
    return x


def lenet5(augmented=False, norm=None, dropout=False):
    """norm: after or before the activation."""

    def block(x, layer):
        if norm == "before":
            return L.Activation("relu")(L.BatchNormalization()(layer(None)(x)))
        x = layer("relu")(x)
        return L.BatchNormalization()(x) if norm == "after" else x

    inputs = K.Input((32, 32, 3))
    x = augmentation(inputs) if augmented else inputs
    for filters in 6, 16:
        x = L.MaxPooling2D()(block(x, lambda f: L.Conv2D(filters, (5, 5), activation=f)))
    x = L.Flatten()(x)
    if dropout:
        x = L.Dropout(0.4)(x)
    for units in 120, 84:
        x = block(x, lambda f: L.Dense(units, activation=f))
    return K.Model(inputs, L.Dense(10, activation="softmax")(x))


def vgg(convolutions, rescale=False):
    inputs = x = K.Input((32, 32, 3))
    if rescale:
        x = L.Rescaling(1 / 255)(x)
    for filters, count in zip((64, 128, 256, 512, 512), convolutions):
        for _ in range(count):
            x = L.Conv2D(filters, 3, padding="same", activation="relu")(x)
        x = L.MaxPooling2D(2, 2)(x)
    x = L.Flatten()(x)
    for units in 4096, 4096, 1000:
        x = L.Dense(units, activation="relu")(x)
    return K.Model(inputs, L.Dense(10, activation="softmax")(x))


LISTINGS = {
    "LeNet5": lenet5,
    "dropout": lambda: lenet5(dropout=True),
    "batch norm after": lambda: lenet5(norm="after"),
    "batch norm before": lambda: lenet5(norm="before"),
    "augmentation": lambda: lenet5(augmented=True),
    "all three": lambda: lenet5(augmented=True, norm="before", dropout=True),
    "VGG": lambda: vgg((2, 2, 2, 2, 2)),
    "VGG with blocks": lambda: vgg((2, 2, 2, 2, 2), rescale=True),
    "VGG19": lambda: vgg((2, 2, 4, 4, 4), rescale=True),
}


def images(folder, n, shape):
    """Returns images and their classes, and writes them as a folder of class folders."""
    draw = np.random.default_rng(5)
    y = np.arange(n) % 10
    x = np.clip(draw.integers(0, 200, (n, *shape)) + 5 * y[:, None, None, None], 0, 255).astype("uint8")
    for i, image in enumerate(x):
        for split in "train", "test":
            path = folder / "images" / split / CLASSES[y[i]]
            path.mkdir(parents=True, exist_ok=True)
            Image.fromarray(image.squeeze()).save(path / f"{i:03}.png")
    return x.astype("float32"), y


def evaluated(program, folder, name):
    return json.loads(run(program, "eval", name, "--json", cwd=folder))[0]


def listing(program, folder, name):
    """Returns the largest difference of a probability, and a list of errors."""
    large = "VGG" in name
    x, y = images(folder, 32 if large else 128, (32, 32, 3))
    model = LISTINGS[name]()
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    one_hot = np.eye(10)[y]
    model.fit(x, one_hot, epochs=2, batch_size=16 if large else 32, verbose=0)
    want, accuracy = model.predict(x[:8], verbose=0), model.evaluate(x, one_hot, verbose=0)[1]
    (folder / "model.json").write_text(model.to_json())
    worst, wrong = 0.0, []
    for ending in ".h5", ".keras", ".weights.h5":
        file, out = folder / ("model" + ending), "run" + ending
        if ending == ".weights.h5":
            model.save_weights(file)
            source = [folder / "model.json", "--weights", file]
        else:
            model.save(file)
            source = [file]
        run(program, "import", *source, "--dataset", "./images", "--out", out, cwd=folder)
        worst = max(worst, far(predict(program, folder, out, x[:8]), want))
        got = evaluated(program, folder, out)["accuracy"]
        if abs(got - accuracy) > 1e-6:
            wrong.append(f"{ending}: accuracy {got}, in Keras {accuracy}")
        file.unlink()
    return worst, wrong


def own_layer():
    """Runs the lines of docs/KERAS.md that define the layer that Keras lacks."""
    text = (SPECS.parent / "docs/KERAS.md").read_text()
    exec(re.search(r"```python\n(import tensorflow.*?)```", text, re.S)[1], {})


def spec(program, folder, name):
    shape = json.loads(re.search(r"^input: (\[.*\])", (SPECS / f"{name}.yaml").read_text(), re.M)[1])
    large = name.startswith(("vgg", "alexnet"))
    n = 20 if large else 100
    x, y = images(folder, n, shape)
    run(program, "fit", SPECS / f"{name}.yaml", "--dataset", "./images", "--epochs", 1, "--batch-size", 10, "--out", "run", cwd=folder)
    want, here = predict(program, folder, "run", x[:8]), evaluated(program, folder, "run")
    worst, wrong = 0.0, []
    for ending in ".h5", ".keras":
        file = folder / ("run" + ending)
        run(program, "export", "run", "-o", file, cwd=folder)
        model = K.models.load_model(file)
        worst = max(worst, far(model.predict(x[:8], verbose=0), want))
        labels = np.eye(10)[y] if model.loss != "sparse_categorical_crossentropy" else y
        loss, accuracy = model.evaluate(x, labels, verbose=0)[:2]
        if abs(accuracy - here["accuracy"]) > 1e-6 or abs(loss - here["loss"]) > 1e-4 * max(1, abs(loss)):
            wrong.append(f"{ending}: loss {loss}, accuracy {accuracy}; here {here['loss']}, {here['accuracy']}")
        model.fit(x[:10], labels[:10], verbose=0)
        model = K.models.load_model(file, compile=False)
        model.set_weights([np.zeros_like(w) for w in model.get_weights()])
        file.unlink()
    run(program, "export", "run", "-o", folder / "run.weights.h5", cwd=folder)
    model.load_weights(folder / "run.weights.h5")
    worst = max(worst, far(model.predict(x[:8], verbose=0), want))
    return worst, wrong


def main():
    program = str(pathlib.Path(sys.argv[1]).resolve())
    own_layer()
    todo = [(name, listing) for name in LISTINGS] + [(f.stem, spec) for f in sorted(SPECS.glob("*.yaml"))]
    failed = False
    for name, prove in todo:
        if sys.argv[2:] and name not in sys.argv[2:]:
            continue
        with tempfile.TemporaryDirectory() as folder:
            try:
                worst, wrong = prove(program, pathlib.Path(folder), name)
            except RuntimeError as e:
                worst, wrong = float("inf"), [str(e)]
        failed |= bool(wrong) or worst > TOLERANCE
        print("FAIL" if wrong or worst > TOLERANCE else "ok  ", f"{prove.__name__:8} {name:18} {worst:.1e}", *wrong, flush=True)
        tf.keras.backend.clear_session()
    sys.exit(failed)


if __name__ == "__main__":
    main()
