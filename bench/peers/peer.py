"""What the peers' scripts have in common: arguments, images, and timing on request.

A peer builds its model, warms up, prints one line of JSON and waits. For each line SECONDS on
its standard input it runs steps for that time and prints their durations; so compare.py lets
programs take turns of a second, and none is compiled or loaded while another one is timed.
"""

import argparse
import json
import os
import resource
import sys
import time


def arguments():
    p = argparse.ArgumentParser()
    p.add_argument("--graph", required=True, help="JSON of spec.graph, or an ONNX file")
    p.add_argument("--mode", required=True)
    p.add_argument("--threads", type=int, required=True)
    p.add_argument("--batch", type=int, required=True)
    p.add_argument("--inference", action="store_true")
    p.add_argument("--check", help="folder with weights and images: print three losses or the probabilities, and end")
    return p.parse_args()


def read(path):
    with open(path) as f:
        g = json.load(f)
    readers = {}
    for n in g["nodes"]:
        for i in n["inputs"]:
            readers.setdefault(i, []).append(n["name"])
    return g["input"], g["nodes"], readers


def images(a, shape):
    """Returns images [N,H,W,C] from 0 to 255 and their classes, noise or those of the check."""
    import numpy as np

    if a.check:
        x = np.fromfile(os.path.join(a.check, "images.bin"), np.uint8).reshape(-1, *shape)
        y = np.fromfile(os.path.join(a.check, "classes.bin"), np.uint8)
    else:
        r = np.random.default_rng(0)
        x, y = r.integers(0, 256, (a.batch, *shape)), r.integers(0, 10, a.batch)
    return x.astype("float32"), y.astype("int64")


def weights(a):
    """Returns the weights of the check by layer and name."""
    from safetensors.numpy import load_file

    result = {}
    for key, value in load_file(os.path.join(a.check, "weights.safetensors")).items():
        layer, name = key.split("/")
        result.setdefault(layer, {})[name] = value
    return result


def pair(v):
    return tuple(v) if isinstance(v, (list, tuple)) else (v, v)


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


def show(document):
    print(json.dumps(document), flush=True)


def finish(a, step, about, before):
    """Checks or times step. It returns the loss, or the probabilities, as a float or an array."""
    if a.check:
        if a.inference:
            show({**about, "probabilities": step().ravel().tolist()})
        else:
            show({**about, "losses": [float(step()) for _ in range(3)]})
        return
    began = time.perf_counter()
    step()
    first = time.perf_counter() - began
    for _ in range(2):
        step()
    show({**about, "first_step": first, "before": before})
    for line in sys.stdin:
        seconds, times = float(line), []
        if first < 1:
            step()  # the caches are another program's
        end = time.perf_counter() + seconds
        while not times or time.perf_counter() < end:
            t = time.perf_counter()
            step()
            times.append((time.perf_counter() - t) * 1e3)
        show({"milliseconds": times, "peak_memory": peak()})
