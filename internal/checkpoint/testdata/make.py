"""Writes python.safetensors with the Python library, and checks that the library
reads golden.safetensors, which Go writes (go test ./internal/checkpoint -update).

    python3 -m venv /tmp/stvenv
    /tmp/stvenv/bin/pip install numpy==2.4.6 safetensors==0.8.0
    /tmp/stvenv/bin/python internal/checkpoint/testdata/make.py
"""

import hashlib
import json
import pathlib
import re

import numpy as np
from safetensors import safe_open
from safetensors.numpy import load, save_file

here = pathlib.Path(__file__).parent

save_file(
    {
        "dense/kernel": np.arange(6, dtype=np.float32).reshape(2, 3) / 4,
        "scalar": np.array(-1.5, dtype=np.float32),
        "empty": np.zeros((0, 3), dtype=np.float32),
        "größe": np.array([np.inf, -np.inf, 0.1], dtype=np.float32),
        "half": np.array([1, -2.5, 65504, 2**-24, 3 * 2**-20, np.inf], dtype=np.float16),
        "double": np.array([0.1, 1e-50], dtype=np.float64),
    },
    here / "python.safetensors",
    metadata={"framework": "numpy", "note": 'a "quoted" text\nof two lines'},
)

# golden in checkpoint_test.go
raw = (here / "golden.safetensors").read_bytes()
got = load(raw)
want = {
    "conv2d/kernel": np.array([[1, -2.5], [0.1, 3e38]], dtype=np.float32),
    "empty": np.zeros((2, 0, 3), dtype=np.float32),
    "scalar": np.array(42, dtype=np.float32),
    "größe <&>": np.array([np.inf, -np.inf, np.nan], dtype=np.float32),
}
assert got.keys() == want.keys(), got.keys()
for name, w in want.items():
    assert got[name].dtype == w.dtype and got[name].shape == w.shape, name
    assert np.array_equal(got[name], w, equal_nan=True), name

with safe_open(here / "golden.safetensors", framework="np") as f:
    metadata = f.metadata()
assert metadata["epoch"] == "3" and metadata["spec"] == 'name: "x"\nlayers: <&>\n', metadata

# The digest, computed as doc.go says.
blank = re.sub(rb'("cnntrain.sha256":")[0-9a-f]{64}', rb"\g<1>" + b"0" * 64, raw, count=1)
assert metadata["cnntrain.sha256"] == hashlib.sha256(blank).hexdigest()
print("ok:", json.dumps(metadata))
