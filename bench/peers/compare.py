"""Times cnntrain and its peers side by side and writes the tables of docs/PERFORMANCE.md.

For each model and number of threads: every mode of every peer is checked and timed once, then
the fast ones and cnntrain take turns. See README.md.
"""

import argparse
import collections
import csv
import json
import os
import random
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import zlib

import machine
import spec
import tables

HERE = os.path.dirname(os.path.abspath(__file__))
SPECS = os.path.join(HERE, "..", "..", "specs")

Model = collections.namedtuple("Model", "key spec size batch inference", defaults=[False])
MODELS = [
    Model("lenet5", "lenet5", 32, 32),
    Model("alexnet", "alexnet", 32, 32),
    Model("vgg13", "vgg13", 32, 32),
    Model("vgg19", "vgg19", 32, 32),
    Model("resnet20", "resnet20", 32, 32),
    Model("resnet50-224", "resnet50", 224, 8),
    Model("vgg16-224", "vgg16", 224, 8),
    Model("mobilenet-v1-96", os.path.join(HERE, "mobilenet-v1"), 96, 32),
    Model("mobilenet-v2-96", "mobilenet-v2", 96, 32),
    Model("efficientnet-b0-96", "efficientnet-b0", 96, 32),
    Model("convnext-tiny-96", "convnext-tiny", 96, 32),
    Model("vgg16-predict-32", "vgg16", 32, 32, True),
    Model("vgg16-predict-1", "vgg16", 32, 1, True),
]

LIMIT = 1e-3  # of the first loss, and of probabilities: what differs more does not compute the same

# mode: peer, script, Python, whether it trains
MODES = {
    "eager": ("PyTorch", "torch_step.py", "torch", True),
    "eager-nhwc": ("PyTorch", "torch_step.py", "torch", True),
    "compile-nhwc": ("PyTorch", "torch_step.py", "torch", True),
    "graph": ("Keras", "keras_step.py", "keras", True),
    "xla": ("Keras", "keras_step.py", "keras", True),
    "jax": ("Keras", "keras_step.py", "jax", True),
    "torch": ("Keras", "keras_step.py", "jax", True),
    "onnxruntime": ("engine", "engine_step.py", "keras", False),
    "openvino": ("engine", "engine_step.py", "torch", False),
    "zentorch": ("engine", "torch_step.py", "zentorch", False),
}


def say(*words):
    print(time.strftime("%H:%M:%S"), *words, flush=True)


class Peer:
    """A process that has built and compiled its model and waits for its turn."""

    def __init__(self, case, mode):
        _, script, python, _ = MODES[mode]
        self.mode = mode
        self.process = subprocess.Popen(case.command(mode, script, python), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=case.errors, text=True, env=case.environment(),
                                        preexec_fn=(lambda: os.nice(-20)) if case.o.first and case.o.hold_building else None)
        self.about = self.answer()

    def answer(self):
        for line in self.process.stdout:
            if line.startswith("{"):
                return json.loads(line)
        raise RuntimeError(f"{self.mode} ended with status {self.process.wait()}")

    def turn(self, seconds, first):
        if first:
            machine.first(self.process.pid)
        watch, before = machine.Watch(), machine.process_time(self.process.pid)
        watch.start()
        print(seconds, file=self.process.stdin, flush=True)
        r = self.answer()
        r.update(watch.stop(machine.process_time(self.process.pid) - before), milliseconds=statistics.median(r["milliseconds"]))
        return r

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Case:
    """A model with a number of threads."""

    def __init__(self, o, model, threads, folder):
        self.o, self.model, self.threads, self.folder = o, model, threads, folder
        os.makedirs(o.log, exist_ok=True)
        self.errors = open(os.path.join(o.log, f"{model.key}-{threads}.txt"), "a")
        path = model.spec if os.path.isabs(model.spec) else os.path.join(SPECS, model.spec)
        self.resolved = spec.resolved(o.cnntrain, path + ".yaml", model.size)
        self.prepared = spec.prepare(self.resolved)
        spec.write(self.path("spec.json"), self.prepared)
        spec.write(self.path("graph.json"), spec.graph(self.prepared))

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def environment(self):
        return dict(os.environ, OMP_NUM_THREADS=str(self.threads), PYTHONWARNINGS="ignore")

    def command(self, mode, script, python, check=False):
        graph = self.path("check", "model.onnx") if script == "engine_step.py" else self.path("check" if check else "", "graph.json")
        c = [getattr(self.o, python + "_python"), os.path.join(HERE, script), "--graph", graph, "--mode", mode,
             "--threads", str(self.threads), "--batch", str(self.model.batch)]
        return c + ["--inference"] * self.model.inference + ["--check", self.path("check")] * check

    def cnntrain(self):
        """One turn of cnntrain."""
        c = [self.o.cnntrain, "bench", self.path("spec.json"), "--json", "--time", f"{self.o.seconds}s", "--batch-size",
             str(self.model.batch), "--threads", str(self.threads)] + ["--inference"] * self.model.inference
        watch, before = machine.Watch(), os.times()
        watch.start()
        out = subprocess.run(c, check=True, stdout=subprocess.PIPE, stderr=self.errors, text=True,
                             preexec_fn=machine.first if self.o.first else None).stdout
        after, m = os.times(), json.loads(out)
        ours = after.children_user + after.children_system - before.children_user - before.children_system
        r = {k: m["models"][0][k] for k in ("milliseconds", "peak_memory", "planned_memory", "scratch_memory", "gflops", "ceiling_gflops")}
        return {**r, **watch.stop(ours), "version": "cnntrain " + m["machine"]["cnntrain"]}

    def make_check(self):
        """Trains three steps from seed 0, or exports the model, on images that the peers get too."""
        folder = self.path("check")
        os.makedirs(folder)
        classes, count, (h, w, c) = 10, 20, self.prepared["input"]
        model = spec.prepare(self.resolved, dropout=False, classes=classes)
        model["data"] = {"dataset": {"image_folder": {"path": self.path("images"), "test_split": 0}}, "validation_split": 0}
        model["train"]["batch_size"] = count
        spec.write(self.path("check", "spec.json"), model)
        spec.write(self.path("check", "graph.json"), spec.graph(model))
        r, pixels = random.Random(0), {}
        for i in range(count):
            name = f"{chr(97 + i % classes)}/{i}.png"
            pixels[name] = r.randbytes(h * w * c)
            os.makedirs(os.path.dirname(self.path("images", name)), exist_ok=True)
            with open(self.path("images", name), "wb") as f:
                f.write(png(pixels[name], h, w))

        def fit(out, *flags):
            subprocess.run([self.o.cnntrain, "fit", self.path("check", "spec.json"), "--out", self.path(out), "--threads", str(self.threads), *flags],
                           check=True, stdout=self.errors, stderr=self.errors)

        fit("start", "--set", "train.optimizer=sgd", "--set", "train.optimizer.learning_rate=0")
        os.rename(self.path("start", "last.safetensors"), self.path("check", "weights.safetensors"))
        with open(self.path("start", "images.csv")) as f:
            used = [row["file"] for row in csv.DictReader(f) if row["split"] == "train"]
        with open(self.path("check", "images.bin"), "wb") as f, open(self.path("check", "classes.bin"), "wb") as g:
            for name in used:
                f.write(pixels[name])
                g.write(bytes([ord(name[0]) - 97]))
        if self.model.inference:
            subprocess.run([self.o.cnntrain, "export", self.path("check", "weights.safetensors"), "-o", self.path("check", "model.onnx")],
                           check=True, stdout=self.errors, stderr=self.errors)
            found = json.loads(subprocess.run([self.o.cnntrain, "predict", self.path("check", "weights.safetensors"), "--json", "--top", str(classes),
                                               *(self.path("images", n) for n in used)], check=True, capture_output=True, text=True).stdout)
            return probabilities(found)
        fit("three", "--epochs", "3", "--weights", self.path("check", "weights.safetensors"))
        with open(self.path("three", "epochs.jsonl")) as f:
            return [json.loads(line)["figures"]["loss"] for line in f]

    def parameters(self):
        s = json.loads(subprocess.run([self.o.cnntrain, "summary", self.path("spec.json"), "--json"], check=True, capture_output=True, text=True).stdout)
        return sum(x["params"] - x["non_trainable_params"] for x in s["layers"])

    def check(self, mode, ours):
        """Returns the largest relative difference of a peer's first numbers to ours."""
        _, script, python, _ = MODES[mode]
        try:
            p = subprocess.run(self.command(mode, script, python, check=True), stdout=subprocess.PIPE, stderr=self.errors, text=True,
                               env=self.environment(), timeout=self.o.patience)
        except subprocess.TimeoutExpired:
            raise RuntimeError(f"{mode}: three steps were not done in {self.o.patience:.0f} s") from None
        lines = [line for line in p.stdout.splitlines() if line.startswith("{")]
        if not lines:
            raise RuntimeError(f"{mode} failed its check with status {p.returncode}")
        theirs = json.loads(lines[-1])["probabilities" if self.model.inference else "losses"]
        if len(theirs) != len(ours):
            raise RuntimeError(f"{mode}: {len(theirs)} numbers, ours are {len(ours)}")
        differences = [abs(x - y) / max(abs(y), 0.01) for x, y in zip(theirs, ours)]
        return differences if not self.model.inference else [max(differences)]

    def checks(self):
        """Checks every mode; returns the differences or what failed, by mode."""
        ours, result = self.make_check(), {}
        for mode in self.modes():
            try:
                result[mode] = {"differences": self.check(mode, ours)}
                if not result[mode]["differences"][0] <= LIMIT:
                    result[mode]["failed"] = f"{mode} computes something else"
            except RuntimeError as e:
                result[mode] = {"failed": str(e)}
            say(self.model.key, mode, result[mode])
        return result

    def modes(self):
        return [m for m in self.o.modes if (MODES[m][3] or self.model.inference) and getattr(self.o, MODES[m][2] + "_python")]

    def near(self, result, factor):
        """Returns the modes that were nearly as fast as the fastest of their peer."""
        best = {}
        for mode, m in result["modes"].items():
            if "milliseconds" in m:
                best[MODES[mode][0]] = min(m["milliseconds"], best.get(MODES[mode][0], 1e30))
        return [mode for mode, m in result["modes"].items() if m.get("milliseconds", 1e30) <= factor * best.get(MODES[mode][0], 0)]

    def build(self):
        """Starts the peers; returns the result without turns."""
        o, m = self.o, self.model
        result = {**m._asdict(), "threads": self.threads, "name": self.prepared["name"], "date": time.strftime("%Y-%m-%d"), "modes": {}, "turns": {}}
        result["parameters"] = self.parameters()
        if m.inference and not os.path.exists(self.path("check")):
            self.make_check()  # the engines run the exported model
        self.peers = {}
        for mode in self.modes():
            found = result["modes"][mode] = {}
            if wrong := self.o.wrong.get(m.key, {}).get(mode):
                found["failed"] = wrong
                say(m.key, self.threads, wrong)
                continue
            if o.hold_building:
                o.idle_time.need(o.slice / 4)
            try:
                peer = self.peers[mode] = Peer(self, mode)
            except RuntimeError as e:
                found["failed"] = str(e)
                say(m.key, self.threads, e)
                continue
            found.update(peer.about)
            say(m.key, self.threads, f"{mode} is ready, {found['first_step']:.1f} s for the first step")
            if "parameters" in found and found["parameters"] != result["parameters"]:
                raise SystemExit(f"{mode} of {m.key} has {found['parameters']} parameters, ours {result['parameters']}")
        return result

    def take_turns(self, result):
        """Gives every mode one turn, and then cnntrain and the fast ones as many as there are rounds."""
        o, key = self.o, self.model.key
        longest = 10
        for mode, peer in self.peers.items():
            o.idle_time.need(longest)
            turn = peer.turn(o.seconds, o.first)
            result["modes"][mode].update({k: turn[k] for k in ("milliseconds", "peak_memory")})
            say(key, self.threads, mode, f"{turn['milliseconds']:.2f} ms, {turn['others']:.0%} others")
        fast = self.near(result, o.near)
        for mode in set(self.peers) - set(fast):
            self.peers.pop(mode).close()
        for _ in range(o.rounds):
            idle, began = o.idle_time.need(longest), time.monotonic()
            for mode in ["cnntrain", *fast]:
                turn = self.cnntrain() if mode == "cnntrain" else self.peers[mode].turn(o.seconds, o.first)
                turn["idle"] = idle and turn["others"] < o.idle and turn["steal"] < o.idle
                result["turns"].setdefault(mode, []).append(turn)
            longest = max(longest, time.monotonic() - began)
        say(tables.line(result))

    def close(self):
        for peer in self.peers.values():
            peer.close()


def probabilities(found):
    """Returns the probabilities of predict --json, by image and class."""
    result = []
    for image in found:
        result += [p["probability"] for p in sorted(image["classes"], key=lambda p: p["name"])]
    return result


def png(pixels, h, w):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + pixels[i * w * 3:(i + 1) * w * 3] for i in range(h))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows, 1)) + chunk(b"IEND", b""))


def main():
    keys = [m.key for m in MODELS]
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--cnntrain", help="the binary; without it, only the tables are written")
    p.add_argument("--python", default=sys.executable, help="Python with all of requirements.txt")
    for name in ("torch", "keras", "jax"):
        p.add_argument(f"--{name}-python", help=f"another Python for {name}")
    p.add_argument("--zentorch-python", help="Python with zentorch; without it that is left out")
    p.add_argument("--models", nargs="+", default=keys, choices=keys)
    p.add_argument("--modes", nargs="+", default=list(MODES), choices=MODES)
    p.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--seconds", type=float, default=1.5, help="of a turn, which has at least one step")
    p.add_argument("--near", type=float, default=1.1, help="modes this close to the fastest one of their peer take turns")
    p.add_argument("--patience", type=float, default=300, help="seconds until a mode that has not done the three steps of --check is given up")
    p.add_argument("--idle", type=float, default=0.05, help="the machine is idle if others, and the host, take less of a core")
    p.add_argument("--wait", type=float, default=60, help="seconds to wait for an idle machine")
    p.add_argument("--slice", type=float, default=75, help="seconds for which --hold is held")
    p.add_argument("--first", action="store_true", help="as root: what is timed runs before all other programs, in real time")
    p.add_argument("--hold", help="command that runs another one, and keeps the machine idle for it, such as: flock FILE")
    p.add_argument("--hold-building", action="store_true", help="hold it too while peers load and compile")
    p.add_argument("--check", action="store_true", help="compare first losses or probabilities with cnntrain's and time nothing")
    p.add_argument("--results", default=os.path.join(HERE, "results.json"), help="what it has of other models is kept")
    p.add_argument("--docs", default=os.path.join(HERE, "..", "..", "docs", "PERFORMANCE.md"))
    p.add_argument("--log", default=tempfile.gettempdir(), help="folder for what the peers print")
    o = p.parse_args()
    for name in ("torch", "keras", "jax"):
        setattr(o, name + "_python", getattr(o, name + "_python") or o.python)
    done = {}
    if os.path.exists(o.results):
        with open(o.results) as f:
            done = json.load(f)
    here = machine.describe() if o.cnntrain else None
    if here and done.get("results") and done["machine"] != here:
        raise SystemExit(f"{o.results} has figures of another machine, {done['machine']}; this one is {here}: choose other files with --results and --docs")
    o.idle_time = machine.IdleTime(o.hold, o.slice, o.idle, o.wait)
    for m in MODELS if o.cnntrain else []:
        if m.key not in o.models:
            continue
        done["machine"] = here
        o.wrong = {key: {mode: c["failed"] for mode, c in modes.items() if "failed" in c and "differences" in c} for key, modes in done.get("checks", {}).items()}
        with tempfile.TemporaryDirectory() as folder:
            cases = [Case(o, m, threads, folder) for threads in o.threads]
            if o.check:
                done.setdefault("checks", {}).setdefault(m.key, {}).update(cases[0].checks())
            else:
                results = [case.build() for case in cases]
                for case, result in zip(cases, results):
                    case.take_turns(result)
                    case.close()
                    done.setdefault("results", {})[f"{m.key} {case.threads}"] = result
        text = json.dumps(done, indent=1)
        with open(o.results, "w") as f:
            f.write(text + "\n")
    o.idle_time.end()
    order = [f"{k} {t}" for k in keys for t in range(1, 257)]
    results = [done["results"][k] for k in order if k in done.get("results", {})]
    if results:
        tables.write(o.docs, done, results, MODES)


if __name__ == "__main__":
    main()
