"""Trains a small Keras model on JPEGs, imports it and compares what both say of them.

    python bench/interop/photo_predictions.py CNNTRAIN

CNNTRAIN is the program. Keras reads the photos with image_dataset_from_directory, whose JPEG
decoder is INTEGER_FAST, as is that of an imported run; cnntrain predict reads the same files. The
second figure compares with Keras on pixels decoded with INTEGER_ACCURATE, to show what that
matters. Exit 1 if a probability is more than 0.005 from Keras's.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
sys.modules.setdefault("simplejpeg", type(sys)("simplejpeg"))  # photos.py needs it for other files
import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

from photos import accurate, photo  # noqa: E402

SIZE, CLASSES, BOUND = 96, 4, 0.005


def write(folder, count):
    """Photos with a tint by class, of which a fifth is in another class's folder."""
    rng = np.random.default_rng(0)
    for i in range(count):
        label = i % CLASSES
        img = np.asarray(photo(320 + 13 * (i % 17), 240 + 7 * (i % 11), i)).astype(np.float32)
        img[..., label % 3] *= 0.6 if label < 3 else 1.3
        shown = rng.integers(CLASSES) if rng.random() < 0.15 else label
        path = folder / f"class{shown}" / f"{i:03}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        from PIL import Image
        options = {"quality": int(rng.integers(60, 96)), "subsampling": int(i % 3), "progressive": i % 5 == 0}
        Image.fromarray(np.clip(img, 0, 255).astype(np.uint8)).save(path, **options)


def train(data):
    keras.utils.set_random_seed(1)
    layers = keras.layers
    model = keras.Sequential([
        keras.Input((SIZE, SIZE, 3)), layers.Rescaling(1 / 255),
        layers.Conv2D(16, 3, activation="relu"), layers.MaxPooling2D(),
        layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D(),
        layers.Conv2D(32, 3, activation="relu"), layers.Flatten(),
        layers.Dense(CLASSES, activation="softmax"),
    ])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(data, epochs=30, verbose=2)
    return model


def main():
    program = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as d:
        folder = pathlib.Path(d, "photos")
        write(folder, 240)
        data = keras.utils.image_dataset_from_directory(folder, image_size=(SIZE, SIZE), batch_size=16, shuffle=False)
        model = train(data.shuffle(20, seed=1))
        theirs = model.predict(data, verbose=0)
        exact = np.stack([tf.image.resize(accurate(tf, tf.io.read_file(p)), (SIZE, SIZE)).numpy() for p in data.file_paths])
        accurately = model.predict(exact, verbose=0)
        model.save(pathlib.Path(d, "m.keras"))
        imported = str(pathlib.Path(d, "m"))
        subprocess.run([program, "import", pathlib.Path(d, "m.keras"), "--out", imported, "--classes", ",".join(data.class_names)], check=True)
        out = subprocess.run([program, "predict", imported, folder, "--top", str(CLASSES), "--json"], capture_output=True, check=True).stdout
        by_file = {p["image"]: {c["name"]: c["probability"] for c in p["classes"]} for p in json.loads(out)}
        ours = np.array([[by_file[p][c] for c in data.class_names] for p in data.file_paths])
    print(f"{len(ours)} photos, mean of the highest probability {theirs.max(1).mean():.3f}")
    apart = []
    for name, want in (("Keras's own loader (INTEGER_FAST)", theirs), ("INTEGER_ACCURATE", accurately)):
        diff = np.abs(ours - want)
        apart.append(diff.max())
        print(f"{name}: at most {diff.max():.5f} apart, mean {diff.mean():.5f}, {np.mean(diff.max(1) > BOUND):.1%} of the photos beyond {BOUND}, "
              f"same class for {np.mean(ours.argmax(1) == want.argmax(1)):.1%}")
    return apart[0] > BOUND


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
