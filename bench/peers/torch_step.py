"""Training steps or predictions of a graph in PyTorch; see peer.py.

Modes: eager, eager-nhwc, compile, compile-nhwc (torch.compile; channels_last memory), zentorch
(inference, torch.compile with AMD's backend). As torchvision has its models: ReLU in place,
zero padding within the convolution or pooling that follows, softmax within the loss.
"""

import peer

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn


class Pad(nn.Module):
    def __init__(self, pads):
        super().__init__()
        self.pads = pads

    def forward(self, x):
        return F.pad(x, self.pads)


class Affine(nn.Module):
    """rescaling and normalization."""

    def __init__(self, scale, offset):
        super().__init__()
        self.register_buffer("scale", torch.tensor(scale, dtype=torch.float32).reshape(-1, 1, 1))
        self.register_buffer("offset", torch.tensor(offset, dtype=torch.float32).reshape(-1, 1, 1))

    def forward(self, x):
        return x * self.scale + self.offset


class StochasticDepth(nn.Module):
    def __init__(self, rate):
        super().__init__()
        self.keep = 1 - rate

    def forward(self, x):
        if not self.training:
            return x
        return x * (torch.empty(x.shape[0], 1, 1, 1).bernoulli_(self.keep) / self.keep)


class LayerNorm(nn.LayerNorm):
    """Over the channels, as torchvision's LayerNorm2d."""

    def forward(self, x):
        if x.dim() != 4:
            return super().forward(x)
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class Scale(nn.Module):
    def __init__(self, channels, value):
        super().__init__()
        self.gamma = nn.Parameter(torch.full((channels, 1, 1), float(value)))

    def forward(self, x):
        return x * self.gamma


class Mean(nn.Module):
    def __init__(self, keepdims):
        super().__init__()
        self.keepdims = keepdims

    def forward(self, x):
        return x.mean((2, 3), keepdim=self.keepdims)


class Merge(nn.Module):
    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, *xs):
        if self.layer == "concatenate":
            return torch.cat(xs, 1)
        r = xs[0]
        for x in xs[1:]:
            r = r + x if self.layer == "add" else r * x
        return r


ACTIVATIONS = {
    "relu": lambda free: nn.ReLU(inplace=free), "relu6": lambda free: nn.ReLU6(inplace=free),
    "silu": lambda free: nn.SiLU(), "swish": lambda free: nn.SiLU(), "gelu": lambda free: nn.GELU(), "sigmoid": lambda free: nn.Sigmoid(),
    "linear": lambda free: None, "softmax": lambda free: None,  # softmax is in the loss
}


class Net(nn.Module):
    """The modules of a graph; an output is dropped after its last use."""

    def __init__(self, shape, nodes, readers):
        super().__init__()
        self.steps, self.kernels = [], {}  # (module, inputs, output, what is dropped); weights by layer
        shapes, alias, padded, made = {"input": tuple(shape)}, {}, {}, {"input": "input"}
        for n in nodes:
            ins = [alias.get(i, i) for i in n["inputs"]]
            layer, o = n["layer"], n["options"]
            h, w, c = (shapes[ins[0]] + (0, 0))[:3] if len(shapes[ins[0]]) == 1 else shapes[ins[0]]
            pads, modules = padded.get(ins[0], (0, 0, 0, 0)), []
            # zero padding is done by the only layer that reads it
            if layer == "zero_padding2d":
                p = o["padding"]
                p = [[p, p], [p, p]] if isinstance(p, int) else [[q, q] if isinstance(q, int) else q for q in p]
                pads = (p[1][0], p[1][1], p[0][0], p[0][1])
                alias[n["name"]] = ins[0]
                if len(readers[n["name"]]) != 1 or len(readers[ins[0]]) != 1:
                    raise SystemExit("zero_padding2d: read by several layers")
                padded[ins[0]] = pads
                continue
            if layer in ("conv2d", "depthwise_conv2d", "max_pooling2d", "average_pooling2d"):
                size = peer.pair(o["pool_size" if "pool" in layer else "kernel_size"])
                strides = peer.pair(o.get("strides") or (size if "pool" in layer else 1))
                if o["padding"] == "same":
                    t = [max((-(-x // s) - 1) * s + k - x, 0) for x, s, k in zip((h, w), strides, size)]
                    pads = (t[1] // 2, t[1] - t[1] // 2, t[0] // 2, t[0] - t[0] // 2)
                if pads[0] != pads[1] or pads[2] != pads[3]:
                    modules.append(Pad(pads))
                    h, w, pads = h + pads[2] + pads[3], w + pads[0] + pads[1], (0, 0, 0, 0)
                both = (pads[2], pads[0])
                if layer == "conv2d":
                    modules.append(nn.Conv2d(c, o["filters"], size, strides, both, groups=o.get("groups", 1), bias=o["use_bias"]))
                elif layer == "depthwise_conv2d":
                    modules.append(nn.Conv2d(c, c * o["depth_multiplier"], size, strides, both, groups=c, bias=o["use_bias"]))
                else:
                    modules.append((nn.MaxPool2d if layer == "max_pooling2d" else nn.AvgPool2d)(size, strides, both))
                c = modules[-1].out_channels if "conv" in layer else c
                h, w = ((x + 2 * p - k) // s + 1 for x, p, k, s in zip((h, w), both, size, strides))
                out = (h, w, c)
            elif layer == "dense":
                modules.append(nn.Linear(shapes[ins[0]][0], o["units"], bias=o["use_bias"]))
                out = (o["units"],)
            elif layer == "flatten":
                modules.append(nn.Flatten())
                out = (h * w * c,)
                made["flat"] = (h, w, c)
            elif layer == "global_average_pooling2d":
                modules.append(Mean(o["keepdims"]))
                out = (1, 1, c) if o["keepdims"] else (c,)
            else:
                out = shapes[ins[0]]
                channels = out[-1]
                if layer == "rescaling":
                    modules.append(Affine(o["scale"], o["offset"]))
                elif layer == "normalization":
                    deviation = np.sqrt(o["variance"])
                    modules.append(Affine(1 / deviation, -np.array(o["mean"]) / deviation))
                elif layer == "batch_normalization":
                    kind = nn.BatchNorm2d if len(out) == 3 else nn.BatchNorm1d
                    modules.append(kind(channels, eps=o["epsilon"], momentum=1 - o["momentum"]))
                elif layer == "layer_normalization":
                    modules.append(LayerNorm(channels, eps=o["epsilon"]))
                elif layer == "local_response_normalization":
                    size = 2 * o["depth_radius"] + 1  # PyTorch's alpha is of the mean of the window
                    modules.append(nn.LocalResponseNorm(size, alpha=o["alpha"] * size, beta=o["beta"], k=o["bias"]))
                elif layer == "layer_scale":
                    modules.append(Scale(channels, o["init_values"]))
                elif layer == "dropout":
                    modules.append(nn.Dropout(o["rate"]))
                elif layer == "stochastic_depth":
                    modules.append(StochasticDepth(o["drop_path_rate"]))
                elif layer in ("add", "multiply", "concatenate"):
                    modules.append(Merge(layer))
                    if layer == "concatenate":
                        out = out[:2] + (sum(shapes[i][-1] for i in ins),)
                    elif layer == "multiply":
                        out = max((shapes[i] for i in ins), key=lambda s: s[0])
                else:
                    name = o["activation"] if layer == "activation" else layer
                    if name not in ACTIVATIONS:
                        raise SystemExit(f"{layer}: not in this script")
                    by = made[ins[0]]
                    free = len(readers[ins[0]]) == 1 and by in ("conv2d", "depthwise_conv2d", "batch_normalization", "dense", "add")
                    a = ACTIVATIONS[name](free)
                    modules += [a] if a else []
            if layer in ("conv2d", "depthwise_conv2d", "dense") and ACTIVATIONS[o["activation"]](True):
                modules.append(ACTIVATIONS[o["activation"]](True))
            shapes[n["name"]], made[n["name"]] = out, layer
            for m in modules:
                if any(True for _ in m.parameters()):
                    self.kernels[n["name"]] = (layer, m, made.get("flat"))
                    if layer == "dense":
                        made["flat"] = None
            m = modules[0] if len(modules) == 1 else nn.Sequential(*modules)
            self.add_module(n["name"], m)
            self.steps.append([m, ins, n["name"], []])
        last = {}
        for i, (_, ins, out, _) in enumerate(self.steps):
            last.update({x: i for x in ins})
        for x, i in last.items():
            self.steps[i][3].append(x)

    def forward(self, x):
        values = {"input": x}
        del x
        for m, ins, out, drop in self.steps:
            values[out] = m(*[values[i] for i in ins])
            for i in drop:
                del values[i]
        return values[out]

    def load(self, weights):
        names = {"gamma": "weight", "beta": "bias", "moving_mean": "running_mean", "moving_variance": "running_var",
                 "kernel": "weight", "depthwise_kernel": "weight", "bias": "bias"}
        for layer, tensors in weights.items():
            if layer not in self.kernels:
                continue  # mean and variance of normalization
            kind, m, flat = self.kernels[layer]
            for name, v in tensors.items():
                if kind == "conv2d" and name == "kernel":
                    v = v.transpose(3, 2, 0, 1)
                elif kind == "depthwise_conv2d" and v.ndim == 4:
                    v = v.transpose(2, 3, 0, 1).reshape(-1, 1, *v.shape[:2])
                elif kind == "dense" and name == "kernel":
                    if flat:
                        v = v.reshape(*flat, -1).transpose(2, 0, 1, 3).reshape(v.shape)
                    v = v.T
                target = getattr(m, "gamma" if kind == "layer_scale" else names[name])
                with torch.no_grad():
                    target.copy_(torch.tensor(np.ascontiguousarray(v)).reshape(target.shape))


def main():
    a = peer.arguments()
    torch.set_num_threads(a.threads)
    torch.manual_seed(0)
    version = "PyTorch " + torch.__version__
    if a.mode == "zentorch":
        import zentorch

        version = f"zentorch {zentorch.__version__} on {version}"
    before = peer.peak()
    shape, nodes, readers = peer.read(a.graph)
    model = Net(shape, nodes, readers)
    if a.check:
        model.load(peer.weights(a))
    x, y = peer.images(a, shape)
    x, y = torch.from_numpy(x).permute(0, 3, 1, 2), torch.from_numpy(y)
    if a.mode.endswith("-nhwc"):
        model = model.to(memory_format=torch.channels_last)
        x = x.contiguous(memory_format=torch.channels_last)
    else:
        x = x.contiguous()
    model.train(not a.inference)
    run = model
    if a.mode.startswith("compile"):
        run = torch.compile(model)
    elif a.mode == "zentorch":
        run = torch.compile(model, backend="zentorch")
    optimizer = None if a.inference else torch.optim.Adam(model.parameters(), lr=1e-4, eps=1e-7, fused=True)

    def train():
        loss = F.cross_entropy(run(x), y)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        return loss.item()

    def predict():
        with torch.no_grad() if a.mode == "zentorch" else torch.inference_mode():
            return F.softmax(run(x), 1).numpy()

    about = {"version": version, "parameters": sum(p.numel() for p in model.parameters())}
    peer.finish(a, predict if a.inference else train, about, before)


if __name__ == "__main__":
    main()
