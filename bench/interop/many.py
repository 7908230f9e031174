"""Writes many JPEGs of 12 megapixels, in two classes, to measure what reading photos costs.

    python bench/interop/many.py FOLDER COUNT

Four scenes, each shifted by another distance for each file, so that no two have the same
pixels; quality 90, 4:2:0, about 2.5 MB each.
"""
import pathlib
import sys

import numpy as np
from PIL import Image


def scene(seed):
    """Smooth colours, sharp edges and some sensor noise."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:3000, 0:4000].astype(np.float32)
    planes = [127.5 + 100 * np.sin(rng.uniform(0.002, 0.05) * x) * np.cos(rng.uniform(0.002, 0.05) * y) for _ in range(3)]
    img = np.stack(planes, -1) + rng.normal(0, 5, (3000, 4000, 1))
    for _ in range(40):
        x0, y0 = rng.integers(0, 4000), rng.integers(0, 3000)
        img[y0:y0 + 300, x0:x0 + 400] += rng.integers(-80, 80, 3)
    return np.clip(img, 0, 255).astype(np.uint8)


def main():
    folder, count = pathlib.Path(sys.argv[1]), int(sys.argv[2])
    scenes = [scene(s) for s in range(4)]
    for i in range(count):
        path = folder / ("cat", "dog")[i % 2] / f"{i:04}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.roll(scenes[i % 4], i * 37, axis=1)).save(path, quality=90)


main()
