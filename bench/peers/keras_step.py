"""Training steps or predictions of a graph in Keras; see peer.py.

Modes: eager, graph (tf.function), xla (tf.function with jit_compile), jax (Keras on JAX, the
step compiled), torch (Keras on PyTorch). As keras.applications has its models: zero padding
that is the same as padding: same is written so.
"""

import os

import peer

a = peer.arguments()
BACKEND = {"jax": "jax", "torch": "torch"}.get(a.mode, "tensorflow")
os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", KERAS_BACKEND=BACKEND, JAX_PLATFORMS="cpu")
if BACKEND == "jax":  # has no option for the number of threads; it asks on how many cores it may run
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:a.threads])

import keras  # noqa: E402
import numpy as np  # noqa: E402
from keras import layers as L  # noqa: E402

if BACKEND == "tensorflow":
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(a.threads)
    tf.config.threading.set_inter_op_parallelism_threads(a.threads)
    version = "TensorFlow " + tf.__version__
elif BACKEND == "jax":
    import jax

    version = "JAX " + jax.__version__
else:
    import torch

    torch.set_num_threads(a.threads)
    version = "PyTorch " + torch.__version__
version = f"Keras {keras.__version__} on {version}"


class LayerScale(L.Layer):
    def __init__(self, value, channels, **kw):
        super().__init__(**kw)
        self.value, self.channels = value, channels

    def build(self, shape):
        self.gamma = self.add_weight(shape=(self.channels,), initializer=keras.initializers.Constant(self.value), name="gamma")

    def call(self, x):
        return x * self.gamma


class LocalResponseNormalization(L.Layer):
    """TensorFlow's op; with the other backends, shifted squares summed."""

    def __init__(self, o, **kw):
        super().__init__(**kw)
        self.o = o

    def call(self, x):
        o = self.o
        if BACKEND == "tensorflow":
            return tf.nn.local_response_normalization(x, o["depth_radius"], o["bias"], o["alpha"], o["beta"])
        r, c = o["depth_radius"], x.shape[-1]
        squares = keras.ops.pad(keras.ops.square(x), [(0, 0), (0, 0), (0, 0), (r, r)])
        total = sum(squares[..., k:k + c] for k in range(2 * r + 1))
        return x / keras.ops.power(o["bias"] + o["alpha"] * total, o["beta"])


def layer(n, o, same, logits):
    """Returns the layer of a node; same replaces its padding, logits leaves out its softmax."""
    kind, name = n["layer"], n["name"]
    kept = lambda *names: {k: o[k] for k in names if k in o}  # noqa: E731
    pad = "same" if same else o.get("padding")
    if kind == "conv2d":
        return L.Conv2D(o["filters"], o["kernel_size"], o["strides"], pad, name=name, **kept("activation", "use_bias", "groups", "dilation_rate"))
    if kind == "depthwise_conv2d":
        return L.DepthwiseConv2D(o["kernel_size"], o["strides"], pad, name=name, **kept("depth_multiplier", "activation", "use_bias"))
    if kind in ("max_pooling2d", "average_pooling2d"):
        return (L.MaxPooling2D if kind == "max_pooling2d" else L.AveragePooling2D)(o["pool_size"], o.get("strides") or None, pad, name=name)
    if kind == "batch_normalization":
        return L.BatchNormalization(momentum=o["momentum"], epsilon=o["epsilon"], name=name)
    if kind == "layer_normalization":
        return L.LayerNormalization(epsilon=o["epsilon"], name=name)
    if kind == "local_response_normalization":
        return LocalResponseNormalization(o, name=name)
    if kind == "layer_scale":
        return LayerScale(o["init_values"], o["projection_dim"], name=name)
    if kind == "stochastic_depth":
        return L.Dropout(o["drop_path_rate"], noise_shape=(None, 1, 1, 1), name=name)
    if kind == "dense":
        return L.Dense(o["units"], name=name, activation=None if logits else o["activation"], use_bias=o["use_bias"])
    if kind == "normalization":
        return L.Normalization(mean=o["mean"], variance=o["variance"], name=name)
    simple = {
        "rescaling": lambda: L.Rescaling(o["scale"], o["offset"]), "zero_padding2d": lambda: L.ZeroPadding2D(o["padding"]),
        "dropout": lambda: L.Dropout(o["rate"]), "flatten": L.Flatten, "relu": L.ReLU, "add": L.Add, "multiply": L.Multiply,
        "concatenate": L.Concatenate, "global_average_pooling2d": lambda: L.GlobalAveragePooling2D(keepdims=o["keepdims"]),
        "activation": lambda: L.Activation(o["activation"]), "softmax": L.Softmax,
    }
    if kind in simple:
        return simple[kind]()
    if kind in ("relu6", "silu", "swish", "gelu", "sigmoid"):
        return L.Activation(kind)
    raise SystemExit(f"{kind}: not in this script")


def build(shape, nodes, readers):
    values = {"input": keras.Input(shape)}
    by = {n["name"]: n for n in nodes}

    def becomes_same(pad, n):
        o = n["options"]
        return (n["layer"] in ("conv2d", "depthwise_conv2d") and peer.pair(o["strides"]) == (1, 1)
                and isinstance(pad, int) and peer.pair(o["kernel_size"]) == (2 * pad + 1, 2 * pad + 1))

    for n in nodes:
        if n["layer"] == "zero_padding2d":
            if all(becomes_same(n["options"]["padding"], by[r]) for r in readers[n["name"]]):
                values[n["name"]] = values[n["inputs"][0]]
                continue
        source = by.get(n["inputs"][0])
        same = source is not None and source["layer"] == "zero_padding2d" and values[source["name"]] is values[source["inputs"][0]]
        x = [values[i] for i in n["inputs"]]
        values[n["name"]] = layer(n, n["options"], same, n is nodes[-1] and not a.inference)(x if len(x) > 1 else x[0])
    return keras.Model(values["input"], values[nodes[-1]["name"]])


def load(model, weights):
    for l in model.layers:
        if l.weights and l.name in weights:
            w = weights[l.name]
            l.set_weights([w[v.name if v.name in w else "kernel"].reshape(v.shape) for v in l.weights])


def tensorflow_step(model, optimizer, loss_of, x, y):
    x, y = tf.constant(x), tf.constant(y)

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
    return lambda: step(x, y).numpy()


def jax_step(model, optimizer, loss_of, x, y):
    """A stateless step, as https://keras.io/guides/writing_a_custom_training_loop_in_jax has it."""
    x, y = jax.device_put(x), jax.device_put(y)
    state = [[v.value for v in vs] for vs in (model.trainable_variables, model.non_trainable_variables, optimizer.variables)]

    def loss_and_updates(trainable, rest):
        p, rest = model.stateless_call(trainable, rest, x, training=True)
        return loss_of(y, p), rest

    def train(state):
        trainable, rest, of_optimizer = state
        (loss, rest), grads = jax.value_and_grad(loss_and_updates, has_aux=True)(trainable, rest)
        trainable, of_optimizer = optimizer.stateless_apply(of_optimizer, grads, trainable)
        return loss, [trainable, rest, of_optimizer]

    compiled = jax.jit(train, donate_argnums=0)
    predict = jax.jit(lambda trainable, rest, x: model.stateless_call(trainable, rest, x, training=False)[0])

    def step():
        nonlocal state
        if a.inference:
            return np.asarray(predict(state[0], state[1], x))
        loss, state = compiled(state)
        return float(loss)

    return step


def torch_step(model, optimizer, loss_of, x, y):
    x, y = torch.from_numpy(x), torch.from_numpy(y)

    def train():
        loss = loss_of(y, model(x, training=True))
        model.zero_grad()
        loss.backward()
        with torch.no_grad():
            optimizer.apply([v.value.grad for v in model.trainable_weights], model.trainable_weights)
        return float(loss)

    def predict():
        with torch.inference_mode():
            return model(x, training=False).numpy()

    return predict if a.inference else train


def main():
    keras.utils.set_random_seed(0)
    before = peer.peak()
    shape, nodes, readers = peer.read(a.graph)
    model = build(shape, nodes, readers)
    if a.check:
        load(model, peer.weights(a))
    optimizer = keras.optimizers.Adam(1e-4)
    if not a.inference:
        optimizer.build(model.trainable_variables)
    x, y = peer.images(a, shape)
    step = {"tensorflow": tensorflow_step, "jax": jax_step, "torch": torch_step}[BACKEND](
        model, optimizer, keras.losses.SparseCategoricalCrossentropy(from_logits=True), x, y)
    count = sum(int(np.prod(v.shape)) for v in model.trainable_variables)
    peer.finish(a, step, {"version": version, "parameters": count}, before)


if __name__ == "__main__":
    main()
