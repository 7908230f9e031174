"""Proves that what cnntrain exports and imports is what Keras, onnxruntime and
safetensors mean. Python's side of each step is the real consumer.

    python bench/interop/prove.py CNNTRAIN            # the program, built
    python bench/interop/prove.py CNNTRAIN onnx-only  # one part
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import onnx
import onnxruntime
import tensorflow as tf
from safetensors.numpy import load_file

import models

TOLERANCE = 1e-5


class Prover:
    def __init__(self, program, folder):
        self.program, self.folder = program, folder

    def run(self, *args):
        done = subprocess.run([self.program, *map(str, args)], cwd=self.folder, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"cnntrain {args}: {done.stderr}")
        return done.stdout

    def export(self, run, ending):
        file = self.folder / f"{run}{ending}"
        self.run("export", run, "-o", file)
        return str(file)

    def predict(self, run, x):
        """Returns cnntrain's own probabilities for images of integers."""
        files = []
        for i, image in enumerate(x):
            files.append(self.folder / f"{i}.png")
            write_png(files[-1], image)
        found = json.loads(self.run("predict", run, *files, "--top", 10, "--json"))
        names = json.loads((self.folder / run / "run.json").read_text())["dataset"]["classes"]
        order = {name: i for i, name in enumerate(names or map(str, range(10)))}
        out = np.zeros((len(x), 10), "float32")
        for i, image in enumerate(found):
            for c in image["classes"]:
                out[i, order[c["name"]]] = c["probability"]
        return out


def far(a, b):
    return float(np.abs(np.asarray(a) - np.asarray(b)).max())


def same_weights(a, b):
    a, b = a.get_weights(), b.get_weights()
    return len(a) == len(b) and all(np.array_equal(x, y) for x, y in zip(a, b))


def in_onnxruntime(p, run, x, want, worst):
    file = p.export(run, ".onnx")
    onnx.checker.check_model(file, full_check=True)
    session = onnxruntime.InferenceSession(file)
    for n in 1, len(x):
        worst[f"onnx {n}"] = far(session.run(None, {"images": x[:n]})[0], want[:n])


def consumers(p, run, x, want):
    """Opens every export of a run in the program that it is for. Returns the model
    that Keras loaded, the largest differences from want, and other errors."""
    worst, wrong = {}, []
    model = tf.keras.models.load_model(p.export(run, ".h5"))
    worst["load_model"] = far(model.predict(x, verbose=0), want)

    zipped = tf.keras.models.load_model(p.export(run, ".keras"))
    worst["load_model .keras"] = far(zipped.predict(x, verbose=0), want)
    if not same_weights(zipped, model):
        wrong.append(".keras: other weights than .h5")

    fresh = tf.keras.Sequential.from_config(model.get_config())
    fresh.load_weights(p.export(run, ".weights.h5"))
    worst["load_weights"] = far(fresh.predict(x, verbose=0), want)
    if not same_weights(fresh, model):
        wrong.append("load_weights: other weights than load_model")

    in_onnxruntime(p, run, x, want, worst)

    tensors = load_file(p.export(run, ".safetensors"))
    for layer in model.layers:
        for w in layer.weights:
            if not np.array_equal(tensors.pop(f"{layer.name}/{w.name}"), w.numpy()):
                wrong.append(f"safetensors: {layer.name}/{w.name} differs")
    wrong += [f"safetensors: {name} is too much" for name in tensors]
    return model, worst, wrong


def config(model):
    """Returns a model's configuration without the seeds of its layers, which
    cnntrain does not keep: it has one for all."""

    def clean(v):
        if isinstance(v, dict):
            return {k: clean(w) for k, w in v.items() if k != "seed"}
        return [clean(w) for w in v] if isinstance(v, (list, tuple)) else v

    return clean(model.get_config())


def differences(a, b, path):
    if type(a) is dict and type(b) is dict:
        for k in sorted(a.keys() | b.keys()):
            yield from differences(a.get(k), b.get(k), f"{path}.{k}")
    elif type(a) is list and type(b) is list and len(a) == len(b):
        for i, (x, y) in enumerate(zip(a, b)):
            yield from differences(x, y, f"{path}[{i}]")
    elif a != b:
        yield f"{path}: {a!r} became {b!r}"


def prove_keras_model(p, build):
    """Keras, cnntrain, and back."""
    keras_model = models.make(build)
    run = build.__name__
    keras_model.save(p.folder / f"{run}-keras.h5")
    p.run("import", p.folder / f"{run}-keras.h5", "--dataset", f"./{run}-images", "--out", run)
    x = models.images(keras_model, 7)
    want = keras_model.predict(x, verbose=0)
    if np.ptp(want, axis=0).max() < 0.01:
        raise SystemExit(f"{run} says the same of all images, which proves little")
    back, worst, wrong = consumers(p, run, x, want)
    worst["cnntrain"] = far(p.predict(run, x), want)
    wrong += accuracy(p, keras_model, run)
    if not same_weights(back, keras_model):
        wrong.append("weights changed on the way")
    wrong += differences(config(keras_model), config(back), "config")
    return worst, wrong


def accuracy(p, keras_model, run):
    """Compares the results of evaluation, on images in one folder per class."""
    x = models.images(keras_model, 100)
    labels = np.arange(100) % 10
    for i, image in enumerate(x):
        for split in "train", "test":
            folder = p.folder / f"{run}-images" / split / str(labels[i])
            folder.mkdir(parents=True, exist_ok=True)
            write_png(folder / f"{i}.png", image)
    want = float(np.mean(keras_model.predict(x, verbose=0).argmax(axis=1) == labels))
    got = json.loads(p.run("eval", run, "--json"))[0]["accuracy"]
    print(f"     {run}: accuracy {got} in cnntrain, {want} in Keras")
    if abs(got - want) > 1e-9:
        yield "another accuracy"


def write_png(file, image):
    file.write_bytes(tf.io.encode_png(image.astype("uint8")).numpy())


def train(p, spec):
    """Returns a run trained by cnntrain, images, and its probabilities of them."""
    run = "run-" + spec.stem
    p.run("fit", spec, "--dataset", "shapes", "--limit", 400, "--epochs", 1, "--out", run)
    x = np.random.default_rng(3).integers(0, 256, (7, 32, 32, 3)).astype("float32")
    return run, x, p.predict(run, x)


def prove_trained(p, spec):
    """Trained by cnntrain, used elsewhere."""
    return consumers(p, *train(p, spec))[1:]


def prove_onnx(p, spec):
    """The same for layers that Keras does not have."""
    worst = {}
    in_onnxruntime(p, *train(p, spec), worst)
    return worst, []


DECISIONS = """name: {name}
input: [16, 16, 3]
data: {{dataset: ./{data}, validation_split: 0.2}}
layers:
  - rescaling: {{scale: 1/127.5, offset: -1}}
  - conv2d: {{filters: 6, kernel_size: 3, activation: relu}}
  - flatten
  - dense: {{units: {units}, activation: sigmoid}}
train: {{loss: binary_crossentropy, epochs: 3}}
"""


def decisions(p, units):
    """Trains a model of sigmoids: one that tells two classes, or three that decide about one label
    each. Returns the run, images, and the probabilities of true."""
    name, random = f"sigmoids-{units}", np.random.default_rng(units)
    x = random.integers(0, 256, (40, 16, 16, 3))
    lines = ["image,label"]
    for i, image in enumerate(x):
        file = p.folder / name / "ab"[i % 2] / f"{i}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        write_png(file, image)
        labels = "|".join(label for k, label in enumerate("abc") if (i + k) % (k + 2) == 0)
        lines.append(f"{file.relative_to(p.folder)},{labels}")
    (p.folder / f"{name}.csv").write_text("\n".join(lines) + "\n")
    data = name if units == 1 else f"{name}.csv"
    spec = p.folder / f"{name}.yaml"
    spec.write_text(DECISIONS.format(name=name, data=data, units=units))
    p.run("fit", spec, "--out", f"run-{name}")
    files = sorted((p.folder / name).glob("*/*.png"), key=lambda f: int(f.stem))[:7]
    found = json.loads(p.run("predict", f"run-{name}", *files, "--top", 3, "--json"))
    true = "b" if units == 1 else "abc"  # one sigmoid is the probability of the second class
    want = [[c["probability"] for n in true for c in image["classes"] if c["name"] == n] for image in found]
    return f"run-{name}", x[:7].astype("float32"), np.float32(want)


def prove_decisions(p, units):
    """One sigmoid and several, trained by cnntrain, used elsewhere."""
    return consumers(p, *decisions(p, units))[1:]


def main():
    here = pathlib.Path(__file__).resolve().parent
    specs = here.parents[1] / "specs"
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        p = Prover(str(pathlib.Path(sys.argv[1]).resolve()), pathlib.Path(folder))
        todo = [(build.__name__, prove_keras_model, build) for build in models.MODELS]
        todo += [(f"specs/{name}", prove_trained, specs / f"{name}.yaml") for name in ("quickstart", "lenet5", "lenet5-all")]
        todo.append(("onnx-only", prove_onnx, here / "onnx-only.yaml"))
        todo += [(f"{units} sigmoids", prove_decisions, units) for units in (1, 3)]
        todo = [t for t in todo if not sys.argv[2:] or t[0] in sys.argv[2:]]
        for name, prove, what in todo:
            worst, wrong = prove(p, what)
            ok = not wrong and max(worst.values()) <= TOLERANCE
            failed |= not ok
            print("ok  " if ok else "FAIL", f"{name:16}", *(f"{k} {v:.1e}" for k, v in worst.items()), flush=True)
            for line in wrong:
                print("     ", line)
    sys.exit(failed)


if __name__ == "__main__":
    main()
