"""Trains the network of specs/cifar10-fast.yaml in PyTorch, with the same recipe, and times it.

    bench/models/torch_fast.py DATA_DIR [--seed 0] [--epochs 10] [--threads 2] [--out FILE]
    bench/models/torch_fast.py DATA_DIR --steps 12        # seconds per step only

Whitened first layer, six convolutions that begin as the identity, SGD with Nesterov momentum
and 64 times the rate for the biases of batch normalization, triangular rate, Lookahead whose
slow weights keep more and more, alternating flips, shifts by up to two pixels, label smoothing,
predictions averaged over six views (Jordan 2024, arXiv 2404.00498). float32 and channels_last;
--compile and --bf16 are rows of their own. One line of JSON per epoch, the last with the test
accuracy. Times are those of training alone, without reading files.
"""

import argparse
import json
import os
import statistics
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

BATCH, EPOCHS, RATE, MOMENTUM, DECAY = 1024, 10, 1.5, 0.85, 0.0089
BIAS_RATE, SMOOTHING, SHIFT = 64, 0.2, 2
RISE, FIRST, LAST = 0.23, 0.2, 0.07  # of the rate: share of the steps, factors
SYNC, KEEP = 5, 0.95**5              # Lookahead


def cifar10(folder):
    def read(names):
        raw = np.concatenate([np.fromfile(os.path.join(folder, "cifar-10-batches-bin", n), np.uint8) for n in names])
        raw = raw.reshape(-1, 3073)
        images = torch.from_numpy(raw[:, 1:].reshape(-1, 3, 32, 32).astype(np.float32))
        return images.contiguous(memory_format=torch.channels_last), torch.from_numpy(raw[:, 0].astype(np.int64))

    return *read([f"data_batch_{i}.bin" for i in range(1, 6)]), *read(["test_batch.bin"])


def conv(inputs, filters):
    """A 3x3 convolution whose first filters are the identity, as far as there are inputs."""
    c = nn.Conv2d(inputs, filters, 3, padding="same", bias=False)
    nn.init.dirac_(c.weight.data[:inputs])
    return c


def norm(filters):
    n = nn.BatchNorm2d(filters, eps=1e-12, momentum=0.4)
    n.weight.requires_grad = False
    return n


def group(inputs, filters):
    return [conv(inputs, filters), nn.MaxPool2d(2), norm(filters), nn.GELU(), conv(filters, filters), norm(filters), nn.GELU()]


class Scale(nn.Module):
    def forward(self, x):
        return x / 9


def network(images):
    """The network, its first layer whitened with the patches of some images."""
    first = nn.Conv2d(3, 24, 2)
    patches = F.unfold(images, 2).transpose(1, 2).reshape(-1, 12).double()
    values, vectors = torch.linalg.eigh(patches.T @ patches / len(patches))
    filters = (vectors / torch.sqrt(values + 5e-4)).T.reshape(12, 3, 2, 2).float()
    first.weight.data = torch.cat([filters, -filters])
    first.weight.requires_grad = False
    nn.init.zeros_(first.bias)
    return nn.Sequential(first, nn.GELU(), *group(24, 64), *group(64, 256), *group(256, 256),
                         nn.MaxPool2d(3), nn.Flatten(), nn.Linear(256, 10, bias=False), Scale())


def factor(step, steps):
    """Factor of the rate: it rises, then falls."""
    peak = int(steps * RISE)
    if step < peak:
        return FIRST + (1 - FIRST) * step / peak
    return 1 + (LAST - 1) * (step - peak) / (steps - peak)


class Optimizer:
    """SGD with its decay beside the gradient, and Lookahead over weights and statistics."""

    def __init__(self, net, steps):
        biases = [n.bias for n in net.modules() if isinstance(n, nn.BatchNorm2d)]
        known = {id(b) for b in biases}
        others = [p for p in net.parameters() if p.requires_grad and id(p) not in known]
        # With momentum, a decay in the gradient acts 1/(1-MOMENTUM) times.
        decay = DECAY * (1 - MOMENTUM)
        self.sgd = torch.optim.SGD([{"params": biases, "times": BIAS_RATE, "weight_decay": decay / BIAS_RATE},
                                    {"params": others, "times": 1, "weight_decay": decay}],
                                   lr=RATE, momentum=MOMENTUM, nesterov=True)
        self.values = [v for v in net.state_dict().values() if v.dtype == torch.float32]
        self.slow = [v.clone() for v in self.values]
        self.done, self.steps = 0, steps

    def step(self):
        for g in self.sgd.param_groups:
            g["lr"] = RATE * g["times"] * factor(self.done, self.steps)
        self.sgd.step()
        self.sgd.zero_grad(set_to_none=True)
        self.done += 1
        if self.done % SYNC == 0 or self.done == self.steps:
            keep = KEEP * (self.done / self.steps) ** 3
            torch._foreach_lerp_(self.slow, self.values, 1 - keep)
            torch._foreach_copy_(self.values, self.slow)


def shifted(padded, random):
    """Each image shifted by up to SHIFT pixels on its own."""
    by = torch.randint(0, 2 * SHIFT + 1, (len(padded), 2), generator=random)
    out = torch.empty(len(padded), 3, 32, 32).contiguous(memory_format=torch.channels_last)
    for y in range(2 * SHIFT + 1):
        for x in range(2 * SHIFT + 1):
            these = (by[:, 0] == y) & (by[:, 1] == x)
            out[these] = padded[these, :, y:y + 32, x:x + 32]
    return out


def batches(padded, labels, flips, epoch, random):
    order = torch.randperm(len(labels), generator=random)
    for at in range(0, len(order), BATCH):
        i = order[at:at + BATCH]
        x = shifted(padded[i], random)
        turned = (flips[i] ^ (epoch % 2 == 1)).view(-1, 1, 1, 1)  # every other epoch the other half
        yield torch.where(turned, x.flip(3), x), labels[i]


def predict(net, x):
    """Logits of the mean over the image and its mirror image, and both shifted by a pixel."""
    def both(x):
        return (net(x) + net(x.flip(3))) / 2
    wide = F.pad(x, (1,) * 4, "reflect")
    return both(x) / 2 + (both(wide[:, :, :32, :32]) + both(wide[:, :, 2:, 2:])) / 4


def accuracy(net, images, labels):
    net.eval()
    with torch.inference_mode():
        right = sum(int((predict(net, x).argmax(1) == y).sum()) for x, y in zip(images.split(500), labels.split(500)))
    net.train()
    return right / len(labels)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("data_dir")
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--epochs", type=int, default=EPOCHS)
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--steps", type=int, default=0, help="time this many steps, after two others, and stop")
    p.add_argument("--compile", action="store_true")
    p.add_argument("--bf16", action="store_true", help="autocast to bfloat16: less precise, not what cnntrain computes")
    p.add_argument("--out", help="append the lines of JSON here too")
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(a.seed)
    random = torch.Generator().manual_seed(a.seed)
    images, labels, test_images, test_labels = cifar10(a.data_dir)
    if a.steps:
        images, labels = images[:(a.steps + 2) * BATCH], labels[:(a.steps + 2) * BATCH]
    mean, deviation = images.mean((0, 2, 3), keepdim=True), images.std((0, 2, 3), keepdim=True)
    images, test_images = (images - mean) / deviation, (test_images - mean) / deviation
    net = network(images[:5000]).to(memory_format=torch.channels_last)
    padded = F.pad(images, (SHIFT,) * 4, "reflect").contiguous(memory_format=torch.channels_last)
    flips = torch.rand(len(labels), generator=random) < 0.5
    optimizer = Optimizer(net, a.epochs * ((len(labels) + BATCH - 1) // BATCH))
    run = torch.compile(net) if a.compile else net
    about = {"torch": torch.__version__, "threads": a.threads, "compile": a.compile, "bf16": a.bf16, "seed": a.seed}

    def say(line):
        print(json.dumps(line), flush=True)
        if a.out:
            with open(a.out, "a") as f:
                f.write(json.dumps(line) + "\n")

    times, seconds = [], 0.0
    for epoch in range(a.epochs):
        began, loss, right = time.perf_counter(), 0.0, 0
        for x, y in batches(padded, labels, flips, epoch, random):
            step = time.perf_counter()
            with torch.autocast("cpu", torch.bfloat16, enabled=a.bf16):
                logits = run(x)
            of = F.cross_entropy(logits.float(), y, label_smoothing=SMOOTHING)
            of.backward()
            optimizer.step()
            loss += of.item() * len(y)
            right += int((logits.argmax(1) == y).sum())
            times.append(time.perf_counter() - step)
            if a.steps and len(times) == a.steps + 2:
                say({**about, "seconds_per_step": round(statistics.median(times[2:]), 4),
                     "seconds_per_epoch": round(statistics.median(times[2:]) * 50000 / BATCH, 1)})
                sys.exit()
        seconds += time.perf_counter() - began
        line = {**about, "epoch": epoch + 1, "epochs": a.epochs, "seconds": round(seconds, 1),
                "loss": loss / len(labels), "accuracy": right / len(labels)}
        if epoch + 1 == a.epochs:
            line["test_accuracy"] = accuracy(net, test_images, test_labels)
        say(line)


if __name__ == "__main__":
    main()
