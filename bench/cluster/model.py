"""Writes the table of expected efficiency of docs/CLUSTER.md.

A step of n machines takes compute + what of the gradients' way is longer than the rest of
the way back + the weights' way. Each way is bytes·(n-1)/n at the rate of the link. Two
thirds of the computing is the way back, during which gradients move.
"""

RATE = {"1 Gbit/s": 0.118e9, "10 Gbit/s": 1.18e9, "25 Gbit/s": 2.95e9}  # bytes per second, without headers
BYTES = 4 * 32_394_562  # of VGG13
IMAGES = 140e-3 / 32 / 1.75**2  # seconds per image on 8 cores: measured with two threads, a factor of 1.75 per doubling assumed


def efficiency(n, batch, rate):
    compute = batch * IMAGES
    way = BYTES * (n - 1) / n / rate
    return compute / (compute + max(0, way - compute * 2 / 3) + way)


print("| images on each machine | link | 4 machines | 16 | 64 |")
print("| --- | --- | --- | --- | --- |")
for batch in (32, 128, 512):
    for name, rate in RATE.items():
        print(f"| {batch} | {name} | " + " | ".join(f"{efficiency(n, batch, rate):.2f}" for n in (4, 16, 64)) + " |")
