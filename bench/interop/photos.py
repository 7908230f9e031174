"""Decodes photos of every kind with TensorFlow, Pillow and cnntrain and compares the pixels.

    python bench/interop/photos.py CNNTRAIN            # compares; exit 1 beyond the bounds
    python bench/interop/photos.py --golden DIR        # writes the golden files of the Go tests

The accurate inverse DCT is compared with Pillow and TensorFlow's INTEGER_ACCURATE, the fast
one with TensorFlow's default, and so Keras's, INTEGER_FAST. Without Adobe's marker the samples of CMYK
are ink to TensorFlow and to us; Pillow takes all for inverted, so it is not compared.

CNNTRAIN is a program that writes the pixels of an image file to standard output as
bytes, red, green, blue: go build -o /tmp/pixels ./bench/interop/pixels
With --fast it decodes by the fast DCT.
With SIZE as a second argument it writes float32 of SIZE x SIZE x 3 after resizing.
"""
import io
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import simplejpeg
from PIL import Image, ImageOps


def photo(width, height, seed=0):
    """Smooth colours with sharp edges, where chroma interpolation matters most."""
    rng = np.random.default_rng([width, height, seed])
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    planes = []
    for _ in range(3):
        a, b, c = rng.uniform(0.02, 0.6, 2).tolist() + [rng.uniform(0, 6)]
        planes.append(127.5 + 127.5 * np.sin(a * x + c) * np.cos(b * y))
    img = np.stack(planes, -1)
    for _ in range(4):
        x0, y0 = rng.integers(0, width), rng.integers(0, height)
        img[y0:y0 + 1 + height // 3, x0:x0 + 1 + width // 3] = rng.integers(0, 256, 3)
    return Image.fromarray(img.astype(np.uint8))


def jpeg(img, **options):
    out = io.BytesIO()
    img.save(out, "JPEG", **options)
    return out.getvalue()


def without_marker(data, mark):
    """The JPEG without its segments with a given marker."""
    at, out = 2, data[:2]
    while data[at + 1] != 0xDA:
        n = 2 + int.from_bytes(data[at + 2:at + 4], "big")
        if data[at + 1] != mark:
            out += data[at:at + n]
        at += n
    return out + data[at:]


def with_transform(data, transform):
    """The JPEG with another transform in Adobe's marker: 2 is YCCK."""
    at = data.index(b"Adobe")
    return data[:at + 11] + bytes([transform]) + data[at + 12:]


def cases(sizes):
    for w, h in sizes:
        img = photo(w, h)
        for name, sub in (("444", 0), ("422", 1), ("420", 2)):
            yield f"{name}-{w}x{h}", jpeg(img, subsampling=sub, quality=88)
        for name in ("440", "411"):
            yield f"{name}-{w}x{h}", simplejpeg.encode_jpeg(np.ascontiguousarray(img), 88, colorsubsampling=name)
        yield f"420p-{w}x{h}", jpeg(img, subsampling=2, quality=75, progressive=True)
        yield f"422r-{w}x{h}", jpeg(img, subsampling=1, quality=75, restart_marker_blocks=2)
        yield f"rgb-{w}x{h}", jpeg(img, keep_rgb=True, quality=88)
        yield f"grey-{w}x{h}", jpeg(img.convert("L"), quality=88)
        cmyk = jpeg(Image.merge("CMYK", [*img.split(), photo(w, h, 1).convert("L")]), quality=92)
        yield f"cmyk-{w}x{h}", cmyk
        yield f"cmyk-plain-{w}x{h}", without_marker(cmyk, 0xEE)
        yield f"ycck-{w}x{h}", with_transform(cmyk, 2)


def pillow(data):
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(np.float32)


def accurate(tf, data):
    return tf.io.decode_jpeg(data, channels=3, dct_method="INTEGER_ACCURATE")


def main():
    if sys.argv[1] == "--golden":
        return golden(pathlib.Path(sys.argv[2]))
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import tensorflow as tf
    program, fail = sys.argv[1], False
    worst = {}
    with tempfile.TemporaryDirectory() as d:
        sizes = [(w, h) for w in (1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 33, 40) for h in (1, 2, 3, 5, 8, 16, 17, 40)]
        for name, data in cases(sizes):
            path = pathlib.Path(d, "x.jpg")
            path.write_bytes(data)
            run = subprocess.run([program, path], capture_output=True)
            if run.returncode:
                print(name, run.stderr.decode())
                fail = True
                continue
            fast = subprocess.run([program, "--fast", path], capture_output=True, check=True).stdout
            theirs = {"TensorFlow": (accurate(tf, data).numpy(), run.stdout), "TF default": (tf.io.decode_image(data, channels=3).numpy(), fast)}
            if not name.startswith("cmyk-plain"):
                theirs["Pillow"] = (pillow(data), run.stdout)
            for who, (want, out) in theirs.items():
                want = want.astype(np.float32)
                ours = np.frombuffer(out, np.uint8).reshape(want.shape).astype(np.float32)
                diff = np.abs(ours - want)
                kind = (name.rsplit("-", 1)[0], who)
                m = worst.setdefault(kind, [0, 0.0, ""])
                if diff.max() > m[0]:
                    m[2] = name
                m[0], m[1] = max(m[0], diff.max()), max(m[1], diff.mean() if diff.size > 300 else 0)
        for kind, (most, mean, name) in worst.items():
            print(f"{kind[0]:12} {kind[1]:11} at most {most:3.0f} (mean of a file at most {mean:.2f}) {name}")
            fail |= most > 1 or mean > 0 and not kind[0].startswith(("cmyk", "ycck"))
        fail |= folder(program, d, tf)
    return fail


def folder(program, d, tf):
    """Photos of 300 to 4,000 pixels through image_dataset_from_directory, 224x224."""
    os_dir = pathlib.Path(d, "photos")
    fail = False
    files = []
    for i, (w, h) in enumerate([(300, 401), (640, 480), (1023, 767), (2000, 1500), (4000, 3000), (3001, 1999)]):
        for name, options in (("420", {"subsampling": 2}), ("422", {"subsampling": 1}), ("420p", {"subsampling": 2, "progressive": True})):
            path = os_dir / "ab"[i % 2] / f"{name}-{w}x{h}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            photo(w, h).save(path, quality=85, **options)
            files.append(path)
    for kind in ("PNG", "BMP", "GIF"):
        for i, (w, h) in enumerate([(301, 400), (640, 480)]):
            path = os_dir / "ab"[i] / f"{kind.lower()}-{w}x{h}.{kind.lower()}"
            photo(w, h).save(path)
            files.append(path)
    import keras
    data = keras.utils.image_dataset_from_directory(os_dir, image_size=(224, 224), batch_size=1, shuffle=False, interpolation="bilinear")
    for path, (x, _) in zip(data.file_paths, data):
        for how, want in (("", tf.image.resize(accurate(tf, tf.io.read_file(path)), (224, 224)).numpy() if path.endswith(".jpg") else None), ("--fast", x.numpy()[0])):
            if want is None:
                continue
            out = subprocess.run([program, *how.split(), path, "224"], capture_output=True, check=True).stdout
            diff = np.abs(np.frombuffer(out, np.float32).reshape(224, 224, 3) - want)
            bad = diff.max() > 0.001
            fail |= bad
            print(f"{pathlib.Path(path).name:22} resized {how:6}: at most {diff.max():.5f}, mean {diff.mean():.5f}", "TOO FAR" if bad else "")
    return fail


def golden(folder):
    """Small files and their pixels as decoded by Pillow, as PNG."""
    folder.mkdir(parents=True, exist_ok=True)

    def write(name, data, extension="jpg"):
        (folder / f"{name}.{extension}").write_bytes(data)
        want = ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB")
        if name.startswith("cmyk-plain"):  # ink, as in TensorFlow
            c, m, y, k = Image.open(io.BytesIO(data)).split()
            want = Image.merge("CMYK", [p.point(lambda v: 255 - v) for p in (c, m, y, k)]).convert("RGB")
        want.save(folder / f"{name}.want.png", optimize=True)

    for name, data in cases([(19, 13)]):
        write(name, data)
    for name, data in cases([(5, 9), (4, 3), (1, 7)]):
        if name.startswith(("42", "44")):
            write(name, data)
    img = photo(19, 13)
    alpha = img.copy()
    alpha.putalpha(photo(19, 13, 2).convert("L"))
    for name, source, options in (
        ("webp-lossy", img, {"quality": 80}), ("webp-lossless", alpha, {"lossless": True, "exact": True}), ("webp-alpha", alpha, {"quality": 80, "exact": True}),
        ("webp-animated", img, {"quality": 80, "save_all": True, "append_images": [photo(19, 13, 5)]}),
    ):
        out = io.BytesIO()
        source.save(out, "WEBP", **options)
        write(name, out.getvalue(), "webp")
    for name, source, kind, options in (
        ("bmp-24", img, "BMP", {}), ("bmp-8", img.convert("P"), "BMP", {}),
        ("gif", img.convert("P"), "GIF", {}), ("gif-transparent", img.convert("P"), "GIF", {"transparency": 3}),
        ("tiff-lzw", img, "TIFF", {"compression": "tiff_lzw"}), ("tiff-alpha", alpha, "TIFF", {"compression": "tiff_adobe_deflate"}),
        ("png-alpha", alpha, "PNG", {}), ("png-palette", img.convert("P"), "PNG", {"transparency": 3}),
    ):
        out = io.BytesIO()
        source.save(out, kind, **options)
        write(name, out.getvalue(), kind.lower())
    for turned in (3, 6, 7):  # and a rotated image
        exif = Image.Exif()
        exif[0x0112] = turned
        for kind, options in (("WEBP", {"lossless": True, "exif": exif}), ("TIFF", {"tiffinfo": {0x0112: turned}}), ("PNG", {"exif": exif})):
            out = io.BytesIO()
            img.save(out, kind, **options)
            write(f"turned{turned}-{kind.lower()}", out.getvalue(), kind.lower())
    out = io.BytesIO()
    frames = [photo(19, 13, seed).convert("P") for seed in range(3)]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    write("gif-animated", out.getvalue(), "gif")
    fast = folder / "fast"  # as TensorFlow decodes by default
    fast.mkdir(exist_ok=True)
    import tensorflow as tf
    for name, data in cases([(19, 13)]):
        Image.fromarray(tf.io.decode_image(data, channels=3).numpy()).save(fast / f"{name}.png", optimize=True)
    grey = jpeg(photo(64, 64).convert("L"), quality=88, restart_marker_blocks=8)
    write("grey-restart", grey)


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
