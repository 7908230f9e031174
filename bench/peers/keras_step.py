"""Times training steps (or predictions) of a spec in Keras on TensorFlow; prints one JSON line.

Modes: eager (no tf.function), graph (tf.function), xla (tf.function with jit_compile).
"""

import json
import os

import spec

a = spec.arguments()
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["OMP_NUM_THREADS"] = str(a.threads)

import keras  # noqa: E402
import tensorflow as tf  # noqa: E402

tf.config.threading.set_intra_op_parallelism_threads(a.threads)
tf.config.threading.set_inter_op_parallelism_threads(a.threads)


def build(shape, layers):
    model = keras.Sequential([keras.Input(shape)])
    for name, o in layers:
        if name == "rescaling":
            model.add(keras.layers.Rescaling(o["scale"], o["offset"]))
        elif name == "conv2d":
            model.add(keras.layers.Conv2D(o["filters"], spec.pair(o["kernel_size"]), spec.pair(o["strides"]), o["padding"],
                                          activation=o["activation"], use_bias=o["use_bias"]))
        elif name == "max_pooling2d":
            strides = spec.pair(o["strides"]) if o.get("strides") else None
            model.add(keras.layers.MaxPooling2D(spec.pair(o["pool_size"]), strides, o["padding"]))
        elif name == "batch_normalization":
            model.add(keras.layers.BatchNormalization(momentum=o["momentum"], epsilon=o["epsilon"]))
        elif name == "relu" or name == "activation" and o.get("activation") == "relu":
            model.add(keras.layers.ReLU())
        elif name == "dropout":
            model.add(keras.layers.Dropout(o["rate"]))
        elif name == "flatten":
            model.add(keras.layers.Flatten())
        elif name == "dense":
            model.add(keras.layers.Dense(o["units"], activation=o["activation"], use_bias=o["use_bias"]))
        elif name == "softmax":
            model.add(keras.layers.Softmax())
        else:
            raise SystemExit(f"{name}: not in this script")
    return model


def main():
    keras.utils.set_random_seed(0)
    shape, layers = spec.read(a.spec)
    model = build(shape, layers)
    optimizer = keras.optimizers.Adam()
    optimizer.build(model.trainable_variables)
    loss_of = keras.losses.SparseCategoricalCrossentropy()
    x = tf.random.uniform([a.batch, *shape]) * 255
    y = tf.random.uniform([a.batch], 0, 10, tf.int32)

    def train(x, y):
        with tf.GradientTape() as tape:
            loss = loss_of(y, model(x, training=True))
        optimizer.apply_gradients(zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables))
        return loss

    def predict(x, y):
        return model(x, training=False)

    step = predict if a.inference else train
    if a.mode != "eager":
        step = tf.function(step, jit_compile=a.mode == "xla")
    result = spec.measure(lambda: step(x, y).numpy(), a.seconds)
    print(json.dumps({"version": f"Keras {keras.__version__}, TensorFlow {tf.__version__}", **result}))


if __name__ == "__main__":
    main()
