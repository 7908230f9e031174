"""Peak memory of training steps of networks with branches, in PyTorch or Keras.

Usage: PYTHON memory.py torch|keras MODE MODEL SIZE BATCH, one process a figure. Prints one JSON
line: peak of the process, and before the model was built (libraries alone). MODE is eager,
eager-nhwc or compile-nhwc (PyTorch), graph or eager (Keras). Adam, 1,000 classes (10 for
resnet20), the models of torchvision and of keras.applications; `cnntrain bench SPEC
--set input=[SIZE,SIZE,3] --set train.optimizer=adam` has ours.
"""

import json
import resource
import sys


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


def torch_step(mode, name, size, batch):
    import torch
    import torchvision
    from torch import nn

    torch.set_num_threads(2)

    class Block(nn.Module):
        def __init__(self, c, f, stride):
            super().__init__()
            self.body = nn.Sequential(
                nn.Conv2d(c, f, 3, stride, 1, bias=False), nn.BatchNorm2d(f), nn.ReLU(inplace=True),
                nn.Conv2d(f, f, 3, 1, 1, bias=False), nn.BatchNorm2d(f))
            self.skip = nn.Sequential() if c == f else nn.Sequential(nn.Conv2d(c, f, 1, stride, bias=False), nn.BatchNorm2d(f))

        def forward(self, x):
            return torch.relu_(self.body(x) + self.skip(x))

    def resnet20():
        layers, c = [nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU(inplace=True)], 16
        for i, f in enumerate([16, 16, 16, 32, 32, 32, 64, 64, 64]):
            layers.append(Block(c, f, 2 if i in (3, 6) else 1))
            c = f
        return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))

    classes = 10 if name == "resnet20" else 1000
    before = peak()
    model = resnet20() if name == "resnet20" else getattr(torchvision.models, name.replace("-", "_"))()
    x, y = torch.rand(batch, 3, size, size), torch.randint(0, classes, (batch,))
    if mode.endswith("nhwc"):
        model, x = model.to(memory_format=torch.channels_last), x.contiguous(memory_format=torch.channels_last)
    run = torch.compile(model) if mode.startswith("compile") else model
    optimizer = torch.optim.Adam(model.parameters(), eps=1e-7)

    def step():
        loss = nn.functional.cross_entropy(run(x), y)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()

    return before, step, torch.__version__


def keras_step(mode, name, size, batch):
    import keras
    import numpy as np
    import tensorflow as tf
    from keras import layers as L

    tf.config.threading.set_intra_op_parallelism_threads(2)

    def resnet20():
        x = inputs = keras.Input((size, size, 3))

        def conv(x, f, k, s):
            return L.BatchNormalization()(L.Conv2D(f, k, s, padding="same", use_bias=False)(x))

        x = L.ReLU()(conv(x, 16, 3, 1))
        for i, f in enumerate([16, 16, 16, 32, 32, 32, 64, 64, 64]):
            s = 2 if i in (3, 6) else 1
            y = conv(L.ReLU()(conv(x, f, 3, s)), f, 3, 1)
            x = L.ReLU()(L.Add()([y, conv(x, f, 1, s) if s == 2 else x]))
        x = L.Dense(10, activation="softmax")(L.GlobalAveragePooling2D()(x))
        return keras.Model(inputs, x)

    names = {"resnet50": "ResNet50", "mobilenet-v2": "MobileNetV2", "efficientnet-b0": "EfficientNetB0", "vgg16": "VGG16"}
    classes = 10 if name == "resnet20" else 1000
    before = peak()
    if name == "resnet20":
        model = resnet20()
    else:
        model = getattr(keras.applications, names[name])(weights=None, input_shape=(size, size, 3), classes=1000)
    x, y = np.random.rand(batch, size, size, 3).astype("float32"), np.random.randint(0, classes, batch)
    model.compile("adam", "sparse_categorical_crossentropy", run_eagerly=mode == "eager", jit_compile=False)
    return before, lambda: model.train_on_batch(x, y), keras.__version__ + " on TensorFlow " + tf.__version__


def main():
    peer, mode, name, size, batch = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
    before, step, version = (torch_step if peer == "torch" else keras_step)(mode, name, size, batch)
    for _ in range(4):
        step()
    print(json.dumps({"peer": peer, "mode": mode, "model": name, "size": size, "batch": batch,
                      "before": before, "peak_memory": peak(), "version": version}))


if __name__ == "__main__":
    main()
