"""Writes internal/interop/testdata/proven.sha256: the digests of what cnntrain exports of
the files there, once the Keras of this Python, and onnxruntime where it is there, predict
what is in them. Run it with Keras 3 and with tf.keras 2.15; both have to write the same.

    python bench/interop/digests.py CNNTRAIN
"""

import hashlib
import os
import pathlib
import subprocess
import sys
import tempfile

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import tensorflow as tf
from safetensors.numpy import load_file

DATA = pathlib.Path(__file__).resolve().parents[2] / "internal/interop/testdata"
TOLERANCE = 1e-5


def predictions(file, model, x):
    """Returns what the file predicts; model is one of the same architecture, for weights."""
    if file.suffix == ".onnx":
        try:
            import onnxruntime
        except ImportError:
            return None
        return onnxruntime.InferenceSession(file).run(None, {"images": x})[0]
    if file.name.endswith(".weights.h5"):
        model.load_weights(file)
        return model.predict(x, verbose=0)
    return tf.keras.models.load_model(file).predict(x, verbose=0)


def main():
    program = str(pathlib.Path(sys.argv[1]).resolve())
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for name in "small", "augmented":
            known = load_file(DATA / f"keras/{name}.safetensors")
            run = [program, "import", DATA / f"keras/{name}.h5", "--classes", ",".join("0123456789"), "--out", name]
            subprocess.run(run, cwd=folder, check=True, capture_output=True)
            model = None
            for ending in ".h5", ".keras", ".weights.h5", ".onnx":
                file = folder / (name + ending)
                subprocess.run([program, "export", name, "-o", file], cwd=folder, check=True, capture_output=True)
                if model is None:
                    model = tf.keras.Sequential.from_config(tf.keras.models.load_model(file).get_config())
                got = predictions(file, model, known["x"])
                if got is not None and np.abs(got - known["predictions"]).max() > TOLERANCE:
                    raise SystemExit(f"{file.name}: other predictions")
                lines.append(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n")
    (DATA / "proven.sha256").write_text("".join(lines))


if __name__ == "__main__":
    main()
