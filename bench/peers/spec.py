"""The model that all programs run: a resolved spec without what only some of them do.

No imports outside of Python's library: compare.py runs in any Python.
"""

import json
import subprocess

MERGING = {"add", "subtract", "multiply", "average", "maximum", "minimum", "concatenate"}
AUGMENTING = ("random_", "rand_", "gaussian_noise")


def resolved(cnntrain, spec, size):
    """Returns the resolved spec as a document, with another size of the images if size is given."""
    command = [cnntrain, "validate", "--resolved", spec]
    if size and size != 32:
        # photos, which need not exist here, may have any size, CIFAR-10 has only its own
        command += ["--set", f"input=[{size},{size},3]", "--set", "data.dataset=./photos"]
    return yaml_load(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def yaml_load(text):
    import yaml

    return yaml.safe_load(text)


def entry(item):
    """Returns the name and the options of a layer."""
    if isinstance(item, str):
        return item, {}
    ((name, options),) = item.items()
    return name, {} if options is None else options


def paths(options):
    return options["paths"] if isinstance(options, dict) else options


def prepare(doc, dropout=True, classes=None):
    """Makes a spec of which every program does the same work.

    Without augmentation and penalties; Adam and cross-entropy. Each layer has a name. dropout:
    False leaves out what is random, classes is another number of classes.
    """
    count = 0

    def layers(items):
        nonlocal count
        result = []
        for item in items:
            name, o = entry(item)
            if name == "from":
                result.append({name: o})
                continue
            if name.startswith(AUGMENTING) or not dropout and name in ("dropout", "stochastic_depth"):
                continue
            count += 1
            label = f"layer{count}"
            if name in MERGING:
                label = o["name"] if isinstance(o, dict) and "name" in o else label
                result.append({name: {"paths": [layers(p) for p in paths(o)], "name": label}})
                continue
            o = {k: v for k, v in o.items() if not k.endswith("_regularizer")} if isinstance(o, dict) else o
            result.append({name: {**o, "name": o.get("name", label)}})
        return result

    model = {"name": doc["name"], "input": doc["input"], "data": doc["data"], "layers": layers(doc["layers"])}
    if classes:
        next(iter(model["layers"][-1].values()))["units"] = classes
    model["train"] = {"optimizer": {"adam": {"learning_rate": 1e-4}}, "loss": "categorical_crossentropy",
                      "metrics": ["accuracy"], "epochs": 1, "batch_size": 32}
    return model


def graph(model):
    """Returns the layers as a list in topological order, each with the names of its inputs."""
    nodes = []

    def walk(items, x):
        for item in items:
            name, o = entry(item)
            if name == "from":
                x = o
                continue
            inputs = [walk(p, x) for p in paths(o)] if name in MERGING else [x]
            nodes.append({"name": o["name"], "layer": name, "options": o, "inputs": inputs})
            x = o["name"]
        return x

    walk(model["layers"], "input")
    return {"input": model["input"], "nodes": nodes}


def write(path, document):
    with open(path, "w") as f:
        json.dump(document, f)
