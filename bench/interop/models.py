"""The Keras models of the proofs: ten classes, RGB images with pixels from 0 to 255."""

import keras
import numpy as np
from keras import layers as L
from keras import regularizers as R


def lenet5():
    return [
        keras.Input((32, 32, 3), name="input_layer"),
        L.Rescaling(1 / 255),
        L.Conv2D(6, 5, activation="relu"),
        L.MaxPooling2D(),
        L.Conv2D(16, 5, activation="relu"),
        L.MaxPooling2D(),
        L.Flatten(),
        L.Dense(120, activation="relu"),
        L.Dense(84, activation="relu"),
        L.Dense(10, activation="softmax"),
    ]


def normalized():
    """LeNet5 with batch normalization and dropout."""
    model = [keras.Input((32, 32, 3), name="input_layer"), L.Rescaling(1 / 127.5, offset=-1)]
    for filters in 6, 16:
        model += [
            L.Conv2D(filters, 5, use_bias=False, kernel_initializer="he_normal"),
            L.BatchNormalization(momentum=0.9),
            L.ReLU(),
            L.MaxPooling2D(),
            L.SpatialDropout2D(0.1),
        ]
    return model + [
        L.Flatten(),
        L.Dense(120, kernel_regularizer=R.L2(0.001)),
        L.BatchNormalization(scale=False, epsilon=1e-5),
        L.Activation("gelu"),
        L.Dropout(0.5),
        L.Dense(10),
        L.Softmax(),
    ]


def vgg():
    model = [keras.Input((32, 32, 3), name="input_layer"), L.Rescaling(1 / 255)]
    for filters in 16, 32, 64:
        for _ in range(2):
            model.append(L.Conv2D(filters, 3, padding="same", activation="relu"))
        model.append(L.MaxPooling2D(2, strides=2))
    return model + [
        L.Flatten(),
        L.Dense(64, activation="relu"),
        L.Dropout(0.5),
        L.Dense(10, activation="softmax"),
    ]


def separable():
    return [
        keras.Input((32, 32, 3), name="input_layer"),
        L.Rescaling(1 / 255),
        L.RandomFlip("horizontal"),
        L.RandomRotation(0.05),
        L.Conv2D(16, 3, strides=2, padding="same", activation="silu"),
        L.SeparableConv2D(32, 3, padding="same", depth_multiplier=2),
        L.BatchNormalization(),
        L.LeakyReLU(negative_slope=0.1),
        L.DepthwiseConv2D((3, 2), strides=2, padding="same", depth_multiplier=2),
        L.ELU(alpha=0.5),
        L.GlobalAveragePooling2D(),
        L.Dense(10, activation="softmax"),
    ]


def small():
    """A layer of each kind that works on what it was given, few weights."""
    return [
        keras.Input((13, 11, 3), name="input_layer"),
        L.Rescaling(1 / 255),
        L.ZeroPadding2D(((1, 0), (2, 1))),
        L.Conv2D(4, (3, 2), activation="relu", bias_initializer=keras.initializers.Constant(0.1), name="first"),
        L.BatchNormalization(),
        L.MaxPooling2D(3, strides=2, padding="same"),
        L.Conv2D(5, 3, strides=2, padding="same", use_bias=False, activation="gelu"),
        L.BatchNormalization(center=False, trainable=False, momentum=0.5),
        L.AveragePooling2D(2, strides=1, padding="same"),
        L.ReLU(),
        L.ELU(),
        L.LeakyReLU(negative_slope=0.2),
        L.Conv2D(6, 1, activation="elu"),
        L.Conv2D(7, 1, activation="leaky_relu"),
        L.Conv2D(6, 1, activation="silu"),
        L.Softmax(),
        L.Rescaling(8.0, offset=-1.0),
        L.Conv2D(6, 1, activation="sigmoid"),
        L.Rescaling(4.0, offset=-1.0),
        L.GlobalMaxPooling2D(keepdims=True),
        L.Flatten(),
        L.Dense(8, activation="tanh", kernel_initializer="random_normal"),
        L.BatchNormalization(),
        L.Dense(7, use_bias=False, kernel_initializer=keras.initializers.RandomUniform(-0.1, 0.2)),
        L.Activation("linear"),
        L.Dense(10, activation="softmax", name="last"),
    ]


def augmented():
    """The layers that act in training alone, and the convolutions of MobileNet.

    onnx-only.yaml has those that Keras does not save, or not use, rightly.
    """
    return [
        keras.Input((13, 11, 3), name="input_layer"),
        L.RandomContrast(0.1),
        L.RandomFlip("vertical"),
        L.RandomRotation(0.1, fill_mode="nearest"),
        L.RandomTranslation((-0.1, 0.2), 0.1, fill_mode="wrap"),
        L.RandomZoom(0.1, fill_mode="constant", fill_value=3.0, interpolation="nearest"),
        L.Rescaling(1 / 127.5, offset=-1),
        L.SeparableConv2D(4, 3, depth_multiplier=2, activation="relu", depthwise_regularizer=R.L1(0.01), pointwise_regularizer=R.L1L2(0.01, 0.02)),
        L.SpatialDropout2D(0.2),
        L.DepthwiseConv2D(3, strides=2, padding="same", use_bias=False, bias_regularizer=R.L2(0.1)),
        L.GlobalAveragePooling2D(),
        L.Dropout(0.3),
        L.Dense(10, activation="softmax", kernel_regularizer=R.L2(0.001)),
    ]


MODELS = [lenet5, normalized, vgg, separable, small, augmented]


def make(build):
    """Returns the model after a short training to classify images by colour."""
    keras.utils.set_random_seed(1)
    model = keras.Sequential(build(), name=build.__name__)
    model.compile(keras.optimizers.Adam(0.003), "sparse_categorical_crossentropy")
    x = images(model, 500)
    model.fit(x, np.arange(500) % 10, epochs=12, verbose=0)
    return model


def images(model, n):
    """Returns n images for the model, integers as float32: noise around ten alternating
    colours."""
    draw = np.random.default_rng(3)
    colours = draw.integers(40, 216, (10, 1, 1, 3))
    noise = draw.integers(-40, 40, (n, *model.input_shape[1:]))
    return (colours[np.arange(n) % 10] + noise).astype("float32")
