"""Writes internal/interop/testdata/applications: keras.applications cut down to a few layers of
few channels by the functions that build them, and what Keras predicts with them.

    python bench/interop/applications_golden.py
"""

import pathlib
import zipfile

import applications  # first: it tells TensorFlow to be quiet
import keras
import numpy as np
from keras.src.applications import (convnext, densenet, efficientnet_v2, inception_resnet_v2,
                                    mobilenet_v3, nasnet, resnet)
from safetensors.numpy import save_file

DATA = pathlib.Path(__file__).resolve().parents[2] / "internal/interop/testdata/applications"
SHAPE = (32, 32, 3)
CLASSES = applications.CLASSES
COMMON = {"weights": None, "input_shape": SHAPE, "classes": CLASSES}


def stages(block, **options):
    def stack(x):
        x = block(x, 4, 2, name="conv2", **options)
        return block(x, 8, 2, name="conv3", **options)

    return stack


def mobilenet_stack(x, kernel, activation, se_ratio):
    x = mobilenet_v3._inverted_res_block(x, 1, 8, 3, 2, se_ratio, mobilenet_v3.relu, 0)
    x = mobilenet_v3._inverted_res_block(x, 3, 8, 5, 1, se_ratio, activation, 1)
    return mobilenet_v3._inverted_res_block(x, 3, 16, kernel, 2, None, activation, 2)


def inception_resnet():
    """Two residual additions as its blocks end in them, scaled and not."""
    net = inception_resnet_v2
    image = keras.Input(SHAPE)
    x = net.conv2d_bn(keras.layers.Rescaling(1 / 127.5, -1)(image), 8, 3, strides=4)
    for scale in (0.17, 1.0):
        mixed = keras.layers.Concatenate()([net.conv2d_bn(x, 4, 1), net.conv2d_bn(x, 4, [1, 7])])
        up = net.conv2d_bn(mixed, 8, 1, activation=None, use_bias=True)
        x = net.CustomScaleLayer(scale)([x, up])
        x = keras.layers.Activation("relu")(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(image, keras.layers.Dense(CLASSES, "softmax")(x), name="inception_resnet_v2")


def dense():
    """Two dense blocks and the transition between them, growing by 4."""
    image = keras.Input(SHAPE)
    x = keras.layers.Conv2D(8, 7, strides=4, name="stem")(image)
    x = densenet.conv_block(x, 4, name="conv2_block1")
    x = densenet.conv_block(x, 4, name="conv2_block2")
    x = densenet.transition_block(x, 0.5, name="pool2")
    x = densenet.conv_block(x, 4, name="conv3_block1")
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(image, keras.layers.Dense(CLASSES, "softmax")(x), name="densenet")


def nasnet_cell():
    """A normal cell and a reduction cell of NASNet."""
    image = keras.Input(SHAPE)
    x = keras.layers.Conv2D(8, 3, strides=2, name="stem")(image)
    x, p = nasnet._reduction_a_cell(x, None, 4, block_id="stem_1")
    x, p = nasnet._normal_a_cell(x, p, 4, block_id="0")
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.Activation("relu")(x))
    return keras.Model(image, keras.layers.Dense(CLASSES, "softmax")(x), name="nasnet")


BUILDERS = {
    "convnext": lambda: convnext.ConvNeXt([1, 1, 1, 1], [8, 8, 16, 16], **COMMON),
    "densenet": dense,
    "efficientnet_v2": lambda: efficientnet_v2.EfficientNetV2(
        0.1, 0.1, 32, blocks_args=efficientnet_v2.DEFAULT_BLOCKS_ARGS["efficientnetv2-b0"], **COMMON),
    "inception_resnet_v2": inception_resnet,
    "mobilenet_v3": lambda: mobilenet_v3.MobileNetV3(mobilenet_stack, 16, alpha=0.5, **COMMON),
    "nasnet": nasnet_cell,
    "resnet_v2": lambda: resnet.ResNet(stages(resnet.stack_residual_blocks_v2), True, True, **COMMON),
}


def squeeze(path):
    """Compresses what Keras only stores: a file of many small weights is mostly zeros."""
    with zipfile.ZipFile(path) as file:
        members = {name: file.read(name) for name in file.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content)


def main():
    DATA.mkdir(parents=True, exist_ok=True)
    pixels = applications.pictures(SHAPE[0], 32).astype(np.float32)
    for name, build in BUILDERS.items():
        keras.backend.clear_session()
        keras.utils.set_random_seed(7)
        model = build()
        applications.randomize(model, pixels)
        x = pixels[:3]
        model.save(DATA / f"{name}.keras")
        squeeze(DATA / f"{name}.keras")
        save_file({"x": x, "predictions": model.predict(x, verbose=0)}, DATA / f"{name}.safetensors")
        (DATA / f"{name}.safetensors").chmod(0o644)
        print(name, model.count_params(), (DATA / f"{name}.keras").stat().st_size)


if __name__ == "__main__":
    main()
