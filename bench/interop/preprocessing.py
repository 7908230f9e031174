"""Models with preprocess_input of keras.applications inside, as TensorFlow's tutorial "Transfer learning
and fine-tuning" builds them, and what Keras predicts.

    python bench/interop/preprocessing.py          # internal/interop/testdata/preprocessing: a small base
    python bench/interop/preprocessing.py DIR      # the same with the networks of keras.applications
    CNNTRAIN_PREPROCESSING=DIR go test ./internal/interop -run Preprocess -v

Once with Keras 3, once with TF_USE_LEGACY_KERAS=1 and tf_keras (pip install --no-deps tf_keras), which is Keras 2
and writes no .keras file of a model with x[..., ::-1].
"""

import os
import pathlib
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"

import numpy as np

if os.environ.get("TF_USE_LEGACY_KERAS"):
    import tf_keras as keras
else:
    import keras
from safetensors.numpy import save_file

A, L = keras.applications, keras.layers
PREFIX = "k2" if keras.__version__.startswith("2.") else "k3"
DATA = pathlib.Path(__file__).resolve().parents[2] / "internal/interop/testdata/preprocessing"


def small(side):
    inputs = keras.Input((side, side, 3))
    x = L.Conv2D(4, 3, strides=2)(inputs)
    x = L.BatchNormalization()(x)
    return keras.Model(inputs, L.ReLU()(x), name="base")


def network(make):
    return lambda side: make(weights=None, include_top=False, input_shape=(side, side, 3))


def caffe(x):  # written by hand, as older tutorials do
    return x[:, :, :, ::-1] - np.array([103.939, 116.779, 123.68], "float32")


MODELS = {  # preprocessing, network
    "caffe": (A.vgg16.preprocess_input, A.VGG16),
    "tf": (A.mobilenet_v2.preprocess_input, A.MobileNetV2),
    "torch": (A.densenet.preprocess_input, A.DenseNet121),
    "hand": (caffe, A.VGG16),
}


def build(preprocess, base, side):
    base.trainable = False
    inputs = keras.Input((side, side, 3))
    x = keras.Sequential([L.RandomFlip("horizontal"), L.RandomRotation(0.2)])(inputs)
    x = preprocess(x)
    x = base(x, training=False)
    x = L.GlobalAveragePooling2D()(x)
    x = L.Dropout(0.2)(x)
    return keras.Model(inputs, L.Dense(3, activation="softmax")(x))


def main(folder, side, base, endings):
    folder.mkdir(parents=True, exist_ok=True)
    draw = np.random.default_rng(1)
    for name, (preprocess, make) in MODELS.items():
        keras.utils.set_random_seed(1)
        model = build(preprocess, base(make)(side), side)
        for layer in model.get_layer(index=-4).layers:
            if isinstance(layer, L.BatchNormalization):
                layer.set_weights([draw.uniform(0.8, 1.2, w.shape) if i in (0, 3) else draw.normal(0, 0.1, w.shape)
                                   for i, w in enumerate(layer.get_weights())])
        images = draw.integers(0, 256, (3, side, side, 3)).astype("float32")
        kernel, bias = model.layers[-1].get_weights()
        logits = np.log(model.predict(images, verbose=0))
        model.layers[-1].set_weights([kernel / logits.std(), bias])  # so that the probabilities of classes differ
        for ending in endings:
            if PREFIX + ending == "k2.keras":
                continue  # it cannot write Ellipsis
            model.save(folder / f"{PREFIX}-{name}{ending}")
        out = model.predict(images, verbose=0)
        path = folder / f"{PREFIX}-{name}.safetensors"
        save_file({"x": images, "predictions": out}, path)
        path.chmod(0o644)
        print(PREFIX, name, out.max())


if len(sys.argv) > 1:
    main(pathlib.Path(sys.argv[1]), 64, network, (".h5", ".keras"))
else:
    main(DATA, 10, lambda make: small, (".h5" if PREFIX == "k2" else ".keras",))
