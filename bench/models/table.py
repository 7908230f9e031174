"""Writes the tables of docs/MODELS.md from what run.sh left in a folder, and keeps the figures.

    bench/models/table.py OUT_DIR > tables.md   # LeNet5, a fixed number of epochs
    bench/models/table.py full DIR... > full.md # trainings to their end, and the time to an accuracy

Figures go to results.json beside this file; with no folders the tables come from there.
"""

import csv
import glob
import json
import os
import statistics
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
RESULTS = os.path.join(HERE, "results.json")


def load(path):
    with open(path) as f:
        return json.load(f)


def ours(run):
    info, train, test = load(f"{run}/run.json"), load(f"{run}/train.json")[0], load(f"{run}/result.json")[0]
    last = info["epochs"][-1]
    return {"epochs": len(info["epochs"]), "images": info["dataset"]["train"], "seconds": round(info["seconds"]),
            "train": train["accuracy"], "val": last["val_accuracy"], "test": test["accuracy"],
            "best_epoch": info["best"]["epoch"], "best_test": info["test"]["accuracy"]}


def theirs(run):
    result = load(f"{run}/result.json")
    with open(f"{run}/metrics.csv") as f:
        rows = list(csv.DictReader(f))
    return {"epochs": len(rows), "seconds": round(result["seconds"]), "train": result["train_accuracy"],
            "val": float(rows[-1]["val_accuracy"]), "test": result["test_accuracy"], "version": result["keras"]}


def collect(out):
    results = load(RESULTS)
    for who, read in ("cnntrain", ours), ("keras", theirs):
        for run in sorted(glob.glob(f"{out}/{who}/*-[0-9]*")):
            if os.path.exists(f"{run}/result.json"):
                spec, seed = os.path.basename(run).rsplit("-", 1)
                results.setdefault(spec, {}).setdefault(who, {})[seed] = read(run)
    return keep(results)


def keep(results):
    text = json.dumps(results, indent=1, sort_keys=True)
    with open(RESULTS, "w") as f:
        f.write(text + "\n")
    return results


def mean(runs, key):
    """Returns the mean over seeds, ± half the range of the seeds."""
    values = [r[key] if key != "gap" else r["train"] - r["val"] for r in runs]
    text = f"{statistics.mean(values):.3f}"
    if len(values) > 1:
        text += f" ± {(max(values) - min(values)) / 2:.3f}"
    return text


def row(spec, who, runs):
    name = {"cnntrain": "cnntrain", "keras": "Keras"}[who]
    figures = [mean(runs, k) for k in ("train", "val", "gap", "test")]
    return f"| {spec} | {name} | {runs[0]['epochs']} | {len(runs)} | {' | '.join(figures)} |"


def run_to_its_end(run):
    """Figures of a finished run folder. The time is that of its fastest epoch for each epoch: others may
    have shared the machine. An epoch that was resumed has the seconds since then, for part of its images."""
    info = load(f"{run}/run.json")
    images = info["dataset"]["train"]
    with open(f"{run}/metrics.csv") as f:
        rows = [(float(r["seconds"]), float(r["images_per_second"])) for r in csv.DictReader(f)]
    seconds = [s for s, rate in rows if s * rate > 0.99 * images] or [images / rate for _, rate in rows]
    epochs, best = info["epochs"], info["best"]["epoch"]
    r = {"by": "cnntrain", "seed": info["seed"], "epochs": len(epochs), "best_epoch": best, "epoch_seconds": round(min(seconds), 1),
         "threads": info["machine"]["threads"], "test": info["test"]["accuracy"], "images": images}
    for key in ("val_loss", "val_accuracy"):
        if key in epochs[best - 1]:
            r[key] = round(epochs[best - 1][key], 4)
            r[key + "_by_epoch"] = [round(e[key], 4) for e in epochs]
    for key, name in (("train", "train.json"), ("tta", "tta.json")):
        if os.path.exists(f"{run}/{name}"):
            r[key] = load(f"{run}/{name}")[0]["accuracy"]
    return info["name"], r


def keras_to_its_end(run):
    """As run_to_its_end. A metrics.csv of an earlier keras_fit.py has no seconds: then the mean over all epochs, and what
    came before the first."""
    result = load(f"{run}/result.json")
    with open(f"{run}/metrics.csv") as f:
        rows = list(csv.DictReader(f))
    losses = [float(r["val_loss"]) for r in rows]
    best = losses.index(min(losses))
    seconds = [float(r["seconds"]) for r in rows] if "seconds" in rows[0] else [round(result["seconds"] / len(rows), 1)]
    accuracies = [round(float(r["val_accuracy"]), 4) for r in rows]
    return {"by": "Keras", "seed": int(run.rsplit("-", 1)[1]), "epochs": len(rows), "best_epoch": best + 1,
            "epoch_seconds": min(seconds), "test": result["test_accuracy"], "train": result["train_accuracy"],
            "val_loss": losses[best], "val_accuracy": accuracies[best], "val_accuracy_by_epoch": accuracies}


def torch_to_its_end(path):
    with open(path) as f:
        lines = [json.loads(line) for line in f]
    last, ends = lines[-1], [0, *(line["seconds"] for line in lines)]
    return {"by": "PyTorch" + " compiled" * last["compile"] + " bf16" * last["bf16"], "seed": last["seed"], "epochs": last["epochs"],
            "best_epoch": last["epochs"], "threads": last["threads"], "tta": last["test_accuracy"],
            "epoch_seconds": round(min(b - a for a, b in zip(ends, ends[1:])), 1)}


def collect_full(folders):
    """Adds to the kept figures those of every finished training below the folders."""
    results = load(RESULTS)
    full = results.setdefault("full", {})

    def add(name, r):
        full.setdefault(name, {})[f"{r['by']} {r['epochs']} epochs seed {r['seed']}"] = r
    for folder in folders:
        for path in sorted(glob.glob(f"{folder}/**/run.json", recursive=True)):
            if load(path)["status"] == "finished":
                add(*run_to_its_end(os.path.dirname(path)))
        for path in sorted(glob.glob(f"{folder}/keras/*/result.json")):
            add(os.path.basename(os.path.dirname(path)).rsplit("-", 1)[0], keras_to_its_end(os.path.dirname(path)))
        for path in sorted(glob.glob(f"{folder}/*torch*.jsonl")):
            add("cifar10-fast", torch_to_its_end(path))
    return keep(results)


def figure(r, key, digits=3):
    return f"{r[key]:.{digits}f}" if key in r else ""


def full_table(full):
    print("| spec | by | seed | epochs | best | val_loss | validation | training | test | with views | seconds an epoch |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for name in sorted(full):
        for r in sorted(full[name].values(), key=lambda r: (r["by"], r["epochs"], r["seed"])):
            figures = " | ".join(figure(r, k) for k in ("val_loss", "val_accuracy", "train", "test", "tta"))
            print(f"| {name} | {r['by']} | {r['seed']} | {r['epochs']} | {r['best_epoch']} | {figures} | {figure(r, 'epoch_seconds', 0)} |")


TARGETS = (0.90, 0.92, 0.93)


def minutes_to(runs, target):
    """The minutes to a mean accuracy over seeds: of the shortest of several trainings that ends there;
    with validation images, until they are that often right."""
    lengths = {}
    for r in runs:
        lengths.setdefault(r["epochs"], []).append(r)
    found = []
    for epochs, same in lengths.items():
        curves = [r.get("val_accuracy_by_epoch") for r in same]
        ends = [r.get("tta", r.get("test", 0)) for r in same]
        second = statistics.mean(r["epoch_seconds"] for r in same)
        if all(curves):
            reached = [next((i + 1 for i, v in enumerate(c) if v >= target), None) for c in curves]
            if all(reached):
                found.append(statistics.mean(reached) * second / 60)
        elif statistics.mean(ends) >= target:
            found.append(epochs * second / 60)
    return f"{min(found):.1f}" if found else ""


def time_table(full):
    print("| spec | by | " + " | ".join(f"{t:.0%}" for t in TARGETS) + " |")
    print("| --- | --- |" + " --- |" * len(TARGETS))
    for name in sorted(full):
        for by in sorted({r["by"] for r in full[name].values()}):
            minutes = [minutes_to([r for r in full[name].values() if r["by"] == by], t) for t in TARGETS]
            if any(minutes):
                print(f"| {name} | {by} | {' | '.join(minutes)} |")


def main():
    if sys.argv[1:2] == ["full"]:
        full = collect_full(sys.argv[2:])["full"]
        full_table(full)
        print("\nMinutes to an accuracy:\n")
        time_table(full)
        return
    results = collect(sys.argv[1]) if len(sys.argv) > 1 else load(RESULTS)
    order = ["lenet5", "lenet5-dropout", "lenet5-bn", "lenet5-bn-pre", "lenet5-augment", "lenet5-all", "lenet5-mnist"]
    print("| spec | by | epochs | seeds | training | validation | gap | test |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for spec in order:
        for who in ("cnntrain", "keras"):
            if runs := list(results.get(spec, {}).get(who, {}).values()):
                print(row(spec, who, runs))


if __name__ == "__main__":
    main()
