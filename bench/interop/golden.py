"""Writes internal/interop/testdata/keras: files of Keras for the Go tests, and what Keras
predicts with them. digests.py writes the digests of what cnntrain exports of them.

    python bench/interop/golden.py CNNTRAIN
"""

import os
import pathlib
import shutil
import sys
import tempfile

import prove  # first: it silences TensorFlow
import models
import numpy as np
from safetensors.numpy import save_file

DATA = pathlib.Path(__file__).resolve().parents[2] / "internal/interop/testdata"
KERAS = DATA / "keras"


def write(p, build):
    """Writes the files of one model."""
    name = build.__name__
    model = models.make(build)
    model.save(KERAS / f"{name}.h5")
    model.save_weights(KERAS / f"{name}.weights.h5")
    x = models.images(model, 7)
    want = model.predict(x, verbose=0)
    save_file({"x": x, "predictions": want}, KERAS / f"{name}.safetensors")
    (KERAS / f"{name}.safetensors").chmod(0o644)
    p.run("import", KERAS / f"{name}.h5", "--classes", "0,1,2,3,4,5,6,7,8,9", "--out", name)
    _, worst, wrong = prove.consumers(p, name, x, want)
    if wrong or max(worst.values()) > prove.TOLERANCE:
        raise SystemExit(f"{name}: {worst} {wrong}")


def write_keras2():
    """Writes a file of Keras 2, whose names and options differ a little."""
    os.environ["TF_USE_LEGACY_KERAS"] = "1"
    import tf_keras as keras

    L = keras.layers
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            L.Rescaling(1 / 255, input_shape=(9, 8, 3)),
            L.Conv2D(4, 3, activation="swish"),
            L.BatchNormalization(),
            L.LeakyReLU(alpha=0.1),
            L.MaxPooling2D(),
            L.Flatten(),
            L.Dense(10, activation="softmax"),
        ]
    )
    model.layers[2].set_weights([np.random.default_rng(i).uniform(0.5, 1.5, 4) for i in range(4)])
    model.save(KERAS / "keras2.h5")
    x = models.images(model, 7)
    save_file({"x": x, "predictions": model.predict(x, verbose=0)}, KERAS / "keras2.safetensors")
    (KERAS / "keras2.safetensors").chmod(0o644)


def main():
    shutil.rmtree(DATA / "keras", ignore_errors=True)
    KERAS.mkdir(parents=True)
    program = str(pathlib.Path(sys.argv[1]).resolve())
    with tempfile.TemporaryDirectory() as folder:
        for build in models.small, models.augmented:
            write(prove.Prover(program, pathlib.Path(folder)), build)
    write_keras2()


if __name__ == "__main__":
    main()
