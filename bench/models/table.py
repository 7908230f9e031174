"""Writes the tables of docs/MODELS.md from what run.sh left in a folder, and keeps the figures.

    bench/models/table.py OUT_DIR > tables.md

Figures go to results.json beside this file; with no OUT_DIR the tables come from there.
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
    results = {}
    for who, read in ("cnntrain", ours), ("keras", theirs):
        for run in sorted(glob.glob(f"{out}/{who}/*-[0-9]")):
            if os.path.exists(f"{run}/result.json"):
                spec, seed = os.path.basename(run).rsplit("-", 1)
                results.setdefault(spec, {}).setdefault(who, {})[seed] = read(run)
    with open(RESULTS, "w") as f:
        json.dump(results, f, indent=1, sort_keys=True)
        f.write("\n")
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


def main():
    results = collect(sys.argv[1]) if len(sys.argv) > 1 else load(RESULTS)
    order = ["lenet5", "lenet5-dropout", "lenet5-bn", "lenet5-bn-pre", "lenet5-augment", "lenet5-all", "lenet5-mnist",
             "alexnet", "vgg13", "vgg13-bn", "vgg16", "vgg16-bn", "vgg19"]
    print("| spec | by | epochs | seeds | training | validation | gap | test |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for spec in order:
        for who in ("cnntrain", "keras"):
            if runs := list(results.get(spec, {}).get(who, {}).values()):
                print(row(spec, who, runs))


if __name__ == "__main__":
    main()
