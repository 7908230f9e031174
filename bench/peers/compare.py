"""Times cnntrain, PyTorch and Keras side by side and writes a table of ratios.

For each model and number of threads: first every mode of each peer once, then the
fastest modes of each peer in turns with cnntrain, several rounds. Each run is a
process of its own; figures are medians of steps, and of rounds. See README.md.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
PEERS = {
    "PyTorch": ("torch_step.py", ["eager", "eager-nhwc", "compile", "compile-nhwc"]),
    "Keras": ("keras_step.py", ["eager", "graph", "xla"]),
}


def run(command, env=None):
    p = subprocess.run(command, capture_output=True, text=True, env=env)
    if p.returncode:
        print(f"failed: {' '.join(command)}\n{p.stderr[-2000:]}", file=sys.stderr)
        return None
    return json.loads(p.stdout[p.stdout.index("{"):])


class Case:
    """One model with one number of threads."""

    def __init__(self, options, spec, threads, batch, inference):
        self.options, self.spec, self.threads, self.batch, self.inference = options, spec, threads, batch, inference

    def common(self):
        flags = ["--inference"] if self.inference else []
        return flags + ["--threads", str(self.threads)]

    def cnntrain(self):
        r = run([self.options.cnntrain, "bench", self.spec, "--json", "--time", f"{self.options.seconds}s",
                 "--batch-size", str(self.batch)] + self.common())
        return {**r["models"][0], "version": "cnntrain " + r["machine"]["cnntrain"]}

    def peer(self, name, mode):
        script, _ = PEERS[name]
        python = {"PyTorch": self.options.torch_python, "Keras": self.options.keras_python}[name]
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as f:
            f.write(subprocess.run([self.options.cnntrain, "validate", "--resolved", self.spec],
                                   check=True, capture_output=True, text=True).stdout)
            f.flush()
            env = dict(os.environ, OMP_NUM_THREADS=str(self.threads))
            return run([python, os.path.join(HERE, script), "--spec", f.name, "--mode", mode, "--batch", str(self.batch),
                        "--seconds", str(self.options.seconds)] + self.common(), env)

    def scout(self):
        """Times every mode of each peer once: milliseconds, None where it fails."""
        return {name: {m: (self.peer(name, m) or {}).get("milliseconds") for m in modes}
                for name, (_, modes) in PEERS.items()}

    def key(self):
        what = "inference" if self.inference else "training"
        return f"{os.path.basename(self.spec)} {what} {self.batch} {self.threads}"

    def compare(self, scouted):
        """Alternates between cnntrain and the fastest modes of each peer."""
        runs = [("cnntrain", "")]
        for name, modes in scouted.items():
            best = min(ms for ms in modes.values() if ms)
            runs += [(name, m) for m, ms in modes.items() if ms and ms <= self.options.near * best]
        timed = {run: [] for run in runs}
        for _ in range(self.options.rounds):
            for name, mode in runs:
                timed[name, mode].append(self.peer(name, mode) if mode else self.cnntrain())
        median = {run: statistics.median(r["milliseconds"] for r in rs) for run, rs in timed.items()}
        fastest = {name: min((m for n, m in runs if n == name), key=lambda m: median[name, m]) for name, _ in runs}
        rounds = {name: timed[name, mode] for name, mode in fastest.items()}
        result = {
            "spec": os.path.basename(self.spec), "threads": self.threads, "batch": self.batch,
            "what": "inference" if self.inference else "training", "results": {},
        }
        for name, rs in rounds.items():
            ms = statistics.median(r["milliseconds"] for r in rs)
            result["results"][name] = {
                "version": rs[0]["version"], "mode": fastest[name], "milliseconds": ms,
                "images_per_second": self.batch / ms * 1e3, "rounds": [r["milliseconds"] for r in rs],
                "peak_memory": min(r["peak_memory"] for r in rs), "first_step": min(r["first_step"] for r in rs),
            }
        ours = result["results"]["cnntrain"]
        ours["gflops"] = statistics.median(r["gflops"] for r in rounds["cnntrain"])
        ours["ceiling_gflops"] = max(r["ceiling_gflops"] for r in rounds["cnntrain"])
        result["ratio"] = min(result["results"][n]["milliseconds"] for n in PEERS) / ours["milliseconds"]
        return result


def table(results):
    lines = ["| model | what | batch | threads | cnntrain images/s | PyTorch | Keras | ratio to the faster | memory MB: cnntrain, PyTorch, Keras |",
             "| --- | --- | --- | --- | --- | --- | --- | --- | --- |"]
    for r in results:
        o, t, k = (r["results"][n] for n in ["cnntrain", "PyTorch", "Keras"])
        cell = lambda x: f"{x['images_per_second']:,.0f} ({x['mode']})"
        memory = ", ".join(f"{x['peak_memory'] >> 20:,}" for x in (o, t, k))
        lines.append(f"| {r['spec'].removesuffix('.yaml')} | {r['what']} | {r['batch']} | {r['threads']} | "
                     f"{o['images_per_second']:,.0f} | {cell(t)} | {cell(k)} | {r['ratio']:.2f} | {memory} |")
    return "\n".join(lines)


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--cnntrain", required=True, help="the binary")
    p.add_argument("--torch-python", required=True, help="python with torch and pyyaml")
    p.add_argument("--keras-python", required=True, help="python with keras, tensorflow and pyyaml")
    p.add_argument("--specs", nargs="+", required=True)
    p.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    p.add_argument("--batch", type=int, default=32)
    p.add_argument("--inference", action="store_true")
    p.add_argument("--rounds", type=int, default=3, help="0: only try the modes")
    p.add_argument("--near", type=float, default=1.1, help="modes this close to the fastest one take part")
    p.add_argument("--seconds", type=float, default=5)
    p.add_argument("--out", required=True, help="JSON file; what it has is kept, modes are not tried again")
    options = p.parse_args()
    done = {"modes": {}, "results": {}}
    if os.path.exists(options.out):
        with open(options.out) as f:
            done = json.load(f)
    for spec in options.specs:
        for threads in options.threads:
            case = Case(options, spec, threads, options.batch, options.inference)
            if case.key() not in done["modes"]:
                done["modes"][case.key()] = case.scout()
            if options.rounds:
                done["results"][case.key()] = case.compare(done["modes"][case.key()])
                print(table([done["results"][case.key()]]).splitlines()[-1], flush=True)
            with open(options.out, "w") as f:
                json.dump(done, f, indent=1)
    print("\n" + table(done["results"].values()))


if __name__ == "__main__":
    main()
