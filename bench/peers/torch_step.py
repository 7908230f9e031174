"""Times training steps (or predictions) of a spec in PyTorch; prints one JSON line.

Modes: eager, eager-nhwc, compile, compile-nhwc (torch.compile; channels_last memory).
"""

import json

import torch
import torch.nn.functional as F
from torch import nn

import spec


def same(size, strides, height, width):
    """Keras's padding: same, where it is the same on both sides."""
    pads = []
    for k, s, n in zip(size, strides, (height, width)):
        total = max((-(-n // s) - 1) * s + k - n, 0)
        if total % 2:
            raise SystemExit("padding that differs between sides is not used by these specs")
        pads.append(total // 2)
    return tuple(pads)


class Rescale(nn.Module):
    def __init__(self, scale, offset):
        super().__init__()
        self.scale, self.offset = scale, offset

    def forward(self, x):
        return x * self.scale + self.offset


def activation(name):
    return {"linear": [], "relu": [nn.ReLU()], "softmax": []}[name]  # softmax is in the loss


def build(shape, layers):
    h, w, c = shape
    modules, flat = [], None
    for name, o in layers:
        if name == "rescaling":
            modules.append(Rescale(o["scale"], o["offset"]))
        elif name == "conv2d":
            size, strides = spec.pair(o["kernel_size"]), spec.pair(o["strides"])
            pad = same(size, strides, h, w) if o["padding"] == "same" else (0, 0)
            modules.append(nn.Conv2d(c, o["filters"], size, strides, pad, bias=o["use_bias"]))
            h, w = ((n + 2 * p - k) // s + 1 for n, p, k, s in zip((h, w), pad, size, strides))
            c = o["filters"]
            modules += activation(o["activation"])
        elif name == "max_pooling2d":
            size = spec.pair(o["pool_size"])
            strides = spec.pair(o["strides"]) if o.get("strides") else size
            modules.append(nn.MaxPool2d(size, strides))
            h, w = ((n - k) // s + 1 for n, k, s in zip((h, w), size, strides))
        elif name == "batch_normalization":
            kind = nn.BatchNorm2d if flat is None else nn.BatchNorm1d
            modules.append(kind(c if flat is None else flat, eps=o["epsilon"], momentum=1 - o["momentum"]))
        elif name == "relu" or name == "activation" and o.get("activation") == "relu":
            modules.append(nn.ReLU())
        elif name == "dropout":
            modules.append(nn.Dropout(o["rate"]))
        elif name == "flatten":
            modules.append(nn.Flatten())
            flat = h * w * c
        elif name == "dense":
            modules.append(nn.Linear(flat, o["units"], bias=o["use_bias"]))
            flat = o["units"]
            modules += activation(o["activation"])
        elif name != "softmax":
            raise SystemExit(f"{name}: not in this script")
    return nn.Sequential(*modules)


def main():
    a = spec.arguments()
    torch.set_num_threads(a.threads)
    torch.manual_seed(0)
    shape, layers = spec.read(a.spec)
    model = build(shape, layers)
    x = torch.rand(a.batch, shape[2], shape[0], shape[1]) * 255
    y = torch.randint(0, 10, (a.batch,))
    if a.mode.endswith("-nhwc"):
        model = model.to(memory_format=torch.channels_last)
        x = x.contiguous(memory_format=torch.channels_last)
    run = torch.compile(model) if a.mode.startswith("compile") else model
    optimizer = torch.optim.Adam(model.parameters(), eps=1e-7)

    def train():
        loss = F.cross_entropy(run(x), y)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()

    def predict():
        with torch.inference_mode():
            F.softmax(run(x), 1)

    model.train(not a.inference)
    result = spec.measure(predict if a.inference else train, a.seconds)
    print(json.dumps({"version": "PyTorch " + torch.__version__, **result}))


if __name__ == "__main__":
    main()
