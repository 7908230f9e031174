"""Reads a resolved spec (`cnntrain validate --resolved SPEC`) for the peers' scripts."""

import argparse
import resource
import statistics
import time

import yaml


def arguments():
    p = argparse.ArgumentParser()
    p.add_argument("--spec", required=True, help="resolved spec")
    p.add_argument("--mode", required=True)
    p.add_argument("--threads", type=int, required=True)
    p.add_argument("--batch", type=int, required=True)
    p.add_argument("--seconds", type=float, required=True)
    p.add_argument("--inference", action="store_true")
    return p.parse_args()


def read(path):
    """Returns the input shape and a list of (layer, options)."""
    with open(path) as f:
        doc = yaml.safe_load(f)
    layers = []
    for item in doc["layers"]:
        if isinstance(item, str):
            layers.append((item, {}))
        else:
            ((name, options),) = item.items()
            layers.append((name, options or {}))
    return doc["input"], layers


def pair(v):
    return tuple(v) if isinstance(v, list) else (v, v)


def measure(step, seconds, warm_up=3):
    """Times step() for some seconds after a warm-up; returns figures of one batch."""
    began = time.perf_counter()
    step()
    first = time.perf_counter() - began
    for _ in range(warm_up - 1):
        step()
    times, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 3:
        t = time.perf_counter()
        step()
        times.append(time.perf_counter() - t)
    return {
        "steps": len(times),
        "milliseconds": statistics.median(times) * 1e3,
        "milliseconds_min": min(times) * 1e3,
        "first_step": first,
        "peak_memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10,
    }
