"""Models of keras.applications with their preprocessing under a new head, and what Keras predicts.

    python bench/interop/transfer.py DIR [NAME ...]
    CNNTRAIN_APPLICATIONS=DIR go test ./internal/experiment -run Applications -v

Writes for each spec that has a counterpart NAME.h5, a file of weights as keras.applications
publishes them (random here, with the layers' names), and NAME.json: images, probabilities.
Needs bench/interop/requirements.txt.
"""
import json
import os
import pathlib
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"

import h5py  # noqa: E402
import keras  # noqa: E402
import numpy as np  # noqa: E402
from keras.src.legacy.saving import legacy_h5_format  # noqa: E402

A = keras.applications
SIDE, CLASSES = 96, 10
MODELS = {  # and the module with its preprocess_input
    "mobilenet-v2": (A.MobileNetV2, A.mobilenet_v2),
    "mobilenet-v3-small": (A.MobileNetV3Small, "tf"),  # in the model, as a layer
    "efficientnet-b0": (A.EfficientNetB0, "torch"),  # in the model, as layers with weights
    "convnext-tiny": (A.ConvNeXtTiny, "torch"),  # in the model, as layers
    "vgg16": (A.VGG16, A.vgg16),
}


def main(folder, names):
    folder.mkdir(exist_ok=True)
    for name, (make, module) in MODELS.items():
        if names and name not in names:
            continue
        rng = np.random.default_rng(5)
        keras.utils.set_random_seed(5)
        options = {} if module in (A.mobilenet_v2, A.vgg16) or name.startswith("eff") else {"include_preprocessing": False}
        base = make(weights=None, include_top=False, input_shape=(SIDE, SIDE, 3), **options)
        for layer in base.layers:
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.set_weights([rng.uniform(0.8, 1.2, w.shape) if i in (0, 3) else rng.normal(0, 0.1, w.shape)
                                   for i, w in enumerate(layer.get_weights())])
        images = rng.integers(0, 256, (3, SIDE, SIDE, 3)).astype("float32")
        x = images.copy()
        if isinstance(module, str):
            x = A.imagenet_utils.preprocess_input(x, mode=module)
            if name == "efficientnet-b0":
                # Rescaling(1/255) is in the model; its Normalization does nothing without weights.
                x = x * 255
        else:
            x = module.preprocess_input(x)
        # Without top, ConvNeXt normalizes before pooling; with it, as here, after.
        features = base.layers[-1].input if name == "convnext-tiny" else base.output
        y = keras.layers.GlobalAveragePooling2D()(features)
        if name == "mobilenet-v3-small":  # the layer in front of the head of torchvision
            y = keras.layers.Dense(1024, activation="hard_swish")(y)
        if name == "convnext-tiny":
            y = keras.layers.LayerNormalization(epsilon=1e-6)(y)
        model = keras.Model(base.input, keras.layers.Dense(CLASSES, activation="softmax", name="predictions")(y))
        kernel, bias = model.layers[-1].get_weights()
        logits = np.log(model.predict(x, verbose=0))
        model.layers[-1].set_weights([kernel * 2 / logits.std(), bias])
        out = model.predict(x, verbose=0)
        with h5py.File(folder / f"{name}.h5", "w") as f:
            legacy_h5_format.save_weights_to_hdf5_group(f, model)
        with open(folder / f"{name}.json", "w") as f:
            json.dump({"images": images.flatten().tolist(), "probabilities": out.flatten().tolist()}, f)
        print(name, out.max())


main(pathlib.Path(sys.argv[1]), sys.argv[2:])
