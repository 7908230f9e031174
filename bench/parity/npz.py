"""Writes the .npz files that the tests of the dataset npz read.

    python npz.py [FOLDER]     (default: internal/data/dataset/testdata)
"""

import sys
from pathlib import Path

import numpy as np

OUT = Path(__file__).resolve().parents[2] / "internal" / "data" / "dataset" / "testdata"


def main(out):
    out.mkdir(parents=True, exist_ok=True)
    # Pixel p of image i is 10 * i + p.
    x = (10 * np.arange(6)[:, None] + np.arange(6)).reshape(6, 2, 3)
    y = np.arange(6) % 2
    # As keras.datasets.mnist has them.
    np.savez_compressed(out / "mnist_like.npz", x_train=x[:4].astype("uint8"), y_train=y[:4].astype("uint8"),
                        x_test=x[4:].astype("uint8"), y_test=y[4:].astype("uint8"))
    # As keras.datasets.cifar10 has them: channels, and labels in a column.
    rgb = x.reshape(6, 2, 1, 3)
    np.savez(out / "cifar_like.npz", x_train=rgb[:4].astype("uint8"), y_train=y[:4, None],
             x_test=rgb[4:].astype("uint8"), y_test=y[4:, None])
    for kind in [">u2", "<i4", "<f4", ">f8", "<i8"]:
        np.savez(out / f"kind_{kind[1:]}.npz", x_train=x.astype(kind), y_train=y.astype("i1"))
    np.savez(out / "pickled.npz", x_train=np.array([x[0], "text"], dtype=object), y_train=y[:2])
    np.savez(out / "fortran.npz", x_train=np.asfortranarray(x.astype("uint8")), y_train=y)
    np.savez(out / "scaled.npz", x_train=(x / 255).astype("float32"), y_train=y)
    np.savez(out / "one_hot.npz", x_train=x.astype("uint8"), y_train=np.eye(2)[y])


main(Path(sys.argv[1]) if len(sys.argv) > 1 else OUT)
